//! The levels: what they are, and what they did.

use std::sync::LazyLock;

use regex::Regex;

use super::line::{Line, Part};
use super::number::{count, real};
use crate::architecture::Mesh;
use crate::timeloop::files::nest_text::{LoopLine, loop_line};

static MESH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\((\d+)\*(\d+)\)").expect("a valid expression"));

/// A printed level; number 0 is the compute units. What a version does not print is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LevelStats {
    /// Its number from the inside.
    pub number: usize,
    /// Name of the level, as in the architecture.
    pub name: String,
    /// Bits of a word.
    pub word_bits: Option<u64>,
    /// Number of instances.
    pub instances: Option<u64>,
    /// Instances along X and Y.
    pub mesh: Option<Mesh>,
    /// Words per cycle and instance; absent if unlimited.
    pub read_bandwidth: Option<f64>,
    /// Words per cycle and instance; absent if unlimited.
    pub write_bandwidth: Option<f64>,
    /// Words per cycle and instance; absent if unlimited.
    pub shared_bandwidth: Option<f64>,
    /// `ERT`, `PAT` or `user`.
    pub energy_source: Option<String>,
    /// Leakage of all instances, in pJ.
    pub leakage_pj: Option<f64>,
    /// Area in square micrometres: of one instance, for the compute units of all.
    pub area_um2: Option<f64>,
    /// The loops, outermost first, where the version prints them.
    pub loops: Option<Vec<LoopLine>>,
    /// Cycles that it would need alone.
    pub cycles: Option<u64>,
    /// Compute units only: those in use.
    pub utilized_instances: Option<u64>,
    /// Compute units only: energy of all, in pJ.
    pub compute_energy_pj: Option<f64>,
    /// Data spaces that it keeps.
    pub data_spaces: Vec<DataSpaceStats>,
}

/// A data space at a level. Counts are words of one instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataSpaceStats {
    /// Name of the data space.
    pub name: String,
    /// Words that the instance holds in turn.
    pub partition: Option<u64>,
    /// Words of a tile; of a compressed one, those that it has room for.
    pub tile: Option<u64>,
    /// Instances in use.
    pub utilized_instances: Option<u64>,
    /// Read. Of a sparse run: what was really read, as for the next two.
    pub reads: Option<u64>,
    /// Written from outside.
    pub fills: Option<u64>,
    /// Written from inside.
    pub updates: Option<u64>,
    /// Of all instances, in pJ, with temporal reductions and address generations.
    pub energy_pj: Option<f64>,
    /// Factor on the bandwidth that it needs.
    pub bandwidth_scale: Option<f64>,
}

/// `168 (14*12)`: the two in brackets.
fn mesh(value: &str) -> Option<Mesh> {
    let found = MESH.captures(value)?;
    Some(Mesh { x: found[1].parse().ok()?, y: found[2].parse().ok()? })
}

impl LevelStats {
    /// Energy of all instances, in pJ; absent if a part of it is.
    pub fn energy_pj(&self) -> Option<f64> {
        if self.number == 0 {
            return self.compute_energy_pj;
        }
        let spaces = self.data_spaces.iter().map(|space| space.energy_pj).sum::<Option<f64>>()?;
        Some(spaces + self.leakage_pj.unwrap_or(0.0))
    }
}

/// Collects one level.
pub(super) struct Reader {
    level: LevelStats,
    part: Part,
}

impl Reader {
    pub(super) fn new(number: usize) -> Self {
        Self { level: LevelStats { number, ..LevelStats::default() }, part: Part::Specs }
    }

    pub(super) fn line(&mut self, line: Line) {
        let level = &mut self.level;
        match line {
            Line::Title(name) => name.clone_into(&mut level.name),
            Line::Part(part) => {
                self.part = part;
                if part == Part::Mapping {
                    level.loops = Some(Vec::new());
                }
            }
            Line::Heading(name) if self.part == Part::Stats => {
                level.data_spaces.push(DataSpaceStats { name: name.to_owned(), ..DataSpaceStats::default() });
            }
            Line::Field { is_deep, key, value } => match (self.part, is_deep) {
                (Part::Specs, _) => level.spec(key, value),
                (Part::Stats, false) => level.stat(key, value),
                (Part::Stats, true) => {
                    if let Some(space) = level.data_spaces.last_mut() {
                        space.stat(key, value);
                    }
                }
                (Part::Mapping, _) => self.other(key, value),
            },
            Line::Other(text) => self.other(text, ""),
            Line::Heading(_) | Line::Level(_) | Line::Network => {}
        }
    }

    /// Loops hold a colon: a field of `for C in [0` and `4)` is one, too.
    fn other(&mut self, key: &str, value: &str) {
        let text = if value.is_empty() { key.to_owned() } else { format!("{key}:{value}") };
        if let (Part::Mapping, Some(found), Some(loops)) = (self.part, loop_line(&text), &mut self.level.loops) {
            loops.push(found);
        }
    }

    pub(super) fn finish(mut self) -> Option<LevelStats> {
        // The oldest versions close a level with a block `Shared`, which holds an area alone.
        self.level.data_spaces.retain(|space| space.partition.is_some());
        (!self.level.name.is_empty()).then_some(self.level)
    }
}

impl LevelStats {
    fn spec(&mut self, key: &str, value: &str) {
        match key {
            "Word bits" | "Data word bits" => self.word_bits = count(value),
            "Instances" => {
                self.instances = count(value);
                self.mesh = mesh(value);
            }
            "Read bandwidth" => self.read_bandwidth = real(value),
            "Write bandwidth" => self.write_bandwidth = real(value),
            "Shared bandwidth" => self.shared_bandwidth = real(value),
            "Vector access energy source" => self.energy_source = Some(value.to_owned()),
            "Leakage energy (total)" => self.leakage_pj = real(value),
            "Area" => self.area_um2 = real(value),
            _ => {}
        }
    }

    fn stat(&mut self, key: &str, value: &str) {
        match key {
            "Cycles" => self.cycles = count(value),
            "Utilized instances" | "Utilized instances (max)" => self.utilized_instances = count(value),
            "Energy (total)" => self.compute_energy_pj = real(value),
            "Area (total)" => self.area_um2 = real(value),
            _ => {}
        }
    }
}

impl DataSpaceStats {
    fn stat(&mut self, key: &str, value: &str) {
        match key {
            "Partition size" => self.partition = count(value),
            "Utilized capacity" | "Max utilized data storage capacity" => self.tile = count(value),
            "Utilized instances (max)" => self.utilized_instances = count(value),
            "Scalar reads (per-instance)" | "Actual scalar reads (per-instance)" => self.reads = count(value),
            "Scalar fills (per-instance)" | "Actual scalar fills (per-instance)" => self.fills = count(value),
            "Scalar updates (per-instance)" | "Actual scalar updates (per-instance)" => self.updates = count(value),
            "Energy (total)" => self.energy_pj = real(value),
            "Bandwidth Consumption Scale" => self.bandwidth_scale = real(value),
            "Temporal Reduction Energy (total)" | "Address Generation Energy (total)" => {
                self.energy_pj = self.energy_pj.zip(real(value)).map(|(energy, more)| energy + more);
            }
            _ => {}
        }
    }
}
