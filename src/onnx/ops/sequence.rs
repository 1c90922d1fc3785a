//! Sequences, optional values, texts and losses: nothing that an accelerator's layer is made of.
//!
//! * <https://onnx.ai/onnx/operators/onnx__SequenceConstruct.html> (opset 11),
//!   <https://onnx.ai/onnx/operators/onnx__Optional.html> (15).
//! * <https://onnx.ai/onnx/operators/onnx__StringNormalizer.html> (opset 10),
//!   <https://onnx.ai/onnx/operators/onnx__StringSplit.html> (20).
//! * <https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html> (opset 12).

use super::operator::{Family, microsoft, onnx};

/// Sequences and optional values.
pub(super) const SEQUENCES: Family = Family {
    title: "sequences and optional values",
    operators: &[
        onnx("ConcatFromSequence"),
        onnx("Optional"),
        onnx("OptionalGetElement"),
        onnx("OptionalHasElement"),
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
        onnx("RegexFullMatch"),
        onnx("StringConcat"),
        onnx("StringNormalizer"),
        onnx("StringSplit"),
        onnx("TfIdfVectorizer"),
        microsoft("Tokenizer"),
    ],
};

/// Losses, and the example of the contributed operators.
pub(super) const LOSSES: Family = Family {
    title: "losses and others",
    operators: &[onnx("NegativeLogLikelihoodLoss"), onnx("SoftmaxCrossEntropyLoss"), microsoft("SampleOp")],
};
