//! v0.4 descriptions of users, by way of the front end.

use serde_yaml::Value;

use super::{Purpose, Specification, SpecificationError, SpecificationOptions, hyphens};
use crate::frontend::load::Node;
use crate::frontend::{Document, LoadOptions, ProcessOptions, Source, load_sources, process};

/// A dense convolution whose every dimension can be spread.
const ANY_PROBLEM: &str = "
problem:
  version: 0.4
  instance: {G: 1, C: 64, M: 64, R: 3, S: 3, N: 1, P: 56, Q: 56}
  shape:
    name: convolution
    dimensions: [G, C, M, R, S, N, P, Q]
    data_spaces:
    - {name: Weights, projection: [[[G]], [[C]], [[M]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[G]], [[N]], [[C]], [[R], [P]], [[S], [Q]]]}
    - {name: Outputs, projection: [[[G]], [[N]], [[M]], [[Q]], [[P]]], read_write: true}
";

/// The processed form: for the model with a mapping, else with constraints.
///
/// A mapping may be in the terms of the description (its nodes are the targets, and their constraints are part of it) or in
/// those of the processed form, as the mappers write it; then it names every level, those of fan-outs too, and stands alone:
/// the model evaluates it, and a search has no use for it.
pub(super) fn process_document(
    document: &Document,
    options: SpecificationOptions,
) -> Result<Specification, SpecificationError> {
    let mut document = document.clone();
    document.keys.values_mut().for_each(hyphens::replace_in_tree);
    if options.purpose == Purpose::Inspection && !document.keys.contains_key("problem") {
        let source = Source::Text { name: "example problem".into(), text: ANY_PROBLEM.into() };
        let problem = load_sources(&[source], &LoadOptions::default())?;
        document.keys.extend(problem.keys);
    }
    // The front end knows nothing of the settings of timeloop-model.
    let model = document.keys.shift_remove("model");
    let mut alone = document.clone();
    let mapping = alone.keys.shift_remove("mapping");
    let mode = |for_model| ProcessOptions { for_model, frontend_quirks: options.frontend_quirks };
    let mut processed = process(&alone, mode(false))?;
    match mapping.as_ref().map(Node::to_value) {
        Some(mapping) if is_processed(&mapping, &processed.value) => set(&mut processed.value, "mapping", mapping),
        None if options.purpose != Purpose::Model => {}
        _ => processed = process(&document, mode(options.purpose == Purpose::Model))?,
    }
    if let Some(model) = model {
        set(&mut processed.value, "model", model.to_value());
    }
    if !options.frontend_quirks {
        // The published front end writes neither table unless there is one of areas.
        for key in ["ERT", "ART"] {
            if let Some(table) = document.keys.get(key) {
                set(&mut processed.value, key, table.to_value());
            }
        }
    }
    Ok(Specification { document: processed.value, warnings: processed.warnings, from_user_form: true })
}

fn set(document: &mut Value, key: &str, value: Value) {
    if let Some(map) = document.as_mapping_mut() {
        map.insert(key.into(), value);
    }
}

/// Whether a mapping is in terms of the processed form: it has loops for every storage level, and names no other.
fn is_processed(mapping: &Value, processed: &Value) -> bool {
    let local = processed.get("architecture").and_then(|top| top["subtree"][0]["local"].as_sequence());
    let names = local.into_iter().flatten().filter_map(|level| level["name"].as_str());
    let levels: Vec<&str> = names.map(|name| name.split('[').next().unwrap_or(name)).collect();
    // The last one is the compute component.
    let Some((_, storage)) = levels.split_last() else { return false };
    let directives = mapping.as_sequence().map(Vec::as_slice).unwrap_or_default();
    let target = |directive: &Value| directive.get("target").and_then(Value::as_str).map(str::to_owned);
    let known = |directive: &Value| target(directive).is_some_and(|name| storage.contains(&name.as_str()));
    let has_loops = |level: &&str| {
        let mut loops = directives.iter().filter(|each| each.get("type").and_then(Value::as_str) == Some("temporal"));
        loops.any(|each| target(each).as_deref() == Some(level))
    };
    directives.iter().all(known) && storage.iter().all(has_loops)
}
