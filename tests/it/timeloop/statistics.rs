//! Statistics that Timeloop's programs wrote, and those that we write, read back.

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::model::{Evaluation, evaluate};
use onnx2timeloop::timeloop::files::nest_text;
use onnx2timeloop::timeloop::files::stats::{self, Notation, StatsOptions};
use onnx2timeloop::timeloop::files::stats_reader::{Statistics, StatsError, read};
use onnx2timeloop::workload::Problem;

use crate::kit::{Input, RecordedRun, architectures, cases, recorded_runs};

fn close(found: f64, expected: f64, relative: f64) -> bool {
    (found - expected).abs() <= relative * expected.abs() + 0.02
}

/// Whether statistics say what an evaluation says. `relative` is how exact a number of the text is.
fn compare(
    found: &Statistics,
    evaluation: &Evaluation,
    architecture: &Architecture,
    problem: &Problem,
    relative: f64,
    name: &str,
) {
    let summary = &found.summary;
    assert_eq!((summary.cycles, summary.computes), (evaluation.cycles, evaluation.arithmetic.computes), "{name}");
    let energy = found.energy_pj().unwrap();
    assert!(close(energy, evaluation.energy_pj, relative), "{name}: {energy}, expected {}", evaluation.energy_pj);
    assert_eq!(found.operations, Some(evaluation.operations()), "{name}");
    let gflops = evaluation.operations() as f64 / evaluation.cycles as f64;
    assert!((found.gflops().unwrap() - gflops).abs() <= gflops * 1e-12, "{name}");
    assert!((found.utilization().unwrap() - evaluation.utilization).abs() < 5.1e-5, "{name}");
    let shown = |energy: &f64| *energy != 0.0;
    let energies = std::iter::once((&architecture.arithmetic().name, evaluation.arithmetic.energy_pj))
        .chain(architecture.levels().iter().zip(&evaluation.levels).map(|(level, used)| (&level.name, used.energy_pj)));
    for (component, energy) in energies.filter(|(_, energy)| shown(energy)) {
        let row = summary.components.iter().find(|row| row.name == *component).unwrap_or_else(|| panic!("{name}"));
        let stated = found.energy_pj_of(row).unwrap();
        assert!(close(stated, energy, relative), "{name}: {component} {stated}, expected {energy}");
    }
    for (level, (spec, used)) in architecture.levels().iter().zip(&evaluation.levels).enumerate() {
        let Some(stated) = found.levels.iter().find(|stated| stated.number == level + 1) else {
            assert!(used.energy_pj == 0.0, "{name}: {}", spec.name);
            continue;
        };
        assert_eq!(
            (&stated.name, stated.cycles, stated.instances),
            (&spec.name, Some(used.cycles), Some(spec.instances))
        );
        let spaces = problem.data_spaces().iter().zip(&used.data_spaces);
        let expected: Vec<_> = spaces
            .filter_map(|(space, used)| Some((space, used.as_ref()?)))
            .map(|(space, used)| {
                (
                    &space.name,
                    Some(used.tile),
                    Some(used.utilized_instances),
                    used.accesses.reads,
                    used.accesses.fills,
                    used.accesses.updates,
                )
            })
            .collect();
        let spaces: Vec<_> = stated
            .data_spaces
            .iter()
            .map(|space| {
                let counts = (space.reads.unwrap(), space.fills.unwrap(), space.updates.unwrap());
                (&space.name, space.tile, space.utilized_instances, counts.0, counts.1, counts.2)
            })
            .collect();
        assert_eq!(spaces, expected, "{name}: {}", spec.name);
    }
    assert_eq!(found.operations_per_byte.len(), architecture.levels().len(), "{name}");
}

fn statistics(run: &RecordedRun) -> Statistics {
    read(&run.text("stats.txt")).unwrap_or_else(|error| panic!("{}: {error}", run.name))
}

/// Every recorded run: what its text says is what the model says of its mapping.
#[test]
fn recorded_statistics_say_what_the_model_says() {
    let mut compared = 0;
    for run in recorded_runs() {
        let input = run.input();
        let mapping = run.mapping(&input).value;
        let Input { architecture, problem, .. } = input;
        let evaluation = evaluate(&architecture, &problem, &mapping).unwrap();
        // Two decimals of picojoules for each part, or three digits.
        let relative = if run.is_scientific() { 0.005 } else { 1e-7 };
        compare(&statistics(&run), &evaluation, &architecture, &problem, relative, &run.name);
        compared += 1;
    }
    assert_eq!(compared, 15);
}

