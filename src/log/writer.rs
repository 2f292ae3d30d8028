//! One thread that writes, many that wait: deliveries that arrive together share a transaction.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::{LogError, row};
use crate::core::delivery::{Answer, Attempt, Delivery, Duplicate};

/// How many writes may wait. Beyond that, receivers answer 503 instead of holding more in memory.
const QUEUE: usize = 1024;
/// How many writes share a transaction at most.
const GROUP: usize = 256;

/// Hands writes to the thread that owns the connection.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

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
    Delivery(Box<Delivery>),
    Attempt(i64, Box<Attempt>),
    Answer(i64, Answer),
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self, LogError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || run(connection, &jobs))
            .map_err(|error| LogError::Storage(format!("cannot start the writer: {error}")))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Writes a delivery with the attempts it has so far.
    ///
    /// # Errors
    /// [`LogError::Busy`] at once when the queue is full; the rest comes with the receipt.
    pub fn delivery(&self, delivery: Delivery) -> Result<Pending, LogError> {
        self.hand_over(Write::Delivery(Box::new(delivery)))
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

fn run(mut connection: Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        match commit(&mut connection, &group) {
            Ok(receipts) => {
                for (job, receipt) in group.into_iter().zip(receipts) {
                    let _ = job.done.send(Ok(receipt));
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
    // Leaves a single file behind where no other process reads it.
    let _ = connection.close();
}

/// All of a group, or nothing of it.
fn commit(connection: &mut Connection, group: &[Job]) -> rusqlite::Result<Vec<Receipt>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let receipts = group
        .iter()
        .map(|job| match &job.write {
            Write::Delivery(delivery) => {
                let (id, duplicate_of) = row::insert(&transaction, delivery)?;
                Ok(Receipt { id, duplicate_of })
            }
            Write::Attempt(id, attempt) => {
                row::insert_attempt(&transaction, *id, attempt)?;
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
