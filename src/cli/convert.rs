//! `convert`: ONNX files to layers and Timeloop problems.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use indexmap::IndexMap;
use rayon::prelude::*;
use walkdir::WalkDir;

use super::Outcome;
use super::args::{Convert, Format, NetworkArgs, Shape, Version};
use super::folder::{self, ManifestEntry};
use super::interrupt;
use super::printer::{self, Printer};
use crate::names::{UniqueNames, safe_name};
use crate::onnx::{Bindings, ImportError, Source, import};
use crate::report::{self, layers::NetworkRecord};
use crate::timeloop::files::{ProblemHeader, write_problem};
use crate::workload::{DistinctProblem, Network, ProblemStyle, Variant, distinct_problems};

/// A network that was read.
pub(super) struct Converted {
    pub(super) network: Network,
    pub(super) problems: Vec<DistinctProblem>,
    pub(super) record: NetworkRecord,
}

/// A network's folder and what the manifest says of it.
type NamedEntry = (String, ManifestEntry);

/// One file to convert.
pub(super) struct Job {
    pub(super) source: Source,
    /// As the user knows it.
    pub(super) shown: String,
    /// The network's name and its folder below the output folder.
    pub(super) name: String,
}

pub(super) fn run(args: &Convert, printer: &Printer) -> anyhow::Result<Outcome> {
    let is_zoo = args.paths.len() > 1 || args.paths.iter().any(|path| path.is_dir());
    let jobs = jobs(&args.paths, printer)?;
    if let Some(folder) = &args.output {
        folder::check(folder)?;
    }
    if is_zoo { zoo(args, &jobs, printer) } else { one(args, &jobs[0], printer) }
}

fn one(args: &Convert, job: &Job, printer: &Printer) -> anyhow::Result<Outcome> {
    let converted = convert(job, &args.network, args.problem_shape.into(), &args.network.bindings(false));
    let converted = converted.map_err(|error| detailed(error, printer));
    let converted = converted.with_context(|| format!("`{}`", job.shown))?;
    say(&converted.network, None, printer);
    if let Some(folder) = &args.output {
        let entry = write(folder, job, &converted, args, printer)?;
        folder::write_manifest(folder, IndexMap::from([entry]))?;
        printer.note(format!(
            "wrote {} problems and {} layers into {}",
            converted.problems.len(),
            converted.network.layers.len(),
            folder.join(&converted.network.name).display()
        ));
    }
    if printer.is_quiet() && args.output.is_some() && args.format.is_none() {
        return Ok(Outcome::Done);
    }
    let Converted { network, problems, record } = &converted;
    let text = match args.format.unwrap_or(Format::Table) {
        Format::Table => {
            format!(
                "{}\n{}\n",
                report::layers::layer_table(record, printer::width()),
                report::layers::summary(network, problems)
            )
        }
        Format::Problems => problem_documents(&converted, args),
        format => records(std::slice::from_ref(record), format, false)?,
    };
    printer::data(&text)?;
    Ok(Outcome::Done)
}

fn zoo(args: &Convert, jobs: &[Job], printer: &Printer) -> anyhow::Result<Outcome> {
    let mut pool = rayon::ThreadPoolBuilder::new().stack_size(16 << 20);
    if let Some(threads) = args.threads {
        pool = pool.num_threads(usize::from(threads));
    }
    let bindings = args.network.bindings(true);
    let bar = printer.bar(jobs.len() as u64);
    interrupt::listen();
    let results: Vec<anyhow::Result<(Converted, Option<NamedEntry>)>> = pool.build()?.install(|| {
        jobs.par_iter()
            .map(|job| {
                if interrupt::requested() {
                    return Err(anyhow::anyhow!("interrupted before its turn"));
                }
                let converted = convert(job, &args.network, args.problem_shape.into(), &bindings);
                let outcome = converted.and_then(|converted| {
                    let entry = args.output.as_ref().map(|folder| write(folder, job, &converted, args, printer));
                    Ok((converted, entry.transpose()?))
                });
                bar.set_message(job.shown.clone());
                bar.inc(1);
                outcome
            })
            .collect()
    });
    bar.finish_and_clear();
    let mut failures = Vec::new();
    let mut converted = Vec::new();
    let mut entries = IndexMap::new();
    for (job, result) in jobs.iter().zip(results) {
        match result {
            Ok((done, entry)) => {
                say(&done.network, Some(&job.shown), printer);
                entries.extend(entry);
                converted.push(done);
            }
            Err(error) => failures.push((job, error)),
        }
    }
    if let Some(folder) = &args.output {
        folder::write_manifest(folder, entries)?;
    }
    match args.format.unwrap_or(Format::Table) {
        Format::Table if printer.is_quiet() && args.output.is_some() => {}
        Format::Table => printer::data(&zoo_table(&converted))?,
        Format::Problems => {
            for converted in &converted {
                printer::data(&problem_documents(converted, args))?;
            }
        }
        format => {
            let networks: Vec<NetworkRecord> = converted.iter().map(|converted| converted.record.clone()).collect();
            printer::data(&records(&networks, format, true)?)?;
        }
    }
    printer.note(format!("{} of {} files converted", converted.len(), jobs.len()));
    if failures.is_empty() {
        return Ok(Outcome::Done);
    }
    printer.failure(&format!("{} of {} files failed:", failures.len(), jobs.len()));
    let mut table = Table::new();
    table.load_style(report::layers::STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["file", "why"]);
    for (job, error) in &failures {
        table.add_row([job.shown.clone(), format!("{error:#}")]);
    }
    printer.error_lines(&report::layers::flush_left(&table));
    Ok(if interrupt::requested() { Outcome::Interrupted } else { Outcome::Partial })
}

