//! From the loop nest to storage levels: partitions, bypass, and the reads, fills and updates of every level
//! (docs/model.md section 4.6; TL tiling.cpp).

use crate::mapping::LevelPolicy;
use crate::model::accesses::{self, Accesses, Words};
use crate::model::nest::recursive::{Sent, SentWords, TileDelivery};
use crate::numbers::{real, truncated};

/// One data space at one level.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    /// Words of the largest tile; 0 where bypassed. With distributed multicast: its part that one instance holds.
    pub(crate) size: u64,
    /// Words of the largest tile, whatever other instances hold of it.
    pub(crate) whole: u64,
    /// Words that one instance holds of the data space in turn.
    pub(crate) partition: u64,
    /// Instances in use.
    pub(crate) replication: u64,
    /// Children of one instance in use; 1 without spatial loops.
    pub(crate) fan_out: u64,
    /// Words sent towards the next inner level.
    pub(crate) sent: SentWords,
    /// Words that instances of the next inner level pass on to one another: distributed multicast.
    pub(crate) distributed: SentWords,
    /// Words that the children exchange.
    pub(crate) link_transfers: f64,
    /// What the level does.
    pub(crate) accesses: Accesses,
    /// Additions to what is stored, per instance.
    pub(crate) temporal_reductions: u64,
    content: f64,
    share: f64,
    peers: f64,
    working_set: Option<u64>,
}

impl Tile {
    pub(crate) fn new(delivery: TileDelivery, size: u64, fan_out: u64, replication: f64) -> Self {
        Self {
            size,
            whole: size,
            partition: 0,
            replication: truncated(replication),
            fan_out,
            content: total(&delivery.transfers.sent),
            sent: delivery.transfers.sent,
            distributed: SentWords::new(),
            link_transfers: delivery.transfers.over_links,
            accesses: Accesses::default(),
            temporal_reductions: 0,
            share: 0.0,
            peers: 0.0,
            working_set: delivery.working_set,
        }
    }

    fn bypass(&mut self) {
        (self.size, self.partition) = (0, 0);
        (self.content, self.share) = (0.0, 0.0);
    }

    /// Words received by all children.
    fn received(&self) -> f64 {
        self.sent.iter().map(|((multicast, _), words)| words.accesses * real(*multicast)).sum()
    }
}

pub(crate) fn total(accesses: &SentWords) -> f64 {
    accesses.values().map(|words| words.accesses).sum()
}

/// Finishes the tiles of one data space, innermost first: the order of the steps matters. `is_distributed` tells of each level
/// whether other instances can pass its tiles on.
///
/// # Errors
///
/// The level whose distributed multicast the model cannot tell.
pub(crate) fn finish(
    tiles: &mut [Tile],
    policies: &[LevelPolicy],
    space: usize,
    read_write: bool,
    is_distributed: impl Fn(usize) -> bool,
) -> Result<(), usize> {
    partitions(tiles);
    share(tiles);
    distribute(tiles, is_distributed)?;
    mask_inner(tiles, policies, space);
    mask_outer(tiles, policies, space);
    exchange(tiles);
    count(tiles, policies, space, read_write);
    Ok(())
}

/// The outermost level holds everything; further in, the part of the next outer level's tiles that one instance sees
/// (`ComputePartitionSizes`).
fn partitions(tiles: &mut [Tile]) {
    let Some(outermost) = tiles.last_mut() else { return };
    outermost.partition = outermost.size;
    for level in (1..tiles.len()).rev() {
        let size = tiles[level - 1].size;
        let working_set = tiles[level].working_set.unwrap_or(size);
        tiles[level - 1].partition = accesses::partition(tiles[level].partition, size, working_set);
    }
}

/// Words that each instance receives from its parent (`ComputeParentAccessShare`). Every kind of group is divided on its own, as
/// there: of a sum of thirds that is whole, the whole part may be one less.
fn share(tiles: &mut [Tile]) {
    for level in 1..tiles.len() {
        let outer = &tiles[level];
        let shares = outer.sent.iter().map(|((multicast, _), words)| words.accesses * real(*multicast));
        tiles[level - 1].share = shares.fold(0.0, |sum, words| sum + words / real(outer.fan_out));
    }
}

/// Instances that would hold the same tile hold a part of it each, and pass it on (`DistributeTiles`; docs/model.md section
/// 4.7.5). Once per data space: at the innermost level where it helps.
fn distribute(tiles: &mut [Tile], is_distributed: impl Fn(usize) -> bool) -> Result<(), usize> {
    for level in 0..tiles.len() {
        if !is_distributed(level) || tiles[level].size == 0 {
            continue;
        }
        let (inside, outside) = tiles.split_at_mut(level + 1);
        let inner = &mut inside[level];
        let Some(outer) = outside.iter_mut().find(|tile| tile.size > 0) else { continue };
        let (Some((&(multicast, scatter), &sent)), 1) = (outer.sent.first_key_value(), outer.sent.len()) else {
            return Err(level);
        };
        let (Some(own), 1) = (inner.sent.values().next(), inner.sent.len()) else { return Err(level) };
        if multicast <= 1 {
            continue;
        }
        let passed_on =
            Sent { accesses: own.accesses, hops: sent.hops * own.accesses / sent.accesses, unicast_hops: 0.0 };
        outer.distributed.insert((multicast, scatter), passed_on);
        outer.sent = [((1, multicast * scatter), Sent { hops: sent.unicast_hops, ..sent })].into();
        let part = |words: u64| 1 + words.saturating_sub(1) / multicast;
        let share = |words: f64| 1.0 + (words - 1.0) / real(multicast);
        (inner.size, inner.partition) = (part(inner.size), part(inner.partition));
        (inner.content, inner.share) = (share(inner.content), share(inner.share));
        break;
    }
    Ok(())
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
        if !outer.sent.is_empty() {
            outer.link_transfers = 0.0;
        }
        outer.sent.values_mut().for_each(|words| words.accesses *= scale);
        outer.content = total(&outer.sent);
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
        tile.sent.clear();
        tile.link_transfers = 0.0;
        tile.fan_out = 0;
    }
}

/// Words taken from a neighbour are read there and filled here (`ComputePeerAccesses`).
fn exchange(tiles: &mut [Tile]) {
    for level in 1..tiles.len() {
        let link_transfers = tiles[level].link_transfers;
        if link_transfers != 0.0 && tiles[level - 1].replication > 0 {
            let instances = real(tiles[level - 1].replication);
            tiles[level - 1].peers += link_transfers / instances;
        }
    }
}

/// `ComputeReadUpdateReductionAccesses`: outputs arrive as updates; all but the first touch of a word also reads it, and all
/// but the first tile is read back from the parent.
fn count(tiles: &mut [Tile], policies: &[LevelPolicy], space: usize, read_write: bool) {
    let outermost = tiles.iter().rposition(|tile| tile.size > 0);
    for (level, (tile, policy)) in tiles.iter_mut().zip(policies).enumerate().filter(|(_, (tile, _))| tile.size > 0) {
        let Tile { content, share, peers, partition, .. } = *tile;
        let words = Words { content, share, peers, partition, is_outermost: Some(level) == outermost };
        tile.accesses = words.accesses(read_write, policy, space);
        tile.temporal_reductions = if read_write { tile.accesses.reads } else { 0 };
    }
}
