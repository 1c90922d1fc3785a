//! Reads and writes `map.yaml` (docs/model.md section 3.1).

use std::fmt::Write as _;

use serde_yaml::Value;

use super::keys;
use super::node::{FormatError, Node};
use super::terms::{Terms, joined, number};
use super::warning::Warning;
use crate::architecture::Architecture;
use crate::mapping::{
    Axis, DataSpaceSet, LevelMapping, LevelPolicy, Loop, LoopOrder, Mapping, SpatialLoop, no_fan_out,
};
use crate::warned::Warned;
use crate::workload::Problem;

/// The mapping of a document, checked, and what had no effect in it.
pub fn read(
    document: &Value,
    architecture: &Architecture,
    problem: &Problem,
) -> Result<Warned<Mapping, Warning>, FormatError> {
    let Warned { value: (mapping, _), warnings } = read_with_order(document, architecture, problem)?;
    Ok(Warned { value: mapping, warnings })
}

/// The same with the order of all loops, those of one iteration included.
pub fn read_with_order(
    document: &Value,
    architecture: &Architecture,
    problem: &Problem,
) -> Result<Warned<(Mapping, LoopOrder), Warning>, FormatError> {
    let root = Node::root(document);
    let policy = LevelPolicy::keeping(DataSpaceSet::all(problem.data_spaces().len()));
    let kept = LevelMapping { policy, ..LevelMapping::default() };
    let levels = vec![kept; architecture.levels().len()];
    let mut reader = Reader {
        terms: Terms { architecture, problem },
        order: LoopOrder::of(&Mapping { levels: levels.clone() }, problem.dimensions().len()),
        mapping: Mapping { levels },
        given: Vec::new(),
        warnings: Vec::new(),
    };
    for directive in root.require("mapping")?.list()? {
        reader.directive(&directive)?;
    }
    reader.mapping.check(architecture, problem)?;
    Ok(Warned { value: (reader.mapping, reader.order), warnings: reader.warnings })
}

struct Reader<'a> {
    terms: Terms<'a>,
    mapping: Mapping,
    order: LoopOrder,
    /// Levels whose temporal or spatial loops are given.
    given: Vec<(usize, bool)>,
    warnings: Vec<Warning>,
}

