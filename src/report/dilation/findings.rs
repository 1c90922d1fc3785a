//! What the study shows, in sentences that say only what its numbers say.

use super::{DilationStudy, StudiedLayer, StudyNumbers, Way};
use crate::architecture::ZeroUse;
use crate::model::Footprint;
use crate::report::phrases::distinct;
use crate::results::quantity::{percent, significant};
use crate::workload::Variant;

/// Ratios closer to 1 than this count as equal.
const EQUAL: f64 = 5e-4;

/// The sentences, in the order of the study's questions. Layers whose numbers are not known are left out of them.
pub fn findings(study: &DilationStudy) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(equal_work(study));
    for architecture in architectures(study) {
        sentences.extend(cost_of_dilation(study, &architecture));
        sentences.extend(input_traffic(study, &architecture));
        for way in Way::ALL.into_iter().skip(2) {
            sentences.extend(alternative(study, &architecture, way));
        }
        sentences.extend(idle(study, &architecture));
        sentences.extend(skipped(study, &architecture));
        sentences.extend(holes(study, &architecture));
    }
    sentences.extend(sharing(study));
    sentences.extend(padding(study));
    sentences
}

/// The architectures, in order.
pub(super) fn architectures(study: &DilationStudy) -> Vec<String> {
    let cells = study.layers.iter().flat_map(|layer| &layer.variants).flat_map(|row| &row.cells);
    distinct(cells.map(|cell| cell.architecture.clone()))
}

fn equal_work(study: &DilationStudy) -> Option<String> {
    let macs = |layer: &StudiedLayer, variant| layer.variant(variant).map(|row| row.macs);
    let layers = || study.layers.iter().filter(|layer| macs(layer, Variant::SameSize).is_some());
    let different: Vec<&str> = layers()
        .filter(|layer| macs(layer, Variant::Native) != macs(layer, Variant::SameSize))
        .map(|layer| layer.name.as_str())
        .collect();
    (layers().next().is_some()).then(|| {
        if different.is_empty() {
            "Native and same-size layers have identical multiply-accumulates.".to_owned()
        } else {
            format!("Native and same-size differ in multiply-accumulates in {}.", different.join(", "))
        }
    })
}

/// A layer's ratio of two variants, with its rate.
type Ratios<'a> = Vec<(f64, &'a StudiedLayer)>;

fn ratios<'a>(
    study: &'a DilationStudy,
    architecture: &str,
    (above, below): (Way, Way),
    number: impl Fn(&StudyNumbers) -> f64,
) -> Ratios<'a> {
    let ratio = |layer: &'a StudiedLayer| {
        let of_variant = |way: Way| Some(number(layer.variant(way)?.numbers(architecture, Footprint::BoundingBox)?));
        let ratio = of_variant(above)? / of_variant(below)?;
        ratio.is_finite().then_some((ratio, layer))
    };
    study.layers.iter().filter_map(ratio).collect()
}

/// `from 1.002 (rate 2, NAME) to 1.15 (rate 36, NAME)`.
fn range(ratios: &Ratios) -> Option<(f64, f64, String)> {
    let min = ratios.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let max = ratios.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let end = |(ratio, layer): &(f64, &StudiedLayer)| format!("{} (rate {})", significant(*ratio), layer.rate());
    let text = if (max.0 / min.0 - 1.0).abs() < EQUAL {
        format!("{} at every rate", significant(min.0))
    } else {
        format!("{} to {}", end(min), end(max))
    };
    Some((min.0, max.0, text))
}

fn cost_of_dilation(study: &DilationStudy, architecture: &str) -> Option<String> {
    let pair = (Variant::Native.into(), Variant::SameSize.into());
    let edp = ratios(study, architecture, pair, |numbers| numbers.edp_j_cycle);
    let (min, max, text) = range(&edp)?;
    if (min - 1.0).abs() < EQUAL && (max - 1.0).abs() < EQUAL {
        return Some(format!("On {architecture} dilation leaves the energy-delay product as it is."));
    }
    let cycles = ratios(study, architecture, pair, |numbers| super::real(numbers.cycles));
    let (slowest, fastest) = range(&cycles).map_or((1.0, 1.0), |(min, max, _)| (min, max));
    let cycles = if (slowest - 1.0).abs() < EQUAL && (fastest - 1.0).abs() < EQUAL {
        "; the cycles are the same".to_owned()
    } else {
        format!("; cycles are {} to {} times", significant(slowest), significant(fastest))
    };
    Some(format!(
        "On {architecture} a dilated layer's energy-delay product is {text} times that of its same-size twin{cycles}."
    ))
}

fn input_traffic(study: &DilationStudy, architecture: &str) -> Option<String> {
    let outermost = |numbers: &StudyNumbers| numbers.inputs.last().map_or(f64::NAN, |level| super::real(level.reads));
    let ratios = ratios(study, architecture, (Variant::Native.into(), Variant::SameSize.into()), outermost);
    let level = study.layers.iter().find_map(|layer| {
        let numbers = layer.variant(Variant::Native)?.numbers(architecture, Footprint::BoundingBox)?;
        numbers.inputs.last().map(|level| level.level.clone())
    })?;
    let (.., text) = range(&ratios)?;
    Some(format!("There, {level} is read for inputs {text} times as often as for the same-size twin."))
}

