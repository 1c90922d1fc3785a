//! `evaluate`: the cost of one mapping.

use super::Outcome;
use super::energy_args::guessed_energies;
use super::model_args::{EvaluateArgs, described};
use super::printer::{self, Printer};
use crate::api::{ArchitectureOptions, ModelInputs};
use crate::output::{check_folder, remove_left_over};
use crate::report::evaluation;

pub(super) fn run(args: &EvaluateArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    check_folder(&args.output)?;
    remove_left_over(&args.output, 1);
    let named = (args.problem.as_ref(), args.mapping.as_ref());
    let mut description = described(args.arch.as_deref(), &args.files, named, printer)?;
    args.variables.add_to(&mut description);
    args.densities.add_to(&mut description)?;
    let options = ArchitectureOptions {
        energies: args.energy.energies(&args.output),
        frontend_quirks: args.frontend_quirks,
        ..ArchitectureOptions::default()
    };
    let mut inputs = ModelInputs::of_model(description, &options)?;
    let evaluated = inputs.evaluate(args.footprint.into())?;
    inputs.warnings.extend(guessed_energies(&inputs.guessed_energies(&evaluated.evaluation)));
    inputs.warnings.extend(inputs.miscount(&evaluated.evaluation));
    printer.warnings(&inputs.warnings);

    let report = inputs.report(&evaluated);
    inputs.write(&args.output, &evaluated, &evaluation::record(&report, &inputs.sources, &inputs.warnings))?;
    let mut text = evaluation::summary(&report);
    if printer.is_verbose() {
        text.push('\n');
        text.push_str(&evaluation::details(&report, printer::width()));
    }
    printer::data(&text)?;
    Ok(Outcome::Done)
}
