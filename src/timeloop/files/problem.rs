//! Reads a problem: shape and instance, in the v0.4 and the v0.3 form (docs/model.md section 1.1).

use serde_yaml::Value;

use super::node::{FormatError, Node, parse_document};
use super::warning::{Warning, suggestion};
use crate::warned::Warned;
use crate::workload::{Coefficient, DataSpace, Problem, Term};

/// Keys of an instance that the shape need not declare: input sizes and paddings, noted for people, and densities.
const SILENT: [&str; 9] = ["densities", "commonDensity", "name", "H", "W", "D", "Hpad", "Wpad", "Dpad"];

/// Timeloop's own shape, where a problem names none.
const DEFAULT_SHAPE: &str = "
name: cnn_layer
dimensions: [R, S, P, Q, C, K, N]
coefficients:
- {name: Wstride, default: 1}
- {name: Hstride, default: 1}
- {name: Wdilation, default: 1}
- {name: Hdilation, default: 1}
data_spaces:
- {name: Weights, projection: [[[C]], [[K]], [[R]], [[S]]]}
- name: Inputs
  projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]
- {name: Outputs, projection: [[[N]], [[K]], [[Q]], [[P]]], read_write: true}
";

/// Reads the `problem` of a file. The remarks are about keys without effect, each with the nearest name that has one.
///
/// # Errors
///
/// Where the file departs from the form, with the path of keys.
pub fn read_problem(text: &str) -> Result<Warned<Problem>, FormatError> {
    Ok(read(&parse_document(text)?)?.in_words())
}

/// The problem of a document, and what had no effect in it.
///
/// # Errors
///
/// Where it departs from the form, with the path of keys.
pub fn read(document: &Value) -> Result<Warned<Problem, Warning>, FormatError> {
    let root = Node::root(document);
    let problem = root.require("problem")?;
    problem.map()?;
    let default = parse_document(DEFAULT_SHAPE)?;
    let shape = match problem.get("shape") {
        Some(named) if named.scalar().is_some() => {
            let name = named.text()?;
            if !is_default_shape(&name) {
                return Err(named.invalid(format!(
                    "the shape `{name}` stands in another file; write its `dimensions` and `data_spaces` here"
                )));
            }
            Node { path: named.path, value: &default }
        }
        Some(shape) => shape,
        None => Node { path: "problem.shape".to_owned(), value: &default },
    };
    if let Some(flatten) = shape.get("flatten").filter(|node| !node.value.as_sequence().is_some_and(Vec::is_empty)) {
        return Err(flatten.invalid("flattened dimensions are not modelled; remove this key"));
    }
    // The oldest files state the bounds in the problem itself.
    let instance = problem.get("instance").unwrap_or_else(|| problem.clone());
    instance.map()?;
    let dimensions = dimensions(&shape, &instance)?;
    let coefficients = coefficients(&shape, &instance)?;
    let names = Names { dimensions: &dimensions, coefficients: &coefficients };
    let spaces = shape.require_any(&["data_spaces", "data-spaces"])?.list()?;
    let spaces = spaces.iter().map(|space| names.data_space(space)).collect::<Result<_, _>>()?;
    let name = shape.get("name").and_then(|name| name.scalar()).unwrap_or_else(|| "shape".to_owned());
    let warnings = unknown(&instance, &names, problem.get("instance").is_some())?;
    Ok(Warned { value: Problem::new(name, dimensions, coefficients, spaces)?, warnings })
}

/// Whether a name is that of Timeloop's own shape.
pub(super) fn is_default_shape(name: &str) -> bool {
    matches!(name, "cnn_layer" | "cnn-layer")
}

fn letter(node: &Node) -> Result<char, FormatError> {
    let text = node.text()?;
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(node.invalid(format!("dimension `{text}` must be named by one letter"))),
    }
}

fn dimensions(shape: &Node, instance: &Node) -> Result<Vec<(char, u64)>, FormatError> {
    let list = shape.require("dimensions")?.list()?;
    list.iter()
        .map(|node| {
            let letter = letter(node)?;
            Ok((letter, instance.require(&letter.to_string())?.count()?))
        })
        .collect()
}

fn coefficients(shape: &Node, instance: &Node) -> Result<Vec<Coefficient>, FormatError> {
    let list = shape.list_of("coefficients")?;
    list.iter()
        .map(|node| {
            let name = node.require("name")?.text()?;
            let default = node.get("default").map(|node| node.integer()).transpose()?;
            let value = instance.get(&name).map(|node| node.integer()).transpose()?;
            let value =
                value.or(default).ok_or_else(|| node.invalid(format!("`{name}` has neither value nor default")))?;
            Ok(Coefficient { name, default: default.unwrap_or(1), value })
        })
        .collect()
}

struct Names<'a> {
    dimensions: &'a [(char, u64)],
    coefficients: &'a [Coefficient],
}

