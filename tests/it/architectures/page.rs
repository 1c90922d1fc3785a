//! docs/architectures.md has every key that is read, and no other.

use std::collections::BTreeSet;

use onnx2timeloop::architecture::presets;
use regex::Regex;

use super::known_keys;
use crate::house::read;

/// Words in backticks.
fn in_backticks(text: &str) -> impl Iterator<Item = String> {
    let word = Regex::new("`([^`\n]+)`").unwrap();
    word.captures_iter(text).map(|found| found[1].to_owned()).collect::<Vec<_>>().into_iter()
}

/// The keys in the first cells of the tables of keys.
fn keys_of_tables(page: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut is_of_keys = false;
    for line in page.lines() {
        let Some(cell) = line.strip_prefix("| ").and_then(|row| row.split(" | ").next()) else {
            is_of_keys = line.starts_with("|--") && is_of_keys;
            continue;
        };
        if cell.starts_with("key") {
            is_of_keys = true;
        } else if is_of_keys {
            keys.extend(in_backticks(cell));
        }
    }
    keys
}

#[test]
fn the_page_has_every_key_that_is_read_and_no_other() {
    let page = read("docs/architectures.md");
    let documented = keys_of_tables(&page);
    let known = known_keys();
    let missing: Vec<_> = known.difference(&documented).collect();
    assert!(missing.is_empty(), "keys without a row in docs/architectures.md: {missing:?}");
    let invented: Vec<_> = documented.difference(&known).collect();
    assert!(invented.is_empty(), "rows of docs/architectures.md whose key nothing reads: {invented:?}");
}

#[test]
fn the_page_has_a_row_for_every_preset() {
    let page = read("docs/architectures.md");
    for name in presets::names() {
        assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}

#[test]
fn rows_of_other_tables_are_no_keys() {
    let page = "| key of a node | what |\n|---|---|\n| `a`, `b` | `c` |\n\n| part | says |\n|---|---|\n| `d` | |\n";
    assert_eq!(keys_of_tables(page), ["a", "b"].map(str::to_owned).into());
}
