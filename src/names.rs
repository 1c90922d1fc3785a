//! Guessing what a misspelt name was meant to be.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_only() {
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
}
