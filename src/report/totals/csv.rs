//! Results as CSV. Numbers are in full precision; what is unknown is empty.

use crate::numbers::real;
use crate::report::table::csv_text;
use crate::results::{
    LayerOutcome, LayerResult, LimitResult, MappedLayer, NetworkResults, OptimalityResult, ProofSummary, Sums,
};

const LAYER: [&str; 8] = ["index", "name", "op", "problem", "executions", "macs", "bounds", "coefficients"];

const NUMBERS: [&str; 9] =
    ["cycles", "energy_pj", "edp_j_cycle", "utilization", "gflops", "area_um2", "limited_by", "optimality", "gap"];

/// One row per layer, of one execution. After the fixed columns, one with the fJ per compute of every component.
///
/// # Errors
///
/// None in practice: the text is made in memory.
pub fn layers_csv(results: &NetworkResults) -> Result<String, csv::Error> {
    let components = components([results]);
    let head = LAYER.into_iter().chain(["status"]).chain(NUMBERS).map(str::to_owned);
    let head = head.chain(components.iter().map(|name| format!("fj_per_compute {name}")));
    let head = head.chain(["fj_per_compute".to_owned(), "reason".to_owned()]);
    let rows = results.layers.iter().map(|layer| layer_row(layer, &components));
    text(std::iter::once(head.collect()).chain(rows))
}

fn layer_row(layer: &LayerResult, components: &[&str]) -> Vec<String> {
    let mut row = vec![
        layer.index.to_string(),
        layer.name.clone(),
        layer.op.clone(),
        layer.problem.clone(),
        layer.executions.to_string(),
        layer.macs.map_or_else(String::new, |macs| macs.to_string()),
        pairs(&layer.bounds),
        pairs(&layer.coefficients),
    ];
    match &layer.outcome {
        LayerOutcome::Mapped(mapped) => {
            row.push("mapped".to_owned());
            row.extend(numbers(mapped));
            let per_compute = |name: &&str| {
                let found = mapped.components.iter().find(|component| component.name == *name);
                found.map_or_else(String::new, |component| component.fj_per_compute.to_string())
            };
            row.extend(components.iter().map(per_compute));
            row.push(fj_per_compute(mapped.energy_pj, layer.macs.unwrap_or(0)));
            row.push(String::new());
        }
        LayerOutcome::Failed { reason } => {
            row.push("failed".to_owned());
            row.extend(std::iter::repeat_n(String::new(), NUMBERS.len() + components.len() + 1));
            row.push(reason.clone());
        }
    }
    row
}

fn numbers(mapped: &MappedLayer) -> [String; NUMBERS.len()] {
    let limit = |limit: &LimitResult| format!("{} {}", limit.level, limit.bandwidth);
    let limits: Vec<String> = mapped.limited_by.iter().map(limit).collect();
    let (optimality, gap) = match mapped.optimality {
        OptimalityResult::Proved => ("proved", String::new()),
        OptimalityResult::Gap(gap) => ("gap", gap.to_string()),
        OptimalityResult::Unknown => ("unknown", String::new()),
    };
    [
        mapped.cycles.to_string(),
        mapped.energy_pj.to_string(),
        mapped.edp_j_cycle.to_string(),
        mapped.utilization.to_string(),
        mapped.gflops.to_string(),
        optional(mapped.area_um2),
        if limits.is_empty() { "compute".to_owned() } else { limits.join("; ") },
        optimality.to_owned(),
        gap,
    ]
}

/// One row a network, architecture and mapper: the totals, empty where a layer has no mapping. The gap is that of the network
/// ([`ProofSummary`]).
///
/// # Errors
///
/// None in practice: the text is made in memory.
pub fn totals_csv(results: &[NetworkResults]) -> Result<String, csv::Error> {
    const HEAD: [&str; 23] = [
        "network",
        "architecture",
        "mapper",
        "footprint",
        "energy_source",
        "layers",
        "failed",
        "macs",
        "cycles",
        "energy_pj",
        "edp_j_cycle",
        "utilization",
        "gflops",
        "area_um2",
        "fj_per_compute",
        "proved",
        "gap",
        "time_seconds",
        "frames_per_second",
        "tops_per_watt",
        "main_memory_gb_per_second",
        "mac_coverage",
        "warnings",
    ];
    let components = components(results);
    let head = HEAD.into_iter().map(str::to_owned);
    let head = head.chain(components.iter().map(|name| format!("fj_per_compute {name}")));
    let row = |results: &NetworkResults| -> Vec<String> {
        let NetworkResults { network, architecture, mapper, footprint, energy_source, layers, totals, .. } = results;
        let names = [network, architecture, mapper, footprint, energy_source].map(String::clone);
        let sums = totals.sums.as_ref();
        let number = |text: fn(&Sums) -> String| sums.map_or_else(String::new, text);
        let ProofSummary { proved, gap, .. } = ProofSummary::of(results);
        let counts = [layers.len(), totals.failed].map(|count| count.to_string());
        let numbers = counts.into_iter().chain([
            number(|sums| sums.macs.to_string()),
            number(|sums| sums.cycles.to_string()),
            number(|sums| sums.energy_pj.to_string()),
            number(|sums| sums.edp_j_cycle.to_string()),
            number(|sums| sums.utilization.to_string()),
            number(|sums| sums.gflops.to_string()),
            optional(totals.area_um2),
            number(|sums| fj_per_compute(sums.energy_pj, sums.macs)),
            proved.to_string(),
            optional(gap.filter(|_| sums.is_some())),
            number(|sums| optional(sums.time_seconds)),
            number(|sums| optional(sums.frames_per_second)),
            number(|sums| optional(sums.tops_per_watt)),
            number(|sums| optional(sums.main_memory_gb_per_second)),
            optional(results.mac_coverage),
            results.warnings.join("; "),
        ]);
        let per_compute = |name: &&str| {
            let found = sums.and_then(|sums| sums.fj_per_compute.iter().find(|(component, _)| component == name));
            found.map_or_else(String::new, |(_, value)| value.to_string())
        };
        names.into_iter().chain(numbers).chain(components.iter().map(per_compute)).collect()
    };
    text(std::iter::once(head.collect()).chain(results.iter().map(row)))
}

/// The names of all components, in order of first appearance.
fn components<'a>(results: impl IntoIterator<Item = &'a NetworkResults>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for layer in results.into_iter().flat_map(|results| &results.layers) {
        let LayerOutcome::Mapped(mapped) = &layer.outcome else { continue };
        for component in &mapped.components {
            if !names.contains(&component.name.as_str()) {
                names.push(&component.name);
            }
        }
    }
    names
}

/// Names and values, such as `C=3 M=64`.
fn pairs(values: &[(String, impl ToString)]) -> String {
    values.iter().map(|(name, value)| format!("{name}={}", value.to_string())).collect::<Vec<_>>().join(" ")
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn fj_per_compute(energy_pj: f64, macs: u64) -> String {
    if macs == 0 { String::new() } else { (energy_pj * 1000.0 / real(macs)).to_string() }
}

fn text(rows: impl Iterator<Item = Vec<String>>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.into_iter().try_for_each(|row| writer.write_record(row))?;
    csv_text(writer)
}
