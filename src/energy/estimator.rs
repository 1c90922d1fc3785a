//! From a component to its energies and its area (docs/energy.md section 1).

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use serde_yaml::Value as Yaml;

use super::State;
use super::attributes::{Attributes, GLOBAL_CYCLE, INSTANCES, TECHNOLOGY};
use super::class::{self, Class};
use super::component::{self, Component};
use super::compound::{Instance, Rules, Sum, complete};
use super::estimate::{Estimate, Figure, Note, six_digits};
use super::primitive::{self, Wanted};
use super::refusal::{Reason, Refusal, Refused};
use crate::timeloop::frontend::expression::Value;
use crate::timeloop::frontend::load::Node;
use crate::timeloop::frontend::{LoadOptions, Source, load_sources};

/// The classes of the exercises' component library.
static LIBRARY: LazyLock<Arc<IndexMap<String, Class>>> = LazyLock::new(|| {
    let source = Source::Text { name: "built-in classes".to_owned(), text: include_str!("classes.yaml").to_owned() };
    let document = load_sources(&[source], &LoadOptions::default()).unwrap_or_default();
    let classes = document.keys.get("classes").map(|node| class::read_all(node, "classes", &mut Vec::new()));
    Arc::new(classes.into_iter().flatten().map(|class| (class.name.clone(), class)).collect())
});

/// Attributes that are sizes: they are never below 0.
const SIZES: [&str; 22] = [
    "width",
    "depth",
    "datawidth",
    "n_banks",
    "n_rw_ports",
    "n_rdwr_ports",
    "width_a",
    "width_b",
    "datawidth_a",
    "datawidth_b",
    "adder_width",
    "multiplier_width",
    "metadata_storage_width",
    "metadata_storage_depth",
    "metadata_counter_width",
    "n_bits",
    "n_inputs",
    "n_outputs",
    "exponent",
    "mantissa",
    "block_size",
    INSTANCES,
];

/// Attributes from which readers expect an effect, with the value that the front end writes where none is stated.
const EXPECTED: [(&str, Option<i128>); 6] = [
    ("n_banks", Some(2)),
    ("n_rw_ports", None),
    ("n_rdwr_ports", None),
    ("n_ports", None),
    ("nports", None),
    ("num_ports", None),
];

/// Estimates components: it knows the built-in classes and those of the user. It never changes, and may be shared between threads.
#[derive(Clone, Debug)]
pub struct Estimator {
    classes: Arc<IndexMap<String, Class>>,
    state: State,
}

impl Default for Estimator {
    fn default() -> Self {
        Self { classes: Arc::clone(&LIBRARY), state: State::Today }
    }
}

impl Estimator {
    /// The built-in classes and the user's: a list, or a mapping with a list under `classes`. One of the user's takes the place of
    /// a built-in class of its name.
    ///
    /// # Errors
    ///
    /// Every class that departs from the form.
    pub fn new(user_classes: Option<&Node>) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let Some(node) = user_classes else { return Ok(Self::default()) };
        let own = class::read_all(node, "compound_components", &mut refusals);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut classes = IndexMap::clone(&LIBRARY);
        classes.extend(own.into_iter().map(|class| (class.name.clone(), class)));
        Ok(Self { classes: Arc::new(classes), state: State::Today })
    }

    /// The same with the numbers of another time.
    #[must_use]
    pub fn in_state(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// The names of all classes that can be estimated.
    pub fn known_classes(&self) -> Vec<&str> {
        let mut known: Vec<&str> = self.classes.keys().map(String::as_str).collect();
        for class in primitive::classes() {
            if !known.contains(&class) {
                known.push(class);
            }
        }
        known
    }

    /// Every enabled component of a processed document, in order.
    pub fn components(&self, document: &Yaml) -> Vec<Result<Estimate, Refusal>> {
        let components = component::read_all(document);
        components.into_iter().map(|component| self.component(&component?)).collect()
    }

    /// The components of a processed document themselves, to be changed and estimated any number of times.
    pub fn read(document: &Yaml) -> Vec<Result<Component, Refusal>> {
        component::read_all(document)
    }

    /// One component.
    ///
    /// # Errors
    ///
    /// Where Accelergy would stop, too, and where a number would be below 0.
    pub fn component(&self, component: &Component) -> Result<Estimate, Refusal> {
        self.estimate(component).map_err(|Refused { path, reason }| {
            let path = if path.is_empty() { component.path.clone() } else { path };
            Refusal { component: component.name.clone(), class: component.class.clone(), path, reason }
        })
    }

    fn rules(&self) -> Rules<'_> {
        Rules { classes: &self.classes, state: self.state }
    }

    fn estimate(&self, component: &Component) -> Result<Estimate, Refused> {
        let mut attributes = component.attributes.clone();
        check_sizes(component)?;
        complete(&mut attributes)?;
        match self.classes.get(&component.class) {
            Some(class) => {
                let instance = self.rules().instance(class, attributes)?;
                self.compound(component, class, &instance)
            }
            None => self.primitive(component, &attributes),
        }
    }

    fn compound(&self, component: &Component, class: &Class, instance: &Instance) -> Result<Estimate, Refused> {
        let rules = self.rules();
        for action in &component.required_actions {
            if !instance.actions().any(|(name, _)| name == action) {
                let reason = Reason::NoAction { class: component.class.clone(), action: action.clone() };
                return Err(reason.into());
            }
        }
        let mut area = Sum::default();
        instance.area(rules, component.area_scale * self.area_factor(&instance.attributes), &mut area)?;
        let mut estimate = Estimate::new(component, &instance.attributes, |name| class.attributes.contains_key(name));
        for (action, has_arguments) in instance.actions() {
            if has_arguments {
                return Err(Reason::Arguments(action.to_owned()).into());
            }
            let mut sum = Sum::default();
            instance.energy(rules, action, component.energy_scale, &mut sum)?;
            estimate.set_energy(action, sum)?;
        }
        estimate.set_area(area)
    }

    fn primitive(&self, component: &Component, attributes: &Attributes) -> Result<Estimate, Refused> {
        let rules = self.rules();
        let named = (component.name.as_str(), component.class.as_str());
        let is_dummy = attributes.get(TECHNOLOGY) == Some(&Value::Int(-1));
        if !is_dummy && !primitive::knows(&component.class) {
            return Err(rules.unknown(&component.class).into());
        }
        let ask = |wanted, factor| {
            let mut sum = Sum::default();
            sum.add(rules.ask(named, wanted, attributes, &Attributes::default())?, factor, attributes);
            Ok::<_, Reason>(sum)
        };
        let reads = primitive::reads(&component.class);
        let mut estimate = Estimate::new(component, attributes, |name| !is_dummy && reads.contains(&name));
        for action in &component.required_actions {
            estimate.set_energy(action, ask(Wanted::Energy(action), component.energy_scale)?)?;
        }
        if reads.contains(&"n_banks") && !is_dummy && attributes.get("n_banks") == Some(&Value::Int(2)) {
            estimate.notes.push(Note::DefaultBanks);
        }
        estimate.set_area(ask(Wanted::Area, component.area_scale * self.area_factor(attributes))?)
    }

    /// In May 2024 an attribute that only the component library meant for itself scaled the area once more.
    fn area_factor(&self, attributes: &Attributes) -> f64 {
        match self.state {
            State::Today => 1.0,
            State::May2024 => attributes.number("area_scale").unwrap_or(1.0),
        }
    }
}

