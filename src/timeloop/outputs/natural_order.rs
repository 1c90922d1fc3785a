//! Names in the order of people: `layer2` before `layer10`.

use std::cmp::Ordering;

/// Compares two names; numbers in them by their value.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (pieces(a), pieces(b));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match compare_pieces(a, b) {
                Ordering::Equal => {}
                different => return different,
            },
        }
    }
}

fn compare_pieces(a: &str, b: &str) -> Ordering {
    let is_number = |piece: &str| piece.starts_with(|letter: char| letter.is_ascii_digit());
    if is_number(a) && is_number(b) {
        let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
        a.len().cmp(&b.len()).then_with(|| a.cmp(b))
    } else {
        a.cmp(b)
    }
}

/// Runs of digits, and what is between them.
fn pieces(name: &str) -> impl Iterator<Item = &str> {
    name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).scan(0, move |at, chunk| {
        let from = *at;
        *at += chunk.len();
        name.get(from..*at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_ordered_by_value() {
        let mut names = ["layer10", "layer2", "conv", "layer2b", "Äb3", "002", "10", "layer02"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["002", "10", "conv", "layer02", "layer2", "layer2b", "layer10", "Äb3"]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[a0-2ä]{0,5}", b in "[a0-2ä]{0,5}", c in "[a0-2ä]{0,5}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
