//! The components of a design: class, size, energies, area, and where each number comes from.

use indexmap::IndexMap;
use serde::Serialize;

use super::table::{TextTable, list_entry};
use crate::architecture::{Architecture, Energy, EnergySource};
use crate::energy::{Estimate, six_digits};
use crate::timeloop::files::EnergyTables;

/// The components of a design, for programs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComponentRecords {
    /// One entry a component, outermost first.
    pub components: Vec<ComponentRecord>,
}

/// One component, one instance of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComponentRecord {
    /// Name of the component, without range.
    pub name: String,
    /// Its class.
    pub class: String,
    /// Attributes that its estimate depends on, as they were evaluated; empty without an estimate.
    pub attributes: IndexMap<String, String>,
    /// Energy of each action in pJ; of `leak` per cycle.
    pub actions: IndexMap<String, f64>,
    /// Area in square micrometres; `None` where nothing states it.
    pub area_um2: Option<f64>,
    /// Where the energies come from (the area, where there are none); of several sources the least certain.
    pub source: String,
    /// Where the energy of each action comes from, and under `area` where the area does.
    pub sources: IndexMap<String, String>,
    /// What a reader may not expect.
    pub notes: Vec<String>,
}

/// The components of a design, outermost first, with what tables state, else what is estimated, else Timeloop's formulas.
pub fn component_records(
    architecture: &Architecture,
    tables: &EnergyTables,
    estimates: &[Estimate],
) -> Vec<ComponentRecord> {
    let units = architecture.arithmetic();
    let compute: &[(&str, &Energy)] = &[("compute", &units.energy)];
    let of_units = record(&units.name, &units.class, compute, tables, estimates);
    let levels = architecture.levels().iter().rev().map(|level| {
        let energy = &level.energy;
        let actions =
            [("read", &energy.read), ("write", &energy.fill), ("update", &energy.update), ("leak", &energy.leak)];
        let actions: &[(&str, &Energy)] = if level.is_fan_out() { &[] } else { &actions };
        record(&level.name, &level.class, actions, tables, estimates)
    });
    levels.chain([of_units]).collect()
}

/// `resolved` are the energies that the model uses, where no table has any.
fn record(
    name: &str,
    class: &str,
    resolved: &[(&str, &Energy)],
    tables: &EnergyTables,
    estimates: &[Estimate],
) -> ComponentRecord {
    let estimate = estimates.iter().find(|estimate| estimate.name == name);
    let in_order = estimate.map(|estimate| estimate.actions.keys().map(String::as_str)).into_iter().flatten();
    let mut actions = IndexMap::new();
    let mut sources = IndexMap::new();
    match tables.energies(name) {
        Some(stated) => {
            let others = stated.keys().map(String::as_str);
            for action in in_order.filter(|action| stated.contains_key(*action)).chain(others) {
                actions.insert(action.to_owned(), stated[action]);
                sources.insert(action.to_owned(), tables.action_source(name, action).unwrap_or_default());
            }
        }
        None => {
            for (action, energy) in resolved {
                let source = match energy.source {
                    EnergySource::Absent => continue,
                    EnergySource::User => "an attribute of the description",
                    EnergySource::Pat | EnergySource::Ert(_) => "Timeloop's built-in estimate (PAT)",
                };
                actions.insert((*action).to_owned(), energy.pj);
                sources.insert((*action).to_owned(), source.to_owned());
            }
        }
    }
    let area_um2 = tables.area(name);
    if let Some(source) = tables.area_source(name) {
        sources.insert("area".to_owned(), source.to_owned());
    }
    let table = || tables.energy_source(name).map(|table| format!("{table} (ERT)"));
    let source = tables.estimate_source(name).map(str::to_owned).or_else(table);
    let source = source.or_else(|| sources.values().next().cloned()).unwrap_or_else(|| "not stated".to_owned());
    let attributes = estimate.map(|estimate| estimate.attributes.iter());
    ComponentRecord {
        name: name.to_owned(),
        class: estimate.map_or(class, |estimate| &estimate.class).to_owned(),
        attributes: attributes.into_iter().flatten().map(|(key, value)| (key.to_owned(), value.text())).collect(),
        actions,
        area_um2,
        source,
        sources,
        notes: estimate.map(|estimate| estimate.notes.iter().map(ToString::to_string).collect()).unwrap_or_default(),
    }
}

/// A table of components within so many columns; below it, where the numbers come from and what a reader may not expect.
pub fn components_table(components: &[ComponentRecord], width: Option<usize>) -> String {
    const ACTIONS: [&str; 5] = ["read", "write", "update", "compute", "leak"];
    let others = components.iter().flat_map(|component| component.actions.keys());
    let mut actions: Vec<&str> = ACTIONS.to_vec();
    others.for_each(|action| {
        if !actions.contains(&action.as_str()) {
            actions.push(action);
        }
    });
    actions.retain(|action| components.iter().any(|component| component.actions.contains_key(*action)));
    let heads = ["component", "class", "depth", "width"].into_iter().map(str::to_owned);
    let heads = heads.chain(actions.iter().map(|action| match *action {
        "leak" => "leak pJ/cycle".to_owned(),
        action => format!("{action} pJ"),
    }));
    let columns = 4 + actions.len() + 1;
    let mut table = TextTable::new(heads.chain(["area um2".to_owned()])).right_aligned(2..columns);
    let dash = || "-".to_owned();
    let shown: Vec<&ComponentRecord> = components.iter().filter(|component| !component.actions.is_empty()).collect();
    for component in &shown {
        let attribute = |key: &str| component.attributes.get(key).cloned().unwrap_or_else(dash);
        let number = |value: Option<f64>| value.map_or_else(dash, |value| six_digits(value).to_string());
        let cells = [component.name.clone(), component.class.clone(), attribute("depth"), attribute("width")];
        let energies = actions.iter().map(|action| number(component.actions.get(*action).copied()));
        table.add_row(cells.into_iter().chain(energies).chain([number(component.area_um2)]));
    }
    let mut text = table.text_within(width, 1);
    text.push_str("\nSources:\n");
    let mut by_source: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for component in &shown {
        by_source.entry(&component.source).or_default().push(&component.name);
    }
    for (source, names) in by_source {
        text += &list_entry(&format!("{}: {source}", names.join(", ")), width);
    }
    let notes = || shown.iter().flat_map(|component| component.notes.iter().map(|note| (&component.name, note)));
    if notes().next().is_some() {
        text.push_str("Notes:\n");
        notes().for_each(|(name, note)| text += &list_entry(&format!("{name}: {note}"), width));
    }
    text
}
