//! `arch` from the command line.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::*;
use predicates::str::contains;

use crate::kit::{data, folder, program};

#[test]
fn arch_list_has_a_line_for_each_preset() {
    let output = program().args(["arch", "list"]).assert().success().stderr("").get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    assert_eq!(text.lines().count(), 11);
    let eyeriss = text.lines().next().unwrap();
    assert!(eyeriss.starts_with("eyeriss_like") && eyeriss.contains("168 PEs (14 x 12)"), "{eyeriss}");
    assert!(eyeriss.ends_with("DRAM > shared_glb > ifmap_spad > weights_spad > psum_spad"), "{eyeriss}");
}

#[test]
fn arch_check_accepts_what_arch_show_prints() {
    let shown = program().args(["arch", "show", "simba_like"]).assert().success().get_output().stdout.clone();
    let table =
        program().args(["arch", "show", "simba_like", "--energy"]).assert().success().get_output().stdout.clone();
    let files = folder(&[
        ("arch.yaml", std::str::from_utf8(&shown).unwrap()),
        ("table.yaml", std::str::from_utf8(&table).unwrap()),
    ]);
    let by_file = program()
        .args(["arch", "check"])
        .args([files.path().join("arch.yaml"), files.path().join("table.yaml")])
        .assert()
        .success()
        .stderr("");
    let by_name = program().args(["arch", "check", "simba_like"]).assert().success();
    let levels = |output: &[u8]| {
        let text = String::from_utf8(output.to_vec()).unwrap();
        text.split("\n\n").next().unwrap().to_owned()
    };
    let text = levels(&by_name.get_output().stdout);
    assert_eq!(levels(&by_file.get_output().stdout), text);
    let names: Vec<&str> = text.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names[..2], ["mac", "PEWeightRegs"]);
    assert_eq!(names.last(), Some(&"DRAM"));
    let buffer: Vec<&str> =
        text.lines().find(|line| line.starts_with("PEInputBuffer")).unwrap().split_whitespace().collect();
    assert_eq!(buffer, ["PEInputBuffer", "buffer", "65536", "16", "16x1", "306.2660", "305.5380", "305.5380"]);
    program().args(["arch", "show", "simba"]).assert().code(2).stderr(contains("there is no preset `simba`"));
}

#[test]
fn arch_check_warns_and_refuses() {
    let design = "architecture:\n  version: 0.4\n  nodes:\n  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 16}}\n  \
        - !Component {name: glb, class: SRAM, attributes: {depth: 64, width: 64, datawidth: 16, read_bandwith: 2}}\n  \
        - !Container {name: PE, spatial: {meshX: 4}, constraints: {spatial: {factors: [C=1,M=1,R=1,S=1,P=1,Q=1]}}}\n  \
        - !Component {name: mac, class: intmac}\n";
    let files = folder(&[("arch.yaml", design), ("bad.yaml", &design.replace("depth: 64", "depth: 6.5"))]);
    let check = |name: &str| program().args(["arch", "check"]).arg(files.path().join(name)).assert();
    check("arch.yaml")
        .success()
        .stderr(contains("read_bandwith").and(contains("read_bandwidth")))
        .stderr(contains("no dimension can be spread over meshX of PE"))
        .stderr(contains("nothing states or estimates the energies of mac, glb, DRAM"));
    check("bad.yaml").code(2).stdout("").stderr(contains("architecture.nodes[1].attributes.depth"));
    let old =
        program().args(["arch", "check"]).arg(data("raw/05-model-bandwidth-throttling/input.yaml")).assert().success();
    old.stdout(contains("spad   buffer        1024          8   8x1    1.2000"));
}

/// Constraints of old trees are looked at, too: for a convolution, if no problem is given.
#[test]
fn arch_check_reads_constraints_without_a_problem() {
    let tree = "architecture: {version: 0.3, subtree: [{name: system, local: [
        {name: DRAM, class: DRAM, attributes: {word-bits: 16}},
        {name: glb, class: SRAM, attributes: {entries: 64}},
        {name: 'mac[0..3]', class: intmac, attributes: {meshX: 4}}]}]}";
    let constraints = |entry: &str| format!("architecture_constraints: {{targets: [{{target: glb, {entry}}}]}}");
    let files = folder(&[
        ("tree.yaml", tree),
        ("split.yaml", &constraints("type: spatial, splitt: 1")),
        ("other.yaml", &constraints("type: temporal, factors: K=1")),
        ("target.yaml", &constraints("type: temporal").replace("glb", "gbl")),
    ]);
    let check = |name: &str| {
        let mut command = program();
        command.args(["arch", "check"]).args(["tree.yaml", name].map(|name| files.path().join(name))).assert().success()
    };
    check("split.yaml").stderr(contains("splitt: unknown key, ignored (did you mean `split`?)"));
    check("other.yaml")
        .stderr(contains("the constraints do not fit a convolution").and(contains("`K` is not a dimension")));
    check("target.yaml").stderr(contains("`gbl` is not a storage level"));
}

