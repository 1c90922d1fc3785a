//! Primitive components: who answers a query for one action or for the area (docs/energy.md section 5).

mod aladdin;
mod dram;
mod dummy;
mod library;
mod sram;
mod technology;

use thiserror::Error;

use super::State;
use super::attributes::{Attributes, CYCLE, GLOBAL_CYCLE, INSTANCES, LATENCY, TECHNOLOGY};
use super::source::Origin;
use crate::timeloop::frontend::expression::Value;
pub use sram::Fit;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// The class, such as `SRAM`.
    pub class: &'q str,
    /// An action, or the area.
    pub wanted: Wanted<'q>,
    /// The attributes of the component.
    pub attributes: &'q Attributes,
    /// The arguments of the action.
    pub arguments: &'q Attributes,
    /// Whose numbers are wanted.
    pub state: State,
}

/// What a query is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'q> {
    /// um2 of the component.
    Area,
    /// pJ of an action; of `leak`, pJ per cycle.
    Energy(&'q str),
}

/// A number of a primitive component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// pJ, pJ per cycle, or um2.
    pub value: f64,
    /// Where it is from.
    pub origin: Origin,
    /// The shortest cycle of a memory (ns) that is slower than the clock.
    pub slow_cycle_ns: Option<f64>,
}

impl Answer {
    fn new(value: f64, origin: Origin) -> Self {
        Self { value, origin, slow_cycle_ns: None }
    }
}

/// Why an estimator does not answer.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Unanswered {
    /// An attribute that it needs.
    #[error("attribute `{0}` is missing")]
    Missing(&'static str),
    /// An attribute with a value that it does not take.
    #[error("attribute `{name}` is {found}, but must be {wanted}")]
    Attribute {
        /// The attribute.
        name: &'static str,
        /// Its value.
        found: String,
        /// What would be accepted.
        wanted: &'static str,
    },
    /// It knows the class, not the action.
    #[error("it knows no action `{0}`")]
    Action(String),
    /// The class as a whole.
    #[error("{0}")]
    Class(&'static str),
}

/// One of Accelergy's plug-ins.
struct Plugin {
    /// What an attribute `plug_in` calls it.
    name: &'static str,
    /// Out of 100. Of several that answer the most accurate counts, and the first of equals.
    accuracy: f64,
    classes: &'static [&'static str],
    answer: fn(&Query) -> Result<Answer, Unanswered>,
}

/// In the order in which they are asked.
const PLUGINS: [Plugin; 7] = [
    Plugin { name: "dummy", accuracy: 100.0, classes: &[], answer: dummy::answer },
    Plugin { name: "Library", accuracy: 90.0, classes: library::CLASSES, answer: library::answer },
    Plugin { name: "CactiSRAM", accuracy: 80.0, classes: &["SRAM", "sram", "cache"], answer: memory },
    Plugin { name: "CactiDRAM", accuracy: 80.0, classes: &["DRAM", "dram"], answer: dram::answer },
    Plugin { name: "Aladdin_table", accuracy: 70.0, classes: aladdin::CLASSES, answer: aladdin::answer },
    Plugin { name: "Neurosim Plug-In", accuracy: 70.0, classes: &["intadder"], answer: aladdin::scaled_adder },
    Plugin { name: "Aladdin scaled", accuracy: 60.0, classes: &["scaled_fpmac"], answer: aladdin::scaled_floats },
];

/// All classes that some estimator knows, some of them more than once.
pub(super) fn classes() -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().flat_map(|plugin| plugin.classes.iter().copied())
}

/// Whether some estimator knows a class.
pub(super) fn knows(class: &str) -> bool {
    classes().any(|known| known == class)
}

/// The attributes that the numbers of a class may depend on, besides technology, clock and count.
pub(super) fn reads(class: &str) -> &'static [&'static str] {
    match class {
        "SRAM" | "sram" | "cache" => &["width", "depth", "n_banks", "n_rw_ports"],
        "DRAM" | "dram" => &["type", "width"],
        "aladdin_multiplier" => &["width", "datawidth", "width_a", "datawidth_a", "width_b", "datawidth_b"],
        "aladdin_adder" | "aladdin_register" | "aladdin_comparator" | "aladdin_counter" => &["width", "datawidth"],
        "regfile" => &["depth"],
        "FIFO" => &["width", "depth"],
        "crossbar" => &["width", "n_inputs", "n_outputs"],
        "fpadder" | "fpmultiplier" | "fpmac" | "scaled_fpmac" => &["exponent", "mantissa"],
        "wire" => &["width", "length"],
        "intadder" => &["width", "n_bits"],
        "comparator" | "counter" | "bitwise" | "reg" | "intmultiplier" | "intmac" => &["width"],
        _ => &[],
    }
}

