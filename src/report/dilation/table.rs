//! The study as a table for programs.

use std::ops::RangeInclusive;

use super::{DilationStudy, StudiedLayer, StudyOutcome, VariantRow, architectures};
use crate::model::Footprint;
use crate::report::phrases::distinct;
use crate::report::table::{FittedTable, GivesWay, ShortNames, TextTable, csv_text, left_out_words};
use crate::results::quantity::{UNKNOWN, grouped, percent, si, significant};

/// One line per layer, variant, architecture and footprint; input traffic as `LEVEL reads/fills` in words, one column per level
/// that any line has. Absent numbers are empty.
///
/// # Errors
///
/// Never for any study: only if the writer of the format fails.
pub fn csv(study: &DilationStudy) -> Result<String, csv::Error> {
    let cells = study.layers.iter().flat_map(|layer| &layer.variants).flat_map(|row| &row.cells);
    let known = cells.filter_map(|cell| match &cell.outcome {
        StudyOutcome::Known(numbers) => Some(numbers),
        StudyOutcome::Failed { .. } => None,
    });
    let levels = distinct(known.flat_map(|numbers| &numbers.inputs).map(|level| level.level.as_str()));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = [
        "layer",
        "count",
        "kernel",
        "stride",
        "dilation",
        "row_sharing",
        "variant",
        "macs",
        "macs_on_padding_share",
        "architecture",
        "footprint",
        "cycles",
        "energy_pj",
        "edp_j_cycle",
        "failure",
    ];
    let of_level = |level: &&str| ["reads", "fills", "multicast"].map(|what| format!("inputs_{what}:{level}"));
    writer.write_record(fixed.iter().map(|name| (*name).to_owned()).chain(levels.iter().flat_map(of_level)))?;
    let list = |values: &[u64]| values.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
    for layer in &study.layers {
        for row in &layer.variants {
            for cell in &row.cells {
                let mut line = vec![
                    layer.name.clone(),
                    layer.count.to_string(),
                    list(&layer.kernel),
                    list(&layer.stride),
                    list(&layer.dilation),
                    layer.row_sharing.map(|factor| factor.to_string()).unwrap_or_default(),
                    row.variant.to_owned(),
                    row.macs.to_string(),
                    row.on_padding.to_string(),
                    cell.architecture.clone(),
                    cell.footprint.clone(),
                ];
                match &cell.outcome {
                    StudyOutcome::Failed { reason } => {
                        line.extend([String::new(), String::new(), String::new(), reason.clone()]);
                        line.extend(levels.iter().flat_map(|_| [String::new(), String::new(), String::new()]));
                    }
                    StudyOutcome::Known(numbers) => {
                        line.push(numbers.cycles.to_string());
                        line.push(numbers.energy_pj.to_string());
                        line.push(numbers.edp_j_cycle.to_string());
                        line.push(String::new());
                        for name in &levels {
                            let level = numbers.inputs.iter().find(|level| level.level == *name);
                            line.push(level.map(|level| level.reads.to_string()).unwrap_or_default());
                            line.push(level.map(|level| level.fills.to_string()).unwrap_or_default());
                            let factor = level.and_then(|level| level.multicast);
                            line.push(factor.map(|factor| factor.to_string()).unwrap_or_default());
                        }
                    }
                }
                writer.write_record(line)?;
            }
        }
    }
    csv_text(writer)
}

/// Length of a layer's name at least and at most.
const NAME_LENGTHS: RangeInclusive<usize> = 16..=32;

/// For people: one line per layer and variant; per architecture energy and cycles if there is room, and the energy-delay product in
/// J*cycle with, where exact footprints differ from hulls, what it would be with them.
pub fn table(study: &DilationStudy, width: Option<usize>) -> String {
    let shape =
        FittedTable { width, name_lengths: NAME_LENGTHS, versions: 2, first: GivesWay::Columns, keys: KEY_COLUMNS };
    shape.text(
        |version, name_length| rendered(study, name_length, version == 0),
        |version| left_out_words(&["energy", "cycles"][..2 * version], "dilation.csv has all columns"),
    )
}

/// Columns that name a row: layer, rate, variant.
const KEY_COLUMNS: usize = 3;

fn rendered(study: &DilationStudy, name_length: usize, is_whole: bool) -> TextTable {
    let architectures = architectures(study);
    let measures: &[&str] = if is_whole { &["energy", "cycles", "EDP"] } else { &["EDP"] };
    let fixed = ["layer", "rate", "variant", "MACs", "on padding"];
    let columns = architectures.iter().flat_map(|name| measures.iter().map(move |what| format!("{what}, {name}")));
    let mut table = TextTable::new(fixed.into_iter().map(str::to_owned).chain(columns));
    let names: Vec<String> = study.layers.iter().map(named).collect();
    let short = ShortNames::new(names.iter().map(String::as_str), name_length);
    for (layer, name) in study.layers.iter().zip(&names) {
        for (index, row) in layer.variants.iter().enumerate() {
            let first = |text: String| if index == 0 { text } else { String::new() };
            let cells = [
                first(short.of(name)),
                first(layer.rate()),
                row.variant.to_owned(),
                si(super::real(row.macs), ""),
                percent(row.on_padding),
            ];
            let measured = |name: &String| {
                let numbers = row.numbers(name, Footprint::BoundingBox);
                let sums = [
                    numbers.map_or_else(|| UNKNOWN.to_owned(), |numbers| si(numbers.energy_pj * 1e-12, "J")),
                    numbers.map_or_else(|| UNKNOWN.to_owned(), |numbers| grouped(numbers.cycles)),
                ];
                sums.into_iter().filter(|_| is_whole).chain([product(row, name)]).collect::<Vec<_>>()
            };
            table.add_row(cells.into_iter().chain(architectures.iter().flat_map(measured)));
        }
    }
    table.right_aligned([1].into_iter().chain(3..fixed.len() + architectures.len() * measures.len()))
}

fn named(layer: &StudiedLayer) -> String {
    if layer.count > 1 { format!("{} x{}", layer.name, layer.count) } else { layer.name.clone() }
}

fn product(row: &VariantRow, architecture: &str) -> String {
    let of_footprint = |footprint| row.numbers(architecture, footprint).map(|numbers| significant(numbers.edp_j_cycle));
    match (of_footprint(Footprint::BoundingBox), of_footprint(Footprint::Exact)) {
        (Some(hull), Some(exact)) if hull != exact => format!("{hull} (exact {exact})"),
        (Some(hull), _) => hull,
        (None, _) => UNKNOWN.to_owned(),
    }
}
