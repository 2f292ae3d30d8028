//! What a log's writer does beside writing: it deletes what is beyond what is kept, and makes sieves.

use rusqlite::{Connection, ErrorCode};

use super::content::Unpacker;
use super::retention::Retention;
use super::search;

/// After so many writes a log that is written to without a pause is held against what it keeps.
const CHECKED: usize = 256;

/// What is left to do.
#[derive(Debug)]
pub(super) struct Upkeep {
    retention: Retention,
    unpacker: Unpacker,
    /// How many were written since the log was last held against what it keeps.
    unkept: usize,
    /// Whether there may be sieves to make.
    unsieved: bool,
}

impl Upkeep {
    /// Nothing is known of the log yet, so all of it may be to do.
    pub(super) fn new(retention: Retention) -> Self {
        Self {
            retention,
            unpacker: Unpacker::default(),
            unkept: CHECKED,
            unsieved: true,
        }
    }

    /// Whether there is something to do in idle time.
    pub(super) fn is_due(&self) -> bool {
        self.unkept > 0 || self.unsieved
    }

    /// Deletes, now and then, in a transaction that wrote so many, so that it is no further one that has to
    /// reach the disk.
    pub(super) fn go_along(&mut self, transaction: &Connection, written: usize) {
        // One at least: what was written may be no delivery and take up room all the same.
        self.unkept += written.max(1);
        self.unsieved = true;
        if self.unkept >= CHECKED {
            // What cannot be deleted is no reason to lose what was written: where the whole transaction is
            // gone with it, its commit says so.
            let more = self.retention.step(transaction).unwrap_or(false);
            self.unkept = if more { CHECKED } else { 1 };
        }
    }

    /// Does a piece of it, of a length that a delivery can wait for.
    pub(super) fn go_on(&mut self, connection: &Connection) {
        if self.unkept > 0 {
            match self.retention.step(connection) {
                Ok(true) => return,
                // What another process holds up can be deleted later, the rest with the next that is written.
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => return,
                Ok(false) | Err(_) => self.unkept = 0,
            }
        }
        self.unsieved = self.unsieved && search::step(connection, &self.unpacker).unwrap_or(false);
        // Sieves take up room too.
        self.unkept = usize::from(self.unsieved);
    }
}
