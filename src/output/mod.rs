//! Files written whole or not at all, also where the machine fails: what is renamed is on disk.

mod writer;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;
use walkdir::WalkDir;

pub use writer::Writer;

/// Beginning of the names of temporary files. The number of the process follows, so that those of a killed one are known.
const PREFIX: &str = ".onnx2timeloop-";

/// No temporary file is in use for so long.
const STALE: Duration = Duration::from_hours(1);

/// Files that are flushed at the same time.
const FLUSHES: usize = 16;

/// Files that are open at the same time.
const OPEN: usize = 64;

/// Writes a file by way of a temporary one beside it, so that no reader ever sees a part. Makes the folders above it.
///
/// # Errors
///
/// The file system's, with the path in front.
pub fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    write_all_whole(&[(path, contents)])
}

/// Writes a file whose loss shows and does no harm, such as a picture: whole, but not flushed to disk.
///
/// # Errors
///
/// As [`write_whole`].
pub(crate) fn write_unflushed(path: &Path, contents: &[u8]) -> io::Result<()> {
    if has(path, contents) {
        return Ok(());
    }
    let error = |error: io::Error| with_path(path, &error);
    temporary(path, contents).map_err(error)?.persist(path).map(|_| ()).map_err(|failed| error(failed.error))
}

/// Writes any number of files one after the other: few at a time are open.
///
/// # Errors
///
/// As [`write_whole`].
pub(crate) fn write_many<P: AsRef<Path>, C: AsRef<[u8]>>(files: &[(P, C)]) -> io::Result<()> {
    files.chunks(OPEN).try_for_each(write_all_whole)
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
        if has(path, contents.as_ref()) {
            continue;
        }
        written.push((temporary(path, contents.as_ref()).map_err(|error| with_path(path, &error))?, path));
    }
    if let Some((_, path)) = written.iter().find(|(_, path)| path.is_dir()) {
        return Err(with_path(path, &io::ErrorKind::IsADirectory.into()));
    }
    // All are written before the first is flushed, and flushed at the same time: the disk takes them together.
    flush(&written)?;
    for (file, path) in written {
        file.persist(path).map_err(|error| with_path(path, &error.error))?;
    }
    Ok(())
}

/// Whether a file is there with these contents. It stays as it is: to write it once more would take many times as long.
fn has(path: &Path, contents: &[u8]) -> bool {
    let is_as_long = |about: fs::Metadata| about.is_file() && about.len() == contents.len() as u64;
    path.symlink_metadata().is_ok_and(is_as_long) && fs::read(path).is_ok_and(|known| known == contents)
}

/// Waits until all files are on disk. They are waited for at the same time, since a file system commits what it is asked for
/// meanwhile together: one after the other takes some twenty times as long.
fn flush(files: &[(NamedTempFile, &Path)]) -> io::Result<()> {
    let flush_some = |files: &[(NamedTempFile, &Path)]| {
        files.iter().try_for_each(|(file, path)| file.as_file().sync_data().map_err(|error| with_path(path, &error)))
    };
    let Some((own, others)) = files.split_first() else { return Ok(()) };
    thread::scope(|scope| {
        let share = others.len().div_ceil(FLUSHES).max(1);
        let mut waiting = Vec::new();
        let mut rest = Vec::new();
        for some in others.chunks(share) {
            match thread::Builder::new().spawn_scoped(scope, move || flush_some(some)) {
                Ok(handle) => waiting.push(handle),
                // No more threads are to be had.
                Err(_) => rest.push(some),
            }
        }
        let here = flush_some(std::slice::from_ref(own)).and(rest.into_iter().try_for_each(flush_some));
        let there =
            waiting.into_iter().map(|handle| handle.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())));
        here.and(there.collect::<io::Result<Vec<()>>>().map(|_| ()))
    })
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write `{}`: {}", path.display(), reason(error)))
}

/// Why a file could not be made, without the name of the temporary file that was tried: the user knows none of that name.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    // So the crate tempfile adds it; its error type is not public.
    text.rsplit_once(" at path \"").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

