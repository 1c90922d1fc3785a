//! Reads `stats.txt` of every version of Timeloop's programs (docs/model.md section 6).
//!
//! | since   | what changed                                                                            |
//! |---------|-----------------------------------------------------------------------------------------|
//! | 2019    | `MACCs =`, `pJ/MACC`, utilization as a fraction, `Total topology energy`, loop nests     |
//! | 2021-07 | `Computes =`, `pJ/Compute`; sparse runs with `Algorithmic` and `Actual` blocks           |
//! | 2022-04 | `GFLOPs (@1GHz):`, `EDP(J*cycle):`, operational intensity; no topology totals            |
//! | 2022-09 | no loop nests (some builds kept them until 2024)                                         |
//! | 2023-09 | utilization in percent, `fJ/Compute`                                                    |
//! | 2024-01 | levels and networks without energy are left out                                         |
//!
//! What a version does not print, and what it prints as `inf` or `nan`, is absent; nothing becomes 0.

mod levels;
mod line;
mod networks;
mod number;
mod summary;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use regex::Regex;
use thiserror::Error;

pub use levels::{DataSpaceStats, LevelStats};
use line::Line;
pub use networks::NetworkStats;
use number::{count, real};
pub use summary::{ComponentEnergy, Summary};

/// Why a text cannot be read as the statistics of a run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatsError {
    /// The mapper found no valid mapping: it writes empty files then, and says that all is well.
    #[error("the statistics are empty: timeloop-mapper found no valid mapping")]
    Empty,
    /// Cut off, or something else altogether.
    #[error("the statistics have no line {0}: the file is truncated, or is not a stats file of Timeloop")]
    Missing(&'static str),
}

/// Statistics of one mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The summary at the end.
    pub summary: Summary,
    /// The compute units and levels that are printed, innermost first.
    pub levels: Vec<LevelStats>,
    /// The networks that are printed.
    pub networks: Vec<NetworkStats>,
    /// Of every storage level, hidden ones too: operations per byte that it moves; absent if it moves nothing.
    pub operations_per_byte: Vec<(String, Option<f64>)>,
    /// Multiplications and additions.
    pub operations: Option<u64>,
    /// Energy of everything in pJ, where the version prints it in full.
    pub topology_energy_pj: Option<f64>,
    /// Area of everything in square micrometres, likewise.
    pub topology_area_um2: Option<f64>,
}

static TOPOLOGY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^Total topology (energy|area): *(.*?)\s*$").expect("a valid expression"));

/// Reads the statistics of any version of Timeloop's programs since 2019.
///
/// # Errors
///
/// If the text does not have a summary with a result.
pub fn read(text: &str) -> Result<Statistics, StatsError> {
    let summary = summary::read(text)?;
    let mut statistics = Statistics {
        summary,
        levels: Vec::new(),
        networks: Vec::new(),
        operations_per_byte: Vec::new(),
        operations: None,
        topology_energy_pj: None,
        topology_area_um2: None,
    };
    let mut section = Section::None;
    for text in text.lines() {
        let line = Line::of(text);
        match line {
            Line::Level(number) => statistics.close(&mut section, Section::Level(levels::Reader::new(number))),
            Line::Network => statistics.close(&mut section, Section::Network(networks::Reader::default())),
            Line::Other(text) if !text.starts_with(' ') => {
                if ["Networks", "Operational Intensity Stats", "Summary Stats"].contains(&text.trim_end()) {
                    statistics.close(&mut section, Section::None);
                }
                statistics.topology(text);
            }
            _ => {}
        }
        match &mut section {
            Section::Level(reader) => reader.line(line),
            Section::Network(reader) => reader.line(line),
            Section::None => statistics.intensity(line),
        }
    }
    statistics.close(&mut section, Section::None);
    Ok(statistics)
}

/// What is being read.
enum Section {
    None,
    Level(levels::Reader),
    Network(networks::Reader),
}

impl Statistics {
    fn close(&mut self, section: &mut Section, next: Section) {
        match std::mem::replace(section, next) {
            Section::Level(reader) => self.levels.extend(reader.finish()),
            Section::Network(reader) => self.networks.extend(reader.finish()),
            Section::None => {}
        }
    }

    fn topology(&mut self, text: &str) {
        if let Some(found) = TOPOLOGY.captures(text) {
            let value = found.get(2).and_then(|value| real(value.as_str()));
            match &found[1] {
                "energy" => self.topology_energy_pj = value,
                // Without a table of areas it is 0, which says nothing.
                _ => self.topology_area_um2 = value.filter(|area| *area > 0.0),
            }
        }
    }

    fn intensity(&mut self, line: Line) {
        match line {
            Line::Title(name) => self.operations_per_byte.push((name.to_owned(), None)),
            Line::Field { key: "Op per Byte", value, .. } => {
                if let Some((_, at)) = self.operations_per_byte.last_mut() {
                    *at = real(value);
                }
            }
            Line::Field { key: "Total ops", value, .. } => self.operations = count(value),
            _ => {}
        }
    }

    /// The compute units, if they are printed.
    pub fn arithmetic(&self) -> Option<&LevelStats> {
        self.levels.iter().find(|level| level.number == 0)
    }

    /// The storage levels that are printed, innermost first.
    pub fn storage(&self) -> impl DoubleEndedIterator<Item = &LevelStats> {
        self.levels.iter().filter(|level| level.number > 0)
    }

