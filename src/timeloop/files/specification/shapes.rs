//! Shapes that a problem names instead of writing them out: files that Timeloop's programs look for in folders of the environment
//! (docs/model.md section 1.1).

use std::env;
use std::path::PathBuf;

use serde_yaml::Value;

use super::{SpecificationError, read_yaml};
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::problem::is_default_shape;

/// Puts the content of its file where a problem names a shape.
///
/// # Errors
///
/// Where no such file is found, or it has no shape.
pub(super) fn resolve(document: &mut Value) -> Result<(), SpecificationError> {
    let named = Node::root(document).get("problem").and_then(|problem| problem.get("shape"));
    let Some(named) = named.filter(|shape| shape.scalar().is_some()) else { return Ok(()) };
    let name = named.text()?;
    if is_default_shape(&name) {
        return Ok(());
    }
    let shape = find(&named, &name)?;
    document["problem"]["shape"] = shape;
    Ok(())
}

fn find(named: &Node, name: &str) -> Result<Value, SpecificationError> {
    if name.contains(['/', '\\']) {
        return Err(named.invalid("a shape's name is that of a file without folders and extension").into());
    }
    let folders = folders();
    let file = folders.iter().map(|folder| folder.join(format!("{name}.yaml"))).find(|file| file.is_file());
    let Some(file) = file else {
        let places: Vec<String> = folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
        let places = if places.is_empty() { "nowhere to look".to_owned() } else { places.join(", ") };
        return Err(named
            .invalid(format!(
                "no file `{name}.yaml` ({places}); name its folder in TIMELOOP_PROBLEM_SHAPE_DIR, or write `dimensions` and \
                 `data_spaces` here"
            ))
            .into());
    };
    let text = read_yaml(&file)?;
    let shape = text.get("problem").and_then(|problem| problem.get("shape")).or_else(|| text.get("shape"));
    shape.filter(|shape| shape.is_mapping()).cloned().ok_or_else(|| {
        let error = FormatError::missing("shape");
        SpecificationError::Yaml { file: file.display().to_string(), error }
    })
}

/// Where Timeloop's programs look.
fn folders() -> Vec<PathBuf> {
    let listed = ["TIMELOOP_PROBLEM_SHAPE_DIR", "TIMELOOP_PROBLEM_SHAPE_DIRS"].into_iter().filter_map(env::var_os);
    let listed = listed.flat_map(|folders| env::split_paths(&folders).collect::<Vec<_>>());
    let shipped = env::var_os("TIMELOOP_DIR").map(|folder| PathBuf::from(folder).join("problem-shapes"));
    listed.chain(shipped).filter(|folder| !folder.as_os_str().is_empty()).collect()
}
