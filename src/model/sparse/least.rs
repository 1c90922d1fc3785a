//! Which share of the dense accesses of its mappings a sparse design leaves at least (docs/search.md section 11).

use super::boxes::TileBox;
use super::counts::rounded;
use super::evaluate::SparseModel;
use super::settings::{Choice, LevelSettings, Rank, SparseSettings};
use crate::model::level::LeftShare;
use crate::numbers::{real, wrapped};
use crate::workload::Density;

/// What is known of the loops of mappings, per level and dimension of the problem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeastLoops<'l> {
    /// Extents of the tile of each level, at least.
    pub(crate) tiles: &'l [Vec<u64>],
    /// Its loops over instances.
    pub(crate) spatial: &'l [Vec<u64>],
    /// Of how many inner levels the tiles are these.
    pub(crate) known: usize,
    /// Which of the options count: one of [`SparseModel::alternatives`].
    pub(crate) alternative: usize,
}

/// What is left of the dense accesses of a data space at a level, at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LevelShares {
    pub(crate) read: LeftShare,
    pub(crate) fill: LeftShare,
    pub(crate) update: LeftShare,
    /// Of what takes bandwidth.
    pub(crate) bandwidth: f64,
    /// Of what counts as an access: dense ones, of the instances in use on average, rounded down.
    pub(crate) accesses: f64,
    /// Whether one word less may be read of each instance.
    pub(crate) rounds_reads: bool,
}

/// What is left of a data space, at least.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SpaceShares {
    /// At each of the levels that keep it, innermost first.
    pub(crate) levels: Vec<LevelShares>,
    /// Of the computes that go with its accesses.
    pub(crate) computes: f64,
}

/// What is left of the computes, at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ComputeShares {
    /// Energy of one that dense data would take, in pJ.
    pub(crate) energy_pj: f64,
    /// Share of those that take their time.
    pub(crate) cycles: f64,
}

/// Loops whose order decides what is left of a data space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) space: usize,
    /// The first and the last level of the loops.
    pub(crate) above: usize,
    pub(crate) parent: usize,
    pub(crate) watches: Watches,
    /// Whether the innermost loop of all decides, too.
    pub(crate) innermost: bool,
}

/// What of the order of loops decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watches {
    /// Which is the innermost that moves the data space, and which are inside it.
    First,
    /// The order of all that move it.
    All,
}

/// Accesses that are saved, as a level states it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    choice: Choice,
    is_skipped: bool,
    /// Whether it counts in every mapping.
    is_certain: bool,
}

/// Most ways to choose among options that are looked at one by one.
const MOST_ALTERNATIVES: usize = 16;

/// Per way to choose among the options, and level: what is saved. Of too many ways all options at once, none of which is certain.
pub(super) fn alternatives(settings: &SparseSettings) -> Vec<Vec<Vec<Entry>>> {
    let lists = |level: &LevelSettings| {
        let of_kind = |lists: &[Vec<Choice>], is_skipped| -> Vec<(Vec<Choice>, bool)> {
            lists.iter().map(|choices| (choices.clone(), is_skipped)).collect()
        };
        [of_kind(&level.gating, false), of_kind(&level.skipping, true)].concat()
    };
    let levels: Vec<Vec<(Vec<Choice>, bool)>> = settings.levels.iter().map(lists).collect();
    let count = levels.iter().flatten().fold(1usize, |count, (choices, _)| count.saturating_mul(choices.len().max(1)));
    let is_one_by_one = count <= MOST_ALTERNATIVES;
    let alternative = |mut number: usize| -> Vec<Vec<Entry>> {
        let mut chosen = |(choices, is_skipped): &(Vec<Choice>, bool)| -> Vec<Entry> {
            let entry =
                |choice: &Choice, is_certain| Entry { choice: choice.clone(), is_skipped: *is_skipped, is_certain };
            if !is_one_by_one {
                return choices.iter().map(|choice| entry(choice, choices.len() == 1)).collect();
            }
            let place = number % choices.len().max(1);
            number /= choices.len().max(1);
            choices.get(place).map(|choice| entry(choice, true)).into_iter().collect()
        };
        levels.iter().map(|lists| lists.iter().flat_map(&mut chosen).collect()).collect()
    };
    (0..if is_one_by_one { count } else { 1 }).map(alternative).collect()
}

