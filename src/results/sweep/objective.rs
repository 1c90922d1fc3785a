//! What decides which designs of a sweep are the best.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::DesignCost;
use crate::names::suggestion;
use crate::numbers::real;

/// A quantity of a whole design, to be minimised. Each is non-decreasing in energy, cycles and area, so that a dominated design is never
/// better than the one that dominates it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SweepObjective {
    /// Energy times cycles.
    #[default]
    Edp,
    /// Energy.
    Energy,
    /// Cycles.
    Delay,
    /// Area.
    Area,
    /// Energy times cycles times area.
    Edap,
    /// Energy times area.
    Eap,
    /// Cycles times area.
    Dap,
}

/// The names, and the metric by which the layers of a design are mapped.
const OBJECTIVES: [(SweepObjective, &str, &str); 7] = [
    (SweepObjective::Edp, "edp", "edp"),
    (SweepObjective::Energy, "energy", "energy"),
    (SweepObjective::Delay, "delay", "delay"),
    (SweepObjective::Area, "area", "edp"),
    (SweepObjective::Edap, "edap", "edp"),
    (SweepObjective::Eap, "eap", "energy"),
    (SweepObjective::Dap, "dap", "delay"),
];

/// An objective that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown objective `{name}` (known: {known}){hint}", known = SweepObjective::names().join(", "))]
pub struct UnknownObjective {
    name: String,
    hint: String,
}

impl SweepObjective {
    /// All names.
    pub fn names() -> Vec<&'static str> {
        OBJECTIVES.iter().map(|(_, name, _)| *name).collect()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        OBJECTIVES.iter().find(|(objective, ..)| *objective == self).map_or("", |(_, name, _)| name)
    }

    /// The metric that the mapping of each layer minimises, by its name.
    pub fn metric(self) -> &'static str {
        OBJECTIVES.iter().find(|(objective, ..)| *objective == self).map_or("", |(.., metric)| metric)
    }

    /// Whether it needs the area.
    pub fn needs_area(self) -> bool {
        matches!(self, Self::Area | Self::Edap | Self::Eap | Self::Dap)
    }

    /// Its value, in products of pJ, cycles and square micrometres; infinite where an area is needed and not known.
    pub fn value(self, cost: &DesignCost) -> f64 {
        let area = cost.area_um2.unwrap_or(f64::INFINITY);
        let (energy, cycles) = (cost.energy_pj, real(cost.cycles));
        match self {
            Self::Edp => energy * cycles,
            Self::Energy => energy,
            Self::Delay => cycles,
            Self::Area => area,
            Self::Edap => energy * cycles * area,
            Self::Eap => energy * area,
            Self::Dap => cycles * area,
        }
    }

    /// Which of two designs is better: by the value, then by less energy, fewer cycles, less area. So a design that dominates another one
    /// comes before it.
    pub fn compare(self, left: &DesignCost, right: &DesignCost) -> Ordering {
        let area = |cost: &DesignCost| cost.area_um2.unwrap_or(f64::INFINITY);
        let value = self.value(left).total_cmp(&self.value(right));
        let energy = || left.energy_pj.total_cmp(&right.energy_pj);
        let cycles = || left.cycles.cmp(&right.cycles);
        value.then_with(energy).then_with(cycles).then_with(|| area(left).total_cmp(&area(right)))
    }
}

impl fmt::Display for SweepObjective {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for SweepObjective {
    type Err = UnknownObjective;

    fn from_str(text: &str) -> Result<Self, UnknownObjective> {
        let plain = text.trim();
        let found = OBJECTIVES.iter().find(|(_, name, _)| *name == plain).map(|(objective, ..)| *objective);
        found.ok_or_else(|| UnknownObjective { name: text.to_owned(), hint: suggestion(plain, Self::names()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_are_known_by_their_names() {
        for (objective, name, _) in OBJECTIVES {
            assert_eq!((name.parse::<SweepObjective>().unwrap(), objective.to_string().as_str()), (objective, name));
            assert_eq!(serde_json::to_string(&objective).unwrap(), format!("\"{name}\""));
        }
        let error = "edpa".parse::<SweepObjective>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown objective `edpa` (known: edp, energy, delay, area, edap, eap, dap); did you mean \"edp\"?"
        );
    }

    #[test]
    fn a_dominating_design_is_always_better() {
        let cost = |energy_pj: f64, cycles, area: f64| DesignCost { energy_pj, cycles, area_um2: Some(area) };
        let (good, bad) = (cost(1.0, 2, 3.0), cost(1.0, 2, 4.0));
        for (objective, ..) in OBJECTIVES {
            assert_eq!(objective.compare(&good, &bad), Ordering::Less, "{objective}");
        }
        assert!((SweepObjective::Edap.value(&good) - 6.0).abs() < 1e-12);
        let unknown = DesignCost { area_um2: None, ..good };
        assert_eq!(SweepObjective::Area.compare(&bad, &unknown), Ordering::Less);
    }
}
