//! `--datawidth from-network`: the processed description of a machine for the numbers of one layer.
//!
//! The machine's memories and wires stay, its words change. The rule in words stands in docs/architectures.md; the widths are
//! computed in `rule.rs`, and this file puts them into the document: words (`datawidth`), words of a row, rows where a row had to
//! grow to one word, bandwidths (bits of a cycle stay), the compute units with the class that multiplies such numbers, and the words of
//! explicit networks.

mod rule;

use serde_yaml::{Mapping, Value};

use super::{Specification, SpecificationError};
use crate::architecture::{Architecture, Level};
use crate::mapspace::Constraints;
use crate::numbers::real;
use crate::timeloop::files::architecture::{is_arithmetic, is_network, is_storage};
use crate::timeloop::files::node::{FormatError, Node};
use crate::workload::{NumberFormat, OperandNumbers, Problem};
use rule::{Row, WIDEST_ROW, Widths, scaled};

/// Names of one attribute, in the order in which they count.
const WORD: [&str; 3] = ["word_bits", "word_width", "datawidth"];
const WIDTH: [&str; 3] = ["width", "memory_width", "data_storage_width"];
const BLOCK: [&str; 2] = ["n_words", "block_size"];
const DEPTH: [&str; 3] = ["depth", "memory_depth", "data_storage_depth"];
const NETWORK_WORD: [&str; 4] = ["network_word_bits", "word_bits", "word_width", "datawidth"];
const BANDWIDTH: [&str; 4] = ["read_bandwidth", "write_bandwidth", "shared_bandwidth", "bandwidth"];

/// Attributes of compute units: those of integers, those of floats, and others that are as wide as the operands.
const INTEGER_WIDTHS: [&str; 2] = ["multiplier_width", "adder_width"];
const FLOAT_WIDTHS: [&str; 2] = ["exponent", "mantissa"];
const OTHER_WIDTHS: [&str; 6] = ["width", "datawidth", "width_a", "width_b", "datawidth_a", "datawidth_b"];

/// Bits of a word of an explicit network that states none.
const DEFAULT_WORD: u64 = 16;

/// The class of compute units for integers, and the one for floats at any node.
const INTEGER_UNITS: &str = "intmac";
const FLOAT_UNITS: &str = "scaled_fpmac";

/// A description for the numbers of a layer.
#[derive(Clone, Debug)]
pub struct AtDatawidth {
    /// The description.
    pub specification: Specification,
    /// Components that are others than the machine's in what energies depend on: longer rows, other compute units.
    pub changed: Vec<String>,
}

impl Specification {
    /// The machine for the numbers of a layer. `architecture` and `constraints` are what this specification says for `problem`,
    /// which is the layer's.
    ///
    /// # Errors
    ///
    /// Where a level has not the bits of one word, or a row is wider than any memory's.
    pub fn at_datawidth(
        &self,
        layer: OperandNumbers,
        architecture: &Architecture,
        problem: &Problem,
        constraints: &Constraints,
    ) -> Result<AtDatawidth, SpecificationError> {
        let units = architecture.arithmetic();
        let mut document = self.document.clone();
        let mut has_float_units = false;
        change(&mut document, &mut |element, _| {
            has_float_units |= name(element) == units.name && takes_floats(element);
        });
        let widths = Widths::new(layer, architecture, problem, constraints, has_float_units);
        let (mut changed, mut wrong) = (Vec::new(), None);
        change(&mut document, &mut |element, path| {
            let name = name(element).to_owned();
            let is_other = if name == units.name {
                fit_units(element, units.word_bits, &widths)
            } else if let Some(index) = architecture.level_index(&name) {
                let level = &architecture.levels()[index];
                fit_level(element, path, level, widths.word(index, level.word_bits)).unwrap_or_else(|error| {
                    wrong.get_or_insert(error);
                    false
                })
            } else {
                fit_network(element, &widths);
                false
            };
            changed.extend(is_other.then_some(name));
        });
        if let Some(error) = wrong {
            return Err(self.located(error));
        }
        Ok(AtDatawidth { specification: Self { document, ..self.clone() }, changed })
    }
}

/// The name of an element without its range.
fn name(element: &Mapping) -> &str {
    element.get("name").and_then(Value::as_str).and_then(|name| name.split('[').next()).unwrap_or_default()
}

/// Whether the attributes of an element stand beside its name: so it is in the flat form, which has no classes.
fn is_flat(element: &Mapping) -> bool {
    !element.contains_key("class")
}

fn attribute<'e>(element: &'e Mapping, key: &str) -> Option<&'e Value> {
    if is_flat(element) { element.get(key) } else { element.get("attributes")?.get(key) }
}

