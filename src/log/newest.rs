//! The deliveries that fit, the newest first, however many there are.

use std::collections::{BinaryHeap, VecDeque};

use jiff::Timestamp;
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::tally::SLOT;
use super::{Log, LogError};

/// How many kinds are walked side by side; where more fit, all deliveries are walked instead.
const LANES: usize = 256;
/// How many numbers are read ahead of a lane at first, and at most: each time twice as many, so that few
/// are read for a screen, and many at once for all.
const AHEAD: i64 = 64;
const FARTHEST: i64 = 1024;

/// Which deliveries, the newest first where a limit cuts.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// At most so many, counted from the newest.
    pub limit: Option<u32>,
    /// Of this provider's id.
    pub provider: Option<String>,
    /// Of this event type; `*` stands for any text.
    pub event: Option<String>,
    /// `received` or `sent`.
    pub direction: Option<String>,
    /// With this verdict, for this reason.
    pub verdict: Option<(String, Option<String>)>,
    /// With a status in one of these ranges: the answer given, or the last attempt's.
    pub status: Vec<(u16, u16)>,
    /// Answered with other than 2xx, or sent on without a 2xx.
    pub failed: bool,
    /// Not before this.
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// From this number on.
    pub from: Option<i64>,
    /// Up to this number.
    pub to: Option<i64>,
}

impl Filter {
    /// What a `kind k` must be, with its values; nothing where any will do.
    fn kinds(&self) -> (String, Vec<Value>) {
        let mut tests: Vec<String> = Vec::new();
        let mut values = Vec::new();
        let text = |text: &String| Value::Text(text.clone());
        for (test, value) in [
            ("k.provider =", self.provider.as_ref().map(text)),
            ("k.event GLOB", self.event.as_ref().map(|own| glob(own))),
            ("k.direction =", self.direction.as_ref().map(text)),
            ("k.verdict =", self.verdict.as_ref().map(|own| text(&own.0))),
            (
                "k.reason =",
                (self.verdict.as_ref()).and_then(|own| own.1.as_ref().map(text)),
            ),
        ] {
            if let Some(value) = value {
                tests.push(format!("{test} ?"));
                values.push(value);
            }
        }
        if self.failed {
            tests.push("k.failed".to_owned());
        }
        if !self.status.is_empty() {
            let ranges = vec!["k.status BETWEEN ? AND ?"; self.status.len()];
            tests.push(format!("({})", ranges.join(" OR ")));
            let ends = self.status.iter().flat_map(|own| [own.0, own.1]);
            values.extend(ends.map(|own| Value::Integer(own.into())));
        }
        (tests.join(" AND "), values)
    }
}

/// A pattern with `*` as `SQLite`'s GLOB takes it, to which `?` and `[` mean something too.
fn glob(text: &str) -> Value {
    Value::Text(text.replace('[', "[[]").replace('?', "[?]"))
}

/// The numbers of the deliveries that fit, the newest first, read as they are asked for.
pub struct Newest<'a> {
    log: &'a Log,
    lanes: Vec<Lane>,
    /// The first of each lane that has one, with the lane.
    heads: BinaryHeap<(i64, usize)>,
    /// How many may still come.
    left: Option<u32>,
    from: i64,
    /// The time they are of, from and up to before, in microseconds since 1970; of any where there is none.
    span: Option<(i64, i64)>,
}

/// The deliveries of one kind, or of all that fit.
struct Lane {
    sql: String,
    values: Vec<Value>,
    ahead: VecDeque<i64>,
    /// What is read next ends here, and is so much.
    to: i64,
    next: i64,
    ended: bool,
}

impl Lane {
    fn new(test: &str, values: Vec<Value>, to: i64, is_timed: bool) -> Self {
        // Asked for only where it matters: an index has the rest, and each row would be looked up for it.
        let time = if is_timed {
            " AND at >= ? AND at < ?"
        } else {
            ""
        };
        let sql = format!(
            "SELECT id FROM delivery WHERE {test}id >= ? AND id <= ?{time}
             ORDER BY id DESC LIMIT ?"
        );
        Self {
            sql,
            values,
            ahead: VecDeque::new(),
            to,
            next: AHEAD,
            ended: false,
        }
    }
}

impl Iterator for Newest<'_> {
    type Item = Result<i64, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == Some(0) {
            return None;
        }
        let (number, lane) = self.heads.pop()?;
        self.left = self.left.map(|left| left - 1);
        Some(self.advance(lane).map(|()| number))
    }
}

impl Newest<'_> {
    /// Puts the next of a lane among the heads.
    fn advance(&mut self, index: usize) -> Result<(), LogError> {
        let lane = &mut self.lanes[index];
        if lane.ahead.is_empty() && !lane.ended {
            let times = self.span.map(|(since, until)| [since, until]);
            let bounds = ([self.from, lane.to].into_iter())
                .chain(times.into_iter().flatten())
                .chain([lane.next]);
            let values = (lane.values.iter().cloned()).chain(bounds.map(Value::Integer));
            let connection = &self.log.connection;
            let mut statement = connection.prepare_cached(&lane.sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
            lane.ahead = rows.collect::<Result<_, _>>()?;
            lane.ended = i64::try_from(lane.ahead.len()).is_ok_and(|own| own < lane.next);
            lane.next = (2 * lane.next).min(FARTHEST);
            lane.to = lane.ahead.back().map_or(0, |last| last - 1);
        }
        if let Some(number) = lane.ahead.pop_front() {
            self.heads.push((number, index));
        }
        Ok(())
    }
}

