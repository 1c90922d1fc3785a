//! A layer on hardware that makes use of the zeros of its weights (docs/model.md section 9.13).

use super::sparse::{Choice, LevelSettings, Rank, RankFormat, RankOrder, Representation, SparseDesign, SparseSettings};
use crate::architecture::{Architecture, ZeroUse};
use crate::workload::{Densities, LayerTensor, Problem};

impl SparseDesign {
    /// What an [architecture made for zeros](Architecture::making_use_of_zeros) makes of a layer's problem; `None` of a problem
    /// without the data spaces of layers.
    ///
    /// Gating: accesses of outputs and products wait where the weight is zero. Inputs are read all the same, since Timeloop counts
    /// no time for the products of inputs whose reads are gated. Skipping: accesses of inputs and outputs where the weight is zero are left
    /// out, from the innermost level that keeps them, and weights carry a bitmask at every level.
    pub fn of_zero_use(
        architecture: &Architecture,
        problem: &Problem,
        densities: &Densities,
        zero_use: ZeroUse,
    ) -> Option<Self> {
        let space = |tensor: LayerTensor| problem.data_spaces().iter().position(|space| space.name == tensor.name());
        let [inputs, weights, outputs] =
            [space(LayerTensor::Inputs)?, space(LayerTensor::Weights)?, space(LayerTensor::Outputs)?];
        let on_weights = |target| vec![Choice { target, leaders: vec![weights] }];
        let empty = LevelSettings { formats: vec![None; problem.data_spaces().len()], ..LevelSettings::default() };
        let mut levels = vec![empty; architecture.levels().len()];
        if zero_use == ZeroUse::Skipping {
            let dimensions = (0..problem.dimensions().len()).collect();
            let rank = Rank {
                format: RankFormat::UncompressedBitmask,
                metadata_bits: 1,
                payload_bits: 1,
                rules: vec![dimensions],
            };
            let bitmask = Representation { ranks: vec![rank], order: RankOrder::OuterToInner };
            for level in &mut levels {
                level.formats[weights] = Some(bitmask.clone());
            }
        }
        let innermost = levels.first_mut()?;
        match zero_use {
            ZeroUse::Gating => innermost.gating = vec![on_weights(outputs)],
            ZeroUse::Skipping => innermost.skipping = vec![on_weights(inputs), on_weights(outputs)],
        }
        let settings = SparseSettings {
            is_active: true,
            levels,
            gates_computes: zero_use == ZeroUse::Gating,
            skips_computes: zero_use == ZeroUse::Skipping,
        };
        Some(Self { densities: densities.clone(), settings })
    }
}
