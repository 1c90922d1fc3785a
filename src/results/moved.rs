//! What levels of a sparse design move, over all layers of a run.

use super::record::{ComponentResult, DataSpaceResult, LayerOutcome, NetworkResults};
use super::zeros::{SparseSpaceResult, SparseWords};
use crate::numbers::real;

/// A data space at a level.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedSpace {
    /// The level.
    pub level: String,
    /// The data space.
    pub data_space: String,
    /// Formats of its ranks, outermost first.
    pub formats: String,
    /// Its accesses.
    pub sum: MovedSum,
}

/// Sums of accesses, in words, and of what metadata take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MovedSum {
    /// Accesses of dense data.
    pub algorithmic: f64,
    /// Those that are done.
    pub done: f64,
    /// Those whose time passes and that are not done.
    pub gated: f64,
    /// Those that are left out.
    pub skipped: f64,
    /// Bits of metadata.
    pub metadata_bits: f64,
    /// Energy of metadata, in pJ.
    pub metadata_pj: f64,
    /// Bits of a word, if they are known.
    word_bits: Option<u64>,
}

impl MovedSum {
    /// Of one execution of a layer.
    pub fn of(component: &ComponentResult, space: &DataSpaceResult, sparse: &SparseSpaceResult) -> Self {
        let mut sum = Self { word_bits: component.word_bits, ..Self::default() };
        sum.add(space, sparse, 1);
        sum
    }

    fn add(&mut self, space: &DataSpaceResult, sparse: &SparseSpaceResult, times: u64) {
        let times = real(times);
        let words = |words: &SparseWords| real(words.total()) * times;
        self.algorithmic += (real(space.reads) + real(space.fills) + real(space.updates)) * times;
        self.done += words(&sparse.actual);
        self.gated += words(&sparse.gated);
        self.skipped += words(&sparse.skipped);
        self.metadata_bits += real(sparse.metadata_bits) * times;
        self.metadata_pj += sparse.metadata_energy_pj * times;
    }

    /// Bits of the accesses that are done, and of metadata, over those of dense data.
    pub fn shares_of_dense(&self) -> Option<[f64; 2]> {
        let dense = self.algorithmic * real(self.word_bits?);
        (dense > 0.0).then(|| [self.done / self.algorithmic, self.metadata_bits / dense])
    }
}

/// The data spaces of the levels of a sparse design, in one layer.
pub fn sparse_spaces(
    components: &[ComponentResult],
) -> impl Iterator<Item = (&ComponentResult, &DataSpaceResult, &SparseSpaceResult)> {
    components.iter().flat_map(|component| {
        component.data_spaces.iter().filter_map(move |space| Some((component, space, space.sparse.as_ref()?)))
    })
}

/// What the levels move of each data space, innermost first; nothing of a dense design.
pub fn moved_spaces(run: &NetworkResults) -> Vec<MovedSpace> {
    let mut all: Vec<MovedSpace> = Vec::new();
    for layer in &run.layers {
        let LayerOutcome::Mapped(mapped) = &layer.outcome else { continue };
        for (component, space, sparse) in sparse_spaces(&mapped.components) {
            let known = all.iter().position(|own| own.level == component.name && own.data_space == space.name);
            let at = known.unwrap_or_else(|| {
                all.push(MovedSpace {
                    level: component.name.clone(),
                    data_space: space.name.clone(),
                    formats: sparse.formats.join(" "),
                    sum: MovedSum { word_bits: component.word_bits, ..MovedSum::default() },
                });
                all.len() - 1
            });
            all[at].sum.add(space, sparse, layer.executions);
        }
    }
    all
}
