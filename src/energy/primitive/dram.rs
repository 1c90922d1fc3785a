//! DRAM: so much energy for a bit (docs/energy.md section 8.1).

use super::{Answer, Query, Unanswered, Wanted};
use crate::energy::source::Origin;
use crate::timeloop::frontend::expression::Value;

/// Types of memory with pJ for a bit.
const TYPES: [(&str, f64); 6] =
    [("LPDDR4", 8.0), ("LPDDR", 40.0), ("DDR3", 70.0), ("GDDR5", 14.0), ("HBM2", 3.9), ("HMC", 4.2)];

pub(super) fn answer(query: &Query) -> Result<Answer, Unanswered> {
    let kind = match query.attributes.get("type") {
        None => Some(TYPES[0]),
        Some(Value::Str(name)) => TYPES.into_iter().find(|(known, _)| known == name),
        Some(_) => None,
    };
    let wanted = "one of \"LPDDR4\", \"LPDDR\", \"DDR3\", \"GDDR5\", \"HBM2\", \"HMC\"";
    let (kind, pj_per_bit) = kind.ok_or_else(|| query.unacceptable("type", wanted))?;
    let width = query.size("width")?;
    let value = match query.wanted {
        Wanted::Energy("read" | "write" | "update") => pj_per_bit * width,
        Wanted::Energy("leak") | Wanted::Area => 0.0,
        Wanted::Energy(_) => return query.unknown_action(),
    };
    Ok(Answer::new(value, Origin::Dram { kind, pj_per_bit }))
}
