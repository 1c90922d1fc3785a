//! Searches on machines without constraints, where a first mapping once took longer than users wait.

use onnx2timeloop::mapper::{Budget, ExactMapper, Mapper, NoProgress};
use onnx2timeloop::model::evaluate;

use crate::kit::{Input, data, read};

fn input(machine: &str, layer: &str) -> Input {
    let text = |name: &str| read(&data("machines").join(format!("{name}.yaml")));
    Input::parse(&format!("{}{}", text(machine), text(layer)))
}

/// With a number of evaluations that takes some hundredths of a second: machine, layer, and the energy-delay product (J*cycle) of a
/// long search.
const JOBS: [(&str, &str, f64); 6] = [
    ("eyeriss2_free", "layer_conv3x3", 74.82),
    ("five_free", "layer_grouped_batch8", 2227.0),
    ("tpu_free", "layer_dilated", 4.015),
    ("nvdla_free", "layer_conv3d", 330.1),
    ("gen3_64", "layer_depthwise", 0.9725),
    ("tpu_keeps", "layer_gemm", 41436.0),
];

#[test]
fn a_good_mapping_is_there_after_few_evaluations_without_constraints() {
    for (machine, layer, best) in JOBS {
        let input = input(machine, layer);
        let budget = Budget { evaluations: Some(6_000), seconds: None };
        let outcome = ExactMapper { budget, ..ExactMapper::default() }.search(input.job(), &NoProgress).unwrap();
        let found = outcome.best.unwrap_or_else(|| panic!("{machine}, {layer}: no mapping"));
        let Input { architecture, problem, constraints, .. } = &input;
        assert_eq!(constraints.admits(&found.mapping, architecture, problem), Ok(()), "{machine}, {layer}");
        let value = evaluate(architecture, problem, &found.mapping).unwrap().edp();
        assert!(value < best * 2.5, "{machine}, {layer}: {value}, best {best}");
    }
}
