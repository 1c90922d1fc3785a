//! Components of a run, and what slows it down, from its statistics.

use crate::results::{ComponentKind, ComponentResult, DataSpaceResult, LimitResult};
use crate::timeloop::files::stats_reader::{ComponentEnergy, DataSpaceStats, LevelStats, Statistics};

/// The components, in the order printed. One whose energy is `inf` or `nan` is left out, and so is what costs and does nothing.
pub(super) fn components(statistics: &Statistics) -> Vec<ComponentResult> {
    let printed = &statistics.summary.components;
    printed.iter().enumerate().filter_map(|(position, energy)| component(statistics, energy, position)).collect()
}

fn component(statistics: &Statistics, energy: &ComponentEnergy, position: usize) -> Option<ComponentResult> {
    let level = statistics.levels.iter().find(|level| level.name == energy.name);
    let kind = if energy.name.contains(" <==> ") {
        ComponentKind::Network
    } else if level.map_or(statistics.levels.is_empty() && position == 0, |level| level.number == 0) {
        // Without sections the first is taken for the compute units, which stand first in every version.
        ComponentKind::Arithmetic
    } else {
        ComponentKind::Storage
    };
    let energy_pj = statistics.energy_pj_of(energy)?;
    let data_spaces: Vec<DataSpaceResult> = level.map(|level| data_spaces(statistics, level)).unwrap_or_default();
    if energy_pj == 0.0 && data_spaces.is_empty() && kind != ComponentKind::Arithmetic {
        // The dummy of a mesh, or a network without wires.
        return None;
    }
    let used = level.filter(|level| level.number > 0).into_iter().flat_map(|level| &level.data_spaces);
    let in_use = used.filter_map(|space| space.utilized_instances).max();
    let intensity = statistics.operations_per_byte.iter().find(|(name, _)| *name == energy.name);
    Some(ComponentResult {
        name: energy.name.clone(),
        kind,
        energy_pj,
        leakage_pj: level.and_then(|level| level.leakage_pj),
        fj_per_compute: energy_pj * 1000.0 / amount(statistics.summary.computes),
        instances: level.and_then(|level| level.instances),
        utilized_instances: in_use.or_else(|| level?.utilized_instances),
        cycles: level.and_then(|level| level.cycles),
        operations_per_byte: intensity.and_then(|(_, value)| *value),
        bandwidth_words_per_cycle: level.and_then(bandwidth),
        word_bits: level.and_then(|level| level.word_bits),
        data_spaces,
    })
}

/// Words per cycle that all instances can read, write or both: the smallest limit that is stated.
fn bandwidth(level: &LevelStats) -> Option<f64> {
    let limits = [level.read_bandwidth, level.write_bandwidth, level.shared_bandwidth];
    Some(limits.into_iter().flatten().reduce(f64::min)? * amount(level.instances?))
}

/// The data spaces of a level of which everything is printed.
fn data_spaces(statistics: &Statistics, level: &LevelStats) -> Vec<DataSpaceResult> {
    let space = |space: &DataSpaceStats| {
        let instances = space.utilized_instances?;
        let all = |words: u64| words.saturating_mul(instances);
        Some(DataSpaceResult {
            name: space.name.clone(),
            tile_words: space.tile?,
            reads: all(space.reads?),
            fills: all(space.fills?),
            updates: all(space.updates?),
            energy_pj: space.energy_pj?,
            multicast: multicast(statistics, level, space),
            sparse: None,
        })
    };
    level.data_spaces.iter().filter_map(space).collect()
}

/// Words that the next inner level which keeps a data space receives, or the compute units, per word that is read here.
fn multicast(statistics: &Statistics, level: &LevelStats, space: &DataSpaceStats) -> Option<f64> {
    let named = |level: &LevelStats| level.data_spaces.iter().find(|stored| stored.name == space.name).cloned();
    let is_written = statistics.storage().filter_map(named).any(|stored| stored.updates.is_some_and(|count| count > 0));
    // A level that moves words and is not printed may be the next one.
    let is_printed = |name: &String| statistics.storage().any(|level| level.name == *name);
    let is_hidden = statistics.operations_per_byte.iter().any(|(name, moves)| moves.is_some() && !is_printed(name));
    // Compressed data saves words on the way, which must not count as multicast.
    let is_sparse = statistics.summary.algorithmic_computes.is_some();
    if is_written || is_hidden || is_sparse {
        return None;
    }
    let inner = statistics.storage().filter(|inner| inner.number < level.number).filter_map(named).next_back();
    let all = |space: &DataSpaceStats, words: u64| Some(words.saturating_mul(space.utilized_instances?));
    let received = match &inner {
        Some(inner) => all(inner, inner.fills?)?,
        None => statistics.summary.computes,
    };
    let reads = all(space, space.reads?).filter(|reads| *reads > 0)?;
    Some(amount(received) / amount(reads))
}

/// The bandwidths that decide the cycles; none if the compute units do, or if they are not printed.
pub(super) fn limits(statistics: &Statistics) -> Vec<LimitResult> {
    let Some(without_stalls) = statistics.arithmetic().and_then(|units| units.cycles) else { return Vec::new() };
    let slowest = statistics.storage().filter_map(|level| level.cycles).fold(without_stalls, u64::max);
    if slowest == without_stalls {
        return Vec::new();
    }
    let levels = statistics.storage().filter(|level| level.cycles == Some(slowest));
    levels.filter_map(|level| limit(level, without_stalls)).collect()
}

/// The bandwidth of a level that is short by most.
fn limit(level: &LevelStats, without_stalls: u64) -> Option<LimitResult> {
    let words = |of: fn(&DataSpaceStats) -> Option<u64>| {
        let scaled = |space: &DataSpaceStats| Some(amount(of(space)?) * space.bandwidth_scale.unwrap_or(1.0));
        level.data_spaces.iter().map(scaled).sum::<Option<f64>>()
    };
    let reads = words(|space| space.reads)?;
    let writes = words(|space| Some(space.fills?.saturating_add(space.updates?)))?;
    let limits = [
        ("read", reads, level.read_bandwidth),
        ("write", writes, level.write_bandwidth),
        ("shared", reads + writes, level.shared_bandwidth),
    ];
    let limits = limits.into_iter().filter_map(|(kind, words, limit)| Some((kind, words, limit?)));
    let (bandwidth, words, available) = limits.max_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)))?;
    let wanted = words / amount(without_stalls);
    // The cycles tell it, too, rounded up. In imperfect mappings not every instance has the counts that are printed.
    let of_cycles = |cycles: u64| available * amount(cycles) / amount(without_stalls);
    let cycles = level.cycles?;
    let is_right = of_cycles(cycles.saturating_sub(1)) <= wanted && wanted <= of_cycles(cycles);
    let wanted = if is_right { wanted } else { of_cycles(cycles) };
    Some(LimitResult { level: level.name.clone(), bandwidth: bandwidth.to_owned(), wanted, available })
}

#[expect(clippy::cast_precision_loss, reason = "the text has two decimals")]
fn amount(count: u64) -> f64 {
    count as f64
}
