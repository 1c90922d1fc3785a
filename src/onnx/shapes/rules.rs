//! Own shape rules, for operators that tract lacks or reads otherwise.

use super::super::graph::{Domain, Node, ValueId};
use super::super::lower::{self, Operands};
use super::super::onnx::tensor_proto::DataType;
use super::{ShapeDim, Shapes, known};

/// Whether tract knows the node's operator as ONNX defines it. It knows names, not domains.
pub(super) fn is_tracts(node: &Node) -> bool {
    // Where the shape stays, there is nothing to ask, but of those whose elements shapes are computed from.
    let op = node.op.as_str();
    let misread = (KEEPS_SHAPE.binary_search(&op).is_ok() && !super::tract::EVALUATED.contains(&op))
        || (node.op == "Squeeze" && node.opset < 13 && node.ints("axes").is_none())
        || (node.op == "Pad" && node.input(3).is_some());
    node.domain == Domain::Onnx && !misread
}

/// Whether a Slice of unknown elements has a negative step. tract stops such a slice short where it begins before the first
/// element.
pub(super) fn slices_backwards(shapes: &Shapes, node: &Node) -> bool {
    let ints = |index: usize| node.input(index).and_then(|value| shapes.facts[value.0].ints());
    node.is_onnx("Slice") && ints(0).is_none() && ints(4).is_some_and(|steps| steps.iter().any(|step| *step < 0))
}

/// An axis counted from the end where negative.
pub(super) fn axis(axis: i64, rank: usize) -> Option<usize> {
    let rank = i64::try_from(rank).ok()?;
    let axis = if axis < 0 { axis.checked_add(rank)? } else { axis };
    usize::try_from(axis).ok().filter(|_| axis < rank)
}

type Dims = Vec<ShapeDim>;

struct Known<'a> {
    node: &'a Node,
    shapes: &'a Shapes,
}

impl Known<'_> {
    fn dims(&self, index: usize) -> Option<Dims> {
        self.shapes.facts[self.node.input(index)?.0].shape()
    }

    fn shape(&self, index: usize) -> Option<Vec<u64>> {
        known(&self.dims(index)?)
    }

    fn dtype(&self, index: usize) -> Option<DataType> {
        self.shapes.types[self.node.input(index)?.0]
    }

    fn ints(&self, index: usize) -> Option<Vec<i64>> {
        self.shapes.facts[self.node.input(index)?.0].ints()
    }

    fn floats(&self, index: usize) -> Option<Vec<f64>> {
        self.shapes.facts[self.node.input(index)?.0].floats()
    }
}

/// The shapes of a node's outputs, as far as a rule tells; may be shorter than the outputs.
pub(super) fn infer(shapes: &Shapes, node: &Node) -> Vec<Option<Dims>> {
    let shape = |index: usize| node.input(index).and_then(|value: ValueId| shapes.shape(value));
    let ints = |index: usize| node.input(index).and_then(|value| shapes.ints(value));
    if let Some(work) = lower::work(&Operands { node, shape: &shape, ints: &ints }) {
        let outputs = work.map(|work| work.outputs).unwrap_or_default();
        return outputs.into_iter().map(|dims| dims.map(concrete)).collect();
    }
    let input = Known { node, shapes };
    let microsoft = node.domain == Domain::Microsoft;
    if !microsoft && node.domain != Domain::Onnx {
        return Vec::new();
    }
    let first = match node.op.as_str() {
        "QLinearAdd" | "QLinearMul" => broadcast(input.dims(0), input.dims(3)),
        "QLinearConcat" => concatenated(&input),
        "QLinearGlobalAveragePool" => pooled_away(&input, node.flag("channels_last")),
        "QLinearAveragePool" | "NhwcMaxPool" => pooled(&input, node.op == "NhwcMaxPool" || node.flag("channels_last")),
        "LpPool" | "MaxPool" | "AveragePool" => pooled(&input, false),
        "QLinearReduceMean" => reduced(&input),
        "Upsample" => upsampled(&input),
        "Squeeze" => squeezed(&input),
        "Pad" => padded(&input),
        "Slice" => sliced(&input),
        "GatherBlockQuantized" => gathered_blocks(&input),
        "Compress" => compressed(&input),
        "MaxRoiPool" | "RoiAlign" => regions(&input),
        "Col2Im" => columns_to_image(&input),
        "CenterCropPad" => cropped(&input),
        "AffineGrid" => grid(&input),
        "MaxUnpool" => unpooled(&input),
        "EmbedLayerNormalization" => embedded(&input),
        op if KEEPS_SHAPE.binary_search(&op).is_ok() => input.dims(0),
        _ => None,
    };
    let mut outputs = vec![first];
    if matches!(node.op.as_str(), "SkipLayerNormalization" | "SkipSimplifiedLayerNormalization") {
        outputs.extend([None, None, input.dims(0)]);
    }
    outputs
}

