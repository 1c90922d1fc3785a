//! Errors of descriptions of architectures.

use std::fmt;

use thiserror::Error;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionEnd {
    /// The level or the compute units.
    pub component: String,
    /// The key that names a network there.
    pub key: &'static str,
    /// What it names.
    pub network: Option<String>,
}

/// A connection whose ends do not name the same network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferentEnds {
    /// The outer end.
    pub outer: ConnectionEnd,
    /// The inner end.
    pub inner: ConnectionEnd,
    /// Whether one of them is the level of a fan-out, which no user writes.
    pub at_fan_out: bool,
}

impl fmt::Display for DifferentEnds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outer, inner, at_fan_out } = self;
        if let (Some(of_outer), Some(of_inner)) = (&outer.network, &inner.network) {
            write!(
                out,
                "the connection from `{}` to `{}` has two names: `{}: {of_outer}` at `{}` and `{}: {of_inner}` at `{}`; both \
                 must name one network",
                outer.component, inner.component, outer.key, outer.component, inner.key, inner.component
            )?;
        } else {
            let (named, other) = if outer.network.is_some() { (outer, inner) } else { (inner, outer) };
            let network = named.network.as_deref().unwrap_or_default();
            write!(
                out,
                "network `{network}`: `{}` names it (`{}`) and `{}` does not; state `{}: {network}` at `{}`, too, or remove the \
                 first",
                named.component, named.key, other.component, other.key, other.component
            )?;
        }
        if *at_fan_out {
            out.write_str(
                "; the level between them stands for a fan-out and takes the attributes of the container or component that \
                 makes it",
            )?;
        }
        Ok(())
    }
}

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
    #[error(
        "level `{level}`: metadata_storage_width {width} is not a multiple of metadata word bits {word_bits} x metadata block size \
         {block_size}"
    )]
    MetadataWidth { level: String, width: u64, word_bits: u64, block_size: u64 },
    #[error("level `{0}`: runtime tile partitioning is not supported yet; remove tile_partition_supported")]
    TilePartition(String),
    #[error("`{component}`: {attribute} is {value}; it must be a finite number")]
    NotFinite { component: String, attribute: &'static str, value: f64 },
    #[error("level `{level}`: `{key}: {network}` names no network; the explicit networks are: {known}")]
    NoSuchNetwork { level: String, key: &'static str, network: String, known: String },
    #[error("{0}")]
    Ends(Box<DifferentEnds>),
    #[error(
        "network `{0}` is connected to nothing; name it at both ends of a connection: `network_read: \"{0}\"` at the outer \
         level and `network_fill: \"{0}\"` at the next inner one (`network_operand` at compute units), and `network_update` \
         with `network_drain` (`network_result`) for updates; or remove it"
    )]
    Unconnected(String),
    #[error(
        "network `{0}` is a ReductionTree, which carries updates only, and `network_read` names it; name another one there"
    )]
    TreeThatReads(String),
}

impl ArchitectureError {
    /// The level or the network that it is about, and the key where it has one there.
    pub fn component(&self) -> Option<(&str, Option<&'static str>)> {
        let (component, key) = match self {
            Self::NoStorage => return None,
            Self::DuplicateLevel(level)
            | Self::NoSize(level)
            | Self::Overflow(level)
            | Self::TilePartition(level)
            | Self::MetadataWidth { level, .. }
            | Self::Unconnected(level)
            | Self::TreeThatReads(level)
            | Self::NotFinite { component: level, .. }
            | Self::NotPositive { level, .. }
            | Self::BadNumber { level, .. }
            | Self::Width { level, .. }
            | Self::WidthOfCluster { level, .. }
            | Self::Cluster { level, .. }
            | Self::Mesh { level, .. }
            | Self::MeshAxis { level, .. }
            | Self::FanOut { level, .. } => (level, None),
            Self::PowerGate { level, .. } => (level, Some("power_gated_at")),
            Self::NoSuchNetwork { level, key, .. } => (level, Some(*key)),
            Self::Ends(different) => {
                let end = if different.outer.network.is_some() { &different.outer } else { &different.inner };
                (&end.component, Some(end.key))
            }
        };
        Some((component, key))
    }
}
