//! Reading the queue of what is to be sent, and the few changes of it that need no writer.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::queue::{Due, Occurrence, Waiting, fan_out, insert_event};
use super::row::{absent, instant};
use super::{Log, LogError};
use crate::core::serve::dispatch::{Dispatch, Standing};

/// The query for events, without its condition.
const EVENT: &str = "SELECT id, at, provider, type, scope, payload, cursor, horizon FROM event";

impl Log {
    /// Takes an event to be sent, durably, and gives its number: for who has no writer.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn happened(&self, occurrence: &Occurrence) -> Result<i64, LogError> {
        self.change(|connection| insert_event(connection, occurrence))
    }

    /// Takes several at once, all of them or none, and gives their numbers.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn all_happened(&self, occurrences: &[Occurrence]) -> Result<Vec<i64>, LogError> {
        let insert = |connection: &_| {
            let own = occurrences.iter();
            own.map(|own| insert_event(connection, own)).collect()
        };
        self.change(insert)
    }

    /// The first event that is not fanned out to the end.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn waiting(&self) -> Result<Option<Waiting>, LogError> {
        let found = self
            .connection
            .prepare_cached(&format!(
                "{EVENT} WHERE cursor IS NOT NULL ORDER BY id LIMIT 1"
            ))?
            .query_row([], |row| {
                Ok(Waiting {
                    id: row.get(0)?,
                    occurrence: occurrence(row)?,
                    after: row.get::<_, Option<i64>>(6)?.unwrap_or(0),
                    horizon: row.get(7)?,
                })
            })
            .map(Some)
            .or_else(absent)?;
        Ok(found)
    }

    /// The event of a number.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn occurrence(&self, id: i64) -> Result<Option<Occurrence>, LogError> {
        let found = self
            .connection
            .prepare_cached(&format!("{EVENT} WHERE id = ?1"))?
            .query_row([id], occurrence)
            .map(Some)
            .or_else(absent)?;
        Ok(found)
    }

    /// When the first delivery to each webhook is due, of those with any.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn due_by_subscription(&self) -> Result<Vec<(i64, Timestamp)>, LogError> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT subscription, min(due) FROM dispatch WHERE due IS NOT NULL
                 GROUP BY subscription",
            )?
            .query_map([], |row| Ok((row.get(0)?, instant(row.get(1)?))))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found)
    }

    /// When the first delivery to a webhook is due that is not due by now.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn first_due(
        &self,
        subscription: i64,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, LogError> {
        let first: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(due) FROM dispatch WHERE subscription = ?1 AND due > ?2")?
            .query_row([subscription, now.as_microsecond()], |row| row.get(0))?;
        Ok(first.map(instant))
    }

    /// What is due to a webhook by now, the longest due first, at most so many.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn due(
        &self,
        subscription: i64,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Due>, LogError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = self
            .connection
            .prepare_cached(
                "SELECT id, event, delivery_id, tries, attempts, delivery FROM dispatch
                 WHERE subscription = ?1 AND due <= ?2 ORDER BY due, id LIMIT ?3",
            )?
            .query_map(params![subscription, now.as_microsecond(), most], |row| {
                Ok(Due {
                    id: row.get(0)?,
                    event: row.get(1)?,
                    delivery_id: row.get(2)?,
                    tries: row.get(3)?,
                    attempts: row.get(4)?,
                    delivery: row.get(5)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found)
    }

    /// Deliveries to a webhook, the newest first, with lower numbers than one, at most so many.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn dispatches(
        &self,
        subscription: i64,
        below: i64,
        most: u32,
    ) -> Result<Vec<Dispatch>, LogError> {
        let found = self
            .connection
            .prepare_cached(&format!(
                "{DISPATCH} WHERE d.subscription = ?1 AND d.id < ?2 ORDER BY d.id DESC LIMIT ?3"
            ))?
            .query_map(params![subscription, below, most], dispatch)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found)
    }

    /// The delivery to a webhook that has this id on the wire, or this number.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn dispatch(&self, subscription: i64, id: &str) -> Result<Option<Dispatch>, LogError> {
        let found = self
            .connection
            .prepare_cached(&format!(
                "{DISPATCH} WHERE d.subscription = ?1 AND (d.delivery_id = ?2 OR d.id = ?3)
                 ORDER BY d.id DESC LIMIT 1"
            ))?
            .query_row(
                params![subscription, id, id.parse::<i64>().unwrap_or(0)],
                dispatch,
            )
            .map(Some)
            .or_else(absent)?;
        Ok(found)
    }

    /// Has a delivery made once more, from the beginning of its schedule; whether it is there.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn redeliver(&self, dispatch: i64, now: Timestamp) -> Result<bool, LogError> {
        self.change(|connection| {
            let found = connection
                .prepare_cached(
                    "UPDATE dispatch SET state = 'pending', tries = 0, due = ?2 WHERE id = ?1",
                )?
                .execute(params![dispatch, now.as_microsecond()])?;
            revise(connection)?;
            Ok(found > 0)
        })
    }

    /// Takes an event that is for one webhook alone, whatever events it takes: a test. The delivery gets
    /// this id.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn happened_to(
        &self,
        subscription: i64,
        occurrence: &Occurrence,
        delivery_id: &str,
    ) -> Result<(), LogError> {
        self.change(|connection| {
            let event = insert_event(connection, occurrence)?;
            let to = [(subscription, delivery_id.to_owned())];
            fan_out(connection, event, &to, None, occurrence.at)?;
            revise(connection)
        })
    }

    /// How many deliveries are still to be made.
    ///
    /// # Errors
    /// [`LogError::Storage`]
    pub fn pending(&self) -> Result<i64, LogError> {
        let count = self
            .connection
            .prepare_cached("SELECT count(*) FROM dispatch WHERE due IS NOT NULL")?
            .query_row([], |row| row.get(0))?;
        Ok(count)
    }
}

