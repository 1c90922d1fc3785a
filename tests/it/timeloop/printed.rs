//! The recorded statistics, number for number as they are printed: no tolerance.

use std::collections::HashMap;

use onnx2timeloop::model::evaluate;
use onnx2timeloop::timeloop::files::stats::{self, StatsOptions};
use serde_json::Value;

use crate::kit::{Case, Input, architectures, cases, data, read};

/// The numbers of a text of statistics, without units.
#[derive(Default)]
struct Printed {
    /// Levels that have a block, innermost first.
    levels: Vec<String>,
    /// Networks that have a block, in order.
    networks: Vec<String>,
    /// Energy per compute of each component, in order.
    energies: Vec<(String, String)>,
    /// By level, network or heading, by data space (empty for what is about all of them), and by key.
    values: HashMap<(String, String, String), String>,
}

impl Printed {
    fn read(text: &str) -> Self {
        let mut printed = Self::default();
        let (mut section, mut owner, mut space) = ("", String::new(), String::new());
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let is_underlined = lines.get(index + 1).is_some_and(|next| next.starts_with("---"));
            let is_heading = !line.is_empty() && !line.starts_with([' ', '-']) && is_underlined;
            if is_heading && line.starts_with("Network ") {
                owner = lines[index + 2].to_owned();
                printed.networks.push(owner.clone());
                space.clear();
            } else if is_heading && !line.starts_with("Level ") {
                (section, owner) = (line, (*line).to_owned());
                space.clear();
            } else if let Some(name) = line.strip_prefix("=== ").and_then(|line| line.strip_suffix(" ===")) {
                if section.starts_with("Buffer") {
                    printed.levels.push(name.to_owned());
                    owner = name.to_owned();
                } else {
                    owner = format!("{section} {name}");
                }
                space.clear();
            } else if let Some((key, value)) = line.split_once(" = ").or_else(|| line.split_once("= ")) {
                let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
                if line.starts_with(' ') {
                    printed.energies.push((key, value));
                } else {
                    printed.values.insert((owner.clone(), String::new(), key), value);
                }
            } else if let Some(name) = line.strip_prefix("    ").and_then(|line| line.strip_suffix(':')) {
                name.clone_into(&mut space);
            } else if let Some((key, value)) = line.split_once(':') {
                let value = value.trim().split([' ', '%']).next().unwrap_or_default().to_owned();
                printed.values.insert((owner.clone(), space.clone(), key.trim().to_owned()), value);
            }
        }
        printed
    }
}

/// Compares what is printed with what was recorded.
struct Comparison<'a> {
    printed: &'a Printed,
    compared: usize,
    differences: Vec<String>,
}

/// A recorded number as it was printed.
fn two_decimals(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-nan".to_owned(), |value| format!("{value:.2}"))
}

