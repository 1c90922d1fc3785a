//! The layers as a table for a terminal.

use super::csv::joined;
use super::format::{ExportedNetwork, LayerFormat};
use super::record::{ConvolutionRecord, LayerRecord, NetworkRecord};
use crate::report::phrases::counted;
use crate::report::table::{FittedTable, GivesWay, ShortNames, TextTable, left_out_words, wrapped};
use crate::results::DensityResult;
use crate::results::quantity::percent;
use crate::workload::{DistinctProblem, Network};

pub(super) const FORMAT: LayerFormat = LayerFormat {
    name: "table",
    about: "One line per layer, and a summary",
    text: |networks, options| {
        Ok(match networks {
            [ExportedNetwork { network, problems, record, .. }] if !options.as_list => {
                format!(
                    "{}\n{}",
                    layer_table(record, options.width),
                    wrapped(&summary(network, problems), options.width)
                )
            }
            networks => networks_table(networks, options.width),
        })
    },
    files: |_| Ok(Vec::new()),
};

/// Shortest name that is still worth reading.
const MIN_NAME: usize = 12;

/// A column: its title, whether its cells are numbers, and the cell of a layer.
struct Column {
    title: &'static str,
    is_number: bool,
    cell: fn(&LayerRecord, &NetworkRecord) -> String,
}

/// All columns behind the name.
const COLUMNS: [Column; 10] = [
    Column { title: "op", is_number: false, cell: |layer, _| layer.op.clone() },
    Column { title: "input", is_number: false, cell: |layer, _| joined(&layer.input) },
    Column {
        title: "kernel",
        is_number: false,
        cell: |layer, _| joined(layer.convolution.as_ref().map_or(&layer.weight, |conv| &conv.kernel)),
    },
    Column { title: "stride", is_number: false, cell: |layer, _| of_conv(layer, |conv| joined(&conv.stride)) },
    Column { title: "dilation", is_number: false, cell: |layer, _| of_conv(layer, |conv| joined(&conv.dilation)) },
    Column { title: "groups", is_number: false, cell: |layer, _| of_conv(layer, |conv| conv.groups.to_string()) },
    Column { title: "output", is_number: false, cell: |layer, _| joined(&layer.output) },
    Column { title: NONZERO, is_number: false, cell: |layer, _| nonzero(layer) },
    Column { title: "MACs", is_number: true, cell: |layer, _| macs(layer) },
    Column { title: "share", is_number: true, cell: share },
];

/// The column of densities, which only layers of known densities have.
const NONZERO: &str = "non-zero";

/// Columns left out one after the other where the terminal is too narrow for all.
const EXPENDABLE: [&str; 5] = ["groups", "op", "input", "share", "stride"];

/// The table of a network's layers. For lines to fit into `width` columns, names are shortened from the middle, then
/// columns are left out.
pub fn layer_table(record: &NetworkRecord, width: Option<usize>) -> String {
    let longest = names(record).map(|name| name.chars().count()).max().unwrap_or(0);
    let shape = FittedTable {
        width,
        name_lengths: MIN_NAME.min(longest)..=longest,
        versions: EXPENDABLE.len() + 1,
        first: GivesWay::Names,
        keys: 1,
    };
    shape.text(
        |version, name_length| rendered(record, name_length, &EXPENDABLE[..version]),
        |version| left_out_words(&EXPENDABLE[..version], "`--format csv` has all columns"),
    )
}

/// Of all layers, in the order of the rows.
fn names(record: &NetworkRecord) -> impl Iterator<Item = &str> {
    let unknown = record.unknown_layers.iter().map(|layer| layer.name.as_str());
    record.layers.iter().map(|layer| layer.name.as_str()).chain(unknown)
}

fn rendered(record: &NetworkRecord, name_length: usize, without: &[&str]) -> TextTable {
    let has_densities = record.layers.iter().any(|layer| !layer.densities.is_empty());
    let is_shown = |column: &&Column| !without.contains(&column.title) && (has_densities || column.title != NONZERO);
    let columns: Vec<&Column> = COLUMNS.iter().filter(is_shown).collect();
    let mut table = TextTable::new(["layer"].into_iter().chain(columns.iter().map(|column| column.title)));
    let short = ShortNames::new(names(record), name_length);
    for layer in &record.layers {
        let cells = columns.iter().map(|column| (column.cell)(layer, record));
        table.add_row([short.of(&layer.name)].into_iter().chain(cells));
    }
    for layer in &record.unknown_layers {
        let cells = columns.iter().map(|column| match column.title {
            "op" => layer.op.clone(),
            "MACs" => "?".to_owned(),
            _ => "-".to_owned(),
        });
        table.add_row([short.of(&layer.name)].into_iter().chain(cells));
    }
    let numbers = columns.iter().enumerate().filter(|(_, column)| column.is_number);
    table.right_aligned(numbers.map(|(index, _)| index + 1))
}

