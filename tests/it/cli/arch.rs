//! `arch` from the command line.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::*;
use predicates::str::contains;

use crate::kit::{data, folder, program};

#[test]
fn arch_list_has_a_line_for_each_preset() {
    let output = program().args(["arch", "list"]).assert().success().stderr("").get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    assert_eq!(text.lines().count(), 9);
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
    assert_eq!(by_file.get_output().stdout, by_name.get_output().stdout);
    let text = String::from_utf8(by_name.get_output().stdout.clone()).unwrap();
    let names: Vec<&str> = text.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names[..2], ["mac", "PEWeightRegs"]);
    assert_eq!(names.last(), Some(&"DRAM"));
    let buffer: Vec<&str> =
        text.lines().find(|line| line.starts_with("PEInputBuffer")).unwrap().split_whitespace().collect();
    assert_eq!(buffer, ["PEInputBuffer", "buffer", "65536", "16", "16x1", "242.0796", "241.5036", "241.5036"]);
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
        .stderr(contains("no energy table covers mac, glb, DRAM"));
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
