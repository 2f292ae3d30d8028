//! End-to-end tests: one binary, a file a topic, a hermetic environment.

mod generated;
mod vectors;

mod harness;
mod snapshot;
mod wire;

mod bad_input;
mod catalogue;
mod certificates;
mod definition_schema;
mod demo;
mod detection;
mod durability;
mod everyone;
mod exit_codes;
mod handshakes;
mod house;
mod interop;
mod listen;
mod own_provider;
mod precedence;
mod providers;
mod readme;
mod repeat;
mod retries;
mod round_trip;
mod samples;
mod secrets;
