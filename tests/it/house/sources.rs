//! Which modules a source file uses, read from its text.

use std::collections::BTreeSet;

/// The text without comments, literals and items under `#[cfg(test)]`.
pub(super) fn code(text: &str) -> String {
    without_tests(&without_comments_and_literals(text))
}

/// Every path of the crate that a file names, written out from the crate's root: `crate::a::b`, `super::b`, and lists of them in
/// braces. `module` is the file's own path.
pub(super) fn paths(code: &str, module: &[&str]) -> BTreeSet<Vec<String>> {
    let tokens = tokens(code);
    let mut paths = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts = ["crate", "super"].contains(&tokens[at]) && tokens.get(at + 1) == Some(&"::");
        if starts && !(at > 0 && tokens[at - 1] == "::") {
            at = tree(&tokens, at, Vec::new(), module, &mut paths);
        } else {
            at += 1;
        }
    }
    paths
}

/// One path or list of paths that begins at `at`; returns where it ends.
fn tree(
    tokens: &[&str],
    mut at: usize,
    mut prefix: Vec<String>,
    module: &[&str],
    paths: &mut BTreeSet<Vec<String>>,
) -> usize {
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    at = if tokens[at] == "," { at + 1 } else { tree(tokens, at, prefix.clone(), module, paths) };
                }
                return at + 1;
            }
            Some(&"crate") => {}
            Some(&"super") if prefix.is_empty() => prefix.extend(module[..module.len() - 1].iter().map(|&s| s.into())),
            Some(&"super") => drop(prefix.pop()),
            Some(name) => prefix.push((*name).to_owned()),
            None => return at,
        }
        at += 1;
        if tokens.get(at) == Some(&"::") {
            at += 1;
        } else {
            paths.insert(prefix);
            // A new name of what is imported.
            return if tokens.get(at) == Some(&"as") { at + 2 } else { at };
        }
    }
}

fn tokens(code: &str) -> Vec<&str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|letter| !is_word(letter)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn without_comments_and_literals(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = kept.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string(rest)
        } else if first == 'r' && !after_word {
            raw_string(rest)
        } else if first == '\'' {
            character(rest)
        } else {
            0
        };
        if skipped == 0 {
            kept.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    kept
}

/// Length of the string that begins here.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, letter)| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Length of the raw string that begins here; 0 if none does.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].len() - text[1..].trim_start_matches('#').len();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let from = hashes + 2;
    text[from..].find(&end).map_or(text.len(), |at| from + at + end.len())
}

/// Length of the character that begins here; 0 if it is a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => letters.next().filter(|&(_, letter)| letter == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        rest = &rest[item(rest)..];
    }
    kept + rest
}

/// Length of the item that begins here: up to its semicolon or closing brace.
fn item(code: &str) -> usize {
    let mut open = 0;
    for (at, letter) in code.char_indices() {
        match letter {
            '{' => open += 1,
            '}' if open == 1 => return at + 1,
            '}' => open -= 1,
            ';' if open == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn paths_are_read_from_lists_and_from_parents() {
    let text = "
        //! See [`crate::comment`].
        use crate::{alpha, beta::{Gamma, delta::{self, Epsilon as E}}};
        use super::super::eta::{Theta, super_theta};
        const TEXT: &str = \"crate::string \\\" crate::string\";
        const RAW: &str = r#\"crate::raw \" crate::raw\"#;
        const QUOTE: (char, char) = ('\"', '\\'');
        fn short<'a>(one: &'a crate::iota::Kappa) {}
        #[cfg(test)]
        mod tests { use crate::lambda; fn inner() { super::mu(); } }
        #[cfg(test)]
        use crate::nu;
        pub(crate) fn after() { super::xi() }
    ";
    let paths = paths(&code(text), &["house", "room", "shelf"]);
    let paths: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    let expected = [
        "alpha",
        "beta::Gamma",
        "beta::delta::Epsilon",
        "beta::delta::self",
        "house::eta::Theta",
        "house::eta::super_theta",
        "house::room::xi",
        "iota::Kappa",
    ];
    assert_eq!(paths, expected);
}
