//! Reads `map.txt`. The text has every loop, residuals too, and what each level keeps; it does not have the switches of a
//! mapping (`no_reuse` and the like), which are taken as off.

use thiserror::Error;

use crate::architecture::Architecture;
use crate::mapping::{Axis, LevelMapping, LevelPolicy, Loop, Mapping, MappingError, SpatialLoop};
use crate::names::suggestion;
use crate::workload::Problem;

/// The last line of every loop nest.
const END: &str = "<< Compute >>";

/// Why a text cannot be read as a loop nest of the problem on the architecture.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum MapTextError {
    #[error("line {line}: {message}")]
    Line { line: usize, message: String },
    #[error("the loop nest has no line for {0}; every level of the architecture must have its line `NAME [ ... ]`")]
    Levels(String),
    #[error("the loop nest does not end with `{END}`")]
    Unfinished,
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

/// Whether a text is a loop nest in this form, whole or not, rather than YAML.
///
/// ```
/// use onnx2timeloop::timeloop::files::map_txt::is_map_text;
/// assert!(is_map_text("DRAM [ Weights:4 (4) ]\n----------------------\n| for M in [0:4)\n|   << Compute >>\n"));
/// assert!(!is_map_text("mapping: []"));
/// ```
pub fn is_map_text(text: &str) -> bool {
    text.lines().map(bare).any(|line| line == END || (line.starts_with("for ") && line.contains(" in [0:")))
}

/// The mapping of a text, checked.
///
/// # Errors
///
/// Where the text departs from its form, or does not fit the problem and the architecture.
pub fn read(text: &str, architecture: &Architecture, problem: &Problem) -> Result<Mapping, MapTextError> {
    let mut levels: Vec<Option<LevelMapping>> = vec![None; architecture.levels().len()];
    let mut current = None;
    let mut is_finished = false;
    for (index, line) in text.lines().enumerate() {
        let failed = |message: String| MapTextError::Line { line: index + 1, message };
        let content = bare(line);
        if content.is_empty() || content.bytes().all(|letter| letter == b'-') {
            continue;
        }
        if is_finished {
            return Err(failed(format!("`{content}` stands after `{END}`")));
        }
        if content == END {
            is_finished = true;
        } else if let Some(iteration) = content.strip_prefix("for ") {
            let level: Option<&mut LevelMapping> = current.and_then(|level: usize| levels[level].as_mut());
            let level = level.ok_or_else(|| failed("a loop stands before the first level".to_owned()))?;
            add(level, iteration, problem).map_err(failed)?;
        } else {
            let (name, kept) = title(content).map_err(failed)?;
            let names = || architecture.levels().iter().map(|level| level.name.as_str());
            let found = architecture.level_index(name);
            let found = found.ok_or_else(|| {
                failed(format!("the architecture has no level `{name}`{}", suggestion(name, names())))
            })?;
            if let Some(outer) = current.filter(|outer| *outer <= found) {
                let order: Vec<&str> = names().rev().collect();
                return Err(failed(format!(
                    "level `{name}` stands inside `{}`; from the outermost inwards the levels are {}",
                    architecture.levels()[outer].name,
                    order.join(", ")
                )));
            }
            levels[found] = Some(level(&kept, problem).map_err(failed)?);
            current = Some(found);
        }
    }
    if !is_finished {
        return Err(MapTextError::Unfinished);
    }
    let missing = levels.iter().zip(architecture.levels()).filter(|(level, _)| level.is_none());
    let missing: Vec<String> = missing.map(|(_, level)| format!("`{}`", level.name)).collect();
    if !missing.is_empty() {
        return Err(MapTextError::Levels(missing.join(", ")));
    }
    let mapping = Mapping { levels: levels.into_iter().flatten().collect() };
    mapping.check(architecture, problem)?;
    Ok(mapping)
}

/// A line without the rail and the blanks around it.
fn bare(line: &str) -> &str {
    line.trim().trim_start_matches('|').trim()
}

/// `NAME [ SPACE:words (words) ... ]`: the name, and the data spaces.
fn title(content: &str) -> Result<(&str, Vec<&str>), String> {
    let expected = || format!("`{content}` is neither `NAME [ SPACE:words (words) ... ]` nor `for D in [0:N)`");
    let (name, inside) = content.split_once(" [").ok_or_else(expected)?;
    let (inside, _) = inside.rsplit_once(']').ok_or_else(expected)?;
    let words = inside.split_whitespace().filter(|word| !word.starts_with('('));
    let kept = words.map(|word| word.rsplit_once(':').map(|(space, _)| space).ok_or_else(expected));
    Ok((name.trim(), kept.collect::<Result<_, _>>()?))
}

fn level(kept: &[&str], problem: &Problem) -> Result<LevelMapping, String> {
    let names = || problem.data_spaces().iter().map(|space| space.name.as_str());
    let index = |name: &&str| {
        let found = names().position(|known| known == *name);
        found.ok_or_else(|| format!("the problem has no data space `{name}`{}", suggestion(name, names())))
    };
    let keep = kept.iter().map(index).collect::<Result<_, _>>()?;
    Ok(LevelMapping { policy: LevelPolicy::keeping(keep), ..LevelMapping::default() })
}

/// Adds `D in [0:N)`, `D in [0:N,R)`, with ` (Spatial-X)` or ` (Spatial-Y)` behind it, inside the loops that are there.
fn add(level: &mut LevelMapping, text: &str, problem: &Problem) -> Result<(), String> {
    let expected =
        || format!("`for {text}` is not `for D in [0:N)`, `[0:N,R)`, with ` (Spatial-X)` or ` (Spatial-Y)` at most");
    let (name, rest) = text.split_once(" in [0:").ok_or_else(expected)?;
    let (range, place) = rest.split_once(')').ok_or_else(expected)?;
    let (bound, residual) = range.split_once(',').unwrap_or((range, range));
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| expected());
    let (bound, residual) = (number(bound)?, number(residual)?);
    let name = name.trim();
    let dimension = problem.dimensions().iter().position(|(letter, _)| name.chars().eq([*letter]));
    let dimension = dimension.ok_or_else(|| format!("the problem has no dimension `{name}`"))?;
    let iteration = Loop { dimension, bound, residual };
    let axis = match place.trim() {
        "" => None,
        "(Spatial-X)" => Some(Axis::X),
        "(Spatial-Y)" => Some(Axis::Y),
        _ => return Err(expected()),
    };
    if axis.is_none() && !level.spatial.is_empty() {
        return Err("a loop in time stands inside a loop over instances of the same level".to_owned());
    }
    if bound == 1 && residual == 1 {
        return Ok(());
    }
    match axis {
        None => level.temporal.insert(0, iteration),
        Some(axis) => level.spatial.insert(0, SpatialLoop { iteration, axis }),
    }
    Ok(())
}
