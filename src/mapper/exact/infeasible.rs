//! Why no mapping is valid, and the smallest change that would help.

use std::fmt::Write as _;

use super::objective::Objective;
use super::prepared_job::PreparedJob;
use super::search::{Mode, Search};
use crate::architecture::{Network, NetworkClass};
use crate::mapper::progress::SilentProgress;
use crate::mapper::{Budget, Job, Metric, Progress};
use crate::mapping::Axis;
use crate::mapspace::{Factors, Kind, Mapspace};
use crate::numbers::real;

/// One thing that may be the reason, relaxed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Relaxed {
    /// Words that a level holds.
    Capacity(usize, u64),
    /// No least utilization of a level.
    Utilization(usize),
    /// Instances along one axis below a level: index of the spatial step.
    Mesh(usize, Axis, u64),
    Parallelism(f64),
    Loops(usize),
}

/// Larger than anything that is needed, and small enough to be multiplied.
const AMPLE: u64 = 1 << 30;

/// The search for the reason.
pub(super) struct Explanation<'a> {
    job: Job<'a>,
    space: &'a Mapspace,
    silent: SilentProgress<'a>,
}

impl<'a> Explanation<'a> {
    /// Takes so many seconds at most.
    pub(super) fn new(job: Job<'a>, space: &'a Mapspace, progress: &'a dyn Progress, seconds: f64) -> Self {
        let deadline = Budget { seconds: Some(seconds), ..Budget::default() }.deadline();
        Self { job, space, silent: SilentProgress { progress, deadline } }
    }

    /// The reason in words, as what follows "no mapping is valid". `is_complete` tells whether every mapping was looked at.
    pub(super) fn text(&self, is_complete: bool) -> String {
        let Self { job, space, .. } = *self;
        if let Some(text) = kept_nowhere(job, space).or_else(|| factors(job, space)) {
            return text;
        }
        if !space.is_perfect() {
            return imperfect(job, space);
        }
        if is_complete && self.is_feasible(&[]) == Some(true) {
            return REFUSED.to_owned();
        }
        let all = relaxations(job, space);
        let mut helpful: Vec<String> = Vec::new();
        for relaxed in &all {
            if self.is_feasible(&[*relaxed]) == Some(true) {
                helpful.push(self.describe(*relaxed));
            }
        }
        if self.silent.is_cancelled() {
            return match helpful.as_slice() {
                [] => "; the reason was not found in time".to_owned(),
                _ => format!(". Among what would help is:\n  {}", helpful.join("\n  ")),
            };
        }
        if !helpful.is_empty() {
            return format!(". One of these changes is enough:\n  {}", helpful.join("\n  "));
        }
        if self.is_feasible(&all) != Some(true) {
            return ", and no change of capacities, meshes, utilizations or numbers of loops alone would \
                    help: the constraints on factors, orders and splits leave none"
                .to_owned();
        }
        // Take back, one by one, what is not needed.
        let mut needed = all;
        let mut position = 0;
        while position < needed.len() {
            let without: Vec<Relaxed> =
                needed.iter().enumerate().filter(|(index, _)| *index != position).map(|relaxed| *relaxed.1).collect();
            if self.is_feasible(&without) == Some(true) { needed = without } else { position += 1 }
        }
        let named: Vec<String> = needed.iter().map(|relaxed| name(job, space, *relaxed)).collect();
        format!(". All of these together prevent it, no single one of them: {}", named.join("; "))
    }

    /// Whether any mapping fits with these changes; `None` if too many had to be looked at.
    fn is_feasible(&self, changes: &[Relaxed]) -> Option<bool> {
        let mut space = self.space.clone();
        for change in changes {
            match *change {
                Relaxed::Parallelism(share) => space.min_parallelism = share,
                Relaxed::Loops(loops) => space.max_temporal_loops = loops,
                _ => {}
            }
        }
        let objective = Objective::single(Metric::Delay);
        let mut prepared = PreparedJob::new(self.job, &space, objective);
        for change in changes {
            match *change {
                Relaxed::Capacity(level, words) => prepared.levels[level].capacity = words,
                Relaxed::Utilization(level) => prepared.levels[level].min_words = 0.0,
                Relaxed::Mesh(step, axis, instances) => prepared.widen(step, axis, instances),
                Relaxed::Parallelism(_) | Relaxed::Loops(_) => {}
            }
        }
        let mut search = Search::new(&prepared, Budget::default(), &self.silent);
        search.mode = Mode::Feasibility;
        let left = search.run();
        if search.is_feasible {
            Some(true)
        } else if left.is_none() {
            Some(false)
        } else {
            None
        }
    }