impl Reader<'_> {
    fn directive(&mut self, node: &Node) -> Result<(), FormatError> {
        let level = self.terms.level(&node.require("target")?)?;
        let kind = node.require("type")?;
        match kind.text()?.as_str() {
            "temporal" => self.temporal(node, level),
            "spatial" => self.spatial(node, level),
            "datatype" | "bypass" | "dataspace" | "bypassing" => self.data_spaces(node, level),
            other => Err(kind.invalid(format!("`{other}` is none of temporal, spatial, datatype"))),
        }
    }

    fn once(&mut self, node: &Node, level: usize, spatial: bool) -> Result<(), FormatError> {
        if self.given.contains(&(level, spatial)) {
            let name = &self.terms.architecture.levels()[level].name;
            return Err(node.invalid(format!("the loops of `{name}` are given twice")));
        }
        self.given.push((level, spatial));
        Ok(())
    }

    fn temporal(&mut self, node: &Node, level: usize) -> Result<(), FormatError> {
        self.once(node, level, false)?;
        keys::check(node, &[&keys::ITERATION, &keys::TEMPORAL], &mut self.warnings)?;
        let loops = self.loops(node)?;
        let no_reuse = self.terms.data_spaces(node, &["no_reuse", "no_temporal_reuse"])?;
        let rmw = self.terms.data_spaces(node, &["rmw_first_update"])?;
        self.order.levels[level].temporal = loops.iter().map(|iteration| iteration.dimension).collect();
        let mapping = &mut self.mapping.levels[level];
        mapping.temporal = loops.into_iter().filter(|iteration| iteration.bound > 1).collect();
        mapping.policy.no_temporal_reuse = no_reuse;
        mapping.policy.rmw_first_update = rmw;
        Ok(())
    }

    fn spatial(&mut self, node: &Node, level: usize) -> Result<(), FormatError> {
        self.once(node, level, true)?;
        keys::check(node, &[&keys::ITERATION, &keys::SPATIAL], &mut self.warnings)?;
        if self.terms.architecture.fan_out(level).product() == 1 {
            return Err(no_fan_out(self.terms.architecture, level).into());
        }
        let loops = self.loops(node)?;
        let split = node.get("split").map(|split| split.count()).transpose()?;
        let split = split.map_or(usize::MAX, |split| usize::try_from(split).unwrap_or(usize::MAX));
        let axis = |position: usize| if position < split { Axis::X } else { Axis::Y };
        self.order.levels[level].spatial = loops.iter().map(|iteration| iteration.dimension).collect();
        let placed =
            loops.into_iter().enumerate().map(|(position, iteration)| SpatialLoop { iteration, axis: axis(position) });
        let no_multicast = self.terms.data_spaces(node, &["no_reuse", "no_multicast_no_reduction"])?;
        let no_link_transfer = self.terms.data_spaces(node, &["no_link_transfer"])?;
        let mapping = &mut self.mapping.levels[level];
        mapping.spatial = placed.filter(|spatial| spatial.iteration.bound > 1).collect();
        mapping.policy.no_multicast = no_multicast;
        mapping.policy.no_link_transfer = no_link_transfer;
        Ok(())
    }

    fn data_spaces(&mut self, node: &Node, level: usize) -> Result<(), FormatError> {
        keys::check(node, &[&keys::DATA_SPACES], &mut self.warnings)?;
        let (keep, bypass) = (self.terms.data_spaces(node, &["keep"])?, self.terms.data_spaces(node, &["bypass"])?);
        let no_coalesce = self.terms.data_spaces(node, &["no_coalesce"])?;
        let mapping = &mut self.mapping.levels[level];
        for space in 0..self.terms.problem.data_spaces().len() {
            if keep.contains(space) {
                mapping.policy.keep.insert(space);
            }
            if bypass.contains(space) {
                mapping.policy.keep.remove(space);
            }
        }
        mapping.policy.no_coalesce = no_coalesce;
        Ok(())
    }

    /// The loops of a directive, innermost first, unit loops included.
    fn loops(&mut self, node: &Node) -> Result<Vec<Loop>, FormatError> {
        let dimensions = self.terms.problem.dimensions();
        let mut loops: Vec<Loop> = (0..dimensions.len()).map(|dimension| Loop::perfect(dimension, 1)).collect();
        if let Some(factors) = node.get("factors") {
            self.factors(&factors, &mut loops)?;
        }
        let order = match node.get("permutation") {
            Some(permutation) => self.permutation(&permutation)?,
            None => (0..dimensions.len()).collect(),
        };
        Ok(order.into_iter().map(|dimension| loops[dimension]).collect())
    }

    /// Dimensions from the innermost loop outwards; those not named follow in the problem's order.
    fn permutation(&self, node: &Node) -> Result<Vec<usize>, FormatError> {
        let text = joined(node)?;
        let mut order = Vec::new();
        for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != ',') {
            let dimension = self.terms.dimension(node, letter)?;
            if order.contains(&dimension) {
                return Err(node.invalid(format!("`{letter}` is named twice")));
            }
            order.push(dimension);
        }
        let rest: Vec<usize> =
            (0..self.terms.problem.dimensions().len()).filter(|dimension| !order.contains(dimension)).collect();
        order.extend(rest);
        Ok(order)
    }

    /// `C=2 M4 P5,3`: dimension, number of iterations (0 is the whole dimension), and those of the last pass. Limits (`C<=2`),
    /// which stand here where the front end has made constraints a mapping, fix no loop: the real tool skips them, too.
    fn factors(&mut self, node: &Node, loops: &mut [Loop]) -> Result<(), FormatError> {
        let text = joined(node)?;
        let mut seen = vec![false; loops.len()];
        let mut rest = text.as_str();
        loop {
            rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',');
            let Some(letter) = rest.chars().next() else { return Ok(()) };
            let wrong = || node.invalid(format!("expected a factor such as `{letter}=4` at `{rest}`"));
            let dimension = self.terms.dimension(node, letter)?;
            let after = rest[letter.len_utf8()..].trim_start();
            if let Some(limit) = after.strip_prefix("<=").or_else(|| after.strip_prefix(">=")) {
                (_, rest) = number(limit.trim_start()).ok_or_else(wrong)?;
                continue;
            }
            let after = after.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '=');
            let (bound, after) = number(after).ok_or_else(wrong)?;
            let residual = after.strip_prefix(',').and_then(number);
            let (residual, after) = residual.map_or((None, after), |(residual, after)| (Some(residual), after));
            if std::mem::replace(&mut seen[dimension], true) {
                return Err(node.invalid(format!("dimension `{letter}` has two factors")));
            }
            let bound = if bound == 0 {
                self.warnings.push(node.warning(format!("`{letter}=0` means the whole dimension, not a remainder")));
                self.terms.problem.dimensions()[dimension].1
            } else {
                bound
            };
            loops[dimension] = Loop { dimension, bound, residual: residual.unwrap_or(bound) };
            rest = after;
        }
    }
}

