//! The search itself: frames by their bounds, then temporal factors level by level, then orders.

use std::ops::ControlFlow;
use std::time::Instant;

use super::bound::{Bounds, Layer};
use super::evaluate::{Evaluator, Parts};
use super::frame::{Assignment, Frame};
use super::orders::Run;
use super::setting::Setting;
use super::{Budget, Counts};
use crate::mapper::incumbent::{Archive, Incumbent, Lower, Scored};
use crate::mapper::{Metric, Progress, StopReason};
use crate::mapping::{DataSpaceSet, LevelPolicy, SpatialLoop};
use crate::mapspace::parallelism;
use crate::model::level::Room;
use crate::numbers::real;

/// Temporal factors of a level that fit, with a bound.
#[derive(Clone, Copy, Debug)]
struct Child {
    bound: f64,
    /// Where its factors and rests lie in the list's memory.
    at: usize,
}

/// All temporal factors of one level that fit, by ascending bound.
#[derive(Clone, Debug, Default)]
struct Children {
    list: Vec<Child>,
    /// Factor and rest per dimension.
    memory: Vec<(u64, u32)>,
}

/// Why the search ended early, and the least bound of what was left.
pub(super) type Flow = ControlFlow<f64>;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The best mapping.
    All,
    /// One mapping of a frame.
    Probe,
    /// Whether anything fits.
    Feasibility,
}

/// One search.
pub(super) struct Search<'a> {
    pub(super) setting: &'a Setting<'a>,
    pub(super) evaluator: Evaluator<'a>,
    pub(super) progress: &'a dyn Progress,
    pub(super) counts: Counts,
    pub(super) best: Incumbent<Lower>,
    /// A value that some mapping is known to have: nothing above it is of interest.
    pub(super) known: f64,
    assignments: Vec<Assignment>,
    keeps: Vec<Vec<DataSpaceSet>>,
    children: Vec<Children>,
    pub(super) layers: Vec<Layer>,
    /// Per level: what the frame keeps, with the level's exceptions.
    policies: Vec<LevelPolicy>,
    /// Spatial loops of the frame's assignment: first places, and all of them once they are asked for.
    places: Vec<Vec<SpatialLoop>>,
    all_places: Option<Vec<Vec<Vec<SpatialLoop>>>>,
    /// Orders under construction; per level, innermost first.
    pub(super) temporal: Vec<Vec<(usize, u64)>>,
    pub(super) runs: Vec<Vec<Run>>,
    budget: Budget,
    deadline: Option<Instant>,
    ticks: u32,
    /// Why the search is to end early.
    pub(super) stop: Option<StopReason>,
    pub(super) mode: Mode,
    /// The answer to [`Mode::Feasibility`].
    pub(super) is_feasible: bool,
}

/// Frames that are probed for a first good value.
const PROBES: usize = 24;

/// Relative differences of values that rounding makes are below this.
const NOISE: f64 = 1e-12;

/// Most choices of what is kept that are all looked at.
pub(super) const MOST_KEEPS: usize = 1 << 16;

/// Most tilings that are looked at to find out whether anything fits.
const MOST_TILINGS: u64 = 100_000;

/// A frame by its parts: few words, as there may be many.
#[derive(Clone, Copy, Debug)]
struct Listed {
    bound: f64,
    assignment: usize,
    keep: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(setting: &'a Setting<'a>, budget: Budget, progress: &'a dyn Progress) -> Self {
        let levels = setting.levels.len();
        // Energies are sums in different orders: values that differ by rounding are equal. Cycles are exact.
        let tolerance = if setting.objective.metric == Metric::Delay { 0.0 } else { NOISE };
        Self {
            setting,
            evaluator: Evaluator::new(setting.job, &setting.objective),
            progress,
            counts: Counts::default(),
            best: Incumbent::new(Lower { tolerance }),
            known: f64::INFINITY,
            assignments: Vec::new(),
            keeps: Vec::new(),
            mode: Mode::All,
            is_feasible: false,
            children: vec![Children::default(); levels],
            layers: vec![Layer::default(); levels + 1],
            policies: setting.space.policies.clone(),
            places: Vec::new(),
            all_places: None,
            temporal: vec![Vec::new(); levels],
            runs: Vec::new(),
            budget,
            deadline: budget.deadline(),
            stop: (budget.evaluations == Some(0)).then_some(StopReason::Evaluations),
            ticks: 0,
        }
    }

