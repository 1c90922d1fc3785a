//! Aladdin's tables of units at 40 nm (docs/energy.md section 7).
//!
//! Source: Shao, Reagen, Wei, Brooks, "Aladdin: a pre-RTL, power-performance accelerator simulator" (2014), as Accelergy's plug-in
//! uses its numbers.

use super::{Answer, Query, Unanswered, Wanted, loose_node, technology};
use crate::energy::State;
use crate::energy::attributes::TECHNOLOGY;
use crate::energy::source::Origin;
use crate::timeloop::frontend::expression::Value;

pub(super) const CLASSES: &[&str] = &[
    "regfile",
    "SRAM",
    "counter",
    "comparator",
    "crossbar",
    "wire",
    "FIFO",
    "bitwise",
    "intadder",
    "intmultiplier",
    "intmac",
    "fpadder",
    "fpmultiplier",
    "fpmac",
    "reg",
];

/// A unit at one latency.
#[derive(Clone, Copy)]
struct Row {
    /// ns.
    latency: f64,
    /// pJ of an action.
    dynamic: f64,
    /// pJ in that latency without an action.
    idle: f64,
    /// um2.
    area: f64,
}

const fn row([latency, dynamic, idle, area]: [f64; 4]) -> Row {
    Row { latency, dynamic, idle, area }
}

/// Rows of one unit, shortest latency first.
type Unit = &'static [Row];

const ADDER: Unit = &[
    row([0.5, 0.142, 0.0016, 379.0]),
    row([1.0, 0.21, 0.0023, 278.0]),
    row([2.0, 0.0858, 0.0048, 179.0]),
    row([3.0, 0.0859, 0.0071, 179.0]),
    row([4.0, 0.0857, 0.0095, 179.0]),
    row([5.0, 0.0857, 0.0119, 179.0]),
    row([6.0, 0.0857, 0.0143, 179.0]),
    row([10.0, 0.0853, 0.0238, 179.0]),
];

const BITWISE: Unit = &[
    row([1.0, 0.0181, 0.001, 50.4]),
    row([2.0, 0.018, 0.001, 50.4]),
    row([3.0, 0.018, 0.002, 50.4]),
    row([4.0, 0.018, 0.002, 50.4]),
    row([5.0, 0.018, 0.003, 50.4]),
    row([6.0, 0.018, 0.004, 50.4]),
    row([10.0, 0.0181, 0.006, 50.4]),
];

const COMPARATOR: Unit = &[
    row([0.5, 0.03052, 1.37e-5, 71.5]),
    row([1.0, 0.02947, 2.51e-5, 71.0]),
    row([2.0, 0.028_966, 4.84e-5, 70.0]),
    row([3.0, 0.02898, 7.27e-5, 70.0]),
    row([4.0, 0.02898, 9.69e-5, 70.0]),
    row([5.0, 0.029_015, 0.000_121_1, 70.0]),
    row([6.0, 0.02898, 0.000_145_32, 70.0]),
    row([10.0, 0.02898, 0.000_242_2, 70.0]),
];

const COUNTER: Unit = &[
    row([0.5, 0.2751, 0.000_216_649, 584.0]),
    row([1.0, 0.25074, 0.000_321_3, 495.5]),
    row([2.0, 0.21462, 0.000_193_2, 259.0]),
    row([3.0, 0.21441, 0.000_262_5, 255.0]),
    row([4.0, 0.211_092, 0.000_330_3, 251.5]),
    row([5.0, 0.206_325, 0.000_406, 250.5]),
    row([6.0, 0.206_682, 0.000_405_3, 225.0]),
    row([10.0, 0.20678, 0.000_637_7, 214.5]),
];

const CROSSBAR: Unit = &[
    row([2.0, 0.6804, 0.000_320_6, 569.5]),
    row([3.0, 0.6804, 0.000_480_9, 569.5]),
    row([4.0, 0.68068, 0.000_641_2, 569.5]),
    row([5.0, 0.68215, 0.000_801_5, 569.5]),
    row([6.0, 0.67914, 0.000_961, 569.5]),
    row([10.0, 0.6811, 0.001_603, 569.5]),
];

