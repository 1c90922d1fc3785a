//! The library's face: networks, architectures and problems opened; mappings evaluated and searched; whole runs; reports.
//!
//! Nothing here prints, reads the command line, or depends on the state of the process. What was noticed on the way stands in a
//! field `warnings`: of the value, of the [`Error`], or of [`Warned`] for values that have none of their own.
//!
//! * [`Network`]: the layers and problems of an ONNX file.
//! * [`Architecture`]: a preset, files or a text, with [`Energies`].
//! * [`ProblemOnArchitecture`]: a problem on an architecture, to evaluate mappings and to search for the best.
//! * [`Run`]: networks x architectures x mappers.
//! * [`open_results`], [`write_report`], [`charts`]: results of finished runs; their totals, page and charts.
//! * [`Sweep`]: networks on many designs.
//! * [`ModelInputs`]: what the programs timeloop-model and timeloop-mapper are given.
//!
//! ```
//! use onnx2timeloop::api::{Architecture, ExactMapper, Network};
//!
//! let network = Network::open(concat!(env!("CARGO_MANIFEST_DIR"), "/models/deeplabv3_resnet50_513__ts_rbn.onnx"))?;
//! let problem = &network.problems()[0].problem;
//! let best = Architecture::open("eyeriss_like")?.for_problem(problem)?.search(&ExactMapper::default())?;
//! assert!(best.evaluation.energy_pj > 0.0);
//! # Ok::<(), onnx2timeloop::api::Error>(())
//! ```

mod architecture;
mod densities;
mod description;
mod energies;
mod error;
mod folder;
mod manifest;
mod mappers;
mod model_inputs;
mod network;
mod network_file;
mod problem;
mod report;
mod results;
mod run;
mod sweep;

pub use architecture::{Architecture, ArchitectureOptions, RECORDED};
pub use densities::{DensityFile, DensityFileError, DensityOptions, unknown_tensor};
pub use description::Description;
pub use energies::{Energies, EnergySource};
pub use error::{Error, ErrorKind};
pub use folder::{NetworkFiles, check_output, network_files, write_manifest, write_network};
pub use manifest::{InputFile, provenance};
pub use mappers::{MapperOptions, STREAMS, SearchMethod, TimeloopProgram};
pub use model_inputs::{EvaluatedMapping, ModelInputs, PreparedSearch, SearchOptions};
pub use network::{Network, NetworkOptions};
pub use network_file::NetworkFile;
pub use report::write_report;
#[cfg(feature = "page")]
pub use report::write_sweep_page;
#[cfg(feature = "charts")]
pub use report::{charts, draw_charts};
pub use results::{OpenedResults, open_results};
pub use run::{FinishedRun, Run};
pub use sweep::{Sweep, SweepOptions, has_sweep, open_sweep, write_sweep};

pub use crate::mapper::{
    Budget, Effort, ExactMapper, FoundMapping, Mapper, Metric, NoProgress, Outcome, Progress, RandomMapper, Status,
    StopReason,
};
pub use crate::mapping::Mapping;
pub use crate::model::{Evaluation, Footprint};
pub use crate::onnx::{Bindings, InputShape, InputValue, Phase};
pub use crate::report::Provenance;
#[cfg(feature = "charts")]
pub use crate::report::charts::{ChartOptions, LayerChoice, PictureFormat, PictureSize};
pub use crate::results::NetworkResults;
pub use crate::results::sweep::{SweepObjective, SweepResults};
pub use crate::run::{Cache, JobError, ProblemOnArchitecture, Solution, Watcher};
pub use crate::sweep::{SweepWatcher, Variation, VariedValues};
pub use crate::timeloop::files::TimeloopVersion;
pub use crate::warned::Warned;
pub use crate::workload::{Layer, Problem, ProblemStyle, Variant};
