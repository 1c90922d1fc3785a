//! Timeloop's documents as jobs, and those that were recorded with Timeloop's own results.

use std::path::{Path, PathBuf};

use onnx2timeloop::api::Warned;
use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapper::{Job, SearchSettings};
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::mapspace::Constraints;
use onnx2timeloop::timeloop::files::constraints::{self, Scope};
use onnx2timeloop::timeloop::files::{Warning, architecture, mapper_settings, mapping, parse_document, problem};
use onnx2timeloop::workload::Problem;
use serde_json::Value;

use super::files::{data, json, names, read};

/// A processed document, read.
pub(crate) struct Input {
    pub(crate) document: serde_yaml::Value,
    pub(crate) architecture: Architecture,
    pub(crate) problem: Problem,
    pub(crate) constraints: Constraints,
    /// Of the architecture and the problem.
    pub(crate) warnings: Vec<Warning>,
    /// Of the constraints.
    pub(crate) constraint_warnings: Vec<Warning>,
    pub(crate) idle_axes: Vec<Warning>,
}

impl Input {
    pub(crate) fn open(file: &Path) -> Self {
        Self::parse(&read(file))
    }

    pub(crate) fn parse(text: &str) -> Self {
        Self::of(parse_document(text).unwrap())
    }

    pub(crate) fn of(document: serde_yaml::Value) -> Self {
        let mut warnings = Vec::new();
        let architecture = architecture::read(&document).unwrap().unpack_into(&mut warnings);
        let problem = problem::read(&document).unwrap().unpack_into(&mut warnings);
        let read = constraints::read(&document, &architecture, &problem, Scope::All).unwrap();
        Self {
            document,
            architecture,
            problem,
            constraints: read.constraints,
            warnings,
            constraint_warnings: read.warnings,
            idle_axes: read.idle_axes,
        }
    }

    pub(crate) fn job(&self) -> Job<'_> {
        Job::new(&self.architecture, &self.problem, &self.constraints)
    }

    pub(crate) fn settings(&self) -> SearchSettings {
        mapper_settings::read(&self.document, self.architecture.levels().len()).unwrap().settings
    }

    /// The mapping of the document itself.
    pub(crate) fn own_mapping(&self) -> Warned<Mapping, Warning> {
        mapping::read(&self.document, &self.architecture, &self.problem).unwrap()
    }

    /// A mapping of this problem from its text.
    pub(crate) fn mapping(&self, text: &str) -> Warned<Mapping, Warning> {
        mapping::read(&parse_document(text).unwrap(), &self.architecture, &self.problem).unwrap()
    }
}

/// A job of the real mapper (`tests/data/mapper`), with its best mapping.
pub(crate) struct RecordedJob {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl RecordedJob {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), folder: data("mapper").join(name) }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("in.yaml")
    }

    pub(crate) fn input(&self) -> Input {
        Input::open(&self.file())
    }

    /// The mapping that the real mapper found.
    pub(crate) fn mapping(&self, input: &Input) -> Mapping {
        input.mapping(&read(&self.folder.join("timeloop-mapper.map.yaml"))).value
    }

    /// What the real mapper said of it.
    pub(crate) fn best(&self) -> Value {
        json(&self.folder.join("best.json"))
    }
}

/// All of them, in order.
pub(crate) fn recorded_jobs() -> Vec<RecordedJob> {
    let jobs: Vec<RecordedJob> = names(&data("mapper")).iter().map(|name| RecordedJob::named(name)).collect();
    assert_eq!(jobs.len(), 45);
    jobs
}

/// A run of one of the real programs (`tests/data/raw`), with all its files.
pub(crate) struct RecordedRun {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// `timeloop-model` or `timeloop-mapper`.
    pub(crate) program: String,
    /// Its row of `index.json`.
    pub(crate) entry: Value,
}

impl RecordedRun {
    fn of(entry: &Value) -> Self {
        let name = entry["dir"].as_str().unwrap().to_owned();
        let program = entry["binary"].as_str().unwrap().to_owned();
        Self { folder: data("raw").join(&name), name, program, entry: entry.clone() }
    }

    pub(crate) fn is_mapper(&self) -> bool {
        self.program == "timeloop-mapper"
    }

    /// Whether its numbers have few digits.
    pub(crate) fn is_scientific(&self) -> bool {
        self.entry["env"]["TIMELOOP_OUTPUT_STAT_SCIENTIFIC"] == "1"
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("input.yaml")
    }

    pub(crate) fn input(&self) -> Input {
        Input::open(&self.file())
    }

    /// What the program wrote: `stats.txt`, `map.txt`, `map.yaml`.
    pub(crate) fn text(&self, extension: &str) -> String {
        read(&self.folder.join(format!("{}.{extension}", self.program)))
    }

    /// The mapping that was evaluated or found.
    pub(crate) fn mapping(&self, input: &Input) -> Warned<Mapping, Warning> {
        if self.is_mapper() { input.mapping(&self.text("map.yaml")) } else { input.own_mapping() }
    }
}

/// Those that came to a summary, in order.
pub(crate) fn recorded_runs() -> Vec<RecordedRun> {
    let index = json(&data("raw/index.json"));
    let complete = index.as_array().unwrap().iter().filter(|entry| entry["has_summary"] == true);
    complete.map(RecordedRun::of).collect()
}
