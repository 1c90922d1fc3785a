//! What a run is given: any number of files in any of Timeloop's forms, made one processed specification.
//!
//! * v0.4 files of users (`architecture.nodes`) go through the [front end](crate::timeloop::frontend), templates and all.
//! * Everything else is what Timeloop's programs read themselves: see `raw`.

mod datawidth;
mod densities;
mod hyphens;
mod places;
mod raw;
mod settings;
mod shapes;
mod sources;
mod unsupported;
mod user;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use datawidth::AtDatawidth;
use places::Places;
use serde_yaml::{Mapping, Value};
pub use settings::{Setting, SettingError, SettingTarget, scope};
pub use sources::ReadSources;
use thiserror::Error;

use super::constraints::Scope;
use super::mapper_settings::{self, ReadSettings};
use super::node::{FormatError, Node};
use super::stats::{Notation, StatsOptions};
use super::tables::EnergyTables;
use super::warning::Warning;
use super::{architecture, constraints, mapping, problem, sparse};
use crate::architecture::Architecture;
use crate::mapping::{LoopOrder, Mapping as LoopNest};
use crate::mapspace::Constraints;
use crate::model::SparseDesign;
use crate::names::suggestion;
use crate::timeloop::frontend::load::Node as Tree;
use crate::timeloop::frontend::{Document, Errors, LoadOptions, Place, Source, Variables, load_sources};
use crate::warned::Warned;
use crate::workload::Problem;

/// Why files make no specification.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SpecificationError {
    #[error("cannot read `{file}`: {error}")]
    Read { file: String, error: io::Error },
    #[error("{file}: {error}")]
    Yaml { file: String, error: FormatError },
    #[error("the problem has no data space `{name}`; its data spaces are {known}")]
    DataSpace { name: String, known: String },
    #[error("{file}: the top level must be a map of keys such as `architecture` and `problem`")]
    NoMap { file: String },
    /// What the front end says, every error on its own line.
    #[error(transparent)]
    Frontend(#[from] Errors),
    #[error("{file}: {error}")]
    In { file: String, error: FormatError },
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// How files are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpecificationOptions {
    /// Reproduce the published front end where it does not do what a description says.
    pub frontend_quirks: bool,
    /// What the specification is read for.
    pub purpose: Purpose,
    /// Values given from outside.
    pub variables: Variables,
}

/// What a specification is read for. It decides what becomes of the constraints of a v0.4 description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To evaluate a mapping, of which the constraints are part.
    #[default]
    Model,
    /// To search for a mapping within the constraints.
    Mapper,
    /// To look at the levels. Files without problem get a dense convolution.
    Inspection,
}

/// Everything that files say, in processed form.
#[derive(Clone, Debug)]
pub struct Specification {
    document: Value,
    places: Places,
    /// Classes of components with the quotes of their texts.
    compound_classes: Option<Tree>,
    /// What has no effect, or another one than its writer may think.
    pub warnings: Vec<String>,
    /// Whether it is the processed form of a v0.4 description of a user.
    pub from_user_form: bool,
    /// Whether the problem is an example, since the files have none and their architecture is only looked at.
    pub has_example_problem: bool,
}

/// Keys that stand at the top of Timeloop's programs' files.
const TOP_LEVEL: [&str; 23] = [
    "architecture",
    "arch",
    "problem",
    "mapping",
    "mapper",
    "mapspace",
    "mapspace_constraints",
    "architecture_constraints",
    "arch_constraints",
    "constraints",
    "ERT",
    "ART",
    "ERT_summary",
    "ART_summary",
    "sparse_optimizations",
    "compound_components",
    "components",
    "variables",
    "globals",
    "model",
    "layout",
    "version",
    "dumped_by_timeloop_front_end",
];

/// Keys that are about one problem, and none of the accelerator.
const PER_PROBLEM: [&str; 2] = ["problem", "mapping"];

/// A dense convolution whose every dimension can be spread.
const EXAMPLE_PROBLEM: &str = "
problem:
  version: 0.4
  instance: {G: 1, C: 64, M: 64, R: 3, S: 3, N: 1, P: 56, Q: 56}
  shape:
    name: convolution
    dimensions: [G, C, M, R, S, N, P, Q]
    data_spaces:
    - {name: Weights, projection: [[[G]], [[C]], [[M]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[G]], [[N]], [[C]], [[R], [P]], [[S], [Q]]]}
    - {name: Outputs, projection: [[[G]], [[N]], [[M]], [[Q]], [[P]]], read_write: true}
";

