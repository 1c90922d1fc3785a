//! Mappers from settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Error, ErrorKind};
use crate::mapper::{Budget, ExactMapper, Mapper, Metric, RandomMapper, SearchSettings, Template};
use crate::timeloop::program::{Program, TimeloopMapper, TimeloopOptions};

/// Streams of a random search that states no number of threads, as the default of Timeloop's front end: as many on every
/// machine, because the result depends on it.
pub const STREAMS: usize = 8;

/// How this crate's own mapper searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchMethod {
    /// The whole mapspace, by bounds: the best mapping, with a proof.
    #[default]
    Exact,
    /// Samples at random, ended as timeloop-mapper ends: for comparison.
    Random {
        /// Decides the samples.
        seed: u64,
    },
}

impl SearchMethod {
    /// A mapper of this crate. The exact search takes metrics and template of the settings, the random one all but the
    /// algorithm.
    ///
    /// # Errors
    ///
    /// If the random search shall sample imperfect factors.
    pub fn mapper(self, settings: SearchSettings, budget: Budget) -> Result<Arc<dyn Mapper>, Error> {
        match self {
            Self::Exact => Ok(Arc::new(ExactMapper { metrics: settings.metrics, budget, template: settings.template })),
            Self::Random { .. } if settings.template == Template::Ruby => Err(ErrorKind::RandomRuby.into()),
            Self::Random { seed } => Ok(Arc::new(RandomMapper { settings, seed, budget })),
        }
    }
}

/// Which mappers a run has, with the settings of Timeloop's exercises.
#[derive(Clone, Debug, Default)]
pub struct MapperOptions {
    /// This crate's own mapper, if it takes part.
    pub own: Option<SearchMethod>,
    /// The program timeloop-mapper, if it takes part.
    pub timeloop: Option<TimeloopProgram>,
    /// When the search of a job ends though it is not done.
    pub budget: Budget,
    /// Perfect or imperfect factors.
    pub template: Template,
}

/// The program timeloop-mapper, and how its jobs run.
#[derive(Clone, Debug)]
pub struct TimeloopProgram {
    /// Path of the program, which was found to work.
    pub program: Program,
    /// Threads of each job.
    pub threads: usize,
    /// Where jobs have their folders.
    pub folder: PathBuf,
}

impl MapperOptions {
    /// The mappers that minimize `metrics`: the own one first.
    ///
    /// # Errors
    ///
    /// If the random search shall sample imperfect factors.
    pub fn mappers(&self, metrics: &[Metric]) -> Result<Vec<Arc<dyn Mapper>>, Error> {
        let settings = |threads| SearchSettings {
            metrics: metrics.to_vec(),
            template: self.template,
            ..SearchSettings::of_exercises(threads)
        };
        let mut mappers: Vec<Arc<dyn Mapper>> = Vec::new();
        if let Some(method) = self.own {
            mappers.push(method.mapper(settings(STREAMS), self.budget)?);
        }
        if let Some(TimeloopProgram { program, threads, folder }) = &self.timeloop {
            let mut settings = settings(*threads);
            settings.search_size = self.budget.evaluations.unwrap_or(settings.search_size);
            let time_limit = self.budget.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let options = TimeloopOptions { time_limit, ..TimeloopOptions::new(settings, folder) };
            mappers.push(Arc::new(TimeloopMapper::new(program.clone(), options)));
        }
        Ok(mappers)
    }
}
