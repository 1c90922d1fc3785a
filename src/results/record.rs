//! The record of one network on one architecture, as `results.json` has it. Absent numbers are unknown (old files do not
//! state all), never zero.

use serde::{Deserialize, Serialize};

use super::zeros::{SparseResult, SparseSpaceResult};

use super::density::DensityResults;

/// One network on one architecture by one mapper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkResults {
    /// Version of this form.
    pub schema: u32,
    /// The network's name.
    pub network: String,
    /// The architecture's name.
    pub architecture: String,
    /// `exact`, `random` or `timeloop`.
    pub mapper: String,
    /// Where energies and areas come from.
    pub energy_source: String,
    /// `hull` (Timeloop's) or `exact`.
    pub footprint: String,
    /// `from-network` where each layer ran at the widths of its own operands; absent: the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datawidth: Option<String>,
    /// Quantity that the search minimized, such as `edp`; unknown for other tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Seconds of a cycle, as the description states them (`global_cycle_seconds`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle_seconds: Option<f64>,
    /// Every layer, in graph order.
    pub layers: Vec<LayerResult>,
    /// Over all layers, each times its executions.
    pub totals: Totals,
    /// Share of the network's multiply-accumulates that its layers hold; unknown where work may be missing or counted twice, and
    /// in old files.
    #[serde(default)]
    pub mac_coverage: Option<f64>,
    /// What the reader should know of the network: what is not certain, choices made.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// One layer on the accelerator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerResult {
    /// Index of the layer in the network.
    pub index: usize,
    /// Name of the layer, unique in the network.
    pub name: String,
    /// ONNX operator, if known.
    pub op: String,
    /// `NNN_NAME` of its distinct problem: layers that share it share everything below.
    pub problem: String,
    /// How often one run of the network executes it.
    pub executions: u64,
    /// Multiply-accumulates of one execution; unknown if another tool has failed on the layer and left nothing that tells them.
    pub macs: Option<u64>,
    /// Bounds of the problem by dimension name, in order.
    pub bounds: Vec<(String, u64)>,
    /// Strides and dilations by coefficient name, in order.
    pub coefficients: Vec<(String, i64)>,
    /// The zeros of its tensors, as far as they are known.
    #[serde(default, skip_serializing_if = "DensityResults::is_empty")]
    pub densities: DensityResults,
    /// What the nodes of the file were recognised as, where the layer is not one node as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognized_as: Option<String>,
    /// Why the number of executions is not certain, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: LayerOutcome,
}

/// What became of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum LayerOutcome {
    Mapped(Box<MappedLayer>),
    Failed { reason: String },
}

/// A layer with its mapping; of one execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappedLayer {
    /// Cycles, stalls included.
    pub cycles: u64,
    /// Energy of everything, in pJ.
    pub energy_pj: f64,
    /// Energy-delay product, in J*cycle.
    pub edp_j_cycle: f64,
    /// Share of the compute units times cycles that did work, from 0 to 1.
    pub utilization: f64,
    /// Operations (two per multiply-accumulate) per nanosecond at 1 GHz, as Timeloop prints.
    pub gflops: f64,
    /// Area of the whole accelerator, in square micrometres.
    pub area_um2: Option<f64>,
    /// Compute units first, then levels from the innermost to the outermost, then networks that cost energy.
    pub components: Vec<ComponentResult>,
    /// What decides the cycles; the compute units alone if empty.
    pub limited_by: Vec<LimitResult>,
    /// The loop nest, outermost level first; empty if unknown.
    pub mapping: Vec<MappingLevel>,
    /// How good it is known to be.
    pub optimality: OptimalityResult,
    /// Sizes of the parts of the mapspace, as decimal text, by Timeloop's names.
    pub mapspace: Vec<(String, String)>,
    /// Mappings evaluated by the search.
    pub evaluations: Option<u64>,
    /// Why the search stopped, by the name of its [`StopReason`](crate::mapper::StopReason), such as `complete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
    /// What shows how good it is, if the search knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofResult>,
    /// What becomes of the multiply-accumulates, on a sparse design.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sparse: Option<SparseResult>,
    /// Multiply-accumulates that the model counts for the mapping, if that is not what the layer has: loops over instances with a
    /// shorter last pass are counted through averages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computes: Option<u64>,
}

/// What is needed to check how good a mapping is known to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofResult {
    /// Everything that the result of the search depends on beside the job.
    pub settings: String,
    /// Each metric that was minimised, one after the other.
    pub steps: Vec<ProofStepResult>,
    /// Mappings evaluated that were valid.
    pub valid: u64,
    /// What was not looked at: each rule with the number of candidates that it refused.
    pub cuts: Vec<(String, u64)>,
}