fn with_attributes(element: &mut Mapping, change: impl FnOnce(&mut Mapping)) {
    if is_flat(element) {
        return change(element);
    }
    if let Some(Value::Mapping(attributes)) = element.get_mut("attributes") {
        return change(attributes);
    }
    let mut attributes = Mapping::new();
    change(&mut attributes);
    element.insert("attributes".into(), attributes.into());
}

/// Whether compute units take floats.
fn takes_floats(element: &Mapping) -> bool {
    let class = ["subclass", "class"].iter().find_map(|key| element.get(*key)?.as_str()).unwrap_or_default();
    let has = |key: &str| attribute(element, key).is_some();
    class.contains("fp") || class.contains("float") || (has("exponent") && has("mantissa"))
}

/// Storage of other words. Says whether its rows are longer.
fn fit_level(element: &mut Mapping, path: &str, level: &Level, word: u64) -> Result<bool, FormatError> {
    if word == level.word_bits || level.is_fan_out() {
        return Ok(false);
    }
    let invalid = |message| FormatError::Invalid { path: path.to_owned(), message };
    let bits = level.word_bits.checked_mul(level.block_size).filter(|bits| *bits <= WIDEST_ROW && word <= WIDEST_ROW);
    let bits = bits.ok_or_else(|| invalid("a row of more than 2^32 bits is not divided into words".to_owned()))?;
    let row = Row::of(bits, word);
    // Rounded down; a register of one word stays one.
    let is_register = level.size == Some(1);
    let resized = |size: u64, to: u64, from: u64| {
        let new = (u128::from(size) * u128::from(to) / u128::from(from.max(1))).max(is_register.into());
        u64::try_from(new).ok().filter(|new| *new > 0 || size == 0).ok_or_else(|| {
            invalid(format!("`{}` has not the bits of one word of {word} bits, which this layer needs", level.name))
        })
    };
    let mut sizes = Vec::new();
    let stated = |key: &str| attribute(element, key).and_then(whole);
    if row.bits != bits {
        for (key, depth) in DEPTH.iter().filter_map(|key| Some((*key, stated(key)?))) {
            sizes.push((key, resized(depth, bits, row.bits)?));
        }
    }
    if let Some(words) = stated("entries") {
        sizes.push(("entries", resized(words, level.word_bits, row.word())?));
    }
    if let Some(kibibytes) = stated("sizeKB") {
        resized(kibibytes, 8192, row.word())?;
    }
    if let Some(wires) = stated("network_word_bits") {
        sizes.push(("network_word_bits", scaled(wires, word, level.word_bits)));
    }
    with_attributes(element, |attributes| {
        let has_width = WIDTH.iter().any(|key| attributes.contains_key(*key));
        set_known(attributes, &WORD, row.word(), true);
        set_known(attributes, &BLOCK, row.words, !has_width && row.words != level.block_size);
        set_known(attributes, &WIDTH, row.bits.saturating_mul(level.cluster_size), false);
        attributes.extend(sizes.into_iter().map(|(key, size)| (key.into(), size.into())));
        for key in BANDWIDTH {
            if let Some(bandwidth) = attributes.get(key).and_then(|value| Node::root(value).real().ok()) {
                attributes.insert(key.into(), (bandwidth * real(level.word_bits) / real(row.word())).into());
            }
        }
    });
    Ok(row.bits != bits)
}

/// An explicit network: nobody says what it carries, so that its words follow the wider operand.
fn fit_network(element: &mut Mapping, widths: &Widths) {
    let (layer, machine) = (widths.layer_bits(), widths.machine_bits());
    let has_own = element.contains_key("attributes");
    let attributes =
        if has_own { element.get_mut("attributes").and_then(Value::as_mapping_mut) } else { Some(element) };
    let Some(attributes) = attributes.filter(|_| layer != machine) else { return };
    let word = NETWORK_WORD.iter().find_map(|key| attributes.get(*key).and_then(whole)).unwrap_or(DEFAULT_WORD);
    attributes.insert(NETWORK_WORD[0].into(), scaled(word, layer, machine).into());
}

