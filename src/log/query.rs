//! Reading the log: one delivery, a list without bodies.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::content::{frame_columns, frame_of};
use super::reader::Reader;
use super::{Log, LogError, row};
use crate::core::delivery::Delivery;
use crate::core::message::Message;

/// A delivery in a list: everything but headers, body and attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The number.
    pub id: i64,
    /// `received` or `sent`.
    pub direction: String,
    /// When it arrived or left.
    pub at: Timestamp,
    /// The provider's id.
    pub provider: Option<String>,
    /// The event type.
    pub event: Option<String>,
    /// The provider's delivery id.
    pub delivery_id: Option<String>,
    /// The verdict's word.
    pub verdict: Option<String>,
    /// The reason's stable name.
    pub reason: Option<String>,
    /// The answer given, or the last attempt's.
    pub status: Option<u16>,
    /// Why the last attempt had no answer.
    pub error: Option<String>,
    /// The body's bytes.
    pub size: i64,
    /// The earlier delivery it repeats.
    pub duplicate_of: Option<i64>,
    /// How many attempts there were.
    pub attempts: i64,
}

impl Log {
    /// One delivery with its attempts.
    ///
    /// # Errors
    /// [`LogError::NoSuchDelivery`]
    pub fn delivery(&self, id: i64) -> Result<Delivery, LogError> {
        self.find(id)?.ok_or(LogError::NoSuchDelivery(id))
    }

    /// One delivery with its attempts, unless it is not there any more: a receiver lets go of old ones
    /// while others read.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn find(&self, id: i64) -> Result<Option<Delivery>, LogError> {
        let _reading = self.connection.unchecked_transaction()?;
        Ok(Reader::new(self)?.walk(id, id)?.next()?)
    }

    /// The first of these deliveries, with their attempts, in this order and read at once: as many as come
    /// to so many bytes of bodies, and one at least.
    ///
    /// # Errors
    /// [`LogError::NoSuchDelivery`] for the first of them; what cannot be read of the others ends the list.
    pub fn first_of(&self, numbers: &[i64], most: usize) -> Result<Vec<Delivery>, LogError> {
        // A transaction for all: each would look again whether the log is still as it was.
        let _reading = self.connection.unchecked_transaction()?;
        let (mut found, mut size) = (Vec::with_capacity(numbers.len()), 0);
        let mut reader = Reader::new(self)?;
        for run in numbers.chunk_by(|one, next| one.checked_add(1) == Some(*next)) {
            let mut walk = reader.walk(run[0], run[run.len() - 1])?;
            for &number in run {
                match walk.next() {
                    Ok(Some(delivery)) if delivery.id == Some(number) => {
                        size += delivery.message.body.len();
                        found.push(delivery);
                    }
                    Err(error) if found.is_empty() => return Err(error.into()),
                    Ok(_) if found.is_empty() => return Err(LogError::NoSuchDelivery(number)),
                    Ok(_) | Err(_) => return Ok(found),
                }
                if size >= most {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// The number of the newest delivery; 0 where there is none.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn last(&self) -> Result<i64, LogError> {
        let last = self
            .connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM delivery")?
            .query_row([], |row| row.get(0))?;
        Ok(last)
    }

    /// The messages received before a delivery and of the same event (where none is known, posted to
    /// the same target), the newest first: at most so many among the last `window` deliveries, none
    /// that is invalid or has a body of more than `largest` bytes.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn like(
        &self,
        delivery: &Delivery,
        limit: u32,
        window: i64,
        largest: usize,
    ) -> Result<Vec<Message>, LogError> {
        let before = delivery.id.unwrap_or(i64::MAX);
        let messages = self
            .connection
            .prepare_cached(
                // Crossed, so that the window is walked back and not all of a kind sorted.
                concat!(
                    "SELECT d.id, k.method, d.target, ",
                    frame_columns!(),
                    " FROM delivery d CROSS JOIN kind k ON k.id = d.kind CROSS JOIN ",
                    frame_of!(),
                    " WHERE d.id < ?1 AND d.id >= ?1 - ?2 AND k.direction = 'received'
                    AND k.provider IS ?3 AND k.event IS ?4 AND (?4 IS NOT NULL OR d.target = ?5)
                    AND k.verdict IS NOT 'invalid' AND d.size <= ?6
                 ORDER BY d.id DESC LIMIT ?7"
                ),
            )?
            .query_map(
                params![
                    before,
                    window,
                    delivery.provider,
                    delivery.event,
                    delivery.message.target,
                    i64::try_from(largest).unwrap_or(i64::MAX),
                    limit,
                ],
                |row| {
                    let (headers, body) =
                        row::content(row, (row.get(0)?, 3), &self.connection, &self.unpacker)?;
                    Ok(Message {
                        method: row.get(1)?,
                        target: row.get(2)?,
                        headers,
                        body,
                    })
                },
            )?
            .collect::<Result<_, _>>()?;
        Ok(messages)
    }

    /// Deliveries without headers, bodies and attempts, in the order of their numbers here.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn summaries(&self, numbers: &[i64]) -> Result<Vec<Summary>, LogError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.id, k.direction, d.at, k.provider, k.event, d.delivery_id, k.verdict, k.reason,
                k.status, k.error, d.size, d.duplicate_of,
                (SELECT count(*) FROM attempt a WHERE a.delivery = d.id)
             FROM delivery d JOIN kind k ON k.id = d.kind WHERE d.id = ?1",
        )?;
        let mut summaries = Vec::new();
        for number in numbers {
            // One that was pruned meanwhile is left out.
            let found = statement.query_row([number], summary).map(Some);
            summaries.extend(found.or_else(row::absent)?);
        }
        Ok(summaries)
    }
}

fn summary(row: &Row<'_>) -> rusqlite::Result<Summary> {
    Ok(Summary {
        id: row.get(0)?,
        direction: row.get(1)?,
        at: row::instant(row.get(2)?),
        provider: row.get(3)?,
        event: row.get(4)?,
        delivery_id: row.get(5)?,
        verdict: row.get(6)?,
        reason: row.get(7)?,
        status: row.get(8)?,
        error: row.get(9)?,
        size: row.get(10)?,
        duplicate_of: row.get(11)?,
        attempts: row.get(12)?,
    })
}
