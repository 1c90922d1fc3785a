//! Instead of the template engine, where the crate is built without the feature `templates`.

use std::sync::{Arc, Mutex};

use super::files::Frame;
use super::tree::Node;
use crate::timeloop::frontend::error::{ErrorKind, FrontendError, Place};

/// Documents loaded by `include`: none.
pub(super) type Loaded = Arc<Mutex<Vec<Vec<Node>>>>;

/// Plain YAML passes through untouched; a template is an error.
pub(super) fn render(text: &str, frame: &Arc<Frame>, _: &Loaded) -> Result<String, FrontendError> {
    if super::is_template(text) {
        let message = "this build of onnx2timeloop renders no templates: it lacks the feature `templates`".to_owned();
        return Err(FrontendError::new(Place::file(&frame.name), ErrorKind::Template(message)));
    }
    Ok(text.to_owned())
}
