//! The log: one `SQLite` file that holds what happened, byte for byte, in both directions.
//!
//! - **Durable**: `synchronous=FULL` under WAL. A [`Writer`] answers for a delivery only after the
//!   transaction that holds it is on disk; deliveries that arrive together share one transaction.
//! - **Exact**: bodies and header lines come back as the bytes they were, headers in their order
//!   with their repeats.
//! - **Private**: the file is created 0600, its folder 0700.
//! - **Append-only migrations** on `user_version` (`schema.rs`); a log written by a newer hookcat is
//!   refused, never guessed at.

mod content;
mod dictionary;
mod dispatches;
mod file;
mod frame;
mod group;
mod kind;
mod newest;
mod query;
mod queue;
mod reader;
mod retention;
mod row;
mod schema;
mod search;
mod seen;
mod stats;
mod subscriptions;
mod tally;
mod upkeep;
mod writer;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use self::content::Unpacker;
pub use self::group::Group;
pub use self::newest::{Filter, Newest};
pub use self::query::Summary;
pub use self::queue::{Attempted, Change, Due, Occurrence, Waiting};
pub use self::retention::{Pruned, Retention};
pub use self::stats::{Count, Stats};
pub use self::subscriptions::Wanted;
pub use self::writer::{Arrived, Pending, Receipt, Writer};

/// A log that is open for reading, and can be for writing.
#[derive(Debug)]
pub struct Log {
    connection: Connection,
    path: PathBuf,
    unpacker: Unpacker,
    retention: Retention,
}

/// What can go wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LogError {
    /// There is no file yet.
    #[error("no log yet: `{0}`")]
    Missing(PathBuf),
    /// The file holds something else.
    #[error("not a hookcat log: `{0}`")]
    NotALog(PathBuf),
    /// The file was written by a newer hookcat.
    #[error("log has version {found}, this hookcat knows up to {known}: `{path}`")]
    Newer {
        /// The log's version.
        found: i64,
        /// The highest version known here.
        known: i64,
        /// The log.
        path: PathBuf,
    },
    /// The writer has more to do than it may queue.
    #[error("log is busy")]
    Busy,
    /// No delivery has this number.
    #[error("no delivery has this number: `{0}`")]
    NoSuchDelivery(i64),
    /// `SQLite` or the disk said no: full, locked, read-only.
    #[error("{0}")]
    Storage(String),
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl Log {
    /// Opens a log, creating and migrating it as needed.
    ///
    /// # Errors
    /// [`LogError`]: not a log, too new, or the disk's own reasons.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let connection = file::open(path)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            unpacker: Unpacker::default(),
            retention: Retention::default(),
        })
    }

    /// Opens a log that is already there, for reading: also where it cannot be written.
    ///
    /// # Errors
    /// As [`Log::open`], and [`LogError::Missing`].
    pub fn open_existing(path: &Path) -> Result<Self, LogError> {
        if !path.exists() {
            return Err(LogError::Missing(path.to_owned()));
        }
        Ok(Self {
            connection: file::open_for_reading(path)?,
            path: path.to_owned(),
            unpacker: Unpacker::default(),
            retention: Retention::default(),
        })
    }

    /// The same log, of which only so much is kept once something is written to it.
    #[must_use]
    pub fn keeping(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// How much is kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        self.retention
    }

    /// Starts the thread that writes to this log.
    ///
    /// # Errors
    /// [`LogError::Storage`] where the file cannot be opened a second time.
    pub fn writer(&self) -> Result<Writer, LogError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        file::plan_once(&connection)?;
        connection.execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 1000;
             PRAGMA cache_size = -512;
             PRAGMA foreign_keys = ON;",
        )?;
        Writer::start(connection, self.retention)
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
