//! A random search that ends by Timeloop's rules, for comparison (docs/search.md section 2).
//!
//! As many independent streams of samples as the real mapper has threads, each with a generator and an end of its own: what is
//! found depends on the seed and the number of streams, never on how many threads run them.

mod sampler;
mod stream;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use self::sampler::MapspaceSampler;
use self::stream::{Best, Search, Stream};
use super::generator::Generator;
use super::incumbent::{Archive, ByMetrics, Incumbent};
use super::job::JobModel;
use super::{Budget, Effort, Job, MapError, Mapper, Outcome, Progress, SearchSettings, Status, StopReason};
use crate::mapspace::Mapspace;

/// Samples mappings at random.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomMapper {
    /// Metrics, number of streams (`threads`), and when each of them ends. The algorithm is `random` whatever they state.
    pub settings: SearchSettings,
    /// Decides all samples.
    pub seed: u64,
    /// Ends all streams together; each has its share of the evaluations.
    pub budget: Budget,
}

impl Mapper for RandomMapper {
    fn name(&self) -> &'static str {
        "random"
    }

    fn settings(&self) -> String {
        let SearchSettings {
            metrics,
            threads,
            timeout,
            victory_condition,
            search_size,
            filter_revisits,
            penalize_consecutive_bypass_fails,
            ..
        } = &self.settings;
        let metrics: Vec<String> = metrics.iter().map(ToString::to_string).collect();
        let mut text = format!(
            "random, seed {}, metrics {}, {threads} streams, timeout {timeout}, victory_condition {victory_condition}",
            self.seed,
            metrics.join(" "),
        );
        let optional = [
            (*search_size > 0).then(|| format!("search_size {search_size}")),
            filter_revisits.then(|| "filter_revisits".to_owned()),
            penalize_consecutive_bypass_fails.then(|| "penalize_consecutive_bypass_fails".to_owned()),
            self.budget.seconds.map(|seconds| format!("at most {seconds} s")),
            self.budget.evaluations.map(|limit| format!("at most {limit} evaluations")),
        ];
        for part in optional.into_iter().flatten() {
            text.push_str(", ");
            text.push_str(&part);
        }
        text
    }

    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError> {
        job.check()?;
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let streams = self.settings.threads.max(1);
        let share = |count: u64| count.div_ceil(streams as u64);
        let sampler = match MapspaceSampler::new(&space) {
            Ok(sampler) => sampler,
            Err(dimension) => return Ok(Outcome::infeasible(no_factors(&job, dimension), effort(&space, &[]))),
        };
        let search = Search {
            job,
            space: &space,
            sampler,
            free: free_choices(&space),
            fast: JobModel::fast(job),
            model: JobModel::new(job),
            settings: &self.settings,
            max_valid: share(self.settings.search_size),
            max_samples: self.budget.evaluations.map(share),
            deadline: self.budget.deadline(),
        };
        let best_so_far = Mutex::new(Incumbent::new(ByMetrics));
        let improved = |best: &Best| {
            // A stream that panicked has said so; the progress may go on.
            let mut known = best_so_far.lock().unwrap_or_else(PoisonError::into_inner);
            if known.offer(best.clone()) {
                progress.improved(&best.mapping, best.figures.cost);
            }
        };
        let streams: Vec<Stream> = (0..streams as u64)
            .into_par_iter()
            .map(|stream| search.run(Generator::new(self.seed, stream), progress, &improved))
            .collect();
        let effort = effort(&space, &streams);
        let stop = streams.iter().filter_map(|stream| stream.stop).max().unwrap_or(StopReason::Exhausted);
        let mut incumbent = Incumbent::new(ByMetrics);
        for best in streams.iter().filter_map(|stream| stream.best.best()) {
            incumbent.offer(best.clone());
        }
        Ok(match incumbent.into_best() {
            Some(Best { mapping, figures, .. }) => {
                Outcome::found(job.found(mapping, figures.cost)?, Status::Unknown, stop, effort)
            }
            None => Outcome::nothing(nothing(&search, &streams, &effort), stop, effort),
        })
    }
}

/// Data spaces that levels may keep or not.
fn free_choices(space: &Mapspace) -> Vec<(usize, usize)> {
    let levels = space.free.iter().enumerate();
    levels
        .flat_map(|(level, free)| {
            (0..space.spaces).filter(|space| free.contains(*space)).map(move |space| (level, space))
        })
        .collect()
}

fn effort(space: &Mapspace, streams: &[Stream]) -> Effort {
    let sum = |count: fn(&Stream) -> u64| streams.iter().map(count).sum::<u64>();
    let (samples, valid) = (sum(|stream| stream.samples), sum(|stream| stream.valid));
    let (fanout, loops) = (sum(|stream| stream.fanout_failures), sum(|stream| stream.too_many_loops));
    let cuts = [
        ("fan-out or parallelism", fanout),
        ("more temporal loops than max_temporal_loops_in_a_mapping", loops),
        ("refused by the model", samples - valid - fanout - loops),
    ];
    Effort {
        mapspace: space.size().parts().map(|(name, size)| (name.to_owned(), size)).to_vec(),
        evaluations: samples - fanout - loops,
        valid,
        cuts: cuts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect(),
    }
}

/// That the constraints on the factors of a dimension contradict each other.
fn no_factors(job: &Job, dimension: usize) -> String {
    let (letter, bound) = job.problem.dimensions().get(dimension).copied().unwrap_or(('?', 0));
    format!(
        "dimension {letter}: no factors of {bound} are within the constraints on the levels' factors of {letter}; loosen one \
         of them"
    )
}

/// Why nothing was found: what was refused, how the streams ended, and what the model said of a mapping.
fn nothing(search: &Search, streams: &[Stream], effort: &Effort) -> String {
    let Effort { evaluations, cuts, .. } = effort;
    let samples: u64 = streams.iter().map(|stream| stream.samples).sum();
    let reasons = [
        (StopReason::Timeout, "`timeout`"),
        (StopReason::VictoryCondition, "`victory_condition`"),
        (StopReason::SearchSize, "`search_size`"),
        (StopReason::Exhausted, "samples that only repeat"),
        (StopReason::Evaluations, "the budget"),
        (StopReason::Time, "the budget"),
        (StopReason::Cancelled, "the user"),
    ];
    let is_one = |reason: StopReason| streams.iter().any(|stream| stream.stop == Some(reason));
    let mut reasons: Vec<&str> =
        reasons.into_iter().filter(|(reason, _)| is_one(*reason)).map(|(_, name)| name).collect();
    reasons.dedup();
    let cuts: Vec<String> = cuts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    let mut text = format!(
        "no valid mapping among {samples} samples ({}); stopped by {}",
        if cuts.is_empty() { format!("{evaluations} evaluated") } else { cuts.join(", ") },
        reasons.join(" and ")
    );
    let refused = streams.iter().find_map(|stream| stream.refused.as_ref());
    if let Some(Err(rejection)) = refused.map(|mapping| search.model.evaluate(mapping)) {
        text.push_str("\nfor example: ");
        text.push_str(&rejection.to_string());
    }
    text
}
