//! Mappings in the terms of the mappers, on shipped designs.

use super::*;

/// A convolution on a shipped design, with a mapping as the mappers write it.
const LAYER: &str = "
problem:
  version: 0.4
  instance: {C: 1, M: 1, R: 8, S: 2, N: 1, P: 3, Q: 7, Wstride: 2, Wdilation: 1, Hstride: 1, Hdilation: 2}
  shape:
    name: conv2d
    dimensions: [C, M, R, S, N, P, Q]
    coefficients: [{name: Wstride}, {name: Hstride}, {name: Wdilation}, {name: Hdilation}]
    data_spaces:
    - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]}
    - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
";
const NEST: &str = "
mapping:
- {target: output_activation_reg, type: datatype, keep: [], bypass: [Weights, Inputs, Outputs]}
- {target: input_activation_reg, type: datatype, keep: [], bypass: [Weights, Inputs, Outputs]}
- {target: weight_reg, type: datatype, keep: [], bypass: [Weights, Inputs, Outputs]}
- {target: inter_PE_spatial, type: datatype, keep: [], bypass: [Weights, Inputs, Outputs]}
- {target: inter_PE_spatial, type: spatial, factors: R4 S2 P3 Q7, permutation: RPSQCNM, split: 2}
- {target: shared_glb, type: temporal, factors: R2 S1 P1 Q1 M1, permutation: SPQMRCN}
- {target: DRAM, type: temporal, factors: C1}
";

fn on_preset(nest: &str) -> (TempDir, assert_cmd::assert::Assert) {
    let files = folder(&[("problem.yaml", LAYER), ("map.yaml", nest)]);
    let mut command = program();
    command
        .args(["evaluate", "--arch", "simple_weight_stationary", "--problem"])
        .arg(files.path().join("problem.yaml"));
    command.arg("--mapping").arg(files.path().join("map.yaml")).arg("-o").arg(files.path().join("out"));
    let assert = command.assert();
    (files, assert)
}

/// Mappings in the terms of the processed form are known by that form: they need not name every level, may number them, and a
/// mistake in one is one error.
#[test]
fn mappings_name_the_levels_of_presets_as_mappers_do() {
    let (named, assert) = on_preset(NEST);
    assert.success();
    // Level 3 is pe_spad, 4 inter_PE_spatial.
    let numbers = ["output_activation_reg", "input_activation_reg", "weight_reg", "pe_spad", "inter_PE_spatial"];
    let with_number = |text: String, (number, name): (usize, &&str)| text.replace(name, &number.to_string());
    let (numbered, assert) = on_preset(&numbers.iter().enumerate().fold(NEST.to_owned(), with_number));
    assert.success();
    let map = |files: &TempDir| read(&files.path().join("out/timeloop-model.map.yaml"));
    assert_eq!(map(&named), map(&numbered));
    let (_, typo) = on_preset(&NEST.replace("target: DRAM", "target: DRMA"));
    let typo = typo.code(2).stderr(contains("map.yaml:9: `mapping[6].target`: `DRMA` is not a storage level"));
    typo.stderr(contains("errors in the description").not());
    let (_, ignored) = on_preset(&NEST.replace("permutation: S", "permutatoin: S"));
    ignored.success().stderr(contains("mapping[5].permutatoin: unknown key, ignored (did you mean `permutation`?)"));
    let mut without = program();
    without
        .args(["evaluate", "--arch", "simple_weight_stationary", "--problem"])
        .arg(named.path().join("problem.yaml"));
    without.assert().code(2).stderr(contains("no mapping is given").and(contains("--mapping FILE")));
}

/// Of the words of groups of one and of two PEs, Timeloop divides each kind on its own: 1/3 and 5/3 make less than 2, and what is
/// filled is cut off. The reference program says the same.
#[test]
fn shares_are_added_group_by_group() {
    let (files, assert) = on_preset(NEST);
    assert.success();
    let record = record(&files.path().join("out"));
    let levels = record["levels"].as_array().unwrap();
    let spad = levels.iter().find(|level| level["name"] == "pe_spad").unwrap();
    let inputs = spad["data_spaces"].as_array().unwrap().iter().find(|space| space["name"] == "Inputs").unwrap();
    assert_eq!((&inputs["fills"], &inputs["reads"]), (&1.into(), &2.into()), "{inputs}");
}

