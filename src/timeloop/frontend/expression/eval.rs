//! Evaluates an expression tree.

use super::parser::Expr;
use super::value::{Num, Value};
use super::{ExpressionError, Scope, functions};
use crate::names::nearest;
use std::cmp::Ordering;

/// No text or list may grow beyond this.
const MAX_LENGTH: usize = 100_000;

/// Evaluates a tree. Every kind of node has its own function, which keeps the stack of nested expressions small.
pub(super) fn evaluate(expression: &Expr, scope: &Scope) -> Result<Value, ExpressionError> {
    match expression {
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Name(name) => name_value(name, scope),
        Expr::List(items) => all(items, scope).map(Value::List),
        Expr::Unary(operator, operand) => unary(operator, &evaluate(operand, scope)?),
        Expr::Binary(..) => chain(expression, scope),
        Expr::Compare(first, rest) => comparison(first, rest, scope),
        Expr::Conditional(parts) => conditional(parts, scope),
        Expr::Call(name, arguments) => functions::call(name, &all(arguments, scope)?),
        Expr::Attribute(object, name) => attribute(&evaluate(object, scope)?, name),
        Expr::Index(object, index) => item(&evaluate(object, scope)?, &evaluate(index, scope)?),
    }
}

/// `a + b - c and d`: a long sum is a tree that is deep on the left, so it is walked in a loop.
fn chain(expression: &Expr, scope: &Scope) -> Result<Value, ExpressionError> {
    let mut operations = Vec::new();
    let mut first = expression;
    while let Expr::Binary(operator, left, right) = first {
        operations.push((*operator, &**right));
        first = left;
    }
    let mut value = evaluate(first, scope)?;
    for (operator, right) in operations.into_iter().rev() {
        value = match operator {
            "and" if !value.truth() => value,
            "or" if value.truth() => value,
            "and" | "or" => evaluate(right, scope)?,
            _ => binary(operator, &value, &evaluate(right, scope)?)?,
        };
    }
    Ok(value)
}

