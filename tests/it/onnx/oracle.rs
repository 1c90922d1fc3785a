//! Every model against what PyTorch executed for it (`tests/oracle/NAME.json`): all fields of all layers.

use onnx2timeloop::onnx::{Bindings, ImportError, InputShape, Source, import};
use onnx2timeloop::workload::{Axis, Layer, Network, Operation};
use serde_json::Value;

use crate::kit::{json, model, path};

fn oracle(name: &str) -> Value {
    json(&path("tests/oracle").join(format!("{name}.json")))
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

fn imported(name: &str, oracle: &Value) -> Result<Network, ImportError> {
    let mut bindings = Bindings::default();
    if name.contains("_dyn") || name.contains("control_if_loop") {
        bindings.input_shapes = vec![InputShape { name: None, dims: numbers(&oracle["inputs"][0]) }];
    }
    import(&Source::Path(model(name)), name, &bindings)
}

/// The oracle's convolution as text, every field that does not depend on how the file expresses padding; and ours.
fn expected_convolution(conv: &Value) -> String {
    format!(
        "batch {} groups {} channels {}->{} kernel {:?} stride {:?} dilation {:?} weight {:?} output {:?} macs {}",
        conv["batch"],
        conv["groups"],
        conv["in_channels_per_group"],
        conv["out_channels_per_group"],
        numbers(&conv["kernel"]),
        numbers(&conv["stride"]),
        numbers(&conv["dilation"]),
        numbers(&conv["weight"]),
        numbers(&conv["output"]),
        conv["macs"],
    )
}

fn actual_convolution(layer: &Layer) -> String {
    let conv = layer.convolution().unwrap();
    let axis = |size: fn(&Axis) -> u64| conv.window.iter().map(size).collect::<Vec<_>>();
    format!(
        "batch {} groups {} channels {}->{} kernel {:?} stride {:?} dilation {:?} weight {:?} output {:?} macs {}",
        conv.batch,
        conv.groups,
        conv.in_channels_per_group,
        conv.out_channels_per_group,
        axis(|axis| axis.kernel),
        axis(|axis| axis.stride),
        axis(|axis| axis.dilation),
        layer.weight,
        layer.output,
        layer.macs,
    )
}

fn check_convolution(layer: &Layer, conv: &Value) {
    assert_eq!(actual_convolution(layer), expected_convolution(conv));
    let ours = layer.convolution().unwrap();
    if let Some(node) = conv["node"].as_str() {
        assert_eq!(layer.node, node);
        assert_eq!(layer.name, conv["module"].as_str().unwrap());
    }
    let onnx_pads: Vec<i64> =
        ours.window.iter().map(|axis| axis.pad_before).chain(ours.window.iter().map(|axis| axis.pad_after)).collect();
    if let Some(pads) = conv["onnx_pads"].as_array() {
        assert_eq!(onnx_pads, pads.iter().map(|pad| pad.as_i64().unwrap()).collect::<Vec<_>>());
    }
    // Exporters move padding between the convolution and a node before it; the padded input is the same.
    let framework_input = numbers(&conv["framework_input"]);
    let framework_padding = numbers(&conv["framework_padding"]);
    let mut same_padding = true;
    for (number, axis) in ours.window.iter().enumerate() {
        let (input, padding) = (framework_input[number + 2] as i64, framework_padding[number] as i64);
        assert_eq!(axis.input as i64 + axis.pad_before + axis.pad_after, input + 2 * padding, "{}", layer.node);
        same_padding &= axis.pad_before == padding && axis.pad_after == padding;
    }
    if same_padding {
        assert_eq!(layer.input, framework_input);
    }
    if let Some(inside) = conv["macs_not_on_padding"].as_u64() {
        if same_padding {
            assert_eq!(layer.macs_not_on_padding, inside, "{}", layer.node);
        } else {
            // The same formula on the framework's own input and padding.
            let pairs: u64 = ours
                .window
                .iter()
                .enumerate()
                .map(|(number, axis)| {
                    let pad = framework_padding[number] as i64;
                    let framework = Axis::convolution(
                        axis.kernel,
                        axis.stride,
                        axis.dilation,
                        (pad, pad),
                        framework_input[number + 2],
                    );
                    framework.unwrap().pairs_inside(false)
                })
                .product();
            let channels = ours.batch * ours.groups * ours.in_channels_per_group * ours.out_channels_per_group;
            assert_eq!(pairs * channels, inside, "{}", layer.node);
        }
    }
}

/// (batch, m, n, k) of every product that the oracle states, in order.
fn expected_products(oracle: &Value) -> Vec<[u64; 4]> {
    let mut products = Vec::new();
    for product in oracle["matmuls"].as_array().unwrap() {
        if product["op"] == "SDPA" {
            let [q, k, v] = ["q", "k", "v"].map(|name| numbers(&product[name]));
            let rank = q.len();
            let batch = q[..rank - 2].iter().product();
            products.push([batch, q[rank - 2], k[rank - 2], q[rank - 1]]);
            products.push([batch, q[rank - 2], v[rank - 1], k[rank - 2]]);
        } else {
            let [a, b] = ["a", "b"].map(|name| numbers(&product[name]));
            assert_eq!((a.len(), b.len()), (2, 2));
            products.push([1, a[0], b[1], a[1]]);
        }
    }
    products
}

fn check(name: &str) {
    let oracle = oracle(name);
    let network = imported(name, &oracle).unwrap_or_else(|error| panic!("{name}: {error}"));
    let convolutions: Vec<&Layer> = network.layers.iter().filter(|layer| layer.convolution().is_some()).collect();
    let expected = oracle["convs"].as_array().unwrap();
    assert_eq!(convolutions.len(), expected.len(), "{name}: convolutions");
    let mut actual_products = Vec::new();
    for layer in &network.layers {
        if let Operation::MatMul(matmul) = &layer.operation {
            for _ in 0..layer.executions {
                actual_products.push([matmul.batch, matmul.m, matmul.n, matmul.k]);
            }
        }
    }
    let mut products = expected_products(&oracle);
    if oracle["ordered"] == false {
        let mut ours: Vec<String> = convolutions.iter().map(|layer| actual_convolution(layer)).collect();
        let mut theirs: Vec<String> = expected.iter().map(expected_convolution).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{name}");
        actual_products.sort_unstable();
        products.sort_unstable();
        let inside: u64 = convolutions.iter().map(|layer| layer.macs_not_on_padding).sum();
        let expected_inside: u64 = expected.iter().map(|conv| conv["macs_not_on_padding"].as_u64().unwrap()).sum();
        assert_eq!(inside, expected_inside, "{name}: MACs not on padding");
    } else {
        for (layer, conv) in convolutions.iter().zip(expected) {
            check_convolution(layer, conv);
        }
    }
    assert_eq!(actual_products, products, "{name}: products");
    let conv_macs: u64 = convolutions.iter().map(|layer| layer.macs * layer.executions).sum();
    assert_eq!(conv_macs, oracle["conv_macs"].as_u64().unwrap(), "{name}: convolution MACs");
    assert_eq!(network.macs, oracle["total_macs"].as_u64().unwrap(), "{name}: MACs");
    assert_eq!(
        network.mac_coverage,
        Some(1.0),
        "{name}: {:?}",
        network.not_lowered.iter().find(|n| !n.reason.contains("no multiply"))
    );
    assert_eq!(network.warnings, Vec::<String>::new(), "{name}");
}

/// One test per model, so that a failure names it.
macro_rules! models {
    ($($name:ident)*) => {
        $(#[test] #[expect(non_snake_case, reason = "the model's name")] fn $name() { check(stringify!($name)); })*

        #[test]
        fn every_oracle_is_tested() {
            let tested = [$(stringify!($name)),*, "mobilenet_v2__int8_qdq_op11"];
            let folder = path("tests/oracle");
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_stem().unwrap().to_str().unwrap();
                assert!(tested.contains(&name), "{name}");
            }
        }
    };
}

models! {
    alexnet__ts conv1dnet__dynamo_dynbatch conv1dnet__ts dcgan__ts deeplabv3_mobilenet_v3_large_513__ts_rbn
    deeplabv3_mobilenet_v3_large_undilated_513__ts deeplabv3_resnet50_224__dynamo_dynall deeplabv3_resnet50_224__ts
    deeplabv3_resnet50_224__ts_dynall deeplabv3_resnet50_224__ts_nofold deeplabv3_resnet50_224__ts_op13
    deeplabv3_resnet50_512x1024__ts deeplabv3_resnet50_513__dynamo_rbn deeplabv3_resnet50_513__ts_rbn deeplabv3_resnet50_undilated_224__ts
    deeplabv3_resnet50_undilated_513__dynamo deeplabv3_resnet50_undilated_513__ts googlenet__ts inception_v3__ts
    lstm_gru__ts mobilenet_v2__dynamo_dynall mobilenet_v2__fp16_keepio mobilenet_v2__int8_qoperator mobilenet_v2__ts
    oddconvs2d__dynamo oddconvs2d__ts r3d_18__ts resnet18__dynamo_rbn resnet18__ts_functions resnet18__ts_rbn
    resnet50__fp16 resnet50__int8_dynamic resnet50__int8_qdq resnet50__ts_noparams shufflenet_v2_x1_0__ts
    squeezenet1_1__ts transformer_enc__dynamo unet_small__dynamo unet_small__ts vgg16__ts vit_b_16__dynamo_op23
    vit_b_16__ts_nofast
}

/// An invalid file: operators of a later opset. It may be refused or read, but its numbers may not be wrong.
#[test]
fn mobilenet_v2_int8_qdq_op11_is_refused_or_right() {
    let name = "mobilenet_v2__int8_qdq_op11";
    let oracle = oracle(name);
    match imported(name, &oracle) {
        Ok(network) => assert_eq!(network.macs, oracle["total_macs"].as_u64().unwrap()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