    /// Searches everything; the least bound of what was left, if it ended early, and why it did.
    pub(super) fn run(&mut self) -> Option<(f64, StopReason)> {
        let left = self.search()?;
        Some((left, self.stop.unwrap_or(StopReason::OwnLimit)))
    }

    fn search(&mut self) -> Option<f64> {
        // Dimensions of one iteration are not searched, but a constraint may ask for more of them.
        if self.setting.space.factors.iter().any(|factors| factors.count() == 0) {
            return None;
        }
        self.assign();
        let is_complete = self.choose_keeps();
        let mut frames = self.list();
        frames.sort_by(|one, other| one.bound.total_cmp(&other.bound));
        let least = frames.first().map_or(0.0, |frame| frame.bound);
        if self.mode == Mode::All {
            self.mode = Mode::Probe;
            for one in frames.iter().take(PROBES) {
                if self.stop.is_some() || self.is_refused(one.bound) {
                    break;
                }
                let _ = self.enter(one);
            }
            self.mode = Mode::All;
        }
        let count = frames.len();
        for (at, one) in frames.iter().enumerate() {
            if self.stop.is_some() {
                return Some(one.bound);
            }
            if self.is_refused(one.bound) {
                self.counts.frames_by_bound += (count - at) as u64;
                break;
            }
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            self.progress.advanced(at as f64 / count as f64);
            if let ControlFlow::Break(left) = self.enter(one) {
                let next = frames.get(at + 1).map_or(f64::INFINITY, |next| next.bound);
                return Some(left.max(one.bound).min(next));
            }
        }
        // Of choices that were not looked at, nothing is known but that they cost something.
        if is_complete && self.stop.is_none() { None } else { Some(least.min(0.0)) }
    }

    /// All spatial factors that fit.
    fn assign(&mut self) {
        let levels = self.setting.levels.len();
        let start = Assignment {
            spatial: vec![vec![1; self.setting.count()]; levels],
            units: 1,
            rest: self.setting.whole.clone(),
        };
        let mut found = Vec::new();
        self.assign_level(0, 0, start, &mut found);
        let setting = self.setting;
        let used = |assignment: &Assignment, level: usize| assignment.spatial[level].iter().product::<u64>();
        found.retain(|assignment| {
            let levels = setting.placements.iter();
            let levels = levels.map(|(level, placement)| (used(assignment, *level), placement.fan_out.product()));
            parallelism(levels) >= setting.space.min_parallelism
        });
        self.assignments = found;
    }

    fn assign_level(&mut self, step: usize, dimension: usize, assignment: Assignment, found: &mut Vec<Assignment>) {
        let setting = self.setting;
        let Some((level, placement)) = setting.placements.get(step) else {
            found.push(assignment);
            return;
        };
        self.tick();
        if self.stop.is_some() {
            return;
        }
        let used: u64 = assignment.spatial[*level].iter().product();
        if dimension == setting.count() {
            if placement.fits(&setting.all_dimensions(&assignment.spatial[*level])) {
                self.assign_level(step + 1, 0, assignment, found);
            } else {
                self.counts.by_mesh += 1;
            }
            return;
        }
        for choice in setting.choices.at(step, dimension, assignment.rest[dimension]) {
            if used.saturating_mul(choice.factor) > placement.fan_out.product() {
                self.counts.by_mesh += 1;
                break;
            }
            let mut next = assignment.clone();
            next.spatial[*level][dimension] = choice.factor;
            next.rest[dimension] = choice.rest;
            next.units *= choice.factor;
            self.assign_level(step, dimension + 1, next, found);
        }
    }

    /// Lists what levels may keep; whether these are all choices.
    fn choose_keeps(&mut self) -> bool {
        let keeps = self.setting.space.keeps(MOST_KEEPS);
        let is_complete = keeps.is_some();
        let fixed = || self.setting.space.policies.iter().map(|policy| policy.keep).collect();
        self.keeps = keeps.unwrap_or_else(|| vec![fixed()]);
        is_complete
    }

    /// All frames that may be of interest, with their bounds.
    fn list(&mut self) -> Vec<Listed> {
        let mut frames = Vec::new();
        let mut layer = vec![Layer::default()];
        for assignment in 0..self.assignments.len() {
            for keep in 0..self.keeps.len() {
                self.tick();
                if self.stop.is_some() {
                    return frames;
                }
                let (of, keeps) = (&self.assignments[assignment], &self.keeps[keep]);
                let Some(frame) = Frame::new(self.setting, of, assignment, keeps) else { continue };
                if !self.holds_least(of, keeps) {
                    self.counts.by_capacity += 1;
                    continue;
                }
                let bounds = Bounds { setting: self.setting, frame: &frame, spatial: &of.spatial };
                bounds.root(&of.rest, &mut layer[0]);
                let bound = self.value(&frame, bounds.partial(0, &layer));
                self.counts.frames += 1;
                if bound.is_finite() {
                    frames.push(Listed { bound, assignment, keep });
                } else {
                    self.counts.frames_by_bound += 1;
                }
            }
        }
        frames
    }

