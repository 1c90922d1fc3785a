//! Compares an evaluation with what the real tool printed: integers and two-decimal numbers exactly, doubles to a relative
//! 1e-12. What Timeloop divides in single precision is compared as it is printed (`timeloop/printed.rs`).

use onnx2timeloop::architecture::Architecture;
use onnx2timeloop::model::{Evaluation, LevelUse, NetworkUse};
use onnx2timeloop::workload::Problem;
use serde_json::Value;

/// Differences found so far, and how many values were compared.
#[derive(Default)]
pub(crate) struct Comparison {
    pub(crate) compared: usize,
    pub(crate) differences: Vec<String>,
}

impl Comparison {
    fn check(&mut self, what: &str, equal: bool, mine: impl std::fmt::Display, expected: &Value) {
        self.compared += 1;
        if !equal {
            self.differences.push(format!("{what}: {mine}, expected {expected}"));
        }
    }

    fn count(&mut self, what: &str, mine: u64, expected: &Value) {
        self.check(what, expected.as_u64() == Some(mine), mine, expected);
    }

    /// A number printed with two decimals, which are the same; null is NaN.
    fn printed(&mut self, what: &str, mine: f64, expected: &Value) {
        let equal = match expected.as_f64() {
            Some(value) => format!("{mine:.2}") == format!("{value:.2}"),
            None => expected.is_null() && mine.is_nan(),
        };
        self.check(what, equal, mine, expected);
    }

    fn exact(&mut self, what: &str, mine: f64, expected: &Value) {
        let equal = expected.as_f64().is_some_and(|value| (mine - value).abs() <= 1e-12 * value.abs());
        self.check(what, equal, mine, expected);
    }

    pub(crate) fn evaluation(
        &mut self,
        architecture: &Architecture,
        problem: &Problem,
        mine: &Evaluation,
        expected: &Value,
    ) {
        if let Some(mac) = expected.get("mac") {
            self.count("mac instances", mine.arithmetic.utilized_instances, &mac["utilized_instances"]);
            self.count("computes", mine.arithmetic.computes, &mac["computes"]);
            self.count("mac cycles", mine.arithmetic.cycles, &mac["cycles"]);
            self.printed("mac energy", mine.arithmetic.energy_pj, &mac["energy_total_pj"]);
            self.exact("mac energy", mine.arithmetic.energy_pj, &mac["energy_total_exact"]);
            self.printed("mac area", mine.arithmetic.area_um2, &mac["area_total_um2"]);
        }
        for level in expected["levels"].as_array().unwrap() {
            let index = architecture.level_index(level["name"].as_str().unwrap()).unwrap();
            let access = architecture.levels()[index].energy.vector_access.pj;
            self.printed("vector access energy", access, &level["vector_access_energy_pj"]);
            self.level(problem, &mine.levels[index], level);
        }
        self.operations(architecture, mine, &expected["operational_intensity"]);
        self.summary(architecture, mine, &expected["summary"]);
        if let Some(networks) = expected.get("networks") {
            for network in &mine.networks {
                let expected = networks.get(&network.name).unwrap_or(&Value::Null);
                self.network(problem, network, expected);
            }
            self.check("networks", networks.as_object().unwrap().len() == mine.networks.len(), "count", &Value::Null);
        }
    }

    fn level(&mut self, problem: &Problem, mine: &LevelUse, expected: &Value) {
        let name = expected["name"].as_str().unwrap();
        self.count(&format!("{name} cycles"), mine.cycles, &expected["cycles"]);
        self.printed(&format!("{name} throttling"), mine.slowdown, &expected["bandwidth_throttling"]);
        self.exact(&format!("{name} slowdown"), mine.slowdown, &expected["slowdown_exact"]);
        self.printed(&format!("{name} leakage"), mine.leakage_pj, &expected["leakage_energy_total_pj"]);
        let spaces = expected["data_spaces"].as_object().unwrap();
        let kept = mine.data_spaces.iter().flatten().count();
        self.check(&format!("{name} data spaces"), kept == spaces.len(), kept, &expected["data_spaces"]);
        for (space, mine) in problem.data_spaces().iter().zip(&mine.data_spaces) {
            let (Some(mine), Some(expected)) = (mine, spaces.get(&space.name)) else { continue };
            let at = |key: &str| format!("{name} {} {key}", space.name);
            for (key, value) in [
                ("partition_size", mine.partition),
                ("utilized_capacity", mine.tile),
                ("utilized_instances", mine.utilized_instances),
                ("utilized_clusters", mine.utilized_clusters),
                ("reads", mine.accesses.reads),
                ("fills", mine.accesses.fills),
                ("updates", mine.accesses.updates),
                ("temporal_reductions", mine.temporal_reductions),
                ("address_generations", mine.address_generations),
            ] {
                self.count(&at(key), value, &expected[key]);
            }
            for (key, value) in [
                ("energy_per_scalar_access_pj", mine.energy_per_access_pj()),
                ("energy_per_instance_pj", mine.energy_per_instance_pj),
                ("energy_total_pj", mine.energy_pj),
                ("shared_bandwidth", mine.read_bandwidth + mine.write_bandwidth),
                ("read_bandwidth", mine.read_bandwidth),
                ("write_bandwidth", mine.write_bandwidth),
            ] {
                self.printed(&at(key), value, &expected[key]);
            }
            self.exact(&at("energy"), mine.energy_per_instance_pj, &expected["energy_per_instance_exact"]);
            self.exact(&at("read bandwidth"), mine.read_bandwidth, &expected["read_bandwidth_exact"]);
            self.exact(&at("write bandwidth"), mine.write_bandwidth, &expected["write_bandwidth_exact"]);
        }
    }

