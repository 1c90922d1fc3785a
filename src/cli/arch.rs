//! `arch`: presets, and what a description says.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Outcome;
use super::energy_args::{TableArgs, guessed_energies};
use super::given::refuse_network;
use super::model_args::{ArchArgs, ArchCommand, CheckFormat, VariableArgs};
use super::printer::{self, Printer};
use crate::api::{Architecture, ArchitectureOptions, Description, RECORDED};
use crate::architecture;
use crate::architecture::presets::Preset;
use crate::report::components::{ComponentRecords, components_table};
use crate::report::evaluation::levels_table;

pub(super) fn run(args: &ArchArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    match &args.command {
        ArchCommand::List => list()?,
        ArchCommand::Show { name, energy } => {
            let preset = Architecture::preset(name)?;
            if *energy {
                printer::data(&show_energy(preset)?)?;
            } else {
                printer::data(preset.text)?;
            }
        }
        ArchCommand::Schema => printer::data(Architecture::schema())?,
        ArchCommand::Check { files, frontend_quirks, variables, tables, format } => {
            check(files, *frontend_quirks, variables, tables, *format, printer)?;
        }
    }
    Ok(Outcome::Done)
}

/// The energies of a preset in both states, with a head that says what they are.
fn show_energy(preset: Preset) -> anyhow::Result<String> {
    let mut text = format!(
        "# Energies and areas of {}, as `--energy estimate` makes them, for `--ert` and `--art`.\n\
         # pJ per access of a whole cluster (leak: per cycle and instance); um^2 per instance.\n",
        preset.name
    );
    if !preset.energy.is_empty() {
        let _ = writeln!(
            text,
            "# Comments give what `--energy {RECORDED}` says: Accelergy of May 2024. It took an adder for the multiplier (MAC energy 3.6 to\n\
             # 6.8 times too low), its library's numbers for 45 nm instead of 40, and too small areas of register files; all three were\n\
             # mended in December 2024."
        );
    }
    Ok(text + &Architecture::open(preset.name)?.energy_table(Some(preset))?)
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
    format: CheckFormat,
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
    architecture.check_constraints()?;
    let guessed = guessed_energies(&architecture.guessed_energies());
    printer.warnings(architecture.warnings.iter().chain(&architecture.energy_warnings).chain(&guessed));
    let components = architecture.components();
    printer::data(&match format {
        CheckFormat::Table => {
            let width = printer::width();
            levels_table(architecture.resolved(), width) + "\n" + &components_table(&components, width)
        }
        CheckFormat::Json => serde_json::to_string_pretty(&ComponentRecords { components })? + "\n",
    })?;
    Ok(())
}