/// Imperfect factors are counted through averages: here 440 computes for 448 outputs. What is less than nothing wraps, as in the
/// real tool's 64 bits, and the sum of both is right again (2 x 440 - 448, as the reference program has it).
#[test]
fn operations_wrap_where_computes_are_fewer_than_outputs() {
    let problem = LAYER.replace(
        "C: 1, M: 1, R: 8, S: 2, N: 1, P: 3, Q: 7, Wstride: 2",
        "C: 1, M: 2, R: 1, S: 1, N: 2, P: 8, Q: 14, Wstride: 3",
    );
    let nest = "
mapping:
- {target: inter_PE_spatial, type: datatype, bypass: [Weights, Inputs, Outputs]}
- {target: inter_PE_column_spatial, type: datatype, bypass: [Weights, Inputs, Outputs]}
- {target: inter_PE_spatial, type: spatial, factors: M2 P4, permutation: NQCSRMP, split: 5}
- {target: inter_PE_column_spatial, type: spatial, factors: 'Q3,2', permutation: CNPMRQS, split: 7}
- {target: DRAM, type: temporal, factors: N2 P2 Q5, permutation: PCQSNRM}
";
    let files = folder(&[("problem.yaml", &problem), ("map.yaml", nest)]);
    let mut command = program();
    command.args(["evaluate", "--arch", "eyeriss_like", "--problem"]).arg(files.path().join("problem.yaml"));
    command.arg("--mapping").arg(files.path().join("map.yaml")).arg("-o").arg(files.path().join("out"));
    command.assert().success();
    let stats = read(&files.path().join("out/timeloop-model.stats.txt"));
    for (what, count) in [("elementwise ops", "440"), ("reduction ops", "18446744073709551608"), ("ops", "432")] {
        let line = format!("    {:<40}: {count}\n", format!("Total {what}"));
        assert!(stats.contains(&line), "{line}");
    }
}

/// Energies have the unit that suits them: the smallest layer takes pJ, not 0.00 uJ.
#[test]
fn small_energies_are_printed_in_small_units() {
    let layer = LAYER.replace("C: 1, M: 1, R: 8, S: 2, N: 1, P: 3, Q: 7", "C: 1, M: 1, R: 1, S: 1, N: 1, P: 1, Q: 1");
    let nest = NEST.replace("R4 S2 P3 Q7", "R1 S1 P1 Q1").replace("R2 S1", "R1 S1");
    let files = folder(&[("problem.yaml", &layer), ("map.yaml", &nest)]);
    let mut command = program();
    command.args(["evaluate", "--arch", "simple_weight_stationary", "-v", "--problem"]);
    command.arg(files.path().join("problem.yaml")).arg("--mapping").arg(files.path().join("map.yaml"));
    let output = command.arg("-o").arg(files.path().join("out")).env("COLUMNS", "50").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let record: serde_json::Value = serde_json::from_str(&read(&files.path().join("out/timeloop-model.json"))).unwrap();
    let pj = record["energy_pj"].as_f64().unwrap();
    assert!((100.0..1e6).contains(&pj), "{pj}");
    let expected = if pj < 1000.0 { format!("{pj:.1} pJ") } else { format!("{:.3} nJ", pj / 1000.0) };
    assert!(text.contains(&format!("Energy       {expected}\n")), "{pj}: {text}");
    // The tables of the details keep to the terminal, too.
    let tables = text.lines().filter(|line| !line.starts_with("Cycles") && !line.starts_with("Throughput"));
    assert!(tables.clone().count() > 10 && tables.clone().all(|line| line.chars().count() <= 50), "{text}");
}
