//! Mappings that the real timeloop-model accepted and refused.

use onnx2timeloop::model::evaluate;

use super::compare::Comparison;
use crate::kit::{architectures, cases};

/// Evaluates every case of a file; accepted and rejected ones.
fn check(file: &str) -> (usize, usize) {
    let architectures = architectures();
    let (mut accepted, mut rejected, mut compared) = (0, 0, 0);
    let mut wrong = Vec::new();
    for case in cases(file) {
        let architecture = &architectures[&case.arch];
        let result = evaluate(architecture, &case.problem, &case.mapping);
        if case.expected["accepted"] == true {
            accepted += 1;
            match result {
                Ok(evaluation) => {
                    let mut comparison = Comparison::default();
                    comparison.evaluation(architecture, &case.problem, &evaluation, &case.expected);
                    compared += comparison.compared;
                    if !comparison.differences.is_empty() {
                        wrong.push(format!("{}: {}", case.id, comparison.differences.join("; ")));
                    }
                }
                Err(rejection) => wrong.push(format!("{}: rejected: {rejection}", case.id)),
            }
        } else {
            rejected += 1;
            let expected = case.expected["reason"].as_str().unwrap();
            let mine = result.map_or_else(|rejection| format!("ERROR: {rejection}"), |_| "accepted".to_owned());
            if mine != expected {
                wrong.push(format!("{}: {mine}, expected {expected}", case.id));
            }
        }
    }
    println!("{file}: {accepted} accepted, {rejected} rejected, {compared} values compared");
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    (accepted, rejected)
}

#[test]
fn recorded_evaluations_of_perfect_mappings_are_equal() {
    assert_eq!(check("cases-1.jsonl.gz"), (1896, 260));
}

#[test]
fn recorded_evaluations_of_imperfect_mappings_are_equal() {
    assert_eq!(check("cases-imperfect.jsonl.gz"), (187, 3));
}

#[test]
fn recorded_evaluations_with_network_energies_are_equal() {
    assert_eq!(check("cases-networks.jsonl.gz"), (137, 0));
}
