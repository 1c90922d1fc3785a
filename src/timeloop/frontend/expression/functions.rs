//! The functions expressions may call: Python's arithmetic built-ins and its `math` module.

use super::ExpressionError;
use super::eval::order;
use super::value::{Num, Value};
use std::cmp::Ordering;

/// Longest list `range` may build.
const MAX_LENGTH: i128 = 100_000;

type Outcome = Result<Value, ExpressionError>;

/// Calls a function by name.
pub(super) fn call(name: &str, arguments: &[Value]) -> Outcome {
    if let Some(function) = of_one_float(name) {
        let [value] = arguments else { return Err(count(name, "one argument")) };
        return float(name, function(number(name, value)?.float()));
    }
    if let Some(function) = of_two_floats(name) {
        let [a, b] = arguments else { return Err(count(name, "two arguments")) };
        return float(name, function(number(name, a)?.float(), number(name, b)?.float()));
    }
    match (name, arguments) {
        ("ceil", [value]) => rounded(number(name, value)?, f64::ceil),
        ("floor", [value]) => rounded(number(name, value)?, f64::floor),
        ("trunc", [value]) => rounded(number(name, value)?, f64::trunc),
        ("int", [value]) => to_int(value),
        ("int", []) => Ok(Value::Int(0)),
        ("float", [value]) => to_float(value),
        ("str", [value]) => Ok(Value::Str(value.text())),
        ("bool", [value]) => Ok(Value::Bool(value.truth())),
        ("abs", [value]) => match number(name, value)? {
            Num::Int(value) => value.checked_abs().map(Value::Int).ok_or(ExpressionError::Overflow),
            Num::Float(value) => Ok(Value::Float(value.abs())),
        },
        ("round", [value]) => round_half_even(number(name, value)?),
        ("round", [value, Value::Int(digits)]) => round_to(number(name, value)?, *digits),
        ("log", [value]) => float(name, number(name, value)?.float().ln()),
        ("log", [value, base]) => float(name, number(name, value)?.float().ln() / number(name, base)?.float().ln()),
        ("pow", [a, b]) => power(number(name, a)?, number(name, b)?),
        ("isqrt", [Value::Int(value)]) if *value >= 0 => Ok(Value::Int(value.isqrt())),
        ("gcd", _) => {
            integers(name, arguments)?.into_iter().try_fold(0, gcd).map(Value::Int).ok_or(ExpressionError::Overflow)
        }
        ("factorial", [Value::Int(n)]) if (0..34).contains(n) => Ok(Value::Int((1..=*n).product())),
        ("comb", [Value::Int(n), Value::Int(k)]) if *n >= 0 && *k >= 0 => choose(*n, *k),
        ("len", [Value::Str(text)]) => Ok(Value::Int(text.chars().count() as i128)),
        ("len", [Value::List(items)]) => Ok(Value::Int(items.len() as i128)),
        ("len", [Value::Map(map)]) => Ok(Value::Int(map.len() as i128)),
        ("list" | "tuple", [Value::List(items)]) => Ok(Value::List(items.clone())),
        ("range", _) => range(&integers(name, arguments)?),
        ("sum", [Value::List(items)]) => fold(name, items, Value::Int(0), i128::checked_add, |a, b| a + b),
        ("prod", [Value::List(items)]) => fold(name, items, Value::Int(1), i128::checked_mul, |a, b| a * b),
        ("min", _) => extreme(name, arguments, Ordering::Less),
        ("max", _) => extreme(name, arguments, Ordering::Greater),
        ("isnan", [value]) => Ok(Value::Bool(number(name, value)?.float().is_nan())),
        ("isinf", [value]) => Ok(Value::Bool(number(name, value)?.float().is_infinite())),
        ("isfinite", [value]) => Ok(Value::Bool(number(name, value)?.float().is_finite())),
        _ if KNOWN.contains(&name) => Err(count(name, "other arguments")),
        _ => Err(ExpressionError::UnknownFunction(name.into())),
    }
}

/// The functions above, for a better message on wrong arguments.
const KNOWN: [&str; 24] = [
    "ceil",
    "floor",
    "trunc",
    "int",
    "float",
    "str",
    "bool",
    "abs",
    "round",
    "log",
    "pow",
    "isqrt",
    "factorial",
    "comb",
    "len",
    "list",
    "tuple",
    "sum",
    "prod",
    "isnan",
    "isinf",
    "isfinite",
    "min",
    "max",
];

fn of_one_float(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "sqrt" => f64::sqrt,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "log1p" => f64::ln_1p,
        "exp" => f64::exp,
        "expm1" => f64::exp_m1,
        "fabs" => f64::abs,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "degrees" => f64::to_degrees,
        "radians" => f64::to_radians,
        _ => return None,
    })
}

fn of_two_floats(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "atan2" => f64::atan2,
        "hypot" => f64::hypot,
        "copysign" => f64::copysign,
        "fmod" => |a, b| a % b,
        _ => return None,
    })
}

fn count(name: &str, wanted: &str) -> ExpressionError {
    ExpressionError::Type(format!("{name}() takes {wanted}"))
}

fn number(name: &str, value: &Value) -> Result<Num, ExpressionError> {
    value.number().ok_or_else(|| ExpressionError::Type(format!("{name}() needs a number, not {}", value.kind())))
}

