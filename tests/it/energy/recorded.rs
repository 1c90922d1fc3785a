//! Whole architectures: the processed input that Accelergy was given, and the tables that it wrote.

use std::fmt::Write as _;

use indexmap::IndexMap;
use onnx2timeloop::energy::{Estimate, Estimator, Figure, Origin, Refusal};
use serde::Deserialize;

use super::{lines, tree};

#[derive(Deserialize)]
struct Case {
    id: String,
    processed: String,
    /// The classes of the user, where there are any.
    components: Option<String>,
    #[serde(default)]
    ert: IndexMap<String, IndexMap<String, f64>>,
    #[serde(default)]
    art: IndexMap<String, f64>,
    refused: Option<String>,
}

impl Case {
    fn all() -> Vec<Self> {
        lines("public.jsonl.gz")
    }

    fn part(&self, from: &str, to: &str) -> &str {
        let start = self.processed.find(from).unwrap();
        let length = self.processed[start..].find(to).unwrap();
        &self.processed[start..start + length]
    }

    fn estimator(&self, own: bool) -> Estimator {
        let classes = tree(self.part("compound_components:", "\nmapping:"));
        if own { Estimator::new(classes.get("compound_components")).unwrap() } else { Estimator::default() }
    }

    fn estimates(&self, estimator: &Estimator) -> Vec<Result<Estimate, Refusal>> {
        let architecture = tree(self.part("architecture:", "\narchitecture_constraints:"));
        estimator.components(&architecture.to_value())
    }
}

/// What a number is made of decides how near it must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Group {
    /// Formulas and tables.
    Exact,
    /// With an adder that Accelergy takes from NeuroSim.
    Adder,
    Sram,
    /// With such an adder, too.
    SramAndAdder,
}

impl Group {
    fn of(figure: &Figure) -> Self {
        let has = |wanted: fn(&Origin) -> bool| figure.source.origins().iter().any(wanted);
        match (
            has(|origin| matches!(origin, Origin::Cacti(_))),
            has(|origin| matches!(origin, Origin::ScaledAdder { .. })),
        ) {
            (true, true) => Self::SramAndAdder,
            (true, false) => Self::Sram,
            (false, true) => Self::Adder,
            (false, false) => Self::Exact,
        }
    }
}

struct Difference {
    group: Group,
    /// `energy`, `leak` or `area`.
    what: &'static str,
    /// Relative.
    size: f64,
    description: String,
}

fn difference(case: &Case, estimate: &Estimate, action: &str, figure: &Figure, recorded: f64) -> Difference {
    let what = match action {
        "leak" => "leak",
        "area" => "area",
        _ => "energy",
    };
    let size = if recorded == figure.value { 0.0 } else { (figure.value / recorded - 1.0).abs() };
    let attributes: Vec<String> =
        estimate.attributes.iter().map(|(name, value)| format!("{name} {}", value.text())).collect();
    let description = format!(
        "{}: {} {}, {} ({}): {} instead of {recorded}; {}",
        case.id,
        estimate.name,
        action,
        estimate.class,
        attributes.join(", "),
        figure.value,
        figure.source
    );
    Difference { group: Group::of(figure), what, size, description }
}

fn differences() -> Vec<Difference> {
    let mut differences = Vec::new();
    for case in Case::all().iter().filter(|case| case.refused.is_none()) {
        let mut components = 0;
        for estimate in case.estimates(&case.estimator(case.components.is_some())) {
            let estimate = estimate.unwrap_or_else(|refusal| panic!("{}: {refusal}", case.id));
            components += 1;
            let area = case.art[&estimate.name];
            differences.push(difference(case, &estimate, "area", &estimate.area_um2, area));
            let recorded = case.ert.get(&estimate.name);
            let mut actions: Vec<&String> = recorded.into_iter().flat_map(IndexMap::keys).collect();
            let mut own: Vec<&String> = estimate.actions.keys().collect();
            actions.sort();
            own.sort();
            assert_eq!(actions, own, "{}: {}", case.id, estimate.name);
            for (action, figure) in &estimate.actions {
                differences.push(difference(case, &estimate, action, figure, recorded.unwrap()[action]));
            }
        }
        assert_eq!(components, case.art.len(), "{}", case.id);
    }
    differences
}

