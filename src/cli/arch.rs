//! `arch`: shipped designs, and what a description says.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::anyhow;

use super::Outcome;
use super::energy::{add_files, add_own};
use super::inputs::{architecture, hinted};
use super::model_args::{Arch, ArchCommand, TableArgs};
use super::printer::{self, Printer};
use crate::architecture::presets::{self, PRESETS, Preset};
use crate::architecture::{Architecture, EnergySource};
use crate::names::suggestion;
use crate::report::evaluation::levels_table;
use crate::timeloop::files::EnergyTables;
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::specification::{Purpose, Specification, SpecificationOptions};
use crate::timeloop::frontend::Source;

/// Levels that hold something, outermost first.
fn level_names(architecture: &Architecture) -> String {
    let levels = architecture.levels().iter().rev().filter(|level| level.class != "dummy_storage");
    levels.map(|level| level.name.as_str()).collect::<Vec<_>>().join(" > ")
}

pub(super) fn run(args: &Arch, printer: &Printer) -> anyhow::Result<Outcome> {
    match &args.command {
        ArchCommand::List => list()?,
        ArchCommand::Show { name, energy } => {
            let preset = presets::find(name).ok_or_else(|| {
                let known = presets::names().collect::<Vec<_>>().join(", ");
                anyhow!(
                    "there is no shipped design `{name}`{}\nhint: shipped designs are {known}",
                    suggestion(name, presets::names())
                )
            })?;
            printer::data(if *energy { preset.energy } else { preset.text })?;
        }
        ArchCommand::Check { files, frontend_quirks, tables } => check(files, *frontend_quirks, tables, printer)?,
    }
    Ok(Outcome::Done)
}

fn list() -> anyhow::Result<()> {
    let mut out = String::new();
    let width = presets::names().map(str::len).max().unwrap_or(0);
    for preset in PRESETS {
        let source = Source::Text { name: format!("preset {}", preset.name), text: preset.text.to_owned() };
        let tables = TableArgs { ert: Vec::new(), art: Vec::new() };
        let specification = load(&[source], false)?;
        let (architecture, _) = read(&specification, &tables, Some(preset))?;
        let mesh = architecture.arithmetic().mesh;
        let _ = writeln!(
            out,
            "{:width$}  {:>4} PEs ({} x {}), {}: {}",
            preset.name,
            mesh.product(),
            mesh.x,
            mesh.y,
            preset.summary,
            level_names(&architecture)
        );
    }
    printer::data(&out)?;
    Ok(())
}

fn load(sources: &[Source], frontend_quirks: bool) -> anyhow::Result<Specification> {
    let options = SpecificationOptions { frontend_quirks, purpose: Purpose::Inspection };
    Specification::load(sources, options).map_err(hinted)
}

/// The architecture, and what has no effect in it or in the constraints.
fn read(
    specification: &Specification,
    files: &TableArgs,
    preset: Option<Preset>,
) -> anyhow::Result<(Architecture, Vec<String>)> {
    let mut tables = EnergyTables::default();
    add_files(&mut tables, &files.ert, &files.art)?;
    add_own(&mut tables, specification, preset)?;
    let (architecture, mut warnings) = specification.architecture(&tables)?;
    // What the constraints do to the meshes depends on the problem.
    let (problem, _) = specification.problem()?;
    match specification.constraints(&architecture, &problem, Scope::All) {
        Ok((_, more)) => warnings.extend(more),
        Err(error) if specification.has_example_problem => warnings.push(format!(
            "the constraints do not fit a convolution ({error}); if they are meant for another problem, give that, too"
        )),
        Err(error) => return Err(error.into()),
    }
    Ok((architecture, warnings))
}

fn check(files: &[PathBuf], frontend_quirks: bool, tables: &TableArgs, printer: &Printer) -> anyhow::Result<()> {
    let mut sources = Vec::new();
    let mut preset = None;
    for file in files {
        let (source, found) = architecture(file)?;
        sources.push(source);
        preset = preset.or(found);
    }
    let specification = load(&sources, frontend_quirks)?;
    for warning in &specification.warnings {
        printer.warning(warning);
    }
    let (architecture, mut warnings) = read(&specification, tables, preset)?;
    let stores = architecture.levels().iter().filter(|level| level.class != "dummy_storage");
    let guessed = stores.filter(|level| level.energy.read.source == EnergySource::Pat).map(|level| level.name.as_str());
    let units = architecture.arithmetic();
    let guessed: Vec<&str> =
        guessed.chain((units.energy.source == EnergySource::Pat).then_some(units.name.as_str())).collect();
    if !guessed.is_empty() {
        warnings.push(format!(
            "no table states the energy of {}: shown are Timeloop's built-in formulas (PAT)",
            guessed.join(", ")
        ));
    }
    for warning in &warnings {
        printer.warning(warning);
    }
    printer::data(&levels_table(&architecture))?;
    Ok(())
}
