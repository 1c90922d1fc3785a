//! `report`: finished runs, of this tool or of the real one.

use std::collections::HashMap;
use std::path::Path;

use super::Outcome;
use super::present::present;
use super::printer::{self, Printer};
use super::run_args::{Report, ReportFormat};
use crate::html::Provenance;
use crate::output::check_folder;
use crate::results::foreign::{self, Foreign};
use crate::results::{self, NetworkResults};

pub(super) fn run(args: &Report, printer: &Printer) -> anyhow::Result<Outcome> {
    let mut all = Vec::new();
    for folder in &args.folders {
        all.push((folder.display().to_string(), read(folder, printer)?));
    }
    let results = told_apart(all);
    if let Some(folder) = &args.output {
        check_folder(folder)?;
        let facts = vec![(
            "folders".to_owned(),
            args.folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", "),
        )];
        present(folder, &results, &Provenance { facts, ..Provenance::default() }, &args.charts, printer)?;
        printer.note(format!("wrote the report into `{}`", folder.display()));
    }
    let text = match args.format {
        ReportFormat::Table => results::totals_table(&results, printer::width()),
        ReportFormat::Csv => results::totals_csv(&results)?,
        ReportFormat::Json => {
            let objects = results.iter().map(results::to_json).collect::<Result<Vec<_>, _>>()?;
            let objects: Vec<&str> = objects.iter().map(|object| object.trim_end()).collect();
            format!("[\n{}\n]\n", objects.join(",\n"))
        }
    };
    printer::data(&text)?;
    Ok(Outcome::Done)
}

/// The results in a folder: ours, or else the real tool's.
fn read(folder: &Path, printer: &Printer) -> anyhow::Result<Vec<NetworkResults>> {
    let results = results::read_folder(folder)?;
    if !results.is_empty() {
        return Ok(results);
    }
    let Foreign { networks, warnings } = foreign::read(folder)?;
    for warning in &warnings {
        printer.warning(warning);
    }
    Ok(networks)
}

/// Results of several folders. Where two are of the same network on the same architecture by the same mapper, the network's
/// name is followed by that of the folder.
fn told_apart(all: Vec<(String, Vec<NetworkResults>)>) -> Vec<NetworkResults> {
    let key = |each: &NetworkResults| (each.network.clone(), each.architecture.clone(), each.mapper.clone());
    let mut seen: HashMap<_, usize> = HashMap::new();
    for each in all.iter().flat_map(|(_, results)| results) {
        *seen.entry(key(each)).or_default() += 1;
    }
    let named = |folder: &str, mut each: NetworkResults| {
        if seen.get(&key(&each)).is_some_and(|count| *count > 1) {
            each.network = format!("{} ({folder})", each.network);
        }
        each
    };
    let each = |(folder, results): (String, Vec<NetworkResults>)| -> Vec<NetworkResults> {
        results.into_iter().map(|each| named(&folder, each)).collect()
    };
    all.into_iter().flat_map(each).collect()
}
