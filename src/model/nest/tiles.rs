//! From the loop nest to storage levels: partitions, bypass, and the reads, fills and updates of every level
//! (docs/model.md section 4.6; TL tiling.cpp).

use crate::mapping::LevelPolicy;
use crate::model::nest::recursive::{AccessStats, Crossing};
use crate::numbers::{real, rounded, truncated};

/// What one level does for one data space, per instance. All words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) reads: u64,
    pub(crate) fills: u64,
    pub(crate) updates: u64,
    pub(crate) temporal_reductions: u64,
}

/// One data space at one level.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    /// Words of the largest tile; 0 where bypassed.
    pub(crate) size: u64,
    /// Words that one instance holds of the data space in turn.
    pub(crate) partition: u64,
    /// Instances in use.
    pub(crate) replication: u64,
    /// Children of one instance in use; 1 without spatial loops.
    pub(crate) fan_out: u64,
    /// Words sent towards the next inner level.
    pub(crate) accesses: AccessStats,
    /// Words that the children exchange.
    pub(crate) links: f64,
    /// What the level does.
    pub(crate) counts: Counts,
    content: f64,
    share: f64,
    peers: f64,
    working_set: Option<u64>,
}

impl Tile {
    pub(crate) fn new(crossing: Crossing, size: u64, fan_out: u64, replication: f64) -> Self {
        Self {
            size,
            partition: 0,
            replication: truncated(replication),
            fan_out,
            content: total(&crossing.traffic.accesses),
            accesses: crossing.traffic.accesses,
            links: crossing.traffic.links,
            counts: Counts::default(),
            share: 0.0,
            peers: 0.0,
            working_set: crossing.working_set,
        }
    }

    fn bypass(&mut self) {
        (self.size, self.partition) = (0, 0);
        (self.content, self.share) = (0.0, 0.0);
    }

    /// Words received by all children.
    fn received(&self) -> f64 {
        self.accesses.iter().map(|((multicast, _), words)| words.accesses * real(*multicast)).sum()
    }
}

pub(crate) fn total(accesses: &AccessStats) -> f64 {
    accesses.values().map(|words| words.accesses).sum()
}

/// Finishes the tiles of one data space, innermost first: the order of the steps matters.
pub(crate) fn finish(tiles: &mut [Tile], policies: &[LevelPolicy], space: usize, read_write: bool) {
    partition(tiles);
    share(tiles);
    mask_inner(tiles, policies, space);
    mask_outer(tiles, policies, space);
    exchange(tiles);
    count(tiles, policies, space, read_write);
}

/// The outermost level holds everything; further in, the part of the next outer level's tiles that one instance sees
/// (`ComputePartitionSizes`).
fn partition(tiles: &mut [Tile]) {
    let Some(outermost) = tiles.last_mut() else { return };
    outermost.partition = outermost.size;
    for level in (1..tiles.len()).rev() {
        let whole = tiles[level].working_set.unwrap_or(tiles[level - 1].size);
        let product = u128::from(tiles[level].partition) * u128::from(tiles[level - 1].size);
        let part = product.checked_div(whole.into()).unwrap_or_else(|| tiles[level].partition.into());
        tiles[level - 1].partition = u64::try_from(part).unwrap_or(u64::MAX);
    }
}

/// Words that each instance receives from its parent (`ComputeParentAccessShare`). Every kind of group is divided on its own, as
/// there: of a sum of thirds that is whole, the whole part may be one less.
fn share(tiles: &mut [Tile]) {
    for level in 1..tiles.len() {
        let outer = &tiles[level];
        let shares = outer.accesses.iter().map(|((multicast, _), words)| words.accesses * real(*multicast));
        tiles[level - 1].share = shares.fold(0.0, |sum, words| sum + words / real(outer.fan_out));
    }
}

/// What a bypassed level would have served, the next outer one serves (`MaskTiles`).
fn mask_inner(tiles: &mut [Tile], policies: &[LevelPolicy], space: usize) {
    for level in 0..tiles.len() {
        let keep = policies[level].keep.contains(space);
        let no_coalesce = policies[level].no_coalesce.contains(space);
        if tiles[level].size == 0 || (keep && !no_coalesce) {
            continue;
        }
        let content = tiles[level].content;
        let Some(outer) = tiles[level + 1..].iter_mut().find(|tile| tile.size > 0) else {
            tiles[level].bypass();
            break;
        };
        let received = outer.received();
        let scale = if received == 0.0 { 0.0 } else { content * real(outer.fan_out) / received };
        if !outer.accesses.is_empty() {
            outer.links = 0.0;
        }
        outer.accesses.values_mut().for_each(|words| words.accesses *= scale);
        outer.content = total(&outer.accesses);
        if !keep {
            tiles[level].bypass();
        }
    }
}

/// Nothing outside the outermost level that keeps the data space moves; that level has no parent
/// (`ProcessOuterMaskedLevels`).
fn mask_outer(tiles: &mut [Tile], policies: &[LevelPolicy], space: usize) {
    for (tile, policy) in tiles.iter_mut().zip(policies).rev() {
        tile.share = 0.0;
        if policy.keep.contains(space) {
            break;
        }
        tile.bypass();
        tile.accesses.clear();
        tile.links = 0.0;
        tile.fan_out = 0;
    }
}

/// Words taken from a neighbour are read there and filled here (`ComputePeerAccesses`).
fn exchange(tiles: &mut [Tile]) {
    for level in 1..tiles.len() {
        let links = tiles[level].links;
        if links != 0.0 && tiles[level - 1].replication > 0 {
            let instances = real(tiles[level - 1].replication);
            tiles[level - 1].peers += links / instances;
        }
    }
}

/// `ComputeReadUpdateReductionAccesses`: outputs arrive as updates; all but the first touch of a word also reads it, and all
/// but the first tile is read back from the parent.
fn count(tiles: &mut [Tile], policies: &[LevelPolicy], space: usize, read_write: bool) {
    let outermost = tiles.iter().rposition(|tile| tile.size > 0);
    for (level, (tile, policy)) in tiles.iter_mut().zip(policies).enumerate() {
        if tile.size == 0 {
            continue;
        }
        let (content, incoming) = (tile.content + tile.peers, tile.share + tile.peers);
        let partition = real(tile.partition);
        tile.counts = if read_write {
            let elided = if Some(level) == outermost { 0.0 } else { partition };
            let (reads, fills) = if policy.no_coalesce.contains(space) {
                (rounded(content), rounded(content))
            } else if policy.rmw_first_update.contains(space) {
                (rounded(content), rounded(incoming))
            } else {
                (rounded(content - partition), rounded(incoming - elided))
            };
            Counts { reads, fills, updates: rounded(tile.content), temporal_reductions: reads }
        } else {
            Counts { reads: rounded(content), fills: truncated(incoming), ..Counts::default() }
        };
    }
}
