//! The component library: measured parts, scaled to other widths, clocks and nodes (docs/energy.md section 6).

use super::{Answer, Query, Unanswered, Wanted, loose_node, number_in, technology};
use crate::energy::State;
use crate::energy::attributes::{GLOBAL_CYCLE, TECHNOLOGY};
use crate::energy::source::Origin;
use crate::timeloop::frontend::expression::Value;

/// An entry of the library.
struct Entry {
    class: &'static str,
    /// The action that `read` is called, too.
    action: &'static str,
    /// pJ of it.
    read: f64,
    /// pJ per cycle of the base.
    leak: f64,
    /// um2.
    area: f64,
    /// Columns of widths with their base, in bits. An attribute of either name counts for a column, the first that is stated.
    widths: &'static [([&'static str; 2], f64)],
}

/// The clock of the base, in seconds.
const BASE_CYCLE: f64 = 1e-9;

const WIDTH: [&str; 2] = ["width", "datawidth"];

const ADDER: Entry =
    Entry { class: "aladdin_adder", action: "add", read: 0.21, leak: 0.0024, area: 278.0, widths: &[(WIDTH, 32.0)] };

const MULTIPLIER: Entry = Entry {
    class: "aladdin_multiplier",
    action: "multiply",
    read: 12.68,
    leak: 0.08,
    area: 6350.0,
    widths: &[(WIDTH, 32.0), (["width_a", "datawidth_a"], 32.0), (["width_b", "datawidth_b"], 32.0)],
};

const ENTRIES: [Entry; 5] = [
    ADDER,
    MULTIPLIER,
    Entry { class: "aladdin_register", action: "read", read: 0.009, leak: 0.0, area: 5.98, widths: &[(WIDTH, 1.0)] },
    Entry {
        class: "aladdin_comparator",
        action: "compare",
        read: 0.02947,
        leak: 2.51e-5,
        area: 71.0,
        widths: &[(WIDTH, 32.0)],
    },
    Entry {
        class: "aladdin_counter",
        action: "count",
        read: 0.25074,
        leak: 3.213e-4,
        area: 495.5,
        widths: &[(WIDTH, 32.0)],
    },
];

/// Parts without energy and area.
const DUMMIES: [&str; 2] = ["dummy_storage", "dummy_compute"];

pub(super) const CLASSES: &[&str] =
    &[ENTRIES[0].class, ENTRIES[1].class, ENTRIES[2].class, ENTRIES[3].class, ENTRIES[4].class, DUMMIES[0], DUMMIES[1]];

pub(super) fn answer(query: &Query) -> Result<Answer, Unanswered> {
    let Some(entry) = ENTRIES.iter().find(|entry| entry.class == query.class) else {
        return Ok(Answer::new(0.0, Origin::Constant));
    };
    // In May 2024 the library had the adder's numbers under the multiplier's name.
    let numbers = if query.state == State::May2024 && entry.class == MULTIPLIER.class { &ADDER } else { entry };
    let (base, stated) = match query.state {
        State::Today => (40.0, "40nm"),
        State::May2024 => (45.0, "45nm"),
    };
    let node = loose_node(query)?;
    let widths = widths(query, numbers)?;
    let energy = |pj: f64| pj * widths * technology::energy(base, node);
    let value = match query.wanted {
        // Quirk: an attribute that is written as in the library does not scale; the number 40 is written otherwise.
        Wanted::Area if matches!(query.attributes.get(TECHNOLOGY), Some(Value::Str(text)) if text == stated) => {
            numbers.area * widths
        }
        Wanted::Area => numbers.area * widths * technology::area(base, node),
        Wanted::Energy("leak") => energy(numbers.leak) * (number(query, GLOBAL_CYCLE)? / BASE_CYCLE),
        Wanted::Energy("write" | "update") => 0.0,
        Wanted::Energy(action) if action == "read" || action == entry.action => energy(numbers.read),
        Wanted::Energy(_) => return query.unknown_action(),
    };
    Ok(Answer::new(value, Origin::Library { base, node }))
}

/// The product of all widths over their base.
fn widths(query: &Query, entry: &Entry) -> Result<f64, Unanswered> {
    let mut product = 1.0;
    for (names, base) in entry.widths {
        let place = |name: &&&'static str| {
            query.attributes.get(name)?;
            query.attributes.0.get_index_of(**name)
        };
        let stated = names.iter().filter(|name| place(name).is_some()).min_by_key(place);
        if let Some(name) = stated {
            product *= number(query, name)? / base;
        }
    }
    Ok(product)
}

/// A number, also in a text; not below 0.
fn number(query: &Query, name: &'static str) -> Result<f64, Unanswered> {
    let number = match query.attributes.get(name) {
        Some(Value::Str(text)) if !text.starts_with('-') => number_in(text),
        Some(Value::Str(_)) => None,
        _ => return query.size(name),
    };
    number.filter(|number| number.is_finite()).ok_or_else(|| query.unacceptable(name, "a number of at least 0"))
}
