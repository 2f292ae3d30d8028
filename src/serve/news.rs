//! What is told of the deliveries: bounded, so that a terminal that stands still holds nothing up.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::core::serve::dispatch::Told;

/// How much may wait to be told.
const ROOM: usize = 256;
/// How many attempts are told in a second, unless all are: nobody reads more.
const READ: u32 = 200;

/// The way to who prints.
#[derive(Clone, Debug)]
pub struct News {
    sender: Sender<Told>,
    missed: Arc<AtomicU64>,
    /// The second that is told of, and attempts in it.
    told: Arc<Mutex<(Option<Instant>, u32)>>,
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
            told: Arc::default(),
            all,
        };
        (news, receiver)
    }

    /// Whether an attempt is told; one that is not is counted.
    #[must_use]
    pub fn has_room(&self) -> bool {
        if self.all {
            return true;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if (told.0).is_none_or(|since| since.elapsed() >= Duration::from_secs(1)) {
            *told = (Some(Instant::now()), 0);
        }
        told.1 += 1;
        let has_room = told.1 <= READ;
        if !has_room {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        has_room
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
