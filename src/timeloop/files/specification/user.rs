//! v0.4 descriptions of users, by way of the front end.

use serde_yaml::Value;

use super::places::Places;
use super::{EXAMPLE_PROBLEM, Purpose, Specification, SpecificationError, SpecificationOptions, hyphens};
use crate::architecture::FAN_OUT_CLASS;
use crate::timeloop::frontend::load::Node;
use crate::timeloop::frontend::{Document, LoadOptions, ProcessOptions, Source, load_sources, process};

/// The processed form: for the model with a mapping, else with constraints.
///
/// A mapping may be in the terms of the description (its nodes are the targets, and their constraints are part of it) or in
/// those of the processed form, as the mappers write it; then it stands alone: the model evaluates it, and a search has no use
/// for it.
pub(super) fn process_document(
    document: &Document,
    options: &SpecificationOptions,
) -> Result<Specification, SpecificationError> {
    let mut document = document.clone();
    document.keys.values_mut().for_each(hyphens::replace_in_tree);
    let has_example_problem = options.purpose == Purpose::Inspection && !document.keys.contains_key("problem");
    if has_example_problem {
        let source = Source::Text { name: "example problem".into(), text: EXAMPLE_PROBLEM.into() };
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
    let places = Places::of_description(&document, processed.paths);
    Ok(Specification {
        document: processed.value,
        places,
        compound_classes: None,
        warnings: processed.warnings,
        from_user_form: true,
        has_example_problem,
    })
}

fn set(document: &mut Value, key: &str, value: Value) {
    if let Some(map) = document.as_mapping_mut() {
        map.insert(key.into(), value);
    }
}

/// Whether a mapping is in terms of the processed form. It is if it has what only that form has: levels by their number or those
/// of fan-outs, or factors without a relation (`C4 M2`). One without any factors is if it has loops for every storage level.
fn is_processed(mapping: &Value, processed: &Value) -> bool {
    let local = processed.get("architecture").and_then(|top| top["subtree"][0]["local"].as_sequence());
    let levels = local.into_iter().flatten();
    let name = |level: &Value| level["name"].as_str().map(|name| name.split('[').next().unwrap_or(name).to_owned());
    let is_fan_out = |level: &Value| level["class"].as_str() == Some(FAN_OUT_CLASS);
    let fan_outs: Vec<String> = levels.clone().filter(|level| is_fan_out(level)).filter_map(name).collect();
    let levels: Vec<String> = levels.filter_map(name).collect();
    // The last one is the compute component.
    let Some((_, storage)) = levels.split_last() else { return false };
    let directives = mapping.as_sequence().map(Vec::as_slice).unwrap_or_default();
    let target = |directive: &Value| directive.get("target").and_then(Value::as_str).map(str::to_owned);
    let is_its_own = |directive: &Value| {
        directive.get("target").is_some_and(Value::is_number)
            || target(directive).is_some_and(|name| fan_outs.contains(&name) || name.parse::<usize>().is_ok())
            || directive.get("factors").and_then(Value::as_str).is_some_and(|text| {
                let letters = text.as_bytes().windows(2);
                !text.contains('=')
                    && letters.into_iter().any(|pair| pair[0].is_ascii_alphabetic() && pair[1].is_ascii_digit())
            })
    };
    let has_loops = |level: &String| {
        let mut loops =
            directives.iter().filter(|directive| directive.get("type").and_then(Value::as_str) == Some("temporal"));
        loops.any(|directive| target(directive).as_ref() == Some(level))
    };
    directives.iter().any(is_its_own) || storage.iter().all(has_loops)
}
