//! Puts dimensions without iterations innermost, so that a mapper does not try orders that make no difference.
//!
//! The published front end inserts them in front of the user's permutation and leaves `split` where it was. `split`
//! counts positions, so `permutation: [C, M], split: 1` (C on X, M on Y) becomes `NQPSRCM`, split 1: both on Y. Here
//! `split` moves along; with `frontend_quirks` it does not.

use super::constraint::Iteration;
use super::context::Context;
use super::factor::Factor;
use super::node::{ArchNode, leaves_mut};
use super::problem::Problem;

/// Completes the temporal permutation of every storage level and the spatial one of every fan-out.
pub(super) fn complete(context: &Context<'_>, problem: &Problem, nodes: &mut [ArchNode]) {
    for leaf in leaves_mut(nodes) {
        if leaf.is_storage() {
            insert_units(&mut leaf.constraints.temporal, problem, context.quirks);
        }
        if leaf.fanout() > 1 {
            let inserted = insert_units(&mut leaf.constraints.spatial, problem, context.quirks);
            if !context.quirks {
                shift_split(&mut leaf.constraints.spatial, inserted, problem.dimensions.len());
            }
        }
    }
}

/// Inserts the dimensions without iterations in front; returns how many.
fn insert_units(iteration: &mut Iteration, problem: &Problem, quirks: bool) -> usize {
    let before = iteration.permutation.len();
    // The published front end takes `C>=1` for a unit factor too.
    let unit = |factor: &&Factor| if quirks { factor.value == 1 } else { factor.pins_to_one() };
    let pinned: Vec<String> = iteration.factors.0.iter().filter(unit).map(|f| f.dimension.clone()).collect();
    let small = problem.dimensions.iter().filter(|dimension| problem.bound(dimension) == 1).cloned();
    for dimension in pinned.into_iter().chain(small) {
        if !iteration.permutation.contains(&dimension) {
            iteration.permutation.insert(0, dimension);
        }
    }
    iteration.permutation.len() - before
}

/// Moves a split behind the inserted dimensions. A split of 0 (all on Y) or beyond the last position (all on X) already
/// says what is meant.
fn shift_split(iteration: &mut Iteration, inserted: usize, dimensions: usize) {
    let (Some(split), Ok(inserted), Ok(dimensions)) =
        (iteration.split, i64::try_from(inserted), i64::try_from(dimensions))
    else {
        return;
    };
    if split > 0 && split < dimensions {
        iteration.split = Some(split + inserted);
    }
}
