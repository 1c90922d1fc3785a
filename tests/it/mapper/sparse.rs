//! Sparse designs: the jobs that the real timeloop-mapper did, and what `map` writes of them.

use std::fs::File;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use rayon::prelude::*;
use serde_json::Value;

use crate::kit::{Ran, data, folder, program_in, read};

/// Each job's name, its input, the least energy-delay product that timeloop-mapper found in 20 s on two threads, and its mapping.
fn jobs() -> Vec<Value> {
    let file = File::open(data("sparse/mapper.jsonl.gz")).unwrap();
    BufReader::new(GzDecoder::new(file)).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

/// What was found in a number of evaluations.
fn found(job: &Value) -> Value {
    let folder = folder(&[("in.yaml", job["input"].as_str().unwrap())]);
    let ran = Ran::of(&mut program_in(folder.path(), "map in.yaml -o . --budget 3000mappings --threads 1"));
    assert_eq!(ran.code, 0, "{}: {}", job["id"], ran.stderr);
    let found: Value = serde_json::from_str(&read(&folder.path().join("timeloop-mapper.json"))).unwrap();
    // What is written evaluates to what is said.
    let nest = folder.path().join("timeloop-mapper.map.yaml");
    let words = format!("evaluate in.yaml {} -o again", nest.file_name().unwrap().to_str().unwrap());
    let ran = Ran::of(&mut program_in(folder.path(), &words));
    assert_eq!(ran.code, 0, "{}: {}", job["id"], ran.stderr);
    let again: Value = serde_json::from_str(&read(&folder.path().join("again/timeloop-model.json"))).unwrap();
    for key in ["energy_pj", "cycles"] {
        assert_eq!(found[key], again[key], "{}: {key}", job["id"]);
    }
    found
}

#[test]
fn recorded_jobs_of_sparse_designs_are_never_worse() {
    let jobs = jobs();
    let proved: Vec<bool> = jobs
        .par_iter()
        .map(|job| {
            let found = found(job);
            let (ours, theirs) = (found["edp_j_cycle"].as_f64().unwrap(), job["edp"].as_f64().unwrap());
            assert!(ours <= theirs * (1.0 + 1e-9), "{}: {ours} is worse than {theirs}", job["id"]);
            found["search"]["optimality"]["kind"] == "proved"
        })
        .collect();
    let count = proved.iter().filter(|proved| **proved).count();
    assert!(jobs.len() == 21 && count >= 12, "{count} of {} are proved", jobs.len());
}
