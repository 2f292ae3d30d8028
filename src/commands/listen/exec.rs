//! Commands that `listen` runs.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use tokio::sync::Semaphore;

use super::forwarding::patience;
use crate::core::retry::Span;
use crate::receive::answer::exec::Exec;

/// The heading these options stand under; set on each, so that it does not run on over the verb's own.
const COMMANDS: &str = "Commands";

/// A command for each delivery.
#[derive(Args, Clone, Debug)]
pub(super) struct ExecOptions {
    /// Run this shell command for each verified delivery, its body on stdin
    ///
    /// The rest is in the environment: `HOOKCAT_ID`, `HOOKCAT_AT`, `HOOKCAT_PROVIDER`, `HOOKCAT_EVENT`,
    /// `HOOKCAT_DELIVERY_ID`, `HOOKCAT_VERDICT`, `HOOKCAT_DUPLICATE_OF`, `HOOKCAT_METHOD`,
    /// `HOOKCAT_TARGET`, and `HOOKCAT_HEADERS` as a JSON list of names and values. A value of more than
    /// 8 KiB is cut; where headers were left out, `HOOKCAT_HEADERS_WHOLE` is `false`. All of it is the
    /// sender's text: quote it. Variables that hold secrets of hookcat's are not passed on.
    #[arg(help_heading = COMMANDS, long, value_name = "COMMAND", value_hint = clap::ValueHint::CommandString, conflicts_with_all = ["forward_to", "respond", "reset"])]
    pub(super) exec: Option<String>,

    /// Answer as the command ends: 200 with its output for exit code 0, 500 for any other
    ///
    /// Without this, a delivery is answered 200 once it is recorded, and the command runs then.
    #[arg(help_heading = COMMANDS, long)]
    exec_answers: bool,

    /// Run the command for unverifiable deliveries too, never for invalid ones
    #[arg(help_heading = COMMANDS, long)]
    exec_unverified: bool,

    /// Run at most so many commands at once
    #[arg(help_heading = COMMANDS, long, value_name = "N", default_value_t = 4, value_parser = RangedU64ValueParser::<u16>::new().range(1..=1000))]
    exec_jobs: u16,

    /// Kill a command, and all it started, after this span
    #[arg(help_heading = COMMANDS, long, value_name = "SPAN", default_value = "30s", value_parser = patience)]
    exec_timeout: Span,
}

/// What all commands share.
pub(super) struct Commands {
    jobs: Arc<Semaphore>,
    most: usize,
    timeout: Duration,
    answers: bool,
    unverified: bool,
    withheld: Vec<String>,
}

impl ExecOptions {
    /// What all commands share; `withheld` are the variables they do not get.
    pub(super) fn read(&self, withheld: Vec<String>) -> Commands {
        let most = usize::from(self.exec_jobs);
        Commands {
            jobs: Arc::new(Semaphore::new(most)),
            most,
            timeout: self.exec_timeout.0,
            answers: self.exec_answers,
            unverified: self.exec_unverified,
            withheld,
        }
    }
}

impl Commands {
    /// A route to a command; `answers` is the route's own word on that.
    pub(super) fn run(&self, command: &str, answers: bool) -> Exec {
        Exec {
            command: command.to_owned(),
            jobs: Arc::clone(&self.jobs),
            most: self.most,
            timeout: self.timeout,
            answers: answers || self.answers,
            unverified: self.unverified,
            withheld: self.withheld.clone(),
        }
    }
}
