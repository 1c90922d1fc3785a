//! The fast path against the full model.

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::Mapping;
use onnx2timeloop::model::{CompactMapping, FastModel, Scratch, evaluate};
use onnx2timeloop::workload::Problem;

use crate::kit::mappings::mapping;
use crate::kit::{Random, architectures, cases};

/// Whether both agree on a mapping; `Some(accepted)` if they do.
fn agree(
    architecture: &Architecture,
    problem: &Problem,
    mapping: &Mapping,
    scratch: &mut Scratch,
) -> Result<bool, String> {
    let model = FastModel::new(architecture, problem).ok_or("no cost model")?;
    let fast = model.cost(&CompactMapping::of(mapping).ok_or("imperfect")?, scratch);
    match (evaluate(architecture, problem, mapping), fast) {
        (Err(_), None) => Ok(false),
        (Ok(full), Some(fast)) => {
            let close = (full.energy_pj - fast.energy_pj).abs() <= 1e-12 * full.energy_pj.abs();
            if close && full.cycles == fast.cycles {
                Ok(true)
            } else {
                Err(format!(
                    "{} pJ, {} cycles; expected {} pJ, {}",
                    fast.energy_pj, fast.cycles, full.energy_pj, full.cycles
                ))
            }
        }
        (full, fast) => Err(format!("{fast:?}, expected {:?}", full.map(|full| full.cycles))),
    }
}

#[test]
fn fast_model_equals_the_full_one_on_recorded_mappings() {
    let architectures = architectures();
    let mut scratch = Scratch::default();
    let mut wrong = Vec::new();
    let mut accepted = 0;
    for case in ["cases-1.jsonl.gz", "cases-networks.jsonl.gz"].into_iter().flat_map(cases) {
        match agree(&architectures[&case.arch], &case.problem, &case.mapping, &mut scratch) {
            Ok(fits) => accepted += usize::from(fits),
            Err(message) => wrong.push(format!("{}: {message}", case.id)),
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n"));
    assert_eq!(accepted, 1896 + 137);
}

#[test]
fn fast_model_equals_the_full_one_on_random_mappings() {
    let architectures = architectures();
    let mut random = Random(7);
    let mut scratch = Scratch::default();
    let mut wrong = Vec::new();
    let (mut accepted, mut all) = (0, 0);
    for case in cases("cases-1.jsonl.gz") {
        let architecture = &architectures[&case.arch];
        for _ in 0..20 {
            let mapping = mapping(architecture, &case.problem, &mut random);
            all += 1;
            match agree(architecture, &case.problem, &mapping, &mut scratch) {
                Ok(fits) => accepted += usize::from(fits),
                Err(message) => wrong.push(format!("{} {mapping:?}: {message}", case.id)),
            }
        }
    }
    println!("{accepted} of {all} random mappings accepted");
    assert!(wrong.is_empty(), "{} of {all} differ\n{}", wrong.len(), wrong[..wrong.len().min(3)].join("\n"));
    assert!(accepted > 1000, "{accepted}");
}