/// Operators whose first output has the shape of their first input, sorted.
const KEEPS_SHAPE: &[&str] = &[
    "Abs",
    "BatchNormalization",
    "Bernoulli",
    "BiasAdd",
    "BiasDropout",
    "BiasGelu",
    "BiasSoftmax",
    "BitCast",
    "Cast",
    "CastLike",
    "Celu",
    "Clip",
    "CumProd",
    "CumSum",
    "DequantizeLinear",
    "Dropout",
    "DynamicQuantizeLinear",
    "Elu",
    "EyeLike",
    "FastGelu",
    "Gelu",
    "GroupNorm",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "LogSoftmax",
    "LpNormalization",
    "MeanVarianceNormalization",
    "Mish",
    "PRelu",
    "QLinearLeakyRelu",
    "QLinearSigmoid",
    "QLinearSoftmax",
    "QuantizeLinear",
    "QuickGelu",
    "RMSNormalization",
    "RandomNormalLike",
    "RandomUniformLike",
    "Relu",
    "ReverseSequence",
    "RotaryEmbedding",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Shrink",
    "Sigmoid",
    "SimplifiedLayerNormalization",
    "SkipGroupNorm",
    "SkipLayerNormalization",
    "SkipSimplifiedLayerNormalization",
    "Softmax",
    "Softplus",
    "Softsign",
    "Swish",
    "Tanh",
    "TensorScatter",
    "ThresholdedRelu",
    "Trilu",
];

fn concrete(dims: Vec<u64>) -> Dims {
    dims.into_iter().map(ShapeDim::Known).collect()
}

fn broadcast(a: Option<Dims>, b: Option<Dims>) -> Option<Dims> {
    let (a, b) = (a?, b?);
    let rank = a.len().max(b.len());
    let at = |dims: &Dims, axis: usize| {
        (axis + dims.len()).checked_sub(rank).map_or(ShapeDim::Known(1), |index| dims[index])
    };
    let merged = |axis: usize| match (at(&a, axis), at(&b, axis)) {
        (ShapeDim::Known(1), other) | (other, ShapeDim::Known(1)) => other,
        (x, y) if x == y => x,
        (ShapeDim::Known(size), _) | (_, ShapeDim::Known(size)) => ShapeDim::Known(size),
        _ => ShapeDim::Unknown,
    };
    Some((0..rank).map(merged).collect())
}

/// QLinearConcat: output scale and zero point, then (tensor, scale, zero point) for every operand.
fn concatenated(input: &Known) -> Option<Dims> {
    let mut result: Option<Dims> = None;
    let mut at = 2;
    while at < input.node.inputs.len() {
        let dims = input.dims(at)?;
        match &mut result {
            None => result = Some(dims),
            Some(sum) => {
                let axis = axis(input.node.int("axis")?, sum.len())?;
                sum[axis] = match (sum[axis], dims.get(axis)?) {
                    (ShapeDim::Known(a), ShapeDim::Known(b)) => ShapeDim::Known(a.checked_add(*b)?),
                    _ => ShapeDim::Unknown,
                };
            }
        }
        at += 3;
    }
    result
}

