//! What a description's `mapper` section asks of a search (specification 6.2).

use super::Metric;

/// How candidates are drawn. The embedded mapper knows `random`, and the exact search instead of all the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `random`: from everywhere in the mapspace.
    Random,
    /// `random_pruned`.
    RandomPruned,
    /// `hybrid`.
    #[default]
    Hybrid,
    /// `linear_pruned`.
    LinearPruned,
    /// `exhaustive`.
    Exhaustive,
}

/// Whether factors must divide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Template {
    /// `uber`: the factors of a dimension multiply to its bound.
    #[default]
    Uber,
    /// `ruby`: the last pass of a loop may be shorter.
    Ruby,
}

/// When a random search ends: per thread, whichever comes first. Zero never ends it, but for the time-out: that is then the first
/// invalid mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Termination {
    /// Consecutive invalid mappings.
    pub timeout: u64,
    /// Consecutive valid mappings that are no better than the best so far.
    pub victory_condition: u64,
    /// Valid mappings, of all threads together.
    pub search_size: u64,
    /// Whether failures count that differ from the one before in what is bypassed only.
    pub penalize_consecutive_bypass_fails: bool,
}

impl Default for Termination {
    fn default() -> Self {
        Self { timeout: 1000, victory_condition: 500, search_size: 0, penalize_consecutive_bypass_fails: false }
    }
}

/// The `mapper` section, with Timeloop's defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What is best: the first that differs by more than 0.1 % decides.
    pub metrics: Vec<Metric>,
    /// How Timeloop would search.
    pub algorithm: Algorithm,
    /// Threads, each with draws and termination of its own.
    pub threads: Option<usize>,
    /// When a random search ends.
    pub termination: Termination,
    /// Most temporal loops of a mapping.
    pub max_temporal_loops: Option<usize>,
    /// Permutations that `random_pruned` tries with one factorisation.
    pub max_permutations_per_if_visit: u64,
    /// Whether mappings that were drawn before are passed over.
    pub filter_revisits: bool,
    /// Which factors there are (`mapspace.template`).
    pub template: Template,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            metrics: vec![Metric::Edp],
            algorithm: Algorithm::default(),
            threads: None,
            termination: Termination::default(),
            max_temporal_loops: None,
            max_permutations_per_if_visit: 16,
            filter_revisits: false,
            template: Template::default(),
        }
    }
}
