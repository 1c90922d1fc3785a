//! A problem on an architecture: mappings read, evaluated, searched.

use super::{Error, ErrorKind, Warned};
use crate::mapper::{Mapper, NoProgress, Progress};
use crate::mapping::Mapping;
use crate::model::{Evaluation, Footprint};
use crate::run::{JobError, ProblemOnArchitecture, Solution};
use crate::timeloop::files::{map_txt, mapping, mapping_files, parse_document};

impl ProblemOnArchitecture {
    /// A mapping from the text of a `map.yaml` or of a loop nest (`map.txt`), with what has no effect in it.
    ///
    /// # Errors
    ///
    /// Where the text departs from its form, or is not a mapping of this problem on this architecture.
    pub fn read_mapping(&self, text: &str) -> Result<Warned<Mapping>, Error> {
        let Self { architecture, problem, .. } = self;
        if map_txt::is_map_text(text) {
            let error = |source| ErrorKind::LoopNest { file: "the loop nest".to_owned(), source };
            let mapping = map_txt::read(text, architecture, problem).map_err(error)?;
            return Ok(Warned { value: mapping, warnings: Vec::new() });
        }
        Ok(mapping::read(&parse_document(text)?, architecture, problem)?.in_words())
    }

    /// What a mapping costs, with tiles counted as Timeloop does. The constraints are not looked at: see
    /// [`Constraints::admits`](crate::mapspace::Constraints::admits).
    ///
    /// # Errors
    ///
    /// If the architecture cannot run it.
    pub fn evaluate(&self, mapping: &Mapping) -> Result<Evaluation, Error> {
        self.evaluate_with(mapping, Footprint::default())
    }

    /// [`ProblemOnArchitecture::evaluate`] with tiles counted in a given way.
    ///
    /// # Errors
    ///
    /// If the architecture cannot run it, or its tiles cannot be counted exactly.
    pub fn evaluate_with(&self, mapping: &Mapping, footprint: Footprint) -> Result<Evaluation, Error> {
        Ok(self.costs(mapping, footprint)?)
    }

    /// The best mapping that a mapper finds within the constraints, and what it costs.
    ///
    /// # Errors
    ///
    /// If it finds none.
    pub fn search(&self, mapper: &dyn Mapper) -> Result<Solution, Error> {
        self.search_with(mapper, &NoProgress)
    }

    /// [`ProblemOnArchitecture::search`], watched and perhaps ended by `progress`. Uses the threads of the current pool.
    ///
    /// # Errors
    ///
    /// If it finds none.
    pub fn search_with(&self, mapper: &dyn Mapper, progress: &dyn Progress) -> Result<Solution, Error> {
        let sparse = self.sparse_model();
        let outcome = mapper.search(self.job(sparse.as_ref()), progress).map_err(JobError::from)?;
        Ok(Solution::new(self, outcome, Footprint::default())?)
    }

    /// The files in which Timeloop leaves a mapping and what it costs: `stats.txt`, `map.txt` (the loop nest) and `map.yaml`,
    /// each with its text.
    pub fn files(&self, mapping: &Mapping, evaluation: &Evaluation) -> [(&'static str, String); 3] {
        mapping_files::texts(&self.architecture, &self.problem, mapping, evaluation, self.stats)
    }
}
