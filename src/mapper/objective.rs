//! What is minimised, and which of two mappings is better (docs/search.md section 2).

use std::cmp::Ordering;
use std::fmt;

use thiserror::Error;

use crate::model::{Cost, Evaluation};
use crate::names::suggestion;
use crate::numbers::real;

/// A quantity to be minimised, by Timeloop's names.
///
/// The exact search proves its result by bounds: it computes energy, cycles and accesses that no mapping of a part of the
/// mapspace can fall below, and takes the metric of these as a bound of the metric. That is sound only if a metric is monotone: with
/// more energy, more cycles or more accesses of a level, and the others equal, its value must not fall (docs/search.md
/// section 6.5). Every metric here is non-decreasing in each of them, and so must a new one be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `edp`: energy times cycles.
    Edp,
    /// `energy`: of everything, in pJ.
    Energy,
    /// `delay`: cycles.
    Delay,
    /// `last_level_accesses`: of the outermost level.
    LastLevelAccesses,
    /// `accesses-K`: of storage level K, counted from the innermost.
    Accesses(usize),
}

/// The names of the metrics that are one quantity whatever the architecture.
const NAMES: [(Metric, &str); 4] = [
    (Metric::Edp, "edp"),
    (Metric::Energy, "energy"),
    (Metric::Delay, "delay"),
    (Metric::LastLevelAccesses, "last_level_accesses"),
];

/// Before the number of a level.
const OF_LEVEL: &str = "accesses-";

/// Stands for the accesses of all levels, one after the other.
const OF_ALL_LEVELS: &str = "ordered_accesses";

impl Metric {
    /// Every name that [`Metric::named`] knows; K stands for the number of a storage level.
    pub fn names() -> Vec<String> {
        let plain = NAMES.iter().map(|(_, name)| (*name).to_owned());
        plain.chain([format!("{OF_LEVEL}K"), OF_ALL_LEVELS.to_owned()]).collect()
    }

    /// The metrics of one of Timeloop's names: one, or for `ordered_accesses` those of all storage levels from the outermost
    /// inwards. `levels` is the number of storage levels; `-` and `_` in names are the same.
    ///
    /// # Errors
    ///
    /// If the name means no metric on an architecture with this many storage levels.
    pub fn named(name: &str, levels: usize) -> Result<Vec<Self>, UnknownMetric> {
        let unknown = |hint: String| UnknownMetric { name: name.to_owned(), hint };
        let plain = name.trim().replace('-', "_");
        if let Some((metric, _)) = NAMES.iter().find(|(_, known)| *known == plain) {
            return Ok(vec![*metric]);
        }
        if plain == OF_ALL_LEVELS {
            return Ok((0..levels).rev().map(Self::Accesses).collect());
        }
        match plain.strip_prefix(&OF_LEVEL.replace('-', "_")).map(str::parse::<usize>) {
            Some(Ok(level)) if level < levels => Ok(vec![Self::Accesses(level)]),
            Some(_) => Err(unknown(format!("; storage levels are 0, the innermost, to {}", levels.saturating_sub(1)))),
            None => {
                let names = Self::names();
                Err(unknown(suggestion(&plain, names.iter().map(String::as_str))))
            }
        }
    }

    /// The storage level whose accesses it counts, if it does, of so many levels.
    pub(crate) fn counted_level(self, levels: usize) -> Option<usize> {
        match self {
            Self::Edp | Self::Energy | Self::Delay => None,
            Self::LastLevelAccesses => Some(levels.saturating_sub(1)),
            Self::Accesses(level) => Some(level),
        }
    }

    /// Whether it needs more than energy and cycles.
    pub(crate) fn counts_accesses(self) -> bool {
        self.counted_level(0).is_some()
    }

    /// Its value, in J*cycle, pJ, cycles or words.
    #[inline]
    pub(crate) fn value(self, quantities: &impl Quantities) -> f64 {
        match self {
            Self::Edp => quantities.cost().edp(),
            Self::Energy => quantities.cost().energy_pj,
            Self::Delay => real(quantities.cost().cycles),
            Self::LastLevelAccesses => quantities.accesses(quantities.outermost()),
            Self::Accesses(level) => quantities.accesses(level),
        }
    }

    /// What mappings are compared by where it is minimised.
    #[inline]
    pub(super) fn rank(self, quantities: &impl Quantities) -> Rank {
        Rank { value: self.value(quantities), cost: quantities.cost() }
    }

