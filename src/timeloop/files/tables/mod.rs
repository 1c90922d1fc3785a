//! Energy and area reference tables (ERT, ART), as Accelergy writes them.

mod made_for;

use std::collections::HashMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_yaml::Value;

use super::node::{FormatError, Node, parse_document};
use crate::architecture::{ActionEnergies, Level, MulticastEntry, MulticastTable, presets};
use made_for::{Difference, MadeFor};

/// Energies and areas of components, each with the name of the source it came from. What is added first counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnergyTables {
    energies: HashMap<String, Table>,
    areas: HashMap<String, (f64, String)>,
}

/// The energies of one component.
#[derive(Clone, Debug, PartialEq)]
struct Table {
    energies: ActionEnergies,
    /// Every entry of each action, for networks that tell them apart.
    entries: MulticastTable,
    source: Source,
    /// What the component was when its energies were estimated, as far as it is known.
    made_for: MadeFor,
}

/// Where the energies of a component came from.
#[derive(Clone, Debug, PartialEq)]
enum Source {
    /// A table: all of them.
    Table(String),
    /// An estimate of each action, and what made it.
    Estimates { whole: String, actions: IndexMap<String, String> },
}

impl Source {
    /// In one phrase.
    fn name(&self) -> &str {
        match self {
            Self::Table(name) | Self::Estimates { whole: name, .. } => name,
        }
    }
}

/// Energies of the actions of one component and its area, as something estimates them.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimatedComponent {
    /// Name of the component, without path and range.
    pub name: String,
    /// Attributes that the estimate depends on.
    pub made_for: IndexMap<String, String>,
    /// Energy of each action in pJ (leakage: per cycle), and where it came from.
    pub actions: IndexMap<String, (f64, String)>,
    /// What all of it was made of.
    pub source: String,
    /// Area in square micrometres, and where it came from.
    pub area: Option<(f64, String)>,
}

/// The tables of the presets, for tables that do not say what they were made for.
static PRESETS: LazyLock<Vec<EnergyTables>> = LazyLock::new(|| {
    let table = |preset: presets::Preset| {
        let mut tables = EnergyTables::default();
        let document = parse_document(preset.energy).ok()?;
        tables.add_energies(&Node::root(&document).get("ERT")?, preset.name, |_, _| MadeFor::default()).ok()?;
        Some(tables)
    };
    presets::PRESETS.into_iter().filter_map(table).collect()
});

/// What a preset's component of these very energies was made for.
fn made_for_as_a_preset(component: &str, energies: &ActionEnergies) -> MadeFor {
    let tables = PRESETS.iter().filter_map(|tables| tables.energies.get(component));
    tables.filter(|table| table.energies == *energies).map(|table| table.made_for.clone()).next().unwrap_or_default()
}

impl EnergyTables {
    /// Adds the `ERT` and the `ART` of a document, for the components that have none yet.
    ///
    /// # Errors
    ///
    /// Where a table departs from the form, with the path of keys.
    pub fn add(&mut self, document: &Value, source: &str) -> Result<(), FormatError> {
        let root = Node::root(document);
        if let Some(table) = root.get("ERT") {
            self.add_energies(&table, source, made_for_as_a_preset)?;
        }
        if let Some(table) = root.get("ART") {
            self.add_areas(&table, source)?;
        }
        Ok(())
    }

    /// Adds an energy reference table from a file of its own, with or without the key `ERT` above it.
    ///
    /// # Errors
    ///
    /// Where it departs from the form, or states nothing.
    pub fn add_ert(&mut self, document: &Value, source: &str) -> Result<(), FormatError> {
        let root = Node::root(document);
        let table = root.get("ERT").unwrap_or(root);
        if self.add_energies(&table, source, made_for_as_a_preset)? == 0 {
            return Err(FormatError::missing("ERT.tables"));
        }
        Ok(())
    }