fn of_conv(layer: &LayerRecord, cell: impl Fn(&ConvolutionRecord) -> String) -> String {
    layer.convolution.as_ref().map_or_else(|| "-".into(), cell)
}

/// The tensors by their first letter, as in `W 50 % (2:4), I 30 %`.
fn nonzero(layer: &LayerRecord) -> String {
    let cell = |(tensor, known): (&String, &DensityResult)| {
        let letter = tensor.chars().next().unwrap_or(' ').to_uppercase();
        let share = match (known.density, known.band_width) {
            (Some(share), _) => percent(share),
            (None, width) => format!("band {}", width.unwrap_or(0)),
        };
        let pattern = known.pattern.as_ref().map(|pattern| format!(" ({pattern})")).unwrap_or_default();
        format!("{letter} {share}{pattern}")
    };
    layer.densities.iter().map(cell).collect::<Vec<_>>().join(", ")
}

fn macs(layer: &LayerRecord) -> String {
    let times = if layer.executions == 1 { String::new() } else { format!(" x{}", layer.executions) };
    format!("{}{times}", human(layer.macs))
}

#[expect(clippy::cast_precision_loss, reason = "a share, for people")]
fn share(layer: &LayerRecord, network: &NetworkRecord) -> String {
    format!("{:.1} %", 100.0 * layer.macs as f64 * layer.executions as f64 / network.macs.max(1) as f64)
}

/// One line per network.
fn networks_table(networks: &[ExportedNetwork<'_>], width: Option<usize>) -> String {
    let titles = ["network", "layers", "distinct", "dilated", "MACs", "not on padding", "parameters", "coverage"];
    let mut table = TextTable::new(titles);
    for ExportedNetwork { network, problems, .. } in networks {
        table.add_row([
            network.name.clone(),
            network.layers.len().to_string(),
            problems.len().to_string(),
            network.layers.iter().filter(|layer| layer.is_dilated()).count().to_string(),
            human(network.macs),
            human(network.macs_not_on_padding),
            human(network.parameters),
            network.mac_coverage.map_or_else(|| "unknown".into(), |share| format!("{:.1} %", 100.0 * share)),
        ]);
    }
    table.right_aligned(1..titles.len()).text_within(width, 1)
}

/// One line about the whole network.
pub fn summary(network: &Network, problems: &[DistinctProblem]) -> String {
    let dilated = network.layers.iter().filter(|layer| layer.is_dilated()).count();
    let coverage = network.mac_coverage.map_or_else(
        || "MAC coverage unknown".to_owned(),
        // Rounded down: 100 % is all of them.
        |share| format!("MAC coverage {} %", (1e6 * share).floor() / 1e4),
    );
    let unknown = match network.unknown_layers.len() {
        0 => String::new(),
        count => format!(", {count} more of unknown shape"),
    };
    format!(
        "{}: {} ({} distinct, {dilated} dilated{unknown}), {} MACs ({} not on padding), {} parameters, {coverage}",
        network.name,
        counted(network.layers.len(), "layer"),
        problems.len(),
        human(network.macs),
        human(network.macs_not_on_padding),
        human(network.parameters),
    )
}

/// A count with three decimals and a prefix: `168.653 G`.
pub fn human(value: u64) -> String {
    const PREFIXES: [(&str, u64); 5] =
        [("P", 1_000_000_000_000_000), ("T", 1_000_000_000_000), ("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)];
    match PREFIXES.iter().find(|(_, size)| value >= *size) {
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        Some((prefix, size)) => format!("{:.3} {prefix}", value as f64 / *size as f64),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_three_decimals_and_a_prefix() {
        assert_eq!(human(168_652_962_240), "168.653 G");
        assert_eq!(human(999), "999");
    }
}
