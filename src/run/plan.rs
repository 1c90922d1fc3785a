//! Which jobs a run has.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::key::problem_text;
use super::{FitError, Key, NamedArchitecture, ProblemOnArchitecture};
use crate::mapper::Mapper;
use crate::model::Footprint;
use crate::numbers::{count, real};
use crate::workload::{Datawidth, DistinctProblem, Network};

/// A network and its distinct problems.
#[derive(Clone, Debug)]
pub struct NetworkProblems {
    /// The network; its name is its folder's.
    pub network: Network,
    /// Its distinct problems, in order of first appearance.
    pub problems: Vec<DistinctProblem>,
    /// Whose widths of numbers the problems are for.
    pub datawidth: Datawidth,
}

/// Everything to be done, in a fixed order.
pub struct Plan {
    /// Networks of the run.
    pub networks: Vec<NetworkProblems>,
    /// Architectures of the run.
    pub architectures: Vec<NamedArchitecture>,
    /// The mappers of each architecture: as many for every one, in the same order.
    pub mappers: Vec<Vec<Arc<dyn Mapper>>>,
    /// How tiles are counted.
    pub footprint: Footprint,
    /// The searches, each of them different.
    pub jobs: Vec<PlannedJob>,
    /// Networks on architectures by mappers: what results are about.
    pub runs: Vec<NetworkRun>,
}

/// One search of a run, for all layers that share it.
pub struct PlannedJob {
    /// What is searched, and under which constraints.
    pub fitted: ProblemOnArchitecture,
    /// Indices of the architecture and of its mapper.
    pub mapper: (usize, usize),
    /// The address of its result.
    pub key: Key,
    /// Layers that it serves, of all runs.
    pub layers: usize,
    /// How long it may take, in no unit: the number of ways to factorise the problem.
    pub weight: f64,
    /// Indices of the run and of the distinct problem that it first stands for.
    pub first: (usize, usize),
}

/// One network on one architecture by one mapper.
pub struct NetworkRun {
    /// Index of the network.
    pub network: usize,
    /// Index of the architecture.
    pub architecture: usize,
    /// Index of the mapper.
    pub mapper: usize,
    /// The job of every distinct problem, or why it has none.
    pub jobs: Vec<Result<usize, Arc<FitError>>>,
}

/// What a description says for a problem, or why it says nothing.
type Fit = Result<ProblemOnArchitecture, Arc<FitError>>;

impl Plan {
    /// Fits every architecture to every distinct problem and finds out which jobs differ. Uses the threads of the current pool.
    pub fn new(
        networks: &[NetworkProblems],
        architectures: &[NamedArchitecture],
        mappers: &[Vec<Arc<dyn Mapper>>],
        footprint: Footprint,
    ) -> Self {
        let fits = fits(networks, architectures);
        let mut plan = Self {
            networks: networks.to_vec(),
            architectures: architectures.to_vec(),
            mappers: mappers.to_vec(),
            footprint,
            jobs: Vec::new(),
            runs: Vec::new(),
        };
        let mut known: HashMap<Key, usize> = HashMap::new();
        for (network, NetworkProblems { problems, .. }) in networks.iter().enumerate() {
            for (architecture, mappers) in mappers.iter().enumerate().take(architectures.len()) {
                for (mapper, engine) in mappers.iter().enumerate() {
                    let run = plan.runs.len();
                    let mut jobs = Vec::with_capacity(problems.len());
                    for (index, distinct) in problems.iter().enumerate() {
                        let fitted = match &fits[&(architecture, text(distinct))] {
                            Ok(fitted) => fitted,
                            Err(reason) => {
                                jobs.push(Err(reason.clone()));
                                continue;
                            }
                        };
                        let key = Key::of(fitted, engine.as_ref());
                        let job = *known.entry(key.clone()).or_insert_with(|| {
                            let (fitted, first, weight) = (fitted.clone(), (run, index), weight(fitted));
                            let mapper = (architecture, mapper);
                            plan.jobs.push(PlannedJob { fitted, mapper, key, layers: 0, weight, first });
                            plan.jobs.len() - 1
                        });
                        plan.jobs[job].layers += distinct.layers.len();
                        jobs.push(Ok(job));
                    }
                    plan.runs.push(NetworkRun { network, architecture, mapper, jobs });
                }
            }
        }
        plan
    }

    /// What a job is, for people: the network, the distinct problem, the architecture.
    pub fn label(&self, job: usize) -> (&str, &str, &str) {
        let (run, problem) = self.jobs[job].first;
        let run = &self.runs[run];
        let NetworkProblems { network, problems, .. } = &self.networks[run.network];
        (&network.name, &problems[problem].id, &self.architectures[run.architecture].name)
    }

