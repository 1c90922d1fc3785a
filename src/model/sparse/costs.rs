//! What the accesses of a sparse design cost at one level (docs/model.md section 9.9).

use super::abort::Abort;
use super::analysis::SpaceAnalysis;
use super::context::Context;
use super::counts::SparseAccesses;
use super::room::Held;
use crate::architecture::{Action, Kind, Level, Mesh};
use crate::numbers::{real, wrapped};

/// Vector accesses of a data space at a level, per instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Vectors {
    /// By kind and action.
    data: [[f64; 3]; 3],
    /// Of metadata.
    format: [[f64; 3]; 3],
}

/// Energies of the 20 actions of a level, in pJ of a vector access.
fn energies(level: &Level) -> ([[f64; 3]; 3], [[f64; 3]; 3]) {
    let energy = &level.energy;
    let actual = [energy.read.pj, energy.fill.pj, energy.update.pj];
    ([actual, energy.sparse.gated, energy.sparse.skipped], energy.sparse.metadata)
}

/// Blocks in which a density is too low for whole blocks to be right, by the tenth that it falls in.
const THRESHOLDS: [(u64, [u64; 10]); 5] = [
    (2, [251, 125, 84, 63, 51, 42, 36, 32, 28, 1]),
    (4, [375, 188, 125, 94, 75, 63, 54, 47, 42, 1]),
    (8, [438, 219, 146, 110, 88, 73, 63, 55, 49, 1]),
    (16, [469, 235, 157, 118, 94, 79, 67, 59, 52, 1]),
    (32, [485, 243, 162, 122, 97, 81, 70, 61, 52, 1]),
];

/// How many more vector accesses compressed tiles take than their words fill.
fn overhead(context: &Context, (level, space): (usize, usize), own: &SpaceAnalysis) -> Result<f64, Abort> {
    let block = context.architecture.levels()[level].block_size;
    let density = own.occupancy.density;
    if !context.is_compressed(level, space) || block <= 1 || density.is_nan() || density >= 1.0 {
        return Ok(1.0);
    }
    let Some((_, thresholds)) = THRESHOLDS.iter().find(|(size, _)| *size == block) else {
        return Err(Abort::Block { level: context.level_name(level), block_size: block });
    };
    let index = usize::try_from(wrapped((density / 0.1).floor().max(1.0)) - 1).unwrap_or(0).min(9);
    let shape = context.tiles[space][level].size;
    if thresholds[index] <= shape / block {
        return Ok(1.0);
    }
    let tile = context.level_tile(level, space);
    let entries = context.models[space].distribution(tile, 1)?;
    let blocks = entries
        .iter()
        .filter(|(nonzeros, _)| *nonzeros <= shape)
        .fold(0.0, |sum, (nonzeros, probability)| sum + real(nonzeros.div_ceil(block)) * probability);
    Ok(blocks / (real(shape) * density / real(block)))
}

pub(super) fn vectors(
    context: &Context,
    (level, space): (usize, usize),
    own: &SpaceAnalysis,
) -> Result<Vectors, Abort> {
    let description = &context.architecture.levels()[level];
    let (block, overhead) = (real(description.block_size), overhead(context, (level, space), own)?);
    let width = description.metadata.width();
    let mut all = Vectors::default();
    for kind in Kind::ALL {
        for action in Action::ALL {
            let (k, a) = (kind as usize, action as usize);
            // No access costs nothing, even where the share of what is empty is no number.
            let words = own.accesses.words(kind, action);
            all.data[k][a] = if words == 0 { 0.0 } else { (real(words) / block).ceil() * overhead };
            if width > 0 {
                all.format[k][a] = (real(own.accesses.format_bits(kind, action)) / real(width)).ceil();
            }
        }
    }
    Ok(all)
}

/// Energy of one cluster, in pJ, and the part of it that metadata takes.
pub(super) fn cluster_energy(level: &Level, own: &SpaceAnalysis, vectors: &Vectors, held: &Held) -> (f64, f64) {
    let (data, format) = energies(level);
    let (mut sum, mut metadata) = (0.0, 0.0);
    for (vectors, pj) in vectors.data.iter().flatten().zip(data.iter().flatten()) {
        sum += vectors * pj * held.confidence;
    }
    for action in Action::ALL {
        for kind in Kind::ALL {
            let (kind, action) = (kind as usize, action as usize);
            let energy = vectors.format[kind][action] * format[kind][action] * held.confidence;
            sum += energy;
            metadata += energy;
        }
    }
    sum += real(own.decompressions) * level.energy.sparse.decompression * held.confidence;
    sum += real(own.compressions) * level.energy.sparse.compression * held.confidence;
    (sum, metadata)
}

/// Energy that a level spends on tiles that did not fit into the next inner one, in pJ.
pub(super) fn overflow_energy(level: &Level, inner: &Vectors, held: &Held) -> f64 {
    if held.confidence >= 1.0 {
        return 0.0;
    }
    let (data, format) = energies(level);
    (1.0 - held.confidence) * (inner.data[0][0] * data[0][0] + inner.format[0][0] * format[0][0])
}

/// What a data space asks of the bandwidth of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Demanded {
    /// Words of data.
    data: u64,
    /// Bits of metadata.
    format_bits: u64,
}

impl Demanded {
    /// What these actions ask; skipped accesses take no bandwidth.
    pub(super) fn of(accesses: &SparseAccesses, actions: &[Action]) -> Self {
        let mut demanded = Self::default();
        for kind in [Kind::Actual, Kind::Gated] {
            for action in actions {
                demanded.data = demanded.data.wrapping_add(accesses.words(kind, *action));
                demanded.format_bits = demanded.format_bits.wrapping_add(accesses.format_bits(kind, *action));
            }
        }
        demanded
    }

    fn format(self, level: &Level) -> u64 {
        self.format_bits / level.word_bits
    }

    /// Words of both; bits of metadata that do not fill a word do not count.
    pub(super) fn words(self, level: &Level) -> u64 {
        self.data.wrapping_add(self.format(level))
    }

    /// Share of metadata, in these words.
    pub(super) fn format_share(self, level: &Level, words: u64) -> f64 {
        if words == 0 { 0.0 } else { real(self.format(level)) / real(words) }
    }

    /// Words per cycle, of instances that are in use part of the time on average.
    pub(super) fn per_cycle(self, level: &Level, (expansion, instances): (Mesh, f64), cycles: f64) -> f64 {
        let scale = real(expansion.product()) / instances;
        if instances > 0.0 { (real(self.words(level)) / scale).ceil() / cycles } else { 0.0 }
    }
}
