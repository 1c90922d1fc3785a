//! What a comparison shows, in sentences that say only what its numbers say.

use super::cause::largest;
use super::{Cause, Comparison, LayerPair};
use crate::results::quantity::{si, significant};

/// Ratios closer to 1 than this count as equal.
const EQUAL: f64 = 5e-4;

/// Sentences on totals, causes and layers, the most important first.
pub fn findings(comparison: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    let said = |ratio: Option<f64>| ratio.map_or_else(|| "an unknown multiple".to_owned(), significant);
    if let Some(totals) = &comparison.totals {
        sentences.push(format!(
            "{} takes {} of the energy and {} of the cycles of {}; its energy-delay product is {} times as large.",
            comparison.other,
            said(totals.energy),
            said(totals.cycles),
            comparison.base,
            said(totals.edp)
        ));
    } else {
        sentences.push(format!(
            "The totals of {} and {} are not compared: not every layer of both has a mapping and a counterpart.",
            comparison.base, comparison.other
        ));
    }
    sentences.extend(causes(comparison));
    let edp = |pair: &&LayerPair| pair.ratios.and_then(|ratios| ratios.edp);
    let known: Vec<(&LayerPair, f64)> = comparison.layers.iter().filter_map(|pair| Some((pair, edp(&pair)?))).collect();
    let equal = known.iter().filter(|(_, ratio)| (ratio - 1.0).abs() < EQUAL).count();
    if equal > 0 {
        let all = known.len();
        sentences.push(match all {
            1 => "The only layer has the same energy-delay product.".to_owned(),
            _ if equal == all => format!("All {all} layers have the same energy-delay product."),
            _ => format!("{equal} of {all} layers have the same energy-delay product."),
        });
    }
    if let Some((pair, ratio)) = known.iter().max_by(|a, b| a.1.ln().abs().total_cmp(&b.1.ln().abs()))
        && (ratio - 1.0).abs() >= EQUAL
    {
        sentences.push(format!("{} changes most: {} times the energy-delay product.", pair.base, significant(*ratio)));
    }
    let changed =
        comparison.layers.iter().filter(|pair| pair.limits.as_ref().is_some_and(|(base, other)| base != other)).count();
    if changed > 0 {
        sentences.push(format!("In {changed} layers something else decides the cycles."));
    }
    sentences
}

/// The part that changes the energy of all pairs together most.
fn causes(comparison: &Comparison) -> Option<String> {
    let sum: f64 = comparison.parts.iter().map(|part| part.energy_pj).sum();
    let all: f64 = comparison.parts.iter().map(|part| part.energy_pj.abs()).sum();
    let Cause { component, data_space, energy_pj } = largest(&comparison.parts, all)?;
    let name = data_space.map_or_else(|| component.clone(), |space| format!("{space} at {component}"));
    let change =
        |energy: f64| format!("{} {}", si(energy.abs() * 1e-12, "J"), if energy < 0.0 { "less" } else { "more" });
    Some(format!(
        "Over all pairs of layers {name} changes the energy most: {}; everything together makes {}.",
        change(energy_pj),
        change(sum)
    ))
}
