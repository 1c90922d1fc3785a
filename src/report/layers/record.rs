//! The layer record: what `layers.json` and `convert --format json` hold. Lists follow ONNX order, height before width.

use indexmap::IndexMap;
use serde::Serialize;

use super::graph::GraphRecord;
use crate::results::{DensityResult, DensityResults};
use crate::workload::{Axis, DistinctProblem, Layer, Network, Operation};

/// Version of the form of [`NetworkRecord`]. Since 2 there is `graph`, since 3 `warnings`, `unknown_layers` and notes of layers.
pub const SCHEMA: u32 = 3;

/// A network's record. `schema` counts up when the form changes.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkRecord {
    /// Version of this form.
    pub schema: u32,
    /// The network's name.
    pub network: String,
    /// Its inputs; a dimension that matters to no layer may be `null`.
    pub inputs: IndexMap<String, Vec<Option<u64>>>,
    /// Multiply-accumulates of one run: the sum of `macs` x `executions`.
    pub macs: u64,
    /// Share of the network's multiply-accumulates that the layers hold; `null` where work may be missing or counted twice.
    pub mac_coverage: Option<f64>,
    /// What the reader should know: what is not certain, declarations that were overruled, choices made.
    pub warnings: Vec<String>,
    /// The layers, in graph order.
    pub layers: Vec<LayerRecord>,
    /// Layers whose shapes, and so their work, are not known.
    pub unknown_layers: Vec<UnknownLayerRecord>,
    /// The other nodes.
    pub not_lowered: Vec<NotLoweredRecord>,
    /// How data flows between the layers.
    pub graph: GraphRecord,
}

/// A layer's record.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of `Layer` and its operation")]
pub struct LayerRecord {
    pub index: usize,
    pub name: String,
    pub node: String,
    pub op: String,
    /// The distinct problem that the layer is, and the name of its file.
    pub problem: String,
    /// `conv`, `conv_transpose` or `matmul`.
    pub kind: &'static str,
    pub batch: u64,
    #[serde(flatten)]
    pub convolution: Option<ConvolutionRecord>,
    #[serde(flatten)]
    pub matmul: Option<MatMulRecord>,
    pub input: Vec<u64>,
    pub weight: Vec<u64>,
    pub output: Vec<u64>,
    pub bits: BitsRecord,
    pub formats: FormatsRecord,
    /// The zeros of its tensors, as far as they are known.
    #[serde(skip_serializing_if = "DensityResults::is_empty")]
    pub densities: DensityResults,
    /// Of one execution.
    pub macs: u64,
    pub macs_not_on_padding: u64,
    pub executions: u64,
    /// What the node and those around it were recognised as, where the layer is not the node as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recognized_as: Option<String>,
    /// Why the number of executions is not certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What only a convolution has.
#[derive(Clone, Debug, Serialize)]
pub struct ConvolutionRecord {
    pub groups: u64,
    pub in_channels_per_group: u64,
    pub out_channels_per_group: u64,
    pub kernel: Vec<u64>,
    pub stride: Vec<u64>,
    pub dilation: Vec<u64>,
    /// All begins, then all ends.
    pub pads: Vec<i64>,
    pub transposed: bool,
}

/// What only a matrix product has.
#[derive(Clone, Debug, Serialize)]
pub struct MatMulRecord {
    pub m: u64,
    pub n: u64,
    pub k: u64,
}

/// Bits per element.
#[derive(Clone, Debug, Serialize)]
pub struct BitsRecord {
    pub input: u32,
    pub weight: u32,
    pub output: u32,
}

/// How elements are represented: `integer`, or the bits of exponent and mantissa as in `e8m23`.
#[derive(Clone, Debug, Serialize)]
pub struct FormatsRecord {
    pub input: String,
    pub weight: String,
    pub output: String,
}

/// A layer whose shape is not known.
#[derive(Clone, Debug, Serialize)]
pub struct UnknownLayerRecord {
    pub name: String,
    pub node: String,
    pub op: String,
    pub reason: String,
}

/// A node that became no layer.
#[derive(Clone, Debug, Serialize)]
pub struct NotLoweredRecord {
    pub node: String,
    pub op: String,
    pub reason: String,
}

impl NetworkRecord {
    /// The record of a network whose distinct problems are known.
    pub fn of(network: &Network, problems: &[DistinctProblem]) -> Self {
        let not_lowered = network.not_lowered.iter().map(|node| NotLoweredRecord {
            node: node.node.clone(),
            op: node.op.clone(),
            reason: node.reason.clone(),
        });
        let unknown_layers = network.unknown_layers.iter().map(|layer| UnknownLayerRecord {
            name: layer.name.clone(),
            node: layer.node.clone(),
            op: layer.op.clone(),
            reason: layer.reason.clone(),
        });
        Self {
            schema: SCHEMA,
            network: network.name.clone(),
            inputs: network.inputs.iter().cloned().collect(),
            macs: network.macs,
            mac_coverage: network.mac_coverage,
            warnings: network.warnings.clone(),
            layers: records(network, problems),
            unknown_layers: unknown_layers.collect(),
            not_lowered: not_lowered.collect(),
            graph: GraphRecord::of(&network.graph),
        }
    }
}

/// The records of a network's layers.
pub fn records(network: &Network, problems: &[DistinctProblem]) -> Vec<LayerRecord> {
    let mut ids = vec![""; network.layers.len()];
    for problem in problems {
        for &index in &problem.layers {
            ids[index] = &problem.id;
        }
    }
    network.layers.iter().zip(ids).enumerate().map(|(index, (layer, id))| record(index, layer, id)).collect()
}

fn record(index: usize, layer: &Layer, problem: &str) -> LayerRecord {
    let (batch, convolution, matmul) = match &layer.operation {
        Operation::Convolution(convolution) => {
            let axis = |size: fn(&Axis) -> u64| convolution.window.iter().map(size).collect();
            let record = ConvolutionRecord {
                groups: convolution.groups,
                in_channels_per_group: convolution.in_channels_per_group,
                out_channels_per_group: convolution.out_channels_per_group,
                kernel: axis(|axis| axis.kernel),
                stride: axis(|axis| axis.stride),
                dilation: axis(|axis| axis.dilation),
                pads: convolution.pads(),
                transposed: convolution.transposed,
            };
            (convolution.batch, Some(record), None)
        }
        Operation::MatMul(matmul) => (matmul.batch, None, Some(MatMulRecord { m: matmul.m, n: matmul.n, k: matmul.k })),
    };
    LayerRecord {
        index,
        name: layer.name.clone(),
        node: layer.node.clone(),
        op: layer.op.clone(),
        problem: problem.to_owned(),
        kind: layer.operation.kind(),
        batch,
        convolution,
        matmul,
        input: layer.input.clone(),
        weight: layer.weight.clone(),
        output: layer.output.clone(),
        bits: BitsRecord { input: layer.bits.input, weight: layer.bits.weight, output: layer.bits.output },
        formats: FormatsRecord {
            input: layer.formats.input.to_string(),
            weight: layer.formats.weight.to_string(),
            output: layer.formats.output.to_string(),
        },
        densities: DensityResult::all(&layer.densities),
        macs: layer.macs,
        macs_not_on_padding: layer.macs_not_on_padding,
        executions: layer.executions,
        recognized_as: layer.recognized_as.clone(),
        note: layer.note.clone(),
    }
}
