//! The constraints, all in one list (docs/model.md section 3.2).

use std::fmt::Write as _;

use super::ProcessedError;
use crate::architecture::Architecture;
use crate::mapping::DataSpaceSet;
use crate::mapspace::{Constraints, LevelConstraints, LoopConstraints};
use crate::timeloop::files::yaml::{list, text};
use crate::workload::Problem;

pub(super) fn write(
    constraints: &Constraints,
    architecture: &Architecture,
    problem: &Problem,
) -> Result<String, ProcessedError> {
    let (found, expected) = (constraints.levels.len(), architecture.levels().len());
    if found != expected {
        return Err(ProcessedError::Levels { found, expected });
    }
    let mut entries = Vec::new();
    for (index, stated) in constraints.levels.iter().enumerate().rev() {
        let level = &architecture.levels()[index].name;
        let writer = Writer { level, problem };
        entries.extend(writer.data_spaces(stated)?);
        entries.extend(writer.temporal(stated)?);
        let has_fan_out = architecture.fan_out(index).product() > 1;
        match writer.spatial(stated)? {
            Some(_) if !has_fan_out => {
                let what = "its spatial loops are constrained: it has no instances to spread over".to_owned();
                return Err(ProcessedError::Switch { name: level.clone(), what });
            }
            entry => entries.extend(entry),
        }
    }
    if constraints.min_parallelism != 0.0 {
        let level = architecture.levels().first().map_or("", |level| level.name.as_str());
        let min = super::real(level, "the smallest share of units that work", constraints.min_parallelism)?;
        entries.push(format!("target: {}, type: utilization, min: {min}", text(level)));
    }
    let mut out = "architecture_constraints:\n  targets:".to_owned();
    if entries.is_empty() {
        out.push_str(" []");
    }
    out.push('\n');
    for entry in entries {
        let _ = writeln!(out, "  - {{{entry}}}");
    }
    Ok(out)
}

/// Writes the constraints of one level.
struct Writer<'a> {
    level: &'a str,
    problem: &'a Problem,
}

impl Writer<'_> {
    fn entry(&self, kind: &str, fields: &[(&str, Option<String>)]) -> Option<String> {
        let fields: Vec<String> =
            fields.iter().filter_map(|(key, value)| Some(format!("{key}: {}", value.as_ref()?))).collect();
        (!fields.is_empty()).then(|| format!("target: {}, type: {kind}, {}", text(self.level), fields.join(", ")))
    }

    fn data_spaces(&self, stated: &LevelConstraints) -> Result<Option<String>, ProcessedError> {
        let both = |space: usize| stated.policy.keep.contains(space) && stated.bypass.contains(space);
        if let Some(space) = (0..self.problem.data_spaces().len()).find(|space| both(*space)) {
            let what = format!("{} both stays here and passes through", self.problem.data_spaces()[space].name);
            return Err(ProcessedError::Switch { name: self.level.to_owned(), what });
        }
        Ok(self.entry(
            "bypass",
            &[
                ("keep", self.set(stated.policy.keep)),
                ("bypass", self.set(stated.bypass)),
                ("no_coalesce", self.set(stated.policy.no_coalesce)),
            ],
        ))
    }

    fn temporal(&self, stated: &LevelConstraints) -> Result<Option<String>, ProcessedError> {
        Ok(self.entry(
            "temporal",
            &[
                ("factors", self.factors(&stated.temporal)?),
                ("permutation", self.permutation(&stated.temporal)?),
                ("no_temporal_reuse", self.set(stated.policy.no_temporal_reuse)),
                ("rmw_first_update", self.set(stated.policy.rmw_first_update)),
            ],
        ))
    }

    fn spatial(&self, stated: &LevelConstraints) -> Result<Option<String>, ProcessedError> {
        let loops = &stated.spatial.loops;
        Ok(self.entry(
            "spatial",
            &[
                ("factors", self.factors(loops)?),
                ("permutation", self.permutation(loops)?),
                ("split", stated.spatial.split.map(|split| split.to_string())),
                ("no_multicast_no_reduction", self.set(stated.policy.no_multicast)),
                ("no_link_transfer", self.set(stated.policy.no_link_transfer)),
            ],
        ))
    }

    fn set(&self, set: DataSpaceSet) -> Option<String> {
        let names = self.problem.data_spaces().iter().enumerate().filter(|(index, _)| set.contains(*index));
        (!set.is_empty()).then(|| list(names.map(|(_, space)| text(&space.name))))
    }

    fn letter(&self, dimension: usize) -> Result<char, ProcessedError> {
        let found = self.problem.dimensions().get(dimension).map(|(letter, _)| *letter);
        found.ok_or_else(|| ProcessedError::Dimension(self.level.to_owned()))
    }

    /// `"C=4,M<=16"`.
    fn factors(&self, loops: &LoopConstraints) -> Result<Option<String>, ProcessedError> {
        let mut factors = Vec::new();
        for (dimension, limits) in loops.factors.iter().enumerate() {
            let relations = [("=", limits.exact), ("<=", limits.at_most), (">=", limits.at_least)];
            for (relation, value) in relations {
                if let Some(value) = value {
                    factors.push(format!("{}{relation}{value}", self.letter(dimension)?));
                }
            }
        }
        Ok((!factors.is_empty()).then(|| format!("\"{}\"", factors.join(","))))
    }

    /// `"AB"`, or `"AB_C"` with dimensions that stand outermost.
    fn permutation(&self, loops: &LoopConstraints) -> Result<Option<String>, ProcessedError> {
        let letters =
            |order: &[usize]| order.iter().map(|dimension| self.letter(*dimension)).collect::<Result<String, _>>();
        let (inner, outer) = (letters(&loops.innermost)?, letters(&loops.outermost)?);
        let divided = if outer.is_empty() { inner } else { format!("{inner}_{outer}") };
        Ok((!divided.is_empty()).then(|| format!("\"{divided}\"")))
    }
}