impl Names<'_> {
    fn data_space(&self, node: &Node) -> Result<DataSpace, FormatError> {
        let ranks = node.require("projection")?.list()?;
        // A name in place of a list of terms is a rank of that dimension alone.
        let rank = |rank: &Node| -> Result<Vec<Term>, FormatError> {
            if rank.scalar().is_some() {
                return Ok(vec![Term { dimension: self.dimension(rank)?, coefficient: None }]);
            }
            rank.list()?.iter().map(|term| self.term(term)).collect()
        };
        Ok(DataSpace {
            name: node.require("name")?.text()?,
            projection: ranks.iter().map(rank).collect::<Result<_, _>>()?,
            read_write: node.first(&["read_write", "read-write"]).map_or(Ok(false), |node| node.flag())?,
        })
    }

    fn term(&self, node: &Node) -> Result<Term, FormatError> {
        let parts = node.list()?;
        match parts.as_slice() {
            [dimension] => Ok(Term { dimension: self.dimension(dimension)?, coefficient: None }),
            [dimension, coefficient] => {
                Ok(Term { dimension: self.dimension(dimension)?, coefficient: Some(self.coefficient(coefficient)?) })
            }
            _ => Err(node.invalid("a term is `[dimension]` or `[dimension, coefficient]`")),
        }
    }

    fn dimension(&self, node: &Node) -> Result<usize, FormatError> {
        let letter = letter(node)?;
        let found = self.dimensions.iter().position(|(name, _)| *name == letter);
        found.ok_or_else(|| node.invalid(format!("`{letter}` is not a dimension of the shape")))
    }

    fn coefficient(&self, node: &Node) -> Result<usize, FormatError> {
        let name = node.text()?;
        let found = self.coefficients.iter().position(|coefficient| coefficient.name == name);
        found.ok_or_else(|| {
            let hint = suggestion(&name, self.coefficients.iter().map(|coefficient| coefficient.name.as_str()));
            node.invalid(format!("`{name}` is not a coefficient of the shape{hint}"))
        })
    }
}

