//! Problem files in the form that Timeloop's users write: flow lists, one data space a block, a comment on top.

use std::fmt::Write;

use super::yaml::{comment, list};
use crate::workload::{DistinctProblem, Layer, Problem, Term};

/// The form of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeloopVersion {
    /// `data_spaces`, `read_write`, `version: 0.4`.
    #[default]
    V04,
    /// `data-spaces`, `read-write`, no version.
    V03,
}

/// The comment above a problem: which layers it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProblemHeader {
    lines: Vec<String>,
}

/// Layers named in a header; more are counted.
const NAMED: usize = 8;

impl ProblemHeader {
    /// Describes the layers of a distinct problem.
    pub fn of(network: &str, distinct: &DistinctProblem, layers: &[Layer]) -> Self {
        let members: Vec<&Layer> = distinct.layers.iter().map(|index| &layers[*index]).collect();
        let first = members[0];
        let mut lines = vec![
            format!("{}, a layer of {}", first.name, comment(network)),
            format!("node: {} ({})", comment(&first.node), first.op),
            format!("count: {}", distinct.count),
        ];
        if members.len() > 1 {
            let mut also: Vec<&str> = members[1..].iter().take(NAMED).map(|layer| layer.name.as_str()).collect();
            let more = format!("and {} more", members.len() - 1 - also.len());
            if members.len() - 1 > NAMED {
                also.push(&more);
            }
            lines.push(format!("also: {}", also.join(", ")));
        }
        lines.push(format!("MACs: {} ({} not on padding)", first.macs, first.macs_not_on_padding));
        if let Some(convolution) = first.convolution() {
            let before = convolution.window.iter().map(|axis| axis.pad_before);
            let pads = before.chain(convolution.window.iter().map(|axis| axis.pad_after));
            let note = if convolution.transposed { " (crops the output)" } else { "" };
            lines.push(format!("padding: {}, all begins, then all ends{note}", list(pads)));
        }
        lines.push(format!(
            "bits: input {}, weight {}, output {}",
            first.bits.input, first.bits.weight, first.bits.output
        ));
        Self { lines }
    }
}

/// The text of a problem file.
pub fn write_problem(problem: &Problem, header: &ProblemHeader, version: TimeloopVersion) -> String {
    let mut text = String::new();
    for line in &header.lines {
        let _ = writeln!(text, "# {line}");
    }
    let (spaces, read_write) = match version {
        TimeloopVersion::V04 => ("data_spaces", "read_write"),
        TimeloopVersion::V03 => ("data-spaces", "read-write"),
    };
    text.push_str("problem:\n");
    if version == TimeloopVersion::V04 {
        text.push_str("  version: 0.4\n");
    }
    let bounds = problem.dimensions().iter().map(|(name, bound)| format!("{name}: {bound}"));
    let coefficients = problem.coefficients().iter().map(|of| format!("{}: {}", of.name, of.value));
    let instance: Vec<String> = bounds.chain(coefficients).collect();
    let _ = writeln!(text, "  instance: {{{}}}", instance.join(", "));
    let _ = writeln!(text, "  shape:\n    name: {}", super::yaml::text(problem.name()));
    let _ = writeln!(text, "    dimensions: {}", list(problem.dimensions().iter().map(|(name, _)| name)));
    if problem.coefficients().is_empty() {
        text.push_str("    coefficients: []\n");
    } else {
        text.push_str("    coefficients:\n");
        for coefficient in problem.coefficients() {
            let _ = writeln!(text, "    - {{name: {}, default: {}}}", coefficient.name, coefficient.default);
        }
    }
    let _ = writeln!(text, "    {spaces}:");
    for space in problem.data_spaces() {
        let term = |term: &Term| {
            let dimension = problem.dimensions()[term.dimension].0;
            match term.coefficient {
                Some(index) => format!("[{dimension}, {}]", problem.coefficients()[index].name),
                None => format!("[{dimension}]"),
            }
        };
        let ranks = space.projection.iter().map(|rank| list(rank.iter().map(term)));
        let _ = writeln!(text, "    - name: {}\n      projection: {}", space.name, list(ranks));
        if space.read_write {
            let _ = writeln!(text, "      {read_write}: true");
        }
    }
    text
}
