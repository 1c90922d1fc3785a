//! Name resolution and inlining.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{Attribute, Body, Dim, Domain, Graph, Node, NodeId, Value, ValueId, order};
use crate::onnx::dtype;
use crate::onnx::proto::tensor_proto::DataType;
use crate::onnx::proto::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, ValueInfoProto,
    tensor_shape_proto, type_proto,
};
use crate::onnx::tensor::{self, Tensor};

/// Nodes that inlining may add. A file of a few hundred bytes can ask for billions.
const MAX_INLINED: usize = 250_000;

/// Bytes that inlining may copy: names with the path around them, attributes.
const MAX_COPIED: usize = 64 << 20;

/// Functions and subgraphs inside of each other. The protobuf decoder stops at 33 subgraphs.
const MAX_DEPTH: usize = 100;

/// Characters of a name that are kept.
const MAX_NAME: usize = 500;

/// Metadata key under which PyTorch's exporter keeps the module path.
const NAME_SCOPES: &str = "pkg.torch.onnx.name_scopes";

pub(super) fn build(model: &ModelProto) -> Result<Graph, String> {
    let proto = model.graph.as_ref().ok_or("the file holds no graph")?;
    let mut functions = HashMap::new();
    for function in &model.functions {
        functions.insert((normal(&function.domain), &*function.name, &*function.overload), function);
    }
    let mut builder = Builder { functions, nodes: Vec::new(), values: Vec::new(), inlined: 0, copied: 0 };
    let frame = Frame {
        path: String::new(),
        opset: default_opset(&model.opset_import).unwrap_or(1).max(1),
        attributes: Rc::default(),
        calls: Vec::new(),
        depth: 0,
    };
    let root = builder.graph(proto, &mut vec![HashMap::new()], &frame, true)?;
    let mut graph = Graph { nodes: builder.nodes, values: builder.values, root };
    graph.find_consumers();
    Ok(graph)
}

/// Names visible at a place, innermost scope last. A function's absent optional input is there with no value.
type Scopes<'p> = Vec<HashMap<&'p str, Option<ValueId>>>;

/// Where in the model the builder is.
struct Frame<'p> {
    /// Prefix of node names: calls and subgraphs, each with a slash behind.
    path: String,
    opset: i64,
    /// Attribute values of the function being inlined.
    attributes: Rc<HashMap<&'p str, &'p AttributeProto>>,
    /// Functions being inlined, outermost first.
    calls: Vec<*const FunctionProto>,
    /// Functions and subgraphs around this place.
    depth: usize,
}

impl Frame<'_> {
    /// The depth of a function or subgraph opened by the node.
    fn deeper(&self, node: &str) -> Result<usize, String> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("functions and subgraphs are nested more than {MAX_DEPTH} deep (node `{node}`)"));
        }
        Ok(self.depth + 1)
    }
}

struct Builder<'p> {
    functions: HashMap<(&'p str, &'p str, &'p str), &'p FunctionProto>,
    nodes: Vec<Node>,
    values: Vec<Value>,
    inlined: usize,
    copied: usize,
}

impl<'p> Builder<'p> {
    /// Charges what a node inside of a function or subgraph costs beyond what the file holds.
    fn charge(&mut self, proto: &NodeProto, frame: &Frame) -> Result<(), String> {
        self.copied += frame.path.len();
        if !frame.calls.is_empty() {
            self.inlined += 1;
            let names = proto.input.iter().chain(&proto.output).map(String::len).sum::<usize>();
            let attributes = proto.attribute.iter().filter_map(|stated| actual_attribute(stated, frame));
            let values = attributes.map(|value| {
                value.s.len()
                    + 8 * value.ints.len()
                    + 4 * value.floats.len()
                    + value.strings.iter().map(|s| s.len() + 32).sum::<usize>()
            });
            self.copied += names + 48 * (proto.input.len() + proto.output.len()) + values.sum::<usize>();
        }
        if self.inlined > MAX_INLINED || self.copied > MAX_COPIED {
            return Err(format!(
                "inlining its functions and subgraphs yields more than {MAX_INLINED} nodes or {} MiB (node `{}`)",
                MAX_COPIED >> 20,
                if proto.name.is_empty() { &proto.op_type } else { &proto.name }
            ));
        }
        Ok(())
    }

    fn value(&mut self, name: &str) -> ValueId {
        self.values.push(Value {
            name: printable(name),
            dtype: None,
            declared: None,
            tensor: None,
            producer: None,
            consumers: Vec::new(),
        });
        ValueId(self.values.len() - 1)
    }

