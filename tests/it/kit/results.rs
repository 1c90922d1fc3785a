//! Results to draw and print.

use onnx2timeloop::mapper::{Effort, Outcome, Status};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::results::{LayerOutcome, LayerResult, MappedLayer, NetworkResults, Totals};

use super::{Input, recorded_jobs};

/// The recorded jobs as a network of nine layers on each of five designs; one layer has failed.
pub(crate) fn sample() -> Vec<NetworkResults> {
    let mut results: Vec<NetworkResults> = Vec::new();
    for job in recorded_jobs() {
        let (design, layer_name) = job.name.rsplit_once("-").unwrap();
        let input = job.input();
        let mapping = job.mapping(&input);
        let Input { architecture, problem, .. } = input;
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let outcome = Outcome {
            status: [Status::Optimal, Status::Gap(0.031), Status::Unknown][job.name.len() % 3].clone(),
            effort: Effort {
                mapspace: vec![("IndexFactorization".into(), 2_041_200), ("LoopPermutation".into(), 518_400)],
                evaluations: 17_074,
                ..Effort::default()
            },
            ..Outcome::default()
        };
        let mapped = MappedLayer::new(&architecture, &problem, &mapping, &evaluation, &outcome);
        if results.last().is_none_or(|run| run.architecture != design) {
            results.push(NetworkResults {
                schema: 1,
                network: "deeplabv3_resnet50".into(),
                architecture: design.into(),
                mapper: "exact".into(),
                energy_source: "tables of the recorded run".into(),
                footprint: "hull".into(),
                datawidth: None,
                metric: Some("edp".into()),
                cycle_seconds: Some(1e-9),
                layers: Vec::new(),
                totals: Totals::default(),
                mac_coverage: Some(1.0),
                warnings: Vec::new(),
            });
        }
        let layers = &mut results.last_mut().unwrap().layers;
        layers.push(LayerResult {
            index: layers.len(),
            name: format!("backbone.{layer_name}"),
            op: "Conv".into(),
            problem: format!("{:03}_{layer_name}", layers.len() + 1),
            executions: 1 + layers.len() as u64 % 3,
            macs: Some(problem.macs()),
            bounds: problem.dimensions().iter().map(|(letter, bound)| (letter.to_string(), *bound)).collect(),
            coefficients: problem.coefficients().iter().map(|each| (each.name.clone(), each.value)).collect(),
            densities: indexmap::IndexMap::default(),
            recognized_as: None,
            note: None,
            outcome: LayerOutcome::Mapped(Box::new(mapped)),
        });
    }
    let reason = "no mapping fits: psum_spad holds 0 words of Outputs".to_owned();
    results[1].layers[3].outcome = LayerOutcome::Failed { reason };
    results.iter_mut().for_each(|run| run.totals = Totals::of(&run.layers, run.cycle_seconds));
    results
}