const DOUBLE_ADDER: Unit = &[
    row([0.5, 20.552, 0.264, 12900.0]),
    row([1.0, 43.754, 0.4, 9880.0]),
    row([2.0, 26.147, 0.27, 6130.0]),
    row([3.0, 25.787, 0.368, 5980.0]),
    row([4.0, 23.243, 0.419, 5120.0]),
    row([5.0, 23.269, 0.526, 5120.0]),
    row([6.0, 23.902, 0.689, 5120.0]),
    row([10.0, 17.779, 0.905, 3990.0]),
];

const DOUBLE_MULTIPLIER: Unit = &[
    row([0.5, 69.769, 0.527, 28600.0]),
    row([1.0, 113.763, 0.829, 8970.0]),
    row([2.0, 103.936, 1.169, 6150.0]),
    row([3.0, 95.553, 1.379, 5700.0]),
    row([4.0, 94.905, 1.814, 5220.0]),
    row([5.0, 92.938, 2.103, 4910.0]),
    row([6.0, 90.596, 2.427, 4890.0]),
    row([10.0, 86.565, 3.697, 5420.0]),
];

const SINGLE_ADDER: Unit = &[
    row([1.0, 16.679, 0.159, 4360.0]),
    row([2.0, 11.026, 0.129, 3010.0]),
    row([3.0, 10.584, 0.182, 2960.0]),
    row([4.0, 7.894, 0.189, 2120.0]),
    row([5.0, 7.928, 0.228, 2060.0]),
    row([6.0, 7.928, 0.273, 2060.0]),
    row([10.0, 7.701, 0.458, 2060.0]),
];

const SINGLE_MULTIPLIER: Unit = &[
    row([1.0, 35.3, 0.359_523_6, 4360.0]),
    row([2.0, 29.7, 0.356_526_6, 3010.0]),
    row([3.0, 27.8, 0.444_512_43, 2960.0]),
    row([4.0, 25.2, 0.540_349_44, 2120.0]),
    row([5.0, 24.4, 0.632_379_15, 2060.0]),
    row([6.0, 24.2, 0.755_719_38, 2060.0]),
    row([10.0, 26.6, 1.342_970_1, 2060.0]),
];

const MULTIPLIER: Unit = &[
    row([0.5, 18.94, 0.15, 8340.0]),
    row([1.0, 12.68, 0.08, 6350.0]),
    row([2.0, 9.55, 0.1, 5140.0]),
    row([3.0, 8.8, 0.14, 4970.0]),
    row([4.0, 8.66, 0.19, 4620.0]),
    row([5.0, 8.63, 0.24, 4600.0]),
    row([6.0, 8.63, 0.29, 4600.0]),
    row([10.0, 8.8, 0.48, 4600.0]),
];

const REGISTER: Unit = &[
    row([1.0, 0.009, 7e-5, 5.98]),
    row([2.0, 0.00901, 0.00015, 5.98]),
    row([3.0, 0.00901, 0.00022, 5.98]),
    row([4.0, 0.009, 0.0003, 5.98]),
    row([5.0, 0.009, 0.00037, 5.98]),
    row([6.0, 0.00901, 0.00044, 5.98]),
    row([10.0, 0.00554, 0.00074, 5.98]),
];

/// The area of a register file or a FIFO counts its comparators at this latency (ns), whatever the clock.
const AREA_LATENCY: f64 = 5.0;

/// The row for a latency in ns: the next whole one; the first row if the unit has none.
#[expect(clippy::float_cmp, reason = "both are numbers of the table")]
fn at(unit: Unit, latency: f64) -> Row {
    let latency = match latency {
        short if short <= 0.75 => 0.5,
        long if long > 10.0 => 10.0,
        middle if middle > 6.0 => 6.0,
        other => other.ceil(),
    };
    unit.iter().copied().find(|row| row.latency == latency).unwrap_or(unit[0])
}

