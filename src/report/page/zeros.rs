//! What sparse designs make of zeros: of multiply-accumulates, and of what levels store and move.

use serde::Serialize;

use super::energy::EnergyBars;
use super::mapped;
use super::number::Number;
use super::view::Key;
use crate::report::charts::{fates, fates_of_networks};
use crate::report::phrases::run_name;
use crate::results::quantity::{percent, si};
use crate::results::{
    ComponentResult, DataSpaceResult, MovedSum, NetworkResults, SparseResult, SparseSpaceResult, moved_spaces,
    sparse_spaces, stored_share,
};

/// The section; there is none of dense designs.
#[derive(Debug, Serialize)]
pub(super) struct Zeros {
    legend: Vec<Key>,
    computes: EnergyBars,
    /// Of each run: its name, the share of metadata in its energy, its levels.
    runs: Vec<(String, String, Vec<Row>)>,
}

/// A data space at a level, over all layers of a run.
#[derive(Debug, Serialize)]
struct Row {
    level: String,
    data_space: String,
    formats: String,
    #[serde(flatten)]
    moved: Moved,
}

/// What becomes of the accesses of a data space, and what metadata take.
#[derive(Debug, Serialize)]
pub(super) struct Moved {
    /// Accesses of dense data.
    algorithmic: Number,
    done: Number,
    gated: Number,
    skipped: Number,
    metadata_bits: Number,
    metadata_energy: Number,
    /// Bits of accesses that are done and of metadata, over those of dense data.
    share_of_dense: Number,
}

/// How a level stores a tile, and what becomes of its accesses, in one layer.
#[derive(Debug, Serialize)]
pub(super) struct Stored {
    level: String,
    data_space: String,
    formats: String,
    /// Words with zeros, words that are held at most, bits of metadata.
    dense: Number,
    held: Number,
    tile_metadata: Number,
    /// Bits of these over those of the tile with its zeros.
    share: Number,
    #[serde(flatten)]
    moved: Moved,
}

impl Zeros {
    pub(super) fn new(results: &[NetworkResults]) -> Option<Self> {
        let is_sparse = |run: &NetworkResults| mapped(run).any(|(_, layer)| layer.sparse.is_some());
        results.iter().any(is_sparse).then(|| Self {
            legend: fates().iter().map(Key::of).collect(),
            computes: EnergyBars::new(&fates_of_networks(results)),
            runs: results.iter().filter(|run| is_sparse(run)).map(of_run).collect(),
        })
    }
}

fn of_run(run: &NetworkResults) -> (String, String, Vec<Row>) {
    let rows = moved_spaces(run).into_iter().map(|space| Row {
        moved: Moved::of(&space.sum),
        level: space.level,
        data_space: space.data_space,
        formats: space.formats,
    });
    let metadata = run.totals.known().and_then(|sums| Some((sums.sparse.as_ref()?.metadata_energy_pj, sums.energy_pj)));
    let share = metadata.map(|(pj, all)| {
        format!("Metadata take {} of {}, {}.", si(pj * 1e-12, "J"), si(all * 1e-12, "J"), percent(pj / all))
    });
    (run_name(run), share.unwrap_or_default(), rows.collect())
}

impl Moved {
    fn of(sum: &MovedSum) -> Self {
        let count = |value: f64| Number::new(value, si(value, ""));
        let share = sum.shares_of_dense().map(|[data, metadata]| data + metadata);
        Self {
            algorithmic: count(sum.algorithmic),
            done: count(sum.done),
            gated: count(sum.gated),
            skipped: count(sum.skipped),
            metadata_bits: count(sum.metadata_bits),
            share_of_dense: share.map_or_else(Number::unknown, |share| Number::new(share, percent(share))),
            metadata_energy: Number::new(sum.metadata_pj, si(sum.metadata_pj * 1e-12, "J")),
        }
    }
}

/// What the levels of a layer store and move; empty of a dense design.
pub(super) fn stored(components: &[ComponentResult]) -> Vec<Stored> {
    let row = |(component, space, sparse): (&ComponentResult, &DataSpaceResult, &SparseSpaceResult)| {
        let share = component.word_bits.and_then(|word_bits| {
            stored_share(word_bits, sparse.dense_tile_words, space.tile_words, sparse.tile_metadata_bits)
        });
        Stored {
            level: component.name.clone(),
            data_space: space.name.clone(),
            formats: sparse.formats.join(" "),
            dense: Number::count(sparse.dense_tile_words, ""),
            held: Number::count(space.tile_words, ""),
            tile_metadata: Number::count(sparse.tile_metadata_bits, ""),
            share: share.map_or_else(Number::unknown, |share| Number::new(share, percent(share))),
            moved: Moved::of(&MovedSum::of(component, space, sparse)),
        }
    };
    sparse_spaces(components).map(row).collect()
}

/// `40 % done, 60 % not begun`: what becomes of the multiply-accumulates.
pub(super) fn computes(sparse: &SparseResult) -> String {
    let parts = sparse.shares().into_iter().filter(|(_, share)| *share > 0.0);
    let parts: Vec<String> = parts.map(|(word, share)| format!("{} {word}", percent(share))).collect();
    format!("{}; metadata take {}", parts.join(", "), si(sparse.metadata_energy_pj * 1e-12, "J"))
}
