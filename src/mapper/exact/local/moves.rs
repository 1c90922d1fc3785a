//! Small changes of a point.

use super::frame::{Frame, UNIT};
use super::point::Point;
use crate::mapper::generator::Generator;

/// Draws a change and makes it; whether something changed.
pub(super) fn change(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    match random.quick_index(32) {
        0..12 => shift(frame, point, random),
        12..17 => exchange(frame, point, random),
        17..20 => swap(frame, point, random),
        20..22 => shift(frame, point, random) && shift(frame, point, random),
        22..28 => reorder(frame, point, random),
        28..30 => place(frame, point, random),
        30 => keep(frame, point, random),
        _ => keep(frame, point, random) && shift(frame, point, random),
    }
}

/// A dimension that slots share, with one that has iterations of it and another one.
fn pair(frame: &Frame, point: &Point, random: &mut Generator) -> Option<(usize, usize, usize)> {
    if frame.movable.is_empty() {
        return None;
    }
    let (dimension, slots) = &frame.movable[random.quick_index(frame.movable.len())];
    let from = random.quick_index(slots.len());
    // The next one that has some.
    let has = |from: &usize| point.factors(slots[*from])[*dimension] > 1;
    let from = (0..slots.len()).map(|step| (from + step) % slots.len()).find(has)?;
    let to = (from + 1 + random.quick_index(slots.len() - 1)) % slots.len();
    Some((*dimension, slots[from], slots[to]))
}

/// A prime factor, or all iterations, from one slot to another.
fn shift(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    let Some((dimension, from, to)) = pair(frame, point, random) else { return false };
    let factor = point.factors(from)[dimension];
    let part = if random.quick_index(8) == 0 { factor } else { some_prime(frame, dimension, factor, random) };
    let is_new = point.factors(to)[dimension] == 1;
    point.shift(frame, dimension, part, from, to) && {
        if is_new && random.quick_index(2) == 0 {
            replace(frame, point, to, dimension, random);
        }
        true
    }
}

/// A prime factor of a factor.
fn some_prime(frame: &Frame, dimension: usize, factor: u64, random: &mut Generator) -> u64 {
    let primes = &frame.primes[dimension];
    let first = random.quick_index(primes.len());
    let dividing = (0..primes.len()).map(|step| primes[(first + step) % primes.len()]);
    dividing.into_iter().find(|prime| factor.is_multiple_of(*prime)).unwrap_or(1)
}

/// A prime factor of one dimension out of a slot to any other, and one of another dimension from any other into it: so a loop takes
/// the place of another where there is room for one.
fn exchange(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    let Some((dimension, slot, to)) = pair(frame, point, random) else { return false };
    let Some((other, from, _)) = pair(frame, point, random) else { return false };
    if other == dimension || from == slot {
        return false;
    }
    let part = some_prime(frame, dimension, point.factors(slot)[dimension], random);
    let back = some_prime(frame, other, point.factors(from)[other], random);
    let is_new = point.factors(slot)[other] == 1;
    point.shift(frame, dimension, part, slot, to) && point.shift(frame, other, back, from, slot) && {
        if is_new && random.quick_index(2) == 0 {
            replace(frame, point, slot, other, random);
        }
        true
    }
}

/// A prime factor of one dimension outwards, and one of another inwards between the same slots.
fn swap(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    let Some((dimension, from, to)) = pair(frame, point, random) else { return false };
    let part = some_prime(frame, dimension, point.factors(from)[dimension], random);
    let first = random.quick_index(frame.movable.len());
    let others = (0..frame.movable.len()).map(|step| &frame.movable[(first + step) % frame.movable.len()]);
    let other = others
        .filter(|(other, slots)| *other != dimension && slots.contains(&from) && slots.contains(&to))
        .map(|(other, _)| *other)
        .find(|other| point.factors(to)[*other] > 1);
    let Some(other) = other else { return false };
    let back = some_prime(frame, other, point.factors(to)[other], random);
    point.shift(frame, dimension, part, from, to) && point.shift(frame, other, back, to, from)
}

/// Another position for a loop.
pub(in super::super) fn reorder(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    if frame.orderable.is_empty() {
        return false;
    }
    let slot = frame.orderable[random.quick_index(frame.orderable.len())];
    let free = &frame.slots[slot].free;
    let first = random.quick_index(free.len());
    let order = point.order(slot);
    let is_loop = |position: &usize| {
        let dimension = order[*position];
        dimension != UNIT && point.factors(slot)[dimension] > 1
    };
    let positions = (0..free.len()).map(|step| free.start + (first + step) % free.len());
    let Some(from) = positions.into_iter().find(is_loop) else { return false };
    let to = if random.quick_index(2) == 0 { free.start } else { free.start + random.quick_index(free.len()) };
    point.reorder(frame, slot, from, to);
    from != to
}

/// Puts a dimension to any position of a slot's order, if it may change its place.
fn replace(frame: &Frame, point: &mut Point, slot: usize, dimension: usize, random: &mut Generator) {
    let free = &frame.slots[slot].free;
    let from = point.order(slot).iter().position(|listed| *listed == dimension);
    if let Some(from) = from.filter(|from| free.contains(from)) {
        point.reorder(frame, slot, from, free.start + random.quick_index(free.len()));
    }
}

/// Other axes.
pub(in super::super) fn place(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    if frame.spatial.is_empty() {
        return false;
    }
    let slot = frame.spatial[random.quick_index(frame.spatial.len())];
    if frame.slots[slot].split.is_some() {
        return false;
    }
    point.cuts[slot] = random.quick_index(frame.slots[slot].order.len() + 1);
    true
}

/// A data space kept at a level, or no longer.
pub(in super::super) fn keep(frame: &Frame, point: &mut Point, random: &mut Generator) -> bool {
    if frame.free_keeps.is_empty() {
        return false;
    }
    let (level, space) = frame.free_keeps[random.quick_index(frame.free_keeps.len())];
    let keep = &mut point.keep[level];
    if keep.contains(space) {
        keep.remove(space);
    } else {
        keep.insert(space);
    }
    true
}
