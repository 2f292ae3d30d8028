//! End-to-end tests: one binary, a file a topic, a hermetic environment.

mod generated;
mod vectors;

mod harness;
mod snapshot;
mod wire;

mod bad_input;
mod durability;
mod exit_codes;
mod interop;
mod listen;
mod repeat;
mod retries;
mod round_trip;
