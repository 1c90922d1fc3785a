//! Two results side by side: layer by layer, in total, and why they differ.
//!
//! ```text
//! &[NetworkResults] --pairings--> [Pairing] --Comparison::new--> [Comparison] --csv, table, findings-->
//! ```

mod cause;
mod findings;
mod pairing;
mod partners;
mod table;

pub use findings::findings;
pub use pairing::{Aspect, pairings, pairings_by};
pub use table::{csv, table};

use serde::Serialize;

use self::partners::{Partners, partners};
use crate::numbers::real;
use crate::report::phrases::{cycle_limit, run_name};
use crate::results::{LayerOutcome, LayerResult, MappedLayer, NetworkResults, Sums};

/// One network on one accelerator by one mapper against another: every ratio is the other over the base.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Version of this form.
    pub schema: u32,
    /// `NETWORK on ARCHITECTURE` of the base.
    pub base: String,
    /// The same of the other.
    pub other: String,
    /// Whole networks. Absent where one of them has layers without mapping: sums over different layers cannot be compared.
    pub totals: Option<Ratios>,
    /// Geometric mean over the pairs of layers, each as often as the base executes it.
    pub geometric_mean: Option<Ratios>,
    /// Over all pairs, each as often as the base executes it: what every part's energy changes by.
    pub parts: Vec<Cause>,
    /// Layers that belong together, in the order of the base.
    pub layers: Vec<LayerPair>,
    /// Layers of the base without counterpart.
    pub only_base: Vec<String>,
    /// Layers of the other without counterpart.
    pub only_other: Vec<String>,
}

/// The other over the base; absent if a number is unknown, zero in the base, or not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Ratios {
    pub energy: Option<f64>,
    pub cycles: Option<f64>,
    pub edp: Option<f64>,
}

impl Ratios {
    /// Whether nothing differs by more than rounding.
    fn are_one(self) -> bool {
        [self.energy, self.cycles, self.edp]
            .into_iter()
            .all(|ratio| ratio.is_some_and(|ratio| (ratio - 1.0).abs() < 1e-9))
    }
}

/// One layer in both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerPair {
    /// Its name in the base.
    pub base: String,
    /// Its name in the other.
    pub other: String,
    /// What tells that both are the same layer.
    pub paired_by: PairedBy,
    /// Executions by the base.
    pub executions: u64,
    /// Of one execution; absent if one of them has no mapping.
    pub ratios: Option<Ratios>,
    /// What changes the energy of one execution most; absent if nothing changes.
    pub cause: Option<Cause>,
    /// What decides the cycles in the base and in the other: `compute`, or levels.
    pub limits: Option<(String, String)>,
    /// Which of the two layers has no mapping, and the reason; absent where both have one.
    pub failure: Option<String>,
}

/// What tells that two layers are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedBy {
    /// Their names, without the number (`NNN_`) that a problem's file has in front.
    Name,
    /// Bounds and coefficients of their problems.
    Problem,
    /// The number of their multiply-accumulates, where the problem of one is not known.
    Computes,
}

impl PairedBy {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Problem => "problem",
            Self::Computes => "computes",
        }
    }
}

/// The part of an accelerator whose energy changes most.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The level, the compute units, or the network.
    pub component: String,
    /// The data space; absent if the change is not one of words.
    pub data_space: Option<String>,
    /// Energy of the other minus that of the base, in pJ.
    pub energy_pj: f64,
}

impl Ratios {
    fn new(base: (f64, u64, f64), other: (f64, u64, f64)) -> Self {
        let ratio = |base: f64, other: f64| Some(other / base).filter(|ratio| ratio.is_finite() && base > 0.0);
        Self { energy: ratio(base.0, other.0), cycles: ratio(real(base.1), real(other.1)), edp: ratio(base.2, other.2) }
    }

    fn of_layers(base: &MappedLayer, other: &MappedLayer) -> Self {
        let costs = |layer: &MappedLayer| (layer.energy_pj, layer.cycles, layer.edp_j_cycle);
        Self::new(costs(base), costs(other))
    }

    fn of_sums(base: &Sums, other: &Sums) -> Self {
        let costs = |sums: &Sums| (sums.energy_pj, sums.cycles, sums.edp_j_cycle);
        Self::new(costs(base), costs(other))
    }
}

