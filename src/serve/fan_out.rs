//! From an event to a dispatch for each webhook that takes it, a batch of webhooks a write.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lane::Lane;
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::series::Ids;
use crate::core::template::{FillError, Filler};
use crate::log::Waiting;

/// How many dispatches one write makes at most: a server that dies has that many to make again, and
/// others wait no longer for the log.
const BATCH: usize = 1000;

/// The next webhooks of an event, and the one to go on after; none where these are the last.
pub(super) fn batch(lanes: &BTreeMap<i64, Lane>, waiting: &Waiting) -> (Vec<i64>, Option<i64>) {
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

/// Gives each of these webhooks the id of its delivery. It is on disk before anything is sent, so that
/// an attempt that is made again after a crash has the same.
pub(super) fn with_ids(
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
            let (some, cursor) = batch(&lanes, &waiting);
            assert!(some.len() <= BATCH);
            all.extend(some);
            batches += 1;
            match cursor {
                Some(cursor) => waiting.after = cursor,
                None => break,
            }
        }
        let wanted: Vec<i64> = (1..=2400).filter(|id| ![3, 4].contains(id)).collect();
        assert_eq!((all, batches), (wanted, 3));
        waiting.after = waiting.horizon;
        assert_eq!(batch(&lanes, &waiting), (vec![], None));

        let now = Timestamp::UNIX_EPOCH;
        let ids = with_ids(&[5, 6], &provider, now, &Random::from_text("1"), 7);
        let ids = ids.expect("fits");
        assert!(
            ids[0].1.starts_with("delivery_") && ids[0].1 != ids[1].1,
            "{ids:?}"
        );
    }
}