#[test]
fn summary_is_read_with_all_its_digits() {
    let runs = recorded_runs();
    let named = |name: &str| statistics(runs.iter().find(|run| run.name.starts_with(name)).unwrap());
    let summary = &named("01").summary;
    // The last lines of the file.
    assert_eq!((summary.gflops, summary.utilization, summary.cycles), (Some(63.5), Some(0.1905), 8_520_192));
    assert_eq!((summary.energy_uj, summary.edp_j_cycle, summary.area_mm2), (Some(4986.81), Some(4.25e4), None));
    let rows: Vec<_> = summary.components.iter().map(|row| (row.name.as_str(), row.fj_per_compute.unwrap())).collect();
    let expected = [
        ("mac", 207.69),
        ("psum_spad", 510.61),
        ("weights_spad", 997.19),
        ("ifmap_spad", 123.41),
        ("shared_glb", 705.40),
        ("DRAM", 15746.12),
    ];
    assert_eq!((rows.as_slice(), summary.total.fj_per_compute), (expected.as_slice(), Some(18290.42)));
    // Exponents are kept.
    let summary = &named("16").summary;
    assert_eq!((summary.gflops, summary.energy_uj, summary.edp_j_cycle), (Some(31.9), Some(15.4), Some(0.999)));
    assert_eq!(summary.total.fj_per_compute, Some(14_900.0));
    // Networks that are shown: one word to several instances at once.
    let statistics = named("12");
    assert_eq!(statistics.networks.len(), statistics.operations_per_byte.len());
    assert!(
        statistics.networks.iter().any(|network| network.multicast.iter().any(|(_, mean)| mean.unwrap_or(0.0) > 1.0))
    );
    assert!(named("14").networks.iter().any(|network| network.energy_pj.unwrap() > 0.0));
    // Areas: the sum over printed levels, where only levels that fan out are hidden.
    assert!(statistics.area_um2().is_some());
    assert!((named("01").area_um2().unwrap() - 1_259_296.02).abs() < 0.01);
}

/// A file that ends early is no result, wherever it ends.
#[test]
fn statistics_that_are_cut_off_are_refused() {
    let text = recorded_runs()[0].text("stats.txt");
    let whole = text.trim_end();
    let last = whole.rfind("Total").unwrap();
    for end in (0..=last).step_by(997).chain([last]) {
        let error = read(&whole[..end]).unwrap_err();
        assert_eq!(error == StatsError::Empty, whole[..end].trim().is_empty());
    }
}

/// Our own text, of evaluated cases in every notation.
#[test]
fn written_statistics_are_read_as_the_evaluation() {
    let architectures = architectures();
    let mut compared = 0;
    for (number, case) in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases).enumerate() {
        if number % 40 != 0 || case.expected["accepted"] != true {
            continue;
        }
        let architecture = &architectures[&case.arch];
        let evaluation = evaluate(architecture, &case.problem, &case.mapping).unwrap();
        for (notation, hide, relative) in
            [(Notation::Fixed, true, 1e-7), (Notation::Fixed, false, 1e-7), (Notation::Scientific, false, 0.005)]
        {
            let options = StatsOptions { hide_inconsequential: hide, notation };
            let text = stats::write(architecture, &case.problem, &evaluation, options);
            let found = read(&text).unwrap();
            compare(&found, &evaluation, architecture, &case.problem, relative, &case.id);
        }
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
}

/// Loop nests in map.txt, residuals too.
#[test]
fn nests_of_recorded_map_txt_are_read_as_their_mapping() {
    let mut compared = 0;
    for case in ["cases-1.jsonl.gz", "cases-imperfect.jsonl.gz"].into_iter().flat_map(cases) {
        let Some(text) = case.expected["map_txt"].as_str() else { continue };
        let levels = nest_text::read(text);
        assert_eq!(levels.len(), case.mapping.levels.len(), "{}", case.id);
        for (printed, level) in levels.iter().rev().zip(&case.mapping.levels) {
            let letter = |dimension: usize| case.problem.dimensions()[dimension].0;
            let temporal = level.temporal.iter().map(|line| (letter(line.dimension), line.bound, line.residual, None));
            let spatial = level.spatial.iter().map(|each| {
                let iteration = each.iteration;
                (letter(iteration.dimension), iteration.bound, iteration.residual, Some(each.axis))
            });
            let expected: Vec<_> = spatial.chain(temporal).filter(|line| line.1 > 1).collect();
            let loops: Vec<_> =
                printed.loops.iter().rev().map(|line| (line.dimension, line.bound, line.residual, line.axis)).collect();
            assert_eq!(loops, expected, "{}", case.id);
            let kept = (0..case.problem.data_spaces().len()).filter(|space| level.policy.keep.contains(*space)).count();
            assert_eq!(printed.tiles.len(), kept, "{}", case.id);
        }
        compared += 1;
    }
    assert_eq!(compared, 274 + 17);
}