impl Comparison {
    /// Compares. Layers belong together by their names; of the others, those of equal problems, then those of equally many
    /// computes where a problem is not known, in order.
    pub fn new(base: &NetworkResults, other: &NetworkResults) -> Self {
        let Partners { partners, left } = partners(&base.layers, &other.layers);
        let pairs = base.layers.iter().zip(&partners);
        let layers: Vec<LayerPair> = pairs
            .clone()
            .filter_map(|(layer, partner)| partner.map(|(partner, paired_by)| pair(layer, partner, paired_by)))
            .collect();
        let is_whole = left.is_empty() && layers.len() == base.layers.len();
        let sums = base.totals.sums.as_ref().zip(other.totals.sums.as_ref()).filter(|_| is_whole);
        Self {
            schema: 1,
            base: run_name(base),
            other: run_name(other),
            totals: sums.map(|(base, other)| Ratios::of_sums(base, other)),
            geometric_mean: geometric_mean(&layers),
            parts: parts(pairs.clone().map(|(layer, partner)| (layer, partner.map(|(partner, _)| partner)))),
            only_base: pairs.filter(|(_, partner)| partner.is_none()).map(|(layer, _)| layer.name.clone()).collect(),
            only_other: left.iter().map(|layer| layer.name.clone()).collect(),
            layers,
        }
    }
}

fn pair(base: &LayerResult, other: &LayerResult, paired_by: PairedBy) -> LayerPair {
    let mut pair = LayerPair {
        base: base.name.clone(),
        other: other.name.clone(),
        paired_by,
        executions: base.executions,
        ratios: None,
        cause: None,
        limits: None,
        failure: None,
    };
    match (&base.outcome, &other.outcome) {
        (LayerOutcome::Mapped(base_layer), LayerOutcome::Mapped(other_layer)) => {
            pair.ratios = Some(Ratios::of_layers(base_layer, other_layer));
            let whole = base_layer.energy_pj.abs().max(other_layer.energy_pj.abs());
            pair.cause = cause::largest(&cause::parts(base_layer, other_layer), whole);
            pair.limits = Some((cycle_limit(base_layer), cycle_limit(other_layer)));
        }
        (LayerOutcome::Failed { reason }, _) => pair.failure = Some(format!("no mapping in the base: {reason}")),
        (_, LayerOutcome::Failed { reason }) => pair.failure = Some(format!("no mapping in the other: {reason}")),
    }
    pair
}

/// The sum of every part over all pairs with mappings.
fn parts<'a>(pairs: impl Iterator<Item = (&'a LayerResult, Option<&'a LayerResult>)>) -> Vec<Cause> {
    let mut sums = Vec::new();
    for (base, other) in pairs {
        let Some(other) = other else { continue };
        let (LayerOutcome::Mapped(base_layer), LayerOutcome::Mapped(other_layer)) = (&base.outcome, &other.outcome)
        else {
            continue;
        };
        let parts = cause::parts(base_layer, other_layer);
        if cause::largest(&parts, base_layer.energy_pj.abs().max(other_layer.energy_pj.abs())).is_none() {
            continue;
        }
        for Cause { component, data_space, energy_pj } in parts {
            cause::add(&mut sums, &component, data_space.as_deref(), energy_pj * real(base.executions));
        }
    }
    sums
}

