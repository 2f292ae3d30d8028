//! Between rows and deliveries.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, params};
use sha2::{Digest, Sha256};

use crate::core::delivery::{
    Answer, Attempt, Delivery, Direction, Duplicate, Failure, FailureKind, Judgement, Reply,
};
use crate::core::message::{Headers, Message};

/// Every column a delivery is read from, in the order [`read`] takes them.
pub(super) const COLUMNS: &str = "d.id, d.direction, d.at, d.provider, d.event, d.delivery_id, \
     d.verdict, d.reason, d.detail, d.secret_index, d.coverage, d.method, d.target, d.headers, \
     d.body, d.duplicate_of, d.replay_of, d.status, \
     coalesce((SELECT a.latency FROM answer a WHERE a.delivery = d.id), d.latency), \
     (SELECT e.at FROM delivery e WHERE e.id = d.duplicate_of), d.detected_by";

/// Writes a delivery; gives its number and the earlier delivery it repeats.
pub(super) fn insert(
    connection: &Connection,
    delivery: &Delivery,
) -> rusqlite::Result<(i64, Option<Duplicate>)> {
    let judgement = delivery.judgement.as_ref();
    let invalid = judgement.is_some_and(|own| own.verdict == "invalid");
    let same = same(delivery, invalid);
    // Without an id and without a body, every request looks like every other.
    let telling = delivery.delivery_id.is_some() || !delivery.message.body.is_empty();
    let duplicate = if delivery.direction == Direction::Sent || !telling {
        None
    } else if invalid {
        // What anybody can forge may repeat a real delivery, never the other way round.
        let real = earliest(connection, self::same(delivery, false))?;
        let forged = earliest(connection, same)?;
        real.into_iter().chain(forged).min_by_key(|own| own.id)
    } else {
        earliest(connection, same)?
    };
    connection
        .prepare_cached(
            "INSERT INTO delivery (direction, at, provider, event, delivery_id, verdict, reason,
                detail, secret_index, coverage, method, target, headers, body, same, duplicate_of,
                replay_of, status, latency, detected_by)
             VALUES (:direction, :at, :provider, :event, :delivery_id, :verdict, :reason,
                :detail, :secret_index, :coverage, :method, :target, :headers, :body, :same,
                :duplicate_of, :replay_of, :status, :latency, :detected_by)",
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
            ":replay_of": delivery.replay_of,
            ":status": delivery.answer.map(|answer| answer.status),
            ":latency": delivery.answer.map(|answer| microseconds(answer.latency)),
        })?;
    let id = connection.last_insert_rowid();
    for attempt in &delivery.attempts {
        insert_attempt(connection, id, attempt)?;
    }
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
        ])
        .map(|_| ())
}

/// Writes how long answers took that are written already.
pub(super) fn set_latencies(
    connection: &Connection,
    latencies: &[(i64, Duration)],
) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT OR REPLACE INTO answer (delivery, latency) VALUES (?1, ?2)")?;
    for (delivery, latency) in latencies {
        insert.execute(params![delivery, microseconds(*latency)])?;
    }
    Ok(())
}

/// Reads a delivery, without its attempts, from a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let direction: String = row.get(1)?;
    let headers: Vec<u8> = row.get(13)?;
    let body: Vec<u8> = row.get(14)?;
    let status: Option<u16> = row.get(17)?;
    let latency: Option<i64> = row.get(18)?;
    let duplicate_of: Option<i64> = row.get(15)?;
    // An earlier delivery that was pruned leaves its number without its time.
    let duplicate_at: Option<i64> = row.get(19)?;
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
        duplicate_of: duplicate_of.zip(duplicate_at).map(|(id, at)| Duplicate {
            id,
            at: instant(at),
        }),
        replay_of: row.get(16)?,
        answer: status.map(|status| Answer {
            status,
            latency: duration(latency.unwrap_or(0)),
        }),
        attempts: Vec::new(),
    })
}

/// Reads the attempts of a delivery, in order.
pub(super) fn attempts(connection: &Connection, delivery: i64) -> rusqlite::Result<Vec<Attempt>> {
    connection
        .prepare_cached(
            "SELECT number, at, url, status, headers, body, error_kind, error, latency,
                truncated
             FROM attempt WHERE delivery = ?1 ORDER BY number",
        )?
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

/// The first delivery received with this in common.
fn earliest(connection: &Connection, same: i64) -> rusqlite::Result<Option<Duplicate>> {
    connection
        .prepare_cached(
            "SELECT id, at FROM delivery WHERE same = ?1 AND direction = 'received'
             ORDER BY id LIMIT 1",
        )?
        .query_row([same], |row| {
            Ok(Duplicate {
                id: row.get(0)?,
                at: instant(row.get(1)?),
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
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let bits = i64::from_le_bytes(first);
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

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn duration(microseconds: i64) -> Duration {
    Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
}