/// Compute units of other numbers; the machine has `word` for one. Says whether they are others.
fn fit_units(element: &mut Mapping, word: u64, widths: &Widths) -> bool {
    let has_float_units = takes_floats(element);
    if widths.is_of_units() && !(has_float_units && format_differs(element, widths.format())) {
        return false;
    }
    let (layer, machine) = (widths.layer_bits(), widths.machine_bits());
    match widths.format() {
        NumberFormat::Integer if has_float_units => {
            set_class(element, INTEGER_UNITS);
            with_attributes(element, |attributes| {
                attributes.retain(|key, _| !is_one_of(key, &FLOAT_WIDTHS));
                attributes
                    .extend([("multiplier_width".into(), layer.into()), ("adder_width".into(), (2 * layer).into())]);
            });
        }
        NumberFormat::Integer => with_attributes(element, |attributes| narrow_units(attributes, layer, machine)),
        NumberFormat::Float { exponent, mantissa } => {
            if !has_float_units {
                set_class(element, FLOAT_UNITS);
            }
            with_attributes(element, |attributes| {
                attributes.retain(|key, _| !is_one_of(key, &INTEGER_WIDTHS));
                // Aladdin's units are as wide as the whole number; the sign stands with the mantissa.
                attributes
                    .extend(FLOAT_WIDTHS.map(Value::from).into_iter().zip([exponent.into(), (mantissa + 1).into()]));
            });
        }
    }
    // It decides what Timeloop prints, and its formula; no estimate knows the name.
    with_attributes(element, |attributes| {
        attributes.insert("word_bits".into(), scaled(word, layer, machine).into());
    });
    true
}

/// Units of integers for others: the multiplier takes the layer's, and the sums keep the ratio to it.
fn narrow_units(attributes: &mut Mapping, layer: u64, machine: u64) {
    let [multiplier, adder] = INTEGER_WIDTHS.map(|key| attributes.get(key).and_then(whole));
    for key in OTHER_WIDTHS {
        if let Some(width) = attributes.get(key).and_then(whole) {
            attributes.insert(key.into(), scaled(width, layer, machine).into());
        }
    }
    if multiplier.is_some() {
        attributes.insert("multiplier_width".into(), layer.into());
    }
    if let Some(adder) = adder {
        attributes.insert("adder_width".into(), scaled(adder, layer, multiplier.unwrap_or(machine)).into());
    }
}

/// Whether units of floats state other parts than a format has.
fn format_differs(element: &Mapping, format: NumberFormat) -> bool {
    let NumberFormat::Float { exponent, mantissa } = format else { return false };
    let part = |key: &str| attribute(element, key).and_then(whole);
    let is_other = |key: &str, own: u32| part(key).is_some_and(|stated| stated != u64::from(own));
    // A description may count the sign or not.
    is_other("exponent", exponent) || (is_other("mantissa", mantissa) && is_other("mantissa", mantissa + 1))
}

fn set_class(element: &mut Mapping, class: &str) {
    if is_flat(element) {
        return;
    }
    element.shift_remove("subclass");
    element.insert("class".into(), class.into());
}

fn is_one_of(key: &Value, names: &[&str]) -> bool {
    key.as_str().is_some_and(|key| names.contains(&key))
}

/// Sets an attribute under every name that is stated; under the last one if none is and it must be.
fn set_known(attributes: &mut Mapping, names: &[&str], value: u64, must: bool) {
    let stated: Vec<&str> = names.iter().copied().filter(|name| attributes.contains_key(*name)).collect();
    let missing = must && stated.is_empty();
    for name in stated.into_iter().chain(names.last().copied().filter(|_| missing)) {
        attributes.insert(name.into(), value.into());
    }
}

fn whole(value: &Value) -> Option<u64> {
    Node::root(value).count().ok()
}

/// Calls a function with every element that is a level or the compute units, and its path.
fn change(document: &mut Value, change: &mut impl FnMut(&mut Mapping, &str)) {
    let Some(map) = document.as_mapping_mut() else { return };
    let key = if map.contains_key("architecture") { "architecture" } else { "arch" };
    let Some(top) = map.get_mut(key) else { return };
    // The flat form.
    if top.get("subtree").is_none() {
        let storage = top.get_mut("storage").and_then(Value::as_sequence_mut).into_iter().flatten();
        for (at, element) in storage.enumerate().filter_map(|(at, level)| Some((at, level.as_mapping_mut()?))) {
            change(element, &format!("{key}.storage[{at}]"));
        }
        if let Some(units) = top.get_mut("arithmetic").and_then(Value::as_mapping_mut) {
            change(units, &format!("{key}.arithmetic"));
        }
    }
    within(top, key, change);
}

fn within(container: &mut Value, path: &str, change: &mut impl FnMut(&mut Mapping, &str)) {
    if let Some(locals) = container.get_mut("local").and_then(Value::as_sequence_mut) {
        for (at, local) in locals.iter_mut().enumerate() {
            let Some(element) = local.as_mapping_mut() else { continue };
            let class = element.get("class").and_then(Value::as_str).unwrap_or_default();
            if is_storage(class) || is_arithmetic(class) || is_network(class) {
                change(element, &format!("{path}.local[{at}]"));
            }
        }
    }
    if let Some(children) = container.get_mut("subtree").and_then(Value::as_sequence_mut) {
        for (at, child) in children.iter_mut().enumerate() {
            within(child, &format!("{path}.subtree[{at}]"), change);
        }
    }
}
