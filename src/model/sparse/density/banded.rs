//! Non-zeros near the diagonal of a square matrix.

use super::{DensityModel, Within, elements};
use crate::model::sparse::abort::Abort;
use crate::model::sparse::boxes::TileBox;
use crate::numbers::{count, real, wrapped};

/// Rows of points that are counted at most for one tile.
const MAX_ROWS: u64 = 1 << 26;

#[derive(Clone, Copy, Debug)]
pub(super) struct Banded {
    half_width: u64,
    side: u64,
}

/// A tile of a matrix, high ends exclusive.
#[derive(Clone, Copy)]
struct Window {
    rows: (u64, u64),
    columns: (u64, u64),
}

/// Tiles of one number of non-zeros.
struct Group {
    nonzeros: u64,
    /// How many tiles, as Timeloop counts them.
    weight: u64,
    /// Low corner of the first.
    first: (u64, u64),
}

impl Banded {
    pub(super) fn new(half_width: u64, tensor: TileBox) -> Result<Self, Abort> {
        match tensor.sides() {
            Some([rows, columns]) if rows == columns => Ok(Self { half_width, side: rows }),
            _ => Err(Abort::NotSquare),
        }
    }

    /// Share of non-zeros of the whole matrix.
    fn share(&self) -> f64 {
        let side = self.side;
        // Two diagonals at each distance.
        let most = u128::from(self.half_width.min(side));
        let beside = 2 * most * u128::from(side) - most * (most + 1);
        let beside = u64::try_from(beside).unwrap_or(u64::MAX);
        real(side.saturating_add(beside)) / real(side.saturating_mul(side))
    }

    fn nonzeros(&self, window: Window) -> u64 {
        let Window { rows, columns } = window;
        let of_row = |row: u64| {
            let low = row.saturating_sub(self.half_width).max(columns.0);
            let high = row.saturating_add(self.half_width).saturating_add(1).min(columns.1);
            high.saturating_sub(low)
        };
        (rows.0..rows.1).map(of_row).sum()
    }

    /// The tiles of one size, row after row of tiles; rows in the middle are counted once and stand for the others.
    fn scan(&self, tile: TileBox, mut visit: impl FnMut(Group)) -> Result<u64, Abort> {
        let Some([height, width]) = tile.sides() else { return Err(Abort::NotSquare) };
        self.check_size(height, self.side / width)?;
        let (rows, columns) = (self.side / height, self.side / width);
        let warm = self.half_width.div_ceil(height);
        let steady = rows.saturating_sub(warm.saturating_mul(2));
        for row in 0..=warm.min(rows.saturating_sub(1)) {
            let weight = match row {
                _ if row >= warm => steady,
                _ if warm == rows => 1,
                _ => 2,
            };
            for column in 0..columns {
                let first = (row * height, column * width);
                if first.1 > (first.0 + height - 1).saturating_add(self.half_width) {
                    visit(Group { nonzeros: 0, weight: weight * (columns - column), first });
                    break;
                }
                let window = Window { rows: (first.0, first.0 + height), columns: (first.1, first.1 + width) };
                visit(Group { nonzeros: self.nonzeros(window), weight, first });
            }
        }
        Ok(rows * columns)
    }

    /// Whether the rows of points that a scan walks over can be counted: those near the band, once for each column of tiles.
    fn check_size(&self, height: u64, columns: u64) -> Result<(), Abort> {
        let rows = self.half_width.saturating_add(height.saturating_mul(2)).min(self.side.saturating_add(height));
        let side = self.side;
        if rows.saturating_mul(columns) > MAX_ROWS { Err(Abort::WideBand { side }) } else { Ok(()) }
    }

    /// Numbers of non-zeros, ascending, with their probabilities; 0 is always among them.
    fn table(&self, tile: TileBox) -> Result<Vec<(u64, f64)>, Abort> {
        let mut weights = std::collections::BTreeMap::from([(0u64, 0u64)]);
        let all = self.scan(tile, |group| *weights.entry(group.nonzeros).or_default() += group.weight)?;
        Ok(weights.into_iter().map(|(nonzeros, weight)| (nonzeros, real(weight) / real(all))).collect())
    }

