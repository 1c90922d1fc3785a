//! Attributes of nodes, typed.

use crate::onnx::proto::AttributeProto;
use crate::onnx::proto::attribute_proto::AttributeType;
use crate::onnx::tensor::Tensor;

/// The value of an attribute. Subgraphs are bodies of the node, not attributes.
#[derive(Clone, Debug)]
pub(in crate::onnx) enum Attribute {
    Float(f32),
    Int(i64),
    Text(String),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
    Texts(Vec<String>),
    Tensor(Tensor),
}

impl Attribute {
    /// Reads an attribute; `None` for kinds that no shape depends on.
    ///
    /// # Errors
    ///
    /// What is wrong with a tensor's dims.
    pub(super) fn read(proto: &AttributeProto) -> Result<Option<Self>, String> {
        let text = |bytes: &bytes::Bytes| String::from_utf8_lossy(bytes).into_owned();
        Ok(Some(match kind(proto) {
            AttributeType::Float => Self::Float(proto.f),
            AttributeType::Int => Self::Int(proto.i),
            AttributeType::String => Self::Text(text(&proto.s)),
            AttributeType::Floats => Self::Floats(proto.floats.clone()),
            AttributeType::Ints => Self::Ints(proto.ints.clone()),
            AttributeType::Strings => Self::Texts(proto.strings.iter().map(text).collect()),
            AttributeType::Tensor => match &proto.t {
                Some(tensor) => Self::Tensor(Tensor::read(tensor)?),
                None => return Ok(None),
            },
            AttributeType::SparseTensor => match &proto.sparse_tensor {
                Some(tensor) => Self::Tensor(Tensor::read_sparse(tensor)?),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }
}

/// The stated type; files of the first IR versions state no type, so that the field that is filled tells it.
fn kind(proto: &AttributeProto) -> AttributeType {
    match AttributeType::try_from(proto.r#type) {
        Ok(AttributeType::Undefined) | Err(_) => {}
        Ok(kind) => return kind,
    }
    if !proto.ints.is_empty() {
        AttributeType::Ints
    } else if !proto.floats.is_empty() {
        AttributeType::Floats
    } else if !proto.strings.is_empty() {
        AttributeType::Strings
    } else if proto.t.is_some() {
        AttributeType::Tensor
    } else if proto.sparse_tensor.is_some() {
        AttributeType::SparseTensor
    } else if !proto.s.is_empty() {
        AttributeType::String
    } else if proto.f != 0.0 {
        AttributeType::Float
    } else {
        AttributeType::Int
    }
}
