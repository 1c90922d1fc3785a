//! Reads what a sparse design states: densities of the problem, and what levels make of them (docs/model.md section 9.1).

pub mod densities;
mod format;

use serde_yaml::Value;

use super::node::{FormatError, Node};
use super::terms::Terms;
use super::warning::{Warning, suggestion};
use crate::architecture::Architecture;
use crate::model::{Choice, LevelSettings, SparseSettings};
use crate::warned::Warned;
use crate::workload::Problem;

/// What a target sets; with any of these the analysis of sparse data is made.
const SETTINGS: [&str; 3] = ["representation_format", "action_optimization", "compute_optimization"];
const TARGET: [&str; 2] = ["name", "target"];
const ACTION: [&str; 4] = ["type", "target", "condition_on", "options"];
const CHOICE: [&str; 2] = ["target", "condition_on"];

/// The sparse optimizations of a document, and what has no effect in them; `None` if it has no such key, which also says that
/// statistics are printed as of a dense design.
///
/// # Errors
///
/// Where they depart from their form, name what is not there, or say what cannot be modelled; with the path of keys.
pub fn read(
    document: &Value,
    architecture: &Architecture,
    problem: &Problem,
) -> Result<Option<Warned<SparseSettings, Warning>>, FormatError> {
    let is_stated = document.as_mapping().is_some_and(|map| map.contains_key("sparse_optimizations"));
    if !is_stated {
        return Ok(None);
    }
    let spaces = problem.data_spaces().len();
    let empty = LevelSettings { formats: vec![None; spaces], ..LevelSettings::default() };
    let levels = vec![empty; architecture.levels().len()];
    let mut reader = Reader {
        terms: Terms { architecture, problem },
        settings: SparseSettings { levels, ..SparseSettings::default() },
        warnings: Vec::new(),
    };
    if let Some(stated) = Node::root(document).get("sparse_optimizations") {
        let targets = if stated.value.is_sequence() { stated.list()? } else { stated.list_of("targets")? };
        if !stated.value.is_sequence() {
            reader.check_keys(&stated, &["targets", "version"])?;
        }
        targets.iter().try_for_each(|target| reader.target(target))?;
    }
    Ok(Some(Warned { value: reader.settings, warnings: reader.warnings }))
}

struct Reader<'a> {
    terms: Terms<'a>,
    settings: SparseSettings,
    warnings: Vec<Warning>,
}

/// What the accesses of an entry become.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ActionKind {
    Gating,
    Skipping,
    SpatialSkipping,
}