impl Specification {
    /// Reads files, in the order given.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read or departs from its form.
    pub fn load(sources: &[Source], options: &SpecificationOptions) -> Result<Self, SpecificationError> {
        Self::of_sources(&ReadSources::read(sources, &options.variables)?, options)
    }

    /// What sources say that were read before; the variables of the options count for nothing.
    ///
    /// # Errors
    ///
    /// Where a source departs from its form.
    pub fn of_sources(sources: &ReadSources, options: &SpecificationOptions) -> Result<Self, SpecificationError> {
        let mut specification = Self::processed(sources, None, options)?;
        if options.purpose == Purpose::Inspection {
            specification.add_example_problem()?;
        }
        let mapping = specification.document.get("mapping").and_then(Value::as_sequence);
        if options.purpose == Purpose::Mapper && mapping.is_some_and(|directives| !directives.is_empty()) {
            specification.warnings.push("`mapping` is ignored when searching".to_owned());
        }
        Ok(specification)
    }

    /// What sources say for the problem in `problem`: one among them counts for nothing, and neither does a mapping.
    ///
    /// # Errors
    ///
    /// Where a source departs from its form.
    pub fn for_problem(
        sources: &ReadSources,
        problem: &Source,
        options: &SpecificationOptions,
    ) -> Result<Self, SpecificationError> {
        Self::processed(sources, Some(problem), options)
    }

    fn processed(
        sources: &ReadSources,
        problem: Option<&Source>,
        options: &SpecificationOptions,
    ) -> Result<Self, SpecificationError> {
        let specification = match (&sources.loaded, problem) {
            (Ok(document), Some(problem)) => {
                let mut document = document.clone();
                for key in PER_PROBLEM {
                    document.keys.shift_remove(key);
                    document.origin.shift_remove(key);
                }
                let own = load_sources(std::slice::from_ref(problem), &LoadOptions::default());
                let with_problem = own.map(|own| {
                    document.keys.extend(own.keys);
                    document
                });
                Self::of_loaded(sources, with_problem.as_ref(), Some(problem), options)
            }
            (loaded, _) => Self::of_loaded(sources, loaded.as_ref(), problem, options),
        }?;
        Ok(Self { compound_classes: sources.compound_classes.clone(), ..specification })
    }

    fn of_loaded(
        sources: &ReadSources,
        loaded: Result<&Document, &Errors>,
        problem: Option<&Source>,
        options: &SpecificationOptions,
    ) -> Result<Self, SpecificationError> {
        let ReadSources { texts, variables, has_settings, .. } = sources;
        let errors = match loaded {
            Ok(document) if document.is_user_form() => return user::process_document(document, options),
            Ok(document) if *has_settings || texts.iter().any(raw::Text::has_template) => {
                let keys = document.keys.iter().map(|(key, node)| (Value::from(key.clone()), node.to_value()));
                let mut value = Value::Mapping(keys.collect::<Mapping>());
                shapes::resolve(&mut value)?;
                let places = Places::of_files(document.origin.clone(), Arc::clone(&document.texts));
                return Ok(Self::of(value, places, document.warnings.clone(), variables));
            }
            Err(errors) if texts.iter().any(raw::Text::needs_front_end) => return Err(errors.clone().into()),
            Ok(_) => None,
            Err(errors) => Some(errors),
        };
        let raw::Merged { keys, mut files, warnings } = raw::merge(texts)?;
        let mut document = Value::Mapping(keys);
        let has_nodes = Node::root(&document).get("architecture").is_some_and(|node| node.get("nodes").is_some());
        if let (Some(problem), Some(map)) = (problem, document.as_mapping_mut()) {
            for key in PER_PROBLEM {
                map.shift_remove(key);
            }
            let own = raw::merge(&[raw::Text::read(problem)?])?;
            map.extend(own.keys);
            files.extend(own.files);
        }
        shapes::resolve(&mut document)?;
        match errors {
            Some(errors) if has_nodes => Err(errors.clone().into()),
            _ => {
                let places = Places::of_files(files, Arc::new(raw::lines(texts)));
                Ok(Self::of(document, places, warnings, variables))
            }
        }
    }

    /// From a document that Timeloop's programs read themselves.
    fn of(mut document: Value, places: Places, mut warnings: Vec<String>, variables: &Variables) -> Self {
        hyphens::replace(&mut document);
        raw::override_variables(&mut document, variables);
        raw::substitute_variables(&mut document);
        let keys = document.as_mapping().into_iter().flat_map(Mapping::keys).filter_map(Value::as_str);
        for key in keys.filter(|key| !TOP_LEVEL.contains(key)) {
            warnings.push(format!("{key}: unknown key, ignored{}", suggestion(key, TOP_LEVEL)));
        }
        Self { document, places, compound_classes: None, warnings, from_user_form: false, has_example_problem: false }
    }

