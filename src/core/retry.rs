//! Delivery policy: what counts as delivered, how long to wait, when to try again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

/// A provider's delivery policy. Every number has its source in `sources`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    /// How long an endpoint may take to answer.
    pub timeout: Option<Span>,
    /// Statuses that end the attempts without success, as `4xx` or `410`.
    #[serde(rename = "final")]
    pub finals: Vec<StatusClass>,
    /// When to try again; absent if the provider does not retry or does not say.
    pub retry: Option<Schedule>,
    /// Where each number comes from, by key.
    pub sources: BTreeMap<String, String>,
    /// What the documents leave open, and what was chosen here.
    pub choices: Vec<String>,
}

/// The delays between attempts.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Schedule {
    /// These delays, one before each attempt after the first.
    Fixed {
        /// The delays in order.
        delays: Vec<Span>,
    },
    /// Multiples of a configurable interval; past the list the last multiple repeats.
    Multiples {
        /// The unit.
        interval: Span,
        /// The factors in order.
        multiples: Vec<u32>,
        /// How many attempts follow the first.
        retries: u32,
    },
    /// Growing delays until a span has passed since the first attempt.
    Exponential {
        /// The first delay, outside the series: `0s` for an immediate retry.
        #[serde(default)]
        first: Option<Span>,
        /// The first delay of the series.
        base: Span,
        /// What each next delay is multiplied by.
        factor: u32,
        /// No attempt starts later than this after the first.
        within: Span,
    },
}

/// A span of time, written `30s`, `5m`, `23h` or `1h 30m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub Duration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse::<jiff::SignedDuration>()
            .ok()
            .and_then(|span| Duration::try_from(span).ok())
            .map(Self)
            .ok_or_else(|| {
                format!("not a span of time, expected one such as `30s` or `5m`: `{text}`")
            })
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

/// A class of statuses (`2xx`) or a single one (`410`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StatusClass {
    first: u16,
    last: u16,
}

impl StatusClass {
    /// Its first and its last status.
    #[must_use]
    pub fn ends(self) -> (u16, u16) {
        (self.first, self.last)
    }

    /// Whether a status belongs to it.
    #[must_use]
    pub fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

impl std::fmt::Display for StatusClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}xx", self.first / 100)
        }
    }
}

impl std::str::FromStr for StatusClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for StatusClass {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let class = |first, last| Ok(Self { first, last });
        match text.strip_suffix("xx").map(str::parse::<u16>) {
            Some(Ok(hundred @ 1..=5)) => class(hundred * 100, hundred * 100 + 99),
            _ => match text.parse() {
                Ok(status @ 100..=599) => class(status, status),
                _ => Err(format!(
                    "not a status or class, expected `4xx` or `410`: `{text}`"
                )),
            },
        }
    }
}

/// What an attempt's outcome means for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A 2xx answer: done.
    Delivered,
    /// Worth another attempt.
    Retry,
    /// Given up at once: the provider treats this answer as final.
    Final,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it was delivered.
    Delivered,
    /// Nothing: the provider treats this answer as final.
    GivenUp,
    /// Another attempt after this long.
    After(Duration),
    /// Nothing: the schedule ends with this attempt.
    Ended,
}

impl Policy {
    /// What follows an attempt, counted from 1, that was answered with this status after this long;
    /// `None` where the provider documents no schedule. What came later than the provider waits was
    /// no answer.
    #[must_use]
    pub fn next(&self, attempt: u32, answer: Option<(u16, Duration)>) -> Option<Next> {
        let schedule = self.retry.as_ref()?;
        let in_time = |took: Duration| self.timeout.is_none_or(|own| took <= own.0);
        let status = answer.filter(|(_, took)| in_time(*took)).map(|own| own.0);
        let done = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        Some(match self.judge(status) {
            Outcome::Delivered => Next::Delivered,
            Outcome::Final => Next::GivenUp,
            Outcome::Retry => schedule.delays().nth(done).map_or(Next::Ended, Next::After),
        })
    }

    /// Judges an attempt by its status; `None` is a timeout or a failed connection.
    ///
    /// Every documented provider counts 2xx, and nothing else, as delivered.
    #[must_use]
    pub fn judge(&self, status: Option<u16>) -> Outcome {
        match status {
            Some(200..=299) => Outcome::Delivered,
            Some(status) if self.finals.iter().any(|class| class.contains(status)) => {
                Outcome::Final
            }
            _ => Outcome::Retry,
        }
    }
}

