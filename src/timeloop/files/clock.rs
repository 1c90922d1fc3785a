//! The clock of a description.

use serde_yaml::Value;

/// Its key, in `variables` and in the attributes of components.
const KEY: &str = "global_cycle_seconds";

/// Seconds of a cycle as a description states them: the first value of `global_cycle_seconds`, in file order, that is a positive
/// number. Timeloop takes one clock for everything.
pub fn cycle_seconds(document: &Value) -> Option<f64> {
    match document {
        Value::Mapping(map) => {
            let own = map.get(KEY).and_then(seconds);
            own.or_else(|| map.values().find_map(cycle_seconds))
        }
        Value::Sequence(items) => items.iter().find_map(cycle_seconds),
        Value::Tagged(tagged) => cycle_seconds(&tagged.value),
        _ => None,
    }
}

fn seconds(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite() && *number > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_found_wherever_it_stands() {
        let clock = |text: &str| cycle_seconds(&serde_yaml::from_str(text).unwrap());
        assert_eq!(clock("variables: {global_cycle_seconds: 5e-9}"), Some(5e-9));
        assert_eq!(clock("architecture: {subtree: [{attributes: {global_cycle_seconds: '2e-9'}}]}"), Some(2e-9));
        assert_eq!(
            (clock("a: 1"), clock("global_cycle_seconds: 0"), clock("[global_cycle_seconds]")),
            (None, None, None)
        );
    }
}
