//! Instances that are left out where their data are empty (docs/model.md section 9.6).

use std::fmt::Write as _;

use super::SparseReason;
use super::abort::Abort;
use super::context::Context;
use super::saving::Failure;
use crate::architecture::Mesh;
use crate::mapping::Axis;
use crate::model::nest::Nest;
use crate::numbers::{real, truncated, wrapped};

/// Instances of the compute units (entry 0) and the storage levels (from 1 on) that one data space needs.
#[derive(Clone, Debug)]
struct Needs {
    expansions: Vec<Mesh>,
    /// Share of the time in which they are in use on average.
    shares: Vec<f64>,
}

/// What is left of the instances in use.
#[derive(Clone, Debug)]
pub(super) struct Instances {
    /// Per data space and level: the instances along each axis.
    pub(super) expansions: Vec<Vec<Mesh>>,
    /// Per data space and level: the instances in use on average, where skipping changes them.
    pub(super) averages: Vec<Vec<Option<f64>>>,
    /// Of the compute units.
    pub(super) compute_expansion: Mesh,
    pub(super) compute_average: f64,
    /// Per data space and level: the share of instances that skipping leaves out.
    pub(super) skipped: Vec<Vec<Option<f64>>>,
}

impl Instances {
    /// All that the loops name.
    pub(super) fn dense(context: &Context, nest: &Nest, compute_average: f64) -> Self {
        let (levels, spaces) = (context.levels(), context.spaces());
        let expansions: Vec<Mesh> = (0..levels).map(|level| mesh(nest, nest.blocks[level].end)).collect();
        Self {
            expansions: vec![expansions; spaces],
            averages: vec![vec![None; levels]; spaces],
            compute_expansion: mesh(nest, 0),
            compute_average,
            skipped: vec![vec![None; levels]; spaces],
        }
    }
}

fn mesh(nest: &Nest, from: usize) -> Mesh {
    let (x, y) = nest.expansion(from);
    Mesh { x, y }
}

#[expect(clippy::float_cmp, reason = "1 is what nothing has changed")]
fn is_one(share: f64) -> bool {
    share == 1.0
}

fn scaled(count: u64, ratio: f64) -> u64 {
    truncated(real(count) * ratio)
}

fn ratio(mesh: Mesh, dense: Mesh) -> (f64, f64) {
    (real(mesh.x) / real(dense.x), real(mesh.y) / real(dense.y))
}

/// The instances of a design that leaves some out.
pub(super) fn instances(context: &Context, nest: &Nest, compute_average: f64) -> Result<Instances, Failure> {
    let mut all = Instances::dense(context, nest, compute_average);
    if context.settings.levels.iter().all(|level| level.spatial_skipping.is_empty()) {
        return Ok(all);
    }
    let levels = context.levels();
    let dense: Vec<Mesh> =
        std::iter::once(mesh(nest, 0)).chain((0..levels).map(|level| mesh(nest, nest.blocks[level].end))).collect();
    let mut needs = Vec::new();
    for space in 0..context.spaces() {
        let mut own = Needs { expansions: dense.clone(), shares: vec![1.0; levels + 1] };
        for level in 0..levels {
            of_format(context, (level, space), &mut own)?;
        }
        let has_own: Vec<bool> = own.shares.iter().map(|share| !is_one(*share)).collect();
        spread(&mut own, &dense, &has_own);
        needs.push(own);
    }
    let before: Vec<Vec<Mesh>> = needs.iter().map(|needs| needs.expansions.clone()).collect();
    let mut marks = vec![vec![false; levels + 1]; context.spaces()];
    for (level, settings) in context.settings.levels.iter().enumerate() {
        for choice in &settings.spatial_skipping {
            let mut share = 1.0;
            for leader in &choice.leaders {
                share *= of_leader(context, level, *leader, &mut needs[choice.target])?;
            }
            needs[choice.target].shares[level] = share;
            marks[choice.target][level] = true;
        }
    }
    for (space, needs) in needs.iter_mut().enumerate() {
        spread(needs, &before[space], &marks[space]);
        for (level, tile) in context.tiles[space].iter().enumerate() {
            all.expansions[space][level] = needs.expansions[level + 1];
            all.averages[space][level] = Some(real(tile.replication) * needs.shares[level + 1]);
            all.skipped[space][level] = marks[space][level].then(|| 1.0 - needs.shares[level]);
        }
    }
    let most = |along: fn(&Mesh) -> u64| needs.iter().map(|needs| along(&needs.expansions[0])).max().unwrap_or(0);
    all.compute_expansion = Mesh { x: most(|mesh| mesh.x), y: most(|mesh| mesh.y) };
    let averages = needs.iter().map(|needs| compute_average * needs.shares[0]);
    all.compute_average = averages.fold(0.0, f64::max);
    fan_outs(context, &needs)?;
    Ok(all)
}

