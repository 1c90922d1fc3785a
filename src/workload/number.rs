//! The numbers that tensors are made of: how wide they are, and how they are represented.

use std::fmt;

/// How numbers are represented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberFormat {
    /// Whole numbers with or without a sign; those that stand for others, as quantised ones do, are whole numbers, too.
    Integer,
    /// Floating point: a sign, and so many bits of exponent and of mantissa as are stored.
    Float {
        /// Bits of the exponent.
        exponent: u32,
        /// Stored bits of the mantissa.
        mantissa: u32,
    },
}

impl fmt::Display for NumberFormat {
    /// `integer`, or as in `e8m23`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer => f.write_str("integer"),
            Self::Float { exponent, mantissa } => write!(f, "e{exponent}m{mantissa}"),
        }
    }
}

/// The elements of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    /// Bits of one element.
    pub bits: u32,
    /// How it is represented.
    pub format: NumberFormat,
}

impl Number {
    /// A whole number of so many bits.
    pub const fn integer(bits: u32) -> Self {
        Self { bits, format: NumberFormat::Integer }
    }

    /// A floating-point number: a sign, exponent and mantissa.
    pub const fn float(exponent: u32, mantissa: u32) -> Self {
        Self { bits: 1 + exponent + mantissa, format: NumberFormat::Float { exponent, mantissa } }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            NumberFormat::Integer => write!(f, "{}-bit integers", self.bits),
            NumberFormat::Float { .. } => write!(f, "{}-bit floats ({})", self.bits, self.format),
        }
    }
}

/// What the multipliers of a layer take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperandNumbers {
    /// The inputs; of a matrix product, the first operand.
    pub input: Number,
    /// The weights; of a matrix product, the second operand.
    pub weight: Number,
}

impl OperandNumbers {
    /// Bits of the wider operand.
    pub fn bits(&self) -> u32 {
        self.input.bits.max(self.weight.bits)
    }

    /// What a multiplier of both computes with: floats if one operand is, of the wider one's format.
    pub fn format(&self) -> NumberFormat {
        let floats = [self.input, self.weight].into_iter().filter(|number| number.format != NumberFormat::Integer);
        // Of equals the first: the inputs.
        floats.rev().max_by_key(|number| number.bits).map_or(NumberFormat::Integer, |number| number.format)
    }
}

/// Whose widths of numbers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Datawidth {
    /// The machine's, for every layer.
    #[default]
    Machine,
    /// The network's: each layer runs at the widths of its own operands.
    FromNetwork,
}

impl Datawidth {
    /// Its name on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::FromNetwork => "from-network",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplier_of_floats_and_integers_computes_with_floats() {
        let (half, brain, four) = (Number::float(5, 10), Number::float(8, 7), Number::integer(4));
        let of = |input, weight| OperandNumbers { input, weight };
        assert_eq!((of(four, half).bits(), of(four, half).format()), (16, half.format));
        assert_eq!(of(Number::float(8, 23), half).format(), Number::float(8, 23).format);
        assert_eq!((of(half, brain).format(), of(brain, half).format()), (half.format, brain.format));
        assert_eq!((of(four, Number::integer(8)).bits(), of(four, four).format()), (8, NumberFormat::Integer));
        assert_eq!(
            (half.bits, half.format.to_string(), four.to_string().as_str()),
            (16, "e5m10".into(), "4-bit integers")
        );
    }
}
