//! What an architecture is read from: presets, files, texts.

use std::path::{Path, PathBuf};

use super::InputFile;
use super::{Error, ErrorKind};
use crate::architecture::presets::{self, Preset};
use crate::names::safe_name;
use crate::timeloop::files::specification::ReadSources;
use crate::timeloop::frontend::{Source, Variables};
use crate::workload::Density;

/// Sources of a description, in order: their keys are merged. A preset among them brings its energies along.
#[derive(Clone, Debug, Default)]
pub struct Description {
    pub(super) sources: Vec<Source>,
    pub(super) preset: Option<Preset>,
    /// Values given from outside.
    pub(super) variables: Variables,
    /// Densities of data spaces, which take the place of those in the sources.
    pub(super) densities: Vec<(String, Density)>,
}

impl Description {
    /// A preset by its name, or files with commas between them.
    ///
    /// # Errors
    ///
    /// If a part is neither.
    pub fn named(text: &str) -> Result<Self, Error> {
        let mut description = Self::default();
        // A file may have a comma in its name.
        if Path::new(text).exists() || !text.contains(',') {
            description.add_named(text)?;
        } else {
            text.split(',').try_for_each(|part| description.add_named(part))?;
        }
        Ok(description)
    }

    /// Adds a preset by its name, or a file.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn add_named(&mut self, text: &str) -> Result<(), Error> {
        if let Some(preset) = presets::find(text) {
            self.add_preset(preset);
        } else if Path::new(text).exists() {
            self.add_file(Path::new(text));
        } else {
            return Err(ErrorKind::UnknownArchitecture(text.to_owned()).into());
        }
        Ok(())
    }

    /// Adds a preset. Of several, the first one's energies count.
    pub fn add_preset(&mut self, preset: Preset) {
        self.add_text(&format!("preset {}", preset.name), preset.text);
        self.preset = self.preset.or(Some(preset));
    }

    /// Adds a file, which is opened when the description is read.
    pub fn add_file(&mut self, path: impl AsRef<Path>) {
        self.sources.push(Source::File(path.as_ref().to_owned()));
    }

    /// Adds a text in YAML, under a name for messages.
    pub fn add_text(&mut self, name: &str, text: &str) {
        self.sources.push(Source::Text { name: name.to_owned(), text: text.to_owned() });
    }

    /// Gives a variable its value: templates use it by its name, and it takes the place of an entry of `variables`.
    pub fn set_variable(&mut self, name: &str, value: impl Into<serde_json::Value>) {
        self.variables.insert(name.to_owned(), value.into());
    }

    /// States the density of a data space of the problem, by its name in any case.
    pub fn set_density(&mut self, data_space: &str, density: Density) {
        self.densities.push((data_space.to_owned(), density));
    }

    /// A name for it that every file system takes: the preset's, or that of the first file or text.
    pub fn name(&self) -> String {
        let name = match (&self.preset, self.sources.first()) {
            (Some(preset), _) => preset.name.to_owned(),
            (None, Some(Source::File(path))) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            (None, source) => source.map(source_name).unwrap_or_default(),
        };
        safe_name(&name)
    }

    /// Every file of the description, those included by others too; a preset by its name; variables that are given from outside.
    pub(super) fn inputs(&self, sources: &ReadSources) -> Vec<InputFile> {
        let shipped = self.preset.map(|preset| InputFile {
            source: format!("preset {}", preset.name),
            blake3: Some(blake3::hash(preset.text.as_bytes()).to_hex().to_string()),
        });
        let named: Vec<PathBuf> = self
            .sources
            .iter()
            .filter_map(|source| match source {
                Source::File(path) => Some(path.clone()),
                Source::Text { .. } => None,
            })
            .collect();
        // What the front end cannot read has no includes either.
        let files = sources.document().map_or_else(|_| named.clone(), |document| document.files.clone());
        let root = named.first().and_then(|path| path.canonicalize().ok()?.parent().map(Path::to_path_buf));
        let entry = |path: &PathBuf| {
            let below = root.as_ref().and_then(|root| path.strip_prefix(root).ok()).filter(|_| !named.contains(path));
            InputFile::of(path, below.unwrap_or(path))
        };
        let given = self
            .variables
            .iter()
            .map(|(name, value)| InputFile { source: format!("variable {name}={value}"), blake3: None });
        shipped.into_iter().chain(files.iter().map(entry)).chain(given).collect()
    }
}

/// What a source is called.
pub(super) fn source_name(source: &Source) -> String {
    match source {
        Source::File(path) => path.display().to_string(),
        Source::Text { name, .. } => name.clone(),
    }
}