fn pooled_away(input: &Known, channels_last: bool) -> Option<Dims> {
    let mut dims = input.dims(0)?;
    let rank = dims.len();
    let spatial = if channels_last { 1..rank.checked_sub(1)? } else { 2..rank };
    for dim in dims.get_mut(spatial)? {
        *dim = ShapeDim::Known(1);
    }
    Some(dims)
}

/// MaxPool, AveragePool, LpPool: the windows of a convolution, `ceil_mode` rounding up.
fn pooled(input: &Known, channels_last: bool) -> Option<Dims> {
    let node = input.node;
    let mut dims = input.dims(0)?;
    let spatial = dims.len().checked_sub(2)?;
    if channels_last {
        dims[1..].rotate_right(1);
    }
    let kernel = node.ints("kernel_shape").filter(|kernel| kernel.iter().all(|taps| *taps > 0))?;
    let list = |name: &str, default: i64, count: usize| {
        node.ints(name).filter(|values| values.len() == count).map_or_else(|| vec![default; count], <[i64]>::to_vec)
    };
    let (strides, dilations) = (list("strides", 1, spatial), list("dilations", 1, spatial));
    let pads = list("pads", 0, 2 * spatial);
    for at in 0..spatial {
        let ShapeDim::Known(size) = dims[at + 2] else { continue };
        let (size, stride) = (i64::try_from(size).ok()?, *strides.get(at).filter(|stride| **stride > 0)?);
        let extent = kernel.get(at)?.checked_sub(1)?.checked_mul(dilations[at])?.checked_add(1)?;
        let output = match node.text("auto_pad") {
            Some("SAME_UPPER" | "SAME_LOWER") => size.checked_add(stride - 1)? / stride,
            Some("VALID") => size.checked_sub(extent)?.div_euclid(stride).checked_add(1)?,
            _ => {
                let padded = size.checked_add(pads[at])?.checked_add(pads[at + spatial])?;
                let room = padded.checked_sub(extent)?;
                let mut output = room.div_euclid(stride).checked_add(1)?;
                // Rounded up, unless the last window would begin in the padding behind the input.
                if node.flag("ceil_mode")
                    && room.rem_euclid(stride) != 0
                    && output.checked_mul(stride)? < size.checked_add(pads[at])?
                {
                    output += 1;
                }
                output
            }
        };
        dims[at + 2] = ShapeDim::Known(u64::try_from(output).ok()?);
    }
    if channels_last {
        dims[1..].rotate_left(1);
    }
    Some(dims)
}

fn reduced(input: &Known) -> Option<Dims> {
    let dims = input.dims(0)?;
    let axes: Vec<usize> = match input.node.ints("axes") {
        Some(axes) => axes.iter().map(|at| axis(*at, dims.len())).collect::<Option<_>>()?,
        None => (0..dims.len()).collect(),
    };
    let keep = input.node.int("keepdims") != Some(0);
    let kept = dims
        .into_iter()
        .enumerate()
        .filter_map(|(at, dim)| if axes.contains(&at) { keep.then_some(ShapeDim::Known(1)) } else { Some(dim) });
    Some(kept.collect())
}

