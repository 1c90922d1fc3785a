//! Values set by path in every form of description: everything that follows from them follows from the new ones.

use onnx2timeloop::architecture::presets;
use onnx2timeloop::timeloop::files::EnergyTables;
use onnx2timeloop::timeloop::files::specification::{
    Purpose, ReadSources, Setting, SettingTarget, Specification, SpecificationOptions,
};
use onnx2timeloop::timeloop::frontend::load::Node;
use onnx2timeloop::timeloop::frontend::{Source, Variables};

fn sources(text: &str) -> ReadSources {
    let text = Source::Text { name: "a.yaml".into(), text: text.into() };
    ReadSources::read(&[text], &Variables::new()).unwrap()
}

fn processed(sources: &ReadSources) -> Specification {
    let options = SpecificationOptions { purpose: Purpose::Inspection, ..SpecificationOptions::default() };
    Specification::of_sources(sources, &options).unwrap()
}

fn with(text: &str, sets: &[(&str, Node)]) -> ReadSources {
    let read = sources(text);
    let document = read.document().unwrap().clone();
    let setting = |(path, value): &(&str, Node)| Setting {
        target: SettingTarget::find(&document, path).unwrap(),
        value: value.clone(),
    };
    read.with_settings(&sets.iter().map(setting).collect::<Vec<_>>()).unwrap()
}

/// As if the files stated it: every attribute of every preset, the meshes, and what is not stated yet.
#[test]
fn a_value_that_is_set_is_as_if_the_file_stated_it() {
    for (preset, old, new, path, value) in [
        ("eyeriss_like", "depth: 16384", "depth: 4096", "shared_glb.depth", Node::int(4096)),
        ("eyeriss_like", "meshX: 14", "meshX: 7", "PE_column.meshX", Node::int(7)),
        ("eyeriss_like", "meshX: 14", "meshX: 14, meshY: 2", "PE_column.meshY", Node::int(2)),
        ("eyeriss_like", "\"65nm\"", "\"45nm\"", "eyeriss.technology", Node::quoted("45nm")),
        (
            "eyeriss_like",
            "n_banks: 32,",
            "n_banks: 32, min_utilization: 0.5,",
            "shared_glb.min_utilization",
            Node::Number(0.5.into()),
        ),
        ("eyeriss_like", "split: 999", "split: 0", "PE_column.constraints.spatial.split", Node::int(0)),
        ("eyeriss_like", "class: intmac", "class: fpmac", "mac.class", Node::quoted("fpmac")),
        (
            "eyeriss_like",
            "global_cycle_seconds: 1e-9",
            "global_cycle_seconds: 2e-9",
            "global_cycle_seconds",
            Node::Number(2e-9.into()),
        ),
        ("simple_weight_stationary", "meshX: 16", "meshX: 4", "PE.meshX", Node::int(4)),
    ] {
        let text = presets::find(preset).unwrap().text;
        assert!(text.contains(old), "{preset}: {old}");
        let edited = processed(&sources(&text.replacen(old, new, 1)));
        let set = processed(&with(text, &[(path, value)]));
        let sort = |specification: &Specification| serde_json::to_value(specification.document()).unwrap();
        assert_eq!(sort(&set), sort(&edited), "{path}");
    }
}

/// Values that other values follow from.
#[test]
fn expressions_and_constraints_follow_a_variable() {
    let text = "variables: {version: 0.4, rows: 4, columns: rows * 2}
architecture:
  version: 0.4
  nodes:
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 8}}
  - !Component {name: buffer, class: SRAM, attributes: {depth: rows * 64, width: 64, datawidth: 8}}
  - !Container {name: PE, spatial: {meshX: columns, meshY: rows}}
  - !Component {name: mac, class: intmac, attributes: {}}
";
    let architecture = |read: &ReadSources| processed(read).architecture(&EnergyTables::default()).unwrap().value;
    let set = architecture(&with(text, &[("rows", Node::int(3))]));
    assert_eq!(
        (set.arithmetic().instances, set.levels()[set.level_index("buffer").unwrap()].size),
        (18, Some(3 * 64 * 8))
    );
    // Two at once, one of them an expression over the other.
    let set = architecture(&with(text, &[("rows", Node::int(5)), ("PE.meshX", Node::plain("rows + 1"))]));
    assert_eq!(set.arithmetic().instances, 30);
}

/// The tree of v0.3 and its flat form: attributes, and the count in the name.
#[test]
fn older_forms_are_set_by_the_names_of_components() {
    let tree = "architecture:
  version: 0.3
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM, attributes: {width: 64, word-bits: 8}}
    subtree:
    - name: chip
      local:
      - {name: buffer, class: SRAM, attributes: {entries: 512, word-bits: 8}}
      subtree:
      - name: PE[0..15]
        local:
        - {name: mac, class: intmac, attributes: {word-bits: 8}}
";
    let architecture = |read: &ReadSources| processed(read).architecture(&EnergyTables::default()).unwrap().value;
    let set = architecture(&with(tree, &[("PE.instances", Node::int(8)), ("buffer.entries", Node::int(128))]));
    assert_eq!((set.arithmetic().instances, set.levels()[0].size), (8, Some(128)));
    let find =
        |text: &str, path: &str| SettingTarget::find(sources(text).document().unwrap(), path).unwrap_err().to_string();
    assert_eq!(
        find(tree, "buffer.depth"),
        "`buffer.depth`: `buffer` (a.yaml:10) says that with `entries`; set `buffer.entries` instead of `buffer.depth`"
    );
    let flat = "arch:
  arithmetic: {name: MACs, instances: 16, word-bits: 8}
  storage:
  - {name: registers, technology: regfile, entries: 64, instances: 16, word-bits: 8}
  - {name: DRAM, technology: DRAM, instances: 1, word-bits: 8}
";
    let set = architecture(&with(flat, &[("registers.entries", Node::int(32)), ("MACs.word-bits", Node::int(8))]));
    assert_eq!(set.levels()[0].size, Some(32));
    assert!(find(flat, "register.entries").contains("did you mean \"registers\"?"));
}
