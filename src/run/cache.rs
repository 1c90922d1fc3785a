//! Results of jobs, kept between runs: one small JSON file each, under its content's address.
//!
//! A file is written whole (a temporary file, then a rename), carries a hash of its own content, and holds the mapping but none
//! of its costs: these are computed anew, so that a file can be wrong only in what it claims of the search.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Key, ProblemOnArchitecture};
use crate::mapper::{Effort, Found, MapError, Optimality};
use crate::model::Cost;
use crate::output::write_whole;
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
    /// A result.
    Hit(Box<Result<Found, MapError>>),
    /// Nothing.
    Miss,
    /// A file that cannot be used: its path, and why.
    Corrupt(PathBuf, String),
}

/// A file.
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
    outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Outcome {
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
    },
    Infeasible {
        reason: String,
    },
}

impl Cache {
    /// Results in a folder, which need not be there yet.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: Some(folder.join(FORM)) }
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

    /// Keeps the outcome of a job. One that another run could better, because this one was ended, is not kept.
    ///
    /// # Errors
    ///
    /// The file system's, with the path in front.
    pub fn store(
        &self,
        key: &Key,
        fitted: &ProblemOnArchitecture,
        outcome: &Result<Found, MapError>,
    ) -> io::Result<()> {
        let Some(path) = self.path(key) else { return Ok(()) };
        let outcome = match outcome {
            Ok(found) => Outcome::found(found, fitted),
            Err(MapError::Infeasible(reason)) => Outcome::Infeasible { reason: reason.clone() },
            Err(MapError::NothingYet(_) | MapError::Failed(_)) => return Ok(()),
        };
        let tool = concat!("onnx2timeloop ", env!("CARGO_PKG_VERSION")).to_owned();
        let entry = Entry { key: key.to_string(), tool, outcome };
        let file = File { blake3: checksum(&entry)?, entry };
        let mut text = serde_json::to_string_pretty(&file)?;
        text.push('\n');
        write_whole(&path, text.as_bytes())
    }
}

fn checksum(entry: &Entry) -> serde_json::Result<String> {
    Ok(blake3::hash(&serde_json::to_vec(entry)?).to_hex().to_string())
}

fn read(bytes: &[u8], key: &Key, fitted: &ProblemOnArchitecture) -> Result<Result<Found, MapError>, String> {
    let File { blake3, entry } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let computed = checksum(&entry).map_err(|error| error.to_string())?;
    if blake3 != computed {
        return Err("its content is not what was written".to_owned());
    }
    if entry.key != key.as_str() {
        return Err("it is the result of another job".to_owned());
    }
    match entry.outcome {
        Outcome::Infeasible { reason } => Ok(Err(MapError::Infeasible(reason))),
        found @ Outcome::Found { .. } => found.into_found(fitted).map(Ok),
    }
}

impl Outcome {
    fn found(found: &Found, fitted: &ProblemOnArchitecture) -> Self {
        let Found { mapping, cost, optimality, effort } = found;
        let Effort { mapspace, evaluations, valid, cuts } = effort;
        Self::Found {
            mapping: mapping::write(mapping, &fitted.architecture, &fitted.problem),
            optimality: match optimality {
                Optimality::Proved => "proved".to_owned(),
                Optimality::Unknown => "unknown".to_owned(),
                Optimality::Gap(gap) => format!("{gap:?}"),
            },
            energy_pj: format!("{:?}", cost.energy_pj),
            cycles: cost.cycles,
            mapspace: mapspace.iter().map(|(name, size)| (name.clone(), size.to_string())).collect(),
            evaluations: *evaluations,
            valid: *valid,
            cuts: cuts.clone(),
        }
    }

    fn into_found(self, fitted: &ProblemOnArchitecture) -> Result<Found, String> {
        let Self::Found { mapping, optimality, energy_pj, cycles, mapspace, evaluations, valid, cuts } = self else {
            return Err("it has no mapping".to_owned());
        };
        let number = |text: &str| text.parse::<f64>().map_err(|_| format!("`{text}` is no number"));
        let document = parse_document(&mapping).map_err(|error| error.to_string())?;
        let (mapping, _) =
            mapping::read(&document, &fitted.architecture, &fitted.problem).map_err(|error| error.to_string())?;
        let size = |(name, size): (String, String)| {
            let size = size.parse().map_err(|_| format!("`{size}` is no size"))?;
            Ok::<_, String>((name, size))
        };
        Ok(Found {
            mapping,
            cost: Cost { energy_pj: number(&energy_pj)?, cycles },
            optimality: match optimality.as_str() {
                "proved" => Optimality::Proved,
                "unknown" => Optimality::Unknown,
                gap => Optimality::Gap(number(gap)?),
            },
            effort: Effort {
                mapspace: mapspace.into_iter().map(size).collect::<Result<_, _>>()?,
                evaluations,
                valid,
                cuts,
            },
        })
    }
}
