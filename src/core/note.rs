//! What an operator is told of how a delivery was answered, beside the answer itself.

use std::time::Duration;

use super::script::Turn;

/// Something worth telling of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The answer was scripted.
    Scripted(Turn),
    /// The application took longer than the provider allows.
    Slow {
        /// The provider.
        provider: String,
        /// How long it allows.
        allowed: Duration,
        /// How long the application took, `None` if it never answered.
        took: Option<Duration>,
        /// Whether the sender was told so instead of getting the late answer.
        gave_up: bool,
    },
    /// The sender hung up before there was an answer.
    HungUp {
        /// How long it had waited.
        after: Duration,
    },
    /// So many deliveries were under way already that this one was answered 503.
    Full {
        /// How many may be.
        most: usize,
        /// The flag that allows more.
        flag: &'static str,
    },
    /// What HTTP cannot carry on.
    NotForwarded(String),
    /// The provider documents no schedule to try again on.
    NoSchedule {
        /// The provider, if one is known.
        provider: Option<String>,
    },
    /// The next attempt comes after this long on the provider's clock, and this long on ours.
    Waiting {
        /// The number of the attempt to come.
        next: u32,
        /// The provider's delay.
        delay: Duration,
        /// The delay as compressed.
        wait: Duration,
    },
    /// Everything ended before the next attempt.
    Ended {
        /// Its number.
        next: u32,
    },
    /// Everything ended before the command was run.
    NotRun,
    /// The command was not run, as the delivery is not verified.
    NotVerified,
}
