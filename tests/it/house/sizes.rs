//! A file holds one concept.

use super::{files, read};

const MOST_LINES: usize = 600;

#[test]
fn no_source_file_is_long() {
    let long: Vec<String> = files(&["src"], "rs")
        .into_iter()
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > MOST_LINES)
        .map(|(lines, file)| format!("{file}: {lines} lines, at most {MOST_LINES}"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
