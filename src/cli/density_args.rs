//! What may be typed about the zeros of tensors.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;

use crate::api::{DensityFile, DensityOptions, Description, unknown_tensor};
use crate::workload::{Density, LayerTensor};

/// Zeros in the layers of networks.
#[derive(Clone, Debug, Args)]
pub(super) struct DensityArgs {
    /// Share of elements that are not zero, in all layers: `weights=0.3`, `inputs=0.5`, `outputs=0.5`, with a distribution
    /// `weights=hypergeometric:0.3` (fixed-structured unless stated, or banded:HALF-WIDTH); or `measured`: what the file holds of each
    /// weight tensor is counted, random or in a pattern such as 2:4. May repeat. Only designs with `sparse_optimizations` make use of zeros.
    #[arg(long = "density", value_name = "TENSOR=SHARE|measured", value_delimiter = ',', help_heading = "Zeros")]
    densities: Vec<NetworkDensity>,
    /// Densities of single layers, which count before `--density`: a CSV file with the columns layer, tensor, density and, if needed,
    /// distribution, or a list of the same under `densities` in YAML. A `*` in a layer's name stands for any characters.
    #[arg(long, value_name = "FILE", help_heading = "Zeros")]
    density_file: Option<PathBuf>,
}

/// Zeros in the data of one problem.
#[derive(Clone, Debug, Args)]
pub(super) struct ProblemDensityArgs {
    /// Share of elements of a data space that are not zero, instead of what the files say: `Weights=0.3`, `A=hypergeometric:0.5`. May
    /// repeat. Without `sparse_optimizations` in the files densities have no effect.
    #[arg(long = "density", value_name = "DATASPACE=SHARE", value_delimiter = ',', help_heading = "Zeros")]
    densities: Vec<NamedDensity>,
}

impl DensityArgs {
    /// What is known of the zeros of networks.
    pub(super) fn options(&self) -> anyhow::Result<DensityOptions> {
        let mut options = DensityOptions::default();
        for stated in &self.densities {
            match *stated {
                NetworkDensity::Measured => options.measured = true,
                NetworkDensity::Stated(tensor, density) => {
                    if options.stated.iter().any(|(known, _)| *known == tensor) {
                        bail!("`--density` states the {} twice", tensor.name().to_lowercase());
                    }
                    options.stated.push((tensor, density));
                }
            }
        }
        if options.measured && options.stated.iter().any(|(tensor, _)| *tensor == LayerTensor::Weights) {
            bail!(
                "`--density` states the weights and asks for what is measured, too; leave out one of them\nhint: `--density-file` \
                 states single layers beside what is measured"
            );
        }
        if let Some(path) = &self.density_file {
            options.file = Some(DensityFile::read(path).context("`--density-file`")?);
        }
        Ok(options)
    }
}

impl ProblemDensityArgs {
    /// Adds them to a description.
    pub(super) fn add_to(&self, description: &mut Description) -> anyhow::Result<()> {
        for (index, NamedDensity { name, density }) in self.densities.iter().enumerate() {
            if self.densities[..index].iter().any(|earlier| earlier.name.eq_ignore_ascii_case(name)) {
                bail!("`--density` states `{name}` twice");
            }
            description.set_density(name, *density);
        }
        Ok(())
    }
}

/// `measured`, or a tensor and its density.
#[derive(Clone, Copy, Debug)]
enum NetworkDensity {
    Measured,
    Stated(LayerTensor, Density),
}

impl FromStr for NetworkDensity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "measured" {
            return Ok(Self::Measured);
        }
        let NamedDensity { name, density } = text
            .parse()
            .map_err(|problem| if text.contains('=') { problem } else { format!("{problem}, or measured") })?;
        let tensor = LayerTensor::named(&name).ok_or_else(|| unknown_tensor(&name))?;
        Ok(Self::Stated(tensor, density))
    }
}

/// `NAME=DENSITY`.
#[derive(Clone, Debug)]
struct NamedDensity {
    name: String,
    density: Density,
}

impl FromStr for NamedDensity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, density)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err("it must be NAME=SHARE, such as weights=0.3".to_owned());
        };
        if density == "measured" {
            return Err("what is measured is every weight tensor of a network: `--density measured`".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            density: density.parse().map_err(|error: crate::workload::DensityError| error.to_string())?,
        })
    }
}
