//! tract as the shape oracle. The only file that names tract.
//!
//! tract's whole-model parser stops at the first operator that it cannot build, and its analyser evaluates constants of any
//! size. So it is asked one node at a time: build the operator, give it what is known of the inputs, take what it infers of
//! the outputs. A node that fails, or panics, costs that node only; the elements of a result are computed only where few.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Once};

use tract_onnx::Onnx;
use tract_onnx::model::ParsingContext;
use tract_onnx::pb;
#[allow(clippy::wildcard_imports, reason = "tract's prelude: its macros need what they name in scope")]
use tract_onnx::tract_hir::internal::*;

use super::ShapeDim;
use crate::import::dtype;
use crate::import::graph::{Attribute, Node};
use crate::import::onnx::attribute_proto::AttributeType;
use crate::import::onnx::tensor_proto::DataType;
use crate::import::tensor::Tensor as Constant;

/// Results of more elements than this are not computed.
const MAX_EVALUATED: u64 = 4096;
/// Constants of at most this many floats are given to tract: scales of a Resize, not weights.
const MAX_FLOATS: u64 = 16;
/// Tensors of more dimensions than this are not followed.
const MAX_RANK: usize = 32;
/// Symbolic dimensions whose text is longer than this are not followed.
const MAX_EXPRESSION: usize = 400;

/// Operators of which shapes are computed. Of others only the shape of the result is asked for.
const EVALUATED: [&str; 65] = [
    "Abs",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "Cast",
    "CastLike",
    "Ceil",
    "Clip",
    "Compress",
    "Concat",
    "ConstantOfShape",
    "CumSum",
    "Div",
    "Equal",
    "Exp",
    "Expand",
    "Flatten",
    "Floor",
    "Gather",
    "GatherElements",
    "GatherND",
    "Greater",
    "GreaterOrEqual",
    "Identity",
    "Less",
    "LessOrEqual",
    "Log",
    "Max",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "NonZero",
    "Not",
    "OneHot",
    "Or",
    "Pad",
    "Pow",
    "Range",
    "Reciprocal",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "Reshape",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Shape",
    "Sign",
    "Size",
    "Slice",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Tile",
    "Transpose",
    "Unsqueeze",
    "Where",
    "Xor",
];

/// What is known of a value: type, shape, elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Fact(InferenceFact);

impl Fact {
    /// A fact of a known shape. Without a type nothing can contradict it.
    pub(super) fn of_shape(oracle: &Oracle, dtype: Option<DataType>, dims: &[ShapeDim]) -> Self {
        let dims: TVec<DimFact> = dims
            .iter()
            .map(|dim| match dim {
                ShapeDim::Known(size) => DimFact::from((*size).to_dim()),
                ShapeDim::Open(index) => DimFact::from(oracle.symbols.sym(&symbol_name(*index)).to_dim()),
                ShapeDim::Unknown => DimFact::default(),
            })
            .collect();
        let fact = InferenceFact::shape(ShapeFactoid::closed(dims));
        Self(match dtype.and_then(datum_type) {
            Some(datum_type) => fact.with_datum_type(datum_type),
            None => fact,
        })
    }

    /// A fact of a constant, with its elements where they are few.
    pub(super) fn of_constant(oracle: &Oracle, constant: &Constant) -> Self {
        let value = elements(constant).and_then(|tensor| {
            let shape: Option<Vec<usize>> = constant.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect();
            tensor.into_shape(&shape?).ok()
        });
        if let Some(tensor) = value {
            Self(InferenceFact::from(tensor))
        } else {
            let dims: Vec<_> = constant.dims.iter().map(|dim| ShapeDim::Known(*dim)).collect();
            Self::of_shape(oracle, Some(constant.dtype), &dims)
        }
    }

    /// A scalar condition that is known.
    pub(super) fn of_bool(value: bool) -> Self {
        Self(InferenceFact::from(tensor0(value)))
    }

    /// The shape, or `None` where not even the rank is known.
    pub(super) fn shape(&self) -> Option<Vec<ShapeDim>> {
        if self.0.shape.is_open() {
            return None;
        }
        let dims = self.0.shape.dims().map(|dim| match dim.concretize() {
            Some(dim) => match dim.to_i64() {
                Ok(size) => u64::try_from(size).map_or(ShapeDim::Unknown, ShapeDim::Known),
                Err(_) => symbol_index(&dim).map_or(ShapeDim::Unknown, ShapeDim::Open),
            },
            None => ShapeDim::Unknown,
        });
        Some(dims.collect())
    }

    /// The elements of an integer or boolean value, where all are known.
    pub(super) fn ints(&self) -> Option<Vec<i64>> {
        let value = self.0.value.concretize()?;
        let value = value.cast_to::<i64>().ok()?;
        Some(value.try_as_plain_ram().ok()?.as_slice::<i64>().ok()?.to_vec())
    }

