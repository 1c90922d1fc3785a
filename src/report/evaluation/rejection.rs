//! Why a mapping cannot run, at length.

use std::fmt::Write as _;

use crate::model::{Rejection, SparseReason};

/// The message of the real tool, and below it what it leaves out: which data spaces take how many words.
pub fn rejection(rejection: &Rejection) -> String {
    let mut text = rejection.to_string();
    match rejection {
        Rejection::Capacity { level, tiles, words, capacity } => {
            let parts: Vec<String> = tiles.iter().map(|(name, words)| format!("{name} {words}")).collect();
            let missing = words.saturating_sub(*capacity);
            let _ = write!(
                text,
                "\n{level} would hold {} = {words} words, {missing} more than its {capacity}",
                parts.join(" + ")
            );
        }
        Rejection::KeptNowhere { data_spaces, .. } => {
            let _ = write!(text, "\nkept by no level: {}", data_spaces.join(", "));
        }
        Rejection::Utilization { level, words, .. } => {
            let _ = write!(text, "\nmin_utilization of {level} asks for larger tiles than these {words} words");
        }
        Rejection::ComputeExpansion { level, axis, used, available }
        | Rejection::Expansion { level, axis, used, available } => {
            let _ = write!(
                text,
                "\nmesh{axis:?} of {level}: the spatial loops outside it make {used} along {axis:?}, and it has \
                 {available}"
            );
        }
        Rejection::ComputeInstances { level, used, available } | Rejection::Instances { level, used, available } => {
            let _ = write!(text, "\nthe spatial loops outside {level} make {used} instances, and it has {available}");
        }
        Rejection::Sparse { level, reason } => {
            if let Some(more) = of_sparse(level, reason) {
                let _ = write!(text, "\n{more}");
            }
        }
        Rejection::Abort(_) => text.push_str("\nthe real timeloop-model ends with a failed assertion or a crash here"),
        Rejection::Mapping(_)
        | Rejection::TooLarge(_)
        | Rejection::SharedDimension { .. }
        | Rejection::ScatteredRank { .. }
        | Rejection::ComplexMulticast { .. }
        | Rejection::NetworkEnergy { .. }
        | Rejection::NoNetworkTable { .. }
        | Rejection::NoMulticastArgument { .. }
        | Rejection::SparseFootprint
        | Rejection::NoArguments { .. } => {}
    }
    text
}

/// What would help where a level cannot do what a sparse design asks.
fn of_sparse(level: &str, reason: &SparseReason) -> Option<String> {
    Some(match reason {
        SparseReason::Decompression => format!(
            "the level outside {level} holds compressed what {level} does not; state a format here, too, or \
             `decompression_supported: true`"
        ),
        SparseReason::Compression => format!(
            "the level outside {level} holds compressed what {level} does not and writes; state a format here, too, or \
             `compression_supported: true`"
        ),
        SparseReason::Partition => format!("the next inner level has more ranks than {level}; state as many here"),
        SparseReason::Pretiling { level, child, .. } => {
            format!("from the inside, the ranks of {level} must begin with those of {child}, in the same formats")
        }
        SparseReason::Ranks { data_space } => format!(
            "more loops move {data_space} than it has ranks at {level}; state more ranks, or let one take several \
             (`flattened_rankIDs`)"
        ),
        SparseReason::NoSource { data_space, .. } => {
            format!("no level from {level} outwards keeps {data_space}; state it for an inner level")
        }
        SparseReason::Confidence { .. } => {
            format!("the tiles of {level} do not fit even where the fewest non-zeros are asked for (allow_overbooking)")
        }
        SparseReason::MetadataCapacity { .. } => {
            format!("state a larger metadata_storage_depth or metadata_storage_width for {level}")
        }
        SparseReason::FanOut(_) => return None,
    })
}