impl Query<'_> {
    /// What a unit says for the wanted number.
    fn of(&self, unit: Unit) -> Result<f64, Unanswered> {
        let row = at(unit, self.latency_ns()?);
        Ok(match self.wanted {
            Wanted::Area => row.area,
            Wanted::Energy("leak") => row.idle * self.global_cycle_ns()? / row.latency,
            Wanted::Energy(_) => row.dynamic,
        })
    }

    /// The same of a multiplier, which may be gated or multiply the same again.
    fn of_multiplier(&self, unit: Unit, gated: &str, reused: &str) -> Result<f64, Unanswered> {
        match self.wanted {
            Wanted::Energy(action) if action == gated => Self { wanted: Wanted::Energy("leak"), ..*self }.of(unit),
            Wanted::Energy(action) if action == reused => Ok(0.85 * self.of(unit)?),
            _ => self.of(unit),
        }
    }

    fn is_at_aladdins_node(&self) -> bool {
        match self.attributes.get(TECHNOLOGY) {
            Some(Value::Int(node)) => [40, 45].contains(node),
            Some(Value::Str(node)) => ["40", "40nm", "45", "45nm"].contains(&node.as_str()),
            _ => false,
        }
    }
}

pub(super) fn answer(query: &Query) -> Result<Answer, Unanswered> {
    if !query.is_at_aladdins_node() {
        return Err(query.unacceptable(TECHNOLOGY, "40 or 45 nm"));
    }
    let width = || query.size("width");
    let value = match query.class {
        "regfile" | "SRAM" => register_file(query),
        "comparator" => Ok(query.of(COMPARATOR)? * (width()? / 32.0)),
        "counter" => Ok(query.of(COUNTER)? * (width()? / 32.0)),
        "crossbar" => {
            let ports = query.size("n_inputs")? * (query.size("n_outputs")? / 4.0);
            Ok(query.of(CROSSBAR)? * ports * (width()? / 32.0))
        }
        "bitwise" => Ok(query.of(BITWISE)? * width()?),
        "reg" => Ok(query.of(REGISTER)? * width()?),
        "intadder" => adder(query, width()?),
        "intmultiplier" => {
            Ok(query.of_multiplier(MULTIPLIER, "mult_gated", "mult_reused")? * (width()? / 32.0).powi(2))
        }
        "intmac" => {
            let width = width()?;
            Ok(adder(query, width)?
                + query.of_multiplier(MULTIPLIER, "mac_gated", "mac_reused")? * (width / 32.0).powi(2))
        }
        "fpadder" | "fpmultiplier" | "fpmac" => floating_point(query),
        "wire" => wire(query),
        "FIFO" => fifo(query),
        _ => query.unknown_action(),
    };
    value.map(|value| Answer::new(value, Origin::Aladdin))
}

/// An adder of integers, of so many bits.
fn adder(query: &Query, width: f64) -> Result<f64, Unanswered> {
    let unit = if query.state == State::May2024 && query.wanted == Wanted::Area {
        at(ADDER, AREA_LATENCY).area
    } else {
        query.of(ADDER)?
    };
    Ok(unit * (width / 32.0))
}

/// Where Accelergy asks NeuroSim, whose numbers are not free to use: Aladdin's adder, scaled by docs/energy.md section 6.2. It takes
/// what NeuroSim takes.
pub(super) fn scaled_adder(query: &Query) -> Result<Answer, Unanswered> {
    let node = loose_node(query)?;
    if !(7.0..=130.0).contains(&node) {
        return Err(query.unacceptable(TECHNOLOGY, "between 7 and 130 nm"));
    }
    let bits = query.count("n_bits", None)?;
    let value = match query.wanted {
        Wanted::Area => adder(query, bits)? * technology::area(40.0, node),
        Wanted::Energy("write" | "update") => 0.0,
        Wanted::Energy("add" | "read" | "compute" | "leak") => adder(query, bits)? * technology::energy(40.0, node),
        Wanted::Energy(_) => return query.unknown_action(),
    };
    Ok(Answer::new(value, Origin::ScaledAdder { node }))
}

