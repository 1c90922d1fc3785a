//! Values of a parameter, as users write them: lists, ranges, expressions, texts.

use thiserror::Error;

use crate::results::sweep::SweepValue;
use crate::timeloop::files::specification::SettingTarget;
use crate::timeloop::frontend::expression::{Scope, Value, evaluate};
use crate::timeloop::frontend::load::Node;

/// Most values of one parameter.
const MAX_VALUES: usize = 1_000_000;

/// One value: as tables show it, and as it is put into the description.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    /// In tables.
    pub(super) shown: SweepValue,
    /// In the description.
    pub(super) node: Node,
}

/// Why a text is no list of values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ValuesError {
    #[error("there is no value between the commas of `{0}`")]
    Empty(String),
    #[error("the range `{text}` is empty: {from} is above {to}")]
    EmptyRange { text: String, from: String, to: String },
    #[error("the range `{text}` has no end: {why}")]
    Endless { text: String, why: &'static str },
    #[error(
        "`{part}` of the range `{text}` is no number; write A..B+STEP or A..B*FACTOR, such as 8..32+8 or 4096..131072*2"
    )]
    RangePart { text: String, part: String },
    #[error("the range `{text}` has {count} values; a parameter has at most {MAX_VALUES}")]
    TooMany { text: String, count: String },
    #[error("`{value}` is no number, and {path} is one ({place})")]
    NoNumber { value: String, path: String, place: String },
    #[error("`{0}` is given twice")]
    Twice(String),
    #[error("a list of lists or of mappings is no list of values")]
    Nested,
}

impl Choice {
    fn of(value: &Value) -> Option<Self> {
        let shown = match value {
            Value::Bool(value) => SweepValue::Flag(*value),
            Value::Int(value) => SweepValue::Integer(i64::try_from(*value).ok()?),
            Value::Float(value) if value.is_finite() => SweepValue::Real(*value),
            Value::Str(text) => SweepValue::Text(text.clone()),
            Value::Float(_) | Value::None | Value::List(_) | Value::Map(_) => return None,
        };
        Some(Self { shown, node: value.to_node()? })
    }

    /// A text that the design evaluates.
    fn expression(text: &str) -> Self {
        Self { shown: SweepValue::Text(text.to_owned()), node: Node::plain(text) }
    }

    fn text(text: &str) -> Self {
        Self { shown: SweepValue::Text(text.to_owned()), node: Node::quoted(text) }
    }
}

/// The values of a text: items with commas between, of which each is a range, an expression, or a text. `is_name` says which names the
/// description gives values to.
///
/// # Errors
///
/// If a range is empty or endless, a value is given twice, or a number is needed and a text given.
pub(super) fn parse(
    text: &str,
    target: &SettingTarget,
    is_name: &dyn Fn(&str) -> bool,
) -> Result<Vec<Choice>, ValuesError> {
    let mut choices = Vec::new();
    for item in split(text, |rest| rest.starts_with(',').then_some(1)) {
        let item = item.trim();
        if item.is_empty() {
            return Err(ValuesError::Empty(text.to_owned()));
        }
        choices.extend(of_item(item, is_name)?);
    }
    checked(choices, target)
}

