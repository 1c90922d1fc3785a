//! Densities that are stated for the layers of networks.

use std::fs;
use std::path::Path;

use thiserror::Error;

use super::InputFile;
use crate::names::suggestion;
use crate::timeloop::frontend::expression::Value;
use crate::timeloop::frontend::load::Node;
use crate::timeloop::frontend::{Document, Errors, LoadOptions, Source, load_sources};
use crate::workload::{self, Density, DensityError, Distribution, LayerTensor, TensorDensity};

/// What is known of the zeros in the layers of networks. A row of a file takes the place of what holds for all layers.
#[derive(Clone, Debug, Default)]
pub struct DensityOptions {
    /// Whether the elements of weights are counted. Needs a file that holds them.
    pub measured: bool,
    /// For tensors of all layers.
    pub stated: Vec<(LayerTensor, Density)>,
    /// For single layers.
    pub file: Option<DensityFile>,
}

/// Densities of single layers, from a file.
#[derive(Clone, Debug)]
pub struct DensityFile {
    input: InputFile,
    rows: Vec<Row>,
}

/// One row of a file.
#[derive(Clone, Debug)]
struct Row {
    /// A layer's name, in which `*` stands for any characters.
    layer: String,
    tensor: LayerTensor,
    density: Density,
    /// File and line.
    place: String,
}

/// Why a file of densities cannot be used, a line for each error.
#[derive(Clone, Debug, PartialEq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DensityFileError {
    #[error("`{file}`: {error}")]
    Read { file: String, error: String },
    #[error(transparent)]
    Yaml(#[from] Errors),
    #[error("{}", .0.join("\n"))]
    Rows(Vec<String>),
}

/// The columns of a row; the last may be left out.
const COLUMNS: [&str; 4] = ["layer", "tensor", "density", "distribution"];

/// The key of the list in YAML.
const KEY: &str = "densities";

impl DensityOptions {
    /// Whether nothing is stated or measured.
    pub fn is_empty(&self) -> bool {
        !self.measured && self.stated.is_empty() && self.file.is_none()
    }

    /// As records of a run have it.
    pub(super) fn record(&self) -> Option<serde_json::Value> {
        let stated = self.stated.iter().map(|(tensor, density)| {
            format!("{}={}:{}", tensor.name().to_lowercase(), density.distribution().name(), number(*density))
        });
        let measured = self.measured.then(|| "measured".to_owned());
        let file = self.file.iter().map(|file| {
            let hash = file.input.blake3.as_deref().unwrap_or_default();
            format!("{} (blake3 {hash})", file.input.source)
        });
        let all: Vec<String> = measured.into_iter().chain(stated).chain(file).collect();
        (!all.is_empty()).then(|| all.into())
    }

    /// Sets what is stated. With `ignore_unknown`, rows of other networks are passed over.
    pub(super) fn apply(&self, network: &mut workload::Network, ignore_unknown: bool) -> Result<(), DensityFileError> {
        for layer in &mut network.layers {
            for (tensor, density) in &self.stated {
                layer.densities.set(*tensor, TensorDensity::stated(*density));
            }
        }
        let Some(file) = &self.file else { return Ok(()) };
        for Row { layer, tensor, density, .. } in &file.rows {
            for found in network.layers.iter_mut().filter(|found| matches(layer, &found.name)) {
                found.densities.set(*tensor, TensorDensity::stated(*density));
            }
        }
        if ignore_unknown { Ok(()) } else { file.check(&[network]) }
    }
}

impl DensityFile {
    /// Reads a CSV file with the columns layer, tensor, density and, if needed, distribution; or the same as YAML, a list of
    /// maps under the key `densities`.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or where it departs from its form.
    pub fn read(path: &Path) -> Result<Self, DensityFileError> {
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        let mut reader = Reader { rows: Vec::new(), errors: Vec::new() };
        if is_yaml {
            reader.yaml(path)?;
        } else {
            reader.csv(path)?;
        }
        reader.check_repeated();
        if !reader.errors.is_empty() {
            return Err(DensityFileError::Rows(reader.errors));
        }
        Ok(Self { input: InputFile::of(path, path), rows: reader.rows })
    }

    /// Says which rows are about no layer of any of these networks.
    ///
    /// # Errors
    ///
    /// If there are some, each with the name that is nearest.
    pub fn check(&self, networks: &[&workload::Network]) -> Result<(), DensityFileError> {
        let names = || networks.iter().flat_map(|network| &network.layers).map(|layer| layer.name.as_str());
        let unknown = self.rows.iter().filter(|row| !names().any(|name| matches(&row.layer, name)));
        let errors: Vec<String> = unknown
            .map(|Row { layer, place, .. }| {
                let hint = if layer.contains('*') { String::new() } else { suggestion(layer, names()) };
                format!("{place}: no layer is called `{layer}`{hint}; `onnx2timeloop convert` lists the names")
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(DensityFileError::Rows(errors)) }
    }
}

struct Reader {
    rows: Vec<Row>,
    errors: Vec<String>,
}

impl Reader {
    fn csv(&mut self, path: &Path) -> Result<(), DensityFileError> {
        let file = path.display().to_string();
        let error = |error: String| DensityFileError::Read { file: file.clone(), error };
        let text = fs::read_to_string(path).map_err(|problem| error(problem.to_string()))?;
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|problem| error(problem.to_string()))?.clone();
        let line = |record: &csv::StringRecord| record.position().map_or(1, csv::Position::line);
        for name in header.iter().filter(|name| !COLUMNS.contains(name)) {
            self.errors.push(format!("{file}:{}: unknown column `{name}`{}", line(&header), suggestion(name, COLUMNS)));
        }
        let column = |name: &str| header.iter().position(|known| known == name);
        for name in COLUMNS.iter().take(3).filter(|name| column(name).is_none()) {
            let form = "layer,tensor,density[,distribution]";
            self.errors
                .push(format!("{file}:{}: the column `{name}` is missing; the first line is {form}", line(&header)));
        }
        if !self.errors.is_empty() {
            return Ok(());
        }
        for record in reader.records() {
            let record = record.map_err(|problem| error(problem.to_string()))?;
            let cell = |name: &str| column(name).and_then(|index| record.get(index)).filter(|text| !text.is_empty());
            self.row(format!("{file}:{}", line(&record)), COLUMNS.map(|name| cell(name).map(str::to_owned)));
        }
        Ok(())
    }

