//! Networks: layers and Timeloop problems of ONNX files.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::InputFile;
use super::densities::DensityOptions;
use super::network_file::NetworkFile;
use super::{Error, ErrorKind};
use crate::onnx::{Bindings, Source, import, import_measured};
use crate::report::layers::{ExportedNetwork, NetworkRecord};
use crate::run::NetworkProblems;
use crate::timeloop::files::TimeloopVersion;
use crate::workload::{self, Datawidth, DistinctProblem, Layer, ProblemStyle, Variant, distinct_problems};

/// How a network is read.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// Sizes of dimensions that the file leaves open.
    pub bindings: Bindings,
    /// Treatment of dilated convolutions.
    pub variant: Variant,
    /// Dimensions of the problems. By default the seven of a convolution, which the presets' constraints name.
    pub problem_style: ProblemStyle,
    /// Whose widths of numbers count: at the network's own, equal shapes of different numbers are different problems.
    pub datawidth: Datawidth,
    /// What is known of zeros: equal shapes with different densities are different problems.
    pub densities: DensityOptions,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self {
            bindings: Bindings::default(),
            variant: Variant::Native,
            problem_style: ProblemStyle::Conv2d,
            datawidth: Datawidth::Machine,
            densities: DensityOptions::default(),
        }
    }
}

/// A network with its distinct problems.
#[derive(Clone, Debug)]
pub struct Network {
    pub(super) content: NetworkProblems,
    record: NetworkRecord,
    file: NetworkFile,
    /// BLAKE3 of the file's bytes, once somebody asks.
    hash: Arc<OnceLock<Option<String>>>,
    pub(super) variant: Variant,
    pub(super) problem_style: ProblemStyle,
    pub(super) datawidth: Datawidth,
    pub(super) densities: DensityOptions,
}

impl Network {
    /// The network in an ONNX file. Its weights are not read, unless their zeros are asked for.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is not a model, or leaves sizes open that its layers need.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, &NetworkOptions::default())
    }

    /// [`Network::open`] with options.
    ///
    /// # Errors
    ///
    /// As [`Network::open`]; also if the bindings name what the model does not have.
    pub fn open_with(path: impl AsRef<Path>, options: &NetworkOptions) -> Result<Self, Error> {
        Self::read(&NetworkFile::of_path(path.as_ref()), options)
    }

    /// The network in the bytes of an ONNX file.
    ///
    /// # Errors
    ///
    /// As [`Network::open_with`].
    pub fn from_bytes(bytes: Vec<u8>, name: &str, options: &NetworkOptions) -> Result<Self, Error> {
        Self::read(&NetworkFile::of_bytes(bytes, name), options)
    }

    /// The network in a file that was found. A fault of this crate is an error, too.
    ///
    /// # Errors
    ///
    /// As [`Network::open_with`].
    pub fn read(file: &NetworkFile, options: &NetworkOptions) -> Result<Self, Error> {
        let read = || {
            let mut bindings = options.bindings.clone();
            bindings.phase = file.phase.clone().or(bindings.phase);
            let is_measured = options.densities.measured;
            let import = if is_measured { import_measured } else { import };
            let mut network = import(&file.source, &file.name, &bindings)?;
            options.densities.apply(&mut network, bindings.ignore_unknown_names)?;
            if options.variant != Variant::Native {
                let error = |(layer, error)| ErrorKind::Variant { layer, error };
                network = network.with_variant(options.variant).map_err(error)?;
            }
            Self::new(network, file, options)
        };
        panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(ErrorKind::Fault.into()))
    }

    fn new(network: workload::Network, file: &NetworkFile, options: &NetworkOptions) -> Result<Self, Error> {
        let problems = distinct_problems(&network.layers, options.problem_style, options.datawidth)?;
        let record = NetworkRecord::of(&network, &problems);
        let content = NetworkProblems { network, problems, datawidth: options.datawidth };
        let NetworkOptions { variant, problem_style, datawidth, .. } = *options;
        let (file, densities) = (file.clone(), options.densities.clone());
        Ok(Self { content, record, file, hash: Arc::default(), variant, problem_style, datawidth, densities })
    }

    /// Its name, a path below the folder of results.
    pub fn name(&self) -> &str {
        &self.content.network.name
    }

    /// The layers, in graph order.
    pub fn layers(&self) -> &[Layer] {
        &self.content.network.layers
    }

    /// The distinct problems of the layers, in order of first appearance.
    pub fn problems(&self) -> &[DistinctProblem] {
        &self.content.problems
    }

    /// Remarks on what was read.
    pub fn warnings(&self) -> &[String] {
        &self.content.network.warnings
    }

    /// Everything that is known of the network.
    pub fn network(&self) -> &workload::Network {
        &self.content.network
    }

    /// Its record, as `layers.json` has it.
    pub fn record(&self) -> &NetworkRecord {
        &self.record
    }

    /// The network with its dilated convolutions rewritten; its name says so.
    ///
    /// # Errors
    ///
    /// If the sizes of a layer overflow.
    pub fn with_variant(&self, variant: Variant) -> Result<Self, Error> {
        let error = |(layer, error)| ErrorKind::Variant { layer, error };
        let network = self.content.network.clone().with_variant(variant).map_err(error)?;
        let Self { problem_style, datawidth, .. } = *self;
        let densities = self.densities.clone();
        let options = NetworkOptions { variant, problem_style, datawidth, densities, ..NetworkOptions::default() };
        Ok(Self { hash: Arc::clone(&self.hash), ..Self::new(network, &self.file, &options)? })
    }

    /// The file that it was read from, with a hash. The first call reads the whole file.
    pub fn input(&self) -> InputFile {
        let hash = || match &self.file.source {
            Source::Path(path) => InputFile::hash(path),
            Source::Bytes(bytes) => Some(blake3::hash(bytes).to_hex().to_string()),
            Source::Stdin => None,
        };
        InputFile { source: self.file.shown.clone(), blake3: self.hash.get_or_init(hash).clone() }
    }

    /// The network as [exporters](crate::report::layers::FORMATS) take it.
    pub fn exported(&self, version: TimeloopVersion) -> ExportedNetwork<'_> {
        let NetworkProblems { network, problems, .. } = &self.content;
        ExportedNetwork { network, problems, record: &self.record, version }
    }
}
