//! The levels: what they are, and what they do.

use std::fmt::{Display, Write as _};

use super::Report;
use crate::architecture::{EnergySource, Level, Mesh, Technology};
use crate::model::{DataSpaceUse, LevelUse};
use crate::numbers::real;

pub(super) const SPECS: &str = "\n    SPECS\n    -----\n";
pub(super) const STATS: &str = "\n    STATS\n    -----\n";

pub(super) fn title(out: &mut String, number: usize, name: &str) {
    // The rule is that of a one-digit number, whatever the number (TL topology.cpp).
    let _ = writeln!(out, "Level {number}\n-------\n=== {name} ===");
}

pub(super) fn instances(count: u64, mesh: Mesh) -> String {
    format!("{count} ({}*{})", mesh.x, mesh.y)
}

pub(super) fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A line of a level's specification.
pub(super) fn spec(out: &mut String, key: &str, value: impl Display) {
    let _ = writeln!(out, "        {key:<32}: {value}");
}

pub(super) fn technology(level: &Level) -> &'static str {
    if level.technology == Technology::Dram { "DRAM" } else { "SRAM" }
}

impl Report<'_> {
    pub(super) fn levels(&self, out: &mut String) {
        out.push_str("Buffer and Arithmetic Levels\n----------------------------\n");
        if self.shows(self.evaluation.arithmetic.energy_pj) {
            self.arithmetic(out);
        }
        for (index, (level, used)) in self.architecture.levels().iter().zip(&self.evaluation.levels).enumerate() {
            if self.shows_level(index, used) {
                title(out, index + 1, &level.name);
                self.specs(out, level, used);
                self.stats(out, used);
            }
        }
    }

    pub(super) fn arithmetic_specs(&self, out: &mut String) {
        let units = self.architecture.arithmetic();
        title(out, 0, &units.name);
        out.push_str(SPECS);
        let _ = writeln!(out, "    Word bits             : {}", units.word_bits);
        let _ = writeln!(out, "    Instances             : {}", instances(units.instances, units.mesh));
        let _ = writeln!(out, "    Compute energy        : {} pJ", self.number(units.energy.pj));
    }

    fn arithmetic(&self, out: &mut String) {
        let used = &self.evaluation.arithmetic;
        self.arithmetic_specs(out);
        out.push_str(STATS);
        let _ = writeln!(out, "    Utilized instances      : {}", used.utilized_instances);
        let _ = writeln!(out, "    Computes (total)        : {}", used.computes);
        let _ = writeln!(out, "    Cycles                  : {}", used.cycles);
        let _ = writeln!(out, "    Energy (total)          : {} pJ", self.number(used.energy_pj));
        let _ = writeln!(out, "    Area (total)            : {} um^2\n", self.number(used.area_um2));
    }

    fn specs(&self, out: &mut String, level: &Level, used: &LevelUse) {
        out.push_str(SPECS);
        spec(out, "Technology", technology(level));
        spec(out, "Size", or_dash(level.size));
        spec(out, "Word bits", level.word_bits);
        spec(out, "Block size", level.block_size);
        self.organization(out, level, "Effective size");
        let access = &level.energy.vector_access;
        let source = match access.source {
            EnergySource::Ert(_) => "ERT",
            EnergySource::User => "user",
            EnergySource::Pat | EnergySource::Absent => "PAT",
        };
        spec(out, "Vector access energy", format_args!("{} pJ", self.number(access.pj)));
        spec(out, "Vector access energy source", source);
        spec(out, "Per-instance-cycle leakage", format_args!("{} pJ", self.number(level.energy.leak.pj)));
        self.power(out, level, used);
    }

    /// The lines that follow the sizes, the same for all designs but for the name of one.
    pub(super) fn organization(&self, out: &mut String, level: &Level, effective_size: &str) {
        let number = |value: f64| self.number(value);
        spec(out, "Cluster size", level.cluster_size);
        spec(out, "Instances", instances(level.instances, level.mesh));
        spec(out, "Shared bandwidth", or_dash(level.bandwidth.shared.map(number)));
        spec(out, "Read bandwidth", or_dash(level.bandwidth.read.map(number)));
        spec(out, "Write bandwidth", or_dash(level.bandwidth.write.map(number)));
        spec(out, "Multiple buffering", number(level.multiple_buffering));
        spec(out, effective_size, or_dash(level.effective_size));
        spec(out, "Min utilization", number(level.min_utilization));
    }

    /// The last lines, the same for all designs.
    pub(super) fn power(&self, out: &mut String, level: &Level, used: &LevelUse) {
        spec(out, "Instances sharing power gating", self.number(used.instances_per_power_gate));
        spec(out, "Non-power-gated utilization", format_args!("{:.2}%", used.powered_utilization * 100.0));
        spec(out, "Leakage energy (total)", format_args!("{} pJ", self.number(used.leakage_pj)));
        spec(out, "Area", format_args!("{} um^2", self.number(level.area.um2.into())));
    }

    fn stats(&self, out: &mut String, used: &LevelUse) {
        out.push_str(STATS);
        let _ = writeln!(out, "    Cycles               : {}", used.cycles);
        let _ = writeln!(out, "    Bandwidth throttling : {}", self.number(used.slowdown));
        for (space, used) in self.problem.data_spaces().iter().zip(&used.data_spaces) {
            if let Some(used) = used {
                let _ = writeln!(out, "    {}:", space.name);
                self.data_space(out, used);
            }
        }
        out.push('\n');
    }

    fn data_space(&self, out: &mut String, used: &DataSpaceUse) {
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "        {key:<41}: {value}");
        };
        for (key, value) in [
            ("Partition size", used.partition),
            ("Utilized capacity", used.tile),
            ("Utilized instances (max)", used.utilized_instances),
            ("Utilized clusters (max)", used.utilized_clusters),
            ("Scalar reads (per-instance)", used.accesses.reads),
            ("Scalar fills (per-instance)", used.accesses.fills),
            ("Scalar updates (per-instance)", used.accesses.updates),
            ("Temporal reductions (per-instance)", used.temporal_reductions),
            ("Address generations (per-cluster)", used.address_generations),
        ] {
            line(key, value.to_string());
        }
        for (key, value) in [
            ("Energy (per-scalar-access)", used.energy_per_access_pj()),
            ("Energy (per-instance)", used.energy_per_instance_pj),
            ("Energy (total)", used.energy_pj),
            ("Temporal Reduction Energy (per-instance)", 0.0),
            ("Temporal Reduction Energy (total)", 0.0),
            ("Address Generation Energy (per-cluster)", used.address_energy_per_cluster_pj),
            ("Address Generation Energy (total)", used.address_energy_pj),
        ] {
            line(key, format!("{} pJ", self.number(value)));
        }
        line("Bandwidth Consumption Scale", self.number(used.bandwidth_scale));
        let instances = real(used.utilized_instances);
        for (kind, bandwidth) in [
            ("Shared", used.read_bandwidth + used.write_bandwidth),
            ("Read", used.read_bandwidth),
            ("Write", used.write_bandwidth),
        ] {
            line(&format!("{kind} Bandwidth (per-instance)"), format!("{} words/cycle", self.number(bandwidth)));
            line(&format!("{kind} Bandwidth (total)"), format!("{} words/cycle", self.number(bandwidth * instances)));
        }
    }
}
