//! What `evaluate` and `map` are given: files, shipped designs, tables.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::energy::{self, Run};
use super::model_args::EnergyArgs;
use super::printer::Printer;
use crate::architecture::Architecture;
use crate::architecture::presets::{self, Preset};
use crate::names::suggestion;
use crate::output::check_folder;
use crate::timeloop::files::EnergyTables;
use crate::timeloop::files::specification::{Specification, SpecificationError, SpecificationOptions};
use crate::timeloop::frontend::Source;
use crate::workload::Problem;

/// Everything to read, in order.
pub(super) struct Inputs {
    pub(super) sources: Vec<Source>,
    /// The shipped design among them.
    pub(super) preset: Option<Preset>,
}

impl Inputs {
    /// The files that are named one by one come after the others.
    pub(super) fn new<'a>(
        arch: Option<&Path>,
        files: &'a [PathBuf],
        single: impl IntoIterator<Item = &'a PathBuf>,
    ) -> anyhow::Result<Self> {
        let mut inputs = Self { sources: Vec::new(), preset: None };
        if let Some(arch) = arch {
            (inputs.sources, inputs.preset) = description(&arch.to_string_lossy())?;
        }
        inputs.sources.extend(files.iter().chain(single).cloned().map(Source::File));
        Ok(inputs)
    }

    /// Names of all sources, as the record has them.
    pub(super) fn names(&self) -> Vec<String> {
        self.sources.iter().map(name).collect()
    }
}

/// What was read: a problem and an architecture, with the energies of its parts.
pub(super) struct Subject {
    pub(super) specification: Specification,
    pub(super) prefix: String,
    pub(super) tables: EnergyTables,
    pub(super) architecture: Architecture,
    pub(super) problem: Problem,
    /// What has no effect.
    pub(super) warnings: Vec<String>,
}

impl Subject {
    /// Reads; looks first whether the folder can be written into. `prefix` is the beginning of every file's name. Of an error, a
    /// warning may be the cause: then they are said.
    pub(super) fn read(
        inputs: &Inputs,
        options: SpecificationOptions,
        energy: &EnergyArgs,
        folder: &Path,
        prefix: impl FnOnce(&Specification) -> anyhow::Result<String>,
        printer: &Printer,
    ) -> anyhow::Result<Self> {
        let specification = Specification::load(&inputs.sources, options).map_err(hinted)?;
        let warnings = specification.warnings.clone();
        Self::of(specification, inputs, energy, folder, prefix)
            .inspect_err(|_| warnings.iter().for_each(|warning| printer.warning(warning)))
    }

    fn of(
        specification: Specification,
        inputs: &Inputs,
        energy: &EnergyArgs,
        folder: &Path,
        prefix: impl FnOnce(&Specification) -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        let prefix = prefix(&specification)?;
        check_folder(folder)?;
        let run = Run {
            specification: &specification,
            sources: &inputs.sources,
            preset: inputs.preset,
            folder,
            prefix: &prefix,
        };
        let tables = energy::tables(energy, &run)?;
        let (architecture, more) = specification.architecture(&tables)?;
        let mut warnings = specification.warnings.clone();
        warnings.extend(more);
        let (problem, more) = specification.problem()?;
        warnings.extend(more);
        Ok(Self { specification, prefix, tables, architecture, problem, warnings })
    }

    /// Says the warnings: of an error that follows, one may be the cause.
    pub(super) fn say_warnings(&self, printer: &Printer) {
        self.warnings.iter().for_each(|warning| printer.warning(warning));
    }
}

/// What a source is called.
pub(super) fn name(source: &Source) -> String {
    match source {
        Source::File(path) => path.display().to_string(),
        Source::Text { name, .. } => name.clone(),
    }
}

/// A shipped design by its name, or a file.
pub(super) fn architecture(arch: &Path) -> anyhow::Result<(Source, Option<Preset>)> {
    let name = arch.to_string_lossy();
    if let Some(preset) = presets::find(&name) {
        let source = Source::Text { name: format!("preset {name}"), text: preset.text.to_owned() };
        return Ok((source, Some(preset)));
    }
    if !arch.exists() {
        bail!(
            "`{name}` is neither a file nor a shipped design{}\nhint: shipped designs are {}",
            suggestion(&name, presets::names()),
            presets::names().collect::<Vec<_>>().join(", ")
        );
    }
    Ok((Source::File(PathBuf::from(arch)), None))
}

/// A shipped design, or files with commas between them.
pub(super) fn description(text: &str) -> anyhow::Result<(Vec<Source>, Option<Preset>)> {
    // A file may have a comma in its name.
    if Path::new(text).exists() || !text.contains(',') {
        let (source, preset) = architecture(Path::new(text))?;
        return Ok((vec![source], preset));
    }
    let mut preset = None;
    let mut sources = Vec::new();
    for part in text.split(',') {
        let (source, found) = architecture(Path::new(part))?;
        sources.push(source);
        preset = preset.or(found);
    }
    Ok((sources, preset))
}

/// The lines of the front end, under one heading.
pub(super) fn hinted(error: SpecificationError) -> anyhow::Error {
    match error {
        SpecificationError::Frontend(errors) if errors.errors.len() > 1 => {
            anyhow!("{} errors in the description:\n{errors}", errors.errors.len())
        }
        other => other.into(),
    }
}
