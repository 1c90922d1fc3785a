//! `results.json`: one line a layer, so that a person and `diff` can read it.

use thiserror::Error;

use super::SCHEMA;
use super::record::{NetworkResults, Totals};

/// Why a text cannot be read as `results.json`.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ReadError {
    #[error("these are not results of onnx2timeloop: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the results have schema {0}, this version reads schema {SCHEMA}; run the command again")]
    Schema(u32),
}

/// The text of a file.
///
/// # Errors
///
/// None in practice: the record has text keys only.
pub fn to_json(results: &NetworkResults) -> serde_json::Result<String> {
    let NetworkResults {
        schema,
        network,
        architecture,
        mapper,
        energy_source,
        footprint,
        layers,
        totals,
        mac_coverage,
        warnings,
        ..
    } = results;
    let layers: Vec<String> = layers.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
    let text = serde_json::to_string::<str>;
    let datawidth = line("datawidth", results.datawidth.as_ref())?;
    let metric = line("metric", results.metric.as_ref())?;
    let clock = line("cycle_seconds", results.cycle_seconds.as_ref())?;
    Ok(format!(
        "{{\n  \"schema\": {schema},\n  \"network\": {},\n  \"architecture\": {},\n  \"mapper\": {},\n  \
         \"energy_source\": {},\n  \"footprint\": {},\n{datawidth}{metric}{clock}  \"mac_coverage\": {},\n  \"warnings\": {},\n  \"totals\": {},\n  \"layers\": [\n    {}\n  ]\n}}\n",
        text(network)?,
        text(architecture)?,
        text(mapper)?,
        text(energy_source)?,
        text(footprint)?,
        serde_json::to_string(mac_coverage)?,
        serde_json::to_string(warnings)?,
        serde_json::to_string(totals)?,
        layers.join(",\n    "),
    ))
}

/// The line of a key that is there only where its value is known.
fn line(key: &str, value: Option<&impl serde::Serialize>) -> serde_json::Result<String> {
    let value = value.map(serde_json::to_string).transpose()?;
    Ok(value.map_or_else(String::new, |value| format!("  \"{key}\": {value},\n")))
}

/// Reads the text of a `results.json`.
///
/// # Errors
///
/// If the text is something else, or has another version.
pub fn from_json(text: &str) -> Result<NetworkResults, ReadError> {
    /// What every version has.
    #[derive(serde::Deserialize)]
    struct Version {
        schema: u32,
    }
    let Version { schema } = serde_json::from_str(text)?;
    if schema != SCHEMA {
        return Err(ReadError::Schema(schema));
    }
    let mut results: NetworkResults = serde_json::from_str(text)?;
    if results.totals.failed > 0 && results.totals.sums.is_some() {
        // Older files have sums over the layers that have a mapping.
        results.totals = Totals::of(&results.layers, results.cycle_seconds);
    }
    if results.mapper == "embedded" {
        // The name of the exact mapper in older files.
        "exact".clone_into(&mut results.mapper);
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{LayerOutcome, LayerResult, Sums};

    fn sample() -> NetworkResults {
        NetworkResults {
            schema: SCHEMA,
            network: "net".to_owned(),
            architecture: "eyeriss_like".to_owned(),
            mapper: "exact".to_owned(),
            energy_source: "ert.yaml".to_owned(),
            footprint: "hull".to_owned(),
            datawidth: Some("from-network".to_owned()),
            metric: Some("edp".to_owned()),
            cycle_seconds: Some(1e-9),
            layers: Vec::new(),
            totals: Totals::default(),
            mac_coverage: None,
            warnings: Vec::new(),
        }
    }

    /// The same run by an older version compares as the same, and its label names no mapper.
    #[test]
    fn the_former_name_of_the_exact_mapper_is_read_as_exact() {
        let results = sample();
        let text = to_json(&results).unwrap();
        let older = text.replace("\"mapper\": \"exact\"", "\"mapper\": \"embedded\"");
        assert_ne!(older, text);
        let read = from_json(&older).unwrap();
        assert_eq!((&read, read.label().as_str()), (&results, "eyeriss_like"));
    }

    /// Sums over some layers, which older files have beside the number of those that failed, are not read as the network's.
    #[test]
    fn sums_of_incomplete_networks_are_not_read() {
        let layer = |index: usize, outcome| LayerResult {
            index,
            name: format!("layer{index}"),
            op: "Conv".to_owned(),
            problem: format!("{index:03}_layer"),
            executions: 1,
            macs: Some(10),
            bounds: Vec::new(),
            coefficients: Vec::new(),
            densities: indexmap::IndexMap::default(),
            recognized_as: None,
            note: None,
            outcome,
        };
        let failed = LayerOutcome::Failed { reason: "nothing fits".to_owned() };
        let mut results = sample();
        results.layers = vec![layer(0, failed)];
        results.totals = Totals::of(&results.layers, results.cycle_seconds);
        let text = to_json(&results).unwrap();
        assert!(text.contains("\"failed\":1,\"reason\":\"1 of 1 layers has no mapping"), "{text}");
        assert!(!text.contains("\"cycles\":"), "{text}");
        assert_eq!(from_json(&text).unwrap(), results);
        let mut older = results.clone();
        older.totals = Totals { failed: 1, sums: Some(Sums { cycles: 7, ..Sums::default() }), ..Totals::default() };
        assert_eq!(from_json(&to_json(&older).unwrap()).unwrap(), results);
    }
}
