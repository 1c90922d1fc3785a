//! A compound class with the attributes of a component: its parts, their areas, and what its actions make them do
//! (docs/energy.md section 2).

use std::cell::Cell;

use indexmap::IndexMap;

use super::State;
use super::attributes::{Attributes, CYCLE, GLOBAL_CYCLE, INSTANCES, LATENCY, TECHNOLOGY};
use super::class::{Class, Part, Span, Step, Template};
use super::estimate::Note;
use super::primitive::{self, Answer, Query, Wanted};
use super::refusal::{Reason, Refused};
use super::source::Source;
use crate::timeloop::frontend::expression::{ExpressionError, Scope, Value};

/// No class is made of more parts, and no action of more steps.
const MOST_PARTS: usize = 100_000;

/// No class nests deeper.
const DEEPEST: usize = 64;

/// What a part has from the compound that it is part of.
const INHERITED: [&str; 5] = [GLOBAL_CYCLE, LATENCY, CYCLE, TECHNOLOGY, INSTANCES];

/// What is the same for all of a component.
#[derive(Clone, Copy)]
pub(super) struct Rules<'c> {
    pub(super) classes: &'c IndexMap<String, Class>,
    pub(super) state: State,
}

/// A compound class whose values are known.
pub(super) struct Instance<'c> {
    class: &'c Class,
    pub(super) attributes: Attributes,
    /// The attributes, for expressions.
    names: Scope,
    parts: Vec<PartInstance<'c>>,
}

struct PartInstance<'c> {
    part: &'c Part,
    count: f64,
    area_scale: f64,
    energy_scale: f64,
    kind: Kind<'c>,
}

enum Kind<'c> {
    Primitive(Attributes),
    Compound(Instance<'c>),
}

/// A sum, and what went into it.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) value: f64,
    pub(super) source: Source,
    pub(super) notes: Vec<Note>,
}

impl Sum {
    pub(super) fn add(&mut self, answer: Answer, factor: f64, attributes: &Attributes) {
        self.value += answer.value * factor;
        self.source.add(answer.origin);
        if let Some(cycle_ns) = answer.slow_cycle_ns {
            let clock_ns = attributes.number(GLOBAL_CYCLE).unwrap_or_default() * 1e9;
            let note = Note::SlowMemory { cycle_ns, clock_ns };
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }
}

/// The keys that every component has besides those that are stated. The technology and the clock have no default.
pub(super) fn complete(attributes: &mut Attributes) -> Result<(), Reason> {
    let missing = |name: &str| Reason::Missing(name.to_owned());
    let cycle = attributes.get(GLOBAL_CYCLE).cloned().ok_or_else(|| missing(GLOBAL_CYCLE))?;
    attributes.get(TECHNOLOGY).ok_or_else(|| missing(TECHNOLOGY))?;
    for (name, default) in [(LATENCY, Value::Int(1)), (CYCLE, cycle), (INSTANCES, Value::Int(1))] {
        if attributes.get(name).is_none() {
            attributes.set(name, default);
        }
    }
    Ok(())
}

/// Evaluates values in order, each with the names before it in scope.
fn evaluate(
    templates: &IndexMap<String, Template>,
    wanted: impl Fn(&str, &Attributes) -> bool,
    attributes: &mut Attributes,
    scope: &mut Scope,
    path: &str,
) -> Result<(), Refused> {
    for (name, template) in templates {
        if !wanted(name, attributes) {
            continue;
        }
        let value = template.value(scope).map_err(|mut reason| {
            if let Reason::Expression { cause, below, .. } = &mut reason
                && let ExpressionError::UndefinedName { name: used, .. } = &**cause
                && templates.contains_key(used)
            {
                *below = Some(used.clone());
            }
            Refused::new(format!("{path}.attributes.{name}"), reason)
        })?;
        scope.set(name.clone(), value.clone());
        attributes.set(name.clone(), value);
    }
    Ok(())
}

fn scope_of(attributes: &Attributes) -> Scope {
    let mut scope = Scope::default();
    put(attributes, &mut scope);
    scope
}

fn put(attributes: &Attributes, scope: &mut Scope) {
    attributes.iter().for_each(|(name, value)| scope.set(name, value.clone()));
}

impl<'c> Rules<'c> {
    /// A class with the attributes of a component, which are evaluated and complete.
    pub(super) fn instance(self, class: &'c Class, attributes: Attributes) -> Result<Instance<'c>, Refused> {
        let mut left = MOST_PARTS;
        self.within(class, attributes, Scope::default(), &mut vec![class.name.as_str()], &mut left)
    }

    /// `scope` has the names of what the class is part of, and `chain` the classes on the way to it.
    fn within(
        self,
        class: &'c Class,
        mut attributes: Attributes,
        mut scope: Scope,
        chain: &mut Vec<&'c str>,
        left: &mut usize,
    ) -> Result<Instance<'c>, Refused> {
        put(&attributes, &mut scope);
        let is_open = |name: &str, attributes: &Attributes| attributes.get(name).is_none();
        for (name, template) in &class.attributes {
            if matches!(template, Template::MustSpecify) && is_open(name, &attributes) {
                return Err(Reason::MustSpecify { class: class.name.clone(), attribute: name.clone() }.into());
            }
        }
        evaluate(&class.attributes, is_open, &mut attributes, &mut scope, &class.path)?;
        let mut names = scope_of(&attributes);
        let mut parts = Vec::with_capacity(class.parts.len());
        for part in &class.parts {
            *left = left.checked_sub(1).ok_or(Reason::TooLarge(MOST_PARTS))?;
            parts.push(self.part(part, &attributes, &mut names, chain, left)?);
        }
        Ok(Instance { class, attributes, names, parts })
    }

