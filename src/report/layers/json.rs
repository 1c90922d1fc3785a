//! The record as JSON, one line an item so that a person and `diff` can read it.

use serde::Serialize;

use super::format::LayerFormat;
use super::graph::GraphRecord;
use super::record::NetworkRecord;

pub(super) const FORMAT: LayerFormat = LayerFormat {
    name: "json",
    about: "The layer record; a list of records for several networks",
    text: |networks, options| Ok(json(networks.iter().map(|network| network.record), options.as_list)?),
    files: |network| Ok(vec![("layers.json".to_owned(), json([network.record], false)?)]),
};

/// One network as an object; several as a list of objects.
pub fn json<'a>(
    networks: impl IntoIterator<Item = &'a NetworkRecord>,
    as_list: bool,
) -> Result<String, serde_json::Error> {
    let objects: Vec<String> = networks.into_iter().map(object).collect::<Result<_, _>>()?;
    let text = objects.join(",\n");
    Ok(if as_list { format!("[\n{text}\n]\n") } else { format!("{text}\n") })
}

fn object(record: &NetworkRecord) -> Result<String, serde_json::Error> {
    let NetworkRecord {
        schema,
        network,
        inputs,
        macs,
        mac_coverage,
        warnings,
        layers,
        unknown_layers,
        not_lowered,
        graph,
    } = record;
    Ok(format!(
        "{{\n  \"schema\": {schema},\n  \"network\": {},\n  \"inputs\": {},\n  \"macs\": {macs},\n  \"mac_coverage\": {},\n  \
         \"warnings\": {},\n  \"layers\": {},\n  \"unknown_layers\": {},\n  \"not_lowered\": {},\n  \"graph\": {}\n}}",
        serde_json::to_string(network)?,
        serde_json::to_string(inputs)?,
        serde_json::to_string(mac_coverage)?,
        lines(warnings, 2)?,
        lines(layers, 2)?,
        lines(unknown_layers, 2)?,
        lines(not_lowered, 2)?,
        graph_object(graph)?,
    ))
}

fn graph_object(graph: &GraphRecord) -> Result<String, serde_json::Error> {
    let GraphRecord { inputs, outputs, nodes, tensors } = graph;
    Ok(format!(
        "{{\n    \"inputs\": {},\n    \"outputs\": {},\n    \"nodes\": {},\n    \"tensors\": {}\n  }}",
        serde_json::to_string(inputs)?,
        serde_json::to_string(outputs)?,
        lines(nodes, 4)?,
        lines(tensors, 4)?,
    ))
}

/// A list with one line an item, in an object that is indented by so many columns.
fn lines(items: &[impl Serialize], indent: usize) -> Result<String, serde_json::Error> {
    if items.is_empty() {
        return Ok("[]".to_owned());
    }
    let items: Vec<String> = items.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 2));
    Ok(format!("[\n{inner}{}\n{outer}]", items.join(&format!(",\n{inner}"))))
}
