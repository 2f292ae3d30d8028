//! Whole deliveries: those of numbers that follow each other are read in one walk over the three tables
//! they lie in.

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
    fn content(&mut self, number: i64) -> rusqlite::Result<Option<(Headers, bytes::Bytes)>> {
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
