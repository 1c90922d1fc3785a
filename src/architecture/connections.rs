//! Which network serves which connection (docs/model.md section 4.7.1; TL topology.cpp `Spec`).

use indexmap::IndexMap;

use super::{
    ArchitectureError, Arithmetic, ConnectionEnd, DifferentEnds, Directions, Level, Network, NetworkClass, NetworkEnds,
    NetworkSpec, NetworkType,
};

/// The networks of an architecture, connected.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Connections {
    /// In the order in which connections are walked: from the inside outwards, reads and fills before updates.
    pub(super) networks: Vec<Network>,
    /// Cycles to fill and drain all connections.
    pub(super) latency: u64,
    /// Per level: whether its children can be reached from other instances of it, too.
    pub(super) is_distributed: Vec<bool>,
}

/// Connects the levels, innermost first. `hop_lengths_um` has the length of a hop below each level.
pub(super) fn connect(
    levels: &[Level],
    arithmetic: &Arithmetic,
    stated: Vec<NetworkSpec>,
    hop_lengths_um: &[f64],
) -> Result<Connections, ArchitectureError> {
    let mut wiring = Plan::new(stated);
    let inner = std::iter::once(End::of_units(arithmetic)).chain(levels.iter().map(End::of_level));
    for (index, (level, inner)) in levels.iter().zip(inner).enumerate() {
        wiring.connect(index, level, inner, hop_lengths_um.get(index).copied().unwrap_or(0.0))?;
    }
    wiring.finish()
}

/// The inner end of a connection, with the keys that name networks there.
#[derive(Clone, Copy)]
struct End<'a> {
    name: &'a str,
    ends: &'a NetworkEnds,
    keys: [&'static str; 2],
    /// Whether it adds partial sums.
    reduces: bool,
    is_fan_out: bool,
}

impl<'a> End<'a> {
    fn of_units(units: &'a Arithmetic) -> Self {
        let keys = ["network_operand", "network_result"];
        Self { name: &units.name, ends: &units.ends, keys, reduces: false, is_fan_out: false }
    }

    fn of_level(level: &'a Level) -> Self {
        let keys = ["network_fill", "network_drain"];
        let (reduces, is_fan_out) = (level.reduction_supported, level.is_fan_out());
        Self { name: &level.name, ends: &level.ends, keys, reduces, is_fan_out }
    }
}

/// A network under construction.
struct Draft {
    network: Network,
    /// Whether a length is stated, or a connection has given one that stays.
    has_length: bool,
    is_connected: bool,
}

impl Draft {
    fn new(name: String, class: NetworkClass, word_bits: u64, is_inferred: bool) -> Self {
        let stated = match &class {
            NetworkClass::Legacy(wiring) => wiring.tile_width_um,
            NetworkClass::ReductionTree(_) | NetworkClass::SimpleMulticast(_) => None,
        };
        let network = Network {
            name,
            class,
            is_inferred,
            word_bits,
            fill_latency: 0,
            drain_latency: 0,
            carries: Directions::default(),
            level: 0,
            sink_reduces: false,
            hop_length_um: stated.unwrap_or(0.0),
        };
        Self { network, has_length: stated.is_some(), is_connected: false }
    }

    /// The first length stays; that of a tree, if it is not 0.
    fn lengthen(&mut self, hop_length_um: f64) {
        if !self.has_length {
            self.network.hop_length_um = hop_length_um;
            let is_tree = matches!(self.network.class, NetworkClass::ReductionTree(_));
            self.has_length = !is_tree || hop_length_um != 0.0;
        }
    }
}

/// All networks, and which of them their names mean.
struct Plan {
    drafts: Vec<Draft>,
    /// Latencies of stated networks.
    fill_latencies: Vec<u64>,
    names: IndexMap<String, usize>,
    /// In the order in which they are met.
    met: Vec<usize>,
    latency: u64,
    is_distributed: Vec<bool>,
}

impl Plan {
    fn new(stated: Vec<NetworkSpec>) -> Self {
        let mut plan = Self {
            drafts: Vec::new(),
            fill_latencies: Vec::new(),
            names: IndexMap::new(),
            met: Vec::new(),
            latency: 0,
            is_distributed: Vec::new(),
        };
        for spec in stated {
            // Of two networks of one name the first counts.
            if !plan.names.contains_key(&spec.name) {
                plan.names.insert(spec.name.clone(), plan.drafts.len());
                plan.drafts.push(Draft::new(spec.name, spec.class, spec.word_bits, false));
                plan.fill_latencies.push(spec.fill_latency);
            }
        }
        plan
    }

