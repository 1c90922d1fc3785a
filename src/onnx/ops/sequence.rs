//! Sequences, optional values, texts and losses: nothing that an accelerator's layer is made of.
//!
//! * <https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html> (opset 11),
//!   <https://onnx.ai/onnx/operators/onnx__Optional.html> (15).
//! * <https://onnx.ai/onnx/operators/onnx__StringNormalizer.html> (opset 10),
//!   <https://onnx.ai/onnx/operators/onnx__StringSplit.html> (20).
//! * <https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html> (opset 12).

use super::node_shapes::{Dims, NodeShapes, ShapeDim, broadcast};
use super::operator::{Family, TypeRule, microsoft, onnx};
use crate::onnx::proto::tensor_proto::DataType;

/// Sequences and optional values.
pub(super) const SEQUENCES: Family = Family {
    title: "sequences and optional values",
    operators: &[
        onnx("ConcatFromSequence"),
        onnx("Optional").same_shape(),
        onnx("OptionalGetElement").same_shape(),
        onnx("OptionalHasElement").shape(|_| Some(Dims::new())).dtype(TypeRule::Always(DataType::Bool)),
        onnx("SequenceAt"),
        onnx("SequenceConstruct"),
        onnx("SequenceEmpty"),
        onnx("SequenceErase"),
        onnx("SequenceInsert"),
        onnx("SequenceLength"),
        onnx("SplitToSequence"),
    ],
};

/// Operators on texts.
pub(super) const TEXTS: Family = Family {
    title: "texts",
    operators: &[
        onnx("RegexFullMatch").same_shape().dtype(TypeRule::Always(DataType::Bool)),
        onnx("StringConcat").shape(|inputs| broadcast(&[inputs.dims(0)?, inputs.dims(1)?])),
        // How many words are stop words depends on data.
        onnx("StringNormalizer").shape(|inputs| {
            let mut dims = inputs.dims(0)?;
            *dims.last_mut()? = ShapeDim::Unknown;
            Some(dims)
        }),
        onnx("StringSplit")
            .shapes(split_texts)
            .dtype(TypeRule::Of(|_, output, inputs| if output == 0 { inputs.get(0) } else { Some(DataType::Int64) })),
        onnx("TfIdfVectorizer").shape(vectorized).dtype(TypeRule::Always(DataType::Float)),
        microsoft("MurmurHash3").same_shape().dtype(TypeRule::Of(|node, _, _| {
            Some(if node.int("positive") == Some(0) { DataType::Int32 } else { DataType::Uint32 })
        })),
        microsoft("NGramHashMapping").declared(),
        microsoft("NGramRepeatBlock").shape(|inputs| inputs.dims(1)).dtype(TypeRule::Same(1)),
        microsoft("Tokenizer"),
        microsoft("VarlenNGramHashMapping").declared(),
        microsoft("WordConvEmbedding").not_modelled().shape(embedded_words).dtype(TypeRule::Same(1)),
    ],
};

/// Losses, and what only one runtime or device knows.
pub(super) const LOSSES: Family = Family {
    title: "losses and others",
    operators: &[
        onnx("NegativeLogLikelihoodLoss").shapes(loss),
        onnx("SoftmaxCrossEntropyLoss").shapes(loss),
        onnx("DisentangledAttention_TRT").declared().not_modelled(),
        onnx("EfficientNMS_TRT").declared(),
        onnx("GivenTensorFill").declared(),
        onnx("MemcpyFromHost").same_shape().moves(),
        onnx("MemcpyToHost").same_shape().moves(),
        onnx("MultilevelCropAndResize_TRT").declared(),
        onnx("PyramidROIAlign_TRT").declared(),
        microsoft("BifurcationDetector").shapes(|_, output| {
            // How many tokens are merged depends on data.
            Some(if output == 0 { vec![ShapeDim::Unknown] } else { Dims::new() })
        }),
        microsoft("ConvStateReplay").declared(),
        microsoft("EPContext").declared().not_modelled(),
        microsoft("GatedDeltaNetStateReplay").declared().not_modelled(),
        microsoft("MoEGroupRouter").declared().not_modelled(),
        microsoft("SampleOp").same_shape(),
        microsoft("Snpe").declared().not_modelled(),
        microsoft("SpeculativePrefixCommit").declared(),
    ],
};

/// WordConvEmbedding: words as rows of characters, `[words, characters]`, become as many numbers as the convolution has filters.
fn embedded_words(inputs: &NodeShapes) -> Option<Dims> {
    Some(vec![*inputs.dims(0)?.first()?, *inputs.dims(1)?.first()?])
}

/// A loss of every element, without the classes in dimension 1; reduced, a scalar. Output 1 has the logarithms.
fn loss(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    match (output, inputs.node.text("reduction")) {
        (1, _) => Some(dims),
        (_, Some("none")) => {
            if dims.len() < 2 {
                return None;
            }
            dims.remove(1);
            Some(dims)
        }
        _ => Some(Dims::new()),
    }
}

/// StringSplit: as many parts as the text with the most has, and their number.
fn split_texts(inputs: &NodeShapes, output: usize) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    if output == 0 {
        dims.push(ShapeDim::Unknown);
    }
    Some(dims)
}

/// TfIdfVectorizer: the last dimension counts the n-grams up to the highest index.
fn vectorized(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let highest = inputs.node.ints("ngram_indexes")?.iter().max()?;
    *dims.last_mut()? = ShapeDim::Known(u64::try_from(highest.checked_add(1)?).ok()?);
    Some(dims)
}
