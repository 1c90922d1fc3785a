//! What must hold for every mapping, whatever the numbers are.

use std::collections::{HashMap, HashSet};

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::mapping::{DataSpaceSet, Loop, Mapping};
use onnx2timeloop::model::{DataSpaceUse, Evaluation, evaluate};
use onnx2timeloop::workload::{DataSpace, Problem};
use serde_json::{Value, json};

use crate::kit::mappings::mapping as mapping_at_random;
use crate::kit::{Case, Random, architecture, architectures, cases, data};

/// Accepted random mappings of the recorded problems, with their evaluations.
fn each(seed: u64, mut property: impl FnMut(&Architecture, &Case, Mapping, Evaluation, &mut Random)) -> usize {
    let architectures = architectures();
    let mut random = Random(seed);
    let mut accepted = 0;
    for case in cases("cases-1.jsonl.gz") {
        let architecture = &architectures[&case.arch];
        let mapping = mapping_at_random(architecture, &case.problem, &mut random);
        if let Ok(evaluation) = evaluate(architecture, &case.problem, &mapping) {
            property(architecture, &case, mapping, evaluation, &mut random);
            accepted += 1;
        }
    }
    accepted
}

/// Points of a data space that the problem touches. Ranks share no dimension in any recorded problem.
fn distinct(problem: &Problem, space: &DataSpace) -> u64 {
    let coefficient = |index: Option<usize>| index.map_or(1, |index| problem.coefficients()[index].value);
    let values = |rank: &Vec<_>| {
        rank.iter().fold(HashSet::from([0i64]), |values, term: &onnx2timeloop::workload::Term| {
            let bound = problem.dimensions()[term.dimension].1 as i64;
            let by = coefficient(term.coefficient);
            values.iter().flat_map(|value| (0..bound).map(move |index| value + index * by)).collect()
        })
    };
    space.projection.iter().map(|rank| values(rank).len() as u64).product()
}

/// Where every data space is kept outermost, it is read there (written, for sums) at least once per point.
#[test]
fn outermost_level_moves_every_point_at_least_once() {
    let mut known: HashMap<(Problem, usize), u64> = HashMap::new();
    let mut compared = 0;
    let accepted = each(1, |_, case, mapping, evaluation, _| {
        let outermost = mapping.levels.last().unwrap();
        let innermost_only = mapping.levels.len() == 1;
        for (index, space) in case.problem.data_spaces().iter().enumerate() {
            // A level that does not coalesce serves nothing; neither is a transfer between neighbours a read.
            let plain = mapping.levels.iter().all(|level| !level.policy.no_coalesce.contains(index));
            if innermost_only || !plain || !outermost.policy.keep.contains(index) {
                continue;
            }
            let distinct =
                *known.entry((case.problem.clone(), index)).or_insert_with(|| distinct(&case.problem, space));
            let used = evaluation.levels.last().unwrap().data_spaces[index].as_ref().unwrap();
            let moved =
                if space.read_write { used.accesses.updates } else { used.accesses.reads } * used.utilized_instances;
            assert!(moved >= distinct, "{} {}: {moved} < {distinct}\n{mapping:?}", case.id, space.name);
            compared += 1;
        }
    });
    assert!(accepted > 50 && compared > 3 * accepted / 2, "{accepted}, {compared}");
}

/// Raising one energy never lowers the total, and changes nothing else; doubling all doubles it to the last bit.
#[test]
fn raising_one_energy_never_lowers_the_total() {
    let described = crate::kit::json(&data("architectures.json"));
    let described = described.as_array().unwrap();
    let described: HashMap<&str, &Value> = described.iter().map(|each| (each["id"].as_str().unwrap(), each)).collect();
    let actions = ["read", "write", "update", "leak"];
    let mut raised = 0;
    each(2, |_, case, mapping, evaluation, random| {
        let original = described[case.arch.as_str()];
        let changed = |change: &dyn Fn(usize, &str, f64) -> f64, mac: f64| {
            let mut value = original.clone();
            for (index, level) in value["levels"].as_array_mut().unwrap().iter_mut().enumerate() {
                for action in actions {
                    if let Some(energy) = level["energy_pj"][action].as_f64() {
                        level["energy_pj"][action] = json!(change(index, action, energy));
                    }
                }
            }
            value["mac"]["energy_pj"] = json!(value["mac"]["energy_pj"].as_f64().unwrap() * mac);
            evaluate(&architecture(&value), &case.problem, &mapping).unwrap()
        };
        let doubled = changed(&|_, _, energy| 2.0 * energy, 2.0);
        let has_tables = original["levels"].as_array().unwrap().iter().all(|level| level["energy_pj"].is_object());
        if has_tables {
            assert_eq!(doubled.energy_pj, 2.0 * evaluation.energy_pj, "{}", case.id);
        }
        assert_eq!(doubled.cycles, evaluation.cycles);
        let (level, action) = (random.below(mapping.levels.len()), actions[random.below(actions.len())]);
        let more = changed(&|at, which, pj| if at == level && which == action { pj * 1.5 + 1.0 } else { pj }, 1.0);
        assert!(more.energy_pj >= evaluation.energy_pj, "{} {level} {action}", case.id);
        assert_eq!(more.cycles, evaluation.cycles);
        raised += usize::from(more.energy_pj > evaluation.energy_pj);
    });
    assert!(raised > 50, "{raised}");
}

