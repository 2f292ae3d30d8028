//! Between rows and deliveries.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, params};
use sha2::{Digest, Sha256};

use super::outline;
use crate::core::attempts::{Latest, first_bits, repeats};
use crate::core::delivery::{
    Answer, Attempt, Delivery, Direction, Duplicate, Failure, FailureKind, Judgement, Previous,
    Reply,
};
use crate::core::message::{Headers, Message};

/// Every column a delivery is read from, in the order [`read`] takes them.
macro_rules! columns {
    ($headers:literal, $body:literal) => {
        concat!(
            "d.id, d.direction, d.at, d.provider, d.event, d.delivery_id, d.verdict, d.reason, \
             d.detail, d.secret_index, d.coverage, d.method, d.target, ",
            $headers,
            ", ",
            $body,
            ", d.duplicate_of, d.replay_of, d.status, \
             coalesce((SELECT o.latency FROM outline o WHERE o.delivery = d.id), d.latency), \
             (SELECT e.at FROM delivery e WHERE e.id = d.duplicate_of), d.detected_by, d.attempt, \
             d.previous, (SELECT e.at FROM delivery e WHERE e.id = d.previous), d.body_differs, \
             d.signature_renewed"
        )
    };
}

/// The columns of a whole delivery.
pub(super) const COLUMNS: &str = columns!("d.headers", "d.body");

/// The columns of a delivery without headers and body.
pub(super) const HEAD: &str = columns!("x''", "x''");

/// Writes a delivery; gives its number and the earlier delivery it repeats. `signature` marks what its
/// sender signed it with.
pub(super) fn insert(
    connection: &Connection,
    delivery: &Delivery,
    signature: Option<i64>,
) -> rusqlite::Result<(i64, Option<Duplicate>)> {
    let judgement = delivery.judgement.as_ref();
    let invalid = judgement.is_some_and(|own| own.verdict == "invalid");
    let same = same(delivery, invalid);
    // Without an id and without a body, every request looks like every other.
    let telling = delivery.delivery_id.is_some() || !delivery.message.body.is_empty();
    let duplicate = if delivery.direction == Direction::Sent || !telling {
        None
    } else {
        let mut known = Vec::from_iter(latest(connection, same, delivery)?);
        if invalid {
            // What anybody can forge may repeat a real delivery, never the other way round.
            known.extend(latest(connection, self::same(delivery, false), delivery)?);
        }
        repeats(signature, &known)
    };
    connection
        .prepare_cached(
            "INSERT INTO delivery (direction, at, provider, event, delivery_id, verdict, reason,
                detail, secret_index, coverage, method, target, headers, body, same, duplicate_of,
                replay_of, status, latency, detected_by, attempt, previous, body_differs,
                signature_renewed, signature)
             VALUES (:direction, :at, :provider, :event, :delivery_id, :verdict, :reason,
                :detail, :secret_index, :coverage, :method, :target, :headers, :body, :same,
                :duplicate_of, :replay_of, :status, :latency, :detected_by, :attempt, :previous,
                :body_differs, :signature_renewed, :signature)",
        )?
        .execute(named_params! {
            ":direction": delivery.direction.as_str(),
            ":at": delivery.at.as_microsecond(),
            ":provider": delivery.provider,
            ":event": delivery.event,
            ":delivery_id": delivery.delivery_id,
            ":verdict": judgement.map(|own| own.verdict.as_str()),
            ":reason": judgement.and_then(|own| own.reason.as_deref()),
            ":detail": judgement.and_then(|own| own.detail.as_deref()),
            ":secret_index": judgement.and_then(|own| own.secret_index),
            ":coverage": judgement.and_then(|own| own.coverage.as_deref()),
            ":detected_by": judgement.and_then(|own| own.detected_by.as_deref()),
            ":method": delivery.message.method,
            ":target": delivery.message.target,
            ":headers": delivery.message.headers.to_lines(),
            ":body": &delivery.message.body[..],
            ":same": same,
            ":duplicate_of": duplicate.map(|own| own.id),
            ":attempt": duplicate.map(|own| own.attempt),
            ":previous": duplicate.and_then(|own| own.previous).map(|own| own.id),
            ":body_differs": duplicate.and_then(|own| own.body_differs),
            ":signature_renewed": duplicate.and_then(|own| own.signature_renewed),
            ":signature": signature,
            ":replay_of": delivery.replay_of,
            ":status": delivery.answer.map(|answer| answer.status),
            ":latency": delivery.answer.map(|answer| microseconds(answer.latency)),
        })?;
    let id = connection.last_insert_rowid();
    for attempt in &delivery.attempts {
        insert_attempt(connection, id, attempt)?;
    }
    outline::insert(connection, id, delivery, duplicate.is_some())?;
    Ok((id, duplicate))
}

