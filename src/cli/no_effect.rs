//! Options that were given and have no effect, so that nobody believes in them.

use std::collections::HashSet;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::Command;
use super::map_args::SearchChoice;
use super::run_args::{MapperChoice, RunArgs};

/// An option, whether it has no effect here, and why.
type Rule = (&'static str, bool, &'static str);

/// The options of a command that stand on the command line, by their long names.
pub(super) struct GivenOptions(HashSet<String>);

impl GivenOptions {
    /// Those of the command that was parsed.
    pub(super) fn of(matches: &ArgMatches, program: &clap::Command) -> Self {
        let Some((name, matches)) = matches.subcommand() else { return Self(HashSet::new()) };
        let known = program.find_subcommand(name).into_iter().flat_map(clap::Command::get_arguments);
        let given = known.filter(|argument| {
            let id = argument.get_id().as_str();
            matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
        });
        Self(given.filter_map(|argument| argument.get_long()).map(str::to_owned).collect())
    }

    /// A warning for each of them that has no effect.
    pub(super) fn without_effect(&self, command: &Command) -> Vec<String> {
        let useless = rules(command).into_iter().filter(|(name, is_useless, _)| *is_useless && self.0.contains(*name));
        useless.map(|(name, _, why)| format!("`--{name}` has no effect: {why}")).collect()
    }
}

const SEED: &str = "only `--search random` draws mappings";

fn rules(command: &Command) -> Vec<Rule> {
    match command {
        Command::Run(args) | Command::Dilation(args) => of_run(args),
        Command::Map(args) => vec![("seed", args.search == SearchChoice::Exact, SEED)],
        Command::Report(args) => {
            let unwritten = args.output.is_none();
            let mut rules = of_charts(unwritten, "charts are written with `-o DIR` only");
            rules.push(("chart-format", unwritten, "charts are written with `-o DIR` only"));
            rules
        }
        Command::Convert(args) => vec![(
            "timeloop-version",
            args.output.is_none() && args.format.as_deref() != Some("problems"),
            "problems are written with `-o DIR` or `--format problems` only",
        )],
        Command::Check(_)
        | Command::Sweep(_)
        | Command::Evaluate(_)
        | Command::Arch(_)
        | Command::Completions { .. }
        | Command::Man { .. } => Vec::new(),
    }
}

fn of_run(args: &RunArgs) -> Vec<Rule> {
    let search = &args.search;
    let is_foreign = search.mapper == MapperChoice::Timeloop;
    let mut rules = vec![
        ("seed", search.search == SearchChoice::Exact || is_foreign, SEED),
        ("search", is_foreign, "with `--mapper timeloop` timeloop-mapper searches in its own way"),
        (
            "timeloop-bin",
            search.mapper == MapperChoice::Exact,
            "timeloop-mapper runs with `--mapper timeloop` and `--mapper both` only",
        ),
    ];
    rules.extend(of_charts(args.charts.options().is_none(), "`--chart-format none` draws no charts"));
    rules
}

fn of_charts(is_useless: bool, why: &'static str) -> Vec<Rule> {
    ["chart-size", "chart-layers", "chart-metric"].map(|name| (name, is_useless, why)).to_vec()
}
