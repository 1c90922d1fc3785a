//! Rules of the processing that the recorded cases do not reach.

use onnx2timeloop::timeloop::frontend::{
    ErrorKind, Errors, LoadOptions, ProcessOptions, Processed, Source, load_sources, process,
};
use serde_yaml::Value;

const PROBLEM: &str = "
problem:
  version: 0.4
  instance: {A: 6, B: 4, C: 1}
  shape:
    dimensions: [A, B, C]
    data_spaces:
    - {name: X, projection: [[[A]]]}
    - {name: Y, projection: [[[B]], [[C]]]}
    - {name: Z, projection: [[[A]], [[B]]], read_write: true}
";

/// Runs nodes between a DRAM and a MAC.
fn run(nodes: &str, rest: &str, options: ProcessOptions) -> Result<Processed, Errors> {
    let text = format!(
        "{PROBLEM}
architecture:
  nodes:
  - !Component {{name: dram, class: DRAM, attributes: {{width: 64, datawidth: 16}}}}
{nodes}
  - !Component {{name: mac, class: mac}}
{rest}"
    );
    let source = Source::Text { name: "design".into(), text };
    process(&load_sources(&[source], &LoadOptions::default())?, options)
}

fn ok(nodes: &str) -> Processed {
    run(nodes, "", ProcessOptions::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn kinds(nodes: &str, rest: &str) -> Vec<ErrorKind> {
    let errors = run(nodes, rest, ProcessOptions::default()).expect_err("an error");
    errors.errors.into_iter().map(|error| error.kind).collect()
}

fn targets(processed: &Processed, name: &str) -> Vec<Value> {
    let all = processed.value["architecture_constraints"]["targets"].as_sequence().unwrap();
    all.iter().filter(|target| target["target"] == name).cloned().collect()
}

fn levels(processed: &Processed) -> Vec<String> {
    let local = processed.value["architecture"]["subtree"][0]["local"].as_sequence().unwrap();
    local.iter().map(|level| level["name"].as_str().unwrap().to_owned()).collect()
}

fn level<'p>(processed: &'p Processed, name: &str) -> &'p Value {
    let local = processed.value["architecture"]["subtree"][0]["local"].as_sequence().unwrap();
    local.iter().find(|level| level["name"].as_str().unwrap().starts_with(name)).unwrap()
}

