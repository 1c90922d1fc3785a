//! What the user says of a network's inputs: the sizes that a file leaves open, and values that shapes depend on.

mod bind;
mod expression;
mod input_value;
mod phase;
mod size_names;

use std::collections::HashMap;

use thiserror::Error;

use super::graph::ValueId;
use super::moe_balance::MoeBalance;
use super::tensor::Tensor;
pub use input_value::InputValue;
pub use phase::Phase;
pub(super) use size_names::SizeNames;

/// A shape that the user states for an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputShape {
    /// The input's name; `None` means the network's only input.
    pub name: Option<String>,
    /// The sizes of its dimensions, in order.
    pub dims: Vec<u64>,
}

/// What a user says of a network's inputs and values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bindings {
    /// Size of the first dimension of every input that leaves it open.
    pub batch: Option<u64>,
    /// Sizes of named dimensions, wherever in the graph they stand.
    pub dims: Vec<(String, u64)>,
    /// Shapes of whole inputs.
    pub input_shapes: Vec<InputShape>,
    /// Shapes of values between nodes, where they depend on data.
    pub shapes: Vec<(String, Vec<u64>)>,
    /// Elements of small inputs, for shapes and conditions that depend on them.
    pub input_values: Vec<InputValue>,
    /// The phase of a language model.
    pub phase: Option<Phase>,
    /// Shapes of inputs, by name, for dimensions that neither the file nor anything above states. What does not fit is passed
    /// over.
    pub usual_shapes: Vec<(String, Vec<Option<u64>>)>,
    /// How the tokens of a mixture of experts are shared.
    pub moe_balance: MoeBalance,
    /// Pass over names that the network does not have: the bindings are for many networks.
    pub ignore_unknown_names: bool,
}

/// Why bindings do not fit a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BindingError {
    #[error("the network has no dimension named `{name}`; {known}")]
    UnknownDimension { name: String, known: String },
    #[error("the network has no input `{name}`; its inputs are {known}")]
    UnknownInput { name: String, known: String },
    #[error("the network has no value `{0}`")]
    UnknownValue(String),
    #[error("the network has {0} inputs; name the one that has this shape, as in `--input-shape NAME=1,3,224,224`")]
    WhichInput(usize),
    #[error("input `{input}` has {expected} dimensions, the given shape has {given}")]
    Rank { input: String, expected: usize, given: usize },
    #[error(
        "dimension {axis} of input `{input}` is fixed at {fixed} in the file and cannot be {given}; export it as a dynamic dimension"
    )]
    Fixed { input: String, axis: usize, fixed: u64, given: u64 },
    #[error("dimension `{name}` is bound to {first} and to {second}")]
    Contradiction { name: String, first: u64, second: u64 },
    #[error("`--batch` was given, but no input leaves its first dimension open; it is fixed at {fixed} in the file")]
    NoBatch { fixed: u64 },
    #[error("the network cannot run the phase `{phase}`: no input of it holds {lacks}")]
    NoDecoder { phase: String, lacks: &'static str },
    #[error("a size must be at most 2^31, not {0}")]
    Size(u64),
    #[error("value `{value}` cannot have the shape {stated}: it has {inferred}")]
    Shape { value: String, stated: String, inferred: String },
    #[error("input `{input}` cannot have the given value: {problem}")]
    Value { input: String, problem: String },
}

/// A dimension of an input that is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenDim {
    /// `height`, or `dimension 2 of input x` where it has no name.
    pub(super) label: String,
    /// The flag that binds it.
    pub(super) flag: String,
}

/// A dimension of an input after binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoundDim {
    Known(u64),
    /// Index into [`Bound::open`]; equal names share one.
    Open(usize),
}

/// A network's inputs and values with the user's bindings applied.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound {
    /// Shapes of the inputs; `None` where not even the rank is known.
    pub(super) inputs: Vec<(ValueId, Option<Vec<BoundDim>>)>,
    pub(super) open: Vec<OpenDim>,
    /// Sizes of named dimensions.
    pub(super) names: SizeNames,
    /// Shapes of values between nodes.
    pub(super) shapes: HashMap<ValueId, Vec<u64>>,
    /// Elements of inputs.
    pub(super) values: Vec<(ValueId, Tensor)>,
    pub(super) moe_balance: MoeBalance,
}

/// A name as one can type it after a flag.
pub(super) fn shell_word(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/,@+".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

fn checked(size: u64) -> Result<u64, BindingError> {
    if size <= 1 << 31 { Ok(size) } else { Err(BindingError::Size(size)) }
}
