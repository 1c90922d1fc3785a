//! Networks in a folder: layers and problems as files.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::manifest::{Manifest, ManifestEntry};
use super::{Error, Network};
use crate::output::{check_folder, remove_left_over, write_many};
use crate::report::layers::FORMATS;
use crate::timeloop::files::TimeloopVersion;

/// What stands beside the networks' folders.
pub(super) const OWN_NAMES: [&str; 9] = [
    "accelergy",
    "charts",
    "comparison.csv",
    "comparison.json",
    "manifest.json",
    "report.html",
    "timeloop-jobs",
    "timing.json",
    "totals.csv",
];

/// Fails early if a folder of results cannot be written to, or holds a manifest of something else. Removes the temporary files of
/// killed runs from it, but not from the networks' folders below it: see [`write_network`].
///
/// # Errors
///
/// The file system's, with the path in front; or that the manifest is not of this tool.
pub fn check_output(folder: &Path) -> Result<(), Error> {
    check_folder(folder)?;
    remove_left_over(folder, 1);
    remove_left_over(&folder.join("charts"), 1);
    Manifest::read(folder).map(|_| ())
}

/// The files of a network's layers and problems.
pub struct NetworkFiles {
    /// Each with its text.
    pub files: Vec<(PathBuf, String)>,
    /// A warning of problems that lie there still from an earlier run.
    pub left_over: Option<String>,
}

/// Writes the layers and problems of a network into `folder/NETWORK`, in every format that has files, and removes the temporary
/// files of killed runs from there. Returns a warning of problems that lie there still from an earlier run.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn write_network(folder: &Path, network: &Network, version: TimeloopVersion) -> Result<Option<String>, Error> {
    let NetworkFiles { files, left_over } = network_files(folder, network, version)?;
    write_many(&files)?;
    Ok(left_over)
}

/// The files of [`write_network`], for those who write them together with others. The temporary files of killed runs are removed.
///
/// # Errors
///
/// None in practice: the texts are made in memory.
pub fn network_files(folder: &Path, network: &Network, version: TimeloopVersion) -> Result<NetworkFiles, Error> {
    let own = folder.join(network.name());
    remove_left_over(&own, usize::MAX);
    let exported = network.exported(version);
    let mut files = Vec::new();
    for format in &FORMATS {
        files.extend((format.files)(&exported)?.into_iter().map(|(name, text)| (own.join(name), text)));
    }
    let left_over = left_over(&own.join("problems"), &files);
    Ok(NetworkFiles { files, left_over })
}

/// A warning of problems in a folder that are none of these files.
fn left_over(problems: &Path, files: &[(PathBuf, String)]) -> Option<String> {
    let own: HashSet<&Path> = files.iter().map(|(file, _)| file.as_path()).collect();
    let left_over: BTreeSet<_> = fs::read_dir(problems)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml") && !own.contains(path.as_path()))
        .collect();
    left_over.first().map(|first| {
        format!(
            "`{}` holds {} problems of an earlier run that this one did not write, such as `{}`",
            problems.display(),
            left_over.len(),
            first.file_name().unwrap_or_default().to_string_lossy(),
        )
    })
}

/// Adds networks, which were written in this form, to the folder's manifest.
///
/// # Errors
///
/// The file system's, with the path in front; or that the manifest is not of this tool.
pub fn write_manifest<'a>(
    folder: &Path,
    networks: impl IntoIterator<Item = &'a Network>,
    version: TimeloopVersion,
) -> Result<(), Error> {
    let entry = |network: &Network| Ok((network.name().to_owned(), ManifestEntry::of(network, version)?));
    Manifest::add(folder, networks.into_iter().map(entry).collect::<Result<IndexMap<_, _>, Error>>()?)
}