    /// Whether the smallest tiles fit every level.
    fn holds_least(&self, assignment: &Assignment, keeps: &[DataSpaceSet]) -> bool {
        let setting = self.setting;
        let mut extents = vec![1; setting.count()];
        let last = setting.levels.len() - 1;
        for (level, keep) in keeps.iter().enumerate().take(last) {
            for (extent, factor) in extents.iter_mut().zip(&assignment.spatial[level]) {
                *extent *= factor;
            }
            if setting.words(level, *keep, &extents) > setting.levels[level].capacity {
                return false;
            }
        }
        let words = setting.words(last, keeps[last], &setting.bounds);
        setting.levels[last].room(words) == Room::Fits
    }

    /// The value of a bound; infinite where a limit refuses it.
    pub(super) fn value(&self, frame: &Frame, counted: f64) -> f64 {
        self.value_with(frame, counted, frame.least_cycles)
    }

    pub(super) fn value_with(&self, frame: &Frame, counted: f64, cycles: f64) -> f64 {
        self.setting.objective.bound(&frame.figures(self.setting, counted, cycles), NOISE)
    }

    /// Whether nothing with this bound can be better than what is known.
    pub(super) fn is_refused(&self, bound: f64) -> bool {
        // Probes find the same mappings whatever is known.
        bound == f64::INFINITY
            || (self.mode != Mode::Probe && bound > self.known * (1.0 + 2.0 * NOISE))
            || self.best.refuses(&bound)
    }

    /// Searches one frame.
    fn enter(&mut self, listed: &Listed) -> Flow {
        let assignment = &self.assignments[listed.assignment];
        let keeps = &self.keeps[listed.keep];
        let Some(frame) = Frame::new(self.setting, assignment, listed.assignment, keeps) else {
            return ControlFlow::Continue(());
        };
        for (policy, keep) in self.policies.iter_mut().zip(&frame.keeps) {
            policy.keep = *keep;
        }
        self.places = assignment.first_places(self.setting);
        self.all_places = None;
        let spatial = assignment.spatial.clone();
        let bounds = Bounds { setting: self.setting, frame: &frame, spatial: &spatial };
        bounds.root(&assignment.rest, &mut self.layers[0]);
        self.level(&bounds, 0)
    }

    /// Searches all temporal factors of `level` and of those outside it.
    fn level(&mut self, bounds: &Bounds, level: usize) -> Flow {
        let last = self.setting.levels.len() - 1;
        if level == last {
            // Only if there is one level.
            self.complete(bounds);
            return self.orders(bounds);
        }
        let mut children = std::mem::take(&mut self.children[level]);
        children.list.clear();
        children.memory.clear();
        self.expand(bounds, level, 0, &mut children);
        // A list that was cut short says nothing of the rest.
        if self.stop.is_some() {
            self.children[level] = children;
            return ControlFlow::Break(0.0);
        }
        children.list.sort_by(|one, other| one.bound.total_cmp(&other.bound).then(one.at.cmp(&other.at)));
        let mut flow = ControlFlow::Continue(());
        for (at, child) in children.list.iter().enumerate() {
            if self.is_refused(child.bound) {
                self.counts.tilings_by_bound += (children.list.len() - at) as u64;
                break;
            }
            if self.stop.is_some() {
                flow = ControlFlow::Break(child.bound);
                break;
            }
            let dimensions = self.setting.count();
            let layer = &mut self.layers[level + 1];
            for (dimension, (factor, rest)) in children.memory[child.at..child.at + dimensions].iter().enumerate() {
                layer.factors[dimension] = *factor;
                layer.rest[dimension] = *rest;
            }
            self.settle(bounds, level);
            let inner = if level + 1 == last {
                self.complete(bounds);
                self.orders(bounds)
            } else {
                self.level(bounds, level + 1)
            };
            if let ControlFlow::Break(left) = inner {
                let next = children.list.get(at + 1).map_or(f64::INFINITY, |next| next.bound);
                flow = ControlFlow::Break(left.max(child.bound).min(next));
                break;
            }
        }
        self.children[level] = children;
        flow
    }