    /// The elements of a float value, where all are known.
    pub(super) fn floats(&self) -> Option<Vec<f64>> {
        let value = self.0.value.concretize()?;
        let value = value.cast_to::<f64>().ok()?;
        Some(value.try_as_plain_ram().ok()?.as_slice::<f64>().ok()?.to_vec())
    }

    /// The same without its elements: what a loop carries changes.
    pub(super) fn without_elements(&self) -> Self {
        Self(self.0.clone().without_value())
    }

    /// This fact with every dimension that it does not know taken from `other`.
    pub(super) fn completed_by(&self, other: &Self) -> Self {
        if self.0.shape.is_open() {
            return Self(InferenceFact { shape: other.0.shape.clone(), ..self.0.clone() });
        }
        let dims: TVec<DimFact> = self
            .0
            .shape
            .dims()
            .enumerate()
            .map(|(axis, dim)| match dim.concretize() {
                Some(known) if known.to_i64().is_ok() => dim.clone(),
                _ => other
                    .0
                    .shape
                    .dim(axis)
                    .filter(tract_onnx::tract_hir::infer::Factoid::is_concrete)
                    .unwrap_or_else(|| dim.clone()),
            })
            .collect();
        Self(InferenceFact { shape: ShapeFactoid::closed(dims), ..self.0.clone() })
    }
}

/// tract's operators and the symbols of one inference.
pub(super) struct Oracle {
    onnx: Onnx,
    model: pb::ModelProto,
    template: InferenceModel,
    symbols: SymbolScope,
}

impl Oracle {
    pub(super) fn new() -> Self {
        let template = InferenceModel::default();
        let symbols = template.symbols.clone();
        Self { onnx: tract_onnx::onnx(), model: pb::ModelProto::default(), template, symbols }
    }

