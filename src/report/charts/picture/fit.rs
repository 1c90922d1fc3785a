//! Texts that fit into a width.

use std::collections::HashSet;

/// Mean width of a letter of 12-point text.
const LETTER: f64 = 7.1;

/// Width of a text of a size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    f64::from(letters) * LETTER * size / 12.0
}

/// The text, shortened from the middle to fit a width.
pub(super) fn fitted(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let keep = letters_in(room, size).saturating_sub(1);
    let (head, tail) = (keep.div_ceil(2), keep / 2);
    if keep >= letters.len() {
        return text.to_owned();
    }
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
}

fn letters_in(room: f64, size: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of letters")]
    let letters = (room / (LETTER * size / 12.0)) as usize;
    letters
}

/// Texts that fit a width, and stay different where they were: where shortening from the middle would make two equal, what they
/// have in common at their ends is left out first.
pub(super) fn fitted_all<'a>(texts: impl IntoIterator<Item = &'a str>, room: f64, size: f64) -> Vec<String> {
    let texts: Vec<&str> = texts.into_iter().collect();
    let mut distinct: Vec<&str> = Vec::new();
    let mut known = HashSet::new();
    distinct.extend(texts.iter().filter(|text| known.insert(**text)));
    let short = shortened(&distinct, room, size);
    let shown = |text: &&str| {
        distinct.iter().position(|other| other == text).map_or_else(String::new, |index| short[index].clone())
    };
    texts.iter().map(shown).collect()
}

/// As many of a path's last words as fit: those before are mostly the same in all names of a network.
fn last_words(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let ends = text.match_indices(['.', '/', '_', '-']).map(|(at, _)| format!("…{}", &text[at + 1..]));
    ends.into_iter()
        .find(|name| width(name, size) <= room && name.len() > 3)
        .unwrap_or_else(|| fitted(text, room, size))
}

fn shortened(texts: &[&str], room: f64, size: f64) -> Vec<String> {
    let mut out: Vec<String> = texts.iter().map(|text| last_words(text, room, size)).collect();
    for index in 0..out.len() {
        let group: Vec<usize> = (index..out.len()).filter(|other| out[*other] == out[index]).collect();
        if group.len() < 2 {
            continue;
        }
        let letters: Vec<Vec<char>> = group.iter().map(|at| texts[*at].chars().collect()).collect();
        let head = common(&letters, |text, at| text.get(at).copied());
        let shortest = letters.iter().map(Vec::len).min().unwrap_or(0);
        let tail = common(&letters, |text, at| text.len().checked_sub(at + 1).map(|at| text[at])).min(shortest - head);
        for (number, (at, text)) in group.iter().zip(&letters).enumerate() {
            let keep = letters_in(room, size);
            let name = around(text, head, tail, keep);
            // Where not even the difference fits, a number stands for it.
            let is_taken = out.iter().enumerate().any(|(other, known)| other != *at && *known == name);
            out[*at] = if is_taken {
                format!("{}…{}", text.iter().take(keep.saturating_sub(4)).collect::<String>(), number + 1)
            } else {
                name
            };
        }
    }
    out
}

/// Letters that all texts share, counted from an end.
fn common(texts: &[Vec<char>], letter: impl Fn(&[char], usize) -> Option<char>) -> usize {
    let first = &texts[0];
    (0..first.len()).take_while(|at| texts.iter().all(|text| letter(text, *at) == letter(first, *at))).count()
}

/// As much of a text around what lies between a head and a tail as fits: first of the tail's words, then of the head's.
fn around(text: &[char], head: usize, tail: usize, keep: usize) -> String {
    let (mut from, mut to) = (head, text.len() - tail);
    while to - from > keep.saturating_sub(2) && to > from {
        to -= 1;
    }
    let mut is_left = true;
    while to - from + 2 < keep && (from > 0 || to < text.len()) {
        if (is_left && from > 0) || to == text.len() {
            from -= 1;
        } else {
            to += 1;
        }
        is_left = !is_left;
    }
    let before = if from > 0 { "…" } else { "" };
    let after = if to < text.len() { "…" } else { "" };
    format!("{before}{}{after}", text[from..to].iter().collect::<String>())
}

/// A text in lines of a width at most.
pub(super) fn wrapped(text: &str, room: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| width(&format!("{line} {word}"), size) <= room) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(fitted(word, room, size)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_names_stay_different() {
        let room = 14.5 * LETTER;
        let designs = ["simple_weight_stationary", "simple_output_stationary", "eyeriss_like"];
        assert_eq!(fitted_all(designs, room, 12.0), ["…ple_weight_s…", "…ple_output_s…", "eyeriss_like"]);
        let layers: Vec<String> = (0..9).map(|at| format!("model.backbone.layer{at}.0.conv1")).collect();
        let short = fitted_all(layers.iter().map(String::as_str), room, 12.0);
        assert_eq!(short.iter().collect::<HashSet<_>>().len(), 9, "{short:?}");
        assert!(short[3].contains("layer3"), "{short:?}");
        let paths = ["m.backbone.layer1.0.conv1", "m.backbone.layer1.0.conv2", "m.backbone.layer2.0.conv1", "m.head"];
        let short = ["…layer1.0.conv1", "…layer1.0.conv2", "…layer2.0.conv1", "m.head"];
        assert_eq!(fitted_all(paths, 15.5 * LETTER, 12.0), short);
        // The same text twice is the same twice.
        assert_eq!(fitted_all(["same", "same"], 2.0 * LETTER, 12.0), ["s…", "s…"]);
    }

    proptest::proptest! {
        #[test]
        fn fitted_names_are_not_wider_than_their_room(texts in proptest::collection::vec("[ab.]{0,40}", 0..6), room in 0.0..200.0f64) {
            let short = fitted_all(texts.iter().map(String::as_str), room, 12.0);
            for (text, other) in texts.iter().zip(&short) {
                proptest::prop_assert!(
                    width(other, 12.0) <= room.max(6.0 * LETTER) || text == other,
                    "{text}: {other}"
                );
            }
        }
    }
}
