//! The mappers that a run asks for.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};

use super::accelerators::Described;
use super::interrupt;
use super::map_args::{MapspaceChoice, SearchChoice};
use super::run_args::{MapperChoice, SearchArgs};
use crate::mapper::{ExactMapper, Mapper, Metric, RandomMapper, SearchSettings};
use crate::timeloop::program::{Program, TimeloopMapper, TimeloopOptions};

/// Streams of a random search: as many on every machine, because the result depends on it.
const STREAMS: usize = 8;

/// Who searches, how, and with what.
pub(super) struct Search<'a> {
    pub(super) args: &'a SearchArgs,
    /// Threads of each job of the real mapper.
    pub(super) threads: usize,
    /// Where the real mapper's jobs have their folders.
    pub(super) folder: PathBuf,
}

impl Search<'_> {
    /// The mappers of each accelerator, in the same order for all.
    pub(super) fn mappers(&self, accelerators: &[Described]) -> anyhow::Result<Vec<Vec<Box<dyn Mapper>>>> {
        let program = match self.args.mapper {
            MapperChoice::Exact => None,
            MapperChoice::Timeloop | MapperChoice::Both => {
                Some(Program::find(self.args.timeloop_bin.as_deref(), &interrupt::requested)?)
            }
        };
        accelerators.iter().map(|described| self.of(described, program.as_ref())).collect()
    }

    fn of(&self, described: &Described, program: Option<&Program>) -> anyhow::Result<Vec<Box<dyn Mapper>>> {
        let levels = described.architecture.levels().len();
        let named = self.args.metric.iter().map(|name| Metric::named(name, levels)).collect::<Result<Vec<_>, _>>();
        let metrics = named.with_context(|| format!("`--metric` on {}", described.accelerator.name))?.concat();
        let mut mappers: Vec<Box<dyn Mapper>> = Vec::new();
        if self.args.mapper != MapperChoice::Timeloop {
            mappers.push(self.exact(metrics.clone())?);
        }
        mappers.extend(program.map(|program| self.timeloop(metrics, program)));
        Ok(mappers)
    }

    fn exact(&self, metrics: Vec<Metric>) -> anyhow::Result<Box<dyn Mapper>> {
        if self.args.mapspace == MapspaceChoice::Ruby && self.args.search == SearchChoice::Random {
            bail!("`--search random` draws factors that divide\nhint: `--mapspace ruby` goes with `--search exact`");
        }
        let budget = self.args.budget.unwrap_or_default();
        Ok(match self.args.search {
            SearchChoice::Exact => Box::new(ExactMapper { metrics, budget, template: self.args.mapspace.into() }),
            SearchChoice::Random => {
                let settings = SearchSettings { metrics, ..SearchSettings::of_exercises(STREAMS) };
                Box::new(RandomMapper { settings, seed: self.args.seed, budget })
            }
        })
    }

    fn timeloop(&self, metrics: Vec<Metric>, program: &Program) -> Box<dyn Mapper> {
        let template = self.args.mapspace.into();
        let mut settings = SearchSettings { metrics, template, ..SearchSettings::of_exercises(self.threads) };
        let budget = self.args.budget.unwrap_or_default();
        settings.search_size = budget.evaluations.unwrap_or(settings.search_size);
        let options = TimeloopOptions {
            time_limit: budget.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            ..TimeloopOptions::new(settings, &self.folder)
        };
        Box::new(TimeloopMapper::new(program.clone(), options))
    }
}
