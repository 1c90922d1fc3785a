//! Mixtures of experts.
//!
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: a router picks `k` experts for every token;
//!   each is two products (`fc1`, `fc2`), gated ones have a third (`fc3`, or twice the rows in `fc1`). `MoE` has the weights
//!   at inputs 2, 4 and 6, `QMoE` at 2, 5 and 8, where the last dimension is packed (`expert_weight_bits`).
//!
//! Which experts the tokens take depends on data. How many take part and with how many tokens is what
//! [`MoeBalance`](crate::onnx::MoeBalance) says.

use super::node_shapes::NodeShapes;
use super::operator::{Family, microsoft};
use super::work::{Operand, Product, Work, WorkError, empty, invalid, product};
use crate::onnx::moe_balance::MoeBalance;
use crate::workload::{MatMul, Number};

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "mixtures of experts: a product of every layer of the experts that are used",
    operators: &[
        microsoft("MoE").products(experts),
        microsoft("QMoE").products(experts),
        microsoft("MoEPacked").declared().not_modelled(),
    ],
};

/// Names of the products of `fc1`, `fc2` and `fc3`; where tokens do not divide evenly, of those experts that take one less.
const PARTS: [[&str; 2]; 3] = [["fc1", "fc1.fewer"], ["fc2", "fc2.fewer"], ["fc3", "fc3.fewer"]];

/// One product a layer for the experts that take equally many tokens; its batch is their number.
fn experts(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let is_packed = node.op == "QMoE";
    let shape = inputs.shape(0)?;
    let Some((&hidden, rest)) = shape.split_last() else { return invalid("its input is a scalar") };
    let tokens = product(rest.iter().copied())?;
    let [_, experts] = inputs.shape_of_rank::<2>(1)?;
    let used = inputs.count("k")?.unwrap_or(1);
    let places = if is_packed { [2, 5, 8] } else { [2, 4, 6] };
    let first = Weights::read(inputs, places[0], hidden, is_packed)?;
    let fused = if node.int("swiglu_fusion").is_some_and(|fusion| fusion > 0) { 2 } else { 1 };
    let inner = first.columns / fused;
    let second = Weights::read(inputs, places[1], inner, is_packed)?;
    if first.experts != experts || second.experts != experts || second.columns != hidden || used > experts {
        return invalid(format!(
            "its weights of {} and {} experts do not match {used} of {experts} experts on {hidden} features",
            first.experts, second.experts
        ));
    }
    let third = match node.input(places[2]) {
        Some(_) => Some(Weights::read(inputs, places[2], hidden, is_packed)?),
        None => None,
    };
    if [tokens, hidden, first.columns, experts].contains(&0) {
        return empty();
    }
    let groups = shares(inputs.values.moe_balance(), tokens, used, experts)?;
    let mut products: Vec<Product> = Vec::new();
    for (place, (count, rows)) in groups.into_iter().enumerate() {
        let layer = |layer: usize, weights: &Weights, input: Operand, number: usize| {
            let matmul = MatMul { batch: count, m: rows, n: weights.columns, k: weights.rows };
            let mut made = Product::part(
                PARTS[layer][place],
                matmul,
                input,
                Operand::Input(places[layer]),
                Operand::Result(number),
            );
            made.weight_place = true;
            made.weight_number = weights.bits.map(Number::integer);
            made.parameters = Some(weights.elements()?);
            Ok(made)
        };
        let number = products.len();
        products.push(layer(0, &first, Operand::Part(0), number)?);
        if let Some(third) = &third {
            products.push(layer(2, third, Operand::Part(0), number + 1)?);
        }
        let number = products.len();
        products.push(layer(1, &second, Operand::Result(number - 1), number)?);
    }
    let biases: &[usize] = if is_packed { &[4, 7, 10] } else { &[3, 5, 7] };
    Ok(Work { products, outputs: vec![Some(shape)], biases })
}

/// The weights of one layer of all experts, as a matrix product takes them.
struct Weights {
    experts: u64,
    rows: u64,
    columns: u64,
    /// Bits of packed ones.
    bits: Option<u32>,
}

impl Weights {
    /// Input `place`, stored as `[experts, columns, rows]`; older files have `[experts, rows, columns]`.
    fn read(inputs: &NodeShapes, place: usize, rows: u64, is_packed: bool) -> Result<Self, WorkError> {
        let [experts, first, second] = inputs.shape_of_rank::<3>(place)?;
        let bits = if is_packed { Some(inputs.count("expert_weight_bits")?.unwrap_or(4)) } else { None };
        let unpacked = |stored: u64| match bits {
            Some(bits) if (1..8).contains(&bits) => product([stored, 8 / bits]),
            _ => Ok(stored),
        };
        let columns = if unpacked(second)? == rows {
            first
        } else if first == rows {
            unpacked(second)?
        } else {
            return invalid(format!("its weights [{experts}, {first}, {second}] do not match {rows} features"));
        };
        let bits = bits.and_then(|bits| u32::try_from(bits).ok());
        Ok(Self { experts, rows, columns, bits })
    }

    fn elements(&self) -> Result<u64, WorkError> {
        product([self.experts, self.rows, self.columns])
    }
}

/// How many experts take how many tokens: at most two groups.
fn shares(balance: MoeBalance, tokens: u64, used: u64, experts: u64) -> Result<Vec<(u64, u64)>, WorkError> {
    Ok(match balance {
        MoeBalance::Uniform => {
            let assigned = product([tokens, used])?;
            let taking = assigned.min(experts);
            let (fewer, more) = (assigned / taking, assigned % taking);
            let groups = [(more, fewer + 1), (taking - more, fewer)];
            groups.into_iter().filter(|(count, _)| *count > 0).collect()
        }
        MoeBalance::Skewed => vec![(used, tokens)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_shared_evenly_or_all_take_the_same_experts() {
        let uniform = |tokens, used, experts| shares(MoeBalance::Uniform, tokens, used, experts).unwrap();
        assert_eq!(uniform(10, 2, 4), [(4, 5)]);
        assert_eq!(uniform(10, 2, 8), [(4, 3), (4, 2)]);
        // A decoder's step: one token takes two of eight experts.
        assert_eq!(uniform(1, 2, 8), [(2, 1)]);
        assert_eq!(shares(MoeBalance::Skewed, 10, 2, 4).unwrap(), [(2, 10)]);
    }
}
