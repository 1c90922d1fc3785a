//! `convert`: ONNX files to layers and Timeloop problems.

use anyhow::Context;
use rayon::prelude::*;

use super::Outcome;
use super::args::ConvertArgs;
use super::given::refuse_descriptions;
use super::interrupt;
use super::prepare::{COUNTING, check_density_file};
use super::printer::{self, Printer};
use crate::api::{self, Error, ErrorKind, Network, NetworkFile};
use crate::onnx::ImportError;
use crate::report::layers::{self, LayerFormat, TextOptions};
use crate::report::table::TextTable;

pub(super) fn run(args: &ConvertArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let are_several = args.paths.len() > 1 || args.paths.iter().any(|path| path.is_dir());
    refuse_descriptions(&args.paths)?;
    let mut warnings = Vec::new();
    let files = NetworkFile::find(&args.paths)?.unpack_into(&mut warnings);
    printer.warnings(&warnings);
    let several_files = are_several;
    let are_several = are_several || args.network.phase.len() > 1;
    let files = NetworkFile::in_phases(files, &args.network.phase)?;
    if let Some(folder) = &args.output {
        api::check_output(folder)?;
    }
    if are_several {
        convert_several(args, &files, several_files, printer)
    } else {
        convert_one(args, &files[0], printer)
    }
}

fn convert_one(args: &ConvertArgs, file: &NetworkFile, printer: &Printer) -> anyhow::Result<Outcome> {
    let mut options = args.network.options(args.problem_shape.into(), false);
    options.densities = args.densities.options()?;
    let read = || Network::read(file, &options);
    let network = if options.densities.measured { printer.meanwhile(COUNTING, read) } else { read() };
    let network = network.map_err(|error| detailed(error, printer)).with_context(|| format!("`{}`", file.shown))?;
    say(&network, None, printer);
    if let Some(folder) = &args.output {
        write(args, &network, printer)?;
        api::write_manifest(folder, [&network], args.timeloop_version.into())?;
        printer.note(format!(
            "wrote {} problems and {} layers into {}",
            network.problems().len(),
            network.layers().len(),
            folder.join(network.name()).display()
        ));
    }
    if !(printer.is_quiet() && args.output.is_some() && args.format.is_none()) {
        print(args, std::slice::from_ref(&network), false)?;
    }
    Ok(if fails(&network, printer) { Outcome::Partial } else { Outcome::Done })
}

fn convert_several(
    args: &ConvertArgs,
    files: &[NetworkFile],
    several_files: bool,
    printer: &Printer,
) -> anyhow::Result<Outcome> {
    let mut networks = Vec::new();
    let mut failures = Vec::new();
    let mut unknown = 0;
    for (file, converted) in files.iter().zip(converted(args, files, several_files, printer)?) {
        match converted {
            Ok(network) => {
                say(&network, Some(&file.label()), printer);
                unknown += usize::from(fails(&network, printer));
                networks.push(network);
            }
            Err(error) => failures.push((file, error)),
        }
    }
    check_density_file(&args.densities.options()?, &networks)?;
    if let Some(folder) = &args.output {
        api::write_manifest(folder, &networks, args.timeloop_version.into())?;
    }
    if !(printer.is_quiet() && args.output.is_some() && format(args).name == "table") {
        print(args, &networks, true)?;
    }
    printer.note(format!("{} of {} files converted", networks.len(), files.len()));
    if failures.is_empty() {
        return Ok(if unknown == 0 { Outcome::Done } else { Outcome::Partial });
    }
    printer.failure(&format!("{} of {} files failed:", failures.len(), files.len()));
    let mut table = TextTable::new(["file", "why"]);
    for (file, error) in &failures {
        table.add_row([file.label(), printer::told(error)]);
    }
    printer.error_lines(&table.text_within(printer::width(), 1));
    Ok(if interrupt::requested() { Outcome::Interrupted } else { Outcome::Partial })
}

