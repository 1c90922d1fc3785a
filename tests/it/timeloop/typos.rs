//! Mistakes in a v0.4 description: messages have the file, the line and the path as the user wrote it.

use onnx2timeloop::api::{Architecture, ArchitectureOptions, Description, Energies, ModelInputs, SearchOptions};

use crate::kit::data;

/// A convolution with 14 columns of outputs.
const PROBLEM: &str = "problem:
  version: 0.4
  instance: {C: 16, M: 16, R: 3, S: 3, N: 1, P: 14, Q: 14}
  shape:
    name: conv
    dimensions: [C, M, R, S, N, P, Q]
    data_spaces:
    - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[N]], [[C]], [[R], [P]], [[S], [Q]]]}
    - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
";

/// What opening a design of `tests/data/typos` for a search says: its error with earlier warnings, or its warnings.
fn messages(name: &str) -> Vec<String> {
    let file = data("typos").join(name);
    let mut description = Description::default();
    description.add_file(&file);
    description.add_text("problem.yaml", PROBLEM);
    let prepared = ModelInputs::of_mapper(&description, &ArchitectureOptions::default()).and_then(|mut inputs| {
        inputs.prepare_search(&SearchOptions::default())?;
        Ok(inputs.warnings)
    });
    let texts = match prepared {
        Ok(warnings) => warnings,
        Err(error) => std::iter::once(error.to_string()).chain(error.warnings.iter().cloned()).collect(),
    };
    let folder = format!("{}/", data("typos").display());
    texts
        .into_iter()
        .flat_map(|text| text.replace(&folder, "").lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_misspelt_attribute_is_named_as_it_was_written() {
    assert_eq!(
        messages("typo2.yaml"),
        [
            "typo2.yaml:23: level `shared_glb` has no size (entries, depth or sizeKB); only DRAM may be unlimited",
            "note: earlier warning: typo2.yaml:26: architecture.nodes[3].attributes.dept: unknown attribute of \
             `shared_glb` (did you mean `depth`?); it has no effect here",
        ]
    );
    assert_eq!(
        messages("typo17.yaml"),
        ["typo17.yaml:26: architecture.nodes[3].attributes.readbandwidth: unknown attribute of `shared_glb` (did you \
          mean `read_bandwidth`?); it has no effect here"]
    );
}

#[test]
fn misspelt_tags_and_data_spaces_have_their_line() {
    assert_eq!(
        messages("typo3.yaml"),
        ["typo3.yaml:13: architecture.nodes[1]: unknown tag \"!Componen\" (known: !Component)"]
    );
    assert_eq!(
        messages("typo5.yaml"),
        [
            "typo5.yaml:28: architecture.nodes[3].constraints.dataspace.keep: unknown data space \"Input\" (known: Inputs)"
        ]
    );
}

#[test]
fn a_factor_that_no_mesh_can_hold_is_said_before_the_search() {
    let expected = "typo7.yaml:37: architecture.nodes[4].constraints.spatial.factors: `Q=15` can never lie on 14 x 1 \
                    instances: problems with Q of 15 or more have no mapping, and for others it has no effect";
    assert_eq!(messages("typo7.yaml"), [expected]);
}

#[test]
fn a_table_for_another_size_is_warned_about() {
    let file = data("typos").join("table-of-eyeriss_like.yaml");
    let energies = Energies { ert: vec![file.clone()], art: vec![file.clone()], ..Energies::default() };
    let options = ArchitectureOptions { energies, ..ArchitectureOptions::default() };
    let design = data("typos/big.yaml");
    let description = Description::named(&design.display().to_string()).unwrap();
    let architecture = Architecture::read(&description, &options).unwrap();
    let expected = format!(
        "{}:26: architecture.nodes[3].attributes.depth: the energies of `shared_glb` ({}) were estimated for another component: \
         `shared_glb.depth` 16384 -> 65536; the numbers are those of the old one until the energies are estimated anew",
        design.display(),
        file.display()
    );
    assert_eq!(architecture.warnings, [expected]);
    // The preset itself has the size that its table is for.
    assert_eq!(Architecture::open("eyeriss_like").unwrap().warnings, [""; 0]);
}

/// A key that a node must have, misspelt in each place where one is required.
#[test]
fn a_misspelt_required_key_is_recognized() {
    let text = onnx2timeloop::architecture::presets::find("eyeriss_like").unwrap().text;
    for (from, to, line, key, written) in [
        ("datawidth: 8, read_bandwidth: 16", "datawidht: 8, read_bandwidth: 16", 26, "datawidth", "datawidht"),
        ("    class: smartbuffer_SRAM", "    clas: smartbuffer_SRAM", 23, "class", "clas"),
        ("    name: shared_glb", "    nmae: shared_glb", 23, "name", "nmae"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Architecture::from_text("design.yaml", &text.replacen(from, to, 1)).unwrap_err().to_string();
        let expected = format!("missing required key \"{key}\"; is \"{written}\" meant to be it?");
        assert!(error.contains(&expected) && error.starts_with(&format!("design.yaml:{line}: ")), "{error}");
    }
}

/// Keys of the processed form keep their own paths, with file and line.
#[test]
fn processed_files_have_lines_too() {
    let text = "architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - name: DRAM
      class: DRAM
      attributes: {width: 64, word_bits: 8, dept: 3}
    - name: mac
      class: intmac
";
    let architecture = Architecture::from_text("in.yaml", text).unwrap();
    assert_eq!(
        architecture.warnings,
        ["in.yaml:8: architecture.subtree[0].local[0].attributes.dept: unknown attribute of `DRAM` (did you mean \
          `depth`?); it has no effect here"]
    );
    let error = Architecture::from_text("in.yaml", &text.replace("name: mac", "nam: mac")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "in.yaml:9: `architecture.subtree[0].local[1].name` is missing; is `nam` meant to be it?"
    );
}
