//! Parts of a sweep, for several processes or machines.

use std::fmt::Write as _;
use std::path::Path;

use thiserror::Error;

use crate::results::sweep::Shard;

/// Why a shard is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ShardError {
    #[error("`{0}` is no shard; write I/N, such as 1/4 for the first of four, or `auto`")]
    Form(String),
    #[error("shard {index} of {count} does not exist: shards count from 1 to {count}")]
    Range { index: u64, count: u64 },
    #[error(
        "`auto` finds no array job: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; write `--shard I/N` outside of \
         one"
    )]
    NoArray,
    #[error("{0} is set, but not {1}, which tells how many tasks there are{2}")]
    NoCount(&'static str, &'static str, &'static str),
    #[error("{name} is `{value}`, which is no number")]
    Number { name: &'static str, value: String },
    #[error(
        "task {id} of {count} from {first} is not one of evenly spaced tasks; submit the array as `--array=1-{count}`"
    )]
    Uneven { id: u64, first: u64, count: u64 },
}

impl Shard {
    /// Whether it is all of a sweep.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    fn new(index: u64, count: u64) -> Result<Self, ShardError> {
        let error = || ShardError::Range { index, count };
        let is_one = (1..=count).contains(&index);
        let small = |number: u64| usize::try_from(number).map_err(|_| error());
        if is_one { Ok(Self { index: small(index)?, count: small(count)? }) } else { Err(error()) }
    }

    /// The name of the file of its rows.
    pub fn file(self) -> String {
        format!("sweep.shard-{}-of-{}.json", self.index, self.count)
    }

    /// Whether a file has the name of a shard's rows.
    pub fn is_file(name: &str) -> bool {
        name.starts_with("sweep.shard-") && Path::new(name).extension().is_some_and(|extension| extension == "json")
    }
}

impl std::str::FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text
            .split_once('/')
            .and_then(|(index, count)| Some((index.trim().parse::<u64>().ok()?, count.trim().parse::<u64>().ok()?)));
        let (index, count) = parts.ok_or_else(|| ShardError::Form(text.to_owned()))?;
        Self::new(index, count)
    }
}

/// The shard of a task of an array job, by the variables that Slurm or Kubernetes set.
///
/// # Errors
///
/// If they are not set, or do not say which of how many tasks this is.
pub fn shard_of_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Shard, ShardError> {
    let number = |name: &'static str| {
        let value = variable(name).filter(|value| !value.trim().is_empty());
        let parsed = value.map(|value| value.trim().parse::<u64>().map_err(|_| ShardError::Number { name, value }));
        parsed.transpose()
    };
    if let Some(id) = number("SLURM_ARRAY_TASK_ID")? {
        let count = number("SLURM_ARRAY_TASK_COUNT")?;
        let count = count.ok_or(ShardError::NoCount("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", ""))?;
        let first = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(1);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let uneven = ShardError::Uneven { id, first, count };
        let offset = id.checked_sub(first).filter(|offset| offset.is_multiple_of(step) && offset / step < count);
        return Shard::new(offset.ok_or(uneven)? / step + 1, count);
    }
    if let Some(index) = number("JOB_COMPLETION_INDEX")? {
        const HINT: &str =
            "; Kubernetes does not set it: give the pod an environment variable with the job's `completions`";
        let count = number("JOB_COMPLETIONS")?;
        let count = count.ok_or(ShardError::NoCount("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", HINT))?;
        return Shard::new(index.saturating_add(1), count);
    }
    Err(ShardError::NoArray)
}

/// A batch script of Slurm that runs a sweep in so many tasks. `words` is its command without shard, threads and progress; `folder` is
/// where it writes.
pub fn array_job(words: &[String], folder: &str, tasks: u32) -> String {
    let command: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let command = command.join(" ");
    let folder = quoted(folder);
    let mut text = String::from("#!/bin/bash\n#SBATCH --job-name=onnx2timeloop-sweep\n");
    let _ = writeln!(text, "#SBATCH --array=1-{tasks}");
    text.push_str("#SBATCH --cpus-per-task=2\n\n");
    text.push_str("# The output folder and the cache must be on a file system that all nodes share. The job may be submitted again at any\n");
    text.push_str(
        "# time: what is finished is in the cache. When all tasks are done, this makes one sweep of their rows:\n",
    );
    let _ = writeln!(text, "#   onnx2timeloop report {folder} -o {folder}\n");
    text.push_str("set -euo pipefail\n");
    let _ = writeln!(text, "exec {command} --shard auto --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" --no-progress");
    text
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./=,:+@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Shard, ShardError> {
        let find = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
        shard_of_environment(find)
    }

    #[test]
    fn shards_are_read() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, count: 4 }));
        let message = |text: &str| text.parse::<Shard>().unwrap_err().to_string();
        assert_eq!(message("5/4"), "shard 5 of 4 does not exist: shards count from 1 to 4");
        assert_eq!(message("0/4"), "shard 0 of 4 does not exist: shards count from 1 to 4");
        for text in ["", "4", "a/b", "1/-2", "1/2/3"] {
            assert!(message(text).contains("is no shard; write I/N"), "{text}");
        }
        assert!(Shard::is_file(&Shard { index: 1, count: 2 }.file()) && !Shard::is_file("sweep.json"));
    }

    #[test]
    fn tasks_of_array_jobs_are_shards() {
        let slurm = |id, first, step| {
            from(&[
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", "4"),
                ("SLURM_ARRAY_TASK_MIN", first),
                ("SLURM_ARRAY_TASK_STEP", step),
            ])
        };
        assert_eq!(slurm("3", "1", "1"), Ok(Shard { index: 3, count: 4 }));
        assert_eq!(slurm("0", "0", ""), Ok(Shard { index: 1, count: 4 }));
        assert_eq!(slurm("16", "10", "2"), Ok(Shard { index: 4, count: 4 }));
        assert!(slurm("13", "10", "2").unwrap_err().to_string().contains("submit the array as `--array=1-4`"));
        assert!(slurm("9", "1", "1").is_err() && slurm("x", "1", "1").unwrap_err().to_string().contains("is `x`"));
        let kubernetes = [("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "3")];
        assert_eq!(from(&kubernetes), Ok(Shard { index: 1, count: 3 }));
        assert!(from(&kubernetes[..1]).unwrap_err().to_string().contains("but not JOB_COMPLETIONS"));
        assert_eq!(from(&[]), Err(ShardError::NoArray));
    }

    #[test]
    fn array_jobs_quote_what_a_shell_would_take_apart() {
        let words = ["onnx2timeloop", "sweep", "a b.onnx", "--set", "PE.meshX=1..4", "--where", "PE.meshX*2 <= 8"];
        let text = array_job(&words.map(str::to_owned), "out", 5);
        assert!(text.contains("#SBATCH --array=1-5\n"), "{text}");
        let command = "exec onnx2timeloop sweep 'a b.onnx' --set PE.meshX=1..4 --where 'PE.meshX*2 <= 8' --shard auto ";
        assert!(text.contains(command), "{text}");
        assert_eq!((quoted("it's"), quoted("")), ("'it'\\''s'".to_owned(), "''".to_owned()));
    }
}
