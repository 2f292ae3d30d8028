//! Between rows and deliveries.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, Row, params};

use super::content::{Packer, Unpacker};
use super::kind::{self, Kind, Kinds};
use super::seen::{Marks, Seen};
use super::tally::Tallies;
use crate::core::delivery::{
    Answer, Attempt, Delivery, Direction, Duplicate, Failure, FailureKind, Judgement, Previous,
    Reply,
};
use crate::core::message::{Headers, Message};

/// The query for deliveries from one number to another, without content and attempts.
pub(super) const HEADS: &str =
    "SELECT d.id, k.direction, d.at, k.provider, k.event, d.delivery_id, k.verdict, k.reason,
        d.detail, k.secret_index, k.coverage, k.method, d.target, d.duplicate_of, d.replay_of,
        k.answer, d.latency, (SELECT e.at FROM delivery e WHERE e.id = d.duplicate_of),
        k.detected_by, d.attempt, d.previous,
        (SELECT e.at FROM delivery e WHERE e.id = d.previous), d.body_differs, d.signature_renewed
     FROM delivery d CROSS JOIN kind k ON k.id = d.kind WHERE d.id BETWEEN ?1 AND ?2 ORDER BY d.id";

/// What the writer knows of the log beside its connection. What a group of writes made of it holds only
/// once the group is on disk.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) kinds: Kinds,
    pub(super) seen: Seen,
    pub(super) tallies: Tallies,
    pub(super) packer: Packer,
}

/// What is written of a delivery beside itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    /// What tells it from others.
    pub(super) marks: Marks,
    /// Marks what its sender signed it with.
    pub(super) signature: Option<i64>,
    /// How long its answer has waited for the writer.
    pub(super) waited: Duration,
    /// When it is written, in microseconds since 1970.
    pub(super) now: i64,
}

/// With more than this between the two, when a delivery was recorded is kept beside when it happened: it
/// was imported, or the clock stood still.
const DAY: i64 = 86_400_000_000;

/// What writes deliveries, made ready once for a group of them.
pub(super) struct Inserts<'c> {
    connection: &'c Connection,
    delivery: CachedStatement<'c>,
    content: CachedStatement<'c>,
    attempt: Option<CachedStatement<'c>>,
}

impl<'c> Inserts<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            attempt: None,
            delivery: connection.prepare_cached(
                "INSERT INTO delivery (kind, at, size, target, delivery_id, detail, same, body_mark,
                    signature, duplicate_of, attempt, previous, body_differs, signature_renewed,
                    replay_of, latency, recorded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?,
            content: Packer::insert(connection)?,
        })
    }

    /// Writes the content of the deliveries that were written.
    pub(super) fn write_content(&mut self, memory: &mut Memory) -> rusqlite::Result<()> {
        memory.packer.write(&mut self.content)
    }

    /// Writes an attempt; what writes them is made ready with the first.
    fn attempt(&mut self, delivery: i64, attempt: &Attempt) -> rusqlite::Result<()> {
        let statement = match &mut self.attempt {
            Some(ready) => ready,
            none => none.insert(self.connection.prepare_cached(
                "INSERT INTO attempt (delivery, number, at, url, status, headers, body, error_kind,
                    error, latency, truncated)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?),
        };
        let (reply, failure) = match &attempt.result {
            Ok(reply) => (Some(reply), None),
            Err(failure) => (None, Some(failure)),
        };
        statement
            .execute(params![
                delivery,
                attempt.number,
                attempt.at.as_microsecond(),
                attempt.url,
                reply.map(|own| own.status),
                reply.map(|own| own.headers.to_lines()),
                reply.map(|own| &own.body[..]),
                failure.map(|own| own.kind.as_str()),
                failure.map(|own| own.message.as_str()),
                microseconds(attempt.latency),
                reply.is_some_and(|own| own.truncated),
            ])
            .map(|_| ())
    }
}

/// Writes a delivery; gives its number and the earlier delivery it repeats.
pub(super) fn insert(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    memory: &mut Memory,
    delivery: &Delivery,
    beside: Beside,
) -> rusqlite::Result<(i64, Option<Duplicate>)> {
    let Beside {
        marks, signature, ..
    } = beside;
    let duplicate = memory.seen.repeated(connection, marks, signature)?;
    let kind = memory.kinds.number(connection, Kind::of(delivery))?;
    let at = delivery.at.as_microsecond();
    let size = i64::try_from(delivery.message.body.len()).unwrap_or(i64::MAX);
    let last = delivery.attempts.last().map(|own| own.latency);
    let latency = (delivery.answer)
        .map(|own| own.latency + beside.waited)
        .or(last);
    inserts.delivery.execute(params![
        kind,
        at,
        size,
        delivery.message.target,
        delivery.delivery_id,
        (delivery.judgement.as_ref()).and_then(|own| own.detail.as_deref()),
        marks.same,
        marks.body,
        signature,
        duplicate.map(|own| own.id),
        duplicate.map(|own| own.attempt),
        duplicate.and_then(|own| own.previous).map(|own| own.id),
        duplicate.and_then(|own| own.body_differs),
        duplicate.and_then(|own| own.signature_renewed),
        delivery.replay_of,
        latency.map(microseconds),
        (at < beside.now.saturating_sub(DAY)).then_some(beside.now),
    ])?;
    let id = connection.last_insert_rowid();
    (memory.packer).add(&mut inserts.content, id, &delivery.message)?;
    for attempt in &delivery.attempts {
        inserts.attempt(id, attempt)?;
    }
    memory.seen.remember(id, marks);
    (memory.tallies).add(id, kind, at, size, duplicate.is_some());
    Ok((id, duplicate))
}

