//! What constraints say of loops: factors, their defaults, and the order.

use crate::architecture::Mesh;
use crate::mapspace::{FactorLimits, LoopConstraints};
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::terms::{Terms, joined, number};
use crate::timeloop::files::warning::Warning;

/// How a factor limits a loop.
#[derive(Clone, Copy)]
enum Relation {
    Exactly,
    AtMost,
    AtLeast,
}

/// Adds `factors` (`C=4 M<=16, R>=2, S0`), which stand in any order with anything but letters and digits between them. 0 is
/// the whole dimension; what is larger than the dimension has no effect, as in Timeloop's programs. Spatial factors come with
/// the fan-out that they lie on.
pub(super) fn add(
    node: &Node,
    terms: Terms,
    (limits, fan_out): (&mut [FactorLimits], Option<Mesh>),
    place: &str,
    warnings: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    let text = joined(node)?;
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let Some(letter) = rest.chars().next() else { return Ok(()) };
        let wrong = || node.invalid(format!("expected a factor such as `C=4`, `C<=4` or `C>=4` at `{rest}`"));
        if !letter.is_alphabetic() {
            return Err(wrong());
        }
        let (relation, value, after) = relation(&rest[letter.len_utf8()..]).ok_or_else(wrong)?;
        let dimension = terms.dimension(node, letter)?;
        let bound = terms.problem.dimensions()[dimension].1;
        let stated = &mut limits[dimension];
        let (slot, symbol) = match relation {
            Relation::Exactly => (&mut stated.exact, "="),
            Relation::AtMost => (&mut stated.at_most, "<="),
            Relation::AtLeast => (&mut stated.at_least, ">="),
        };
        let value = match (relation, value) {
            (Relation::Exactly, 0) => bound,
            (_, 0) => return Err(node.invalid(format!("`{letter}{symbol}0`: the limit of a factor is at least 1"))),
            _ => value,
        };
        let too_long = fan_out.filter(|mesh| matches!(relation, Relation::Exactly) && value > mesh.x.max(mesh.y));
        if let Some(mesh) = too_long {
            warnings.push(node.warning(format!(
                "`{letter}={value}` can never lie on {} x {} instances: problems with {letter} of {value} or more have no \
                 mapping, and for others it has no effect",
                mesh.x, mesh.y
            )));
        }
        if matches!(relation, Relation::Exactly) && value > bound {
            if too_long.is_some() {
                rest = after;
                continue;
            }
            warnings.push(node.warning(format!(
                "`{letter}={value}` has no effect: the problem has {letter} = {bound}; `{letter}=0` means all of it"
            )));
        } else if let Some(before) = slot.replace(value) {
            return Err(respecified(
                node,
                &format!("the factor of {letter}{place}: `{letter}{symbol}{before}`, then `{letter}{symbol}{value}`"),
            ));
        }
        rest = after;
    }
}

/// That something is stated twice. Timeloop's word for it comes first.
pub(super) fn respecified(node: &Node, what: &str) -> FormatError {
    node.invalid(format!("re-specification of {what}"))
}

/// The relation and the number after a dimension, and what follows them.
fn relation(text: &str) -> Option<(Relation, u64, &str)> {
    let text = text.trim_start();
    let (relation, text) = if let Some(rest) = text.strip_prefix("<=") {
        (Relation::AtMost, rest)
    } else if let Some(rest) = text.strip_prefix(">=") {
        (Relation::AtLeast, rest)
    } else {
        (Relation::Exactly, text.trim_start_matches('='))
    };
    let (value, after) = number(text.trim_start())?;
    Some((relation, value, after))
}

/// Gives the dimensions that state nothing else a limit. One that states its factor needs none.
pub(super) fn add_defaults(limits: &mut [FactorLimits], at_most: Option<u64>, at_least: Option<u64>) {
    for stated in limits.iter_mut().filter(|stated| stated.exact.is_none()) {
        stated.at_most = stated.at_most.or(at_most);
        stated.at_least = stated.at_least.or(at_least);
    }
}

/// Adds a `permutation`, innermost first: `AB_C` has A and B innermost and C outermost; dimensions not named stand anywhere
/// between.
pub(super) fn order(node: &Node, terms: Terms, loops: &mut LoopConstraints, place: &str) -> Result<(), FormatError> {
    let text = joined(node)?;
    if !loops.innermost.is_empty() || !loops.outermost.is_empty() {
        return Err(respecified(node, &format!("the permutation{place}")));
    }
    let mut named = Vec::new();
    let mut outer = false;
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',') {
        if letter == '_' {
            if std::mem::replace(&mut outer, true) {
                return Err(node.invalid(format!("`{text}` has two `_`; one divides the innermost from the outermost")));
            }
            continue;
        }
        let dimension = terms.dimension(node, letter)?;
        if named.contains(&dimension) {
            return Err(node.invalid(format!("`{letter}` is named twice")));
        }
        named.push(dimension);
        if outer { loops.outermost.push(dimension) } else { loops.innermost.push(dimension) }
    }
    Ok(())
}
