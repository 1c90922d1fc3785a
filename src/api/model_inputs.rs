//! The inputs of timeloop-model and timeloop-mapper: problem, architecture, constraints, mapping, settings, in any number of
//! files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::description::{Description, source_name};
use super::energies::ReadEnergies;
use super::{ArchitectureOptions, EnergySource, Error, ErrorKind, STREAMS, SearchMethod};
use crate::architecture::Architecture;
use crate::mapper::{Algorithm, Budget, Job, Mapper, Metric, Template};
use crate::mapping::{LoopOrder, Mapping};
use crate::mapspace::Constraints;
use crate::model::{Evaluation, Footprint, SparseDesign, SparseModel, evaluate_design};
use crate::output::write_all_whole;
use crate::report::energies::guessed;
use crate::report::evaluation::Evaluated;
use crate::run::JOB_PREFIX;
use crate::timeloop::files::constraints::Scope;
use crate::timeloop::files::mapper_settings::ReadSettings;
use crate::timeloop::files::specification::{Purpose, Specification, SpecificationOptions};
use crate::timeloop::files::{EnergyTables, map_txt, mapping_files};
use crate::timeloop::frontend::Source;
use crate::workload::Problem;

/// A problem and an architecture with the energies of its parts, and what else is in their files.
#[derive(Clone, Debug)]
pub struct ModelInputs {
    /// Names of all sources.
    pub sources: Vec<String>,
    /// Levels, arithmetic and energies.
    pub architecture: Architecture,
    /// The problem, as the front end hands it on.
    pub problem: Problem,
    /// The problem's densities and what the architecture makes of them, of a sparse design.
    pub design: Option<SparseDesign>,
    /// What has no effect, or another one than its writer may think; grows with what is read.
    pub warnings: Vec<String>,
    specification: Specification,
    tables: EnergyTables,
    energies: EnergySource,
    /// The text of a loop nest among the sources, and its name.
    loop_nest: Option<(String, String)>,
    prefix: String,
}

/// A mapping and what it costs.
#[derive(Clone, Debug)]
pub struct EvaluatedMapping {
    /// The mapping that was evaluated.
    pub mapping: Mapping,
    /// The order of all its loops, those of one iteration included.
    pub order: LoopOrder,
    /// What it costs.
    pub evaluation: Evaluation,
    /// How tiles were counted.
    pub footprint: Footprint,
}

/// How a mapping is searched; what is stated here goes before what is in the files.
#[derive(Clone, Debug, Default)]
pub struct SearchOptions {
    /// Search algorithm.
    pub method: SearchMethod,
    /// Names of metrics, the most important first; if empty, the files decide.
    pub metrics: Vec<String>,
    /// Perfect or imperfect factors.
    pub template: Option<Template>,
    /// When the search ends though it is not done.
    pub budget: Budget,
}

/// A search for the best mapping, ready to begin.
pub struct PreparedSearch {
    /// Mapper with its settings.
    pub mapper: Arc<dyn Mapper>,
    /// What it minimizes.
    pub metrics: Vec<Metric>,
    /// Threads that the files state.
    pub threads: Option<usize>,
    constraints: Constraints,
}

impl ModelInputs {
    /// Reads what timeloop-model is given; one source may be a loop nest as text (`map.txt`).
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or departs from its form.
    pub fn of_model(mut description: Description, options: &ArchitectureOptions) -> Result<Self, Error> {
        let loop_nest = take_loop_nest(&mut description)?;
        let mut inputs = Self::read(&description, options, Purpose::Model)?;
        inputs.sources.extend(loop_nest.iter().map(|(name, _)| name.clone()));
        inputs.loop_nest = loop_nest;
        Ok(inputs)
    }

    /// Reads what timeloop-mapper is given.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or departs from its form.
    pub fn of_mapper(description: &Description, options: &ArchitectureOptions) -> Result<Self, Error> {
        Self::read(description, options, Purpose::Mapper)
    }

    fn read(description: &Description, options: &ArchitectureOptions, purpose: Purpose) -> Result<Self, Error> {
        let ArchitectureOptions { energies, frontend_quirks, .. } = options;
        let options = SpecificationOptions {
            frontend_quirks: *frontend_quirks,
            purpose,
            variables: description.variables.clone(),
        };
        let mut specification = Specification::load(&description.sources, &options)?;
        specification.set_densities(&description.densities)?;
        let mut warnings = specification.warnings.clone();
        let read = |warnings: &mut Vec<String>| -> Result<_, Error> {
            let prefix = match purpose {
                Purpose::Model => specification.out_prefix()?,
                Purpose::Mapper | Purpose::Inspection => JOB_PREFIX.to_owned(),
            };
            let ReadEnergies { tables, warnings: remarks, .. } = energies.read(&specification, description, &prefix)?;
            warnings.extend(remarks);
            let architecture = specification.architecture(&tables)?.unpack_into(warnings);
            let problem = specification.problem()?.unpack_into(warnings);
            let design = specification.sparse_design(&architecture, &problem)?;
            let design = design.map(|design| design.unpack_into(warnings));
            Ok((prefix, tables, architecture, problem, design))
        };
        let (prefix, tables, architecture, problem, design) = match read(&mut warnings) {
            Ok(read) => read,
            Err(error) => return Err(error.after(&specification.warnings)),
        };
        Ok(Self {
            sources: description.sources.iter().map(source_name).collect(),
            architecture,
            problem,
            design,
            warnings,
            tables,
            energies: energies.source.clone(),
            loop_nest: None,
            prefix,
            specification,
        })
    }

