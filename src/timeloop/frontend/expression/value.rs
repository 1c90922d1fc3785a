//! The values of expressions, and Python's way of writing them as text.

use crate::timeloop::frontend::load::Node;
use indexmap::IndexMap;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`; counts as 1 or 0 in arithmetic.
    Bool(bool),
    /// An integer; results beyond 128 bits are errors.
    Int(i128),
    /// A float.
    Float(f64),
    /// A text, as in quotes.
    Str(String),
    /// A list (tuples are lists too).
    List(Vec<Value>),
    /// A mapping; `m.key` and `m['key']` both read it.
    Map(IndexMap<String, Value>),
}

/// A number after `bool` has become an integer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Num {
    Int(i128),
    Float(f64),
}

impl Num {
    #[expect(clippy::cast_precision_loss, reason = "Python converts the same way")]
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

impl Value {
    /// The number this is, if it is one.
    pub(super) fn number(&self) -> Option<Num> {
        match self {
            Self::Bool(value) => Some(Num::Int(i128::from(*value))),
            Self::Int(value) => Some(Num::Int(*value)),
            Self::Float(value) => Some(Num::Float(*value)),
            _ => None,
        }
    }

    /// The number this is, as a float.
    pub fn as_f64(&self) -> Option<f64> {
        self.number().map(Num::float)
    }

    /// Python's truth: zero and empty are false.
    pub fn truth(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(map) => !map.is_empty(),
        }
    }

    /// How much there is of it: characters and items, at every depth.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Str(text) => 1 + text.len(),
            Self::List(items) => items.iter().fold(1, |total, item| total + item.size()),
            Self::Map(map) => map.values().fold(1, |total, item| total + item.size()),
            _ => 1,
        }
    }

    /// The kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) => "str",
            Self::List(_) => "list",
            Self::Map(_) => "mapping",
        }
    }

    /// Equality in the sense of `==`: 1 == 1.0 == True.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b)),
            _ => match (self.number(), other.number()) {
                (Some(Num::Int(a)), Some(Num::Int(b))) => a == b,
                #[expect(clippy::float_cmp, reason = "this is what == means")]
                (Some(a), Some(b)) => a.float() == b.float(),
                _ => self == other,
            },
        }
    }

    /// Text as `str()` writes it.
    pub fn text(&self) -> String {
        match self {
            Self::Str(text) => text.clone(),
            other => other.repr(),
        }
    }

    fn repr(&self) -> String {
        match self {
            Self::None => "None".into(),
            Self::Bool(true) => "True".into(),
            Self::Bool(false) => "False".into(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => float_text(*value),
            Self::Str(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            Self::List(items) => format!("[{}]", items.iter().map(Self::repr).collect::<Vec<_>>().join(", ")),
            Self::Map(map) => {
                let entries = map.iter().map(|(key, value)| format!("'{key}': {}", value.repr()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// A document value as an expression value.
    pub fn from_node(node: &Node) -> Self {
        match node {
            Node::Null => Self::None,
            Node::Bool(value) => Self::Bool(*value),
            Node::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => Self::Int(value.into()),
                (None, Some(value)) => Self::Int(value.into()),
                (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Node::Text { text, .. } => Self::Str(text.clone()),
            Node::List(items) => Self::List(items.iter().map(Self::from_node).collect()),
            Node::Map(map) => Self::Map(map.iter().map(|(key, value)| (key.clone(), Self::from_node(value))).collect()),
            Node::Tagged(_, inner) => Self::from_node(inner),
        }
    }

    /// The value as a document value; `None` if an integer exceeds 64 bits.
    pub fn to_node(&self) -> Option<Node> {
        Some(match self {
            Self::None => Node::Null,
            Self::Bool(value) => Node::Bool(*value),
            Self::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => Node::Number(value.into()),
                (Err(_), Ok(value)) => Node::Number(value.into()),
                (Err(_), Err(_)) => return None,
            },
            Self::Float(value) => Node::Number((*value).into()),
            Self::Str(text) => Node::quoted(text.clone()),
            Self::List(items) => Node::List(items.iter().map(Self::to_node).collect::<Option<_>>()?),
            Self::Map(map) => {
                let entries = map.iter().map(|(key, value)| Some((key.clone(), value.to_node()?)));
                Node::Map(entries.collect::<Option<_>>()?)
            }
        })
    }
}

/// A float as Python writes it: `8.0`, `1e-09`, `1e+16`, `inf`.
fn float_text(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".into() } else { format!("{value}") };
    }
    let text = format!("{value:?}");
    let Some((mantissa, exponent)) = format!("{value:e}").split_once('e').map(|(m, e)| (m.to_owned(), e.to_owned()))
    else {
        return text;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if value != 0.0 && !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.abs())
        }
        _ if text.contains('e') => format!("{value:?}").parse::<f64>().map_or(text, |plain| format!("{plain}")),
        _ => text,
    }
}