/// Has a server look at what is due anew.
fn revise(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute("UPDATE serving SET revision = revision + 1", [])
        .map(|_| ())
}

/// The query for deliveries as they are listed, without its condition. It has no index but the numbers:
/// who lists can wait for a walk over them, who fans out cannot wait for another index.
const DISPATCH: &str =
    "SELECT d.id, d.subscription, d.delivery_id, e.type, d.state, d.due, d.attempts,
    d.attempted, d.status, d.error, d.latency, d.delivery
    FROM dispatch d JOIN event e ON e.id = d.event";

fn occurrence(row: &Row<'_>) -> rusqlite::Result<Occurrence> {
    let scope: String = row.get(4)?;
    let payload: Vec<u8> = row.get(5)?;
    Ok(Occurrence {
        at: instant(row.get(1)?),
        provider: row.get(2)?,
        event: row.get(3)?,
        scope: scope.parse().unwrap_or_default(),
        payload: payload.into(),
    })
}

fn dispatch(row: &Row<'_>) -> rusqlite::Result<Dispatch> {
    let state: String = row.get(4)?;
    let due: Option<i64> = row.get(5)?;
    let attempted: Option<i64> = row.get(7)?;
    let latency: Option<i64> = row.get(10)?;
    Ok(Dispatch {
        id: row.get(0)?,
        subscription: row.get(1)?,
        delivery_id: row.get(2)?,
        event: row.get(3)?,
        standing: match (state.as_str(), due) {
            ("delivered", _) => Standing::Delivered,
            ("pending", due) => Standing::Pending(instant(due.unwrap_or(0))),
            _ => Standing::Failed,
        },
        attempts: row.get(6)?,
        attempted: attempted.map(instant),
        status: row.get(8)?,
        error: row.get(9)?,
        latency: latency.map(|own| Duration::from_micros(own.unsigned_abs())),
        delivery: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::core::delivery::{Attempt, Delivery, Direction, Failure, FailureKind};
    use crate::core::message::{Headers, Message};
    use crate::core::secret::Secret;
    use crate::core::serve::subscription::{JSON, Subscription, Target};
    use crate::log::{Attempted, Change, Filter, Wanted, Writer};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn subscription(scope: &str, events: &str) -> Subscription {
        Subscription {
            id: 0,
            provider: "statly".to_owned(),
            scope: scope.parse().expect("a scope"),
            target: Target::Json,
            address: "http://localhost:1/".to_owned(),
            secret: Some(Secret::new("s")),
            content_type: JSON.to_owned(),
            events: events.parse().expect("events"),
            active: true,
            max_retries: Some(2),
            retry_interval: Some(Duration::from_secs(5)),
        }
    }

    fn push() -> Occurrence {
        Occurrence {
            at: at(1),
            provider: "statly".to_owned(),
            event: "push".to_owned(),
            scope: "org/app".parse().expect("a scope"),
            payload: "{}".into(),
        }
    }

    fn open() -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        (folder, log)
    }

    fn write(writer: &Writer, change: Change) -> i64 {
        let pending = writer.change(change).expect("queued");
        pending
            .blocking_recv()
            .expect("answered")
            .expect("written")
            .id
    }

    fn delivery(number: u32) -> Delivery {
        Delivery {
            provider: Some("statly".to_owned()),
            event: Some("push".to_owned()),
            delivery_id: Some("d".to_owned()),
            attempts: vec![Attempt {
                number,
                at: at(2 + i64::from(number)),
                url: "http://localhost:1/".to_owned(),
                result: Err(Failure {
                    kind: FailureKind::Timeout,
                    message: "no answer".to_owned(),
                }),
                latency: Duration::from_millis(7),
            }],
            ..Delivery::new(Direction::Sent, at(2), Message::post(Headers::new(), "{}"))
        }
    }

    #[test]
    fn webhooks_are_kept_changed_and_counted() {
        let (_folder, log) = open();
        let mut own = subscription("org/app", "push,issue.*");
        let before = log.revision().expect("reads");
        own.id = log
            .subscribe(&own, Some(1), at(9))
            .expect("writes")
            .expect("room");
        assert_eq!(log.subscribe(&own, Some(1), at(9)), Ok(None));
        let other = subscription("org", "*");
        assert_eq!(log.subscribe(&other, Some(1), at(9)), Ok(Some(2)));
        let listed = log.subscription(own.id).expect("reads").expect("there");
        assert_eq!((&listed.subscription, listed.created), (&own, at(9)));
        own.active = false;
        own.secret = None;
        own.max_retries = None;
        assert_eq!(log.set_subscription(&own), Ok(true));
        let listed = log.subscription(own.id).expect("reads").expect("there");
        assert_eq!(listed.subscription, own);
        assert!(log.revision().expect("reads") > before);
        let numbers = |wanted| -> Vec<i64> {
            let found = log.subscriptions(wanted, 10).expect("reads");
            found.iter().map(|own| own.subscription.id).collect()
        };
        assert_eq!(numbers(Wanted::default()), [1, 2]);
        let scope = Some("org");
        assert_eq!(
            numbers(Wanted {
                scope,
                ..Wanted::default()
            }),
            [2]
        );
        assert_eq!(
            numbers(Wanted {
                after: 1,
                ..Wanted::default()
            }),
            [2]
        );
        assert_eq!(log.unsubscribe(1), Ok(true));
        assert_eq!(log.unsubscribe(1), Ok(false));
        // A number is never given twice.
        assert_eq!(log.subscribe(&other, None, at(9)), Ok(Some(3)));
    }

    #[test]
    fn an_event_goes_its_way_to_the_end() {
        let (_folder, log) = open();
        let writer = log.writer().expect("starts");
        let own = subscription("org/app", "*");
        for _ in 0..2 {
            log.subscribe(&own, None, at(0))
                .expect("writes")
                .expect("room");
        }
        assert_eq!(log.happened(&push()), Ok(1));
        assert_eq!(write(&writer, Change::Happened(push())), 2);
        let waiting = log.waiting().expect("reads").expect("there");
        assert_eq!((waiting.id, waiting.after, waiting.horizon), (1, 0, 2));
        assert_eq!(waiting.occurrence, push());
        // One of the two webhooks, then the other, which went in between.
        let fan_out = |to: &[i64], cursor| Change::FannedOut {
            event: 1,
            to: to.iter().map(|own| (*own, format!("d{own}"))).collect(),
            cursor,
            due: at(1),
        };
        assert_eq!(write(&writer, fan_out(&[1], Some(1))), 1);
        assert_eq!(log.waiting().expect("reads").expect("there").after, 1);
        log.unsubscribe(2).expect("writes");
        assert_eq!(write(&writer, fan_out(&[2], None)), 0);
        assert_eq!(log.waiting().expect("reads").expect("there").id, 2);
        assert_eq!(log.due_by_subscription(), Ok(vec![(1, at(1))]));
        assert_eq!(log.due(1, at(0), 9), Ok(vec![]));
        let due = log.due(1, at(1), 9).expect("reads").remove(0);
        assert_eq!((due.event, &*due.delivery_id, due.tries), (1, "d1", 0));

        let attempted = |due: Due, number, standing| {
            Change::Attempted(Arc::new(Attempted {
                due,
                subscription: 1,
                delivery: delivery(number),
                standing,
            }))
        };
        let number = write(&writer, attempted(due, 1, Standing::Pending(at(60))));
        assert_eq!(log.first_due(1, at(1)), Ok(Some(at(60))));
        let due = log.due(1, at(60), 9).expect("reads").remove(0);
        assert_eq!(
            (due.tries, due.attempts, due.delivery),
            (1, 1, Some(number))
        );
        // What the log let go of is written anew.
        let again = write(&writer, attempted(due.clone(), 2, Standing::Failed));
        assert_eq!(again, number);
        assert_eq!(log.delivery(number).expect("there").attempts.len(), 2);
        let told = log.dispatch(1, "d1").expect("reads").expect("there");
        assert_eq!((told.standing, told.attempts), (Standing::Failed, 2));
        assert_eq!(
            (told.status, told.error.as_deref()),
            (None, Some("timeout"))
        );
        assert_eq!(log.first_due(1, at(1)), Ok(None));
        let listed = log.subscription(1).expect("reads").expect("there");
        assert_eq!((listed.deliveries, listed.failures), (1, 1));
        assert_eq!(listed.last, Some(at(4)));

        assert_eq!(log.redeliver(told.id, at(99)), Ok(true));
        assert_eq!(log.redeliver(77, at(99)), Ok(false));
        let revision = log.revision().expect("reads");
        log.happened_to(1, &push(), "test").expect("writes");
        assert_eq!(log.revision(), Ok(revision + 1));
        let test = log.dispatch(1, "test").expect("reads").expect("there");
        assert_eq!(test.standing, Standing::Pending(at(1)));
        let due = log.due(1, at(99), 9).expect("reads").remove(1);
        assert_eq!((due.tries, due.attempts, &*due.delivery_id), (0, 2, "d1"));
        log.prune(&[number]).expect("prunes");
        let anew = write(&writer, attempted(due, 3, Standing::Delivered));
        assert_eq!(log.delivery(anew).expect("there").attempts[0].number, 3);
        assert_eq!(log.numbers(&Filter::default()).map(|own| own.len()), Ok(1));
        assert_eq!(log.pending(), Ok(1));
        assert_eq!(log.dispatches(1, i64::MAX, 9).expect("reads").len(), 2);

        // What ended goes with its event; what waits stays.
        assert_eq!(write(&writer, Change::Expired(at(5))), 0);
        assert_eq!(write(&writer, Change::Expired(at(6))), 2);
        assert_eq!(log.occurrence(1), Ok(None));
        assert_eq!(log.occurrence(2), Ok(Some(push())));
    }
}
