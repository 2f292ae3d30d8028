//! From an event to a dispatch for each webhook that takes it, a batch of webhooks a write.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::attempt::Sender;
use super::lane::Lane;
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::series::Ids;
use crate::core::template::{FillError, Filler};
use crate::log::{Change, Due, Waiting};

/// How many dispatches one write makes at most: a server that dies has that many to make again, and
/// others wait no longer for the log.
const BATCH: usize = 256;

/// Some of an event's webhooks, each with the id of its delivery.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) waiting: Waiting,
    pub(super) to: Arc<[(i64, String)]>,
    /// The webhook to go on after; none where these are the last.
    pub(super) cursor: Option<i64>,
    due: Timestamp,
    /// The number of the first dispatch, once it is written; the others follow it. 0 where they do not.
    first: i64,
}

/// The next webhooks of an event. The ids of their deliveries are on disk before anything is sent, so
/// that an attempt that is made again after a crash has the same.
pub(super) fn batch(
    lanes: &BTreeMap<i64, Lane>,
    waiting: &Waiting,
    provider: Option<&Provider>,
    now: Timestamp,
    (random, drawn): (&Random, u64),
) -> Result<Batch, String> {
    let provider = provider.ok_or("no provider has this name")?;
    let (to, cursor) = takers(lanes, waiting);
    let to = with_ids(&to, provider, now, random, drawn).map_err(|error| error.to_string())?;
    Ok(Batch {
        to: to.into(),
        cursor,
        ..Batch::of_none(waiting, now)
    })
}

impl Batch {
    /// The end of an event that goes nowhere.
    pub(super) fn of_none(waiting: &Waiting, now: Timestamp) -> Self {
        Self {
            waiting: waiting.clone(),
            to: Arc::default(),
            cursor: None,
            due: now,
            first: 0,
        }
    }

    /// Writes it.
    pub(super) async fn written(self, sender: &Sender) -> Self {
        let change = Change::FannedOut {
            event: self.waiting.id,
            to: Arc::clone(&self.to),
            cursor: self.cursor,
            due: self.due,
        };
        let first = sender.record(change).await.id;
        Self { first, ..self }
    }

    /// Its webhooks, each with what is due there where that is known.
    pub(super) fn dues(&self) -> impl Iterator<Item = (i64, Option<Due>)> {
        self.to
            .iter()
            .zip(self.first..)
            .map(|((id, delivery_id), number)| {
                let due = || Due::first(number, self.waiting.id, delivery_id.clone());
                (*id, (self.first > 0).then(due))
            })
    }
}

/// The webhooks that take an event, and the one to go on after.
fn takers(lanes: &BTreeMap<i64, Lane>, waiting: &Waiting) -> (Vec<i64>, Option<i64>) {
    let mut found = Vec::new();
    if waiting.after >= waiting.horizon {
        return (found, None);
    }
    let own = &waiting.occurrence;
    for (&id, lane) in lanes.range(waiting.after + 1..=waiting.horizon) {
        if (lane.subscription).takes(&own.provider, &own.event, &own.scope) {
            found.push(id);
            if found.len() == BATCH {
                return (found, Some(id));
            }
        }
    }
    (found, None)
}

fn with_ids(
    to: &[i64],
    provider: &Provider,
    now: Timestamp,
    random: &Random,
    first: u64,
) -> Result<Vec<(i64, String)>, FillError> {
    let filler = Filler::new(now, random.clone());
    let ids = Ids::new(provider, &filler, random.clone())?;
    to.iter()
        .zip(first..)
        .map(|(subscription, number)| Ok((*subscription, ids.nth(number)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::serve::subscription::Subscription;
    use crate::log::Occurrence;
    use crate::providers::Catalog;

    #[test]
    fn an_event_goes_to_all_that_were_there_in_batches() {
        let provider = Catalog::default().whole("statly").expect("there");
        let lane = |id: i64| {
            let mut own = Subscription::new(&provider, "http://localhost:1/");
            own.id = id;
            own.active = id != 3;
            own.scope = if id == 4 { "other" } else { "org" }
                .parse()
                .expect("a scope");
            (id, Lane::new(own, None))
        };
        let lanes: BTreeMap<i64, Lane> = (1..=2500).map(lane).collect();
        let mut waiting = Waiting {
            id: 1,
            occurrence: Occurrence {
                at: Timestamp::UNIX_EPOCH,
                provider: "statly".to_owned(),
                event: "push".to_owned(),
                scope: "org/app".parse().expect("a scope"),
                payload: "{}".into(),
            },
            after: 0,
            horizon: 2400,
        };
        let mut all = Vec::new();
        let mut batches = 0;
        loop {
            let (some, cursor) = takers(&lanes, &waiting);
            assert!(some.len() <= BATCH);
            all.extend(some);
            batches += 1;
            match cursor {
                Some(cursor) => waiting.after = cursor,
                None => break,
            }
        }
        let wanted: Vec<i64> = (1..=2400).filter(|id| ![3, 4].contains(id)).collect();
        assert!(all == wanted, "{} of {}", all.len(), wanted.len());
        assert_eq!(batches, wanted.len().div_ceil(BATCH));
        waiting.after = waiting.horizon;
        assert_eq!(takers(&lanes, &waiting), (vec![], None));

        let now = Timestamp::UNIX_EPOCH;
        let ids = with_ids(&[5, 6], &provider, now, &Random::from_text("1"), 7);
        let ids = ids.expect("fits");
        assert!(
            ids[0].1.starts_with("delivery_") && ids[0].1 != ids[1].1,
            "{ids:?}"
        );
    }
}
