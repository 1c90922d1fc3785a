//! A design as `sweep.json` has it: one flat object, whose values stand under their paths.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::record::{DesignNetwork, DesignOutcome, SearchedDesign, SweepDesign};
use super::{DesignCost, SweepValue};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Searched,
    Skipped,
    Failed,
    Unfinished,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    design: usize,
    architecture: String,
    #[serde(flatten)]
    values: IndexMap<String, SweepValue>,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    energy_pj: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cycles: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edp_j_cycle: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    area_um2: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<DesignNetwork>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    energy_bound_pj: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cycles_bound: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dominated_by: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<SweepDesign> for Row {
    fn from(design: SweepDesign) -> Self {
        let SweepDesign { design, architecture, values, bounds, outcome } = design;
        let mut row = Self {
            design,
            architecture,
            values,
            status: Status::Unfinished,
            energy_pj: None,
            cycles: None,
            edp_j_cycle: None,
            area_um2: bounds.and_then(|bounds| bounds.area_um2),
            networks: Vec::new(),
            energy_bound_pj: bounds.map(|bounds| bounds.energy_pj),
            cycles_bound: bounds.map(|bounds| bounds.cycles),
            dominated_by: None,
            reason: None,
        };
        match outcome {
            DesignOutcome::Searched(searched) => {
                let DesignCost { energy_pj, cycles, area_um2 } = searched.cost;
                row.status = Status::Searched;
                (row.energy_pj, row.cycles, row.area_um2) = (Some(energy_pj), Some(cycles), area_um2);
                row.edp_j_cycle = Some(searched.edp_j_cycle());
                row.networks = searched.networks;
            }
            DesignOutcome::Skipped { dominated_by } => {
                (row.status, row.dominated_by) = (Status::Skipped, Some(dominated_by));
            }
            DesignOutcome::Failed { reason } => (row.status, row.reason) = (Status::Failed, Some(reason)),
            DesignOutcome::Unfinished => {}
        }
        row
    }
}

impl TryFrom<Row> for SweepDesign {
    type Error = String;

    fn try_from(row: Row) -> Result<Self, String> {
        let Row { design, architecture, values, area_um2, .. } = row;
        let missing = |key: &str| format!("design {design} has no `{key}`");
        let bounds = row.energy_bound_pj.zip(row.cycles_bound);
        let bounds = bounds.map(|(energy_pj, cycles)| DesignCost { energy_pj, cycles, area_um2 });
        let outcome = match row.status {
            Status::Searched => {
                let energy_pj = row.energy_pj.ok_or_else(|| missing("energy_pj"))?;
                let cycles = row.cycles.ok_or_else(|| missing("cycles"))?;
                let cost = DesignCost { energy_pj, cycles, area_um2 };
                DesignOutcome::Searched(SearchedDesign { cost, networks: row.networks })
            }
            Status::Skipped => {
                DesignOutcome::Skipped { dominated_by: row.dominated_by.ok_or_else(|| missing("dominated_by"))? }
            }
            Status::Failed => DesignOutcome::Failed { reason: row.reason.ok_or_else(|| missing("reason"))? },
            Status::Unfinished => DesignOutcome::Unfinished,
        };
        Ok(Self { design, architecture, values, bounds, outcome })
    }
}
