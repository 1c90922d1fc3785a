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

use super::{ShapeDim, tract_limits};
use crate::onnx::dtype;
use crate::onnx::graph::{Attribute, Node};
use crate::onnx::ops::{self, Elements, Numbers};
use crate::onnx::proto::attribute_proto::AttributeType;
use crate::onnx::proto::tensor_proto::DataType;
use crate::onnx::tensor::Tensor as Constant;

/// Results of more elements than this are not computed.
pub(super) const MAX_EVALUATED: u64 = 4096;
/// Constants of at most this many floats are given to tract: scales of a Resize, not weights.
const MAX_FLOATS: u64 = 16;
/// Tensors of more dimensions than this are not followed.
pub(super) const MAX_RANK: usize = 32;

/// What is known of a value: type, shape, elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Fact(InferenceFact);

impl Fact {
    /// A fact of a known shape. Without a type nothing can contradict it.
    pub(super) fn of_shape(dtype: Option<DataType>, dims: &[ShapeDim]) -> Self {
        let dims: TVec<DimFact> = dims
            .iter()
            .map(|dim| match dim {
                ShapeDim::Known(size) => DimFact::from((*size).to_dim()),
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
    pub(super) fn of_constant(constant: &Constant) -> Self {
        Self::of_few(constant, MAX_FLOATS)
    }

    fn of_few(constant: &Constant, max_floats: u64) -> Self {
        let value = elements(constant, max_floats).and_then(|tensor| {
            let shape: Option<Vec<usize>> = constant.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect();
            tensor.into_shape(&shape?).ok()
        });
        if let Some(tensor) = value {
            Self(InferenceFact::from(tensor))
        } else {
            let dims: Vec<_> = constant.dims.iter().map(|dim| ShapeDim::Known(*dim)).collect();
            Self::of_shape(Some(constant.dtype), &dims)
        }
    }

    /// A fact of elements that the importer computed.
    pub(super) fn of_elements(elements: Elements) -> Self {
        let Elements { dtype, dims, numbers } = elements;
        let constant = match numbers {
            Numbers::Ints(values) => Constant::of_ints(dims, values),
            Numbers::Floats(values) => Constant::of_floats(dims, values),
        };
        Self::of_few(&constant.with_type(dtype), MAX_EVALUATED)
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
                Err(_) => ShapeDim::Unknown,
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

    /// The sizes of all dimensions, where they are known.
    pub(super) fn sizes(&self) -> Option<Vec<u64>> {
        ops::sizes(&self.shape()?)
    }

    /// Whether shape and elements are the same, as far as they are known.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.0.shape == other.0.shape && self.0.value == other.0.value
    }

    /// This fact with every dimension that it does not know taken from `source`.
    pub(super) fn completed_by(&self, source: &Self) -> Self {
        if self.0.shape.is_open() {
            return Self(InferenceFact { shape: source.0.shape.clone(), ..self.0.clone() });
        }
        let dims: TVec<DimFact> = self
            .0
            .shape
            .dims()
            .enumerate()
            .map(|(axis, dim)| match dim.concretize() {
                Some(known) if known.to_i64().is_ok() => dim.clone(),
                _ => source
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

/// tract's operators, and what building one takes.
pub(super) struct Oracle {
    onnx: Onnx,
    model: pb::ModelProto,
    template: InferenceModel,
}

impl Oracle {
    pub(super) fn new() -> Self {
        Self { onnx: tract_onnx::onnx(), model: pb::ModelProto::default(), template: InferenceModel::default() }
    }

    /// What tract infers of a node's outputs, in order, absent ones included.
    ///
    /// # Errors
    ///
    /// Why it infers nothing, in one line.
    pub(super) fn infer(&self, node: &Node, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, String> {
        if tract_limits::is_boundless(node, inputs) {
            return Err("a size or axis that it states is larger than any tensor can have".into());
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
        let known: Vec<InferenceFact> = inputs
            .iter()
            .flatten()
            .map(|fact| {
                // Of a constant without elements some operators read the first one, unchecked.
                let is_empty = fact.0.value.concretize().is_some_and(|value| value.volume() == 0);
                if is_empty && !ops::find(node).is_some_and(|operator| operator.takes_empty) {
                    fact.0.clone().without_value()
                } else if typed || fact.0.value.is_concrete() {
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
        if ops::find(node).is_some_and(|operator| operator.evaluated)
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

/// The fact, without what is too large to be followed, and without symbols: arithmetic on expressions has no bound in time,
/// memory or stack. A dimension is known or it is not.
fn plausible(mut fact: InferenceFact) -> InferenceFact {
    let is_symbolic = |value: &Arc<Tensor>| {
        value.datum_type() == TDim::datum_type()
            && value.try_as_plain_ram().is_ok_and(|value| {
                value.as_slice::<TDim>().is_ok_and(|dims| dims.iter().any(|dim| dim.to_i64().is_err()))
            })
    };
    if fact.value.concretize().is_some_and(|value| is_symbolic(&value)) {
        fact = fact.without_value();
    }
    if fact.shape.is_open() {
        return fact;
    }
    let dims: TVec<DimFact> = fact.shape.dims().cloned().collect();
    let too_large = |dim: &DimFact| {
        dim.concretize().and_then(|dim| dim.to_i64().ok()).is_some_and(|size| !(0..=1 << 40).contains(&size))
    };
    if dims.len() > MAX_RANK || dims.iter().any(too_large) {
        return InferenceFact::default();
    }
    let known =
        |dim: DimFact| if dim.concretize().is_some_and(|dim| dim.to_i64().is_ok()) { dim } else { DimFact::default() };
    if dims.iter().any(|dim| dim.concretize().is_some_and(|dim| dim.to_i64().is_err())) {
        // Elements of a shape that is not known are not known either.
        fact = fact.without_value();
    }
    fact.shape = ShapeFactoid::closed(dims.into_iter().map(known).collect());
    fact
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

/// The node in tract's form. Only presence and position of inputs and outputs matter to it, not their names.
fn translate(node: &Node) -> pb::NodeProto {
    let numbered = |prefix: char, present: Vec<bool>| {
        let name = |(number, present): (usize, bool)| if present { format!("{prefix}{number}") } else { String::new() };
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
        float if dtype::is_float(float) => Float,
        known => known,
    }
}

fn datum_type(dtype: DataType) -> Option<DatumType> {
    pb::tensor_proto::DataType::try_from(stand_in(dtype) as i32).ok()?.try_into().ok()
}

fn elements(constant: &Constant, max_floats: u64) -> Option<Tensor> {
    if dtype::is_float(constant.dtype) {
        if constant.elements() > max_floats {
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
