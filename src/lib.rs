//! hookcat
pub mod config;
pub mod core;
pub mod deliver;
pub mod env;
pub mod error;
pub mod log;
pub mod paths;
pub mod providers;
pub mod receive;
pub mod repeat;
pub mod secrets;
pub mod show;
pub mod ui;
