//! End-to-end tests: one binary, a file a command, a hermetic environment.

mod generated;
mod vectors;
