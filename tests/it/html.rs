//! The page of results: its data, its safety, and what a browser makes of it.

use std::fs;

use onnx2timeloop::formats::{architecture, mapping, parse_document, problem};
use onnx2timeloop::html::{Provenance, write};
use onnx2timeloop::mapper::{Effort, Found, Optimality};
use onnx2timeloop::model::{Cost, evaluate};
use onnx2timeloop::results::{LayerOutcome, LayerResult, MappedLayer, NetworkResults, Totals};

use crate::model::support::data;

/// The recorded jobs as a network of nine layers on each of five designs; one layer has failed.
pub(crate) fn sample() -> Vec<NetworkResults> {
    let mut jobs: Vec<_> = fs::read_dir(data("mapper")).unwrap().map(|entry| entry.unwrap().path()).collect();
    jobs.sort();
    let mut results: Vec<NetworkResults> = Vec::new();
    for job in jobs {
        let name = job.file_name().unwrap().to_str().unwrap().to_owned();
        let (design, layer_name) = name.rsplit_once("-").unwrap();
        let input = parse_document(&fs::read_to_string(job.join("in.yaml")).unwrap()).unwrap();
        let text = fs::read_to_string(job.join("timeloop-mapper.map.yaml")).unwrap();
        let (architecture, _) = architecture::read(&input).unwrap();
        let (problem, _) = problem::read(&input).unwrap();
        let (mapping, _) = mapping::read(&parse_document(&text).unwrap(), &architecture, &problem).unwrap();
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        let found = Found {
            mapping,
            cost: Cost { energy_pj: evaluation.energy_pj, cycles: evaluation.cycles },
            optimality: [Optimality::Proved, Optimality::Gap(0.031), Optimality::Unknown][name.len() % 3],
            effort: Effort {
                mapspace: vec![("IndexFactorization".into(), 2_041_200), ("LoopPermutation".into(), 518_400)],
                evaluations: 17_074,
                ..Effort::default()
            },
        };
        let mapped = MappedLayer::new(&architecture, &problem, &found, &evaluation);
        if results.last().is_none_or(|run| run.architecture != design) {
            results.push(NetworkResults {
                schema: 1,
                network: "deeplabv3_resnet50".into(),
                architecture: design.into(),
                mapper: "embedded".into(),
                energy_source: "tables of the recorded run".into(),
                footprint: "hull".into(),
                layers: Vec::new(),
                totals: Totals::default(),
            });
        }
        let layers = &mut results.last_mut().unwrap().layers;
        layers.push(LayerResult {
            index: layers.len(),
            name: format!("backbone.{layer_name}"),
            op: "Conv".into(),
            problem: format!("{:03}_{layer_name}", layers.len() + 1),
            executions: 1 + layers.len() as u64 % 3,
            macs: problem.macs(),
            bounds: problem.dimensions().iter().map(|(letter, bound)| (letter.to_string(), *bound)).collect(),
            coefficients: problem.coefficients().iter().map(|each| (each.name.clone(), each.value)).collect(),
            outcome: LayerOutcome::Mapped(Box::new(mapped)),
        });
    }
    let reason = "no mapping fits: psum_spad holds 0 words of Outputs".to_owned();
    results[1].layers[3].outcome = LayerOutcome::Failed { reason };
    results.iter_mut().for_each(|run| run.totals = Totals::of(&run.layers));
    results
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        tool: "onnx2timeloop 0.0.0".into(),
        inputs: vec![("deeplabv3_resnet50.onnx".into(), "0123456789abcdef".repeat(4))],
        facts: vec![("Mapper".into(), "embedded, exact search for the lowest EDP".into())],
    }
}

/// What stands between two marks of a page.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    page.split_once(from).unwrap().1.split_once(to).unwrap().0
}

#[test]
fn tables_and_findings() {
    let page = write(&sample(), &provenance()).unwrap();
    let summary = between(&page, "<ol class=\"findings\">", "</section>");
    insta::assert_snapshot!("html_summary", summary);
    let rows = between(&page, "<table id=\"table\">", "</table>");
    insta::assert_snapshot!("html_layers", rows.lines().take(8).collect::<Vec<_>>().join("\n"));
    assert_eq!(page.matches("<details class=\"layer\"").count(), 44);
    insta::assert_snapshot!("html_detail", between(&page, "id=\"d4\">", "</details>"));
}

/// Names and reasons are data: none of them becomes markup.
#[test]
fn hostile_names_stay_text() {
    let mut results = sample();
    let evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\u{202e}".repeat(3);
    results[0].network = evil.clone();
    results[0].architecture = evil.clone();
    results[0].energy_source = evil.clone();
    results[0].layers[0].name = evil.clone();
    results[0].layers[1].outcome = LayerOutcome::Failed { reason: evil.clone() };
    let provenance = Provenance { tool: evil.clone(), inputs: vec![(evil.clone(), evil.clone())], facts: vec![] };
    let page = write(&results, &provenance).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains("<img"));
    assert_eq!(page.matches("<script>").count(), 1);
}

/// What is not finite or not there is a dash that sorts last, never a zero.
#[test]
fn gaps_are_not_zeros() {
    let mut results = sample();
    for layer in &mut results[0].layers {
        if let LayerOutcome::Mapped(mapped) = &mut layer.outcome {
            (mapped.energy_pj, mapped.gflops, mapped.area_um2) = (f64::NAN, f64::INFINITY, None);
            mapped.components.clear();
        }
    }
    results.truncate(1);
    results[0].totals = Totals::of(&results[0].layers);
    let page = write(&results, &provenance()).unwrap();
    assert!(page.contains("is a number that is not known"));
    assert!(!page.contains("NaN") && !page.contains("inf<"));
    let rows = between(&page, "<table id=\"table\">", "</table>");
    assert_eq!(rows.matches("data-v=\"\">–</td>").count(), 2 * 9);
    assert!(write(&[], &Provenance::default()).unwrap().contains("nothing on nothing"));
}
