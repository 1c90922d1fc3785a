//! Reads the processed architecture: the tree of `subtree` and `local` lists of versions 0.2 to 0.4, with the energy and
//! area tables of the same document (docs/model.md section 2.1, 2.2).

use std::collections::HashMap;

use serde_yaml::Value;

use super::node::{FormatError, Node};
use super::tables::EnergyTables;
use super::warning::{Warning, suggestion};
use crate::architecture::{
    Architecture, ArithmeticSpec, Bandwidth, LevelSpec, Network, NetworkType, SizeSpec, Technology,
};
use crate::numbers::real;
use crate::warned::Warned;

/// Classes by what their name contains, in Timeloop's order.
const STORAGE: [&str; 5] = ["DRAM", "SRAM", "regfile", "smartbuffer", "storage"];
const ARITHMETIC: [&str; 4] = ["mac", "intmac", "fpmac", "compute"];
const NETWORK: [&str; 4] = ["XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast"];

/// Attributes that name an explicit network at the ends of a connection.
const NETWORK_ENDS: [&str; 6] =
    ["network_read", "network_fill", "network_update", "network_drain", "network_operand", "network_result"];

/// Whether a class is one of storage levels.
pub(super) fn is_storage(class: &str) -> bool {
    STORAGE.iter().any(|part| class.contains(part))
}

/// Whether a class is one of compute units.
pub(super) fn is_arithmetic(class: &str) -> bool {
    !is_storage(class) && ARITHMETIC.iter().any(|part| class.contains(part))
}

/// Attributes that Timeloop reads.
const ATTRIBUTES: &[&str] = &[
    "word_bits",
    "word_width",
    "datawidth",
    "block_size",
    "n_words",
    "cluster_size",
    "width",
    "memory_width",
    "data_storage_width",
    "entries",
    "depth",
    "memory_depth",
    "data_storage_depth",
    "sizeKB",
    "read_bandwidth",
    "write_bandwidth",
    "shared_bandwidth",
    "bandwidth",
    "multiple_buffering",
    "min_utilization",
    "n_banks",
    "num_banks",
    "n_ports",
    "num_ports",
    "technology",
    "meshX",
    "meshY",
    "instances",
    "power_gated_at",
    "allow_overbooking",
    "reduction_supported",
    "network_fill_latency",
    "network_drain_latency",
    "per_dataspace_bandwidth_consumption_scale",
    "vector_access_energy",
    "addr_gen_energy",
    "cluster_area",
    "network_read",
    "network_fill",
    "network_update",
    "network_drain",
    "network_operand",
    "network_result",
    "energy",
    "area",
    "energy_per_hop",
    "wire_energy",
    "tile_width",
    "router_energy",
    "energy-per-ingress",
    "network_word_bits",
    "network_type",
];
/// Attributes that only Accelergy's estimators read, and that are no mistake here.
const ESTIMATOR_ATTRIBUTES: &[&str] = &[
    "type",
    "global_cycle_seconds",
    "action_latency_cycles",
    "has_power_gating",
    "multiplier_width",
    "adder_width",
    "update_fifo_depth",
    "n_rd_ports",
    "n_wr_ports",
    "n_rdwr_ports",
    "nports",
    "metadata_storage_width",
    "metadata_storage_depth",
    "metadata_datawidth",
    "metadata_block_size",
    "subclass",
    "version",
    "latency",
    "num_pipeline_stages",
];

/// The architecture of a document with the energies and areas that it states, and what had no effect in it.
pub fn read(document: &Value) -> Result<Warned<Architecture, Warning>, FormatError> {
    let mut tables = EnergyTables::default();
    tables.add(document, "the document")?;
    read_with(document, &tables)
}

