//! Reads problem files, in the v0.4 and the v0.3 form.

use serde_yaml::{Mapping, Value};
use thiserror::Error;

use crate::workload::{Coefficient, DataSpace, Problem, ProblemError, Term};

/// Why a file is no problem.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FormatError {
    #[error("not YAML: {0}")]
    Yaml(#[from] serde_yaml::Error),
    #[error("`{path}`: {message}")]
    At { path: String, message: String },
    #[error(transparent)]
    Problem(#[from] ProblemError),
}

/// A problem and what its file says that Timeloop passes over.
#[derive(Clone, Debug)]
pub struct ReadProblem {
    /// The problem.
    pub problem: Problem,
    /// Keys without effect, each with the nearest name that has one.
    pub warnings: Vec<String>,
}

/// Reads the `problem` of a file.
///
/// # Errors
///
/// Where the file departs from the form, with the path of keys.
pub fn read_problem(text: &str) -> Result<ReadProblem, FormatError> {
    let mut document: Value = serde_yaml::from_str(text)?;
    document.apply_merge()?;
    let problem = field(&document, "", &["problem"])?;
    let shape = field(problem, "problem", &["shape"])?;
    let dimensions: Vec<char> = sequence(shape, "problem.shape", &["dimensions"])?
        .iter()
        .map(|name| letter(name, "problem.shape.dimensions"))
        .collect::<Result<_, _>>()?;
    // The oldest files state the bounds in the problem itself.
    let (instance, instance_path) = match problem.get("instance") {
        Some(instance) => (mapping(instance, "problem.instance")?, "problem.instance"),
        None => (mapping(problem, "problem")?, "problem"),
    };
    let bounds = dimensions
        .iter()
        .map(|name| {
            let value = instance
                .get(name.to_string().as_str())
                .ok_or_else(|| at(instance_path, &format!("there is no bound of dimension `{name}`")))?;
            let bound =
                value.as_u64().ok_or_else(|| at(&format!("{instance_path}.{name}"), "it must be a whole number"))?;
            Ok((*name, bound))
        })
        .collect::<Result<Vec<_>, FormatError>>()?;
    let mut coefficients = Vec::new();
    if let Some(list) = shape.get("coefficients") {
        for (index, entry) in list.as_sequence().into_iter().flatten().enumerate() {
            coefficients.push(coefficient(entry, &format!("problem.shape.coefficients[{index}]"), instance)?);
        }
    }
    let spaces = sequence(shape, "problem.shape", &["data_spaces", "data-spaces"])?;
    let mut data_spaces = Vec::with_capacity(spaces.len());
    for (index, entry) in spaces.iter().enumerate() {
        let path = format!("problem.shape.data_spaces[{index}]");
        data_spaces.push(data_space(entry, &path, &dimensions, &coefficients)?);
    }
    let warnings =
        if instance_path == "problem.instance" { unused(instance, &dimensions, &coefficients) } else { Vec::new() };
    let name = shape.get("name").and_then(Value::as_str).unwrap_or("shape").to_owned();
    Ok(ReadProblem { problem: Problem::new(name, bounds, coefficients, data_spaces)?, warnings })
}

fn at(path: &str, message: &str) -> FormatError {
    FormatError::At { path: path.to_owned(), message: message.to_owned() }
}

fn field<'v>(value: &'v Value, path: &str, names: &[&str]) -> Result<&'v Value, FormatError> {
    let found = names.iter().find_map(|name| value.get(name));
    found.ok_or_else(|| at(path, &format!("there is no `{}`", names[0])))
}

fn mapping<'v>(value: &'v Value, path: &str) -> Result<&'v Mapping, FormatError> {
    value.as_mapping().ok_or_else(|| at(path, "it must be a map"))
}

fn sequence<'v>(value: &'v Value, path: &str, names: &[&str]) -> Result<&'v Vec<Value>, FormatError> {
    let list = field(value, path, names)?;
    list.as_sequence().ok_or_else(|| at(&format!("{path}.{}", names[0]), "it must be a list"))
}

fn letter(value: &Value, path: &str) -> Result<char, FormatError> {
    let mut chars = value.as_str().unwrap_or_default().chars();
    match (chars.next(), chars.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(at(path, "the name of a dimension must be one character")),
    }
}

