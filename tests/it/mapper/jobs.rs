//! The recorded jobs of the real mapper, each with its proved optimum.

use onnx2timeloop::mapper::{ExactMapper, Mapper, NoProgress, Outcome, Status, Template};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::timeloop::files::mapping;
use rayon::prelude::*;
use serde_json::Value;

use crate::kit::{Input, RecordedJob, data, json};

fn optima() -> Value {
    json(&data("optimum.json"))
}

/// What differs from the proved optimum.
fn check(name: &str, optimum: f64) -> Result<(), String> {
    let input = RecordedJob::named(name).input();
    let Input { architecture, problem, constraints, .. } = &input;
    let Outcome { best, status, .. } =
        ExactMapper::default().search(input.job(), &NoProgress).map_err(|error| format!("{name}: {error}"))?;
    let found = best.ok_or_else(|| format!("{name}: {status:?}"))?;
    let evaluation = evaluate(architecture, problem, &found.mapping).map_err(|error| format!("{name}: {error}"))?;
    let is_member = constraints.admits(&found.mapping, architecture, problem).is_ok();
    if (evaluation.edp() - optimum).abs() > 1e-9 * optimum || status != Status::Optimal || !is_member {
        return Err(format!("{name}: {}, {:?}, member: {is_member}; expected {optimum}", evaluation.edp(), status));
    }
    Ok(())
}

/// Every recorded job: the optimum that an independent search has proved, within the constraints of the job.
#[test]
fn recorded_jobs_are_proved_optimal() {
    let optima = optima();
    let jobs: Vec<_> = optima.as_object().unwrap().iter().collect();
    let wrong: Vec<String> =
        jobs.par_iter().filter_map(|&(name, edp)| check(name, edp.as_f64().unwrap()).err()).collect();
    assert!(wrong.is_empty() && jobs.len() == 45, "{} of {} differ\n{}", wrong.len(), jobs.len(), wrong.join("\n"));
}

/// 257 and 129 have no factor near the width of the array: padding alone gains these factors (stride 2 and 1).
#[test]
fn imperfect_factors_improve_layers_of_257_and_129() {
    let optima = optima();
    for (name, gain) in [("stem_7x7_s2_3_64", 1.88), ("layer1_1x1_64_256", 1.16)] {
        let name = format!("eyeriss_like-shipped-{name}");
        let input = RecordedJob::named(&name).input();
        let Input { architecture, problem, .. } = &input;
        let mapper = ExactMapper { template: Template::Ruby, ..ExactMapper::default() };
        let Outcome { best, status, .. } = mapper.search(input.job(), &NoProgress).unwrap();
        let found = best.unwrap();
        let perfect = optima[&name].as_f64().unwrap();
        assert!(found.cost.edp() * gain <= perfect, "{name}: {} of {perfect}", found.cost.edp());
        assert!(!found.mapping.is_perfect() && matches!(status, Status::Gap(_)), "{name}");
        // Written and read again, it costs the same.
        let text = mapping::write(&found.mapping, architecture, problem);
        let again = input.mapping(&text).value;
        let evaluation = evaluate(architecture, problem, &again).unwrap();
        assert_eq!(evaluation.cycles, found.cost.cycles, "{name}");
        assert!((evaluation.energy_pj / found.cost.energy_pj - 1.0).abs() < 1e-12, "{name}");
    }
}

/// The recorded job without a valid mapping: its buffer holds one word.
#[test]
fn an_infeasible_job_is_explained() {
    let input = Input::open(&data("raw/03-mapper-no-valid-mapping/input.yaml"));
    let outcome = ExactMapper::default().search(input.job(), &NoProgress).unwrap();
    assert!(matches!(outcome.status, Status::Infeasible(_)));
    assert_eq!(
        outcome.reason().unwrap(),
        "no mapping is valid. One of these changes is enough:\n  \
         shared_glb holds 1 words, but must hold at least 2 of Inputs and Outputs"
    );
}