fn alternative(study: &DilationStudy, architecture: &str, way: Way) -> Option<String> {
    let pair = (way, Variant::Native.into());
    let (.., energy) = range(&ratios(study, architecture, pair, |numbers| numbers.energy_pj))?;
    let (.., cycles) = range(&ratios(study, architecture, pair, |numbers| super::real(numbers.cycles)))?;
    Some(format!("On {architecture} {} takes, relative to native, energy {energy} and cycles {cycles}.", way.name()))
}

/// What units that idle on zeros cost: the time that they take.
fn idle(study: &DilationStudy, architecture: &str) -> Option<String> {
    let way = Way::OnZeros(ZeroUse::Gating);
    let share = |layer: &StudiedLayer| {
        let zeros = layer.variant(way)?.numbers(architecture, Footprint::BoundingBox)?.zeros?;
        let (idle, done) = (super::real(zeros.gated_computes), super::real(zeros.actual_computes));
        (idle + done > 0.0).then(|| idle / (idle + done))
    };
    let shares: Vec<f64> = study.layers.iter().filter_map(share).collect();
    let (min, max) = (shares.iter().copied().reduce(f64::min)?, shares.iter().copied().reduce(f64::max)?);
    Some(format!(
        "Gating saves energy and no time: of the products of the zero-inserted kernels {} to {} fall on holes, and the units \
         idle meanwhile.",
        percent(min),
        percent(max)
    ))
}

/// Whether hardware that skips reaches what native dilation gives, and what its metadata costs.
fn skipped(study: &DilationStudy, architecture: &str) -> Option<String> {
    let pair = (Way::OnZeros(ZeroUse::Skipping), Variant::Native.into());
    let edp = ratios(study, architecture, pair, |numbers| numbers.edp_j_cycle);
    let (.., text) = range(&edp)?;
    let (reached, all) = (edp.iter().filter(|(ratio, _)| *ratio <= 1.0 + EQUAL).count(), edp.len());
    let metadata = |layer: &StudiedLayer| {
        let numbers = layer.variant(pair.0)?.numbers(architecture, Footprint::BoundingBox)?;
        Some(numbers.zeros?.metadata_energy_pj / numbers.energy_pj)
    };
    let most = study.layers.iter().filter_map(metadata).reduce(f64::max)?;
    let reached = match reached {
        0 => "no layer reaches".to_owned(),
        reached if reached == all => "every layer reaches".to_owned(),
        reached => format!("{reached} of {all} layers reach"),
    };
    Some(format!(
        "Skipping the holes on {architecture}, {reached} the energy-delay product of native dilation (it is {text} times as \
         much); the bits that say where the holes are take up to {} of the energy.",
        percent(most)
    ))
}

/// What the holes of hulls make of the inputs that the outermost level reads.
fn holes(study: &DilationStudy, architecture: &str) -> Option<String> {
    let ratio = |layer: &StudiedLayer| {
        let row = layer.variant(Variant::Native)?;
        let energy = |footprint| Some(row.numbers(architecture, footprint)?.energy_pj);
        Some(energy(Footprint::BoundingBox)? / energy(Footprint::Exact)?)
    };
    let found: Ratios = study
        .layers
        .iter()
        .filter_map(|layer| Some((ratio(layer).filter(|ratio| ratio.is_finite())?, layer)))
        .collect();
    let (min, max, text) = range(&found)?;
    let same = (min - 1.0).abs() < EQUAL && (max - 1.0).abs() < EQUAL;
    // Hulls need not fetch what the holes of the tile before held.
    let why = if min < 1.0 - EQUAL {
        ": what lies in the holes of a bounding box at one step need not be fetched for the next"
    } else {
        ""
    };
    Some(if same {
        format!("On {architecture} counting only the points that a tile touches changes no native layer's energy.")
    } else {
        format!(
            "On {architecture} the energy of the native layers with bounding boxes, as Timeloop counts, is {text} times that of \
             the same mappings with exact footprints{why}."
        )
    })
}

fn sharing(study: &DilationStudy) -> Option<String> {
    let shared = distinct(study.layers.iter().filter_map(|layer| Some((layer.rate(), layer.row_sharing?))));
    let text: Vec<String> =
        shared.iter().map(|(rate, factor)| format!("{} at rate {rate}", significant(*factor))).collect();
    (!text.is_empty()).then(|| {
        format!(
            "In closed form, for 14 columns of a row-stationary array whatever the designs here: an input row is shared by \
             so many PEs on average: {}.",
            text.join(", ")
        )
    })
}

fn padding(study: &DilationStudy) -> Option<String> {
    let shares = study.layers.iter().filter_map(|layer| Some((layer.variant(Variant::Native)?.on_padding, layer)));
    let (share, layer) = shares.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (share > 0.0).then(|| {
        format!(
            "Up to {} of a native layer's multiply-accumulates fall on zero padding (rate {}, {}).",
            percent(share),
            layer.rate(),
            layer.name
        )
    })
}