    /// Relative differences of its values up to this are those of rounding: energies are sums in different orders, counts are
    /// exact.
    pub(super) fn noise(self) -> f64 {
        match self {
            Self::Edp | Self::Energy => NOISE,
            Self::Delay | Self::LastLevelAccesses | Self::Accesses(_) => 0.0,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Accesses(level) = self {
            return write!(formatter, "{OF_LEVEL}{level}");
        }
        let name = NAMES.iter().find(|(metric, _)| metric == self).map_or("", |(_, name)| name);
        formatter.write_str(name)
    }
}

/// A metric that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown metric `{name}` (known: {}){hint}", Metric::names().join(", "))]
pub struct UnknownMetric {
    name: String,
    hint: String,
}

/// What decides the metrics: of a mapping, or lower bounds of it.
pub(crate) trait Quantities {
    /// Energy and cycles.
    fn cost(&self) -> Cost;

    /// Reads, fills and updates of a storage level, all instances together; levels are counted from the innermost.
    fn accesses(&self, level: usize) -> f64;

    /// The outermost storage level.
    fn outermost(&self) -> usize;
}

/// Where nothing counts accesses.
impl Quantities for Cost {
    #[inline]
    fn cost(&self) -> Cost {
        *self
    }

    fn accesses(&self, _: usize) -> f64 {
        0.0
    }

    fn outermost(&self) -> usize {
        0
    }
}

/// Infinite for the accesses of a level that is not there.
impl Quantities for Evaluation {
    fn cost(&self) -> Cost {
        Evaluation::cost(self)
    }

    fn accesses(&self, level: usize) -> f64 {
        self.levels.get(level).map_or(f64::INFINITY, |level| real(level.accesses()))
    }

    fn outermost(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }
}

/// What the metrics of a search need of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) cost: Cost,
    /// Per storage level; empty if no metric of the search counts accesses.
    pub(super) accesses: Vec<f64>,
}

impl Quantities for Figures {
    #[inline]
    fn cost(&self) -> Cost {
        self.cost
    }

    fn accesses(&self, level: usize) -> f64 {
        self.accesses.get(level).copied().unwrap_or(f64::INFINITY)
    }

    fn outermost(&self) -> usize {
        self.accesses.len().saturating_sub(1)
    }
}

/// Relative differences of energies and their products that rounding makes are below this.
pub(super) const NOISE: f64 = 1e-12;

/// What two mappings are compared by: the value of the metric; where that is equal the energy-delay product, then the energy,
/// then the cycles (docs/search.md section 2.5). Of lower bounds of all of these: what no mapping can rank before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rank {
    pub(super) value: f64,
    pub(super) cost: Cost,
}

impl Rank {
    /// Of two lower bounds of the same mappings, the larger in each respect.
    pub(super) fn and(self, other: Self) -> Self {
        let cost = Cost {
            energy_pj: self.cost.energy_pj.max(other.cost.energy_pj),
            cycles: self.cost.cycles.max(other.cost.cycles),
        };
        Self { value: self.value.max(other.value), cost }
    }

    /// Whether it comes before another one; `noise` is that of the metric.
    #[inline]
    pub(super) fn is_before(&self, other: &Self, noise: f64) -> bool {
        match compare(self.value, other.value, noise) {
            Ordering::Equal => is_lower_cost(self.cost, other.cost),
            order => order == Ordering::Less,
        }
    }

    /// Whether it holds as a lower bound of the value, the energy and the cycles of a mapping, but for rounding.
    pub(super) fn is_below(&self, exact: &Self) -> bool {
        let holds = |bound: f64, exact: f64| bound <= exact * (1.0 + 1e-9);
        let (bound, cost) = (self.cost, exact.cost);
        holds(self.value, exact.value) && holds(bound.energy_pj, cost.energy_pj) && bound.cycles <= cost.cycles
    }

    /// A total order without tolerance, for lists.
    pub(super) fn total_cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (self.cost, other.cost);
        let by_cost = || one.edp().total_cmp(&two.edp()).then(one.energy_pj.total_cmp(&two.energy_pj));
        self.value.total_cmp(&other.value).then_with(by_cost).then(one.cycles.cmp(&two.cycles))
    }
}

/// Which of two mappings with equal metrics is better: the one of lower energy-delay product, then energy, then cycles.
pub(super) fn is_lower_cost(candidate: Cost, incumbent: Cost) -> bool {
    let by_product = compare(candidate.edp(), incumbent.edp(), NOISE);
    let by_energy = || compare(candidate.energy_pj, incumbent.energy_pj, NOISE);
    by_product.then_with(by_energy).then(candidate.cycles.cmp(&incumbent.cycles)) == Ordering::Less
}

