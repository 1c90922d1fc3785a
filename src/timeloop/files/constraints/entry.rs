//! One constraint at a time.

use std::collections::HashMap;

use super::ReadConstraints;
use super::factors::{self, respecified};
use crate::architecture::Architecture;
use crate::mapping::{Axis, DataSpaceSet, no_fan_out};
use crate::mapspace::{Constraints, LoopConstraints};
use crate::timeloop::files::keys;
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::terms::Terms;
use crate::timeloop::files::warning::{Warning, suggestion};
use crate::workload::Problem;

const TYPES: [&str; 9] = [
    "temporal",
    "spatial",
    "datatype",
    "dataspace",
    "bypass",
    "bypassing",
    "utilization",
    "parallelism",
    "max_overbooked_proportion",
];

/// Limits for the dimensions that state none.
#[derive(Clone, Copy, Default)]
struct Defaults {
    at_most: Option<u64>,
    at_least: Option<u64>,
}

/// An entry, with the map of its fields where it has one.
struct Entry<'a> {
    node: &'a Node<'a>,
    attributes: Option<Node<'a>>,
}

impl<'a> Entry<'a> {
    fn get(&self, key: &str) -> Option<Node<'a>> {
        self.node.get(key).or_else(|| self.attributes.as_ref()?.get(key))
    }

    /// The value of the first of several keys that is present.
    fn first(&self, keys: &[&str]) -> Option<Node<'a>> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// Remarks on the fields that its type does not have.
    fn check_keys(&self, known: &[&[&str]], warnings: &mut Vec<Warning>) -> Result<(), FormatError> {
        std::iter::once(self.node).chain(&self.attributes).try_for_each(|node| keys::check(node, known, warnings))
    }
}

