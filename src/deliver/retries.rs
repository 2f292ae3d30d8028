//! Attempts on a provider's policy: try, judge, wait, try again.

use std::time::Duration;

use super::ClientError;
use crate::core::delivery::Attempt;
use crate::core::retry::{Outcome, Policy};

/// Whether and how fast to try again.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Whether to try again at all.
    pub retry: bool,
    /// How many times faster than the provider: 60 makes an hour a minute.
    pub speed: f64,
}

/// What happened, told while it happens.
#[derive(Debug)]
pub enum Progress<'a> {
    /// An attempt ended.
    Ended(&'a Attempt, Outcome),
    /// The next attempt comes after this long on the provider's clock, and this long on ours.
    Waiting {
        /// The number of the attempt to come.
        next: u32,
        /// The provider's delay.
        delay: Duration,
        /// The delay as compressed.
        wait: Duration,
    },
}

/// Makes attempts until one is delivered or final, or the schedule is over. `attempt` makes
/// each one, so that each can have a fresh timestamp.
///
/// # Errors
/// [`ClientError`] for what HTTP cannot carry.
pub async fn attempts<Made: Future<Output = Result<Attempt, ClientError>>>(
    policy: &Policy,
    pace: Pace,
    mut attempt: impl FnMut(u32) -> Made,
    mut tell: impl FnMut(Progress<'_>),
) -> Result<(Vec<Attempt>, Outcome), ClientError> {
    let schedule = policy.retry.as_ref().filter(|_| pace.retry);
    let mut delays = schedule.into_iter().flat_map(|schedule| schedule.delays());
    let mut made = Vec::new();
    for number in 1.. {
        let attempt = attempt(number).await?;
        let outcome = policy.judge(attempt.status());
        tell(Progress::Ended(&attempt, outcome));
        made.push(attempt);
        let Some(delay) = delays.next().filter(|_| outcome == Outcome::Retry) else {
            return Ok((made, outcome));
        };
        // A span may be as long as one likes; one that no clock can count is waited for without end.
        let wait =
            Duration::try_from_secs_f64(delay.as_secs_f64() / pace.speed).unwrap_or(Duration::MAX);
        tell(Progress::Waiting {
            next: number + 1,
            delay,
            wait,
        });
        tokio::time::sleep(wait).await;
    }
    Ok((made, Outcome::Retry))
}