/// Writes one attempt of a delivery.
pub(super) fn insert_attempt(
    connection: &Connection,
    delivery: i64,
    attempt: &Attempt,
) -> rusqlite::Result<()> {
    let (reply, failure) = match &attempt.result {
        Ok(reply) => (Some(reply), None),
        Err(failure) => (None, Some(failure)),
    };
    connection
        .prepare_cached(
            "INSERT INTO attempt (delivery, number, at, url, status, headers, body, error_kind,
                error, latency, truncated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            delivery,
            attempt.number,
            attempt.at.as_microsecond(),
            attempt.url,
            reply.map(|own| own.status),
            reply.map(|own| own.headers.to_lines()),
            reply.map(|own| own.body.to_vec()),
            failure.map(|own| own.kind.as_str()),
            failure.map(|own| own.message.as_str()),
            microseconds(attempt.latency),
            reply.is_some_and(|own| own.truncated),
        ])
        .map(|_| ())
}

/// Writes what was answered after the delivery was written.
pub(super) fn set_answer(
    connection: &Connection,
    delivery: i64,
    answer: Answer,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE delivery SET status = ?2, latency = ?3 WHERE id = ?1")?
        .execute(params![
            delivery,
            answer.status,
            microseconds(answer.latency)
        ])?;
    outline::renew(connection, delivery)
}

/// Writes how long answers took that are written already.
pub(super) fn set_latencies(
    connection: &Connection,
    latencies: &[(i64, Duration)],
) -> rusqlite::Result<()> {
    let mut update =
        connection.prepare_cached("UPDATE outline SET latency = ?2 WHERE delivery = ?1")?;
    for (delivery, latency) in latencies {
        update.execute(params![delivery, microseconds(*latency)])?;
    }
    Ok(())
}

/// Reads a delivery, without its attempts, from a row of [`COLUMNS`] or [`HEAD`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let direction: String = row.get(1)?;
    let headers: Vec<u8> = row.get(13)?;
    let body: Vec<u8> = row.get(14)?;
    let status: Option<u16> = row.get(17)?;
    let latency: Option<i64> = row.get(18)?;
    // An earlier delivery that was pruned leaves its number without its time.
    let earlier = |id: usize, at: usize| -> rusqlite::Result<Option<Previous>> {
        let (id, at): (Option<i64>, Option<i64>) = (row.get(id)?, row.get(at)?);
        let at = at.map(instant);
        Ok(id.zip(at).map(|(id, at)| Previous { id, at }))
    };
    let duplicate_of = match earlier(15, 19)? {
        Some(Previous { id, at }) => Some(Duplicate {
            id,
            at,
            attempt: row.get::<_, Option<u32>>(21)?.unwrap_or(2),
            previous: earlier(22, 23)?,
            body_differs: row.get(24)?,
            signature_renewed: row.get(25)?,
        }),
        None => None,
    };
    Ok(Delivery {
        id: row.get(0)?,
        direction: if direction == "sent" {
            Direction::Sent
        } else {
            Direction::Received
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
                    detected_by: row.get(20)?,
                })
            })
            .transpose()?,
        message: Message {
            method: row.get(11)?,
            target: row.get(12)?,
            headers: Headers::from_lines(&headers),
            body: body.into(),
        },
        duplicate_of,
        replay_of: row.get(16)?,
        answer: status.map(|status| Answer {
            status,
            latency: duration(latency.unwrap_or(0)),
        }),
        attempts: Vec::new(),
    })
}

