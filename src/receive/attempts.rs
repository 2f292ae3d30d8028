//! Attempts of one delivery, told apart without a log: by the provider's id or, where there is none,
//! by method, target and body. The latest 10,000 deliveries are remembered.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::core::attempts::{Latest, repeats};
use crate::core::delivery::{Delivery, Duplicate, Previous};
use crate::core::recent::Recent;

/// How many deliveries are remembered; beyond, the oldest is forgotten.
pub(super) const REMEMBERED: usize = 10_000;

/// Tells deliveries apart: attempts of one have the same key, whatever answered them. A sender cannot
/// foresee the keys, and so makes none collide.
#[derive(Debug, Default)]
pub(super) struct Keys(RandomState);

impl Keys {
    /// What the attempts of one delivery have in common: its id or, where the provider gives none,
    /// the same method, target and body.
    pub(super) fn of(&self, delivery: &Delivery) -> u64 {
        let message = &delivery.message;
        match &delivery.delivery_id {
            Some(id) => self.0.hash_one((&delivery.provider, id)),
            None => (self.0).hash_one((
                &delivery.provider,
                &message.method,
                &message.target,
                &message.body,
            )),
        }
    }
}

/// Numbers deliveries and remembers their latest attempts, where no log does.
#[derive(Debug)]
pub struct Unlogged {
    keys: Keys,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    number: i64,
    /// By key, and whether the attempt was invalid: what anybody can forge is remembered by itself.
    attempts: Recent<(u64, bool), Option<(Latest, u64)>>,
}

impl Default for Unlogged {
    fn default() -> Self {
        Self {
            keys: Keys::default(),
            seen: Mutex::new(Seen {
                number: 0,
                attempts: Recent::new(REMEMBERED),
            }),
        }
    }
}

impl Unlogged {
    /// The number of a delivery, and the earlier one it repeats; as the log has them.
    pub(super) fn delivery(
        &self,
        delivery: &Delivery,
        signature: Option<i64>,
    ) -> (i64, Option<Duplicate>) {
        let message = &delivery.message;
        let telling = delivery.delivery_id.is_some() || !message.body.is_empty();
        let key = self.keys.of(delivery);
        // Without an id, the key says that the body is the same.
        let body = match delivery.delivery_id {
            Some(_) => self.keys.0.hash_one(&message.body),
            None => 0,
        };
        let invalid = (delivery.judgement.as_ref()).is_some_and(|own| own.verdict == "invalid");
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.number += 1;
        let number = seen.number;
        if !telling {
            return (number, None);
        }
        let known = [true, false].into_iter().filter(|kind| invalid || !kind);
        let known: Vec<Latest> = known
            .filter_map(|kind| *seen.attempts.get(&(key, kind))?)
            .map(|(latest, before)| Latest {
                body_differs: Some(before != body),
                ..latest
            })
            .collect();
        let duplicate = repeats(signature, &known);
        let own = Previous {
            id: number,
            at: delivery.at,
        };
        let latest = Latest {
            own,
            first: duplicate.map_or(own, |own| Previous {
                id: own.id,
                at: own.at,
            }),
            attempt: duplicate.map_or(1, |own| own.attempt),
            signature,
            body_differs: None,
        };
        *seen.attempts.value(&(key, invalid)) = Some((latest, body));
        (number, duplicate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Direction, Judgement};
    use crate::core::message::{Headers, Message};
    use crate::core::verdict::{Reason, Verdict, Why};

    fn delivery(id: Option<&str>, body: &'static str, forged: bool) -> Delivery {
        let verdict = if forged {
            Verdict::Invalid(Reason::Mismatch)
        } else {
            Verdict::Unverifiable(Why::NoSecret)
        };
        Delivery {
            provider: Some("statly".into()),
            delivery_id: id.map(str::to_owned),
            judgement: Some(Judgement::new(&verdict, None)),
            ..Delivery::new(
                Direction::Received,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(Headers::new(), body),
            )
        }
    }

    #[test]
    fn repeats_are_told_as_the_log_tells_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = crate::log::Log::open(&folder.path().join("log.db")).expect("opens");
        let writer = log.writer().expect("starts");
        let own = Unlogged::default();
        let mut told = Vec::new();
        for (id, body, forged, signature) in [
            (Some("a"), "1", true, None),
            (Some("a"), "1", false, Some(1)),
            (Some("a"), "2", false, Some(2)),
            (Some("a"), "2", true, Some(2)),
            (Some("a"), "2", true, None),
            (Some("a"), "2", false, Some(2)),
            (None, "1", false, None),
            (None, "1", false, None),
            (None, "2", false, None),
            (None, "", false, None),
            (None, "", false, None),
            (Some("b"), "", false, None),
            (Some("b"), "", true, None),
        ] {
            let delivery = delivery(id, body, forged);
            let found = own.delivery(&delivery, signature);
            let arrived = crate::log::Arrived {
                signature,
                ..Default::default()
            };
            let logged = writer.received(delivery, arrived).expect("queued");
            let logged = logged.blocking_recv().expect("answered").expect("written");
            assert_eq!(found, (logged.id, logged.duplicate_of));
            let read = log.delivery(logged.id).expect("there");
            assert_eq!(read.duplicate_of, logged.duplicate_of);
            told.push(found.1.map(|own| {
                let before = own.previous.map_or(0, |own| own.id);
                (own.id, own.attempt, before, own.body_differs)
            }));
        }
        let wanted = [
            None,
            None,
            Some((2, 2, 2, Some(true))),
            Some((1, 3, 3, Some(false))),
            Some((1, 4, 4, Some(false))),
            Some((2, 3, 3, Some(false))),
            None,
            Some((7, 2, 7, Some(false))),
            None,
            None,
            None,
            None,
            Some((12, 2, 12, Some(false))),
        ];
        assert_eq!(told, wanted);
    }
}