    /// The same for areas, and `ART`.
    ///
    /// # Errors
    ///
    /// Where it departs from the form, or states nothing.
    pub fn add_art(&mut self, document: &Value, source: &str) -> Result<(), FormatError> {
        let root = Node::root(document);
        let table = root.get("ART").unwrap_or(root);
        if self.add_areas(&table, source)? == 0 {
            return Err(FormatError::missing("ART.tables"));
        }
        Ok(())
    }

    /// Adds estimates of a component for what no table states.
    pub fn add_estimate(&mut self, estimate: EstimatedComponent) {
        let EstimatedComponent { name, made_for, actions, source: whole, area } = estimate;
        if let Some((um2, source)) = area {
            self.areas.entry(name.clone()).or_insert((um2, source));
        }
        if !actions.is_empty() {
            let energies: ActionEnergies = actions.iter().map(|(action, (pj, _))| (action.clone(), *pj)).collect();
            let actions = actions.into_iter().map(|(action, (_, source))| (action, source)).collect();
            let source = Source::Estimates { whole, actions };
            let entry = |(action, pj): (&String, &f64)| {
                (action.clone(), vec![MulticastEntry { energy_pj: Some(*pj), arguments: None }])
            };
            let entries = energies.iter().map(entry).collect();
            let made_for = MadeFor::of(made_for);
            self.energies.entry(name).or_insert(Table { energies, entries, source, made_for });
        }
    }

    /// Takes energies and area of one component from other tables. Says whether these have energies of it.
    pub fn take(&mut self, component: &str, other: &mut Self) -> bool {
        if let Some(area) = other.areas.remove(component) {
            self.areas.entry(component.to_owned()).or_insert(area);
        }
        let table = other.energies.remove(component);
        table.map(|table| self.energies.entry(component.to_owned()).or_insert(table)).is_some()
    }

    /// Whether no energies are stated.
    pub fn is_empty(&self) -> bool {
        self.energies.is_empty()
    }

    /// What states the energies of a component, in one phrase: a table, or what estimates them.
    pub fn energy_source(&self, component: &str) -> Option<&str> {
        self.energies.get(component).map(|table| table.source.name())
    }

    /// What the estimate of a component was made of; `None` if no estimate states its energies.
    pub fn estimate_source(&self, component: &str) -> Option<&str> {
        match &self.energies.get(component)?.source {
            Source::Estimates { whole, .. } => Some(whole),
            Source::Table(_) => None,
        }
    }

    /// The source of the energy of one action of a component.
    pub fn action_source(&self, component: &str, action: &str) -> Option<String> {
        self.energies.get(component).map(|table| match &table.source {
            Source::Table(name) => format!("{name} (ERT, action {action})"),
            Source::Estimates { actions, whole } => actions.get(action).unwrap_or(whole).clone(),
        })
    }

    /// The source of the area of a component.
    pub fn area_source(&self, component: &str) -> Option<&str> {
        self.areas.get(component).map(|(_, source)| source.as_str())
    }

    /// Whether the table of a component says what the component was.
    pub fn says_what_for(&self, component: &str) -> bool {
        self.energies.get(component).is_some_and(|table| !table.made_for.is_empty())
    }

    /// The energies of the actions of a component, in pJ.
    pub fn energies(&self, component: &str) -> Option<&ActionEnergies> {
        self.energies.get(component).map(|table| &table.energies)
    }

    /// Every entry of each action of the table of a network.
    pub(super) fn multicast(&self, network: &str) -> Option<&MulticastTable> {
        self.energies.get(network).map(|table| &table.entries)
    }

    /// Where a level is another one than its energies were estimated for: the attribute, and what is wrong. `element` is what
    /// the description says of it.
    pub(super) fn differences_of_level(&self, level: &Level, element: Option<&Value>) -> Vec<(String, String)> {
        self.told(&level.name, |made_for| made_for.differences_of_level(level, element))
    }

    /// The same for compute units.
    pub(super) fn differences_of_units(&self, units: &str, element: Option<&Value>) -> Vec<(String, String)> {
        self.told(units, |made_for| made_for.differences_of_units(element))
    }