    fn constant(&mut self, value: ValueId, tensor: Tensor) {
        let value = &mut self.values[value.0];
        value.dtype = Some(tensor.dtype).filter(|dtype| *dtype != DataType::Undefined);
        value.tensor = Some(tensor);
    }

    /// The graph itself or a subgraph: its own names on top of those around it.
    fn graph(
        &mut self,
        proto: &'p GraphProto,
        scopes: &mut Scopes<'p>,
        frame: &Frame<'p>,
        root: bool,
    ) -> Result<Body, String> {
        let scope_of = |scopes: &mut Scopes<'p>, name: &'p str, value| {
            scopes.last_mut().and_then(|scope| scope.insert(name, Some(value)))
        };
        let dense = proto.initializer.iter().map(|tensor| (&*tensor.name, Tensor::read(tensor)));
        let sparse = proto
            .sparse_initializer
            .iter()
            .map(|tensor| (tensor.values.as_ref().map_or("", |values| &*values.name), Tensor::read_sparse(tensor)));
        for (name, tensor) in dense.chain(sparse) {
            if !frame.calls.is_empty() {
                self.copied += name.len() + 512;
            }
            let value = self.value(name);
            self.constant(value, tensor.map_err(|problem| format!("initializer `{name}` {problem}"))?);
            scope_of(scopes, name, value);
        }
        let mut inputs = Vec::with_capacity(proto.input.len());
        for info in &proto.input {
            // Up to IR version 3 every initializer is also an input.
            let initialized = scopes.last().and_then(|scope| scope.get(&*info.name)).copied().flatten();
            let value = match initialized {
                Some(value) if root => value,
                _ => {
                    let value = self.value(&info.name);
                    scope_of(scopes, &info.name, value);
                    inputs.push(value);
                    value
                }
            };
            self.declare(value, info)?;
        }
        let mut nodes = Vec::with_capacity(proto.node.len());
        self.nodes_of(&proto.node, scopes, frame, &HashSet::new(), &mut nodes)?;
        for info in proto.value_info.iter().chain(&proto.output) {
            if let Some(Some(value)) = scopes.last().and_then(|scope| scope.get(&*info.name)).copied() {
                self.declare(value, info)?;
            }
        }
        let mut outputs = Vec::with_capacity(proto.output.len());
        for info in &proto.output {
            let found = lookup(scopes, &info.name).flatten();
            outputs.push(found.ok_or_else(|| format!("no node produces the graph's output `{}`", info.name))?);
        }
        Ok(Body { label: String::new(), inputs, outputs, nodes })
    }

    /// Keeps what the file says of a value's type and shape.
    fn declare(&mut self, value: ValueId, info: &ValueInfoProto) -> Result<(), String> {
        use type_proto::Value::{SparseTensorType, TensorType};
        let Some(TensorType(kind) | SparseTensorType(kind)) = info.r#type.as_ref().and_then(|kind| kind.value.as_ref())
        else {
            return Ok(());
        };
        let slot = &mut self.values[value.0];
        slot.dtype = slot.dtype.or(dtype::from_number(kind.elem_type));
        let Some(shape) = &kind.shape else { return Ok(()) };
        let dims: Vec<Dim> = shape.dim.iter().map(|dim| declared_dim(dim.value.as_ref())).collect();
        let fixed: Vec<u64> =
            dims.iter().filter_map(|dim| if let Dim::Fixed(size) = dim { Some(*size) } else { None }).collect();
        if dims.len() > 64 {
            return Err(format!("value `{}` has {} dimensions, more than any tensor can have", info.name, dims.len()));
        }
        tensor::check_size(&fixed).map_err(|problem| format!("value `{}` {problem}", info.name))?;
        slot.declared = Some(dims);
        Ok(())
    }

    /// Appends the nodes of one list, in executable order. `promised` are names that the scope holds already and that
    /// these nodes are to make: the outputs of a function.
    fn nodes_of(
        &mut self,
        protos: &'p [NodeProto],
        scopes: &mut Scopes<'p>,
        frame: &Frame<'p>,
        promised: &HashSet<&'p str>,
        into: &mut Vec<NodeId>,
    ) -> Result<(), String> {
        let mut made: HashSet<&'p str> = HashSet::with_capacity(protos.len());
        for proto in protos {
            for name in proto.output.iter().map(String::as_str).filter(|name| !name.is_empty()) {
                let scope = scopes.last().expect("a scope is open");
                if !made.insert(name) || (scope.contains_key(name) && !promised.contains(name)) {
                    let node = node_name(frame, proto);
                    return Err(format!("node `{node}` produces `{name}`, which another node produces, too"));
                }
                if !promised.contains(name) {
                    let value = self.value(name);
                    scopes.last_mut().expect("a scope is open").insert(name, Some(value));
                }
            }
        }
        let start = into.len();
        for proto in protos {
            let key = (normal(&proto.domain), &*proto.op_type, &*proto.overload);
            if let Some(function) = self.functions.get(&key).copied() {
                self.inline(function, proto, scopes, frame, into)?;
            } else {
                let id = self.node(proto, scopes, frame)?;
                into.push(id);
            }
        }
        let mut own = into.split_off(start);
        order::sort(&self.nodes, &self.values, &mut own)?;
        into.extend(own);
        Ok(())
    }

