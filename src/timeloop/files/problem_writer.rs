//! Problem files in the form that Timeloop's users write: flow lists, one data space a block, a comment on top.

use std::fmt::Write;

use indexmap::IndexMap;

use super::yaml::{comment, list};
use crate::workload::{Densities, Density, DistinctProblem, Layer, Problem, Term};

/// The form of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeloopVersion {
    /// `data_spaces`, `read_write`, `version: 0.4`.
    #[default]
    V04,
    /// `data-spaces`, `read-write`, no version.
    V03,
}

impl TimeloopVersion {
    /// The version as it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::V04 => "0.4",
            Self::V03 => "0.3",
        }
    }
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
            let also: Vec<&str> = members[1..].iter().map(|layer| layer.name.as_str()).collect();
            lines.push(format!("also: {}", shortened(&also)));
        }
        lines.push(format!("MACs: {}", first.macs));
        // Padding and number widths are no part of a problem: layers that share one may differ in them.
        let mut details: IndexMap<String, Vec<&str>> = IndexMap::new();
        for layer in &members {
            details.entry(detail(layer)).or_default().push(&layer.name);
        }
        let alike = details.len() == 1;
        for (detail, names) in details {
            lines.push(if alike { detail } else { format!("{detail}: {}", shortened(&names)) });
        }
        Self { lines }
    }
}

/// What a problem does not say of its layer.
fn detail(layer: &Layer) -> String {
    let bits = format!("bits: input {}, weight {}, output {}", layer.bits.input, layer.bits.weight, layer.bits.output);
    match layer.convolution() {
        None => bits,
        Some(convolution) => {
            let crops = if convolution.transposed { ", cropping the output" } else { "" };
            format!(
                "padding: {} (all begins, then all ends{crops}); {} MACs not on padding; {bits}",
                list(convolution.pads()),
                layer.macs_not_on_padding
            )
        }
    }
}

fn shortened(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown}, and {} more", names.len() - NAMED) } else { shown }
}

/// The text of a problem file. Data without zeros have no densities there.
pub fn write_problem(
    problem: &Problem,
    densities: &Densities,
    header: &ProblemHeader,
    version: TimeloopVersion,
) -> String {
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
    let coefficients =
        problem.coefficients().iter().map(|coefficient| format!("{}: {}", coefficient.name, coefficient.value));
    let instance: Vec<String> =
        bounds.chain(coefficients).chain(densities_entry(problem, densities, version)).collect();
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

/// The entry of the instance that states densities: maps with both keys, since the published front end wants them.
pub(super) fn densities_entry(problem: &Problem, densities: &Densities, version: TimeloopVersion) -> Option<String> {
    let entry = |density: Density| {
        let name = density.distribution().name();
        // Old programs know the names with hyphens.
        let name = if version == TimeloopVersion::V03 { name.replace('_', "-") } else { name.to_owned() };
        let width = if let Density::Banded(width) = density { format!(", band_width: {width}") } else { String::new() };
        format!("{{distribution: {name}, density: {}{width}}}", density.share().unwrap_or(1.0))
    };
    let spaces = problem.data_spaces().iter().enumerate().map(|(index, space)| (space, densities.of(index)));
    let stated = spaces.filter(|(_, density)| *density != Density::DENSE);
    let entries: Vec<String> = stated.map(|(space, density)| format!("{}: {}", space.name, entry(density))).collect();
    (!entries.is_empty()).then(|| format!("densities: {{{}}}", entries.join(", ")))
}
