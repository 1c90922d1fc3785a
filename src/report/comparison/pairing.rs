//! Which results are compared.

use crate::results::NetworkResults;

/// What two results differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// Networks on the same architecture.
    Networks,
    /// Architectures (with mapper and footprint) for the same network.
    Architectures,
}

/// Indices of base and other: within each group that shares the rest, the first against all others.
pub fn pairings(results: &[NetworkResults], aspect: Aspect) -> Vec<(usize, usize)> {
    pairings_by(results, |run| match aspect {
        Aspect::Networks => run.label(),
        Aspect::Architectures => run.network.clone(),
    })
}

/// The same, for any notion of what a group shares.
pub fn pairings_by<K: PartialEq>(
    results: &[NetworkResults],
    shared: impl Fn(&NetworkResults) -> K,
) -> Vec<(usize, usize)> {
    let keys: Vec<K> = results.iter().map(shared).collect();
    let first = |index: usize| keys.iter().position(|key| *key == keys[index]);
    let pair = |index: usize| first(index).filter(|base| *base != index).map(|base| (base, index));
    (0..results.len()).filter_map(pair).collect()
}