fn coefficient(entry: &Value, path: &str, instance: &Mapping) -> Result<Coefficient, FormatError> {
    let name = field(entry, path, &["name"])?.as_str().ok_or_else(|| at(path, "its name must be a text"))?;
    let whole = |value: &Value, path: &str| value.as_i64().ok_or_else(|| at(path, "it must be a whole number"));
    let default = match entry.get("default") {
        Some(value) => whole(value, &format!("{path}.default"))?,
        None => 1,
    };
    let value = match instance.get(name) {
        Some(value) => whole(value, &format!("problem.instance.{name}"))?,
        None => default,
    };
    Ok(Coefficient { name: name.to_owned(), default, value })
}

fn data_space(
    entry: &Value,
    path: &str,
    dimensions: &[char],
    coefficients: &[Coefficient],
) -> Result<DataSpace, FormatError> {
    let name = field(entry, path, &["name"])?.as_str().ok_or_else(|| at(path, "its name must be a text"))?;
    let path = format!("{path}.projection");
    let dimension = |value: &Value| {
        let letter = letter(value, &path)?;
        let index = dimensions.iter().position(|name| *name == letter);
        index.ok_or_else(|| at(&path, &format!("there is no dimension `{letter}`")))
    };
    let term = |value: &Value| match value.as_sequence().map(Vec::as_slice) {
        Some([name]) => Ok(Term { dimension: dimension(name)?, coefficient: None }),
        Some([name, factor]) => {
            let factor = factor.as_str().unwrap_or_default();
            let index = coefficients.iter().position(|coefficient| coefficient.name == factor);
            let index = index.ok_or_else(|| at(&path, &format!("there is no coefficient `{factor}`")))?;
            Ok(Term { dimension: dimension(name)?, coefficient: Some(index) })
        }
        _ => Err(at(&path, "a term must be [dimension] or [dimension, coefficient]")),
    };
    let ranks = sequence(entry, &path, &["projection"])?;
    let projection = ranks
        .iter()
        .map(|rank| match rank {
            // The short form: a list of dimensions, one a rank.
            Value::String(_) => Ok(vec![Term { dimension: dimension(rank)?, coefficient: None }]),
            Value::Sequence(terms) => terms.iter().map(term).collect(),
            _ => Err(at(&path, "a rank must be a list of terms")),
        })
        .collect::<Result<Vec<_>, FormatError>>()?;
    let read_write = ["read_write", "read-write"].iter().find_map(|key| entry.get(key)).and_then(Value::as_bool);
    Ok(DataSpace { name: name.to_owned(), projection, read_write: read_write.unwrap_or(false) })
}

/// Instance keys that no dimension or coefficient has: Timeloop reads over them, and a misspelt stride means 1.
fn unused(instance: &Mapping, dimensions: &[char], coefficients: &[Coefficient]) -> Vec<String> {
    let letters = dimensions.iter().map(char::to_string);
    let known: Vec<String> = letters.chain(coefficients.iter().map(|coefficient| coefficient.name.clone())).collect();
    let keys = instance.keys().filter_map(Value::as_str).filter(|key| !known.iter().any(|name| name == key));
    keys.map(|key| {
        let near = known.iter().find(|name| name.eq_ignore_ascii_case(key));
        let hint = near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        format!("`problem.instance.{key}` has no effect: the shape declares no such dimension or coefficient{hint}")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{ProblemHeader, TimeloopVersion, write_problem};
    use crate::workload::{Axis, Convolution, MatMul, Operation, ProblemStyle};
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
            let text = write_problem(&problem, &ProblemHeader::default(), version);
            let read = read_problem(&text).unwrap();
            prop_assert_eq!(read.problem, problem);
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
        let text = write_problem(&problem, &ProblemHeader::default(), TimeloopVersion::V04).replacen(
            "Hstride: 2",
            "HStride: 2",
            1,
        );
        let read = read_problem(&text).unwrap();
        assert_eq!(read.warnings.len(), 1);
        assert!(read.warnings[0].contains("did you mean `Hstride`?"), "{}", read.warnings[0]);
    }

    #[test]
    fn errors_say_where() {
        let message = |text: &str| read_problem(text).unwrap_err().to_string();
        assert_eq!(message("mapping: []"), "``: there is no `problem`");
        assert_eq!(
            message("problem: {shape: {dimensions: [AB]}}"),
            "`problem.shape.dimensions`: the name of a dimension must be one character"
        );
        assert_eq!(
            message("problem: {instance: {A: x}, shape: {dimensions: [A]}}"),
            "`problem.instance.A`: it must be a whole number"
        );
    }
}
