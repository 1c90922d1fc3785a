//! Warns about mesh axes that the constraints leave without any dimension to spread.

use super::constraint::Iteration;
use super::context::Context;
use super::factor::Factor;
use super::node::{ArchNode, Leaf, leaves};
use super::problem::Problem;
use crate::timeloop::frontend::load::join;

/// Looks at every fan-out as it will be written.
pub(super) fn check(context: &mut Context<'_>, problem: &Problem, nodes: &[ArchNode]) {
    for leaf in leaves(nodes).into_iter().filter(|leaf| leaf.enabled && leaf.fanout() > 1) {
        let (x, y) = usable(&leaf.constraints.spatial, problem);
        if leaf.mesh_x > 1 && !x {
            warn(context, leaf, "X", leaf.mesh_x);
        }
        if leaf.mesh_y > 1 && !y {
            warn(context, leaf, "Y", leaf.mesh_y);
        }
    }
}

fn warn(context: &mut Context<'_>, leaf: &Leaf, axis: &str, size: u64) {
    let path = join(&leaf.path, "constraints.spatial");
    let name = &leaf.name;
    context.warn(
        &path,
        format_args!(
            "no dimension can be spread over mesh{axis} of {name}: at most one of its {size} instances along {axis} \
             works"
        ),
    );
}

/// Whether some dimension with more than one iteration can stand on X and on Y.
fn usable(spatial: &Iteration, problem: &Problem) -> (bool, bool) {
    let pinned = |dimension: &String| {
        let fixed = |factor: &Factor| factor.dimension == *dimension && factor.pins_to_one();
        problem.bound(dimension) == 1 || spatial.factors.0.iter().any(fixed)
    };
    let listed: Vec<bool> = spatial.permutation.iter().map(|dimension| !pinned(dimension)).collect();
    let unlisted = problem.dimensions.iter().filter(|d| !spatial.permutation.contains(d));
    let free = unlisted.clone().any(|dimension| !pinned(dimension));
    let Some(split) = spatial.split else {
        let any = free || listed.contains(&true);
        return (any, any);
    };
    let split = usize::try_from(split.max(0)).unwrap_or(usize::MAX);
    let (on_x, on_y) = listed.split_at(split.min(listed.len()));
    let free_on_x = free && split > listed.len();
    let free_on_y = free && split < listed.len() + unlisted.count();
    (on_x.contains(&true) || free_on_x, on_y.contains(&true) || free_on_y)
}
