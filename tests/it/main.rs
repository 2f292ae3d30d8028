//! End-to-end tests: one binary, a file a topic, a hermetic environment.

mod generated;
mod vectors;

mod harness;
mod snapshot;
mod wire;

mod bad_input;
mod exit_codes;
mod round_trip;
