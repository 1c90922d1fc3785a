//! Networks between the levels: what is stated of them (docs/model.md section 4.7).

use indexmap::IndexMap;

use crate::numbers::real;

/// How many sources and destinations a network of class `Legacy` or `XY_NoC` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkType {
    /// One source, one destination. It is printed and decides nothing.
    OneToOne,
    /// One source, several destinations. It is printed and decides nothing.
    OneToMany,
    /// Several sources, several destinations: distributed multicast (docs/model.md section 4.7.5).
    ManyToMany,
}

/// Wires and routers of a network of class `Legacy` or `XY_NoC`, or of an inferred one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wiring {
    /// Its type, if it is stated.
    pub kind: Option<NetworkType>,
    /// Energy of one word over one hop, in pJ.
    pub hop_energy_pj: Option<f64>,
    /// Energy of a wire, in pJ per bit and millimetre.
    pub wire_energy_pj: Option<f64>,
    /// Length of a hop, in micrometres. Where it is not stated, the floor plan gives it.
    pub tile_width_um: Option<f64>,
    /// Energy of one word through one router, in pJ.
    pub router_energy_pj: Option<f64>,
    /// Energy of one word entering the network, in pJ.
    pub ingress_energy_pj: Option<f64>,
}

impl Wiring {
    /// Energies and lengths under the names of their attributes.
    pub(crate) fn numbers(&self) -> [(&'static str, Option<f64>); 5] {
        [
            ("energy_per_hop", self.hop_energy_pj),
            ("wire_energy", self.wire_energy_pj),
            ("tile_width", self.tile_width_um),
            ("router_energy", self.router_energy_pj),
            ("energy-per-ingress", self.ingress_energy_pj),
        ]
    }
}

/// Properties of the inferred network between a level and the next inner one. Attributes of the outer level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct InferredNetwork {
    /// Wires and routers.
    pub wiring: Wiring,
    /// Bits of a word on its wires; those of the level where nothing else is stated.
    pub word_bits: Option<u64>,
    /// Cycles added to every run for filling, where no explicit network serves reads and fills.
    pub fill_latency: u64,
    /// Cycles added to every run for draining, where no explicit network is named for updates.
    pub drain_latency: u64,
}

/// A tree that adds partial sums on their way outwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tree {
    /// Energy of a wire, in pJ per bit and millimetre.
    pub wire_energy_pj: Option<f64>,
    /// Energy of one addition, in pJ.
    pub adder_energy_pj: f64,
}

/// A network whose energies stand in a table, by the number of receivers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Multicast {
    /// The action of the table.
    pub action: String,
    /// The argument of the table that is compared with the number of receivers.
    pub argument: Option<String>,
    /// Whether each data space has an action of its own: `action_Weights`.
    pub per_data_space: bool,
    /// The entries of each action, in the order of the table; `None` without a table.
    pub table: Option<MulticastTable>,
}

/// The entries of each action of a table.
pub type MulticastTable = IndexMap<String, Vec<MulticastEntry>>;

/// One entry of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MulticastEntry {
    /// Energy of one word, in pJ; `None` where the table states none.
    pub energy_pj: Option<f64>,
    /// The whole numbers among its arguments; `None` without the key.
    pub arguments: Option<IndexMap<String, u64>>,
}

/// What a network is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum NetworkClass {
    /// `Legacy` and `XY_NoC`, two names of one class. Inferred networks, too.
    Legacy(Wiring),
    /// `ReductionTree`.
    ReductionTree(Tree),
    /// `SimpleMulticast`.
    SimpleMulticast(Multicast),
}

/// A network as described.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSpec {
    /// The name by which levels refer to it.
    pub name: String,
    /// What it is made of.
    pub class: NetworkClass,
    /// Bits of a word on its wires.
    pub word_bits: u64,
    /// Cycles added to every run, for each direction of each connection that it serves.
    pub fill_latency: u64,
}

/// The networks that a level or the compute units name at the ends of their connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkEnds {
    /// Towards the inside, for reads and fills: `network_read`. The compute units have none.
    pub read: Option<String>,
    /// From the inside, for updates: `network_update`. The compute units have none.
    pub update: Option<String>,
    /// From the outside, for fills: `network_fill`; `network_operand` of the compute units.
    pub fill: Option<String>,
    /// Towards the outside, for drained results: `network_drain`; `network_result` of the compute units.
    pub drain: Option<String>,
}

/// Directions in which a network carries words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directions {
    /// Reads and fills, inwards.
    pub reads: bool,
    /// Updates, outwards.
    pub updates: bool,
}

/// A network of an architecture, stated or inferred, with what it carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Its name; `OUTER <==> INNER` if it is inferred.
    pub name: String,
    /// What it is made of.
    pub class: NetworkClass,
    /// Whether it is inferred, from attributes of the outer level.
    pub is_inferred: bool,
    /// Bits of a word on its wires.
    pub word_bits: u64,
    /// Cycles for filling, as they are printed; 0 if it carries no reads and fills.
    pub fill_latency: u64,
    /// Cycles for draining, as they are printed; 0 if it carries no updates.
    pub drain_latency: u64,
    /// The directions in which it carries words.
    pub carries: Directions,
    /// Index of the outer level of the connection whose traffic it is billed for: the innermost that it serves.
    pub level: usize,
    /// Whether the level where its words end adds partial sums itself.
    pub sink_reduces: bool,
    /// Length of a hop, in micrometres.
    pub hop_length_um: f64,
}

impl Network {
    /// Energy of one word over one hop: stated, or that of its wires over the length of a hop; in pJ.
    pub fn hop_energy_pj(&self) -> f64 {
        let millimetres = self.hop_length_um / 1000.0;
        let wires = |per_bit_and_millimetre: f64| real(self.word_bits) * millimetres * per_bit_and_millimetre;
        match &self.class {
            NetworkClass::Legacy(wiring) => wiring.hop_energy_pj.or(wiring.wire_energy_pj.map(wires)).unwrap_or(0.0),
            NetworkClass::ReductionTree(tree) => tree.wire_energy_pj.map_or(0.0, wires),
            NetworkClass::SimpleMulticast(_) => 0.0,
        }
    }

    /// Whether it takes no energy and refuses nothing, whatever it carries.
    pub fn is_free(&self) -> bool {
        let is_free = |pj: f64| pj == 0.0;
        match &self.class {
            NetworkClass::Legacy(wiring) => {
                is_free(self.hop_energy_pj())
                    && [wiring.router_energy_pj, wiring.ingress_energy_pj].into_iter().flatten().all(is_free)
            }
            NetworkClass::ReductionTree(tree) => is_free(self.hop_energy_pj()) && is_free(tree.adder_energy_pj),
            NetworkClass::SimpleMulticast(_) => false,
        }
    }

    /// Timeloop's number of what it carries: 1 for reads and fills, 2 for updates, 3 for both.
    pub fn connection_type(&self) -> u64 {
        u64::from(self.carries.reads) + 2 * u64::from(self.carries.updates)
    }
}
