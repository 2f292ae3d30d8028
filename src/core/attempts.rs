//! Attempts of one delivery: which one a delivery is, and what changed since the one before.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::delivery::{Duplicate, Previous};
use super::message::Message;
use super::scheme::Scheme;

/// The latest attempt known of a delivery: what the next one is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Its number and arrival.
    pub own: Previous,
    /// The first attempt's number and arrival.
    pub first: Previous,
    /// Which attempt it is, counted from 1.
    pub attempt: u32,
    /// Its [`signature_mark`].
    pub signature: Option<i64>,
    /// Whether its body differs from that of the one to come, `None` where that is not known.
    pub body_differs: Option<bool>,
}

/// What one more attempt repeats: the first of those known, one later than the latest of them.
/// `signature` is its [`signature_mark`].
#[must_use]
pub fn repeats(signature: Option<i64>, known: &[Latest]) -> Option<Duplicate> {
    let first = known.iter().map(|own| own.first).min_by_key(|own| own.id)?;
    let latest = known.iter().max_by_key(|own| own.own.id)?;
    let attempt = known.iter().map(|own| own.attempt).max()?;
    Some(Duplicate {
        id: first.id,
        at: first.at,
        attempt: attempt.saturating_add(1),
        previous: Some(latest.own),
        body_differs: latest.body_differs,
        signature_renewed: latest
            .signature
            .zip(signature)
            .map(|(before, now)| before != now),
    })
}

/// 64 bits of a hash of what stands in a scheme's signature and timestamp headers: another one where
/// a sender signed anew. `None` where nothing stands there.
#[must_use]
pub fn signature_mark(scheme: &Scheme, message: &Message) -> Option<i64> {
    let timestamp = scheme.timestamp.as_ref();
    let timestamp = timestamp.and_then(|rule| rule.header.clone());
    let names = scheme
        .signature
        .place
        .headers()
        .into_iter()
        .chain(timestamp);
    let mut hash = Sha256::new();
    let mut found = false;
    for name in names {
        for value in message.headers.all(&name) {
            found = true;
            hash.update(value);
            hash.update([0]);
        }
        hash.update([1]);
    }
    found.then(|| first_bits(&hash.finalize().into()))
}

/// The first 64 bits of a hash.
#[must_use]
pub fn first_bits(digest: &[u8; 32]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

/// How long after another time one is; nothing where clocks were set back.
#[must_use]
pub fn gap(from: Timestamp, to: Timestamp) -> std::time::Duration {
    to.duration_since(from).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;

    fn at(id: i64) -> Previous {
        Previous {
            id,
            at: Timestamp::from_second(id).expect("in range"),
        }
    }

    fn latest(own: i64, first: i64, attempt: u32) -> Latest {
        Latest {
            own: at(own),
            first: at(first),
            attempt,
            signature: Some(own),
            body_differs: Some(false),
        }
    }

    #[test]
    fn an_attempt_is_counted_from_the_first() {
        assert_eq!(repeats(None, &[]), None);
        let second = repeats(Some(1), &[latest(1, 1, 1)]).expect("repeats");
        let told = (second.id, second.attempt, second.previous);
        assert_eq!(told, (1, 2, Some(at(1))));
        assert_eq!(second.signature_renewed, Some(false));
        let third = repeats(Some(3), &[latest(7, 1, 2)]).expect("repeats");
        assert_eq!((third.id, third.attempt), (1, 3));
        assert_eq!(third.signature_renewed, Some(true));
        assert_eq!(
            repeats(None, &[latest(7, 1, 2)]).and_then(|own| own.signature_renewed),
            None
        );
    }

    #[test]
    fn of_two_kinds_the_first_the_latest_and_the_highest_count() {
        let (real, forged) = (latest(4, 2, 2), latest(9, 1, 5));
        for known in [[real, forged], [forged, real]] {
            let found = repeats(None, &known).expect("repeats");
            let told = (found.id, found.attempt, found.previous);
            assert_eq!(told, (1, 6, Some(at(9))));
        }
    }

    #[test]
    fn a_mark_is_of_signature_and_timestamp_alone() {
        let text = r#"name = "x"
            algorithm = "hmac-sha256"
            signed = "{timestamp}.{body}"
            signature = { header = "X-S", encoding = "hex" }
            timestamp = { header = "X-T", unit = "seconds" }"#;
        let scheme: Scheme = toml::from_str(text).expect("a scheme");
        let mark = |fields: &[(&str, &str)]| {
            let headers: Headers = fields.iter().copied().collect();
            signature_mark(&scheme, &Message::post(headers, "{}"))
        };
        let own = mark(&[("x-s", "1"), ("X-T", "2"), ("Date", "a")]);
        assert!(own.is_some());
        assert_eq!(own, mark(&[("Date", "b"), ("x-t", "2"), ("X-S", "1")]));
        for other in [
            [("X-S", "2"), ("X-T", "2")],
            [("X-S", "1"), ("X-T", "3")],
            [("X-S", "2"), ("X-T", "1")],
        ] {
            assert_ne!(mark(&other), own, "{other:?}");
        }
        assert_eq!(mark(&[("Date", "a")]), None);
    }
}
