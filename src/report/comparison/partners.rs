//! Which layers of two networks belong together.

use super::PairedBy;
use crate::results::LayerResult;

/// The counterpart of every layer of the base, and what tells it; and the layers of the other that are nobody's.
pub(super) struct Partners<'a> {
    pub(super) partners: Vec<Option<(&'a LayerResult, PairedBy)>>,
    pub(super) left: Vec<&'a LayerResult>,
}

/// Pairs layers by their names, then what is left by problems, then by computes.
pub(super) fn partners<'a>(base: &[LayerResult], other: &'a [LayerResult]) -> Partners<'a> {
    let mut found = Partners { partners: vec![None; base.len()], left: other.iter().collect() };
    found.add(base, PairedBy::Name, |layer, candidate| layer.name == candidate.name);
    found.add(base, PairedBy::Name, has_same_name);
    found.add(base, PairedBy::Problem, |layer, candidate| {
        !layer.bounds.is_empty() && layer.bounds == candidate.bounds && layer.coefficients == candidate.coefficients
    });
    found.add(base, PairedBy::Computes, |layer, candidate| {
        let is_unknown = layer.bounds.is_empty() || candidate.bounds.is_empty();
        is_unknown && layer.macs.is_some() && layer.macs == candidate.macs
    });
    found
}

impl Partners<'_> {
    /// Gives each layer that has no counterpart the first that fits.
    fn add(&mut self, base: &[LayerResult], by: PairedBy, fits: impl Fn(&LayerResult, &LayerResult) -> bool) {
        for (layer, partner) in base.iter().zip(&mut self.partners).filter(|(_, partner)| partner.is_none()) {
            let place = self.left.iter().position(|candidate| fits(layer, candidate));
            *partner = place.map(|place| (self.left.remove(place), by));
        }
    }
}

/// Whether the names are equal without numbers in front; a folder of a distinct problem has the problem's name.
fn has_same_name(layer: &LayerResult, candidate: &LayerResult) -> bool {
    let names = |layer: &LayerResult| [&layer.name, &layer.problem].map(|name| without_number(name).to_owned());
    let (own, others) = (names(layer), names(candidate));
    own.iter().any(|name| others.contains(name))
}

/// `conv1` for `001_conv1`.
fn without_number(name: &str) -> &str {
    let rest = name.trim_start_matches(|letter: char| letter.is_ascii_digit());
    rest.strip_prefix('_').filter(|rest| rest.len() + 1 < name.len() && !rest.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::LayerOutcome;

    fn layer(name: &str, macs: u64, bound: Option<u64>) -> LayerResult {
        LayerResult {
            index: 0,
            name: name.into(),
            op: String::new(),
            problem: name.into(),
            executions: 1,
            macs: Some(macs),
            bounds: bound.map(|bound| ("C".into(), bound)).into_iter().collect(),
            coefficients: Vec::new(),
            densities: indexmap::IndexMap::default(),
            recognized_as: None,
            note: None,
            outcome: LayerOutcome::Failed { reason: String::new() },
        }
    }

    #[test]
    fn layers_without_bounds_pair_by_name_or_computes_only() {
        let base = [layer("big", 19_936_051_200, None), layer("001_conv", 7, None), layer("head", 9, None)];
        let other = [layer("tiny", 524_288, None), layer("conv", 8, None), layer("004_tail", 9, Some(3))];
        let Partners { partners, left } = partners(&base, &other);
        let found: Vec<_> = partners.iter().map(|found| found.map(|(layer, by)| (layer.name.as_str(), by))).collect();
        assert_eq!(found, [None, Some(("conv", PairedBy::Name)), Some(("004_tail", PairedBy::Computes))]);
        assert_eq!(left.iter().map(|layer| layer.name.as_str()).collect::<Vec<_>>(), ["tiny"]);
    }

    #[test]
    fn known_problems_that_differ_do_not_pair_by_computes() {
        let (base, other) = ([layer("a", 9, Some(3))], [layer("b", 9, Some(4))]);
        assert!(partners(&base, &other).partners[0].is_none());
    }

    #[test]
    fn numbers_in_front_of_names_are_no_part_of_them() {
        let names = ["001_conv1", "conv1", "12", "7_", "_x", "2_0"].map(without_number);
        assert_eq!(names, ["conv1", "conv1", "12", "7_", "_x", "0"]);
    }
}
