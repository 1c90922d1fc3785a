//! Counts elements that are not zero, on all threads, and finds patterns such as 2:4.

use rayon::prelude::*;

use super::Axis;
use super::follow::Part;
use super::view::{Digit, View, Zero};
use crate::numbers::{count, real};
use crate::workload::Pattern;

/// Bytes that a thread counts at once.
const CHUNK: usize = 1 << 20;

/// Sizes of groups that hardware has.
const GROUPS: [usize; 4] = [2, 4, 8, 16];

/// Groups that must keep to a pattern: in fewer, chance does.
const MIN_GROUPS: u64 = 32;

/// Share of its places that a pattern must use: where it uses fewer, the zeros are more than the pattern's.
const MIN_USE: f64 = 0.9;

/// Longest axis that is searched for patterns.
const MAX_AXIS: u64 = 1 << 20;

/// Elements that are not zero.
pub(super) fn nonzeros(part: &Part) -> u64 {
    match part {
        Part::Known(known, _) => known.nonzeros,
        Part::View(view) => whole(view).unwrap_or_else(|| one_by_one(view)),
    }
}

/// Of a view of all elements of a constant with one zero.
fn whole(view: &View) -> Option<u64> {
    if !view.is_all() {
        return None;
    }
    let (bytes, bits, significant) = view.elements.parts();
    let (zero, mask) = match view.zero {
        Zero::Plain if significant == 0 => return Some(view.elements()),
        Zero::Plain => (0, significant),
        Zero::Code(code) => (code, u64::MAX),
        Zero::Codes(_) => return None,
    };
    let chunks = |count: fn(&[u8], u64, u64) -> usize| {
        bytes.par_chunks(CHUNK).map(|chunk| count(chunk, zero, mask) as u64).sum::<u64>()
    };
    Some(match bits {
        8 => chunks(|chunk, zero, mask| chunk.iter().filter(|byte| u64::from(**byte) & mask != zero).count()),
        16 => chunks(count_wide::<2>),
        32 => chunks(count_wide::<4>),
        64 => chunks(count_wide::<8>),
        _ => packed(bytes, bits, (zero, mask), view.elements()),
    })
}

/// Little-endian elements of `WIDTH` bytes.
fn count_wide<const WIDTH: usize>(chunk: &[u8], zero: u64, mask: u64) -> usize {
    let (elements, _) = chunk.as_chunks::<WIDTH>();
    let is_nonzero = |element: &&[u8; WIDTH]| {
        let mut bytes = [0; 8];
        bytes[..WIDTH].copy_from_slice(&element[..]);
        u64::from_le_bytes(bytes) & mask != zero
    };
    elements.iter().filter(is_nonzero).count()
}

/// Elements of less than a byte.
fn packed(bytes: &[u8], bits: u32, (zero, mask): (u64, u64), elements: u64) -> u64 {
    let ones = (1u64 << bits) - 1;
    let in_byte = |byte: u64, count: u32| {
        (0..count).filter(|at| (byte >> (at * bits)) & ones & mask != zero & ones).count() as u64
    };
    let table: Vec<u64> = (0..256).map(|byte| in_byte(byte, 8 / bits)).collect();
    let per_byte = u64::from(8 / bits);
    let full = usize::try_from(elements / per_byte).unwrap_or(usize::MAX).min(bytes.len());
    let counted: u64 = bytes[..full]
        .par_chunks(CHUNK)
        .map(|chunk| chunk.iter().map(|byte| table[usize::from(*byte)]).sum::<u64>())
        .sum();
    let rest = u32::try_from(elements % per_byte).unwrap_or(0);
    counted + bytes.get(full).map_or(0, |byte| in_byte(u64::from(*byte), rest))
}

fn one_by_one(view: &View) -> u64 {
    let digits: Vec<Digit> = view.digits().copied().collect();
    let one = |number: u64| u64::from(view.is_nonzero(View::place(&digits, number)));
    (0..view.elements()).into_par_iter().map(one).sum()
}

/// The pattern that the elements along an axis keep to, of those with a part of zeros that makes up for it; of equal shares the
/// one with the smallest groups.
pub(super) fn pattern(view: &View, axis: Axis, nonzeros: u64) -> Option<Pattern> {
    let number = match axis {
        Axis::FromStart(number) => number,
        Axis::FromEnd(number) => view.axes.len().checked_sub(number)?,
    };
    let length = *view.sizes().get(number)?;
    let elements = view.elements();
    if !(2..=MAX_AXIS).contains(&length) || elements == 0 {
        return None;
    }
    let along = View::places(view.axes.get(number)?);
    let others: Vec<Digit> =
        view.axes.iter().enumerate().filter(|(at, _)| *at != number).flat_map(|(_, digits)| digits).copied().collect();
    let row = |most: [u64; GROUPS.len()], number: u64| {
        if most.iter().zip(GROUPS).all(|(most, group)| *most == count(group)) {
            most
        } else {
            fullest(view, View::place(&others, number), &along, most)
        }
    };
    let rows = elements / length;
    let joined = |a: [u64; GROUPS.len()], b: [u64; GROUPS.len()]| std::array::from_fn(|at| a[at].max(b[at]));
    let most = (0..rows).into_par_iter().fold(|| [0; GROUPS.len()], row).reduce(|| [0; GROUPS.len()], joined);
    let share = real(nonzeros) / real(elements);
    let is_pattern = |(nonzeros, group): &(u64, u64)| {
        let groups = rows.saturating_mul(length / group);
        nonzeros < group && *nonzeros > 0 && groups >= MIN_GROUPS && share >= MIN_USE * real(*nonzeros) / real(*group)
    };
    let found = most.into_iter().zip(GROUPS.map(count)).filter(is_pattern);
    let best = found.reduce(|best, next| if next.0 * best.1 < best.0 * next.1 { next } else { best });
    best.map(|(nonzeros, group)| Pattern { nonzeros, group })
}

/// The fullest groups of each size along one row, and in those before.
fn fullest(
    view: &View,
    (place, zero): (u64, u64),
    along: &[(u64, u64)],
    mut most: [u64; GROUPS.len()],
) -> [u64; GROUPS.len()] {
    let largest = GROUPS[GROUPS.len() - 1];
    for chunk in along.chunks(largest) {
        let mut mask = 0u32;
        for (at, (step, zero_step)) in chunk.iter().enumerate() {
            mask |= u32::from(view.is_nonzero((place + step, zero + zero_step))) << at;
        }
        for (most, group) in most.iter_mut().zip(GROUPS) {
            let ones = (1u32 << group) - 1;
            for start in (0..chunk.len()).step_by(group) {
                *most = (*most).max(u64::from(((mask >> start) & ones).count_ones()));
            }
        }
    }
    most
}
