//! Totals as a table for a terminal.

use crate::numbers::real;
use crate::report::table::{GivesWay, TextTable, fitted, shortened};
use crate::results::quantity::grouped;
use crate::results::{LayerOutcome, NetworkResults, OptimalityResult};

/// A column: its title, and the cell of a network on an architecture of which some layer has a mapping.
type Column = (&'static str, fn(&NetworkResults) -> String);

/// All columns behind the names.
const COLUMNS: [Column; 9] = [
    ("layers", layers),
    ("GFLOPs", |results| format!("{:.2}", results.totals.gflops)),
    ("utilization", |results| format!("{:.1} %", 100.0 * results.totals.utilization)),
    ("cycles", |results| grouped(results.totals.cycles)),
    ("energy", |results| energy(results.totals.energy_pj)),
    ("EDP (J*cycle)", |results| format!("{:.3e}", results.totals.edp_j_cycle)),
    ("area", area),
    ("fJ/MAC", |results| format!("{:.1}", results.totals.energy_pj * 1000.0 / real(results.totals.macs))),
    ("optimal", optimality),
];

/// Columns left out one after the other where the terminal is too narrow for all.
const EXPENDABLE: [&str; 5] = ["GFLOPs", "area", "layers", "fJ/MAC", "utilization"];

/// Shortest name of a network that is still worth reading.
const MIN_NAME: usize = 12;

/// One line per network, architecture and mapper: the totals. For lines to fit into `width` columns, columns are left out, then
/// the networks' names are shortened from the middle.
pub fn totals_table(results: &[NetworkResults], width: Option<usize>) -> String {
    let longest = results.iter().map(|run| run.network.chars().count()).max().unwrap_or(0);
    // That layers are missing must be seen beside the sums.
    let is_whole = results.iter().all(|run| run.totals.failed == 0);
    let expendable: Vec<&str> = EXPENDABLE.into_iter().filter(|title| is_whole || *title != "layers").collect();
    fitted(width, MIN_NAME..=longest, expendable.len() + 1, GivesWay::Columns, |version, name_length| {
        rendered(results, name_length, &expendable[..version])
    })
}

fn rendered(results: &[NetworkResults], name_length: usize, without: &[&str]) -> String {
    let columns: Vec<&Column> = COLUMNS.iter().filter(|(title, _)| !without.contains(title)).collect();
    let titles = ["network", "architecture"].into_iter().chain(columns.iter().map(|(title, _)| *title));
    let mut table = TextTable::new(titles);
    for run in results {
        let names = [shortened(&run.network, name_length), run.label()];
        let is_empty = run.totals.failed == run.layers.len();
        let cell = |(title, cell): &&Column| {
            if is_empty && *title != "layers" { "-".to_owned() } else { cell(run) }
        };
        table.add_row(names.into_iter().chain(columns.iter().map(cell)));
    }
    table.text(2..columns.len() + 2)
}

/// `61`, or `60 of 61` where one has no mapping.
fn layers(results: &NetworkResults) -> String {
    let (all, failed) = (results.layers.len(), results.totals.failed);
    if failed == 0 { all.to_string() } else { format!("{} of {all}", all - failed) }
}

fn area(results: &NetworkResults) -> String {
    let area = results.totals.area_um2.filter(|area| *area > 0.0);
    area.map_or_else(|| "-".to_owned(), |area| format!("{:.2} mm²", area / 1e6))
}

/// How many of the mapped layers are proved to be the best, and the largest gap of the others: `61 of 61`, `58 of 61, gap 2.1 %`.
fn optimality(results: &NetworkResults) -> String {
    let (mut proved, mut mapped, mut unknown, mut gap) = (0, 0, false, None);
    for layer in &results.layers {
        let LayerOutcome::Mapped(layer) = &layer.outcome else { continue };
        mapped += 1;
        match layer.optimality {
            OptimalityResult::Proved => proved += 1,
            OptimalityResult::Gap(of_layer) => gap = Some(gap.map_or(of_layer, |gap: f64| gap.max(of_layer))),
            OptimalityResult::Unknown => unknown = true,
        }
    }
    let rest = match gap {
        _ if proved == mapped => return "all".to_owned(),
        // A gap that is not known is larger than any that is.
        Some(gap) if !unknown => format!(", gap {:.1} %", 100.0 * gap),
        _ if proved == 0 => return "unknown".to_owned(),
        _ => String::new(),
    };
    format!("{proved} of {mapped}{rest}")
}

/// An energy in the unit that suits it.
fn energy(pj: f64) -> String {
    const UNITS: [(&str, f64); 4] = [("J", 1e12), ("mJ", 1e9), ("uJ", 1e6), ("nJ", 1e3)];
    match UNITS.into_iter().find(|(_, size)| pj >= *size) {
        Some((unit, size)) => format!("{:.2} {unit}", pj / size),
        None => format!("{pj:.2} pJ"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_have_the_unit_that_suits_them() {
        assert_eq!(
            (energy(12.0), energy(1.5e9), energy(2.0e12)),
            ("12.00 pJ".into(), "1.50 mJ".into(), "2.00 J".into())
        );
    }
}