    fn operations(&mut self, architecture: &Architecture, mine: &Evaluation, expected: &Value) {
        self.count("elementwise ops", mine.arithmetic.computes, &expected["total_elementwise_ops"]);
        self.count("reduction ops", mine.reductions(), &expected["total_reduction_ops"]);
        self.count("ops", mine.operations(), &expected["total_ops"]);
        self.count("required accesses", mine.required_accesses, &expected["total_memory_accesses_required"]);
        for (level, mine) in architecture.levels().iter().zip(&mine.levels) {
            if let Some(expected) =
                expected["levels"].get(&level.name).filter(|value| value.get("scalar_accesses").is_some())
            {
                self.count(&format!("{} accesses", level.name), mine.accesses(), &expected["scalar_accesses"]);
            }
        }
    }

    fn summary(&mut self, architecture: &Architecture, mine: &Evaluation, expected: &Value) {
        self.printed("utilization", mine.utilization * 100.0, &expected["utilization_percent"]);
        self.count("cycles", mine.cycles, &expected["cycles"]);
        self.printed("energy", mine.energy_pj / 1e6, &expected["energy_uj"]);
        let edp = format!("{:.2e}", expected["edp"].as_str().unwrap().parse::<f64>().unwrap());
        self.check("edp", format!("{:.2e}", mine.edp()) == edp, mine.edp(), &expected["edp"]);
        let computes = mine.arithmetic.computes as f64;
        self.count("computes", mine.arithmetic.computes, &expected["computes"]);
        for entry in expected["fj_per_compute"].as_array().unwrap() {
            let name = entry[0].as_str().unwrap();
            let energy = if name == "Total" {
                mine.energy_pj
            } else if name == architecture.arithmetic().name {
                mine.arithmetic.energy_pj
            } else if let Some(index) = architecture.level_index(name) {
                mine.levels[index].energy_pj
            } else {
                mine.networks.iter().find(|network| network.name == name).unwrap().energy_pj
            };
            self.printed(&format!("{name} fJ/compute"), energy * 1000.0 / computes, &entry[1]);
        }
    }

    fn network(&mut self, problem: &Problem, mine: &NetworkUse, expected: &Value) {
        for (space, found) in problem.data_spaces().iter().zip(&mine.data_spaces) {
            let expected = &expected[&space.name];
            let at = |key: &str| format!("{} {} {key}", mine.name, space.name);
            self.count(&at("fanout"), found.fan_out, &expected["fanout"]);
            self.count(&at("multicast factor"), found.multicast_factor(), &expected["multicast_factor"]);
            self.printed(&at("ingresses"), found.ingress_words(), &expected["ingresses"]);
            self.count(&at("link transfers"), found.link_transfers, &expected["link_transfers"]);
            self.count(&at("spatial reductions"), found.spatial_reductions, &expected["spatial_reductions"]);
            self.printed(&at("average hops"), found.average_hops, &expected["average_hops"]);
            let list = expected["by_multicast_scatter"].as_array().cloned().unwrap_or_default();
            self.check(
                &at("groups"),
                list.len() == found.ingresses.len(),
                found.ingresses.len(),
                &expected["by_multicast_scatter"],
            );
            for (ingress, expected) in found.ingresses.iter().zip(&list) {
                self.count(&at("multicast"), ingress.multicast, &expected[0]);
                self.count(&at("scatter"), ingress.scatter, &expected[1]);
                self.printed(&at("words"), ingress.words, &expected[2]);
            }
        }
    }
}
