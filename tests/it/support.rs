//! Paths and helpers that several modules share.

use std::path::{Path, PathBuf};

/// A model by name, of those shipped (`models/`) or those for tests only (`tests/models/`).
pub(crate) fn model(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = format!("{name}.onnx");
    ["models", "tests/models"]
        .into_iter()
        .map(|folder| root.join(folder).join(&file))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("no model {file}"))
}
