//! Why a component cannot be estimated, where it is said, and what would help.

use std::fmt;

use thiserror::Error;

use super::primitive::Tried;
use crate::names::suggestion;
use crate::timeloop::frontend::expression::ExpressionError;
use crate::timeloop::frontend::load::shorten;

/// A component, or a class, that cannot be estimated.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The name of the component without its range; empty for a class as a whole.
    pub component: String,
    /// Its class.
    pub class: String,
    /// The path of keys in the processed document: `architecture.subtree[0].local[1].attributes.depth`, or of a class
    /// `compound_components.classes[0].subcomponents[1]`.
    pub path: String,
    /// Why.
    pub reason: Box<Reason>,
}

/// Why something cannot be estimated.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Reason {
    /// No compound class and no estimator has this name.
    #[error("no estimator knows the class `{class}`{}", suggestion(class, known.iter().map(String::as_str)))]
    UnknownClass {
        /// The class.
        class: String,
        /// All that are known.
        known: Vec<String>,
    },
    /// An attribute without which nothing can be said.
    #[error("attribute `{0}` is missing")]
    Missing(String),
    /// An attribute that the class wants to be stated.
    #[error("the class `{class}` needs attribute `{attribute}`")]
    MustSpecify {
        /// The class.
        class: String,
        /// The attribute.
        attribute: String,
    },
    /// A size below 0, or a clock that is not above.
    #[error("attribute `{attribute}` is {value}; it must be {}", if *zero { "at least 0" } else { "above 0" })]
    Size {
        /// The attribute.
        attribute: String,
        /// Its value.
        value: String,
        /// Whether it may be 0.
        zero: bool,
    },
    /// An expression without value.
    #[error("cannot evaluate `{}`: {cause}", shorten(text))]
    Expression {
        /// The expression.
        text: String,
        /// Why it has none.
        cause: Box<ExpressionError>,
        /// The name that it uses is stated below it, where it cannot be seen yet.
        below: Option<String>,
    },
    /// A scale or a bound of a range that is no number.
    #[error("{what} must be a number, not {found}")]
    NoNumber {
        /// What it is for.
        what: &'static str,
        /// What it is.
        found: String,
    },
    /// A range that ends before it begins.
    #[error("the range {first}..{last} of `{name}` ends before it begins")]
    Range {
        /// Of what.
        name: String,
        /// Its first index.
        first: String,
        /// Its last index.
        last: String,
    },
    /// A compound class that contains itself.
    #[error("the class `{}` contains itself: {}", chain.first().map_or("", String::as_str), chain.join(" -> "))]
    Circle {
        /// From the class to itself.
        chain: Vec<String>,
    },
    /// A required action that a compound class lacks.
    #[error("the class `{class}` has no action `{action}`, which the component must be able to do")]
    NoAction {
        /// The class.
        class: String,
        /// The action.
        action: String,
    },
    /// An action of a class that names a part which the class lacks.
    #[error("the action `{action}` names `{part}`, which is none of the subcomponents{}", suggestion(part, known.iter().map(String::as_str)))]
    NoPart {
        /// The action.
        action: String,
        /// The part.
        part: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Every estimator that knows a primitive class has a reason not to answer.
    #[error("nothing estimates {wanted} of `{part}`, a `{class}`{}", Reasons(tried))]
    Unestimated {
        /// The action, or the area.
        wanted: String,
        /// The name of the part within the component.
        part: String,
        /// Its class.
        class: String,
        /// Who was asked, and why there is no answer.
        tried: Tried,
    },
    /// A number that is below 0 or not finite.
    #[error("{what} comes to {value}, which is no number of at least 0")]
    Unusable {
        /// The action, or the area.
        what: String,
        /// The number.
        value: String,
    },
    /// A part of the description in another form than it must have.
    #[error("it must be {expected}, not {found}")]
    Form {
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// Arguments with ranges make several rows of one action, which no file for Timeloop can tell apart.
    #[error("the action `{0}` has arguments of its own; only actions without can be estimated for Timeloop")]
    Arguments(String),
    /// Classes within classes beyond any hardware.
    #[error("the class is made of more than {0} parts, or nested too deeply")]
    TooLarge(usize),
}

struct Reasons<'t>(&'t Tried);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (estimator, reason)) in self.0.iter().enumerate() {
            write!(f, "{}{estimator}: {reason}", if at == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl Refusal {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        Some(match &*self.reason {
            Reason::UnknownClass { .. } => {
                "define the class under `compound_components.classes`, name a known one with `subclass`, or give its energies in a table"
                    .to_owned()
            }
            Reason::Missing(name) => format!("state `{name}` in the component, in a container around it, or under `variables`"),
            Reason::MustSpecify { attribute, .. } => format!("state `{attribute}` among the attributes of the component"),
            Reason::Expression { below: Some(name), .. } => {
                format!("`{name}` is stated further down; an attribute sees only those above it")
            }
            Reason::Unestimated { tried, .. } if tried.is_empty() => {
                "`plug_in`, `min_accuracy` and `minimum_accuracy` among the attributes leave no estimator".to_owned()
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.component.is_empty(), self.class.is_empty()) {
            (true, true) => {}
            (true, false) => write!(f, "class `{}`: ", self.class)?,
            (false, _) => write!(f, "component `{}`, class `{}`: ", self.component, self.class)?,
        }
        write!(f, "{}", self.reason)
    }
}

impl std::error::Error for Refusal {}

/// A reason with its place, on the way up.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    /// Path of keys; empty where it is that of the component.
    pub(super) path: String,
    pub(super) reason: Box<Reason>,
}

impl Refused {
    pub(super) fn new(path: impl Into<String>, reason: Reason) -> Self {
        Self { path: path.into(), reason: Box::new(reason) }
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self::new("", reason)
    }
}
