//! Where energies and areas come from: tables, Accelergy, the shipped designs' own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::model_args::{EnergyArgs, EnergyChoice};
use crate::architecture::presets::{self, Preset};
use crate::output::write_whole;
use crate::timeloop::files::specification::{Specification, read_yaml};
use crate::timeloop::files::{EnergyTables, parse_document};
use crate::timeloop::frontend::Source;

/// What Accelergy needs to know of a run.
pub(super) struct Run<'a> {
    pub(super) specification: &'a Specification,
    /// The files that it was read from.
    pub(super) sources: &'a [Source],
    /// The shipped design among them.
    pub(super) preset: Option<Preset>,
    pub(super) folder: &'a Path,
    pub(super) prefix: &'a str,
}

/// All energies and areas, each with its source.
pub(super) fn tables(args: &EnergyArgs, run: &Run<'_>) -> anyhow::Result<EnergyTables> {
    let mut tables = EnergyTables::default();
    add_files(&mut tables, &args.ert, &args.art)?;
    match args.energy {
        EnergyChoice::Auto => add_own(&mut tables, run.specification, run.preset)?,
        EnergyChoice::Accelergy => {
            accelergy(&mut tables, run)?;
            // For what Accelergy leaves out.
            add_own(&mut tables, run.specification, run.preset)?;
        }
        EnergyChoice::Pat => {}
    }
    Ok(tables)
}

/// Adds tables in files.
pub(super) fn add_files(tables: &mut EnergyTables, ert: &[PathBuf], art: &[PathBuf]) -> anyhow::Result<()> {
    for file in ert {
        let shown = file.display().to_string();
        tables.add_ert(&read_yaml(file)?, &shown).with_context(|| format!("`{shown}` is no energy reference table"))?;
    }
    for file in art {
        let shown = file.display().to_string();
        tables.add_art(&read_yaml(file)?, &shown).with_context(|| format!("`{shown}` is no area reference table"))?;
    }
    Ok(())
}

/// Adds the tables in the files themselves, and those of a shipped design.
pub(super) fn add_own(
    tables: &mut EnergyTables,
    specification: &Specification,
    preset: Option<Preset>,
) -> anyhow::Result<()> {
    tables.add(specification.document(), "the input files")?;
    if let Some(preset) = preset {
        let source = format!("preset {}: {}", preset.name, presets::ENERGY_SOURCE);
        tables.add(&parse_document(preset.energy)?, &source)?;
    }
    Ok(())
}

/// Runs Accelergy as timeloop-model does. Its log and its tables are kept in the output folder.
fn accelergy(tables: &mut EnergyTables, run: &Run<'_>) -> anyhow::Result<()> {
    let scratch = tempfile::Builder::new()
        .prefix("onnx2timeloop-accelergy-")
        .tempdir()
        .context("cannot make a temporary folder for `accelergy`")?;
    let mut command = Command::new("accelergy");
    let files: Option<Vec<&PathBuf>> = run
        .sources
        .iter()
        .map(|source| match source {
            Source::File(path) => Some(path),
            Source::Text { .. } => None,
        })
        .collect();
    if let Some(files) = files.filter(|_| !run.specification.from_user_form) {
        command.args(files);
    } else {
        let processed = scratch.path().join("parsed-processed-input.yaml");
        write_whole(&processed, serde_yaml::to_string(run.specification.document())?.as_bytes())?;
        command.arg(processed);
    }
    command.arg("--oprefix").arg(format!("{}.", run.prefix)).arg("-o").arg(scratch.path().join(""));
    let output = match command.output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
            "`--energy accelergy`: there is no program `accelergy` on PATH\nhint: install Accelergy \
             (https://github.com/Accelergy-Project/accelergy), or give its tables with `--ert FILE --art FILE`"
        ),
        Err(error) => return Err(error).context("cannot run `accelergy`"),
    };
    let log = run.folder.join(format!("{}.accelergy.log", run.prefix));
    write_whole(&log, &[output.stdout.as_slice(), output.stderr.as_slice()].concat())?;
    if !output.status.success() {
        bail!("`accelergy` failed ({}); its log is `{}`", output.status, log.display());
    }
    for kind in ["ERT", "ART"] {
        let name = format!("{}.{kind}.yaml", run.prefix);
        let written = scratch.path().join(&name);
        let text = match fs::read(&written) {
            Ok(text) => text,
            Err(_) if kind == "ART" => continue,
            Err(_) => bail!("`accelergy` wrote no `{name}`; its log is `{}`", log.display()),
        };
        write_whole(&run.folder.join(&name), &text)?;
        let document = read_yaml(&written)?;
        let added = match kind {
            "ERT" => tables.add_ert(&document, "accelergy"),
            _ => tables.add_art(&document, "accelergy"),
        };
        added.with_context(|| format!("`{name}` as `accelergy` wrote it"))?;
    }
    Ok(())
}