fn geometric_mean(layers: &[LayerPair]) -> Option<Ratios> {
    let mean = |ratio: fn(&Ratios) -> Option<f64>| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for pair in layers {
            if let Some(ratio) = pair.ratios.as_ref().and_then(ratio).filter(|ratio| *ratio > 0.0) {
                sum += ratio.ln() * real(pair.executions);
                weight += real(pair.executions);
            }
        }
        (weight > 0.0).then(|| (sum / weight).exp())
    };
    let ratios = Ratios {
        energy: mean(|ratios| ratios.energy),
        cycles: mean(|ratios| ratios.cycles),
        edp: mean(|ratios| ratios.edp),
    };
    (ratios != Ratios::default()).then_some(ratios)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{ComponentKind, ComponentResult, DataSpaceResult, OptimalityResult, Totals};

    fn layer(name: &str, bound: u64, energy_pj: f64, cycles: u64) -> LayerResult {
        let inputs = DataSpaceResult {
            name: "Inputs".into(),
            tile_words: 1,
            reads: 1,
            fills: 1,
            updates: 0,
            energy_pj: energy_pj - 1.0,
            multicast: None,
            sparse: None,
        };
        let memory = ComponentResult {
            name: "DRAM".into(),
            kind: ComponentKind::Storage,
            energy_pj,
            leakage_pj: None,
            fj_per_compute: 1.0,
            instances: None,
            utilized_instances: None,
            cycles: None,
            operations_per_byte: None,
            bandwidth_words_per_cycle: None,
            word_bits: None,
            data_spaces: vec![inputs],
        };
        let mapped = MappedLayer {
            cycles,
            energy_pj,
            edp_j_cycle: energy_pj * real(cycles),
            utilization: 1.0,
            gflops: 1.0,
            area_um2: None,
            components: vec![memory],
            limited_by: Vec::new(),
            mapping: Vec::new(),
            optimality: OptimalityResult::Proved,
            mapspace: Vec::new(),
            evaluations: None,
            stop: None,
            proof: None,
            sparse: None,
            computes: None,
        };
        LayerResult {
            index: 0,
            name: name.into(),
            op: "Conv".into(),
            problem: name.into(),
            executions: 1,
            macs: Some(1),
            bounds: vec![("C".into(), bound)],
            coefficients: Vec::new(),
            densities: indexmap::IndexMap::default(),
            recognized_as: None,
            note: None,
            outcome: LayerOutcome::Mapped(Box::new(mapped)),
        }
    }

    fn results(network: &str, layers: Vec<LayerResult>) -> NetworkResults {
        NetworkResults {
            schema: 1,
            network: network.into(),
            architecture: "design".into(),
            mapper: "exact".into(),
            energy_source: String::new(),
            footprint: crate::model::Footprint::BoundingBox.name().into(),
            datawidth: None,
            metric: None,
            cycle_seconds: None,
            totals: Totals::of(&layers, None),
            layers,
            mac_coverage: Some(1.0),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn layers_belong_together_by_name_then_by_problem() {
        let base = results("a", vec![layer("one", 1, 10.0, 4), layer("two", 2, 10.0, 4), layer("three", 3, 1.0, 1)]);
        let mut far = layer("one", 9, 20.0, 8);
        far.executions = 1;
        let mut more = layer("more", 7, 1.0, 1);
        more.macs = Some(2);
        let other = results("b", vec![layer("renamed", 2, 5.0, 4), far, more]);
        let compared = Comparison::new(&base, &other);
        let names: Vec<(&str, &str, PairedBy)> =
            compared.layers.iter().map(|pair| (pair.base.as_str(), pair.other.as_str(), pair.paired_by)).collect();
        assert_eq!(names, [("one", "one", PairedBy::Name), ("two", "renamed", PairedBy::Problem)]);
        assert_eq!((compared.only_base, compared.only_other), (vec!["three".to_owned()], vec!["more".to_owned()]));
        // Sums over different layers are not compared.
        assert_eq!(compared.totals, None);
        let ratios = compared.layers[0].ratios.unwrap();
        assert_eq!((ratios.energy, ratios.cycles, ratios.edp), (Some(2.0), Some(2.0), Some(4.0)));
        // 2 and 1/2, 2 and 1, 4 and 1/2.
        let mean = compared.geometric_mean.unwrap();
        for (found, expected) in [(mean.energy, 1.0), (mean.cycles, 2f64.sqrt()), (mean.edp, 2f64.sqrt())] {
            assert!((found.unwrap() - expected).abs() < 1e-12);
        }
        let cause = compared.layers[0].cause.as_ref().unwrap();
        assert_eq!((cause.component.as_str(), cause.data_space.as_deref()), ("DRAM", Some("Inputs")));
        assert!((cause.energy_pj - 10.0).abs() < 1e-12);
    }

    /// Energy of inputs and of the rest, as often as a layer is executed.
    #[test]
    fn parts_are_summed_over_all_layers() {
        // In each layer inputs change most, but in opposite directions; the rest always grows.
        let with_inputs = |name: &str, inputs: f64, rest: f64, executions| {
            let mut layer = layer(name, 1, inputs + rest, 1);
            layer.executions = executions;
            let LayerOutcome::Mapped(mapped) = &mut layer.outcome else { unreachable!() };
            mapped.components[0].data_spaces[0].energy_pj = inputs;
            layer
        };
        let base = results("a", vec![with_inputs("one", 100.0, 10.0, 2), with_inputs("two", 100.0, 10.0, 1)]);
        let other = results("b", vec![with_inputs("one", 110.0, 17.0, 2), with_inputs("two", 79.0, 17.0, 1)]);
        let compared = Comparison::new(&base, &other);
        assert!(compared.layers.iter().all(|pair| pair.cause.as_ref().unwrap().data_space.is_some()));
        let parts: Vec<f64> = compared.parts.iter().map(|part| part.energy_pj).collect();
        assert_eq!(parts, [-1.0, 21.0]);
        let sentences = findings(&compared).join(" ");
        assert!(
            sentences.contains("DRAM changes the energy most: 21.00 pJ more; everything together makes 20.00 pJ more."),
            "{sentences}"
        );
    }

    #[test]
    fn unknown_numbers_have_no_ratios() {
        let base = results("a", vec![layer("one", 1, 10.0, 4)]);
        let mut failed = layer("one", 1, 1.0, 1);
        failed.outcome = LayerOutcome::Failed { reason: "too small".into() };
        let compared = Comparison::new(&base, &results("b", vec![failed]));
        assert_eq!((compared.layers[0].ratios, compared.geometric_mean, compared.totals), (None, None, None));
        assert!(compared.layers[0].failure.as_ref().unwrap().ends_with("too small"));
        let endless = Comparison::new(&base, &results("b", vec![layer("one", 1, f64::INFINITY, 4)]));
        assert_eq!(endless.layers[0].ratios.unwrap().energy, None);
        let same = Comparison::new(&base, &base);
        assert_eq!(same.totals.unwrap(), Ratios { energy: Some(1.0), cycles: Some(1.0), edp: Some(1.0) });
        assert_eq!(same.layers[0].cause, None);
    }
}