    /// Connects a level with what is inside: first for reads and fills, then for updates.
    fn connect(
        &mut self,
        index: usize,
        level: &Level,
        inner: End,
        hop_length_um: f64,
    ) -> Result<(), ArchitectureError> {
        let [fill_key, drain_key] = inner.keys;
        let ends = [("network_read", &level.ends.read), (fill_key, &inner.ends.fill)];
        let (read, fill_latency) = match self.stated(level, inner, ends)? {
            Some(stated) => (stated, self.fill_latencies[stated]),
            None => (self.infer(level, inner.name), level.network.fill_latency),
        };
        let ends = [("network_update", &level.ends.update), (drain_key, &inner.ends.drain)];
        let (update, drain_latency) = match self.stated(level, inner, ends)? {
            // Not its drain latency: so does Timeloop.
            Some(stated) => (stated, self.fill_latencies[stated]),
            None => (read, level.network.drain_latency),
        };
        self.latency = self.latency.saturating_add(fill_latency).saturating_add(drain_latency);
        for number in [read, update] {
            let draft = &mut self.drafts[number];
            if !draft.is_connected {
                (draft.is_connected, draft.network.level) = (true, index);
                self.met.push(number);
            }
            draft.lengthen(hop_length_um);
        }
        let filled = &mut self.drafts[read].network;
        (filled.carries.reads, filled.fill_latency, filled.sink_reduces) = (true, fill_latency, inner.reduces);
        let is_distributed =
            matches!(&filled.class, NetworkClass::Legacy(wiring) if wiring.kind == Some(NetworkType::ManyToMany));
        self.is_distributed.push(is_distributed);
        let drained = &mut self.drafts[update].network;
        (drained.carries.updates, drained.drain_latency) = (true, drain_latency);
        drained.sink_reduces = level.reduction_supported;
        Ok(())
    }

    /// The network that both ends of a connection name, outer end first; `None` if neither names one.
    fn stated(
        &self,
        level: &Level,
        inner: End,
        [(outer_key, outer), (inner_key, named)]: [(&'static str, &Option<String>); 2],
    ) -> Result<Option<usize>, ArchitectureError> {
        if let Some(network) = outer
            && !self.names.contains_key(network)
        {
            let stated = self.drafts.iter().filter(|draft| !draft.network.is_inferred);
            let known: Vec<String> = stated.map(|draft| format!("`{}`", draft.network.name)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let (level, network) = (level.name.clone(), network.clone());
            return Err(ArchitectureError::NoSuchNetwork { level, key: outer_key, network, known });
        }
        if outer == named {
            return Ok(outer.as_ref().and_then(|network| self.names.get(network).copied()));
        }
        let end = |component: &str, key: &'static str, network: &Option<String>| ConnectionEnd {
            component: component.to_owned(),
            key,
            network: network.clone(),
        };
        Err(ArchitectureError::Ends(Box::new(DifferentEnds {
            outer: end(&level.name, outer_key, outer),
            inner: end(inner.name, inner_key, named),
            at_fan_out: inner.is_fan_out || level.is_fan_out(),
        })))
    }

    /// A new network with the attributes of the level. One of the same name is no longer meant by it.
    fn infer(&mut self, level: &Level, inner: &str) -> usize {
        let name = format!("{} <==> {inner}", level.name);
        let class = NetworkClass::Legacy(level.network.wiring);
        self.drafts.push(Draft::new(name.clone(), class, level.network_word_bits(), true));
        self.fill_latencies.push(level.network.fill_latency);
        self.names.insert(name, self.drafts.len() - 1);
        self.drafts.len() - 1
    }

    fn finish(self) -> Result<Connections, ArchitectureError> {
        let Self { mut drafts, names, met, latency, is_distributed, .. } = self;
        for &number in names.values() {
            let Draft { network, is_connected, .. } = &drafts[number];
            if !is_connected {
                return Err(ArchitectureError::Unconnected(network.name.clone()));
            }
            if matches!(network.class, NetworkClass::ReductionTree(_)) && network.carries.reads {
                return Err(ArchitectureError::TreeThatReads(network.name.clone()));
            }
        }
        let mut networks: Vec<Option<Network>> = drafts.drain(..).map(|draft| Some(draft.network)).collect();
        let is_meant = |number: &usize| names.values().any(|meant| meant == number);
        let networks = met.into_iter().filter(is_meant).filter_map(|number| networks[number].take());
        Ok(Connections { networks: networks.collect(), latency, is_distributed })
    }
}