impl Comparison<'_> {
    fn equal(&mut self, what: &str, printed: Option<&str>, expected: &str) {
        self.compared += 1;
        if printed != Some(expected) {
            self.differences.push(format!("{what}: {printed:?}, expected {expected}"));
        }
    }

    /// Values under keys, as whole numbers (`true`) or with two decimals.
    fn values(&mut self, owner: &str, space: &str, recorded: &Value, keys: &[(&str, &str, bool)]) {
        for (key, field, is_count) in keys {
            let found = self.printed.values.get(&(owner.to_owned(), space.to_owned(), (*key).to_owned()));
            let Some(expected) = recorded.get(*field) else { continue };
            let expected = if *is_count { expected.as_u64().unwrap().to_string() } else { two_decimals(expected) };
            self.equal(&format!("{owner} {space} {key}"), found.map(String::as_str), &expected);
        }
    }

    fn statistics(&mut self, recorded: &Value) {
        let mac = recorded.get("mac");
        let levels = recorded["levels"].as_array().unwrap();
        let names = mac.into_iter().chain(levels).map(|level| level["name"].as_str().unwrap());
        self.equal("levels", Some(&self.printed.levels.join(" ")), &names.collect::<Vec<_>>().join(" "));
        if let Some(mac) = mac {
            self.values(mac["name"].as_str().unwrap(), "", mac, &MAC);
        }
        for level in levels {
            let name = level["name"].as_str().unwrap();
            self.values(name, "", level, &LEVEL);
            for (space, recorded) in level["data_spaces"].as_object().unwrap() {
                self.values(name, space, recorded, &DATA_SPACE);
            }
        }
        self.intensity(&recorded["operational_intensity"]);
        self.summary(&recorded["summary"]);
        if let Some(networks) = recorded.get("networks") {
            self.networks(networks);
        }
    }

    fn intensity(&mut self, recorded: &Value) {
        const HEADING: &str = "Operational Intensity Stats";
        self.values(HEADING, "", recorded, &INTENSITY);
        for (name, recorded) in recorded["levels"].as_object().unwrap() {
            self.values(&format!("{HEADING} {name}"), "", recorded, &LEVEL_INTENSITY);
        }
    }

    fn summary(&mut self, recorded: &Value) {
        const HEADING: &str = "Summary Stats";
        self.values(HEADING, "", recorded, &SUMMARY);
        let edp = self.printed.values.get(&(HEADING.to_owned(), String::new(), "EDP(J*cycle)".to_owned()));
        self.equal("EDP", edp.map(String::as_str), recorded["edp"].as_str().unwrap());
        let list = recorded["fj_per_compute"].as_array().unwrap();
        self.equal("lines of energies", Some(&self.printed.energies.len().to_string()), &list.len().to_string());
        for ((name, value), recorded) in self.printed.energies.iter().zip(list) {
            self.equal("order of energies", Some(name), recorded[0].as_str().unwrap());
            self.equal(&format!("{name} fJ/Compute"), Some(value), &two_decimals(&recorded[1]));
        }
    }

    fn networks(&mut self, recorded: &Value) {
        let recorded = recorded.as_object().unwrap();
        let mut names: Vec<&str> = recorded.keys().map(String::as_str).collect();
        names.sort_unstable();
        self.equal("networks", Some(&self.printed.networks.join(" ")), &names.join(" "));
        for (name, spaces) in recorded {
            for (space, recorded) in spaces.as_object().unwrap() {
                self.values(name, space, recorded, &NETWORK);
                for record in recorded["by_multicast_scatter"].as_array().unwrap() {
                    let key = format!("@multicast {} @scatter {}", record[0], record[1]);
                    let found = self.printed.values.get(&(name.clone(), space.clone(), key.clone()));
                    self.equal(&format!("{name} {space} {key}"), found.map(String::as_str), &two_decimals(&record[2]));
                }
            }
        }
    }
}

const MAC: [(&str, &str, bool); 5] = [
    ("Utilized instances", "utilized_instances", true),
    ("Computes (total)", "computes", true),
    ("Cycles", "cycles", true),
    ("Energy (total)", "energy_total_pj", false),
    ("Area (total)", "area_total_um2", false),
];

const LEVEL: [(&str, &str, bool); 4] = [
    ("Cycles", "cycles", true),
    ("Bandwidth throttling", "bandwidth_throttling", false),
    ("Leakage energy (total)", "leakage_energy_total_pj", false),
    ("Vector access energy", "vector_access_energy_pj", false),
];

const DATA_SPACE: [(&str, &str, bool); 15] = [
    ("Partition size", "partition_size", true),
    ("Utilized capacity", "utilized_capacity", true),
    ("Utilized instances (max)", "utilized_instances", true),
    ("Utilized clusters (max)", "utilized_clusters", true),
    ("Scalar reads (per-instance)", "reads", true),
    ("Scalar fills (per-instance)", "fills", true),
    ("Scalar updates (per-instance)", "updates", true),
    ("Temporal reductions (per-instance)", "temporal_reductions", true),
    ("Address generations (per-cluster)", "address_generations", true),
    ("Energy (per-scalar-access)", "energy_per_scalar_access_pj", false),
    ("Energy (per-instance)", "energy_per_instance_pj", false),
    ("Energy (total)", "energy_total_pj", false),
    ("Shared Bandwidth (per-instance)", "shared_bandwidth", false),
    ("Read Bandwidth (per-instance)", "read_bandwidth", false),
    ("Write Bandwidth (per-instance)", "write_bandwidth", false),
];

