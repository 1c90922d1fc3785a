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
use crate::formats::EnergyTables;
use crate::formats::constraints::Scope;
use crate::formats::specification::{Purpose, Specification, SpecificationOptions};
use crate::frontend::Source;
use crate::names::suggestion;
use crate::report::evaluation::levels_table;

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
        let (architecture, _) = read(&[source], false, &TableArgs { ert: Vec::new(), art: Vec::new() }, Some(preset))?;
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

fn read(
    sources: &[Source],
    frontend_quirks: bool,
    files: &TableArgs,
    preset: Option<Preset>,
) -> anyhow::Result<(Architecture, Vec<String>)> {
    let options = SpecificationOptions { frontend_quirks, purpose: Purpose::Inspection };
    let specification = Specification::load(sources, options).map_err(hinted)?;
    let mut tables = EnergyTables::default();
    add_files(&mut tables, &files.ert, &files.art)?;
    add_own(&mut tables, &specification, preset)?;
    let (architecture, more) = specification.architecture(&tables)?;
    let mut warnings = specification.warnings.clone();
    warnings.extend(more);
    // What the constraints do to the meshes depends on the problem, where there is one.
    if let Ok((problem, _)) = specification.problem() {
        warnings.extend(specification.constraints(&architecture, &problem, Scope::All)?.1);
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
    let (architecture, mut warnings) = read(&sources, frontend_quirks, tables, preset)?;
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
