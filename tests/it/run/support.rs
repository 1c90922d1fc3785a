//! Small networks, and a mapper that is quick to say something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use onnx2timeloop::architecture::presets;
use onnx2timeloop::mapper::{Effort, FoundMapping, Job, MapError, Mapper, Outcome, Progress, Status, StopReason};
use onnx2timeloop::mapping::{DataSpaceSet, LevelMapping, LevelPolicy, Loop, Mapping};
use onnx2timeloop::model::{Cost, evaluate};
use onnx2timeloop::run::{NamedArchitecture, NetworkProblems};
use onnx2timeloop::timeloop::files::specification::ReadSources;
use onnx2timeloop::timeloop::files::{EnergyTables, parse_document};
use onnx2timeloop::timeloop::frontend::{Source, Variables};
use onnx2timeloop::workload::{
    Axis, Bits, Convolution, Datawidth, Formats, Layer, LayerDensities, Network, NetworkGraph, NumberFormat, Operation,
    ProblemStyle, distinct_problems,
};

/// Everything loops at the outermost level: a valid mapping of every problem that the tests have. Layers with 101 output
/// channels have none.
#[derive(Clone, Default)]
pub(crate) struct Outermost {
    pub(crate) searched: Arc<AtomicUsize>,
    pub(crate) settings: String,
    /// What it claims; a gap if nothing.
    pub(crate) status: Option<Status>,
}

impl Mapper for Outermost {
    fn name(&self) -> &str {
        "exact"
    }

    fn settings(&self) -> String {
        self.settings.clone()
    }

    fn search(&self, job: Job, progress: &dyn Progress) -> Result<Outcome, MapError> {
        self.searched.fetch_add(1, Ordering::SeqCst);
        if job.problem.bound('M') == Some(101) {
            return Ok(Outcome::infeasible("101 output channels are one too many".into(), Effort::default()));
        }
        let loops = job.problem.dimensions().iter().enumerate().filter(|(_, (_, bound))| *bound > 1);
        let loops: Vec<Loop> = loops.map(|(index, (_, bound))| Loop::perfect(index, *bound)).collect();
        let level = |at: usize| LevelMapping {
            policy: LevelPolicy::keeping(job.constraints.levels[at].policy.keep),
            ..LevelMapping::default()
        };
        let mut levels: Vec<_> = (0..job.architecture.levels().len()).map(level).collect();
        let outermost = levels.last_mut().unwrap();
        (outermost.temporal, outermost.policy.keep) = (loops, DataSpaceSet::all(job.problem.data_spaces().len()));
        let mapping = Mapping { levels };
        let evaluation =
            evaluate(job.architecture, job.problem, &mapping).map_err(|e| MapError::Failed(e.to_string()))?;
        let cost = Cost { energy_pj: evaluation.energy_pj, cycles: evaluation.cycles };
        progress.improved(&mapping, cost);
        let effort = Effort {
            mapspace: vec![("IndexFactorization".into(), u128::MAX)],
            evaluations: 1,
            valid: 1,
            cuts: vec![("bound".into(), 3)],
        };
        let status = self.status.clone().unwrap_or(Status::Gap(0.1 + 0.2));
        Ok(Outcome::found(FoundMapping { mapping, cost }, status, StopReason::Evaluations, effort))
    }
}

pub(crate) fn axis(kernel: u64, output: u64) -> Axis {
    Axis { kernel, stride: 1, dilation: 1, pad_before: 0, pad_after: 0, input: output + kernel - 1, output }
}

const SINGLE: NumberFormat = NumberFormat::Float { exponent: 8, mantissa: 23 };

/// A network of square convolutions: channels in, channels out, kernel, output size.
pub(crate) fn workload(name: &str, layers: &[(u64, u64, u64, u64)]) -> NetworkProblems {
    let layer = |(index, &(channels_in, channels_out, kernel, size)): (usize, &(u64, u64, u64, u64))| {
        let convolution = Convolution {
            batch: 1,
            groups: 1,
            in_channels_per_group: channels_in,
            out_channels_per_group: channels_out,
            window: vec![axis(kernel, size), axis(kernel, size)],
            transposed: false,
        };
        let macs = convolution.macs().unwrap();
        Layer {
            name: format!("conv{index}"),
            node: format!("/conv{index}/Conv"),
            op: "Conv".into(),
            input: convolution.input_shape(),
            weight: convolution.weight_shape(),
            output: convolution.output_shape(),
            operation: Operation::Convolution(convolution),
            bits: Bits { input: 32, weight: 32, output: 32 },
            formats: Formats { input: SINGLE, weight: SINGLE, output: SINGLE },
            densities: LayerDensities::default(),
            macs,
            macs_not_on_padding: macs,
            executions: 1,
            recognized_as: None,
            note: None,
        }
    };
    let layers: Vec<Layer> = layers.iter().enumerate().map(layer).collect();
    let (macs, macs_not_on_padding) = Network::totals(&layers).unwrap();
    let problems = distinct_problems(&layers, ProblemStyle::Conv2d, Datawidth::Machine).unwrap();
    let network = Network {
        name: name.into(),
        inputs: Vec::new(),
        layers,
        unknown_layers: Vec::new(),
        not_lowered: Vec::new(),
        graph: NetworkGraph::default(),
        macs,
        macs_not_on_padding,
        mac_coverage: Some(1.0),
        parameters: 0,
        warnings: Vec::new(),
    };
    NetworkProblems { network, problems, datawidth: Datawidth::Machine }
}

/// A shipped design with its own energies.
pub(crate) fn preset(name: &str) -> NamedArchitecture {
    let preset = presets::find(name).unwrap();
    let mut tables = EnergyTables::default();
    tables.add(&parse_document(preset.energy).unwrap(), "the shipped table").unwrap();
    let sources = [Source::Text { name: name.into(), text: preset.text.into() }];
    let sources = ReadSources::read(&sources, &Variables::new()).unwrap();
    NamedArchitecture {
        name: name.into(),
        sources,
        tables: Arc::new(tables),
        stated: None,
        frontend_quirks: false,
        zero_use: None,
    }
}

/// The same mapper for so many accelerators.
pub(crate) fn for_all(mapper: &(impl Mapper + Clone + 'static), accelerators: usize) -> Vec<Vec<Arc<dyn Mapper>>> {
    (0..accelerators).map(|_| vec![Arc::new(mapper.clone()) as Arc<dyn Mapper>]).collect()
}
