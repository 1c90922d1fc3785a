//! Errors of descriptions of architectures.

use thiserror::Error;

/// Why a description cannot be an architecture. Every message names the level.
#[derive(Clone, Debug, PartialEq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ArchitectureError {
    #[error("the architecture has no storage level")]
    NoStorage,
    #[error("two levels are named `{0}`")]
    DuplicateLevel(String),
    #[error("level `{level}`: {attribute} is {value}; it must be at least 1")]
    NotPositive { level: String, attribute: &'static str, value: u64 },
    #[error("level `{level}`: {attribute} is {value}; it must be a finite number, at least {min}")]
    BadNumber { level: String, attribute: &'static str, value: f64, min: f64 },
    #[error("level `{level}`: width {width} is not a multiple of word bits {word_bits} x block size {block_size}")]
    Width { level: String, width: u64, word_bits: u64, block_size: u64 },
    #[error(
        "level `{level}`: width {width} is not word bits {word_bits} x block size {block_size} x cluster size {cluster_size}"
    )]
    WidthOfCluster { level: String, width: u64, word_bits: u64, block_size: u64, cluster_size: u64 },
    #[error("level `{level}`: {instances} instances are not a multiple of the cluster size {cluster_size}")]
    Cluster { level: String, instances: u64, cluster_size: u64 },
    #[error("level `{level}`: a mesh of {x} x {y} is not {instances} instances")]
    Mesh { level: String, x: u64, y: u64, instances: u64 },
    #[error("level `{level}`: {instances} instances cannot be divided into {mesh} along {axis}")]
    MeshAxis { level: String, instances: u64, mesh: u64, axis: char },
    #[error(
        "level `{level}`: the mesh of the next inner level ({inner} along {axis}) is not a multiple of its own ({outer})"
    )]
    FanOut { level: String, inner: u64, outer: u64, axis: char },
    #[error("level `{0}` has no size (entries, depth or sizeKB); only DRAM may be unlimited")]
    NoSize(String),
    #[error("level `{level}`: power_gated_at names `{target}`, which is not a level")]
    PowerGate { level: String, target: String },
    #[error("level `{0}`: its numbers overflow 64 bits")]
    Overflow(String),
}

impl ArchitectureError {
    /// The level that it is about.
    pub fn level(&self) -> Option<&str> {
        match self {
            Self::NoStorage => None,
            Self::DuplicateLevel(level)
            | Self::NoSize(level)
            | Self::Overflow(level)
            | Self::NotPositive { level, .. }
            | Self::BadNumber { level, .. }
            | Self::Width { level, .. }
            | Self::WidthOfCluster { level, .. }
            | Self::Cluster { level, .. }
            | Self::Mesh { level, .. }
            | Self::MeshAxis { level, .. }
            | Self::FanOut { level, .. }
            | Self::PowerGate { level, .. } => Some(level),
        }
    }
}
