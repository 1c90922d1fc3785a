//! A comparison as tables for people and for programs.

use std::ops::RangeInclusive;

use super::{Comparison, LayerPair, PairedBy, Ratios};
use crate::report::phrases::counted;
use crate::report::table::{FittedTable, GivesWay, ShortNames, TextTable, csv_text, left_out_words, wrapped};
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
        "paired_by",
    ])?;
    let text = |ratio: Option<f64>| ratio.map(|ratio| ratio.to_string()).unwrap_or_default();
    for comparison in comparisons {
        let ends = [comparison.base.clone(), comparison.other.clone()];
        let line = |names: [String; 3], ratios: Option<Ratios>, rest: [String; 7]| {
            let ratios = ratios.unwrap_or_default();
            let numbers = [text(ratios.energy), text(ratios.cycles), text(ratios.edp)];
            ends.clone().into_iter().chain(names).chain(numbers).chain(rest)
        };
        let blank = || [const { String::new() }; 7];
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
                pair.paired_by.name().to_owned(),
            ];
            let names = [pair.base.clone(), pair.other.clone(), pair.executions.to_string()];
            writer.write_record(line(names, pair.ratios, rest))?;
        }
        let noted = |note: &str| {
            let [a, b, c, d, e, _, paired_by] = blank();
            [a, b, c, d, e, note.to_owned(), paired_by]
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

/// Columns left out one after the other where the terminal is too narrow for all.
const EXPENDABLE: [&str; 2] = [LIMITS, CAUSE];
const CAUSE: &str = "most of the change";
const LIMITS: &str = "cycles limited by";

/// For people: the layers that change, in order; those that do not in one line.
pub fn table(comparison: &Comparison, width: Option<usize>) -> String {
    let shape = FittedTable {
        width,
        name_lengths: NAME_LENGTHS,
        versions: EXPENDABLE.len() + 1,
        first: GivesWay::Names,
        keys: 1,
    };
    let table = shape.text(
        |version, name_length| rendered(comparison, name_length, &EXPENDABLE[..version]),
        |version| left_out_words(&EXPENDABLE[..version], "comparison.csv (with `-o`) has all columns"),
    );
    let mut text = wrapped(&format!("{} / {}", comparison.other, comparison.base), width) + &table;
    for (which, names) in [("base", &comparison.only_base), ("other", &comparison.only_other)] {
        if !names.is_empty() {
            text += &wrapped(&format!("only in the {which}: {}", names.join(", ")), width);
        }
    }
    text
}

fn rendered(comparison: &Comparison, name_length: usize, without: &[&str]) -> TextTable {
    let words = [CAUSE, LIMITS].into_iter().filter(|title| !without.contains(title));
    let titles: Vec<&str> = ["layer", "energy", "cycles", "EDP"].into_iter().chain(words).collect();
    let columns = titles.len();
    let mut table = TextTable::new(titles);
    // What stands in the last two columns, of which some versions leave out the last.
    let mut add = |name: String, ratios: Option<Ratios>, words: [String; 2]| {
        let text = |ratio: Option<f64>| ratio.map_or_else(|| UNKNOWN.to_owned(), significant);
        let ratios = ratios.unwrap_or_default();
        let numbers = [ratios.energy, ratios.cycles, ratios.edp].map(text);
        table.add_row([name].into_iter().chain(numbers).chain(words).take(columns));
    };
    let is_same = |pair: &&LayerPair| pair.ratios.is_some_and(Ratios::are_one) && pair.cause.is_none();
    let names: Vec<String> = comparison.layers.iter().map(name).collect();
    let short = ShortNames::new(names.iter().map(String::as_str), name_length);
    for pair in comparison.layers.iter().filter(|pair| !is_same(pair)) {
        let limits = match &pair.limits {
            Some((base, other)) if base == other => base.clone(),
            Some((base, other)) => format!("{base} -> {other}"),
            None => UNKNOWN.to_owned(),
        };
        add(named(pair, &short), pair.ratios, [why(pair), limits]);
    }
    let same = comparison.layers.iter().filter(is_same).count();
    if same > 0 {
        add(counted(same, "layer"), Some(SAME), ["nothing".to_owned(), String::new()]);
    }
    for (name, ratios) in [("geometric mean", comparison.geometric_mean), ("total", comparison.totals)] {
        add(name.to_owned(), ratios, [const { String::new() }; 2]);
    }
    table.right_aligned(1..4)
}

/// The names of a pair: one, if it has the same in both.
fn name(pair: &LayerPair) -> String {
    if pair.base == pair.other { pair.base.clone() } else { format!("{} / {}", pair.base, pair.other) }
}

/// The names of a pair, its executions, and what it was paired by unless it was the name.
fn named(pair: &LayerPair, short: &ShortNames) -> String {
    let times = if pair.executions > 1 { format!(" x{}", pair.executions) } else { String::new() };
    let by = if pair.paired_by == PairedBy::Computes { " (equal computes)" } else { "" };
    format!("{}{times}{by}", short.of(&name(pair)))
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
