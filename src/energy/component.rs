//! The components of a processed architecture.

use serde_yaml::Value as Yaml;

use super::attributes::{Attributes, normal};
use super::refusal::{Reason, Refusal};
use crate::timeloop::frontend::expression::Value;

/// A component as the processed form has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name without range.
    pub name: String,
    /// Its subclass if it has one, else its class.
    pub class: String,
    /// Its own attributes, then those of the containers around it. Texts are texts: expressions have been evaluated.
    pub attributes: Attributes,
    /// The actions that must have an energy.
    pub required_actions: Vec<String>,
    /// A factor of all its energies.
    pub energy_scale: f64,
    /// A factor of its area.
    pub area_scale: f64,
    /// The path of keys in the document.
    pub path: String,
}

/// All components of a processed document that are enabled, in order.
pub(super) fn read_all(document: &Yaml) -> Vec<Result<Component, Refusal>> {
    let mut components = Vec::new();
    let architecture = document.get("architecture").or_else(|| document.get("arch"));
    if let Some(architecture) = architecture {
        walk(architecture, "architecture", &Attributes::default(), &mut components);
    }
    components
}

/// The components of a container, and of those within it.
fn walk(container: &Yaml, path: &str, inherited: &Attributes, components: &mut Vec<Result<Component, Refusal>>) {
    let mut given = read_attributes(container.get("attributes"));
    inherit(&mut given, inherited);
    let items = |key: &str| container.get(key).and_then(Yaml::as_sequence).map(Vec::as_slice).unwrap_or_default();
    for (at, local) in items("local").iter().enumerate() {
        if local.get("enabled").and_then(Yaml::as_bool) != Some(false) {
            components.push(Component::read(local, &format!("{path}.local[{at}]"), &given));
        }
    }
    for (at, within) in items("subtree").iter().enumerate() {
        walk(within, &format!("{path}.subtree[{at}]"), &given, components);
    }
}

fn inherit(attributes: &mut Attributes, inherited: &Attributes) {
    for (name, value) in inherited.iter() {
        if !attributes.0.contains_key(name) {
            attributes.set(name, value.clone());
        }
    }
}

fn read_attributes(map: Option<&Yaml>) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in map.and_then(Yaml::as_mapping).into_iter().flatten() {
        if let Some(name) = name.as_str() {
            attributes.set(name, normal(of_yaml(value)));
        }
    }
    attributes
}

fn of_yaml(value: &Yaml) -> Value {
    match value {
        Yaml::Null => Value::None,
        Yaml::Bool(value) => Value::Bool(*value),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Int(value.into()),
            (None, Some(value)) => Value::Int(value.into()),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Yaml::String(text) => Value::Str(text.clone()),
        Yaml::Sequence(items) => Value::List(items.iter().map(of_yaml).collect()),
        Yaml::Mapping(map) => {
            let entries = map.iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), of_yaml(value))));
            Value::Map(entries.collect())
        }
        Yaml::Tagged(tagged) => of_yaml(&tagged.value),
    }
}

impl Component {
    fn read(local: &Yaml, path: &str, inherited: &Attributes) -> Result<Self, Refusal> {
        let text = |key: &str| local.get(key).and_then(Yaml::as_str);
        let name = text("name").unwrap_or_default();
        let name = name.split('[').next().unwrap_or_default().to_owned();
        let class = text("subclass").or_else(|| text("class")).unwrap_or_default().to_owned();
        let mut attributes = read_attributes(local.get("attributes"));
        inherit(&mut attributes, inherited);
        let scale = |key: &'static str, what: &'static str| match local.get(key) {
            None | Some(Yaml::Null) => Ok(1.0),
            Some(stated) => stated.as_f64().ok_or_else(|| Refusal {
                component: name.clone(),
                class: class.clone(),
                path: format!("{path}.{key}"),
                reason: Box::new(Reason::NoNumber { what, found: of_yaml(stated).text() }),
            }),
        };
        let (energy_scale, area_scale) =
            (scale("energy_scale", "`energy_scale`")?, scale("area_scale", "`area_scale`")?);
        let actions = local.get("required_actions").and_then(Yaml::as_sequence).into_iter().flatten();
        let required_actions = actions.filter_map(Yaml::as_str).map(str::to_owned).collect();
        Ok(Self { name, class, attributes, required_actions, energy_scale, area_scale, path: path.to_owned() })
    }
}
