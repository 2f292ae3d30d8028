//! Scripted answers: which attempt of a delivery it is, and what it hears.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use crate::core::delivery::Delivery;
use crate::core::random::Random;
use crate::core::recent::Recent;
use crate::core::script::{Script, Turn};
use crate::receive::attempts::{Keys, REMEMBERED};
use crate::receive::server::Reply;

/// A script, and how far each delivery is in it.
#[derive(Debug)]
pub struct Scripted {
    /// The script.
    pub script: Script,
    seen: Mutex<Recent<u64, usize>>,
    keys: Keys,
}

impl Scripted {
    /// A script at its beginning.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self {
            script,
            seen: Mutex::new(Recent::new(REMEMBERED)),
            keys: Keys::default(),
        }
    }

    /// The turn of one more attempt of a delivery: what the log marks as duplicates.
    pub(super) fn turn(&self, delivery: &Delivery, random: &mut Random) -> Turn {
        let key = self.keys.of(delivery);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seen.value(&key);
        *count += 1;
        self.script.turn(*count, random)
    }

    /// The answer with a status.
    pub(super) fn reply(&self, status: u16, id: Option<i64>) -> Reply {
        let is_success = (200..300).contains(&status);
        let mut reply = match &self.script.body {
            _ if matches!(status, 204 | 205 | 304) => Reply {
                status,
                ..Reply::default()
            },
            None if is_success => Reply::json(status, &json!({ "ok": true, "id": id })),
            None => Reply::json(status, &json!({ "error": "scripted answer", "id": id })),
            Some(body) => Reply {
                status,
                headers: vec![("content-type".to_owned(), content_type(body).into())],
                body: body.clone(),
            },
        };
        if self.script.headers.contains("content-type") {
            reply.headers.clear();
        }
        let own = self.script.headers.iter();
        (reply.headers).extend(own.map(|(name, value)| (name.to_owned(), value.to_vec())));
        if let Some(after) = self.script.retry_after.filter(|_| !is_success) {
            let seconds = whole_seconds(after).to_string();
            reply
                .headers
                .push(("retry-after".to_owned(), seconds.into_bytes()));
        }
        reply
    }
}

/// What a body is, as far as one can see.
pub(super) fn content_type(body: &Bytes) -> &'static str {
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        "application/json"
    } else if std::str::from_utf8(body).is_ok() {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    }
}

/// A header of this kind has whole seconds; to come back later than asked does no harm.
fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::Direction;
    use crate::core::message::{Headers, Message};
    use crate::core::script::Step;

    fn delivery(id: Option<&str>, body: &'static str) -> Delivery {
        Delivery {
            provider: Some("statly".into()),
            delivery_id: id.map(str::to_owned),
            ..Delivery::new(
                Direction::Received,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(Headers::new(), body),
            )
        }
    }

    fn scripted(steps: &str) -> Scripted {
        Scripted::new(Script {
            steps: steps.parse().expect("steps"),
            ..Script::default()
        })
    }

    #[test]
    fn each_delivery_has_its_own_attempts() {
        let own = scripted("500,429,200");
        let mut random = Random::from_text("7");
        let mut next = |id, body| match own.turn(&delivery(id, body), &mut random).step {
            Step::Status(status) => status,
            Step::Reset => 0,
        };
        let first = [
            next(Some("a"), "1"),
            next(Some("b"), "1"),
            next(Some("a"), "2"),
        ];
        assert_eq!(first, [500, 500, 429]);
        // Without an id it is the request that is the same.
        let bare = [
            next(None, "1"),
            next(None, "1"),
            next(None, "2"),
            next(None, "1"),
        ];
        assert_eq!(bare, [500, 429, 500, 200]);
        assert_eq!(next(Some("a"), "3"), 200);
        assert_eq!(next(Some("a"), "3"), 200);
    }

    #[test]
    fn answers_as_scripted() {
        let mut own = scripted("200");
        let said = |own: &Scripted, status| {
            let reply = own.reply(status, Some(41));
            let headers: Vec<String> = reply
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
                .collect();
            let body = String::from_utf8_lossy(&reply.body).into_owned();
            (headers.join(", "), body)
        };
        let json = "content-type: application/json".to_owned();
        let wanted = r#"{"ok":true,"id":41}"#.to_owned();
        assert_eq!(said(&own, 201), (json.clone(), wanted));
        let wanted = r#"{"error":"scripted answer","id":41}"#.to_owned();
        assert_eq!(said(&own, 503), (json, wanted));
        own.script.retry_after = Some(Duration::from_millis(4200));
        own.script.body = Some("späť".into());
        own.script.headers.push("X-Own", "1");
        let text = "content-type: text/plain; charset=utf-8, X-Own: 1";
        assert_eq!(said(&own, 200), (text.into(), "späť".into()));
        let wanted = format!("{text}, retry-after: 5");
        assert_eq!(said(&own, 503), (wanted, "späť".into()));
        assert_eq!(said(&own, 204), ("X-Own: 1".into(), String::new()));
        own.script.headers.push("Content-Type", "a/b");
        let wanted = "X-Own: 1, Content-Type: a/b".to_owned();
        assert_eq!(said(&own, 200).0, wanted);
    }
}
