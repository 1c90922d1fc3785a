//! The dilation study: its predictions against the model, its parts against the variants.

use onnx2timeloop::architecture::{Architecture, ArithmeticSpec, LevelSpec, SizeSpec};
use onnx2timeloop::mapping::{Axis, DataSpaceSet, LevelMapping, Loop, Mapping, SpatialLoop};
use onnx2timeloop::model::evaluate;
use onnx2timeloop::onnx::{Bindings, Source, import};
use onnx2timeloop::report::dilation::{VARIANTS, row_sharing, subjects, twin};
use onnx2timeloop::workload::{Axis as Window, Convolution, Operation, Problem, ProblemStyle, Variant};

use crate::kit::{architectures, model};

/// Height 14 by a kernel of 3 taps at a rate, width 8 by 1: 3 taps on rows of PEs, 14 output rows on columns.
fn rows(rate: u64) -> Problem {
    let height = Window::convolution(3, 1, rate, (0, 0), 14 + 2 * rate).unwrap();
    let width = Window::convolution(1, 1, 1, (0, 0), 8).unwrap();
    assert_eq!((height.output, width.output), (14, 8));
    let operation = Operation::Convolution(Convolution {
        batch: 1,
        groups: 1,
        in_channels_per_group: 1,
        out_channels_per_group: 1,
        window: vec![height, width],
        transposed: false,
    });
    Problem::of(&operation, ProblemStyle::Native).unwrap()
}

/// Words that the level below receives per input word that `level` reads, if the taps are spread below `taps` and the output
/// rows below `columns`.
fn shared(architecture: &Architecture, rate: u64, level: usize, columns: usize, taps: usize) -> f64 {
    let problem = rows(rate);
    let dimension = |letter: char| problem.dimensions().iter().position(|(name, _)| *name == letter).unwrap();
    let mut levels = vec![LevelMapping::default(); architecture.levels().len()];
    levels.last_mut().unwrap().policy.keep = DataSpaceSet::all(3);
    levels[level].policy.keep = DataSpaceSet::all(3);
    let spad = architecture.level_index("ifmap_spad").unwrap();
    levels[spad].policy.keep = [1].into_iter().collect();
    levels[level].temporal = vec![Loop::perfect(dimension('P'), 8)];
    let spatial = |letter, bound, axis| SpatialLoop { iteration: Loop::perfect(dimension(letter), bound), axis };
    levels[columns].spatial.push(spatial('Q', 14, Axis::X));
    levels[taps].spatial.push(spatial('S', 3, Axis::Y));
    let evaluation = evaluate(architecture, &problem, &Mapping { levels }).unwrap();
    let inputs = |level: usize| evaluation.levels[level].data_spaces[1].as_ref().unwrap();
    let received = inputs(spad).accesses.fills * inputs(spad).utilized_instances;
    received as f64 / (inputs(level).accesses.reads * inputs(level).utilized_instances) as f64
}

/// An array of 14 columns of 12 PEs right below the buffer: the buffer reads each input row once, and the PEs receive it as often
/// as the formula says.
#[test]
fn model_shares_rows_as_predicted() {
    let level = |name: &str, x, y| LevelSpec {
        mesh_x: Some(x),
        mesh_y: Some(y),
        word_bits: Some(8),
        size: SizeSpec::Words(1 << 20),
        actions: Some(["read", "write", "update"].map(|name| (name.to_owned(), 1.0)).into_iter().collect()),
        ..LevelSpec::new(name.to_owned(), "storage", x * y)
    };
    let units = ArithmeticSpec {
        name: "mac".into(),
        class: "mac".into(),
        instances: 168,
        mesh_x: Some(14),
        mesh_y: Some(12),
        actions: Some([("compute".to_owned(), 1.0)].into_iter().collect()),
        ..ArithmeticSpec::default()
    };
    let levels = vec![level("ifmap_spad", 14, 12), level("buffer", 1, 1), level("memory", 1, 1)];
    let architecture = Architecture::new(levels, units).unwrap();
    for (rate, expected) in [(1, "2.62"), (2, "2.33"), (6, "1.62"), (12, "1.11"), (18, "1.00")] {
        let factor = shared(&architecture, rate, 1, 1, 1);
        assert_eq!(factor, row_sharing(3, 14, 1, rate).unwrap(), "rate {rate}");
        assert!((factor - expected.parse::<f64>().unwrap()).abs() <= 0.005_001, "rate {rate}: {factor}");
    }
}

/// The shipped design after Eyeriss describes columns and their PEs as two levels. Timeloop compares the tiles of one level's
/// children only, so the diagonal, which runs across both, is not shared at any rate.
#[test]
fn two_levels_of_a_mesh_hide_the_diagonal() {
    let architecture = &architectures()["eyeriss_like"];
    let [glb, columns, pes] = ["shared_glb", "inter_PE_column_spatial", "inter_PE_spatial"]
        .map(|name| architecture.level_index(name).unwrap());
    for rate in [1, 2, 6, 12, 18] {
        assert_eq!(shared(architecture, rate, glb, columns, pes), 1.0, "rate {rate}");
    }
}

/// Every variant keeps the work of its subjects, but the zero-inserted one.
#[test]
fn variants_of_deeplabv3_keep_the_work_but_for_the_zero_inserted() {
    let file = model("deeplabv3_resnet50_513__ts_rbn");
    let network = import(&Source::Path(file), "deeplabv3", &Bindings::default()).unwrap();
    let subjects = subjects(&network);
    assert_eq!(subjects.iter().map(|subject| subject.count).sum::<u64>(), 11);
    let macs = |layer: &onnx2timeloop::workload::Layer| layer.macs;
    let native: Vec<u64> = subjects.iter().map(|subject| macs(&subject.layer)).collect();
    for variant in VARIANTS {
        let (twin, parts) = twin(&network, &subjects, variant).unwrap();
        assert_eq!(twin.layers.len(), parts.len());
        let mut sums = vec![0; subjects.len()];
        for part in &parts {
            sums[part.subject] += macs(&part.layer) * part.times;
        }
        let is_more = sums.iter().zip(&native).all(|(sum, native)| sum > native);
        assert!(if variant == Variant::ZeroInserted { is_more } else { sums == native }, "{variant:?}: {sums:?}");
    }
}