/// The same for a list of a sweep file, whose items may be texts as above.
///
/// # Errors
///
/// As [`parse`].
pub(super) fn of_node(
    node: &Node,
    target: &SettingTarget,
    is_name: &dyn Fn(&str) -> bool,
) -> Result<Vec<Choice>, ValuesError> {
    let items = match node {
        Node::Text { text, quoted: false } => return parse(text, target, is_name),
        Node::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut choices = Vec::new();
    for item in items {
        match item {
            Node::Text { text, quoted: false } => choices.extend(of_item(text.trim(), is_name)?),
            Node::Null | Node::List(_) | Node::Map(_) | Node::Tagged(..) => return Err(ValuesError::Nested),
            other => choices.push(Choice::of(&Value::from_node(other)).ok_or(ValuesError::Nested)?),
        }
    }
    if choices.is_empty() {
        return Err(ValuesError::Empty("[]".to_owned()));
    }
    checked(choices, target)
}

fn checked(choices: Vec<Choice>, target: &SettingTarget) -> Result<Vec<Choice>, ValuesError> {
    let mut seen = std::collections::HashSet::new();
    for choice in &choices {
        let text = choice.shown.to_string();
        let is_text = matches!(choice.node, Node::Text { quoted: true, .. } | Node::Bool(_));
        if is_text && target.is_number() {
            let place = target.place.file_and_line();
            return Err(ValuesError::NoNumber { value: text, path: target.name.clone(), place });
        }
        if !seen.insert(text.clone()) {
            return Err(ValuesError::Twice(text));
        }
    }
    Ok(choices)
}

fn of_item(item: &str, is_name: &dyn Fn(&str) -> bool) -> Result<Vec<Choice>, ValuesError> {
    let ends = split(item, |rest| rest.starts_with("..").then_some(2));
    if let [from, rest] = ends[..] {
        return range(item, from.trim(), rest.trim());
    }
    if let Some(choice) = evaluate(item, &Scope::default()).ok().and_then(|value| Choice::of(&value)) {
        return Ok(vec![choice]);
    }
    match item {
        "true" => return Ok(vec![Choice { shown: SweepValue::Flag(true), node: Node::Bool(true) }]),
        "false" => return Ok(vec![Choice { shown: SweepValue::Flag(false), node: Node::Bool(false) }]),
        _ => {}
    }
    let is_word = item.chars().all(|letter| letter.is_alphanumeric() || "_-./:".contains(letter));
    let is_text = is_word && !is_name(item.split('.').next().unwrap_or_default());
    Ok(vec![if is_text { Choice::text(item) } else { Choice::expression(item) }])
}

/// `A..B`, `A..B+STEP`, `A..B*FACTOR`; B counts if it is met.
fn range(text: &str, from: &str, rest: &str) -> Result<Vec<Choice>, ValuesError> {
    let number = |part: &str| {
        let value =
            evaluate(part, &Scope::default()).ok().filter(|value| matches!(value, Value::Int(_) | Value::Float(_)));
        value
            .filter(|value| value.as_f64().is_some_and(f64::is_finite))
            .ok_or_else(|| ValuesError::RangePart { text: text.to_owned(), part: part.to_owned() })
    };
    let operator = operator(rest);
    let (to, step) = operator.map_or((rest, "1"), |at| (&rest[..at], &rest[at + 1..]));
    let is_product = operator.is_some_and(|at| rest[at..].starts_with('*'));
    let (from, to, step) = (number(from)?, number(to.trim())?, number(step.trim())?);
    let real = |value: &Value| value.as_f64().unwrap_or_default();
    let (first, last, by) = (real(&from), real(&to), real(&step));
    let endless = |why| Err(ValuesError::Endless { text: text.to_owned(), why });
    if first > last {
        return Err(ValuesError::EmptyRange { text: text.to_owned(), from: from.text(), to: to.text() });
    }
    if is_product && by <= 1.0 {
        return endless("the factor must be above 1");
    }
    if is_product && first <= 0.0 {
        return endless("a range of factors must begin above 0");
    }
    if !is_product && by <= 0.0 {
        return endless("the step must be above 0");
    }
    // Decimal steps meet the end but for their rounding.
    let steps = if is_product { (last / first).ln() / by.ln() } else { (last - first) / by };
    let steps = (steps + 1e-9).floor();
    #[expect(clippy::cast_precision_loss, reason = "a limit")]
    if steps >= MAX_VALUES as f64 {
        return Err(ValuesError::TooMany { text: text.to_owned(), count: format!("{}", steps + 1.0) });
    }
    let mut choices = Vec::new();
    if let (Value::Int(first), Value::Int(last), Value::Int(by)) = (&from, &to, &step) {
        let mut value = *first;
        while value <= *last {
            choices.extend(Choice::of(&Value::Int(value)));
            let next = if is_product { value.checked_mul(*by) } else { value.checked_add(*by) };
            let Some(next) = next else { break };
            value = next;
        }
        return Ok(choices);
    }
    let mut at = 0.0;
    while at <= steps {
        let value = if is_product { first * by.powf(at) } else { first + by * at };
        choices.extend(Choice::of(&Value::Float(rounded(value))));
        at += 1.0;
    }
    Ok(choices)
}

/// The number without what the sums of a range add in the last digits: 0.1 * 3 is 0.3.
fn rounded(value: f64) -> f64 {
    format!("{value:.12e}").parse().unwrap_or(value)
}

/// The last `+` or `*` of a text outside of brackets and quotes that stands alone (no `**`) and between two parts.
fn operator(text: &str) -> Option<usize> {
    let mut found = None;
    let _ = split(text, |rest| {
        let at = text.len() - rest.len();
        let before = text[..at].trim_end();
        let is_operator = rest.starts_with(['+', '*']) && !rest.starts_with("**") && !before.ends_with('*');
        // A sign belongs to its number: 1e+3, 2*+3.
        let is_sign = before.is_empty() || before.ends_with(['+', '-', '*', '/', '(', ',']) || is_exponent(before);
        if is_operator && !is_sign {
            found = Some(at);
        }
        None
    });
    found
}

fn is_exponent(before: &str) -> bool {
    let digits = before.strip_suffix(['e', 'E']);
    digits.is_some_and(|digits| digits.ends_with(|letter: char| letter.is_ascii_digit() || letter == '.'))
}

/// Splits at what `separator` finds outside of brackets and quotes; it gets the rest of the text and gives its length.
fn split(text: &str, mut separator: impl FnMut(&str) -> Option<usize>) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    let mut quote: Option<char> = None;
    let mut skip_to = 0;
    for (at, letter) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 => {
                if let Some(length) = separator(&text[at..]) {
                    parts.push(&text[start..at]);
                    start = at + length;
                    skip_to = start;
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeloop::frontend::{LoadOptions, Source, load_sources};

    fn target() -> SettingTarget {
        let text = "variables: {rows: 3, kind: \"a\"}".to_owned();
        let document = load_sources(&[Source::Text { name: "a.yaml".into(), text }], &LoadOptions::default()).unwrap();
        SettingTarget::find(&document, "rows").unwrap()
    }

    fn shown(text: &str) -> String {
        match parse(text, &target(), &|name| name == "rows") {
            Ok(choices) => choices.iter().map(|choice| choice.shown.to_string()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn lists_ranges_and_expressions_are_read() {
        for (text, expected) in [
            ("8,14, 28", "8 14 28"),
            ("4096..32768*2", "4096 8192 16384 32768"),
            ("1..20+6", "1 7 13 19"),
            ("1..4", "1 2 3 4"),
            ("5..5", "5"),
            ("2*4, 2**5, max(3, 4)", "8 32 4"),
            ("2**3..2**6*2", "8 16 32 64"),
            ("(2*3)..(4*5)+7", "6 13 20"),
            ("0.1..0.5+0.1", "0.1 0.2 0.3 0.4 0.5"),
            ("1..1e+3*10", "1.0 10.0 100.0 1000.0"),
            ("1,4..6,100..400*2", "1 4 5 6 100 200 400"),
            ("rows*2, rows + 1", "rows*2 rows + 1"),
            ("-4..4+4", "-4 0 4"),
        ] {
            assert_eq!(shown(text).replace(".0", ""), expected.replace(".0", ""), "{text}");
        }
    }

    #[test]
    fn texts_are_texts_and_names_are_expressions() {
        let mut target = target();
        target.current = None;
        let nodes = |text: &str| {
            let choices = parse(text, &target, &|name| name == "rows").unwrap();
            choices.into_iter().map(|choice| choice.node).collect::<Vec<_>>()
        };
        assert_eq!(nodes("LPDDR4, \"a,b\", 45nm"), [Node::quoted("LPDDR4"), Node::quoted("a,b"), Node::quoted("45nm")]);
        assert_eq!(nodes("rows, true, 1.5"), [Node::plain("rows"), Node::Bool(true), Node::Number(1.5.into())]);
    }

    #[test]
    fn wrong_values_say_what_is_wrong() {
        for (text, expected) in [
            ("8..4", "the range `8..4` is empty: 8 is above 4"),
            ("1..8*1", "the range `1..8*1` has no end: the factor must be above 1"),
            ("0..8*2", "the range `0..8*2` has no end: a range of factors must begin above 0"),
            ("1..8+0", "the range `1..8+0` has no end: the step must be above 0"),
            (
                "1..x",
                "`x` of the range `1..x` is no number; write A..B+STEP or A..B*FACTOR, such as 8..32+8 or 4096..131072*2",
            ),
            ("1..2000000", "the range `1..2000000` has 2000000 values; a parameter has at most 1000000"),
            ("1,,2", "there is no value between the commas of `1,,2`"),
            ("", "there is no value between the commas of ``"),
            ("1,2,1", "`1` is given twice"),
            ("LPDDR4", "`LPDDR4` is no number, and rows is one (a.yaml:1)"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }
}
