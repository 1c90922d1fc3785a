//! One stream of samples, as one thread of the real mapper makes them (docs/search.md section 2).

use std::collections::HashSet;
use std::time::Instant;

use super::sampler::{MapspaceSampler, Sample};
use crate::mapper::generator::Generator;
use crate::mapper::incumbent::{Archive, ByMetrics, Incumbent, Scored, Values};
use crate::mapper::job::JobModel;
use crate::mapper::objective::{Figures, is_better};
use crate::mapper::{Job, Progress, SearchSettings, StopReason};
use crate::mapping::{DataSpaceSet, Mapping};
use crate::mapspace::{Mapspace, parallelism_of};
use crate::model::{CompactMapping, FastModel, Scratch};

/// What all streams of a search share.
pub(super) struct Search<'a> {
    pub(super) job: Job<'a>,
    pub(super) space: &'a Mapspace,
    pub(super) sampler: MapspaceSampler<'a>,
    /// Data spaces that levels may keep or not, as pairs.
    pub(super) free: Vec<(usize, usize)>,
    pub(super) fast: Option<FastModel>,
    pub(super) model: JobModel<'a>,
    pub(super) settings: &'a SearchSettings,
    /// Valid mappings that one stream may find; 0 is any number.
    pub(super) max_valid: u64,
    /// Mappings that one stream may sample.
    pub(super) max_samples: Option<u64>,
    pub(super) deadline: Option<Instant>,
}

/// The best mapping of a stream.
pub(super) type Best = Scored<Values>;

/// What a stream did, and why it stopped.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) best: Incumbent<ByMetrics>,
    /// Mappings sampled so far, those that do not fit included.
    pub(super) samples: u64,
    pub(super) valid: u64,
    /// Mappings with too many spatial loops, or too few.
    pub(super) fanout_failures: u64,
    /// Mappings with more temporal loops than allowed.
    pub(super) too_many_loops: u64,
    /// The first mapping that the model refused.
    pub(super) refused: Option<Mapping>,
    pub(super) stop: Option<StopReason>,
}

/// Samples in a row that were all seen before, after which a mapspace counts as exhausted.
const MAX_REVISITS: u32 = 10_000;

/// Samples between two looks at the clock.
const PATIENCE: u64 = 32;

/// Draws without improvement of which only mappings that do not count are valid, as a multiple of the victory condition, after which
/// a stream ends: Timeloop's own rules never end it where the first choice of what is kept never fits.
const PASSED_OVER: u64 = 10;

/// The counters that end a stream.
#[derive(Default)]
struct Counters {
    invalid: u64,
    since_best: u64,
    /// Draws since the best mapping whose first valid mapping does not count.
    passed_over: u64,
}

