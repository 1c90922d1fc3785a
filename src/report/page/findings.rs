//! What stands out: sentences that say only what the numbers say.

use super::{distinct_layers, mapped};
use crate::numbers::real;
use crate::report::phrases::{listed, run_name};
use crate::results::quantity::{percent, si, significant};
use crate::results::{NetworkResults, Sums};

/// Sentences on a page.
const SHOWN: usize = 3;

/// A network with all its layers.
#[derive(Clone, Copy)]
struct WholeRun<'a> {
    run: &'a NetworkResults,
    sums: &'a Sums,
}

/// The three findings that stand out most, the most important first. Of networks with all their layers: sums over different
/// layers cannot be compared.
pub(super) fn findings(results: &[NetworkResults]) -> Vec<String> {
    let known: Vec<WholeRun> =
        results.iter().filter_map(|run| Some(WholeRun { run, sums: run.totals.known()? })).collect();
    let candidates =
        [best_run(&known), twins(&known), largest_component(&known), waiting(&known), idle(&known), few_layers(&known)];
    candidates.into_iter().flatten().take(SHOWN).collect()
}

/// Where the energy-delay product is lowest, per network with more than one run.
fn best_run(results: &[WholeRun]) -> Option<String> {
    let mut sentences = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for WholeRun { run, .. } in results {
        if seen.contains(&run.network.as_str()) {
            continue;
        }
        seen.push(&run.network);
        let mut runs: Vec<&WholeRun> = results.iter().filter(|other| other.run.network == run.network).collect();
        runs.sort_by(|a, b| a.sums.edp_j_cycle.total_cmp(&b.sums.edp_j_cycle));
        let [best, .., worst] = &runs[..] else { continue };
        let ratio = worst.sums.edp_j_cycle / best.sums.edp_j_cycle;
        if ratio.is_finite() && ratio > 1.0005 {
            sentences.push(format!(
                "{} has the lowest energy-delay product: {} J·cycle, {} times below that of {}",
                run_name(best.run),
                significant(best.sums.edp_j_cycle),
                significant(ratio),
                worst.run.label(),
            ));
        }
    }
    (!sentences.is_empty()).then(|| sentences.join(". ") + ".")
}

/// Of exactly two networks on the same design: what the second costs relative to the first.
fn twins(results: &[WholeRun]) -> Option<String> {
    let first = &results.first()?.run.network;
    let other = &results.iter().find(|whole| whole.run.network != *first)?.run.network;
    if results.iter().any(|whole| whole.run.network != *first && whole.run.network != *other) {
        return None;
    }
    let ratio = |base: f64, other: f64| Some(other / base).filter(|ratio| ratio.is_finite());
    let compared = results.iter().filter(|whole| whole.run.network == *first).filter_map(|base| {
        let label = base.run.label();
        let twin = results.iter().find(|whole| whole.run.network == *other && whole.run.label() == label)?;
        let energy = ratio(base.sums.energy_pj, twin.sums.energy_pj)?;
        let cycles = ratio(real(base.sums.cycles), real(twin.sums.cycles))?;
        Some(format!("{} of the energy and {} of the cycles on {label}", percent(energy), percent(cycles)))
    });
    let compared: Vec<String> = compared.collect();
    (!compared.is_empty()).then(|| format!("{other} takes, of {first}, {}.", listed(&compared)))
}

/// The component that takes most of the energy of each run.
fn largest_component(results: &[WholeRun]) -> Option<String> {
    let largest = |WholeRun { run, sums }: &WholeRun| {
        let sum: f64 = sums.fj_per_compute.iter().map(|(_, fj)| fj).sum();
        let (name, fj) = sums.fj_per_compute.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some((name.clone(), fj / sum, run_name(run)))
    };
    let mut found: Vec<(String, f64, String)> = results.iter().filter_map(largest).collect();
    found.retain(|(_, share, _)| share.is_finite());
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (name, share, run) = found.first()?;
    let everywhere = found.len() > 1 && found.iter().all(|(other, ..)| other == name);
    Some(if everywhere {
        let (_, min, _) = found.last()?;
        format!("{name} takes most of the energy everywhere: from {} to {} ({run}).", percent(*min), percent(*share))
    } else {
        format!("{name} takes {} of the energy of {run}: the largest share of one component.", percent(*share))
    })
}

/// Layers that wait for a bandwidth.
fn waiting(results: &[WholeRun]) -> Option<String> {
    let waits = |WholeRun { run, sums }: &WholeRun| {
        let (mut layers, mut cycles, mut levels) = (0usize, 0.0, Vec::new());
        for (layer, mapped_layer) in mapped(run) {
            if let Some(limit) = mapped_layer.limited_by.first() {
                layers += 1;
                cycles += real(mapped_layer.cycles) * real(layer.executions);
                if !levels.contains(&limit.level) {
                    levels.push(limit.level.clone());
                }
            }
        }
        (layers > 0).then(|| (cycles / real(sums.cycles), layers, levels, run_name(run), run.layers.len()))
    };
    let mut found: Vec<_> = results.iter().filter_map(waits).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (share, layers, levels, run, all) = found.first()?;
    Some(format!(
        "{layers} of {all} layers of {run} wait for the bandwidth of {}; they take {} of its cycles.",
        listed(levels),
        percent(*share)
    ))
}

/// The run whose compute units idle most.
fn idle(results: &[WholeRun]) -> Option<String> {
    let WholeRun { run, sums } = results.iter().min_by(|a, b| a.sums.utilization.total_cmp(&b.sums.utilization))?;
    let used = sums.utilization;
    (used < 0.9).then(|| {
        format!("On average {} of the compute units work in {}, the lowest of all runs.", percent(used), run_name(run))
    })
}

/// How few distinct layers make half of the energy.
fn few_layers(results: &[WholeRun]) -> Option<String> {
    let WholeRun { run, sums } = results.first()?;
    let mut layers: Vec<_> = distinct_layers(run).collect();
    layers.sort_by(|a, b| (b.1.energy_pj * real(b.2)).total_cmp(&(a.1.energy_pj * real(a.2))));
    let (mut sum, mut count) = (0.0, 0);
    for (_, layer, times) in &layers {
        sum += layer.energy_pj * real(*times);
        count += 1;
        if sum >= sums.energy_pj / 2.0 {
            break;
        }
    }
    let (first, mapped_layer, times) = layers.first()?;
    Some(format!(
        "{count} of {} distinct layers make half of the energy of {}; the first is {} with {}.",
        layers.len(),
        run_name(run),
        first.name,
        si(mapped_layer.energy_pj * real(*times) * 1e-12, "J")
    ))
}
