//! Compound classes in Accelergy's form (docs/energy.md section 2), read once.

use indexmap::IndexMap;

use super::attributes::normal;
use super::refusal::{Reason, Refusal, Refused};
use crate::timeloop::frontend::expression::{Expression, ExpressionError, Scope, Value};
use crate::timeloop::frontend::load::{Map, Node};

/// A class that is made of parts.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) name: String,
    /// Defaults, in the order in which they are evaluated.
    pub(super) attributes: IndexMap<String, Template>,
    pub(super) parts: Vec<Part>,
    pub(super) actions: Vec<Action>,
    /// Where it is defined.
    pub(super) path: String,
}

/// A value that is known, or has to be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Template {
    /// `"must_specify"`: the component has to state it.
    MustSpecify,
    Value(Value),
    Expression {
        text: String,
        parsed: Result<Expression, ExpressionError>,
    },
}

/// A subcomponent.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) range: Option<Span>,
    pub(super) class: String,
    pub(super) attributes: IndexMap<String, Template>,
    pub(super) area_scale: Option<Template>,
    pub(super) energy_scale: Option<Template>,
    pub(super) path: String,
}

/// `[first..last]` behind the name of a part.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) first: Template,
    pub(super) last: Template,
}

/// An action of a class.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) name: String,
    pub(super) has_arguments: bool,
    /// What it does, in order.
    pub(super) steps: Vec<Step>,
    pub(super) path: String,
}

/// An action of a part.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) part: String,
    pub(super) range: Option<Span>,
    pub(super) action: String,
    pub(super) arguments: IndexMap<String, Template>,
    /// Factors of its energy.
    pub(super) scales: Vec<Template>,
    pub(super) path: String,
}

impl Template {
    fn of(node: &Node) -> Self {
        match node {
            Node::Text { text, .. } if text == "must_specify" => Self::MustSpecify,
            Node::Text { text, quoted: false } => Self::expression(text),
            other => Self::Value(normal(Value::from_node(other))),
        }
    }

    fn expression(text: &str) -> Self {
        Self::Expression { text: text.to_owned(), parsed: Expression::parse(text) }
    }

    /// Its value, with the names of a scope. `"must_specify"` has none.
    pub(super) fn value(&self, scope: &Scope) -> Result<Value, Reason> {
        match self {
            Self::MustSpecify => Ok(Value::None),
            Self::Value(value) => Ok(value.clone()),
            Self::Expression { text, parsed } => {
                let value = parsed.as_ref().map_err(Clone::clone).and_then(|expression| expression.value(scope));
                value.map(normal).map_err(|cause| Reason::Expression {
                    text: text.clone(),
                    cause: Box::new(cause),
                    below: None,
                })
            }
        }
    }

    /// Its value as a number.
    pub(super) fn number(&self, scope: &Scope, what: &'static str) -> Result<f64, Reason> {
        let value = self.value(scope)?;
        value.as_f64().ok_or_else(|| Reason::NoNumber { what, found: value.text() })
    }
}

/// Reads the classes below a node: a list of them, or a mapping with such a list under `classes`.
pub(super) fn read_all(node: &Node, path: &str, refusals: &mut Vec<Refusal>) -> Vec<Class> {
    let mut classes = Vec::new();
    match node {
        Node::Null => {}
        Node::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let path = format!("{path}[{at}]");
                if item.get("classes").is_some() {
                    classes.extend(read_all(item, &path, refusals));
                    continue;
                }
                let name = item.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
                match read(item, &path) {
                    Ok(class) => classes.push(class),
                    Err(Refused { path, reason }) => {
                        refusals.push(Refusal { component: String::new(), class: name, path, reason });
                    }
                }
            }
        }
        Node::Map(map) => {
            if let Some(list) = map.get("classes") {
                classes.extend(read_all(list, &format!("{path}.classes"), refusals));
            }
        }
        other => refusals.push(Refusal {
            component: String::new(),
            class: String::new(),
            path: path.to_owned(),
            reason: Box::new(Reason::Form { expected: "a list of classes", found: other.describe() }),
        }),
    }
    classes
}

fn read(node: &Node, path: &str) -> Result<Class, Refused> {
    let keys = mapping(Some(node), path)?;
    Ok(Class {
        name: text(keys, "name", path)?,
        attributes: templates(keys.get("attributes"), &format!("{path}.attributes"))?,
        parts: items(keys, "subcomponents", path, part)?,
        actions: items(keys, "actions", path, action)?,
        path: path.to_owned(),
    })
}

