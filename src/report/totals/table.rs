//! Totals as a table for a terminal.

use crate::numbers::real;
use crate::report::table::{FittedTable, GivesWay, ShortNames, TextTable, left_out_words};
use crate::results::quantity::{grouped, percent, si, significant};
use crate::results::{NetworkResults, ProofSummary, Sums};

/// A column: its title, and how a network on an architecture fills it.
type Column = (&'static str, Cell);

enum Cell {
    /// What is known even if a layer has no mapping.
    OfRun(fn(&NetworkResults) -> String),
    /// What is known of networks whose layers all have a mapping.
    OfSums(fn(&Sums) -> String),
}

/// All columns behind the names.
const COLUMNS: [Column; 13] = [
    (LAYERS, Cell::OfRun(layers)),
    ("GFLOPs", Cell::OfSums(|sums| format!("{:.2}", sums.gflops))),
    ("utilization", Cell::OfSums(|sums| format!("{:.1} %", 100.0 * sums.utilization))),
    ("cycles", Cell::OfSums(|sums| grouped(sums.cycles))),
    ("time", Cell::OfSums(|sums| optional(sums.time_seconds, |seconds| si(seconds, "s")))),
    ("frames/s", Cell::OfSums(|sums| optional(sums.frames_per_second, significant))),
    ("energy", Cell::OfSums(|sums| si(sums.energy_pj * 1e-12, "J"))),
    ("EDP (J*cycle)", Cell::OfSums(|sums| format!("{:.3e}", sums.edp_j_cycle))),
    ("TOPS/W", Cell::OfSums(|sums| optional(sums.tops_per_watt, significant))),
    ("DRAM GB/s", Cell::OfSums(|sums| optional(sums.main_memory_gb_per_second, significant))),
    (AREA, Cell::OfRun(area)),
    ("fJ/MAC", Cell::OfSums(|sums| format!("{:.1}", sums.energy_pj * 1000.0 / real(sums.macs)))),
    (OPTIMAL, Cell::OfRun(optimality)),
];

const LAYERS: &str = "layers";
const AREA: &str = "area";
const OPTIMAL: &str = "optimal";

/// Columns left out one after the other where the terminal is too narrow for all.
const EXPENDABLE: [&str; 10] =
    ["GFLOPs", "DRAM GB/s", AREA, "fJ/MAC", "frames/s", "TOPS/W", LAYERS, "utilization", "time", OPTIMAL];

/// Shortest name of a network or architecture that is still worth reading.
const MIN_NAME: usize = 12;

/// One line per network, architecture and mapper: the totals of those whose layers all have a mapping. For lines to fit into
/// `width` columns, columns are left out, then names are shortened from the middle, and then columns stand below each other.
pub fn totals_table(results: &[NetworkResults], width: Option<usize>) -> String {
    let names = results.iter().flat_map(|run| [run.network.chars().count(), run.label().chars().count()]);
    let longest = names.max().unwrap_or(0);
    // That layers are missing must be seen beside the dashes.
    let is_whole = results.iter().all(|run| run.totals.failed == 0);
    let expendable: Vec<&str> = EXPENDABLE.into_iter().filter(|title| is_whole || *title != LAYERS).collect();
    let shape = FittedTable {
        width,
        name_lengths: MIN_NAME.min(longest)..=longest,
        versions: expendable.len() + 1,
        first: GivesWay::Columns,
        keys: 2,
    };
    shape.text(
        |version, name_length| rendered(results, name_length, &expendable[..version]),
        |version| left_out_words(&expendable[..version], "`report --format csv` has all columns"),
    )
}

fn rendered(results: &[NetworkResults], name_length: usize, without: &[&str]) -> TextTable {
    let columns: Vec<&Column> = COLUMNS.iter().filter(|(title, _)| !without.contains(title)).collect();
    let titles = ["network", "architecture"].into_iter().chain(columns.iter().map(|(title, _)| *title));
    let mut table = TextTable::new(titles);
    let labels: Vec<String> = results.iter().map(NetworkResults::label).collect();
    let networks = ShortNames::new(results.iter().map(|run| run.network.as_str()), name_length);
    let architectures = ShortNames::new(labels.iter().map(String::as_str), name_length);
    for (run, label) in results.iter().zip(&labels) {
        let names = [networks.of(&run.network), architectures.of(label)];
        let cell = |(_, cell): &&Column| match cell {
            Cell::OfRun(text) => text(run),
            Cell::OfSums(text) => run.totals.sums.as_ref().map_or_else(|| "-".to_owned(), text),
        };
        table.add_row(names.into_iter().chain(columns.iter().map(cell)));
    }
    table.right_aligned(2..columns.len() + 2)
}

/// `61`, or `60 of 61` where one has no mapping.
fn layers(results: &NetworkResults) -> String {
    let (all, failed) = (results.layers.len(), results.totals.failed);
    if failed == 0 { all.to_string() } else { format!("{} of {all}", all - failed) }
}

fn area(results: &NetworkResults) -> String {
    let area = results.totals.area_um2.filter(|area| *area > 0.0);
    optional(area, |area| format!("{:.2} mm²", area / 1e6))
}

fn optional(value: Option<f64>, text: fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

/// How many of the mapped layers are proved to be the best, and the gap of the network: `all`, `58 of 61, gap 2.1 %`.
fn optimality(results: &NetworkResults) -> String {
    let ProofSummary { proved, mapped, gap, .. } = ProofSummary::of(results);
    match gap {
        _ if mapped == 0 => "-".to_owned(),
        _ if proved == mapped => "all".to_owned(),
        Some(gap) => format!("{proved} of {mapped}, gap {}", percent(gap)),
        None if proved == 0 => "unknown".to_owned(),
        None => format!("{proved} of {mapped}"),
    }
}
