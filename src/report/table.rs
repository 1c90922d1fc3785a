//! The layers as a table for a terminal.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::csv::joined;
use super::record::NetworkRecord;
use crate::workload::{DistinctProblem, Network};

/// A line below the header, and nothing else.
pub(crate) const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Shortest name that is still worth reading.
const MIN_NAME: usize = 12;

/// The table of a network's layers. Names are shortened from the middle so that lines fit into `width` columns.
pub fn layer_table(record: &NetworkRecord, width: Option<usize>) -> String {
    let mut longest = record.layers.iter().map(|layer| layer.name.chars().count()).max().unwrap_or(0);
    let mut text = rendered(record, longest);
    if let Some(width) = width {
        let line = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let excess = line.saturating_sub(width);
        if excess > 0 {
            longest = longest.saturating_sub(excess).max(MIN_NAME);
            text = rendered(record, longest);
        }
    }
    text
}

fn rendered(record: &NetworkRecord, name_width: usize) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["layer", "op", "input", "kernel", "stride", "dilation", "groups", "output", "MACs", "share"]);
    for layer in &record.layers {
        let conv = layer.convolution.as_ref();
        let of = |sizes: Option<&Vec<u64>>| sizes.map_or_else(|| "-".into(), |sizes| joined(sizes));
        #[expect(clippy::cast_precision_loss, reason = "a share, for people")]
        let share = 100.0 * layer.macs as f64 * layer.executions as f64 / record.macs.max(1) as f64;
        let times = if layer.executions == 1 { String::new() } else { format!(" x{}", layer.executions) };
        table.add_row([
            shortened(&layer.name, name_width),
            layer.op.clone(),
            joined(&layer.input),
            conv.map_or_else(|| joined(&layer.weight), |conv| joined(&conv.kernel)),
            of(conv.map(|conv| &conv.stride)),
            of(conv.map(|conv| &conv.dilation)),
            conv.map_or_else(|| "-".into(), |conv| conv.groups.to_string()),
            joined(&layer.output),
            format!("{}{times}", human(layer.macs)),
            format!("{share:.1} %"),
        ]);
    }
    for column in [8, 9] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    flush_left(&table)
}

/// The table without the spaces around its lines, which are noise in a file.
pub(crate) fn flush_left(table: &Table) -> String {
    let line = |line: String| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end());
    table.lines().map(line).collect()
}

/// One line about the whole network.
pub fn summary(network: &Network, problems: &[DistinctProblem]) -> String {
    let dilated = network.layers.iter().filter(|layer| layer.is_dilated()).count();
    let coverage = network.mac_coverage.map_or_else(
        || "MAC coverage unknown (see not_lowered)".to_owned(),
        |share| format!("MAC coverage {:.4} %", 100.0 * share).replace("100.0000", "100"),
    );
    format!(
        "{}: {} layers ({} distinct, {dilated} dilated), {} MACs ({} not on padding), {} parameters, {coverage}",
        network.name,
        network.layers.len(),
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

fn shortened(name: &str, width: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= width {
        return name.to_owned();
    }
    let head = (width - 1) / 2;
    let tail = width - 1 - head;
    let (first, last) = (&characters[..head], &characters[characters.len() - tail..]);
    first.iter().chain(&['…']).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_names_for_people() {
        assert_eq!(human(168_652_962_240), "168.653 G");
        assert_eq!(human(999), "999");
        assert_eq!(shortened("classifier.0.convs.1.0", 12), "class…vs.1.0");
    }
}
