//! What happened and is to be sent: events, and each one's way to each webhook.
//!
//! Every step is one write: the event; the dispatches of a batch of webhooks with how far the fan-out is;
//! an attempt in the log with what follows it. Whoever dies between two of them leaves the earlier state,
//! from which the next goes on: at worst, what was sent but not written is sent once more, with the id it
//! had.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::row::{self, Beside, Inserts, Memory, microseconds};
use super::seen::Marks;
use crate::core::delivery::Delivery;
use crate::core::serve::dispatch::Standing;
use crate::core::serve::scope::Scope;

/// How many of the oldest dispatches are looked at, of which those go that ended long ago.
const STEP: u32 = 512;

/// Something that happened at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// When.
    pub at: Timestamp,
    /// The provider's id.
    pub provider: String,
    /// The event's name as the provider writes it.
    pub event: String,
    /// Of which repository.
    pub scope: Scope,
    /// The body, as it is posted.
    pub payload: Bytes,
}

/// An event that is not fanned out to all its webhooks yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub id: i64,
    /// The event.
    pub occurrence: Occurrence,
    /// It is for webhooks above this number,
    pub after: i64,
    /// and up to this one.
    pub horizon: i64,
}

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub id: i64,
    /// The event's number.
    pub event: i64,
    /// The id it has on the wire, the same over all attempts.
    pub delivery_id: String,
    /// Attempts on its schedule so far.
    pub tries: u32,
    /// Attempts so far.
    pub attempts: u32,
    /// Where the log has them.
    pub delivery: Option<i64>,
}

impl Due {
    /// A delivery nothing was done for yet.
    #[must_use]
    pub fn first(id: i64, event: i64, delivery_id: String) -> Self {
        Self {
            id,
            event,
            delivery_id,
            tries: 0,
            attempts: 0,
            delivery: None,
        }
    }
}

/// A change of the queue, for [`Writer::change`](super::Writer::change).
#[derive(Clone, Debug)]
pub enum Change {
    /// Something happened. The receipt has its number.
    Happened(Occurrence),
    /// An event is on its way to these webhooks, each with the delivery's id. The receipt has the number
    /// of the first dispatch, the others following it; 0 where a webhook was not there any more.
    FannedOut {
        /// The event's number.
        event: i64,
        /// Webhooks and ids.
        to: Arc<[(i64, String)]>,
        /// The webhook to go on after; none where that was all.
        cursor: Option<i64>,
        /// When these are due.
        due: Timestamp,
    },
    /// An attempt was made. The receipt has the number the log gave the delivery.
    Attempted(Arc<Attempted>),
    /// What ended before this is of no interest any more, some of it. The receipt has how much went.
    Expired(Timestamp),
}

/// An attempt, and what follows it.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// What was due.
    pub due: Due,
    /// The webhook's number.
    pub subscription: i64,
    /// The request, with this attempt.
    pub delivery: Delivery,
    /// What follows.
    pub standing: Standing,
}

/// Writes a change in the transaction there is.
pub(super) fn apply(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    memory: &mut Memory,
    change: &Change,
    now: i64,
) -> rusqlite::Result<i64> {
    match change {
        Change::Happened(occurrence) => insert_event(connection, occurrence),
        Change::FannedOut {
            event,
            to,
            cursor,
            due,
        } => fan_out(connection, *event, to, *cursor, *due),
        Change::Attempted(attempted) => set_attempt(connection, inserts, memory, attempted, now),
        Change::Expired(before) => expire(connection, *before),
    }
}

