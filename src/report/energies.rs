//! Where energies and areas come from: one rule for messages, records and results.

use indexmap::IndexMap;

use crate::architecture::{Architecture, Area, AreaSource, Energy, EnergySource, Level};
use crate::model::Evaluation;
use crate::timeloop::files::EnergyTables;

/// The source of an energy of a component, in words.
pub fn energy_source(tables: &EnergyTables, component: &str, energy: &Energy) -> String {
    match &energy.source {
        EnergySource::Ert(action) => {
            tables.action_source(component, action).unwrap_or_else(|| format!("a table (ERT, action {action})"))
        }
        EnergySource::User => "an attribute of the description".to_owned(),
        EnergySource::Pat => "Timeloop's built-in estimate (PAT)".to_owned(),
        EnergySource::Absent => "not stated".to_owned(),
    }
}

/// The source of an area of a component, in words.
pub fn area_source(tables: &EnergyTables, component: &str, area: &Area) -> String {
    match (area.source, tables.area_source(component)) {
        (AreaSource::Stated, Some(source)) => source.to_owned(),
        (AreaSource::Stated, None) => "an attribute of the description".to_owned(),
        (AreaSource::Absent, _) => "not stated".to_owned(),
    }
}

/// Components whose energies no table and no attribute states, so that they are those of Timeloop's built-in estimates (PAT):
/// the compute units first, then the levels that store something, innermost first. With an evaluation, only levels that it
/// accesses.
pub fn guessed(architecture: &Architecture, evaluation: Option<&Evaluation>) -> Vec<String> {
    let units = architecture.arithmetic();
    let unit = (units.energy.source == EnergySource::Pat).then(|| units.name.clone());
    let is_accessed = |index: usize| evaluation.is_none_or(|evaluation| evaluation.levels[index].accesses() > 0);
    let levels = architecture.levels().iter().enumerate();
    let guessed = levels.filter(|(index, level)| !level.is_fan_out() && is_guessed(level) && is_accessed(*index));
    unit.into_iter().chain(guessed.map(|(_, level)| level.name.clone())).collect()
}

/// The sources of an architecture's energies, in words.
pub fn energy_sources(architecture: &Architecture, tables: &EnergyTables) -> String {
    source_list(architecture, tables).join("; ")
}

/// The sources of an architecture's energies, an entry each: tables first, then estimates with their components, then what neither
/// states.
pub fn source_list(architecture: &Architecture, tables: &EnergyTables) -> Vec<String> {
    let units = architecture.arithmetic();
    let levels = architecture.levels().iter().filter(|level| !level.is_fan_out());
    let components = std::iter::once((units.name.as_str(), &units.energy.source))
        .chain(levels.map(|level| (level.name.as_str(), &level.energy.read.source)));
    let (mut named, mut stated): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut estimated: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (name, source) in components {
        match source {
            EnergySource::Ert(_) if tables.estimate_source(name).is_some() => {
                estimated.entry(tables.estimate_source(name).unwrap_or_default()).or_default().push(name);
            }
            EnergySource::Ert(_) => {
                let source = tables.energy_source(name).unwrap_or("a table");
                if !named.contains(&source) {
                    named.push(source);
                }
            }
            EnergySource::User => stated.push(name),
            EnergySource::Pat | EnergySource::Absent => {}
        }
    }
    let mut parts: Vec<String> = named.into_iter().map(str::to_owned).collect();
    parts.extend(estimated.into_iter().map(|(source, names)| format!("{} estimated: {source}", names.join(", "))));
    if !stated.is_empty() {
        parts.push(format!("attributes of {}", stated.join(", ")));
    }
    let guessed = guessed(architecture, None);
    if !guessed.is_empty() {
        parts.push(format!("Timeloop's built-in estimates (PAT) for {}", guessed.join(", ")));
    }
    parts
}

fn is_guessed(level: &Level) -> bool {
    let is_pat = |energy: &Energy| energy.source == EnergySource::Pat && energy.pj != 0.0;
    [&level.energy.read, &level.energy.fill, &level.energy.update].into_iter().any(is_pat)
}
