//! `maximize_dims`: chooses factors that fill a fan-out or a given capacity as far as possible.
//!
//! Spatial constraints are served first, then temporal ones, both from the innermost node outwards; what one node takes
//! of a dimension is no longer there for the next. For each group of dimensions the choice with the best use of the
//! capacity is taken, among all products of prime factors and those that divide a dimension unevenly.

use super::constraint::Iteration;
use super::context::Context;
use super::factor::{Bound, Factor};
use super::node::{ArchNode, Leaf, leaves_mut};
use super::problem::Problem;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::join;
use indexmap::IndexMap;
use std::collections::HashMap;

/// Larger capacities than this are no longer searched exhaustively.
const LARGEST_CAPACITY: u64 = 1 << 20;
/// States the search may visit for one group.
const MAX_STATES: usize = 100_000;

/// What is left of each dimension.
type Rest = IndexMap<String, u64>;

/// Replaces `maximize_dims` of every node by factors.
pub(super) fn apply(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode]) {
    let mut rest = unconstrained(problem, nodes);
    let mut leaves = leaves_mut(nodes);
    leaves.reverse();
    for leaf in &mut leaves {
        let fanout = i64::try_from(leaf.fanout()).unwrap_or(i64::MAX);
        let capacity = leaf.constraints.spatial.maximize_capacity.take().or(Some(fanout));
        let path = path(leaf, "spatial");
        maximize(context, problem, &mut leaf.constraints.spatial, capacity, &mut rest, &path);
    }
    for leaf in &mut leaves {
        let capacity = leaf.constraints.temporal.maximize_capacity.take();
        let path = path(leaf, "temporal");
        maximize(context, problem, &mut leaf.constraints.temporal, capacity, &mut rest, &path);
    }
}

fn path(leaf: &Leaf, kind: &str) -> String {
    join(&join(&leaf.path, "constraints"), kind)
}

/// The bounds divided by every factor that is already fixed somewhere.
fn unconstrained(problem: &Problem, nodes: &mut [ArchNode]) -> Rest {
    let mut rest = problem.bounds.clone();
    for leaf in leaves_mut(nodes) {
        for iteration in [&leaf.constraints.spatial, &leaf.constraints.temporal] {
            for factor in iteration.factors.0.iter().filter(|factor| factor.bound == Bound::Exactly) {
                if let Some(left) = rest.get_mut(&factor.dimension) {
                    *left = left.div_ceil(factor.iterations(problem).max(1));
                }
            }
        }
    }
    rest
}

fn maximize(
    context: &mut Context<'_>,
    problem: &Problem,
    iteration: &mut Iteration,
    capacity: Option<i64>,
    rest: &mut Rest,
    path: &str,
) {
    let groups = std::mem::take(&mut iteration.maximize);
    if groups.is_empty() {
        return;
    }
    let Some(capacity) = capacity else {
        context.error(path, ErrorKind::Missing("maximize_dims_capacity".into()));
        return;
    };
    let Ok(capacity @ 1..=LARGEST_CAPACITY) = u64::try_from(capacity) else {
        let what = "maximize_dims_capacity must be positive; it".to_owned();
        context.error(path, ErrorKind::TooLarge { what, limit: LARGEST_CAPACITY });
        return;
    };
    for group in groups {
        let fixed = |factor: &&Factor| factor.bound != Bound::AtMost;
        let taken = iteration.factors.0.iter().filter(fixed).map(|factor| factor.iterations(problem).max(1));
        let free = taken.fold(capacity, |left, taken| left / taken);
        if let Some(dimension) = group.iter().find(|dimension| iteration.factors.constrains(dimension)) {
            let cause = format!("maximize_dims names {dimension}, which a factor already limits");
            context.error(path, ErrorKind::Contradiction(cause));
            return;
        }
        let bounds: Vec<u64> = group.iter().map(|dimension| rest.get(dimension).copied().unwrap_or(1)).collect();
        let Some(chosen) = best(&bounds, free) else {
            let what = "the number of choices of maximize_dims".to_owned();
            context.error(path, ErrorKind::TooLarge { what, limit: MAX_STATES as u64 });
            return;
        };
        // Dimensions in the order they were served, then the others.
        let served = chosen.iter().map(|&(index, _)| index);
        let mut factors: IndexMap<usize, u64> = served.chain(0..group.len()).map(|index| (index, 1)).collect();
        for (index, factor) in chosen {
            factors[&index] *= factor;
        }
        for (index, factor) in factors {
            let dimension = &group[index];
            if let Some(left) = rest.get_mut(dimension) {
                *left = left.div_ceil(factor);
            }
            // The dimension was not constrained, so this cannot disagree with anything.
            iteration.factors.0.push(Factor::exactly(dimension, factor));
        }
    }
}

