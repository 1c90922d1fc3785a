//! What may be left for the temporal loops outside a level, and so the tiles that the level may hold.

use super::bound::PartialTiling;
use super::prepared_job::PreparedJob;

/// Per dimension, what may be left outside a level: indices among the divisors of its bound. All combinations of them are numbered.
#[derive(Clone, Debug)]
pub(super) struct Rests {
    /// Descending: ascending tiles.
    pub(super) of_dimension: Vec<Vec<u32>>,
    /// Per dimension and index among the divisors, the place in that list.
    places: Vec<Vec<usize>>,
    strides: Vec<usize>,
    pub(super) entries: usize,
}

impl Rests {
    fn new(prepared: &PreparedJob, of_dimension: Vec<Vec<u32>>) -> Self {
        let mut strides = Vec::with_capacity(of_dimension.len());
        let mut entries = 1usize;
        for rests in &of_dimension {
            strides.push(entries);
            entries = entries.saturating_mul(rests.len());
        }
        let places = |(dimension, rests): (usize, &Vec<u32>)| {
            let mut places = vec![usize::MAX; prepared.choices.divisors[dimension].len()];
            rests.iter().enumerate().for_each(|(place, rest)| places[*rest as usize] = place);
            places
        };
        let places = of_dimension.iter().enumerate().map(places).collect();
        Self { of_dimension, places, strides, entries }
    }

    /// What spatial loops leave, and then each level.
    pub(super) fn of_levels(prepared: &PreparedJob, spatial: &[Vec<u64>]) -> Vec<Self> {
        let rest = prepared.temporal_rest(spatial);
        let mut rests = vec![Self::new(prepared, rest.into_iter().map(|rest| vec![rest]).collect())];
        for level in 0..prepared.levels.len() {
            rests.push(rests[level].after(prepared, level));
        }
        rests
    }

    /// What `level` can leave of these.
    fn after(&self, prepared: &PreparedJob, level: usize) -> Self {
        let after = |(dimension, rests): (usize, &Vec<u32>)| {
            let choices = rests.iter().flat_map(|rest| prepared.temporal(level, dimension, *rest));
            let mut after: Vec<u32> = choices.map(|choice| choice.rest).collect();
            after.sort_unstable_by(|left, right| right.cmp(left));
            after.dedup();
            after
        };
        Self::new(prepared, self.of_dimension.iter().enumerate().map(after).collect())
    }

    pub(super) fn place(&self, dimension: usize, rest: u32) -> usize {
        self.places[dimension][rest as usize]
    }

    /// The number of a combination.
    #[inline]
    pub(super) fn entry(&self, rest: &[u32]) -> usize {
        let places = rest.iter().enumerate().zip(&self.strides);
        places.map(|((dimension, rest), stride)| self.place(dimension, *rest) * stride).sum()
    }

    /// Visits the tiles of `level` that fit, if these are what may be left outside it: with the number of each, and its extents and
    /// what is left in `tile`.
    pub(super) fn visit(
        &self,
        prepared: &PreparedJob,
        spatial: &[Vec<u64>],
        level: usize,
        tile: &mut PartialTiling,
        fits: &dyn Fn(&[u64]) -> bool,
        visit: &mut dyn FnMut(usize, &mut PartialTiling),
    ) {
        let outside = |dimension: usize| spatial[level + 1..].iter().map(|factors| factors[dimension]).product();
        let outside: Vec<u64> = (0..prepared.count()).map(outside).collect();
        tile.remaining.resize(prepared.count(), 1);
        tile.extents.resize(prepared.count(), 1);
        let mut walk = Walk { rests: self, prepared, outside, tile, fits, visit };
        (0..prepared.count()).for_each(|dimension| walk.set(dimension, 0));
        walk.from(0, 0);
    }
}

/// Tiles under enumeration.
struct Walk<'w> {
    rests: &'w Rests,
    prepared: &'w PreparedJob<'w>,
    /// Iterations of the spatial loops outside.
    outside: Vec<u64>,
    tile: &'w mut PartialTiling,
    fits: &'w dyn Fn(&[u64]) -> bool,
    visit: &'w mut dyn FnMut(usize, &mut PartialTiling),
}

impl Walk<'_> {
    fn set(&mut self, dimension: usize, place: usize) {
        let rest = self.rests.of_dimension[dimension][place] as usize;
        let remaining = self.prepared.choices.divisors[dimension][rest];
        self.tile.remaining[dimension] = remaining;
        self.tile.extents[dimension] = self.prepared.bounds[dimension] / (remaining * self.outside[dimension]);
    }

    /// Visits all tiles that fit, from `dimension` on; the dimensions before it make so much of the number.
    fn from(&mut self, dimension: usize, entry: usize) {
        if dimension == self.prepared.count() {
            (self.visit)(entry, self.tile);
            return;
        }
        for place in 0..self.rests.of_dimension[dimension].len() {
            self.set(dimension, place);
            if !(self.fits)(&self.tile.extents) {
                break;
            }
            self.from(dimension + 1, entry + place * self.rests.strides[dimension]);
        }
        self.set(dimension, 0);
    }
}