impl Reader<'_> {
    fn check_keys(&mut self, node: &Node, known: &[&str]) -> Result<(), FormatError> {
        for (key, value) in node.entries()? {
            if !known.contains(&key.as_str()) {
                let hint = suggestion(&key, known.iter().copied());
                self.warnings.push(value.warning(format!("unknown key, ignored{hint}")));
            }
        }
        Ok(())
    }

    fn target(&mut self, node: &Node) -> Result<(), FormatError> {
        self.check_keys(node, &[&SETTINGS[..], &TARGET].concat())?;
        let name = node.require("name")?;
        let text = name.text()?;
        let level = self.terms.architecture.level_index(&text);
        if let Some(compute) = node.get("compute_optimization")
            && text != self.terms.architecture.arithmetic().name
        {
            return Err(compute.invalid(format!("`{text}` does not compute; state it for the compute units")));
        }
        if SETTINGS.iter().all(|key| node.get(key).is_none()) {
            self.warnings.push(node.warning(format!("nothing is set for `{text}`; it has no effect")));
            return self.known(&name, level).map(|_| ());
        }
        self.settings.is_active = true;
        if let Some(actions) = node.get("action_optimization") {
            let level = self.known(&name, level)?;
            self.actions(&actions, level)?;
        }
        if let Some(format) = node.get("representation_format") {
            let level = self.known(&name, level)?;
            self.formats(&format, level)?;
        }
        node.get("compute_optimization").map_or(Ok(()), |compute| self.computes(&compute))
    }

    /// The level of a name, where there must be one.
    fn known(&self, name: &Node, level: Option<usize>) -> Result<usize, FormatError> {
        let text = name.text()?;
        if text == self.terms.architecture.arithmetic().name {
            return Ok(0);
        }
        level.ok_or_else(|| {
            let names = self.terms.architecture.levels().iter().map(|level| level.name.as_str());
            name.invalid(format!("target storage level not found: {text}{}", suggestion(&text, names)))
        })
    }

    /// A later list takes the place of an earlier one of its kind.
    fn actions(&mut self, node: &Node, level: usize) -> Result<(), FormatError> {
        let mut kind = None;
        let (mut gating, mut skipping, mut spatial) = (Vec::new(), Vec::new(), Vec::new());
        for entry in node.list()? {
            self.check_keys(&entry, &ACTION)?;
            if let Some(stated) = entry.get("type") {
                kind = Some(self.action_kind(&stated, level)?);
            }
            let kind = kind.ok_or_else(|| entry.invalid("state its `type`: gating, skipping or skipping_spatial"))?;
            match (entry.get("options"), kind) {
                (None, ActionKind::Gating) => gating.push(vec![self.choice(&entry, level)?]),
                (None, ActionKind::Skipping) => skipping.push(vec![self.choice(&entry, level)?]),
                (None, ActionKind::SpatialSkipping) => spatial.push(self.choice(&entry, level)?),
                (Some(options), ActionKind::SpatialSkipping) => {
                    return Err(options.invalid("skipping_spatial has no options; state `target` and `condition_on`"));
                }
                (Some(options), kind) => {
                    let mut choices = Vec::new();
                    for option in options.list()? {
                        self.check_keys(&option, &CHOICE)?;
                        choices.push(self.choice(&option, level)?);
                    }
                    if kind == ActionKind::Gating { gating.push(choices) } else { skipping.push(choices) }
                }
            }
        }
        let settings = &mut self.settings.levels[level];
        if !gating.is_empty() {
            settings.gating = gating;
        }
        if !skipping.is_empty() {
            settings.skipping = skipping;
        }
        if !spatial.is_empty() {
            settings.spatial_skipping = spatial;
        }
        Ok(())
    }

    fn action_kind(&self, node: &Node, level: usize) -> Result<ActionKind, FormatError> {
        match node.text()?.replace('-', "_").as_str() {
            "gating" => Ok(ActionKind::Gating),
            "skipping" => Ok(ActionKind::Skipping),
            "skipping_spatial" => Ok(ActionKind::SpatialSkipping),
            other => {
                let hint = suggestion(other, ["gating", "skipping", "skipping_spatial"]);
                let level = &self.terms.architecture.levels()[level].name;
                Err(node.invalid(format!("{level}: storage action optimization type not recognized: {other}{hint}")))
            }
        }
    }

    fn choice(&self, node: &Node, level: usize) -> Result<Choice, FormatError> {
        let (Some(target), Some(condition)) = (node.get("target"), node.get("condition_on")) else {
            let level = &self.terms.architecture.levels()[level].name;
            return Err(node.invalid(format!(
                "{level}: storage action optimization choice not recognized... state `target` and `condition_on`"
            )));
        };
        if !condition.value.is_sequence() {
            return Err(condition.invalid(
                "sparse optimization spec invalid -- conditioned on dataspace(s) need to be specified as a list",
            ));
        }
        let leaders: Vec<usize> =
            condition.list()?.iter().map(|leader| self.terms.data_space(leader)).collect::<Result<_, _>>()?;
        if leaders.is_empty() {
            return Err(condition.invalid("name at least one data space"));
        }
        Ok(Choice { target: self.terms.data_space(&target)?, leaders })
    }

    fn computes(&mut self, node: &Node) -> Result<(), FormatError> {
        let (mut gates, mut skips) = (false, false);
        for entry in node.list()? {
            let Some(kind) = entry.get("type").filter(|kind| kind.scalar().is_some()) else {
                self.warnings.push(entry.warning("its `type` is missing or no text; it has no effect"));
                continue;
            };
            match kind.text()?.replace('-', "_").as_str() {
                "gating" | "gate_on_zero_operand" => gates = true,
                "skipping" | "skip_on_not_aligned_operands" => skips = true,
                other => {
                    let hint = suggestion(other, ["gating", "skipping"]);
                    return Err(kind.invalid(format!("compute optimization type not recognized: {other}{hint}")));
                }
            }
        }
        (self.settings.gates_computes, self.settings.skips_computes) = (gates, skips);
        Ok(())
    }
}
