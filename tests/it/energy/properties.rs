//! What holds for every input.

use onnx2timeloop::energy::{Attributes, Estimator, Fit, Origin, Query, State, Value, Wanted, ask};
use proptest::prelude::*;

use super::tree;

fn sram(technology: i128, width: i128, depth: i128, wanted: Wanted) -> (f64, Fit) {
    let mut attributes = Attributes::default();
    for (name, value) in [("technology", technology), ("width", width), ("depth", depth)] {
        attributes.set(name, Value::Int(value));
    }
    attributes.set("global_cycle_seconds", Value::Float(1e-9));
    let query = Query {
        class: "SRAM",
        wanted,
        attributes: &attributes,
        arguments: &Attributes::default(),
        state: State::Today,
    };
    let answer = ask(&query).unwrap();
    let Origin::Cacti(fit) = answer.origin else { panic!("{answer:?}") };
    (answer.value, fit)
}

/// Values as they may stand behind a key, sensible and not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        (-2i64..5000).prop_map(|number| number.to_string()),
        Just("1e-9".to_owned()),
        Just("1e300".to_owned()),
        Just("\"45nm\"".to_owned()),
        Just("65".to_owned()),
        Just("null".to_owned()),
        Just("[1, 2]".to_owned()),
        Just("width * depth".to_owned()),
        Just("2 ** depth".to_owned()),
        Just("\"must_specify\"".to_owned()),
        "[a-z\"'*]{0,6}".prop_map(|text| format!("'{}'", text.replace('\'', ""))),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "width",
        "depth",
        "technology",
        "global_cycle_seconds",
        "n_banks",
        "n_rw_ports",
        "n_instances",
        "plug_in",
        "min_accuracy",
        "energy_scale",
        "area_scale",
        "exponent",
        "mantissa",
        "n_bits",
    ])
}

fn class() -> impl Strategy<Value = String> {
    let known: Vec<String> = Estimator::default().known_classes().into_iter().map(str::to_owned).collect();
    prop_oneof![
        prop::sample::select(known),
        Just("own".to_owned()),
        Just("other".to_owned()),
        Just("nothing".to_owned())
    ]
}

fn mapping() -> impl Strategy<Value = String> {
    prop::collection::vec((name(), value()), 0..6).prop_map(|pairs| {
        let mut seen = std::collections::BTreeMap::new();
        seen.extend(pairs);
        let entries: Vec<String> = seen.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        format!("{{{}}}", entries.join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_document_panics_and_no_number_is_below_zero(
        component in class(),
        attributes in mapping(),
        parts in prop::collection::vec((class(), mapping(), "[a-c](\\[[0-9a-z.*]{0,6}\\])?"), 0..4),
        steps in prop::collection::vec(("[a-c](\\[[0-9.]{0,6}\\])?", mapping(), value()), 0..4),
    ) {
        let parts: Vec<String> = parts
            .iter()
            .map(|(class, attributes, name)| format!("{{name: '{name}', class: {class}, attributes: {attributes}}}"))
            .collect();
        let steps: Vec<String> = steps
            .iter()
            .map(|(part, arguments, scale)| format!(
                "{{name: '{part}', actions: [{{name: read, arguments: {arguments}, energy_scale: {scale}}}]}}"
            ))
            .collect();
        let text = format!(
            "classes: [{{name: own, attributes: {attributes}, subcomponents: [{}], actions: [{{name: read, subcomponents: [{}]}}]}},
             {{name: other, subcomponents: [{{name: a, class: own}}], actions: [{{name: read, subcomponents: [{{name: a, actions: [{{name: \
             read}}]}}]}}]}}]
architecture: {{subtree: [{{attributes: {{technology: \"45nm\", global_cycle_seconds: 1e-9}}, local: [{{name: x, class: {component},
             attributes: {attributes}, required_actions: [read]}}]}}]}}",
            parts.join(", "),
            steps.join(", "),
        );
        let source = onnx2timeloop::timeloop::frontend::Source::Text { name: "test".into(), text: text.clone() };
        let Ok(document) = onnx2timeloop::timeloop::frontend::load_sources(&[source], &Default::default()) else {
            return Ok(());
        };
        let tree = onnx2timeloop::timeloop::frontend::load::Node::Map(document.keys);
        let Ok(estimator) = Estimator::new(tree.get("classes")) else { return Ok(()) };
        for estimate in estimator.components(&tree.to_value()).into_iter().flatten() {
            for figure in estimate.actions.values().chain([&estimate.area_um2]) {
                prop_assert!(figure.value >= 0.0 && figure.value.is_finite(), "{text}: {figure:?}");
            }
        }
    }

    /// Halfway between two depths of one organisation stands half of both.
    #[test]
    fn one_organisation_is_a_straight_line(
        node in prop::sample::select(vec![22, 32, 45, 65, 90]),
        bytes in prop::sample::select(vec![4, 8, 16, 32, 64]),
        depth in 64..30_000i128,
    ) {
        for wanted in [Wanted::Area, Wanted::Energy("read"), Wanted::Energy("write"), Wanted::Energy("leak")] {
            let at = |depth| sram(node, 8 * bytes, depth, wanted);
            let [(a, first), (b, middle), (c, last)] = [at(depth), at(depth + 1), at(depth + 2)];
            prop_assert!(a > 0.0 && b > 0.0 && c > 0.0);
            if [first, middle, last] == [Fit::SameOrganisation; 3] {
                // Rows of a whole number of words make steps of the table itself, so only the ends bound the middle.
                prop_assert!((a.min(c) - 1e-9..=a.max(c) + 1e-9).contains(&b), "{a} {b} {c}");
            }
        }
    }
}

#[test]
fn between_two_runs_of_one_organisation_the_line_is_straight() {
    // 45 nm, 64 bits: neighbouring runs at 768 and 896 words.
    let read = |depth| sram(45, 64, depth, Wanted::Energy("read"));
    let ((a, first), (b, middle), (c, last)) = (read(768), read(832), read(896));
    assert_eq!([first, middle, last], [Fit::SameOrganisation; 3]);
    assert!((b - (a + c) / 2.0).abs() < 1e-12 * b, "{a} {b} {c}");
}

#[test]
fn more_words_may_cost_less() {
    // CACTI divides the array otherwise; nothing forces the numbers to rise.
    let read = |depth| sram(45, 64, depth, Wanted::Energy("read")).0;
    assert!(read(10_752) < read(10_688));
}

#[test]
fn a_class_of_the_user_takes_the_place_of_a_built_in_one() {
    let classes = tree("classes: [{name: intmac, attributes: {}, subcomponents: [], actions: [{name: compute}]}]");
    let design = "architecture: {subtree: [{attributes: {technology: \"45nm\", global_cycle_seconds: 1e-9}, \
                  local: [{name: mac, class: intmac, required_actions: [compute]}]}]}";
    let estimates = Estimator::new(Some(&classes)).unwrap().components(&tree(design).to_value());
    let estimate = estimates[0].as_ref().unwrap();
    assert_eq!((estimate.actions["compute"].value, estimate.area_um2.value), (0.0, 0.0));
}