/// Factors as (position of the dimension, factor), and how much of the capacity they use.
type Choice = (Vec<(usize, u64)>, f64);

/// The choice that uses the capacity best; `None` if there are too many to look at.
fn best(bounds: &[u64], capacity: u64) -> Option<Vec<(usize, u64)>> {
    let mut search = Search { seen: HashMap::new() };
    search.best(&mut bounds.to_vec(), capacity).map(|(chosen, _)| chosen)
}

struct Search {
    seen: HashMap<(Vec<u64>, u64), Choice>,
}

impl Search {
    #[expect(clippy::cast_precision_loss, reason = "capacities are small")]
    fn best(&mut self, bounds: &mut Vec<u64>, capacity: u64) -> Option<Choice> {
        let mut best = (Vec::new(), 1.0);
        if capacity <= 1 {
            return Some(best);
        }
        if let Some(known) = self.seen.get(&(bounds.clone(), capacity)) {
            return Some(known.clone());
        }
        if self.seen.len() >= MAX_STATES {
            return None;
        }
        for index in 0..bounds.len() {
            let bound = bounds[index];
            if bound > capacity {
                // Passes of equal size, the last of which may be smaller.
                let passes = bound.div_ceil(capacity);
                let factor = bound.div_ceil(passes);
                let used = (factor * (passes - 1) + bound % factor) as f64 / passes as f64;
                if used > best.1 {
                    best = (vec![(index, factor)], used);
                }
            }
            for prime in primes(bound, capacity) {
                bounds[index] = bound / prime;
                let inner = self.best(bounds, capacity / prime);
                bounds[index] = bound;
                let (chosen, used) = inner?;
                let used = used * prime as f64;
                if used > best.1 {
                    best = ([vec![(index, prime)], chosen].concat(), used);
                }
            }
        }
        self.seen.insert((bounds.clone(), capacity), best.clone());
        Some(best)
    }
}

/// The different prime factors of a number up to a limit.
fn primes(mut number: u64, limit: u64) -> Vec<u64> {
    let mut primes = Vec::new();
    let mut candidate = 2;
    while candidate <= limit && candidate * candidate <= number {
        if number.is_multiple_of(candidate) {
            primes.push(candidate);
            while number.is_multiple_of(candidate) {
                number /= candidate;
            }
        }
        candidate += 1;
    }
    if number > 1 && number <= limit {
        primes.push(number);
    }
    primes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_fill_the_capacity() {
        assert_eq!(primes(360, 100), [2, 3, 5]);
        assert_eq!(primes(26, 5), [2]);
        assert_eq!(primes(u64::MAX, 1 << 20), [3, 5, 17, 257, 641, 65537]);
        assert_eq!(best(&[65, 65], 25), Some(vec![(0, 5), (1, 5)]));
        assert_eq!(best(&[64, 3], 8), Some(vec![(0, 2), (0, 2), (0, 2)]));
        // 17 over 8: three passes of 6, 6 and 5.
        assert_eq!(best(&[17], 8), Some(vec![(0, 6)]));
        assert_eq!(best(&[17], 1), Some(vec![]));
    }
}
