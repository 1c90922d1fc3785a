//! What one mapping costs, for people and programs.

mod record;
mod rejection;
mod text;

pub use record::{EvaluationRecord, record};
pub use rejection::rejection;
pub use text::{details, levels_table, summary};

use crate::architecture::{Architecture, Area, AreaSource, Energy, EnergySource};
use crate::mapping::Mapping;
use crate::model::{Evaluation, Footprint};
use crate::timeloop::files::EnergyTables;
use crate::workload::Problem;

/// A mapping that was evaluated, and everything it refers to.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the types say it")]
pub struct Evaluated<'a> {
    pub architecture: &'a Architecture,
    pub problem: &'a Problem,
    pub mapping: &'a Mapping,
    pub evaluation: &'a Evaluation,
    /// Where energies and areas came from.
    pub tables: &'a EnergyTables,
    /// How tiles were counted.
    pub footprint: Footprint,
}

/// The source of an energy of a component, in words.
pub fn energy_source(tables: &EnergyTables, component: &str, energy: &Energy) -> String {
    match &energy.source {
        EnergySource::Ert(action) => {
            format!("{} (ERT, action {action})", tables.energy_source(component).unwrap_or("a table"))
        }
        EnergySource::User => "an attribute of the description".to_owned(),
        EnergySource::Pat => "Timeloop's built-in formula (PAT)".to_owned(),
        EnergySource::Absent => "nothing states it".to_owned(),
    }
}

/// The source of an area of a component, in words.
pub fn area_source(tables: &EnergyTables, component: &str, area: &Area) -> String {
    match (area.source, tables.area_source(component)) {
        (AreaSource::Stated, Some(source)) => format!("{source} (ART)"),
        (AreaSource::Stated, None) => "an attribute of the description".to_owned(),
        (AreaSource::Absent, _) => "nothing states it".to_owned(),
    }
}

/// Components whose energy counts and is none of a table or of the user, but of Timeloop's built-in formulas.
pub fn guessed(evaluated: &Evaluated<'_>) -> Vec<String> {
    let Evaluated { architecture, evaluation, .. } = evaluated;
    let units = architecture.arithmetic();
    let unit = (units.energy.source == EnergySource::Pat).then(|| units.name.clone());
    let levels = architecture.levels().iter().zip(&evaluation.levels).filter(|(level, used)| {
        let is_pat = |energy: &Energy| energy.source == EnergySource::Pat && energy.pj != 0.0;
        used.accesses() > 0 && [&level.energy.read, &level.energy.fill, &level.energy.update].into_iter().any(is_pat)
    });
    unit.into_iter().chain(levels.map(|(level, _)| level.name.clone())).collect()
}