/// One metric that was minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProofStepResult {
    /// The metric, by Timeloop's name.
    pub metric: String,
    /// The lowest value found, in J*cycle, pJ, cycles or words.
    pub value: f64,
    /// No mapping of the mapspace, within 0.1 % of the values of earlier steps, has a lower value.
    pub lower_bound: f64,
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ComponentKind {
    Arithmetic,
    Storage,
    Network,
}

/// The share of one component in a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentResult {
    /// Name of the component.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// Energy of all its instances, leakage included, in pJ.
    pub energy_pj: f64,
    /// Of that, leakage.
    pub leakage_pj: Option<f64>,
    /// Energy per multiply-accumulate, in fJ.
    pub fj_per_compute: f64,
    /// Number of instances.
    pub instances: Option<u64>,
    /// Instances in use.
    pub utilized_instances: Option<u64>,
    /// Cycles that this component alone would need.
    pub cycles: Option<u64>,
    /// Operations per byte that reads from it allow (roofline).
    pub operations_per_byte: Option<f64>,
    /// Words per cycle that all its instances can deliver together; absent if unlimited.
    pub bandwidth_words_per_cycle: Option<f64>,
    /// Bits of a word.
    pub word_bits: Option<u64>,
    /// What it does for each data space that it keeps.
    pub data_spaces: Vec<DataSpaceResult>,
}

/// One data space at one level; words of all instances together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSpaceResult {
    /// Name of the data space, such as `Weights`.
    pub name: String,
    /// Words of a tile, in one instance.
    pub tile_words: u64,
    /// Words read.
    pub reads: u64,
    /// Words written from outside.
    pub fills: u64,
    /// Words written from inside.
    pub updates: u64,
    /// Energy, in pJ.
    pub energy_pj: f64,
    /// Words that the next inner level which keeps them (or the compute units) receives per word read here: multicast and
    /// hand-over between neighbours together. Absent for partial sums.
    pub multicast: Option<f64>,
    /// Of a sparse design. What stands above are the accesses of dense data, and the words of a tile that are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sparse: Option<SparseSpaceResult>,
}

/// A bandwidth that decides the cycles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitResult {
    /// Name of the level.
    pub level: String,
    /// `read`, `write` or `shared`.
    pub bandwidth: String,
    /// Words per cycle and instance that the mapping asks for.
    pub wanted: f64,
    /// Words per cycle and instance that there are.
    pub available: f64,
}

/// One level of a loop nest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingLevel {
    /// Name of the level.
    pub name: String,
    /// Data spaces that it keeps.
    pub keeps: Vec<String>,
    /// Instances of the next inner level per instance of this one, along X and Y, if there is more than one.
    pub mesh: Option<[u64; 2]>,
    /// Its loops, outermost first: temporal, then spatial.
    pub loops: Vec<LoopResult>,
}

/// One loop of a nest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopResult {
    /// Name of the dimension, such as `C`.
    pub dimension: String,
    /// Number of iterations.
    pub bound: u64,
    /// Iterations of the last pass.
    pub residual: u64,
    /// `X` or `Y` for a loop over instances; absent for one in time.
    pub axis: Option<String>,
}

/// How good a mapping is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "gap", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum OptimalityResult {
    Proved,
    /// The optimum is at most this share better.
    Gap(f64),
    Unknown,
}

/// What a network costs as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Layers without a mapping.
    pub failed: usize,
    /// Why there are no sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Area of the whole accelerator, in square micrometres.
    pub area_um2: Option<f64>,
    /// Sums over all layers; absent if one of them has no mapping, since those over the others would be taken for the network's.
    #[serde(flatten)]
    pub sums: Option<Sums>,
}

/// Sums over all layers of a network, each times its executions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// Number of multiply-accumulates.
    pub macs: u64,
    /// Cycles, layer after layer.
    pub cycles: u64,
    /// Energy, in pJ.
    pub energy_pj: f64,
    /// Total energy times total cycles, in J*cycle.
    pub edp_j_cycle: f64,
    /// Operations per nanosecond at 1 GHz.
    pub gflops: f64,
    /// Mean over the cycles.
    pub utilization: f64,
    /// Energy per multiply-accumulate, in fJ, by component, in the order of the components.
    pub fj_per_compute: Vec<(String, f64)>,
    /// Seconds of one run of the network: its cycles times those of a cycle. Unknown without a clock, and so are the rates below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_seconds: Option<f64>,
    /// Runs of the network per second; a run takes a whole batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<f64>,
    /// Operations (two per multiply-accumulate) per pJ, which are 10^12 operations per second and watt. Needs no clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tops_per_watt: Option<f64>,
    /// Gigabytes (10^9) per second that the outermost level reads and takes, on average over the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_memory_gb_per_second: Option<f64>,
    /// What becomes of the multiply-accumulates, on a sparse design.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sparse: Option<SparseResult>,
}
