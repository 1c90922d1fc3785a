//! Loops, branches, sequences and dimensions of files as exporters write them, each with the answer that was worked out
//! independently (tests/data/README.md).

use onnx2timeloop::onnx::{Bindings, InputShape, InputValue, Phase, Source, import};
use onnx2timeloop::workload::Network;

use crate::kit::onnx::lines;
use crate::kit::path;

fn read(name: &str, bindings: &Bindings) -> Result<Network, String> {
    let source = Source::Path(path(&format!("tests/data/onnx/{name}.onnx")));
    import(&source, name, bindings).map_err(|error| error.to_string())
}

fn network(name: &str, bindings: &Bindings) -> Network {
    read(name, bindings).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn shape(dims: &[u64]) -> Bindings {
    named_shape(None, dims)
}

fn named_shape(name: Option<&str>, dims: &[u64]) -> Bindings {
    let shape = InputShape { name: name.map(str::to_owned), dims: dims.to_vec() };
    Bindings { input_shapes: vec![shape], ..Bindings::default() }
}

fn dims(sizes: &[(&str, u64)]) -> Bindings {
    let dims = sizes.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect();
    Bindings { dims, ..Bindings::default() }
}

fn value(name: &str, elements: &[f64]) -> InputValue {
    InputValue { name: name.to_owned(), elements: elements.to_vec() }
}

/// The MACs of a network of which everything is certain.
fn macs(name: &str, bindings: &Bindings) -> u64 {
    let network = network(name, bindings);
    assert_eq!(network.mac_coverage, Some(1.0), "{name}: {:#?}", lines(&network));
    assert_eq!(network.warnings, Vec::<String>::new(), "{name}");
    network.macs
}

#[test]
fn a_loop_whose_condition_depends_on_constants_repeats_its_layers() {
    let bindings = Bindings::default();
    assert_eq!(macs("loop_static_condition", &bindings), 512);
    assert_eq!(macs("loop_static_condition_then_matmul", &bindings), 1024);
    assert_eq!(macs("keras_gru", &bindings), 7056);
}

#[test]
fn a_loop_whose_shapes_change_has_layers_for_every_iteration() {
    let network = network("loop_shape_changes", &Bindings::default());
    assert_eq!(macs("loop_shape_changes", &Bindings::default()), 111_744);
    let outputs: Vec<_> = network.layers.iter().map(|layer| layer.output.clone()).collect();
    assert_eq!(outputs, [[1, 4, 18, 18], [1, 4, 16, 16], [1, 4, 14, 14]]);
}

#[test]
fn a_branch_that_cannot_run_is_not_counted() {
    let one = network("if_one_branch_valid", &named_shape(Some("x"), &[2, 576]));
    assert_eq!((one.macs, one.mac_coverage), (4608, Some(1.0)));
    assert!(one.warnings[0].contains("else_branch cannot run"), "{:?}", one.warnings);
    // The value of an input decides, too, and then nothing is to be said.
    let decided = Bindings { input_values: vec![value("sr", &[16000.0])], ..named_shape(Some("x"), &[2, 576]) };
    assert_eq!(macs("if_one_branch_valid", &decided), 4608);
    let other = Bindings { input_values: vec![value("sr", &[8000.0])], ..named_shape(Some("x"), &[2, 288]) };
    assert_eq!(macs("if_one_branch_valid", &other), 2304);
    for (bindings, part) in [
        (Bindings { input_values: vec![value("sr", &[0.5])], ..Bindings::default() }, "of type INT64"),
        (Bindings { input_values: vec![value("sr", &[1.0, 2.0])], ..Bindings::default() }, "2 elements are given"),
        (Bindings { input_values: vec![value("rate", &[1.0])], ..Bindings::default() }, "no input `rate`"),
    ] {
        let message = read("if_one_branch_valid", &bindings).unwrap_err();
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_dimension_that_only_a_declaration_names_can_be_bound() {
    assert_eq!(macs("unbacked_dim", &dims(&[("u0", 5)])), 160);
    let open = network("unbacked_dim", &Bindings::default());
    assert_eq!((open.layers.len(), open.mac_coverage), (0, None));
    assert!(open.is_unknown());
    let [layer] = open.unknown_layers.as_slice() else { panic!("{:?}", open.unknown_layers) };
    for part in ["node `nz` (NonZero)", "--dim u0=N", "--shape f=N,2"] {
        assert!(layer.reason.contains(part), "{part}: {}", layer.reason);
    }
    let stated = Bindings { shapes: vec![("f".to_owned(), vec![7, 2])], ..Bindings::default() };
    assert_eq!(macs("unbacked_dim", &stated), 224);
    let message = read("unbacked_dim", &Bindings { shapes: vec![("f".to_owned(), vec![7, 3])], ..Bindings::default() })
        .unwrap_err();
    assert!(message.contains("value `f` cannot have the shape [7,3]: it has [?,2]"), "{message}");
    let message =
        read("unbacked_dim", &Bindings { shapes: vec![("g".to_owned(), vec![7])], ..Bindings::default() }).unwrap_err();
    assert!(message.contains("no value `g`"), "{message}");
}

#[test]
fn sums_and_products_of_dimensions_follow_from_their_parts() {
    // [1, 10 + 5, 8] x [8, 8].
    assert_eq!(macs("dim_sum", &dims(&[("b", 1), ("past", 10), ("seq", 5)])), 960);
    assert_eq!(macs("dim_product", &dims(&[("b", 1), ("half", 5)])), 640);
    assert_eq!(macs("dim_product", &dims(&[("b", 1), ("2*half", 10)])), 640);
    // The parts follow from the whole, too, where only one number will do.
    assert_eq!(macs("dim_sum", &dims(&[("b", 1), ("past + seq", 15), ("seq", 5)])), 960);
    let message = read("dim_sum", &dims(&[("b", 1), ("past + seq", 15)])).unwrap_err();
    assert!(message.contains("--dim past=N"), "{message}");
    // A batch is what is open still.
    let batch = Bindings { batch: Some(2), ..dims(&[("half", 5)]) };
    assert_eq!(macs("dim_product", &batch), 1280);
    let message = read("dim_product", &dims(&[("b", 1)])).unwrap_err();
    assert!(message.contains("bind `2*half` with --dim half=N"), "{message}");
    let message = read("dim_product", &dims(&[("b", 1), ("half", 5), ("2*half", 11)])).unwrap_err();
    assert!(message.contains("`2*half` is bound to 11 and to 10"), "{message}");
}

#[test]
fn a_size_that_is_stated_twice_is_no_contradiction() {
    let twice = |batch| Bindings { batch: Some(batch), ..shape(&[2, 8]) };
    assert_eq!(macs("batch_and_input_shape", &twice(2)), 128);
    let message = read("batch_and_input_shape", &twice(3)).unwrap_err();
    assert!(message.contains("`batch` is bound to 3 and to 2"), "{message}");
}

#[test]
fn shapes_in_a_file_beside_the_model_are_read() {
    assert_eq!(macs("external_shape/ext2", &Bindings::default()), 8 * 8 * 9 * 8 * 18);
    // Alone, the file tells less, and says so.
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("ext2.onnx");
    std::fs::copy(path("tests/data/onnx/external_shape/ext2.onnx"), &alone).unwrap();
    let alone = import(&Source::Path(alone), "alone", &Bindings::default()).unwrap();
    assert_eq!((alone.layers.len(), alone.unknown_layers.len(), alone.mac_coverage), (0, 1, None));
    assert!(alone.warnings[0].contains("tensor `sh` lie in `ext2.bin`"), "{:?}", alone.warnings);
}

#[test]
fn sequences_have_lengths_and_shapes() {
    let network = network("sequence_unbind", &shape(&[2, 3, 4, 20, 20]));
    assert_eq!(
        (network.macs, network.mac_coverage),
        (3 * 2 * 8 * 20 * 20 * 4 * 9, Some(1.0)),
        "{:?}",
        network.warnings
    );
    assert_eq!(network.layers[0].executions, 3);
    assert_eq!(network.warnings, Vec::<String>::new());
}

#[test]
fn networks_that_contradict_themselves_are_refused_with_the_reason() {
    for (name, part) in [
        ("perm_negative", "node `t` (Transpose): its perm [0, -2, -1, 1] is no permutation"),
        ("add_mismatch", "node `t` (Add): its operands of shapes [2,3,8] and [4,8] do not broadcast"),
    ] {
        let message = read(name, &Bindings::default()).unwrap_err();
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// The decoder of onnxruntime-genai: tokens, past and total are bound, and both phases differ where they must.
#[test]
fn phases_of_a_decoder_are_bound() {
    let phase = |name: &str, tokens, past| Bindings {
        batch: Some(1),
        phase: Some(Phase { name: name.to_owned(), tokens, past }),
        ..dims(&[("kv_cache_dim", 16)])
    };
    let size = |network: &Network, input: &str| {
        network
            .inputs
            .iter()
            .find(|(name, _)| name == input)
            .unwrap()
            .1
            .clone()
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let prefill = network("genai_llama_int4", &phase("prefill", 32, 0));
    assert_eq!((size(&prefill, "input_ids"), size(&prefill, "attention_mask")), (vec![1, 32], vec![1, 32]));
    assert_eq!(size(&prefill, "past_key_values.0.key"), [1, 2, 0, 16]);
    let decode = network("genai_llama_int4", &phase("decode", 1, 96));
    assert_eq!((size(&decode, "input_ids"), size(&decode, "attention_mask")), (vec![1, 1], vec![1, 97]));
    assert_eq!(size(&decode, "past_key_values.0.key"), [1, 2, 96, 16]);
    let product = |network: &Network| network.layers[0].macs;
    assert_eq!(product(&prefill), 32 * product(&decode));
    let message = read("keras_gru", &phase("decode", 1, 4)).unwrap_err();
    assert!(message.contains("cannot run the phase `decode`: no input of it holds tokens"), "{message}");
}