/// Savings of a data space at a level that keeps it.
struct Own {
    left: f64,
    is_certain: bool,
    kinds: [bool; 2],
}

/// Relative errors of sums of probabilities are below this.
const NOISE: f64 = 1e-9;

/// Tiles of more words are not looked at one by one.
const MOST_WORDS: f64 = 1e6;

/// Half of the sixth decimal, to which shares of computes are rounded.
const HALF_DECIMAL: f64 = 5e-7;

impl SparseModel<'_> {
    fn level_settings(&self, level: usize) -> Option<&LevelSettings> {
        self.design.settings.levels.get(level)
    }

    fn has_metadata(&self, level: usize, space: usize) -> bool {
        self.design.settings.format(level, space).is_some()
    }

    /// Whether tiles of which only some fit are admitted.
    fn overbooks(&self, level: usize) -> bool {
        let level = &self.model.architecture.levels()[level];
        level.metadata.overbooks && level.effective_size.is_some()
    }

    fn moves(&self, space: usize, dimension: usize) -> bool {
        self.moving[space] & (1 << dimension) != 0
    }

    fn box_of(&self, space: usize, extents: &[u64]) -> TileBox {
        TileBox::of(&self.model.projections[space], extents)
    }

    /// Whether instances are left out, of which no bound is known.
    pub(crate) fn skips_instances(&self) -> bool {
        self.design.settings.levels.iter().any(|level| !level.spatial_skipping.is_empty())
    }

    /// Whether instances may be left out where a data space has zeros: it is a target, or some level has metadata of it, whether it keeps
    /// it or not (docs/model.md section 9.6).
    fn may_be_left_out(&self, space: usize) -> bool {
        let levels = &self.design.settings.levels;
        let is_target = |level: &LevelSettings| level.spatial_skipping.iter().any(|own| own.target == space);
        self.skips_instances()
            && (0..levels.len()).any(|level| self.has_metadata(level, space) || is_target(&levels[level]))
    }

    /// Least share of tiles of at least these extents that hold some non-zero.
    fn filled(&self, space: usize, extents: &[u64]) -> f64 {
        let Ok(models) = &self.densities else { return 0.0 };
        match self.design.densities.of(space) {
            Density::Banded(_) => 0.0,
            Density::FixedStructured(_) | Density::Hypergeometric(_) => {
                let empty = models[space].probability(self.box_of(space, extents), 0, None);
                empty.map_or(0.0, |empty| 1.0 - empty)
            }
        }
    }

    /// Whether tiles of a level may be almost the whole tensor where places are random: then what is listed of their non-zeros may be
    /// nothing, or taken for an empty tile (docs/model.md section 9.3).
    fn may_be_void(&self, level: usize, share: f64, (words, tensor): (u64, u64), is_exact: bool) -> bool {
        let nonzeros = wrapped((share * real(tensor)).ceil());
        let zeros = tensor.saturating_sub(nonzeros);
        if is_exact {
            return words > zeros && words < tensor;
        }
        let capacity = self.model.architecture.levels()[level].effective_size.unwrap_or(u64::MAX);
        nonzeros.min(zeros + 1) <= capacity
    }

    /// Least share of its words that a level with metadata moves of a data space, over all tiles of at least these extents, or of
    /// these; `arrives` if empty tiles are not sent.
    fn moved(&self, (level, space): (usize, usize), loops: &LeastLoops, arrives: bool) -> f64 {
        let is_whole = level + 1 == self.model.architecture.levels().len();
        let words = if is_whole { self.box_of(space, &self.whole) } else { self.box_of(space, &loops.tiles[level]) };
        let words = words.words();
        let is_exact = is_whole || level < loops.known;
        match self.design.densities.of(space) {
            Density::Banded(_) => 0.0,
            Density::FixedStructured(share) => {
                let quirk = if arrives { quirk(share, words, is_exact) } else { None };
                quirk.map_or(share, |(_, moved)| moved.min(share))
            }
            Density::Hypergeometric(share) => {
                let tensor = self.box_of(space, &self.whole).words();
                let nonzeros = wrapped((share * real(tensor)).ceil());
                let is_void = self.may_be_void(level, share, (words, tensor), is_exact);
                if is_void { 0.0 } else { real(nonzeros) / real(tensor.max(1)) * (1.0 - NOISE) }
            }
        }
    }

    /// Least share of its instances that hold a tile of a data space at all.
    fn present(&self, (level, space): (usize, usize), parent: Option<usize>, loops: &LeastLoops) -> f64 {
        if !parent.is_some_and(|parent| self.has_metadata(parent, space)) {
            return 1.0;
        }
        let filled = self.filled(space, &loops.tiles[level]);
        let words = self.box_of(space, &loops.tiles[level]).words();
        match self.design.densities.of(space) {
            Density::FixedStructured(share) => {
                quirk(share, words, level < loops.known).map_or(filled, |(present, _)| present.min(filled))
            }
            Density::Hypergeometric(share) => {
                let tensor = self.box_of(space, &self.whole).words();
                let is_void = self.may_be_void(level, share, (words, tensor), level < loops.known);
                if is_void { 0.0 } else { filled }
            }
            Density::Banded(_) => filled,
        }
    }

    /// Least share of the dense words of a level that are left because zeros are not stored, here or at the next outer level that keeps
    /// them.
    fn sent(&self, (level, space): (usize, usize), parent: Option<usize>, loops: &LeastLoops) -> f64 {
        match (self.has_metadata(level, space), self.overbooks(level)) {
            (false, _) => self.present((level, space), parent, loops),
            (true, true) => 0.0,
            (true, false) => {
                let arrives = parent.is_some_and(|parent| self.has_metadata(parent, space));
                self.moved((level, space), loops, arrives)
            }
        }
    }

    /// Least factor on the vector accesses that words take: the table of compressed tiles (docs/model.md section 9.9) counts empty ones in
    /// one place and not in the other.
    fn vectors(&self, (level, space): (usize, usize), parent: Option<usize>, loops: &LeastLoops) -> f64 {
        let has_blocks = self.model.architecture.levels()[level].block_size > 1;
        let arrives = parent.is_some_and(|parent| self.has_metadata(parent, space));
        if has_blocks && arrives && self.has_metadata(level, space) {
            self.filled(space, &loops.tiles[level])
        } else {
            1.0
        }
    }

    /// The least extents of the tile of a leader that must be empty for an access to be saved.
    fn deciding(
        &self,
        (target, leader): (usize, usize),
        (child, source): (Option<usize>, usize),
        loops: &LeastLoops,
    ) -> Vec<u64> {
        let dimensions = self.whole.len();
        let mut extents = child.map_or_else(|| vec![1; dimensions], |child| loops.tiles[child].clone());
        let is_scalar = child.is_none() && self.model.architecture.fan_out(0).product() <= 1;
        let levels = child.map_or(0, |child| child + 1)..=source;
        for level in levels.clone() {
            for (dimension, extent) in extents.iter_mut().enumerate() {
                if is_scalar || !self.moves(target, dimension) {
                    *extent = extent.saturating_mul(loops.spatial[level][dimension]);
                }
            }
        }
        if is_scalar {
            return extents;
        }
        // Extents of dimensions that move both are divided by the loops over instances, those of later dimensions once more by those of
        // earlier ones, and of the loop in time that moves the target first.
        let moves_both = |dimension: &usize| self.moves(target, *dimension) && self.moves(leader, *dimension);
        let is_spread = |dimension: &usize| levels.clone().any(|level| loops.spatial[level][*dimension] > 1);
        let both = || (0..dimensions).filter(moves_both);
        if let Some(first) = both().find(is_spread) {
            let may_be_divided = |dimension: &usize| self.whole[*dimension] > 1;
            let is_first_safe = !both().take_while(|dimension| *dimension < first).any(|own| may_be_divided(&own));
            for dimension in both().filter(|own| *own > first || (*own == first && !is_first_safe)) {
                extents[dimension] = 1;
            }
        }
        extents
    }

    /// Ways to choose among options that are bounded one by one.
    pub(crate) fn alternatives(&self) -> usize {
        self.alternatives.len()
    }

    /// What is saved at a level itself.
    fn own(&self, space: usize, (child, source): (Option<usize>, usize), loops: &LeastLoops) -> Option<Own> {
        let mut own: Option<Own> = None;
        for level in child.map_or(0, |child| child + 1)..=source {
            for entry in self.alternatives[loops.alternative][level].iter().filter(|own| own.choice.target == space) {
                let of_leader =
                    |leader: &usize| self.filled(*leader, &self.deciding((space, *leader), (child, source), loops));
                let left = entry.choice.leaders.iter().map(of_leader).product();
                let own = own.get_or_insert(Own { left, is_certain: false, kinds: [false; 2] });
                own.left = own.left.min(left);
                own.is_certain |= entry.is_certain;
                own.kinds[usize::from(entry.is_skipped)] = true;
            }
        }
        own
    }

    /// Least share of accesses that a choice does not save, of tiles of at least these extents.
    fn left(&self, choice: &Choice, extents: &[u64]) -> f64 {
        choice.leaders.iter().map(|leader| self.filled(*leader, extents)).product()
    }

    /// What is left of a data space, if these levels keep it, innermost first.
    pub(crate) fn least_shares(&self, space: usize, kept: &[usize], loops: &LeastLoops) -> SpaceShares {
        let is_read_write = self.model.problem.data_spaces()[space].read_write;
        if !self.design.settings.is_active {
            return SpaceShares { levels: vec![LevelShares::ALL; kept.len()], computes: 1.0 };
        }
        if self.may_be_left_out(space) {
            let computes = if is_read_write { 1.0 } else { self.least_left(space, loops.alternative) };
            return SpaceShares { levels: vec![LevelShares::NONE; kept.len()], computes };
        }
        let mut all = vec![LevelShares::ALL; kept.len()];
        let mut outer = 1.0;
        for (index, &level) in kept.iter().enumerate().rev() {
            let child = index.checked_sub(1).map(|inner| kept[inner]);
            let parent = kept.get(index + 1).copied();
            let own = self.own(space, (child, level), loops);
            let actual = match &own {
                None => outer,
                Some(own) if own.is_certain => own.left,
                Some(own) => own.left.min(outer),
            };
            let held = self.sent((level, space), parent, loops);
            let vectors = self.vectors((level, space), parent, loops);
            let kinds = own.as_ref().map_or([false; 2], |own| own.kinds);
            let busy = if kinds[1] { actual } else { outer };
            let energy = &self.model.architecture.levels()[level].energy;
            let served = |pj: f64, action: usize| {
                let [gated, skipped] = [energy.sparse.gated[action], energy.sparse.skipped[action]];
                let idle = [(kinds[0], gated), (kinds[1], skipped)].into_iter().filter(|(is_used, _)| *is_used);
                let idle = idle.map(|(_, pj)| pj).fold(f64::INFINITY, f64::min);
                let idle = if idle.is_finite() { idle } else { 0.0 };
                let saved = actual + (outer - actual).max(0.0) * if pj > 0.0 { idle / pj } else { 0.0 };
                LeftShare { energy: saved.min(outer) * held * vectors, addresses: busy.min(outer) * held }
            };
            all[index] = LevelShares {
                read: served(energy.read.pj, 0),
                fill: LeftShare { energy: outer * held * vectors, addresses: outer * held },
                update: served(energy.update.pj, 2),
                bandwidth: busy.min(outer) * held,
                accesses: self.counted((level, space), parent),
                rounds_reads: own.is_some() && is_read_write,
            };
            outer = actual;
        }
        SpaceShares { levels: all, computes: if is_read_write { 1.0 } else { outer } }
    }

    /// The same, whichever options count.
    pub(crate) fn least_shares_of_all(&self, space: usize, kept: &[usize], loops: &LeastLoops) -> Vec<LevelShares> {
        let of = |alternative: usize| self.least_shares(space, kept, &LeastLoops { alternative, ..*loops }).levels;
        let rest = (1..self.alternatives.len()).map(of);
        rest.fold(of(0), |least, next| least.into_iter().zip(next).map(|(least, next)| least.min(next)).collect())
    }

    /// What is left of a data space at a level, whichever levels keep it.
    pub(crate) fn least_share_of_level(&self, space: usize, level: usize, loops: &LeastLoops) -> LevelShares {
        if !self.design.settings.is_active {
            return LevelShares::ALL;
        }
        let levels = self.model.architecture.levels().len();
        let outer = (level + 1..levels).find(|outer| self.has_metadata(*outer, space));
        if self.may_be_left_out(space) {
            return LevelShares::NONE;
        }
        let unit = vec![1; self.whole.len()];
        let choices = self.design.settings.levels.iter();
        let choices = choices.flat_map(|level| level.gating.iter().chain(&level.skipping).flatten());
        let left = choices.filter(|choice| choice.target == space).map(|choice| self.left(choice, &unit));
        let held = self.sent((level, space), outer, loops);
        let vectors = self.vectors((level, space), outer, loops);
        let shares = LevelShares::of(held * vectors * left.fold(1.0, f64::min));
        LevelShares { rounds_reads: true, accesses: self.counted((level, space), outer), ..shares }
    }

    /// Whether all instances count, as a share.
    fn counted(&self, (level, space): (usize, usize), parent: Option<usize>) -> f64 {
        let is_outermost = level + 1 == self.model.architecture.levels().len();
        let may_be_idle = parent.is_some_and(|parent| self.has_metadata(parent, space));
        if is_outermost || !may_be_idle { 1.0 } else { 0.0 }
    }

    /// Least share of the computes that the savings of a data space leave, whatever the mapping.
    fn least_left(&self, space: usize, alternative: usize) -> f64 {
        let unit = vec![1; self.whole.len()];
        let saves = self.alternatives[alternative].iter().flatten().map(|entry| &entry.choice);
        let saves = saves.chain(self.design.settings.levels.iter().flat_map(|level| &level.spatial_skipping));
        saves.filter(|choice| choice.target == space).map(|own| self.left(own, &unit)).fold(1.0, f64::min)
    }

    /// What is left of the computes, whatever the mapping.
    pub(crate) fn least_computes(&self) -> ComputeShares {
        let of = |alternative: usize| self.computes_of(|space| self.least_left(space, alternative));
        (1..self.alternatives.len()).map(of).fold(of(0), |least, next| ComputeShares {
            energy_pj: least.energy_pj.min(next.energy_pj),
            cycles: least.cycles.min(next.cycles),
        })
    }

    /// What is left of the computes, where the accesses of each operand leave at least such a share of them.
    pub(crate) fn computes_of(&self, left: impl Fn(usize) -> f64) -> ComputeShares {
        let units = self.model.architecture.arithmetic();
        let dense = ComputeShares { energy_pj: units.energy.pj, cycles: 1.0 };
        let settings = &self.design.settings;
        let (Ok(models), true) = (&self.densities, settings.is_active) else { return dense };
        let spaces = self.model.problem.data_spaces();
        let operands: Vec<usize> = (0..spaces.len()).filter(|space| !spaces[*space].read_write).collect();
        let [first, second] = operands[..] else { return ComputeShares { energy_pj: 0.0, cycles: 0.0 } };
        let unit = vec![1; self.whole.len()];
        let density = |space: usize| {
            let expected = models[space].expected(self.box_of(space, &unit));
            expected.map_or(0.0, |density| rounded(density).clamp(0.0, 1.0))
        };
        let slack = |left: f64| if left < 1.0 { left / (left + HALF_DECIMAL) } else { 1.0 };
        let (left_first, left_second) = (left(first), left(second));
        let slack = slack(left_first) * slack(left_second);
        let nonzero = density(first) * density(second) * slack;
        let all_left = left_first * left_second;
        let may_be_absent = |space: usize| (0..settings.levels.len()).any(|level| self.has_metadata(level, space));
        let absent = (may_be_absent(first), may_be_absent(second));
        let (is_skipped, vanishes) = (settings.skips_computes && (absent.0 || absent.1), absent.0 && absent.1);
        let cheapest = |states: &[(bool, f64)]| {
            states.iter().filter(|(is_possible, _)| *is_possible).map(|(_, pj)| *pj).fold(f64::INFINITY, f64::min)
        };
        let busy_pj = cheapest(&[(true, units.energy.pj), (settings.gates_computes, units.gated_pj)]);
        let idle_pj = cheapest(&[(true, busy_pj), (is_skipped, units.skipped_pj), (vanishes, 0.0)]);
        // Of all that is left: what neither vanishes, because both operands are absent, nor is skipped, because one is.
        let cycles = match (settings.skips_computes, absent) {
            (false, (true, true)) => left_first * density(first) + left_second * density(second) - nonzero,
            (true, (true, true)) => nonzero,
            (true, (true, false)) => left_first * density(first),
            (true, (false, true)) => left_second * density(second),
            (_, _) => all_left,
        };
        let cycles = (cycles * slack).clamp(nonzero, all_left.max(nonzero));
        let energy_pj =
            nonzero * units.energy.pj + (cycles - nonzero) * busy_pj + (all_left - cycles).max(0.0) * idle_pj;
        ComputeShares { energy_pj: energy_pj * (1.0 - NOISE), cycles: cycles.min(all_left) * (1.0 - NOISE) }
    }

    /// Least share of the instances of a level that are in use.
    pub(crate) fn least_instances(&self, level: usize, loops: &LeastLoops) -> f64 {
        if self.skips_instances() {
            return 0.0;
        }
        let levels = self.model.architecture.levels().len();
        let of_space = |space: usize| {
            let outer = (level + 1..levels).find(|outer| self.has_metadata(*outer, space));
            self.present((level, space), outer, loops)
        };
        (0..self.model.projections.len()).map(of_space).fold(0.0, f64::max)
    }

    /// Where the order of loops decides what is left, whatever it does to dense accesses: the loops from the level outside of one that
    /// keeps a data space up to the next that does.
    pub(crate) fn watched(&self, space: usize, kept: &[usize]) -> Vec<Watched> {
        let mut all = Vec::new();
        if !self.design.settings.is_active {
            return all;
        }
        let is_target = |choice: &Choice| choice.target == space;
        for (index, &parent) in kept.iter().enumerate() {
            let above = index.checked_sub(1).map_or(0, |inner| kept[inner] + 1);
            let saves = (above..=parent).filter_map(|level| self.level_settings(level)).any(|level| {
                let mut choices = level.gating.iter().chain(&level.skipping).flatten().chain(&level.spatial_skipping);
                choices.any(is_target)
            });
            let format = self.design.settings.format(parent, space);
            let flattens = |rank: &Rank| match rank.rules.as_slice() {
                [rule] => (0..self.whole.len()).all(|dimension| {
                    !self.moves(space, dimension) || self.whole[dimension] == 1 || rule.contains(&dimension)
                }),
                _ => false,
            };
            let is_ranked = format.is_some_and(|format| !format.ranks.iter().all(flattens));
            let is_scalar = saves && index == 0 && self.model.architecture.fan_out(0).product() <= 1;
            let block_size = self.model.architecture.levels()[parent].block_size;
            if saves || format.is_some() {
                let watches = if is_ranked { Watches::All } else { Watches::First };
                let innermost = is_scalar && block_size > 1;
                all.push(Watched { space, above, parent, watches, innermost });
            }
        }
        all
    }

    /// Words that a level holds of a tile of so many words, at least. What is not known is 0.
    pub(crate) fn least_held(&self, (level, space): (usize, usize), words: u64) -> u64 {
        if !self.has_metadata(level, space) {
            return words;
        }
        if self.overbooks(level) {
            return 0;
        }
        match self.design.densities.of(space) {
            Density::Banded(_) => 0,
            Density::FixedStructured(share) => wrapped((real(words) * share).ceil()).min(words),
            Density::Hypergeometric(share) => {
                let tensor = self.box_of(space, &self.whole).words();
                words.min(wrapped((share * real(tensor)).ceil()))
            }
        }
    }

    /// Whether what a level holds of its tiles is known by their words alone.
    pub(crate) fn knows_held(&self, level: usize) -> bool {
        let spaces = 0..self.model.projections.len();
        let is_banded = |space: usize| matches!(self.design.densities.of(space), Density::Banded(_));
        !self.overbooks(level) && !spaces.into_iter().any(|space| self.has_metadata(level, space) && is_banded(space))
    }
}

