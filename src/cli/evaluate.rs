//! `evaluate`: the cost of one mapping.

use std::fs;

use anyhow::{Context, anyhow, bail};

use super::Outcome;
use super::inputs::{Inputs, Subject, name};
use super::model_args::Evaluate;
use super::model_files;
use super::printer::{self, Printer};
use crate::mapping::Mapping;
use crate::model::{self, Footprint};
use crate::report::evaluation::{self, Evaluated};
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::map_txt;
use crate::timeloop::files::specification::{Purpose, Specification, SpecificationOptions};
use crate::timeloop::frontend::Source;

pub(super) fn run(args: &Evaluate, printer: &Printer) -> anyhow::Result<Outcome> {
    let single = [&args.problem, &args.mapping].into_iter().flatten();
    let mut inputs = Inputs::new(args.arch.as_deref(), &args.files, single)?;
    let loop_nest = take_loop_nest(&mut inputs)?;
    let options = SpecificationOptions { frontend_quirks: args.frontend_quirks, purpose: Purpose::Model };
    let prefix = |specification: &Specification| Ok(specification.out_prefix()?);
    let mut subject = Subject::read(&inputs, options, &args.energy, &args.output, prefix, printer)?;
    let nest = mapping(&mut subject, loop_nest.as_ref()).inspect_err(|_| subject.say_warnings(printer))?;
    check_constraints(&mut subject, &nest).inspect_err(|_| subject.say_warnings(printer))?;
    let footprint = args.footprint.into();
    if footprint == Footprint::Exact {
        subject
            .warnings
            .push("exact footprints: the numbers are not those of Timeloop, which counts the holes of a tile".into());
    }
    let evaluation = model::evaluate_footprint(&subject.architecture, &subject.problem, &nest, footprint);
    let evaluation = evaluation.map_err(|rejection| {
        subject.say_warnings(printer);
        anyhow!("{}", evaluation::rejection(&rejection))
    })?;
    let evaluated = Evaluated {
        architecture: &subject.architecture,
        problem: &subject.problem,
        mapping: &nest,
        evaluation: &evaluation,
        tables: &subject.tables,
        footprint,
    };
    subject.warnings.extend(model_files::guessed(&evaluated, args.energy.energy));
    subject.say_warnings(printer);

    inputs.sources.extend(loop_nest.map(|(source, _)| source));
    let record = evaluation::record(&evaluated, &inputs.names(), &subject.warnings);
    let options = subject.specification.stats_options();
    model_files::write(&args.output, &subject.prefix, &evaluated, options, &record)?;
    let mut text = evaluation::summary(&evaluated);
    if printer.is_verbose() {
        text.push('\n');
        text.push_str(&evaluation::details(&evaluated));
    }
    printer::data(&text)?;
    Ok(Outcome::Done)
}

/// The mapping: of the loop nest if there is one, else of the files.
fn mapping(subject: &mut Subject, loop_nest: Option<&(Source, String)>) -> anyhow::Result<Mapping> {
    let Subject { specification, architecture, problem, warnings, .. } = subject;
    if let Some((source, text)) = loop_nest {
        if specification.states("mapping") {
            warnings.push(format!("mapping: stands in the YAML files, too; the loop nest of {} counts", name(source)));
        }
        return map_txt::read(text, architecture, problem).with_context(|| name(source));
    }
    let (nest, more) = match specification.mapping(architecture, problem) {
        Err(error) if !specification.states("mapping") => {
            return Err(error)
                .context("no mapping is given, and the constraints alone are none\nhint: `--mapping FILE`");
        }
        mapping => mapping?,
    };
    warnings.extend(more);
    Ok(nest)
}

/// Takes the loop nest (map.txt) out of the files, if there is one among them, with its text.
fn take_loop_nest(inputs: &mut Inputs) -> anyhow::Result<Option<(Source, String)>> {
    let mut nests: Vec<(Source, String)> = Vec::new();
    for source in std::mem::take(&mut inputs.sources) {
        // What cannot be read is reported with the YAML.
        let text = if let Source::File(path) = &source { fs::read_to_string(path).ok() } else { None };
        match text.filter(|text| map_txt::is_map_text(text)) {
            Some(text) => nests.push((source, text)),
            None => inputs.sources.push(source),
        }
    }
    if let [first, second, ..] = &nests[..] {
        bail!("two loop nests: `{}` and `{}`; give one", name(&first.0), name(&second.0));
    }
    Ok(nests.pop())
}

/// A mapping outside of the architecture's constraints is refused where timeloop-model refuses it: in files that it reads
/// itself. For a user's description the front end gives it no constraints.
fn check_constraints(subject: &mut Subject, nest: &Mapping) -> anyhow::Result<()> {
    let Subject { specification, architecture, problem, warnings, .. } = subject;
    let (constraints, more) = specification.constraints(architecture, problem, Scope::Architecture)?;
    warnings.extend(more);
    match constraints.admits(nest, architecture, problem) {
        Err(violation) if specification.from_user_form => {
            warnings.push(format!("the mapping is outside of the architecture's constraints: {violation}"));
            Ok(())
        }
        Err(violation) => {
            let hint = "hint: take the constraints out of the files to evaluate it all the same";
            bail!("mapping violates architecture constraints: {violation}\n{hint}")
        }
        Ok(()) => Ok(()),
    }
}
