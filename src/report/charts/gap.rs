//! Why a chart has no value where one is expected.

use std::fmt;

/// The reason of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// The results do not state it, or state infinity or NaN.
    Unknown,
    /// The layer has no mapping.
    Unmapped,
    /// So many of so many layers have no mapping: what is known of the others is not the network's.
    Layers(usize, usize),
    /// The design does not have the component.
    Component,
    /// The network does not have the layer.
    Absent,
    /// Printed numbers of layers do not add up to one of the network.
    NotASum,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("not known"),
            Self::Unmapped => f.write_str("no mapping"),
            Self::Layers(failed, all) => {
                write!(f, "{failed} of {all} layers {} no mapping", if *failed == 1 { "has" } else { "have" })
            }
            Self::Component => f.write_str("the architecture has no such component"),
            Self::Absent => f.write_str("this run has no such layer"),
            Self::NotASum => f.write_str("known for layers only"),
        }
    }
}
