//! Classes of users, refusals, notes.

use onnx2timeloop::energy::{Estimator, Note, Value};

use super::{estimate, tree};

const BUFFER: &str = "{width: 64, depth: 1024}";

fn refusal(class: &str, attributes: &str, classes: &str) -> String {
    let refusal = match estimate(class, attributes, classes) {
        Ok(estimate) => panic!("{estimate:?}"),
        Err(refusal) => refusal,
    };
    let hint = refusal.hint().map(|hint| format!(" HINT {hint}")).unwrap_or_default();
    format!("{}: {refusal}{hint}", refusal.path)
}

#[test]
fn refusals_name_the_key_and_the_reason() {
    let own = |body: &str| format!("- {{name: own, {body}}}");
    let leaf = "actions: [{name: read}, {name: leak}]";
    let cases = [
        refusal("smartbufer_SRAM", BUFFER, ""),
        refusal("storage", BUFFER, ""),
        refusal("smartbuffer_SRAM", "{width: 64}", ""),
        refusal("SRAM", "{width: 64, depth: -1}", ""),
        refusal("SRAM", "{width: 64, depth: 0}", ""),
        refusal("SRAM", "{width: 64, depth: 2.5}", ""),
        refusal("SRAM", "{width: 64, depth: 1024, technology: \"45\"}", ""),
        refusal("smartbuffer_SRAM", "{width: 64, depth: 1024, technology: \"SET ME\"}", ""),
        refusal("smartbuffer_SRAM", "{width: 64, depth: 1024, technology: \"5nm\"}", ""),
        refusal(
            "smartbuffer_metadata",
            "{width: 64, depth: 1024, technology: \"65nm\", metadata_storage_width: 8, metadata_storage_depth: 8}",
            "",
        ),
        refusal("cache", BUFFER, ""),
        refusal("SRAM", "{width: 64, depth: 1024, plug_in: Library}", ""),
        refusal("SRAM", "{width: 64, depth: 1024, global_cycle_seconds: 0}", ""),
        refusal("DRAM", "{width: 64, type: \"LPDDR5\"}", ""),
        refusal("DRAM", "{}", ""),
        refusal("intmac", "{multiplier_width: 8, adder_width: 16}", ""),
        refusal("own", "{}", &own(&format!("attributes: {{a: b, b: a}}, {leaf}"))),
        refusal("own", "{}", &own(&format!("attributes: {{a: 1 +}}, {leaf}"))),
        refusal("own", "{}", &own(&format!("subcomponents: [{{name: a, class: own}}], {leaf}"))),
        refusal(
            "own",
            "{}",
            &format!(
                "{}\n{}",
                own(&format!("subcomponents: [{{name: a, class: other}}], {leaf}")),
                "- {name: other, subcomponents: [{name: b, class: own}]}"
            ),
        ),
        refusal("own", "{}", &own(&format!("subcomponents: [{{name: 'a[3..1]', class: reg}}], {leaf}"))),
        refusal("own", "{}", &own(&format!("subcomponents: [{{name: a, class: regg}}], {leaf}"))),
        refusal(
            "own",
            "{}",
            &own("actions: [{name: read, subcomponents: [{name: b, actions: [{name: read}]}]}, {name: leak}]"),
        ),
        refusal("own", "{}", &own("actions: [{name: read, arguments: {x: 0..1}}, {name: leak}]")),
        refusal("own", "{}", &own("actions: [{name: read}]")),
        refusal("own", "{}", &own("subcomponents: 3")),
        refusal("own", "{}", "- {class: own}"),
        refusal(
            "own",
            "{width: 4}",
            &own("subcomponents: [{name: a, class: reg, energy_scale: -1, attributes: {width: width}}], \
                 actions: [{name: read, subcomponents: [{name: a, actions: [{name: read}]}]}, {name: leak}]"),
        ),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn classes_that_multiply_without_end_are_refused_in_time() {
    let level = |at: usize| {
        let below = if at == 0 { "reg".to_owned() } else { format!("c{}", at - 1) };
        let parts: Vec<String> = (0..12).map(|part| format!("{{name: p{part}, class: {below}}}")).collect();
        format!("- {{name: c{at}, subcomponents: [{}], actions: [{{name: read}}, {{name: leak}}]}}", parts.join(", "))
    };
    let classes: Vec<String> = (0..8).map(level).collect();
    assert!(refusal("c7", "{width: 1}", &classes.join("\n")).contains("more than"));
    let chain: Vec<String> = (0..300)
        .map(|at| {
            format!(
                "- {{name: c{at}, subcomponents: [{{name: a, class: c{}}}], {}}}",
                at + 1,
                "actions: [{name: read}, {name: leak}]"
            )
        })
        .collect();
    assert!(refusal("c0", "{}", &chain.join("\n")).contains("nested too deeply"));
}

#[test]
fn notes_tell_what_has_no_effect() {
    let notes = |class: &str, attributes: &str| -> Vec<String> {
        estimate(class, attributes, "").unwrap().notes.iter().map(Note::to_string).collect()
    };
    assert_eq!(
        notes("smartbuffer_SRAM", "{width: 64, depth: 1024, n_banks: 32}"),
        ["`n_banks: 32` has no effect: the class `smartbuffer_SRAM` does not use it"]
    );
    // What the front end writes where nothing is stated.
    assert!(notes("smartbuffer_SRAM", "{width: 64, depth: 1024, n_banks: 2}").is_empty());
    assert_eq!(
        notes("SRAM", "{width: 64, depth: 1024, n_banks: 2}"),
        ["estimated with 2 banks, which is the default of `n_banks`"]
    );
    assert!(notes("SRAM", "{width: 64, depth: 1024, n_banks: 4}").is_empty());
    let slow = notes("SRAM", "{width: 64, depth: 1024, n_banks: 1, global_cycle_seconds: 1e-10}");
    assert!(slow[0].starts_with("CACTI's shortest cycle of this memory is 0."), "{slow:?}");
}

#[test]
fn attributes_that_count_are_named() {
    let names = |class: &str, attributes: &str| -> Vec<String> {
        estimate(class, attributes, "").unwrap().attributes.iter().map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(
        names("smartbuffer_RF", "{depth: 16, width: 8, datawidth: 8, n_banks: 2, meshX: 4}"),
        ["depth", "width", "technology", "global_cycle_seconds"]
    );
    assert_eq!(
        names("DRAM", "{width: 64, type: \"LPDDR4\", depth: 5}"),
        ["width", "type", "technology", "global_cycle_seconds"]
    );
    assert_eq!(
        names("reg", "{width: 4, n_instances: 3}"),
        ["width", "n_instances", "technology", "global_cycle_seconds"]
    );
}

#[test]
fn quoted_texts_of_classes_are_no_expressions() {
    let classes = "- {name: own, attributes: {kind: \"width\", size: width}, subcomponents: [{name: a, class: DRAM, attributes: \
                   {type: kind, width: size}}], actions: [{name: read, subcomponents: [{name: a, actions: [{name: read}]}]}, {name: leak}]}";
    let refusal = estimate("own", "{width: 16, kind: \"HBM2\"}", classes);
    assert_eq!(refusal.unwrap().actions["read"].value, 16.0 * 3.9);
    assert!(estimate("own", "{width: 16}", classes).unwrap_err().to_string().contains("the text \"width\""));
}

#[test]
fn a_class_without_clock_or_technology_says_so() {
    let design = "architecture: {local: [{name: a, class: reg, attributes: {width: 1}}]}";
    let estimates = Estimator::default().components(&tree(design).to_value());
    let refusal = estimates[0].as_ref().unwrap_err();
    assert_eq!(refusal.to_string(), "component `a`, class `reg`: attribute `global_cycle_seconds` is missing");
    assert!(refusal.hint().unwrap().contains("variables"));
}

#[test]
fn containers_give_what_a_component_does_not_state() {
    let design = "architecture: {subtree: [{attributes: {technology: \"45nm\", width: 8}, subtree: [{attributes: {global_cycle_seconds: \
                  1e-9, width: 4}, local: [{name: a, class: reg}, {name: b, class: reg, attributes: {width: 2}}, {name: c, class: reg, \
                  enabled: false}]}]}]}";
    let estimates = Estimator::default().components(&tree(design).to_value());
    let widths: Vec<Value> =
        estimates.iter().map(|estimate| estimate.as_ref().unwrap().attributes.get("width").unwrap().clone()).collect();
    assert_eq!(widths, [Value::Int(4), Value::Int(2)]);
}

/// Units for floats, at any node: gated ones leak, and skipped ones cost nothing.
#[test]
fn idle_units_for_floats_cost_less_than_busy_ones() {
    for node in ["7nm", "45nm"] {
        let design = format!(
            "architecture: {{subtree: [{{name: system, attributes: {{technology: \"{node}\", global_cycle_seconds: 1e-9}}, local: [{{name: mac, \
             class: scaled_fpmac, attributes: {{exponent: 8, mantissa: 24}}, required_actions: [compute, compute_gated, compute_skipped, leak]}}]}}]}}"
        );
        let estimates = Estimator::default().components(&tree(&design).to_value());
        let actions = &estimates[0].as_ref().unwrap().actions;
        let pj = |action: &str| actions[action].value;
        assert_eq!((pj("compute_gated"), pj("compute_skipped")), (pj("leak"), 0.0), "{node}");
        assert!(pj("leak") > 0.0 && pj("compute") > 10.0 * pj("leak"), "{node}");
    }
}