    /// Lists the temporal factors of `level`, from `dimension` on.
    fn expand(&mut self, bounds: &Bounds, level: usize, dimension: usize, children: &mut Children) {
        let setting = self.setting;
        let count = setting.count();
        if dimension == 0 {
            let (inside, outside) = self.layers.split_at_mut(level + 1);
            let (below, layer) = (&inside[level], &mut outside[0]);
            layer.factors.clear();
            layer.rest.clear();
            layer.extents.clear();
            for at in 0..count {
                let first = setting.temporal(level, at, below.rest[at]).first();
                let (factor, rest) = first.map_or((1, 0), |choice| (choice.factor, choice.rest));
                layer.factors.push(factor);
                layer.rest.push(rest);
                layer.extents.push(below.extents[at] * bounds.spatial[level][at] * factor);
            }
            if !self.fits(bounds, level) {
                self.counts.by_capacity += 1;
                return;
            }
        }
        if self.stop.is_some() {
            return;
        }
        if dimension == count {
            self.offer(bounds, level, children);
            return;
        }
        let below = &self.layers[level];
        let (rest, step) = (below.rest[dimension], below.extents[dimension] * bounds.spatial[level][dimension]);
        let choices = setting.temporal(level, dimension, rest);
        for (at, choice) in choices.iter().enumerate() {
            let layer = &mut self.layers[level + 1];
            layer.factors[dimension] = choice.factor;
            layer.rest[dimension] = choice.rest;
            layer.extents[dimension] = step * choice.factor;
            if at > 0 && !self.fits(bounds, level) {
                self.counts.by_capacity += (choices.len() - at) as u64;
                break;
            }
            self.expand(bounds, level, dimension + 1, children);
        }
        if let Some(choice) = choices.first() {
            let layer = &mut self.layers[level + 1];
            layer.factors[dimension] = choice.factor;
            layer.rest[dimension] = choice.rest;
            layer.extents[dimension] = step * choice.factor;
        }
    }

    fn fits(&self, bounds: &Bounds, level: usize) -> bool {
        let capacity = self.setting.levels[level].capacity;
        capacity == u64::MAX
            || self.setting.words(level, bounds.frame.keeps[level], &self.layers[level + 1].extents) <= capacity
    }

    /// Adds the factors under construction to the list, if nothing speaks against them.
    fn offer(&mut self, bounds: &Bounds, level: usize, children: &mut Children) {
        let least = self.setting.levels[level].min_words;
        if least > 0.0 {
            let words = self.setting.words(level, bounds.frame.keeps[level], &self.layers[level + 1].extents);
            if real(words) < least {
                self.counts.by_capacity += 1;
                return;
            }
        }
        self.tick();
        self.settle(bounds, level);
        let last = self.setting.levels.len() - 1;
        let counted = if level + 1 == last {
            self.complete(bounds);
            bounds.partial(last + 1, &self.layers)
        } else {
            bounds.partial(level + 1, &self.layers)
        };
        let bound = self.value(bounds.frame, counted);
        self.counts.tilings += 1;
        if self.mode == Mode::Feasibility && self.counts.tilings > MOST_TILINGS {
            self.stop = Some(StopReason::OwnLimit);
        }
        if self.is_refused(bound) {
            self.counts.tilings_by_bound += 1;
            return;
        }
        let at = children.memory.len();
        let layer = &self.layers[level + 1];
        children.memory.extend(layer.factors.iter().copied().zip(layer.rest.iter().copied()));
        children.list.push(Child { bound, at });
    }

    /// Completes the layer of `level`, whose factors and rests are set.
    fn settle(&mut self, bounds: &Bounds, level: usize) {
        let (inside, outside) = self.layers.split_at_mut(level + 1);
        let (below, layer) = (&inside[level], &mut outside[0]);
        layer.remaining.clear();
        layer.steps.clear();
        layer.extents.clear();
        for (at, factor) in layer.factors.iter().enumerate() {
            let step = below.extents[at] * bounds.spatial[level][at];
            layer.remaining.push(below.remaining[at] / factor);
            layer.steps.push(step);
            layer.extents.push(step * factor);
        }
        bounds.advance(level, &mut self.layers);
    }

    /// Gives the outermost level what remains.
    fn complete(&mut self, bounds: &Bounds) {
        let last = self.setting.levels.len() - 1;
        let (inside, outside) = self.layers.split_at_mut(last + 1);
        let layer = &mut outside[0];
        layer.factors.clear();
        layer.factors.extend_from_slice(&inside[last].remaining);
        layer.rest.clear();
        layer.rest.resize(layer.factors.len(), 0);
        self.settle(bounds, last);
    }