/// Says what the reader should know of a network; in detail, what became no layer.
pub(super) fn say(network: &Network, file: Option<&str>, printer: &Printer) {
    let prefix = file.map(|file| format!("{file}: ")).unwrap_or_default();
    for warning in &network.warnings {
        printer.warning(format!("{prefix}{warning}"));
    }
    if printer.is_verbose() {
        for other in &network.not_lowered {
            printer.note(format!("{prefix}no layer: {} ({}): {}", other.node, other.op, other.reason));
        }
    }
}

/// In detail, an error about nodes names every one of them.
pub(super) fn detailed(error: anyhow::Error, printer: &Printer) -> anyhow::Error {
    match error.downcast_ref::<ImportError>() {
        Some(ImportError::Nodes(nodes, hints)) if printer.is_verbose() => {
            let nodes = nodes.iter().map(ToString::to_string);
            let hints = hints.iter().map(|hint| format!("hint: {hint}"));
            anyhow::anyhow!(nodes.chain(hints).collect::<Vec<_>>().join("\n"))
        }
        _ => error,
    }
}

/// Reads a network and takes the variant that was asked for.
pub(super) fn read_network(
    source: &Source,
    name: &str,
    args: &NetworkArgs,
    bindings: &Bindings,
) -> anyhow::Result<Network> {
    let mut network = import(source, name, bindings)?;
    let variant = Variant::from(args.variant);
    if variant != Variant::Native {
        network =
            network.with_variant(variant).map_err(|(layer, problem)| anyhow::anyhow!("layer `{layer}`: {problem}"))?;
    }
    Ok(network)
}

/// Converts one file. A fault of the tool itself is that file's error, so that it never takes others along.
pub(super) fn convert(
    job: &Job,
    args: &NetworkArgs,
    style: ProblemStyle,
    bindings: &Bindings,
) -> anyhow::Result<Converted> {
    panic::catch_unwind(AssertUnwindSafe(|| converted(job, args, style, bindings)))
        .unwrap_or_else(|_| bail!("the tool failed on this file, which is a fault of the tool; please report it"))
}

fn converted(job: &Job, args: &NetworkArgs, style: ProblemStyle, bindings: &Bindings) -> anyhow::Result<Converted> {
    let network = read_network(&job.source, &job.name, args, bindings)?;
    let problems = distinct_problems(&network.layers, style)?;
    let record = NetworkRecord::of(&network, &problems);
    Ok(Converted { network, problems, record })
}

fn write(
    folder: &Path,
    job: &Job,
    converted: &Converted,
    args: &Convert,
    printer: &Printer,
) -> anyhow::Result<NamedEntry> {
    write_layers(folder, converted, args.timeloop_version, printer)?;
    let entry = entry(job, converted, &args.network, args.timeloop_version, args.problem_shape)?;
    Ok((converted.network.name.clone(), entry))
}

/// Writes the layers and problems of a network into its folder, and warns of problems that lie there still.
pub(super) fn write_layers(
    folder: &Path,
    converted: &Converted,
    version: Version,
    printer: &Printer,
) -> anyhow::Result<()> {
    let Converted { network, problems, record } = converted;
    let own = folder.join(&network.name);
    let others = folder::write_network(&own, network, problems, record, version.into())?;
    if let Some(first) = others.first() {
        printer.warning(format!(
            "`{}` holds {} problems of an earlier run that this one did not write, such as `{}`",
            own.join("problems").display(),
            others.len(),
            first.file_name().unwrap_or_default().to_string_lossy(),
        ));
    }
    Ok(())
}