    /// What tract infers of a node's outputs, in order, absent ones included.
    ///
    /// # Errors
    ///
    /// Why it infers nothing, in one line.
    pub(super) fn infer(&self, node: &Node, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, String> {
        if is_unsafe(node, inputs) {
            return Err("its operands are implausibly large".into());
        }
        match quietly(|| self.infer_node(node, inputs, true)) {
            Ok(facts) => Ok(facts),
            // Types that this importer maps to others can contradict each other; shapes do not depend on them.
            Err(_) => quietly(|| self.infer_node(node, inputs, false)),
        }
    }

    fn infer_node(&self, node: &Node, inputs: &[Option<&Fact>], typed: bool) -> Result<Vec<Fact>, String> {
        let proto = translate(node);
        let context = ParsingContext {
            onnx_operator_set_version: node.opset,
            framework: &self.onnx,
            model: &self.model,
            parent_graphs: Vec::new(),
            model_dir: None,
            template: self.template.clone(),
        };
        let build = self.onnx.op_register.0.get(&node.op).ok_or("tract has no such operator")?;
        let (mut op, _) = build(&context, &proto).map_err(|error| one_line(&error))?;
        let known: Vec<InferenceFact> =
            inputs
                .iter()
                .flatten()
                .map(|fact| {
                    if typed || fact.0.value.is_concrete() {
                        fact.0.clone()
                    } else {
                        fact.0.clone().without_datum_type()
                    }
                })
                .collect();
        let used = node.outputs.iter().filter(|output| output.is_some()).count();
        if op.nboutputs().is_ok_and(|count| count != used) {
            return Err("tract knows another number of outputs".into());
        }
        let open = vec![InferenceFact::default(); used];
        let (inputs, mut outputs, _) =
            op.infer_facts(known.iter().collect(), open.iter().collect(), tvec!()).map_err(|error| one_line(&error))?;
        if EVALUATED.contains(&node.op.as_str())
            && let Some(values) = evaluate(op.as_ref(), &inputs, &outputs)
        {
            outputs = values
                .into_iter()
                .map(InferenceFact::try_from)
                .collect::<TractResult<_>>()
                .map_err(|error| one_line(&error))?;
        }
        let mut outputs = outputs.into_iter();
        Ok(node
            .outputs
            .iter()
            .map(|output| output.and_then(|_| outputs.next()).map_or_else(Fact::default, |fact| Fact(plausible(fact))))
            .collect())
    }
}

/// Computes a result whose operands are all known, if it is small.
fn evaluate(op: &dyn InferenceOp, inputs: &[InferenceFact], outputs: &[InferenceFact]) -> Option<Vec<Arc<Tensor>>> {
    if inputs.is_empty() || outputs.iter().any(|output| output.value.is_concrete()) {
        return None;
    }
    let operands: TVec<TValue> =
        inputs.iter().map(|input| input.value.concretize().map(IntoTValue::into_tvalue)).collect::<Option<_>>()?;
    for output in outputs {
        // Without a shape beforehand (NonZero, Compress) the result is no larger than the operands.
        let Some(dims) = output.shape.concretize() else { continue };
        let dims = dims.iter().map(|dim| dim.to_i64().ok().and_then(|size| u64::try_from(size).ok()));
        let size = dims.collect::<Option<Vec<_>>>()?.into_iter().try_fold(1u64, u64::checked_mul)?;
        if size > MAX_EVALUATED {
            return None;
        }
    }
    let values = op.eval_out_of_plan(operands).ok()??;
    Some(values.into_iter().map(IntoArcTensor::into_arc_tensor).collect())
}

/// Operands and attributes that make tract allocate without bound: axes that no tensor has, shapes of absurd rank, sizes
/// whose products overflow. A failed allocation cannot be caught, so it must not be tried.
fn is_unsafe(node: &Node, inputs: &[Option<&Fact>]) -> bool {
    let op = node.op.as_str();
    // A slice's end is INT64_MAX by convention.
    let huge = |value: &i64| op != "Slice" && value.unsigned_abs() > 1 << 31;
    let no_axis = |value: &i64| value.unsigned_abs() > 2 * MAX_RANK as u64;
    let attribute = node.attributes.iter().any(|(name, value)| {
        let values = match value {
            Attribute::Int(value) => std::slice::from_ref(value),
            Attribute::Ints(values) => values.as_slice(),
            _ => return false,
        };
        match name.as_str() {
            // tract follows the cycles of a permutation; a list that is none has no end.
            "perm" => !is_permutation(values),
            "axis" | "axes" | "batch_dims" => values.len() > 2 * MAX_RANK || values.iter().any(no_axis),
            "num_outputs" => {
                values.iter().any(|count| usize::try_from(*count).is_ok_and(|count| count > node.outputs.len()))
            }
            _ => values.len() as u64 > MAX_EVALUATED || values.iter().any(huge),
        }
    });
    // The operand that holds sizes or axes, where the operator has one; `skip` is the one before it.
    let (skip, axes) = match op {
        "ConstantOfShape" | "Range" | "OneHot" => (0, false),
        "Reshape" | "Expand" | "Tile" | "Pad" | "Resize" | "Slice" | "EyeLike" => (1, false),
        "Squeeze" | "Unsqueeze" => (1, true),
        _ if op.starts_with("Reduce") => (1, true),
        _ => return attribute,
    };
    let operand = |fact: &&Fact| {
        let long = matches!(fact.shape().as_deref(), Some([ShapeDim::Known(length)]) if *length > 2 * MAX_RANK as u64);
        let shape = long && op != "OneHot";
        shape
            || fact.ints().is_some_and(|ints| ints.iter().any(|value| if axes { no_axis(value) } else { huge(value) }))
    };
    attribute || inputs.iter().skip(skip).flatten().any(operand)
}

fn is_permutation(values: &[i64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    values.len() <= 2 * MAX_RANK && sorted.into_iter().eq(0..i64::try_from(values.len()).unwrap_or(0))
}

/// The fact, without what is too large to be followed.
fn plausible(fact: InferenceFact) -> InferenceFact {
    let too_large = !fact.shape.is_open()
        && (fact.shape.rank().concretize().is_some_and(|rank| usize::try_from(rank).is_ok_and(|rank| rank > MAX_RANK))
            || fact.shape.dims().any(|dim| {
                dim.concretize().is_some_and(|dim| match dim.to_i64() {
                    Ok(size) => !(0..=1 << 40).contains(&size),
                    Err(_) => dim.to_string().len() > MAX_EXPRESSION,
                })
            }));
    if too_large { InferenceFact::default() } else { fact }
}

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Runs tract's code; a panic in it is an error like any other, and prints nothing.
fn quietly<T>(ask: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !ASKING.get() {
                before(info);
            }
        }));
    });
    ASKING.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(ask));
    ASKING.set(false);
    outcome.unwrap_or_else(|_| Err("tract failed on it".into()))
}

fn one_line(error: &TractError) -> String {
    error.root_cause().to_string().lines().next().unwrap_or_default().to_owned()
}

fn symbol_name(index: usize) -> String {
    format!("s{index}")
}

/// The open dimension that an expression is, if it is one alone.
fn symbol_index(dim: &TDim) -> Option<usize> {
    dim.to_string().strip_prefix('s')?.parse().ok()
}

