//! Which points count as a tile.

/// Which points of a data space count as a tile.
///
/// Inside the loops of a tile, dimension `d` runs over `t_d` consecutive values. A rank of a data space is a sum of
/// `coefficient * dimension` (for the inputs of a convolution `dilation * r + stride * p`), so that a tile touches in rank `k`
/// the points `S_k = { sum of coefficient * i_d : 0 <= i_d < t_d }`, and in all ranks together their product
/// `S_1 x S_2 x ...`, moved to its position.
///
/// * [`BoundingBox`](Self::BoundingBox) counts the box around these points, as Timeloop does: holes that a stride or a dilation leaves are
///   held, fetched and sent.
/// * [`Exact`](Self::Exact) counts these points alone, in every place where the model counts words:
///   * *Tiles*: the size of a tile, the working set of all children and the whole data space are numbers of points. The
///     capacity of a level, its smallest utilization and the partitions follow.
///   * *New words*: what a tile needs beyond the previous tile of the same instance is the difference of the two sets of
///     points. Only the previous tile is remembered: a point that leaves a tile and comes back is fetched again.
///   * *Sharing*: children receive the same words, or a neighbour had them the time before, where these differences are equal
///     as sets of points. Parts that overlap are not shared.
///
/// Everything else is the same in both: which loops move a tile; the stride rule, whose translation is that of the centres of
/// the boxes (for tiles of equal shape the exact shift in both); iteration 1 standing for all later ones; partitions, bypass
/// and energies computed from the counts. Where every `S_k` is without holes, both give the same evaluation.
///
/// An exact *tile* is never larger than its hull. Exact *traffic* is usually less but can be more: a hull brings the holes,
/// and the next tile may find its points there. Stepping the two taps `{p, p + 2}` over `p`, the hull (3 words) takes in one
/// new word per step, the exact tile (2 words) two.
///
/// Exact footprints of two kinds of data spaces are refused, not estimated ([`super::Rejection::SharedDimension`],
/// [`super::Rejection::ScatteredRank`]): those whose tiles are no product, because a dimension is in several ranks, and those
/// with a rank whose dimensions, all but the longest, have more than 65536 combinations.
///
/// [`super::FastModel`] knows hulls alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Footprint {
    /// The box around the points, holes included: what Timeloop computes.
    #[default]
    BoundingBox,
    /// Exactly the points that some operation touches.
    Exact,
}

impl Footprint {
    /// Its name in results and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BoundingBox => "hull",
            Self::Exact => "exact",
        }
    }
}
