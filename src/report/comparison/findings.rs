//! What a comparison shows, in sentences that say only what its numbers say.

use super::cause::largest;
use super::{Cause, Comparison, LayerPair};
use crate::results::quantity::{si, significant};

/// Ratios closer to 1 than this count as equal.
const EQUAL: f64 = 5e-4;

/// The sentences.
pub fn findings(of: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    let said = |ratio: Option<f64>| ratio.map_or_else(|| "an unknown multiple".to_owned(), significant);
    if let Some(totals) = &of.totals {
        sentences.push(format!(
            "{} takes {} of the energy and {} of the cycles of {}; its energy-delay product is {} times as large.",
            of.other,
            said(totals.energy),
            said(totals.cycles),
            of.base,
            said(totals.edp)
        ));
    } else {
        sentences.push(format!(
            "The totals of {} and {} are not compared: not every layer of both has a mapping and a counterpart.",
            of.base, of.other
        ));
    }
    sentences.extend(causes(of));
    let edp = |pair: &&LayerPair| pair.ratios.and_then(|ratios| ratios.edp);
    let known: Vec<(&LayerPair, f64)> = of.layers.iter().filter_map(|pair| Some((pair, edp(&pair)?))).collect();
    let equal = known.iter().filter(|(_, ratio)| (ratio - 1.0).abs() < EQUAL).count();
    if equal > 0 {
        sentences.push(format!("{equal} of {} layers have the same energy-delay product.", known.len()));
    }
    if let Some((pair, ratio)) = known.iter().max_by(|one, two| one.1.ln().abs().total_cmp(&two.1.ln().abs()))
        && (ratio - 1.0).abs() >= EQUAL
    {
        sentences.push(format!("{} changes most: {} times the energy-delay product.", pair.base, significant(*ratio)));
    }
    let changed =
        of.layers.iter().filter(|pair| pair.limits.as_ref().is_some_and(|(base, other)| base != other)).count();
    if changed > 0 {
        sentences.push(format!("In {changed} layers something else decides the cycles."));
    }
    sentences
}

/// The part that changes the energy of all pairs together most.
fn causes(of: &Comparison) -> Option<String> {
    let sum: f64 = of.parts.iter().map(|part| part.energy_pj).sum();
    let all: f64 = of.parts.iter().map(|part| part.energy_pj.abs()).sum();
    let Cause { component, data_space, energy_pj } = largest(&of.parts, all)?;
    let name = data_space.map_or_else(|| component.clone(), |space| format!("{space} at {component}"));
    let change =
        |energy: f64| format!("{} {}", si(energy.abs() * 1e-12, "J"), if energy < 0.0 { "less" } else { "more" });
    Some(format!(
        "Over all pairs of layers {name} changes the energy most: {}; everything together makes {}.",
        change(energy_pj),
        change(sum)
    ))
}
