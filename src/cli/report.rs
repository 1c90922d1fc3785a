//! `report`: finished runs, of this tool or of the real one.

use std::path::PathBuf;

use super::Outcome;
use super::given::refuse_unfinished;
use super::printer::{self, Printer};
use super::run_args::{CompareChoice, ReportArgs, ReportFormat};
use super::write_report::{self, draw_beside, located, write_sweep_report};
use crate::api::{self, OpenedResults};
use crate::output::{check_folder, remove_left_over, write_whole};
use crate::report::comparison::{self, Aspect, Comparison};
use crate::report::{self, charts::MetricNames};
use crate::results::{self, NetworkResults};
use crate::sweep;

pub(super) fn run(args: &ReportArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    refuse_unfinished(&args.folders)?;
    if args.folders.iter().any(|folder| api::has_sweep(folder)) {
        return report_sweep(args, printer);
    }
    let OpenedResults { results, mut errors, warnings, statistics } = api::open_results(&args.folders)?;
    printer.warnings(&warnings);
    let last = if results.is_empty() { errors.pop() } else { None };
    for error in &errors {
        printer.failure(&error.to_string());
    }
    if let Some(last) = last {
        return Err(last.into());
    }
    if let Some(folder) = &args.output {
        check_folder(folder)?;
        remove_left_over(folder, 1);
        let names = MetricNames::of_results(&results).with_statistics(&located(&results, &statistics));
        write_report::check(&args.charts, &names)?;
        draw_beside(folder, &results, &statistics, &args.charts, printer, || {
            Ok(api::write_report(folder, &results, &api::provenance(&args.folders))?)
        })?;
        printer.note(format!("wrote the report into `{}`", folder.display()));
    }
    let text = match args.format {
        ReportFormat::Table => report::totals::totals_table(&results, printer::width()),
        ReportFormat::Csv => report::totals::totals_csv(&results)?,
        ReportFormat::Json => {
            let objects = results.iter().map(results::to_json).collect::<Result<Vec<_>, _>>()?;
            let objects: Vec<&str> = objects.iter().map(|object| object.trim_end()).collect();
            format!("[\n{}\n]\n", objects.join(",\n"))
        }
    };
    printer::data(&text)?;
    compare(args, &results, printer)?;
    Ok(if errors.is_empty() { Outcome::Done } else { Outcome::Partial })
}

/// The sweep in the folders, its shards brought together.
fn report_sweep(args: &ReportArgs, printer: &Printer) -> anyhow::Result<Outcome> {
    let results = api::open_sweep(&args.folders)?;
    if let Some(folder) = &args.output {
        check_folder(folder)?;
        remove_left_over(folder, 1);
        api::write_sweep(folder, &results)?;
        write_sweep_report(folder, &results, &args.charts, printer)?;
        printer.note(format!("wrote the sweep into `{}`", folder.display()));
    }
    printer::data(&match args.format {
        ReportFormat::Table => sweep::sweep_table(&results, printer::width()),
        ReportFormat::Csv => sweep::sweep_csv(&results)?,
        ReportFormat::Json => results::sweep::to_json(&results)?,
    })?;
    printer.note(sweep::sweep_summary(&results));
    Ok(Outcome::Done)
}

/// A network's name before it was told apart.
fn without_folder<'a>(network: &'a str, args: &ReportArgs) -> &'a str {
    let suffix = |folder: &PathBuf| network.strip_suffix(&format!(" ({})", folder.display()));
    args.folders.iter().find_map(suffix).unwrap_or(network)
}

/// Compares what was asked for, or what several folders differ in.
fn compare(args: &ReportArgs, results: &[NetworkResults], printer: &Printer) -> anyhow::Result<()> {
    let by = |aspect| comparison::pairings(results, aspect);
    let pairs = match args.compare {
        Some(CompareChoice::None) => Vec::new(),
        Some(CompareChoice::Networks) => by(Aspect::Networks),
        Some(CompareChoice::Architectures) => by(Aspect::Architectures),
        None if args.folders.len() < 2 => Vec::new(),
        None => {
            // Runs of the same, else networks on the same, else whatever is there.
            let same = |run: &NetworkResults| (without_folder(&run.network, args).to_owned(), run.label());
            let runs = comparison::pairings_by(results, same);
            let found = [runs, by(Aspect::Networks)].into_iter().find(|pairs| !pairs.is_empty());
            found.unwrap_or_else(|| by(Aspect::Architectures))
        }
    };
    if pairs.is_empty() {
        if matches!(args.compare, Some(CompareChoice::Networks | CompareChoice::Architectures)) {
            printer.warning("no two results differ only in that, so nothing is compared");
        }
        return Ok(());
    }
    let is_left = |index: &usize| !pairs.iter().any(|(base, other)| base == index || other == index);
    let left: Vec<String> = (0..results.len())
        .filter(is_left)
        .map(|index| format!("{} on {}", results[index].network, results[index].label()))
        .collect();
    if !left.is_empty() {
        printer.warning(format!(
            "not compared, because the others differ in more than one thing: {}\nhint: `--compare networks` and \
             `--compare architectures` choose other pairs",
            left.join(", ")
        ));
    }
    let compared = |(base, other): &(usize, usize)| Comparison::new(&results[*base], &results[*other]);
    let comparisons: Vec<Comparison> = pairs.iter().map(compared).collect();
    if let Some(folder) = &args.output {
        let mut json = serde_json::to_string_pretty(&comparisons)?;
        json.push('\n');
        write_whole(&folder.join("comparison.json"), json.as_bytes())?;
        write_whole(&folder.join("comparison.csv"), comparison::csv(&comparisons)?.as_bytes())?;
    }
    if args.format == ReportFormat::Table {
        for comparison in &comparisons {
            let findings = printer::items(&comparison::findings(comparison));
            printer::data(&format!("\n{}\n{findings}", comparison::table(comparison, printer::width())))?;
        }
    }
    Ok(())
}
