//! What a run of load leaves in the log.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Url;

use crate::core::delivery::{Attempt, Delivery};
use crate::core::event::View;
use crate::core::outgoing::sent_headers;
use crate::core::provider::Provider;
use crate::deliver::load::Sent;
use crate::deliver::{host, masked};
use crate::log::{LogError, Pending, Writer};

/// So many writes wait for the log in all; the log itself takes twice as many.
const WAITING: usize = 512;
/// How long a full log is left alone.
const BUSY: Duration = Duration::from_millis(1);

/// Takes what was sent to the log: a few writes wait, and who comes then waits for the oldest.
pub(super) struct Book<'a> {
    writer: &'a Writer,
    provider: &'a Provider,
    like: &'a Delivery,
    url: &'a Url,
    waiting: RefCell<VecDeque<Pending>>,
    room: usize,
}

impl<'a> Book<'a> {
    /// A book of deliveries like this one, of as many as share the log.
    pub(super) fn new(
        writer: &'a Writer,
        provider: &'a Provider,
        like: &'a Delivery,
        url: &'a Url,
        books: usize,
    ) -> Self {
        Self {
            writer,
            provider,
            like,
            url,
            waiting: RefCell::default(),
            room: (WAITING / books).max(1),
        }
    }

    /// Has one written; waits where too many wait already.
    pub(super) async fn keep(&self, sent: Sent<'_>) -> Result<(), LogError> {
        let delivery = self.delivery(sent);
        loop {
            // Taken out first: nobody holds the queue while waiting.
            let oldest = {
                let mut waiting = self.waiting.borrow_mut();
                (waiting.len() >= self.room).then(|| waiting.pop_front())
            };
            match oldest.flatten() {
                Some(oldest) => written(oldest).await?,
                None => break,
            }
        }
        loop {
            match self.writer.delivery(delivery.clone()) {
                Ok(pending) => {
                    self.waiting.borrow_mut().push_back(pending);
                    return Ok(());
                }
                Err(LogError::Busy) => tokio::time::sleep(BUSY).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until all is on disk.
    pub(super) async fn close(&self) -> Result<(), LogError> {
        loop {
            let oldest = self.waiting.borrow_mut().pop_front();
            match oldest {
                Some(oldest) => written(oldest).await?,
                None => return Ok(()),
            }
        }
    }

    fn delivery(&self, sent: Sent<'_>) -> Delivery {
        let mut message = sent.message;
        let delivery_id = View::new(&message).locate(&self.provider.locate.delivery_id);
        message.headers = sent_headers(&message.headers, &host(self.url));
        Delivery {
            at: sent.at,
            delivery_id,
            message,
            attempts: vec![Attempt {
                number: 1,
                at: sent.at,
                url: masked(self.url),
                result: sent.result.clone(),
                latency: sent.latency,
            }],
            ..self.like.clone()
        }
    }
}

async fn written(pending: Pending) -> Result<(), LogError> {
    let ended = || LogError::Storage("the log's writer ended".to_owned());
    pending.await.map_err(|_| ended())?.map(|_| ())
}
