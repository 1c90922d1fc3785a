//! Results as CSV. Numbers are in full precision; what is unknown is empty.

use crate::numbers::real;
use crate::report::table::csv_text;
use crate::results::{
    LayerOutcome, LayerResult, LimitResult, MappedLayer, NetworkResults, OptimalityResult, ProofSummary, Totals,
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
    let components = components([&results.totals]);
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
    let components = components(results.iter().map(|results| &results.totals));
    let head = HEAD.into_iter().map(str::to_owned);
    let head = head.chain(components.iter().map(|name| format!("fj_per_compute {name}")));
    let row = |results: &NetworkResults| -> Vec<String> {
        let NetworkResults { network, architecture, mapper, footprint, energy_source, layers, totals, .. } = results;
        let names = [network, architecture, mapper, footprint, energy_source].map(String::clone);
        // Sums over some of the layers would be taken for those of the network.
        let is_whole = totals.failed == 0;
        let of_all = |number: String| if is_whole { number } else { String::new() };
        let ProofSummary { proved, gap, .. } = ProofSummary::of(results);
        let counts = [layers.len(), totals.failed].map(|count| count.to_string());
        let sums = [
            totals.macs.to_string(),
            totals.cycles.to_string(),
            totals.energy_pj.to_string(),
            totals.edp_j_cycle.to_string(),
            totals.utilization.to_string(),
            totals.gflops.to_string(),
        ];
        let per_mac = fj_per_compute(totals.energy_pj, totals.macs);
        let numbers = counts.into_iter().chain(sums.map(of_all)).chain([
            optional(totals.area_um2),
            of_all(per_mac),
            proved.to_string(),
            of_all(optional(gap)),
            optional(totals.time_seconds),
            optional(totals.frames_per_second),
            optional(totals.tops_per_watt),
            optional(totals.main_memory_gb_per_second),
            optional(results.mac_coverage),
            results.warnings.join("; "),
        ]);
        let per_compute = |name: &&str| {
            let found = totals.fj_per_compute.iter().find(|(component, _)| is_whole && component == name);
            found.map_or_else(String::new, |(_, value)| value.to_string())
        };
        names.into_iter().chain(numbers).chain(components.iter().map(per_compute)).collect()
    };
    text(std::iter::once(head.collect()).chain(results.iter().map(row)))
}

/// The names of all components, in order of first appearance.
fn components<'a>(totals: impl IntoIterator<Item = &'a Totals>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in totals.into_iter().flat_map(|totals| &totals.fj_per_compute) {
        if !names.contains(&name.as_str()) {
            names.push(name);
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
