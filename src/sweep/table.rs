//! What a sweep prints: the designs on the front and the best ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::report::phrases::counted;
use crate::report::table::TextTable;
use crate::results::quantity::{grouped, percent, si};
use crate::results::sweep::{DesignOutcome, SweepDesign, SweepResults};

/// Designs that a table shows.
const SHOWN: usize = 20;

/// A line for each of the best designs and of those on the front, best first; of many the first.
pub fn sweep_table(results: &SweepResults, width: Option<usize>) -> String {
    let mut shown: Vec<&SweepDesign> = results.designs.iter().filter(|design| is_shown(results, design)).collect();
    let objective = results.objective;
    shown.sort_by(|left, right| match (left.searched(), right.searched()) {
        (Some(a), Some(b)) => objective.compare(&a.cost, &b.cost).then(left.design.cmp(&right.design)),
        _ => left.design.cmp(&right.design),
    });
    let left_out = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    let paths = results.parameters.iter().map(|parameter| parameter.label().to_owned());
    let titles = ["design".to_owned()].into_iter().chain(paths);
    let costs = ["energy", "cycles", "EDP (J*cycle)", "area", "proved", "front"].map(str::to_owned);
    let keys = 1 + results.parameters.len();
    let mut table = TextTable::new(titles.chain(costs));
    for design in shown {
        let Some(searched) = design.searched() else { continue };
        let values = design.values.values().map(ToString::to_string);
        let cost = searched.cost;
        let (layers, proved) = searched
            .networks
            .iter()
            .fold((0, 0), |(layers, proved), network| (layers + network.layers, proved + network.proved));
        let is_on_front = results.front.iter().any(|own| own.design == design.design);
        let cells = [
            si(cost.energy_pj * 1e-12, "J"),
            grouped(cost.cycles),
            format!("{:.3e}", searched.edp_j_cycle()),
            cost.area_um2.map_or_else(|| "-".to_owned(), |area| format!("{:.3} mm²", area / 1e6)),
            if proved == layers { "all".to_owned() } else { format!("{proved} of {layers}") },
            if is_on_front { "yes" } else { "no" }.to_owned(),
        ];
        table.add_row([design.name()].into_iter().chain(values).chain(cells));
    }
    let mut text = table.right_aligned(1..keys + 5).text_within(width, 1);
    text.push('\n');
    if left_out > 0 {
        let more = counted(left_out, "more design");
        let _ = writeln!(text, "and {more} on the front; `sweep.csv` has them all");
    }
    text
}

fn is_shown(results: &SweepResults, design: &SweepDesign) -> bool {
    let number = design.design;
    results.front.iter().any(|own| own.design == number) || results.best.iter().any(|own| own.design == number)
}

/// How many designs there are of each kind: `100 designs: 70 searched, 28 skipped, 2 failed; 9 on the front`.
pub fn sweep_summary(results: &SweepResults) -> String {
    let mut kinds: BTreeMap<u8, (usize, &str)> = BTreeMap::new();
    for design in &results.designs {
        let (order, word) = match design.outcome {
            DesignOutcome::Searched(_) => (0, "searched"),
            DesignOutcome::Skipped { .. } => (1, "skipped"),
            DesignOutcome::Failed { .. } => (2, "not valid"),
            DesignOutcome::Unfinished => (3, "unfinished"),
        };
        kinds.entry(order).or_insert((0, word)).0 += 1;
    }
    let kinds: Vec<String> = kinds.values().map(|(count, word)| format!("{count} {word}")).collect();
    let layers = results.designs.iter().filter_map(SweepDesign::searched).flat_map(|searched| &searched.networks);
    let (layers, proved) = layers.fold((0, 0), |(layers, proved), own| (layers + own.layers, proved + own.proved));
    let share =
        if proved == layers { String::new() } else { format!(" ({} of their layers proved)", share(proved, layers)) };
    let designs = counted(results.designs.len(), "design");
    format!("{designs}: {}{share}; {} on the front", kinds.join(", "), results.front.len())
}

fn share(part: usize, whole: usize) -> String {
    let real = |number: usize| crate::numbers::real(crate::numbers::count(number));
    percent(real(part) / real(whole))
}