fn integers(name: &str, values: &[Value]) -> Result<Vec<i128>, ExpressionError> {
    let integer = |value: &Value| match value.number() {
        Some(Num::Int(value)) => Ok(value),
        _ => Err(ExpressionError::Type(format!("{name}() needs integers, not {}", value.kind()))),
    };
    values.iter().map(integer).collect()
}

/// Like Python's `math`: no silent NaN from numbers, no infinity from finite ones.
fn float(name: &str, value: f64) -> Outcome {
    if value.is_finite() {
        Ok(Value::Float(value))
    } else {
        Err(ExpressionError::Domain(format!("{name}() is not defined for this value")))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(value: f64) -> Outcome {
    if value.abs() < 1e38 { Ok(Value::Int(value as i128)) } else { Err(ExpressionError::Overflow) }
}

fn rounded(value: Num, direction: fn(f64) -> f64) -> Outcome {
    match value {
        Num::Int(value) => Ok(Value::Int(value)),
        Num::Float(value) => whole(direction(value)),
    }
}

fn round_half_even(value: Num) -> Outcome {
    rounded(value, f64::round_ties_even)
}

fn round_to(value: Num, digits: i128) -> Outcome {
    match value {
        Num::Int(value) if digits >= 0 => Ok(Value::Int(value)),
        // The shortest decimal with that many digits, as Python rounds the decimal value, not the binary one.
        Num::Float(value) if (0..=300).contains(&digits) => {
            let digits = usize::try_from(digits).unwrap_or(0);
            format!("{value:.digits$}").parse().map(Value::Float).map_err(|_| ExpressionError::Overflow)
        }
        _ => Err(ExpressionError::Domain("round() takes a non-negative number of digits".into())),
    }
}

fn to_int(value: &Value) -> Outcome {
    match value {
        Value::Str(text) => {
            let plain = text.trim().replace('_', "");
            plain.parse().map(Value::Int).map_err(|_| ExpressionError::Domain(format!("{text:?} is not an integer")))
        }
        other => rounded(number("int", other)?, f64::trunc),
    }
}

fn to_float(value: &Value) -> Outcome {
    match value {
        Value::Str(text) => text
            .trim()
            .parse()
            .map(Value::Float)
            .map_err(|_| ExpressionError::Domain(format!("{text:?} is not a number"))),
        other => Ok(Value::Float(number("float", other)?.float())),
    }
}

/// `a ** b`: exact for integers with a non-negative exponent, else in floats.
pub(super) fn power(a: Num, b: Num) -> Outcome {
    match (a, b) {
        (Num::Int(base), Num::Int(exponent)) if exponent >= 0 => match base {
            0 | 1 => Ok(Value::Int(if exponent == 0 { 1 } else { base })),
            -1 => Ok(Value::Int(if exponent % 2 == 0 { 1 } else { -1 })),
            _ => {
                let exponent = u32::try_from(exponent).map_err(|_| ExpressionError::Overflow)?;
                base.checked_pow(exponent).map(Value::Int).ok_or(ExpressionError::Overflow)
            }
        },
        (a, b) if a.float() == 0.0 && b.float() < 0.0 => Err(ExpressionError::DivisionByZero),
        (a, b) => float("pow", a.float().powf(b.float())),
    }
}

fn gcd(a: i128, b: i128) -> Option<i128> {
    let (mut a, mut b) = (a.checked_abs()?, b.checked_abs()?);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some(a)
}

fn choose(n: i128, k: i128) -> Outcome {
    if k > n {
        return Ok(Value::Int(0));
    }
    let k = k.min(n - k);
    if k > 200 {
        return Err(ExpressionError::Overflow);
    }
    let step = |result: i128, i: i128| result.checked_mul(n - i).map(|product| product / (i + 1));
    (0..k).try_fold(1, step).map(Value::Int).ok_or(ExpressionError::Overflow)
}

fn range(arguments: &[i128]) -> Outcome {
    let (first, end, step) = match *arguments {
        [end] => (0, end, 1),
        [first, end] => (first, end, 1),
        [first, end, step] if step != 0 => (first, end, step),
        _ => return Err(count("range", "one to three integers, the third not zero")),
    };
    let mut items = Vec::new();
    let mut next = first;
    while (step > 0 && next < end) || (step < 0 && next > end) {
        if items.len() as i128 >= MAX_LENGTH {
            return Err(ExpressionError::TooComplex);
        }
        items.push(Value::Int(next));
        next = next.checked_add(step).ok_or(ExpressionError::Overflow)?;
    }
    Ok(Value::List(items))
}

fn fold(
    name: &str,
    items: &[Value],
    start: Value,
    int: fn(i128, i128) -> Option<i128>,
    real: fn(f64, f64) -> f64,
) -> Outcome {
    items.iter().try_fold(start, |total, item| match (number(name, &total)?, number(name, item)?) {
        (Num::Int(a), Num::Int(b)) => int(a, b).map(Value::Int).ok_or(ExpressionError::Overflow),
        (a, b) => Ok(Value::Float(real(a.float(), b.float()))),
    })
}

/// `min` and `max`, of the arguments or of the items of the only one; the first of equals wins.
fn extreme(name: &str, arguments: &[Value], wanted: Ordering) -> Outcome {
    let items = match arguments {
        [Value::List(items)] => items,
        several => several,
    };
    let Some((first, rest)) = items.split_first() else { return Err(count(name, "at least one value")) };
    let mut best = first;
    for item in rest {
        if order(item, best)? == Some(wanted) {
            best = item;
        }
    }
    Ok(best.clone())
}