/// What the manifest says of a network.
pub(super) fn entry(
    job: &Job,
    converted: &Converted,
    args: &NetworkArgs,
    version: Version,
    shape: Shape,
) -> anyhow::Result<ManifestEntry> {
    let Converted { network, problems, record } = converted;
    let option = |name: &str, value: serde_json::Value| (name.to_owned(), value);
    Ok(ManifestEntry {
        source: job.shown.clone(),
        blake3: match &job.source {
            Source::Path(path) => folder::hash(path),
            Source::Stdin | Source::Bytes(_) => None,
        },
        tool: concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION")).to_owned(),
        options: IndexMap::from([
            option("variant", Variant::from(args.variant).name().into()),
            option("timeloop_version", name_of(&version).into()),
            option("problem_shape", name_of(&shape).into()),
            option("inputs", serde_json::to_value(&record.inputs)?),
        ]),
        layers: network.layers.len(),
        problems: problems.len(),
        macs: network.macs,
        results: IndexMap::new(),
    })
}

/// An option's value as it is typed.
pub(super) fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn problem_documents(converted: &Converted, args: &Convert) -> String {
    let Converted { network, problems, .. } = converted;
    let document = |distinct| {
        let header = ProblemHeader::of(&network.name, distinct, &network.layers);
        format!("---\n{}", write_problem(&distinct.problem, &header, args.timeloop_version.into()))
    };
    problems.iter().map(document).collect()
}

fn records(networks: &[NetworkRecord], format: Format, as_list: bool) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => report::layers::json(networks, as_list)?,
        Format::Yaml => report::layers::yaml(networks, as_list)?,
        Format::Csv | Format::Table | Format::Problems => report::layers::csv(networks)?,
    })
}

fn zoo_table(converted: &[Converted]) -> String {
    let mut table = Table::new();
    table.load_style(report::layers::STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["network", "layers", "distinct", "dilated", "MACs", "not on padding", "parameters", "coverage"]);
    for Converted { network, problems, .. } in converted {
        table.add_row([
            network.name.clone(),
            network.layers.len().to_string(),
            problems.len().to_string(),
            network.layers.iter().filter(|layer| layer.is_dilated()).count().to_string(),
            report::layers::human(network.macs),
            report::layers::human(network.macs_not_on_padding),
            report::layers::human(network.parameters),
            network.mac_coverage.map_or_else(|| "unknown".into(), |share| format!("{:.1} %", 100.0 * share)),
        ]);
    }
    for column in 1..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    report::layers::flush_left(&table)
}

/// The files that the paths name, folders searched, in a fixed order.
pub(super) fn jobs(paths: &[PathBuf], printer: &Printer) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            jobs.push(Job { source: Source::Stdin, shown: "standard input".into(), name: "stdin".into() });
        } else if path.is_dir() {
            let before = jobs.len();
            let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
            let walk = WalkDir::new(path).sort_by_file_name().into_iter();
            for entry in walk.filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name())) {
                match entry {
                    Ok(entry) if is_model(entry.path()) => jobs.push(job(entry.path(), Some(path))),
                    Ok(_) => {}
                    Err(error) => printer.warning(format!("skipped: {error}")),
                }
            }
            if jobs.len() == before {
                bail!("there is no .onnx file in `{}`", path.display());
            }
        } else {
            jobs.push(job(path, None));
        }
    }
    if jobs.iter().filter(|job| matches!(job.source, Source::Stdin)).count() > 1 {
        bail!("standard input can be read only once");
    }
    let mut names = UniqueNames::default();
    names.reserve(&OWN_NAMES);
    for job in &mut jobs {
        job.name = names.claim_safe(&job.name);
    }
    Ok(jobs)
}

/// What stands beside the networks' folders.
const OWN_NAMES: [&str; 9] = [
    "accelergy",
    "charts",
    "comparison.csv",
    "comparison.json",
    "manifest.json",
    "report.html",
    "timeloop-jobs",
    "timing.json",
    "totals.csv",
];

fn is_model(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx")) && path.is_file()
}

/// A file below `root` is named after its path from there, so that equal names in several folders stay apart.
fn job(path: &Path, root: Option<&Path>) -> Job {
    let relative = root.and_then(|root| path.strip_prefix(root).ok()).map(Path::to_path_buf);
    let named = relative.unwrap_or_else(|| path.file_name().map(PathBuf::from).unwrap_or_default()).with_extension("");
    let parts: Vec<String> = named.iter().map(|part| safe_name(&part.to_string_lossy())).collect();
    Job { source: Source::Path(path.to_owned()), shown: path.display().to_string(), name: parts.join("/") }
}

/// The network's name of a single path.
pub(super) fn network_of(path: &Path) -> (Source, String, String) {
    if path.as_os_str() == "-" {
        return (Source::Stdin, "stdin".into(), "standard input".into());
    }
    let Job { source, shown, name } = job(path, None);
    (source, name, shown)
}
