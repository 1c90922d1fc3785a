//! The exact mapper on the jobs that the real one was given.

mod jobs;
