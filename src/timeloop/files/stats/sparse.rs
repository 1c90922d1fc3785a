//! The levels of a sparse design, as Timeloop prints them (docs/model.md section 9.10).

use std::fmt::Write as _;

use super::Report;
use super::levels::{SPECS, STATS, or_dash, spec, technology, title};
use crate::architecture::{Action, Kind, Level};
use crate::model::{DataSpaceUse, FormatWords, LevelUse, RankAccesses, SparseDataSpaceUse, SparseUse};
use crate::numbers::real;

const ACTIONS: [(Action, &str); 3] = [(Action::Read, "reads"), (Action::Fill, "fills"), (Action::Update, "updates")];
const KINDS: [(Kind, &str); 3] = [(Kind::Actual, "Actual"), (Kind::Gated, "Gated"), (Kind::Skipped, "Skipped")];

const HELD: &str = "Max utilized Repr format storage capacity";

/// Width of the names of the statistics of a data space.
const WIDTH: usize = 60;

impl Report<'_> {
    pub(super) fn sparse_levels(&self, out: &mut String, sparse: &SparseUse) {
        out.push_str("Buffer and Arithmetic Levels\n----------------------------\n");
        if self.shows(self.evaluation.arithmetic.energy_pj) {
            self.sparse_arithmetic(out, sparse);
        }
        let levels = self.architecture.levels().iter().zip(&self.evaluation.levels).zip(&sparse.levels);
        for (index, ((level, used), spaces)) in levels.enumerate() {
            if self.shows_level(index, used) {
                title(out, index + 1, &level.name);
                self.sparse_specs(out, level, used);
                self.sparse_stats(out, used, spaces);
            }
        }
    }

    fn sparse_arithmetic(&self, out: &mut String, sparse: &SparseUse) {
        let used = &self.evaluation.arithmetic;
        self.arithmetic_specs(out);
        out.push_str(STATS);
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "    {key:<29}: {value}");
        };
        line("Utilized instances (max)", used.utilized_instances.to_string());
        line("Utilized instances (average)", format!("{:.0}", sparse.compute_instances.trunc()));
        line("Cycles", used.cycles.to_string());
        line("Algorithmic Computes (total)", sparse.computes.algorithmic.to_string());
        line("Actual Computes (total)", sparse.computes.actual.to_string());
        line("Gated Computes (total)", sparse.computes.gated.to_string());
        line("Skipped Computes (total)", sparse.computes.skipped.to_string());
        line("Energy (total)", format!("{} pJ", self.number(used.energy_pj)));
        line("Area (total)", format!("{} um^2", self.number(used.area_um2)));
        out.push_str("\n\n");
    }

    fn sparse_specs(&self, out: &mut String, level: &Level, used: &LevelUse) {
        out.push_str(SPECS);
        spec(out, "Technology", technology(level));
        spec(out, "Data storage size", or_dash(level.size));
        spec(out, "Data word bits", level.word_bits);
        spec(out, "Data block size", level.block_size);
        spec(out, "Metadata storage width(bits)", level.metadata.width());
        spec(out, "Metadata storage depth", or_dash(level.metadata.depth));
        self.organization(out, level, "Effective data storage size");
        let energy = &level.energy;
        let [read, fill, _] = energy.sparse.metadata[Kind::Actual as usize];
        for (key, pj) in [
            ("Vector read energy", energy.read.pj),
            ("Vector write energy", energy.fill.pj),
            ("Vector metadata read energy", read),
            ("Vector metadata write energy", fill),
            ("(De)compression energy", energy.sparse.decompression),
            ("Per-instance-cycle leakage", energy.leak.pj),
        ] {
            spec(out, key, format_args!("{} pJ", self.number(pj)));
        }
        self.power(out, level, used);
    }

    fn sparse_stats(&self, out: &mut String, used: &LevelUse, sparse: &[Option<SparseDataSpaceUse>]) {
        out.push_str(STATS);
        let _ = writeln!(out, "    Cycles               : {}", used.cycles);
        let _ = writeln!(out, "    Bandwidth throttling : {}", self.number(used.slowdown));
        let spaces = self.problem.data_spaces().iter().zip(&used.data_spaces).zip(sparse);
        for ((space, used), sparse) in spaces {
            if let (Some(used), Some(sparse)) = (used, sparse) {
                let _ = writeln!(out, "    {}:", space.name);
                self.sparse_data_space(out, used, sparse);
            }
        }
        out.push('\n');
    }

    fn sparse_data_space(&self, out: &mut String, used: &DataSpaceUse, sparse: &SparseDataSpaceUse) {
        line(out, "Partition size", used.partition);
        line(out, "Tile density distribution", sparse.density);
        line(out, "Data tile shape", sparse.shape);
        line(out, "Max utilized data storage capacity", sparse.held);
        if sparse.formats.is_empty() {
            line(out, "Representation format", "none");
            line(out, HELD, 0);
        } else {
            // Each name with a blank behind it.
            let formats: Vec<&str> = sparse.formats.iter().rev().map(|format| format.name()).collect();
            line(out, "Representation format", formats.join(" ") + " ");
            ranks(out, HELD, &sparse.held_metadata, " ");
        }
        line(out, "Utilized instances (max)", sparse.max_instances);
        line(out, "Utilized instances (average)", self.number(sparse.instances));
        line(out, "Utilized clusters (max)", used.utilized_clusters);
        let dense = [used.accesses.reads, used.accesses.fills, used.accesses.updates];
        for ((action, name), dense) in ACTIONS.into_iter().zip(dense) {
            line(out, &format!("Algorithmic scalar {name} (per-instance)"), dense);
            for (kind, label) in KINDS {
                line(out, &format!("{label} scalar {name} (per-instance)"), sparse.accesses.words(kind, action));
            }
        }
        if !sparse.formats.is_empty() {
            for (action, name) in ACTIONS {
                for (kind, label) in KINDS {
                    let key = format!("{label} scalar format {name} (per-instance)");
                    if sparse.accesses.format_bits(kind, action) > 0 {
                        let of_rank = |rank: &RankAccesses| rank.words[kind as usize][action as usize];
                        ranks(out, &key, &sparse.accesses.ranks.iter().map(of_rank).collect::<Vec<_>>(), "  ");
                    } else {
                        line(out, &key, 0);
                    }
                }
            }
        }
        line(out, "Temporal reductions (per-instance)", used.temporal_reductions);
        line(out, "Address generations (per-cluster)", used.address_generations);
        let done = Action::ALL.map(|action| sparse.accesses.words(Kind::Actual, action));
        let done = done.into_iter().fold(0u64, u64::wrapping_add);
        let per_access = if sparse.instances > 0.0 { used.energy_per_instance_pj / real(done) } else { 0.0 };
        for (key, value) in [
            ("Energy (per-scalar-access)", per_access),
            ("Energy (per-instance)", used.energy_per_instance_pj),
            ("Energy (total)", used.energy_pj),
            ("Temporal Reduction Energy (per-instance)", 0.0),
            ("Temporal Reduction Energy (total)", 0.0),
            ("Address Generation Energy (per-cluster)", used.address_energy_per_cluster_pj),
            ("Address Generation Energy (total)", used.address_energy_pj),
        ] {
            line(out, key, format_args!("{} pJ", self.number(value)));
        }
        line(out, "Bandwidth Consumption Scale", self.number(used.bandwidth_scale));
        let [together, read, write] = sparse.format_shares;
        for (kind, bandwidth, share, end) in [
            // Timeloop forgets a parenthesis.
            ("Shared", used.read_bandwidth + used.write_bandwidth, together, ""),
            ("Read", used.read_bandwidth, read, ")"),
            ("Write", used.write_bandwidth, write, ")"),
        ] {
            let words = |bandwidth: f64| format!("{} words/cycle", self.number(bandwidth));
            line(out, &format!("Average {kind} Bandwidth (per-instance)"), words(bandwidth));
            // And takes a share from 1 that is in percent.
            let percent = share * 100.0;
            let _ = writeln!(
                out,
                "            Breakdown (Data, Format): ({}%, {}%{end}",
                self.number(1.0 - percent),
                self.number(percent)
            );
            line(out, &format!("{kind} Bandwidth (total)"), words(bandwidth * real(sparse.max_instances)));
        }
    }
}

fn line(out: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "        {key:<WIDTH$}: {value}");
}

/// One line per rank from the outermost.
fn ranks(out: &mut String, key: &str, words: &[FormatWords], gap: &str) {
    let _ = writeln!(out, "        {key:<WIDTH$}");
    for (rank, FormatWords { metadata, payload }) in words.iter().enumerate().rev() {
        let _ = writeln!(out, "            Rank {rank} (metadata, payload): ({metadata},{gap}{payload})");
    }
}
