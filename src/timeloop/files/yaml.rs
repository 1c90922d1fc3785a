//! The little YAML that the writers here emit by hand: flow lists and maps, which no serializer writes.

use std::fmt::Display;

/// `[a, b, c]`.
pub(crate) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}

/// Texts that some YAML readers take for something else.
const WORDS: [&str; 9] = ["y", "n", "yes", "no", "true", "false", "on", "off", "null"];

/// A text as a scalar: plain where every YAML reader takes it for a text, else quoted.
pub(crate) fn text(value: &str) -> String {
    let plain = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
    if plain && !WORDS.contains(&value.to_ascii_lowercase().as_str()) {
        value.to_owned()
    } else {
        // A JSON string is a YAML string.
        serde_json::Value::from(value).to_string()
    }
}

/// A text that fits into one comment line, whatever a file holds.
pub(crate) fn comment(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
