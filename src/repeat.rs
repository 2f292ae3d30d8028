//! The clock and the dice, both of which can be fixed: `--now`, `--seed`.

use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;

use crate::core::random::Random;
use crate::error::CommandError;

/// The heading these options stand under; set on each, so that it does not run on over the verb's own.
const REPEATABLE: &str = "Repeatable runs";

/// What makes a run repeatable byte for byte.
#[derive(Args, Clone, Debug, Default)]
pub struct Repeat {
    /// Use this time instead of the clock: seconds since 1970 or RFC 3339
    ///
    /// Signing and verifying take it for the current time, and times in the output stand still.
    #[arg(help_heading = REPEATABLE, long, value_name = "TIME", value_parser = time)]
    pub now: Option<Timestamp>,

    /// Draw ids, sample values and chances from this seed
    #[arg(help_heading = REPEATABLE, long, value_name = "TEXT")]
    pub seed: Option<String>,
}

impl Repeat {
    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock { fixed: self.now }
    }

    /// The dice.
    ///
    /// # Errors
    /// An unexpected failure where the system has no random numbers.
    pub fn random(&self) -> Result<Random, CommandError> {
        match &self.seed {
            Some(seed) => Ok(Random::from_text(seed)),
            None => system_random(),
        }
    }
}

/// Random values from the system's generator.
///
/// # Errors
/// An unexpected failure where the system has none.
pub fn system_random() -> Result<Random, CommandError> {
    let mut seed = [0; 32];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut seed)
        .map_err(|_| CommandError::failure("the system gives no random numbers"))?;
    Ok(Random::new(seed))
}

/// The current time, or the one that was fixed.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    fixed: Option<Timestamp>,
}

impl Clock {
    /// The current time, in whole microseconds as the log keeps it.
    #[must_use]
    pub fn now(self) -> Timestamp {
        let now = self.fixed.unwrap_or_else(Timestamp::now);
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// This moment, to measure from; `None` when the clock stands still.
    #[must_use]
    pub fn instant(self) -> Option<Instant> {
        self.fixed.is_none().then(Instant::now)
    }

    /// Whether it stands still.
    #[must_use]
    pub fn is_fixed(self) -> bool {
        self.fixed.is_some()
    }

    /// How long something took, in whole microseconds: nothing, when the clock stands still.
    #[must_use]
    pub fn elapsed(self, since: Instant) -> Duration {
        if self.fixed.is_some() {
            return Duration::ZERO;
        }
        Duration::from_micros(u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
}

/// Reads seconds since 1970 (with or without a fraction) or an RFC 3339 time.
///
/// # Errors
/// A sentence with what was expected.
pub fn time(text: &str) -> Result<Timestamp, String> {
    let expected =
        || "expected seconds since 1970 or a time such as 2024-01-01T00:00:00Z".to_owned();
    match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).map_err(|_| expected()),
        Err(_) => text.parse().map_err(|_| expected()),
    }
}
