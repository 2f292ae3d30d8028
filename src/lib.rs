//! hookcat is netcat for webhooks: it sends, receives, verifies, signs, records and replays webhooks
//! of any provider, offline.
//!
//! This page is the map of the house:
//!
//! ```text
//! main ─► cli ─► commands ─► { receive, deliver, check, serve, git, log, verifier, providers, config, secrets, ui, show } ─► core
//! ```
//!
//! | room | what it owns |
//! |---|---|
//! | [`cli`] | the root parser, global options, dispatch |
//! | [`commands`] | a file a verb: its arguments and its `run` |
//! | [`core`] | pure: messages, schemes, verdicts, events, templates, policies |
//! | [`providers`] | the catalogue: a TOML a provider |
//! | [`definitions`] | definitions of one's own: their files |
//! | [`templates`] | the project's templates: their files |
//! | [`receive`] | the HTTP server and what happens to a message |
//! | [`deliver`] | the HTTP client and attempts on a policy |
//! | [`check`] | conformance: an endpoint held to its cases |
//! | [`git`] | what a repository says of its refs and commits |
//! | [`serve`] | the local provider: webhooks, fan-out, retries, its REST interfaces |
//! | [`log`] | the `SQLite` log |
//! | [`verifier`] | a message held against providers and secrets, for every verb alike |
//! | [`show`] | values to text, sanitised |
//! | [`config`], [`secrets`], [`paths`], [`mod@env`], [`repeat`] | what the surroundings say |
//! | [`ui`], [`error`] | the streams, the exit codes |
//!
//! The library exists for the binary and its tests; its interface promises nothing.

pub mod check;
pub mod cli;
pub mod commands;
pub mod config;
pub mod core;
pub mod definitions;
pub mod deliver;
pub mod env;
pub mod error;
pub mod git;
pub mod log;
pub mod paths;
pub mod providers;
pub mod receive;
pub mod repeat;
pub mod secrets;
pub mod serve;
pub mod show;
pub mod templates;
pub mod ui;
pub mod verifier;