    /// Evaluates the mapping whose orders are complete. `any_place`: whether the places of the spatial loops matter.
    pub(super) fn evaluate(&mut self, bounds: &Bounds, bound: f64, any_place: bool) -> Flow {
        if any_place && self.all_places.is_none() {
            self.all_places = Some(self.assignments[bounds.frame.assignment].all_places(self.setting));
        }
        let all = if any_place { self.all_places.take() } else { None };
        let mut flow = ControlFlow::Continue(());
        let mut is_valid = false;
        for places in all.as_deref().unwrap_or(std::slice::from_ref(&self.places)) {
            let parts = Parts { spatial: places, temporal: &self.temporal, policies: &self.policies };
            self.counts.evaluations += 1;
            if let Some(figures) = self.evaluator.parts(parts) {
                self.counts.valid += 1;
                is_valid = true;
                let objective = &self.setting.objective;
                let value = objective.value(&figures);
                debug_assert!(bound <= value * (1.0 + 1e-9), "bound {bound} above {value}: {:?}", parts.mapping());
                if objective.admits(&figures) && !self.best.refuses(&value) {
                    let mapping = parts.mapping();
                    self.progress.improved(&mapping, figures.cost);
                    self.best.offer(Scored { mapping, figures, score: value });
                }
            }
            if self.budget.evaluations.is_some_and(|most| self.counts.evaluations >= most) {
                self.stop = Some(StopReason::Evaluations);
            }
        }
        if any_place {
            self.all_places = all;
        }
        self.tick();
        if self.stop.is_some() || (self.mode == Mode::Probe && is_valid) {
            flow = ControlFlow::Break(bound);
        }
        flow
    }

    /// Looks at the clock now and then.
    pub(super) fn tick(&mut self) {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(256) {
            if self.progress.is_cancelled() {
                self.stop = Some(StopReason::Cancelled);
            } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.stop = Some(StopReason::Time);
            }
        }
    }
}

#[cfg(test)]
impl Search<'_> {
    /// All bounds that lie on the way to a mapping.
    pub(super) fn trace(&mut self, mapping: &crate::mapping::Mapping) -> Vec<(&'static str, f64)> {
        let setting = self.setting;
        let index = |dimension: usize, value: u64| {
            u32::try_from(setting.choices.divisors[dimension].iter().position(|each| *each == value).unwrap()).unwrap()
        };
        let factor = |loops: &[crate::mapping::Loop], at: usize| {
            loops.iter().find(|each| each.dimension == setting.dimensions[at]).map_or(1, |each| each.bound)
        };
        let mut rest = setting.bounds.clone();
        let mut spatial = Vec::new();
        for level in &mapping.levels {
            let loops: Vec<crate::mapping::Loop> = level.spatial.iter().map(|each| each.iteration).collect();
            spatial.push((0..setting.count()).map(|at| factor(&loops, at)).collect::<Vec<u64>>());
            rest.iter_mut().zip(&spatial[spatial.len() - 1]).for_each(|(rest, factor)| *rest /= factor);
        }
        let units = spatial.iter().flatten().product();
        let indices = rest.iter().enumerate().map(|(at, rest)| index(at, *rest)).collect();
        let assignment = Assignment { spatial: spatial.clone(), units, rest: indices };
        let keeps: Vec<DataSpaceSet> = mapping.levels.iter().map(|level| level.policy.keep).collect();
        let frame = Frame::new(setting, &assignment, 0, &keeps).unwrap();
        let bounds = Bounds { setting, frame: &frame, spatial: &spatial };
        bounds.root(&assignment.rest, &mut self.layers[0]);
        let mut found = vec![("spatial factors", self.value(&frame, bounds.partial(0, &self.layers)))];
        for (level, of) in mapping.levels.iter().enumerate() {
            let layer = &mut self.layers[level + 1];
            layer.factors = (0..setting.count()).map(|at| factor(&of.temporal, at)).collect();
            rest.iter_mut().zip(&layer.factors).for_each(|(rest, factor)| *rest /= factor);
            layer.rest = rest.iter().enumerate().map(|(at, rest)| index(at, *rest)).collect();
            self.settle(&bounds, level);
            found.push(("factors of a level", self.value(&frame, bounds.partial(level + 1, &self.layers))));
        }
        found.extend(self.trace_orders(&bounds, mapping));
        found
    }
}
