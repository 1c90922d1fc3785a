//! Non-zeros spread over the whole tensor at random.

use super::factorials::{Factorials, Wide};
use super::{DensityModel, Within, spread};
use crate::model::sparse::abort::Abort;
use crate::model::sparse::boxes::TileBox;
use crate::numbers::{real, wrapped};

/// Words of a tensor whose distribution is counted; it takes a second for the largest.
const MAX_WORDS: u64 = 1 << 28;

#[derive(Clone, Debug)]
pub(super) struct Hypergeometric {
    /// Words of the tensor.
    words: u64,
    /// Its non-zeros.
    nonzeros: u64,
    factorials: Factorials,
}

/// Words of which some are not zero, and how many of the words are drawn.
#[derive(Clone, Copy)]
struct Urn {
    words: u64,
    nonzeros: u64,
    drawn: u64,
}

impl Hypergeometric {
    pub(super) fn new(share: f64, words: u64) -> Result<Self, Abort> {
        let nonzeros = wrapped((share * real(words)).ceil());
        if words > MAX_WORDS || nonzeros > words {
            return Err(Abort::Hypergeometric { words, nonzeros });
        }
        Ok(Self { words, nonzeros, factorials: Factorials::up_to(words) })
    }

    /// `C(n, k)`, `k` at most `n`.
    fn choose(&self, n: u64, k: u64) -> Wide {
        self.factorials.of(n).divided_by(self.factorials.of(k)).divided_by(self.factorials.of(n - k))
    }

    /// `C(r, k) C(N - r, n - k) / C(N, n)`.
    fn mass(&self, urn: Urn, found: u64) -> f64 {
        let Urn { words, nonzeros, drawn } = urn;
        let least = (drawn + nonzeros).saturating_sub(words);
        if found > nonzeros || found > drawn || found < least || drawn > words || nonzeros > words {
            return 0.0;
        }
        if found == 0 {
            // C(N - r, n) / C(N, n), where half of the factorials cancel.
            let above = self.factorials.of(words - nonzeros).times(self.factorials.of(words - drawn));
            let below = self.factorials.of(words - nonzeros - drawn).times(self.factorials.of(words));
            return above.divided_by(below).rounded();
        }
        let product = self.choose(nonzeros, found).times(self.choose(words - nonzeros, drawn - found));
        product.divided_by(self.choose(words, drawn)).rounded()
    }

    fn urn(&self, tile: TileBox) -> Urn {
        Urn { words: self.words, nonzeros: self.nonzeros, drawn: tile.words() }
    }

    /// The numbers from `least` on whose mass is not 0, ascending. The masses rise up to one number and fall from there: beyond the
    /// first that is 0 in a double on either side all are.
    fn entries(&self, urn: Urn, least: u64) -> Vec<(u64, f64)> {
        let Urn { words, nonzeros, drawn } = urn;
        let (lowest, highest) = ((drawn + nonzeros).saturating_sub(words).max(least), drawn.min(nonzeros));
        if lowest > highest {
            return Vec::new();
        }
        let mode = u128::from(drawn + 1) * u128::from(nonzeros + 1) / u128::from(words + 2);
        let mode = u64::try_from(mode).unwrap_or(u64::MAX).clamp(lowest, highest);
        let entry = |found: u64| Some((found, self.mass(urn, found))).filter(|(_, mass)| *mass != 0.0);
        let mut entries: Vec<(u64, f64)> = (lowest..mode).rev().map_while(entry).collect();
        entries.reverse();
        entries.extend((mode..=highest).map_while(entry));
        entries
    }

    /// The number of non-zeros that is not exceeded with this probability, rounded outwards as Boost does.
    fn quantile(&self, urn: Urn, probability: f64) -> u64 {
        let fudge = 1.0 + f64::EPSILON;
        let lowest = (urn.drawn + urn.nonzeros).saturating_sub(urn.words);
        let highest = urn.drawn.min(urn.nonzeros);
        // Masses that are 0 change no sum.
        let entries = self.entries(urn, 0);
        let (first, last) = match (entries.first(), entries.last()) {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => (lowest, highest),
        };
        if probability <= 0.5 {
            let mut found = if probability > 0.0 { lowest.max(first.saturating_sub(1)) } else { lowest };
            let mut sum = self.mass(urn, found);
            while sum < probability && found < highest {
                let next = self.mass(urn, found + 1);
                if sum + next / 2.0 > probability {
                    break;
                }
                found += 1;
                sum += next;
            }
            let is_beyond = probability < 0.5 && probability * fudge < sum && found != lowest;
            return if is_beyond { found - 1 } else { found };
        }
        let rest = 1.0 - probability;
        let mut found = last;
        let mut sum = 0.0;
        while found > lowest && sum + self.mass(urn, found) / 2.0 < rest {
            sum += self.mass(urn, found);
            found -= 1;
        }
        let is_below = rest < sum * fudge && found != highest;
        if is_below { found + 1 } else { found }
    }
}

impl DensityModel for Hypergeometric {
    fn probability(&self, tile: TileBox, nonzeros: u64, within: Option<Within>) -> Result<f64, Abort> {
        let urn = match within {
            None => self.urn(tile),
            Some(Within { words, nonzeros, .. }) => Urn { words, nonzeros, drawn: tile.words() },
        };
        Ok(self.mass(urn, nonzeros))
    }

    fn most(&self, tile: TileBox, confidence: f64) -> Result<u64, Abort> {
        let urn = self.urn(tile);
        let all = urn.drawn.min(urn.nonzeros);
        Ok(if confidence >= 1.0 { all } else { self.quantile(urn, confidence) })
    }

    /// In unsigned arithmetic, which wraps for a tile that is smaller than the tensor.
    fn least_share(&self, tile: TileBox) -> f64 {
        let drawn = tile.words();
        if drawn <= self.words - self.nonzeros {
            return 0.0;
        }
        (real(drawn.wrapping_sub(self.words)) + real(self.nonzeros)) / real(drawn)
    }

    fn expected(&self, tile: TileBox) -> Result<f64, Abort> {
        Ok(self.entries(self.urn(tile), 0).iter().fold(0.0, |sum, (found, mass)| sum + real(*found) * mass))
    }

    fn distribution(&self, tile: TileBox, least: u64) -> Result<Vec<(u64, f64)>, Abort> {
        Ok(self.entries(self.urn(tile), least))
    }

    fn most_elements(&self, fibre: TileBox, element: TileBox) -> Result<u64, Abort> {
        spread(fibre, element, self.most(fibre, 1.0)?)
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    /// 2 of 5 are not zero, 3 are drawn: C(2,k) C(3,3-k) / 10.
    #[test]
    fn a_small_urn_has_the_shares_of_its_draws() {
        let model = Hypergeometric::new(0.4, 5).unwrap();
        let entries = model.distribution(TileBox::line(3), 0).unwrap();
        assert_eq!(entries, [(0, 0.1), (1, 0.6), (2, 0.3)]);
        assert!((model.expected(TileBox::line(3)).unwrap() - 1.2).abs() < 1e-15);
        assert_eq!(model.least_share(TileBox::line(5)), 0.4);
        assert!(model.least_share(TileBox::line(4)) > 1e18);
    }

    #[test]
    fn the_shares_of_a_large_urn_make_one() {
        let model = Hypergeometric::new(0.3, 5000).unwrap();
        let entries = model.distribution(TileBox::line(700), 0).unwrap();
        let sum: f64 = entries.iter().map(|(_, probability)| probability).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    }
}