const INTENSITY: [(&str, &str, bool); 5] = [
    ("Total elementwise ops", "total_elementwise_ops", true),
    ("Total reduction ops", "total_reduction_ops", true),
    ("Total ops", "total_ops", true),
    ("Total memory accesses required", "total_memory_accesses_required", true),
    ("Optimal Op per Byte", "optimal_op_per_byte", false),
];

const LEVEL_INTENSITY: [(&str, &str, bool); 2] =
    [("Total scalar accesses", "scalar_accesses", true), ("Op per Byte", "op_per_byte", false)];

const SUMMARY: [(&str, &str, bool); 6] = [
    ("GFLOPs (@1GHz)", "gflops", false),
    ("Utilization", "utilization_percent", false),
    ("Cycles", "cycles", true),
    ("Energy", "energy_uj", false),
    ("Area", "area_mm2", false),
    ("Computes", "computes", true),
];

const NETWORK: [(&str, &str, bool); 6] = [
    ("Fanout", "fanout", true),
    ("Multicast factor", "multicast_factor", true),
    ("Ingresses", "ingresses", false),
    ("Link transfers", "link_transfers", true),
    ("Spatial reductions", "spatial_reductions", true),
    ("Average number of hops", "average_hops", false),
];

/// Prints the accepted cases of a file and compares them; how many values there were.
fn compare(file: &str, options: StatsOptions) -> usize {
    let architectures = architectures();
    let (mut compared, mut wrong) = (0, Vec::new());
    let accepted = cases(file).into_iter().filter(|case| case.expected["accepted"] == true);
    for Case { id, arch, problem, mapping, expected } in accepted {
        let architecture = &architectures[&arch];
        let evaluation = evaluate(architecture, &problem, &mapping).unwrap();
        let printed = Printed::read(&stats::write(architecture, &problem, &evaluation, options));
        let mut comparison = Comparison { printed: &printed, compared: 0, differences: Vec::new() };
        comparison.statistics(&expected);
        compared += comparison.compared;
        if !comparison.differences.is_empty() {
            wrong.push(format!("{id}: {}", comparison.differences.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    compared
}

#[test]
fn recorded_statistics_of_perfect_mappings_are_printed_digit_for_digit() {
    let compared = compare("cases-1.jsonl.gz", StatsOptions::default());
    assert!(compared > 300_000, "{compared}");
}

#[test]
fn recorded_statistics_of_imperfect_mappings_are_printed_digit_for_digit() {
    let compared = compare("cases-imperfect.jsonl.gz", StatsOptions::default());
    assert!(compared > 20_000, "{compared}");
}

#[test]
fn recorded_statistics_of_networks_are_printed_digit_for_digit() {
    let options = StatsOptions { hide_inconsequential: false, ..StatsOptions::default() };
    let compared = compare("cases-networks.jsonl.gz", options);
    assert!(compared > 20_000, "{compared}");
}

/// Runs in which single precision shows, or a level that is accessed and costs nothing.
#[test]
fn statistics_with_hidden_costs_and_quotients_are_printed_byte_for_byte() {
    for name in ["hidden_level", "op_per_byte_f32"] {
        let folder = data("stats").join(name);
        let input = Input::open(&folder.join("in.yaml"));
        let mapping = input.mapping(&read(&folder.join("map.yaml"))).value;
        let evaluation = evaluate(&input.architecture, &input.problem, &mapping).unwrap();
        let text = stats::write(&input.architecture, &input.problem, &evaluation, StatsOptions::default());
        let recorded = read(&folder.join("real.stats.txt"));
        let different = text.lines().zip(recorded.lines()).find(|(mine, recorded)| mine != recorded);
        assert_eq!((different, text.len()), (None, recorded.len()), "{name}");
    }
}

/// 5.925 is printed as 5.93: the nearest number of single precision lies above.
#[test]
fn gflops_are_divided_in_single_precision() {
    let input = Input::open(&data("stats/gflops_f32/in.yaml"));
    let mapping = input.own_mapping().value;
    let evaluation = evaluate(&input.architecture, &input.problem, &mapping).unwrap();
    let text = stats::write(&input.architecture, &input.problem, &evaluation, StatsOptions::default());
    assert!(text.contains("GFLOPs (@1GHz): 5.93\n"), "{text}");
}