/// Collects the constraints of a document.
pub(super) struct Reader<'a> {
    terms: Terms<'a>,
    constraints: Constraints,
    pub(super) warnings: Vec<Warning>,
    /// Of each level: those of its temporal and of its spatial loops.
    defaults: Vec<[Defaults; 2]>,
    /// Levels whose spatial loops are constrained, and where first.
    spatial: HashMap<usize, String>,
    /// Data spaces that a level is told to keep or not to keep.
    decided: Vec<DataSpaceSet>,
    has_min_parallelism: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(architecture: &'a Architecture, problem: &'a Problem) -> Self {
        let levels = architecture.levels().len();
        Self {
            terms: Terms { architecture, problem },
            constraints: Constraints::none(architecture, problem),
            warnings: Vec::new(),
            defaults: vec![<[Defaults; 2]>::default(); levels],
            spatial: HashMap::new(),
            decided: vec![DataSpaceSet::default(); levels],
            has_min_parallelism: false,
        }
    }

    pub(super) fn entry(&mut self, node: &Node) -> Result<(), FormatError> {
        node.map()?;
        let entry = Entry { node, attributes: node.get("attributes") };
        let kind = entry.get("type").map_or_else(|| node.require("type"), Ok)?;
        match kind.text()?.as_str() {
            "temporal" => self.temporal(&entry),
            "spatial" => self.spatial(&entry),
            "datatype" | "dataspace" | "bypass" | "bypassing" => self.data_spaces(&entry),
            "utilization" | "parallelism" => self.parallelism(&entry),
            "max_overbooked_proportion" => {
                let message = "has no effect: nothing is overbooked here, every tile must fit";
                self.warnings.push(node.warning(message));
                Ok(())
            }
            other => {
                let hint = suggestion(other, TYPES);
                let known = "temporal, spatial, bypass (datatype, dataspace), utilization (parallelism)";
                Err(kind.invalid(format!("`{other}` is none of {known}, max_overbooked_proportion{hint}")))
            }
        }
    }

    fn level(&self, entry: &Entry) -> Result<usize, FormatError> {
        let target = entry.first(&["target", "name"]).map_or_else(|| entry.node.require("target"), Ok)?;
        self.terms.level(&target)
    }

    /// Where something is stated again, for messages.
    fn place(&self, level: usize, kind: &str) -> String {
        let name = self.terms.architecture.levels().get(level).map_or("?", |level| level.name.as_str());
        format!(" at level {name} ({kind})")
    }

    fn temporal(&mut self, entry: &Entry) -> Result<(), FormatError> {
        entry.check_keys(&[&keys::ITERATION, &keys::TEMPORAL], &mut self.warnings)?;
        let level = self.level(entry)?;
        self.loops(entry, level, false)?;
        let no_reuse = self.sets(entry, &["no_reuse", "no_temporal_reuse"])?;
        let rmw = self.sets(entry, &["rmw_first_update"])?;
        let stated = &mut self.constraints.levels[level];
        stated.policy.no_temporal_reuse = stated.policy.no_temporal_reuse.union(no_reuse);
        stated.policy.rmw_first_update = stated.policy.rmw_first_update.union(rmw);
        if let Some(remainders) = entry.get("remainders") {
            let message = "has no effect: residual factors are free or none, not chosen level by level";
            self.warnings.push(remainders.warning(message));
        }
        Ok(())
    }

    fn spatial(&mut self, entry: &Entry) -> Result<(), FormatError> {
        entry.check_keys(&[&keys::ITERATION, &keys::SPATIAL], &mut self.warnings)?;
        let level = self.level(entry)?;
        if self.terms.architecture.fan_out(level).product() == 1 {
            return Err(entry.node.invalid(no_fan_out(self.terms.architecture, level).to_string()));
        }
        self.spatial.entry(level).or_insert_with(|| entry.node.path.clone());
        self.loops(entry, level, true)?;
        let no_multicast = self.sets(entry, &["no_reuse", "no_multicast_no_reduction"])?;
        let no_link_transfer = self.sets(entry, &["no_link_transfer"])?;
        let stated = &mut self.constraints.levels[level];
        stated.policy.no_multicast = stated.policy.no_multicast.union(no_multicast);
        stated.policy.no_link_transfer = stated.policy.no_link_transfer.union(no_link_transfer);
        if let Some(split) = entry.get("split") {
            let count = usize::try_from(split.count()?).unwrap_or(usize::MAX);
            if stated.spatial.split.replace(count).is_some() {
                return Err(respecified(&split, &format!("the split{}", self.place(level, "spatial"))));
            }
        }
        Ok(())
    }

    /// Factors, their defaults, and the order.
    fn loops(&mut self, entry: &Entry, level: usize, spatial: bool) -> Result<(), FormatError> {
        let place = self.place(level, if spatial { "spatial" } else { "temporal" });
        let stated = &mut self.constraints.levels[level];
        let loops: &mut LoopConstraints = if spatial { &mut stated.spatial.loops } else { &mut stated.temporal };
        if let Some(factors) = entry.get("factors") {
            let fan_out = spatial.then(|| self.terms.architecture.fan_out(level));
            factors::add(&factors, self.terms, (&mut loops.factors, fan_out), &place, &mut self.warnings)?;
        }
        if let Some(permutation) = entry.get("permutation") {
            factors::order(&permutation, self.terms, loops, &place)?;
        }
        let defaults = &mut self.defaults[level][usize::from(spatial)];
        let both = [("default_max_factor", &mut defaults.at_most), ("default_min_factor", &mut defaults.at_least)];
        for (key, slot) in both {
            let Some(node) = entry.get(key) else { continue };
            let value = node.count()?;
            if value == 0 {
                return Err(node.invalid("the limit of a factor is at least 1"));
            }
            if slot.replace(value).is_some() {
                return Err(respecified(&node, &format!("{key}{place}")));
            }
        }
        Ok(())
    }

    fn data_spaces(&mut self, entry: &Entry) -> Result<(), FormatError> {
        entry.check_keys(&[&keys::DATA_SPACES], &mut self.warnings)?;
        let level = self.level(entry)?;
        // Timeloop's programs let the outermost level be told again.
        let is_outermost = level + 1 == self.constraints.levels.len();
        for (key, is_kept) in [("keep", true), ("bypass", false)] {
            for item in entry.get(key).map(|list| list.list()).transpose()?.unwrap_or_default() {
                let space = self.terms.data_space(&item)?;
                if self.decided[level].contains(space) && !is_outermost {
                    let name = &self.terms.problem.data_spaces()[space].name;
                    return Err(respecified(&item, &format!("whether {name} is kept{}", self.place(level, "bypass"))));
                }
                self.decided[level].insert(space);
                let stated = &mut self.constraints.levels[level];
                let (to, from) = if is_kept {
                    (&mut stated.policy.keep, &mut stated.bypass)
                } else {
                    (&mut stated.bypass, &mut stated.policy.keep)
                };
                to.insert(space);
                from.remove(space);
            }
        }
        let no_coalesce = self.sets(entry, &["no_coalesce"])?;
        let stated = &mut self.constraints.levels[level];
        stated.policy.no_coalesce = stated.policy.no_coalesce.union(no_coalesce);
        Ok(())
    }

    fn parallelism(&mut self, entry: &Entry) -> Result<(), FormatError> {
        entry.check_keys(&[&["min"]], &mut self.warnings)?;
        if let Some(target) = entry.first(&["target", "name"])
            && self.terms.level(&target)? != 0
        {
            let name = self.terms.architecture.levels().first().map_or("", |level| level.name.as_str());
            let message = format!("the share of units that work is a matter of the innermost level, `{name}`");
            return Err(target.invalid(message));
        }
        let min = entry.get("min").map_or_else(|| entry.node.require("min"), Ok)?;
        let share = min.real()?;
        if !(0.0..=1.0).contains(&share) {
            return Err(min.invalid("a share of the compute units is from 0 to 1"));
        }
        if std::mem::replace(&mut self.has_min_parallelism, true) {
            return Err(respecified(&min, "the smallest share of units that work"));
        }
        self.constraints.min_parallelism = share;
        Ok(())
    }

    /// Data spaces under the first of several keys.
    fn sets(&self, entry: &Entry, keys: &[&str]) -> Result<DataSpaceSet, FormatError> {
        let Some(list) = entry.first(keys) else { return Ok(DataSpaceSet::default()) };
        list.list()?.iter().map(|item| self.terms.data_space(item)).collect()
    }

    /// The constraints, with the defaults filled in.
    pub(super) fn finish(mut self) -> ReadConstraints {
        let Terms { architecture, problem } = self.terms;
        for (stated, [temporal, spatial]) in self.constraints.levels.iter_mut().zip(&self.defaults) {
            factors::add_defaults(&mut stated.temporal.factors, temporal.at_most, temporal.at_least);
            factors::add_defaults(&mut stated.spatial.loops.factors, spatial.at_most, spatial.at_least);
        }
        let idle = self.constraints.unusable_axes(architecture, problem).into_iter().filter_map(|(index, axis)| {
            let path = self.spatial.get(&index)?.clone();
            let fan_out = architecture.fan_out(index);
            let size = if axis == Axis::X { fan_out.x } else { fan_out.y };
            let name = &architecture.levels()[index].name;
            let message = format!(
                "no dimension can be spread along {axis:?} below {name}: at most one of {size} instances works there"
            );
            Some(Warning { path, message })
        });
        ReadConstraints { idle_axes: idle.collect(), constraints: self.constraints, warnings: self.warnings }
    }
}