    fn told(&self, name: &str, differences: impl Fn(&MadeFor) -> Vec<Difference>) -> Vec<(String, String)> {
        let Some(Table { made_for, source, .. }) = self.energies.get(name) else { return Vec::new() };
        let told = |(key, old, new): Difference| {
            let message = format!(
                "the energies of `{name}` ({source}) were estimated for another component: `{name}.{key}` {old} -> {new}; the \
                 numbers are those of the old one until the energies are estimated anew",
                source = source.name()
            );
            (key, message)
        };
        differences(made_for).into_iter().map(told).collect()
    }

    /// Energy of the wires of inferred networks in pJ per bit and millimetre, from a table named `wire`; 0 counts as not given.
    ///
    /// # Errors
    ///
    /// If the table does not have the action that Timeloop reads.
    pub(super) fn wire_energy(&self) -> Result<Option<f64>, FormatError> {
        const ACTION: &str = "transfer_random";
        let Some(name) = ["wire", "Wire"].into_iter().find(|name| self.energies.contains_key(*name)) else {
            return Ok(None);
        };
        let Some(energy) = self.energies(name).and_then(|energies| energies.get(ACTION)) else {
            return Err(FormatError::missing(&format!("ERT.tables.{name}.actions.{ACTION}")));
        };
        #[expect(clippy::cast_possible_truncation, reason = "Timeloop keeps it in single precision")]
        let energy = f64::from(*energy as f32);
        Ok((energy != 0.0).then_some(energy))
    }

    /// The area of a component, in square micrometres.
    pub fn area(&self, component: &str) -> Option<f64> {
        self.areas.get(component).map(|(area, _)| *area)
    }

    /// Says how many components the table has. Of several entries for one action the largest counts (TL topology.cpp
    /// `ParseAccelergyERT`).
    fn add_energies(
        &mut self,
        table: &Node,
        source: &str,
        known: impl Fn(&str, &ActionEnergies) -> MadeFor,
    ) -> Result<usize, FormatError> {
        let mut found = HashMap::new();
        for (name, entry) in entries(table)? {
            let mut energies = ActionEnergies::new();
            let mut all = MulticastTable::new();
            for (action, stated) in actions(&entry)? {
                let energy = stated.energy_pj.unwrap_or(0.0);
                if !(energy >= 0.0 && energy.is_finite()) {
                    let message =
                        format!("the energy of `{action}` is {energy} pJ; it must be a finite number, at least 0");
                    return Err(entry.invalid(message));
                }
                let known = energies.entry(action.clone()).or_insert(energy);
                *known = known.max(energy);
                all.entry(action).or_default().push(stated);
            }
            let name = component(&name).to_owned();
            let made_for = match entry.get("attributes") {
                Some(attributes) => MadeFor::read(&attributes)?,
                None => known(&name, &energies),
            };
            let source = Source::Table(source.to_owned());
            found.insert(name, Table { energies, entries: all, source, made_for });
        }
        let count = found.len();
        for (name, table) in found {
            self.energies.entry(name).or_insert(table);
        }
        Ok(count)
    }

    fn add_areas(&mut self, table: &Node, source: &str) -> Result<usize, FormatError> {
        let entries = entries(table)?;
        let mut found = HashMap::new();
        for (name, entry) in &entries {
            let area = if entry.scalar().is_some() { entry.real()? } else { entry.require("area")?.real()? };
            found.insert(component(name).to_owned(), area);
        }
        let count = found.len();
        for (name, area) in found {
            self.areas.entry(name).or_insert_with(|| (area, format!("{source} (ART)")));
        }
        Ok(count)
    }
}

/// `system.PE[0..3].glb[1..2]` is the component `glb`.
fn component(name: &str) -> &str {
    let name = if name.ends_with(']') { name.rfind('[').map_or(name, |bracket| &name[..bracket]) } else { name };
    name.rfind('.').map_or(name, |dot| &name[dot + 1..])
}

