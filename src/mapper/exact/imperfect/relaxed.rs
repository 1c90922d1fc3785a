//! The least that any mapping of a mapspace with shorter last passes can cost: a search by ascending bound over what levels keep, spatial
//! factors, and the iterations that each level's temporal loops leave (docs/search.md section 7.5).

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use super::super::prepared_job::PreparedJob;
use super::super::search::keep_choices;
use super::chains::{Branch, Ways, branches, ways};
use super::part::{Layout, Part};
use super::traffic::{Bound, Traffic};
use crate::mapper::Metric;
use crate::mapspace::{KeepChoice, parallelism};

/// What is decided so far, or [`OPEN`]: a choice of levels per data space, a class per dimension, then a branch per dimension.
type State = Box<[u32]>;

const OPEN: u32 = u32::MAX;

/// Branches that are held of one class, and of all.
const MOST_BRANCHES: (usize, usize) = (12_000, 40_000);

/// Some mappings with a bound of their value.
#[derive(Debug)]
struct Node {
    value: f64,
    /// Number of decisions.
    depth: u32,
    state: State,
}

impl Ord for Node {
    /// The least value is the greatest node; of equal ones the one that is decided further, then the first.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = other.value.total_cmp(&self.value);
        by_value.then(self.depth.cmp(&other.depth)).then_with(|| other.state.cmp(&self.state))
    }
}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Node {}

/// Branches of classes by dimension and class, those that were asked for; `None` where there are too many.
type Branches = HashMap<(usize, u32), Option<Vec<Branch>>>;

/// A job whose mappings are bounded.
pub(in super::super) struct Relaxed<'a> {
    prepared: &'a PreparedJob<'a>,
    layout: Layout,
    choices: Vec<Vec<KeepChoice>>,
    ways: Vec<Ways>,
    branches: Branches,
    /// Branches that may still be made.
    left: usize,
}

impl<'a> Relaxed<'a> {
    /// `None` if there are too many ways to list.
    pub(in super::super) fn new(prepared: &'a PreparedJob<'a>) -> Option<Self> {
        let choices = keep_choices(prepared.space)?;
        let layout = Layout::new(prepared.space, &choices);
        let ways: Option<Vec<Ways>> =
            (0..prepared.count()).map(|dimension| ways(prepared, &layout, dimension)).collect();
        Some(Self { prepared, layout, choices, ways: ways?, branches: Branches::new(), left: MOST_BRANCHES.1 })
    }

    /// No mapping has a lower value than this, or than `best`. So many bounds are computed at most, and not many after `is_stopped`.
    pub(in super::super) fn least(
        &mut self,
        metric: Metric,
        best: f64,
        most: u64,
        is_stopped: &dyn Fn() -> bool,
    ) -> f64 {
        if self.choices.iter().any(Vec::is_empty) {
            return best;
        }
        let open = vec![OPEN; self.choices.len() + 2 * self.ways.len()];
        let root = self.bound(&open).value(metric);
        let mut heap = BinaryHeap::from([Node { value: root, depth: 0, state: open.into() }]);
        let (mut bounds, mut least) = (0, root);
        while let Some(node) = heap.pop() {
            least = f64::max(least, node.value);
            if least >= best {
                return best;
            }
            let Some(at) = self.next(&node.state, metric, best).filter(|_| bounds < most && !is_stopped()) else {
                return least;
            };
            for state in self.decisions(&node.state, at) {
                if !self.fits(&state) {
                    continue;
                }
                bounds += 1;
                let value = self.bound(&state).value(metric).max(node.value);
                if value < best {
                    heap.push(Node { value, depth: node.depth + 1, state });
                }
            }
        }
        best
    }

    /// The place of the next decision: data spaces, classes, and then the innermost level at which ways differ.
    fn next(&mut self, state: &[u32], metric: Metric, best: f64) -> Option<usize> {
        let (spaces, dimensions) = (self.choices.len(), self.ways.len());
        if let Some(at) = (0..spaces + dimensions).find(|at| state[*at] == OPEN) {
            return Some(at);
        }
        // Of those the dimension with the most ways.
        let mut first: Option<((usize, Reverse<u32>), usize)> = None;
        for dimension in 0..dimensions {
            let class = state[spaces + dimension];
            self.list(dimension, class, metric, best);
            let Some(Some(branches)) = self.branches.get(&(dimension, class)) else { continue };
            let at = spaces + dimensions + dimension;
            let (level, size) = match state[at] {
                OPEN => (0, u32::MAX),
                branch => (branches[branch as usize].level, branches[branch as usize].size),
            };
            if level < self.layout.levels && first.is_none_or(|(known, _)| (level, Reverse(size)) < known) {
                first = Some(((level, Reverse(size)), at));
            }
        }
        first.map(|(_, at)| at)
    }

    /// Lists the branches of a class. Ways that take too many cycles are left out, where cycles multiply the value.
    fn list(&mut self, dimension: usize, class: u32, metric: Metric, best: f64) {
        if self.branches.contains_key(&(dimension, class)) {
            return;
        }
        let described = &self.ways[dimension].classes[class as usize];
        let mut alone = vec![OPEN; self.choices.len() + 2 * self.ways.len()];
        alone[self.choices.len() + dimension] = class;
        let share = match metric {
            Metric::Edp | Metric::Delay => best / self.bound(&alone).value(metric),
            _ => f64::INFINITY,
        };
        let most_cycles = described.least.cycles * share * (1.0 + 1e-6);
        let most = MOST_BRANCHES.0.min(self.left);
        let found = branches(self.prepared, &self.layout, dimension, described, most_cycles, most);
        self.left -= found.as_ref().map_or(0, Vec::len);
        self.branches.insert((dimension, class), found);
    }

