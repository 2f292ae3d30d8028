//! Where all that happens is kept and told: the log and the way to the printer.

use std::sync::Arc;
use std::time::Duration;

use super::attempts::Unlogged;
use super::news::{Event, News};
use crate::core::delivery::{Answer, Attempt, Delivery};
use crate::log::{Arrived, LogError, Pending, Receipt, Writer};
use crate::repeat::Clock;

/// The log, the way to the printer, and the clock of both.
pub struct Book {
    /// The log, unless it is turned off.
    pub writer: Option<Writer>,
    /// Where everything that happens is told.
    pub news: News,
    /// The clock.
    pub clock: Clock,
    /// What numbers deliveries and tells repeats, where no log does.
    pub unlogged: Unlogged,
}

impl Book {
    /// Writes a delivery to the log, or only numbers and remembers it where there is none; gives it
    /// back with its number. `signature` marks what its sender signed it with.
    pub(super) async fn delivery(
        &self,
        mut delivery: Arc<Delivery>,
        signature: Option<i64>,
    ) -> Result<Arc<Delivery>, LogError> {
        let receipt = if let Some(writer) = &self.writer {
            let arrived = Arrived {
                signature,
                waits_since: delivery.answer.and_then(|_| self.clock.instant()),
            };
            wait(writer.received(Arc::clone(&delivery), arrived)).await?
        } else {
            let (id, duplicate_of) = self.unlogged.delivery(&delivery, signature);
            Receipt {
                id,
                duplicate_of,
                waited: Duration::ZERO,
            }
        };
        // The writer let go of it.
        let own = Arc::make_mut(&mut delivery);
        if let Some(answer) = &mut own.answer {
            answer.latency += receipt.waited;
        }
        own.id = Some(receipt.id);
        own.duplicate_of = receipt.duplicate_of;
        Ok(delivery)
    }

    /// Writes what came of a delivery after it was written: all of it shares a transaction.
    pub(super) async fn outcome(
        &self,
        delivery: Option<i64>,
        attempt: Option<&Attempt>,
        answer: Option<Answer>,
    ) -> Result<(), LogError> {
        let (Some(writer), Some(id)) = (&self.writer, delivery) else {
            return Ok(());
        };
        let attempt = attempt.map(|attempt| writer.attempt(id, attempt.clone()));
        let answer = answer.map(|answer| writer.answer(id, answer));
        for written in attempt.into_iter().chain(answer) {
            wait(written).await?;
        }
        Ok(())
    }

    /// Waits until something is written, and tells where it is not.
    pub(super) async fn settle(&self, pending: Result<Pending, LogError>) {
        if let Err(error) = wait(pending).await {
            self.not_logged(&error);
        }
    }

    /// Tells that something could not be written.
    pub(super) fn not_logged(&self, error: &LogError) {
        self.news.try_tell(Event::NotLogged(error.to_string()));
    }
}

async fn wait(pending: Result<Pending, LogError>) -> Result<Receipt, LogError> {
    pending?
        .await
        .unwrap_or_else(|_| Err(LogError::Storage("the log's writer ended".to_owned())))
}