/// The named entries of a table: a list (versions 0.3, 0.4), or a map by name (version 0.2).
fn entries<'a>(table: &Node<'a>) -> Result<Vec<(String, Node<'a>)>, FormatError> {
    let tables = if table.value.is_sequence() { Some(table.clone()) } else { table.get("tables") };
    let Some(tables) = tables else { return Ok(Vec::new()) };
    if tables.value.is_mapping() {
        return tables.entries();
    }
    tables.list()?.into_iter().map(|entry| Ok((entry.require("name")?.text()?, entry))).collect()
}

/// The actions of an entry with their energies: a list under `actions`, or (version 0.2) a map of action to one or several
/// energies.
fn actions(entry: &Node) -> Result<Vec<(String, MulticastEntry)>, FormatError> {
    if entry.value.is_sequence() || entry.get("actions").is_some() || entry.get("name").is_some() {
        let list = if entry.value.is_sequence() { entry.list()? } else { entry.list_of("actions")? };
        return list.iter().map(|action| Ok((action.require("name")?.text()?, action_entry(action)?))).collect();
    }
    let mut all = Vec::new();
    for (action, node) in entry.entries()? {
        let variants = if node.value.is_sequence() { node.list()? } else { vec![node] };
        for variant in variants {
            let stated = if variant.scalar().is_some() {
                MulticastEntry { energy_pj: Some(variant.real()?), arguments: None }
            } else {
                action_entry(&variant)?
            };
            all.push((action.clone(), stated));
        }
    }
    Ok(all)
}

/// One energy with its arguments. An entry that states arguments may leave the energy out: it is 0 then.
fn action_entry(node: &Node) -> Result<MulticastEntry, FormatError> {
    let arguments = node.get("arguments").map(|node| node.entries()).transpose()?;
    let arguments = arguments.map(|entries| {
        entries.into_iter().filter_map(|(key, value)| Some((key, value.count().ok()?))).collect::<IndexMap<_, _>>()
    });
    let energy_pj = match node.get("energy") {
        None if arguments.as_ref().is_some_and(|arguments| !arguments.is_empty()) => None,
        _ => Some(node.require("energy")?.real()?),
    };
    Ok(MulticastEntry { energy_pj, arguments })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_names_lose_their_path_and_range() {
        let names = ["system.glb[1..2]", "system.PE[0..3].reg[0..0]", "glb", "a.b.mac"].map(component);
        assert_eq!(names, ["glb", "reg", "glb", "mac"]);
    }

    fn document(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn of_several_energies_the_first_counts() {
        let mut tables = EnergyTables::default();
        let list =
            "ERT: {tables: [{name: \"s.glb[1..1]\", actions: [{name: read, energy: 1}, {name: read, energy: 3}]}]}";
        tables.add(&document(list), "first").unwrap();
        let map = "{version: 0.2, tables: {s.glb: {read: 9}, s.reg: {read: [{energy: 4, arguments: {}}], write: 5}}}";
        tables.add_ert(&document(map), "second").unwrap();
        assert_eq!((tables.energies("glb").unwrap()["read"], tables.energy_source("glb")), (3.0, Some("first")));
        assert_eq!((tables.energies("reg").unwrap()["write"], tables.energy_source("reg")), (5.0, Some("second")));
    }

    #[test]
    fn malformed_tables_are_errors() {
        let error = |text: &str| EnergyTables::default().add_ert(&document(text), "x").unwrap_err().to_string();
        assert_eq!(error("{problem: {}}"), "`ERT.tables` is missing");
        assert_eq!(
            error("ERT: {tables: [{name: x, actions: [{name: read}]}]}"),
            "`ERT.tables[0].actions[0].energy` is missing"
        );
        assert_eq!(
            error("ERT: {tables: [{name: x, actions: [{name: read, energy: much}]}]}"),
            "`ERT.tables[0].actions[0].energy` must be a number, found `much`"
        );
    }
}
