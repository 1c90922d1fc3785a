//! The record of an evaluation: everything that the statistics print, in full precision, and the source of every number.

use indexmap::IndexMap;
use serde::Serialize;

use super::Evaluated;
use super::sparse::{SparseRecord, sparse_record};
use crate::architecture::{Energy, Level, Mesh, Technology};
use crate::model::{DataSpaceUse, LevelUse, Limit, limits, roofline};
use crate::report::energies::{area_source, energy_source};

/// An evaluation as JSON has it. Lists of levels are innermost first.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names of the fields are those of the statistics")]
pub struct EvaluationRecord {
    pub schema: u32,
    pub tool: String,
    pub inputs: Vec<String>,
    /// `hull` (Timeloop's) or `exact`.
    pub footprint: &'static str,
    pub cycles: u64,
    pub energy_pj: f64,
    pub edp_j_cycle: f64,
    pub utilization: f64,
    pub area_um2: f64,
    pub computes: u64,
    pub operations: u64,
    pub operations_per_cycle: f64,
    pub limited_by: Vec<LimitRecord>,
    pub problem: ProblemRecord,
    pub arithmetic: ArithmeticRecord,
    pub levels: Vec<LevelRecord>,
    pub networks: Vec<NetworkRecord>,
    /// Of a sparse design only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sparse: Option<SparseRecord>,
    pub warnings: Vec<String>,
}

/// What decides the cycles.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LimitRecord {
    Compute,
    Bandwidth { level: String, bandwidth: &'static str, wanted_words_per_cycle: f64, available_words_per_cycle: f64 },
}

/// The problem that was evaluated.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemRecord {
    pub name: String,
    pub bounds: IndexMap<String, u64>,
    pub coefficients: IndexMap<String, i64>,
    pub macs: u64,
}

/// An energy with its source.
#[derive(Clone, Debug, Serialize)]
pub struct EnergyRecord {
    pub pj: f64,
    pub source: String,
}

/// An area of one instance with its source.
#[derive(Clone, Debug, Serialize)]
pub struct AreaRecord {
    pub um2: f64,
    pub source: String,
}

/// The compute units.
#[derive(Clone, Debug, Serialize)]
pub struct ArithmeticRecord {
    pub name: String,
    pub class: String,
    pub instances: u64,
    pub mesh: [u64; 2],
    pub utilized_instances: u64,
    pub cycles: u64,
    pub energy_per_compute: EnergyRecord,
    pub area_per_instance: AreaRecord,
    pub energy_pj: f64,
}

/// A storage level. `null` is unlimited.
#[derive(Clone, Debug, Serialize)]
pub struct LevelRecord {
    pub name: String,
    pub class: String,
    pub technology: &'static str,
    pub instances: u64,
    pub mesh: [u64; 2],
    pub word_bits: u64,
    pub block_size: u64,
    pub cluster_size: u64,
    pub size_words: Option<u64>,
    pub effective_size_words: Option<u64>,
    /// Of one vector access of a whole cluster.
    pub read: EnergyRecord,
    pub fill: EnergyRecord,
    pub update: EnergyRecord,
    /// Per cycle and instance.
    pub leak: EnergyRecord,
    pub area_per_instance: AreaRecord,
    pub cycles: u64,
    pub slowdown: f64,
    pub leakage_pj: f64,
    pub energy_pj: f64,
    pub operations_per_byte: Option<f64>,
    pub data_spaces: Vec<DataSpaceRecord>,
}

/// A data space that a level keeps; counts are words of one instance.
#[derive(Clone, Debug, Serialize)]
pub struct DataSpaceRecord {
    pub name: String,
    pub partition_size: u64,
    pub utilized_capacity: u64,
    pub utilized_instances: u64,
    pub utilized_clusters: u64,
    pub reads: u64,
    pub fills: u64,
    pub updates: u64,
    pub temporal_reductions: u64,
    pub address_generations: u64,
    pub energy_per_access_pj: Option<f64>,
    pub energy_pj: f64,
    pub address_generation_energy_pj: f64,
    pub read_words_per_cycle: f64,
    pub write_words_per_cycle: f64,
}

/// A network that takes energy.
#[derive(Clone, Debug, Serialize)]
pub struct NetworkRecord {
    pub name: String,
    pub energy_pj: f64,
}

