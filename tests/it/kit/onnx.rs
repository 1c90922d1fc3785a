//! Small models, built in memory.

use onnx2timeloop::onnx::proto::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, tensor_shape_proto, type_proto,
};
use onnx2timeloop::onnx::{Bindings, ImportError, Source, import};
use onnx2timeloop::workload::Network;
use prost::Message;

pub(crate) const FLOAT: i32 = 1;
pub(crate) const UINT8: i32 = 2;
pub(crate) const INT8: i32 = 3;
pub(crate) const INT64: i32 = 7;
pub(crate) const BOOL: i32 = 9;
pub(crate) const BFLOAT16: i32 = 16;
pub(crate) const INT4: i32 = 22;

/// A dimension: a number, a name, or open (`-1`).
pub(crate) enum D {
    N(i64),
    S(&'static str),
}

pub(crate) fn dims(sizes: &[i64]) -> Vec<D> {
    sizes.iter().map(|size| D::N(*size)).collect()
}

pub(crate) fn info(name: &str, dtype: i32, shape: &[D]) -> ValueInfoProto {
    use tensor_shape_proto::dimension::Value;
    let dim = shape.iter().map(|dim| tensor_shape_proto::Dimension {
        value: match dim {
            D::N(-1) => None,
            D::N(size) => Some(Value::DimValue(*size)),
            D::S(name) => Some(Value::DimParam((*name).into())),
        },
    });
    let shape = TensorShapeProto { dim: dim.collect() };
    let tensor = type_proto::Tensor { elem_type: dtype, shape: Some(shape) };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)) }) }
}

/// A tensor without payload.
pub(crate) fn tensor(name: &str, dtype: i32, dims: &[i64]) -> TensorProto {
    TensorProto { name: name.into(), data_type: dtype, dims: dims.to_vec(), ..TensorProto::default() }
}

pub(crate) fn ints(name: &str, values: &[i64]) -> TensorProto {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    TensorProto { raw_data: raw.into(), ..tensor(name, INT64, &[values.len() as i64]) }
}

pub(crate) fn scalar(name: &str, value: i64) -> TensorProto {
    TensorProto { dims: vec![], ..ints(name, &[value]) }
}

pub(crate) fn truth(name: &str, value: bool) -> TensorProto {
    TensorProto { raw_data: vec![u8::from(value)].into(), ..tensor(name, BOOL, &[]) }
}

pub(crate) fn floats(name: &str, values: &[f32]) -> TensorProto {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    TensorProto { raw_data: raw.into(), ..tensor(name, FLOAT, &[values.len() as i64]) }
}

/// A node: `op` or `domain:op`, inputs and outputs separated by spaces (`_` for an absent one), named after its first output.
pub(crate) fn node(op: &str, inputs: &str, outputs: &str, attributes: Vec<AttributeProto>) -> NodeProto {
    let (domain, op_type) = op.split_once(':').unwrap_or(("", op));
    let list = |text: &str| {
        text.split_whitespace()
            .map(|name| if name == "_" { String::new() } else { name.to_owned() })
            .collect::<Vec<_>>()
    };
    let output = list(outputs);
    NodeProto {
        name: format!("node_{}", output.first().cloned().unwrap_or_default()),
        op_type: op_type.into(),
        domain: domain.into(),
        input: list(inputs),
        output,
        attribute: attributes,
        ..NodeProto::default()
    }
}

pub(crate) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: 2, i, ..AttributeProto::default() }
}

pub(crate) fn int_list(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: 7, ints: ints.to_vec(), ..AttributeProto::default() }
}

pub(crate) fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: 3, s: s.as_bytes().to_vec().into(), ..AttributeProto::default() }
}

pub(crate) fn float_list(name: &str, floats: &[f32]) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: 6, floats: floats.to_vec(), ..AttributeProto::default() }
}

pub(crate) fn tensor_attribute(name: &str, t: TensorProto) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: 4, t: Some(Box::new(t)), ..AttributeProto::default() }
}

pub(crate) fn graph_attribute(name: &str, g: GraphProto) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: 5, g: Some(Box::new(g)), ..AttributeProto::default() }
}

/// An attribute whose value is the function's attribute `parameter`.
pub(crate) fn reference(name: &str, kind: i32, parameter: &str) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: kind, ref_attr_name: parameter.into(), ..AttributeProto::default() }
}

pub(crate) fn graph(
    inputs: Vec<ValueInfoProto>,
    initializer: Vec<TensorProto>,
    node: Vec<NodeProto>,
    outputs: &str,
) -> GraphProto {
    let output = outputs.split_whitespace().map(|name| ValueInfoProto { name: name.into(), r#type: None });
    GraphProto { name: "g".into(), input: inputs, initializer, node, output: output.collect(), ..GraphProto::default() }
}

pub(crate) fn model_of(opset: i64, graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: 8,
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: opset }],
        ..ModelProto::default()
    }
}

pub(crate) fn function(
    domain: &str,
    name: &str,
    inputs: &str,
    outputs: &str,
    attributes: &str,
    node: Vec<NodeProto>,
) -> FunctionProto {
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    FunctionProto {
        name: name.into(),
        domain: domain.into(),
        input: list(inputs),
        output: list(outputs),
        attribute: list(attributes),
        node,
        ..FunctionProto::default()
    }
}

/// Imports through bytes, as from a file.
pub(crate) fn read(model: &ModelProto) -> Result<Network, ImportError> {
    read_with(model, &Bindings::default())
}

pub(crate) fn read_with(model: &ModelProto, bindings: &Bindings) -> Result<Network, ImportError> {
    import(&Source::Bytes(model.encode_to_vec().into()), "test", bindings)
}

/// One node over float inputs and float initializers, at opset 21.
pub(crate) fn single(
    op: &str,
    inputs: &[(&str, i32, &[i64])],
    initializers: Vec<TensorProto>,
    outputs: &str,
    attributes: Vec<AttributeProto>,
    operands: &str,
) -> ModelProto {
    let inputs = inputs.iter().map(|(name, dtype, shape)| info(name, *dtype, &dims(shape))).collect();
    model_of(
        21,
        graph(
            inputs,
            initializers,
            vec![node(op, operands, outputs, attributes)],
            outputs.split_whitespace().next().unwrap(),
        ),
    )
}

/// One line a layer: everything that counts.
pub(crate) fn lines(network: &Network) -> Vec<String> {
    network
        .layers
        .iter()
        .map(|layer| {
            let what = match &layer.operation {
                onnx2timeloop::workload::Operation::MatMul(product) => {
                    format!("{}x{}x{}x{}", product.batch, product.m, product.n, product.k)
                }
                onnx2timeloop::workload::Operation::Convolution(convolution) => {
                    let axes = convolution.window.iter().map(|axis| {
                        format!(
                            "k{}s{}d{}p{},{}:{}->{}",
                            axis.kernel,
                            axis.stride,
                            axis.dilation,
                            axis.pad_before,
                            axis.pad_after,
                            axis.input,
                            axis.output
                        )
                    });
                    format!(
                        "n{}g{}c{}m{} {}",
                        convolution.batch,
                        convolution.groups,
                        convolution.in_channels_per_group,
                        convolution.out_channels_per_group,
                        axes.collect::<Vec<_>>().join(" ")
                    )
                }
            };
            let bits = layer.bits;
            format!(
                "{} {} {what} bits {}/{}/{} macs {} x{}",
                layer.name,
                layer.operation.kind(),
                bits.input,
                bits.weight,
                bits.output,
                layer.macs,
                layer.executions
            )
        })
        .collect()
}
