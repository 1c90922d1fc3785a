//! Which designs dominate others, and which need no search (docs/search.md section 10).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::{DesignOutcome, SweepDesign};

/// What a design costs, or lower bounds of it. A design whose area is not known is compared only with others like it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DesignCost {
    /// Energy, in pJ.
    pub energy_pj: f64,
    /// Cycles.
    pub cycles: u64,
    /// Area, in square micrometres.
    pub area_um2: Option<f64>,
}

impl DesignCost {
    /// Whether it is at most the other in all three quantities, and less in one.
    pub fn dominates(&self, other: &Self) -> bool {
        let area = match (self.area_um2, other.area_um2) {
            (Some(own), Some(other)) => own.total_cmp(&other),
            (None, None) => Ordering::Equal,
            _ => return false,
        };
        let parts = [self.energy_pj.total_cmp(&other.energy_pj), self.cycles.cmp(&other.cycles), area];
        parts.iter().all(|part| part.is_le()) && parts.iter().any(|part| part.is_lt())
    }

    fn compare(&self, other: &Self) -> Ordering {
        let area = |cost: &Self| cost.area_um2.unwrap_or(0.0);
        let energy = self.energy_pj.total_cmp(&other.energy_pj);
        energy.then(self.cycles.cmp(&other.cycles)).then(area(self).total_cmp(&area(other)))
    }
}

/// The designs (by their numbers) that no other one dominates, ascending. Of equal ones all are on the front.
pub fn front(costs: &[(usize, DesignCost)]) -> Vec<usize> {
    let (known, unknown): (Vec<_>, Vec<_>) = costs.iter().copied().partition(|(_, cost)| cost.area_um2.is_some());
    let mut found = front_of_comparable(known);
    found.extend(front_of_comparable(unknown));
    found.sort_unstable();
    found
}

/// In ascending order a design is dominated by an earlier one that is not its equal, or not at all. Of the earlier ones the least area
/// up to each number of cycles is all that counts.
fn front_of_comparable(mut costs: Vec<(usize, DesignCost)>) -> Vec<usize> {
    costs.sort_by(|(left, a), (right, b)| a.compare(b).then(left.cmp(right)));
    let mut least_area: BTreeMap<u64, f64> = BTreeMap::new();
    let mut found = Vec::new();
    for equal in costs.chunk_by(|(_, a), (_, b)| a.compare(b).is_eq()) {
        let Some((_, DesignCost { cycles, area_um2, .. })) = equal.first().copied() else { continue };
        let area = area_um2.unwrap_or(0.0);
        if least_area.range(..=cycles).next_back().is_some_and(|(_, least)| least.total_cmp(&area).is_le()) {
            continue;
        }
        found.extend(equal.iter().map(|(design, _)| *design));
        let beaten: Vec<u64> = least_area
            .range(cycles..)
            .take_while(|(_, least)| area.total_cmp(least).is_le())
            .map(|(cycles, _)| *cycles)
            .collect();
        for cycles in beaten {
            least_area.remove(&cycles);
        }
        least_area.insert(cycles, area);
    }
    found
}

/// The fronts of each two quantities, as numbers of designs, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairFronts {
    /// Of energy and cycles.
    pub energy_cycles: Vec<usize>,
    /// Of energy and area, of the designs whose area is known.
    pub energy_area: Vec<usize>,
    /// Of cycles and area, of the designs whose area is known.
    pub cycles_area: Vec<usize>,
}

/// The fronts of each two quantities.
pub fn pair_fronts(costs: &[(usize, DesignCost)]) -> PairFronts {
    let with = |change: fn(&mut DesignCost)| -> Vec<(usize, DesignCost)> {
        let changed = |(design, cost): &(usize, DesignCost)| {
            let mut cost = *cost;
            change(&mut cost);
            (*design, cost)
        };
        costs.iter().map(changed).collect()
    };
    let known = |costs: Vec<(usize, DesignCost)>| -> Vec<_> {
        costs.into_iter().filter(|(_, cost)| cost.area_um2.is_some()).collect()
    };
    PairFronts {
        energy_cycles: front(&with(|cost| cost.area_um2 = Some(0.0))),
        energy_area: front(&known(with(|cost| cost.cycles = 0))),
        cycles_area: front(&known(with(|cost| cost.energy_pj = 0.0))),
    }
}

/// Costs of designs that were searched: those that fewer than `wanted` others dominate. Whether `wanted` of all searched designs dominate
/// something can be seen from these alone: of those that do, the first `wanted` in an order in which dominating ones come first
/// are among them.
#[derive(Clone, Debug)]
pub struct Incumbents {
    wanted: usize,
    /// Each with how many of the others dominate it.
    kept: Vec<(usize, DesignCost, usize)>,
}

