//! `check`: shape extraction as a test.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, bail};

use super::Outcome;
use super::args::CheckArgs;
use super::convert::detailed;
use super::given::refuse_descriptions;
use super::printer::{self, Printer};
use crate::api::{Network, NetworkFile, ProblemStyle};
use crate::output::write_whole;
use crate::report::layers::{Expectation, write_expectation};

pub(super) fn run(args: &CheckArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    refuse_descriptions(std::slice::from_ref(&args.model))?;
    if args.network.phase.len() > 1 {
        bail!("an expectation is about one network: give one `--phase`");
    }
    let stated = read(args);
    let file = NetworkFile { phase: args.network.phase.first().cloned(), ..NetworkFile::of_path(&args.model) };
    let shown = &file.shown;
    let mut options = args.network.options(ProblemStyle::Native, false);
    options.bindings.usual_shapes = stated.as_ref().map(Expectation::inputs).unwrap_or_default();
    let network = Network::read(&file, &options)
        .map_err(|error| detailed(error, printer))
        .with_context(|| format!("`{shown}`"))?;
    printer.warnings(network.warnings());
    let records = &network.record().layers;
    let network = network.network();
    let file = args.expect.display();
    if args.update {
        write_whole(&args.expect, write_expectation(network, records).as_bytes())?;
        printer.note(format!("wrote the {} layers of {shown} to {file}", records.len()));
        return Ok(Outcome::Done);
    }
    let expectation = stated?;
    if expectation.is_empty() {
        bail!("the expectation `{file}` states nothing, so that nothing can be checked\nhint: `--update` writes it");
    }
    let differences = expectation.compare(network, records);
    if differences.is_empty() {
        printer.note(format!("{shown}: {} layers as expected", records.len()));
        return Ok(Outcome::Done);
    }
    let mut lines = format!("{shown} differs from {file}:\n");
    for difference in &differences {
        let _ = writeln!(lines, "  {difference}");
    }
    printer::data(&lines)?;
    let (count, noun) = (differences.len(), if differences.len() == 1 { "difference" } else { "differences" });
    printer.failure(&format!(
        "{count} {noun}\nhint: if the network is right, `onnx2timeloop check {shown} --expect {file} --update` accepts \
         it"
    ));
    Ok(Outcome::Partial)
}

/// The expectation. One that is to be written need not be there, but where it is, it states the sizes of the inputs.
fn read(args: &CheckArgs) -> anyhow::Result<Expectation> {
    let file = args.expect.display();
    let text = match fs::read_to_string(&args.expect) {
        Ok(text) => text,
        Err(error) => bail!("cannot read the expectation `{file}`: {error}\nhint: `--update` writes it"),
    };
    Expectation::read(&text)
        .with_context(|| format!("the expectation `{file}` is not of the form that `--update` writes"))
}
