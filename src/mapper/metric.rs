//! What "best" means.

use std::fmt;

use thiserror::Error;

use crate::names::suggestion;

/// A quantity to be minimised, by Timeloop's names (docs/search.md section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `edp`: energy times cycles.
    Edp,
    /// `energy`.
    Energy,
    /// `delay`: cycles.
    Delay,
    /// `last_level_accesses`: of the outermost level.
    LastLevelAccesses,
    /// `accesses-K`: of storage level K, counted from the innermost.
    Accesses(usize),
}

impl Metric {
    /// The metrics of one of Timeloop's names: one, or for `ordered_accesses` those of all storage levels from the outermost
    /// inwards.
    ///
    /// # Errors
    ///
    /// If there is no such metric on an architecture with this many storage levels.
    pub fn named(name: &str, levels: usize) -> Result<Vec<Self>, UnknownMetric> {
        let unknown = |hint: String| UnknownMetric { name: name.to_owned(), hint };
        match name.trim().replace('-', "_").as_str() {
            "edp" => Ok(vec![Self::Edp]),
            "energy" => Ok(vec![Self::Energy]),
            "delay" => Ok(vec![Self::Delay]),
            "last_level_accesses" => Ok(vec![Self::LastLevelAccesses]),
            "ordered_accesses" => Ok((0..levels).rev().map(Self::Accesses).collect()),
            other => match other.strip_prefix("accesses_").map(str::parse::<usize>) {
                Some(Ok(level)) if level < levels => Ok(vec![Self::Accesses(level)]),
                Some(_) => {
                    Err(unknown(format!("; storage levels are 0, the innermost, to {}", levels.saturating_sub(1))))
                }
                None => Err(unknown(suggestion(other, NAMES))),
            },
        }
    }
}

const NAMES: [&str; 6] = ["edp", "energy", "delay", "last_level_accesses", "ordered_accesses", "accesses-0"];

/// A metric that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no metric `{name}` (edp, energy, delay, last_level_accesses, accesses-K, ordered_accesses){hint}")]
pub struct UnknownMetric {
    name: String,
    hint: String,
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edp => formatter.write_str("edp"),
            Self::Energy => formatter.write_str("energy"),
            Self::Delay => formatter.write_str("delay"),
            Self::LastLevelAccesses => formatter.write_str("last_level_accesses"),
            Self::Accesses(level) => write!(formatter, "accesses-{level}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["edp", "energy", "delay", "last_level_accesses", "accesses-2"] {
            let [metric] = Metric::named(name, 3).unwrap()[..] else { panic!("{name}") };
            assert_eq!(metric.to_string(), name);
        }
        let ordered = Metric::named("ordered_accesses", 2).unwrap();
        assert_eq!(ordered, [Metric::Accesses(1), Metric::Accesses(0)]);
        let error = |name| Metric::named(name, 3).unwrap_err().to_string();
        assert!(error("accesses-3").ends_with("; storage levels are 0, the innermost, to 2"));
        assert!(error("Energy").ends_with("did you mean \"energy\"?"));
    }
}
