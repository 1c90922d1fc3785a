//! `arch`: presets, and what a description says.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Outcome;
use super::energy_args::{TableArgs, guessed_energies};
use super::given::refuse_network;
use super::model_args::{ArchArgs, ArchCommand, VariableArgs};
use super::printer::{self, Printer};
use crate::api::{Architecture, ArchitectureOptions, Description};
use crate::architecture;
use crate::report::evaluation::levels_table;

pub(super) fn run(args: &ArchArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &args.command {
        ArchCommand::List => list()?,
        ArchCommand::Show { name, energy } => {
            let preset = Architecture::preset(name)?;
            printer::data(if *energy { preset.energy } else { preset.text })?;
        }
        ArchCommand::Schema => printer::data(Architecture::schema())?,
        ArchCommand::Check { files, frontend_quirks, variables, tables } => {
            check(files, *frontend_quirks, variables, tables, printer)?;
        }
    }
    Ok(Outcome::Done)
}

fn list() -> anyhow::Result<()> {
    let mut out = String::new();
    let width = Architecture::presets().map(|preset| preset.name.len()).max().unwrap_or(0);
    for preset in Architecture::presets() {
        let architecture = Architecture::open(preset.name)?;
        let mesh = architecture.resolved().arithmetic().mesh;
        let _ = writeln!(
            out,
            "{:width$}  {:>6} PEs ({} x {}), {}: {}",
            preset.name,
            mesh.product(),
            mesh.x,
            mesh.y,
            preset.summary,
            level_names(architecture.resolved())
        );
    }
    printer::data(&out)?;
    Ok(())
}

/// Levels that hold something, outermost first.
fn level_names(architecture: &architecture::Architecture) -> String {
    let levels = architecture.levels().iter().rev().filter(|level| !level.is_fan_out());
    levels.map(|level| level.name.as_str()).collect::<Vec<_>>().join(" > ")
}

fn check(
    files: &[PathBuf],
    frontend_quirks: bool,
    variables: &VariableArgs,
    tables: &TableArgs,
    printer: &Printer,
) -> anyhow::Result<()> {
    let mut description = Description::default();
    for file in files {
        refuse_network(file)?;
        description.add_named(&file.to_string_lossy())?;
    }
    variables.add_to(&mut description);
    let options =
        ArchitectureOptions { energies: tables.energies(), frontend_quirks, ..ArchitectureOptions::default() };
    let mut architecture = Architecture::read(&description, &options)?;
    architecture.check_constraints(&description)?;
    let guessed = guessed_energies(&architecture.guessed_energies());
    printer.warnings(architecture.warnings.iter().chain(&guessed));
    printer::data(&levels_table(architecture.resolved(), printer::width()))?;
    Ok(())
}
