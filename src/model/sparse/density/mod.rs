//! How many non-zeros a tile has, and how likely that is: one model for each kind of density (docs/model.md section 9.2).

mod banded;
mod factorials;
mod fixed;
mod hypergeometric;

use std::fmt::Debug;

use super::abort::Abort;
use super::boxes::TileBox;
use crate::numbers::real;
use crate::workload::Density;
use banded::Banded;
use fixed::FixedStructured;
use hypergeometric::Hypergeometric;

/// An enclosing tile of which the number of non-zeros is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within {
    /// The enclosing tile.
    pub(super) tile: TileBox,
    /// Its words: of imperfect mappings fewer than the box has.
    pub(super) words: u64,
    /// Its non-zeros.
    pub(super) nonzeros: u64,
}

/// What is known of the non-zeros of one data space.
pub(super) trait DensityModel: Debug + Send + Sync {
    /// Probability that a tile has exactly so many non-zeros, whatever lies around it or given what the enclosing tile has.
    fn probability(&self, tile: TileBox, nonzeros: u64, within: Option<Within>) -> Result<f64, Abort>;

    /// Most non-zeros that a tile has with this probability.
    fn most(&self, tile: TileBox, confidence: f64) -> Result<u64, Abort>;

    /// Share of non-zeros that every tile of this size has.
    fn least_share(&self, tile: TileBox) -> f64;

    /// Non-zeros that a tile has on average.
    fn expected(&self, tile: TileBox) -> Result<f64, Abort>;

    /// Elements of a fibre that hold non-zeros at most.
    fn most_elements(&self, fibre: TileBox, element: TileBox) -> Result<u64, Abort>;

    /// The numbers of non-zeros from `least` on that a tile can have, ascending, each with its probability.
    fn distribution(&self, tile: TileBox, least: u64) -> Result<Vec<(u64, f64)>, Abort> {
        let mut entries = Vec::new();
        for nonzeros in least..=self.most(tile, 1.0)? {
            let probability = self.probability(tile, nonzeros, None)?;
            if probability != 0.0 {
                entries.push((nonzeros, probability));
            }
        }
        Ok(entries)
    }
}

/// The model of one data space of a density, whose whole tensor is `tensor`.
pub(super) fn model(density: Density, tensor: TileBox) -> Result<Box<dyn DensityModel>, Abort> {
    Ok(match density {
        Density::FixedStructured(share) => Box::new(FixedStructured { share }),
        Density::Hypergeometric(share) => Box::new(Hypergeometric::new(share, tensor.words())?),
        Density::Banded(half_width) => Box::new(Banded::new(half_width, tensor)?),
    })
}

/// Elements of a fibre that hold non-zeros at most, if these are spread as widely as they can be.
fn spread(fibre: TileBox, element: TileBox, most: u64) -> Result<u64, Abort> {
    let (fibre, element) = (fibre.words(), element.words());
    if element == 0 || !fibre.is_multiple_of(element) {
        return Err(Abort::Fibre);
    }
    Ok((fibre / element).min(most))
}

/// Elements of a fibre, fractions too.
fn elements(fibre: TileBox, element: TileBox) -> f64 {
    real(fibre.words()) / real(element.words())
}
