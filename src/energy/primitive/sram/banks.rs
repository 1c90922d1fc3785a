//! Several banks or ports: from one bank with one port, and what the table knows of them (docs/energy.md section 8.4).

use std::sync::LazyLock;

use super::Fit;
use super::lines::{along, around, between_rows, one_bank};
use super::measures::{MEASURES, Measures};
use super::table::{Line, Table};

/// Neighbouring rows of a line may be this far apart in depth for the straight line between them to be taken: so far if the
/// organisation stays, and so far in any case.
const DENSE: (f64, f64) = (2.0, 1.25);

/// The most banks, and ports, that the table has.
const MOST_BANKS: u16 = 32;
const MOST_PORTS: u16 = 2;

/// CACTI's numbers at a node of the table. `depth` counts the words of all banks, and the number of banks is a power of two.
pub(super) fn at_node(node: u16, width: f64, depth: f64, banks: f64, ports: f64) -> (Measures, Fit) {
    if banks == 1.0 && ports == 1.0 {
        return one_bank(node, width, depth);
    }
    if let Some(found) = on_a_line(node, width, depth, banks, ports) {
        return found;
    }
    let (mut measures, fit) = one_bank(node, width, depth / banks);
    if banks > 1.0 {
        measures = with_banks(measures, node, width, depth, banks);
    }
    if ports > 1.0 {
        measures = with_ports(measures, node, width, depth / banks, ports);
    }
    let inside = banks <= f64::from(MOST_BANKS) && ports <= f64::from(MOST_PORTS) && fit != Fit::Outside;
    (measures, if inside { Fit::BanksOrPorts } else { Fit::Outside })
}

/// Where a line of the table itself is fine enough.
fn on_a_line(node: u16, width: f64, depth: f64, banks: f64, ports: f64) -> Option<(Measures, Fit)> {
    let lines = Table::get().lines(node, whole(banks, MOST_BANKS)?, whole(ports, MOST_PORTS)?);
    let line = lines.iter().find(|line| f64::from(line.width) == width)?;
    if line.rows.iter().any(|row| row.depth == depth) {
        return Some(along(&line.rows, depth));
    }
    let [before, after] = around(&line.rows, depth)?;
    let same = before.organisation == after.organisation;
    let limit = if same { DENSE.0 } else { DENSE.1 };
    let dense = before.depth <= depth && depth <= after.depth && after.depth / before.depth <= limit;
    let fit = if same { Fit::SameOrganisation } else { Fit::BetweenOrganisations };
    dense.then(|| (between_rows(before, after, depth), fit))
}

/// A count of the table; `None` if the table has none that large.
fn whole(count: f64, most: u16) -> Option<u16> {
    (1..=most).find(|&each| f64::from(each) == count)
}

/// What the wires between banks add to a line of several banks, or what more ports multiply.
struct Effect {
    node: u16,
    banks: u16,
    ports: u16,
    width: f64,
    /// Logarithm of a bank's depth, and a number for each measure.
    points: Vec<(f64, Measures)>,
}

static EFFECTS: LazyLock<Vec<Effect>> = LazyLock::new(|| {
    let lines = Table::get().all().iter().filter(|line| line.banks > 1 || line.ports > 1);
    lines.map(Effect::of).filter(|effect| !effect.points.is_empty()).collect()
});

impl Effect {
    fn of(line: &Line) -> Self {
        let (width, banks) = (f64::from(line.width), f64::from(line.banks));
        let mut points = Vec::with_capacity(line.rows.len());
        for row in &line.rows {
            let depth = row.depth / banks;
            let (one, _) = one_bank(line.node, width, depth);
            let effect = if line.banks > 1 {
                let wires = wires(one, width);
                let mut added = row.measures;
                added.0[3] /= banks;
                let added = added.with(one, |all, one| (all - one) / wires);
                // Where reads and writes differ, it is not the wires: the banks are divided otherwise than one alone.
                if (added.read() - added.write()).abs() > 0.03 * added.read().abs() {
                    continue;
                }
                added
            } else {
                if organisation(line.node, line.width, depth) != Some(row.organisation) {
                    continue;
                }
                row.measures.with(one, |several, one| several / one)
            };
            points.push((depth.ln(), effect));
        }
        Self { node: line.node, banks: line.banks, ports: line.ports, width, points }
    }