/// Every estimator that was asked and does not answer, with its reason.
pub type Tried = Vec<(&'static str, Unanswered)>;

/// Asks the estimators that know the class, the most accurate first.
///
/// # Errors
///
/// If none answers.
pub fn ask(query: &Query) -> Result<Answer, Tried> {
    let mut tried = Tried::new();
    for plugin in PLUGINS.iter().filter(|plugin| plugin.is_asked(query)) {
        match (plugin.answer)(query) {
            Ok(mut answer) => {
                if matches!(query.wanted, Wanted::Area | Wanted::Energy("leak")) {
                    answer.value *= query.attributes.number(INSTANCES).unwrap_or(1.0);
                }
                return Ok(answer);
            }
            Err(reason) => tried.push((plugin.name, reason)),
        }
    }
    Err(tried)
}

impl Plugin {
    fn is_asked(&self, query: &Query) -> bool {
        // The one without classes answers for any, of components that only stand for something.
        let knows = if self.classes.is_empty() { dummy::is_meant(query) } else { self.classes.contains(&query.class) };
        knows && self.is_permitted(query.attributes)
    }

    /// Attributes may name the only plug-in to be asked, and the least accuracy.
    fn is_permitted(&self, attributes: &Attributes) -> bool {
        let named = match attributes.get("plug_in") {
            Some(Value::Str(name)) => name == self.name,
            _ => true,
        };
        let accurate = |name| attributes.number(name).is_none_or(|least| self.accuracy >= least);
        named && accurate("min_accuracy") && accurate("minimum_accuracy")
    }
}

impl Query<'_> {
    fn unacceptable(&self, name: &'static str, wanted: &'static str) -> Unanswered {
        match self.attributes.get(name) {
            None => Unanswered::Missing(name),
            Some(Value::Str(text)) => Unanswered::Attribute { name, found: format!("the text {text:?}"), wanted },
            Some(found) => Unanswered::Attribute { name, found: found.text(), wanted },
        }
    }

    /// A number of at least 0.
    fn size(&self, name: &'static str) -> Result<f64, Unanswered> {
        match self.attributes.number(name) {
            Some(size) if size >= 0.0 && size.is_finite() => Ok(size),
            _ => Err(self.unacceptable(name, "a number of at least 0")),
        }
    }

    /// An integer above 0, or the default if it is not stated.
    fn count(&self, name: &'static str, default: Option<f64>) -> Result<f64, Unanswered> {
        match (self.attributes.get(name), default) {
            (None, Some(default)) => Ok(default),
            (Some(Value::Int(count)), _) if *count > 0 => self.size(name),
            _ => Err(self.unacceptable(name, "an integer above 0")),
        }
    }

    /// The period of the design's clock, in ns.
    fn global_cycle_ns(&self) -> Result<f64, Unanswered> {
        self.size(GLOBAL_CYCLE).map(|seconds| seconds * 1e9)
    }

    /// How long an action may take, in ns.
    fn latency_ns(&self) -> Result<f64, Unanswered> {
        let cycle = self.attributes.number(CYCLE).map_or_else(|| self.size(GLOBAL_CYCLE), Ok)? * 1e9;
        let cycles = match self.wanted {
            Wanted::Area => None,
            Wanted::Energy(_) => self.arguments.number(LATENCY).or_else(|| self.attributes.number(LATENCY)),
        };
        Ok(cycle * cycles.unwrap_or(1.0))
    }

    /// How much of an access an argument such as `data_delta` leaves; 1 if it is not stated.
    fn delta(&self, name: &'static str) -> f64 {
        self.arguments.number(name).unwrap_or(1.0)
    }

    fn unknown_action<T>(&self) -> Result<T, Unanswered> {
        match self.wanted {
            Wanted::Energy(action) => Err(Unanswered::Action(action.to_owned())),
            Wanted::Area => Err(Unanswered::Class("it knows no area")),
        }
    }
}

/// `SRAM`, by CACTI (docs/energy.md section 8.2).
fn memory(query: &Query) -> Result<Answer, Unanswered> {
    if query.class == "cache" {
        return Err(Unanswered::Class(
            "Accelergy's plug-in cannot have CACTI estimate a cache; describe its data as `SRAM`",
        ));
    }
    let cycle = query.global_cycle_ns()?;
    let memory = sram::Memory {
        technology: whole_node(query)?,
        width: query.count("width", None)?,
        depth: query.count("depth", None)?,
        banks: query.count("n_banks", Some(1.0))?,
        ports: query.count("n_rw_ports", Some(1.0))?,
    };
    let (measures, fit) = memory.measures();
    let access = || 0.3 * query.delta("address_delta") + 0.7 * query.delta("data_delta");
    let value = match query.wanted {
        Wanted::Area => measures.area(),
        Wanted::Energy("read") => measures.read() * access(),
        Wanted::Energy("write" | "update") => measures.write() * access(),
        Wanted::Energy("leak") => measures.leak() * cycle * access(),
        Wanted::Energy(_) => return query.unknown_action(),
    };
    let slow_cycle_ns = Some(measures.cycle()).filter(|&slowest| slowest > cycle);
    Ok(Answer { value, origin: Origin::Cacti(fit), slow_cycle_ns })
}

/// A node in nm: an integer, or text that ends in `nm`.
fn whole_node(query: &Query) -> Result<f64, Unanswered> {
    let node = match query.attributes.get(TECHNOLOGY) {
        Some(Value::Int(_)) => query.attributes.number(TECHNOLOGY),
        Some(Value::Str(text)) => {
            text.strip_suffix("nm").and_then(|text| text.trim().parse::<u32>().ok()).map(f64::from)
        }
        _ => None,
    };
    node.filter(|node| *node > 0.0)
        .ok_or_else(|| query.unacceptable(TECHNOLOGY, "a whole number of nm, such as \"45nm\""))
}

/// A node in nm, with anything around the number.
fn loose_node(query: &Query) -> Result<f64, Unanswered> {
    let node = match query.attributes.get(TECHNOLOGY) {
        Some(Value::Str(text)) => number_in(text),
        _ => query.attributes.number(TECHNOLOGY),
    };
    let usable = node.filter(|node| *node > 0.0 && node.is_finite());
    usable.ok_or_else(|| query.unacceptable(TECHNOLOGY, "a number of nm, such as \"45nm\""))
}

/// The number in a text such as `45nm`: characters before and behind it do not count.
fn number_in(text: &str) -> Option<f64> {
    text.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}