/// The same with energies and areas from elsewhere.
pub fn read_with<'d>(
    document: &'d Value,
    tables: &'d EnergyTables,
) -> Result<Warned<Architecture, Warning>, FormatError> {
    let root = Node::root(document);
    let top = root.first(&["architecture", "arch"]).ok_or_else(|| FormatError::missing("architecture"))?;
    if top.get("nodes").is_some() {
        return Err(
            top.invalid("this is the v0.4 description (`nodes`); it must be translated to the processed tree first")
        );
    }
    if !top.get("version").is_some_and(|version| {
        version.scalar().is_some_and(|version| ["0.2", "0.3", "0.4"].contains(&version.as_str()))
    }) {
        return Err(top.invalid("version must be 0.2, 0.3 or 0.4; the flat form before that is not read"));
    }
    if top.get("subtree").is_none() {
        let keys = top.entries()?;
        let hint = keys.iter().map(|(key, _)| suggestion(key, ["nodes", "subtree"])).find(|hint| !hint.is_empty());
        let hint = hint.unwrap_or_default();
        return Err(top.invalid(format!("it has neither `nodes` (descriptions) nor `subtree` (processed files){hint}")));
    }
    let mut reader = Reader { tables, warnings: Vec::new(), elements: HashMap::new() };
    let (levels, arithmetic) = reader.tree(&top)?;
    match Architecture::new(levels, arithmetic) {
        Ok(value) => {
            let warnings = reader.with_differences(&value);
            Ok(Warned { value, warnings })
        }
        Err(error) => Err(FormatError::Architecture { error, noticed: reader.warnings }),
    }
}

struct Reader<'t> {
    tables: &'t EnergyTables,
    warnings: Vec<Warning>,
    /// Each level and the compute units, by their names.
    elements: HashMap<String, Node<'t>>,
}

/// `name[a..b]`: the name, and `b - a + 1`.
fn name_and_count(node: &Node) -> Result<(String, u64), FormatError> {
    let text = node.require("name")?.text()?;
    let Some((name, range)) = text.split_once('[') else { return Ok((text, 1)) };
    let bounds = range.strip_suffix(']').and_then(|range| range.split_once(".."));
    let bounds = bounds.and_then(|(from, to)| Some((from.trim().parse::<u64>().ok()?, to.trim().parse::<u64>().ok()?)));
    let size = bounds.and_then(|(from, to)| to.checked_sub(from)?.checked_add(1));
    let size = size.ok_or_else(|| node.invalid(format!("`{text}` is not of the form `name[first..last]`")))?;
    Ok((name.to_owned(), size))
}

impl<'t> Reader<'t> {
    /// The remarks, and those on components whose energies were estimated for others.
    fn with_differences(self, architecture: &Architecture) -> Vec<Warning> {
        let Self { tables, mut warnings, elements } = self;
        let stated = |name: &str| elements.get(name).and_then(|element| element.value.get("attributes"));
        let mut add = |name: &str, differences: Vec<(String, String)>| {
            let path = elements.get(name).map_or("architecture", |element| element.path.as_str());
            let warning = |(key, message)| Warning { path: format!("{path}.attributes.{key}"), message };
            warnings.extend(differences.into_iter().map(warning));
        };
        for level in architecture.levels().iter().rev() {
            add(&level.name, tables.differences_of_level(level, stated(&level.name)));
        }
        let units = &architecture.arithmetic().name;
        add(units, tables.differences_of_units(units, stated(units)));
        warnings
    }

    fn tree(&mut self, top: &Node<'t>) -> Result<(Vec<LevelSpec>, ArithmeticSpec), FormatError> {
        let mut outermost_first = Vec::new();
        let mut arithmetic = None;
        let mut node = top.clone();
        let mut instances = 1u64;
        while let Some(subtree) = node.get("subtree") {
            let children = subtree.list()?;
            let [child] = children.as_slice() else {
                return Err(subtree.invalid(format!("must be a list of exactly one node, found {}", children.len())));
            };
            node = child.clone();
            let count = name_and_count(&node)?.1;
            instances = instances.checked_mul(count).ok_or_else(|| node.invalid("too many instances"))?;
            for element in node.list_of("local")? {
                let class = element.require("class")?.text()?;
                let (name, count) = name_and_count(&element)?;
                let count = instances.checked_mul(count).ok_or_else(|| element.invalid("too many instances"))?;
                if is_storage(&class) {
                    self.elements.insert(name.clone(), element.clone());
                    outermost_first.push(self.storage(&element, name, class, count)?);
                } else if is_arithmetic(&class) {
                    self.elements.insert(name.clone(), element.clone());
                    arithmetic = Some(self.arithmetic(&element, name, class, count)?);
                } else if NETWORK.iter().any(|part| class.contains(part)) {
                    return Err(element.invalid(format!(
                        "`{name}` of class `{class}` is an explicit network, which is not modelled; remove it and what names it \
                         (the level's own network is inferred), or let Timeloop evaluate the design"
                    )));
                } else {
                    let message = format!("`{name}` of class `{class}` is left out: Timeloop does not know the class");
                    self.warnings.push(element.warning(message));
                }
            }
        }
        outermost_first.reverse();
        let arithmetic =
            arithmetic.ok_or_else(|| top.invalid("no element has a class that contains mac or compute"))?;
        Ok((outermost_first, arithmetic))
    }