    /// What a change that is enough would be at least.
    fn describe(&self, change: Relaxed) -> String {
        let Self { job, space, .. } = *self;
        let levels = job.architecture.levels();
        let is_enough = |change: Relaxed| self.is_feasible(&[change]) == Some(true);
        match change {
            Relaxed::Capacity(level, _) => {
                let description = &levels[level];
                let holds = description.effective_size.unwrap_or(0);
                let words = smallest_enough(holds, |words| is_enough(Relaxed::Capacity(level, words)));
                let mut text = format!(
                    "{} holds {holds} words, but must hold at least {words}{}{}",
                    description.name,
                    kept(job, space, level),
                    fixed(job, space, level, Kind::Temporal)
                );
                if description.multiple_buffering > 1.0 {
                    let _ = write!(text, " (times {} for multiple buffering)", description.multiple_buffering);
                }
                text
            }
            Relaxed::Utilization(level) => {
                format!(
                    "{}: min_utilization {} asks for fuller tiles than any mapping has",
                    levels[level].name, levels[level].min_utilization
                )
            }
            Relaxed::Mesh(step, axis, _) => {
                let (level, along) = mesh(space, step, axis);
                let needed = smallest_enough(along, |instances| is_enough(Relaxed::Mesh(step, axis, instances)));
                format!(
                    "{} has {along} instances below it along {axis:?}, but must have at least {needed}{}",
                    levels[level].name,
                    fixed(job, space, level, Kind::Spatial)
                )
            }
            Relaxed::Parallelism(_) => {
                let units = job.architecture.arithmetic().instances;
                let wanted = space.min_parallelism;
                let (mut reached, mut beyond) = (0, units + 1);
                while beyond - reached > 1 {
                    let middle = reached + (beyond - reached) / 2;
                    // Half a unit less: the shares of several levels are rounded.
                    let works = is_enough(Relaxed::Parallelism((real(middle) - 0.5) / real(units)));
                    if works { reached = middle } else { beyond = middle }
                }
                format!(
                    "a parallelism of {wanted} is required, but at most {reached} of {units} compute units can work"
                )
            }
            Relaxed::Loops(_) => {
                let low = u64::try_from(space.max_temporal_loops).unwrap_or(u64::MAX);
                let loops = |loops: u64| Relaxed::Loops(usize::try_from(loops).unwrap_or(usize::MAX));
                let needed = smallest_enough(low, |count| is_enough(loops(count)));
                format!("at most {low} temporal loops are allowed, but every mapping has at least {needed}")
            }
        }
    }
}

/// The reason if a network has no energies, though every mapping sends words through it: the outermost level keeps all.
pub(super) fn without_table(job: Job, space: &Mapspace) -> Option<String> {
    let lacks_table = |network: &&Network| matches!(&network.class, NetworkClass::SimpleMulticast(multicast) if multicast.table.is_none());
    let network = job.architecture.networks().iter().find(lacks_table)?;
    let kept = space.policies.last()?.keep;
    (0..job.problem.data_spaces().len()).all(|index| kept.contains(index)).then(|| {
        format!(
            ": network {} has no energy reference table, and every mapping sends words through it; state a table of its name",
            network.name
        )
    })
}

/// The reason where some mappings fit, and the model refuses each.
const REFUSED: &str = ", although some fit: networks refuse each of them, since their energies add up to less than 0, their tables do \
                       not tell energies apart, or distributed multicast (`M:N`) would send tiles in groups of several sizes";

/// Everything that can be relaxed, as far as it goes.
fn relaxations(job: Job, space: &Mapspace) -> Vec<Relaxed> {
    let mut all = Vec::new();
    for (level, description) in job.architecture.levels().iter().enumerate() {
        if description.effective_size.is_some() {
            all.push(Relaxed::Capacity(level, u64::MAX));
        }
        if description.min_utilization > 0.0 && description.effective_size.is_some() {
            all.push(Relaxed::Utilization(level));
        }
    }
    for step in 0..space.placements.iter().flatten().count() {
        all.push(Relaxed::Mesh(step, Axis::X, AMPLE));
        all.push(Relaxed::Mesh(step, Axis::Y, AMPLE));
    }
    if space.min_parallelism > 0.0 {
        all.push(Relaxed::Parallelism(0.0));
    }
    if space.max_temporal_loops < usize::MAX {
        all.push(Relaxed::Loops(usize::MAX));
    }
    all
}

/// The least value between `low`, which is not enough, and one that is; doubling, then halving.
fn smallest_enough(low: u64, is_enough: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (low, low.saturating_mul(2).max(1));
    while high < AMPLE && !is_enough(high) {
        (low, high) = (high, high.saturating_mul(2));
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_enough(middle) { high = middle } else { low = middle }
    }
    high
}

/// The reason where fixed factors do not divide.
fn imperfect(job: Job, space: &Mapspace) -> String {
    let dimensions = job.problem.dimensions().iter().zip(&space.factors).filter(|(_, factors)| !factors.is_perfect());
    let named = dimensions.map(|((letter, bound), factors)| {
        let fixed = factors.limits.iter().filter_map(|limits| limits.exact).filter(|exact| *exact > 1);
        let fixed: Vec<String> = fixed.map(|exact| format!("{letter}={exact}")).collect();
        format!("{} of {letter}={bound}", fixed.join(" "))
    });
    format!(
        ": fixed factors that do not divide the dimension ({}) leave no tiles that fit; factors that divide it leave more choice",
        named.collect::<Vec<_>>().join(", ")
    )
}

