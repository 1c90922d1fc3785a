//! Reads the processed architecture: the tree of `subtree` and `local` lists of versions 0.2 to 0.4, with the energy and
//! area tables of the same document (docs/model.md section 2.1, 2.2).

mod attributes;
mod networks;

use std::collections::HashMap;

use serde_yaml::Value;

use super::node::{FormatError, Node};
use super::tables::EnergyTables;
use super::warning::{Warning, suggestion};
use crate::architecture::{Architecture, ArchitectureError, ArithmeticSpec, LevelSpec, NetworkSpec, Technology};
use crate::numbers::real;
use crate::warned::Warned;
use attributes::{ATTRIBUTES, Attributes, ESTIMATOR_ATTRIBUTES};
pub(super) use networks::is_network;

/// Classes by what their name contains, in Timeloop's order.
const STORAGE: [&str; 5] = ["DRAM", "SRAM", "regfile", "smartbuffer", "storage"];
const ARITHMETIC: [&str; 4] = ["mac", "intmac", "fpmac", "compute"];

/// Whether a class is one of storage levels.
pub(super) fn is_storage(class: &str) -> bool {
    STORAGE.iter().any(|part| class.contains(part))
}

/// Whether a class is one of compute units.
pub(super) fn is_arithmetic(class: &str) -> bool {
    !is_storage(class) && ARITHMETIC.iter().any(|part| class.contains(part))
}

/// Whether an attribute is known, to Timeloop or to estimators of energy.
pub(super) fn is_attribute(key: &str) -> bool {
    ATTRIBUTES.contains(&key) || ESTIMATOR_ATTRIBUTES.contains(&key)
}

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
    let is_flat = top.get("subtree").is_none() && top.get("storage").is_some();
    if !is_flat {
        check_tree(&top)?;
    }
    let (elements, networks) = (HashMap::new(), HashMap::new());
    let mut reader = Reader { tables, warnings: Vec::new(), is_flat, elements, networks };
    let Components { levels, arithmetic, networks } = if is_flat { reader.flat(&top)? } else { reader.tree(&top)? };
    match Architecture::with_networks(levels, arithmetic, networks) {
        Ok(value) => {
            let warnings = reader.with_differences(&value);
            Ok(Warned { value, warnings })
        }
        Err(error) => {
            let (path, error) = (reader.path(&error), Box::new(error));
            Err(FormatError::Architecture { path, error, noticed: reader.warnings })
        }
    }
}

/// Whether a description is one of the forms that are read here.
fn check_tree(top: &Node) -> Result<(), FormatError> {
    if !top.get("version").is_some_and(|version| {
        version.scalar().is_some_and(|version| ["0.2", "0.3", "0.4"].contains(&version.as_str()))
    }) {
        return Err(
            top.invalid("version must be 0.2, 0.3 or 0.4; only the flat form (`arithmetic`, `storage`) has none")
        );
    }
    if top.get("subtree").is_none() {
        let keys = top.entries()?;
        let hint = keys.iter().map(|(key, _)| suggestion(key, ["nodes", "subtree"])).find(|hint| !hint.is_empty());
        let hint = hint.unwrap_or_default();
        return Err(top.invalid(format!("it has neither `nodes` (descriptions) nor `subtree` (processed files){hint}")));
    }
    Ok(())
}

struct Reader<'t> {
    tables: &'t EnergyTables,
    warnings: Vec<Warning>,
    /// Whether attributes stand beside the names of components.
    is_flat: bool,
    /// Each level and the compute units, by their names.
    elements: HashMap<String, Node<'t>>,
    /// The path of each explicit network.
    networks: HashMap<String, String>,
}

/// What a tree describes; levels innermost first.
struct Components {
    levels: Vec<LevelSpec>,
    arithmetic: ArithmeticSpec,
    networks: Vec<NetworkSpec>,
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
        let Self { tables, mut warnings, elements, .. } = self;
        let stated = |name: &str| elements.get(name).map(|element| element.value);
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

    /// The path of what an error is about.
    fn path(&self, error: &ArchitectureError) -> Option<String> {
        let (component, key) = error.component()?;
        let of_network = || self.networks.get(component).cloned();
        let of_element = || self.elements.get(component).map(|element| element.path.clone());
        let path = match error {
            ArchitectureError::Unconnected(_) | ArchitectureError::TreeThatReads(_) => of_network().or_else(of_element),
            _ => of_element().or_else(of_network),
        };
        let place = if self.is_flat { "" } else { ".attributes" };
        path.map(|path| key.map_or_else(|| path.clone(), |key| format!("{path}{place}.{key}")))
    }