/// Sizes are never below 0, and the clock stands above.
fn check_sizes(component: &Component) -> Result<(), Refused> {
    for (name, value) in component.attributes.iter() {
        let Some(number) = component.attributes.number(name) else { continue };
        let is_clock = name == GLOBAL_CYCLE;
        let wrong = if is_clock { number <= 0.0 } else { number < 0.0 && SIZES.contains(&name) };
        if wrong {
            let reason = Reason::Size { attribute: name.to_owned(), value: value.text(), zero: !is_clock };
            return Err(Refused::new(format!("{}.attributes.{name}", component.path), reason));
        }
    }
    Ok(())
}

impl Estimate {
    /// Without numbers yet. `counts` says whether the class uses an attribute.
    #[expect(clippy::float_cmp, reason = "1 is what a scale is that nobody states")]
    fn new(component: &Component, attributes: &Attributes, counts: impl Fn(&str) -> bool) -> Self {
        let mut counting = Attributes::default();
        let is_stated = |name: &str| component.attributes.get(name).is_some();
        for (name, value) in attributes.iter() {
            let by_class = counts(name) && is_stated(name);
            let always = [TECHNOLOGY, GLOBAL_CYCLE].contains(&name) || (name == INSTANCES && *value != Value::Int(1));
            if by_class || always {
                counting.set(name, value.clone());
            }
        }
        for (name, scale) in [("energy_scale", component.energy_scale), ("area_scale", component.area_scale)] {
            if scale != 1.0 {
                counting.set(name, Value::Float(scale));
            }
        }
        let has_effect = |name: &str| counts(name) || attributes.get(TECHNOLOGY) == Some(&Value::Int(-1));
        let unused = EXPECTED.iter().filter_map(|(name, default)| {
            let value = component.attributes.get(name)?;
            let is_default = default.is_some_and(|default| *value == Value::Int(default));
            (!is_default && !has_effect(name)).then(|| Note::Unused {
                attribute: (*name).to_owned(),
                value: value.text(),
                class: component.class.clone(),
            })
        });
        let nothing = Figure { value: 0.0, source: super::Source::default() };
        Self {
            name: component.name.clone(),
            class: component.class.clone(),
            attributes: counting,
            actions: IndexMap::new(),
            area_um2: nothing,
            notes: unused.collect(),
        }
    }

    fn set_energy(&mut self, action: &str, sum: Sum) -> Result<(), Refused> {
        let figure = self.figure(&format!("the energy of `{action}`"), sum)?;
        self.actions.insert(action.to_owned(), figure);
        Ok(())
    }

    fn set_area(mut self, sum: Sum) -> Result<Self, Refused> {
        self.area_um2 = self.figure("the area", sum)?;
        Ok(self)
    }

    fn figure(&mut self, what: &str, sum: Sum) -> Result<Figure, Refused> {
        let value = six_digits(sum.value);
        if !(value.is_finite() && value >= 0.0) {
            return Err(Reason::Unusable { what: what.to_owned(), value: value.to_string() }.into());
        }
        for note in sum.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        // A sum of nothing, or of negative zeros, is 0.
        Ok(Figure { value: value + 0.0, source: sum.source })
    }
}
