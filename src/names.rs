//! Names: made unique and safe for files, and guesses what a misspelt one was meant to be.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Longest name; longer ones are shortened from the middle, so that files can be named after layers everywhere.
const MAX_LENGTH: usize = 100;

/// The known name closest to a misspelt one, if one is close enough to be meant.
///
/// Names that differ only in case always are; otherwise a third of the letters may be wrong, at most three.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let permitted = (name.chars().count() / 3).min(3);
    known
        .into_iter()
        .filter(|candidate| *candidate != name)
        .filter_map(|candidate| {
            let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { distance(name, candidate) };
            (distance <= permitted).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "x"?`, or nothing.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|known| format!("; did you mean {known:?}?")).unwrap_or_default()
}

/// How many letters must be inserted, removed, replaced or exchanged with the next to turn one name into the other.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let cut = |name: &str| name.chars().take(LONGEST).collect::<String>();
    strsim::osa_distance(&cut(a), &cut(b))
}

/// Makes names file-name safe and unique, in order.
#[derive(Debug, Default)]
pub(crate) struct UniqueNames {
    /// In lower case: some file systems know no other.
    taken: HashSet<String>,
    /// The number to try next for a name that is taken.
    next: HashMap<String, u64>,
}

impl UniqueNames {
    /// Names that nothing may have.
    pub(crate) fn reserve(&mut self, names: &[&str]) {
        self.taken.extend(names.iter().map(|name| name.to_lowercase()));
    }

    /// The name itself if it is safe and free, else the nearest that is.
    pub(crate) fn claim(&mut self, wanted: &str) -> String {
        let safe = shortened(&safe_name(wanted));
        self.claim_safe(&safe)
    }

    /// The same for a name that is safe already, such as a path.
    pub(crate) fn claim_safe(&mut self, safe: &str) -> String {
        let mut name = safe.to_owned();
        let number = self.next.entry(safe.to_lowercase()).or_insert(2);
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{safe}_{number}");
            *number += 1;
        }
        name
    }
}

/// Paths, of which each counts once, however it is written.
#[derive(Debug, Default)]
pub(crate) struct DistinctPaths {
    seen: HashSet<PathBuf>,
}

impl DistinctPaths {
    /// Whether a path is new. A link is a path of its own: it may have been made to give a file a second name.
    pub(crate) fn insert(&mut self, path: &Path) -> bool {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = match (folder.canonicalize(), path.file_name()) {
            (Ok(folder), Some(name)) => folder.join(name),
            // `..`, `/`
            _ => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        };
        self.seen.insert(whole)
    }
}

/// The name with only letters, digits, `.`, `_` and `-`.
pub(crate) fn safe_name(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' }).collect();
    let safe = safe.trim_matches('.');
    if safe.is_empty() { "unnamed".into() } else { safe.to_owned() }
}

fn shortened(name: &str) -> String {
    if name.len() <= MAX_LENGTH {
        return name.to_owned();
    }
    // ASCII only, so bytes are characters.
    let half = MAX_LENGTH / 2 - 1;
    format!("{}__{}", &name[..half], &name[name.len() - half..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_name_is_suggested_and_a_far_one_is_not() {
        let known = ["Wstride", "Hstride", "Wdilation", "C", "M"];
        assert_eq!(nearest("HStride", known), Some("Hstride"));
        assert_eq!(nearest("WDilation", known), Some("Wdilation"));
        assert_eq!(nearest("H", known), None);
        assert_eq!(nearest("c", known), Some("C"));
        assert_eq!(nearest("padding", known), None);
        assert_eq!(nearest("W_dilatoin", known), Some("Wdilation"));
        assert_eq!(nearest("dpeth", ["depth", "width"]), Some("depth"));
        assert_eq!(nearest("X", ["N"]), None);
    }

    #[test]
    fn a_path_is_the_same_however_it_is_written() {
        let mut paths = DistinctPaths::default();
        assert!(paths.insert(Path::new("src/lib.rs")) && paths.insert(Path::new("src")));
        for again in ["./src/lib.rs", "src/../src/lib.rs", "src/./lib.rs", "src/"] {
            assert!(!paths.insert(Path::new(again)), "{again}");
        }
        assert!(paths.insert(Path::new("nothing/lib.rs")) && !paths.insert(Path::new("nothing/lib.rs")));
        assert!(paths.insert(Path::new("lib.rs")));
    }

    #[test]
    fn names_are_safe_and_unique() {
        let mut names = UniqueNames::default();
        assert_eq!(names.claim("gpu_0/data:0"), "gpu_0_data_0");
        assert_eq!(names.claim("GPU_0/data_0"), "GPU_0_data_0_2");
        assert_eq!(names.claim("../../etc"), "_.._etc");
        assert_eq!(names.claim(""), "unnamed");
        let long = "x".repeat(500);
        assert_eq!(names.claim(&long).len(), 100);
        assert_eq!(names.claim(&long).len(), 102);
    }
}