    /// The mapper of a run.
    pub fn mapper(&self, run: &NetworkRun) -> &dyn Mapper {
        self.mappers[run.architecture][run.mapper].as_ref()
    }

    /// The folder of a run's results below that of its network: the architecture's name, and the mapper's unless it is the
    /// exact one.
    pub fn folder(&self, run: &NetworkRun) -> String {
        let name = &self.architectures[run.architecture].name;
        match self.mapper(run).name() {
            "exact" => name.clone(),
            mapper => format!("{name}@{mapper}"),
        }
    }

    /// Remarks about the descriptions, each once, with the architecture and the first problem that it is about.
    pub fn warnings(&self) -> Vec<String> {
        let mut seen: IndexMap<(usize, &str), (&str, usize)> = IndexMap::new();
        for job in &self.jobs {
            let (run, problem) = job.first;
            let run = &self.runs[run];
            let id = self.networks[run.network].problems[problem].id.as_str();
            for warning in &job.fitted.warnings {
                seen.entry((run.architecture, warning)).or_insert((id, 0)).1 += 1;
            }
        }
        let problems = |architecture: usize| {
            self.jobs.iter().filter(|job| self.runs[job.first.0].architecture == architecture).count()
        };
        let line = |((architecture, warning), (first, count)): ((usize, &str), (&str, usize))| {
            let place = match count {
                count if count == problems(architecture) => String::new(),
                1 => format!(" ({first})"),
                count => format!(" ({first} and {} more problems)", count - 1),
            };
            format!("{}{place}: {warning}", self.architectures[architecture].name)
        };
        seen.into_iter().map(line).collect()
    }
}

/// Every architecture for every problem, by the index of the one and the text of the other.
fn fits(networks: &[NetworkProblems], architectures: &[NamedArchitecture]) -> HashMap<(usize, String), Fit> {
    let mut pairs: IndexMap<(usize, String), &DistinctProblem> = IndexMap::new();
    for distinct in networks.iter().flat_map(|network| &network.problems) {
        for architecture in 0..architectures.len() {
            pairs.entry((architecture, text(distinct))).or_insert(distinct);
        }
    }
    let fit = |((architecture, text), distinct): ((usize, String), &DistinctProblem)| {
        let DistinctProblem { problem, densities, operands, .. } = distinct;
        let fitted = architectures[architecture].for_problem(problem, densities, *operands).map_err(Arc::new);
        ((architecture, text), fitted)
    };
    pairs.into_iter().collect::<Vec<_>>().into_par_iter().map(fit).collect()
}

/// What an architecture is fitted to.
fn text(distinct: &DistinctProblem) -> String {
    format!("{}{:?}{:?}", problem_text(&distinct.problem), distinct.operands, distinct.densities)
}

/// In how many ways the bounds can be factorised over the levels: of a prime factor that a bound has `k` times, the ways to
/// put `k` equal things into `slots` boxes.
fn weight(fitted: &ProblemOnArchitecture) -> f64 {
    let levels = fitted.architecture.levels().len();
    let spatial = (0..levels).filter(|level| fitted.architecture.fan_out(*level).product() > 1).count();
    let slots = levels + spatial;
    let ways = |times: usize| (1..=times).fold(1.0, |ways, k| ways * real(count(slots - 1 + k)) / real(count(k)));
    let bounds = fitted.problem.dimensions().iter();
    bounds.flat_map(|(_, bound)| multiplicities(*bound)).map(ways).product()
}

/// How often each prime divides a number.
fn multiplicities(mut number: u64) -> Vec<usize> {
    let mut all = Vec::new();
    let mut divisor = 2;
    while divisor * divisor <= number {
        let mut times = 0;
        while number.is_multiple_of(divisor) {
            number /= divisor;
            times += 1;
        }
        all.extend((times > 0).then_some(times));
        // Beyond, what is left counts as one prime: this is an estimate.
        if divisor > 1 << 16 {
            break;
        }
        divisor += 1;
    }
    all.extend((number > 1).then_some(1));
    all
}

#[cfg(test)]
mod tests {
    use super::multiplicities;

    #[test]
    fn prime_factors_are_counted() {
        assert_eq!(multiplicities(360), [3, 2, 1]);
        assert_eq!((multiplicities(1), multiplicities(257)), (vec![], vec![1]));
        // Two large primes, and no long search for them.
        assert_eq!(multiplicities(4_294_967_291 * 4_294_967_279), [1]);
    }
}
