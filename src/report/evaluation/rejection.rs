//! Why a mapping cannot run, at length.

use std::fmt::Write as _;

use crate::model::Rejection;

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
        Rejection::Mapping(_)
        | Rejection::TooLarge(_)
        | Rejection::SharedDimension { .. }
        | Rejection::ScatteredRank { .. }
        | Rejection::ComplexMulticast { .. }
        | Rejection::NetworkEnergy { .. }
        | Rejection::NoNetworkTable { .. }
        | Rejection::NoMulticastArgument { .. }
        | Rejection::NoArguments { .. } => {}
    }
    text
}