    /// Between the points around a depth (its logarithm); outside, the nearest.
    fn at(&self, log: f64) -> Option<Measures> {
        let after = self.points.partition_point(|(depth, _)| *depth <= log);
        match (after.checked_sub(1).and_then(|before| self.points.get(before)), self.points.get(after)) {
            (Some((a, before)), Some((b, next))) => Some(before.towards(*next, (log - a) / (b - a))),
            (Some((_, only)), None) | (None, Some((_, only))) => Some(*only),
            (None, None) => None,
        }
    }
}

/// How one bank with one port is organised.
fn organisation(node: u16, width: u16, depth: f64) -> Option<u8> {
    let line = Table::get().lines(node, 1, 1).iter().find(|line| line.width == width)?;
    let [before, after] = around(&line.rows, depth)?;
    (before.organisation == after.organisation || before.depth == depth).then_some(before.organisation)
}

/// The length of wires that carry the bits of a word along the side of a bank.
fn wires(bank: Measures, width: f64) -> f64 {
    width * bank.area().sqrt()
}

/// The effect at a width and the depth of a bank: between the lines around the width, or at the nearest. `None` if no run tells it.
fn effect(node: u16, banks: u16, ports: u16, width: f64, depth: f64) -> Option<Measures> {
    let lines = || EFFECTS.iter().filter(|effect| (effect.node, effect.banks, effect.ports) == (node, banks, ports));
    let log = depth.ln();
    let narrow = lines().rev().find(|effect| effect.width <= width);
    let wide = lines().find(|effect| effect.width >= width);
    match (narrow, wide) {
        (Some(narrow), Some(wide)) if narrow.width < wide.width => {
            let share = (width / narrow.width).ln() / (wide.width / narrow.width).ln();
            Some(narrow.at(log)?.towards(wide.at(log)?, share))
        }
        (None, Some(wide)) if banks > 1 => {
            let shape = wire_length(banks, width) / wire_length(banks, wide.width);
            Some(wide.at(log)?.times([shape; MEASURES]))
        }
        (Some(only), _) | (None, Some(only)) => only.at(log),
        (None, None) => None,
    }
}

/// The length of the tree of wires to so many banks, over the root of a bank's area. Of an odd number of doublings one more puts banks
/// beside each other along their shorter side.
///
/// The sides are those of the runs with 2 and 4 banks of 64 bits and 64 words: 0.8205 and its inverse. Runs with 2 banks of 32 bits say
/// that half the width shortens the short side to 0.8388 of it, at 45 and at 65 nm.
fn wire_length(banks: u16, width: f64) -> f64 {
    let short = 0.8205 * 0.8388_f64.powf((64.0 / width).log2());
    let doublings = banks.max(1).ilog2();
    let steps = |doublings: u32| f64::from((1_u32 << doublings) - 1);
    steps(doublings.div_ceil(2)) * short + steps(doublings / 2) / short
}

/// Wires to all banks are added to the energies of one bank, to its leakage and to its area.
fn with_banks(bank: Measures, node: u16, width: f64, depth: f64, banks: f64) -> Measures {
    let known = whole(banks, MOST_BANKS).unwrap_or(MOST_BANKS);
    // More banks than the table has: wires grow with the side of the memory.
    let more = (banks / f64::from(known)).sqrt();
    let effect = effect(node, known, 1, width, depth / banks).unwrap_or(Measures::NONE);
    let added = effect.times([wires(bank, width) * more; MEASURES]);
    let mut all = bank.with(added, |one, added| one + added);
    all.0[3] *= banks;
    all.0[4] = bank.cycle();
    all
}

/// A further port makes a cell longer and wider by the same.
fn with_ports(bank: Measures, node: u16, width: f64, depth: f64, ports: f64) -> Measures {
    let Some(two) = effect(node, 1, MOST_PORTS, width, depth) else { return bank };
    let more = ports - 1.0;
    let mut factors = two.0.map(|factor| 1.0 + more * (factor - 1.0));
    factors[3] = (1.0 + more * (two.area().sqrt() - 1.0)).powi(2);
    bank.times(factors)
}