    /// The mapping in the files and what it costs.
    ///
    /// # Errors
    ///
    /// If the files have no mapping, or one that is not for this problem on this architecture, violates the architecture's
    /// constraints where timeloop-model refuses it, or cannot run.
    pub fn evaluate(&mut self, footprint: Footprint) -> Result<EvaluatedMapping, Error> {
        self.evaluated(footprint).map_err(|error| error.after(&self.warnings))
    }

    fn evaluated(&mut self, footprint: Footprint) -> Result<EvaluatedMapping, Error> {
        let (mapping, order) = self.mapping()?;
        self.check_constraints(&mapping)?;
        if footprint == Footprint::Exact && self.design.is_none() {
            self.warnings.push(
                "exact footprints: the numbers are not those of Timeloop, which counts the holes of a tile".to_owned(),
            );
        }
        let evaluation = self.costs((&mapping, &order), footprint)?;
        self.warnings.extend(evaluation.wraps());
        Ok(EvaluatedMapping { mapping, order, evaluation, footprint })
    }

    fn costs(&self, mapping: (&Mapping, &LoopOrder), footprint: Footprint) -> Result<Evaluation, Error> {
        let Self { architecture, problem, design, .. } = self;
        Ok(evaluate_design(architecture, problem, design.as_ref(), mapping, footprint)?)
    }

    /// The mapping with the order of all loops: of the loop nest if there is one, else of the files.
    fn mapping(&mut self) -> Result<(Mapping, LoopOrder), Error> {
        let Self { specification, architecture, problem, warnings, loop_nest, .. } = self;
        if let Some((name, text)) = loop_nest {
            if specification.states("mapping") {
                warnings.push(format!("`mapping` is also defined in the YAML files; using the loop nest of {name}"));
            }
            let error = |source| ErrorKind::LoopNest { file: name.clone(), source };
            let mapping = map_txt::read(text, architecture, problem).map_err(error)?;
            let order = LoopOrder::of(&mapping, problem.dimensions().len());
            return Ok((mapping, order));
        }
        match specification.mapping_with_order(architecture, problem) {
            Err(error) if !specification.states("mapping") => Err(ErrorKind::NoMapping(error).into()),
            mapping => Ok(mapping?.unpack_into(warnings)),
        }
    }

    /// A mapping outside of the architecture's constraints is refused where timeloop-model refuses it: in files that it reads
    /// itself. For a user's description the front end gives it no constraints.
    fn check_constraints(&mut self, mapping: &Mapping) -> Result<(), Error> {
        let Self { specification, architecture, problem, warnings, .. } = self;
        let constraints = specification.constraints(architecture, problem, Scope::Architecture)?.unpack_into(warnings);
        match constraints.admits(mapping, architecture, problem) {
            Err(violation) if specification.from_user_form => {
                warnings.push(format!("the mapping is outside of the architecture's constraints: {violation}"));
                Ok(())
            }
            Err(violation) => Err(ErrorKind::OutsideConstraints(violation).into()),
            Ok(()) => Ok(()),
        }
    }

    /// Reads constraints and settings of a search.
    ///
    /// # Errors
    ///
    /// Where they depart from their form, or a metric is not known.
    pub fn prepare_search(&mut self, options: &SearchOptions) -> Result<PreparedSearch, Error> {
        self.prepared(options).map_err(|error| error.after(&self.warnings))
    }

    fn prepared(&mut self, options: &SearchOptions) -> Result<PreparedSearch, Error> {
        let Self { specification, architecture, problem, warnings, .. } = self;
        let mut constraints = specification.constraints(architecture, problem, Scope::All)?.unpack_into(warnings);
        let read = specification.mapper(architecture)?;
        warnings.extend(read.warnings.iter().map(ToString::to_string));
        warnings.extend(ignored(&read, options.method));
        constraints.max_temporal_loops = read.max_temporal_loops;
        let ReadSettings { mut settings, threads, .. } = read;
        if !options.metrics.is_empty() {
            let named = options.metrics.iter().map(|name| Metric::named(name, architecture.levels().len()));
            settings.metrics = named.collect::<Result<Vec<_>, _>>()?.concat();
        }
        settings.template = options.template.unwrap_or(settings.template);
        settings.threads = threads.unwrap_or(STREAMS);
        let metrics = settings.metrics.clone();
        let mapper = options.method.mapper(settings, options.budget)?;
        Ok(PreparedSearch { mapper, metrics, threads, constraints })
    }

