//! An event on its way to a webhook: where it stands, and what is told of it.

use std::time::Duration;

use jiff::Timestamp;

use super::pace::Turn;
use super::scope::Scope;
use crate::core::delivery::Delivery;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An attempt is to come, not before this.
    Pending(Timestamp),
    /// It was taken.
    Delivered,
    /// It was given up.
    Failed,
}

/// A delivery as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// Its number.
    pub id: i64,
    /// The webhook's number.
    pub subscription: i64,
    /// The id it has on the wire.
    pub delivery_id: String,
    /// The event's name.
    pub event: String,
    /// Where it stands.
    pub standing: Standing,
    /// Attempts so far.
    pub attempts: u32,
    /// When the last attempt was.
    pub attempted: Option<Timestamp>,
    /// What was answered to it.
    pub status: Option<u16>,
    /// Why nothing was: `timeout`, `connect` or `broken`.
    pub error: Option<String>,
    /// How long it took.
    pub latency: Option<Duration>,
    /// Where the log has it.
    pub delivery: Option<i64>,
}

/// Something that happened, told while it does.
#[derive(Debug)]
pub enum Told {
    /// An event is on its way to so many webhooks.
    FannedOut {
        /// The provider's id.
        provider: String,
        /// The event's name.
        event: String,
        /// Of which repository.
        scope: Scope,
        /// Webhooks.
        webhooks: usize,
    },
    /// An attempt was made and is in the log.
    Attempted {
        /// The request with this attempt, and the log's number.
        delivery: Box<Delivery>,
        /// The webhook's number.
        subscription: i64,
        /// What follows.
        standing: Standing,
    },
    /// An endpoint is paused, or answers again.
    Turned {
        /// The webhook's number.
        subscription: i64,
        /// Where it goes.
        address: String,
        /// Which.
        turn: Turn,
    },
    /// Something that stands in the way.
    Trouble(String),
}
