//! One thread that writes, many that wait: deliveries that arrive together share a transaction.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::LogError;
use super::queue::{self, Change};
use super::retention::Retention;
use super::row::{self, Beside, Inserts, Memory};
use super::seen::Marks;
use super::upkeep::Upkeep;
use crate::core::delivery::{Answer, Attempt, Delivery, Direction, Duplicate};

/// How many writes may wait. Beyond that, receivers answer 503 instead of holding more in memory.
const QUEUE: usize = 1024;
/// How many writes share a transaction at most.
const GROUP: usize = 256;
/// How long what a commit took waits for a group to go along with, before it makes one itself.
const COMPANY: Duration = Duration::from_millis(50);

/// Hands writes to the thread that owns the connection.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What is known of a delivery's arrival beside itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrived {
    /// The mark of what its sender signed it with
    /// ([`signature_mark`](crate::core::attempts::signature_mark)).
    pub signature: Option<i64>,
    /// Since when its answer is ready and waits for the delivery to be on disk, so that the latency
    /// takes that in; `None` where it does not wait, or the clock stands still.
    pub waits_since: Option<Instant>,
}

/// A delivery that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub id: i64,
    /// The earlier delivery it repeats.
    pub duplicate_of: Option<Duplicate>,
    /// How long its answer waited for that, in whole microseconds.
    pub waited: Duration,
}

/// Comes true when the write is on disk.
pub type Pending = oneshot::Receiver<Result<Receipt, LogError>>;

struct Job {
    write: Write,
    done: oneshot::Sender<Result<Receipt, LogError>>,
    /// Where it is waited for.
    runtime: Option<Handle>,
}

enum Write {
    Delivery(Arc<Delivery>, Marks, Arrived),
    Attempt(i64, Box<Attempt>),
    Answer(i64, Answer),
    Change(Change),
}

/// Deliveries whose answers waited for a commit, the first and the last, and how long it took: known
/// only when it is over, and so written with the next.
struct Late {
    numbers: (i64, i64),
    took: Duration,
}

impl Writer {
    pub(super) fn start(connection: Connection, retention: Retention) -> Result<Self, LogError> {
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || run(connection, retention, &jobs))
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
    pub fn delivery(&self, delivery: impl Into<Arc<Delivery>>) -> Result<Pending, LogError> {
        self.received(delivery, Arrived::default())
    }