/// `scaled_fpmac`, which Accelergy does not have: `fpmac` at any node, scaled as the component library scales its parts. Units whose
/// operands are held only leak, and those that have nothing to do cost nothing.
pub(super) fn scaled_floats(query: &Query) -> Result<Answer, Unanswered> {
    let value = match query.wanted {
        Wanted::Energy("compute_skipped") => 0.0,
        Wanted::Energy("compute_gated") => floating_point(&Query { wanted: Wanted::Energy("leak"), ..*query })?,
        _ => floating_point(query)?,
    };
    if query.is_at_aladdins_node() {
        return Ok(Answer::new(value, Origin::Aladdin));
    }
    let node = loose_node(query)?;
    let factor = match query.wanted {
        Wanted::Area => technology::area(40.0, node),
        Wanted::Energy(_) => technology::energy(40.0, node),
    };
    Ok(Answer::new(value * factor, Origin::ScaledFloats { node }))
}

/// One bit of register for an access, whatever the width, and a comparator for each word.
fn register_file(query: &Query) -> Result<f64, Unanswered> {
    let depth = query.size("depth")?;
    if query.class == "SRAM" {
        let widest = if query.wanted == Wanted::Area { 16.0 } else { 32.0 };
        if depth > 128.0 || query.size("width")? > widest {
            return Err(Unanswered::Class(
                "only a small SRAM is a register file: 128 words of 32 bits, for the area 16 bits",
            ));
        }
    }
    if depth == 0.0 {
        return Ok(0.0);
    }
    let bits = depth.log2().ceil().max(0.0);
    let comparator = match query.wanted {
        Wanted::Area => at(COMPARATOR, AREA_LATENCY).area,
        Wanted::Energy(_) => query.of(COMPARATOR)?,
    };
    let is_moved = |name| query.delta(name) != 0.0;
    let register = if is_moved("data_delta") { query.of(REGISTER)? } else { 0.0 };
    let comparators = if is_moved("address_delta") { depth * comparator * (bits / 32.0) } else { 0.0 };
    Ok(register + comparators)
}

fn floating_point(query: &Query) -> Result<f64, Unanswered> {
    let bits = query.size("exponent")? + query.size("mantissa")?;
    let (adder, multiplier, base) =
        if bits <= 32.0 { (SINGLE_ADDER, SINGLE_MULTIPLIER, 32.0) } else { (DOUBLE_ADDER, DOUBLE_MULTIPLIER, 64.0) };
    let share = bits / base;
    let sum = || Ok(query.of(adder)? * share);
    let square = share * share;
    match query.class {
        "fpadder" => sum(),
        "fpmultiplier" => Ok(query.of_multiplier(multiplier, "mult_gated", "mult_reused")? * square),
        _ => Ok(sum()? + query.of(multiplier)? * square),
    }
}

/// A wire switches a fifth of its bits at 1 V, with 1.627 fF for each um.
fn wire(query: &Query) -> Result<f64, Unanswered> {
    match query.wanted {
        Wanted::Area | Wanted::Energy("leak") => Ok(0.0),
        Wanted::Energy("transfer") => Ok(query.size("width")? * 0.2 * 1.627e-3 * length_um(query)?),
        Wanted::Energy(_) => query.unknown_action(),
    }
}

/// um.
fn length_um(query: &Query) -> Result<f64, Unanswered> {
    const NAME: &str = "length";
    const WANTED: &str = "a length such as \"2mm\", \"300um\" or \"800nm\"; a number counts um";
    let length = match query.attributes.get(NAME) {
        Some(Value::Str(text)) => {
            let (number, unit) = match text.trim() {
                text if text.ends_with("mm") => (text.trim_end_matches("mm"), 1e3),
                text if text.ends_with("nm") => (text.trim_end_matches("nm"), 1e-3),
                text => (text.trim_end_matches("um"), 1.0),
            };
            number.trim().parse::<f64>().ok().map(|number| number * unit)
        }
        _ => query.attributes.number(NAME),
    };
    length.filter(|length| *length >= 0.0 && length.is_finite()).ok_or_else(|| query.unacceptable(NAME, WANTED))
}

/// A first-in first-out buffer has an area only.
fn fifo(query: &Query) -> Result<f64, Unanswered> {
    let Wanted::Area = query.wanted else { return query.unknown_action() };
    let depth = query.size("depth")?;
    let bits = depth.max(1.0).log2();
    Ok(query.of(REGISTER)? * query.size("width")? + at(COMPARATOR, AREA_LATENCY).area * (bits / 32.0))
}