    /// What counts the mappings of a search, if the files describe a sparse design.
    pub fn sparse_model(&self) -> Option<SparseModel<'_>> {
        self.design.as_ref().map(|design| SparseModel::new(&self.architecture, &self.problem, design))
    }

    /// The job of a search; `sparse` is [`Self::sparse_model`].
    pub fn job<'a>(&'a self, search: &'a PreparedSearch, sparse: Option<&'a SparseModel<'a>>) -> Job<'a> {
        Job { sparse, ..Job::new(&self.architecture, &self.problem, &search.constraints) }
    }

    /// A mapping that was found, evaluated with tiles counted as Timeloop does.
    ///
    /// # Errors
    ///
    /// If the architecture cannot run it.
    pub fn evaluate_mapping(&self, mapping: Mapping) -> Result<EvaluatedMapping, Error> {
        let footprint = Footprint::default();
        let order = LoopOrder::of(&mapping, self.problem.dimensions().len());
        let evaluation = self.costs((&mapping, &order), footprint)?;
        Ok(EvaluatedMapping { mapping, order, evaluation, footprint })
    }

    /// What reports take.
    pub fn report<'a>(&'a self, evaluated: &'a EvaluatedMapping) -> Evaluated<'a> {
        let EvaluatedMapping { mapping, evaluation, footprint, .. } = evaluated;
        Evaluated {
            architecture: &self.architecture,
            problem: &self.problem,
            mapping,
            evaluation,
            tables: &self.tables,
            footprint: *footprint,
        }
    }

    /// That the model counts other multiply-accumulates than the problem has, in words.
    pub fn miscount(&self, evaluation: &Evaluation) -> Option<String> {
        evaluation.miscount(self.problem.macs())
    }

    /// Components that a mapping uses whose energies are Timeloop's built-in estimates because nothing states them; none if
    /// estimates were asked for.
    pub fn guessed_energies(&self, evaluation: &Evaluation) -> Vec<String> {
        match self.energies {
            EnergySource::Formulas => Vec::new(),
            _ => guessed(&self.architecture, Some(evaluation)),
        }
    }

    /// Writes statistics, loop nest, mapping and `record` (JSON) under the names of Timeloop's files.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front.
    pub fn write(&self, folder: &Path, evaluated: &EvaluatedMapping, record: &impl Serialize) -> Result<(), Error> {
        let EvaluatedMapping { mapping, order, evaluation, .. } = evaluated;
        let options = self.specification.stats_options();
        let texts =
            mapping_files::texts_in_order(&self.architecture, &self.problem, (mapping, order), evaluation, options);
        let record = (RECORD, serde_json::to_string_pretty(record)? + "\n");
        self.write_texts(folder, texts.into_iter().chain([record]))
    }

    /// Empties the files of an earlier search, as timeloop-mapper does where it finds nothing, so that they are not taken for
    /// those of this one.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front.
    pub fn write_nothing(&self, folder: &Path) -> Result<(), Error> {
        let extensions = mapping_files::EXTENSIONS.into_iter().chain([RECORD]);
        self.write_texts(folder, extensions.map(|extension| (extension, String::new())))
    }

    fn write_texts(&self, folder: &Path, texts: impl Iterator<Item = (&'static str, String)>) -> Result<(), Error> {
        let file = |(extension, text)| (folder.join(format!("{}.{extension}", self.prefix)), text);
        Ok(write_all_whole(&texts.map(file).collect::<Vec<_>>())?)
    }
}

/// End of the name of the record's file.
const RECORD: &str = "json";

/// Takes the loop nest (map.txt) out of the sources, if there is one among them: its name and its text.
fn take_loop_nest(description: &mut Description) -> Result<Option<(String, String)>, Error> {
    let mut nests = Vec::new();
    for source in std::mem::take(&mut description.sources) {
        // What cannot be read is reported with the YAML.
        let text = if let Source::File(path) = &source { fs::read_to_string(path).ok() } else { None };
        match text.filter(|text| map_txt::is_map_text(text)) {
            Some(text) => nests.push((source_name(&source), text)),
            None => description.sources.push(source),
        }
    }
    if let [(first, _), (second, _), ..] = &nests[..] {
        return Err(ErrorKind::TwoLoopNests(first.clone(), second.clone()).into());
    }
    Ok(nests.pop())
}

/// Settings that have no effect on this search, in one warning.
fn ignored(read: &ReadSettings, method: SearchMethod) -> Option<String> {
    const EXACT: [&str; 4] =
        ["optimization_metric", "optimization_metrics", "num_threads", "max_temporal_loops_in_a_mapping"];
    const RANDOM: [&str; 6] = [
        "timeout",
        "heartbeat",
        "victory_condition",
        "search_size",
        "filter_revisits",
        "penalize_consecutive_bypass_fails",
    ];
    let has_effect = |key: &str| {
        EXACT.contains(&key)
            || method != SearchMethod::Exact
                && (RANDOM.contains(&key) || key == "algorithm" && read.settings.algorithm == Algorithm::Random)
    };
    let keys: Vec<&str> = read.stated.iter().map(String::as_str).filter(|key| !has_effect(key)).collect();
    let name = match method {
        SearchMethod::Exact => "exact",
        SearchMethod::Random { .. } => "random",
    };
    (!keys.is_empty()).then(|| format!("mapper: {} are ignored by the {name} search", keys.join(", ")))
}
