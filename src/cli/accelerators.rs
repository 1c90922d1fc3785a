//! The accelerators of a run: shipped designs and descriptions in files, with their energies.

use std::path::{Path, PathBuf};

use super::energy::{self, Run as EnergyRun};
use super::folder::{self, InputEntry};
use super::inputs::{description, hinted, name};
use super::model_args::EnergyChoice;
use super::printer::Printer;
use super::run_args::Run;
use crate::architecture::Architecture;
use crate::architecture::presets::Preset;
use crate::names::{UniqueNames, safe_name};
use crate::run::Accelerator;
use crate::timeloop::files::specification::{Purpose, Specification, SpecificationOptions};
use crate::timeloop::frontend::{LoadOptions, Source, load_sources};

/// The designs that a run is about unless others are named.
const DEFAULT: [&str; 3] = ["eyeriss_like", "simple_weight_stationary", "simple_output_stationary"];

/// An accelerator, and what the manifest says of it.
pub(super) struct Described {
    pub(super) accelerator: Accelerator,
    /// For any problem: its levels and their energies.
    pub(super) architecture: Architecture,
    pub(super) inputs: Vec<InputEntry>,
    pub(super) tables: Vec<InputEntry>,
}

/// Reads all accelerators of a run. Nothing is written, except for what Accelergy makes where it is asked.
pub(super) fn described(args: &Run, printer: &Printer) -> anyhow::Result<Vec<Described>> {
    let named: Vec<String> = if args.arch.is_empty() { DEFAULT.map(str::to_owned).to_vec() } else { args.arch.clone() };
    let mut names = UniqueNames::default();
    named.iter().map(|text| one(text, args, &mut names, printer)).collect()
}

fn one(text: &str, args: &Run, names: &mut UniqueNames, printer: &Printer) -> anyhow::Result<Described> {
    let (sources, preset) = description(text)?;
    let wanted = match (&preset, sources.first()) {
        (None, Some(Source::File(path))) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        (Some(preset), _) => preset.name.to_owned(),
        _ => text.to_owned(),
    };
    let name = names.claim_safe(&safe_name(&wanted));
    let options = SpecificationOptions { frontend_quirks: args.frontend_quirks, purpose: Purpose::Inspection };
    let specification = Specification::load(&sources, options).map_err(hinted)?;
    let folder = args.output.join("accelergy").join(&name);
    let run = EnergyRun {
        specification: &specification,
        sources: &sources,
        preset,
        folder: &folder,
        prefix: "timeloop-mapper",
    };
    let tables = energy::tables(&args.energy, &run)?;
    let (architecture, _) = specification.architecture(&tables)?;
    let accelerator = Accelerator { name, sources, tables, frontend_quirks: args.frontend_quirks };
    let guessed = accelerator.guessed(&architecture);
    if !guessed.is_empty() && args.energy.energy != EnergyChoice::Pat {
        printer.warning(format!(
            "{}: NO ENERGY TABLE states {}: these numbers are Timeloop's built-in formulas (PAT), rough guesses of old \
             technology; give `--ert FILE`, or `--energy accelergy`",
            accelerator.name,
            guessed.join(", ")
        ));
    }
    let tables = args.energy.ert.iter().chain(&args.energy.art).map(|path| file_entry(path, path)).collect();
    Ok(Described { inputs: inputs(&accelerator.sources, preset), tables, accelerator, architecture })
}

/// Every file of a description, those included by others too; a shipped design by its name.
fn inputs(sources: &[Source], preset: Option<Preset>) -> Vec<InputEntry> {
    let shipped = preset.map(|preset| InputEntry {
        source: format!("preset {}", preset.name),
        blake3: Some(blake3::hash(preset.text.as_bytes()).to_hex().to_string()),
    });
    let named: Vec<PathBuf> = sources
        .iter()
        .filter_map(|source| match source {
            Source::File(path) => Some(path.clone()),
            Source::Text { .. } => None,
        })
        .collect();
    // What the front end cannot read has no includes either.
    let files =
        load_sources(sources, &LoadOptions::default()).map_or_else(|_| named.clone(), |document| document.files);
    let root = named.first().and_then(|path| path.canonicalize().ok()?.parent().map(Path::to_path_buf));
    let entry = |path: &PathBuf| {
        let below = root.as_ref().and_then(|root| path.strip_prefix(root).ok()).filter(|_| !named.contains(path));
        file_entry(path, below.unwrap_or(path))
    };
    shipped.into_iter().chain(files.iter().map(entry)).collect()
}

fn file_entry(path: &Path, shown: &Path) -> InputEntry {
    InputEntry { source: name(&Source::File(shown.to_path_buf())), blake3: folder::hash(path) }
}