/// A mapping as timeloop-mapper writes it: what each level keeps, then the loops. Residuals and exceptions of policies, which the real
/// tool leaves out, are written where there are any, so that reading gives the same mapping.
pub fn write(mapping: &Mapping, architecture: &Architecture, problem: &Problem) -> String {
    write_in_order(mapping, &LoopOrder::of(mapping, problem.dimensions().len()), architecture, problem)
}

/// The same of a mapping whose loops of one iteration have an order, too.
pub fn write_in_order(mapping: &Mapping, order: &LoopOrder, architecture: &Architecture, problem: &Problem) -> String {
    let mut out = "mapping:".to_owned();
    for (level, mapping) in architecture.levels().iter().zip(&mapping.levels) {
        directive(&mut out, &level.name, "datatype");
        let bypass = (0..problem.data_spaces().len()).filter(|space| !mapping.policy.keep.contains(*space)).collect();
        list(&mut out, "keep", mapping.policy.keep, problem);
        list(&mut out, "bypass", bypass, problem);
        optional(&mut out, "no_coalesce", mapping.policy.no_coalesce, problem);
    }
    let levels = architecture.levels().iter().zip(&mapping.levels).zip(&order.levels);
    for (index, ((level, mapping), order)) in levels.enumerate() {
        let has_fan_out = architecture.fan_out(index).product() > 1;
        if !mapping.spatial.is_empty() || (has_fan_out && !order.spatial.is_sorted()) {
            directive(&mut out, &level.name, "spatial");
            let loops: Vec<Loop> = mapping.spatial.iter().map(|spatial| spatial.iteration).collect();
            write_loops(&mut out, &loops, &order.spatial, problem);
            // Along X those up to the last one that needs it.
            let is_x = |dimension: &usize| {
                let placed = mapping.spatial.iter().find(|spatial| spatial.iteration.dimension == *dimension);
                placed.is_some_and(|spatial| spatial.axis == Axis::X)
            };
            let split = order.spatial.iter().rposition(is_x).map_or(0, |last| last + 1);
            let _ = write!(out, "\n    split: {split}");
            optional(&mut out, "no_reuse", mapping.policy.no_multicast, problem);
            optional(&mut out, "no_link_transfer", mapping.policy.no_link_transfer, problem);
        }
        directive(&mut out, &level.name, "temporal");
        write_loops(&mut out, &mapping.temporal, &order.temporal, problem);
        optional(&mut out, "no_reuse", mapping.policy.no_temporal_reuse, problem);
        optional(&mut out, "rmw_first_update", mapping.policy.rmw_first_update, problem);
    }
    out
}

fn directive(out: &mut String, target: &str, kind: &str) {
    let _ = write!(out, "\n  - target: {target}\n    type: {kind}");
}

fn list(out: &mut String, key: &str, set: DataSpaceSet, problem: &Problem) {
    let _ = write!(out, "\n    {key}:");
    let names = problem.data_spaces().iter().enumerate().filter(|(index, _)| set.contains(*index));
    names.for_each(|(_, space)| {
        let _ = write!(out, "\n      - {}", space.name);
    });
    if set.is_empty() {
        out.push_str("\n      []");
    }
}

fn optional(out: &mut String, key: &str, set: DataSpaceSet, problem: &Problem) {
    if !set.is_empty() {
        list(out, key, set, problem);
    }
}

fn write_loops(out: &mut String, loops: &[Loop], order: &[usize], problem: &Problem) {
    let factor = |(dimension, (letter, _)): (usize, &(char, u64))| {
        let found = loops.iter().find(|iteration| iteration.dimension == dimension);
        let Loop { bound, residual, .. } = found.copied().unwrap_or(Loop::perfect(dimension, 1));
        if bound == residual { format!("{letter}{bound}") } else { format!("{letter}{bound},{residual}") }
    };
    let factors: Vec<String> = problem.dimensions().iter().enumerate().map(factor).collect();
    let permutation: String = order.iter().map(|dimension| problem.dimensions()[*dimension].0).collect();
    let _ = write!(out, "\n    factors: {}\n    permutation: {permutation}", factors.join(" "));
}
