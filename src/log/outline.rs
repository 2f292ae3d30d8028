//! What lists, filters and statistics read of a delivery: its outline and its kind.

use rusqlite::{Connection, params};

use super::row::{absent, microseconds};
use crate::core::delivery::{Attempt, Delivery};

/// What deliveries are filtered by; few differ in all of it.
struct Kind<'a> {
    direction: &'a str,
    provider: Option<&'a str>,
    event: Option<&'a str>,
    verdict: Option<&'a str>,
    reason: Option<&'a str>,
    ending: Ending<'a>,
}

/// What came of a delivery: the answer given to it, and its last attempt.
#[derive(Clone, Copy, Default)]
struct Ending<'a> {
    answer: Option<u16>,
    /// The status that came back, or why none did.
    last: Option<(Option<u16>, Option<&'a str>)>,
}

impl Ending<'_> {
    /// Whether a status other than 2xx was answered or came back, or none came back at all.
    fn failed(self) -> bool {
        let is_success = |status: &u16| (200..=299).contains(status);
        let refused = self.answer.is_some_and(|status| !is_success(&status));
        let rejected = |(status, _): (Option<u16>, _)| !status.as_ref().is_some_and(is_success);
        refused || self.last.is_some_and(rejected)
    }
}

/// Writes the outline of a delivery that was just written.
pub(super) fn insert(
    connection: &Connection,
    id: i64,
    delivery: &Delivery,
    repeats: bool,
) -> rusqlite::Result<()> {
    let judgement = delivery.judgement.as_ref();
    let last = delivery.attempts.last();
    let failure = |own: &Attempt| own.result.as_ref().err().map(|own| own.kind.as_str());
    let kind = kind(
        connection,
        &Kind {
            direction: delivery.direction.as_str(),
            provider: delivery.provider.as_deref(),
            event: delivery.event.as_deref(),
            verdict: judgement.map(|own| own.verdict.as_str()),
            reason: judgement.and_then(|own| own.reason.as_deref()),
            ending: Ending {
                answer: delivery.answer.map(|own| own.status),
                last: last.map(|own| (own.status(), failure(own))),
            },
        },
    )?;
    let latency = delivery.answer.map(|own| own.latency);
    let latency = latency.or_else(|| last.map(|own| own.latency));
    connection
        .prepare_cached(
            "INSERT INTO outline (delivery, kind, at, size, repeats, latency)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id,
            kind,
            delivery.at.as_microsecond(),
            i64::try_from(delivery.message.body.len()).unwrap_or(i64::MAX),
            repeats,
            latency.map(microseconds),
        ])
        .map(|_| ())
}

/// Brings a delivery's outline up to date with its answer and its attempts.
pub(super) fn renew(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    let found = connection
        .prepare_cached(
            "SELECT d.direction, d.provider, d.event, d.verdict, d.reason, d.status, a.number,
                a.status, a.error_kind, coalesce(d.latency, a.latency)
             FROM delivery d LEFT JOIN attempt a ON a.delivery = d.id
             WHERE d.id = ?1 ORDER BY a.number DESC LIMIT 1",
        )?
        .query_row([id], |row| {
            let text = |at: usize| row.get::<_, Option<String>>(at);
            let (provider, event, verdict) = (text(1)?, text(2)?, text(3)?);
            let (reason, error) = (text(4)?, text(8)?);
            let direction: String = row.get(0)?;
            let number: Option<u32> = row.get(6)?;
            let status = row.get(7)?;
            let kind = kind(
                connection,
                &Kind {
                    direction: &direction,
                    provider: provider.as_deref(),
                    event: event.as_deref(),
                    verdict: verdict.as_deref(),
                    reason: reason.as_deref(),
                    ending: Ending {
                        answer: row.get(5)?,
                        last: number.map(|_| (status, error.as_deref())),
                    },
                },
            )?;
            Ok((kind, row.get::<_, Option<i64>>(9)?))
        })
        .map(Some)
        .or_else(absent)?;
    let Some((kind, latency)) = found else {
        return Ok(());
    };
    connection
        .prepare_cached("UPDATE outline SET kind = ?2, latency = ?3 WHERE delivery = ?1")?
        .execute(params![id, kind, latency])
        .map(|_| ())
}

/// The number of a kind, which is written where it is new.
fn kind(connection: &Connection, kind: &Kind<'_>) -> rusqlite::Result<i64> {
    let ending = kind.ending;
    let last = ending.last.unwrap_or_default();
    let values = params![
        kind.event,
        kind.provider,
        ending.answer.or(last.0),
        kind.direction,
        kind.verdict,
        kind.reason,
        last.1,
        ending.failed(),
    ];
    let known = connection
        .prepare_cached(
            "SELECT id FROM kind WHERE event IS ?1 AND provider IS ?2 AND status IS ?3
                AND direction IS ?4 AND verdict IS ?5 AND reason IS ?6 AND error IS ?7
                AND failed IS ?8",
        )?
        .query_row(values, |row| row.get(0))
        .map(Some)
        .or_else(absent)?;
    if let Some(id) = known {
        return Ok(id);
    }
    connection
        .prepare_cached(
            "INSERT INTO kind (event, provider, status, direction, verdict, reason, error, failed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(values)?;
    Ok(connection.last_insert_rowid())
}
