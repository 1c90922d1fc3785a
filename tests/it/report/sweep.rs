//! What people read of a sweep: charts, findings, page.

use std::fmt::Write as _;

use indexmap::IndexMap;
use onnx2timeloop::report::Provenance;
use onnx2timeloop::report::charts::{ChartOptions, draw};
use onnx2timeloop::report::sweep::{findings, sweep_charts, write};
use onnx2timeloop::results::sweep::{
    DesignCost, DesignNetwork, DesignOutcome, FrontDesign, PairFronts, SWEEP_SCHEMA, SearchedDesign, SweepDesign,
    SweepInput, SweepObjective, SweepParameter, SweepResults, SweepValue, front, pair_fronts,
};

use super::page::between;

/// A sweep of two parameters over a machine whose buffer costs energy with its depth and saves DRAM accesses, and whose columns save cycles.
/// Every fifth design of the largest depth is skipped, one design is not valid.
pub(crate) fn synthetic(depths: u32, columns: u32) -> SweepResults {
    let parameter = |path: &str, label: Option<&str>, values: Vec<SweepValue>| SweepParameter {
        path: path.to_owned(),
        label: label.map(str::to_owned),
        values,
    };
    let depth_values: Vec<i64> = (0..depths).map(|at| 4096 << at.min(40)).collect();
    let column_values: Vec<i64> = (1..=columns).map(|at| i64::from(at) * 4).collect();
    let mut designs = Vec::new();
    for (at, depth) in depth_values.iter().enumerate() {
        for (other, wide) in column_values.iter().enumerate() {
            let design = designs.len();
            let step = f64::from(u32::try_from(at).unwrap());
            let across = f64::from(u32::try_from(other + 1).unwrap());
            let energy_pj = 1e12 * (1.0 / (1.0 + step) + 0.1 * step + 0.05 * across);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some millions")]
            let cycles = (1e9 / across.min(6.0 + step)) as u64;
            let cost = DesignCost { energy_pj, cycles, area_um2: Some(1e6 * (0.5 + 0.1 * step + 0.2 * across)) };
            let network = |name: &str, share: f64| DesignNetwork {
                network: name.to_owned(),
                energy_pj: energy_pj * share,
                cycles: cycles / 2,
                edp_j_cycle: 0.5,
                utilization: 0.75,
                layers: 20,
                proved: 20 - usize::from(design == 1),
                gap: (design == 1).then_some(0.015),
                components_pj: IndexMap::from([
                    ("mac".to_owned(), energy_pj * share * 0.2),
                    ("shared_glb".to_owned(), energy_pj * share * 0.3),
                    ("DRAM".to_owned(), energy_pj * share * 0.5),
                ]),
            };
            let outcome = if design == 3 {
                DesignOutcome::Failed { reason: "the buffer is <too> small".to_owned() }
            } else if at + 1 == depth_values.len() && other % 5 != 1 {
                DesignOutcome::Skipped { dominated_by: 0 }
            } else {
                DesignOutcome::Searched(SearchedDesign {
                    cost,
                    networks: vec![network("one", 0.4), network("two", 0.6)],
                })
            };
            designs.push(SweepDesign {
                design,
                architecture: "eyeriss_like".to_owned(),
                values: IndexMap::from([
                    ("shared_glb.depth".to_owned(), SweepValue::Integer(*depth)),
                    ("PE_column.meshX".to_owned(), SweepValue::Integer(*wide)),
                ]),
                bounds: (design != 3).then_some(cost),
                outcome,
            });
        }
    }
    let costs: Vec<(usize, DesignCost)> =
        designs.iter().filter_map(|design| Some((design.design, design.searched()?.cost))).collect();
    let on_front = front(&costs);
    SweepResults {
        schema: SWEEP_SCHEMA,
        networks: vec!["one".to_owned(), "two".to_owned()],
        architectures: vec!["eyeriss_like".to_owned()],
        parameters: vec![
            parameter("shared_glb.depth", Some("buffer"), depth_values.into_iter().map(SweepValue::Integer).collect()),
            parameter("PE_column.meshX", None, column_values.into_iter().map(SweepValue::Integer).collect()),
        ],
        conditions: vec!["PE_column.meshX <= 1000".to_owned()],
        objective: SweepObjective::Edp,
        metric: "edp".to_owned(),
        mapper: "exact: proved".to_owned(),
        best_count: 1,
        exhaustive: false,
        shard: None,
        inputs: vec![SweepInput { source: "one.onnx".to_owned(), blake3: Some("00ff".to_owned()) }],
        warnings: Vec::new(),
        front: designs
            .iter()
            .filter(|design| on_front.contains(&design.design))
            .filter_map(|design| {
                let DesignCost { energy_pj, cycles, area_um2 } = design.searched()?.cost;
                let (architecture, values) = (design.architecture.clone(), design.values.clone());
                Some(FrontDesign { design: design.design, architecture, energy_pj, cycles, area_um2, values })
            })
            .collect(),
        pair_fronts: if costs.is_empty() { PairFronts::default() } else { pair_fronts(&costs) },
        best: Vec::new(),
        designs,
    }
}

