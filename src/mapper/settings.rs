//! What Timeloop's own searches can be told (docs/search.md section 2).

use super::Metric;

/// In which order a search visits its mapspace, by Timeloop's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `random`: factors, order and split are drawn together.
    Random,
    /// `random_pruned`: factors are drawn; some orders without unit loops are visited for each.
    RandomPruned,
    /// `hybrid`: factors are drawn; all orders without unit loops are visited for each.
    #[default]
    Hybrid,
    /// `linear_pruned`: as `hybrid`, with the factors one after the other.
    LinearPruned,
    /// `exhaustive`: everything, one after the other.
    Exhaustive,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Random, Self::RandomPruned, Self::Hybrid, Self::LinearPruned, Self::Exhaustive];

    /// Timeloop's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::RandomPruned => "random_pruned",
            Self::Hybrid => "hybrid",
            Self::LinearPruned => "linear_pruned",
            Self::Exhaustive => "exhaustive",
        }
    }
}

/// Mapspace template (perfect or imperfect factors), by Timeloop's names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Template {
    /// `uber`: factors multiply to the bound.
    #[default]
    Uber,
    /// `ruby`: loops may have a shorter last pass.
    Ruby,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Uber, Self::Ruby];

    /// Timeloop's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uber => "uber",
            Self::Ruby => "ruby",
        }
    }
}

/// Settings of a search by Timeloop's rules. Counts are mappings, and those of one thread unless it says otherwise; 0 is off.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SearchSettings {
    /// The order of the search.
    pub algorithm: Algorithm,
    /// Metrics to minimize; the first that differs by more than 0.1 % decides.
    pub metrics: Vec<Metric>,
    /// Threads, each with its own part of the mapspace: the result depends on their number.
    pub threads: usize,
    /// Ends after that many invalid mappings in a row.
    pub timeout: u64,
    /// Ends after that many valid mappings in a row that are no better.
    pub victory_condition: u64,
    /// Ends after that many valid mappings, of all threads together.
    pub search_size: u64,
    /// Threads tell each other their best after that many mappings.
    pub sync_interval: u64,
    /// Whether `random` never evaluates a mapping twice.
    pub filter_revisits: bool,
    /// Orders that `random_pruned` visits for each draw of factors.
    pub max_permutations_per_if_visit: u64,
    /// Whether failures that differ from the one before in what is kept alone count towards `timeout`.
    pub penalize_consecutive_bypass_fails: bool,
    /// Mapspace template (perfect or imperfect factors).
    pub template: Template,
}

impl Default for SearchSettings {
    /// What timeloop-mapper does if nothing is stated, with one thread.
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Hybrid,
            metrics: vec![Metric::Edp],
            threads: 1,
            timeout: 1000,
            victory_condition: 500,
            search_size: 0,
            sync_interval: 0,
            filter_revisits: false,
            max_permutations_per_if_visit: 16,
            penalize_consecutive_bypass_fails: false,
            template: Template::Uber,
        }
    }
}

impl SearchSettings {
    /// What the exercises' `mapper.yaml` states: a random search until 100 mappings in a row are no better.
    pub fn of_exercises(threads: usize) -> Self {
        Self { algorithm: Algorithm::Random, timeout: 10_000, victory_condition: 100, threads, ..Self::default() }
    }
}