fn comparison(first: &Expr, rest: &[(&'static str, Expr)], scope: &Scope) -> Result<Value, ExpressionError> {
    let mut left = evaluate(first, scope)?;
    for (operator, right) in rest {
        let right = evaluate(right, scope)?;
        if !compare(operator, &left, &right)? {
            return Ok(Value::Bool(false));
        }
        left = right;
    }
    Ok(Value::Bool(true))
}

fn conditional(parts: &[Expr; 3], scope: &Scope) -> Result<Value, ExpressionError> {
    let [condition, then, otherwise] = parts;
    let chosen = if evaluate(condition, scope)?.truth() { then } else { otherwise };
    evaluate(chosen, scope)
}

fn attribute(object: &Value, name: &str) -> Result<Value, ExpressionError> {
    match object {
        Value::Map(map) => map.get(name).cloned().ok_or_else(|| undefined(name, map.keys().map(String::as_str))),
        other => Err(ExpressionError::Type(format!("a value of type {} has no attribute {name:?}", other.kind()))),
    }
}

fn all(items: &[Expr], scope: &Scope) -> Result<Vec<Value>, ExpressionError> {
    let mut size = 0;
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let value = evaluate(item, scope)?;
        size += value.size();
        if size > MAX_LENGTH {
            return Err(ExpressionError::TooComplex);
        }
        values.push(value);
    }
    Ok(values)
}

fn name_value(name: &str, scope: &Scope) -> Result<Value, ExpressionError> {
    if let Some(value) = scope.get(name) {
        return Ok(value.clone());
    }
    Ok(Value::Float(match name {
        "pi" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "tau" => std::f64::consts::TAU,
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => return Err(undefined(name, scope.names())),
    }))
}

fn undefined<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> ExpressionError {
    ExpressionError::UndefinedName { name: name.into(), nearest: nearest(name, known).map(str::to_owned) }
}

fn item(object: &Value, index: &Value) -> Result<Value, ExpressionError> {
    let missing = || ExpressionError::Domain(format!("there is no item {}", index.text()));
    match (object, index) {
        (Value::Map(map), Value::Str(key)) => map.get(key).cloned().ok_or_else(missing),
        (Value::List(items), Value::Int(index)) => {
            position(*index, items.len()).map(|index| items[index].clone()).ok_or_else(missing)
        }
        (Value::Str(text), Value::Int(index)) => {
            let characters: Vec<char> = text.chars().collect();
            position(*index, characters.len())
                .map(|index| Value::Str(characters[index].to_string()))
                .ok_or_else(missing)
        }
        _ => Err(ExpressionError::Type(format!(
            "a value of type {} has no item of type {}",
            object.kind(),
            index.kind()
        ))),
    }
}

/// A list position; negative ones count from the end.
fn position(at: i128, length: usize) -> Option<usize> {
    let from_start = if at < 0 { at.checked_add(length as i128)? } else { at };
    usize::try_from(from_start).ok().filter(|&at| at < length)
}

fn unary(operator: &str, operand: &Value) -> Result<Value, ExpressionError> {
    match (operator, operand.number()) {
        ("not", _) => Ok(Value::Bool(!operand.truth())),
        ("+", Some(number)) => Ok(number.into()),
        ("-", Some(Num::Int(value))) => int(value.checked_neg()),
        ("-", Some(Num::Float(value))) => Ok(Value::Float(-value)),
        ("~", Some(Num::Int(value))) => Ok(Value::Int(!value)),
        _ => Err(ExpressionError::Type(format!("{operator} is not defined for {}", operand.kind()))),
    }
}

impl From<Num> for Value {
    fn from(number: Num) -> Self {
        match number {
            Num::Int(value) => Value::Int(value),
            Num::Float(value) => Value::Float(value),
        }
    }
}

fn int(value: Option<i128>) -> Result<Value, ExpressionError> {
    value.map(Value::Int).ok_or(ExpressionError::Overflow)
}

fn binary(operator: &str, a: &Value, b: &Value) -> Result<Value, ExpressionError> {
    if let (Some(x), Some(y)) = (a.number(), b.number()) {
        return arithmetic(operator, x, y);
    }
    let undefined =
        || ExpressionError::Type(format!("{operator} is not defined between {} and {}", a.kind(), b.kind()));
    match (operator, a, b) {
        ("+", Value::Str(x), Value::Str(y)) if a.size() + b.size() <= MAX_LENGTH => Ok(Value::Str(format!("{x}{y}"))),
        ("+", Value::List(x), Value::List(y)) if a.size() + b.size() <= MAX_LENGTH => {
            Ok(Value::List([x.as_slice(), y].concat()))
        }
        ("+", Value::Str(_), Value::Str(_)) | ("+", Value::List(_), Value::List(_)) => Err(ExpressionError::TooComplex),
        ("*", Value::Str(text), Value::Int(n)) | ("*", Value::Int(n), Value::Str(text)) => {
            Ok(Value::Str(text.repeat(repetitions(*n, text.len())?)))
        }
        ("*", list @ Value::List(items), Value::Int(n)) | ("*", Value::Int(n), list @ Value::List(items)) => {
            let n = repetitions(*n, list.size())?;
            Ok(Value::List(std::iter::repeat_n(items, n).flatten().cloned().collect()))
        }
        _ => Err(undefined()),
    }
}

fn repetitions(n: i128, length: usize) -> Result<usize, ExpressionError> {
    let n = usize::try_from(n.max(0)).map_err(|_| ExpressionError::TooComplex)?;
    let fits = n.checked_mul(length).is_some_and(|total| total <= MAX_LENGTH);
    if fits { Ok(n) } else { Err(ExpressionError::TooComplex) }
}

fn arithmetic(operator: &str, a: Num, b: Num) -> Result<Value, ExpressionError> {
    if matches!(operator, "/" | "//" | "%") && b.float() == 0.0 {
        return Err(ExpressionError::DivisionByZero);
    }
    match (operator, a, b) {
        ("+", Num::Int(a), Num::Int(b)) => int(a.checked_add(b)),
        ("-", Num::Int(a), Num::Int(b)) => int(a.checked_sub(b)),
        ("*", Num::Int(a), Num::Int(b)) => int(a.checked_mul(b)),
        ("//", Num::Int(a), Num::Int(b)) => int(floor_division(a, b)),
        ("%", Num::Int(a), Num::Int(b)) => {
            int(floor_division(a, b).and_then(|q| q.checked_mul(b)).and_then(|m| a.checked_sub(m)))
        }
        ("&", Num::Int(a), Num::Int(b)) => Ok(Value::Int(a & b)),
        ("|", Num::Int(a), Num::Int(b)) => Ok(Value::Int(a | b)),
        ("^", Num::Int(a), Num::Int(b)) => Ok(Value::Int(a ^ b)),
        ("<<" | ">>", Num::Int(_), Num::Int(b)) if b < 0 => Err(ExpressionError::Domain("negative shift count".into())),
        ("<<", Num::Int(a), Num::Int(b)) => int(power_of_two(b).and_then(|factor| a.checked_mul(factor))),
        (">>", Num::Int(a), Num::Int(b)) => Ok(Value::Int(a >> b.min(127))),
        ("**", a, b) => functions::power(a, b),
        ("+", a, b) => Ok(Value::Float(a.float() + b.float())),
        ("-", a, b) => Ok(Value::Float(a.float() - b.float())),
        ("*", a, b) => Ok(Value::Float(a.float() * b.float())),
        ("/", a, b) => Ok(Value::Float(a.float() / b.float())),
        ("//", a, b) => Ok(Value::Float((a.float() / b.float()).floor())),
        ("%", a, b) => Ok(Value::Float(float_modulo(a.float(), b.float()))),
        _ => Err(ExpressionError::Type(format!("{operator} needs integers"))),
    }
}

fn power_of_two(exponent: i128) -> Option<i128> {
    1_i128.checked_shl(u32::try_from(exponent).ok()?).filter(|&value| value > 0)
}

/// Division rounded towards minus infinity.
fn floor_division(a: i128, b: i128) -> Option<i128> {
    let quotient = a.checked_div(b)?;
    let inexact = a.checked_rem(b)? != 0;
    if inexact && (a < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
}

/// The remainder with the sign of the divisor.
fn float_modulo(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
}

fn compare(operator: &str, a: &Value, b: &Value) -> Result<bool, ExpressionError> {
    match operator {
        "==" => return Ok(a.equals(b)),
        "!=" => return Ok(!a.equals(b)),
        "in" => return contains(b, a),
        "not in" => return contains(b, a).map(|found| !found),
        _ => {}
    }
    let Some(ordering) = order(a, b)? else { return Ok(false) };
    Ok(match operator {
        "<" => ordering == Ordering::Less,
        "<=" => ordering != Ordering::Greater,
        ">" => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    })
}

/// The order of two numbers or two texts; `None` if one is not a number (NaN).
pub(super) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, ExpressionError> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Ok(Some(a.cmp(b))),
        _ => match (a.number(), b.number()) {
            (Some(Num::Int(a)), Some(Num::Int(b))) => Ok(Some(a.cmp(&b))),
            (Some(a), Some(b)) => Ok(a.float().partial_cmp(&b.float())),
            _ => Err(ExpressionError::Type(format!("{} and {} have no order", a.kind(), b.kind()))),
        },
    }
}

fn contains(container: &Value, wanted: &Value) -> Result<bool, ExpressionError> {
    match (container, wanted) {
        (Value::List(items), _) => Ok(items.iter().any(|item| item.equals(wanted))),
        (Value::Map(map), Value::Str(key)) => Ok(map.contains_key(key)),
        (Value::Str(text), Value::Str(part)) => Ok(text.contains(part.as_str())),
        _ => Err(ExpressionError::Type(format!("`in` is not defined for {}", container.kind()))),
    }
}
