//! Zeros of weights, against what numpy counts (`tests/data/zeros/make.py`).

use std::fs;

use onnx2timeloop::onnx::{Bindings, ImportError, Source, import, import_measured};
use onnx2timeloop::workload::{Counted, Density, Layer, LayerTensor, Network};
use prost::Message;
use serde_json::Value;

use crate::kit::onnx::{FLOAT, dims, floats, graph, info, model_of, node, tensor};
use crate::kit::{data, json, model};

fn measured(source: &Source) -> Result<Network, ImportError> {
    import_measured(source, "weights", &Bindings::default())
}

/// The operand that is constant.
fn counted(layer: &Layer) -> Option<(Counted, Density)> {
    let known =
        [LayerTensor::Weights, LayerTensor::Inputs].into_iter().find_map(|tensor| layer.densities.of(tensor))?;
    Some((known.counted?, known.density))
}

/// Layers are named after their weights, unless these are computed.
fn of_layer<'n>(network: &'n Network, name: &str) -> &'n Layer {
    let (node, part) = name.split_once('.').unwrap_or((name, ""));
    let found =
        network.layers.iter().find(|layer| layer.node.starts_with(&format!("/{node}/")) && layer.name.ends_with(part));
    found.unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn zeros_of_every_form_of_weights_are_those_that_numpy_counts() {
    let network = measured(&Source::Path(data("zeros/weights.onnx"))).unwrap();
    assert_eq!(network.warnings, Vec::<String>::new());
    let expected = json(&data("zeros/expected.json"));
    let expected = expected.as_object().unwrap();
    assert_eq!(network.layers.len(), expected.len());
    for (name, expected) in expected {
        let (counted, density) = counted(of_layer(&network, name)).unwrap_or_else(|| panic!("{name}"));
        let pattern = counted.pattern.map_or(Value::Null, |pattern| pattern.to_string().into());
        let (nonzeros, elements) = (counted.nonzeros, counted.elements);
        assert_eq!(
            (nonzeros, elements, &pattern),
            (expected["nonzeros"].as_u64().unwrap(), expected["elements"].as_u64().unwrap(), &expected["pattern"]),
            "{name}"
        );
        let share = nonzeros as f64 / elements as f64;
        match counted.pattern {
            Some(pattern) => {
                assert_eq!(density, Density::FixedStructured(pattern.nonzeros as f64 / pattern.group as f64))
            }
            None if nonzeros == elements => assert_eq!(density, Density::DENSE),
            None => assert_eq!(density, Density::Hypergeometric(share)),
        }
    }
    let first = of_layer(&network, "first");
    assert!(first.densities.of(LayerTensor::Inputs).is_some() && first.densities.of(LayerTensor::Weights).is_none());
}

/// Nobody reads weights unless asked.
#[test]
fn zeros_are_counted_only_where_somebody_asks() {
    let network = import(&Source::Path(data("zeros/weights.onnx")), "weights", &Bindings::default()).unwrap();
    assert!(network.layers.iter().all(|layer| layer.densities.known().next().is_none()));
}

#[test]
fn weights_without_their_file_are_told_and_count_as_dense() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.onnx");
    fs::copy(data("zeros/weights.onnx"), &path).unwrap();
    let told = |network: &Network| {
        assert!(counted(of_layer(network, "external_random")).is_none());
        assert!(counted(of_layer(network, "raw_2_4")).is_some());
        let [warning] = &network.warnings[..] else { panic!("{:?}", network.warnings) };
        assert!(
            warning.contains("count as dense: tensors `external_4_8.weight`, `external_random.weight`"),
            "{warning}"
        );
        warning.clone()
    };
    let absent = told(&measured(&Source::Path(path.clone())).unwrap());
    assert!(absent.contains("`weights.data` beside the model, which cannot be read: No such file"), "{absent}");
    let in_memory = told(&measured(&Source::Bytes(fs::read(&path).unwrap().into())).unwrap());
    assert!(in_memory.contains("is not read from a file"), "{in_memory}");
    fs::write(folder.path().join("weights.data"), b"short").unwrap();
    let short = told(&measured(&Source::Path(path)).unwrap());
    assert!(short.contains("it is too short"), "{short}");
}

#[test]
fn stripped_weights_are_an_error_that_names_them() {
    let error = measured(&Source::Path(model("resnet18__ts_rbn"))).unwrap_err().to_string();
    assert!(error.contains("21 tensors, such as `onnx::Conv_193`"), "{error}");
    assert!(error.contains("stripped") && error.contains("\nhint: give the model with its weights"), "{error}");
}

/// What is computed otherwise, files outside of the folder, and files that lie about their sizes.
#[test]
fn what_cannot_be_counted_has_its_reason() {
    let weights = |initializer| vec![initializer, floats("known", &[0.0; 16])];
    let warning = |nodes: Vec<_>, initializer| {
        let mut weights = weights(initializer);
        weights[1].dims = vec![4, 4];
        let mut all = nodes;
        all.push(node("MatMul", "x known", "b", vec![]));
        let inputs = vec![info("x", FLOAT, &dims(&[2, 4]))];
        let model = model_of(21, graph(inputs, weights, all, "a"));
        measured(&Source::Bytes(model.encode_to_vec().into())).unwrap().warnings
    };
    let square = |values: &[f32]| onnx2timeloop::onnx::proto::TensorProto { dims: vec![4, 4], ..floats("w", values) };
    let product = |weight: &str| node("MatMul", &format!("x {weight}"), "a", vec![]);
    let computed = warning(vec![node("Exp", "w", "e", vec![]), product("e")], square(&[0.0; 16]));
    assert!(computed[0].contains("tensor `e` is computed by Exp nodes such as `node_e`"), "{computed:?}");
    let lying = warning(vec![product("w")], square(&[0.0; 15]));
    assert!(lying[0].contains("tensor `w` of 64 bytes, of which the file has 60"), "{lying:?}");
    let mut outside = tensor("w", FLOAT, &[4, 4]);
    outside.data_location = 1;
    let entry = |key: &str, value: &str| onnx2timeloop::onnx::proto::StringStringEntryProto {
        key: key.into(),
        value: value.into(),
    };
    outside.external_data = vec![entry("location", "../secret")];
    let folder = tempfile::tempdir().unwrap();
    let inputs = vec![info("x", FLOAT, &dims(&[2, 4]))];
    let model = model_of(21, graph(inputs, vec![outside], vec![product("w")], "a"));
    fs::create_dir(folder.path().join("inner")).unwrap();
    fs::write(folder.path().join("secret"), [0u8; 64]).unwrap();
    let path = folder.path().join("inner/model.onnx");
    fs::write(&path, model.encode_to_vec()).unwrap();
    let refused = measured(&Source::Path(path)).unwrap_err().to_string();
    assert!(refused.contains("it is no path below the model's folder"), "{refused}");
    let zeros = warning(vec![product("w")], square(&[1.0; 16]));
    assert!(zeros.iter().any(|warning| warning.contains("all weights of `node_b` are zero")), "{zeros:?}");
}