    fn node(&mut self, proto: &'p NodeProto, scopes: &mut Scopes<'p>, frame: &Frame<'p>) -> Result<NodeId, String> {
        self.charge(proto, frame)?;
        let name = node_name(frame, proto);
        let inputs = resolve(scopes, proto, &name)?;
        let mut attributes = Vec::with_capacity(proto.attribute.len());
        let mut bodies = Vec::new();
        for stated in &proto.attribute {
            let Some(actual) = actual_attribute(stated, frame) else { continue };
            for subgraph in actual.g.iter().map(AsRef::as_ref).chain(&actual.graphs) {
                let inner = Frame {
                    path: format!("{name}/{}/", stated.name),
                    opset: frame.opset,
                    attributes: Rc::clone(&frame.attributes),
                    calls: frame.calls.clone(),
                    depth: frame.deeper(&name)?,
                };
                scopes.push(HashMap::new());
                let body = self.graph(subgraph, scopes, &inner, false);
                scopes.pop();
                bodies.push(Body { label: stated.name.clone(), ..body? });
            }
            let value = Attribute::read(actual)
                .map_err(|problem| format!("node `{name}`: attribute `{}` {problem}", stated.name))?;
            attributes.extend(value.map(|value| (stated.name.clone(), value)));
        }
        let id = NodeId(self.nodes.len());
        let mut outputs = Vec::with_capacity(proto.output.len());
        for output in &proto.output {
            let value = lookup(scopes, output).flatten().filter(|_| !output.is_empty());
            if let Some(value) = value {
                self.values[value.0].producer = Some(id);
            }
            outputs.push(value);
        }
        let domain = match normal(&proto.domain) {
            "" => Domain::Onnx,
            "com.microsoft" => Domain::Microsoft,
            other => Domain::Other(printable(other)),
        };
        let module =
            proto.metadata_props.iter().find(|entry| entry.key == NAME_SCOPES).map(|entry| entry.value.clone());
        let node = Node {
            name,
            op: printable(&proto.op_type),
            domain,
            opset: frame.opset,
            inputs,
            outputs,
            attributes,
            bodies,
            module,
        };
        if node.is_onnx("Constant")
            && let (Some(value), Some(tensor)) = (node.output(0), constant_of(&node))
        {
            self.constant(value, tensor);
        }
        self.nodes.push(node);
        Ok(id)
    }

    /// Replaces a call by the nodes of its function.
    fn inline(
        &mut self,
        function: &'p FunctionProto,
        call: &'p NodeProto,
        scopes: &mut Scopes<'p>,
        frame: &Frame<'p>,
        into: &mut Vec<NodeId>,
    ) -> Result<(), String> {
        self.charge(call, frame)?;
        self.copied += 64 * (function.input.len() + function.output.len() + function.attribute_proto.len());
        let name = node_name(frame, call);
        if frame.calls.contains(&std::ptr::from_ref(function)) {
            return Err(format!("function `{}` calls itself (node `{name}`)", function.name));
        }
        let arguments = resolve(scopes, call, &name)?;
        let mut attributes: HashMap<&'p str, &'p AttributeProto> =
            function.attribute_proto.iter().map(|default| (&*default.name, default)).collect();
        for stated in &call.attribute {
            attributes.extend(actual_attribute(stated, frame).map(|actual| (&*stated.name, actual)));
        }
        let mut scope = HashMap::new();
        for (number, formal) in function.input.iter().enumerate() {
            scope.insert(&**formal, arguments.get(number).copied().flatten());
        }
        // The function's outputs are the caller's values; one that is an input, or stands twice, needs a copy.
        let mut promised = HashSet::new();
        let mut copies = Vec::new();
        for (number, formal) in function.output.iter().enumerate() {
            let actual = call.output.get(number).and_then(|output| lookup(scopes, output).flatten());
            let Some(actual) = actual else { continue };
            if scope.contains_key(&**formal) {
                copies.push((&**formal, actual));
            } else {
                scope.insert(&**formal, Some(actual));
                promised.insert(&**formal);
            }
        }
        let mut calls = frame.calls.clone();
        calls.push(function);
        let inner = Frame {
            path: format!("{name}/"),
            opset: default_opset(&function.opset_import).unwrap_or(frame.opset),
            attributes: Rc::new(attributes),
            calls,
            depth: frame.deeper(&name)?,
        };
        let mut inner_scopes = vec![scope];
        self.nodes_of(&function.node, &mut inner_scopes, &inner, &promised, into)?;
        if let Some(missing) = promised.iter().find(|formal| {
            lookup(&inner_scopes, formal).flatten().is_some_and(|value| self.values[value.0].producer.is_none())
        }) {
            return Err(format!("function `{}` does not produce `{missing}` (node `{name}`)", function.name));
        }
        for (formal, output) in copies {
            let id = NodeId(self.nodes.len());
            self.values[output.0].producer = Some(id);
            self.nodes.push(Node {
                name: format!("{name}/{formal}"),
                op: "Identity".into(),
                domain: Domain::Onnx,
                opset: inner.opset,
                inputs: vec![lookup(&inner_scopes, formal).flatten()],
                outputs: vec![Some(output)],
                attributes: Vec::new(),
                bodies: Vec::new(),
                module: None,
            });
            into.push(id);
        }
        Ok(())
    }
}

