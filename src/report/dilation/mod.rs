//! The dilation study: what dilation costs, layer by layer, against the ways to do without it.
//!
//! ```text
//! Network --subjects--> [Subject] --twin--> one Network per variant --run--> [NetworkResults] --DilationStudy::new-->
//! ```
//!
//! Every dilated layer is run natively, with dilation 1 and the same sizes, with a zero-inserted kernel, and decomposed into
//! dense phases; each on every architecture, the zero-inserted kernel also on the same hardware made for zeros, with tiles counted as hulls (what Timeloop counts) and as exact points (what
//! hardware could do). See [`crate::workload::Variant`] for what the variants mean.

#[cfg(feature = "charts")]
mod charts;
mod findings;
mod sharing;
mod subject;
mod table;
mod way;

#[cfg(feature = "charts")]
pub use charts::charts;
pub use findings::findings;
pub use sharing::row_sharing;
pub use subject::{Part, Subject, subjects, twin};
pub use table::{csv, table};
pub use way::Way;

use findings::architectures;

use serde::Serialize;

use crate::model::{Cost, Footprint};
use crate::numbers::real;
use crate::results::{LayerOutcome, NetworkResults};
use crate::workload::Variant;

/// The variants in the order of the study.
pub const VARIANTS: [Variant; 4] =
    [Variant::Native, Variant::SameSize, Variant::ZeroInserted, Variant::PhaseDecomposed];

/// The whole study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DilationStudy {
    /// Version of this form.
    pub schema: u32,
    /// Name of the network.
    pub network: String,
    /// Its dilated layers, equal ones once, by rising rate.
    pub layers: Vec<StudiedLayer>,
}

/// One dilated layer; all numbers are of one execution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudiedLayer {
    /// Name of the first layer of this shape.
    pub name: String,
    /// Layers of this shape in the network, each times its executions.
    pub count: u64,
    /// Kernel, height before width.
    pub kernel: Vec<u64>,
    /// Stride, height before width.
    pub stride: Vec<u64>,
    /// Dilation, height before width.
    pub dilation: Vec<u64>,
    /// Rows that 14 columns of a row-stationary array take in at once, each times the PEs that use it, over the rows:
    /// how often one row is shared ([`row_sharing`]).
    pub row_sharing: Option<f64>,
    /// One per variant.
    pub variants: Vec<VariantRow>,
}

/// One way to run a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantRow {
    /// `native`, `same-size`, `zero-inserted`, `zero-inserted, gating`, `zero-inserted, skipping`, `phase-decomposed`.
    pub variant: &'static str,
    /// Multiply-accumulates of one execution.
    pub macs: u64,
    /// Share of them on zero padding.
    pub on_padding: f64,
    /// One per architecture and footprint.
    pub cells: Vec<StudyCell>,
}

/// One way to run a layer on one architecture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyCell {
    /// Name of the architecture.
    pub architecture: String,
    /// `hull` or `exact`.
    pub footprint: String,
    /// What it costs.
    #[serde(flatten)]
    pub outcome: StudyOutcome,
}

/// What it costs, or why that is not known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names say it")]
pub enum StudyOutcome {
    Known(StudyNumbers),
    Failed { reason: String },
}

/// What it costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StudyNumbers {
    /// Cycles; the parts of a decomposed layer one after the other.
    pub cycles: u64,
    /// Energy, in pJ.
    pub energy_pj: f64,
    /// Energy times cycles, in J*cycle.
    pub edp_j_cycle: f64,
    /// What becomes of the products, on hardware that makes use of zeros.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zeros: Option<ZeroNumbers>,
    /// What every level that keeps inputs moves of them, innermost first.
    pub inputs: Vec<InputTraffic>,
}

/// What becomes of the products on hardware that makes use of zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ZeroNumbers {
    /// Products that are done.
    pub actual_computes: u64,
    /// Products in whose time a unit idles.
    pub gated_computes: u64,
    /// Energy of metadata, in pJ; part of the energy.
    pub metadata_energy_pj: f64,
}

/// Inputs at one level; words of all instances.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputTraffic {
    /// Name of the level.
    pub level: String,
    /// Words of all instances that are read.
    pub reads: u64,
    /// Words of all instances that are written from outside.
    pub fills: u64,
    /// Words that the next inner level receives per word read here.
    pub multicast: Option<f64>,
}