/// Writes one more attempt of a delivery.
pub(super) fn insert_attempt(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    memory: &mut Memory,
    (delivery, attempt): (i64, &Attempt),
) -> rusqlite::Result<()> {
    inserts.attempt(delivery, attempt)?;
    memory.tallies.write(connection)?;
    let latency = microseconds(attempt.latency);
    kind::renew(connection, &mut memory.kinds, delivery, None, latency)
}

/// Writes what was answered after the delivery was written.
pub(super) fn set_answer(
    connection: &Connection,
    memory: &mut Memory,
    delivery: i64,
    answer: Answer,
) -> rusqlite::Result<()> {
    memory.tallies.write(connection)?;
    let (status, latency) = (Some(answer.status), microseconds(answer.latency));
    kind::renew(connection, &mut memory.kinds, delivery, status, latency)
}

/// Adds to the latencies of the answers to these deliveries, the first and the last of a group, what
/// their commit took.
pub(super) fn add_latency(
    connection: &Connection,
    (first, last): (i64, i64),
    latency: Duration,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE delivery SET latency = latency + ?3
             WHERE id BETWEEN ?1 AND ?2 AND latency IS NOT NULL",
        )?
        .execute(params![first, last, microseconds(latency)])
        .map(|_| ())
}

/// Reads a delivery, without its content and its attempts, from a row of [`HEADS`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let status: Option<u16> = row.get(15)?;
    let latency: Option<i64> = row.get(16)?;
    // An earlier delivery that was pruned leaves its number without its time.
    let earlier = |id: usize, at: usize| -> rusqlite::Result<Option<Previous>> {
        let (id, at): (Option<i64>, Option<i64>) = (row.get(id)?, row.get(at)?);
        let at = at.map(instant);
        Ok(id.zip(at).map(|(id, at)| Previous { id, at }))
    };
    let duplicate_of = match earlier(13, 17)? {
        Some(Previous { id, at }) => Some(Duplicate {
            id,
            at,
            attempt: row.get::<_, Option<u32>>(19)?.unwrap_or(2),
            previous: earlier(20, 21)?,
            body_differs: row.get(22)?,
            signature_renewed: row.get(23)?,
        }),
        None => None,
    };
    Ok(Delivery {
        id: row.get(0)?,
        direction: match row.get_ref(1)?.as_str()? {
            "sent" => Direction::Sent,
            _ => Direction::Received,
        },
        at: instant(row.get(2)?),
        provider: row.get(3)?,
        event: row.get(4)?,
        delivery_id: row.get(5)?,
        judgement: row
            .get::<_, Option<String>>(6)?
            .map(|verdict| -> rusqlite::Result<Judgement> {
                Ok(Judgement {
                    verdict,
                    reason: row.get(7)?,
                    detail: row.get(8)?,
                    secret_index: row.get(9)?,
                    coverage: row.get(10)?,
                    detected_by: row.get(18)?,
                })
            })
            .transpose()?,
        message: Message {
            method: row.get(11)?,
            target: row.get(12)?,
            ..Message::default()
        },
        duplicate_of,
        replay_of: row.get(14)?,
        answer: status.map(|status| Answer {
            status,
            latency: duration(latency.unwrap_or(0)),
        }),
        attempts: Vec::new(),
    })
}

/// Reads header fields and body of the delivery of this number, from [`frame_columns`] at this column.
///
/// [`frame_columns`]: super::content::frame_columns
pub(super) fn content(
    row: &Row<'_>,
    (number, at): (i64, usize),
    connection: &Connection,
    unpacker: &Unpacker,
) -> rusqlite::Result<(Headers, Bytes)> {
    let (content, headers) = unpacker.content(connection, row, (number, at))?;
    Ok((
        Headers::from_lines(&content[..headers]),
        content.slice(headers..),
    ))
}

/// What reads the attempts of deliveries from one number to another, each in its order; with headers and
/// bodies of the answers where `whole`.
pub(super) fn attempts_statement(
    connection: &Connection,
    whole: bool,
) -> rusqlite::Result<CachedStatement<'_>> {
    let answer = if whole { "headers, body" } else { "NULL, NULL" };
    connection.prepare_cached(&format!(
        "SELECT delivery, number, at, url, status, {answer}, error_kind, error, latency, truncated
         FROM attempt WHERE delivery BETWEEN ?1 AND ?2 ORDER BY delivery, number",
    ))
}

/// Reads an attempt from a row of [`attempts_statement`].
pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let status: Option<u16> = row.get(4)?;
    let bytes = |at: usize| -> rusqlite::Result<&[u8]> {
        Ok(row.get_ref(at)?.as_blob_or_null()?.unwrap_or_default())
    };
    let kind: Option<String> = row.get(7)?;
    let message: Option<String> = row.get(8)?;
    Ok(Attempt {
        number: row.get(1)?,
        at: instant(row.get(2)?),
        url: row.get(3)?,
        result: match status {
            Some(status) => Ok(Reply {
                status,
                headers: Headers::from_lines(bytes(5)?),
                body: Bytes::copy_from_slice(bytes(6)?),
                truncated: row.get(10)?,
            }),
            None => Err(Failure {
                kind: FailureKind::from_word(&kind.unwrap_or_default()),
                message: message.unwrap_or_default(),
            }),
        },
        latency: duration(row.get(9)?),
    })
}

/// No row is no error.
pub(super) fn absent<T>(error: rusqlite::Error) -> rusqlite::Result<Option<T>> {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(None),
        error => Err(error),
    }
}

pub(super) fn instant(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(super) fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn duration(microseconds: i64) -> Duration {
    Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
}