    fn part(
        self,
        part: &'c Part,
        parent: &Attributes,
        names: &mut Scope,
        chain: &mut Vec<&'c str>,
        left: &mut usize,
    ) -> Result<PartInstance<'c>, Refused> {
        let at = |reason: Reason| Refused::new(&part.path, reason);
        let count = part.range.as_ref().map_or(Ok(1.0), |range| range.count(&part.name, names)).map_err(at)?;
        let mark = names.enter();
        let mut attributes = Attributes::default();
        evaluate(&part.attributes, |_, _| true, &mut attributes, names, &part.path)?;
        for name in INHERITED {
            if attributes.get(name).is_none()
                && let Some(value) = parent.get(name)
            {
                attributes.set(name, value.clone());
            }
        }
        let scale = |template: &Option<Template>, what| {
            template.as_ref().map_or(Ok(1.0), |template| template.number(names, what)).map_err(at)
        };
        let (area_scale, energy_scale) =
            (scale(&part.area_scale, "`area_scale`")?, scale(&part.energy_scale, "`energy_scale`")?);
        let kind = match self.classes.get(&part.class) {
            None if !primitive::knows(&part.class) => return Err(at(self.unknown(&part.class))),
            None => Kind::Primitive(attributes),
            Some(class) => {
                if let Some(start) = chain.iter().position(|name| *name == class.name) {
                    let circle = chain[start..].iter().copied().chain([class.name.as_str()]);
                    return Err(at(Reason::Circle { chain: circle.map(str::to_owned).collect() }));
                }
                if chain.len() >= DEEPEST {
                    return Err(at(Reason::TooLarge(MOST_PARTS)));
                }
                chain.push(&class.name);
                let within = self.within(class, attributes, names.clone(), chain, left);
                chain.pop();
                Kind::Compound(within?)
            }
        };
        names.leave(mark);
        Ok(PartInstance { part, count, area_scale, energy_scale, kind })
    }

    /// The refusal of a class that nobody knows.
    pub(super) fn unknown(self, class: &str) -> Reason {
        let mut known: Vec<String> = self.classes.keys().cloned().collect();
        known.extend(primitive::classes().map(str::to_owned));
        known.dedup();
        Reason::UnknownClass { class: class.to_owned(), known }
    }

    /// Asks for one number of a primitive component.
    pub(super) fn ask(
        self,
        (name, class): (&str, &str),
        wanted: Wanted,
        attributes: &Attributes,
        arguments: &Attributes,
    ) -> Result<Answer, Reason> {
        primitive::ask(&Query { class, wanted, attributes, arguments, state: self.state }).map_err(|tried| {
            let wanted = match wanted {
                Wanted::Area => "the area".to_owned(),
                Wanted::Energy(action) => format!("the action `{action}`"),
            };
            Reason::Unestimated { wanted, part: name.to_owned(), class: class.to_owned(), tried }
        })
    }
}

