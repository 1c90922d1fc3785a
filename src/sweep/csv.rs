//! `sweep.csv`: a line for each network on each design.

use std::collections::BTreeSet;

use crate::report::table::csv_text;
use crate::results::sweep::{DesignCost, DesignNetwork, DesignOutcome, SweepDesign, SweepResults};

/// Columns before those of the values, between these and the shares of the components, and after.
const HEAD: [&str; 2] = ["design", "architecture"];
const COSTS: [&str; 11] = [
    "status",
    "front",
    "network",
    "energy_pj",
    "cycles",
    "edp_j_cycle",
    "area_um2",
    "utilization",
    "layers",
    "proved",
    "gap",
];
const BOUNDS: [&str; 4] = ["energy_bound_pj", "cycles_bound", "dominated_by", "reason"];

/// Whether a column that is not of a value has this name.
pub(super) fn is_column(name: &str) -> bool {
    HEAD.iter().chain(&COSTS).chain(&BOUNDS).any(|column| *column == name)
}

/// The table of a sweep. Designs that were not searched have one line without a network.
///
/// # Errors
///
/// None in practice: it is written into memory.
pub fn sweep_csv(results: &SweepResults) -> Result<String, csv::Error> {
    let components = components(results);
    let front: BTreeSet<usize> = results.front.iter().map(|design| design.design).collect();
    let paths = results.parameters.iter().map(|parameter| parameter.path.clone());
    let head = HEAD.map(str::to_owned).into_iter().chain(paths);
    let shares = components.iter().map(|name| format!("energy_share {name}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head.chain(COSTS.map(str::to_owned)).chain(shares).chain(BOUNDS.map(str::to_owned)))?;
    for design in &results.designs {
        let networks: Vec<Option<&DesignNetwork>> = match design.searched() {
            Some(searched) => searched.networks.iter().map(Some).collect(),
            None => vec![None],
        };
        for network in networks {
            let is_on_front = front.contains(&design.design);
            writer.write_record(line(results, design, network, is_on_front, &components))?;
        }
    }
    csv_text(writer)
}

fn line(
    results: &SweepResults,
    design: &SweepDesign,
    network: Option<&DesignNetwork>,
    is_on_front: bool,
    components: &[String],
) -> Vec<String> {
    let mut line = vec![design.design.to_string(), design.architecture.clone()];
    let value = |path: &String| design.values.get(path).map(ToString::to_string).unwrap_or_default();
    line.extend(results.parameters.iter().map(|parameter| value(&parameter.path)));
    let (status, dominated_by, reason) = match &design.outcome {
        DesignOutcome::Searched(_) => ("searched", String::new(), ""),
        DesignOutcome::Skipped { dominated_by } => ("skipped", dominated_by.to_string(), ""),
        DesignOutcome::Failed { reason } => ("failed", String::new(), reason.as_str()),
        DesignOutcome::Unfinished => ("unfinished", String::new(), ""),
    };
    let front = match (&design.outcome, is_on_front) {
        (DesignOutcome::Searched(_), true) => "yes",
        (DesignOutcome::Searched(_), false) => "no",
        _ => "",
    };
    line.extend([status.to_owned(), front.to_owned()]);
    let cost = design.searched().map(|searched| searched.cost).or(design.bounds);
    let area = cost.and_then(|cost: DesignCost| cost.area_um2).map(|value| value.to_string()).unwrap_or_default();
    if let Some(network) = network {
        let DesignNetwork { network, energy_pj, cycles, edp_j_cycle, utilization, layers, proved, gap, components_pj } =
            network;
        line.extend([network.clone(), energy_pj.to_string(), cycles.to_string(), edp_j_cycle.to_string(), area]);
        let gap = gap.map(|value| value.to_string()).unwrap_or_default();
        line.extend([utilization.to_string(), layers.to_string(), proved.to_string(), gap]);
        let share =
            |name: &String| components_pj.get(name).map(|energy| (energy / energy_pj).to_string()).unwrap_or_default();
        line.extend(components.iter().map(share));
    } else {
        line.extend(["", "", "", ""].map(str::to_owned));
        line.push(area);
        line.extend(std::iter::repeat_n(String::new(), 4 + components.len()));
    }
    let bounds =
        design.bounds.map(|bounds| (bounds.energy_pj.to_string(), bounds.cycles.to_string())).unwrap_or_default();
    line.extend([bounds.0, bounds.1, dominated_by, reason.to_owned()]);
    line
}

/// Components of any design, in the order in which designs name them.
fn components(results: &SweepResults) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for searched in results.designs.iter().filter_map(SweepDesign::searched) {
        for name in searched.networks.iter().flat_map(|network| network.components_pj.keys()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names
}
