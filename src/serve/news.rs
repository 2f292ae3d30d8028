//! What is told of the deliveries: bounded, so that a terminal that stands still holds nothing up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::core::serve::dispatch::Told;

/// How much may wait to be told.
const ROOM: usize = 256;

/// The way to who prints.
#[derive(Clone, Debug)]
pub struct News {
    sender: Sender<Told>,
    missed: Arc<AtomicU64>,
    /// Whether who reads waits for each, and so is waited for.
    all: bool,
}

impl News {
    /// A way there, and its end; `all` where nothing may be left out.
    #[must_use]
    pub fn channel(all: bool) -> (Self, Receiver<Told>) {
        let (sender, receiver) = channel(ROOM);
        let news = Self {
            sender,
            missed: Arc::default(),
            all,
        };
        (news, receiver)
    }

    /// Tells it; what has no room is counted, unless all are told.
    pub async fn tell(&self, told: Told) {
        if self.all {
            // Nobody reads any more only where everything ends.
            let _ = self.sender.send(told).await;
        } else if self.sender.try_send(told).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many were not told.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}