    fn add_example_problem(&mut self) -> Result<(), SpecificationError> {
        let Some(map) = self.document.as_mapping_mut().filter(|map| !map.contains_key("problem")) else {
            return Ok(());
        };
        let example = super::parse_document(EXAMPLE_PROBLEM)?;
        map.extend(example.as_mapping().cloned().unwrap_or_default());
        self.has_example_problem = true;
        Ok(())
    }

    /// An error in terms of the user's files, with file and line where these are known.
    fn located(&self, error: FormatError) -> SpecificationError {
        match self.places.error(error, &self.document) {
            (error, Some(file)) => SpecificationError::In { file, error },
            (error, None) => error.into(),
        }
    }

    /// Remarks in terms of the user's files.
    fn in_words<T>(&self, read: Warned<T, Warning>) -> Warned<T> {
        Warned::new(read.value, read.warnings.iter().map(|warning| self.places.remark(warning, &self.document)))
    }

    /// The processed document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The compound classes that the files define, as a tree that remembers quotes: what `energy::Estimator` takes.
    pub fn compound_classes(&self) -> Option<&Tree> {
        self.compound_classes.as_ref()
    }

    /// Where the user wrote what stands at a path of the processed document: the file with the line, and the path there.
    pub fn place(&self, path: &str) -> Place {
        let own = path.strip_prefix(CLASSES).filter(|_| !self.places.files.contains_key(CLASSES)).and_then(|rest| {
            let key = self.places.files.keys().find(|key| key.contains("components"))?;
            Some(format!("{key}{rest}"))
        });
        self.places.find(own.as_deref().unwrap_or(path), &self.document)
    }

    /// The architecture, and what had no effect in it.
    ///
    /// # Errors
    ///
    /// Where it departs from its form.
    pub fn architecture(&self, tables: &EnergyTables) -> Result<Warned<Architecture>, SpecificationError> {
        let read = architecture::read_with(&self.document, tables).map_err(|error| self.located(error))?;
        Ok(self.in_words(read))
    }

    /// The problem, and what had no effect in it.
    ///
    /// # Errors
    ///
    /// Where it departs from its form, or asks for what the model does not do.
    pub fn problem(&self) -> Result<Warned<Problem>, SpecificationError> {
        let root = Node::root(&self.document);
        unsupported::check(&root).map_err(|error| self.located(error))?;
        let mut read = problem::read(&self.document).map_err(|error| self.located(error))?;
        // The front end has said the same of the file itself.
        if self.from_user_form {
            read.warnings.clear();
        }
        let instance = root.get("problem").and_then(|problem| problem.get("instance"));
        let is_dense = root.get("sparse_optimizations").is_none();
        for key in ["densities", "commonDensity"].into_iter().filter(|_| is_dense) {
            let stated = instance.as_ref().and_then(|instance| instance.get(key));
            if let Some(stated) = stated.filter(|node| node.value.as_mapping().is_none_or(|map| !map.is_empty())) {
                read.warnings.push(stated.warning("without `sparse_optimizations` densities have no effect"));
            }
        }
        Ok(self.in_words(read))
    }

    /// The densities of the problem and what the architecture makes of them; `None` if the files have no
    /// `sparse_optimizations`. With what had no effect in them.
    ///
    /// # Errors
    ///
    /// Where they depart from their form, name what is not there, or ask for what the model does not do.
    pub fn sparse_design(
        &self,
        architecture: &Architecture,
        problem: &Problem,
    ) -> Result<Option<Warned<SparseDesign>>, SpecificationError> {
        let settings = sparse::read(&self.document, architecture, problem).map_err(|error| self.located(error))?;
        let Some(settings) = settings else { return Ok(None) };
        let densities = sparse::densities::read(&self.document, problem).map_err(|error| self.located(error))?;
        let mut warnings = Vec::new();
        let design = SparseDesign {
            densities: densities.unpack_into(&mut warnings),
            settings: settings.unpack_into(&mut warnings),
        };
        Ok(Some(self.in_words(Warned { value: design, warnings })))
    }

    /// Whether the files state something under a top-level key. What the front end makes of constraints does not count.
    pub fn states(&self, key: &str) -> bool {
        let is_empty = |value: &Value| value.as_sequence().is_some_and(Vec::is_empty);
        self.places.files.contains_key(key) && self.document.get(key).is_some_and(|value| !is_empty(value))
    }

