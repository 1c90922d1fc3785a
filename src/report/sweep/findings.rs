//! What a sweep says, in sentences.

use super::best::{Best, best_of, by_influence, by_value, influence, unit};
use crate::report::phrases::{counted, listed};
use crate::results::quantity::{percent, si, significant};
use crate::results::sweep::{DesignOutcome, SweepDesign, SweepParameter, SweepResults, SweepValue};

/// Less than this share is no matter.
const HARDLY: f64 = 0.005;

/// Sentences, the most important first: the best design, what each parameter does, the front, how many designs there are of each kind.
pub fn findings(results: &SweepResults) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(best_design(results));
    sentences.extend(by_influence(results).into_iter().filter_map(|parameter| effect(results, parameter)));
    sentences.extend(front(results));
    sentences.push(kinds(results));
    sentences
}

/// The best design with its values.
fn best_design(results: &SweepResults) -> Option<String> {
    let (design, value) = best_of(results.designs.iter(), results.objective).found?;
    let (name, ..) = unit(results.objective);
    let cost = design.searched()?.cost;
    let area = cost.area_um2.map(|area| format!("{} mm²", significant(area / 1e6)));
    let costs = [si(cost.energy_pj * 1e-12, "J"), format!("{} cycles", si(crate::numbers::real(cost.cycles), ""))];
    let costs: Vec<String> = costs.into_iter().chain(area).collect();
    Some(format!(
        "{} has the least {} ({}): {}; it takes {}.",
        design.name(),
        noun(name),
        in_unit(results, value),
        settings(results, design),
        listed(&costs)
    ))
}

/// The values of a design under their labels: `buffer = 4096 and columns = 14`.
pub(super) fn settings(results: &SweepResults, design: &SweepDesign) -> String {
    let setting = |parameter: &SweepParameter| {
        let value = design.values.get(&parameter.path)?;
        Some(format!("{} = {value}", parameter.label()))
    };
    let settings: Vec<String> = results.parameters.iter().filter_map(setting).collect();
    if settings.is_empty() { "nothing is set".to_owned() } else { listed(&settings) }
}

/// What a parameter does while all others are as they are best.
fn effect(results: &SweepResults, parameter: &SweepParameter) -> Option<String> {
    let values = by_value(results, parameter);
    let known: Vec<(&SweepValue, &Best, f64)> =
        values.iter().filter_map(|(value, best)| Some((value, best, best.at_least()?))).collect();
    let (from, worst, _) = known.iter().max_by(|left, right| left.2.total_cmp(&right.2))?;
    let (to, ..) = known.iter().min_by(|left, right| left.2.total_cmp(&right.2))?;
    let share = influence(&values);
    let (label, name) = (parameter.label(), noun(unit(results.objective).0));
    let is_exact = worst.exactly().is_some();
    if share < HARDLY {
        return is_exact.then(|| {
            let share = percent(share);
            format!(
                "{label} hardly matters: with the other values at their best, the {name} differs by {share} at most."
            )
        });
    }
    let verb = match (from.number(), to.number()) {
        (Some(from), Some(to)) if to > from => "Raising",
        (Some(_), Some(_)) => "Lowering",
        _ => "Changing",
    };
    let least = if is_exact { "" } else { "at least " };
    let share = format!("{:.1} %", share * 100.0);
    Some(format!(
        "{verb} {label} from {from} to {to} lowers the {name} by {least}{share}, with the other values at their best."
    ))
}

/// How far the front reaches.
fn front(results: &SweepResults) -> Option<String> {
    let range = |value: &dyn Fn(&crate::results::sweep::FrontDesign) -> Option<f64>, unit: &str| {
        let values: Vec<f64> = results.front.iter().filter_map(value).collect();
        let (low, high) =
            values.iter().fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(*value), high.max(*value)));
        let text = |value: f64| {
            if unit == "mm²" { format!("{} mm²", significant(value)) } else { si(value, unit) }
        };
        (!values.is_empty()).then(|| format!("{} to {}", text(low), text(high)))
    };
    let energy = range(&|design| Some(design.energy_pj * 1e-12), "J")?;
    let cycles = range(&|design| Some(crate::numbers::real(design.cycles)), "")?;
    let area = range(&|design| Some(design.area_um2? * 1e-6), "mm²");
    let area = area.map_or_else(String::new, |area| format!(", area {area}"));
    let count = results.front.len();
    let designs = if count == 1 { "1 design is".to_owned() } else { format!("{count} designs are") };
    Some(format!(
        "{designs} on the front, where none beats another in energy, cycles and area together: energy {energy}, cycles {cycles}{area}."
    ))
}

/// How many designs there are of each kind.
fn kinds(results: &SweepResults) -> String {
    let count = |is: fn(&DesignOutcome) -> bool| results.designs.iter().filter(|design| is(&design.outcome)).count();
    let searched = count(|outcome| matches!(outcome, DesignOutcome::Searched(_)));
    let skipped = count(|outcome| matches!(outcome, DesignOutcome::Skipped { .. }));
    let failed = count(|outcome| matches!(outcome, DesignOutcome::Failed { .. }));
    let unfinished = count(|outcome| matches!(outcome, DesignOutcome::Unfinished));
    let parts = [
        (searched, if searched == 1 { "was searched" } else { "were searched" }),
        (failed, if failed == 1 { "is not valid" } else { "are not valid" }),
        (skipped, "skipped, since a searched one is better than anything that they could reach"),
        (unfinished, "unfinished"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let all = counted(results.designs.len(), "design");
    if parts.is_empty() { format!("The sweep has {all}.") } else { format!("Of {all} {}.", listed(&parts)) }
}

/// A value of the objective with its unit.
pub(super) fn in_unit(results: &SweepResults, value: f64) -> String {
    match unit(results.objective) {
        (_, unit @ ("J" | ""), _) => si(value, unit),
        (_, unit, _) => format!("{} {unit}", significant(value)),
    }
}

/// A name within a sentence.
pub(super) fn noun(name: &str) -> String {
    if name.starts_with("EDP") {
        return name.to_owned();
    }
    name.to_lowercase()
}