    /// Low corner of the tile that stands for all of its size with so many non-zeros.
    fn representative(&self, within: Within) -> Result<(u64, u64), Abort> {
        let missing = || Abort::NoRepresentative { nonzeros: within.nonzeros, tile: within.tile.to_string() };
        if within.tile.sides().is_none_or(|sides| sides.iter().any(|side| !self.side.is_multiple_of(*side))) {
            return Err(missing());
        }
        let mut found = None;
        self.scan(within.tile, |group| {
            if found.is_none() && group.nonzeros == within.nonzeros {
                found = Some(group.first);
            }
        })?;
        found.ok_or_else(missing)
    }

    /// Share of empty tiles within a tile. The low corners of the inner tiles get the place of the enclosing one twice, the high
    /// ones once.
    fn empty_within(&self, tile: TileBox, within: Within) -> Result<f64, Abort> {
        let (top, left) = self.representative(within)?;
        let (Some([height, width]), Some([outer_height, outer_width])) = (tile.sides(), within.tile.sides()) else {
            return Err(Abort::NotSquare);
        };
        let (rows, columns) = (outer_height / height, outer_width / width);
        if outer_height.saturating_mul(columns) > MAX_ROWS {
            return Err(Abort::WideBand { side: self.side });
        }
        let mut empty = 0u64;
        for row in (0..rows).map(|row| top + row * height) {
            for column in (0..columns).map(|column| left + column * width) {
                let window = Window { rows: (top + row, height + row), columns: (left + column, width + column) };
                empty += u64::from(self.nonzeros(window) == 0);
            }
        }
        Ok(real(empty) / real(rows * columns))
    }
}

impl DensityModel for Banded {
    fn probability(&self, tile: TileBox, nonzeros: u64, within: Option<Within>) -> Result<f64, Abort> {
        match within {
            None => {
                let table = self.table(tile)?;
                let entry = table.into_iter().find(|(known, _)| *known == nonzeros);
                Ok(entry.map_or(0.0, |(_, probability)| probability))
            }
            Some(within) if nonzeros == 0 => self.empty_within(tile, within),
            Some(_) => Err(Abort::BandedCondition),
        }
    }

    fn most(&self, tile: TileBox, confidence: f64) -> Result<u64, Abort> {
        let table = self.table(tile)?;
        let mut sum = 1.0;
        let mut entries = table.iter().rev();
        let mut most = entries.next().map_or(0, |(nonzeros, _)| *nonzeros);
        while sum > confidence {
            let Some((nonzeros, probability)) = entries.next() else {
                return Err(Abort::EndOfTable { entries: count(table.len()) });
            };
            most = *nonzeros;
            sum -= probability;
        }
        Ok(most)
    }

    fn least_share(&self, _: TileBox) -> f64 {
        0.0
    }

    fn expected(&self, tile: TileBox) -> Result<f64, Abort> {
        Ok(real(tile.words()) * self.share())
    }

    /// Timeloop counts the empty ones.
    fn most_elements(&self, fibre: TileBox, element: TileBox) -> Result<u64, Abort> {
        let within = Within { tile: fibre, words: fibre.words(), nonzeros: self.most(fibre, 1.0)? };
        let empty = self.probability(element, 0, Some(within))?;
        Ok(wrapped((elements(fibre, element) * empty).ceil()))
    }

    fn distribution(&self, tile: TileBox, least: u64) -> Result<Vec<(u64, f64)>, Abort> {
        let table = self.table(tile)?.into_iter();
        Ok(table.filter(|(nonzeros, probability)| *nonzeros >= least && *probability != 0.0).collect())
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    fn square(side: u64) -> TileBox {
        TileBox::matrix(side, side)
    }

    /// 4 x 4 with half width 1: 2 x 2 tiles on the diagonal are full, the two others have one corner.
    #[test]
    fn tiles_on_the_diagonal_are_full() {
        let model = Banded::new(1, square(4)).unwrap();
        assert_eq!(model.table(square(2)).unwrap(), [(0, 0.0), (1, 0.5), (4, 0.5)]);
        assert_eq!(model.expected(square(4)).unwrap(), 10.0);
        assert_eq!(model.most(square(2), 1.0).unwrap(), 4);
    }

    #[test]
    fn only_square_matrices_have_a_band() {
        assert_eq!(Banded::new(1, TileBox::matrix(4, 8)).map(|_| ()), Err(Abort::NotSquare));
    }
}
