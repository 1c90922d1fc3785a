//! `sweep.json`: one line a design, so that a person and `diff` can read it.

use serde::Serialize;
use thiserror::Error;

use super::SWEEP_SCHEMA;
use super::record::SweepResults;

/// Why a text cannot be read as `sweep.json`.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SweepReadError {
    #[error("this is no sweep of onnx2timeloop: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the sweep has schema {0}, this version reads schema {SWEEP_SCHEMA}; run the command again")]
    Schema(u32),
}

/// The text of a file.
///
/// # Errors
///
/// None in practice: the record has text keys only.
pub fn to_json(results: &SweepResults) -> serde_json::Result<String> {
    let mut text = Text::default();
    text.field("schema", &results.schema)?;
    text.field("networks", &results.networks)?;
    text.field("architectures", &results.architectures)?;
    text.lines("parameters", &results.parameters)?;
    text.field("conditions", &results.conditions)?;
    text.field("objective", &results.objective)?;
    text.field("metric", &results.metric)?;
    text.field("mapper", &results.mapper)?;
    text.field("best_count", &results.best_count)?;
    text.field("exhaustive", &results.exhaustive)?;
    if let Some(shard) = &results.shard {
        text.field("shard", shard)?;
    }
    text.lines("inputs", &results.inputs)?;
    text.lines("warnings", &results.warnings)?;
    text.lines("designs", &results.designs)?;
    text.lines("front", &results.front)?;
    text.field("pair_fronts", &results.pair_fronts)?;
    text.field("best", &results.best)?;
    Ok(format!("{{\n{}\n}}\n", text.0.join(",\n")))
}

/// The fields of an object.
#[derive(Default)]
struct Text(Vec<String>);

impl Text {
    fn field(&mut self, key: &str, value: &impl Serialize) -> serde_json::Result<()> {
        self.0.push(format!("  \"{key}\": {}", serde_json::to_string(value)?));
        Ok(())
    }

    /// A list whose items have a line each.
    fn lines(&mut self, key: &str, items: &[impl Serialize]) -> serde_json::Result<()> {
        let lines = items.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        let list = if lines.is_empty() { "[]".to_owned() } else { format!("[\n    {}\n  ]", lines.join(",\n    ")) };
        self.0.push(format!("  \"{key}\": {list}"));
        Ok(())
    }
}

/// Reads the text of a `sweep.json`.
///
/// # Errors
///
/// If the text is something else, or has another version.
pub fn from_json(text: &str) -> Result<SweepResults, SweepReadError> {
    /// What every version has.
    #[derive(serde::Deserialize)]
    struct Version {
        schema: u32,
    }
    let Version { schema } = serde_json::from_str(text)?;
    if schema != SWEEP_SCHEMA {
        return Err(SweepReadError::Schema(schema));
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::super::*;
    use super::{from_json, to_json};

    fn values(depth: i64, class: &str) -> IndexMap<String, SweepValue> {
        let depth = ("shared_glb.depth".to_owned(), SweepValue::Integer(depth));
        IndexMap::from([depth, ("shared_glb.class".to_owned(), SweepValue::Text(class.to_owned()))])
    }

    /// One design of every kind.
    fn sample() -> SweepResults {
        let cost = DesignCost { energy_pj: 10.5, cycles: 7, area_um2: Some(3.0) };
        let network = DesignNetwork {
            network: "net".into(),
            energy_pj: 10.5,
            cycles: 7,
            edp_j_cycle: 7.35e-11,
            utilization: 0.75,
            layers: 2,
            proved: 2,
            gap: Some(0.0),
            components_pj: IndexMap::from([("mac".to_owned(), 4.5), ("DRAM".to_owned(), 6.0)]),
        };
        let searched = DesignOutcome::Searched(SearchedDesign { cost, networks: vec![network] });
        let outcomes = [
            searched,
            DesignOutcome::Skipped { dominated_by: 0 },
            DesignOutcome::Failed { reason: "nothing fits".into() },
            DesignOutcome::Unfinished,
        ];
        let designs = outcomes.into_iter().enumerate().map(|(design, outcome)| SweepDesign {
            design,
            architecture: "eyeriss_like".into(),
            values: values([4096, 8192][design / 2], ["SRAM", "regfile"][design % 2]),
            bounds: (design != 2).then_some(DesignCost { energy_pj: 9.25, ..cost }),
            outcome,
        });
        SweepResults {
            schema: SWEEP_SCHEMA,
            networks: vec!["net".into()],
            architectures: vec!["eyeriss_like".into()],
            parameters: vec![
                SweepParameter {
                    path: "shared_glb.depth".into(),
                    label: Some("rows of the buffer".into()),
                    values: vec![SweepValue::Integer(4096), SweepValue::Integer(8192)],
                },
                SweepParameter {
                    path: "shared_glb.class".into(),
                    label: None,
                    values: ["SRAM", "regfile"].map(|text| SweepValue::Text(text.into())).to_vec(),
                },
            ],
            conditions: Vec::new(),
            objective: SweepObjective::Edap,
            metric: "edp".into(),
            mapper: "exact: mapspace uber".into(),
            best_count: 1,
            exhaustive: false,
            shard: Some(Shard { index: 1, count: 1 }),
            inputs: vec![SweepInput { source: "net.onnx".into(), blake3: None }],
            warnings: Vec::new(),
            designs: designs.collect(),
            front: vec![FrontDesign {
                design: 0,
                architecture: "eyeriss_like".into(),
                energy_pj: 10.5,
                cycles: 7,
                area_um2: Some(3.0),
                values: values(4096, "SRAM"),
            }],
            pair_fronts: PairFronts { energy_cycles: vec![0], energy_area: vec![0], cycles_area: vec![0] },
            best: vec![BestDesign { design: 0, name: "eyeriss_like-0".into() }],
        }
    }

    #[test]
    fn a_sweep_is_read_as_it_was_written() {
        let results = sample();
        let text = to_json(&results).unwrap();
        assert_eq!(from_json(&text).unwrap(), results);
        // The set values stand beside the costs.
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&json["front"][0]["shared_glb.depth"], &json["front"][0]["energy_pj"]),
            (&4096.into(), &10.5.into())
        );
        assert_eq!(
            (&json["designs"][1]["status"], &json["designs"][1]["dominated_by"]),
            (&"skipped".into(), &0.into())
        );
        assert_eq!(json["designs"][0]["edp_j_cycle"], 7.35e-11);
        assert_eq!(text.lines().filter(|line| line.contains("\"status\"")).count(), 4);
        // Fields of the record that the text forgets would be lost.
        let fields = serde_json::to_value(&results).unwrap();
        assert_eq!(fields.as_object().unwrap().len(), json.as_object().unwrap().len());
    }

    #[test]
    fn what_is_no_sweep_is_refused() {
        let text = to_json(&sample()).unwrap();
        let message = |text: &str| from_json(text).unwrap_err().to_string();
        assert!(message("{}").starts_with("this is no sweep of onnx2timeloop: missing field `schema`"));
        assert!(message(&text.replace("\"schema\": 1", "\"schema\": 9")).contains("schema 9"));
        assert!(message(&text.replace(",\"dominated_by\":0", "")).contains("design 1 has no `dominated_by`"));
    }
}
