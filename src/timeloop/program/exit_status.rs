//! What became of a run: exit code 0 does not mean that there is a result (docs/search.md section 3.3).

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitStatus;

use super::run::{Ended, Stop};
use crate::mapper::MapError;
use crate::timeloop::files::stats_reader::{self, Statistics, StatsError};

/// The names of the files that count.
pub(super) const STATS: &str = "timeloop-mapper.stats.txt";
pub(super) const MAP_YAML: &str = "timeloop-mapper.map.yaml";
pub(super) const MAP_TEXT: &str = "timeloop-mapper.map.txt";

/// Largest file that is read back, in bytes: real ones have some kilobytes.
const LARGEST: u64 = 64 << 20;

/// What a run that did its work has left.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The statistics of its best mapping.
    Found(Box<Statistics>),
    /// No mapping, and why.
    Nothing(String),
}

/// The statistics that a run has left, or why they are missing. `endings` is what its threads said at their end.
pub(super) fn verdict(folder: &Path, ended: &Ended, endings: &[String]) -> Result<Verdict, MapError> {
    // One that was told to stop may end as it likes, as long as it leaves a whole result.
    if !ended.status.success() && ended.stop.is_none() {
        return Err(MapError::Failed(format!("timeloop-mapper {}{}", how(ended.status), last_words(ended))));
    }
    let text = match read(&folder.join(STATS)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let without = || format!("timeloop-mapper wrote no {STATS}, and {}", how(ended.status));
            return interrupted(ended, endings)
                .map(Verdict::Nothing)
                .ok_or_else(|| MapError::Failed(format!("{}{}", without(), last_words(ended))));
        }
        Err(error) => return Err(MapError::Failed(format!("cannot read {STATS}: {error}"))),
    };
    match stats_reader::read(&text) {
        Ok(statistics) => Ok(Verdict::Found(Box::new(statistics))),
        Err(StatsError::Empty) => match interrupted(ended, endings) {
            Some(text) => Ok(Verdict::Nothing(text)),
            None => nothing(ended, endings).map(Verdict::Nothing),
        },
        Err(error) => interrupted(ended, endings)
            .map(Verdict::Nothing)
            .ok_or_else(|| MapError::Failed(format!("{STATS}: {error}{}", last_words(ended)))),
    }
}

/// A text file of limited size.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it has more than {LARGEST} bytes")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Why a run that was told to stop has left nothing.
fn interrupted(ended: &Ended, endings: &[String]) -> Option<String> {
    let why = match ended.stop? {
        Stop::Cancelled => "was ended",
        Stop::TimedOut => "was ended at its time limit",
    };
    let mut text = format!("timeloop-mapper {why} before it had a valid mapping to write");
    if ended.killed {
        text.push_str("; it did not stop when it was told to, and was killed");
    }
    add_endings(&mut text, endings);
    Some(text)
}

/// The search ended by itself without a valid mapping; or the program gave up and did not say so in its exit code.
fn nothing(ended: &Ended, endings: &[String]) -> Result<String, MapError> {
    if let Some(error) = errors(ended) {
        return Err(MapError::Failed(format!("timeloop-mapper: {error}")));
    }
    let mut text = "timeloop-mapper found no valid mapping within its search criteria".to_owned();
    add_endings(&mut text, endings);
    text.push_str(
        "\nhint: raise `timeout` (invalid mappings in a row) or look at the constraints; the exact mapper says which of \
         them leaves no mapping",
    );
    Ok(text)
}

fn add_endings(text: &mut String, endings: &[String]) {
    const SHOWN: usize = 4;
    for ending in endings.iter().take(SHOWN) {
        let _ = write!(text, "\n  {ending}");
    }
    if endings.len() > SHOWN {
        let _ = write!(text, "\n  and {} threads more", endings.len() - SHOWN);
    }
}

/// How a program ended.
fn how(status: ExitStatus) -> String {
    if let Some(code) = status.code() {
        return match code {
            0 => "ended with exit code 0".to_owned(),
            // A shell in between makes 128 and the signal of it.
            134 => "failed with exit code 134: it aborted, which is how its assertions fail".to_owned(),
            255 => "failed with exit code 255: it does not know the algorithm or the mapspace".to_owned(),
            code => format!("failed with exit code {code}"),
        };
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return match signal {
                6 => "was ended by signal 6: it aborted, which is how its assertions fail".to_owned(),
                11 => "was ended by signal 11: a fault of the program".to_owned(),
                signal => format!("was ended by signal {signal}"),
            };
        }
    }
    "ended in an unknown way".to_owned()
}

/// Lines that say what is wrong.
fn errors(ended: &Ended) -> Option<String> {
    let texts = [ended.stderr.text(), ended.stdout.text()];
    let is_error =
        |line: &&str| line.starts_with("ERROR") || line.contains("Assertion") || line.starts_with("Failed to run");
    let found: Vec<&str> = texts.iter().flat_map(|text| text.lines().map(str::trim)).filter(is_error).take(3).collect();
    (!found.is_empty()).then(|| found.join("; "))
}

/// What a program said at its end: its errors, else its last lines.
fn last_words(ended: &Ended) -> String {
    if let Some(error) = errors(ended) {
        return format!(": {error}");
    }
    let text = ended.stderr.text();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let shown: Vec<String> = lines.iter().rev().take(3).rev().map(|line| line.chars().take(200).collect()).collect();
    if shown.is_empty() { String::new() } else { format!("; its last output: {}", shown.join(" / ")) }
}