impl DilationStudy {
    /// The study from the results of its variants. `results` are those of [`twin`]'s networks, named by their variants, for any
    /// architectures and footprints; `twins` those networks.
    pub fn new(network: &str, subjects: &[Subject], twins: &[(Way, Vec<Part>)], results: &[NetworkResults]) -> Self {
        let mut layers: Vec<StudiedLayer> = subjects
            .iter()
            .enumerate()
            .map(|(index, subject)| {
                let row = |(way, parts): &(Way, Vec<Part>)| {
                    let own: Vec<(usize, &Part)> =
                        parts.iter().enumerate().filter(|(_, part)| part.subject == index).collect();
                    row(*way, &own, results)
                };
                StudiedLayer {
                    name: subject.layer.name.clone(),
                    count: subject.count,
                    kernel: subject.axes(|axis| axis.kernel),
                    stride: subject.axes(|axis| axis.stride),
                    dilation: subject.axes(|axis| axis.dilation),
                    row_sharing: subject.row_sharing(),
                    variants: twins.iter().map(row).collect(),
                }
            })
            .collect();
        layers.sort_by(|a, b| a.dilation.cmp(&b.dilation));
        Self { schema: 1, network: network.to_owned(), layers }
    }
}

/// One variant of one layer, from the results of its parts.
fn row(way: Way, parts: &[(usize, &Part)], results: &[NetworkResults]) -> VariantRow {
    let sum = |count: fn(&Part) -> u64| {
        parts.iter().fold(0u64, |sum, (_, part)| sum.saturating_add(count(part).saturating_mul(part.times)))
    };
    let (macs, inside) = (sum(|part| part.layer.macs), sum(|part| part.layer.macs_not_on_padding));
    let cell = |run: &NetworkResults| StudyCell {
        architecture: run.architecture.clone(),
        footprint: run.footprint.clone(),
        outcome: outcome(parts, run),
    };
    VariantRow {
        variant: way.name(),
        macs,
        on_padding: 1.0 - real(inside) / real(macs),
        cells: results.iter().filter(|run| run.network == way.name()).map(cell).collect(),
    }
}

fn outcome(parts: &[(usize, &Part)], run: &NetworkResults) -> StudyOutcome {
    let mut numbers = StudyNumbers::default();
    // Words received at the next inner level.
    let mut received: Vec<f64> = Vec::new();
    for (index, part) in parts {
        let layer = match run.layers.get(*index).map(|layer| &layer.outcome) {
            Some(LayerOutcome::Mapped(layer)) => layer,
            Some(LayerOutcome::Failed { reason }) => {
                return StudyOutcome::Failed { reason: format!("{}: {reason}", part.layer.name) };
            }
            None => return StudyOutcome::Failed { reason: format!("{}: no result", part.layer.name) },
        };
        numbers.cycles = numbers.cycles.saturating_add(layer.cycles.saturating_mul(part.times));
        numbers.energy_pj += layer.energy_pj * real(part.times);
        if let Some(sparse) = &layer.sparse {
            let zeros = numbers.zeros.get_or_insert_default();
            let sum = |sum: u64, computes: u64| sum.saturating_add(computes.saturating_mul(part.times));
            zeros.actual_computes = sum(zeros.actual_computes, sparse.actual_computes);
            zeros.gated_computes = sum(zeros.gated_computes, sparse.gated_computes);
            zeros.metadata_energy_pj += sparse.metadata_energy_pj * real(part.times);
        }
        for component in &layer.components {
            let Some(space) = component.data_spaces.iter().find(|space| space.name == "Inputs") else { continue };
            let place = numbers.inputs.iter().position(|level| level.level == component.name).unwrap_or_else(|| {
                let level = component.name.clone();
                numbers.inputs.push(InputTraffic { level, reads: 0, fills: 0, multicast: None });
                received.push(0.0);
                numbers.inputs.len() - 1
            });
            let level = &mut numbers.inputs[place];
            level.reads = level.reads.saturating_add(space.reads.saturating_mul(part.times));
            level.fills = level.fills.saturating_add(space.fills.saturating_mul(part.times));
            received[place] += space.multicast.unwrap_or(0.0) * real(space.reads) * real(part.times);
        }
    }
    numbers.edp_j_cycle = Cost { energy_pj: numbers.energy_pj, cycles: numbers.cycles }.edp();
    for (level, received) in numbers.inputs.iter_mut().zip(received) {
        level.multicast = (level.reads > 0 && received > 0.0).then(|| received / real(level.reads));
    }
    StudyOutcome::Known(numbers)
}

impl VariantRow {
    /// What it costs on an architecture with a footprint.
    pub fn numbers(&self, architecture: &str, footprint: Footprint) -> Option<&StudyNumbers> {
        let cell =
            self.cells.iter().find(|cell| cell.architecture == architecture && cell.footprint == footprint.name())?;
        match &cell.outcome {
            StudyOutcome::Known(numbers) => Some(numbers),
            StudyOutcome::Failed { .. } => None,
        }
    }
}

impl StudiedLayer {
    /// The row of a variant, if it was studied.
    pub fn variant(&self, way: impl Into<Way>) -> Option<&VariantRow> {
        let name = way.into().name();
        self.variants.iter().find(|row| row.variant == name)
    }

    /// The dilation as one writes it: `6`, or `6x12` where height and width differ.
    pub fn rate(&self) -> String {
        match &self.dilation[..] {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => first.to_string(),
            all => all.iter().map(u64::to_string).collect::<Vec<_>>().join("x"),
        }
    }
}
