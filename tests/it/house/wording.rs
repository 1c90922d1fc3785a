//! Every word that the program says to a person, in one place, so that wording is reviewed as a whole: the help of every command,
//! and every sentence in the library's string literals (errors, warnings, notes, hints), folder by folder.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{files, read};
use crate::kit::program;

/// Literals of fewer words are names, keys and units.
const MIN_WORDS: usize = 3;

#[test]
fn help_of_every_command() {
    let mut text = String::new();
    let mut commands = vec![Vec::new()];
    while let Some(command) = commands.pop() {
        let help = help(&command);
        text.push_str(&format!("\n=== onnx2timeloop {}\n\n{help}", command.join(" ")));
        let below = subcommands(&help).into_iter().rev();
        commands.extend(below.map(|name| command.iter().cloned().chain([name]).collect()));
    }
    assert!(text.matches("\n=== ").count() >= 12, "every subcommand is visited");
    insta::assert_snapshot!("help", text);
}

/// The long help of a command.
fn help(command: &[String]) -> String {
    let output = program().args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Names below `Commands:`.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| line.trim() != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with("  ") || line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn messages_of_every_folder() {
    let mut folders: BTreeMap<String, String> = BTreeMap::new();
    let mut all = 0;
    for file in files(&["src"], "rs") {
        let path = file.trim_start_matches("src/");
        let found = messages(&read(&file));
        let Some((folder, _)) = path.split_once('/').filter(|_| !found.is_empty()) else { continue };
        if path.contains("/tests/") || path.ends_with("/tests.rs") {
            continue;
        }
        all += found.len();
        let text = folders.entry(folder.to_owned()).or_default();
        text.push_str(&format!("\n{path}\n  {}\n", found.join("\n  ")));
    }
    assert!(all > 300, "messages are found: {all}");
    for (folder, text) in folders {
        insta::assert_snapshot!(format!("messages_{folder}"), text);
    }
}

/// String literals with several words, in the order of the source; documentation, lint reasons and unit tests left out.
fn messages(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(source.parse().unwrap(), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '!') {
                    tokens.next();
                }
                if let Some(TokenTree::Group(group)) = tokens.next() {
                    match attribute(&group).as_str() {
                        "doc" | "expect" | "allow" => {}
                        "cfg" if group.stream().to_string().contains("test") => is_test = true,
                        _ => collect(group.stream(), found),
                    }
                }
            }
            TokenTree::Group(group) => {
                if !(is_test && group.delimiter() == Delimiter::Brace) {
                    collect(group.stream(), found);
                }
                is_test &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_test = false,
            TokenTree::Literal(literal) => found.extend(sentence(&literal.to_string())),
            _ => {}
        }
    }
}

/// The name of an attribute.
fn attribute(group: &Group) -> String {
    group.stream().into_iter().next().map(|token| token.to_string()).unwrap_or_default()
}

/// The text of a string literal that is a sentence, on one line.
fn sentence(literal: &str) -> Option<String> {
    let body = literal.trim_start_matches(['r', '#']).strip_prefix('"')?.trim_end_matches('#').strip_suffix('"')?;
    // A backslash at the end of a line joins it with the next.
    let mut text = String::new();
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        match line.strip_suffix('\\') {
            Some(line) => {
                text.push_str(line);
                if let Some(next) = lines.peek_mut() {
                    *next = next.trim_start();
                }
            }
            None => {
                text.push_str(line);
                text.push_str(if lines.peek().is_some() { "\\n" } else { "" });
            }
        }
    }
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    let has_words = text.chars().any(char::is_lowercase) && words >= MIN_WORDS;
    has_words.then_some(text)
}

#[test]
fn literals_become_sentences() {
    let source = r#"
        /// Documentation is not said.
        #[error("`{0}` is not a file")]
        struct A;
        #[expect(dead_code, reason = "not said to a person")]
        fn b() { say("one \
            sentence over two lines", "short", "Two words"); }
        #[cfg(test)]
        mod tests { fn c() { panic!("this is a test"); } }
        fn d() { say("after the tests"); }
    "#;
    assert_eq!(messages(source), ["`{0}` is not a file", "one sentence over two lines", "after the tests"]);
}
