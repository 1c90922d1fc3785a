//! `map.txt`: the loop nest as text, outermost level first (docs/search.md section 3).

mod reader;
mod writer;

pub use reader::{MapTextError, is_map_text, read};
pub use writer::write;