/// What `arch check --format json` says of a component.
fn component(arguments: &[&str], name: &str) -> serde_json::Value {
    let output = program().args(["arch", "check", "--format", "json"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let components = document["components"].as_array().unwrap();
    components.iter().find(|component| component["name"] == name).unwrap().clone()
}

#[test]
fn arch_check_says_what_a_component_costs_and_how_that_is_known() {
    let glb = component(&["eyeriss_like"], "shared_glb");
    assert_eq!(glb["class"], "smartbuffer_SRAM");
    assert_eq!(
        glb["actions"],
        serde_json::json!({"read": 59.48, "write": 49.7392, "update": 49.7392, "leak": 0.024_764_3})
    );
    assert_eq!(glb["area_um2"], 897_074.0);
    assert_eq!(glb["attributes"]["technology"], "65nm");
    assert!(glb["source"].as_str().unwrap().starts_with("CACTI table, same organisation, about 0.2 %"), "{glb}");
    assert!(glb["notes"][0].as_str().unwrap().starts_with("`n_banks: 32` has no effect"), "{glb}");
    let mac = component(&["eyeriss_like"], "mac");
    assert_eq!((&mac["actions"]["compute"], &mac["area_um2"]), (&1.408_83.into(), &1397.4.into()));
    // The same in the state of May 2024, and by Timeloop's formulas.
    let mac = component(&["eyeriss_like", "--energy", "recorded-2024-05"], "mac");
    assert_eq!(mac["actions"]["compute"], 0.207_692);
    assert!(mac["source"].as_str().unwrap().starts_with("preset eyeriss_like: Accelergy"), "{mac}");
    let mac = component(&["eyeriss_like", "--energy", "pat"], "mac");
    assert_eq!((&mac["actions"]["compute"], &mac["area_um2"]), (&1.0.into(), &serde_json::Value::Null));
    program()
        .args(["arch", "check", "eyeriss_like"])
        .assert()
        .success()
        .stdout(contains("shared_glb     smartbuffer_SRAM   16384      64      59.48    49.7392"))
        .stdout(contains("\nSources:\n  DRAM: DRAM LPDDR4, 8 pJ a bit\n"))
        .stdout(contains("\nNotes:\n  shared_glb: `n_banks: 32` has no effect"));
}

/// Editing one key of a preset moves its numbers a little, not to another technology.
#[test]
fn an_edited_preset_is_estimated_like_the_preset() {
    let shown = program().args(["arch", "show", "eyeriss_like"]).output().unwrap().stdout;
    let text = String::from_utf8(shown).unwrap().replace("depth: 16384", "depth: 8192");
    let files = folder(&[("own.yaml", &text)]);
    let own = files.path().join("own.yaml");
    let own = own.to_str().unwrap();
    let (mac, glb) = (component(&[own], "mac"), component(&[own], "shared_glb"));
    assert_eq!(mac, component(&["eyeriss_like"], "mac"));
    let read = glb["actions"]["read"].as_f64().unwrap();
    assert!((30.0..59.48).contains(&read), "{glb}");
    program().args(["arch", "check", own]).assert().success().stderr("");
}

#[test]
fn arch_show_energy_compares_the_estimates_with_the_recorded_table() {
    let shown = program().args(["arch", "show", "eyeriss_like", "--energy"]).output().unwrap().stdout;
    let text = String::from_utf8(shown).unwrap();
    assert!(text.contains("    attributes: {class: smartbuffer_SRAM, "), "{text}");
    assert!(
        text.contains("    - {name: compute, energy: 1.40883} # recorded-2024-05: 0.207692; here 6.78 times that"),
        "{text}"
    );
    assert!(text.contains("  - {name: mac, area: 1397.4} # recorded-2024-05: 191.82; here 7.28 times that"), "{text}");
    // A table for another node, width or class is told.
    let design = String::from_utf8(program().args(["arch", "show", "eyeriss_like"]).output().unwrap().stdout).unwrap();
    let changed = design
        .replace("technology: \"65nm\"", "technology: \"45nm\"")
        .replace("adder_width: 16", "adder_width: 32")
        .replace("class: smartbuffer_SRAM", "class: smartbuffer_RF");
    let files = folder(&[("table.yaml", &text), ("own.yaml", &changed)]);
    let mut command = program();
    command
        .args(["arch", "check"])
        .arg(files.path().join("own.yaml"))
        .arg("--ert")
        .arg(files.path().join("table.yaml"));
    let told = command.assert().success();
    for difference in [
        "`mac.adder_width` 16 -> 32",
        "`mac.technology` 65nm -> 45nm",
        "`shared_glb.class` smartbuffer_SRAM -> smartbuffer_RF",
        "`psum_spad.technology` 65nm -> 45nm",
    ] {
        assert!(String::from_utf8_lossy(&told.get_output().stderr).contains(difference), "{difference}");
    }
}

/// What nothing knows is a warning; what is wrong is an error with its place, all at once.
#[test]
fn components_that_cannot_be_estimated_are_told_with_their_place() {
    let shown = program().args(["arch", "show", "eyeriss_like"]).output().unwrap().stdout;
    let design = String::from_utf8(shown).unwrap();
    let check = |text: &str| {
        let files = folder(&[("own.yaml", text)]);
        let output = program().args(["arch", "check", "own.yaml"]).current_dir(files.path()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = check(&design.replace("class: intmac", "class: intmacc"));
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("own.yaml:77: architecture.nodes[7]"), "{told}");
    assert!(
        told.contains("no estimator knows the class `intmacc`; did you mean \"intmac\"?\nhint: define the class"),
        "{told}"
    );
    let wrong = design
        .replace("depth: 192", "depth: -192")
        .replace("multiplier_width: 8", "multiplier_width: 8, plug_in: \"none\"");
    let (code, told) = check(&wrong);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("own.yaml:60: ") || told.contains("own.yaml:63: "), "{told}");
    let (code, told) = check(&design.replace("\"65nm\"", "\"3nm\""));
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("own.yaml:23: architecture.nodes[3]: component `shared_glb`"), "{told}");
    let circle = design
        + "\ncomponents:\n  version: 0.4\n  classes:\n  - name: intmac\n    attributes: {}\n    \
        subcomponents: [{name: self, class: intmac, attributes: {}}]\n    actions: []\n";
    let (code, told) = check(&circle);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("contains itself: intmac -> intmac"), "{told}");
}
