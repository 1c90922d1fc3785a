//! Computes that happen, that are gated and that are skipped (docs/model.md section 9.8).

use super::abort::Abort;
use super::context::Context;
use super::counts::{ComputesLeft, rounded};
use crate::numbers::{real, wrapped};

/// What becomes of the computes of a sparse design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SparseComputes {
    /// Multiply-accumulates that dense data would take.
    pub algorithmic: u64,
    /// Those that are done.
    pub actual: u64,
    /// Those whose time passes and that are not done.
    pub gated: u64,
    /// Those that are left out.
    pub skipped: u64,
}

impl SparseComputes {
    /// Those that are not begun, since reads of an operand are gated or skipped, or both are absent.
    pub fn without_operand(&self) -> u64 {
        let begun = self.actual.saturating_add(self.gated).saturating_add(self.skipped);
        self.algorithmic.saturating_sub(begun)
    }
}

/// How likely an operand is non-zero, is a zero that is there, and is absent.
#[derive(Clone, Copy)]
struct Operand {
    nonzero: f64,
    zero: f64,
    absent: f64,
}

/// Probabilities may be off by this.
const TOLERANCE: f64 = 1e-5;

fn checked(probability: f64) -> Result<f64, Abort> {
    if !(-TOLERANCE..=1.0 + TOLERANCE).contains(&probability) {
        return Err(Abort::Probability(short(probability)));
    }
    Ok(probability.clamp(0.0, 1.0))
}

/// Six significant digits.
fn short(value: f64) -> String {
    crate::model::rejection::short(value)
}

pub(super) fn computes(context: &Context, algorithmic: u64, left: &ComputesLeft) -> Result<SparseComputes, Abort> {
    let read_only: Vec<usize> = (0..context.spaces()).filter(|space| !context.is_read_write(*space)).collect();
    let [first, second] = read_only[..] else { return Err(Abort::Operands(read_only.len())) };
    if left.computes == 0 {
        return Err(Abort::NoComputes);
    }
    let a = operand(context, first, left.saved[second])?;
    let b = operand(context, second, left.saved[first])?;
    let total = real(left.computes);
    let (gates, skips) = (context.settings.gates_computes, context.settings.skips_computes);
    let (mut gated, mut skipped) = (0.0, 0.0);
    let mut idle = |share: f64, is_misaligned: bool| {
        if is_misaligned && skips {
            skipped += total * share;
        } else if gates {
            gated += total * share;
        }
    };
    idle(a.nonzero * b.zero + a.zero * b.nonzero, false);
    idle(a.nonzero * b.absent + a.absent * b.nonzero, true);
    idle(a.zero * b.zero, false);
    idle(a.zero * b.absent + a.absent * b.zero, true);
    let nonexistent = wrapped((total * (a.absent * b.absent)).floor());
    let (gated, skipped) = (wrapped(gated.floor()), wrapped(skipped.floor()));
    let actual = left.computes.wrapping_sub(skipped).wrapping_sub(gated).wrapping_sub(nonexistent);
    Ok(SparseComputes { algorithmic, actual, gated, skipped })
}

/// The states of an operand; `known` is the share of computes that were left out because it was zero.
fn operand(context: &Context, space: usize, known: Option<f64>) -> Result<Operand, Abort> {
    let element = context.tile_box(space, context.nest.inside(0));
    let density = rounded(context.models[space].expected(element)?);
    let nonzero = checked(match known {
        Some(saved) => density / (1.0 - saved),
        None => density,
    })?;
    let innermost = context.source(0, space);
    let is_absent = innermost.is_some_and(|level| context.has_metadata(level, space));
    let rest = checked(1.0 - nonzero)?;
    let (zero, absent) = if is_absent { (0.0, rest) } else { (rest, 0.0) };
    Ok(Operand { nonzero, zero, absent })
}