impl Incumbents {
    /// None yet. At least one design is wanted.
    pub fn new(wanted: usize) -> Self {
        Self { wanted: wanted.max(1), kept: Vec::new() }
    }

    /// Adds a design that was searched.
    pub fn add(&mut self, design: usize, cost: DesignCost) {
        let above = self.kept.iter().filter(|(_, other, _)| other.dominates(&cost)).count();
        if above >= self.wanted {
            return;
        }
        for (_, other, dominators) in &mut self.kept {
            *dominators += usize::from(cost.dominates(other));
        }
        self.kept.retain(|(.., dominators)| *dominators < self.wanted);
        self.kept.push((design, cost, above));
    }

    /// Whether as many designs as are wanted dominate something, such as the bounds of another design: if so the one of them with the
    /// least number.
    pub fn dominator(&self, bounds: &DesignCost) -> Option<usize> {
        let dominators = || self.kept.iter().filter(|(_, cost, _)| cost.dominates(bounds)).map(|(design, ..)| *design);
        if dominators().count() < self.wanted { None } else { dominators().min() }
    }

    /// Designs that no other one dominates.
    pub fn front_size(&self) -> usize {
        self.kept.iter().filter(|(.., dominators)| *dominators == 0).count()
    }
}

/// Brings designs into the one form that depends on neither the order of the searches nor on which designs were skipped on the way: every
/// design whose bounds as many searched designs dominate as are wanted counts as skipped, though it may have been searched.
///
/// Let `S` be these designs. While a sweep runs a design is skipped only where so many *known* designs dominate its bounds; they do so at the
/// end, too, so that all designs outside of `S` are searched whatever the order. And `S` itself can be told from the costs of the designs outside
/// of it: if a design of `S` dominates bounds, then so do the designs that dominate its own bounds, which are not above its cost; so of those that
/// dominate some bounds, the first `wanted` in an order in which dominating ones come first are outside of `S`.
pub fn settle(designs: &mut [SweepDesign], wanted: usize) {
    let mut incumbents = Incumbents::new(wanted);
    for design in designs.iter() {
        if let Some(searched) = design.searched() {
            incumbents.add(design.design, searched.cost);
        }
    }
    for design in designs {
        if let Some(dominated_by) = design.bounds.and_then(|bounds| incumbents.dominator(&bounds)) {
            design.outcome = DesignOutcome::Skipped { dominated_by };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::{count, real};
    use crate::random::Random;
    use crate::results::sweep::record::SearchedDesign;

    fn cost(random: &mut Random, area: bool) -> DesignCost {
        let mut few = || count(random.below(6));
        let (energy, cycles, um2) = (few(), few(), few());
        DesignCost { energy_pj: real(energy), cycles, area_um2: area.then_some(real(um2)) }
    }

    fn naive_front(costs: &[(usize, DesignCost)]) -> Vec<usize> {
        let is_best = |(_, own): &&(usize, DesignCost)| !costs.iter().any(|(_, other)| other.dominates(own));
        costs.iter().filter(is_best).map(|(design, _)| *design).collect()
    }

    #[test]
    fn fronts_are_those_of_all_pairs_of_designs() {
        let mut random = Random(7);
        for round in 0..3000 {
            let designs = random.below(12);
            let costs: Vec<(usize, DesignCost)> =
                (0..designs).map(|design| (design, cost(&mut random, round % 3 != 0 || design % 4 > 0))).collect();
            assert_eq!(front(&costs), naive_front(&costs), "{costs:?}");
            let pairs = pair_fronts(&costs);
            let known: Vec<_> = costs.iter().copied().filter(|(_, cost)| cost.area_um2.is_some()).collect();
            let without = |change: fn(&mut DesignCost), of: &[(usize, DesignCost)]| {
                let mut of = of.to_vec();
                for (_, cost) in &mut of {
                    change(cost);
                }
                naive_front(&of)
            };
            assert_eq!(pairs.energy_cycles, without(|cost| cost.area_um2 = None, &costs));
            assert_eq!(pairs.energy_area, without(|cost| cost.cycles = 0, &known));
            assert_eq!(pairs.cycles_area, without(|cost| cost.energy_pj = 0.0, &known));
        }
    }

    /// A sweep over designs with these bounds and costs, searched in an order, some at the same time: what is skipped is decided with what is
    /// known by then.
    fn swept(
        all: &[(DesignCost, Option<DesignCost>)],
        order: &[usize],
        late: usize,
        wanted: usize,
    ) -> Vec<SweepDesign> {
        let mut designs: Vec<SweepDesign> = all
            .iter()
            .enumerate()
            .map(|(design, (bounds, _))| SweepDesign {
                design,
                architecture: "a".into(),
                values: indexmap::IndexMap::new(),
                bounds: Some(*bounds),
                outcome: DesignOutcome::Unfinished,
            })
            .collect();
        let mut incumbents = Incumbents::new(wanted);
        let mut running: Vec<usize> = Vec::new();
        let finish = |design: usize, incumbents: &mut Incumbents, designs: &mut Vec<SweepDesign>| {
            designs[design].outcome = match all[design].1 {
                Some(cost) => {
                    incumbents.add(design, cost);
                    DesignOutcome::Searched(SearchedDesign { cost, networks: Vec::new() })
                }
                None => DesignOutcome::Failed { reason: "nothing fits".into() },
            };
        };
        for &design in order {
            if let Some(dominated_by) = incumbents.dominator(&all[design].0) {
                designs[design].outcome = DesignOutcome::Skipped { dominated_by };
                continue;
            }
            running.push(design);
            if running.len() > late {
                finish(running.remove(0), &mut incumbents, &mut designs);
            }
        }
        for design in running {
            finish(design, &mut incumbents, &mut designs);
        }
        settle(&mut designs, wanted);
        designs
    }

    fn costs_of(designs: &[SweepDesign]) -> Vec<(usize, DesignCost)> {
        designs.iter().filter_map(|design| Some((design.design, design.searched()?.cost))).collect()
    }

    /// The same table whatever the order and however many searches run at the same time; the front and the best designs are those of all
    /// designs, and what is skipped has as many better designs as were wanted.
    #[test]
    fn skipping_depends_on_no_order_and_loses_neither_front_nor_best() {
        let mut random = Random(11);
        let mut skipped = 0;
        for round in 0..5000 {
            let designs = 1 + random.below(14);
            let all: Vec<(DesignCost, Option<DesignCost>)> = (0..designs)
                .map(|_| {
                    let has_area = round % 5 > 0 || random.below(3) > 0;
                    let value = cost(&mut random, has_area);
                    let slack = real(count(random.below(3)));
                    let bounds = DesignCost {
                        energy_pj: (value.energy_pj - slack).max(0.0),
                        cycles: value.cycles.saturating_sub(count(random.below(2))),
                        ..value
                    };
                    (bounds, (random.below(9) > 0).then_some(value))
                })
                .collect();
            let wanted = 1 + random.below(3);
            let mut order: Vec<usize> = (0..designs).collect();
            let first = swept(&all, &order, 0, wanted);
            for late in 0..4 {
                random.shuffle(&mut order);
                assert_eq!(swept(&all, &order, late, wanted), first, "{all:?} {order:?} {late} {wanted}");
            }
            let every: Vec<_> =
                all.iter().enumerate().filter_map(|(design, (_, cost))| Some((design, (*cost)?))).collect();
            let searched = costs_of(&first);
            assert_eq!(front(&searched), front(&every), "{all:?}");
            // Shards skip by what they know themselves; together they are the same.
            let parts: Vec<usize> = (0..designs).map(|_| random.below(3)).collect();
            let mut merged = first.clone();
            for part in 0..3 {
                let own: Vec<usize> = (0..designs).filter(|design| parts[*design] == part).collect();
                let alone = swept(&all, &own, 1, wanted);
                for design in own {
                    merged[design] = alone[design].clone();
                }
            }
            settle(&mut merged, wanted);
            assert_eq!(merged, first, "{all:?} {parts:?}");
            for objective in crate::results::sweep::SweepObjective::names() {
                let objective: crate::results::sweep::SweepObjective = objective.parse().unwrap();
                let best = |of: &[(usize, DesignCost)]| {
                    let mut of = of.to_vec();
                    of.sort_by(|(left, a), (right, b)| objective.compare(a, b).then(left.cmp(right)));
                    of.into_iter().take(wanted).map(|(design, _)| design).collect::<Vec<_>>()
                };
                // Designs of unknown area are compared with none of the others, which may rank before them all the same.
                if every.iter().all(|(_, cost)| cost.area_um2.is_some()) {
                    assert_eq!(best(&searched), best(&every), "{objective} {all:?}");
                }
            }
            for design in &first {
                let DesignOutcome::Skipped { dominated_by } = design.outcome else { continue };
                skipped += 1;
                let better: Vec<usize> = searched
                    .iter()
                    .filter(|(_, cost)| cost.dominates(&design.bounds.unwrap()))
                    .map(|(design, _)| *design)
                    .collect();
                assert!(better.len() >= wanted && better.contains(&dominated_by), "{better:?} {dominated_by}");
            }
        }
        assert!(skipped > 5000, "{skipped}");
    }
}
