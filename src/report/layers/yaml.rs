//! The record as YAML.

use super::format::LayerFormat;
use super::record::NetworkRecord;

pub(super) const FORMAT: LayerFormat = LayerFormat {
    name: "yaml",
    about: "The layer record as YAML",
    text: |networks, options| Ok(yaml(networks.iter().map(|network| network.record), options.as_list)?),
    files: |_| Ok(Vec::new()),
};

/// One network as a map; several as a list of maps.
pub fn yaml<'a>(
    networks: impl IntoIterator<Item = &'a NetworkRecord>,
    as_list: bool,
) -> Result<String, serde_yaml::Error> {
    let networks: Vec<&NetworkRecord> = networks.into_iter().collect();
    match networks[..] {
        [only] if !as_list => serde_yaml::to_string(only),
        _ => serde_yaml::to_string(&networks),
    }
}
