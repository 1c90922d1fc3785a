//! The record of a sweep.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::row::Row;
use super::{DesignCost, PairFronts, SweepObjective, SweepValue};

/// What a sweep found. Designs are named by their number, which counts from 0 the combinations of values that satisfy the conditions,
/// architectures slowest, then the first parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepResults {
    /// Version of this form.
    pub schema: u32,
    /// Names of the networks.
    pub networks: Vec<String>,
    /// Names of the architectures whose values were varied.
    pub architectures: Vec<String>,
    /// What was varied, in the order in which designs count.
    pub parameters: Vec<SweepParameter>,
    /// Conditions that every design satisfies.
    pub conditions: Vec<String>,
    /// What decides which designs are the best.
    pub objective: SweepObjective,
    /// Quantity that the mapping of each layer minimises.
    pub metric: String,
    /// How mappings were searched.
    pub mapper: String,
    /// How many designs were asked for (at least 1): a design is skipped where so many others are known to be better in everything.
    pub best_count: usize,
    /// Whether every design was searched.
    pub exhaustive: bool,
    /// The part of the designs that this is, if it is not all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Files of the sweep, with hashes.
    pub inputs: Vec<SweepInput>,
    /// What the reader should know.
    pub warnings: Vec<String>,
    /// Every design, in the order of their numbers.
    pub designs: Vec<SweepDesign>,
    /// Designs that no other one dominates in energy, cycles and area, of all networks together; in the order of their numbers.
    pub front: Vec<FrontDesign>,
    /// The same of each two quantities: numbers of designs.
    pub pair_fronts: PairFronts,
    /// The best designs by the objective, best first: as many as were asked for, at least one.
    pub best: Vec<BestDesign>,
}

/// What a sweep varies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepParameter {
    /// The path, such as `shared_glb.depth`, or the name of a variable.
    pub path: String,
    /// What charts and tables call it, if not by its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its values, in their order.
    pub values: Vec<SweepValue>,
}

impl SweepParameter {
    /// What people read.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.path)
    }
}

/// A part of the designs: those whose number leaves the rest `index - 1` when it is divided by `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// Number of shards.
    pub count: usize,
}

/// A file that a sweep was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepInput {
    /// Its path, or the name of a preset.
    pub source: String,
    /// BLAKE3 of its bytes, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

/// A design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Row", into = "Row")]
pub struct SweepDesign {
    /// Its number, from 0.
    pub design: usize,
    /// Name of the architecture whose values are set.
    pub architecture: String,
    /// The values that are set, by path, in the order of the parameters.
    pub values: IndexMap<String, SweepValue>,
    /// No mapping of the networks' layers costs less than this; the area is that of the design. Unknown where the design is not valid.
    pub bounds: Option<DesignCost>,
    /// What became of it.
    pub outcome: DesignOutcome,
}

/// What became of a design.
#[derive(Clone, Debug, PartialEq)]
pub enum DesignOutcome {
    /// Every layer has a mapping.
    Searched(SearchedDesign),
    /// It cannot be one of the best, nor on the front: a design that is named here costs less in everything than its bounds.
    Skipped {
        /// Number of the first such design.
        dominated_by: usize,
    },
    /// It is not valid, or a layer has no mapping.
    Failed {
        /// Why.
        reason: String,
    },
    /// The sweep ended before it.
    Unfinished,
}

/// A design whose layers are mapped.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchedDesign {
    /// Of all networks together, one after the other.
    pub cost: DesignCost,
    /// Each network.
    pub networks: Vec<DesignNetwork>,
}

/// A network on a design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignNetwork {
    /// Name of the network.
    pub network: String,
    /// Energy, in pJ.
    pub energy_pj: f64,
    /// Cycles, layer after layer.
    pub cycles: u64,
    /// Total energy times total cycles, in J*cycle.
    pub edp_j_cycle: f64,
    /// Mean utilization of the compute units over the cycles, from 0 to 1.
    pub utilization: f64,
    /// Layers.
    pub layers: usize,
    /// Of them, those whose mapping is proved to be the best.
    pub proved: usize,
    /// By which share the sum of the metric over all layers can be lower at most; unknown if a layer has no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
    /// Energy of each component, in pJ: compute units first, then levels from the innermost to the outermost, then networks on chip.
    pub components_pj: IndexMap<String, f64>,
}

/// A design on the front.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontDesign {
    /// Its number.
    pub design: usize,
    /// Name of the architecture whose values are set.
    pub architecture: String,
    /// Energy of all networks, in pJ.
    pub energy_pj: f64,
    /// Cycles of all networks, one after the other.
    pub cycles: u64,
    /// Area, in square micrometres, if it is known.
    pub area_um2: Option<f64>,
    /// The values that are set, by path.
    #[serde(flatten)]
    pub values: IndexMap<String, SweepValue>,
}

/// One of the best designs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BestDesign {
    /// Its number.
    pub design: usize,
    /// Its name. If folders of the best designs were asked for, everything that `run` says of it is in `best/NETWORK/NAME`.
    pub name: String,
}

impl SearchedDesign {
    /// Energy times cycles of all networks together, in J*cycle.
    pub fn edp_j_cycle(&self) -> f64 {
        crate::model::Cost { energy_pj: self.cost.energy_pj, cycles: self.cost.cycles }.edp()
    }
}

impl SweepDesign {
    /// What it costs, if it was searched.
    pub fn searched(&self) -> Option<&SearchedDesign> {
        if let DesignOutcome::Searched(searched) = &self.outcome { Some(searched) } else { None }
    }

    /// Its name, of the architecture and its number.
    pub fn name(&self) -> String {
        format!("{}-{}", self.architecture, self.design)
    }

    /// Its values in words: `shared_glb.depth=4096, PE_column.meshX=8`.
    pub fn shown(&self) -> String {
        let values: Vec<String> = self.values.iter().map(|(path, value)| format!("{path}={value}")).collect();
        values.join(", ")
    }
}