impl Schedule {
    /// A schedule with the user's own count and interval, as Statly lets a webhook have them.
    #[must_use]
    pub fn configured(self, retries: Option<u32>, interval: Option<Span>) -> Self {
        match self {
            Self::Multiples {
                interval: own,
                multiples,
                retries: count,
            } => Self::Multiples {
                interval: interval.unwrap_or(own),
                multiples,
                retries: retries.unwrap_or(count),
            },
            other => match (retries, interval) {
                (None, None) => other,
                (count, Some(interval)) => Self::Multiples {
                    interval,
                    multiples: vec![1],
                    retries: count.unwrap_or_else(|| {
                        u32::try_from(other.delays().count()).unwrap_or(u32::MAX)
                    }),
                },
                (Some(count), None) => Self::Fixed {
                    delays: other
                        .delays()
                        .take(usize::try_from(count).unwrap_or(usize::MAX))
                        .map(Span)
                        .collect(),
                },
            },
        }
    }

    /// The delays in order: one before each attempt after the first.
    #[must_use]
    pub fn delays(&self) -> Box<dyn Iterator<Item = Duration> + Send + '_> {
        match self {
            Self::Fixed { delays } => Box::new(delays.iter().map(|span| span.0)),
            Self::Multiples {
                interval,
                multiples,
                retries,
            } => {
                let last = multiples.last().copied().unwrap_or(1);
                Box::new(
                    multiples
                        .iter()
                        .copied()
                        .chain(std::iter::repeat(last))
                        .take(usize::try_from(*retries).unwrap_or(usize::MAX))
                        .map(|multiple| interval.0.saturating_mul(multiple)),
                )
            }
            Self::Exponential {
                first,
                base,
                factor,
                within,
            } => {
                let series =
                    std::iter::successors(Some(base.0), move |delay| delay.checked_mul(*factor));
                let mut elapsed = Duration::ZERO;
                Box::new(
                    first
                        .iter()
                        .map(|span| span.0)
                        .chain(series)
                        .map_while(move |delay| {
                            elapsed = elapsed.checked_add(delay)?;
                            (elapsed <= within.0).then_some(delay)
                        }),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        text.parse().expect("a span")
    }

    fn seconds(schedule: &Schedule) -> Vec<u64> {
        schedule.delays().map(|delay| delay.as_secs()).collect()
    }

    fn statly() -> Schedule {
        Schedule::Multiples {
            interval: span("60s"),
            multiples: vec![1, 2, 5],
            retries: 3,
        }
    }

    #[test]
    fn multiples_follow_the_interval_and_repeat_the_last() {
        assert_eq!(seconds(&statly()), [60, 120, 300]);
        let own = statly().configured(Some(5), Some(span("30s")));
        assert_eq!(seconds(&own), [30, 60, 150, 150, 150]);
    }

    #[test]
    fn exponential_stays_within() {
        let schedule = Schedule::Exponential {
            first: Some(span("0s")),
            base: span("1m"),
            factor: 2,
            within: span("23h"),
        };
        let delays = seconds(&schedule);
        assert_eq!(&delays[..4], [0, 60, 120, 240]);
        assert!(delays.iter().sum::<u64>() <= 23 * 3600);
        assert!(delays.iter().sum::<u64>() + 2 * delays[delays.len() - 1] > 23 * 3600);
        assert_eq!(seconds(&schedule.configured(Some(2), None)), [0, 60]);
    }

    #[test]
    fn a_4xx_is_final_only_where_it_says_so() {
        let dits = Policy {
            finals: vec![StatusClass::try_from("4xx".to_owned()).expect("a class")],
            ..Policy::default()
        };
        let statly = Policy::default();
        for (status, wanted) in [
            (Some(204), Outcome::Delivered),
            (Some(404), Outcome::Final),
            (Some(500), Outcome::Retry),
            (Some(301), Outcome::Retry),
            (None, Outcome::Retry),
        ] {
            assert_eq!(dits.judge(status), wanted, "{status:?}");
        }
        assert_eq!(statly.judge(Some(404)), Outcome::Retry);
    }

    #[test]
    fn what_follows_an_attempt_is_by_answer_and_schedule() {
        let policy = Policy {
            finals: vec![StatusClass::try_from("410".to_owned()).expect("a class")],
            retry: Some(statly()),
            timeout: Some(span("10s")),
            ..Policy::default()
        };
        let after = |seconds| Next::After(Duration::from_secs(seconds));
        for (attempt, status, took, wanted) in [
            (1, 500, 1, after(60)),
            (2, 500, 1, after(120)),
            (3, 500, 1, after(300)),
            (4, 500, 1, Next::Ended),
            (2, 200, 10, Next::Delivered),
            (2, 200, 11, after(120)),
            (1, 410, 1, Next::GivenUp),
        ] {
            let answer = Some((status, Duration::from_secs(took)));
            assert_eq!(
                policy.next(attempt, answer),
                Some(wanted),
                "{attempt} {status}"
            );
        }
        assert_eq!(policy.next(1, None), Some(after(60)));
        assert_eq!(Policy::default().next(1, None), None);
    }

    #[test]
    fn spans_read_and_print() {
        assert_eq!(span("1h 30m").0.as_secs(), 5400);
        assert_eq!(span("23h").to_string(), "23h");
        assert!("-5s".parse::<Span>().is_err());
        assert!("soon".parse::<Span>().is_err());
    }
}
