//! What a mapper is asked to do.

use super::{FoundMapping, MapError};
use crate::architecture::Architecture;
use crate::mapping::{LoopOrder, Mapping};
use crate::mapspace::{Constraints, Violation};
use crate::model::{Cost, Evaluation, FastModel, Model, Rejection, SparseModel, countable_problem};
use crate::workload::Problem;

/// One problem to be mapped onto one architecture.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The hardware that runs it.
    pub architecture: &'a Architecture,
    /// The layer that runs, as loops over its dimensions.
    pub problem: &'a Problem,
    /// Which mappings are allowed.
    pub constraints: &'a Constraints,
    /// What counts its mappings, of a sparse design: made for this architecture and problem.
    pub sparse: Option<&'a SparseModel<'a>>,
    /// A value of the (first) metric that is known beforehand: that of a mapping of this job that was found otherwise. The exact
    /// search may look past everything above it, so that it takes less time; what it finds does not depend on it, even if the
    /// value is wrong. A search whose result depends on a number of evaluations does not use it.
    pub upper_bound: Option<f64>,
}

impl<'a> Job<'a> {
    /// A job of a dense design, of which nothing is known beforehand.
    pub fn new(architecture: &'a Architecture, problem: &'a Problem, constraints: &'a Constraints) -> Self {
        Self { architecture, problem, constraints, sparse: None, upper_bound: None }
    }

    /// Whether a mapping is within the constraints: the one rule for what searches return, and for mappings given to be evaluated.
    pub(super) fn admits(&self, mapping: &Mapping) -> Result<(), Violation> {
        self.constraints.admits(mapping, self.architecture, self.problem)
    }

    /// The mapping that a search ends with.
    ///
    /// # Errors
    ///
    /// If it is not within the constraints: the search is wrong then.
    pub(super) fn found(&self, mapping: Mapping, cost: Cost) -> Result<FoundMapping, MapError> {
        self.admits(&mapping)?;
        Ok(FoundMapping { mapping, cost })
    }

    /// Whether the model can count the problem.
    pub(super) fn check(&self) -> Result<(), MapError> {
        Ok(countable_problem(self.problem)?)
    }
}

/// What counts the mappings of a job, of a dense design or a sparse one.
#[derive(Debug)]
pub(super) struct JobModel<'a> {
    dense: Model<'a>,
    sparse: Option<&'a SparseModel<'a>>,
    dimensions: usize,
}

impl<'a> JobModel<'a> {
    pub(super) fn new(job: Job<'a>) -> Self {
        Self {
            dense: Model::new(job.architecture, job.problem),
            sparse: job.sparse,
            dimensions: job.problem.dimensions().len(),
        }
    }

    /// Energy and cycles alone, where the fast model covers the job.
    pub(super) fn fast(job: Job) -> Option<FastModel> {
        if job.sparse.is_some() { None } else { FastModel::new(job.architecture, job.problem) }
    }

    /// What the model says of a mapping, whose loops of one iteration stand where they are written.
    pub(super) fn evaluate(&self, mapping: &Mapping) -> Result<Evaluation, Rejection> {
        match self.sparse {
            Some(sparse) => sparse.evaluate(mapping, &LoopOrder::of(mapping, self.dimensions)),
            None => self.dense.evaluate(mapping),
        }
    }

    /// The same of a mapping that a search may return: valid, at a cost that is one.
    pub(super) fn valid(&self, mapping: &Mapping) -> Option<Evaluation> {
        self.evaluate(mapping).ok().filter(Evaluation::is_meaningful)
    }
}
