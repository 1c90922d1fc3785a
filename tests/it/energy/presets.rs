//! The presets: their recorded tables by the rules of May 2024, and all of them today.

use onnx2timeloop::architecture::presets::{PRESETS, Preset};
use onnx2timeloop::energy::{Estimate, Estimator, Figure, Origin, Refusal, State};
use onnx2timeloop::timeloop::files::specification::{Purpose, Specification, SpecificationOptions};
use onnx2timeloop::timeloop::frontend::Source;

fn estimates(name: &str, description: String, state: State) -> Vec<Result<Estimate, Refusal>> {
    let source = Source::Text { name: name.into(), text: description };
    let options = SpecificationOptions { purpose: Purpose::Inspection, ..SpecificationOptions::default() };
    let specification = Specification::load(&[source], &options).unwrap();
    Estimator::new(specification.compound_classes()).unwrap().in_state(state).components(specification.document())
}

/// The recorded numbers of a preset: component, action or `area`, value.
fn recorded(preset: Preset) -> Vec<(String, String, f64)> {
    let tables: serde_yaml::Value = serde_yaml::from_str(preset.energy).unwrap();
    let rows = |key: &str| tables[key]["tables"].as_sequence().unwrap().clone();
    let text = |value: &serde_yaml::Value| value.as_str().unwrap().to_owned();
    let mut numbers = Vec::new();
    for row in rows("ART") {
        numbers.push((text(&row["name"]), "area".to_owned(), row["area"].as_f64().unwrap()));
    }
    for row in rows("ERT") {
        for action in row["actions"].as_sequence().unwrap() {
            numbers.push((text(&row["name"]), text(&action["name"]), action["energy"].as_f64().unwrap()));
        }
    }
    numbers
}

fn is_exact(figure: &Figure) -> bool {
    !figure.source.origins().iter().any(|origin| matches!(origin, Origin::Cacti(_) | Origin::ScaledAdder { .. }))
}

#[test]
fn the_rules_of_may_2024_give_the_presets_recorded_tables() {
    let (mut text, mut exact) = (String::new(), 0);
    for preset in PRESETS.into_iter().filter(|preset| !preset.energy.is_empty()) {
        // The file says 65 nm; the recorded table was made for 32 nm.
        let estimates = estimates(preset.name, preset.text.replace("65nm", "32nm"), State::May2024);
        let estimates: Vec<Estimate> = estimates.into_iter().map(Result::unwrap).collect();
        for (name, action, number) in recorded(preset) {
            let estimate = estimates.iter().find(|estimate| estimate.name == name).unwrap();
            let figure = if action == "area" { &estimate.area_um2 } else { &estimate.actions[&action] };
            // The tables have six decimals.
            let near = (figure.value - number).abs() <= 1e-5 * number + 0.6e-6;
            exact += usize::from(near);
            if !near {
                let described = format!(
                    "{} {name} {action}: {} instead of {number}; {}\n",
                    preset.name, figure.value, figure.source
                );
                assert!(!is_exact(figure), "{described}");
                text += &described;
            }
        }
    }
    insta::assert_snapshot!(format!("equal: {exact}\n{text}"));
}

#[test]
fn every_component_of_every_preset_is_estimated() {
    let mut text = String::new();
    for preset in PRESETS {
        for estimate in estimates(preset.name, preset.text.to_owned(), State::Today) {
            match estimate {
                Ok(estimate) if estimate.actions.is_empty() => {}
                Ok(estimate) => {
                    let actions: Vec<String> =
                        estimate.actions.iter().map(|(action, figure)| format!("{action} {}", figure.value)).collect();
                    text += &format!(
                        "{} {}: {}, area {}; {}\n",
                        preset.name,
                        estimate.name,
                        actions.join(", "),
                        estimate.area_um2.value,
                        estimate.source()
                    );
                }
                Err(refusal) => text += &format!("{} refused: {refusal}\n", preset.name),
            }
        }
    }
    insta::assert_snapshot!(text);
}
