//! The networks between the levels (docs/model.md section 4.7.6).

use std::fmt::Write as _;

use super::Report;
use crate::architecture::{Multicast, Network, NetworkClass, NetworkType, Tree, Wiring};
use crate::model::{Ingress, NetworkDataSpaceUse, NetworkUse, total_words};

impl Report<'_> {
    pub(super) fn networks(&self, out: &mut String) {
        out.push_str("Networks\n--------\n");
        let printed = self.networks.iter().filter(|(_, used)| self.shows(used.energy_pj));
        for (number, (network, used)) in printed.enumerate() {
            // The rule is that of a one-digit number, whatever the number (TL topology.cpp).
            let _ = writeln!(out, "Network {number}\n---------\n{}", network.name);
            out.push_str("\n    SPECS\n    -----\n");
            self.network_specs(out, network);
            out.push_str("\n    STATS\n    -----\n");
            self.network_stats(out, network, used);
            out.push('\n');
        }
    }

    fn network_specs(&self, out: &mut String, network: &Network) {
        let name = match &network.class {
            NetworkClass::Legacy(_) => "Legacy",
            NetworkClass::ReductionTree(_) => "ReductionTree",
            NetworkClass::SimpleMulticast(_) => "SimpleMulticast",
        };
        specification(out, "Type", name);
        if let NetworkClass::Legacy(wiring) = &network.class {
            let kind = match wiring.kind {
                Some(NetworkType::OneToOne) => "1_1",
                Some(NetworkType::OneToMany) => "1_N",
                Some(NetworkType::ManyToMany) => "M_N",
                None => "",
            };
            specification(out, "Legacy sub-type", kind);
        }
        specification(out, "ConnectionType", &network.connection_type().to_string());
        specification(out, "Word bits", &network.word_bits.to_string());
        match &network.class {
            NetworkClass::Legacy(wiring) => self.legacy_specs(out, network, wiring),
            NetworkClass::ReductionTree(tree) => self.tree_specs(out, network, tree),
            NetworkClass::SimpleMulticast(Multicast { action, .. }) => {
                let _ = writeln!(out, "        Action Name       : {action}");
            }
        }
    }

    fn legacy_specs(&self, out: &mut String, network: &Network, wiring: &Wiring) {
        let energy = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| self.number(value));
        specification(out, "Router energy", &format!("{} pJ", energy(wiring.router_energy_pj)));
        specification(out, "Wire energy", &format!("{} pJ/b/mm", energy(wiring.wire_energy_pj)));
        specification(out, "Ingress energy", &format!("{} pJ", energy(wiring.ingress_energy_pj)));
        specification(out, "Fill latency", &network.fill_latency.to_string());
        specification(out, "Drain latency", &network.drain_latency.to_string());
    }

    fn tree_specs(&self, out: &mut String, network: &Network, tree: &Tree) {
        if tree.adder_energy_pj != 0.0 {
            specification(out, "Adder energy", &format!("{} pJ", self.number(tree.adder_energy_pj)));
        }
        if let Some(wire) = tree.wire_energy_pj.filter(|wire| *wire != 0.0) {
            specification(out, "Wire energy", &format!("{} pJ/b/mm", self.number(wire)));
        }
        let _ = writeln!(out, "        Fill latency     : {}", network.fill_latency);
        let _ = writeln!(out, "        Drain latency     : {}", network.drain_latency);
    }

    fn network_stats(&self, out: &mut String, network: &Network, used: &NetworkUse) {
        for (space, used) in self.problem.data_spaces().iter().zip(&used.data_spaces) {
            let is_idle = match &network.class {
                NetworkClass::Legacy(_) => false,
                NetworkClass::ReductionTree(_) => used.spatial_reductions == 0,
                NetworkClass::SimpleMulticast(_) => used.ingress_words() == 0.0,
            };
            if is_idle && self.options.hide_inconsequential {
                continue;
            }
            let _ = writeln!(out, "    {}:", space.name);
            match &network.class {
                NetworkClass::Legacy(_) => self.legacy_stats(out, used),
                NetworkClass::ReductionTree(_) => self.tree_stats(out, used),
                NetworkClass::SimpleMulticast(_) => self.multicast_stats(out, used),
            }
        }
    }

    fn legacy_stats(&self, out: &mut String, used: &NetworkDataSpaceUse) {
        statistic(out, "Fanout", &used.fan_out.to_string());
        statistic(out, "Multicast factor", &used.multicast_factor().to_string());
        if let Some(factor) = used.distributed.iter().map(|ingress| ingress.multicast).max() {
            statistic(out, "Multicast factor (distributed)", &factor.to_string());
        }
        statistic(out, "Ingresses", &self.number(used.ingress_words()));
        self.ingresses(out, &used.ingresses);
        if !used.distributed.is_empty() {
            statistic(out, "Ingresses (distributed)", &self.number(total_words(&used.distributed)));
            self.ingresses(out, &used.distributed);
        }
        statistic(out, "Link transfers", &used.link_transfers.to_string());
        self.travel(out, used);
        self.energies(
            out,
            &[
                ("Link transfer energy (per-instance)", used.link_energy_per_instance_pj),
                ("Link transfer energy (total)", used.link_energy_pj),
            ],
        );
        self.reductions(out, used);
    }

    fn tree_stats(&self, out: &mut String, used: &NetworkDataSpaceUse) {
        self.travel(out, used);
        self.reductions(out, used);
    }

    fn multicast_stats(&self, out: &mut String, used: &NetworkDataSpaceUse) {
        let moving = used.ingresses.iter().filter(|ingress| ingress.words > 0.0);
        let factor = moving.map(|ingress| ingress.multicast).max().unwrap_or(0);
        statistic(out, "Fanout", &used.fan_out.to_string());
        statistic(out, "Multicast factor", &factor.to_string());
        statistic(out, "Ingresses", &self.number(used.ingress_words()));
        self.transport(out, used);
    }

    fn ingresses(&self, out: &mut String, ingresses: &[Ingress]) {
        for Ingress { multicast, scatter, words } in ingresses {
            let _ = writeln!(out, "            @multicast {multicast} @scatter {scatter}: {}", self.number(*words));
        }
    }

    /// Hops, and what they cost.
    fn travel(&self, out: &mut String, used: &NetworkDataSpaceUse) {
        statistic(out, "Spatial reductions", &used.spatial_reductions.to_string());
        statistic(out, "Average number of hops", &self.number(used.average_hops));
        statistic(out, "Energy (per-hop)", &format!("{} fJ", self.number(used.hop_energy_pj * 1000.0)));
        self.transport(out, used);
    }

    fn transport(&self, out: &mut String, used: &NetworkDataSpaceUse) {
        let of_instance = ("Energy (per-instance)", used.energy_per_instance_pj);
        self.energies(out, &[of_instance, ("Energy (total)", used.energy_pj)]);
    }

    fn reductions(&self, out: &mut String, used: &NetworkDataSpaceUse) {
        self.energies(
            out,
            &[
                ("Spatial Reduction Energy (per-instance)", used.reduction_energy_per_instance_pj),
                ("Spatial Reduction Energy (total)", used.reduction_energy_pj),
            ],
        );
    }

    fn energies(&self, out: &mut String, energies: &[(&str, f64)]) {
        for (key, pj) in energies {
            statistic(out, key, &format!("{} pJ", self.number(*pj)));
        }
    }
}

fn specification(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "        {key:<16}: {value}");
}

fn statistic(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "        {key:<40}: {value}");
}
