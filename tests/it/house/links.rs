//! Links between the documents.

use regex::Regex;

use super::{documents, files, read, root};

/// Targets of `[text](target)` and of `<img src="target">`, outside of code.
fn targets(document: &str) -> Vec<String> {
    let code = Regex::new(r"(?s)```.*?```|`[^`\n]*`").unwrap();
    let link = Regex::new(r#"\]\(([^)\s]+)[^)]*\)|(?:src|href)="([^"]+)""#).unwrap();
    let text = code.replace_all(document, "");
    link.captures_iter(&text).map(|link| link.get(1).or(link.get(2)).unwrap().as_str().to_owned()).collect()
}

/// The names that GitHub gives the headings of a document.
fn anchors(document: &str) -> Vec<String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let letters = line.trim_start_matches('#').trim().to_lowercase();
        let kept = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn relative_links_point_to_something() {
    let (mut followed, mut wrong) = (0, Vec::new());
    for file in documents() {
        let folder = root().join(&file).parent().unwrap().to_owned();
        for target in targets(&read(&file)).iter().filter(|target| !target.contains("://")) {
            followed += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if path.is_empty() { root().join(&file) } else { folder.join(path) };
            if !path.exists() {
                wrong.push(format!("{file}: {target} does not exist"));
            } else if !anchor.is_empty() && path.extension().is_some_and(|found| found == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                if !anchors(&text).iter().any(|heading| heading == anchor) {
                    wrong.push(format!("{file}: {target} names no heading"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(followed >= 3, "{followed} links: are the documents read?");
}

/// Paths in backticks that begin at the root of the repository, without patterns.
fn paths(document: &str) -> Vec<String> {
    in_backticks(document, "(?:src|tests|benches|docs|models|examples)/[A-Za-z0-9_./-]*")
}

fn in_backticks(document: &str, pattern: &str) -> Vec<String> {
    let fenced = Regex::new(r"(?s)```.*?```").unwrap();
    let text = fenced.replace_all(document, "");
    let found = Regex::new(&format!("`({pattern})`")).unwrap();
    let found = found.captures_iter(&text).map(|found| found[1].to_owned());
    // `tests/oracle/NAME.json` is a pattern.
    found.filter(|path| !path.contains("NAME")).collect()
}

#[test]
fn paths_in_documents_and_sources_exist() {
    let (mut followed, mut wrong) = (0, Vec::new());
    let documents = documents().into_iter().filter(|file| file != "CHANGELOG.md");
    let sources = files(&["src", "benches"], "rs");
    for file in documents.chain(TESTS_DATA.map(str::to_owned)).chain(sources) {
        for path in paths(&read(&file)) {
            followed += 1;
            if !root().join(&path).exists() {
                wrong.push(format!("{file}: `{path}` does not exist"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(followed > 40, "{followed} paths: are the documents read?");
}

const TESTS_DATA: [&str; 2] = ["tests/data/README.md", "tests/models/README.md"];

/// They name the tests that read a file, by their path below `tests/it`.
#[test]
fn readers_of_test_data_exist() {
    for file in TESTS_DATA {
        let readers = in_backticks(&read(file), r"[a-z_/]+\.rs");
        assert!(readers.len() > 8, "{file}: {readers:?}");
        let exists = |path: &str| root().join("tests/it").join(path).exists() || root().join(path).exists();
        let missing: Vec<_> = readers.iter().filter(|path| !exists(path)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
}

#[test]
fn links_and_headings_are_recognized() {
    let text = "# The best: *one*\n[a](a.md \"title\") ![b](b.png)\n`[c](c)` [d](#the-best-one)\n```\n[e](e)\n```\n";
    assert_eq!(targets(text), ["a.md", "b.png", "#the-best-one"]);
    assert_eq!(anchors(text), ["the-best-one"]);
}
