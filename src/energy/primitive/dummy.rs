//! Components that only stand for something, such as the level of a fan-out.

use super::{Answer, Query, Unanswered, Wanted};
use crate::energy::attributes::TECHNOLOGY;
use crate::energy::source::Origin;
use crate::timeloop::frontend::expression::Value;

/// Their technology is the number -1.
pub(super) fn is_meant(query: &Query) -> bool {
    query.attributes.get(TECHNOLOGY) == Some(&Value::Int(-1))
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in the table of those that may not answer")]
pub(super) fn answer(query: &Query) -> Result<Answer, Unanswered> {
    let value = if query.wanted == Wanted::Energy("leak") { 0.0 } else { 1.0 };
    Ok(Answer::new(value, Origin::Constant))
}
