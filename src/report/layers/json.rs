//! The record as JSON, one line a layer so that a person and `diff` can read it.

use super::format::LayerFormat;
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
    let lines = |items: &[String]| match items {
        [] => "[]".to_owned(),
        items => format!("[\n    {}\n  ]", items.join(",\n    ")),
    };
    let NetworkRecord { schema, network, inputs, macs, mac_coverage, layers, not_lowered } = record;
    let layers: Vec<String> = layers.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let not_lowered: Vec<String> = not_lowered.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    Ok(format!(
        "{{\n  \"schema\": {schema},\n  \"network\": {},\n  \"inputs\": {},\n  \"macs\": {macs},\n  \"mac_coverage\": {},\n  \
         \"layers\": {},\n  \"not_lowered\": {}\n}}",
        serde_json::to_string(network)?,
        serde_json::to_string(inputs)?,
        serde_json::to_string(mac_coverage)?,
        lines(&layers),
        lines(&not_lowered),
    ))
}
