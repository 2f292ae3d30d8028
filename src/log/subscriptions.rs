//! Webhooks that were set up: written at once by whoever sets them up, server or not.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Row, Transaction, TransactionBehavior, params};

use super::row::{absent, instant, microseconds};
use super::{Log, LogError};
use crate::core::secret::Secret;
use crate::core::serve::selection::Selection;
use crate::core::serve::subscription::{Listed, Subscription};

/// How long a locked log is tried again, and what `SQLite` waits between two tries.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(1);
/// How long everything else waits for a lock: what `rusqlite` sets.
const USUAL: Duration = Duration::from_secs(5);

/// Webhooks that are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Of this provider.
    pub provider: Option<&'a str>,
    /// Of exactly this scope, as it is kept.
    pub scope: Option<&'a str>,
    /// With higher numbers than this.
    pub after: i64,
}

/// The query for webhooks, without its condition.
const LISTED: &str = "SELECT s.id, s.created, s.provider, s.scope, s.target, s.address, s.secret,
    s.content_type, s.events, s.active, s.max_retries, s.retry_interval, t.deliveries, t.failures,
    t.last FROM subscription s LEFT JOIN subscription_tally t ON t.subscription = s.id";

impl Log {
    /// Sets a webhook up and gives its number; none where its provider and scope have as many as they
    /// may have.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn subscribe(
        &self,
        new: &Subscription,
        most: Option<u32>,
        now: Timestamp,
    ) -> Result<Option<i64>, LogError> {
        self.change(|connection| {
            let there: u32 = connection
                .prepare_cached(
                    "SELECT count(*) FROM subscription WHERE provider = ?1 AND scope = ?2",
                )?
                .query_row([&new.provider, new.scope.as_str()], |row| row.get(0))?;
            if most.is_some_and(|most| there >= most) {
                return Ok(None);
            }
            connection
                .prepare_cached(
                    "INSERT INTO subscription (target, address, secret, content_type, events,
                        active, max_retries, retry_interval, created, provider, scope)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                )?
                .execute(params![
                    new.target.as_str(),
                    new.address,
                    new.secret.as_ref().map(Secret::expose),
                    new.content_type,
                    lines(&new.events),
                    new.active,
                    new.max_retries,
                    new.retry_interval.map(microseconds),
                    now.as_microsecond(),
                    new.provider,
                    new.scope.as_str(),
                ])?;
            Ok(Some(connection.last_insert_rowid()))
        })
    }

    /// Writes the settings of a webhook anew; whether it is there. Provider and scope stay.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn set_subscription(&self, own: &Subscription) -> Result<bool, LogError> {
        self.change(|connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE subscription SET target = ?1, address = ?2, secret = ?3,
                        content_type = ?4, events = ?5, active = ?6, max_retries = ?7,
                        retry_interval = ?8 WHERE id = ?9",
                )?
                .execute(params![
                    own.target.as_str(),
                    own.address,
                    own.secret.as_ref().map(Secret::expose),
                    own.content_type,
                    lines(&own.events),
                    own.active,
                    own.max_retries,
                    own.retry_interval.map(microseconds),
                    own.id,
                ])?;
            Ok(changed > 0)
        })
    }

    /// Removes a webhook with all that was still to be sent to it; whether it was there.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn unsubscribe(&self, id: i64) -> Result<bool, LogError> {
        self.change(|connection| {
            let removed = connection.execute("DELETE FROM subscription WHERE id = ?1", [id])?;
            Ok(removed > 0)
        })
    }

    /// The webhook of a number.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn subscription(&self, id: i64) -> Result<Option<Listed>, LogError> {
        let found = self
            .connection
            .prepare_cached(&format!("{LISTED} WHERE s.id = ?1"))?
            .query_row([id], listed)
            .map(Some)
            .or_else(absent)?;
        Ok(found)
    }

    /// Webhooks by number, at most so many.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn subscriptions(&self, wanted: Wanted<'_>, most: u32) -> Result<Vec<Listed>, LogError> {
        let found = self
            .connection
            .prepare_cached(&format!(
                "{LISTED} WHERE s.id > ?1 AND (?2 IS NULL OR s.provider = ?2)
                    AND (?3 IS NULL OR s.scope = ?3) ORDER BY s.id LIMIT ?4"
            ))?
            .query_map(
                params![wanted.after, wanted.provider, wanted.scope, most],
                listed,
            )?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found)
    }

    /// A number that is another as soon as any webhook is.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn revision(&self) -> Result<i64, LogError> {
        let read = self
            .connection
            .prepare_cached("SELECT revision FROM serving")?
            .query_row([], |row| row.get(0))?;
        Ok(read)
    }

    /// Writes in a transaction of its own. A log that is locked is tried again at once: who
    /// writes one group after another leaves it free for less.
    pub(super) fn change<T>(
        &self,
        write: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LogError> {
        let began = Instant::now();
        self.connection.busy_timeout(PAUSE)?;
        let opened = loop {
            match Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate) {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && began.elapsed() < PATIENCE => {}
                opened => break opened,
            }
        };
        self.connection.busy_timeout(USUAL)?;
        let transaction = opened?;
        let written = write(&transaction)?;
        transaction.commit()?;
        Ok(written)
    }
}

fn lines(events: &Selection) -> String {
    events.iter().collect::<Vec<_>>().join("\n")
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let (scope, target, events): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(8)?);
    let secret: Option<Vec<u8>> = row.get(6)?;
    let interval: Option<i64> = row.get(11)?;
    let last: Option<i64> = row.get(14)?;
    Ok(Listed {
        subscription: Subscription {
            id: row.get(0)?,
            provider: row.get(2)?,
            scope: parsed(3, scope.parse())?,
            target: parsed(4, target.parse())?,
            address: row.get(5)?,
            secret: secret.map(Secret::new),
            content_type: row.get(7)?,
            events: parsed(8, Selection::of(events.lines()))?,
            active: row.get(9)?,
            max_retries: row.get(10)?,
            retry_interval: interval.map(|own| Duration::from_micros(own.unsigned_abs())),
        },
        created: instant(row.get(1)?),
        deliveries: row.get::<_, Option<i64>>(12)?.unwrap_or(0),
        failures: row.get::<_, Option<i64>>(13)?.unwrap_or(0),
        last: last.map(instant),
    })
}

/// What somebody else wrote into the file may be anything.
fn parsed<T>(column: usize, read: Result<T, String>) -> rusqlite::Result<T> {
    read.map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}
