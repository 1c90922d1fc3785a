//! The table of operators for people: `docs/operators.md`.

use super::operator::{Macs, Operator, OperatorSet, ShapeRule, TypeRule};
use super::{FAMILIES, Family};

const HEAD: &str = "\
# Operators

<!-- Printed from the table in src/onnx/ops/. Change it there, then `UPDATE=1 cargo test --test it operators`. -->

## What becomes a layer
";

const BELOW_LAYERS: &str = "
Quantised graphs of either kind (QDQ, integer operators) come out as the quantised layer with its bit widths. Weights may be
anywhere: initializers (stripped, external or missing ones too), inputs, Constants, or computed. Local functions are inlined; both
branches of an If are followed unless its condition is constant; the layers of a Loop or Scan are multiplied by the trip count.

A node whose operator is in none of these tables is listed in `not_lowered` as unknown, and the MAC coverage of the network is then
not known.

## All operators

* **MACs**: `layers` become layers; `none` by the field's convention, which counts no normalisation, pooling, activation or
  element-wise operator; `not modelled` are neither a convolution nor a matrix product of fixed shape.
* **Shape** of the outputs: `tract` infers it; `rule` is the importer's own, for what tract lacks; what both leave open, the file may
  declare in its `value_info`.
* **Type** of the outputs' elements.
* **Elements**: whether they are computed where all inputs are known and few, for shapes depend on them.
";

/// The table as Markdown.
pub(in crate::onnx) fn markdown() -> String {
    let mut text = HEAD.to_owned();
    text += "\n| | ONNX | com.microsoft | other domains |\n|---|---|---|---|\n";
    for family in FAMILIES {
        let names = |wanted: fn(OperatorSet) -> bool| {
            let of_set = layers(family).filter(|operator| wanted(operator.set));
            let name = |operator: &Operator| {
                let domain = match operator.set {
                    OperatorSet::Onnx | OperatorSet::Microsoft => String::new(),
                    set => format!("{}.", set.domain()),
                };
                format!("{domain}{} {}", operator.name, operator.note).trim_end().to_owned()
            };
            of_set.map(name).collect::<Vec<_>>().join(", ")
        };
        if layers(family).next().is_some() {
            let onnx = names(|set| set == OperatorSet::Onnx);
            let microsoft = names(|set| set == OperatorSet::Microsoft);
            let others = names(|set| !matches!(set, OperatorSet::Onnx | OperatorSet::Microsoft));
            line(&mut text, &[family.title, &onnx, &microsoft, &others]);
        }
    }
    text += BELOW_LAYERS;
    for family in FAMILIES {
        let mut title = family.title.to_owned();
        title[..1].make_ascii_uppercase();
        text +=
            &["\n### ", &title, "\n\n| operator | MACs | shape | type | elements |\n|---|---|---|---|---|\n"].concat();
        for operator in family.operators {
            let elements = if operator.evaluated { "computed" } else { "" };
            line(&mut text, &[&link(operator), macs(operator), &shape(operator), &dtype(operator), elements]);
        }
    }
    text
}

fn layers(family: &Family) -> impl Iterator<Item = &Operator> {
    family.operators.iter().filter(|operator| matches!(operator.macs, Macs::Products(_)))
}

fn line(text: &mut String, cells: &[&str]) {
    text.push('|');
    for cell in cells {
        text.push(' ');
        if !cell.is_empty() {
            text.push_str(cell);
            text.push(' ');
        }
        text.push('|');
    }
    text.push('\n');
}

fn link(operator: &Operator) -> String {
    let name = operator.name;
    match operator.set {
        OperatorSet::Onnx => format!("[{name}](https://onnx.ai/onnx/operators/onnx__{name}.html)"),
        OperatorSet::Microsoft => {
            const HOME: &str = "https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md";
            format!("[com.microsoft.{name}]({HOME}#com.microsoft.{name})")
        }
        set => format!("{}.{name}", set.domain()),
    }
}

fn macs(operator: &Operator) -> &'static str {
    match operator.macs {
        Macs::Products(_) => "layers",
        Macs::None => "none",
        Macs::NotModelled => "not modelled",
        Macs::InBodies => "of its subgraphs",
    }
}

fn shape(operator: &Operator) -> String {
    match (operator.macs, operator.shape) {
        (Macs::Products(_), _) => "of its products".into(),
        (Macs::InBodies, _) => "of its subgraphs".into(),
        (_, ShapeRule::Tract) => "tract".into(),
        (_, ShapeRule::First(_)) if operator.set == OperatorSet::Onnx => "tract, rule".into(),
        (_, ShapeRule::First(_) | ShapeRule::Each(_)) => "rule".into(),
        (_, ShapeRule::Declared) => "declared".into(),
        (_, ShapeRule::Same { input, outputs: [0] }) => format!("as input {input}"),
        (_, ShapeRule::Same { input, outputs }) => {
            let outputs: Vec<String> = outputs.iter().map(ToString::to_string).collect();
            format!("as input {input} (outputs {})", outputs.join(", "))
        }
    }
}

fn dtype(operator: &Operator) -> String {
    match operator.dtype {
        TypeRule::Same(input) => format!("as input {input}"),
        TypeRule::Always(dtype) => format!("{dtype:?}").to_lowercase(),
        TypeRule::Of(_) => "rule".into(),
        TypeRule::Stated => "of the constant".into(),
    }
}
