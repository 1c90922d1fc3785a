//! Which designs a sweep has: every combination of the values that satisfies the conditions.

use indexmap::IndexMap;
use thiserror::Error;

use super::csv::is_column;
use super::values::{self, Choice, ValuesError};
use crate::names::suggestion;
use crate::results::sweep::{SweepParameter, SweepValue};
use crate::timeloop::files::specification::{ReadSources, Setting, SettingError, SettingTarget, scope};
use crate::timeloop::frontend::expression::{Expression, ExpressionError};
use crate::timeloop::frontend::load::Node;
use crate::timeloop::frontend::{Document, Errors};

/// Combinations that are not made without being asked for twice.
pub const MANY_DESIGNS: u128 = 100_000;

/// Combinations that are never made: their list alone would fill the memory.
const MOST_DESIGNS: u128 = 100_000_000;

/// Of a design in `sweep.json`, the key that is no column of `sweep.csv`.
const NETWORKS: &str = "networks";

/// What is asked to vary.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// A path such as `shared_glb.depth`, or the name of a variable.
    pub path: String,
    /// Its values.
    pub values: VariedValues,
    /// What charts and tables call it.
    pub label: Option<String>,
}

/// Values as they were written.
#[derive(Clone, Debug, PartialEq)]
pub enum VariedValues {
    /// On the command line.
    Text(String),
    /// In a sweep file.
    Node(Node),
}

/// Why there are no designs.
#[derive(Clone, Debug, PartialEq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SpaceError {
    #[error(transparent)]
    Description(Errors),
    #[error("{0}")]
    Path(Box<SettingError>),
    #[error("`{path}`: {error}")]
    Values { path: String, error: ValuesError },
    #[error("`{0}` is varied twice; give all of its values at once")]
    Twice(String),
    #[error("the variable `{0}` cannot be varied: a column of the results has its name")]
    Column(String),
    #[error(
        "nothing is varied\nhint: `--set PATH=VALUES` varies an attribute, such as `--set shared_glb.depth=4096..131072*2`"
    )]
    Nothing,
    #[error("the label of `{path}` belongs to nothing that is varied{hint}")]
    Label { path: String, hint: String },
    #[error("the condition `{condition}`: {error}")]
    Condition { condition: String, error: ExpressionError },
    #[error("none of {count} designs satisfies the conditions: {}", told(.excluded))]
    AllExcluded { count: u128, excluded: Vec<(String, usize)> },
    #[error(
        "the sweep has {0} designs; if so many are meant, say `--yes`\nhint: `--where` leaves combinations out after they are \
         counted; fewer values make fewer designs"
    )]
    Many(u128),
    #[error("the sweep has {0} designs, and at most {MOST_DESIGNS} are possible; vary fewer values")]
    TooMany(u128),
}

fn told(conditions: &[(String, usize)]) -> String {
    let each = conditions.iter().map(|(condition, count)| format!("`{condition}` excludes {count}"));
    each.collect::<Vec<_>>().join(", ")
}

/// A parameter with its place in every description.
#[derive(Clone, Debug)]
struct Parameter {
    path: String,
    label: Option<String>,
    choices: Vec<Choice>,
    /// Of each architecture.
    targets: Vec<SettingTarget>,
}

/// All designs of a sweep, by their numbers.
#[derive(Clone, Debug)]
pub struct SweepSpace {
    parameters: Vec<Parameter>,
    /// Of every design: the number of its combination of values, which counts architectures slowest, then the first parameter.
    combinations: Vec<u32>,
    /// How many each condition excludes, of all combinations.
    pub excluded: Vec<(String, usize)>,
}

impl SweepSpace {
    /// The designs of some architectures.
    ///
    /// # Errors
    ///
    /// If a path or a value does not fit a description, nothing is left, or there are very many designs that nobody has said yes to.
    pub fn new(
        sources: &[ReadSources],
        variations: &[Variation],
        conditions: &[String],
        is_many_meant: bool,
    ) -> Result<Self, SpaceError> {
        if variations.is_empty() {
            return Err(SpaceError::Nothing);
        }
        let documents = sources.iter().map(ReadSources::document).collect::<Result<Vec<_>, _>>();
        let documents = documents.map_err(SpaceError::Description)?;
        let mut parameters: Vec<Parameter> = Vec::with_capacity(variations.len());
        for variation in variations {
            if parameters.iter().any(|known| known.path == variation.path) {
                return Err(SpaceError::Twice(variation.path.clone()));
            }
            parameters.push(Parameter::new(variation, &documents)?);
        }
        let sizes = parameters.iter().map(|parameter| parameter.choices.len() as u128);
        let count = sizes.fold(sources.len() as u128, u128::saturating_mul);
        if count > MANY_DESIGNS && !is_many_meant {
            return Err(SpaceError::Many(count));
        }
        let fitting = u32::try_from(count).ok().filter(|_| count <= MOST_DESIGNS);
        let combinations = (0..fitting.ok_or(SpaceError::TooMany(count))?).collect();
        let mut space = Self { parameters, combinations, excluded: Vec::new() };
        space.restrict(&documents, conditions)?;
        if space.combinations.is_empty() {
            return Err(SpaceError::AllExcluded { count, excluded: space.excluded });
        }
        Ok(space)
    }

