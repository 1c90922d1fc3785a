//! Files written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file by way of a temporary one beside it, so that no reader ever sees a part. Makes the folders above it.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_all_whole(&[(path, contents)])
}

/// Writes files that belong together: all are on disk before the first takes its place.
///
/// # Errors
///
/// As [`write_whole`].
pub fn write_all_whole<P: AsRef<Path>, C: AsRef<[u8]>>(files: &[(P, C)]) -> io::Result<()> {
    let mut written = Vec::with_capacity(files.len());
    for (path, contents) in files {
        let path = path.as_ref();
        written.push((temporary(path, contents.as_ref()).map_err(|error| with_path(path, &error))?, path));
    }
    if let Some((_, path)) = written.iter().find(|(_, path)| path.is_dir()) {
        return Err(with_path(path, &io::ErrorKind::IsADirectory.into()));
    }
    for (file, path) in written {
        file.persist(path).map_err(|error| with_path(path, &error.error))?;
    }
    Ok(())
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()))
}

/// A file beside `path` with its contents.
fn temporary(path: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".onnx2timeloop-");
    #[cfg(unix)]
    {
        // As any new file: the user's mask decides, not the secrecy of temporary files.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(contents)?;
    Ok(file)
}

/// Fails early if files could not be made in a folder, before any long work. Makes nothing: of a folder that is not there, the
/// nearest one above it is tried.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn check_folder(folder: &Path) -> io::Result<()> {
    let with_path =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot write into `{}`: {error}", folder.display()));
    let mut nearest = folder;
    while !nearest.as_os_str().is_empty()
        && nearest.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    {
        nearest = nearest.parent().unwrap_or(Path::new(""));
    }
    let nearest = if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest };
    if nearest.is_file() {
        let text = format!("cannot write into `{}`: `{}` is a file", folder.display(), nearest.display());
        return Err(io::Error::new(io::ErrorKind::NotADirectory, text));
    }
    tempfile::Builder::new().prefix(".onnx2timeloop-").tempfile_in(nearest).map_err(with_path)?;
    Ok(())
}