    /// The states after a decision.
    fn decisions(&self, state: &[u32], at: usize) -> Vec<State> {
        let (spaces, dimensions) = (self.choices.len(), self.ways.len());
        let all = |count: usize| (0..u32::try_from(count).unwrap_or(OPEN)).collect();
        let options: Vec<u32> = if at < spaces {
            all(self.choices[at].len())
        } else if at < spaces + dimensions {
            all(self.ways[at - spaces].classes.len())
        } else {
            let dimension = at - spaces - dimensions;
            let branches = self.branches.get(&(dimension, state[spaces + dimension]));
            let branches = branches.and_then(Option::as_ref).map_or(&[][..], Vec::as_slice);
            match state[at] {
                OPEN => branches.len().checked_sub(1).and_then(|last| u32::try_from(last).ok()).into_iter().collect(),
                branch => branches[branch as usize].inner.clone(),
            }
        };
        let with = |option: u32| {
            let mut state: State = state.into();
            state[at] = option;
            state
        };
        options.into_iter().map(with).collect()
    }

    /// What a dimension contributes.
    fn part(&self, state: &[u32], dimension: usize) -> &Part {
        let (spaces, ways) = (self.choices.len(), &self.ways[dimension]);
        let class = state[spaces + dimension];
        if class == OPEN {
            return &ways.least;
        }
        let branch = state[spaces + self.ways.len() + dimension];
        let branches = self.branches.get(&(dimension, class)).and_then(Option::as_ref);
        match branches {
            Some(branches) if branch != OPEN => &branches[branch as usize].least,
            _ => &ways.classes[class as usize].least,
        }
    }

    fn parts(&self, state: &[u32]) -> Vec<&Part> {
        (0..self.ways.len()).map(|dimension| self.part(state, dimension)).collect()
    }

    fn bound(&self, state: &[u32]) -> Bound {
        let kept = state[..self.choices.len()].iter().map(|choice| (*choice != OPEN).then_some(*choice as usize));
        let traffic = Traffic { prepared: self.prepared, layout: &self.layout, choices: &self.choices };
        traffic.bound(&kept.collect::<Vec<_>>(), &self.parts(state))
    }

    /// Whether what is decided fits meshes and sizes.
    fn fits(&self, state: &[u32]) -> bool {
        let (kept, rest) = state.split_at(self.choices.len());
        if kept.contains(&OPEN) {
            return true;
        }
        let parts = self.parts(state);
        let is_decided = !rest[..self.ways.len()].contains(&OPEN);
        if !self.meshes_fit(&parts, is_decided) {
            return false;
        }
        let prepared = self.prepared;
        let code = kept.iter().zip(&self.choices).map(|(choice, choices)| choices[*choice as usize].code).sum();
        let keep = prepared.space.kept_by(code);
        keep.iter().enumerate().all(|(level, keep)| {
            let extents: Vec<u64> = parts.iter().map(|part| part.levels[level].extent).collect();
            prepared.words(level, *keep, &extents) <= prepared.levels[level].capacity
        })
    }

    /// Whether spatial factors fit the meshes; if all are decided, also their places and the parallelism.
    fn meshes_fit(&self, parts: &[&Part], is_decided: bool) -> bool {
        let prepared = self.prepared;
        let mut used = Vec::new();
        for (level, placement) in &prepared.placements {
            let factors: Vec<u64> = parts.iter().map(|part| part.levels[*level].fan_out.0).collect();
            let product = factors.iter().fold(1u64, |product, factor| product.saturating_mul(*factor));
            let available = placement.fan_out.product();
            if product > available || (is_decided && !placement.fits(&prepared.all_dimensions(&factors))) {
                return false;
            }
            used.push((product, available));
        }
        !is_decided || parallelism(used) >= prepared.space.min_parallelism
    }

    /// The bound of one mapping.
    #[cfg(test)]
    pub(in super::super) fn bound_of(&self, mapping: &crate::mapping::Mapping) -> Bound {
        let prepared = self.prepared;
        let levels_of = |space: usize| -> Vec<usize> {
            let levels = mapping.levels.iter().enumerate();
            levels.filter(|(_, level)| level.policy.keep.contains(space)).map(|(level, _)| level).collect()
        };
        let kept = self.choices.iter().enumerate().map(|(space, choices)| {
            let levels = levels_of(space);
            choices.iter().position(|choice| choice.levels == levels)
        });
        let part = |dimension: &usize| {
            let loops = self.layout.tiling.iter().map(|tiling| {
                let level = &mapping.levels[tiling.level];
                let mut loops: Vec<_> = level.temporal.clone();
                if tiling.kind == crate::mapspace::Kind::Spatial {
                    loops = level.spatial.iter().map(|spatial| spatial.iteration).collect();
                }
                let found = loops.into_iter().find(|iteration| iteration.dimension == *dimension);
                found.map_or((1, 1), |iteration| (iteration.bound, iteration.residual))
            });
            Part::of(prepared.space.factors[*dimension].bound, &loops.collect::<Vec<_>>(), &self.layout)
        };
        let parts: Vec<Part> = prepared.dimensions.iter().map(part).collect();
        let traffic = Traffic { prepared, layout: &self.layout, choices: &self.choices };
        traffic.bound(&kept.collect::<Vec<_>>(), &parts.iter().collect::<Vec<_>>())
    }
}
