//! Results of jobs, kept between runs: one small JSON file each, under its content's address.
//!
//! A file is written whole (a temporary file, then a rename), carries a hash of its own content, and holds the mapping but none
//! of its costs: these are computed anew, so that a file can be wrong only in what it claims of the search.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Key, ProblemOnArchitecture};
use crate::mapper::{Effort, FoundMapping, Metric, Outcome, Proof, ProofStep, Status, StopReason};
use crate::model::Cost;
use crate::output::{remove_left_over, write_unflushed};
use crate::timeloop::files::{mapping, parse_document};

/// Form of the files, and the folder of those of this form.
const FORM: &str = "v1";

/// A folder of results, or none.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
}

/// What the cache has for a key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// The result of an earlier search.
    Hit(Box<Outcome>),
    /// The cache has no file for the key.
    Miss,
    /// A file that cannot be used: its path, and why.
    Corrupt(PathBuf, String),
}

/// A file of the cache.
#[derive(Serialize, Deserialize)]
struct File {
    /// Of the entry's JSON.
    blake3: String,
    entry: Entry,
}

/// What a file says.
#[derive(Serialize, Deserialize)]
struct Entry {
    key: String,
    tool: String,
    outcome: Stored,
}

/// An outcome that no later search betters.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Stored {
    Found {
        /// As `map.yaml` has it.
        mapping: String,
        /// `proved`, `unknown`, or the gap as a decimal number, which is read back exactly.
        optimality: String,
        energy_pj: String,
        cycles: u64,
        /// Sizes as decimal numbers: JSON's end at 2^53.
        mapspace: Vec<(String, String)>,
        evaluations: u64,
        valid: u64,
        cuts: Vec<(String, u64)>,
        /// Why the search stopped; older files do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<String>,
        /// What shows how good the mapping is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<StoredProof>,
    },
    Infeasible {
        reason: String,
    },
}

/// A proof; numbers as decimal text, which is read back exactly.
#[derive(Serialize, Deserialize)]
struct StoredProof {
    settings: String,
    /// Metric, value, lower bound.
    steps: Vec<(String, String, String)>,
}

impl StoredProof {
    fn new(proof: &Proof) -> Self {
        let step = |ProofStep { metric, value, lower_bound }: &ProofStep| {
            (metric.to_string(), format!("{value:?}"), format!("{lower_bound:?}"))
        };
        Self { settings: proof.settings.clone(), steps: proof.steps.iter().map(step).collect() }
    }

    fn into_proof(self, levels: usize) -> Result<Proof, String> {
        let step = |(metric, value, lower_bound): (String, String, String)| {
            let metrics = Metric::named(&metric, levels).map_err(|error| error.to_string())?;
            let metric = *metrics.first().ok_or_else(|| format!("`{metric}` stands for no metric"))?;
            Ok::<_, String>(ProofStep { metric, value: number(&value)?, lower_bound: number(&lower_bound)? })
        };
        let steps = self.steps.into_iter().map(step).collect::<Result<_, _>>()?;
        Ok(Proof { settings: self.settings, steps })
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

impl Cache {
    /// Results in a folder, which need not be there yet. Removes the temporary files of killed runs from it.
    pub fn in_folder(folder: &Path) -> Self {
        let folder = folder.join(FORM);
        remove_left_over(&folder, 2);
        Self { folder: Some(folder) }
    }

    /// No results, and none kept.
    pub fn none() -> Self {
        Self { folder: None }
    }

    /// Where the platform keeps such things: `$XDG_CACHE_HOME`, `~/.cache`, on macOS `~/Library/Caches`, on Windows
    /// `%LOCALAPPDATA%`; in it a folder of our own. `None` if the environment names none of them.
    pub fn default_folder() -> Option<PathBuf> {
        let stated = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The specification of these directories says to ignore relative ones.
        let base = stated("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| {
            if cfg!(windows) {
                stated("LOCALAPPDATA")
            } else {
                let below = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
                stated("HOME").map(|home| home.join(below))
            }
        });
        base.map(|base| base.join("onnx2timeloop"))
    }

    /// The file of a key.
    pub fn path(&self, key: &Key) -> Option<PathBuf> {
        let text = key.as_str();
        self.folder.as_ref().map(|folder| folder.join(&text[..2]).join(format!("{text}.json")))
    }

    /// What there is for a job.
    pub fn load(&self, key: &Key, fitted: &ProblemOnArchitecture) -> Lookup {
        let Some(path) = self.path(key) else { return Lookup::Miss };
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Lookup::Miss,
            Err(error) => return Lookup::Corrupt(path, error.to_string()),
        };
        match read(&bytes, key, fitted) {
            Ok(outcome) => Lookup::Hit(Box::new(outcome)),
            Err(reason) => Lookup::Corrupt(path, reason),
        }
    }