    fn yaml(&mut self, path: &Path) -> Result<(), DensityFileError> {
        let document = load_sources(&[Source::File(path.to_owned())], &LoadOptions::default())?;
        let place = |path: &str| document.place(path).file_and_line();
        for key in document.keys.keys().filter(|key| *key != KEY) {
            self.errors.push(format!("{}: unknown key{}", place(key), suggestion(key, [KEY])));
        }
        let Some(Node::List(rows)) = document.keys.get(KEY) else {
            let form = "`densities: [{layer: NAME, tensor: inputs, density: 0.5}]`";
            self.errors.push(format!("{}: expected a list of rows, as in {form}", path.display()));
            return Ok(());
        };
        for (index, row) in rows.iter().enumerate() {
            self.yaml_row(&document, &format!("{KEY}[{index}]"), row);
        }
        Ok(())
    }

    fn yaml_row(&mut self, document: &Document, path: &str, row: &Node) {
        let place = document.place(path).file_and_line();
        let Some(map) = row.as_map() else {
            self.errors.push(format!("{place}: expected `{{layer: NAME, tensor: inputs, density: 0.5}}`"));
            return;
        };
        for key in map.keys().filter(|key| !COLUMNS.contains(&key.as_str())) {
            self.errors.push(format!("{place}: unknown key `{key}`{}", suggestion(key, COLUMNS)));
        }
        let text = |name: &str| map.get(name).map(|node| Value::from_node(node).text());
        self.row(place.clone(), COLUMNS.map(text));
    }

    fn row(&mut self, place: String, [layer, tensor, density, distribution]: [Option<String>; 4]) {
        let missing = [("layer", &layer), ("tensor", &tensor), ("density", &density)];
        let (Some(layer), Some(tensor), Some(density)) = (&layer, &tensor, &density) else {
            let missing = missing.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| format!("`{name}`"));
            self.errors.push(format!("{place}: {} is missing", missing.collect::<Vec<_>>().join(", ")));
            return;
        };
        let Some(tensor) = LayerTensor::named(tensor) else {
            self.errors.push(format!("{place}: {}", unknown_tensor(tensor)));
            return;
        };
        match stated(density, distribution.as_deref()) {
            Ok(density) => self.rows.push(Row { layer: layer.clone(), tensor, density, place }),
            Err(problem) => self.errors.push(format!("{place}: {problem}")),
        }
    }

    fn check_repeated(&mut self) {
        for (index, row) in self.rows.iter().enumerate() {
            let same = |other: &&Row| other.layer == row.layer && other.tensor == row.tensor;
            if let Some(earlier) = self.rows[..index].iter().find(same) {
                let Row { layer, tensor, place, .. } = row;
                let tensor = tensor.name().to_lowercase();
                self.errors.push(format!("{place}: `{layer}`, {tensor} is stated before, in {}", earlier.place));
            }
        }
    }
}

fn stated(density: &str, distribution: Option<&str>) -> Result<Density, DensityError> {
    match distribution {
        None => density.parse(),
        Some(name) => match Distribution::named(name) {
            Some(distribution) => Density::new(distribution, density),
            // The message of an unknown one.
            None => format!("{name}:{density}").parse(),
        },
    }
}

/// The message about a name that is that of no tensor of a layer.
pub fn unknown_tensor(name: &str) -> String {
    let known = LayerTensor::ALL.map(|tensor| tensor.name().to_lowercase());
    let hint = suggestion(name, known.iter().map(String::as_str));
    format!("`{name}` is no tensor of a layer: it must be inputs, weights or outputs{hint}")
}

/// The number of a density, as it is stated.
fn number(density: Density) -> String {
    match density {
        Density::FixedStructured(share) | Density::Hypergeometric(share) => share.to_string(),
        Density::Banded(width) => width.to_string(),
    }
}

/// Whether a name is as a pattern says, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').map_or(("", rest), |(middle, last)| (middle, last));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some(found) = name.find(part) else { return false };
        name = &name[found + part.len()..];
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_any_characters() {
        for pattern in ["layer1.conv", "*", "layer1.*", "*.conv", "l*1*v", "**conv", "layer1.conv*"] {
            assert!(matches(pattern, "layer1.conv"), "{pattern}");
        }
        for pattern in ["layer1", "layer1.conv.*", "*.conv2", "l*2*v", "conv*", "*conv*conv"] {
            assert!(!matches(pattern, "layer1.conv"), "{pattern}");
        }
    }
}
