//! All attempts of one delivery, and the replays of any of them.

use std::collections::VecDeque;

use rusqlite::params;

use super::{Log, LogError, row};
use crate::core::delivery::Delivery;

/// A replay of a replay is followed so far.
const GENERATIONS: usize = 16;

/// The attempts of one delivery, without headers and bodies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The attempts, the oldest first; what was sent and is no replay stands alone.
    pub deliveries: Vec<Delivery>,
    /// What `replay` sent of them, the oldest first.
    pub replays: Vec<Delivery>,
    /// How many attempts there are before these.
    pub earlier: u32,
}

/// What tells which group a delivery is of.
struct Head {
    /// What is received of it has this in common, if it is told apart at all.
    same: Option<i64>,
    replay_of: Option<i64>,
}

impl Log {
    /// The attempts of the delivery that one of them, or a replay of it, has this number; at most so
    /// many, counted from the newest, and as many replays.
    ///
    /// # Errors
    /// [`LogError::NoSuchDelivery`]
    pub fn group(&self, id: i64, limit: u32) -> Result<Group, LogError> {
        let mut id = id;
        let mut head = self.head(id)?.ok_or(LogError::NoSuchDelivery(id))?;
        for _ in 0..GENERATIONS {
            // Without the original, which was pruned, a replay stands alone.
            let original = match head.replay_of {
                Some(original) => self.head(original)?.map(|head| (original, head)),
                None => None,
            };
            match original {
                Some(found) => (id, head) = found,
                None => break,
            }
        }
        let mut group = Group::default();
        let numbers = match head.same {
            Some(same) => {
                let (numbers, earlier) = self.alike(same, limit)?;
                group.earlier = earlier;
                numbers
            }
            None => vec![id],
        };
        group.replays = self.replays(&numbers, limit)?;
        group.deliveries = self.heads(&numbers)?;
        Ok(group)
    }

    fn head(&self, id: i64) -> Result<Option<Head>, LogError> {
        let found = self
            .connection
            .prepare_cached("SELECT same, replay_of FROM delivery WHERE id = ?1")?
            .query_row([id], |row| {
                Ok(Head {
                    same: row.get(0)?,
                    replay_of: row.get(1)?,
                })
            })
            .map(Some)
            .or_else(row::absent)?;
        Ok(found)
    }

    /// The newest numbers of those that have this in common, the oldest first, and how many there are
    /// before them. There is no index for it: whoever asks can wait for a walk over all.
    fn alike(&self, same: i64, limit: u32) -> Result<(Vec<i64>, u32), LogError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut numbers = VecDeque::new();
        let mut earlier: u32 = 0;
        // The real ones and the forged ones.
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM delivery WHERE same IN (?1, ?2) ORDER BY id")?;
        for number in statement.query_map([same, !same], |row| row.get(0))? {
            numbers.push_back(number?);
            if numbers.len() > limit {
                numbers.pop_front();
                earlier = earlier.saturating_add(1);
            }
        }
        Ok((numbers.into(), earlier))
    }

    /// What was sent again of these deliveries, and of that again.
    fn replays(&self, of: &[i64], limit: u32) -> Result<Vec<Delivery>, LogError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM delivery WHERE replay_of = ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let mut found: Vec<i64> = Vec::new();
        let mut generation = of.to_vec();
        for _ in 0..GENERATIONS {
            let mut next: Vec<i64> = Vec::new();
            for id in generation {
                let taken = u32::try_from(found.len() + next.len()).unwrap_or(u32::MAX);
                let room = limit.saturating_sub(taken);
                let rows = statement.query_map(params![id, room], |row| row.get(0))?;
                for number in rows {
                    next.push(number?);
                }
            }
            if next.is_empty() {
                break;
            }
            found.extend(&next);
            generation = next;
        }
        found.sort_unstable();
        self.heads(&found)
    }

    /// Deliveries with their attempts, without headers and bodies.
    fn heads(&self, numbers: &[i64]) -> Result<Vec<Delivery>, LogError> {
        let mut statement = self.connection.prepare_cached(row::HEADS)?;
        let mut attempts = row::attempts_statement(&self.connection, false)?;
        let mut found = Vec::new();
        for &id in numbers {
            let mut delivery = statement.query_row([id, id], row::read)?;
            let rows = attempts.query_map([id, id], row::attempt)?;
            delivery.attempts = rows.collect::<Result<_, _>>()?;
            found.push(delivery);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Direction, Judgement};
    use crate::core::message::{Headers, Message};

    fn delivery(direction: Direction, id: Option<&str>, body: &str) -> Delivery {
        Delivery {
            delivery_id: id.map(str::to_owned),
            ..Delivery::new(
                direction,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(
                    [("X", "1")].into_iter().collect::<Headers>(),
                    body.to_owned(),
                ),
            )
        }
    }

    #[test]
    fn any_of_a_group_gives_the_whole_group() {
        use Direction::{Received, Sent};
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        let write = |delivery: Delivery| {
            let pending = writer.delivery(delivery).expect("queued");
            pending
                .blocking_recv()
                .expect("answered")
                .expect("written")
                .id
        };
        let replay = |of| Delivery {
            replay_of: Some(of),
            ..delivery(Sent, Some("a"), "1")
        };
        assert_eq!(write(delivery(Received, Some("a"), "1")), 1);
        let forged = Judgement {
            verdict: "invalid".into(),
            reason: None,
            detail: None,
            secret_index: None,
            coverage: None,
            detected_by: None,
        };
        write(Delivery {
            judgement: Some(forged),
            ..delivery(Received, Some("a"), "1")
        });
        write(delivery(Received, Some("b"), "1"));
        write(replay(2));
        write(delivery(Received, Some("a"), "2"));
        write(replay(4));
        write(delivery(Sent, Some("a"), "1"));
        for _ in 0..2 {
            write(delivery(Received, None, ""));
        }
        let numbers =
            |all: &[Delivery]| -> Vec<i64> { all.iter().filter_map(|own| own.id).collect() };
        for id in [1, 2, 4, 5, 6] {
            let group = log.group(id, 100).expect("there");
            assert_eq!(numbers(&group.deliveries), [1, 2, 5], "{id}");
            assert_eq!(numbers(&group.replays), [4, 6], "{id}");
            assert_eq!(group.earlier, 0);
        }
        let group = log.group(1, 2).expect("there");
        assert_eq!((numbers(&group.deliveries), group.earlier), (vec![2, 5], 1));
        // Without an id and a body, all requests look alike; what was sent has no other attempts.
        for id in [3, 7, 8, 9] {
            assert_eq!(
                numbers(&log.group(id, 100).expect("there").deliveries),
                [id]
            );
        }
        assert_eq!(log.group(99, 1), Err(LogError::NoSuchDelivery(99)));
    }
}
