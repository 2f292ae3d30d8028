//! What goes on after its request, or without it: bounded in bytes, and ended in time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// How many bytes of deliveries may be under way.
const ROOM: u32 = 64 * 1024 * 1024;
/// What every one takes up at least: 512 of them fit.
const LEAST: u32 = ROOM / 512;

/// The tasks under way.
#[derive(Debug)]
pub struct Tasks {
    running: Mutex<JoinSet<()>>,
    room: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// The room a delivery takes up while it is under way.
pub(super) type Seat = OwnedSemaphorePermit;

impl Default for Tasks {
    fn default() -> Self {
        Self {
            running: Mutex::default(),
            room: Arc::new(Semaphore::new(ROOM as usize)),
            closing: watch::Sender::new(false),
        }
    }
}

impl Tasks {
    /// Room for a delivery with a body of so many bytes; `None` where too many are under way.
    pub(super) fn seat(&self, bytes: usize) -> Option<Seat> {
        let weight = u32::try_from(bytes).unwrap_or(u32::MAX).clamp(LEAST, ROOM);
        Arc::clone(&self.room).try_acquire_many_owned(weight).ok()
    }

    /// Starts a task, which nobody who hangs up can end.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.running();
        while running.try_join_next().is_some() {}
        running.spawn(task);
    }

    /// Comes true when everything is to end.
    pub(super) async fn closing(&self) {
        let mut closing = self.closing.subscribe();
        // The sender is ours, so it is not gone.
        let _ = closing.wait_for(|closing| *closing).await;
    }

    /// Lets what is under way finish, as far as it can in time; gives how many could not.
    pub async fn end(&self, within: Duration) -> usize {
        self.closing.send_replace(true);
        let mut running = std::mem::take(&mut *self.running());
        let ended = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(within, ended).await.is_ok() {
            return 0;
        }
        while running.try_join_next().is_some() {}
        let left = running.len();
        running.shutdown().await;
        left
    }

    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_can_end_in_time_does_and_the_rest_is_counted() {
        let tasks = Arc::new(Tasks::default());
        let own = Arc::clone(&tasks);
        tasks.spawn(async move { own.closing().await });
        tasks.spawn(std::future::pending());
        assert_eq!(tasks.end(Duration::from_millis(50)).await, 1);
        assert_eq!(tasks.end(Duration::ZERO).await, 0);
    }

    #[test]
    fn there_is_room_for_so_much() {
        let tasks = Tasks::default();
        let seats: Vec<Seat> = std::iter::from_fn(|| tasks.seat(1)).collect();
        assert_eq!(seats.len(), 512);
        drop(seats);
        let large = tasks.seat(usize::MAX).expect("fits alone");
        assert!(tasks.seat(0).is_none());
        drop(large);
        assert!(tasks.seat(0).is_some());
    }
}
