//! A run: the library with a mapper of the tests' own.

mod pipeline;
mod support;
