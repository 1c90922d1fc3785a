//! The record as JSON, one line an item so that a person and `diff` can read it, and as YAML.

use serde::Serialize;

use super::graph::GraphRecord;
use super::record::NetworkRecord;

/// One network as an object; several as a list of objects.
pub fn json(networks: &[NetworkRecord], as_list: bool) -> Result<String, serde_json::Error> {
    let objects: Vec<String> = networks.iter().map(object).collect::<Result<_, _>>()?;
    let text = objects.join(",\n");
    Ok(if as_list { format!("[\n{text}\n]\n") } else { format!("{text}\n") })
}

fn object(record: &NetworkRecord) -> Result<String, serde_json::Error> {
    let NetworkRecord { schema, network, inputs, macs, mac_coverage, layers, not_lowered, graph } = record;
    Ok(format!(
        "{{\n  \"schema\": {schema},\n  \"network\": {},\n  \"inputs\": {},\n  \"macs\": {macs},\n  \"mac_coverage\": {},\n  \
         \"layers\": {},\n  \"not_lowered\": {},\n  \"graph\": {}\n}}",
        serde_json::to_string(network)?,
        serde_json::to_string(inputs)?,
        serde_json::to_string(mac_coverage)?,
        lines(layers, 2)?,
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

/// The same record as YAML.
pub fn yaml(networks: &[NetworkRecord], as_list: bool) -> Result<String, serde_yaml::Error> {
    match networks {
        [only] if !as_list => serde_yaml::to_string(only),
        networks => serde_yaml::to_string(networks),
    }
}