    /// Energy of a component in pJ: as its own section states it, if that agrees with the table of the summary, else from the
    /// table, which has fewer digits.
    pub fn energy_pj_of(&self, component: &ComponentEnergy) -> Option<f64> {
        self.section_pj(component).or_else(|| self.of_table_pj(component))
    }

    fn section_pj(&self, component: &ComponentEnergy) -> Option<f64> {
        let level = self.levels.iter().find(|level| level.name == component.name).and_then(LevelStats::energy_pj);
        let network = || self.networks.iter().find(|network| network.name == component.name)?.energy_pj;
        level.or_else(network).filter(|pj| self.agrees(*pj, component))
    }

    fn of_table_pj(&self, component: &ComponentEnergy) -> Option<f64> {
        Some(component.fj_per_compute? * amount(self.summary.computes) / 1000.0)
    }

    /// Whether an energy is what the table states, but for rounding.
    fn agrees(&self, pj: f64, component: &ComponentEnergy) -> bool {
        component.fj_per_compute.is_some_and(|of_table| {
            let difference = (pj * 1000.0 / amount(self.summary.computes) - of_table).abs();
            difference <= component.resolution_fj * 1.01 + of_table.abs() * 1e-6
        })
    }

    /// Energy of everything in pJ, with as many digits as the text gives.
    pub fn energy_pj(&self) -> Option<f64> {
        if self.topology_energy_pj.is_some() {
            return self.topology_energy_pj;
        }
        let parts: Option<f64> = self.summary.components.iter().map(|component| self.energy_pj_of(component)).sum();
        let total = &self.summary.total;
        let parts = parts.filter(|pj| self.agrees(*pj, total));
        parts.or_else(|| self.of_table_pj(total)).or_else(|| Some(self.summary.energy_uj? * 1e6))
    }

    /// By how much [`Self::energy_pj`] may differ from the true energy, as its parts were rounded for print.
    pub fn energy_resolution_pj(&self) -> f64 {
        let Summary { components, total, computes, has_exponents, .. } = &self.summary;
        let energy = self.energy_pj().unwrap_or(0.0);
        // A section has a number for each data space, and some more; each has two decimals of pJ.
        let numbers: usize = self.levels.iter().map(|level| 3 * level.data_spaces.len() + 2).sum();
        let of_sections = 0.01 * amount(numbers as u64 + 2) + 1e-7 * energy;
        let of_table = total.resolution_fj * amount(*computes) / 1000.0 * amount(components.len() as u64 + 1);
        if *has_exponents {
            of_sections + of_table + 0.005 * energy
        } else if self.topology_energy_pj.is_some()
            || components.iter().all(|component| self.section_pj(component).is_some())
        {
            of_sections
        } else {
            of_sections + of_table
        }
    }

    /// Operations per nanosecond at 1 GHz: two per compute, less one for the first touch of each output. Versions that do not
    /// print them print enough to know them.
    pub fn gflops(&self) -> Option<f64> {
        let computes = self.summary.computes;
        let outputs = || {
            let spaces = &self.storage().next_back()?.data_spaces;
            spaces.iter().find(|space| space.updates.is_some_and(|count| count > 0))?.tile
        };
        let operations = || Some(computes.saturating_mul(2).saturating_sub(outputs()?));
        let per_cycle = |operations: u64| amount(operations) / amount(self.summary.cycles);
        let exact = self.operations.map(per_cycle);
        exact.or(self.summary.gflops).or_else(|| operations().map(per_cycle)).filter(|value| value.is_finite())
    }

    /// Share of the compute units times cycles that did work: from the counts, if they agree with what is printed.
    pub fn utilization(&self) -> Option<f64> {
        let printed = self.summary.utilization?;
        let instances = self.arithmetic().and_then(|units| units.instances);
        let exact = instances.map(|units| amount(self.summary.computes) / amount(units) / amount(self.summary.cycles));
        exact.filter(|exact| (exact - printed).abs() < 0.0051).or(Some(printed))
    }

    /// Area of the whole accelerator in square micrometres, if one number states it.
    pub fn stated_area_um2(&self) -> Option<f64> {
        self.topology_area_um2.or(self.summary.area_mm2.map(|area| area * 1e6))
    }

    /// Area of the whole accelerator in square micrometres: as stated, else the sum over its parts, if every part that stores or
    /// computes is known.
    pub fn area_um2(&self) -> Option<f64> {
        let sum = || {
            let units = self.arithmetic()?.area_um2?;
            // Levels without energy are not printed. Those that only fan out have next to no area.
            let is_fan_out = |name: &str| name.starts_with("inter_") && name.ends_with("_spatial");
            let is_printed = |name: &String| self.storage().any(|level| level.name == *name);
            let is_whole = !self.operations_per_byte.is_empty()
                && self
                    .operations_per_byte
                    .iter()
                    .all(|(name, moves)| is_printed(name) || (moves.is_none() && is_fan_out(name)));
            let area = |level: &LevelStats| Some(level.area_um2? * amount(level.instances?));
            let levels: f64 = self.storage().map(area).sum::<Option<f64>>()?;
            Some(units + levels).filter(|area| is_whole && *area > 0.0)
        };
        self.stated_area_um2().or_else(sum)
    }
}

#[expect(clippy::cast_precision_loss, reason = "the text has two decimals")]
fn amount(count: u64) -> f64 {
    count as f64
}