/// Reads the files on all threads and writes what is asked for.
fn converted(
    args: &ConvertArgs,
    files: &[NetworkFile],
    several_files: bool,
    printer: &Printer,
) -> anyhow::Result<Vec<anyhow::Result<Network>>> {
    let mut pool = rayon::ThreadPoolBuilder::new().stack_size(16 << 20);
    if let Some(threads) = args.threads {
        pool = pool.num_threads(usize::from(threads));
    }
    let mut options = args.network.options(args.problem_shape.into(), several_files);
    options.densities = args.densities.options()?;
    let bar = printer.bar(files.len() as u64);
    interrupt::listen();
    let convert = |file: &NetworkFile| {
        let network = Network::read(file, &options)?;
        if args.output.is_some() {
            write(args, &network, printer)?;
        }
        Ok(network)
    };
    let convert_shown = |file: &NetworkFile| {
        if interrupt::requested() {
            return Err(anyhow::anyhow!("interrupted before this file was read"));
        }
        let outcome = convert(file);
        bar.set_message(file.shown.clone());
        bar.inc(1);
        outcome
    };
    let all = pool.build()?.install(|| files.par_iter().map(convert_shown).collect());
    bar.finish_and_clear();
    Ok(all)
}

/// The format to print.
fn format(args: &ConvertArgs) -> &'static LayerFormat {
    args.format.as_deref().and_then(layers::format).unwrap_or(&layers::FORMATS[0])
}

fn print(args: &ConvertArgs, networks: &[Network], as_list: bool) -> anyhow::Result<()> {
    let exported: Vec<_> = networks.iter().map(|network| network.exported(args.timeloop_version.into())).collect();
    let text = (format(args).text)(&exported, TextOptions { as_list, width: printer::width() })?;
    Ok(printer::data(&text)?)
}

/// Writes the layers and problems of a network into its folder.
fn write(args: &ConvertArgs, network: &Network, printer: &Printer) -> anyhow::Result<()> {
    let Some(folder) = &args.output else { return Ok(()) };
    let left_over = api::write_network(folder, network, args.timeloop_version.into())?;
    printer.warnings(&left_over);
    // The manifest's hash is that of the file as it is now.
    network.input();
    Ok(())
}

/// Says what the reader should know of a network; in detail, what became no layer.
pub(super) fn say(network: &Network, file: Option<&str>, printer: &Printer) {
    let prefix = file.map(|file| format!("{file}: ")).unwrap_or_default();
    for warning in network.warnings() {
        printer.warning(format!("{prefix}{warning}"));
    }
    if printer.is_verbose() {
        for layer in &network.network().unknown_layers {
            printer.note(format!("{prefix}layer of unknown shape: {} ({}): {}", layer.node, layer.op, layer.reason));
        }
        for node in &network.network().not_lowered {
            printer.note(format!("{prefix}no layer: {} ({}): {}", node.node, node.op, node.reason));
        }
    }
}

/// Says that nothing is known of a network's work, where that is so.
pub(super) fn fails(network: &Network, printer: &Printer) -> bool {
    let network = network.network();
    if !network.is_unknown() {
        return false;
    }
    let first =
        network.unknown_layers.first().map(|layer| format!("`{}` ({}): {}", layer.node, layer.op, layer.reason));
    let why = first.unwrap_or_else(|| "it has operators that are not known; `convert -v` names them".to_owned());
    printer.failure(&format!("{}: nothing of its work is known: {why}", network.name));
    true
}

/// In detail, an error about nodes names every one of them.
pub(super) fn detailed(error: Error, printer: &Printer) -> anyhow::Error {
    match &*error.kind {
        ErrorKind::Import(ImportError::Nodes(nodes, hints)) if printer.is_verbose() => {
            let nodes = nodes.iter().map(ToString::to_string);
            let hints = hints.iter().map(|hint| format!("hint: {hint}"));
            anyhow::anyhow!(nodes.chain(hints).collect::<Vec<_>>().join("\n"))
        }
        _ => error.into(),
    }
}
