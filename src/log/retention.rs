//! How much a log keeps: what is beyond goes, the oldest first.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode, params};

use super::{Log, LogError, content};

/// What is deleted in one transaction at most, so that no delivery waits long for it.
const STEP: u32 = 512;

/// The part of what may be kept that is left free.
const SPARE: i64 = 64;

/// How long and how much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days, from when a delivery was recorded to when the newest was; for ever where there is none. Not
    /// to today: a log that nothing was written to for a while stays as it was.
    pub days: Option<u32>,
    /// How large the file may become in bytes, of which a part stays free; any size where there is none.
    pub bytes: Option<i64>,
}

impl Default for Retention {
    /// 90 days, 2 GiB.
    fn default() -> Self {
        Self {
            days: Some(90),
            bytes: Some(2 << 30),
        }
    }
}

impl Retention {
    /// Deletes some of what is beyond, in a transaction of its own; whether there may be more.
    pub(super) fn step(self, connection: &Connection) -> rusqlite::Result<bool> {
        let Some(last) = self.last_beyond(connection, STEP)? else {
            return Ok(false);
        };
        connection
            .prepare_cached("DELETE FROM delivery WHERE id <= ?1")?
            .execute([last])?;
        Ok(true)
    }

    /// The last of the oldest deliveries that are beyond: of so many that are looked at. The newest of
    /// all is never one.
    fn last_beyond(self, connection: &Connection, most: u32) -> rusqlite::Result<Option<i64>> {
        let used = used(connection)?;
        // A part is left for what comes before the next look: the file itself is to be no larger.
        if let Some(bytes) = self.bytes.map(|own| own - own / SPARE)
            && used > bytes
        {
            // As many as take up what is too much, if all are as large as the others. The least and the
            // greatest number are asked for apart: together they are looked for among all.
            return connection
                .prepare_cached(
                    "SELECT max(id) FROM (SELECT id FROM delivery ORDER BY id LIMIT min(?1, 1 + ?2 * (
                        (SELECT max(id) FROM delivery) - (SELECT min(id) FROM delivery) + 1) / ?3))
                     WHERE id < (SELECT max(id) FROM delivery)",
                )?
                .query_row(params![most, used - bytes, used], |row| row.get(0));
        }
        let Some(days) = self.days else {
            return Ok(None);
        };
        let span = i64::from(days).saturating_mul(86_400_000_000);
        // Up to the first that is young enough.
        let mut statement = connection.prepare_cached(
            "SELECT id, coalesce(recorded, at) + ?2 < (
                SELECT coalesce(recorded, at) FROM delivery ORDER BY id DESC LIMIT 1)
             FROM delivery ORDER BY id LIMIT ?1",
        )?;
        let mut rows = statement.query(params![most, span])?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            if !row.get::<_, bool>(1)? {
                break;
            }
            last = Some(row.get(0)?);
        }
        Ok(last)
    }
}

/// The bytes of the file that are in use.
fn used(connection: &Connection) -> rusqlite::Result<i64> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
}

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Deliveries.
    pub deliveries: usize,
    /// The bytes of the file before and after.
    pub bytes: (i64, i64),
}

impl Log {
    /// Deletes the deliveries with these numbers, and gives the room they took back to the disk.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn prune(&self, numbers: &[i64]) -> Result<Pruned, LogError> {
        let size = || -> Result<i64, LogError> {
            let pragma = |name: &str| {
                let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
                self.connection.pragma_query_value(None, name, read)
            };
            Ok(pragma("page_count")? * pragma("page_size")?)
        };
        let before = size()?;
        let mut deliveries = 0;
        // In steps, so that a receiver that writes meanwhile need not wait for all of it.
        for some in numbers.chunks(usize::try_from(STEP).unwrap_or(1)) {
            let transaction = self.connection.unchecked_transaction()?;
            let mut frames = BTreeSet::new();
            for number in some {
                frames.extend(content::frame(&transaction, *number)?);
            }
            let mut delete = transaction.prepare_cached("DELETE FROM delivery WHERE id = ?1")?;
            for number in some {
                deliveries += delete.execute([number])?;
            }
            drop(delete);
            content::tidy(&transaction, frames)?;
            transaction.commit()?;
        }
        if deliveries > 0 {
            match self.connection.execute_batch("VACUUM") {
                // While another writes to it, the file keeps its size, and the room is used again.
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
                result => result?,
            }
        }
        Ok(Pruned {
            deliveries,
            bytes: (before, size()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Delivery, Direction};
    use crate::core::message::{Headers, Message};
    use crate::log::Filter;

    const DAY: i64 = 86_400;

    fn delivery(second: i64, bytes: usize) -> Delivery {
        // Nothing that could be compressed.
        let mut state = u32::try_from(second).unwrap_or(1) | 1;
        let body: Vec<u8> = (0..bytes)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state.to_le_bytes()[0]
            })
            .collect();
        Delivery::new(
            Direction::Received,
            jiff::Timestamp::from_second(second).expect("in range"),
            Message::post(Headers::new(), body),
        )
    }

    fn log(deliveries: impl Iterator<Item = Delivery>) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        for delivery in deliveries {
            let pending = writer.delivery(delivery).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
        drop(writer);
        (folder, log)
    }

    fn settle(log: &Log, retention: Retention) -> Vec<i64> {
        while retention.step(&log.connection).expect("deletes") {}
        log.numbers(&Filter::default()).expect("lists")
    }

    #[test]
    fn what_is_too_old_goes() {
        let days = [0, 1, 50, 2, 100, 120];
        let (_folder, log) = log(days.into_iter().map(|day| delivery(day * DAY, 1)));
        let days = Some(1);
        // What happened long ago and was recorded just now is not old.
        assert_eq!(settle(&log, Retention { days, bytes: None }).len(), 6);
        log.connection
            .execute_batch("UPDATE delivery SET recorded = NULL")
            .expect("updates");
        let retention = |days| Retention { days, bytes: None };
        assert_eq!(settle(&log, retention(None)), [1, 2, 3, 4, 5, 6]);
        assert_eq!(settle(&log, retention(Some(121))), [1, 2, 3, 4, 5, 6]);
        assert_eq!(settle(&log, retention(Some(90))), [3, 4, 5, 6]);
        assert_eq!(settle(&log, retention(Some(20))), [5, 6]);
        assert_eq!(settle(&log, retention(Some(0))), [6]);
    }

    #[test]
    fn what_is_too_much_goes() {
        let (_folder, log) = log((0..700).map(|second| delivery(second, 4000)));
        let bytes = Some(1_500_000);
        let retention = Retention { days: None, bytes };
        let left = settle(&log, retention);
        assert!((100..400).contains(&left.len()), "{}", left.len());
        assert_eq!(left.last(), Some(&700));
        assert!(used(&log.connection).is_ok_and(|used| used <= 1_500_000));
        // The newest stays, however little may be kept.
        let nothing = Retention {
            days: None,
            bytes: Some(0),
        };
        assert_eq!(settle(&log, nothing), [700]);
    }

    #[test]
    fn pruning_gives_the_room_back() {
        let (_folder, log) = log((0..300).map(|second| delivery(second, 4000)));
        let numbers: Vec<i64> = (1..=290).collect();
        let pruned = log.prune(&numbers).expect("prunes");
        assert_eq!(pruned.deliveries, 290);
        assert!(pruned.bytes.1 * 5 < pruned.bytes.0, "{pruned:?}");
        assert_eq!(log.prune(&numbers).map(|own| own.deliveries), Ok(0));
        assert_eq!(log.numbers(&Filter::default()).map(|own| own.len()), Ok(10));
    }
}
