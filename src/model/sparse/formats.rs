//! Whether levels can hand data on in the formats in which they hold them (docs/model.md section 9.4).

use super::SparseReason;
use super::settings::SparseSettings;
use crate::architecture::Architecture;
use crate::mapping::Mapping;

/// The first data space, and of its levels the first from the outermost inwards, whose format would have to change and cannot.
pub(super) fn check(
    architecture: &Architecture,
    mapping: &Mapping,
    settings: &SparseSettings,
    read_write: &[bool],
) -> Result<(), (usize, SparseReason)> {
    for (space, read_write) in read_write.iter().enumerate() {
        let keeps = |level: &usize| mapping.levels[*level].policy.keep.contains(space);
        let kept: Vec<usize> = (0..mapping.levels.len()).rev().filter(keeps).collect();
        for pair in kept.windows(2) {
            let (parent, level) = (pair[0], pair[1]);
            let Some(outer) = settings.format(parent, space).filter(|format| format.is_compressed()) else { continue };
            let metadata = architecture.levels()[level].metadata;
            match settings.format(level, space).filter(|format| format.is_compressed()) {
                None if !metadata.decompresses => return Err((level, SparseReason::Decompression)),
                None if *read_write && !metadata.compresses => return Err((level, SparseReason::Compression)),
                Some(inner) if outer.ranks.len() < inner.ranks.len() => return Err((parent, SparseReason::Partition)),
                _ => {}
            }
        }
    }
    Ok(())
}
