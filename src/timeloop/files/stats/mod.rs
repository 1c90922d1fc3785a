//! Writes `stats.txt` as Timeloop's programs print it (docs/model.md sections 5.5 and 6.1).

mod levels;
mod networks;
mod number;
mod sparse;

use std::fmt::Write as _;

use crate::architecture::{Architecture, Network};
use crate::model::{Evaluation, LevelUse, NetworkUse};
use crate::numbers::{real, wrapped};
use crate::workload::Problem;
pub use number::Notation;
use number::{edp, single_ratio};

/// How much is printed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatsOptions {
    /// Leave out what has no energy (`TIMELOOP_HIDE_INCONSEQUENTIAL_STATS`, on by default).
    pub hide_inconsequential: bool,
    /// How numbers with a fraction are written.
    pub notation: Notation,
}

impl Default for StatsOptions {
    fn default() -> Self {
        Self { hide_inconsequential: true, notation: Notation::Fixed }
    }
}

/// The statistics of a mapping.
pub fn write(architecture: &Architecture, problem: &Problem, evaluation: &Evaluation, options: StatsOptions) -> String {
    let mut networks: Vec<(&Network, &NetworkUse)> = architecture.networks().iter().zip(&evaluation.networks).collect();
    networks.sort_by_key(|(network, _)| network.name.as_str());
    let report = Report { architecture, problem, evaluation, networks, options };
    let mut out = String::new();
    match &evaluation.sparse {
        None => report.levels(&mut out),
        Some(sparse) => report.sparse_levels(&mut out, sparse),
    }
    report.networks(&mut out);
    report.operational_intensity(&mut out);
    report.summary(&mut out);
    out
}

struct Report<'a> {
    architecture: &'a Architecture,
    problem: &'a Problem,
    evaluation: &'a Evaluation,
    /// By name.
    networks: Vec<(&'a Network, &'a NetworkUse)>,
    options: StatsOptions,
}

impl Report<'_> {
    fn number(&self, value: f64) -> String {
        self.options.notation.number(value)
    }

    /// Whether a line or a network of this energy is printed.
    fn shows(&self, energy_pj: f64) -> bool {
        !self.options.hide_inconsequential || energy_pj != 0.0
    }

    /// Whether the block of a level is printed: accesses count even where they cost nothing.
    fn shows_level(&self, index: usize, level: &LevelUse) -> bool {
        self.shows(level.energy_pj) || self.accesses(index, level) > 0
    }

    /// Words that all instances of a level read, fill and update. Of a sparse design those that dense data would take.
    fn accesses(&self, index: usize, level: &LevelUse) -> u64 {
        let Some(sparse) = &self.evaluation.sparse else { return level.accesses() };
        let spaces = level.data_spaces.iter().zip(&sparse.levels[index]);
        spaces.fold(0u64, |sum, (used, sparse)| {
            let words = used.as_ref().zip(sparse.as_ref());
            sum + words.map_or(0, |(used, sparse)| wrapped(sparse.instances * real(used.accesses.total())))
        })
    }

    fn operational_intensity(&self, out: &mut String) {
        let evaluation = self.evaluation;
        out.push_str("\nOperational Intensity Stats\n---------------------------\n");
        let mut line = |key: &str, value: String| {
            let _ = writeln!(out, "    {key:<40}: {value}");
        };
        let outermost = self.architecture.levels().last();
        line("Total elementwise ops", evaluation.actual_computes().to_string());
        line("Total reduction ops", evaluation.reductions().to_string());
        line("Total ops", evaluation.operations().to_string());
        line("Total memory accesses required", evaluation.required_accesses.to_string());
        let bits = outermost.map_or(0, |level| level.word_bits);
        line("Optimal Op per Byte", self.number(self.per_byte(bits, evaluation.required_accesses)));
        out.push('\n');
        for (index, (level, used)) in self.architecture.levels().iter().zip(&evaluation.levels).enumerate() {
            let _ = writeln!(out, "=== {} ===", level.name);
            let accesses = self.accesses(index, used);
            if accesses > 0 {
                let _ = writeln!(out, "    {:<40}: {accesses}", "Total scalar accesses");
                let intensity = self.number(self.per_byte(level.word_bits, accesses));
                let _ = writeln!(out, "    {:<40}: {intensity}", "Op per Byte");
            }
        }
        out.push_str("\n\n");
    }

    /// Operations per byte of the given words.
    fn per_byte(&self, word_bits: u64, words: u64) -> f64 {
        single_ratio(self.evaluation.operations(), word_bits.saturating_mul(words) / 8)
    }

    fn summary(&self, out: &mut String) {
        let evaluation = self.evaluation;
        out.push_str("Summary Stats\n-------------\n");
        let flops = single_ratio(evaluation.operations(), evaluation.cycles);
        let _ = writeln!(out, "GFLOPs (@1GHz): {}", self.number(flops));
        let _ = writeln!(out, "Utilization: {:.2}%", evaluation.utilization * 100.0);
        let _ = writeln!(out, "Cycles: {}", evaluation.cycles);
        let _ = writeln!(out, "Energy: {} uJ", self.number(evaluation.energy_pj / 1e6));
        let _ = writeln!(
            out,
            "EDP(J*cycle): {}",
            Notation::Scientific.number(edp(evaluation.cycles, evaluation.energy_pj))
        );
        // Timeloop clears the area before it prints it.
        let _ = writeln!(out, "Area: {} mm^2", self.number(0.0));
        let computes = evaluation.actual_computes();
        match &evaluation.sparse {
            None => self.per_compute(out, "Computes", "fJ/Compute", computes),
            Some(sparse) => {
                let algorithmic = sparse.computes.algorithmic;
                self.per_compute(out, "Algorithmic Computes", "fJ/Algorithmic-Compute", algorithmic);
                self.per_compute(out, "Actual Computes", "fJ/Compute", computes);
            }
        }
        out.push('\n');
    }

    /// Where the energy of a compute goes.
    fn per_compute(&self, out: &mut String, title: &str, unit: &str, computes: u64) {
        let evaluation = self.evaluation;
        let _ = writeln!(out, "\n{title} = {computes}\n{unit}");
        let units = &self.architecture.arithmetic().name;
        let names = std::iter::once(units).chain(self.architecture.levels().iter().map(|level| &level.name));
        let energies = evaluation.levels.iter().map(|level| level.energy_pj);
        let energies = std::iter::once(evaluation.arithmetic.energy_pj).chain(energies);
        let networks = self.networks.iter().map(|(network, used)| (&network.name, used.energy_pj));
        let lines: Vec<(&String, f64)> = names.zip(energies).chain(networks).collect();
        // Hidden names count, too.
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 1;
        let mut line = |name: &str, energy: f64| {
            let per_compute = energy * 1000.0 / real(computes);
            let _ = writeln!(out, "    {name:<width$}= {}", self.number(per_compute));
        };
        lines.iter().filter(|(_, energy)| self.shows(*energy)).for_each(|(name, energy)| line(name, *energy));
        line("Total", evaluation.energy_pj);
    }
}
