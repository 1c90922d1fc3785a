//! Names of dimensions and their sizes.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::Expression;
use super::{BindingError, checked, shell_word};
use crate::onnx::graph::{Dim, Graph};

/// The named dimensions of a graph, with the sizes that are known. The size of a name that is an expression follows from its
/// parts, unless it is bound itself; then the only part that is not bound follows from it.
#[derive(Clone, Debug, Default)]
pub(in crate::onnx) struct SizeNames {
    /// Every name that a declaration of the graph has, in order.
    declared: Vec<String>,
    /// Those that are expressions.
    expressions: BTreeMap<String, Expression>,
    sizes: BTreeMap<String, u64>,
    /// Expressions that are labels only: their sizes do not follow from their parts.
    labels: BTreeSet<String>,
}

impl SizeNames {
    /// The names of a graph, none of them bound.
    pub(super) fn of(graph: &Graph) -> Self {
        let mut seen = BTreeSet::new();
        let mut declared = Vec::new();
        let inputs = graph.root.inputs.iter().map(|input| &graph[*input]);
        for dim in inputs.chain(&graph.values).flat_map(|value| value.declared.iter().flatten()) {
            if let Dim::Named(name) = dim
                && seen.insert(name.as_str())
            {
                declared.push(name.clone());
            }
        }
        let parsed = declared.iter().filter_map(|name| Some((name.clone(), Expression::parse(name)?)));
        // `batch-size` is a word like any other where nothing is called `batch`.
        let is_computed = |expression: &Expression| {
            let names = expression.names();
            expression.has_number() || names.iter().any(|name| seen.contains(name))
        };
        let expressions = parsed.filter(|(_, expression)| is_computed(expression)).collect();
        Self { declared, expressions, ..Self::default() }
    }

    /// Binds a name.
    pub(super) fn bind(&mut self, name: &str, size: u64) -> Result<(), BindingError> {
        match self.sizes.insert(name.to_owned(), checked(size)?) {
            Some(first) if first != size => {
                Err(BindingError::Contradiction { name: name.to_owned(), first, second: size })
            }
            _ => Ok(()),
        }
    }

    /// Takes a name for a label: its size is what is bound, not what its parts make.
    pub(super) fn keep(&mut self, name: &str) {
        self.labels.insert(name.to_owned());
    }

    /// The size that the parts of an expression make, where all of them are bound.
    pub(super) fn computed(&self, name: &str) -> Option<u64> {
        let expression = self.expressions.get(name).filter(|_| !self.labels.contains(name))?;
        expression.size(&|part: &str| self.size(part))
    }

    /// Computes the sizes of expressions whose parts are bound, and before that the only open part of those that are bound.
    pub(super) fn follow(&mut self) -> Result<(), BindingError> {
        while let Some((part, size)) = self.open_part() {
            self.bind(&part, size)?;
        }
        let names = self.expressions.keys();
        let computed: Vec<_> = names.filter_map(|name| Some((name.clone(), self.computed(name)?))).collect();
        computed.into_iter().try_for_each(|(name, size)| self.bind(&name, size))
    }

    /// A part that is not bound, of an expression that is, with the only size that it can have.
    fn open_part(&self) -> Option<(String, u64)> {
        let bound = self.expressions.iter().filter(|(name, _)| !self.labels.contains(*name));
        bound.filter_map(|(name, expression)| Some((expression, self.size(name)?))).find_map(|(expression, size)| {
            let (part, size) = expression.solved(size, &|part: &str| self.size(part))?;
            checked(size).is_ok().then(|| (part.to_owned(), size))
        })
    }

    /// The size of a name, where it is known.
    pub(in crate::onnx) fn size(&self, name: &str) -> Option<u64> {
        self.sizes.get(name).copied()
    }

    /// Whether the graph has a dimension of this name, or one that is computed from it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.declared.iter().any(|known| known == name)
            || self.expressions.values().any(|expression| expression.names().contains(&name))
    }

    /// Every name that can be bound, in the order of the graph.
    pub(super) fn all(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for name in &self.declared {
            let parts = self.expressions.get(name).map_or_else(|| vec![name.as_str()], Expression::names);
            for part in parts {
                if !all.contains(&part) {
                    all.push(part);
                }
            }
        }
        all
    }

    /// The flags that bind a name that is not bound.
    pub(in crate::onnx) fn flags(&self, name: &str) -> String {
        let flag = |name: &str| format!("--dim {}=N", shell_word(name));
        let Some(expression) = self.expressions.get(name) else { return flag(name) };
        let mut open = expression.names();
        open.retain(|part| self.size(part).is_none());
        let mut flags: Vec<String> = Vec::new();
        for part in open {
            if !flags.contains(&flag(part)) {
                flags.push(flag(part));
            }
        }
        // All parts are bound, and what is computed of them is no size.
        if flags.is_empty() { flag(name) } else { flags.join(" ") }
    }
}
