//! Charts of what sparse designs make of multiply-accumulates: stacked bars.

use super::{bar_chart, layers_of, rows};
use crate::report::charts::LayerChoice;
use crate::report::charts::data::{Bar, BarGroup, Bars, Chart, Quantity};
use crate::report::charts::gap::Gap;
use crate::report::charts::series::Series;
use crate::report::phrases::{distinct, listed_briefly};
use crate::results::{LayerOutcome, LayerResult, MovedSpace, NetworkResults, SparseResult, moved_spaces};

/// What may become of multiply-accumulates.
pub(crate) fn fates() -> Vec<Series> {
    Series::in_order(SparseResult::default().shares().map(|(word, _)| word.to_owned()))
}

/// One bar for each run of a sparse design, in groups by network.
pub(crate) fn fates_of_networks(results: &[NetworkResults]) -> Chart {
    let sparse: Vec<&NetworkResults> = results.iter().filter(|run| is_sparse(run)).collect();
    let networks = distinct(sparse.iter().map(|run| run.network.clone()));
    let of_run = |run: &&NetworkResults| {
        let gap = || Gap::Layers(run.totals.failed, run.layers.len());
        bar(run.label(), run.totals.known().and_then(|sums| sums.sparse.as_ref()).ok_or_else(gap))
    };
    let groups = networks.iter().map(|network| BarGroup {
        label: network.clone(),
        bars: sparse.iter().filter(|run| run.network == *network).map(of_run).collect(),
    });
    chart("computes_networks", format!("What becomes of computes: {}", listed_briefly(&networks)), groups.collect())
}

/// A group for each layer of a network, in it one bar for each run of a sparse design.
pub(super) fn fates_of_layers(runs: &[&NetworkResults], network: &str, choice: LayerChoice) -> Chart {
    let sparse: Vec<&NetworkResults> = runs.iter().copied().filter(|run| is_sparse(run)).collect();
    let bars = |layers: Vec<Option<&LayerResult>>| {
        let pairs = layers.into_iter().zip(&sparse);
        pairs.map(|(layer, run)| bar(run.label(), layer.ok_or(Gap::Absent).and_then(of_layer))).collect()
    };
    let groups = rows(&sparse, choice).into_iter().map(|(label, layers)| BarGroup { label, bars: bars(layers) });
    let title = format!("What becomes of computes: {}", layers_of(network, choice));
    chart(&format!("computes_{network}"), title, groups.collect())
}

/// Bits that the levels of sparse designs move, over those of dense data: a group for each run of a network, in it one bar for each
/// data space of a level of which not all is moved.
pub(super) fn moved_bits(runs: &[&NetworkResults], network: &str) -> Chart {
    let series = Series::in_order(["data", "metadata"].map(str::to_owned));
    let bar = |space: MovedSpace| {
        let shares = space.sum.shares_of_dense()?;
        let is_all = space.formats.is_empty() && space.sum.done >= space.sum.algorithmic;
        let label = format!("{}: {}", space.level, space.data_space);
        let values = shares.map(|share| Some(share * 100.0)).to_vec();
        (!is_all).then_some(Bar { label, series: 0, values, gap: None })
    };
    let sparse = runs.iter().filter(|run| is_sparse(run));
    let groups = sparse
        .map(|run| BarGroup { label: run.label(), bars: moved_spaces(run).into_iter().filter_map(bar).collect() })
        .collect();
    let axis = Quantity::linear("Bits moved, of those of dense data", "%");
    let title = format!("What levels move of data with zeros: {network}");
    bar_chart(&format!("moved_bits_{network}"), title, Bars { axis, is_stacked: true, series, groups }, false)
}

fn is_sparse(run: &NetworkResults) -> bool {
    run.layers.iter().any(|layer| of_layer(layer).is_ok())
}

fn of_layer(layer: &LayerResult) -> Result<&SparseResult, Gap> {
    match &layer.outcome {
        LayerOutcome::Mapped(mapped) => mapped.sparse.as_ref().ok_or(Gap::Unknown),
        LayerOutcome::Failed { .. } => Err(Gap::Unmapped),
    }
}

fn bar(label: String, computes: Result<&SparseResult, Gap>) -> Bar {
    match computes {
        Ok(computes) => {
            let values = computes.shares().map(|(_, share)| Some(share * 100.0)).to_vec();
            Bar { label, series: 0, values, gap: None }
        }
        Err(gap) => Bar { label, series: 0, values: vec![None; fates().len()], gap: Some(gap.to_string()) },
    }
}

fn chart(stem: &str, title: String, groups: Vec<BarGroup>) -> Chart {
    let axis = Quantity::linear("Computes of dense data", "%");
    bar_chart(stem, title, Bars { axis, is_stacked: true, series: fates(), groups }, false)
}
