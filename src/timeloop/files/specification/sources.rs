//! Sources that are read once, for any number of problems and of values set by path.

use std::sync::Arc;

use super::raw::Text;
use super::settings::Setting;
use super::{SpecificationError, Tree, compound_classes};
use crate::timeloop::frontend::load::Node;
use crate::timeloop::frontend::{Document, Errors, LoadOptions, Source, Variables, load_sources};

/// What sources say, before it is processed for a problem.
#[derive(Clone, Debug)]
pub struct ReadSources {
    pub(super) texts: Arc<Vec<Text>>,
    /// As the text layer of the front end reads them; its errors count only where they are about a v0.4 description.
    pub(super) loaded: Result<Document, Errors>,
    pub(super) compound_classes: Option<Tree>,
    pub(super) variables: Variables,
    /// Whether values were set, which are in the loaded document only.
    pub(super) has_settings: bool,
}

impl ReadSources {
    /// Reads files and texts.
    ///
    /// # Errors
    ///
    /// If a file cannot be read. What departs from its form is an error where it is [processed](super::Specification::of_sources).
    pub fn read(sources: &[Source], variables: &Variables) -> Result<Self, SpecificationError> {
        let texts: Vec<Text> = sources.iter().map(Text::read).collect::<Result<_, _>>()?;
        let options = LoadOptions { variables: variables.clone(), ..LoadOptions::default() };
        let loaded = load_sources(sources, &options);
        let compound_classes = loaded.as_ref().ok().and_then(compound_classes);
        let (texts, variables) = (Arc::new(texts), variables.clone());
        Ok(Self { texts, loaded, compound_classes, variables, has_settings: false })
    }

    /// The document of all sources.
    ///
    /// # Errors
    ///
    /// What the text layer of the front end says.
    pub fn document(&self) -> Result<&Document, Errors> {
        self.loaded.as_ref().map_err(Clone::clone)
    }

    /// Whether they say anything of what is done with zeros.
    pub fn mentions_zeros(&self) -> bool {
        match &self.loaded {
            Ok(document) => document.keys.iter().any(|(key, node)| is_about_zeros(key) || holds_zeros(node)),
            Err(_) => self.texts.iter().any(|text| text.mentions(is_about_zeros)),
        }
    }

    /// The same with values set by path.
    ///
    /// # Errors
    ///
    /// What the text layer of the front end says.
    pub fn with_settings(&self, settings: &[Setting]) -> Result<Self, Errors> {
        let mut changed = self.clone();
        let document = changed.loaded.as_mut().map_err(|errors| errors.clone())?;
        for setting in settings {
            setting.put(document);
        }
        changed.has_settings |= !settings.is_empty();
        Ok(changed)
    }
}

fn is_about_zeros(key: &str) -> bool {
    matches!(key, "sparse_optimizations" | "sparse-optimizations")
}

fn holds_zeros(node: &Node) -> bool {
    match node {
        Node::Map(map) => map.iter().any(|(key, value)| is_about_zeros(key) || holds_zeros(value)),
        Node::List(items) => items.iter().any(holds_zeros),
        Node::Tagged(_, inner) => holds_zeros(inner),
        _ => false,
    }
}