/// Hands what is left out at a level on to the inner ones; shares only down to the first that has its own.
fn spread(needs: &mut Needs, before: &[Mesh], has_own: &[bool]) {
    for outer in (0..needs.expansions.len()).rev() {
        let (x, y) = ratio(needs.expansions[outer], before[outer]);
        if is_one(x) && is_one(y) {
            continue;
        }
        for inner in &mut needs.expansions[..outer] {
            *inner = Mesh { x: scaled(inner.x, x), y: scaled(inner.y, y) };
        }
        let share = needs.shares[outer];
        for inner in (0..outer).rev() {
            if has_own[inner] {
                break;
            }
            needs.shares[inner] *= share;
        }
    }
}

/// Instances inside a level that compressed data need.
fn of_format(context: &Context, (level, space): (usize, usize), needs: &mut Needs) -> Result<(), Abort> {
    let source = context.source(level, space).unwrap_or(context.levels() - 1);
    if !context.has_metadata(source, space) {
        return Ok(());
    }
    for (at, index) in spatial_loops(context, level, space).into_iter().enumerate() {
        let share = over_loop(context, index, space, &mut needs.expansions[level])?;
        if at == 0 {
            needs.shares[level] = share;
        }
    }
    Ok(())
}

/// The loops over instances of a level that move a data space, innermost first.
fn spatial_loops(context: &Context, level: usize, space: usize) -> Vec<usize> {
    let loops = context.nest.levels[level].clone().filter(|index| {
        let sparse_loop = context.nest.loops[*index];
        sparse_loop.is_spatial && sparse_loop.bound > 1 && context.moves(space, sparse_loop.dimension)
    });
    loops.collect()
}

/// Leaves out the instances of one loop whose elements are empty. Gives the share of elements that are not.
fn over_loop(context: &Context, index: usize, space: usize, expansion: &mut Mesh) -> Result<f64, Abort> {
    let sparse_loop = context.nest.loops[index];
    let element = context.nest.inside(index);
    let mut fibre = element.to_vec();
    fibre[sparse_loop.dimension] = fibre[sparse_loop.dimension].saturating_mul(sparse_loop.bound);
    let (fibre, element) = (context.tile_box(space, &fibre), context.tile_box(space, element));
    let model = &context.models[space];
    let filled = model.most_elements(fibre, element)?;
    let along = if sparse_loop.axis == Some(Axis::Y) { &mut expansion.y } else { &mut expansion.x };
    *along = wrapped(real(*along) * real(filled) / real(sparse_loop.bound));
    Ok(1.0 - model.probability(element, 0, None)?)
}

/// Instances inside a level that a target needs where a leader has zeros. Gives the share that is in use.
fn of_leader(context: &Context, level: usize, leader: usize, needs: &mut Needs) -> Result<f64, Abort> {
    if !context.source(level, leader).is_some_and(|source| context.has_metadata(source, leader)) {
        return Ok(1.0);
    }
    let mut share = None;
    for index in spatial_loops(context, level, leader) {
        let of_loop = over_loop(context, index, leader, &mut needs.expansions[level])?;
        share = share.or(Some(of_loop));
    }
    Ok(share.unwrap_or(1.0))
}

/// Whether the children of each level that are needed fit where they are: reasons add up, and the innermost level tells them.
fn fan_outs(context: &Context, needs: &[Needs]) -> Result<(), Failure> {
    let mut text = String::new();
    let mut failed: Option<(usize, String)> = None;
    for (space, needs) in needs.iter().enumerate() {
        for level in (0..context.levels()).rev() {
            let (inner, outer) = (needs.expansions[level], needs.expansions[level + 1]);
            let fan_out = context.architecture.fan_out(level);
            let mut exceeds = false;
            for (axis, inner, outer, available) in
                [('X', inner.x, outer.x, fan_out.x), ('Y', inner.y, outer.y, fan_out.y)]
            {
                let required = inner.checked_div(outer).ok_or(Abort::NoInstances {
                    level: context.level_name(level),
                    data_space: context.space_name(space),
                })?;
                if required > available {
                    let _ = writeln!(
                        text,
                        "Required fanout{axis} {required} does not meet hardware constraint {available}"
                    );
                    exceeds = true;
                }
            }
            if exceeds && failed.as_ref().is_none_or(|(lowest, _)| level <= *lowest) {
                failed = Some((level, text.clone()));
            }
        }
    }
    match failed {
        Some((level, text)) => {
            let inner = level.checked_sub(1).map(|inner| context.level_name(inner));
            let name = inner.unwrap_or_else(|| context.architecture.arithmetic().name.clone());
            Err(Failure::Level(name, SparseReason::FanOut(text)))
        }
        None => Ok(()),
    }
}
