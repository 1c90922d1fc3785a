//! Machines: what the shipped designs say.

mod presets;
