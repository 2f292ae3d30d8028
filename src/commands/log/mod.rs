//! `hookcat log`: look at the recorded deliveries.

mod diff;
mod list;
mod prune;
mod show;
mod stats;
mod tail;
mod timeline;

use clap::{Args, Subcommand};

use super::session::Session;
use crate::error::CommandError;

/// Look at the recorded deliveries
#[derive(Args, Debug)]
pub struct LogArgs {
    #[command(subcommand)]
    command: LogCommand,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// List deliveries, the newest last
    List(Box<list::ListArgs>),
    /// Show the newest deliveries, and with --follow those that come
    Tail(Box<tail::TailArgs>),
    /// Show one delivery: request, verdict, answer, attempts
    Show(show::ShowArgs),
    /// Count what the log holds: by provider, event, verdict, status, over time
    Stats(stats::StatsArgs),
    /// Show what differs between two deliveries
    Diff(diff::DiffArgs),
    /// Delete deliveries, and give their room back
    Prune(Box<prune::PruneArgs>),
    /// Show all attempts of one delivery in time: arrivals, answers, forwarding, replays
    Timeline(timeline::TimelineArgs),
    /// Write deliveries for other tools: curl, HAR, .http, hurl, JSON lines, tests
    Export(super::export::ExportArgs),
    /// Take deliveries into the log: HAR, curl, raw requests, JSON lines, GitHub's and Stripe's own
    Import(super::import::ImportArgs),
}

/// Runs `log`.
pub(super) fn run(args: &LogArgs, session: &Session) -> Result<(), CommandError> {
    match &args.command {
        LogCommand::List(args) => list::run(args, session),
        LogCommand::Tail(args) => tail::run(args, session),
        LogCommand::Diff(args) => diff::run(args, session),
        LogCommand::Prune(args) => prune::run(args, session),
        LogCommand::Show(args) => show::run(args, session),
        LogCommand::Stats(args) => stats::run(args, session),
        LogCommand::Timeline(args) => timeline::run(args, session),
        LogCommand::Export(args) => super::export::run(args, session),
        LogCommand::Import(args) => super::import::run(args, session),
    }
}
