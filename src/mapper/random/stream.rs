//! One stream of draws, as one thread of the real mapper makes them (docs/search.md section 2).

use std::collections::HashSet;
use std::time::Instant;

use super::draw::{Draw, Urn};
use super::generator::Generator;
use crate::architecture::Architecture;
use crate::mapper::objective::{is_better, needs_accesses, value};
use crate::mapper::{Job, Progress, SearchSettings};
use crate::mapping::{DataSpaceSet, Mapping};
use crate::mapspace::Mapspace;
use crate::model::{CompactMapping, Cost, Evaluation, FastModel, Model, Scratch};

/// What all streams of a search share.
pub(super) struct Search<'a> {
    pub(super) job: Job<'a>,
    pub(super) space: &'a Mapspace,
    pub(super) urn: Urn<'a>,
    /// Data spaces that levels may keep or not, as pairs.
    pub(super) free: Vec<(usize, usize)>,
    pub(super) fast: Option<FastModel>,
    pub(super) model: Model<'a>,
    pub(super) settings: &'a SearchSettings,
    /// Valid mappings that one stream may find; 0 is any number.
    pub(super) most_valid: u64,
    /// Mappings that one stream may draw.
    pub(super) most_drawn: Option<u64>,
    pub(super) deadline: Option<Instant>,
}

/// The best of a stream.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub(super) mapping: Mapping,
    pub(super) cost: Cost,
    /// One per metric.
    pub(super) values: Vec<f64>,
}

/// What a stream did.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) best: Option<Best>,
    pub(super) drawn: u64,
    pub(super) valid: u64,
    /// Mappings with too many spatial loops, or too few.
    pub(super) misfits: u64,
    /// Mappings with more temporal loops than allowed.
    pub(super) too_many_loops: u64,
    /// The first mapping that the model refused.
    pub(super) refused: Option<Mapping>,
    pub(super) ended: Option<End>,
}

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Timeout,
    Victory,
    SearchSize,
    Exhausted,
    Budget,
    Cancelled,
}

/// Draws in a row that were all drawn before, after which a space counts as exhausted.
const MOST_REVISITS: u32 = 10_000;

/// Draws between two looks at the clock.
const PATIENCE: u64 = 32;

/// The counters that end a stream.
#[derive(Default)]
struct Counters {
    invalid: u64,
    since_best: u64,
}

impl Search<'_> {
    /// Draws until something ends it. `improved` hears of every better mapping.
    pub(super) fn run(&self, mut generator: Generator, progress: &dyn Progress, improved: &dyn Fn(&Best)) -> Outcome {
        let mut outcome = Outcome::default();
        let mut counters = Counters::default();
        let mut scratch = Scratch::default();
        let mut seen = HashSet::new();
        // More choices than can be counted are never all visited.
        let masks = 1u64.checked_shl(u32::try_from(self.free.len()).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
        loop {
            let Some(draw) = self.next_draw(&mut generator, &mut seen) else {
                outcome.ended = Some(End::Exhausted);
                return outcome;
            };
            let base = draw.mapping(self.space).filter(|mapping| self.uses_enough(mapping));
            for mask in 0..masks {
                outcome.ended = self.end(&outcome, &counters, progress);
                if outcome.ended.is_some() {
                    return outcome;
                }
                outcome.drawn += 1;
                // Of mappings that differ in what is kept alone, the first counts.
                let counts = u64::from(mask == 0 || self.settings.penalize_consecutive_bypass_fails);
                let Some(base) = &base else {
                    outcome.misfits += 1;
                    counters.invalid += counts;
                    continue;
                };
                let mapping = self.keeping(base, mask);
                let loops: usize = mapping.levels.iter().map(|level| level.temporal.len()).sum();
                if self.job.constraints.max_temporal_loops.is_some_and(|most| loops > most) {
                    outcome.too_many_loops += 1;
                    counters.invalid += counts;
                    continue;
                }
                let Some((cost, values)) = self.evaluate(&mapping, &mut scratch) else {
                    outcome.refused.get_or_insert(mapping);
                    counters.invalid += counts;
                    continue;
                };
                outcome.valid += 1;
                counters.invalid = 0;
                if outcome.best.as_ref().is_none_or(|best| is_better(&values, &best.values)) {
                    let best = Best { mapping, cost, values };
                    improved(&best);
                    outcome.best = Some(best);
                    counters.since_best = 0;
                } else {
                    counters.since_best += counts;
                }
            }
        }
    }

    fn next_draw(&self, generator: &mut Generator, seen: &mut HashSet<Draw>) -> Option<Draw> {
        if !self.settings.filter_revisits {
            return Some(self.urn.draw(generator));
        }
        (0..MOST_REVISITS).map(|_| self.urn.draw(generator)).find(|draw| seen.insert(draw.clone()))
    }

    fn end(&self, outcome: &Outcome, counters: &Counters, progress: &dyn Progress) -> Option<End> {
        let settings = self.settings;
        if self.most_valid > 0 && outcome.valid >= self.most_valid {
            return Some(End::SearchSize);
        }
        if settings.victory_condition > 0 && counters.since_best >= settings.victory_condition {
            return Some(End::Victory);
        }
        if counters.invalid > 0 && counters.invalid >= settings.timeout {
            return Some(End::Timeout);
        }
        if self.most_drawn.is_some_and(|most| outcome.drawn >= most) {
            return Some(End::Budget);
        }
        if !outcome.drawn.is_multiple_of(PATIENCE) {
            return None;
        }
        if progress.is_cancelled() {
            return Some(End::Cancelled);
        }
        self.deadline.filter(|deadline| Instant::now() >= *deadline).map(|_| End::Budget)
    }

    /// Whether the constraint on parallelism is met.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    fn uses_enough(&self, mapping: &Mapping) -> bool {
        let architecture: &Architecture = self.job.architecture;
        let spatial = mapping.levels.iter().flat_map(|level| &level.spatial);
        let used = spatial.fold(1u64, |used, each| used.saturating_mul(each.iteration.bound));
        used as f64 >= self.job.constraints.min_parallelism * architecture.arithmetic().instances as f64
    }

    /// A mapping with one choice of what each level keeps.
    fn keeping(&self, base: &Mapping, mask: u64) -> Mapping {
        let mut mapping = base.clone();
        for (bit, &(level, space)) in self.free.iter().enumerate() {
            let keep: &mut DataSpaceSet = &mut mapping.levels[level].policy.keep;
            if bit < 64 && mask >> bit & 1 == 0 {
                keep.insert(space);
            }
        }
        mapping
    }

    fn evaluate(&self, mapping: &Mapping, scratch: &mut Scratch) -> Option<(Cost, Vec<f64>)> {
        let metrics = &self.settings.metrics;
        let values = |cost: Cost, evaluation: Option<&Evaluation>| {
            (cost, metrics.iter().map(|metric| value(*metric, cost, evaluation)).collect())
        };
        if let Some(fast) = self.fast.as_ref().filter(|_| !needs_accesses(metrics))
            && let Some(compact) = CompactMapping::of(mapping)
        {
            return fast.cost(&compact, scratch).map(|cost| values(cost, None));
        }
        let evaluation = self.model.evaluate(mapping).ok()?;
        let cost = Cost { energy_pj: evaluation.energy_pj, cycles: evaluation.cycles };
        Some(values(cost, Some(&evaluation)))
    }
}
