//! The same share of non-zeros in every tile.

use super::{DensityModel, Within, spread};
use crate::model::sparse::abort::Abort;
use crate::model::sparse::boxes::TileBox;
use crate::numbers::{real, wrapped};

#[derive(Clone, Copy, Debug)]
pub(super) struct FixedStructured {
    pub(super) share: f64,
}

impl DensityModel for FixedStructured {
    fn probability(&self, tile: TileBox, nonzeros: u64, within: Option<Within>) -> Result<f64, Abort> {
        let share = match within {
            None => self.share,
            Some(within) => real(within.nonzeros) / real(within.words),
        };
        let exact = real(tile.words()) * share;
        let (lower, upper) = (exact.floor(), exact.ceil());
        #[expect(clippy::float_cmp, reason = "all are whole numbers")]
        let (is_lower, is_upper) = (real(nonzeros) == lower, real(nonzeros) == upper);
        Ok(match (is_lower, is_upper) {
            (true, _) => 1.0 - (exact - lower),
            (false, true) => exact - lower,
            (false, false) => 0.0,
        })
    }

    fn most(&self, tile: TileBox, confidence: f64) -> Result<u64, Abort> {
        let exact = real(tile.words()) * self.share;
        let is_lower_enough = confidence <= 1.0 - (exact - exact.floor());
        Ok(wrapped(if is_lower_enough { exact.floor() } else { exact.ceil() }))
    }

    fn least_share(&self, tile: TileBox) -> f64 {
        let words = real(tile.words());
        (words * self.share).floor() / words
    }

    fn expected(&self, tile: TileBox) -> Result<f64, Abort> {
        Ok(real(tile.words()) * self.share)
    }

    fn most_elements(&self, fibre: TileBox, element: TileBox) -> Result<u64, Abort> {
        spread(fibre, element, self.most(fibre, 1.0)?)
    }

    /// At most two numbers.
    fn distribution(&self, tile: TileBox, least: u64) -> Result<Vec<(u64, f64)>, Abort> {
        let exact = real(tile.words()) * self.share;
        let (lower, upper) = (wrapped(exact.floor()), wrapped(exact.ceil()));
        let mut entries = Vec::new();
        for nonzeros in [Some(lower), (upper != lower).then_some(upper)].into_iter().flatten() {
            let probability = self.probability(tile, nonzeros, None)?;
            if nonzeros >= least && probability != 0.0 {
                entries.push((nonzeros, probability));
            }
        }
        Ok(entries)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_tile_has_the_next_whole_numbers_around_its_share() {
        let (third, tile) = (FixedStructured { share: 0.3333 }, TileBox::line(8));
        let entries = third.distribution(tile, 0).unwrap();
        assert_eq!(entries.iter().map(|(nonzeros, _)| *nonzeros).collect::<Vec<_>>(), [2, 3]);
        assert!((entries[0].1 - 0.3336).abs() < 1e-9 && (entries[1].1 - 0.6664).abs() < 1e-9);
        assert_eq!((third.most(tile, 1.0).unwrap(), third.most(tile, 0.3).unwrap()), (3, 2));
        let within = Within { tile, words: 8, nonzeros: 4 };
        assert_eq!(third.probability(TileBox::line(1), 1, Some(within)).unwrap(), 0.5);
    }

    #[test]
    fn fibres_must_be_whole_numbers_of_elements() {
        let quarter = FixedStructured { share: 0.25 };
        assert_eq!(quarter.most_elements(TileBox::line(8), TileBox::line(2)).unwrap(), 2);
        assert_eq!(quarter.most_elements(TileBox::line(8), TileBox::line(3)), Err(Abort::Fibre));
    }
}
