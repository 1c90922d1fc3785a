//! Phases of a language model: a decoder reads its prompt, then makes token after token from what it has kept.
//!
//! Decoders are exported with conventions of names: those of transformers and Optimum (`input_ids`, `past_key_values.0.key`,
//! dimensions `sequence_length` and `past_sequence_length`) and of onnxruntime-genai (`total_sequence_length`).

use super::bind::Sizes;
use super::{BindingError, SizeNames};
use crate::onnx::dtype;
use crate::onnx::graph::{Dim, Graph, Value, ValueId};
use crate::onnx::proto::tensor_proto::DataType;
use crate::onnx::tensor::Tensor;

/// A phase of a decoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its name, such as `prefill`.
    pub name: String,
    /// Tokens that the decoder reads at once.
    pub tokens: u64,
    /// Tokens whose keys and values it has kept from before.
    pub past: u64,
}

/// Inputs that hold the tokens, or something for each, and the axis along which these lie, counted from the end.
const OF_TOKENS: [(&str, usize); 7] = [
    ("input_ids", 1),
    ("decoder_input_ids", 1),
    ("inputs_embeds", 2),
    ("position_ids", 1),
    ("token_type_ids", 1),
    ("cache_position", 1),
    ("tokens", 1),
];

/// Names of dimensions that count the tokens read.
const TOKENS: [&str; 7] = [
    "sequence_length",
    "seq_length",
    "seq_len",
    "sequence",
    "decoder_sequence_length",
    "target_sequence_length",
    "num_tokens",
];

/// Names of dimensions that count the tokens kept.
const PAST: [&str; 7] = [
    "past_sequence_length",
    "past_seq_length",
    "past_seq_len",
    "past_decoder_sequence_length",
    "past_length",
    "past_key_values_length",
    "past_sequence",
];

/// Names of dimensions that count both.
const TOTAL: [&str; 4] = ["total_sequence_length", "total_seq_len", "total_length", "attention_mask_sequence_length"];

/// What an axis of an input counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    Tokens,
    Past,
    Total,
}

impl Phase {
    fn size(&self, counts: Counts) -> Result<u64, BindingError> {
        match counts {
            Counts::Tokens => Ok(self.tokens),
            Counts::Past => Ok(self.past),
            Counts::Total => self.tokens.checked_add(self.past).ok_or(BindingError::Size(u64::MAX)),
        }
    }

    /// States the phase's sizes for the inputs of a decoder and for the names of dimensions.
    pub(super) fn bind(
        &self,
        graph: &Graph,
        sizes: &mut [Sizes],
        names: &mut SizeNames,
    ) -> Result<Vec<(ValueId, Tensor)>, BindingError> {
        let (mut takes_tokens, mut keeps_past) = (false, false);
        let mut values = Vec::new();
        for (input, sizes) in graph.root.inputs.iter().zip(sizes) {
            let value = &graph[*input];
            values.extend(self.value(value)?.map(|tensor| (*input, tensor)));
            let Some(declared) = &value.declared else { continue };
            for (axis, dim) in declared.iter().enumerate() {
                let Some(counts) = by_input(value, declared.len(), axis).or_else(|| by_name(dim)) else { continue };
                takes_tokens |= counts == Counts::Tokens;
                keeps_past |= counts == Counts::Past;
                let size = self.size(counts)?;
                let stated = &mut sizes.get_or_insert_with(|| vec![None; declared.len()])[axis];
                if let Some(other) = stated.filter(|other| *other != size) {
                    let name = format!("{axis} of input {}", value.name);
                    return Err(BindingError::Contradiction { name, first: other, second: size });
                }
                *stated = Some(size);
                // The label of a mask's axis is what one phase makes of it: `past_sequence_length + 1`.
                if let Dim::Named(name) = dim {
                    names.keep(name);
                }
            }
        }
        if !takes_tokens || (self.past > 0 && !keeps_past) {
            let lacks = if takes_tokens {
                "keys and values of past tokens (past_key_values.0.key)"
            } else {
                "tokens (input_ids)"
            };
            return Err(BindingError::NoDecoder { phase: self.name.clone(), lacks });
        }
        for (names_of, counts) in
            [(&TOKENS[..], Counts::Tokens), (&PAST[..], Counts::Past), (&TOTAL[..], Counts::Total)]
        {
            for name in names_of {
                if names.has(name) && names.size(name).is_none() {
                    names.bind(name, self.size(counts)?)?;
                }
            }
        }
        Ok(values)
    }

    /// The elements of a scalar input that says what the phase is.
    fn value(&self, value: &Value) -> Result<Option<Tensor>, BindingError> {
        let element = match value.name.as_str() {
            "use_cache_branch" | "use_cache" if value.dtype == Some(DataType::Bool) => i64::from(self.past > 0),
            "total_sequence_length" if value.dtype.is_none_or(|dtype| !dtype::is_float(dtype)) => {
                i64::try_from(self.size(Counts::Total)?).unwrap_or(i64::MAX)
            }
            _ => return Ok(None),
        };
        let rank = value.declared.as_ref().map_or(0, Vec::len);
        let dtype = value.dtype.unwrap_or(DataType::Int64);
        Ok(Some(Tensor::of_ints(vec![1; rank], vec![element]).with_type(dtype)))
    }
}

/// What an axis of an input counts, by the name of the input.
fn by_input(value: &Value, rank: usize, axis: usize) -> Option<Counts> {
    let name = value.name.as_str();
    if let Some((_, from_end)) = OF_TOKENS.iter().find(|(known, _)| *known == name) {
        return (axis + from_end == rank).then_some(Counts::Tokens);
    }
    if matches!(name, "attention_mask" | "decoder_attention_mask") {
        return match (rank, rank - axis) {
            (_, 1) => Some(Counts::Total),
            (4, 2) => Some(Counts::Tokens),
            _ => None,
        };
    }
    let is_cache = name.starts_with("past") && !name.contains("encoder") && value.dtype.is_none_or(dtype::is_float);
    // [batch, heads, past, size of a head], with keys and values in front of each other in older exports.
    (is_cache && rank >= 3 && axis + 2 == rank).then_some(Counts::Past)
}

/// What a dimension counts, by its name.
fn by_name(dim: &Dim) -> Option<Counts> {
    let Dim::Named(name) = dim else { return None };
    let known = |names: &[&str]| names.contains(&name.as_str());
    if known(&TOKENS) {
        Some(Counts::Tokens)
    } else if known(&PAST) {
        Some(Counts::Past)
    } else {
        known(&TOTAL).then_some(Counts::Total)
    }
}
