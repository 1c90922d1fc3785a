//! Words and phrases that several reports share.

use crate::results::{MappedLayer, NetworkResults};

/// Every value once, in the order of first appearance.
pub(crate) fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

/// `a`, `a and b`, `a, b and c`; `nothing` for an empty list.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [name] => name.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// `1 layer`, `2 layers`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// As [`listed`]; of more than six names the first three and the number of the others: `a, b, c and 4 more`.
#[cfg(any(feature = "charts", feature = "page"))]
pub(crate) fn listed_briefly(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if rest.len() > 3 => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        _ => listed(names),
    }
}

/// `NETWORK on ARCHITECTURE`.
pub(crate) fn run_name(run: &NetworkResults) -> String {
    format!("{} on {}", run.network, run.label())
}

/// `LAYER ×3`, or the name alone of a layer that is executed once.
#[cfg(any(feature = "charts", feature = "page"))]
pub(crate) fn with_executions(layer: &str, executions: u64) -> String {
    if executions > 1 { format!("{layer} ×{executions}") } else { layer.to_owned() }
}

/// What decides the cycles of a layer: `compute`, or the bandwidths of levels.
pub(crate) fn cycle_limit(layer: &MappedLayer) -> String {
    let limits = layer.limited_by.iter().map(|limit| format!("{} {} bandwidth", limit.level, limit.bandwidth));
    let limits: Vec<String> = limits.collect();
    if limits.is_empty() { "compute".to_owned() } else { listed(&limits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_by_commas_and_and() {
        let names: Vec<String> = "a b c d e f g".split(' ').map(str::to_owned).collect();
        let lists = [0, 1, 2, 3].map(|count| listed(&names[..count]));
        assert_eq!(lists, ["nothing", "a", "a and b", "a, b and c"]);
        assert_eq!(distinct([3, 1, 3, 2, 1]), [3, 1, 2]);
    }

    #[cfg(any(feature = "charts", feature = "page"))]
    #[test]
    fn more_than_six_names_are_cut_to_three() {
        let names: Vec<String> = "a b c d e f g".split(' ').map(str::to_owned).collect();
        assert_eq!(listed_briefly(&names[..6]), "a, b, c, d, e and f");
        assert_eq!(listed_briefly(&names), "a, b, c and 4 more");
    }
}