    /// Writes a delivery with what is known of its arrival.
    ///
    /// # Errors
    /// As [`Writer::delivery`].
    pub fn received(
        &self,
        delivery: impl Into<Arc<Delivery>>,
        arrived: Arrived,
    ) -> Result<Pending, LogError> {
        let delivery = delivery.into();
        // Here and not where it is written, where one thread does it for all.
        let marks = Marks::of(&delivery);
        self.hand_over(Write::Delivery(delivery, marks, arrived))
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

    /// Changes the queue of what is to be sent; the receipt has the number of what was written.
    ///
    /// # Errors
    /// As [`Writer::delivery`].
    pub fn change(&self, change: Change) -> Result<Pending, LogError> {
        self.hand_over(Write::Change(change))
    }

    fn hand_over(&self, write: Write) -> Result<Pending, LogError> {
        let (done, pending) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(LogError::Busy)?;
        queue
            .try_send(Job {
                write,
                done,
                runtime: Handle::try_current().ok(),
            })
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

fn run(mut connection: Connection, retention: Retention, jobs: &Receiver<Job>) {
    let mut memory = Memory::default();
    let mut late: Option<Late> = None;
    let mut group: Vec<Job> = Vec::with_capacity(GROUP);
    let mut upkeep = Upkeep::new(retention);
    loop {
        let first = if late.is_some() || upkeep.is_due() {
            jobs.recv_timeout(COMPANY)
        } else {
            jobs.recv().map_err(RecvTimeoutError::from)
        };
        if matches!(first, Err(RecvTimeoutError::Disconnected)) {
            break;
        }
        group.extend(first);
        while (1..GROUP).contains(&group.len())
            && let Ok(next) = jobs.try_recv()
        {
            group.push(next);
        }
        if group.is_empty() && late.is_none() {
            upkeep.go_on(&connection);
            continue;
        }
        let beside = (late.as_ref(), &mut upkeep);
        match commit(&mut connection, &mut memory, &group, beside) {
            Ok((receipts, next)) => {
                late = next;
                hand_out(&mut group, receipts);
            }
            Err(error) => {
                // What it learnt from what was not written is not so.
                memory = Memory::default();
                // A latency less is no reason to try again and again.
                late = late.filter(|_| !group.is_empty());
                let error = LogError::from(error);
                for job in group.drain(..) {
                    let _ = job.done.send(Err(error.clone()));
                }
            }
        }
    }
    if late.is_some() {
        // A latency less is no reason to end badly.
        let _ = commit(
            &mut connection,
            &mut memory,
            &[],
            (late.as_ref(), &mut upkeep),
        );
    }
    // Leaves a single file behind where no other process reads it.
    let _ = connection.close();
}

/// Gives each that waits its receipt: those that wait in one runtime from within it, so that it is woken
/// once and not by each.
fn hand_out(group: &mut Vec<Job>, receipts: Vec<Receipt>) {
    let mut parts: Vec<(Handle, Vec<_>)> = Vec::new();
    for (job, receipt) in group.drain(..).zip(receipts) {
        // Whoever hears of it has the delivery to himself again.
        drop(job.write);
        let Some(runtime) = job.runtime else {
            let _ = job.done.send(Ok(receipt));
            continue;
        };
        let id = runtime.id();
        let place = parts.iter().position(|(own, _)| own.id() == id);
        let place = place.unwrap_or_else(|| {
            parts.push((runtime, Vec::new()));
            parts.len() - 1
        });
        parts[place].1.push((job.done, receipt));
    }
    for (runtime, part) in parts {
        let alone = part.len() == 1;
        let give = move || {
            for (done, receipt) in part {
                let _ = done.send(Ok(receipt));
            }
        };
        if alone {
            give();
        } else {
            drop(runtime.spawn(async move { give() }));
        }
    }
}

/// All of a group, or nothing of it; and of what goes along with it, which shares its way to the disk.
fn commit(
    connection: &mut Connection,
    memory: &mut Memory,
    group: &[Job],
    (late, upkeep): (Option<&Late>, &mut Upkeep),
) -> rusqlite::Result<(Vec<Receipt>, Option<Late>)> {
    let began = (Instant::now(), Timestamp::now().as_microsecond());
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(late) = late {
        row::add_latency(&transaction, late.numbers, late.took)?;
    }
    let is_arrival = |job: &Job| match &job.write {
        Write::Delivery(delivery, ..) => delivery.direction == Direction::Received,
        Write::Attempt(..) | Write::Answer(..) | Write::Change(..) => false,
    };
    if group.iter().any(is_arrival) {
        memory.seen.catch_up(&transaction)?;
    }
    memory.packer.prepare(&transaction)?;
    let mut receipts = Vec::with_capacity(group.len());
    let mut waited: Option<(i64, i64)> = None;
    let mut inserts = Inserts::new(&transaction)?;
    for job in group {
        let receipt = write(&transaction, &mut inserts, memory, &job.write, began)?;
        if let Write::Delivery(_, _, arrived) = &job.write
            && arrived.waits_since.is_some()
        {
            waited = Some((waited.map_or(receipt.id, |own| own.0), receipt.id));
        }
        receipts.push(receipt);
    }
    inserts.write_content(memory)?;
    drop(inserts);
    memory.tallies.write(&transaction)?;
    upkeep.go_along(&transaction, group.len());
    transaction.commit()?;
    let took = whole_microseconds(began.0.elapsed());
    for (job, receipt) in group.iter().zip(&mut receipts) {
        if let Write::Delivery(_, _, arrived) = &job.write
            && arrived.waits_since.is_some()
        {
            receipt.waited += took;
        }
    }
    Ok((receipts, waited.map(|numbers| Late { numbers, took })))
}

fn write(
    connection: &Connection,
    inserts: &mut Inserts<'_>,
    memory: &mut Memory,
    write: &Write,
    began: (Instant, i64),
) -> rusqlite::Result<Receipt> {
    let (id, duplicate_of, waited) = match write {
        Write::Delivery(delivery, marks, arrived) => {
            let since = arrived.waits_since.unwrap_or(began.0);
            let waited = whole_microseconds(began.0.saturating_duration_since(since));
            let beside = Beside {
                marks: *marks,
                signature: arrived.signature,
                waited,
                now: began.1,
            };
            let (id, duplicate_of) = row::insert(connection, inserts, memory, delivery, beside)?;
            (id, duplicate_of, waited)
        }
        Write::Attempt(id, attempt) => {
            row::insert_attempt(connection, inserts, memory, (*id, attempt))?;
            (*id, None, Duration::ZERO)
        }
        Write::Answer(id, answer) => {
            row::set_answer(connection, memory, *id, *answer)?;
            (*id, None, Duration::ZERO)
        }
        Write::Change(change) => {
            let id = queue::apply(connection, inserts, memory, change, began.1)?;
            (id, None, Duration::ZERO)
        }
    };
    Ok(Receipt {
        id,
        duplicate_of,
        waited,
    })
}

/// As the log keeps it.
fn whole_microseconds(duration: Duration) -> Duration {
    Duration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
