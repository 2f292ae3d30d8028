//! Whole deliveries: those of numbers that follow each other are read in one walk over the three tables
//! they lie in.

use bytes::Bytes;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{CachedStatement, Rows};

use super::content::frame_columns;
use super::{Log, row};
use crate::core::delivery::{Attempt, Delivery};
use crate::core::message::Headers;

/// What reads whole deliveries, made ready once for some of them. They are read in one transaction of the
/// caller's.
pub(super) struct Reader<'l> {
    log: &'l Log,
    deliveries: CachedStatement<'l>,
    frames: CachedStatement<'l>,
    attempts: CachedStatement<'l>,
}

/// Deliveries in the order of their numbers.
pub(super) struct Walk<'r> {
    log: &'r Log,
    deliveries: Rows<'r>,
    frames: Rows<'r>,
    attempts: Rows<'r>,
}

impl<'l> Reader<'l> {
    pub(super) fn new(log: &'l Log) -> rusqlite::Result<Self> {
        let frames = concat!(
            "SELECT ",
            frame_columns!(),
            ", coalesce((SELECT min(n.delivery) FROM content n WHERE n.delivery > c.delivery),
                9223372036854775807)
             FROM content c
             WHERE c.delivery BETWEEN (SELECT max(delivery) FROM content WHERE delivery <= ?1) AND ?2
             ORDER BY c.delivery"
        );
        Ok(Self {
            log,
            deliveries: log.connection.prepare_cached(row::HEADS)?,
            frames: log.connection.prepare_cached(frames)?,
            attempts: row::attempts_statement(&log.connection, true)?,
        })
    }

    /// Begins to read the deliveries from the first of these numbers to the last.
    pub(super) fn walk(&mut self, first: i64, last: i64) -> rusqlite::Result<Walk<'_>> {
        let mut frames = self.frames.query([first, last])?;
        let mut attempts = self.attempts.query([first, last])?;
        frames.advance()?;
        attempts.advance()?;
        Ok(Walk {
            log: self.log,
            deliveries: self.deliveries.query([first, last])?,
            frames,
            attempts,
        })
    }
}

impl Walk<'_> {
    /// The next that is there, with its attempts.
    pub(super) fn next(&mut self) -> rusqlite::Result<Option<Delivery>> {
        while let Some(row) = self.deliveries.next()? {
            let mut delivery = row::read(row)?;
            let number: i64 = row.get(0)?;
            let Some((headers, body)) = self.content(number)? else {
                continue;
            };
            delivery.message.headers = headers;
            delivery.message.body = body;
            delivery.attempts = self.attempts(number)?;
            return Ok(Some(delivery));
        }
        Ok(None)
    }

    /// Header fields and body of a delivery, of which the frame is this one or one behind it.
    fn content(&mut self, number: i64) -> rusqlite::Result<Option<(Headers, Bytes)>> {
        while let Some(frame) = self.frames.get() {
            let (begin, end): (i64, i64) = (frame.get(0)?, frame.get(5)?);
            if number < begin {
                break;
            }
            if number < end {
                let Log {
                    connection,
                    unpacker,
                    ..
                } = self.log;
                return row::content(frame, (number, 0), connection, unpacker).map(Some);
            }
            self.frames.advance()?;
        }
        Ok(None)
    }

    fn attempts(&mut self, number: i64) -> rusqlite::Result<Vec<Attempt>> {
        let mut own = Vec::new();
        while let Some(row) = self.attempts.get() {
            let delivery: i64 = row.get(0)?;
            if delivery > number {
                break;
            }
            if delivery == number {
                own.push(row::attempt(row)?);
            }
            self.attempts.advance()?;
        }
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::delivery::{Direction, Failure, FailureKind, Reply};
    use crate::core::message::Message;
    use crate::log::LogError;

    /// Deliveries that are told apart by everything the walk brings together.
    fn delivery(index: u32) -> Delivery {
        let headers = [("X-Index", index.to_string())].into_iter().collect();
        let mut own = Delivery::new(
            Direction::Received,
            jiff::Timestamp::UNIX_EPOCH,
            Message::post(headers, "x".repeat(index as usize * 700)),
        );
        own.attempts = (0..index % 3)
            .map(|made| Attempt {
                number: made + 1,
                at: jiff::Timestamp::UNIX_EPOCH,
                url: format!("http://h/{index}"),
                result: match made {
                    0 => Err(Failure {
                        kind: FailureKind::Timeout,
                        message: "no answer".into(),
                    }),
                    _ => Ok(Reply {
                        status: 200,
                        headers: Headers::new(),
                        body: index.to_string().into(),
                        truncated: false,
                    }),
                },
                latency: Duration::from_millis(1),
            })
            .collect();
        own
    }

    #[test]
    fn a_walk_reads_what_each_is_by_itself() {
        const ALL: i64 = 60;
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        // In groups of some size, and some alone.
        for group in [1..=1, 2..=30, 31..=31, 32..=60] {
            let pending: Vec<_> = group
                .map(|index| writer.delivery(delivery(index)).expect("queued"))
                .collect();
            for own in pending {
                own.blocking_recv().expect("answered").expect("written");
            }
        }
        drop(writer);
        let gone = [1, 4, 5, 31, 47, 60];
        log.prune(&gone).expect("prunes");
        let numbers: Vec<i64> = (1..=ALL).filter(|own| own % 11 != 0).collect();
        let (mut left, mut read, mut missing) = (&numbers[..], Vec::new(), Vec::new());
        while let [first, rest @ ..] = left {
            match log.first_of(left, 20_000) {
                Ok(found) => {
                    left = &left[found.len()..];
                    read.extend(found);
                }
                Err(LogError::NoSuchDelivery(number)) => {
                    assert_eq!(number, *first);
                    missing.push(number);
                    left = rest;
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(missing, gone);
        assert_eq!(read.len(), numbers.len() - gone.len());
        for own in read {
            let number = own.id.expect("a number");
            let made = delivery(u32::try_from(number).expect("few"));
            assert_eq!(own.message, made.message, "{number}");
            assert_eq!(own.attempts, made.attempts, "{number}");
            assert_eq!(log.delivery(number).as_ref(), Ok(&own));
        }
    }
}