    /// The mapping, and what had no effect in it.
    ///
    /// # Errors
    ///
    /// Where it departs from its form, or does not fit the problem and the architecture.
    pub fn mapping(
        &self,
        architecture: &Architecture,
        problem: &Problem,
    ) -> Result<Warned<LoopNest>, SpecificationError> {
        let Warned { value: (mapping, _), warnings } = self.mapping_with_order(architecture, problem)?;
        Ok(Warned { value: mapping, warnings })
    }

    /// The same with the order of all loops, those of one iteration included.
    ///
    /// # Errors
    ///
    /// As [`Self::mapping`].
    pub fn mapping_with_order(
        &self,
        architecture: &Architecture,
        problem: &Problem,
    ) -> Result<Warned<(LoopNest, LoopOrder)>, SpecificationError> {
        let read = mapping::read_with_order(&self.document, architecture, problem);
        Ok(self.in_words(read.map_err(|error| self.located(error))?))
    }

    /// The constraints on mappings, and what has no effect in them.
    ///
    /// # Errors
    ///
    /// Where a constraint departs from its form, names what is not there, or is stated twice.
    pub fn constraints(
        &self,
        architecture: &Architecture,
        problem: &Problem,
        scope: Scope,
    ) -> Result<Warned<Constraints>, SpecificationError> {
        let read =
            constraints::read(&self.document, architecture, problem, scope).map_err(|error| self.located(error))?;
        // The front end has looked at its own meshes.
        let idle = if self.from_user_form { &[] } else { read.idle_axes.as_slice() };
        let warnings = read.warnings.iter().chain(idle).cloned().collect();
        Ok(self.in_words(Warned { value: read.constraints, warnings }))
    }

    /// The settings of the mapper, and what has no effect in them.
    ///
    /// # Errors
    ///
    /// Where a value departs from its form, or names what is not there.
    pub fn mapper(&self, architecture: &Architecture) -> Result<ReadSettings, SpecificationError> {
        let read = mapper_settings::read(&self.document, architecture.levels().len());
        let mut read = read.map_err(|error| self.located(error))?;
        let warnings = read.warnings.iter().map(|warning| self.places.remark(warning, &self.document));
        read.warnings = warnings.collect();
        Ok(read)
    }

    /// How statistics are printed: the environment of the process decides, then `globals.environment_variables`.
    pub fn stats_options(&self) -> StatsOptions {
        let globals = Node::root(&self.document).get("globals").and_then(|node| node.get("environment_variables"));
        let value = |name: &str| {
            let stated = || globals.as_ref().and_then(|globals| globals.get(name)).and_then(|node| node.scalar());
            std::env::var(name).ok().or_else(stated)
        };
        let is_off = |text: String| text.trim() == "0";
        StatsOptions {
            hide_inconsequential: !value("TIMELOOP_HIDE_INCONSEQUENTIAL_STATS").is_some_and(is_off),
            notation: match value("TIMELOOP_OUTPUT_STAT_SCIENTIFIC") {
                Some(text) if !is_off(text.clone()) => Notation::Scientific,
                _ => Notation::Fixed,
            },
        }
    }

    /// The beginning of every written file's name, `timeloop-model` unless `model.out_prefix` states another.
    ///
    /// # Errors
    ///
    /// Where it cannot be the beginning of a file name.
    pub fn out_prefix(&self) -> Result<String, SpecificationError> {
        let stated = Node::root(&self.document).get("model").and_then(|model| model.get("out_prefix"));
        let Some(stated) = stated else { return Ok("timeloop-model".to_owned()) };
        let text = stated.text().map_err(|error| self.located(error))?;
        if text.is_empty() || text.contains(['/', '\\']) {
            return Err(self.located(stated.invalid("it must be the beginning of a file name, without folders")));
        }
        Ok(text)
    }
}

/// The key of compound classes in processed files.
const CLASSES: &str = "compound_components";

/// What stands under `compound_components`, `components` or a name with something around it.
fn compound_classes(document: &Document) -> Option<Tree> {
    let has_some = document.keys.keys().any(|key| key.contains("components"));
    has_some.then(|| document.standardised().ok()?.keys.shift_remove("components")).flatten()
}

/// Reads one YAML file, such as an energy reference table.
///
/// # Errors
///
/// Where it cannot be read or is not YAML.
pub fn read_yaml(file: &Path) -> Result<Value, SpecificationError> {
    let shown = || file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| SpecificationError::Read { file: shown(), error })?;
    super::parse_document(&text).map_err(|error| SpecificationError::Yaml { file: shown(), error })
}