/// The node in tract's form. Only presence and position of inputs and outputs matter to it, not their names.
fn translate(node: &Node) -> pb::NodeProto {
    let numbered = |prefix: char, present: Vec<bool>| {
        let name = |(at, present): (usize, bool)| if present { format!("{prefix}{at}") } else { String::new() };
        present.into_iter().enumerate().map(name).collect()
    };
    let mut attribute: Vec<pb::AttributeProto> =
        node.attributes.iter().map(|(name, value)| translate_attribute(node, name, value)).collect();
    if node.is_onnx("ConstantOfShape") && node.attribute("value").is_none() {
        // tract takes an absent value for a float64 zero, ONNX for a float32 one.
        let tensor = zero(DataType::Float);
        attribute.push(pb::AttributeProto { t: Some(tensor), ..named("value", AttributeType::Tensor) });
    }
    pb::NodeProto {
        input: numbered('i', node.inputs.iter().map(Option::is_some).collect()),
        output: numbered('o', node.outputs.iter().map(Option::is_some).collect()),
        op_type: node.op.clone(),
        attribute,
        ..pb::NodeProto::default()
    }
}

fn named(name: &str, kind: AttributeType) -> pb::AttributeProto {
    pb::AttributeProto { name: name.to_owned(), r#type: kind as i32, ..pb::AttributeProto::default() }
}

fn translate_attribute(node: &Node, name: &str, value: &Attribute) -> pb::AttributeProto {
    match value {
        Attribute::Float(f) => pb::AttributeProto { f: *f, ..named(name, AttributeType::Float) },
        Attribute::Int(i) => {
            let is_type = matches!((node.op.as_str(), name), (_, "dtype" | "output_dtype") | ("Cast", "to"));
            let mapped = i32::try_from(*i).ok().and_then(dtype::from_number).map(|dtype| stand_in(dtype) as i64);
            let i = if is_type { mapped.unwrap_or(*i) } else { *i };
            pb::AttributeProto { i, ..named(name, AttributeType::Int) }
        }
        Attribute::Text(s) => pb::AttributeProto { s: s.clone().into_bytes(), ..named(name, AttributeType::String) },
        Attribute::Floats(floats) => {
            pb::AttributeProto { floats: floats.clone(), ..named(name, AttributeType::Floats) }
        }
        Attribute::Ints(ints) => pb::AttributeProto { ints: ints.clone(), ..named(name, AttributeType::Ints) },
        Attribute::Texts(texts) => {
            let strings = texts.iter().map(|text| text.clone().into_bytes()).collect();
            pb::AttributeProto { strings, ..named(name, AttributeType::Strings) }
        }
        Attribute::Tensor(tensor) => pb::AttributeProto { t: Some(fill(tensor)), ..named(name, AttributeType::Tensor) },
    }
}

/// A tensor attribute: the fill of a ConstantOfShape, one element. Others matter to no shape.
fn fill(tensor: &Constant) -> pb::TensorProto {
    let mut proto = zero(tensor.dtype);
    let width = proto.raw_data.len();
    if let Some([value]) = tensor.ints().as_deref() {
        proto.raw_data = value.to_le_bytes()[..width].to_vec();
    }
    proto
}

fn zero(dtype: DataType) -> pb::TensorProto {
    let dtype = stand_in(dtype);
    let bytes = dtype::bits(dtype).unwrap_or(32) / 8;
    pb::TensorProto {
        dims: vec![1],
        data_type: dtype as i32,
        raw_data: vec![0; bytes as usize],
        ..pb::TensorProto::default()
    }
}

/// The type that tract knows in the place of one that it does not.
fn stand_in(dtype: DataType) -> DataType {
    use DataType::{Complex64, Complex128, Double, Float, Float16, Int2, Int4, Int8, Uint2, Uint4, Uint8, Undefined};
    match dtype {
        Int2 | Int4 => Int8,
        Uint2 | Uint4 => Uint8,
        Undefined | Complex64 | Complex128 => Float,
        Float16 | Double => dtype,
        other if dtype::is_float(other) => Float,
        other => other,
    }
}

fn datum_type(dtype: DataType) -> Option<DatumType> {
    pb::tensor_proto::DataType::try_from(stand_in(dtype) as i32).ok()?.try_into().ok()
}

fn elements(constant: &Constant) -> Option<Tensor> {
    if dtype::is_float(constant.dtype) {
        if constant.elements() > MAX_FLOATS {
            return None;
        }
        let floats = constant.floats()?;
        return match constant.dtype {
            DataType::Double => Some(tensor1(&floats)),
            #[expect(clippy::cast_possible_truncation, reason = "they were 32-bit or narrower before")]
            _ => tensor1(&floats.iter().map(|v| *v as f32).collect::<Vec<f32>>())
                .cast_to_dt(datum_type(constant.dtype)?)
                .ok()
                .map(std::borrow::Cow::into_owned),
        };
    }
    let ints = constant.ints()?;
    if constant.dtype == DataType::Bool {
        return Some(tensor1(&ints.iter().map(|v| *v != 0).collect::<Vec<bool>>()));
    }
    tensor1(&ints).cast_to_dt(datum_type(constant.dtype)?).ok().map(std::borrow::Cow::into_owned)
}
