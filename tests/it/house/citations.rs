//! Comments and documents cite sections of the documents: "docs/model.md section 4.6".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::{documents, files, read};

/// The numbers of a document's headings: `## 4. Nest analysis`, `### 4.6 Collapsing`.
fn sections(document: &str) -> BTreeSet<String> {
    let heading = Regex::new(r"^#+ (\d+(?:\.\d+)*)\.? ").unwrap();
    let numbers = document.lines().filter_map(|line| heading.captures(line));
    numbers.map(|found| found[1].to_owned()).collect()
}

/// The text in one line, without the signs of comments, since a citation may run over the end of a line.
fn joined(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches('/').trim_start_matches('!').trim());
    lines.collect::<Vec<_>>().join(" ")
}

/// "5.2, 5.3", "4.2 to 4.5", "4.2 a, 4.3".
const LIST: &str = r"\s+(\d[\d.]*(?: [a-z]\b)?(?:(?:, and|,| and| to)\s+\d[\d.]*(?: [a-z]\b)?)*)";

/// Documents with the sections that a text cites. A document without a section is cited as a whole. A text that is itself the
/// document `own` may say "section 4.9" of itself and "model 4.9" of docs/model.md.
fn citations(text: &str, own: Option<&str>) -> Vec<(String, Option<String>)> {
    static CITED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&format!(r"(docs/[a-z0-9-]+\.md)`?(?:\s+[Ss]ections?{LIST})?")).unwrap());
    static OWN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(&format!(r"\b([Ss]ections?|model|search){LIST}")).unwrap());
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+(?:\.\d+)*").unwrap());
    let text = joined(text);
    let mut found = Vec::new();
    let mut add = |document: &str, list: Option<&str>| match list {
        Some(list) => {
            let numbers = NUMBER.find_iter(list).map(|number| number.as_str().to_owned());
            found.extend(numbers.map(|number| (document.to_owned(), Some(number))));
        }
        None => found.push((document.to_owned(), None)),
    };
    for citation in CITED.captures_iter(&text) {
        add(&citation[1], citation.get(2).map(|list| list.as_str()));
    }
    if let Some(own) = own {
        for citation in OWN.captures_iter(&CITED.replace_all(&text, "")) {
            let document = match &citation[1] {
                "model" | "search" => &format!("docs/{}.md", &citation[1]),
                _ => own,
            };
            add(document, Some(&citation[2]));
        }
    }
    found
}

#[test]
fn citations_are_recognized() {
    let text = "
        //! A level (docs/model.md section 4.2 a, 4.3); its text (docs/model.md
        //! sections 6 and 6.2). See `docs/search.md` section 1.1 to 1.4, and docs/cli.md.";
    let found: Vec<String> = citations(text, None)
        .into_iter()
        .map(|(document, section)| format!("{document} {}", section.unwrap_or_default()))
        .collect();
    let expected = [
        "docs/model.md 4.2",
        "docs/model.md 4.3",
        "docs/model.md 6",
        "docs/model.md 6.2",
        "docs/search.md 1.1",
        "docs/search.md 1.4",
        "docs/cli.md ",
    ];
    assert_eq!(found, expected);
    let own = citations("Section 4.9 says more than docs/model.md section 2 and model 3.", Some("docs/search.md"));
    let section = |document: &str, number: &str| (document.to_owned(), Some(number.to_owned()));
    assert_eq!(own, [section("docs/model.md", "2"), section("docs/search.md", "4.9"), section("docs/model.md", "3")]);
}

#[test]
fn cited_sections_exist() {
    let documents = documents();
    let headings: BTreeMap<&str, BTreeSet<String>> =
        documents.iter().map(|document| (document.as_str(), sections(&read(document)))).collect();
    let texts = files(&["src", "tests/it", "benches"], "rs").into_iter().chain(documents.iter().cloned());
    let (mut cited, mut wrong) = (0, Vec::new());
    // What stands in the test above is made up.
    for file in texts.filter(|file| !file.ends_with("house/citations.rs")) {
        // Documents with numbered headings speak of their own sections.
        let own = headings.get(file.as_str()).filter(|sections| !sections.is_empty()).map(|_| file.as_str());
        for (document, section) in citations(&read(&file), own) {
            cited += 1;
            let exists = headings
                .get(document.as_str())
                .is_some_and(|sections| section.as_ref().is_none_or(|section| sections.contains(section)));
            if !exists {
                wrong.push(format!("{file} cites {document} section {}", section.unwrap_or("(all)".into())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cited > 60, "{cited} citations: are the texts read?");
}