impl LevelShares {
    /// The smaller of each.
    fn min(self, other: Self) -> Self {
        let left = |one: LeftShare, other: LeftShare| LeftShare {
            energy: one.energy.min(other.energy),
            addresses: one.addresses.min(other.addresses),
        };
        Self {
            read: left(self.read, other.read),
            fill: left(self.fill, other.fill),
            update: left(self.update, other.update),
            bandwidth: self.bandwidth.min(other.bandwidth),
            accesses: self.accesses.min(other.accesses),
            rounds_reads: self.rounds_reads || other.rounds_reads,
        }
    }

    const ALL: Self = Self::of(1.0);
    const NONE: Self = Self::of(0.0);

    const fn of(share: f64) -> Self {
        let left = LeftShare { energy: share, addresses: share };
        Self { read: left, fill: left, update: left, bandwidth: share, accesses: share, rounds_reads: share < 1.0 }
    }
}

/// Where the first number of non-zeros that a tile may have is taken for that of an empty one (docs/model.md section 9.3): the shares
/// of instances in use, and of words that are moved, at least. Of tiles of so many words, or of at least so many.
fn quirk(share: f64, words: u64, is_exact: bool) -> Option<(f64, f64)> {
    let of_tile = |words: f64| {
        let exact = words * share;
        let lower = exact.floor();
        let least = (lower / words * words).floor();
        if lower < 1.0 || least > 0.0 {
            return None;
        }
        let upper = exact - lower;
        Some((upper, upper * exact.ceil() / words))
    };
    if is_exact {
        return of_tile(real(words));
    }
    if share <= 0.0 || 2.0 / share > MOST_WORDS {
        return Some((0.0, 0.0));
    }
    let from = wrapped((1.0 / share).floor()).max(words).max(1);
    let quirks = (from..=wrapped((2.0 / share).ceil())).filter_map(|words| of_tile(real(words)));
    quirks.reduce(|least, next| (least.0.min(next.0), least.1.min(next.1)))
}