/// Upsample (opset 7 to 9): `floor(size * scale)`, the product rounded first where it is all but whole, for scales such as
/// 513/65 are stored in 32 bits.
fn upsampled(input: &Known) -> Option<Dims> {
    use super::super::graph::Attribute;
    let dims = input.dims(0)?;
    let scales = match input.node.attribute("scales") {
        Some(Attribute::Floats(scales)) => scales.iter().map(|scale| f64::from(*scale)).collect(),
        _ => input.floats(1)?,
    };
    if scales.len() != dims.len() {
        return None;
    }
    let scaled = |(dim, scale): (ShapeDim, f64)| {
        let ShapeDim::Known(size) = dim else {
            return if scale.to_bits() == 1f64.to_bits() { dim } else { ShapeDim::Unknown };
        };
        #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^40")]
        let product = size as f64 * scale;
        let nearest = product.round();
        let whole = if (product - nearest).abs() <= 1e-4 { nearest } else { product.floor() };
        if !(1.0..=1e12).contains(&whole) {
            return ShapeDim::Unknown;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
        ShapeDim::Known(whole as u64)
    };
    Some(dims.into_iter().zip(scales).map(scaled).collect())
}

fn squeezed(input: &Known) -> Option<Dims> {
    let dims = input.dims(0)?;
    if input.node.ints("axes").is_some() || input.node.input(1).is_some() {
        return None;
    }
    known(&dims)?;
    Some(dims.into_iter().filter(|dim| *dim != ShapeDim::Known(1)).collect())
}

/// Slice with constant operands (opset 10 on): starts and ends are clamped to the dimension, as numpy does.
fn sliced(input: &Known) -> Option<Dims> {
    let mut dims = input.dims(0)?;
    let (starts, ends) = (input.ints(1)?, input.ints(2)?);
    let axes: Vec<usize> = match input.ints(3) {
        Some(axes) => axes.iter().map(|at| axis(*at, dims.len())).collect::<Option<_>>()?,
        None if input.node.input(3).is_some() => return None,
        None => (0..starts.len()).collect(),
    };
    let steps = match input.ints(4) {
        Some(steps) => steps,
        None if input.node.input(4).is_some() => return None,
        None => vec![1; axes.len()],
    };
    if [starts.len(), ends.len(), steps.len()].iter().any(|length| *length != axes.len()) {
        return None;
    }
    for (at, axis) in axes.into_iter().enumerate() {
        let ShapeDim::Known(size) = *dims.get(axis)? else { continue };
        let (size, step) = (i128::from(size), i128::from(steps[at]));
        let from_front = |place: i64| if place < 0 { i128::from(place) + size } else { i128::from(place) };
        let count = match step {
            0 => return None,
            1.. => (from_front(ends[at]).clamp(0, size) - from_front(starts[at]).clamp(0, size) + step - 1) / step,
            _ => {
                let (start, end) =
                    (from_front(starts[at]).clamp(0, size - 1), from_front(ends[at]).clamp(-1, size - 1));
                (start - end - step - 1) / -step
            }
        };
        dims[axis] = ShapeDim::Known(u64::try_from(count.max(0)).ok()?);
    }
    Some(dims)
}

/// Pad with its pads as an operand, over all axes or those that another operand names.
fn padded(input: &Known) -> Option<Dims> {
    let mut dims = input.dims(0)?;
    let pads = match input.node.ints("pads") {
        Some(pads) => pads.to_vec(),
        None => input.ints(1)?,
    };
    let axes: Vec<usize> = match input.ints(3) {
        Some(axes) => axes.iter().map(|at| axis(*at, dims.len())).collect::<Option<_>>()?,
        None if input.node.input(3).is_some() => return None,
        None => (0..dims.len()).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return None;
    }
    for (at, axis) in axes.iter().enumerate() {
        if let ShapeDim::Known(size) = dims[*axis] {
            let sum = i64::try_from(size).ok()?.checked_add(pads[at])?.checked_add(pads[at + axes.len()])?;
            dims[*axis] = ShapeDim::Known(u64::try_from(sum).ok()?);
        }
    }
    Some(dims)
}

/// GatherBlockQuantized: Gather of packed rows, `8 / bits` values a byte in the last dimension.
fn gathered_blocks(input: &Known) -> Option<Dims> {
    let data = input.dims(0)?;
    let at = axis(input.node.int("gather_axis").unwrap_or(0), data.len())?;
    let packed = input.dtype(0) == Some(DataType::Uint8);
    let per_byte =
        if packed { 8 / u64::try_from(input.node.int("bits").unwrap_or(4)).ok().filter(|bits| *bits > 0)? } else { 1 };
    let mut dims: Dims =
        data[..at].iter().copied().chain(input.dims(1)?).chain(data[at + 1..].iter().copied()).collect();
    if let (Some(ShapeDim::Known(last)), true) = (dims.last_mut(), at + 1 < data.len()) {
        *last = last.checked_mul(per_byte)?;
    }
    Some(dims)
}

/// Compress along an axis by a condition that is known.
fn compressed(input: &Known) -> Option<Dims> {
    let kept = input.ints(1)?.iter().filter(|value| **value != 0).count() as u64;
    let Some(at) = input.node.int("axis") else { return Some(vec![ShapeDim::Known(kept)]) };
    let mut dims = input.dims(0)?;
    let at = axis(at, dims.len())?;
    dims[at] = ShapeDim::Known(kept);
    Some(dims)
}

fn regions(input: &Known) -> Option<Dims> {
    let node = input.node;
    let count = *input.dims(1)?.first()?;
    let channels = *input.dims(0)?.get(1)?;
    let [height, width] = match node.op.as_str() {
        "MaxRoiPool" => <[i64; 2]>::try_from(node.ints("pooled_shape")?).ok()?,
        _ => [node.int("output_height").unwrap_or(1), node.int("output_width").unwrap_or(1)],
    };
    let size = |value: i64| u64::try_from(value).ok().map(ShapeDim::Known);
    Some(vec![count, channels, size(height)?, size(width)?])
}

fn columns_to_image(input: &Known) -> Option<Dims> {
    let columns = input.shape(0)?;
    let image = sizes(&input.ints(1)?)?;
    let block: u64 = sizes(&input.ints(2)?)?.into_iter().try_fold(1u64, u64::checked_mul)?;
    let channels = columns.get(1)?.checked_div(block)?;
    Some(concrete([*columns.first()?, channels].into_iter().chain(image).collect()))
}

fn sizes(values: &[i64]) -> Option<Vec<u64>> {
    values.iter().map(|value| u64::try_from(*value).ok()).collect()
}

fn cropped(input: &Known) -> Option<Dims> {
    let mut dims = input.dims(0)?;
    let wanted = sizes(&input.ints(1)?)?;
    let axes: Vec<usize> = match input.node.ints("axes") {
        Some(axes) => axes.iter().map(|at| axis(*at, dims.len())).collect::<Option<_>>()?,
        None => (0..dims.len()).collect(),
    };
    if axes.len() != wanted.len() {
        return None;
    }
    for (axis, size) in axes.into_iter().zip(wanted) {
        dims[axis] = ShapeDim::Known(size);
    }
    Some(dims)
}

fn grid(input: &Known) -> Option<Dims> {
    let size = sizes(&input.ints(1)?)?;
    let spatial = size.get(2..)?;
    let last = spatial.len() as u64;
    Some(concrete([*size.first()?].into_iter().chain(spatial.iter().copied()).chain([last]).collect()))
}

fn unpooled(input: &Known) -> Option<Dims> {
    if let Some(shape) = input.ints(2) {
        return Some(concrete(sizes(&shape)?));
    }
    let node = input.node;
    let mut dims = input.dims(0)?;
    let spatial = dims.len().checked_sub(2)?;
    let kernel = node.ints("kernel_shape").filter(|kernel| kernel.len() == spatial)?;
    let pads = node.ints("pads").map_or_else(|| vec![0; 2 * spatial], <[i64]>::to_vec);
    for (at, kernel) in kernel.iter().enumerate() {
        let ShapeDim::Known(size) = dims[at + 2] else { return None };
        let stride = node.ints("strides").map_or(Some(1), |strides| strides.get(at).copied())?;
        let spread = i64::try_from(size).ok()?.checked_sub(1)?.checked_mul(stride)?.checked_add(*kernel)?;
        let output = spread.checked_sub(*pads.get(at)?)?.checked_sub(*pads.get(at + spatial)?)?;
        dims[at + 2] = ShapeDim::Known(u64::try_from(output).ok()?);
    }
    Some(dims)
}

fn embedded(input: &Known) -> Option<Dims> {
    let mut dims = input.dims(0)?;
    dims.push(*input.dims(2)?.get(1)?);
    Some(dims)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted() {
        assert!(super::KEEPS_SHAPE.is_sorted());
    }
}
