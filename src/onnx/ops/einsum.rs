//! Contractions: <https://onnx.ai/onnx/operators/onnx__Einsum.html> (opset 12).

use super::node_shapes::NodeShapes;
use super::operator::{Family, onnx};
use super::work::{Product, Work, WorkError, empty, invalid, product};
use crate::workload::{MatMul, Operation};

/// The rows of this family.
pub(super) const FAMILY: Family =
    Family { title: "contractions", operators: &[onnx("Einsum").products(einsum).note("of two operands")] };

/// Longer equations name more indices than tensors have.
const MAX_EQUATION: usize = 512;

/// An index of the equation: a letter, or a dimension that an ellipsis stands for, counted from the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Index {
    Letter(char),
    Ellipsis(usize),
}

/// One operand: its indices and their sizes.
type Term = Vec<(Index, u64)>;

/// Einsum: batch, rows, columns and sums are told apart by where an index stands.
fn einsum(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let Some(equation) = inputs.node.text("equation") else { return invalid("attribute `equation` is missing") };
    if equation.len() > MAX_EQUATION {
        return invalid(format!("attribute `equation` has {} characters", equation.len()));
    }
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (equation.as_str(), None),
    };
    let texts: Vec<&str> = left.split(',').collect();
    if texts.len() != inputs.node.inputs.len() {
        return invalid(format!("`{equation}` is for {} operands, it has {}", texts.len(), inputs.node.inputs.len()));
    }
    let mut terms = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        terms.push(term(text, &inputs.shape(place)?)?);
    }
    let sizes = sizes(&terms)?;
    let size_of = |index: &Index| sizes.iter().find(|(known, _)| known == index).map_or(1, |(_, size)| *size);
    let output = match right {
        Some(text) => output_indices(text, &sizes)?,
        None => implicit_output(&terms, &sizes),
    };
    let shape: Vec<u64> = output.iter().map(size_of).collect();
    let [a, b] = terms.as_slice() else {
        if terms.len() == 1 {
            return Err(WorkError::NoLayer { reason: "no multiply-accumulate work".into(), macs: Some(0) });
        }
        let macs = product(sizes.iter().map(|(_, size)| *size)).ok();
        let reason = format!("a contraction of {} operands (`{equation}`) is not a single matrix product", terms.len());
        return Err(WorkError::NoLayer { reason, macs });
    };
    if [a, b].iter().any(|term| repeats(term)) {
        let reason = format!("`{equation}` takes a diagonal, which is not a matrix product");
        return Err(WorkError::NoLayer { reason, macs: product(sizes.iter().map(|(_, size)| *size)).ok() });
    }
    let mut matmul = MatMul { batch: 1, m: 1, n: 1, k: 1 };
    let mut contracts = false;
    for (index, size) in &sizes {
        // An operand that has an index with size 1 is broadcast along it: as if it had it not.
        let holds = |term: &Term| term.iter().any(|(known, own)| known == index && own == size);
        let part = match (holds(a), holds(b), output.contains(index)) {
            (true, true, true) => &mut matmul.batch,
            (true, true, false) => {
                contracts = true;
                &mut matmul.k
            }
            (true, false, true) => &mut matmul.m,
            (false, true, true) => &mut matmul.n,
            // A sum over an index that one operand alone has is taken before the product; it multiplies nothing.
            _ => continue,
        };
        *part = product([*part, *size])?;
    }
    if [matmul.batch, matmul.m, matmul.n, matmul.k].contains(&0) {
        return empty();
    }
    if !contracts {
        let reason =
            format!("`{equation}` sums over no index that both operands have: an element-wise or outer product");
        return Err(WorkError::NoLayer { reason, macs: Some(0) });
    }
    let extents = |term: &Term| term.iter().map(|(_, size)| *size).collect::<Vec<_>>();
    let mut work = Product::only(Operation::MatMul(matmul), (0, extents(a)), (1, extents(b)), shape);
    // Either operand may be an activation.
    work.weight_place = false;
    Ok(Work::only(work, &[]))
}

fn term(text: &str, shape: &[u64]) -> Result<Term, WorkError> {
    let letters: Vec<char> = text.replace("...", ".").chars().collect();
    if letters.iter().any(|c| !c.is_alphabetic() && *c != '.') || letters.iter().filter(|c| **c == '.').count() > 1 {
        return invalid(format!("`{text}` is not a list of indices"));
    }
    let named = letters.iter().filter(|c| **c != '.').count();
    let hidden = match shape.len().checked_sub(named) {
        Some(0) if !letters.contains(&'.') => 0,
        Some(hidden) if letters.contains(&'.') => hidden,
        _ => return invalid(format!("`{text}` does not fit an operand of shape {shape:?}")),
    };
    let mut indices = Vec::with_capacity(shape.len());
    for letter in letters {
        if letter == '.' {
            indices.extend((0..hidden).rev().map(Index::Ellipsis));
        } else {
            indices.push(Index::Letter(letter));
        }
    }
    Ok(indices.into_iter().zip(shape.iter().copied()).collect())
}

/// Every index with its size, in order of appearance; sizes of 1 broadcast.
fn sizes(terms: &[Term]) -> Result<Term, WorkError> {
    let mut sizes: Term = Vec::new();
    for (index, size) in terms.iter().flatten() {
        match sizes.iter_mut().find(|(known, _)| known == index) {
            None => sizes.push((*index, *size)),
            Some((_, known)) if *known == 1 => *known = *size,
            Some((_, known)) if *size == 1 || known == size => {}
            Some((_, known)) => {
                return invalid(format!("an index has size {known} in one operand and {size} in another"));
            }
        }
    }
    Ok(sizes)
}

fn repeats(term: &Term) -> bool {
    term.iter().enumerate().any(|(place, (index, _))| term[..place].iter().any(|(known, _)| known == index))
}

fn ellipsis(sizes: &Term) -> impl Iterator<Item = Index> {
    let hidden = sizes.iter().filter(|(index, _)| matches!(index, Index::Ellipsis(_))).count();
    (0..hidden).rev().map(Index::Ellipsis)
}

fn output_indices(text: &str, sizes: &Term) -> Result<Vec<Index>, WorkError> {
    let mut indices = Vec::new();
    for letter in text.replace("...", ".").chars() {
        if letter == '.' {
            indices.extend(ellipsis(sizes));
        } else if sizes.iter().any(|(index, _)| *index == Index::Letter(letter)) {
            indices.push(Index::Letter(letter));
        } else {
            return invalid(format!("index `{letter}` of the output is in no operand"));
        }
    }
    Ok(indices)
}

/// Without an arrow: the ellipsis, then every letter that stands once, in alphabetical order.
fn implicit_output(terms: &[Term], sizes: &Term) -> Vec<Index> {
    let mut letters: Vec<char> = sizes
        .iter()
        .filter_map(|(index, _)| match index {
            Index::Letter(letter) => Some(*letter),
            Index::Ellipsis(_) => None,
        })
        .filter(|letter| terms.iter().flatten().filter(|(index, _)| *index == Index::Letter(*letter)).count() == 1)
        .collect();
    letters.sort_unstable();
    ellipsis(sizes).chain(letters.into_iter().map(Index::Letter)).collect()
}
