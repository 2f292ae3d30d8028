//! One thread that writes, many that wait: deliveries that arrive together share a transaction.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{LogError, outline, row};
use crate::core::delivery::{Answer, Attempt, Delivery, Duplicate};

/// How many writes may wait. Beyond that, receivers answer 503 instead of holding more in memory.
const QUEUE: usize = 1024;
/// How many writes share a transaction at most.
const GROUP: usize = 256;
/// How long latencies wait for a group to go along with, before they make one themselves.
const COMPANY: Duration = Duration::from_millis(50);

/// Hands writes to the thread that owns the connection.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    late: Late,
}

/// The latencies of answers to deliveries that are on disk, which are known only after that. Nobody
/// waits for them, so they need no transaction of their own.
type Late = Arc<Mutex<Vec<(i64, Duration)>>>;

/// A delivery that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub id: i64,
    /// The earlier delivery it repeats.
    pub duplicate_of: Option<Duplicate>,
}

/// Comes true when the write is on disk.
pub type Pending = oneshot::Receiver<Result<Receipt, LogError>>;

struct Job {
    write: Write,
    done: oneshot::Sender<Result<Receipt, LogError>>,
}

enum Write {
    Delivery(Arc<Delivery>, Option<i64>),
    Attempt(i64, Box<Attempt>),
    Answer(i64, Answer),
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, LogError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let late = Late::default();
        let taken = Arc::clone(&late);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || run(connection, &jobs, &taken))
            .map_err(|error| LogError::Storage(format!("cannot start the writer: {error}")))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            late,
        })
    }

    /// Writes a delivery with the attempts it has so far.
    ///
    /// # Errors
    /// [`LogError::Busy`] at once when the queue is full; the rest comes with the receipt.
    pub fn delivery(&self, delivery: impl Into<Arc<Delivery>>) -> Result<Pending, LogError> {
        self.received(delivery, None)
    }

    /// Writes a delivery with the mark of what its sender signed it with
    /// ([`signature_mark`](crate::core::attempts::signature_mark)).
    ///
    /// # Errors
    /// As [`Writer::delivery`].
    pub fn received(
        &self,
        delivery: impl Into<Arc<Delivery>>,
        signature: Option<i64>,
    ) -> Result<Pending, LogError> {
        self.hand_over(Write::Delivery(delivery.into(), signature))
    }

    /// Writes one more attempt of a delivery.
    ///
    /// # Errors
    /// As [`Writer::delivery`].
    pub fn attempt(&self, delivery: i64, attempt: Attempt) -> Result<Pending, LogError> {
        self.hand_over(Write::Attempt(delivery, Box::new(attempt)))
    }

    /// Writes what a delivery was answered in the end.
    ///
    /// # Errors
    /// As [`Writer::delivery`].
    pub fn answer(&self, delivery: i64, answer: Answer) -> Result<Pending, LogError> {
        self.hand_over(Write::Answer(delivery, answer))
    }

    /// Corrects the latency of an answer that was written with its delivery: goes along with what
    /// is written next, or soon after.
    pub fn latency(&self, delivery: i64, latency: Duration) {
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.push((delivery, latency));
    }

    fn hand_over(&self, write: Write) -> Result<Pending, LogError> {
        let (done, pending) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(LogError::Busy)?;
        queue
            .try_send(Job { write, done })
            .map_err(|error| match error {
                TrySendError::Full(_) => LogError::Busy,
                TrySendError::Disconnected(_) => {
                    LogError::Storage("the log's writer ended".to_owned())
                }
            })?;
        Ok(pending)
    }
}

impl Drop for Writer {
    /// Waits until everything handed over is on disk.
    fn drop(&mut self) {
        self.queue.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, jobs: &Receiver<Job>, late: &Late) {
    // Whether deliveries were just written, whose latencies follow.
    let mut following = false;
    // Kept where a group fails, and tried again with the next.
    let mut latencies = Vec::new();
    loop {
        let first = if following {
            jobs.recv_timeout(COMPANY)
        } else {
            jobs.recv().map_err(RecvTimeoutError::from)
        };
        if matches!(first, Err(RecvTimeoutError::Disconnected)) {
            break;
        }
        following = first.is_ok();
        let mut group: Vec<Job> = first.into_iter().collect();
        while (1..GROUP).contains(&group.len())
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        latencies.extend(taken(late));
        if group.is_empty() && latencies.is_empty() {
            continue;
        }
        match commit(&mut connection, &group, &latencies) {
            Ok(receipts) => {
                latencies.clear();
                for (Job { write, done }, receipt) in group.into_iter().zip(receipts) {
                    // Whoever hears of it has the delivery to himself again.
                    drop(write);
                    let _ = done.send(Ok(receipt));
                }
            }
            Err(error) => {
                let error = LogError::from(error);
                for job in group {
                    let _ = job.done.send(Err(error.clone()));
                }
            }
        }
    }
    latencies.extend(taken(late));
    if !latencies.is_empty() {
        // A latency less is no reason to end badly.
        let _ = commit(&mut connection, &[], &latencies);
    }
    // Leaves a single file behind where no other process reads it.
    let _ = connection.close();
}

fn taken(late: &Late) -> Vec<(i64, Duration)> {
    std::mem::take(&mut *late.lock().unwrap_or_else(PoisonError::into_inner))
}

/// All of a group, or nothing of it.
fn commit(
    connection: &mut Connection,
    group: &[Job],
    latencies: &[(i64, Duration)],
) -> rusqlite::Result<Vec<Receipt>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    row::set_latencies(&transaction, latencies)?;
    let receipts = group
        .iter()
        .map(|job| match &job.write {
            Write::Delivery(delivery, signature) => {
                let (id, duplicate_of) = row::insert(&transaction, delivery, *signature)?;
                Ok(Receipt { id, duplicate_of })
            }
            Write::Attempt(id, attempt) => {
                row::insert_attempt(&transaction, *id, attempt)?;
                outline::renew(&transaction, *id)?;
                Ok(Receipt {
                    id: *id,
                    duplicate_of: None,
                })
            }
            Write::Answer(id, answer) => {
                row::set_answer(&transaction, *id, *answer)?;
                Ok(Receipt {
                    id: *id,
                    duplicate_of: None,
                })
            }
        })
        .collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(receipts)
}