#[test]
fn text_forms_of_factors_and_permutations_are_read() {
    let processed = ok("  - !Component
    name: b
    class: SRAM
    attributes: {datawidth: 8, depth: 4}
    constraints: {temporal: {factors: 'A=2 B<=4', permutation: BA}, dataspace: {keep: 'X, Y'}}");
    let [temporal, spaces] = &targets(&processed, "b")[..] else { panic!() };
    assert_eq!((&temporal["factors"], &temporal["permutation"]), (&"A=2,B<=4".into(), &"CBA".into()));
    assert_eq!(spaces["keep"], Value::from(vec!["X", "Y"]));
}

#[test]
fn nested_parallel_and_hierarchy_become_one_tree() {
    let processed = ok("  - !Parallel
    nodes:
    - !Hierarchical
      nodes:
      - !Component {name: p, class: regfile, attributes: {datawidth: 8}}
      - !Parallel
        nodes:
        - !Component {name: q, class: regfile, attributes: {datawidth: 8}, constraints: {dataspace: {keep: [X]}}}
        - !Component {name: r, class: regfile, attributes: {datawidth: 8}, constraints: {dataspace: {keep: [Y]}}}
    - !Component {name: s, class: regfile, attributes: {datawidth: 8}, constraints: {dataspace: {keep: [Z]}}}");
    assert_eq!(levels(&processed), ["dram[1..1]", "p[1..1]", "q[1..1]", "r[1..1]", "s[1..1]", "mac[1..1]"]);
    let bypass = |name| {
        let targets = targets(&processed, name);
        targets.iter().find(|t| t["type"] == "bypass").map(|t| t["bypass"].clone()).unwrap()
    };
    assert_eq!(bypass("p"), Value::from(vec!["Z"]));
    assert_eq!(bypass("q"), Value::from(vec!["Z", "Y"]));
    assert_eq!(bypass("s"), Value::from(vec!["X", "Y"]));
}

#[test]
fn container_attributes_are_names_within_their_branch() {
    let processed = ok("  - !Hierarchical
    nodes:
    - !Container {name: c, attributes: {w: 4, quoted: 'w * 2'}}
    - !Component {name: b, class: SRAM, attributes: {datawidth: w * 2, depth: dram.attributes.width // 3}}");
    let attributes = &level(&processed, "b[")["attributes"];
    assert_eq!((&attributes["datawidth"], &attributes["depth"]), (&8.into(), &21.into()));
    // Inheritance goes on behind the branch; the name does not.
    assert_eq!(level(&processed, "mac")["attributes"]["quoted"], "w * 2");
    let outside = kinds(
        "  - !Hierarchical {nodes: [!Container {name: c, attributes: {w: 4}}]}
  - !Component {name: b, class: SRAM, attributes: {datawidth: w}}",
        "",
    );
    assert!(matches!(&outside[..], [ErrorKind::Expression { text, .. }] if text == "w"), "{outside:?}");
}

#[test]
fn constraints_without_a_level_are_remarked_and_left_out() {
    let nodes = "  - !Container
    name: c
    constraints: {temporal: {factors: [A=1]}, spatial: {factors: [A=1]}}
  - !Component
    name: b
    class: SRAM
    attributes: {datawidth: 8}
    constraints: {spatial: {factors: [A=1]}}";
    let processed = ok(nodes);
    assert_eq!(processed.warnings.len(), 3, "{:?}", processed.warnings);
    assert!(targets(&processed, "b").iter().all(|target| target["type"] != "spatial"));
    let published = run(nodes, "", ProcessOptions { frontend_quirks: true, for_model: false }).unwrap();
    assert!(targets(&published, "b").iter().any(|target| target["type"] == "spatial"));
}

#[test]
fn axes_that_no_dimension_can_use_are_warned_about() {
    let warnings = |spatial: &str| {
        let node = format!(
            "  - !Container {{name: pe, spatial: {{meshX: 2, meshY: 3}}, constraints: {{spatial: {spatial}}}}}"
        );
        let texts = ok(&node).warnings;
        texts
            .iter()
            .filter_map(|text| text.split("spread over ").nth(1)?.get(..5).map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(warnings("{permutation: [A, B], split: 1}"), Vec::<String>::new());
    assert_eq!(warnings("{permutation: [A, B], split: 0}"), ["meshX"]);
    assert_eq!(warnings("{permutation: [A, B], split: 999}"), ["meshY"]);
    assert_eq!(warnings("{factors: [A=1, B=1]}"), ["meshX", "meshY"]);
    assert_eq!(warnings("{permutation: [A, B], factors: [A<=1], split: 1}"), ["meshX"]);
    assert_eq!(warnings("{}"), Vec::<String>::new());
}

#[test]
fn energy_tables_pass_only_with_area_tables() {
    let with = "ERT: {tables: [1]}\nART: {tables: [{name: x, area: 1}]}";
    let processed = run("", with, ProcessOptions::default()).unwrap();
    assert_eq!(processed.value["ART"]["tables"][0]["area"], 1);
    assert_eq!(processed.value["ERT"]["tables"][0], 1);
    let processed = run("", "ERT: {tables: [1]}", ProcessOptions::default()).unwrap();
    assert!(processed.value.get("ERT").is_none());
}

/// A description for layers of any shape names all dimensions at once.
#[test]
fn a_rank_may_flatten_all_dimensions() {
    let formats = "representation_format: {data_spaces: [{name: X, ranks: [{format: UOP, flattened_rankIDs: [[B], ['*']]}, {format: CP}]}]}";
    let own = format!(
        "  - !Component {{name: glb, class: SRAM, attributes: {{depth: 8, width: 16, datawidth: 16}}, sparse_optimizations: {{{formats}}}}}"
    );
    let rest = format!("sparse_optimizations: {{targets: [{{target: dram, {formats}}}]}}");
    let processed = run(&own, &rest, ProcessOptions::default()).unwrap();
    let targets = processed.value["sparse_optimizations"]["targets"].as_sequence().unwrap();
    assert_eq!(targets.len(), 2);
    let sets: Value = serde_yaml::from_str("[[B], [A, B, C]]").unwrap();
    for target in targets {
        let ranks = &target["representation_format"]["data_spaces"][0]["ranks"];
        assert_eq!((&ranks[0]["flattened_rankIDs"], &ranks[1]["flattened_rankIDs"]), (&sets, &Value::Null));
    }
}

#[test]
fn sparse_optimizations_are_attached() {
    let rest = "sparse_optimizations: {targets: [{target: dram, action_optimization: [{type: skipping}]}]}";
    let processed = run("", rest, ProcessOptions::default()).unwrap();
    let target = &processed.value["sparse_optimizations"]["targets"][0];
    assert_eq!((&target["name"], &target["action_optimization"][0]["type"]), (&"dram".into(), &"skipping".into()));
    assert!(processed.warnings.is_empty(), "{:?}", processed.warnings);
    // What the published front end refuses is passed on with a remark.
    let rest = "sparse_optimizations: {targets: [{target: dram, action_optimization: [{type: gating, target: X, condition_on: [X]}]}]}";
    let warnings = run("", rest, ProcessOptions::default()).unwrap().warnings.join("\n");
    assert!(
        warnings.contains("targets[0].action_optimization[0]: Timeloop's own front end refuses an entry without"),
        "{warnings}"
    );
}

#[test]
fn mistakes_are_named() {
    let unknown = |kind: &ErrorKind, what: &str, name: &str| matches!(kind, ErrorKind::Unknown { what: w, name: n, .. } if *w == what && n == name);
    let buffer = |constraints: &str| {
        format!("  - !Component {{name: b, class: SRAM, attributes: {{datawidth: 8}}, constraints: {{{constraints}}}}}")
    };
    // All mistakes of a design at once.
    let all = kinds(&buffer("temporal: {factors: [D=1, A4], permutation: [E]}, dataspace: {keep: [W]}"), "");
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.iter().any(|kind| unknown(kind, "dimension", "D")));
    assert!(all.iter().any(|kind| unknown(kind, "dimension", "E")));
    assert!(all.iter().any(|kind| unknown(kind, "data space", "W")));
    assert!(all.contains(&ErrorKind::BadFactor("A4".into())));
    assert!(matches!(&kinds(&buffer("dataspace: {keep: [X], bypass: [X]}"), "")[..], [ErrorKind::Contradiction(_)]));
    assert!(
        matches!(&kinds(&buffer("temporal: {maximize_dims: [[A]]}"), "")[..], [ErrorKind::Missing(key)] if key == "maximize_dims_capacity")
    );
    assert!(unknown(&kinds("  - !Componnet {name: x}", "")[0], "tag", "!Componnet"));
    assert!(matches!(&kinds("  - {name: x}", "")[..], [ErrorKind::WrongType { .. }]));
    assert!(matches!(&kinds("  - !Container {name: dram}", "")[..], [ErrorKind::Invalid(_)]));
    assert!(matches!(&kinds("  - !Container {name: c, spatial: {meshX: 0}}", "")[..], [ErrorKind::Invalid(_)]));
    assert!(matches!(&kinds("  - !Container {name: c, spatial: {meshX: 2.5}}", "")[..], [ErrorKind::WrongType { .. }]));
    assert!(matches!(&kinds("", "mapper: {version: 0.3}")[..], [ErrorKind::Version(_)]));
}

#[test]
fn the_last_node_must_compute() {
    let text = format!(
        "{PROBLEM}\narchitecture: {{nodes: [!Component {{name: d, class: DRAM, attributes: {{datawidth: 8}}}}]}}"
    );
    let document = load_sources(&[Source::Text { name: "t".into(), text }], &LoadOptions::default()).unwrap();
    let errors = process(&document, ProcessOptions::default()).unwrap_err();
    assert!(matches!(&errors.errors[..], [error] if matches!(error.kind, ErrorKind::LastNotCompute(_))), "{errors}");
}

#[test]
fn unknown_keys_are_remarked() {
    let nodes = "  - !Component
    name: b
    clas: x
    class: SRAM
    attributes: {datawidth: 8, anything: 1}
    constraints: {temporal: {permuation: [A]}}";
    let warnings = run(nodes, "nonsense: 1\nmapper: {num_thread: 4}", ProcessOptions::default()).unwrap().warnings;
    let has = |part: &str| warnings.iter().any(|warning| warning.contains(part));
    assert!(has("clas: unknown key, ignored; did you mean \"class\"?"), "{warnings:?}");
    assert!(
        has("did you mean \"permutation\"?") && has("nonsense: unknown key") && has("did you mean \"num_threads\"?")
    );
    assert_eq!(warnings.len(), 4, "{warnings:?}");
    assert!(warnings[0].starts_with("design:22: "), "{warnings:?}");
}