    fn check_attributes(&mut self, attributes: &Node, element: &str) -> Result<(), FormatError> {
        for (key, node) in attributes.entries()? {
            let known =
                |names: &[&str]| names.contains(&key.as_str()) || names.contains(&key.replace('-', "_").as_str());
            if !known(ATTRIBUTES) && !known(ESTIMATOR_ATTRIBUTES) {
                let hint = suggestion(&key, ATTRIBUTES.iter().copied());
                self.warnings
                    .push(node.warning(format!("unknown attribute of `{element}`{hint}; it has no effect here")));
            }
        }
        Ok(())
    }

    fn storage(
        &mut self,
        element: &Node,
        name: String,
        class: String,
        instances: u64,
    ) -> Result<LevelSpec, FormatError> {
        let energies = self.tables.energies(&name).cloned();
        let area = self.tables.area(&name);
        let mut spec = LevelSpec { actions: energies, area_um2: area, ..LevelSpec::new(name, class, instances) };
        if spec.class.contains("DRAM") {
            spec.technology = Some(Technology::Dram);
        }
        let Some(attributes) = element.get("attributes") else {
            spec.network.wire_energy_pj = self.tables.wire_energy()?;
            return Ok(spec);
        };
        self.check_attributes(&attributes, &spec.name)?;
        let a = Attributes(&attributes);
        a.check_networks()?;
        spec.instances = a.count(&["instances"])?.unwrap_or(instances);
        if a.text(&["technology"])?.as_deref() == Some("DRAM") {
            spec.technology = Some(Technology::Dram);
        }
        spec.mesh_x = a.count(&["meshX"])?;
        spec.mesh_y = a.count(&["meshY"])?;
        spec.word_bits = a.count(&["word_bits", "word_width", "datawidth"])?;
        spec.width_bits = a.count(&["width", "memory_width", "data_storage_width"])?;
        spec.block_size = a.count(&["block_size", "n_words"])?;
        spec.cluster_size = a.count(&["cluster_size"])?;
        spec.size = a.size()?;
        spec.multiple_buffering = a.real(&["multiple_buffering"])?;
        spec.min_utilization = a.real(&["min_utilization"])?;
        spec.bandwidth = a.bandwidth()?;
        spec.reduction_supported = a.flag(&["reduction_supported"])?;
        spec.power_gated_at = a.text(&["power_gated_at"])?;
        spec.vector_access_energy_pj = a.real(&["vector_access_energy"])?;
        spec.address_energy_pj = a.real(&["addr_gen_energy"])?;
        spec.network = a.network()?;
        // The table of wires goes before the attribute.
        spec.network.wire_energy_pj = self.tables.wire_energy()?.or(spec.network.wire_energy_pj);
        let cluster_area = a.real(&["cluster_area"])?;
        let clusters = real(spec.cluster_size.unwrap_or(1).max(1));
        spec.area_um2 = spec.area_um2.or(cluster_area.map(|area| area / clusters));
        if let Some(scales) = attributes.get("per_dataspace_bandwidth_consumption_scale") {
            let scales = scales.entries()?;
            spec.bandwidth_scale =
                scales.into_iter().map(|(key, node)| Ok((key, node.real()?))).collect::<Result<_, FormatError>>()?;
        }
        Ok(spec)
    }

