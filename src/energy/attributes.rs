//! Names with values: the attributes of a component, the arguments of an action.

use indexmap::IndexMap;

use crate::timeloop::frontend::expression::Value;

/// The period of the design's clock, in seconds.
pub(super) const GLOBAL_CYCLE: &str = "global_cycle_seconds";
/// The period of a component's own clock, in seconds.
pub(super) const CYCLE: &str = "cycle_seconds";
/// How many cycles an action takes.
pub(super) const LATENCY: &str = "action_latency_cycles";
/// The technology node: a number of nm, or text such as `45nm`.
pub(super) const TECHNOLOGY: &str = "technology";
/// How many such components count as one.
pub(super) const INSTANCES: &str = "n_instances";

/// Values by name, in the order in which they were stated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub IndexMap<String, Value>);

impl Attributes {
    /// A value that is stated; `null` states nothing.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| **value != Value::None)
    }

    /// A number. Texts and truth values are none.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Bool(_) => None,
            value => value.as_f64(),
        }
    }

    /// States a value. It keeps the place of one of the same name.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// All names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Accelergy takes a float without fraction as an integer (docs/energy.md section 3).
pub(super) fn normal(value: Value) -> Value {
    /// Beyond this the floats have gaps.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and there is no fraction")]
        Value::Float(float) if float.fract() == 0.0 && float.abs() <= EXACT => Value::Int(float as i128),
        other => other,
    }
}