impl Span {
    /// How many it names.
    fn count(&self, name: &str, scope: &Scope) -> Result<f64, Reason> {
        let [first, last] =
            [&self.first, &self.last].map(|bound| bound.number(scope, "a bound of a range").map(f64::trunc));
        let (first, last) = (first?, last?);
        if last < first {
            let [first, last] = [first, last].map(|bound| bound.to_string());
            return Err(Reason::Range { name: name.to_owned(), first, last });
        }
        Ok(last - first + 1.0)
    }
}

impl Instance<'_> {
    /// The names of all actions, and whether they have arguments of their own.
    pub(super) fn actions(&self) -> impl Iterator<Item = (&str, bool)> {
        self.class.actions.iter().map(|action| (action.name.as_str(), action.has_arguments))
    }

    /// The area of all parts in um2, times a factor.
    pub(super) fn area(&self, rules: Rules, factor: f64, sum: &mut Sum) -> Result<(), Refused> {
        for part in &self.parts {
            let factor = factor * part.area_scale * part.count;
            match &part.kind {
                Kind::Compound(within) => within.area(rules, factor, sum)?,
                Kind::Primitive(attributes) => {
                    let answer = part.ask(rules, Wanted::Area, attributes, &Attributes::default())?;
                    sum.add(answer, factor, attributes);
                }
            }
        }
        Ok(())
    }

    /// The energy of an action in pJ, times a factor. An action that the class lacks costs nothing.
    pub(super) fn energy(&self, rules: Rules, action: &str, factor: f64, sum: &mut Sum) -> Result<(), Refused> {
        let left = Cell::new(MOST_PARTS);
        self.act(rules, action, &Attributes::default(), factor, sum, &left)
    }

    fn act(
        &self,
        rules: Rules,
        action: &str,
        given: &Attributes,
        factor: f64,
        sum: &mut Sum,
        left: &Cell<usize>,
    ) -> Result<(), Refused> {
        let Some(action) = self.class.actions.iter().find(|known| known.name == action) else { return Ok(()) };
        let with_arguments = (!given.0.is_empty()).then(|| {
            let mut scope = self.names.clone();
            put(given, &mut scope);
            scope
        });
        let scope = with_arguments.as_ref().unwrap_or(&self.names);
        for step in &action.steps {
            left.set(left.get().checked_sub(1).ok_or(Reason::TooLarge(MOST_PARTS))?);
            let Some(part) = self.parts.iter().find(|part| part.part.name == step.part) else {
                let known = self.parts.iter().map(|part| part.part.name.clone()).collect();
                let reason = Reason::NoPart { action: action.name.clone(), part: step.part.clone(), known };
                return Err(Refused::new(&action.path, reason));
            };
            let at = |reason: Reason| Refused::new(&step.path, reason);
            let factor = factor * part.energy_scale * step.factor(scope).map_err(at)?;
            let arguments = step.arguments(scope)?;
            match &part.kind {
                Kind::Compound(within) => within.act(rules, &step.action, &arguments, factor, sum, left)?,
                Kind::Primitive(attributes) => {
                    let answer = part.ask(rules, Wanted::Energy(&step.action), attributes, &arguments)?;
                    sum.add(answer, factor, attributes);
                }
            }
        }
        Ok(())
    }
}

impl Step {
    /// How many parts act, times the scales of the action.
    fn factor(&self, scope: &Scope) -> Result<f64, Reason> {
        let count = self.range.as_ref().map_or(Ok(1.0), |range| range.count(&self.part, scope))?;
        self.scales.iter().try_fold(count, |product, scale| Ok(product * scale.number(scope, "`energy_scale`")?))
    }

    fn arguments(&self, scope: &Scope) -> Result<Attributes, Refused> {
        let mut arguments = Attributes::default();
        for (name, template) in &self.arguments {
            let at = |reason| Refused::new(format!("{}.arguments.{name}", self.path), reason);
            arguments.set(name.clone(), template.value(scope).map_err(at)?);
        }
        Ok(arguments)
    }
}

impl PartInstance<'_> {
    fn ask(
        &self,
        rules: Rules,
        wanted: Wanted,
        attributes: &Attributes,
        arguments: &Attributes,
    ) -> Result<Answer, Refused> {
        let named = (self.part.name.as_str(), self.part.class.as_str());
        rules.ask(named, wanted, attributes, arguments).map_err(Refused::from)
    }
}
