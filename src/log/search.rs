//! Which deliveries hold a text: those of a block of numbers are ruled out together by its sieve.
//!
//! Sieves are made of blocks that are complete, in the writer's idle time or by who searches first; what
//! has none yet is looked into one by one.

use std::collections::HashSet;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::content::{Unpacker, frame_columns, frame_of};
use super::{Log, LogError, row};
use crate::core::sieve::{self, Sieve};

/// How many numbers share a sieve; the migration's trigger has it too.
const BLOCK: i64 = 256;
/// How many sieves are written at once: a receiver that writes meanwhile waits for no more.
const BATCH: usize = 16;
/// What header lines take up, mostly.
const HEADERS: i64 = 400;

/// Makes the sieve of the block after those that have one; whether there was such a block.
pub(super) fn step(connection: &Connection, unpacker: &Unpacker) -> rusqlite::Result<bool> {
    let next = connection
        .prepare_cached("SELECT max(block) + 1 FROM sieve")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))?;
    let (first, end) = blocks(connection)?;
    let next = next.unwrap_or(first).max(first);
    if next >= end {
        return Ok(false);
    }
    let bits = made(connection, unpacker, next)?;
    write(connection, next, &bits)?;
    Ok(true)
}

/// The first block with a delivery, and the first after it that is not complete.
fn blocks(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection
        .prepare_cached(
            "SELECT coalesce((SELECT min(id) FROM delivery), 0) / ?1,
                (coalesce((SELECT max(id) FROM delivery), -1) + 1) / ?1",
        )?
        .query_row([BLOCK], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The bits of a block's sieve.
fn made(connection: &Connection, unpacker: &Unpacker, block: i64) -> rusqlite::Result<Vec<u8>> {
    let (from, to) = (block * BLOCK, block * BLOCK + BLOCK - 1);
    let bytes: i64 = connection
        .prepare_cached(
            "SELECT coalesce(sum(size + ?3), 0) FROM delivery WHERE id BETWEEN ?1 AND ?2",
        )?
        .query_row([from, to, HEADERS], |row| row.get(0))?;
    let mut sieve = Sieve::with_room(usize::try_from(bytes).unwrap_or(0));
    let mut statement = connection.prepare_cached(concat!(
        "SELECT d.id, d.target, d.delivery_id, ",
        frame_columns!(),
        " FROM delivery d JOIN ",
        frame_of!(),
        " WHERE d.id BETWEEN ?1 AND ?2"
    ))?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        sieve.add(&unpacker.content(connection, row, (row.get(0)?, 3))?.0);
        for text in [1, 2] {
            let text = row.get_ref(text)?.as_bytes_or_null();
            sieve.add(text.ok().flatten().unwrap_or_default());
        }
    }
    Ok(sieve.into_bits())
}

fn write(connection: &Connection, block: i64, bits: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO sieve (block, bits) VALUES (?1, ?2)")?
        .execute(params![block, bits])?;
    Ok(())
}

impl Log {
    /// Makes the sieves that are still to make, and tells how many of how many there are after each few.
    /// Where the log cannot be written, or not now, the search is as good and takes longer.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn make_sieves(&self, mut tell: impl FnMut(usize, usize)) -> Result<(), LogError> {
        let connection = &self.connection;
        if connection.is_readonly(rusqlite::MAIN_DB)? {
            return Ok(());
        }
        let there: HashSet<i64> = connection
            .prepare_cached("SELECT block FROM sieve")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let (first, end) = blocks(connection)?;
        let missing: Vec<i64> = (first..end).filter(|own| !there.contains(own)).collect();
        for (at, batch) in missing.chunks(BATCH).enumerate() {
            tell(at * BATCH, missing.len());
            // Read first and written after: a transaction that reads cannot begin to write once another
            // process wrote.
            let made = |block: &i64| Ok((*block, made(connection, &self.unpacker, *block)?));
            let sieves: Vec<_> = batch.iter().map(made).collect::<rusqlite::Result<_>>()?;
            let written = || -> rusqlite::Result<()> {
                let transaction =
                    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
                for (block, bits) in &sieves {
                    write(&transaction, *block, bits)?;
                }
                transaction.commit()
            };
            if written().is_err() {
                break;
            }
        }
        Ok(())
    }

    /// The numbers, from and to, between which deliveries may hold this text, the newest first.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn may_hold(&self, text: &[u8]) -> Result<Vec<(i64, i64)>, LogError> {
        let mut statement = (self.connection)
            .prepare_cached("SELECT block, bits FROM sieve ORDER BY block DESC")?;
        let mut rows = statement.query([])?;
        let mut ranges = Vec::new();
        let mut to = i64::MAX;
        while let Some(row) = rows.next()? {
            let block: i64 = row.get(0)?;
            let bits = row.get_ref(1)?.as_blob().unwrap_or_default();
            if sieve::may_hold(bits, text) {
                continue;
            }
            let after = (block + 1) * BLOCK;
            if after <= to {
                ranges.push((after, to));
            }
            to = block * BLOCK - 1;
        }
        ranges.push((i64::MIN, to));
        Ok(ranges)
    }

    /// Whether a text stands in a delivery's body, header lines, target or id, cases of ASCII letters
    /// apart.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn holds(&self, number: i64, text: &[u8]) -> Result<bool, LogError> {
        let found = self
            .connection
            .prepare_cached(concat!(
                "SELECT d.id, d.target, d.delivery_id, ",
                frame_columns!(),
                " FROM delivery d JOIN ",
                frame_of!(),
                " WHERE d.id = ?1"
            ))?
            .query_row([number], |row| {
                for place in [1, 2] {
                    let own = row.get_ref(place)?.as_bytes_or_null();
                    if (own.ok().flatten()).is_some_and(|own| sieve::holds(own, text)) {
                        return Ok(true);
                    }
                }
                let (content, headers) =
                    self.unpacker.content(&self.connection, row, (number, 3))?;
                let (headers, body) = content.split_at(headers);
                Ok(sieve::holds(body, text) || sieve::holds(headers, text))
            })
            .map(Some)
            .or_else(row::absent)?;
        Ok(found.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Delivery, Direction};
    use crate::core::message::{Headers, Message};

    fn delivery(number: usize) -> Delivery {
        let headers: Headers = [("X-Number", format!("number-{number:05}"))]
            .into_iter()
            .collect();
        let mut message = Message::post(headers, format!(r#"{{"name":"Octocat {number:05}"}}"#));
        message.target = format!("/in/{number:05}");
        Delivery {
            delivery_id: Some(format!("delivery-{number:05}")),
            ..Delivery::new(Direction::Received, jiff::Timestamp::UNIX_EPOCH, message)
        }
    }

    fn record(log: &Log, numbers: std::ops::RangeInclusive<usize>) {
        let writer = log.writer().expect("starts");
        for number in numbers {
            let pending = writer.delivery(delivery(number)).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
    }

    /// The numbers of those that hold a text, the newest first, and how many were looked into.
    fn found(log: &Log, text: &str) -> (Vec<i64>, usize) {
        let last = log.last().expect("reads");
        let ranges = log.may_hold(text.as_bytes()).expect("reads");
        let looked: Vec<i64> = ranges
            .into_iter()
            .flat_map(|(from, to)| (from.max(1)..=to.min(last)).rev())
            .collect();
        let holds = |number: &i64| log.holds(*number, text.as_bytes()).expect("reads");
        (looked.iter().copied().filter(holds).collect(), looked.len())
    }

    #[test]
    fn sieves_leave_what_holds_a_text_and_little_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        record(&log, 1..=1100);
        assert_eq!(found(&log, "OCTOCAT 00300").0, [300], "without sieves");
        let mut told = Vec::new();
        log.make_sieves(|done, all| told.push((done, all)))
            .expect("makes");
        // The writer may have made some when it had nothing else to do.
        assert!(told.len() <= 1, "{told:?}");
        for text in [
            "octocat 00300",
            "NUMBER-00300",
            "/in/00300",
            "delivery-00300",
        ] {
            let (numbers, looked) = found(&log, text);
            assert_eq!(numbers, [300], "{text}");
            // A block of 256, and what has no sieve yet.
            assert!(looked <= 256 + 77, "{text}: {looked}");
        }
        assert_eq!(found(&log, "00300").0.len(), 1);
        assert_eq!(found(&log, "tocat").0.len(), 1100);
        assert_eq!(found(&log, "octodog"), (vec![], 77));
        assert_eq!(found(&log, "at 0").1, 1100, "too short for a sieve");
    }

    #[test]
    fn a_log_that_others_write_to_is_searched_all_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.db");
        let log = Log::open(&path).expect("opens");
        record(&log, 1..=300);
        log.connection
            .execute_batch("DELETE FROM sieve; PRAGMA busy_timeout = 0")
            .expect("deletes");
        let other = Connection::open(&path).expect("opens");
        other.execute_batch("BEGIN IMMEDIATE").expect("begins");
        log.make_sieves(|_, _| {}).expect("goes on without");
        assert_eq!(found(&log, "octocat 00100"), (vec![100], 300));
        other.execute_batch("COMMIT").expect("ends");
        log.make_sieves(|_, _| {}).expect("makes");
        assert_eq!(found(&log, "octodog").1, 45);
    }

    #[test]
    fn a_number_that_is_given_again_is_not_ruled_out_by_an_old_sieve() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        record(&log, 1..=520);
        log.make_sieves(|_, _| {}).expect("makes");
        log.prune(&(300..=520).collect::<Vec<_>>()).expect("prunes");
        record(&log, 9001..=9300);
        log.make_sieves(|_, _| {}).expect("makes");
        assert_eq!(found(&log, "octocat 09001").0, [300]);
        assert_eq!(found(&log, "octocat 09300").0, [599]);
    }
}