/// Keys of the instance that the shape does not declare: Timeloop reads over them, and a misspelt stride means 1.
fn unknown(instance: &Node, names: &Names, separate: bool) -> Result<Vec<Warning>, FormatError> {
    let outer: &[&str] = if separate { &[] } else { &["shape", "version"] };
    let mut warnings = Vec::new();
    for (key, node) in instance.entries()? {
        let is_dimension = names.dimensions.iter().any(|(letter, _)| key == letter.to_string());
        let is_coefficient = names.coefficients.iter().any(|coefficient| coefficient.name == key);
        if is_dimension || is_coefficient || SILENT.contains(&key.as_str()) || outer.contains(&key.as_str()) {
            continue;
        }
        let letters: Vec<String> = names.dimensions.iter().map(|(letter, _)| letter.to_string()).collect();
        let coefficients = names.coefficients.iter().map(|coefficient| coefficient.name.as_str());
        let hint = suggestion(&key, coefficients.chain(letters.iter().map(String::as_str)));
        warnings.push(
            node.warning(format!("the shape declares no dimension or coefficient `{key}`{hint}; it has no effect")),
        );
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeloop::files::sparse::densities;
    use crate::timeloop::files::{ProblemHeader, TimeloopVersion, write_problem};
    use crate::workload::{Axis, Convolution, Densities, Density, MatMul, Operation, ProblemStyle};
    use proptest::prelude::*;

    fn axis() -> impl Strategy<Value = Axis> {
        (1u64..8, 1u64..4, 1u64..20, 0i64..9, 60u64..90).prop_filter_map(
            "fits",
            |(kernel, stride, dilation, pad, input)| {
                Axis::convolution(kernel, stride, dilation, (pad, pad), input).ok()
            },
        )
    }

    fn operation() -> impl Strategy<Value = Operation> {
        let convolution = (1u64..3, 1u64..5, 1u64..9, 1u64..9, prop::collection::vec(axis(), 1..4), any::<bool>())
            .prop_map(|(batch, groups, in_channels_per_group, out_channels_per_group, window, transposed)| {
                Operation::Convolution(Convolution {
                    batch,
                    groups,
                    in_channels_per_group,
                    out_channels_per_group,
                    window,
                    transposed,
                })
            });
        let matmul = (1u64..4, 1u64..99, 1u64..99, 1u64..99)
            .prop_map(|(batch, m, n, k)| Operation::MatMul(MatMul { batch, m, n, k }));
        prop_oneof![convolution, matmul]
    }

    proptest! {
        #[test]
        fn every_problem_reads_back(operation in operation(), conv2d in any::<bool>(), old in any::<bool>()) {
            let style = if conv2d { ProblemStyle::Conv2d } else { ProblemStyle::Native };
            let version = if old { TimeloopVersion::V03 } else { TimeloopVersion::V04 };
            let problem = Problem::of(&operation, style).unwrap();
            prop_assert_eq!(Some(problem.macs()), operation.macs());
            let text = write_problem(&problem, &Densities::dense(&problem), &ProblemHeader::default(), version);
            let read = read_problem(&text).unwrap();
            prop_assert_eq!(read.value, problem);
            prop_assert!(read.warnings.is_empty());
        }

        #[test]
        fn every_density_reads_back(share in 1e-9..=1.0f64, kinds in prop::collection::vec(0u8..4, 3), old in any::<bool>()) {
            let operation = Operation::MatMul(MatMul { batch: 1, m: 4, n: 5, k: 6 });
            let problem = Problem::of(&operation, ProblemStyle::Native).unwrap();
            let mut stated = Densities::dense(&problem);
            for (space, kind) in kinds.into_iter().enumerate() {
                stated.set(space, match kind {
                    0 => Density::FixedStructured(share),
                    1 => Density::Hypergeometric(share),
                    2 => Density::Banded(3),
                    _ => Density::DENSE,
                });
            }
            let version = if old { TimeloopVersion::V03 } else { TimeloopVersion::V04 };
            let text = write_problem(&problem, &stated, &ProblemHeader::default(), version);
            let read = densities::read(&parse_document(&text).unwrap(), &problem).unwrap();
            prop_assert_eq!(read.value, stated);
            prop_assert!(read.warnings.is_empty());
        }

        #[test]
        fn any_text_is_an_error_or_a_problem(text in "\\PC{0,200}") {
            let _ = read_problem(&text);
        }
    }

    #[test]
    fn misspelt_strides_are_pointed_out() {
        let operation = Operation::Convolution(Convolution {
            batch: 1,
            groups: 1,
            in_channels_per_group: 1,
            out_channels_per_group: 1,
            window: vec![Axis::convolution(3, 2, 1, (0, 0), 9).unwrap(); 2],
            transposed: false,
        });
        let problem = Problem::of(&operation, ProblemStyle::Native).unwrap();
        let dense = Densities::dense(&problem);
        let text = write_problem(&problem, &dense, &ProblemHeader::default(), TimeloopVersion::V04);
        let text = text.replacen("Hstride: 2", "HStride: 2", 1);
        let read = read_problem(&text).unwrap();
        assert_eq!(read.warnings.len(), 1);
        assert!(read.warnings[0].contains("did you mean `Hstride`?"), "{}", read.warnings[0]);
    }

    #[test]
    fn errors_say_where() {
        let message = |text: &str| read_problem(text).unwrap_err().to_string();
        assert_eq!(message("mapping: []"), "`problem` is missing");
        assert_eq!(
            message("problem: {shape: {dimensions: [AB]}}"),
            "`problem.shape.dimensions[0]`: dimension `AB` must be named by one letter"
        );
        assert_eq!(
            message("problem: {instance: {A: x}, shape: {dimensions: [A]}}"),
            "`problem.instance.A` must be a whole number, found `x`"
        );
        assert_eq!(message("problem: {instance: {}, shape: {dimensions: [A]}}"), "`problem.instance.A` is missing");
        let flat =
            message("problem: {instance: {A: 1}, shape: {dimensions: [A], flatten: [{name: B, dimensions: [A]}]}}");
        assert_eq!(flat, "`problem.shape.flatten`: flattened dimensions are not modelled; remove this key");
        let misspelt = message("problem: {instance: {A: 1}, shape: {dimensoins: [A]}}");
        assert_eq!(misspelt, "`problem.shape.dimensions` is missing; is `dimensoins` meant to be it?");
        let named = message("problem: {shape: gemm}");
        assert!(named.contains("write its `dimensions` and `data_spaces` here"), "{named}");
    }

    /// Without a shape: Timeloop's own, whose filters are K.
    #[test]
    fn a_problem_without_a_shape_has_the_default_shape() {
        let read = read_problem("problem: {R: 3, S: 3, P: 8, Q: 8, C: 4, K: 16, N: 1, Wstride: 2}").unwrap();
        assert_eq!((read.value.bound('K'), read.value.macs()), (Some(16), 9 * 64 * 64));
        assert_eq!((read.value.coefficients()[0].value, read.warnings.len()), (2, 0));
    }

    /// The old spelling, and projections that are flat lists of names.
    #[test]
    fn v03_problems_are_read() {
        let text = "problem: {instance: {M: 4, K: 5}, shape: {dimensions: [M, K], data-spaces: [
            {name: A, projection: [M, K]}, {name: Z, projection: [[[M]]], read-write: True}]}}";
        let problem = read_problem(text).unwrap().value;
        let spaces = problem.data_spaces();
        assert_eq!((spaces[0].projection.len(), spaces[0].read_write, spaces[1].read_write), (2, false, true));
    }
}
