//! The one form of the results of a sweep, and shards brought together.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::report::phrases::listed;
use crate::results::sweep::{
    BestDesign, DesignCost, DesignOutcome, FrontDesign, Shard, SweepDesign, SweepResults, front, pair_fronts, settle,
};

/// Decides what counts as skipped, and finds fronts and best designs, of all designs or of those of a shard.
pub fn finish(results: &mut SweepResults) {
    results.designs.sort_by_key(|design| design.design);
    if !results.exhaustive {
        settle(&mut results.designs, results.best_count);
    }
    let costs: Vec<(usize, DesignCost)> =
        results.designs.iter().filter_map(|design| Some((design.design, design.searched()?.cost))).collect();
    let on_front: BTreeSet<usize> = front(&costs).into_iter().collect();
    let row = |design: &SweepDesign| {
        let DesignCost { energy_pj, cycles, area_um2 } = design.searched()?.cost;
        let (architecture, values) = (design.architecture.clone(), design.values.clone());
        Some(FrontDesign { design: design.design, architecture, energy_pj, cycles, area_um2, values })
    };
    let members = results.designs.iter().filter(|design| on_front.contains(&design.design));
    results.front = members.filter_map(row).collect();
    results.pair_fronts = pair_fronts(&costs);
    let mut ranked = costs;
    let objective = results.objective;
    ranked.sort_by(|(left, a), (right, b)| objective.compare(a, b).then(left.cmp(right)));
    let best = ranked.into_iter().take(results.best_count);
    let named = best.filter_map(|(number, _)| results.designs.iter().find(|design| design.design == number));
    results.best = named.map(|design| BestDesign { design: design.design, name: design.name() }).collect();
}

/// Why parts are no whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MergeError {
    #[error("the sweep is not complete: of {count} shards, {} missing", named(.missing))]
    Missing { count: usize, missing: Vec<usize> },
    #[error("shard {index} of {count} is not finished: {unfinished} of its designs are missing; run its command again")]
    Unfinished { index: usize, count: usize, unfinished: usize },
    #[error("the shards are not of one sweep: {what} differ")]
    Different { what: &'static str },
    #[error("there are {0} sweeps in these folders, and shards of a sweep only can be merged")]
    Several(usize),
}

fn named(shards: &[usize]) -> String {
    let names: Vec<String> = shards.iter().map(ToString::to_string).collect();
    format!("{} {}", listed(&names), if shards.len() == 1 { "is" } else { "are" })
}

/// The results of all shards of a sweep, as one run has them. A shard may be given twice.
///
/// # Errors
///
/// If a shard is missing or not finished, or they belong to different sweeps.
pub fn merge(mut parts: Vec<SweepResults>) -> Result<SweepResults, MergeError> {
    let whole = parts.iter().filter(|part| part.shard.is_none()).count();
    if whole > 0 || parts.is_empty() {
        return Err(MergeError::Several(parts.len()));
    }
    parts.sort_by_key(|part| part.shard.map(|shard| shard.index));
    let count = parts[0].shard.map_or(1, |shard| shard.count);
    for part in &parts {
        if let Some(what) = difference(&parts[0], part) {
            return Err(MergeError::Different { what });
        }
    }
    let present: BTreeSet<usize> = parts.iter().filter_map(|part| Some(part.shard?.index)).collect();
    let missing: Vec<usize> = (1..=count).filter(|index| !present.contains(index)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { count, missing });
    }
    for part in &parts {
        let unfinished = part.designs.iter().filter(|design| design.outcome == DesignOutcome::Unfinished).count();
        if let Some(Shard { index, count }) = part.shard.filter(|_| unfinished > 0) {
            return Err(MergeError::Unfinished { index, count, unfinished });
        }
    }
    parts.dedup_by_key(|part| part.shard.map(|shard| shard.index));
    let mut rest = parts.into_iter();
    let Some(mut merged) = rest.next() else { return Err(MergeError::Several(0)) };
    merged.shard = None;
    for part in rest {
        merged.designs.extend(part.designs);
        for warning in part.warnings {
            if !merged.warnings.contains(&warning) {
                merged.warnings.push(warning);
            }
        }
    }
    finish(&mut merged);
    Ok(merged)
}

/// What is not the same in two parts that should be of one sweep.
fn difference(left: &SweepResults, right: &SweepResults) -> Option<&'static str> {
    let parts = [
        (left.networks == right.networks, "networks"),
        (left.architectures == right.architectures, "architectures"),
        (left.parameters == right.parameters, "values"),
        (left.conditions == right.conditions, "conditions"),
        (left.objective == right.objective && left.metric == right.metric, "objectives"),
        (left.mapper == right.mapper, "mappers"),
        (left.inputs == right.inputs, "files"),
        (left.best_count == right.best_count, "numbers of best designs"),
        (left.exhaustive == right.exhaustive, "answers to whether all designs are searched"),
        (left.shard.map(|shard| shard.count) == right.shard.map(|shard| shard.count), "numbers of shards"),
    ];
    parts.into_iter().find(|(is_same, _)| !is_same).map(|(_, what)| what)
}