fn page(results: &SweepResults) -> String {
    let provenance = Provenance { tool: "onnx2timeloop".to_owned(), ..Provenance::default() };
    write(results, &provenance, &|design, network| {
        (design.design == 0).then(|| format!("best/{network}/{}", design.name()))
    })
    .unwrap()
}

#[test]
fn a_sweep_has_findings_and_charts_with_their_data() {
    let results = synthetic(4, 3);
    let mut text = findings(&results).join("\n");
    for chart in sweep_charts(&results) {
        let _ = write!(text, "\n\n{}: {}\n{}{}", chart.stem, chart.title, chart.csv().unwrap(), chart.notes.join("\n"));
    }
    insta::assert_snapshot!("sweep_charts", text);
}

#[test]
fn texts_are_bars_and_sweeps_of_nothing_have_no_charts() {
    let mut results = synthetic(3, 2);
    let text = |value: &SweepValue| SweepValue::Text(format!("class {value}"));
    for value in &mut results.parameters[0].values {
        *value = text(value);
    }
    for design in &mut results.designs {
        let value = &mut design.values["shared_glb.depth"];
        *value = text(value);
    }
    let charts = sweep_charts(&results);
    let chart = charts.iter().find(|chart| chart.stem == "sweep_along_shared_glb.depth").unwrap();
    let csv = chart.csv().unwrap();
    assert!(csv.starts_with("group,bar,EDP [J·cycle]\nbuffer = class 4096,PE_column.meshX = 4,"), "{csv}");
    for design in &mut results.designs {
        design.outcome = DesignOutcome::Failed { reason: "no".to_owned() };
    }
    (results.front, results.best) = (Vec::new(), Vec::new());
    assert!(sweep_charts(&results).is_empty());
    assert_eq!(findings(&results), ["Of 6 designs 6 are not valid."]);
    assert!(page(&results).contains("<h2>Not valid</h2>"));
}

/// The texts of the page: without style, scripts and attributes.
#[test]
fn the_page_of_a_sweep_says_what_there_is() {
    let page = page(&synthetic(4, 3));
    let main = between(&page, "<body>", "<dialog");
    let mut text = String::new();
    let mut rest = main;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').unwrap().1;
    }
    let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let text = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("sweep_page", text);
    // Every searched design is a point of the first chart, and every design a row.
    let chart = between(&page, "<svg viewBox", "</svg>");
    assert_eq!(chart.matches("data-d=").count(), 12 - 3);
    assert_eq!(page.matches("<tr id=\"d").count(), 12);
    let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    assert_eq!(data["designs"].as_array().unwrap().len(), 12);
    assert_eq!(data["designs"][0][3][0][2], "best/one/eyeriss_like-0");
    assert_eq!(data["designs"][3][2], "Not valid: the buffer is <too> small");
    assert_eq!(data["designs"][1][3][1][0][4], "19 of 20 layers proved; the sum can be 1.50 % lower at most");
}

#[test]
fn a_page_of_a_thousand_designs_is_less_than_a_megabyte() {
    let results = synthetic(20, 50);
    let page = page(&results);
    assert!(page.len() < 1_000_000, "{}", page.len());
    // It fetches nothing.
    assert!(!["http:", "https:", " src=", "url("].iter().any(|what| page.contains(what)));
    assert!(page.contains("default-src 'none'"));
}

#[test]
#[ignore = "writes pictures to look at"]
fn sweep_to_look_at() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("sweep");
    let results = synthetic(6, 9);
    draw(&sweep_charts(&results), &ChartOptions::default(), &folder.join("charts")).unwrap();
    std::fs::write(folder.join("sweep.html"), page(&results)).unwrap();
    std::fs::write(folder.join("thousand.html"), page(&synthetic(20, 50))).unwrap();
}