    /// Keeps the outcome of a job. A search that found nothing without showing that there is nothing is not kept.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front.
    pub fn store(&self, key: &Key, fitted: &ProblemOnArchitecture, outcome: &Outcome) -> io::Result<()> {
        let Some(path) = self.path(key) else { return Ok(()) };
        let Some(outcome) = Stored::new(outcome, fitted) else { return Ok(()) };
        let tool = concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION")).to_owned();
        let entry = Entry { key: key.to_string(), tool, outcome };
        let file = File { blake3: checksum(&entry)?, entry };
        let mut text = serde_json::to_string_pretty(&file)?;
        text.push('\n');
        // Its hash tells if the disk has lost a part of it.
        write_unflushed(&path, text.as_bytes())
    }
}

fn checksum(entry: &Entry) -> serde_json::Result<String> {
    Ok(blake3::hash(&serde_json::to_vec(entry)?).to_hex().to_string())
}

fn read(bytes: &[u8], key: &Key, fitted: &ProblemOnArchitecture) -> Result<Outcome, String> {
    let File { blake3, entry } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let computed = checksum(&entry).map_err(|error| error.to_string())?;
    if blake3 != computed {
        return Err("its content is not what was written".to_owned());
    }
    if entry.key != key.as_str() {
        return Err("it is the result of another job".to_owned());
    }
    entry.outcome.into_outcome(fitted)
}

impl Stored {
    fn new(outcome: &Outcome, fitted: &ProblemOnArchitecture) -> Option<Self> {
        let Outcome { best, status, stop, effort, proof, .. } = outcome;
        let Some(FoundMapping { mapping, cost }) = best else {
            let Status::Infeasible(reason) = status else { return None };
            return Some(Self::Infeasible { reason: reason.clone() });
        };
        let Effort { mapspace, evaluations, valid, cuts } = effort;
        Some(Self::Found {
            mapping: mapping::write(mapping, &fitted.architecture, &fitted.problem),
            optimality: match status {
                Status::Optimal => "proved".to_owned(),
                Status::Gap(gap) => format!("{gap:?}"),
                Status::Unknown | Status::Infeasible(_) => "unknown".to_owned(),
            },
            energy_pj: format!("{:?}", cost.energy_pj),
            cycles: cost.cycles,
            mapspace: mapspace.iter().map(|(name, size)| (name.clone(), size.to_string())).collect(),
            evaluations: *evaluations,
            valid: *valid,
            cuts: cuts.clone(),
            stop: Some(stop.name().to_owned()),
            proof: proof.as_ref().map(StoredProof::new),
        })
    }

    fn into_outcome(self, fitted: &ProblemOnArchitecture) -> Result<Outcome, String> {
        let (mapping, optimality, energy_pj, cycles, mapspace, evaluations, valid, cuts, stop, proof) = match self {
            Self::Infeasible { reason } => return Ok(Outcome::infeasible(reason, Effort::default())),
            Self::Found { mapping, optimality, energy_pj, cycles, mapspace, evaluations, valid, cuts, stop, proof } => {
                (mapping, optimality, energy_pj, cycles, mapspace, evaluations, valid, cuts, stop, proof)
            }
        };
        let document = parse_document(&mapping).map_err(|error| error.to_string())?;
        let read =
            mapping::read(&document, &fitted.architecture, &fitted.problem).map_err(|error| error.to_string())?;
        let mapping = read.value;
        let size = |(name, size): (String, String)| {
            let size = size.parse().map_err(|_| format!("`{size}` is not a size"))?;
            Ok::<_, String>((name, size))
        };
        let status = match optimality.as_str() {
            "proved" => Status::Optimal,
            "unknown" => Status::Unknown,
            gap => Status::Gap(number(gap)?),
        };
        let stop = match stop {
            None => StopReason::Unstated,
            Some(name) => StopReason::named(&name).ok_or_else(|| format!("`{name}` is not a known reason to stop"))?,
        };
        let best = FoundMapping { mapping, cost: Cost { energy_pj: number(&energy_pj)?, cycles } };
        let mapspace = mapspace.into_iter().map(size).collect::<Result<_, _>>()?;
        let levels = fitted.architecture.levels().len();
        let proof = proof.map(|proof| proof.into_proof(levels)).transpose()?;
        let effort = Effort { mapspace, evaluations, valid, cuts };
        Ok(Outcome { proof, ..Outcome::found(best, status, stop, effort) })
    }
}