    /// Leaves out what a condition excludes.
    fn restrict(&mut self, documents: &[&Document], conditions: &[String]) -> Result<(), SpaceError> {
        let error = |condition: &String| {
            let condition = condition.clone();
            move |error| SpaceError::Condition { condition, error }
        };
        let mut parsed = Vec::with_capacity(conditions.len());
        for condition in conditions {
            parsed.push((condition, Expression::parse(condition).map_err(error(condition))?));
        }
        self.excluded = conditions.iter().map(|condition| (condition.clone(), 0)).collect();
        if parsed.is_empty() {
            return Ok(());
        }
        let mut kept = Vec::new();
        for &combination in &self.combinations {
            let (architecture, choices) = self.parts(combination);
            let mut document = documents[architecture].clone();
            for setting in self.settings_of(architecture, &choices) {
                setting.put(&mut document);
            }
            let names = scope(&document);
            let mut is_admitted = true;
            for (index, (condition, expression)) in parsed.iter().enumerate() {
                if !expression.value(&names).map_err(error(condition))?.truth() {
                    self.excluded[index].1 += 1;
                    is_admitted = false;
                }
            }
            if is_admitted {
                kept.push(combination);
            }
        }
        self.combinations = kept;
        Ok(())
    }

    /// Number of designs.
    pub fn len(&self) -> usize {
        self.combinations.len()
    }

    /// Whether there are no designs; there always are some.
    pub fn is_empty(&self) -> bool {
        self.combinations.is_empty()
    }

    /// The index of a design's architecture.
    pub fn architecture(&self, design: usize) -> usize {
        self.parts(self.combinations[design]).0
    }

    /// What is set in a design.
    pub fn settings(&self, design: usize) -> Vec<Setting> {
        let (architecture, choices) = self.parts(self.combinations[design]);
        self.settings_of(architecture, &choices)
    }

    /// The values of a design, by path.
    pub fn values(&self, design: usize) -> IndexMap<String, SweepValue> {
        let (_, choices) = self.parts(self.combinations[design]);
        let parts = self.parameters.iter().zip(choices);
        parts.map(|(parameter, choice)| (parameter.path.clone(), parameter.choices[choice].shown.clone())).collect()
    }

    /// The parameters for the record.
    pub fn parameters(&self) -> Vec<SweepParameter> {
        let record = |parameter: &Parameter| SweepParameter {
            path: parameter.path.clone(),
            label: parameter.label.clone(),
            values: parameter.choices.iter().map(|choice| choice.shown.clone()).collect(),
        };
        self.parameters.iter().map(record).collect()
    }

    /// The architecture of a combination, and the index of each parameter's value.
    fn parts(&self, combination: u32) -> (usize, Vec<usize>) {
        let mut rest = combination as usize;
        let mut choices = vec![0; self.parameters.len()];
        for (choice, parameter) in choices.iter_mut().zip(&self.parameters).rev() {
            *choice = rest % parameter.choices.len();
            rest /= parameter.choices.len();
        }
        (rest, choices)
    }

    fn settings_of(&self, architecture: usize, choices: &[usize]) -> Vec<Setting> {
        let setting = |(parameter, choice): (&Parameter, &usize)| Setting {
            target: parameter.targets[architecture].clone(),
            value: parameter.choices[*choice].node.clone(),
        };
        self.parameters.iter().zip(choices).map(setting).collect()
    }
}

impl Parameter {
    fn new(variation: &Variation, documents: &[&Document]) -> Result<Self, SpaceError> {
        let Variation { path, values, label } = variation;
        if is_column(path) || path == NETWORKS {
            return Err(SpaceError::Column(path.clone()));
        }
        let find = |document: &&Document| SettingTarget::find(document, path);
        let targets = documents
            .iter()
            .map(find)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| SpaceError::Path(Box::new(error)))?;
        let names: Vec<_> = documents.iter().map(|document| scope(document)).collect();
        let is_name = |name: &str| names.iter().any(|scope| scope.get(name).is_some());
        let error = |error| SpaceError::Values { path: path.clone(), error };
        let mut choices = Vec::new();
        for target in &targets {
            choices = match values {
                VariedValues::Text(text) => values::parse(text, target, &is_name),
                VariedValues::Node(node) => values::of_node(node, target, &is_name),
            }
            .map_err(error)?;
        }
        Ok(Self { path: path.clone(), label: label.clone(), choices, targets })
    }
}

/// Gives parameters the labels of a table; one that names nothing is an error.
///
/// # Errors
///
/// If a label belongs to no parameter.
pub fn label(variations: &mut [Variation], labels: &IndexMap<String, String>) -> Result<(), SpaceError> {
    for (path, label) in labels {
        let hint = suggestion(path, variations.iter().map(|variation| variation.path.as_str()));
        let Some(variation) = variations.iter_mut().find(|variation| variation.path == *path) else {
            return Err(SpaceError::Label { path: path.clone(), hint });
        };
        variation.label = Some(label.clone());
    }
    Ok(())
}
