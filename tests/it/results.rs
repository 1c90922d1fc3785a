//! The record of a layer against the summary that the real tool printed for it.

use std::collections::HashMap;

use onnx2timeloop::mapper::Outcome;
use onnx2timeloop::model::evaluate;
use onnx2timeloop::results::{
    ComponentKind, LayerOutcome, LayerResult, MappedLayer, OptimalityResult, ProofResult, ProofStepResult,
    ProofSummary, Totals,
};

use crate::kit::{Input, RecordedRun, recorded_runs, sample};

/// Runs that print their numbers in full.
fn exact_runs() -> Vec<RecordedRun> {
    recorded_runs().into_iter().filter(|run| !run.is_scientific()).collect()
}

/// The record of a recorded run, and the summary of its statistics: key, value.
fn summary(run: &RecordedRun) -> (MappedLayer, HashMap<String, f64>) {
    let input = run.input();
    let mapping = run.mapping(&input).value;
    let Input { architecture, problem, .. } = input;
    let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
    let mapped = MappedLayer::new(&architecture, &problem, &mapping, &evaluation, &Outcome::default());

    let text = run.text("stats.txt");
    let summary = text.split("Summary Stats").nth(1).unwrap();
    let lines = summary.lines().filter_map(|line| line.rsplit_once([':', '=']));
    let number = |text: &str| text.trim().split(['%', ' ']).next().unwrap().parse().ok();
    let lines = lines.filter_map(|(key, value)| Some((key.trim().to_owned(), number(value)?)));
    (mapped, lines.collect())
}

#[test]
fn records_equal_the_summary_that_timeloop_printed() {
    let runs: Vec<_> = exact_runs().iter().map(summary).collect();
    assert!(runs.len() >= 10, "{}", runs.len());
    for (mapped, summary) in &runs {
        let same = |key: &str, value: f64| {
            let expected = summary[key];
            assert!((value - expected).abs() <= 0.005_001 + expected.abs() * 1e-9, "{key}: {value}, not {expected}");
        };
        same("GFLOPs (@1GHz)", mapped.gflops);
        same("Utilization", mapped.utilization * 100.0);
        same("Cycles", mapped.cycles as f64);
        same("Energy", mapped.energy_pj / 1e6);
        let edp = summary["EDP(J*cycle)"];
        assert!((mapped.edp_j_cycle / edp - 1.0).abs() < 0.005_001, "{}, not {edp}", mapped.edp_j_cycle);
        let mut total = 0.0;
        for component in &mapped.components {
            total += component.fj_per_compute;
            if component.kind != ComponentKind::Network && component.energy_pj != 0.0 {
                same(&component.name, component.fj_per_compute);
            }
        }
        same("Total", total);
    }
}

#[test]
fn totals_weigh_each_layer_with_its_executions() {
    let (mapped, _) = summary(&exact_runs()[0]);
    let macs = 1000;
    let layer = |executions, outcome| LayerResult {
        index: 0,
        name: "layer".into(),
        op: "Conv".into(),
        problem: "001_layer".into(),
        executions,
        macs: Some(macs),
        bounds: Vec::new(),
        coefficients: Vec::new(),
        densities: indexmap::IndexMap::default(),
        recognized_as: None,
        note: None,
        outcome,
    };
    let failed = LayerOutcome::Failed { reason: "none".into() };
    let of = |executions| layer(executions, LayerOutcome::Mapped(Box::new(mapped.clone())));
    let incomplete = Totals::of(&[of(1), of(2), layer(7, failed)], Some(1e-9));
    assert_eq!((incomplete.failed, incomplete.sums), (1, None));
    let reason = "1 of 3 layers has no mapping: sums over the others are not the network's";
    assert_eq!(incomplete.reason.as_deref(), Some(reason));
    let none = Totals::of(&[], None);
    assert_eq!((none.sums, none.reason.as_deref()), (None, Some("the network has no layers")));
    let totals = Totals::of(&[of(1), of(2)], Some(1e-9)).sums.unwrap();
    assert_eq!((totals.cycles, totals.macs), (3 * mapped.cycles, 3 * macs));
    assert!((totals.utilization - mapped.utilization).abs() < 1e-12);
    assert!((totals.gflops - mapped.gflops).abs() < 1e-12 * mapped.gflops);
    assert!((totals.edp_j_cycle / mapped.edp_j_cycle - 9.0).abs() < 1e-9);
    let expected: Vec<_> = mapped.components.iter().map(|each| each.name.clone()).collect();
    assert_eq!(totals.fj_per_compute.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), expected);
}

