//! What happened to one delivery, in time: its attempts, what was requested for them, and what the
//! provider's schedule has to say.

use std::time::Duration;

use jiff::Timestamp;

use super::attempts::gap;
use super::delivery::{Answer, Attempt, Delivery, Direction};
use super::retry::{Next, Policy};

/// Everything that happened to one delivery, the oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline<'a> {
    /// What happened.
    pub entries: Vec<Entry<'a>>,
    /// How many attempts came before these, and are left out.
    pub earlier: u32,
    /// What the provider's schedule expects after the last attempt: nothing without one.
    pub next: Option<(&'a Delivery, Next)>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// When it began.
    pub at: Timestamp,
    /// How long after the attempt before of the same kind.
    pub gap: Option<Duration>,
    /// The delivery it belongs to.
    pub delivery: &'a Delivery,
    /// What it was.
    pub what: What<'a>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What<'a> {
    /// The sender made an attempt, to which `expected` is what the schedule had to say after the one
    /// before.
    Arrived {
        /// The attempt before and what was expected after it.
        expected: Option<(&'a Delivery, Next)>,
    },
    /// hookcat's own replay arrived, sent as the delivery with this number.
    ReplayArrived(i64),
    /// It was forwarded to an application.
    Forwarded(&'a Attempt),
    /// It was sent, by `send` or `replay`.
    Sent(&'a Attempt),
}

impl<'a> Timeline<'a> {
    /// The timeline of a delivery's attempts and their replays, each the oldest first. `earlier`
    /// attempts are left out.
    #[must_use]
    pub fn new(
        deliveries: &'a [Delivery],
        replays: &'a [Delivery],
        earlier: u32,
        policy: Option<&Policy>,
    ) -> Self {
        let mut entries = Vec::new();
        let mut before: Option<(&Delivery, Option<Next>)> = None;
        let mut attempt = earlier;
        for delivery in deliveries {
            if delivery.direction == Direction::Received {
                let what = if let Some(id) = replayed(delivery, replays) {
                    (None, What::ReplayArrived(id))
                } else {
                    attempt = attempt.saturating_add(1);
                    let last = before.take();
                    let answer = delivery.answer.map(|own: Answer| (own.status, own.latency));
                    before = Some((delivery, policy.and_then(|own| own.next(attempt, answer))));
                    let expected = last.and_then(|(own, next)| Some((own, next?)));
                    let since = last.map(|(own, _)| gap(own.at, delivery.at));
                    (since, What::Arrived { expected })
                };
                entries.push(Entry {
                    at: delivery.at,
                    gap: what.0,
                    delivery,
                    what: what.1,
                });
            }
            requests(delivery, &mut entries);
        }
        for delivery in replays {
            requests(delivery, &mut entries);
        }
        entries.sort_by_key(|own| own.at);
        Self {
            entries,
            earlier,
            next: before.and_then(|(own, next)| Some((own, next?))),
        }
    }
}

/// The replay that a delivery is the arrival of: it arrived while that was under way.
fn replayed(delivery: &Delivery, replays: &[Delivery]) -> Option<i64> {
    let is_within = |own: &Attempt| {
        let end = own.at.checked_add(own.latency).unwrap_or(own.at);
        (own.at..=end).contains(&delivery.at)
    };
    let found = replays
        .iter()
        .find(|replay| replay.attempts.iter().any(is_within));
    found.and_then(|replay| replay.id)
}

/// The requests made for a delivery.
fn requests<'a>(delivery: &'a Delivery, entries: &mut Vec<Entry<'a>>) {
    let mut before: Option<Timestamp> = None;
    for attempt in &delivery.attempts {
        entries.push(Entry {
            at: attempt.at,
            gap: before.map(|before| gap(before, attempt.at)),
            delivery,
            what: match delivery.direction {
                Direction::Received => What::Forwarded(attempt),
                Direction::Sent => What::Sent(attempt),
            },
        });
        before = Some(attempt.at);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::core::delivery::{Failure, FailureKind};
    use crate::core::message::Message;
    use crate::core::retry::{Schedule, Span};

    pub(crate) fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).expect("in range")
    }

    pub(crate) fn arrived(id: i64, seconds: i64, status: u16) -> Delivery {
        Delivery {
            id: Some(id),
            provider: Some("statly".into()),
            event: Some("push".into()),
            delivery_id: Some("delivery_8f2c".into()),
            answer: Some(Answer {
                status,
                latency: Duration::from_millis(12),
            }),
            ..Delivery::new(Direction::Received, at(seconds), Message::default())
        }
    }

    pub(crate) fn attempt(number: u32, seconds: i64) -> Attempt {
        Attempt {
            number,
            at: at(seconds),
            url: "http://localhost:3000/hooks".into(),
            result: Err(Failure {
                kind: FailureKind::Connect,
                message: "refused".into(),
            }),
            latency: Duration::from_secs(2),
        }
    }

    pub(crate) fn policy() -> Policy {
        let minute = Span(Duration::from_secs(60));
        Policy {
            retry: Some(Schedule::Fixed {
                delays: vec![minute, minute],
            }),
            ..Policy::default()
        }
    }

    #[test]
    fn attempts_requests_and_replays_stand_in_time() {
        let mut first = arrived(1, 0, 500);
        first.attempts = vec![attempt(1, 1), attempt(2, 31)];
        let deliveries = [
            first,
            arrived(2, 62, 500),
            arrived(4, 101, 200),
            arrived(5, 120, 200),
        ];
        let replays = [Delivery {
            direction: Direction::Sent,
            answer: None,
            attempts: vec![attempt(1, 100)],
            ..arrived(3, 100, 0)
        }];
        let policy = policy();
        let timeline = Timeline::new(&deliveries, &replays, 0, Some(&policy));
        let told: Vec<_> = timeline
            .entries
            .iter()
            .map(|own| {
                let word = match &own.what {
                    What::Arrived { expected } => match expected {
                        None => "arrived".to_owned(),
                        Some((before, next)) => format!("arrived after #{:?}: {next:?}", before.id),
                    },
                    What::ReplayArrived(id) => format!("replay {id} arrived"),
                    What::Forwarded(_) => "forwarded".to_owned(),
                    What::Sent(_) => "sent".to_owned(),
                };
                (own.delivery.id, own.gap.map(|own| own.as_secs()), word)
            })
            .collect();
        let wanted = [
            (Some(1), None, "arrived"),
            (Some(1), None, "forwarded"),
            (Some(1), Some(30), "forwarded"),
            (Some(2), Some(62), "arrived after #Some(1): After(60s)"),
            (Some(3), None, "sent"),
            (Some(4), None, "replay 3 arrived"),
            // The replay is none of the sender's attempts.
            (Some(5), Some(58), "arrived after #Some(2): After(60s)"),
        ];
        let wanted = wanted.map(|(id, gap, word)| (id, gap, word.to_owned()));
        assert_eq!(told, wanted);
        assert_eq!(timeline.next, Some((&deliveries[3], Next::Delivered)));
    }

    #[test]
    fn without_a_schedule_nothing_is_expected() {
        let deliveries = [arrived(1, 0, 500), arrived(2, 60, 500)];
        for policy in [None, Some(&Policy::default())] {
            let timeline = Timeline::new(&deliveries, &[], 3, policy);
            assert_eq!(timeline.entries[1].what, What::Arrived { expected: None });
            assert_eq!((timeline.next, timeline.earlier), (None, 3));
        }
        // Those left out count: the schedule of two retries is over.
        let policy = policy();
        let timeline = Timeline::new(&deliveries, &[], 1, Some(&policy));
        assert_eq!(timeline.next, Some((&deliveries[1], Next::Ended)));
    }
}