    fn arithmetic(
        &mut self,
        element: &Node,
        name: String,
        class: String,
        instances: u64,
    ) -> Result<ArithmeticSpec, FormatError> {
        let actions = self.tables.energies(&name).cloned();
        let area_um2 = self.tables.area(&name);
        let mut spec = ArithmeticSpec { name, class, instances, actions, area_um2, ..ArithmeticSpec::default() };
        let Some(attributes) = element.get("attributes") else { return Ok(spec) };
        self.check_attributes(&attributes, &spec.name)?;
        let a = Attributes(&attributes);
        a.check_networks()?;
        spec.instances = a.count(&["instances"])?.unwrap_or(instances);
        spec.mesh_x = a.count(&["meshX"])?;
        spec.mesh_y = a.count(&["meshY"])?;
        spec.word_bits = a.count(&["word_bits", "datawidth"])?;
        spec.energy_pj = a.real(&["energy"])?;
        spec.area_um2 = spec.area_um2.or(a.real(&["area"])?);
        Ok(spec)
    }
}

/// The attributes of one element; of several names the first that is present counts.
struct Attributes<'a>(&'a Node<'a>);

impl Attributes<'_> {
    fn count(&self, names: &[&str]) -> Result<Option<u64>, FormatError> {
        self.0.first(names).map(|node| node.count()).transpose()
    }

    fn real(&self, names: &[&str]) -> Result<Option<f64>, FormatError> {
        self.0.first(names).map(|node| node.real()).transpose()
    }

    fn flag(&self, names: &[&str]) -> Result<Option<bool>, FormatError> {
        self.0.first(names).map(|node| node.flag()).transpose()
    }

    fn text(&self, names: &[&str]) -> Result<Option<String>, FormatError> {
        self.0.first(names).map(|node| node.text()).transpose()
    }

    fn size(&self) -> Result<SizeSpec, FormatError> {
        if let Some(words) = self.count(&["entries"])? {
            return Ok(SizeSpec::Words(words));
        }
        if let Some(depth) = self.count(&["depth", "memory_depth", "data_storage_depth"])? {
            return Ok(SizeSpec::Depth(depth));
        }
        Ok(self.count(&["sizeKB"])?.map_or(SizeSpec::Unspecified, SizeSpec::Kibibytes))
    }

    fn bandwidth(&self) -> Result<Bandwidth, FormatError> {
        let half = self.real(&["bandwidth"])?.map(|both| both / 2.0);
        Ok(Bandwidth {
            read: self.real(&["read_bandwidth"])?.or(half),
            write: self.real(&["write_bandwidth"])?.or(half),
            shared: self.real(&["shared_bandwidth"])?,
        })
    }

    /// Refuses what is said of networks and is not modelled.
    fn check_networks(&self) -> Result<(), FormatError> {
        if let Some(stated) = NETWORK_ENDS.iter().find_map(|key| self.0.get(key)) {
            // As in Timeloop, a list or a map in place of a name counts as not given.
            if let Some(name) = stated.scalar() {
                return Err(stated.invalid(format!(
                    "explicit networks such as `{name}` are not modelled; remove this key (the network is inferred), or let \
                     Timeloop evaluate the design"
                )));
            }
        }
        if let Some(kind) = self.0.get("network_type").filter(|kind| kind.scalar().as_deref() == Some("M:N")) {
            return Err(kind.invalid("distributed multicast (`M:N`) is not modelled; remove this key, or state `1:N`"));
        }
        Ok(())
    }

    /// What is printed of a network's type.
    fn network_type(&self) -> Result<Option<NetworkType>, FormatError> {
        let Some(kind) = self.0.get("network_type") else { return Ok(None) };
        match kind.text()?.as_str() {
            "1:1" => Ok(Some(NetworkType::OneToOne)),
            "1:N" => Ok(Some(NetworkType::OneToMany)),
            other => Err(kind.invalid(format!("`{other}` is none of 1:1, 1:N"))),
        }
    }

    fn network(&self) -> Result<Network, FormatError> {
        Ok(Network {
            hop_energy_pj: self.real(&["energy_per_hop"])?,
            kind: self.network_type()?,
            word_bits: self.count(&["network_word_bits"])?,
            wire_energy_pj: self.real(&["wire_energy"])?,
            tile_width_um: self.real(&["tile_width"])?,
            router_energy_pj: self.real(&["router_energy"])?,
            ingress_energy_pj: self.real(&["energy-per-ingress"])?,
            fill_latency: self.count(&["network_fill_latency"])?.unwrap_or(0),
            drain_latency: self.count(&["network_drain_latency"])?.unwrap_or(0),
        })
    }
}
