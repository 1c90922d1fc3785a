//! Finding the files an include names: relative to the including file, then in the added directories.

use crate::timeloop::frontend::error::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// A pattern may match this many files.
const MAX_MATCHES: usize = 1_000;

/// All files a path or pattern (`*`, `?`) names, without repetition; an error if nothing matches.
pub(super) fn find_all(wanted: &str, directories: &[PathBuf]) -> Result<Vec<PathBuf>, ErrorKind> {
    let mut found: Vec<PathBuf> = Vec::new();
    let path = Path::new(wanted);
    let starts: Vec<PathBuf> = if path.is_absolute() { vec![PathBuf::new()] } else { directories.to_vec() };
    for start in &starts {
        for candidate in expand(start, path) {
            let real = candidate.canonicalize().unwrap_or(candidate);
            if !found.contains(&real) {
                found.push(real);
            }
        }
        if found.len() > MAX_MATCHES {
            return Err(super::budget::too_large("the number of files a pattern matches", MAX_MATCHES as u64));
        }
    }
    if found.is_empty() {
        let searched = starts.iter().map(|d| d.display().to_string()).collect();
        return Err(ErrorKind::NotFound { wanted: wanted.into(), searched });
    }
    Ok(found)
}

/// The first existing path of that name.
#[cfg(feature = "templates")]
pub(super) fn find_one(wanted: &str, directories: &[PathBuf]) -> Result<PathBuf, ErrorKind> {
    let mut candidates = directories.iter().map(|directory| directory.join(wanted));
    match candidates.find(|candidate| candidate.exists()) {
        Some(found) => Ok(found.canonicalize().unwrap_or(found)),
        None => Err(ErrorKind::NotFound {
            wanted: wanted.into(),
            searched: directories.iter().map(|d| d.display().to_string()).collect(),
        }),
    }
}

/// Existing paths that a pattern matches below a directory, in sorted order.
fn expand(start: &Path, pattern: &Path) -> Vec<PathBuf> {
    let mut paths = vec![start.to_path_buf()];
    for component in pattern.components() {
        let mut next = Vec::new();
        for path in &paths {
            match component {
                Component::Normal(name) if name.to_str().is_some_and(|name| name.contains(['*', '?'])) => {
                    next.extend(matching_entries(path, name.to_str().unwrap_or_default()));
                }
                other => next.push(path.join(other)),
            }
        }
        next.truncate(MAX_MATCHES + 1);
        paths = next;
    }
    paths.retain(|path| path.exists());
    paths
}

fn matching_entries(directory: &Path, pattern: &str) -> Vec<PathBuf> {
    let place = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| (!name.starts_with('.') || pattern.starts_with('.')) && matches(pattern, name))
        .collect();
    names.sort();
    names.into_iter().map(|name| directory.join(name)).collect()
}

/// Whether a name matches a pattern of `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star was, and how much of the name it has swallowed.
    let mut star = None;
    while n < name.len() {
        if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*' {
            p += 1;
            n += 1;
        } else if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if let Some((at, swallowed)) = star {
            p = at + 1;
            n = swallowed + 1;
            star = Some((at, swallowed + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_patterns_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "a.yml", false),
            ("a?c*", "abcdef", true),
            ("a?c*", "ac", false),
            ("*a*b", "xaxxbxab", true),
            ("*a*b", "xaxxbxa", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
