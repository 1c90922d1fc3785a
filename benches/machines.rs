//! How fast one search is on machines that it was not tuned to: seconds to the first mapping, to one within 2 % of the best known,
//! and to the proof, the gap where the time ends first, and the memory at the peak. Prints a table in Markdown.
//!
//! `cargo bench --bench machines -- [WORD...]` runs the jobs whose `machine/layer` contains one of the words; the environment
//! variable `SECONDS` is the time that a search may take (4). `UPDATE=1` keeps better values than those of `best.json`.
//!
//! Each search runs on one core in a process of its own, because memory at the peak belongs to a process.

#![allow(clippy::print_stdout, reason = "it prints a table")]

#[path = "../tests/it/kit/files.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod files;
#[path = "../tests/it/kit/jobs.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod jobs;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use onnx2timeloop::mapper::{Budget, ExactMapper, Mapper, Progress, Status};
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::model::Cost;
use serde::{Deserialize, Serialize};

use files::{data, names, read};
use jobs::Input;

/// The argument that makes this program search one job and print its [`Record`].
const ONE: &str = "--one";

/// What one search did.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Seconds and energy-delay product (J*cycle) of each improvement.
    improvements: Vec<(f64, f64)>,
    seconds: f64,
    /// `None` where nothing was found.
    value: Option<f64>,
    /// 0 where it is proved.
    gap: Option<f64>,
    is_proved: bool,
    peak_mib: u64,
}

/// Keeps the times of improvements.
struct Watch {
    begun: Instant,
    improvements: Mutex<Vec<(f64, f64)>>,
}

impl Progress for Watch {
    fn improved(&self, _: &Mapping, cost: Cost) {
        self.improvements.lock().unwrap().push((self.begun.elapsed().as_secs_f64(), cost.edp()));
    }

    fn advanced(&self, _: f64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let seconds: f64 = env::var("SECONDS").map_or(4.0, |seconds| seconds.parse().expect("SECONDS is a number"));
    match arguments.split_first() {
        Some((first, [machine, layer])) if first == ONE => one(machine, layer, seconds),
        _ => table(&arguments, seconds),
    }
}

/// Searches one job and prints its record.
fn one(machine: &str, layer: &str, seconds: f64) {
    let text = |name: &str| read(&data("machines").join(format!("{name}.yaml")));
    let input = Input::parse(&format!("{}{}", text(machine), text(layer)));
    let watch = Watch { begun: Instant::now(), improvements: Mutex::default() };
    let mapper = ExactMapper { budget: Budget { seconds: Some(seconds), evaluations: None }, ..ExactMapper::default() };
    let outcome = mapper.search(input.job(), &watch).unwrap();
    let steps = outcome.proof.as_ref().map_or(&[][..], |proof| &proof.steps);
    let record = Record {
        seconds: watch.begun.elapsed().as_secs_f64(),
        improvements: watch.improvements.into_inner().unwrap(),
        value: outcome.best.as_ref().map(|best| best.cost.edp()),
        gap: steps.first().map(|step| 1.0 - step.lower_bound / step.value),
        is_proved: outcome.status == Status::Optimal,
        peak_mib: peak_mib(),
    };
    println!("{}", serde_json::to_string(&record).unwrap());
}

/// Most memory that the process had resident so far; 0 where the system does not tell.
fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Prints the table of all jobs that are asked for.
fn table(words: &[String], seconds: f64) {
    let best_file = data("machines").join("best.json");
    let mut best: BTreeMap<String, f64> = serde_json::from_str(&read(&best_file)).unwrap();
    let (layers, machines): (Vec<String>, Vec<String>) = names(&data("machines"))
        .iter()
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .partition(|name| name.starts_with("layer_"));
    println!("| machine | layer | first, s | within 2 %, s | proof, s | gap | above the best known | peak, MiB |");
    println!("|---|---|---|---|---|---|---|---|");
    for machine in &machines {
        for layer in &layers {
            let label = format!("{machine}/{}", layer.trim_start_matches("layer_"));
            if !words.is_empty() && !words.iter().any(|word| label.contains(word)) {
                continue;
            }
            let command = Command::new(env::current_exe().unwrap())
                .args([ONE, machine, layer])
                .env("SECONDS", seconds.to_string())
                .output()
                .unwrap();
            let record: Record = serde_json::from_slice(&command.stdout)
                .unwrap_or_else(|error| panic!("{label}: {error}: {}", String::from_utf8_lossy(&command.stderr)));
            if let Some(value) = record.value {
                let known = best.entry(label.clone()).or_insert(value);
                *known = known.min(value);
            }
            println!("{}", row(&label, &record, best.get(&label).copied()));
        }
    }
    if env::var("UPDATE").is_ok() {
        fs::write(&best_file, format!("{}\n", serde_json::to_string_pretty(&best).unwrap())).unwrap();
    }
}

fn row(label: &str, record: &Record, best: Option<f64>) -> String {
    let (machine, layer) = label.split_once('/').unwrap();
    let reached =
        |limit: f64| record.improvements.iter().find(|(_, value)| *value <= limit).map(|(seconds, _)| *seconds);
    let time = |seconds: Option<f64>| seconds.map_or("-".to_owned(), |seconds| format!("{seconds:.3}"));
    let percent = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let above = record.value.zip(best).map(|(value, best)| value / best - 1.0);
    format!(
        "| {machine} | {layer} | {} | {} | {} | {} | {} | {} |",
        time(reached(f64::INFINITY)),
        time(best.and_then(|best| reached(best * 1.02))),
        time(record.is_proved.then_some(record.seconds)),
        percent(record.gap),
        percent(above),
        record.peak_mib,
    )
}