#[expect(clippy::option_option, reason = "a name bound to no value (an absent optional input) is not an unknown name")]
fn lookup(scopes: &Scopes, name: &str) -> Option<Option<ValueId>> {
    scopes.iter().rev().find_map(|scope| scope.get(name).copied())
}

fn resolve(scopes: &Scopes, proto: &NodeProto, node: &str) -> Result<Vec<Option<ValueId>>, String> {
    let find = |input: &String| {
        if input.is_empty() {
            return Ok(None);
        }
        lookup(scopes, input)
            .ok_or_else(|| format!("node `{node}` ({}) reads `{input}`, which no node produces", proto.op_type))
    };
    proto.input.iter().map(find).collect()
}

/// The attribute itself, or the one of the call that it refers to; `None` where the call does not state it.
fn actual_attribute<'p>(stated: &'p AttributeProto, frame: &Frame<'p>) -> Option<&'p AttributeProto> {
    if stated.ref_attr_name.is_empty() { Some(stated) } else { frame.attributes.get(&*stated.ref_attr_name).copied() }
}

fn node_name(frame: &Frame, proto: &NodeProto) -> String {
    let own = if proto.name.is_empty() { proto.output.iter().find(|name| !name.is_empty()) } else { Some(&proto.name) };
    format!("{}{}", frame.path, printable(own.unwrap_or(&proto.op_type)))
}

/// A name without control characters and of bearable length: it is shown to people, on terminals.
fn printable(name: &str) -> String {
    name.chars().take(MAX_NAME).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn normal(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

fn default_opset(imports: &[OperatorSetIdProto]) -> Option<i64> {
    imports.iter().find(|import| normal(&import.domain).is_empty()).map(|import| import.version)
}

fn declared_dim(value: Option<&tensor_shape_proto::dimension::Value>) -> Dim {
    use tensor_shape_proto::dimension::Value::{DimParam, DimValue};
    match value {
        Some(DimValue(size)) => u64::try_from(*size).map_or(Dim::Unknown, Dim::Fixed),
        Some(DimParam(name)) if !name.is_empty() && name != "?" => Dim::Named(printable(name)),
        _ => Dim::Unknown,
    }
}

/// The tensor of a Constant node, from whichever attribute states it.
fn constant_of(node: &Node) -> Option<Tensor> {
    let length = |count: usize| vec![count as u64];
    node.attributes.iter().find_map(|(name, value)| match (name.as_str(), value) {
        ("value" | "sparse_value", Attribute::Tensor(tensor)) => Some(tensor.clone()),
        ("value_int", Attribute::Int(value)) => Some(Tensor::of_ints(Vec::new(), vec![*value])),
        ("value_ints", Attribute::Ints(values)) => Some(Tensor::of_ints(length(values.len()), values.clone())),
        ("value_float", Attribute::Float(value)) => Some(Tensor::of_floats(Vec::new(), vec![f64::from(*value)])),
        ("value_floats", Attribute::Floats(values)) => {
            Some(Tensor::of_floats(length(values.len()), values.iter().map(|v| f64::from(*v)).collect()))
        }
        ("value_string", Attribute::Text(_)) => Some(Tensor::opaque(DataType::String, Vec::new())),
        ("value_strings", Attribute::Texts(texts)) => Some(Tensor::opaque(DataType::String, length(texts.len()))),
        _ => None,
    })
}