fn part(node: &Node, path: &str) -> Result<Part, Refused> {
    let keys = mapping(Some(node), path)?;
    let (name, range) = ranged(&text(keys, "name", path)?);
    let attributes = templates(keys.get("attributes"), &format!("{path}.attributes"))?;
    // A scale may stand among the attributes, too.
    let scale = |key: &str| keys.get(key).map(Template::of).or_else(|| attributes.get(key).cloned());
    let (area_scale, energy_scale) = (scale("area_scale"), scale("energy_scale"));
    Ok(Part {
        name,
        range,
        class: text(keys, "class", path)?,
        attributes,
        area_scale,
        energy_scale,
        path: path.to_owned(),
    })
}

fn action(node: &Node, path: &str) -> Result<Action, Refused> {
    let keys = mapping(Some(node), path)?;
    let steps = items(keys, "subcomponents", path, steps)?.into_iter().flatten().collect();
    Ok(Action {
        name: text(keys, "name", path)?,
        has_arguments: keys.get("arguments").is_some_and(|arguments| !arguments.is_empty()),
        steps,
        path: path.to_owned(),
    })
}

/// The actions of one part within an action.
fn steps(node: &Node, path: &str) -> Result<Vec<Step>, Refused> {
    let keys = mapping(Some(node), path)?;
    let (part, range) = ranged(&text(keys, "name", path)?);
    items(keys, "actions", path, |node, path| {
        let keys = mapping(Some(node), path)?;
        let scales = ["energy_scale", "repeat"].iter().filter_map(|key| keys.get(*key)).map(Template::of);
        Ok(Step {
            part: part.clone(),
            range: range.clone(),
            action: text(keys, "name", path)?,
            arguments: templates(keys.get("arguments"), &format!("{path}.arguments"))?,
            scales: scales.collect(),
            path: path.to_owned(),
        })
    })
}

/// `part[first..last]`, `part[index]` or `part`.
fn ranged(name: &str) -> (String, Option<Span>) {
    let Some((part, range)) = name.split_once('[') else { return (name.trim().to_owned(), None) };
    let range = range.trim_end().trim_end_matches(']');
    let span = match range.split_once("..") {
        Some((first, last)) => {
            Span { first: Template::expression(first.trim()), last: Template::expression(last.trim()) }
        }
        None => Span { first: Template::expression(range.trim()), last: Template::expression(range.trim()) },
    };
    (part.trim().to_owned(), Some(span))
}

fn mapping<'n>(node: Option<&'n Node>, path: &str) -> Result<&'n Map, Refused> {
    static EMPTY: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::new);
    match node {
        None | Some(Node::Null) => Ok(&EMPTY),
        Some(Node::Map(map)) => Ok(map),
        Some(Node::Tagged(_, inner)) => mapping(Some(&**inner), path),
        Some(other) => Err(Refused::new(path, Reason::Form { expected: "a mapping", found: other.describe() })),
    }
}

fn text(keys: &Map, key: &str, path: &str) -> Result<String, Refused> {
    match keys.get(key) {
        Some(Node::Text { text, .. }) => Ok(text.clone()),
        Some(other) => {
            Err(Refused::new(format!("{path}.{key}"), Reason::Form { expected: "a name", found: other.describe() }))
        }
        None => Err(Refused::new(path, Reason::Missing(key.to_owned()))),
    }
}

fn templates(node: Option<&Node>, path: &str) -> Result<IndexMap<String, Template>, Refused> {
    Ok(mapping(node, path)?.iter().map(|(name, value)| (name.clone(), Template::of(value))).collect())
}

fn items<T>(
    keys: &Map,
    key: &str,
    path: &str,
    read: impl Fn(&Node, &str) -> Result<T, Refused>,
) -> Result<Vec<T>, Refused> {
    let path = format!("{path}.{key}");
    match keys.get(key) {
        None | Some(Node::Null) => Ok(Vec::new()),
        Some(Node::List(items)) => {
            items.iter().enumerate().map(|(at, item)| read(item, &format!("{path}[{at}]"))).collect()
        }
        Some(other) => Err(Refused::new(path, Reason::Form { expected: "a list", found: other.describe() })),
    }
}
