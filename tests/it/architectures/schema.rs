//! The JSON Schema of description files, which knows no tags: they are left out before files are compared with it.

use std::collections::BTreeSet;
use std::fs;

use onnx2timeloop::api::Architecture;
use onnx2timeloop::architecture::presets::{PRESETS, find};
use serde_json::Value as Json;
use serde_yaml::Value;

use super::known_keys;
use crate::kit::{Ran, data, names, program, read};

/// A document without the tags of its nodes.
fn untagged(value: &Value) -> Json {
    match value {
        Value::Mapping(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), untagged(value))).collect())
        }
        Value::Sequence(items) => Json::Array(items.iter().map(untagged).collect()),
        Value::Tagged(tagged) => untagged(&tagged.value),
        other => serde_json::to_value(other).unwrap(),
    }
}

/// What the schema says against a file.
fn errors(text: &str) -> Vec<String> {
    let schema: Json = serde_json::from_str(Architecture::schema()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let document = untagged(&serde_yaml::from_str(text).unwrap());
    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn arch_schema_prints_the_schema_of_the_documents() {
    let ran = Ran::of(program().args(["arch", "schema"]));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let file =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/architecture.schema.json")).unwrap();
    assert_eq!(ran.stdout, file);
}

#[test]
fn presets_and_recorded_descriptions_follow_the_schema() {
    for preset in PRESETS {
        assert_eq!(errors(preset.text), Vec::<String>::new(), "{}", preset.name);
    }
    let folder = data("frontend/inputs");
    let (mut followed, mut refused) = (Vec::new(), Vec::new());
    for name in names(&folder) {
        let found = errors(&read(&folder.join(&name)));
        if found.is_empty() { followed.push(name) } else { refused.push(name) }
    }
    // What was accepted follows. Of what was refused, these break the form; the others break rules between names and numbers.
    assert!(followed.iter().filter(|name| name.starts_with('a')).count() >= 7, "{followed:?}");
    assert_eq!(refused, ["e10_no_datawidth.yaml", "e7_bad_class.yaml"]);
}

/// One change each to a shipped design.
const BROKEN: [(&str, &str); 17] = [
    ("class: intmac", "class: widget"),
    ("    class: intmac\n", "    clas: intmac\n"),
    ("name: GlobalBuffer", "label: GlobalBuffer"),
    ("keep: [Inputs, Outputs]", "keeps: [Inputs, Outputs]"),
    ("keep: [Inputs, Outputs]", "keep: {Inputs: true}"),
    ("meshX: 16", "meshX: 0"),
    ("meshX: 16", "meshX: 16.5"),
    ("meshX: 16", "mesh: 16"),
    ("depth: 2048", "depth: 20.5"),
    ("depth: 2048", "depth: [2048]"),
    ("depth: 2048", "dept: 2048"),
    ("datawidth: 8, n_banks: 4,", "n_banks: 4,"),
    ("factors: [R=1,", "factors: [R==1,"),
    ("permutation: [M, C, R,", "permutation: [M, M, R,"),
    ("      spatial: {permutation", "      spatiel: {permutation"),
    ("architecture:\n  version: 0.4", "architecture:\n  version: 0.3"),
    ("  nodes:\n  - !Container\n    name: System", "  node:\n  - !Container\n    name: System"),
];

#[test]
fn broken_descriptions_do_not_follow_and_are_told_by_the_front_end_too() {
    let text = find("simba_like").unwrap().text;
    for (old, new) in BROKEN {
        assert!(text.contains(old), "{old}");
        let broken = text.replacen(old, new, 1);
        assert!(!errors(&broken).is_empty(), "{new:?} in place of {old:?}");
        let told = match Architecture::from_text("broken", &broken) {
            Ok(architecture) => !architecture.warnings.is_empty(),
            Err(_) => true,
        };
        assert!(told, "the front end has nothing against {new:?} in place of {old:?}");
    }
}

#[test]
fn what_only_a_user_s_class_knows_is_admitted() {
    let text = find("simba_like").unwrap().text;
    let own = text.replace(
        "class: smartbuffer_SRAM\n    attributes: {",
        "class: my_storage\n    attributes: {sense_amplifiers: 4, ",
    );
    assert_ne!(own, text);
    assert_eq!(errors(&own), Vec::<String>::new());
    assert!(!errors(&text.replace("nports: 2", "sense_amplifiers: 2")).is_empty());
}

/// Keys below `properties`, wherever they stand.
fn properties(schema: &Json, found: &mut BTreeSet<String>) {
    match schema {
        Json::Object(map) => {
            if let Some(Json::Object(keys)) = map.get("properties") {
                found.extend(keys.keys().cloned());
            }
            map.values().for_each(|value| properties(value, found));
        }
        Json::Array(items) => items.iter().for_each(|item| properties(item, found)),
        _ => {}
    }
}

#[test]
fn the_schema_has_every_key_that_is_read() {
    let mut found = BTreeSet::new();
    properties(&serde_json::from_str(Architecture::schema()).unwrap(), &mut found);
    let known = known_keys();
    let missing: Vec<_> = known.difference(&found).collect();
    assert!(missing.is_empty(), "keys that docs/schema/architecture.schema.json does not have: {missing:?}");
}
