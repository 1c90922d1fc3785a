//! Single queries of primitive components.

use indexmap::IndexMap;
use onnx2timeloop::energy::{Attributes, Origin, Query, State, Value, Wanted, ask};
use serde::Deserialize;
use serde_json::Value as Json;

use super::lines;

#[derive(Deserialize)]
struct Recorded {
    class: String,
    action: String,
    attributes: IndexMap<String, Json>,
    value: f64,
    estimator: String,
}

fn value(json: &Json) -> Value {
    match json {
        Json::String(text) => Value::Str(text.clone()),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Int(integer.into()),
            None => Value::Float(number.as_f64().unwrap()),
        },
        other => panic!("{other}"),
    }
}

impl Recorded {
    fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::default();
        self.attributes.iter().for_each(|(name, json)| attributes.set(name, value(json)));
        attributes
    }
}

#[test]
fn recorded_queries_have_the_recorded_answers() {
    let recorded: Vec<Recorded> = lines("primitives-public.jsonl.gz");
    let (mut srams, mut adders, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for query in &recorded {
        let attributes = query.attributes();
        let wanted = if query.action == "area" { Wanted::Area } else { Wanted::Energy(&query.action) };
        let arguments = Attributes::default();
        let asked =
            Query { class: &query.class, wanted, attributes: &attributes, arguments: &arguments, state: State::Today };
        let described = || format!("{} {} {:?}", query.class, query.action, query.attributes);
        let answer = match ask(&asked) {
            Ok(answer) => answer,
            Err(tried) => {
                failures.push(format!("{}: {tried:?}", described()));
                continue;
            }
        };
        let difference = if answer.value == query.value { 0.0 } else { (answer.value / query.value - 1.0).abs() };
        match (query.estimator.as_str(), answer.origin) {
            ("CactiSRAM", Origin::Cacti(_)) => srams.push(difference),
            ("Neurosim Plug-In", Origin::ScaledAdder { .. }) => adders.push(answer.value / query.value),
            ("Library", Origin::Library { .. } | Origin::Constant)
            | ("CactiDRAM", Origin::Dram { .. })
            | ("Aladdin_table", Origin::Aladdin)
                if difference < 1e-9 => {}
            _ => {
                failures.push(format!("{}: {answer:?} instead of {} by {}", described(), query.value, query.estimator))
            }
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    assert_eq!((recorded.len(), srams.len(), adders.len()), (1361, 76, 40));
    // What the decision against NeuroSim's numbers changes: Aladdin's adder over its adder, of dynamic energies, leakage and areas alike.
    adders.sort_by(f64::total_cmp);
    insta::assert_snapshot!(format!("{:.2} to {:.2}, median {:.2}", adders[0], adders[39], adders[20]));
    srams.sort_by(f64::total_cmp);
    // Narrow and shallow memories, whose words and rows CACTI is asked for whole.
    assert!(srams[75] < 1e-4, "{}", srams[75]);
}
