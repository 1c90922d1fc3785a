//! Mappings that are found obey the constraints, by the rule that `evaluate` has.

use onnx2timeloop::mapper::{ExactMapper, Mapper, NoProgress, RandomMapper, SearchSettings, Status};
use onnx2timeloop::timeloop::files::mapping;

use crate::kit::{Input, data, names, program_in};

/// Jobs whose innermost level states an order of its loops: whole or partial, with and without `no_reuse`.
#[test]
fn stated_orders_of_the_innermost_level_are_kept() {
    let folder = data("search/permutation");
    for name in names(&folder) {
        let input = Input::open(&folder.join(&name));
        let Input { architecture, problem, constraints, .. } = &input;
        let exact = ExactMapper::default().search(input.job(), &NoProgress).unwrap();
        assert_eq!(exact.status, Status::Optimal, "{name}");
        let settings = SearchSettings { victory_condition: 50, timeout: 2_000, ..SearchSettings::default() };
        let random = RandomMapper { settings, seed: 1, budget: onnx2timeloop::mapper::Budget::default() };
        let random = random.search(input.job(), &NoProgress).unwrap();
        for found in [exact.best, random.best].into_iter().flatten() {
            // As it is written and read again.
            let text = mapping::write(&found.mapping, architecture, problem);
            let again = input.mapping(&text).value;
            assert_eq!(constraints.admits(&again, architecture, problem), Ok(()), "{name}: {text}");
        }
    }
}

/// The whole way: `evaluate` takes what `map` has written.
#[test]
fn evaluate_accepts_what_map_writes() {
    let folder = data("search/permutation");
    let output = tempfile::tempdir().unwrap();
    let file = folder.join("seed9370.yaml");
    let map = program_in(output.path(), "map").arg(&file).output().unwrap();
    assert!(map.status.success(), "{}", String::from_utf8_lossy(&map.stderr));
    let mapping = output.path().join("timeloop-mapper.map.yaml");
    let evaluate = program_in(output.path(), "evaluate").args([&file, &mapping]).output().unwrap();
    assert!(evaluate.status.success(), "{}", String::from_utf8_lossy(&evaluate.stderr));
}
