//! What records say of the zeros of a layer.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::workload::{Density, LayerDensities, TensorDensity};

/// The zeros of a layer's tensors, by `inputs`, `weights` and `outputs`; without those of which nothing is known.
pub type DensityResults = IndexMap<String, DensityResult>;

/// The zeros of one tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DensityResult {
    /// `fixed_structured`, `hypergeometric` or `banded`.
    pub distribution: String,
    /// Share of the elements that are not zero, from 0 to 1; absent for a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<f64>,
    /// Half width of a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band_width: Option<u64>,
    /// Elements that are not zero, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonzeros: Option<u64>,
    /// All elements, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elements: Option<u64>,
    /// A pattern such as `2:4`: of every 4 neighbours along the sums, at most 2 are not zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

impl DensityResult {
    /// Those of a layer.
    pub fn all(known: &LayerDensities) -> DensityResults {
        known.known().map(|(tensor, density)| (tensor.name().to_lowercase(), Self::of(density))).collect()
    }

    fn of(TensorDensity { density, counted }: &TensorDensity) -> Self {
        Self {
            distribution: density.distribution().name().to_owned(),
            density: density.share(),
            band_width: if let Density::Banded(width) = density { Some(*width) } else { None },
            nonzeros: counted.map(|counted| counted.nonzeros),
            elements: counted.map(|counted| counted.elements),
            pattern: counted.and_then(|counted| counted.pattern).map(|pattern| pattern.to_string()),
        }
    }

    /// As `--density` takes it, such as `hypergeometric:0.3`.
    pub fn stated(&self) -> String {
        let number = match (self.density, self.band_width) {
            (Some(density), _) => density.to_string(),
            (None, width) => width.unwrap_or(0).to_string(),
        };
        format!("{}:{number}", self.distribution)
    }
}
