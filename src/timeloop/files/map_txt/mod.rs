//! `map.txt`: the loop nest as text, outermost level first (docs/model.md section 6.2).

mod reader;
mod writer;

pub use reader::{MapTextError, is_map_text, read};
pub use writer::write;
