//! The real tools' files and the real mapper.

mod inputs;
mod stats;
