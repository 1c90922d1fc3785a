//! The files of an evaluated mapping.

use std::path::Path;

use serde::Serialize;

use super::model_args::EnergyChoice;
use crate::output::write_all_whole;
use crate::report::evaluation::{self, Evaluated};
use crate::timeloop::files::stats::StatsOptions;
use crate::timeloop::files::{map_txt, mapping, stats};

/// Ends of the names of the files, in the order in which they are written.
pub(super) const EXTENSIONS: [&str; 4] = ["stats.txt", "map.txt", "map.yaml", "json"];

/// Writes PREFIX.stats.txt, .map.txt, .map.yaml and .json.
pub(super) fn write(
    folder: &Path,
    prefix: &str,
    evaluated: &Evaluated<'_>,
    options: StatsOptions,
    record: &impl Serialize,
) -> anyhow::Result<()> {
    let Evaluated { architecture, problem, mapping, evaluation, .. } = *evaluated;
    let texts = [
        stats::write(architecture, problem, evaluation, options),
        map_txt::write(mapping, architecture, problem, evaluation),
        mapping::write(mapping, architecture, problem),
        serde_json::to_string_pretty(record)? + "\n",
    ];
    let path = |extension: &str| folder.join(format!("{prefix}.{extension}"));
    let files: Vec<_> = EXTENSIONS.map(path).into_iter().zip(texts).collect();
    Ok(write_all_whole(&files)?)
}

/// That energies are guesses, unless the user asked for guesses.
pub(super) fn guessed(evaluated: &Evaluated<'_>, choice: EnergyChoice) -> Option<String> {
    let guessed = evaluation::guessed(evaluated);
    if guessed.is_empty() || choice == EnergyChoice::Pat {
        return None;
    }
    Some(format!(
        "NO ENERGY TABLE states {}: these numbers are Timeloop's built-in formulas (PAT), rough guesses of old technology; \
         give `--ert FILE`, or `--energy accelergy`",
        guessed.join(", ")
    ))
}