impl Search<'_> {
    /// Samples until something ends it. `improved` hears of every better mapping.
    pub(super) fn run(&self, mut generator: Generator, progress: &dyn Progress, improved: &dyn Fn(&Best)) -> Stream {
        let mut stream = Stream {
            best: Incumbent::new(ByMetrics),
            samples: 0,
            valid: 0,
            fanout_failures: 0,
            too_many_loops: 0,
            refused: None,
            stop: None,
        };
        let mut counters = Counters::default();
        let mut scratch = Scratch::default();
        let mut seen = HashSet::new();
        // More choices than can be counted are never all visited.
        let masks = 1u64.checked_shl(u32::try_from(self.free.len()).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
        loop {
            let Some(sample) = self.next_sample(&mut generator, &mut seen) else {
                stream.stop = Some(StopReason::Exhausted);
                return stream;
            };
            let base = sample.mapping(self.space).filter(|mapping| self.is_allowed(mapping));
            let mut is_first_valid = true;
            for mask in 0..masks {
                stream.stop = self.end(&stream, &counters, progress);
                if stream.stop.is_some() {
                    return stream;
                }
                stream.samples += 1;
                // Of mappings that differ in what is kept alone, the first counts.
                let counts = u64::from(mask == 0 || self.settings.penalize_consecutive_bypass_fails);
                let Some(base) = &base else {
                    stream.fanout_failures += 1;
                    counters.invalid += counts;
                    continue;
                };
                let mapping = self.keeping(base, mask);
                let loops: usize = mapping.levels.iter().map(|level| level.temporal.len()).sum();
                if self.job.constraints.max_temporal_loops.is_some_and(|limit| loops > limit) {
                    stream.too_many_loops += 1;
                    counters.invalid += counts;
                    continue;
                }
                let Some(score) = self.evaluate(&mapping, &mut scratch) else {
                    stream.refused.get_or_insert(mapping);
                    counters.invalid += counts;
                    continue;
                };
                stream.valid += 1;
                counters.invalid = 0;
                // An equal mapping of lower cost is kept, but is no improvement by Timeloop's rules.
                let is_improvement = stream.best.best().is_none_or(|best| is_better(&score.values, &best.score.values));
                if is_improvement {
                    (counters.since_best, counters.passed_over) = (0, 0);
                } else {
                    counters.since_best += counts;
                    counters.passed_over += u64::from(is_first_valid && counts == 0);
                }
                is_first_valid = false;
                let figures = Figures { cost: score.cost, accesses: Vec::new() };
                if stream.best.offer(Best { mapping, figures, score }) {
                    stream.best.best().into_iter().for_each(improved);
                }
            }
        }
    }

    fn next_sample(&self, generator: &mut Generator, seen: &mut HashSet<Sample>) -> Option<Sample> {
        if !self.settings.filter_revisits {
            return Some(self.sampler.sample(generator));
        }
        (0..MAX_REVISITS).map(|_| self.sampler.sample(generator)).find(|sample| seen.insert(sample.clone()))
    }

    fn end(&self, stream: &Stream, counters: &Counters, progress: &dyn Progress) -> Option<StopReason> {
        let settings = self.settings;
        if self.max_valid > 0 && stream.valid >= self.max_valid {
            return Some(StopReason::SearchSize);
        }
        if settings.victory_condition > 0 && counters.since_best >= settings.victory_condition {
            return Some(StopReason::VictoryCondition);
        }
        let max_passed_over = settings.victory_condition.saturating_mul(PASSED_OVER);
        if max_passed_over > 0 && counters.passed_over >= max_passed_over {
            return Some(StopReason::OwnLimit);
        }
        if counters.invalid > 0 && counters.invalid >= settings.timeout {
            return Some(StopReason::Timeout);
        }
        if self.max_samples.is_some_and(|limit| stream.samples >= limit) {
            return Some(StopReason::Evaluations);
        }
        if !stream.samples.is_multiple_of(PATIENCE) {
            return None;
        }
        if progress.is_cancelled() {
            return Some(StopReason::Cancelled);
        }
        self.deadline.filter(|deadline| Instant::now() >= *deadline).map(|_| StopReason::Time)
    }

    /// Whether the constraints on parallelism, and on factors that are cut short, are met.
    fn is_allowed(&self, mapping: &Mapping) -> bool {
        parallelism_of(mapping, self.job.architecture) >= self.job.constraints.min_parallelism
            && (mapping.is_perfect() || self.job.admits(mapping).is_ok())
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

    fn evaluate(&self, mapping: &Mapping, scratch: &mut Scratch) -> Option<Values> {
        let metrics = &self.settings.metrics;
        let needs_accesses = metrics.iter().any(|metric| metric.counts_accesses());
        if let Some(fast) = self.fast.as_ref().filter(|_| !needs_accesses)
            && let Some(compact) = CompactMapping::of(mapping)
        {
            let cost = fast.cost(&compact, scratch)?;
            return Some(Values { values: metrics.iter().map(|metric| metric.value(&cost)).collect(), cost });
        }
        let evaluation = self.model.valid(mapping)?;
        let values = metrics.iter().map(|metric| metric.value(&evaluation)).collect();
        Some(Values { values, cost: evaluation.cost() })
    }
}
