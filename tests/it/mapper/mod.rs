//! The mappers on jobs that the real one was given, and on jobs that once went wrong.

mod constraints;
mod imperfect;
mod jobs;
mod machines;
mod sparse;
mod ties;