/// The order of two values whose relative differences up to `noise` do not count.
#[inline]
fn compare(left: f64, right: f64, noise: f64) -> Ordering {
    if left < right * (1.0 - noise) {
        Ordering::Less
    } else if left > right * (1.0 + noise) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// Relative differences up to this decide nothing while there is a further metric (docs/search.md section 2).
pub(super) const TOLERANCE: f64 = 0.001;

/// Whether a candidate is better than the incumbent: the first metric that differs by more than 0.1 % decides, and if none
/// does the candidate must be strictly better by the first.
pub(super) fn is_better(candidate: &[f64], incumbent: &[f64]) -> bool {
    let pairs = || candidate.iter().zip(incumbent);
    if candidate.len() > 1 {
        for (candidate, incumbent) in pairs() {
            if (candidate - incumbent).abs() > TOLERANCE * incumbent.abs() {
                return candidate < incumbent;
            }
        }
    }
    pairs().next().is_some_and(|(candidate, incumbent)| candidate < incumbent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_read_and_written_by_timeloops_names() {
        for name in ["edp", "energy", "delay", "last_level_accesses", "accesses-2"] {
            let [metric] = Metric::named(name, 3).unwrap()[..] else { panic!("{name}") };
            assert_eq!(metric.to_string(), name);
        }
        let ordered = Metric::named("ordered_accesses", 2).unwrap();
        assert_eq!(ordered, [Metric::Accesses(1), Metric::Accesses(0)]);
        let error = |name| Metric::named(name, 3).unwrap_err().to_string();
        assert!(error("accesses-3").ends_with("; storage levels are 0, the innermost, to 2"));
        assert!(error("Energy").ends_with("did you mean \"energy\"?"));
        assert!(
            error("area").contains("(known: edp, energy, delay, last_level_accesses, accesses-K, ordered_accesses)")
        );
    }

    /// The condition of the proof: no figure that grows makes a metric fall.
    #[test]
    fn metrics_are_monotone() {
        let figures =
            |energy_pj, cycles, accesses| Figures { cost: Cost { energy_pj, cycles }, accesses: vec![0.0, accesses] };
        let steps = [0.0, 0.5, 1.0, 1e3, 1e15];
        let cycles = [0, 1, 2, 1_000, 1 << 50];
        let metrics = NAMES.iter().map(|(metric, _)| *metric).chain([Metric::Accesses(1)]);
        for metric in metrics {
            for step in 0..steps.len() - 1 {
                for fixed in 0..steps.len() {
                    let value = |energy: usize, time: usize, accesses: usize| {
                        metric.value(&figures(steps[energy], cycles[time], steps[accesses]))
                    };
                    assert!(value(step, fixed, fixed) <= value(step + 1, fixed, fixed), "{metric}: energy");
                    assert!(value(fixed, step, fixed) <= value(fixed, step + 1, fixed), "{metric}: cycles");
                    assert!(value(fixed, fixed, step) <= value(fixed, fixed, step + 1), "{metric}: accesses");
                }
            }
        }
    }

    #[test]
    fn equal_values_are_ranked_by_product_then_energy_then_cycles() {
        let rank = |value: f64, energy_pj: f64, cycles: u64| Rank { value, cost: Cost { energy_pj, cycles } };
        let is_before = |one: Rank, other: Rank| one.is_before(&other, NOISE);
        assert!(is_before(rank(1.0, 9.0, 9), rank(2.0, 1.0, 1)), "the value decides");
        assert!(is_before(rank(1.0, 3.0, 3), rank(1.0, 5.0, 2)), "the product decides");
        assert!(is_before(rank(1.0, 2.0, 3), rank(1.0, 3.0, 2)), "the energy decides");
        assert!(!is_before(rank(1.0, 2.0, 3), rank(1.0, 2.0, 3)), "equal ranks: the first is kept");
        assert!(is_before(rank(1.0 + 1e-13, 2.0, 3), rank(1.0, 2.0, 4)), "rounding decides nothing");
        assert!(!rank(1.0, 2.0, 3).is_before(&rank(1.0 - 1e-13, 9.0, 9), 0.0), "counts are exact");
        let mut ranks = [rank(2.0, 1.0, 1), rank(1.0, 3.0, 2), rank(1.0, 2.0, 3), rank(1.0, 5.0, 1)];
        ranks.sort_by(Rank::total_cmp);
        assert_eq!(ranks.map(|rank| rank.cost.cycles), [1, 3, 2, 1]);
    }

    #[test]
    fn first_metric_that_differs_decides() {
        assert!(is_better(&[0.9999], &[1.0]) && !is_better(&[1.0], &[1.0]));
        assert!(is_better(&[1.0005, 1.0], &[1.0, 2.0]), "the second decides");
        assert!(!is_better(&[0.9995, 2.0], &[1.0, 1.0]));
        assert!(is_better(&[0.9995, 1.0005], &[1.0, 1.0]), "none decides: the first, strictly");
        assert!(!is_better(&[1.0005, 0.9995], &[1.0, 1.0]));
        assert!(is_better(&[0.5, 9.0], &[1.0, 1.0]));
    }
}
