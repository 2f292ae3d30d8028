//! One run of a command for a delivery, as it is told.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The delivery's number.
    pub delivery: Option<i64>,
    /// When it began.
    pub at: Timestamp,
    /// How it ended.
    pub end: End,
    /// From the start to the end.
    pub latency: Duration,
    /// What it wrote to stdout, cut where it was more than is kept.
    pub stdout: Bytes,
    /// The same for stderr.
    pub stderr: Bytes,
    /// Whether it wrote more than is kept.
    pub truncated: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With an exit code.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// Killed after this long.
    Timeout(Duration),
    /// It could not be started, for this reason.
    NotStarted(String),
}

impl Run {
    /// Whether it ended well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.end == End::Exit(0)
    }
}