impl Log {
    /// The deliveries that fit, the newest first.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn newest(&self, filter: &Filter) -> Result<Newest<'_>, LogError> {
        let instant = |own: Option<Timestamp>| own.map(Timestamp::as_microsecond);
        let span = match (instant(filter.since), instant(filter.until)) {
            (None, None) => None,
            (since, until) => Some((since.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX))),
        };
        let mut newest = Newest {
            log: self,
            lanes: Vec::new(),
            heads: BinaryHeap::new(),
            left: filter.limit,
            from: filter.from.unwrap_or(i64::MIN),
            span,
        };
        let mut to = filter.to.unwrap_or(i64::MAX);
        if let Some((since, until)) = span {
            let Some((first, last)) = self.between(since, until)? else {
                return Ok(newest);
            };
            newest.from = newest.from.max(first);
            to = to.min(last);
        }
        let lane = |test: &str, values| Lane::new(test, values, to, span.is_some());
        let (test, values) = filter.kinds();
        if test.is_empty() {
            newest.lanes.push(lane("", Vec::new()));
        } else {
            let kinds = self.kinds(&test, &values)?;
            if kinds.len() > LANES {
                // The plus keeps SQLite from gathering all of these kinds to sort them.
                let test = format!("+kind IN (SELECT k.id FROM kind k WHERE {test}) AND ");
                newest.lanes.push(lane(&test, values));
            } else {
                let of = |kind| lane("kind = ? AND ", vec![Value::Integer(kind)]);
                newest.lanes.extend(kinds.into_iter().map(of));
            }
        }
        for lane in 0..newest.lanes.len() {
            newest.advance(lane)?;
        }
        Ok(newest)
    }

    /// The kinds that fit, up to one more than are walked side by side.
    fn kinds(&self, test: &str, values: &[Value]) -> Result<Vec<i64>, LogError> {
        let sql = format!("SELECT k.id FROM kind k WHERE {test} LIMIT {}", LANES + 1);
        let kinds = self
            .connection
            .prepare(&sql)?
            .query_map(params_from_iter(values), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(kinds)
    }

    /// The lowest and highest number there can be in a span of time.
    fn between(&self, since: i64, until: i64) -> Result<Option<(i64, i64)>, LogError> {
        let found: (Option<i64>, Option<i64>) = self
            .connection
            .prepare_cached("SELECT min(first), max(last) FROM tally WHERE slot BETWEEN ?1 AND ?2")?
            .query_row([since / SLOT, until / SLOT], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(found.0.zip(found.1))
    }

    /// The numbers of a selection, the oldest first.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn numbers(&self, filter: &Filter) -> Result<Vec<i64>, LogError> {
        let mut numbers: Vec<i64> = self.newest(filter)?.collect::<Result<_, _>>()?;
        numbers.reverse();
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::delivery::{
        Answer, Attempt, Delivery, Direction, Failure, FailureKind, Judgement,
    };
    use crate::core::message::{Headers, Message};

    /// A log of 1000 deliveries, a second after the other; what they are repeats in cycles.
    fn log() -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        let written: Vec<_> = (1..=1000)
            .map(|id| writer.delivery(delivery(id)).expect("queued"))
            .collect();
        for pending in written {
            pending.blocking_recv().expect("answered").expect("written");
        }
        (folder, log)
    }

    fn delivery(id: i64) -> Delivery {
        let invalid = id % 5 == 0;
        Delivery {
            id: None,
            direction: Direction::Received,
            at: Timestamp::from_second(id).expect("a time"),
            provider: Some(["github", "stripe"][usize::from(id % 3 == 0)].to_owned()),
            // Of one event there are more kinds than are walked side by side.
            event: Some(match id % 2 {
                0 => "push".to_owned(),
                _ => format!("own.{id}"),
            }),
            delivery_id: Some(format!("d{id}")),
            judgement: Some(Judgement {
                verdict: if invalid { "invalid" } else { "valid" }.to_owned(),
                reason: invalid.then(|| "stale".to_owned()),
                detail: None,
                secret_index: None,
                coverage: None,
                detected_by: None,
            }),
            message: Message::post(Headers::new(), format!("{id}")),
            duplicate_of: None,
            replay_of: None,
            answer: Some(Answer {
                status: if invalid { 401 } else { 200 },
                latency: Duration::from_millis(1),
            }),
            attempts: Vec::new(),
        }
    }

    /// Holds a filter against a look at each delivery, with a limit and without.
    #[track_caller]
    fn check(log: &Log, set: impl Fn(&mut Filter), fits: impl Fn(i64) -> bool) {
        let mut filter = Filter::default();
        set(&mut filter);
        let wanted: Vec<i64> = (1..=1000).filter(|id| fits(*id)).collect();
        assert_eq!(log.numbers(&filter), Ok(wanted.clone()), "{filter:?}");
        filter.limit = Some(70);
        let newest = wanted[wanted.len().saturating_sub(70)..].to_vec();
        assert_eq!(log.numbers(&filter), Ok(newest), "{filter:?}");
    }

    fn second(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn a_filter_finds_what_a_look_at_each_finds() {
        let (_folder, log) = log();
        let event = |own: &str, fits: fn(i64) -> bool| {
            check(&log, |filter| filter.event = Some(own.to_owned()), fits);
        };
        event("push", |id| id % 2 == 0);
        event("own.*", |id| id % 2 == 1);
        event("own.?", |_| false);
        event("own.[1]", |_| false);
        let status = |own: &[(u16, u16)], fits: fn(i64) -> bool| {
            check(&log, |filter| filter.status = own.to_vec(), fits);
        };
        status(&[(400, 499)], |id| id % 5 == 0);
        status(&[(500, 599), (200, 200)], |id| id % 5 > 0);
        let invalid = |why: &str, fits: fn(i64) -> bool| {
            let verdict = || Some(("invalid".to_owned(), Some(why.to_owned())));
            check(&log, |filter| filter.verdict = verdict(), fits);
        };
        invalid("stale", |id| id % 5 == 0);
        invalid("mismatch", |_| false);
        check(&log, |_| {}, |_| true);
        check(
            &log,
            |own| own.provider = Some("stripe".to_owned()),
            |id| id % 3 == 0,
        );
        check(
            &log,
            |own| own.direction = Some("sent".to_owned()),
            |_| false,
        );
        check(&log, |own| own.failed = true, |id| id % 5 == 0);
    }

    #[test]
    fn spans_of_time_and_of_numbers() {
        let (_folder, log) = log();
        check(&log, |own| own.since = second(650), |id| id >= 650);
        check(&log, |own| own.until = second(650), |id| id < 650);
        check(&log, |own| own.since = second(5000), |_| false);
        let range = |own: &mut Filter| (own.from, own.to) = (Some(10), Some(20));
        check(&log, range, |id| (10..=20).contains(&id));
        let several = |own: &mut Filter| {
            own.provider = Some("stripe".to_owned());
            own.event = Some("push".to_owned());
            own.failed = true;
            (own.since, own.until) = (second(100), second(900));
        };
        check(&log, several, |id| id % 30 == 0 && (100..900).contains(&id));
    }

    #[test]
    fn what_happens_later_changes_what_fits() {
        let (_folder, log) = log();
        let writer = log.writer().expect("starts");
        let failed = Filter {
            failed: true,
            from: Some(7),
            to: Some(8),
            ..Filter::default()
        };
        assert_eq!(log.numbers(&failed), Ok(Vec::new()));
        let attempt = |number, status: Option<u16>| Attempt {
            number,
            at: Timestamp::UNIX_EPOCH,
            url: "http://x/".to_owned(),
            result: match status {
                Some(status) => Ok(crate::core::delivery::Reply {
                    status,
                    headers: Headers::new(),
                    body: bytes::Bytes::new(),
                    truncated: false,
                }),
                None => Err(Failure {
                    kind: FailureKind::Connect,
                    message: String::new(),
                }),
            },
            latency: Duration::ZERO,
        };
        let write = |pending: Result<super::super::Pending, LogError>| {
            let receipt = pending.expect("queued").blocking_recv().expect("answered");
            receipt.expect("written");
        };
        write(writer.attempt(7, attempt(1, None)));
        assert_eq!(log.numbers(&failed), Ok(vec![7]));
        write(writer.attempt(7, attempt(2, Some(204))));
        assert_eq!(log.numbers(&failed), Ok(Vec::new()));
        let answer = Answer {
            status: 503,
            latency: Duration::from_millis(2),
        };
        write(writer.answer(8, answer));
        assert_eq!(log.numbers(&failed), Ok(vec![8]));
        let unavailable = Filter {
            status: vec![(503, 503)],
            ..Filter::default()
        };
        assert_eq!(log.numbers(&unavailable), Ok(vec![8]));
        // The tallies are what counting would give.
        let differing: i64 = log
            .connection
            .query_row(
                "SELECT count(*) FROM (
                    SELECT at / 600000000 AS slot, kind, count(*) AS count, sum(size) AS bytes,
                        sum(duplicate_of IS NOT NULL) AS repeats
                    FROM delivery GROUP BY 1, 2
                 ) d FULL JOIN tally t ON t.slot = d.slot AND t.kind = d.kind
                 WHERE d.count IS NOT t.count OR d.bytes IS NOT t.bytes
                    OR d.repeats IS NOT t.repeats",
                [],
                |row| row.get(0),
            )
            .expect("counts");
        assert_eq!(differing, 0);
    }
}
