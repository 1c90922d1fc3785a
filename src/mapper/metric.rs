//! What "best" means.

/// A quantity to be minimised, by Timeloop's names (specification 6.2).
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
