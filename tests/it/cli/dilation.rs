//! `dilation` as a user meets it.

use std::fs;
use std::path::Path;

use prost::Message;

use crate::kit::onnx::{FLOAT, dims, graph, info, int_list, model_of, node, tensor};
use crate::kit::{Ran, json, program_in};

/// One convolution of 3 x 3, four channels in and out, on 8 x 8 points.
fn network(dilation: i64) -> Vec<u8> {
    let attributes = vec![
        int_list("kernel_shape", &[3, 3]),
        int_list("dilations", &[dilation; 2]),
        int_list("pads", &[dilation; 4]),
    ];
    let nodes = vec![node("Conv", "x w", "y", attributes)];
    let weights = vec![tensor("w", FLOAT, &[4, 4, 3, 3])];
    model_of(21, graph(vec![info("x", FLOAT, &dims(&[1, 4, 8, 8]))], weights, nodes, "y")).encode_to_vec()
}

fn run(folder: &Path, words: &str) -> Ran {
    Ran::of(&mut program_in(folder, words))
}

#[test]
fn a_dilated_layer_is_compared_with_its_variants() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("two.onnx"), network(2)).unwrap();
    let Ran { code, stdout, stderr } = run(folder.path(), "dilation two.onnx --arch eyeriss_like -o out");
    assert_eq!(code, 0, "{stderr}");
    insta::assert_snapshot!("dilation", stdout);
    let out = folder.path().join("out/two");
    let study = json(&out.join("dilation.json"));
    let variants = study["layers"][0]["variants"].as_array().unwrap();
    let macs: Vec<u64> = variants.iter().map(|row| row["macs"].as_u64().unwrap()).collect();
    // 4 x 4 channels, 8 x 8 points, 3 x 3 taps, or 5 x 5 with the zeros.
    assert_eq!(macs, [9216, 9216, 25_600, 25_600, 25_600, 9216]);
    // Gating takes the time of the zeros, skipping takes less; 9 of 25 taps are left.
    let cell = |row: usize| &variants[row]["cells"][0];
    assert_eq!(cell(3)["cycles"], cell(2)["cycles"]);
    assert!(cell(4)["cycles"].as_u64() < cell(2)["cycles"].as_u64());
    assert_eq!(
        (&cell(3)["zeros"]["actual_computes"], &cell(4)["zeros"]["actual_computes"]),
        (&9216.into(), &9216.into())
    );
    assert_eq!(cell(3)["zeros"]["gated_computes"], 25_600 - 9216);
    assert!(cell(4)["zeros"]["metadata_energy_pj"].as_f64() > Some(0.0));
    // A header, four variants with two footprints, two on hardware made for zeros.
    assert_eq!(fs::read_to_string(out.join("dilation.csv")).unwrap().lines().count(), 11);
    let findings = fs::read_to_string(out.join("dilation.md")).unwrap();
    assert!(findings.contains("identical multiply-accumulates"), "{findings}");
    for chart in
        ["dilation_edp_eyeriss_like", "dilation_edp_by_rate", "dilation_input_reads_by_rate", "dilation_row_sharing"]
    {
        insta::assert_snapshot!(chart, fs::read_to_string(out.join(format!("charts/{chart}.csv"))).unwrap());
        for extension in ["csv", "svg", "png"] {
            assert!(out.join(format!("charts/{chart}.{extension}")).exists(), "{chart}.{extension}");
        }
    }
    // From the cache, the same.
    let again = run(folder.path(), "dilation two.onnx --arch eyeriss_like -o again --chart-format none");
    assert_eq!(again.stdout, stdout);
    assert!(!folder.path().join("again/two/charts").exists());
}

#[test]
fn a_network_without_dilation_has_nothing_to_study() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.onnx"), network(1)).unwrap();
    let Ran { code, stdout, stderr } = run(folder.path(), "dilation one.onnx --arch eyeriss_like -o out");
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("no network has a dilated convolution") && stderr.contains("hint: "), "{stderr}");
    assert!(!folder.path().join("out/one").exists());
}

#[test]
fn options_that_do_not_go_with_dilation_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("two.onnx"), network(2)).unwrap();
    for (words, expected) in [("--mapper both", "one mapper"), ("--chart-metric cycles", "`run` and `report`")] {
        let Ran { code, stdout, stderr } = run(folder.path(), &format!("dilation two.onnx {words} -o out"));
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.contains(expected) && !folder.path().join("out").exists(), "{stderr}");
    }
}

/// Searches on hardware made for zeros that their budget ends are no proofs, and the command says how many they are.
#[test]
fn searches_on_hardware_made_for_zeros_say_when_they_are_no_proofs() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("two.onnx"), network(2)).unwrap();
    let words = "dilation two.onnx --arch eyeriss_like -o out --chart-format none --no-cache";
    let Ran { code, stderr, .. } = run(folder.path(), &format!("{words} --budget 50mappings"));
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("zero-inserted, skipping: 1 of 1 searches ended with their budget"), "{stderr}");
    let Ran { code, stderr, .. } = run(folder.path(), words);
    assert_eq!(code, 0, "{stderr}");
    assert!(!stderr.contains("ended with their budget"), "{stderr}");
}
