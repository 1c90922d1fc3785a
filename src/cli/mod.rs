//! The command line. stdout is data, stderr is for people; only this module prints.
//!
//! Exit codes: 0 everything done; 1 part failed or a check differs; 2 bad usage or input, nothing written; 130 interrupted.

mod arch;
mod args;
mod check;
mod completions;
mod convert;
mod density_args;
mod dilation;
mod energy_args;
mod evaluate;
mod given;
mod hints;
mod interrupt;
mod manual;
mod map;
mod map_args;
mod misplaced;
mod model_args;
mod no_effect;
mod prepare;
mod printer;
mod progress;
mod report;
mod run;
mod run_args;
mod sweep;
mod sweep_args;
mod sweep_progress;
mod time_left;
mod watch;
mod write_report;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};
use model_args::{ArchCommand, VariableArgs};
use no_effect::GivenOptions;
use printer::Printer;

/// How a verb ended, when nothing stopped it.
enum Outcome {
    Done,
    /// Part of the work failed, or a comparison differs; everything else is done.
    Partial,
    /// The user wanted it to stop; what is finished is kept.
    Interrupted,
}

/// Runs the tool with the process's arguments.
pub fn main() -> ExitCode {
    match execute(std::env::args_os().collect()) {
        Ok(code) => code,
        // Whoever read our output has had enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            Printer::plain().error(&error);
            ExitCode::from(2)
        }
    }
}

fn execute(arguments: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let mut program = Cli::command();
    let parsed = program.try_get_matches_from_mut(args::with_default_verb(arguments)?);
    let (cli, given) = match parsed.and_then(|matches| {
        let given = GivenOptions::of(&matches, &program);
        Ok((Cli::from_arg_matches(&matches)?, given))
    }) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = misplaced::with_owners(error, &program);
            // Help fits its terminal already.
            if error.use_stderr() {
                Printer::plain().usage(&error);
            } else {
                error.print()?;
            }
            return Ok(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)));
        }
    };
    let printer = Printer::new(&cli.global);
    printer.warnings(given.without_effect(&cli.command));
    cli.command.variables().map_or(Ok(()), VariableArgs::check)?;
    let outcome = match cli.command {
        Command::Run(args) => run::run(&args, &printer),
        Command::Sweep(args) => sweep::run(&args, &printer),
        Command::Report(mut args) => {
            given::drop_repeated(&mut args.folders, &printer);
            report::run(&args, &printer)
        }
        Command::Dilation(args) => dilation::run(&args, &printer),
        Command::Convert(args) => convert::run(&args, &printer),
        Command::Check(args) => check::run(&args, &printer),
        Command::Map(args) => map::run(&args, &printer),
        Command::Evaluate(args) => evaluate::run(&args, &printer),
        Command::Arch(mut args) => {
            if let ArchCommand::Check { files, .. } = &mut args.command {
                given::drop_repeated(files, &printer);
            }
            arch::run(&args, &printer)
        }
        Command::Completions { shell } => {
            printer::data(&completions::script(shell)).map(|()| Outcome::Done).map_err(Into::into)
        }
        Command::Man { command } => manual::write(command.as_deref(), &mut io::stdout()).map(|()| Outcome::Done),
    };
    match outcome {
        Ok(Outcome::Done) => Ok(ExitCode::SUCCESS),
        Ok(Outcome::Partial) => Ok(ExitCode::from(1)),
        Ok(Outcome::Interrupted) => Ok(ExitCode::from(130)),
        Err(error) if is_broken_pipe(&error) => Err(error),
        Err(error) => {
            printer.error(&error);
            Ok(ExitCode::from(2))
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