pub(super) fn insert_event(connection: &Connection, own: &Occurrence) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO event (at, provider, type, scope, payload, cursor, horizon)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, (SELECT coalesce(max(id), 0) FROM subscription))",
        )?
        .execute(params![
            own.at.as_microsecond(),
            own.provider,
            own.event,
            own.scope.as_str(),
            &own.payload[..],
        ])?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn fan_out(
    connection: &Connection,
    event: i64,
    to: &[(i64, String)],
    cursor: Option<i64>,
    due: Timestamp,
) -> rusqlite::Result<i64> {
    // A webhook may have gone since it was read.
    let mut insert = connection.prepare_cached(
        "INSERT INTO dispatch (event, subscription, delivery_id, state, due)
         SELECT ?1, id, ?3, 'pending', ?4 FROM subscription WHERE id = ?2",
    )?;
    let mut made = 0;
    for (subscription, id) in to {
        made += insert.execute(params![event, subscription, id, due.as_microsecond()])?;
    }
    let last = connection.last_insert_rowid();
    connection
        .prepare_cached("UPDATE event SET cursor = ?2 WHERE id = ?1")?
        .execute(params![event, cursor])?;
    let made = i64::try_from(made).unwrap_or(0);
    let is_whole = usize::try_from(made) == Ok(to.len()) && made > 0;
    Ok(if is_whole { last - made + 1 } else { 0 })
}

fn set_attempt(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    memory: &mut Memory,
    own: &Attempted,
    now: i64,
) -> rusqlite::Result<i64> {
    let attempt = own.delivery.attempts.last();
    // The log keeps what it keeps: what it let go of is written anew.
    let is_there = |id: &i64| -> rusqlite::Result<bool> {
        connection
            .prepare_cached("SELECT 1 FROM delivery WHERE id = ?1")?
            .exists([id])
    };
    let known = match own.due.delivery {
        Some(id) if is_there(&id)? => Some(id),
        _ => None,
    };
    let delivery = if let Some(id) = known {
        if let Some(attempt) = attempt {
            row::insert_attempt(connection, inserts, memory, (id, attempt))?;
        }
        id
    } else {
        let beside = Beside {
            marks: Marks::default(),
            now,
            ..Beside::default()
        };
        row::insert(connection, inserts, memory, &own.delivery, beside)?.0
    };
    let (state, due) = match own.standing {
        Standing::Pending(due) => ("pending", Some(due.as_microsecond())),
        Standing::Delivered => ("delivered", None),
        Standing::Failed => ("failed", None),
    };
    let failure = attempt.and_then(|own| own.result.as_ref().err());
    let at = attempt.map(|own| own.at.as_microsecond());
    connection
        .prepare_cached(
            "UPDATE dispatch SET state = ?2, due = ?3, tries = ?4, attempts = ?5, attempted = ?6,
                status = ?7, error = ?8, latency = ?9, delivery = ?10 WHERE id = ?1",
        )?
        .execute(params![
            own.due.id,
            state,
            due,
            own.due.tries.saturating_add(1),
            own.due.attempts.saturating_add(1),
            at,
            attempt.and_then(crate::core::delivery::Attempt::status),
            failure.map(|own| own.kind.as_str()),
            attempt.map(|own| microseconds(own.latency)),
            delivery,
        ])?;
    connection
        .prepare_cached(
            "UPDATE subscription_tally SET deliveries = deliveries + ?2, failures = failures + ?3,
                last = ?4 WHERE subscription = ?1",
        )?
        .execute(params![
            own.subscription,
            own.due.attempts == 0,
            own.standing == Standing::Failed,
            at,
        ])?;
    Ok(delivery)
}

/// Deletes, of the oldest, what ended before this, and the events of which nothing is left.
fn expire(connection: &Connection, before: Timestamp) -> rusqlite::Result<i64> {
    let before = before.as_microsecond();
    let gone = connection
        .prepare_cached(
            "DELETE FROM dispatch WHERE due IS NULL AND attempted < ?1
                AND id IN (SELECT id FROM dispatch ORDER BY id LIMIT ?2)",
        )?
        .execute(params![before, STEP])?;
    // Dispatches are made in the order of their events.
    let events = connection
        .prepare_cached(
            "DELETE FROM event WHERE cursor IS NULL AND at < ?1
                AND id IN (SELECT id FROM event ORDER BY id LIMIT ?2)
                AND id < coalesce((SELECT event FROM dispatch ORDER BY id LIMIT 1), id + 1)",
        )?
        .execute(params![before, STEP])?;
    Ok(i64::try_from(gone + events).unwrap_or(i64::MAX))
}
