//! A comparison as tables for people and for programs.

use std::ops::RangeInclusive;

use super::{Comparison, LayerPair, Ratios};
use crate::report::table::{GivesWay, TextTable, csv_text, fitted, shortened};
use crate::results::quantity::{UNKNOWN, si, significant};

/// Length of a layer's name at least and at most.
const NAME_LENGTHS: RangeInclusive<usize> = 16..=40;

/// One line per pair of layers, of all comparisons, then one for each whole network. Unknown numbers are empty.
///
/// # Errors
///
/// Never for any comparison: only if the writer of the format fails.
pub fn csv(comparisons: &[Comparison]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "base",
        "other",
        "layer",
        "other_layer",
        "executions",
        "energy_ratio",
        "cycles_ratio",
        "edp_ratio",
        "cause_component",
        "cause_data_space",
        "cause_energy_pj",
        "limit_base",
        "limit_other",
        "note",
    ])?;
    let text = |ratio: Option<f64>| ratio.map(|ratio| ratio.to_string()).unwrap_or_default();
    for comparison in comparisons {
        let ends = [comparison.base.clone(), comparison.other.clone()];
        let line = |names: [String; 3], ratios: Option<Ratios>, rest: [String; 6]| {
            let ratios = ratios.unwrap_or_default();
            let numbers = [text(ratios.energy), text(ratios.cycles), text(ratios.edp)];
            ends.clone().into_iter().chain(names).chain(numbers).chain(rest)
        };
        let blank = || [const { String::new() }; 6];
        for pair in &comparison.layers {
            let cause = pair.cause.as_ref();
            let (base, other) = pair.limits.clone().unwrap_or_default();
            let rest = [
                cause.map(|cause| cause.component.clone()).unwrap_or_default(),
                cause.and_then(|cause| cause.data_space.clone()).unwrap_or_default(),
                cause.map(|cause| cause.energy_pj.to_string()).unwrap_or_default(),
                base,
                other,
                pair.failure.clone().unwrap_or_default(),
            ];
            let names = [pair.base.clone(), pair.other.clone(), pair.executions.to_string()];
            writer.write_record(line(names, pair.ratios, rest))?;
        }
        let noted = |note: &str| {
            let [a, b, c, d, e, _] = blank();
            [a, b, c, d, e, note.to_owned()]
        };
        for name in &comparison.only_base {
            let names = [name.clone(), String::new(), String::new()];
            writer.write_record(line(names, None, noted("only in the base")))?;
        }
        for name in &comparison.only_other {
            let names = [String::new(), name.clone(), String::new()];
            writer.write_record(line(names, None, noted("only in the other")))?;
        }
        let whole = |name: &str| [name.to_owned(), name.to_owned(), String::new()];
        writer.write_record(line(whole("geometric mean"), comparison.geometric_mean, blank()))?;
        writer.write_record(line(whole("total"), comparison.totals, blank()))?;
    }
    csv_text(writer)
}

const SAME: Ratios = Ratios { energy: Some(1.0), cycles: Some(1.0), edp: Some(1.0) };

/// For people: the layers that change, in order; those that do not in one line.
pub fn table(comparison: &Comparison, width: Option<usize>) -> String {
    fitted(width, NAME_LENGTHS, 1, GivesWay::Names, |_, name_length| rendered(comparison, name_length))
}

fn rendered(comparison: &Comparison, name_length: usize) -> String {
    let mut table = TextTable::new(["layer", "energy", "cycles", "EDP", "most of the change", "cycles limited by"]);
    let text = |ratio: Option<f64>| ratio.map_or_else(|| UNKNOWN.to_owned(), significant);
    let numbers = |ratios: Option<Ratios>| {
        let ratios = ratios.unwrap_or_default();
        [text(ratios.energy), text(ratios.cycles), text(ratios.edp)]
    };
    let is_same = |pair: &&LayerPair| pair.ratios.is_some_and(|ratios| ratios == SAME) && pair.cause.is_none();
    for pair in comparison.layers.iter().filter(|pair| !is_same(pair)) {
        let name = if pair.base == pair.other { pair.base.clone() } else { format!("{} / {}", pair.base, pair.other) };
        let times = if pair.executions > 1 { format!(" x{}", pair.executions) } else { String::new() };
        let name = format!("{}{times}", shortened(&name, name_length));
        let limits = match &pair.limits {
            Some((base, other)) if base == other => base.clone(),
            Some((base, other)) => format!("{base} -> {other}"),
            None => UNKNOWN.to_owned(),
        };
        table.add_row([name].into_iter().chain(numbers(pair.ratios)).chain([why(pair), limits]));
    }
    let same = comparison.layers.iter().filter(is_same).count();
    if same > 0 {
        let name = if same == 1 { "1 layer".to_owned() } else { format!("{same} layers") };
        table.add_row([name].into_iter().chain(numbers(Some(SAME))).chain(["nothing".to_owned(), String::new()]));
    }
    for (name, ratios) in [("geometric mean", comparison.geometric_mean), ("total", comparison.totals)] {
        table.add_row([name.to_owned()].into_iter().chain(numbers(ratios)).chain([String::new(), String::new()]));
    }
    let mut text = format!("{} / {}\n{}", comparison.other, comparison.base, table.text(1..4));
    for (which, names) in [("base", &comparison.only_base), ("other", &comparison.only_other)] {
        if !names.is_empty() {
            text += &["only in the ", which, ": ", &names.join(", "), "\n"].concat();
        }
    }
    text
}

fn why(pair: &LayerPair) -> String {
    if let Some(failure) = &pair.failure {
        return failure.clone();
    }
    let Some(cause) = &pair.cause else { return "nothing".to_owned() };
    let space = cause.data_space.as_ref().map(|space| format!(" {space}")).unwrap_or_default();
    let sign = if cause.energy_pj > 0.0 { "+" } else { "-" };
    format!("{}{space} {sign}{}", cause.component, si(cause.energy_pj.abs() * 1e-12, "J"))
}
