//! `evaluate`: the cost of one mapping.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::Outcome;
use super::energy::{self, Run};
use super::model_args::{EnergyChoice, Evaluate};
use super::printer::{self, Printer};
use crate::architecture::presets::{self, Preset};
use crate::formats::constraints::Scope;
use crate::formats::specification::{Specification, SpecificationError, SpecificationOptions};
use crate::formats::{map_txt, mapping, stats};
use crate::frontend::Source;
use crate::model::{self, Footprint};
use crate::names::suggestion;
use crate::output::{check_folder, write_whole};
use crate::report::evaluation::{self, Evaluated};

pub(super) fn run(args: &Evaluate, printer: &Printer) -> anyhow::Result<Outcome> {
    let (sources, preset) = sources(args)?;
    let (sources, loop_nest) = apart(sources)?;
    let options = SpecificationOptions { frontend_quirks: args.frontend_quirks, any_problem: false };
    let specification = Specification::load(&sources, options).map_err(hinted)?;
    let prefix = specification.out_prefix()?;
    check_folder(&args.output)?;
    let run = Run { specification: &specification, sources: &sources, preset, folder: &args.output, prefix: &prefix };
    let tables = energy::tables(&args.energy, &run)?;

    let (architecture, more) = specification.architecture(&tables)?;
    let mut warnings = specification.warnings.clone();
    warnings.extend(more);
    let (problem, more) = specification.problem()?;
    warnings.extend(more);
    let (_, more) = specification.constraints(&architecture, &problem, Scope::Architecture)?;
    warnings.extend(more);
    let nest = match &loop_nest {
        Some((source, text)) => map_txt::read(text, &architecture, &problem).with_context(|| name(source)),
        None => specification.mapping(&architecture, &problem).map_err(Into::into).map(|(nest, more)| {
            warnings.extend(more);
            nest
        }),
    };
    // Of what is wrong here and below, these may be the cause.
    let say = |warnings: &[String]| warnings.iter().for_each(|warning| printer.warning(warning));
    let nest = nest.inspect_err(|_| say(&warnings))?;
    let footprint = args.footprint.into();
    if footprint == Footprint::Exact {
        warnings
            .push("exact footprints: the numbers are not those of Timeloop, which counts the holes of a tile".into());
    }
    let evaluation = model::evaluate_footprint(&architecture, &problem, &nest, footprint).map_err(|rejection| {
        say(&warnings);
        anyhow!("{}", evaluation::rejection(&rejection))
    })?;
    let evaluated = Evaluated {
        architecture: &architecture,
        problem: &problem,
        mapping: &nest,
        evaluation: &evaluation,
        tables: &tables,
        footprint,
    };
    let guessed = evaluation::guessed(&evaluated);
    if !guessed.is_empty() && args.energy.energy != EnergyChoice::Pat {
        warnings.push(format!(
            "NO ENERGY TABLE states {}: these numbers are Timeloop's built-in formulas (PAT), rough guesses of old technology; \
             give `--ert FILE`, or `--energy accelergy`",
            guessed.join(", ")
        ));
    }
    say(&warnings);

    let inputs: Vec<String> = sources.iter().chain(loop_nest.iter().map(|(source, _)| source)).map(name).collect();
    let record = evaluation::record(&evaluated, &inputs, &warnings);
    let files = [
        ("stats.txt", stats::write(&architecture, &problem, &evaluation, specification.stats_options())),
        ("map.txt", map_txt::write(&nest, &architecture, &problem, &evaluation)),
        ("map.yaml", mapping::write(&nest, &architecture, &problem)),
        ("json", serde_json::to_string_pretty(&record)? + "\n"),
    ];
    for (extension, text) in files {
        write_whole(&args.output.join(format!("{prefix}.{extension}")), text.as_bytes())?;
    }
    let mut text = evaluation::summary(&evaluated);
    if printer.is_verbose() {
        text.push('\n');
        text.push_str(&evaluation::details(&evaluated));
    }
    printer::data(&text)?;
    Ok(Outcome::Done)
}

/// Everything to read, in order.
fn sources(args: &Evaluate) -> anyhow::Result<(Vec<Source>, Option<Preset>)> {
    let mut sources = Vec::new();
    let mut preset = None;
    if let Some(arch) = &args.arch {
        let (source, found) = architecture(arch)?;
        sources.push(source);
        preset = found;
    }
    let single = [&args.problem, &args.mapping].into_iter().flatten();
    sources.extend(args.files.iter().chain(single).cloned().map(Source::File));
    Ok((sources, preset))
}

/// The YAML files, and the loop nest (map.txt) among the files, if there is one, with its text.
fn apart(sources: Vec<Source>) -> anyhow::Result<(Vec<Source>, Option<(Source, String)>)> {
    let mut yaml = Vec::new();
    let mut nests: Vec<(Source, String)> = Vec::new();
    for source in sources {
        // What cannot be read is reported with the YAML.
        let text = if let Source::File(path) = &source { fs::read_to_string(path).ok() } else { None };
        match text.filter(|text| map_txt::is_map_text(text)) {
            Some(text) => nests.push((source, text)),
            None => yaml.push(source),
        }
    }
    if let [first, second, ..] = &nests[..] {
        bail!("two loop nests: `{}` and `{}`; give one", name(&first.0), name(&second.0));
    }
    Ok((yaml, nests.pop()))
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

fn name(source: &Source) -> String {
    match source {
        Source::File(path) => path.display().to_string(),
        Source::Text { name, .. } => name.clone(),
    }
}

/// The lines of the front end, under one heading.
pub(super) fn hinted(error: SpecificationError) -> anyhow::Error {
    match error {
        SpecificationError::Frontend(errors) if errors.0.len() > 1 => {
            anyhow!("{} errors in the description:\n{errors}", errors.0.len())
        }
        other => other.into(),
    }
}
