//! How wide the words of a machine become for the operands of a layer. The rule in words stands in docs/architectures.md.

use crate::architecture::Architecture;
use crate::mapspace::Constraints;
use crate::workload::{NumberFormat, OperandNumbers, Problem};

/// Sums of floats have so many bits at least: machines add fp16, bf16 and fp8 in single precision.
const FLOAT_SUM: u64 = 32;

/// Rows up to this are divided into words; a row of more bits is a mistake.
pub(super) const WIDEST_ROW: u64 = 1 << 32;

/// Whole words in a row of an instance; nothing of the row is left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Bits of the row.
    pub(super) bits: u64,
    /// Words in it.
    pub(super) words: u64,
}

impl Row {
    /// Bits that a word takes, padding included.
    pub(super) fn word(self) -> u64 {
        self.bits / self.words
    }

    /// Words of at least `wanted` bits in a row of `bits`: as many as divide it. A row that is too short grows to one word.
    /// `wanted` is above 0, and the row not wider than [`WIDEST_ROW`].
    pub(super) fn of(bits: u64, wanted: u64) -> Self {
        let bits = bits.max(wanted);
        let divisors = (1..=bits.isqrt()).filter(|divisor| bits.is_multiple_of(*divisor));
        let wide_enough = divisors.flat_map(|divisor| [divisor, bits / divisor]).filter(|word| *word >= wanted);
        let word = wide_enough.min().unwrap_or(bits);
        Self { bits, words: bits / word }
    }
}

/// `value * to / from`, rounded up, and at least 1.
pub(super) fn scaled(value: u64, to: u64, from: u64) -> u64 {
    let product = u128::from(value) * u128::from(to);
    u64::try_from(product.div_ceil(u128::from(from.max(1)))).unwrap_or(u64::MAX).max(1)
}

/// Which data spaces are operands, and which are sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Weight,
    Sum,
}

/// A machine and a layer: their widths.
#[derive(Clone, Debug)]
pub(super) struct Widths {
    layer: OperandNumbers,
    /// Bits of the machine's inputs and weights: a word of the innermost level that may hold them.
    machine: (u64, u64),
    /// Whether the machine's compute units take floats.
    has_float_units: bool,
    /// What each level may hold, innermost first.
    held: Vec<Vec<Role>>,
}

impl Widths {
    pub(super) fn new(
        layer: OperandNumbers,
        architecture: &Architecture,
        problem: &Problem,
        constraints: &Constraints,
        has_float_units: bool,
    ) -> Self {
        let roles: Vec<Role> = problem
            .data_spaces()
            .iter()
            .map(|space| match space.name.as_str() {
                _ if space.read_write => Role::Sum,
                "Weights" => Role::Weight,
                _ => Role::Input,
            })
            .collect();
        let held: Vec<Vec<Role>> = architecture
            .levels()
            .iter()
            .zip(&constraints.levels)
            .map(|(level, constraints)| {
                let may_hold = |space: &usize| !level.is_fan_out() && !constraints.bypass.contains(*space);
                (0..roles.len()).filter(may_hold).map(|space| roles[space]).collect()
            })
            .collect();
        let own = |role: Role| {
            let innermost = held.iter().position(|held| held.contains(&role));
            innermost.map_or(1, |level| architecture.levels()[level].word_bits)
        };
        let machine = (own(Role::Input), own(Role::Weight));
        Self { layer, machine, has_float_units, held }
    }

    /// Bits of the wider operand of the layer.
    pub(super) fn layer_bits(&self) -> u64 {
        u64::from(self.layer.bits().max(1))
    }

    /// Bits of the wider operand of the machine.
    pub(super) fn machine_bits(&self) -> u64 {
        self.machine.0.max(self.machine.1)
    }

    /// What the multipliers compute with.
    pub(super) fn format(&self) -> NumberFormat {
        self.layer.format()
    }

    /// Whether the layer's wider operand is what the machine's multipliers take.
    pub(super) fn is_of_units(&self) -> bool {
        let is_float = self.format() != NumberFormat::Integer;
        is_float == self.has_float_units && self.layer_bits() == self.machine_bits()
    }

    /// Bits of a word of a level, of which the machine has `word`.
    pub(super) fn word(&self, level: usize, word: u64) -> u64 {
        let held = self.held.get(level).map(Vec::as_slice).unwrap_or_default();
        let operand = held.iter().filter_map(|role| match role {
            Role::Input => Some(scaled(word, self.layer.input.bits.into(), self.machine.0)),
            Role::Weight => Some(scaled(word, self.layer.weight.bits.into(), self.machine.1)),
            Role::Sum => None,
        });
        match operand.max() {
            Some(word) => word,
            None if held.is_empty() || self.is_of_units() => word,
            None if self.format() == NumberFormat::Integer => scaled(word, self.layer_bits(), self.machine_bits()),
            None => self.layer_bits().max(FLOAT_SUM),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_packed_as_a_row_can_be_divided() {
        let packed = |bits, wanted| {
            let row = Row::of(bits, wanted);
            (row.bits, row.words, row.word())
        };
        // Twice as many of half the width; one where two do not fit; padding where the width divides nothing.
        assert_eq!((packed(64, 4), packed(64, 8)), ((64, 16, 4), (64, 8, 8)));
        assert_eq!((packed(16, 32), packed(64, 33)), ((32, 1, 32), (64, 1, 64)));
        assert_eq!((packed(64, 12), packed(64, 3), packed(7, 2)), ((64, 4, 16), (64, 16, 4), (7, 1, 7)));
        assert_eq!(packed(WIDEST_ROW, 1), (WIDEST_ROW, WIDEST_ROW, 1));
    }

    #[test]
    fn widths_are_rounded_up() {
        assert_eq!((scaled(16, 32, 8), scaled(16, 4, 8), scaled(9, 4, 8), scaled(1, 1, 32)), (64, 8, 5, 1));
        assert_eq!(scaled(u64::MAX, u64::MAX, 1), u64::MAX);
    }

    proptest! {
        #[test]
        fn a_row_holds_as_many_words_as_divide_it(bits in 1u64..4096, wanted in 1u64..200) {
            let row = Row::of(bits, wanted);
            prop_assert_eq!(row.bits, bits.max(wanted));
            prop_assert_eq!(row.words * row.word(), row.bits);
            prop_assert!(row.word() >= wanted);
            let better = (row.words + 1..=row.bits).any(|words| row.bits.is_multiple_of(words) && row.bits / words >= wanted);
            prop_assert!(!better);
            // Words that fill the row already stay as they are.
            prop_assert_eq!(Row::of(row.bits, row.word()), row);
        }
    }
}