/// Reads the attempts of a delivery, in order; with headers and bodies of the answers where `whole`.
pub(super) fn attempts(
    connection: &Connection,
    delivery: i64,
    whole: bool,
) -> rusqlite::Result<Vec<Attempt>> {
    let answer = if whole { "headers, body" } else { "NULL, NULL" };
    connection
        .prepare_cached(&format!(
            "SELECT number, at, url, status, {answer}, error_kind, error, latency, truncated
             FROM attempt WHERE delivery = ?1 ORDER BY number",
        ))?
        .query_map([delivery], |row| {
            let status: Option<u16> = row.get(3)?;
            let headers: Option<Vec<u8>> = row.get(4)?;
            let body: Option<Vec<u8>> = row.get(5)?;
            let kind: Option<String> = row.get(6)?;
            let message: Option<String> = row.get(7)?;
            Ok(Attempt {
                number: row.get(0)?,
                at: instant(row.get(1)?),
                url: row.get(2)?,
                result: match status {
                    Some(status) => Ok(Reply {
                        status,
                        headers: Headers::from_lines(&headers.unwrap_or_default()),
                        body: body.unwrap_or_default().into(),
                        truncated: row.get(9)?,
                    }),
                    None => Err(Failure {
                        kind: FailureKind::from_word(&kind.unwrap_or_default()),
                        message: message.unwrap_or_default(),
                    }),
                },
                latency: duration(row.get(8)?),
            })
        })?
        .collect()
}

/// The latest delivery received with this in common. Bodies are compared where an id, and not the
/// body itself, is what they have in common.
fn latest(connection: &Connection, same: i64, next: &Delivery) -> rusqlite::Result<Option<Latest>> {
    let body = next.delivery_id.as_ref().map(|_| &next.message.body[..]);
    connection
        .prepare_cached(
            "SELECT id, at, duplicate_of,
                (SELECT e.at FROM delivery e WHERE e.id = d.duplicate_of), attempt, signature,
                CASE WHEN ?2 IS NULL THEN 0 ELSE body <> ?2 END
             FROM delivery d WHERE same = ?1 AND direction = 'received' ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![same, body], |row| {
            let own = Previous {
                id: row.get(0)?,
                at: instant(row.get(1)?),
            };
            let first: (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
            Ok(Latest {
                own,
                // Without the first, which was pruned, those after it begin anew.
                first: match first {
                    (Some(id), Some(at)) => Previous {
                        id,
                        at: instant(at),
                    },
                    _ => own,
                },
                attempt: row.get::<_, Option<u32>>(4)?.unwrap_or(1),
                signature: row.get(5)?,
                body_differs: row.get(6)?,
            })
        })
        .map(Some)
        .or_else(absent)
}

/// What repeats have in common, as 64 bits of a hash. Invalid deliveries have a hash of their own
/// kind, so that however many are forged, the real ones are found among themselves at once.
fn same(delivery: &Delivery, invalid: bool) -> i64 {
    let message = &delivery.message;
    let mut hash = Sha256::new();
    hash.update(delivery.provider.as_deref().unwrap_or_default());
    if let Some(id) = &delivery.delivery_id {
        hash.update([0, 1]);
        hash.update(id);
    } else {
        hash.update([0, 2]);
        for text in [&message.method, &message.target] {
            hash.update(text);
            hash.update([0]);
        }
        hash.update(&message.body);
    }
    let bits = first_bits(&hash.finalize().into());
    if invalid { !bits } else { bits }
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
