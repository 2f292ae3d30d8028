//! What came of many requests, added up within bounds.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Histogram, Plan};
use crate::core::delivery::{Failure, FailureKind};
use crate::core::retry::{Outcome, Policy};

/// So many different failures are told apart; the rest are counted together.
const KINDS: usize = 16;
/// What stands for them.
const OTHERS: &str = "others";

/// How one request ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The status, or why none came.
    pub result: Result<u16, &'a Failure>,
    /// From the moment it was due to the end of the answer.
    pub latency: Duration,
    /// From the moment it was sent.
    pub service: Duration,
}

/// The sum of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without an answer: kind, cause, how many; the first seen first.
    pub failures: Vec<(FailureKind, String, u64)>,
    /// Of answered requests, from the moment each was due: a queue that a slow endpoint makes
    /// counts (no coordinated omission).
    pub latency: Histogram,
    /// Of answered requests, from the moment each was sent.
    pub service: Histogram,
}

/// A whole run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What was planned.
    pub plan: Plan,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Whether it was ended before its time.
    pub interrupted: bool,
    /// Requests that were under way when the run was cut short.
    pub cut: u64,
    /// What came of the others.
    pub tally: Tally,
}

impl Tally {
    /// Adds one.
    pub fn record(&mut self, ended: Ended<'_>) {
        match ended.result {
            Ok(status) => {
                *self.statuses.entry(status).or_default() += 1;
                self.latency.record(ended.latency);
                self.service.record(ended.service);
            }
            Err(failure) => self.fail(failure.kind, &failure.message, 1),
        }
    }

    fn fail(&mut self, kind: FailureKind, message: &str, count: u64) {
        let full = self.failures.len() >= KINDS;
        let mut all = self.failures.iter_mut();
        let known = all.find(|own| own.0 == kind && own.1 == message);
        match known {
            Some(own) => own.2 += count,
            None if !full => self.failures.push((kind, message.to_owned(), count)),
            None if message == OTHERS => self.failures.push((kind, message.to_owned(), count)),
            None => self.fail(kind, OTHERS, count),
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        for (kind, message, count) in &other.failures {
            self.fail(*kind, message, *count);
        }
        self.latency.merge(&other.latency);
        self.service.merge(&other.service);
    }

    /// How many were answered.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.latency.count()
    }

    /// How many got no answer.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.iter().map(|(_, _, count)| count).sum()
    }

    /// How many were answered with success.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        let policy = Policy::default();
        let all = self.statuses.iter();
        all.filter(|(status, _)| policy.judge(Some(**status)) == Outcome::Delivered)
            .map(|(_, count)| count)
            .sum()
    }
}

impl Report {
    /// Requests that ended, each second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        rate(self.tally.answered() + self.tally.failed(), self.elapsed)
    }
}

/// So many in this time, each second; zero where there was no time.
fn rate(count: u64, elapsed: Duration) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is shown in a few digits"
    )]
    let count = count as f64;
    if elapsed.is_zero() {
        return 0.0;
    }
    count / elapsed.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str) -> Failure {
        Failure {
            kind: FailureKind::Connect,
            message: message.to_owned(),
        }
    }

    #[test]
    fn all_are_counted_and_what_is_kept_is_bounded() {
        let mut tally = Tally::default();
        let ms = Duration::from_millis;
        let mut record = |result: Result<u16, &Failure>| {
            tally.record(Ended {
                result,
                latency: ms(3),
                service: ms(1),
            });
        };
        for status in [200, 204, 500, 301] {
            record(Ok(status));
        }
        for number in 0..100 {
            record(Err(&failed(&format!("cause {number}"))));
        }
        let mut twice = tally.clone();
        twice.merge(&tally);
        for (tally, times) in [(tally, 1), (twice, 2)] {
            assert_eq!(tally.answered(), 4 * times);
            assert_eq!(tally.accepted(), 2 * times);
            assert_eq!(tally.failed(), 100 * times);
            assert_eq!(tally.failures.len(), KINDS + 1);
            assert_eq!(tally.failures[KINDS].1, OTHERS);
            assert_eq!(tally.latency.max(), ms(3));
            assert_eq!(tally.service.max(), ms(1));
        }
    }
}
