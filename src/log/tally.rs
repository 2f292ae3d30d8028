//! Counts of what is written, so that nobody counts a million rows for them.

use std::collections::HashMap;

use rusqlite::{Connection, params};

/// The microseconds a tally counts.
pub(super) const SLOT: i64 = 600_000_000;

/// What a group of writes adds to the tallies: a row for each kind of it, not for each delivery.
#[derive(Debug, Default)]
pub(super) struct Tallies(HashMap<(i64, i64), Tally>);

#[derive(Debug)]
struct Tally {
    count: i64,
    bytes: i64,
    repeats: i64,
    first: i64,
    last: i64,
}

impl Tallies {
    /// Counts a delivery: its number, kind, time in microseconds, body's bytes, whether it repeats one.
    pub(super) fn add(&mut self, id: i64, kind: i64, at: i64, bytes: i64, repeats: bool) {
        let tally = self.0.entry((at / SLOT, kind)).or_insert(Tally {
            count: 0,
            bytes: 0,
            repeats: 0,
            first: id,
            last: id,
        });
        tally.count += 1;
        tally.bytes += bytes;
        tally.repeats += i64::from(repeats);
        tally.last = id;
    }

    /// Writes them.
    pub(super) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(
            "INSERT INTO tally (slot, kind, count, bytes, repeats, first, last)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (slot, kind) DO UPDATE SET count = count + excluded.count,
                bytes = bytes + excluded.bytes, repeats = repeats + excluded.repeats,
                first = min(first, excluded.first), last = max(last, excluded.last)",
        )?;
        for ((slot, kind), own) in self.0.drain() {
            statement.execute(params![
                slot,
                kind,
                own.count,
                own.bytes,
                own.repeats,
                own.first,
                own.last
            ])?;
        }
        Ok(())
    }
}
