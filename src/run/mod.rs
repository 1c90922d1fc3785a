//! The pipeline behind `run`: every distinct problem of every network on every architecture, each searched once.
//!
//! ```text
//! [NetworkProblems] x [NamedArchitecture] x [Mapper] --Plan--> jobs --execute, Cache--> [Done] --results--> [NetworkResults]
//! ```
//!
//! * [`NamedArchitecture`]: a description, and what it is for one problem ([`ProblemOnArchitecture`]: the front end treats
//!   constraints problem by problem).
//! * [`Plan`]: which jobs there are. Equal jobs of several layers, networks or architectures are one job.
//! * [`Key`]: the content address of a job's result. [`Cache`]: the results, one file each, written whole.
//! * [`execute`]: the jobs on several threads. A job that is finished stays finished, whatever happens afterwards.
//! * [`network_results`], [`network_files`]: what is written about one network on one architecture.

mod architecture;
mod cache;
mod done;
mod execute;
mod files;
mod key;
mod plan;

pub use architecture::{FitError, NamedArchitecture, ProblemOnArchitecture};
pub use cache::{Cache, Lookup};
pub use done::{Done, JobError, Solution};
pub(crate) use execute::STACK;
pub use execute::{Watcher, execute, execute_job};
pub use files::{JOB_PREFIX, network_files, network_results, search_files};
pub use key::Key;
pub use plan::{NetworkProblems, NetworkRun, Plan, PlannedJob};