/// A design of which nothing states an area has none, and its chart has a gap; one square millimetre is one.
#[test]
fn an_unknown_area_is_a_gap_not_a_zero() {
    use onnx2timeloop::report::charts::{ChartOptions, charts};
    let mut results = sample();
    let options = ChartOptions { metrics: vec!["area".into()], ..ChartOptions::default() };
    let csv = |results: &[onnx2timeloop::results::NetworkResults]| {
        let charts = charts(results, &options).unwrap();
        charts.iter().find(|chart| chart.stem == "area_networks").map(|chart| chart.csv().unwrap())
    };
    assert!(results.iter().all(|run| run.totals.area_um2.is_none_or(|area| area > 0.0)));
    results[0].totals.area_um2 = Some(1e6);
    results[1].totals.area_um2 = None;
    let csv = csv(&results[..2]).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "group,bar,Area [mm²]");
    assert!(lines[1].ends_with(",1") && lines[2].ends_with(','), "{csv}");
}

/// However narrow the terminal, sums without some layers say so.
#[test]
fn totals_say_where_layers_are_missing() {
    let mut results = sample();
    let narrow = |results: &[_]| onnx2timeloop::report::totals::totals_table(results, Some(60));
    assert!(narrow(&results).contains("8 of 9"), "{}", narrow(&results));
    results.retain(|run| run.totals.failed == 0);
    assert!(!narrow(&results).contains("  layers"), "{}", narrow(&results));
}

/// Time and rates from the clock of the description, energy and traffic.
#[test]
fn rates_follow_from_cycles_energy_and_traffic() {
    let results = sample();
    let run = results.iter().find(|run| run.totals.failed == 0).unwrap();
    let totals = run.totals.sums.as_ref().unwrap();
    let seconds = totals.cycles as f64 * 1e-9;
    let close = |value: Option<f64>, expected: f64| {
        let value = value.unwrap();
        assert!((value / expected - 1.0).abs() < 1e-9, "{value}, not {expected}");
    };
    close(totals.time_seconds, seconds);
    close(totals.frames_per_second, 1.0 / seconds);
    // GFLOPs at 1 GHz are operations per nanosecond.
    close(totals.tops_per_watt, totals.gflops * totals.cycles as f64 / totals.energy_pj);
    let mut bytes = 0.0;
    for layer in &run.layers {
        let LayerOutcome::Mapped(mapped) = &layer.outcome else { panic!() };
        let memory = mapped.components.iter().find(|component| component.name == "DRAM").unwrap();
        let words: u64 = memory.data_spaces.iter().map(|space| space.reads + space.fills + space.updates).sum();
        bytes += words as f64 * layer.executions as f64 * memory.word_bits.unwrap() as f64 / 8.0;
    }
    close(totals.main_memory_gb_per_second, bytes / seconds / 1e9);
    // Twice the clock, half the time; without one only what needs none is known.
    let slow = Totals::of(&run.layers, Some(2e-9)).sums.unwrap();
    close(slow.time_seconds, 2.0 * seconds);
    let without = Totals::of(&run.layers, None).sums.unwrap();
    assert_eq!((without.time_seconds, without.main_memory_gb_per_second), (None, None));
    assert_eq!(without.tops_per_watt, totals.tops_per_watt);
}

