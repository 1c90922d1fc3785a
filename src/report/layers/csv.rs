//! The record as CSV: one row a layer or warning, sizes joined by `x`, pads by spaces.

use super::format::LayerFormat;
use super::record::NetworkRecord;
use crate::report::table::csv_text;
use crate::results::DensityResult;

pub(super) const FORMAT: LayerFormat = LayerFormat {
    name: "csv",
    about: "One row per layer",
    text: |networks, _| Ok(csv(networks.iter().map(|network| network.record))?),
    files: |network| Ok(vec![("layers.csv".to_owned(), csv([network.record])?)]),
};

const COLUMNS: [&str; 34] = [
    "network",
    "index",
    "name",
    "node",
    "op",
    "problem",
    "kind",
    "batch",
    "groups",
    "in_channels_per_group",
    "out_channels_per_group",
    "kernel",
    "stride",
    "dilation",
    "pads",
    "transposed",
    "m",
    "n",
    "k",
    "input",
    "weight",
    "output",
    "input_bits",
    "weight_bits",
    "output_bits",
    "inputs_density",
    "weights_density",
    "outputs_density",
    "macs",
    "macs_not_on_padding",
    "executions",
    "share",
    "recognized_as",
    "note",
];

/// All layers of all networks, then layers of unknown shape and the warnings. `share` is the layer's part of its network's
/// multiply-accumulates; `note` says what is not certain.
pub fn csv<'a>(networks: impl IntoIterator<Item = &'a NetworkRecord>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for network in networks {
        for layer in &network.layers {
            let conv = layer.convolution.as_ref();
            let matmul = layer.matmul.as_ref();
            let number = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
            let density = |tensor: &str| layer.densities.get(tensor).map(DensityResult::stated).unwrap_or_default();
            let pads = conv.map(|conv| conv.pads.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
            #[expect(clippy::cast_precision_loss, reason = "a share, for people")]
            let share = layer.macs as f64 * layer.executions as f64 / (network.macs.max(1)) as f64;
            writer.write_record([
                network.network.clone(),
                layer.index.to_string(),
                layer.name.clone(),
                layer.node.clone(),
                layer.op.clone(),
                layer.problem.clone(),
                layer.kind.to_owned(),
                layer.batch.to_string(),
                number(conv.map(|conv| conv.groups)),
                number(conv.map(|conv| conv.in_channels_per_group)),
                number(conv.map(|conv| conv.out_channels_per_group)),
                conv.map(|conv| joined(&conv.kernel)).unwrap_or_default(),
                conv.map(|conv| joined(&conv.stride)).unwrap_or_default(),
                conv.map(|conv| joined(&conv.dilation)).unwrap_or_default(),
                pads.unwrap_or_default(),
                conv.map(|conv| conv.transposed.to_string()).unwrap_or_default(),
                number(matmul.map(|matmul| matmul.m)),
                number(matmul.map(|matmul| matmul.n)),
                number(matmul.map(|matmul| matmul.k)),
                joined(&layer.input),
                joined(&layer.weight),
                joined(&layer.output),
                layer.bits.input.to_string(),
                layer.bits.weight.to_string(),
                layer.bits.output.to_string(),
                density("inputs"),
                density("weights"),
                density("outputs"),
                layer.macs.to_string(),
                layer.macs_not_on_padding.to_string(),
                layer.executions.to_string(),
                format!("{share:.6}"),
                layer.recognized_as.clone().unwrap_or_default(),
                layer.note.clone().unwrap_or_default(),
            ])?;
        }
        for layer in &network.unknown_layers {
            let mut row = vec![String::new(); COLUMNS.len()];
            let named = [&network.network, "", &layer.name, &layer.node, &layer.op];
            for (cell, text) in row.iter_mut().zip(named) {
                text.clone_into(cell);
            }
            row[COLUMNS.len() - 1].clone_from(&layer.reason);
            writer.write_record(row)?;
        }
        // What is to be known of the network as a whole is a row of its own.
        for warning in &network.warnings {
            let mut row = vec![String::new(); COLUMNS.len()];
            row[0].clone_from(&network.network);
            row[COLUMNS.len() - 1].clone_from(warning);
            writer.write_record(row)?;
        }
    }
    csv_text(writer)
}

/// Sizes joined by `x`, such as `1x3x513x513`.
pub(super) fn joined(sizes: &[u64]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}