    fn tree(&mut self, top: &Node<'t>) -> Result<Components, FormatError> {
        let mut outermost_first = Vec::new();
        let mut networks = Vec::new();
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
                if is_network(&class) {
                    networks.extend(self.network(&element, &class)?);
                    continue;
                }
                let (name, count) = name_and_count(&element)?;
                let count = instances.checked_mul(count).ok_or_else(|| element.invalid("too many instances"))?;
                if is_storage(&class) {
                    self.elements.insert(name.clone(), element.clone());
                    outermost_first.push(self.storage(element.get("attributes").as_ref(), name, class, count)?);
                } else if is_arithmetic(&class) {
                    self.elements.insert(name.clone(), element.clone());
                    arithmetic = Some(self.arithmetic(element.get("attributes").as_ref(), name, class, count)?);
                } else {
                    let message = format!("`{name}` of class `{class}` is left out: Timeloop does not know the class");
                    self.warnings.push(element.warning(message));
                }
            }
        }
        outermost_first.reverse();
        let arithmetic =
            arithmetic.ok_or_else(|| top.invalid("no element has a class that contains mac or compute"))?;
        Ok(Components { levels: outermost_first, arithmetic, networks })
    }

    /// The form before version 0.2: levels from the inside outwards, attributes beside their names, networks inferred.
    fn flat(&mut self, top: &Node<'t>) -> Result<Components, FormatError> {
        let mut levels = Vec::new();
        for element in top.list_of("storage")? {
            let name = element.require("name")?.text()?;
            self.elements.insert(name.clone(), element.clone());
            let technology = element.get("technology").and_then(|node| node.scalar());
            let class = if technology.as_deref() == Some("DRAM") { "DRAM" } else { "SRAM" };
            levels.push(self.storage(Some(&element), name, class.to_owned(), 1)?);
        }
        let element = top.require("arithmetic")?;
        let name = element.require("name")?.text()?;
        self.elements.insert(name.clone(), element.clone());
        let arithmetic = self.arithmetic(Some(&element), name, "mac".to_owned(), 1)?;
        Ok(Components { levels, arithmetic, networks: Vec::new() })
    }

    fn check_attributes(&mut self, attributes: &Node, element: &str) -> Result<(), FormatError> {
        for (key, node) in attributes.entries()?.into_iter().filter(|(key, _)| key != "name") {
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
        attributes: Option<&Node>,
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
        let Some(attributes) = attributes else {
            spec.network.wiring.wire_energy_pj = self.tables.wire_energy()?;
            return Ok(spec);
        };
        self.check_attributes(attributes, &spec.name)?;
        let a = Attributes(attributes);
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
        spec.metadata = a.metadata()?;
        spec.bandwidth = a.bandwidth()?;
        spec.reduction_supported = a.flag(&["reduction_supported"])?;
        spec.power_gated_at = a.text(&["power_gated_at"])?;
        spec.vector_access_energy_pj = a.real(&["vector_access_energy"])?;
        spec.address_energy_pj = a.real(&["addr_gen_energy"])?;
        spec.ends = a.ends_of_level();
        spec.network = a.inferred_network(&mut self.warnings)?;
        // The table of wires goes before the attribute.
        let wiring = &mut spec.network.wiring;
        wiring.wire_energy_pj = self.tables.wire_energy()?.or(wiring.wire_energy_pj);
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
        attributes: Option<&Node>,
        name: String,
        class: String,
        instances: u64,
    ) -> Result<ArithmeticSpec, FormatError> {
        let actions = self.tables.energies(&name).cloned();
        let area_um2 = self.tables.area(&name);
        let mut spec = ArithmeticSpec { name, class, instances, actions, area_um2, ..ArithmeticSpec::default() };
        let Some(attributes) = attributes else { return Ok(spec) };
        self.check_attributes(attributes, &spec.name)?;
        let a = Attributes(attributes);
        spec.instances = a.count(&["instances"])?.unwrap_or(instances);
        spec.mesh_x = a.count(&["meshX"])?;
        spec.mesh_y = a.count(&["meshY"])?;
        spec.word_bits = a.count(&["word_bits", "datawidth"])?;
        spec.energy_pj = a.real(&["energy"])?;
        spec.area_um2 = spec.area_um2.or(a.real(&["area"])?);
        spec.ends = a.ends_of_units();
        Ok(spec)
    }
}
