//! `--datawidth` from the command line: three exports of one network.

use onnx2timeloop::results::{self, NetworkResults};
use prost::Message;

use super::place::{ONE_DESIGN, Place};
use crate::kit::onnx::{FLOAT, INT8, dims, floats, graph, info, int_list, model_of, node, tensor};

const HALF: i32 = 10;

/// A convolution of 16 channels to 8 with 3 x 3 taps on 8 x 8, whose operands have this type.
fn plain(dtype: i32, dilation: i64) -> Vec<u8> {
    let attributes = vec![int_list("pads", &[dilation; 4]), int_list("dilations", &[dilation; 2])];
    let weights = vec![tensor("conv.weight", dtype, &[8, 16, 3, 3])];
    let nodes = vec![node("Conv", "x conv.weight", "y", attributes)];
    model_of(21, graph(vec![info("x", dtype, &dims(&[1, 16, 8, 8]))], weights, nodes, "y")).encode_to_vec()
}

/// The same between Quantize and Dequantize, `twice` with a plain one of the same shape beside it.
fn quantised(twice: bool) -> Vec<u8> {
    let inits = vec![
        tensor("conv.weight", INT8, &[8, 16, 3, 3]),
        tensor("other.weight", FLOAT, &[8, 16, 3, 3]),
        floats("s", &[1.0]),
        tensor("z", INT8, &[]),
    ];
    let pads = || vec![int_list("pads", &[1; 4])];
    let mut nodes = vec![
        node("QuantizeLinear", "x s z", "xq", vec![]),
        node("DequantizeLinear", "xq s z", "xd", vec![]),
        node("DequantizeLinear", "conv.weight s z", "wd", vec![]),
        node("Conv", "xd wd", if twice { "a" } else { "y" }, pads()),
    ];
    if twice {
        nodes.push(node("Conv", "x other.weight", "b", pads()));
        nodes.push(node("Add", "a b", "y", vec![]));
    }
    model_of(21, graph(vec![info("x", FLOAT, &dims(&[1, 16, 8, 8]))], inits, nodes, "y")).encode_to_vec()
}

fn of_run(place: &Place, folder: &str) -> Vec<NetworkResults> {
    results::read_folder(&place.path(folder)).unwrap().into_iter().map(Result::unwrap).collect()
}

#[test]
fn exports_of_one_network_run_at_their_own_widths() {
    let place = Place::new();
    place.write("a_single.onnx", plain(FLOAT, 1));
    place.write("b_half.onnx", plain(HALF, 1));
    place.write("c_byte.onnx", quantised(false));
    let words = format!("run a_single.onnx b_half.onnx c_byte.onnx {ONE_DESIGN} --chart-format none");
    let as_machine = place.run(&format!("{words} -o machine"));
    assert_eq!(as_machine.code, 0, "{}", as_machine.stderr);
    assert!(
        as_machine.stderr.contains("(`--datawidth from-network` gives each layer its own)"),
        "{}",
        as_machine.stderr
    );
    let own = place.run(&format!("{words} --datawidth from-network -o own"));
    assert_eq!(own.code, 0, "{}", own.stderr);
    assert!(!own.stderr.contains("--datawidth") && !own.stderr.contains("unknown attribute"), "{}", own.stderr);
    let energies = |folder: &str| -> Vec<f64> {
        of_run(&place, folder).iter().map(|run| run.totals.sums.as_ref().unwrap().energy_pj).collect()
    };
    let [single, half, byte] = energies("own")[..] else { panic!("three networks") };
    let [first, second, third] = energies("machine")[..] else { panic!("three networks") };
    assert_eq!((first, second), (third, third), "the machine counts its own words");
    assert_eq!(byte, third, "the machine has words of 8 bits");
    assert!(byte < half && half < single, "{byte} {half} {single}");
    // Main memory moves at least the bits of all tensors: 8 pJ each for every read and write.
    let words = f64::from(16 * 8 * 9 + 16 * 64 + 8 * 64);
    for (run, bits) in of_run(&place, "own").iter().zip([32u32, 16, 8]) {
        let results::LayerOutcome::Mapped(layer) = &run.layers[0].outcome else { panic!("mapped") };
        let memory = layer.components.iter().find(|component| component.name == "DRAM").unwrap();
        assert!(memory.energy_pj >= 8.0 * f64::from(bits) * words, "{}", run.network);
        assert_eq!((memory.word_bits, run.datawidth.as_deref()), (Some(bits.into()), Some("from-network")));
    }
    assert_eq!(of_run(&place, "machine")[0].datawidth, None);
    let options =
        |folder: &str| place.json(&format!("{folder}/manifest.json"))["networks"]["a_single"]["options"].clone();
    assert_eq!(options("own")["datawidth"], "from-network");
    assert!(options("machine").get("datawidth").is_none());
}

#[test]
fn equal_shapes_of_other_numbers_are_other_problems() {
    let place = Place::new();
    place.write("both.onnx", quantised(true));
    for (datawidth, problems, searches) in [("machine", 1, "1 of 1 searches"), ("from-network", 2, "2 of 2 searches")] {
        let ran = place.run(&format!(
            "run both.onnx {ONE_DESIGN} --chart-format none --no-cache --datawidth {datawidth} -o {datawidth}"
        ));
        assert!(ran.code == 0 && ran.stderr.contains(searches), "{}", ran.stderr);
        let entry = &place.json(&format!("{datawidth}/manifest.json"))["networks"]["both"];
        assert_eq!((entry["problems"].as_u64(), entry["layers"].as_u64()), (Some(problems), Some(2)), "{datawidth}");
    }
}

#[test]
fn the_dilation_study_knows_widths() {
    let place = Place::new();
    place.write("dilated.onnx", plain(FLOAT, 2));
    let ran =
        place.run(&format!("dilation dilated.onnx {ONE_DESIGN} --chart-format none --datawidth from-network -o out"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let results = place.files("out");
    let own: Vec<_> = results.iter().filter(|(name, _)| name.ends_with("results.json")).collect();
    assert!(!own.is_empty());
    for (name, text) in own {
        let json: serde_json::Value = serde_json::from_slice(text).unwrap();
        assert_eq!(json["datawidth"], "from-network", "{name}");
    }
}