/// Median, 95 % and worst.
fn quantiles(sizes: &mut [f64]) -> [f64; 3] {
    sizes.sort_by(f64::total_cmp);
    let at = |share: f64| sizes[((sizes.len() - 1) as f64 * share).round() as usize];
    [at(0.5), at(0.95), at(1.0)]
}

#[test]
fn recorded_architectures_come_out_as_accelergy_wrote_them() {
    let differences = differences();
    let exact = differences.iter().filter(|difference| difference.group == Group::Exact);
    for difference in exact {
        assert!(difference.size < 1e-5, "{}", difference.description);
    }
    let (mut text, mut far_off) = (String::new(), false);
    for group in [Group::Exact, Group::Adder, Group::Sram, Group::SramAndAdder] {
        for what in ["energy", "leak", "area"] {
            let own = differences.iter().filter(|difference| difference.group == group && difference.what == what);
            let mut sizes: Vec<f64> = own.map(|difference| difference.size).collect();
            let [median, most, worst] = quantiles(&mut sizes).map(|size| size * 100.0);
            let count = sizes.len();
            writeln!(
                text,
                "{group:?} {what}: {count} values, median {median:.3} %, 95 % {most:.2} %, worst {worst:.1} %"
            )
            .unwrap();
            let limit = match (group, what) {
                (Group::Sram, "energy") => 1.0,
                (Group::Sram, "leak") => 5.0,
                (Group::Sram, _) => 2.0,
                (Group::Exact, _) => 1e-3,
                (Group::Adder | Group::SramAndAdder, _) => f64::INFINITY,
            };
            far_off |= most > limit;
        }
    }
    assert!(!far_off, "{text}");
    for group in [Group::Sram, Group::Adder, Group::SramAndAdder] {
        let mut far: Vec<&Difference> =
            differences.iter().filter(|each| each.group == group && each.size > 0.02).collect();
        far.sort_by(|a, b| b.size.total_cmp(&a.size));
        writeln!(text, "\n{group:?}: {} of more than 2 %, the worst:", far.len()).unwrap();
        for difference in far.iter().take(if group == Group::Sram { 40 } else { 8 }) {
            writeln!(text, "{:.1} %: {}", difference.size * 100.0, difference.description).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_same_architectures_are_refused() {
    let mut text = String::new();
    for case in Case::all() {
        let refusals: Vec<Refusal> =
            case.estimates(&case.estimator(case.components.is_some())).into_iter().filter_map(Result::err).collect();
        assert_eq!(refusals.is_empty(), case.refused.is_none(), "{}: {:?}", case.id, refusals.first());
        if let Some(recorded) = &case.refused {
            writeln!(text, "{} (Accelergy: {recorded})", case.id).unwrap();
            for refusal in refusals {
                writeln!(text, "    {refusal}\n        {}", refusal.path).unwrap();
            }
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_built_in_classes_are_those_of_the_exercises() {
    let cases = Case::all();
    let mut seen = Vec::new();
    for case in cases.iter().filter(|case| case.refused.is_none() && case.components.is_none()) {
        let mut classes: Vec<&str> =
            case.processed.split("class: ").skip(1).filter_map(|rest| rest.split('\n').next()).collect();
        classes.retain(|class| !seen.contains(&(*class).to_owned()));
        if classes.is_empty() {
            continue;
        }
        seen.extend(classes.into_iter().map(str::to_owned));
        assert_eq!(case.estimates(&case.estimator(true)), case.estimates(&Estimator::default()), "{}", case.id);
    }
    for class in ["intmac", "regfile", "smartbuffer_RF", "smartbuffer_SRAM", "regfile_metadata", "smartbuffer_metadata"]
    {
        assert!(seen.iter().any(|known| known == class), "{class}");
    }
}