/// A file beside `path` with its contents.
fn temporary(path: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    let prefix = format!("{PREFIX}{}-", process::id());
    builder.prefix(&prefix);
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
    let with_path = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot write into `{}`: {}", folder.display(), reason(&error)))
    };
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
    let prefix = format!("{PREFIX}{}-", process::id());
    tempfile::Builder::new().prefix(&prefix).tempfile_in(nearest).map_err(with_path)?;
    Ok(())
}

/// Removes the temporary files that processes which were killed have left in a folder and, down to a depth, below it. 1 is the
/// folder alone. What cannot be removed stays.
pub(crate) fn remove_left_over(folder: &Path, depth: usize) {
    let walk = WalkDir::new(folder).max_depth(depth).into_iter().filter_map(Result::ok);
    for entry in walk.filter(|entry| entry.file_type().is_file()) {
        let name = entry.file_name().to_string_lossy();
        let Some(name) = name.strip_prefix(PREFIX) else { continue };
        let process = name.split('-').next().and_then(|number| number.parse::<u32>().ok());
        let modified = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
        let is_stale = modified.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > STALE);
        if is_stale || process.is_some_and(has_ended) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether no process of this machine has the number; false where that cannot be known.
fn has_ended(process: u32) -> bool {
    let processes = Path::new("/proc");
    processes.join("self").exists() && !processes.join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as threads wait for, fewer, and more.
    #[test]
    fn files_that_are_flushed_together_are_all_there() {
        for count in [0, 1, 2, FLUSHES + 1, 3 * FLUSHES + 5] {
            let folder = tempfile::tempdir().unwrap();
            let files: Vec<_> =
                (0..count).map(|at| (folder.path().join(format!("{at}/file")), at.to_string())).collect();
            write_many(&files).unwrap();
            assert!(files.iter().all(|(path, text)| fs::read_to_string(path).unwrap() == *text));
            assert_eq!(WalkDir::new(folder.path()).into_iter().count(), 1 + 2 * count, "nothing else is left");
        }
    }

    /// What is there already is left alone: neither its time nor its place on the disk changes. All else is replaced.
    #[test]
    fn only_files_with_other_contents_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let [same, other, link] = ["same", "other", "link"].map(|name| folder.path().join(name));
        fs::write(&same, "text").unwrap();
        fs::write(&other, "that").unwrap();
        let past = std::time::SystemTime::UNIX_EPOCH;
        let times = || [&same, &other].map(|path| fs::metadata(path).unwrap().modified().unwrap());
        for path in [&same, &other] {
            fs::File::options().write(true).open(path).unwrap().set_modified(past).unwrap();
        }
        write_unflushed(&same, b"text").unwrap();
        write_all_whole(&[(&same, "text"), (&other, "text")]).unwrap();
        assert_eq!(times().map(|time| time == past), [true, false]);
        assert_eq!(fs::read_to_string(&other).unwrap(), "text");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&same, &link).unwrap();
            write_whole(&link, b"text").unwrap();
            assert!(link.symlink_metadata().unwrap().is_file(), "a link is replaced by a file");
        }
        let _ = link;
    }

    #[test]
    fn left_over_files_of_ended_processes_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        fs::create_dir_all(&below).unwrap();
        let own = temporary(&below.join("file"), b"x").unwrap();
        let ended = below.join(format!("{PREFIX}4294967295-abc"));
        let old = folder.path().join(format!("{PREFIX}abc"));
        for path in [&ended, &old, &below.join("kept")] {
            fs::write(path, "").unwrap();
        }
        remove_left_over(folder.path(), 1);
        assert!(ended.exists() && old.exists(), "too deep, and perhaps in use");
        let hour = Duration::from_secs(3601);
        fs::File::options().write(true).open(&old).unwrap().set_modified(std::time::SystemTime::now() - hour).unwrap();
        remove_left_over(folder.path(), usize::MAX);
        assert!(!old.exists() && own.path().exists() && below.join("kept").exists());
        assert_eq!(ended.exists(), !cfg!(target_os = "linux"));
    }
}