/// What counts of a data space.
fn counts(evaluation: &Evaluation, space: usize) -> Vec<Option<(u64, u64, u64, u64)>> {
    let of = |used: &DataSpaceUse| (used.tile, used.accesses.reads, used.accesses.fills, used.accesses.updates);
    evaluation.levels.iter().map(|level| level.data_spaces[space].as_ref().map(of)).collect()
}

/// Two neighbouring temporal loops change places: no data space that depends on neither notices.
#[test]
fn order_of_irrelevant_loops_changes_nothing() {
    let mut swapped = 0;
    each(3, |architecture, case, mapping, evaluation, _| {
        for level in 0..mapping.levels.len() {
            for inner in 1..mapping.levels[level].temporal.len() {
                let mut other = mapping.clone();
                other.levels[level].temporal.swap(inner - 1, inner);
                let pair = [inner - 1, inner].map(|at| mapping.levels[level].temporal[at].dimension);
                let changed = evaluate(architecture, &case.problem, &other).unwrap();
                for (index, space) in case.problem.data_spaces().iter().enumerate() {
                    if space.projection.iter().flatten().all(|term| !pair.contains(&term.dimension)) {
                        assert_eq!(counts(&evaluation, index), counts(&changed, index), "{}\n{mapping:?}", case.id);
                        swapped += 1;
                    }
                }
            }
        }
    });
    assert!(swapped > 50, "{swapped}");
}

/// The innermost level's loops in time all count: their order changes nothing. With loops over instances below them it
/// does: what neighbours hand over depends on the loop next to them, down to the compute units.
#[test]
fn order_of_the_innermost_loops_changes_nothing() {
    let mut reordered = 0;
    each(4, |architecture, case, mapping, evaluation, random| {
        let mut other = mapping.clone();
        random.shuffle(&mut other.levels[0].temporal);
        if other != mapping && other.levels[0].spatial.is_empty() {
            let changed = evaluate(architecture, &case.problem, &other).unwrap();
            for index in 0..case.problem.data_spaces().len() {
                assert_eq!(counts(&changed, index), counts(&evaluation, index), "{}\n{mapping:?}", case.id);
            }
            assert_eq!((changed.cycles, changed.energy_pj), (evaluation.cycles, evaluation.energy_pj), "{}", case.id);
            reordered += 1;
        }
    });
    assert!(reordered > 20, "{reordered}");
}

/// A loop that runs once changes nothing.
#[test]
fn unit_loops_change_nothing() {
    let mut inserted = 0;
    each(5, |architecture, case, mapping, evaluation, random| {
        let mut other = mapping.clone();
        let level = &mut other.levels[random.below(mapping.levels.len())].temporal;
        let absent = |dimension: &usize| level.iter().all(|each| each.dimension != *dimension);
        if let Some(dimension) = (0..case.problem.dimensions().len()).find(absent) {
            level.insert(random.below(level.len() + 1), Loop::perfect(dimension, 1));
            let changed = evaluate(architecture, &case.problem, &other).unwrap();
            assert_eq!(changed, evaluation, "{}\n{other:?}", case.id);
            inserted += 1;
        }
    });
    assert!(inserted > 50, "{inserted}");
}

/// Keeping a data space at a level more never changes what the outermost level holds of it.
#[test]
fn keeping_data_at_another_level_leaves_the_outermost_tile() {
    let mut kept = 0;
    each(6, |architecture, case, mapping, evaluation, _| {
        let levels = mapping.levels.len();
        for level in 0..levels - 1 {
            let mut other = mapping.clone();
            other.levels[level].policy.keep = DataSpaceSet::all(case.problem.data_spaces().len());
            let Ok(changed) = evaluate(architecture, &case.problem, &other) else { continue };
            for index in 0..case.problem.data_spaces().len() {
                let tile = |evaluation: &Evaluation| counts(evaluation, index)[levels - 1].map(|counts| counts.0);
                assert_eq!(tile(&changed), tile(&evaluation), "{}", case.id);
                kept += 1;
            }
        }
    });
    assert!(kept > 50, "{kept}");
}