/// A small layer far from its bound does not make the network's gap; a layer without a bound leaves it unknown.
#[test]
fn the_gap_of_a_network_is_that_of_its_sums() {
    let mut run = sample().remove(0);
    let gaps = [0.5, 0.0, 0.01];
    let mut parts = (0.0, 0.0);
    for (index, layer) in run.layers.iter_mut().enumerate() {
        let LayerOutcome::Mapped(mapped) = &mut layer.outcome else { panic!() };
        let gap = gaps[index % 3];
        mapped.optimality = if gap == 0.0 { OptimalityResult::Proved } else { OptimalityResult::Gap(gap) };
        let value = mapped.energy_pj * layer.executions as f64;
        parts = (parts.0 + value, parts.1 + value * (1.0 - gap));
    }
    run.metric = Some("energy".into());
    let summary = ProofSummary::of(&run);
    assert_eq!((summary.mapped, summary.proved, summary.unknown), (9, 3, 0));
    let expected = 1.0 - parts.1 / parts.0;
    assert!((summary.gap.unwrap() - expected).abs() < 1e-12 && expected < 0.5);
    run.metric = Some("last_level_accesses".into());
    assert_eq!(ProofSummary::of(&run).gap, None, "accesses stand in the proof alone");
    run.metric = Some("delay".into());
    let LayerOutcome::Mapped(mapped) = &mut run.layers[4].outcome else { panic!() };
    mapped.optimality = OptimalityResult::Unknown;
    assert_eq!((ProofSummary::of(&run).gap, ProofSummary::of(&run).unknown), (None, 1));
}

/// Accesses are those of the proof; of a list the first metric counts, with what the later ones may have made it worse.
#[test]
fn the_gap_of_a_network_is_known_for_every_metric() {
    let mut run = sample().remove(0);
    let step =
        |metric: &str, value: f64, lower_bound: f64| ProofStepResult { metric: metric.into(), value, lower_bound };
    let mut prove = |metric: &str, optimality: OptimalityResult, steps: &[ProofStepResult]| {
        run.metric = Some(metric.into());
        for (index, layer) in run.layers.iter_mut().enumerate() {
            let LayerOutcome::Mapped(mapped) = &mut layer.outcome else { panic!() };
            // Layers of different size weigh differently.
            let scale = (index + 1) as f64;
            let scaled = |step: &ProofStepResult| ProofStepResult {
                value: step.value * scale,
                lower_bound: step.lower_bound * scale,
                ..step.clone()
            };
            let steps = steps.iter().map(scaled).collect();
            mapped.proof = Some(ProofResult { settings: String::new(), steps, valid: 1, cuts: Vec::new() });
            mapped.optimality = optimality;
        }
        let summary = ProofSummary::of(&run);
        assert_eq!(summary.proved, if optimality == OptimalityResult::Proved { 9 } else { 0 });
        summary.gap
    };
    let last = "last_level_accesses";
    let (proved, gap) = (OptimalityResult::Proved, OptimalityResult::Gap);
    assert_eq!(prove(last, proved, &[step("accesses-5", 100.0, 100.0)]), Some(0.0));
    assert_eq!(prove(last, gap(0.25), &[step("accesses-5", 100.0, 75.0)]), Some(0.25));
    let list = [step("accesses-5", 1000.0, 1000.0), step("delay", 7.0, 7.0), step("accesses-5", 1001.0, 1001.0)];
    let found = prove(last, proved, &list).unwrap();
    assert!((found - 1.0 / 1001.0).abs() < 1e-12, "{found}");
    // The search ended with the second metric: what its mapping has of the first is not recorded.
    assert_eq!(prove(last, gap(0.5), &list[..2]), None);
}

/// Sums over some of the layers stand in no table and in no CSV.
#[test]
fn incomplete_networks_have_no_totals() {
    let results = sample();
    let index = results.iter().position(|run| run.totals.failed > 0).unwrap();
    let csv = onnx2timeloop::report::totals::totals_csv(&results).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let titles = reader.headers().unwrap().clone();
    let row = reader.records().nth(index).unwrap().unwrap();
    let known =
        ["network", "architecture", "mapper", "footprint", "energy_source", "layers", "failed", "area_um2", "proved"];
    // What is known of the network itself, not of its layers on the architecture.
    let of_network = ["mac_coverage", "warnings"];
    for (title, value) in titles.iter().zip(&row).filter(|(title, _)| !of_network.contains(title)) {
        assert_eq!(value.is_empty(), !known.contains(&title), "{title}: {value}");
    }
    let table = onnx2timeloop::report::totals::totals_table(&results[index..=index], None);
    let cells: Vec<&str> = table.lines().last().unwrap().split("   ").filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells.iter().filter(|cell| cell.trim() == "-").count(), 10, "{table}");
}
