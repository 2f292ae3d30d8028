//! Which deliveries repeat an earlier one: what the writer remembers of those before.
//!
//! An index of all would do as well, and cost each delivery a page of its own: ids are random, so that
//! every one is written somewhere else.

use bytes::Bytes;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::row::{absent, instant};
use crate::core::attempts::{Latest, first_bits, repeats};
use crate::core::delivery::{Delivery, Direction, Duplicate, Previous};
use crate::core::recent::Recent;

/// Repeats are told from so many deliveries; beyond, the oldest is forgotten.
const REMEMBERED: usize = 20_000;

/// The latest number of everything that was received, by what its repeats have in common.
#[derive(Debug)]
pub(super) struct Seen {
    numbers: Recent<i64, i64>,
    /// The highest number that was taken in.
    last: i64,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            numbers: Recent::new(REMEMBERED),
            last: 0,
        }
    }
}

/// What tells a delivery from others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// What its repeats have in common; `None` for what was sent, and for a request without an id and a
    /// body, which looks like every other.
    pub(super) same: Option<i64>,
    /// The same, had it not been invalid.
    real: i64,
    /// 64 bits of a hash of the body, where an id is what repeats have in common.
    pub(super) body: Option<i64>,
}

impl Marks {
    pub(super) fn of(delivery: &Delivery) -> Self {
        let body = &delivery.message.body;
        let telling = delivery.delivery_id.is_some() || !body.is_empty();
        if delivery.direction == Direction::Sent || !telling {
            return Self::default();
        }
        let invalid = (delivery.judgement.as_ref()).is_some_and(|own| own.verdict == "invalid");
        let real = same(delivery);
        Self {
            // Of their own kind, so that however many are forged, the real ones are found among
            // themselves at once.
            same: Some(if invalid { !real } else { real }),
            real,
            body: delivery.delivery_id.as_ref().map(|_| mark(body)),
        }
    }
}

impl Seen {
    /// Takes in what was written since, by whichever process.
    pub(super) fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let newest: i64 = connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM delivery")?
            .query_row([], |row| row.get(0))?;
        if newest <= self.last {
            return Ok(());
        }
        let oldest = newest.saturating_sub(i64::try_from(REMEMBERED).unwrap_or(i64::MAX));
        let mut statement = connection.prepare_cached(
            "SELECT id, same FROM delivery WHERE id > ?1 AND same IS NOT NULL ORDER BY id",
        )?;
        let mut rows = statement.query([self.last.max(oldest)])?;
        while let Some(row) = rows.next()? {
            *self.numbers.value(&row.get(1)?) = row.get(0)?;
        }
        self.last = newest;
        Ok(())
    }

    /// Remembers a delivery that was written with this number.
    pub(super) fn remember(&mut self, id: i64, marks: Marks) {
        if let Some(same) = marks.same {
            *self.numbers.value(&same) = id;
        }
        self.last = self.last.max(id);
    }

    /// What a delivery repeats; `signature` marks what its sender signed it with.
    pub(super) fn repeated(
        &self,
        connection: &Connection,
        marks: Marks,
        signature: Option<i64>,
    ) -> rusqlite::Result<Option<Duplicate>> {
        let Some(same) = marks.same else {
            return Ok(None);
        };
        let latest = |same: i64| match self.numbers.get(&same) {
            Some(id) => latest(connection, *id, marks.body),
            None => Ok(None),
        };
        let mut known = Vec::from_iter(latest(same)?);
        if same != marks.real {
            // What anybody can forge may repeat a real delivery, never the other way round.
            known.extend(latest(marks.real)?);
        }
        Ok(repeats(signature, &known))
    }
}

/// What is known of the delivery of this number, held against one with this body; nothing where it
/// was pruned.
fn latest(connection: &Connection, id: i64, body: Option<i64>) -> rusqlite::Result<Option<Latest>> {
    connection
        .prepare_cached(
            "SELECT at, duplicate_of, (SELECT e.at FROM delivery e WHERE e.id = d.duplicate_of),
                attempt, signature, body_mark
             FROM delivery d WHERE id = ?1",
        )?
        .query_row([id], |row| {
            let own = Previous {
                id,
                at: instant(row.get(0)?),
            };
            let first: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            let before: Option<i64> = row.get(5)?;
            Ok(Latest {
                own,
                // Without the first, which was pruned, those after it begin anew.
                first: match first {
                    (Some(id), Some(at)) => Previous {
                        id,
                        at: instant(at),
                    },
                    _ => own,
                },
                attempt: row.get::<_, Option<u32>>(3)?.unwrap_or(1),
                signature: row.get(4)?,
                body_differs: match body {
                    Some(body) => before.map(|before| before != body),
                    None => Some(false),
                },
            })
        })
        .map(Some)
        .or_else(absent)
}

/// What repeats have in common, as 64 bits of a hash.
fn same(delivery: &Delivery) -> i64 {
    let message = &delivery.message;
    let mut hash = Sha256::new();
    hash.update(delivery.provider.as_deref().unwrap_or_default());
    if let Some(id) = &delivery.delivery_id {
        hash.update([0, 1]);
        hash.update(id);
    } else {
        hash.update([0, 2]);
        for text in [&message.method, &message.target] {
            hash.update(text);
            hash.update([0]);
        }
        hash.update(&message.body);
    }
    first_bits(&hash.finalize().into())
}

fn mark(body: &Bytes) -> i64 {
    first_bits(&Sha256::digest(body).into())
}