/// What stands in the way, without a figure.
fn name(job: Job, space: &Mapspace, change: Relaxed) -> String {
    let levels = job.architecture.levels();
    match change {
        Relaxed::Capacity(level, _) => {
            let description = &levels[level];
            format!(
                "the size of {} ({} words{})",
                description.name,
                description.effective_size.unwrap_or(0),
                kept(job, space, level)
            )
        }
        Relaxed::Utilization(level) => format!("min_utilization of {}", levels[level].name),
        Relaxed::Mesh(step, axis, _) => {
            let (level, along) = mesh(space, step, axis);
            format!(
                "the {along} instances along {axis:?} below {}{}",
                levels[level].name,
                fixed(job, space, level, Kind::Spatial)
            )
        }
        Relaxed::Parallelism(_) => format!("the parallelism of {}", space.min_parallelism),
        Relaxed::Loops(_) => format!("the limit of {} temporal loops", space.max_temporal_loops),
    }
}

/// Level and instances of a spatial step.
fn mesh(space: &Mapspace, step: usize, axis: Axis) -> (usize, u64) {
    let mut placements = space
        .placements
        .iter()
        .enumerate()
        .filter_map(|(level, placement)| placement.as_ref().map(|placement| (level, placement)));
    placements.nth(step).map_or((0, 0), |(level, placement)| {
        (level, if axis == Axis::X { placement.fan_out.x } else { placement.fan_out.y })
    })
}

/// The data spaces that a level must keep.
fn kept(job: Job, space: &Mapspace, level: usize) -> String {
    let keep = space.policies[level].keep;
    let spaces = job.problem.data_spaces().iter().enumerate().filter(|(index, _)| keep.contains(*index));
    let names: Vec<&str> = spaces.map(|(_, space)| space.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!(" of {}", names.join(" and ")) }
}

/// The constraints on the factors of a level.
fn fixed(job: Job, space: &Mapspace, level: usize, kind: Kind) -> String {
    let Some(position) = space.tiling.iter().position(|tiling| tiling.level == level && tiling.kind == kind) else {
        return String::new();
    };
    let stated = stated(job, space, position);
    if stated.is_empty() { String::new() } else { format!(" (its constraints: {})", stated.join(" ")) }
}

/// Constraints on more than one iteration at one tiling level.
fn stated(job: Job, space: &Mapspace, position: usize) -> Vec<String> {
    let dimensions = job.problem.dimensions().iter().zip(&space.factors);
    let text = |((letter, _), factors): (&(char, u64), &Factors)| limits(*letter, factors, position);
    dimensions.map(text).filter(|text| !text.is_empty() && !text.ends_with("=1")).collect()
}

fn limits(letter: char, factors: &Factors, position: usize) -> String {
    let limits = &factors.limits[position];
    if let Some(exact) = limits.exact {
        return format!("{letter}={exact}");
    }
    let at_most = limits.at_most.map(|at_most| format!("{letter}<={at_most}"));
    let at_least = limits.at_least.map(|at_least| format!("{letter}>={at_least}"));
    at_most.into_iter().chain(at_least).collect::<Vec<_>>().join(" ")
}

/// Data spaces that every level bypasses.
fn kept_nowhere(job: Job, space: &Mapspace) -> Option<String> {
    let is_kept = |index: usize| {
        space.policies.iter().any(|level| level.keep.contains(index))
            || space.free.iter().any(|free| free.contains(index))
    };
    let lost = job.problem.data_spaces().iter().enumerate().find(|(index, _)| !is_kept(*index))?;
    Some(format!(
        ": the constraints bypass {} at every level; let one level keep it, such as {}",
        lost.1.name,
        job.architecture.levels().last().map_or("the outermost", |level| level.name.as_str())
    ))
}

/// Dimensions whose iterations no factors within the limits make.
fn factors(job: Job, space: &Mapspace) -> Option<String> {
    let (dimension, factors) = space.factors.iter().enumerate().find(|(_, factors)| factors.count() == 0)?;
    let (letter, bound) = job.problem.dimensions()[dimension];
    let place = |position: usize| {
        let tiling = space.tiling[position];
        let kind = if tiling.kind == Kind::Spatial { "spatial" } else { "temporal" };
        format!("{} at {} ({kind})", limits(letter, factors, position), job.architecture.levels()[tiling.level].name)
    };
    let is_stated = |position: &usize| !limits(letter, factors, *position).is_empty();
    let all: Vec<String> = (0..space.tiling.len()).filter(is_stated).map(place).collect();
    let without = |position: &usize| {
        let mut changed = factors.limits.clone();
        changed[*position] = crate::mapspace::FactorLimits::default();
        Factors::new(bound, changed.into_iter()).count() > 0
    };
    let helpful: Vec<String> = (0..space.tiling.len()).filter(is_stated).filter(without).map(place).collect();
    let advice = if helpful.is_empty() {
        "no single one of them can be dropped to make it possible".to_owned()
    } else {
        format!("dropping one of these is enough: {}", helpful.join(", "))
    };
    Some(format!(": no factors of {letter}={bound} satisfy the constraints on it ({}); {advice}", all.join(", ")))
}
