//! Arithmetic expressions in attributes and variables, with Python's syntax, precedence and number semantics.
//!
//! `glb_depth: int(glb_kb * 1024 * 8 / 64)`, `width: datawidth * 2`, `n: 4 if rows > 8 else 2`. Integers stay integers
//! (`7 // 2` is 3, `8 / 2` is 4.0), `-2 ** 2` is -4, comparisons chain. There are no assignments, no loops, no methods.
//!
//! ```
//! use onnx2timeloop::timeloop::frontend::expression::{Scope, Value, evaluate};
//! let mut scope = Scope::default();
//! scope.set("rows", Value::Int(12));
//! assert_eq!(evaluate("max(16, rows * 2 ** 2 - 1)", &scope), Ok(Value::Int(47)));
//! ```

mod eval;
mod functions;
mod lexer;
mod parser;
mod value;

pub use value::Value;

use indexmap::IndexMap;

/// Longest expression in bytes.
const MAX_LENGTH: usize = 10_000;

/// Most tokens of an expression: a long sum is a deep tree.
const MAX_TOKENS: usize = 1_000;

/// The names an expression may use.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    names: IndexMap<String, Value>,
    /// What each declaration replaced, oldest first.
    undo: Vec<(String, Option<Value>)>,
}

impl Scope {
    /// Declares or replaces a name.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        let before = self.names.insert(name.clone(), value);
        self.undo.push((name, before));
    }

    /// A point to return to with [`Scope::leave`].
    pub fn enter(&self) -> usize {
        self.undo.len()
    }

    /// Forgets every declaration made since the matching [`Scope::enter`].
    pub fn leave(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some((name, Some(value))) => {
                    self.names.insert(name, value);
                }
                Some((name, None)) => {
                    self.names.swap_remove(&name);
                }
                None => return,
            }
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names.get(name)
    }

    /// All declared names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// The text is not an expression.
    #[error("{message} at position {at}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Byte offset in the text.
        at: usize,
    },
    /// A name that is not declared.
    #[error("name {name:?} is not defined, by `variables` or above it{}", did_you_mean(nearest.as_deref()))]
    UndefinedName {
        /// The name as written.
        name: String,
        /// A declared name that looks like it.
        nearest: Option<String>,
    },
    /// A function that does not exist.
    #[error("function {0:?} is not known")]
    UnknownFunction(String),
    /// An operation on values it is not made for.
    #[error("{0}")]
    Type(String),
    /// A function or operator outside its domain.
    #[error("{0}")]
    Domain(String),
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A result beyond the supported range.
    #[error("the result is too large")]
    Overflow,
    /// Too long or too deeply nested.
    #[error("the expression is too complex")]
    TooComplex,
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// An expression that has been read, to be evaluated any number of times.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(parser::Expr);

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > MAX_LENGTH {
            return Err(ExpressionError::TooComplex);
        }
        let tokens = lexer::tokens(text)?;
        if tokens.len() > MAX_TOKENS {
            return Err(ExpressionError::TooComplex);
        }
        parser::parse(&tokens).map(Self)
    }

    /// Its value, with the names of a scope.
    pub fn value(&self, scope: &Scope) -> Result<Value, ExpressionError> {
        eval::evaluate(&self.0, scope)
    }
}

/// The value of an expression.
pub fn evaluate(text: &str, scope: &Scope) -> Result<Value, ExpressionError> {
    Expression::parse(text)?.value(scope)
}

#[cfg(test)]
mod tests;
