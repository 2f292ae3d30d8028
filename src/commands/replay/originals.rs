//! What was recorded, some of it read ahead.

use std::vec::IntoIter;

use crate::commands::session::log_error;
use crate::core::delivery::Delivery;
use crate::error::CommandError;
use crate::log::{Log, LogError};

/// So many are read at once, or as many as have bodies of so many bytes together.
const TOGETHER: usize = 64;
const BYTES: usize = 1024 * 1024;

/// Deliveries as the log has them.
pub(super) struct Originals<'a> {
    log: &'a Log,
    numbers: &'a [i64],
    ahead: IntoIter<Delivery>,
}

impl<'a> Originals<'a> {
    /// Deliveries of these numbers, in this order.
    pub(super) fn of(numbers: &'a [i64], log: &'a Log) -> Self {
        Self {
            log,
            numbers,
            ahead: Vec::new().into_iter(),
        }
    }

    /// The next; the inner error for one that a receiver let go of meanwhile.
    ///
    /// # Errors
    /// What the log cannot read.
    pub(super) fn next(&mut self) -> Result<Option<Result<Delivery, CommandError>>, CommandError> {
        if self.ahead.len() == 0 && !self.numbers.is_empty() {
            let next = &self.numbers[..self.numbers.len().min(TOGETHER)];
            match self.log.first_of(next, BYTES) {
                Ok(found) => {
                    self.numbers = &self.numbers[found.len()..];
                    self.ahead = found.into_iter();
                }
                Err(error @ LogError::NoSuchDelivery(_)) => {
                    self.numbers = &self.numbers[1..];
                    return Ok(Some(Err(log_error(&error))));
                }
                Err(error) => return Err(log_error(&error)),
            }
        }
        Ok(self.ahead.next().map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::Direction;
    use crate::core::message::{Headers, Message};

    #[test]
    fn what_was_let_go_of_holds_up_no_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        for _ in 0..4 {
            let delivery = Delivery::new(
                Direction::Received,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(Headers::new(), "{}"),
            );
            let pending = writer.delivery(delivery).expect("queued");
            pending.blocking_recv().expect("answered").expect("written");
        }
        drop(writer);
        log.prune(&[1, 3]).expect("prunes");
        let mut originals = Originals::of(&[1, 2, 3, 4], &log);
        let mut read = Vec::new();
        while let Some(next) = originals.next().expect("reads") {
            read.push(next.ok().and_then(|own| own.id));
        }
        assert_eq!(read, [None, Some(2), None, Some(4)]);
    }
}
