//! The networks between the levels.

use std::fmt::Write as _;

use super::Report;
use crate::architecture::{Level, NetworkType};
use crate::model::{NetworkDataSpaceUse, NetworkUse};

impl Report<'_> {
    pub(super) fn networks(&self, out: &mut String) {
        out.push_str("Networks\n--------\n");
        let printed = self.networks.iter().filter(|(_, _, network)| self.shows(network.energy_pj));
        for (number, (name, level, network)) in printed.enumerate() {
            // The rule is that of a one-digit number, whatever the number (TL topology.cpp).
            let _ = writeln!(out, "Network {number}\n---------\n{name}");
            self.network_specs(out, &self.architecture.levels()[*level]);
            self.network_stats(out, network);
        }
    }

    fn network_specs(&self, out: &mut String, level: &Level) {
        out.push_str("\n    SPECS\n    -----\n");
        let network = level.network;
        let energy = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| self.number(value));
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "        {key:<16}: {value}");
        };
        line("Type", "Legacy".to_owned());
        let kind = match network.kind {
            Some(NetworkType::OneToOne) => "1_1",
            Some(NetworkType::OneToMany) => "1_N",
            None => "",
        };
        line("Legacy sub-type", kind.to_owned());
        // Carries reads and fills inwards, and updates outwards.
        line("ConnectionType", "3".to_owned());
        line("Word bits", level.network_word_bits().to_string());
        line("Router energy", format!("{} pJ", energy(network.router_energy_pj)));
        line("Wire energy", format!("{} pJ/b/mm", energy(network.wire_energy_pj)));
        line("Ingress energy", format!("{} pJ", energy(network.ingress_energy_pj)));
        line("Fill latency", network.fill_latency.to_string());
        line("Drain latency", network.drain_latency.to_string());
    }

    fn network_stats(&self, out: &mut String, network: &NetworkUse) {
        out.push_str("\n    STATS\n    -----\n");
        for (space, used) in self.problem.data_spaces().iter().zip(&network.data_spaces) {
            let _ = writeln!(out, "    {}:", space.name);
            self.network_data_space(out, used, network.hop_energy_pj);
        }
        out.push('\n');
    }

    fn network_data_space(&self, out: &mut String, used: &NetworkDataSpaceUse, hop_energy_pj: f64) {
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "        {key:<40}: {value}");
        };
        line("Fanout", used.fan_out.to_string());
        line("Multicast factor", used.multicast_factor().to_string());
        line("Ingresses", self.number(used.ingress_words()));
        for ingress in &used.ingresses {
            let words = self.number(ingress.words);
            let _ = writeln!(out, "            @multicast {} @scatter {}: {words}", ingress.multicast, ingress.scatter);
        }
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "        {key:<40}: {value}");
        };
        line("Link transfers", used.link_transfers.to_string());
        line("Spatial reductions", used.spatial_reductions.to_string());
        line("Average number of hops", self.number(used.average_hops));
        line("Energy (per-hop)", format!("{} fJ", self.number(hop_energy_pj * 1000.0)));
        for (key, value) in [
            ("Energy (per-instance)", used.energy_per_instance_pj),
            ("Energy (total)", used.energy_pj),
            ("Link transfer energy (per-instance)", used.link_energy_per_instance_pj),
            ("Link transfer energy (total)", used.link_energy_pj),
            ("Spatial Reduction Energy (per-instance)", 0.0),
            ("Spatial Reduction Energy (total)", 0.0),
        ] {
            line(key, format!("{} pJ", self.number(value)));
        }
    }
}