/// The record of an evaluation.
pub fn record(evaluated: &Evaluated<'_>, inputs: &[String], warnings: &[String]) -> EvaluationRecord {
    let Evaluated { architecture, problem, evaluation, tables, footprint, .. } = *evaluated;
    let units = architecture.arithmetic();
    let roofs = roofline(architecture, evaluation).roofs;
    let level = |(level, used): (&Level, &LevelUse)| {
        let roof = roofs.iter().find(|roof| roof.level == level.name);
        level_record(evaluated, level, used, roof.map(|roof| roof.intensity))
    };
    EvaluationRecord {
        schema: 1,
        tool: format!("onnx2timeloop {}", env!("CARGO_PKG_VERSION")),
        inputs: inputs.to_vec(),
        footprint: footprint.name(),
        cycles: evaluation.cycles,
        energy_pj: evaluation.energy_pj,
        edp_j_cycle: evaluation.edp(),
        utilization: evaluation.utilization,
        area_um2: evaluation.area_um2,
        computes: evaluation.arithmetic.computes,
        operations: evaluation.operations(),
        operations_per_cycle: roofline(architecture, evaluation).reached,
        limited_by: limits(architecture, evaluation).into_iter().map(limit_record).collect(),
        problem: ProblemRecord {
            name: problem.name().to_owned(),
            bounds: problem.dimensions().iter().map(|(letter, bound)| (letter.to_string(), *bound)).collect(),
            coefficients: problem
                .coefficients()
                .iter()
                .map(|coefficient| (coefficient.name.clone(), coefficient.value))
                .collect(),
            macs: problem.macs(),
        },
        arithmetic: ArithmeticRecord {
            name: units.name.clone(),
            class: units.class.clone(),
            instances: units.instances,
            mesh: mesh(units.mesh),
            utilized_instances: evaluation.arithmetic.utilized_instances,
            cycles: evaluation.arithmetic.cycles,
            energy_per_compute: EnergyRecord {
                pj: units.energy.pj,
                source: energy_source(tables, &units.name, &units.energy),
            },
            area_per_instance: AreaRecord {
                um2: units.area.um2.into(),
                source: area_source(tables, &units.name, &units.area),
            },
            energy_pj: evaluation.arithmetic.energy_pj,
        },
        levels: architecture.levels().iter().zip(&evaluation.levels).map(level).collect(),
        networks: evaluation
            .networks
            .iter()
            .filter(|network| network.energy_pj != 0.0)
            .map(|network| NetworkRecord { name: network.name.clone(), energy_pj: network.energy_pj })
            .collect(),
        sparse: evaluation.sparse.as_ref().map(|sparse| sparse_record(evaluated, sparse)),
        warnings: warnings.to_vec(),
    }
}

fn mesh(mesh: Mesh) -> [u64; 2] {
    [mesh.x, mesh.y]
}

fn limit_record(limit: Limit) -> LimitRecord {
    match limit {
        Limit::Compute => LimitRecord::Compute,
        Limit::Bandwidth { level, bandwidth, wanted, available } => LimitRecord::Bandwidth {
            level,
            bandwidth: bandwidth.name(),
            wanted_words_per_cycle: wanted,
            available_words_per_cycle: available,
        },
    }
}

fn level_record(evaluated: &Evaluated<'_>, level: &Level, used: &LevelUse, intensity: Option<f64>) -> LevelRecord {
    let energy =
        |energy: &Energy| EnergyRecord { pj: energy.pj, source: energy_source(evaluated.tables, &level.name, energy) };
    let spaces = evaluated.problem.data_spaces().iter().zip(&used.data_spaces);
    LevelRecord {
        name: level.name.clone(),
        class: level.class.clone(),
        technology: if level.technology == Technology::Dram { "DRAM" } else { "SRAM" },
        instances: level.instances,
        mesh: mesh(level.mesh),
        word_bits: level.word_bits,
        block_size: level.block_size,
        cluster_size: level.cluster_size,
        size_words: level.size,
        effective_size_words: level.effective_size,
        read: energy(&level.energy.read),
        fill: energy(&level.energy.fill),
        update: energy(&level.energy.update),
        leak: energy(&level.energy.leak),
        area_per_instance: AreaRecord {
            um2: level.area.um2.into(),
            source: area_source(evaluated.tables, &level.name, &level.area),
        },
        cycles: used.cycles,
        slowdown: used.slowdown,
        leakage_pj: used.leakage_pj,
        energy_pj: used.energy_pj,
        operations_per_byte: intensity,
        data_spaces: spaces.filter_map(|(space, used)| Some(data_space_record(&space.name, used.as_ref()?))).collect(),
    }
}

fn data_space_record(name: &str, used: &DataSpaceUse) -> DataSpaceRecord {
    DataSpaceRecord {
        name: name.to_owned(),
        partition_size: used.partition,
        utilized_capacity: used.tile,
        utilized_instances: used.utilized_instances,
        utilized_clusters: used.utilized_clusters,
        reads: used.accesses.reads,
        fills: used.accesses.fills,
        updates: used.accesses.updates,
        temporal_reductions: used.temporal_reductions,
        address_generations: used.address_generations,
        energy_per_access_pj: (used.accesses.total() > 0).then(|| used.energy_per_access_pj()),
        energy_pj: used.energy_pj,
        address_generation_energy_pj: used.address_energy_pj,
        read_words_per_cycle: used.read_bandwidth,
        write_words_per_cycle: used.write_bandwidth,
    }
}
