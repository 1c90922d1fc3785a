//! The closed form against the recursion: every number of the statistics is the same, bit for bit.

use onnx2timeloop::mapping::{LevelMapping, LevelPolicy};
use onnx2timeloop::model::{CompactMapping, FastModel, Model, Scratch};

use crate::kit::mappings::mapping;
use crate::kit::{Random, architectures, cases};

#[test]
fn closed_form_equals_the_recursion() {
    let architectures = architectures();
    let mut random = Random(11);
    let mut scratch = Scratch::default();
    let mut wrong = Vec::new();
    let (mut accepted, mut all) = (0, 0);
    for case in ["cases-1.jsonl.gz", "cases-networks.jsonl.gz"].into_iter().flat_map(cases) {
        let architecture = &architectures[&case.arch];
        let model = Model::new(architecture, &case.problem);
        let cost = FastModel::new(architecture, &case.problem).unwrap();
        let others = (0..20).map(|number| {
            let mut mapping = mapping(architecture, &case.problem, &mut random);
            if number % 2 == 0 {
                // Most mappings have no switches: the cost model has a shorter way for these.
                for level in &mut mapping.levels {
                    let (temporal, spatial) = (level.temporal.clone(), level.spatial.clone());
                    *level = LevelMapping { temporal, spatial, policy: LevelPolicy::keeping(level.policy.keep) };
                }
            }
            mapping
        });
        for mapping in std::iter::once(case.mapping.clone()).chain(others) {
            let (closed, recursion) = (model.evaluate(&mapping), model.evaluate_by_recursion(&mapping));
            all += 1;
            accepted += usize::from(recursion.is_ok());
            let fast = cost.cost(&CompactMapping::of(&mapping).unwrap(), &mut scratch);
            let close = match (&recursion, fast) {
                (Ok(full), Some(fast)) => {
                    full.cycles == fast.cycles
                        && (full.energy_pj - fast.energy_pj).abs() <= 1e-12 * full.energy_pj.abs()
                }
                (Err(_), None) => true,
                _ => false,
            };
            // Debug, because NaN is no energy's equal but its own text.
            if !close || (closed != recursion && format!("{closed:?}") != format!("{recursion:?}")) {
                wrong.push(format!("{} {mapping:?}: {closed:?} {fast:?}, expected {recursion:?}", case.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {all} differ\n{}", wrong.len(), wrong[..wrong.len().min(3)].join("\n"));
    assert!(accepted > 4000, "{accepted}");
}
