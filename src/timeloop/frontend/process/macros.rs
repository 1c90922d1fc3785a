//! Expands the short forms of constraints: `factors_only`, `no_iteration_over_dataspaces`,
//! `must_iterate_over_dataspaces`, `keep_only`, `bypass_only`.

use super::constraint::{Dataspace, Iteration};
use super::context::Context;
use super::factor::Factor;
use super::node::{ArchNode, leaves_mut};
use super::problem::Problem;
use crate::timeloop::frontend::error::ErrorKind;
use crate::timeloop::frontend::load::join;

/// Expands the short forms of every node.
pub(super) fn expand(context: &mut Context<'_>, problem: &Problem, nodes: &mut [ArchNode]) {
    for leaf in leaves_mut(nodes) {
        let path = join(&leaf.path, "constraints");
        let group = &mut leaf.constraints;
        for (iteration, key) in [(&mut group.spatial, "spatial"), (&mut group.temporal, "temporal")] {
            if let Err(cause) = expand_iteration(iteration, problem) {
                context.error(&join(&path, key), cause);
            }
        }
        if let Err(cause) = expand_dataspace(&mut group.dataspace, problem) {
            context.error(&join(&path, "dataspace"), cause);
        }
    }
}

fn expand_iteration(iteration: &mut Iteration, problem: &Problem) -> Result<(), ErrorKind> {
    let ones = |dimensions: Vec<&String>| dimensions.into_iter().map(|d| Factor::exactly(d, 1)).collect::<Vec<_>>();
    if let Some(only) = iteration.factors_only.take() {
        iteration.factors.add(only)?;
        let rest = problem.dimensions.iter().filter(|dimension| !iteration.factors.constrains(dimension)).collect();
        iteration.factors.add(ones(rest))?;
    }
    let still = std::mem::take(&mut iteration.still_spaces);
    for space in still.iter().filter_map(|name| problem.space(name)) {
        iteration.factors.add(ones(space.dimensions.iter().collect()))?;
    }
    let moving = std::mem::take(&mut iteration.moving_spaces);
    if !moving.is_empty() {
        let spaces: Vec<_> = moving.iter().filter_map(|name| problem.space(name)).collect();
        let belongs = |dimension: &&String| spaces.iter().any(|space| space.dimensions.contains(dimension));
        let rest = problem.dimensions.iter().filter(|dimension| !belongs(dimension)).collect();
        iteration.factors.add(ones(rest))?;
    }
    Ok(())
}

fn expand_dataspace(dataspace: &mut Dataspace, problem: &Problem) -> Result<(), ErrorKind> {
    let complement = |list: &[String]| -> Vec<String> {
        problem.space_names().into_iter().filter(|name| !list.contains(name)).collect()
    };
    if let Some(keep) = dataspace.keep_only.take() {
        let bypass = complement(&keep);
        dataspace.combine(Dataspace { keep, bypass, ..Dataspace::default() })?;
    }
    if let Some(bypass) = dataspace.bypass_only.take() {
        let keep = complement(&bypass);
        dataspace.combine(Dataspace { keep, bypass, ..Dataspace::default() })?;
    }
    Ok(())
}
