//! The documented JSON shapes: one compact object a line, each with `"v":1` and a `type`.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value, json};

use super::sanitize::is_hostile;
use crate::core::delivery::{Attempt, Delivery};
use crate::core::message::{Headers, Message};

/// A compressed body has its `decoded_body` beside it where that is no more than this.
const DECODED_BYTES: usize = 10 << 20;

/// Compact JSON whose strings carry no character a terminal would act on: those are written as
/// `\u` escapes, so the value stays the same.
struct Safe(CompactFormatter);

impl Formatter for Safe {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = 0;
        for (at, char) in fragment
            .char_indices()
            .filter(|(_, char)| is_hostile(*char))
        {
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + char.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }
}

/// A value as one line of JSON.
#[must_use]
pub fn line(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, Safe(CompactFormatter));
    if value.serialize(&mut serializer).is_err() {
        return String::new();
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A string as a JSON string literal, safe for a terminal.
#[must_use]
pub fn string(text: &str) -> String {
    line(&Value::from(text))
}

/// A delivery in its one documented shape.
#[must_use]
pub fn delivery(delivery: &Delivery) -> Value {
    let judgement = delivery.judgement.as_ref();
    let mut out = Map::new();
    let mut set = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    set("v", json!(1));
    set("type", json!("delivery"));
    set("id", json!(delivery.id));
    set("direction", json!(delivery.direction.as_str()));
    set("at", json!(delivery.at.to_string()));
    set("provider", json!(delivery.provider));
    set("event", json!(delivery.event));
    set("delivery_id", json!(delivery.delivery_id));
    set("verdict", json!(judgement.map(|own| &own.verdict)));
    set(
        "reason",
        json!(judgement.and_then(|own| own.reason.as_ref())),
    );
    set(
        "detail",
        json!(judgement.and_then(|own| own.detail.as_ref())),
    );
    set(
        "secret_index",
        json!(judgement.and_then(|own| own.secret_index)),
    );
    set(
        "coverage",
        json!(judgement.and_then(|own| own.coverage.as_ref())),
    );
    set(
        "detected_by",
        json!(judgement.and_then(|own| own.detected_by.as_ref())),
    );
    set("method", json!(delivery.message.method));
    set("target", json!(delivery.message.target));
    set("headers", headers(&delivery.message.headers));
    if let Some(exact) = headers_base64(&delivery.message.headers) {
        set("headers_base64", exact);
    }
    let (key, body) = body(&delivery.message.body);
    set(key, body);
    if let Some(decoded) = decoded(&delivery.message) {
        let (key, body) = match self::body(&decoded) {
            ("body", text) => ("decoded_body", text),
            (_, bytes) => ("decoded_body_base64", bytes),
        };
        set(key, body);
    }
    set("size", json!(delivery.message.body.len()));
    set(
        "duplicate_of",
        json!(delivery.duplicate_of.map(|own| own.id)),
    );
    set("attempt", json!(delivery.attempt()));
    set("repeat", super::repeat::as_json(delivery));
    set("replay_of", json!(delivery.replay_of));
    set(
        "response",
        match &delivery.answer {
            Some(answer) => json!({
                "status": answer.status,
                "latency_ms": milliseconds(answer.latency),
            }),
            None => Value::Null,
        },
    );
    set(
        "attempts",
        delivery.attempts.iter().map(attempt).collect::<Value>(),
    );
    Value::Object(out)
}

/// One attempt: `response` where an answer came, `error` where none did.
#[must_use]
pub fn attempt(attempt: &Attempt) -> Value {
    let mut out = json!({
        "attempt": attempt.number,
        "at": attempt.at.to_string(),
        "url": attempt.url,
        "latency_ms": milliseconds(attempt.latency),
    });
    match &attempt.result {
        Ok(reply) => {
            let (key, body) = body(&reply.body);
            out["response"] = json!({
                "status": reply.status,
                "headers": headers(&reply.headers),
                key: body,
            });
            if reply.truncated {
                out["response"]["truncated"] = json!(true);
            }
        }
        Err(failure) => {
            out["error"] = json!({ "kind": failure.kind.as_str(), "message": failure.message });
        }
    }
    out
}

/// A request that was not sent: method, URL, headers, body.
#[must_use]
pub fn request(message: &Message, url: &str) -> Value {
    let (key, body) = body(&message.body);
    json!({
        "v": 1,
        "type": "request",
        "method": message.method,
        "url": url,
        "headers": headers(&message.headers),
        key: body,
        "size": message.body.len(),
    })
}

/// A duration in milliseconds with three decimals.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn headers(headers: &Headers) -> Value {
    headers
        .iter()
        .map(|(name, value)| json!([name, String::from_utf8_lossy(value)]))
        .collect()
}

/// The headers with their values' bytes, where text cannot hold one of them.
fn headers_base64(headers: &Headers) -> Option<Value> {
    let mut values = headers.iter().map(|(_, value)| value);
    values.find(|value| std::str::from_utf8(value).is_err())?;
    let encoded = |(name, value): (&str, &[u8])| json!([name, BASE64_STANDARD.encode(value)]);
    Some(headers.iter().map(encoded).collect())
}

/// A compressed body decoded, where that can be done.
fn decoded(message: &Message) -> Option<Vec<u8>> {
    let coding = message.headers.coding()?;
    coding.decode(&message.body, DECODED_BYTES)
}

/// `body` as text where it is UTF-8, else `body_base64`.
#[must_use]
pub fn body(body: &[u8]) -> (&'static str, Value) {
    match std::str::from_utf8(body) {
        Ok(text) => ("body", json!(text)),
        Err(_) => ("body_base64", json!(BASE64_STANDARD.encode(body))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_cut_says_so() {
        let cut = |truncated| {
            let reply = crate::core::delivery::Reply {
                status: 200,
                headers: Headers::new(),
                body: "ab".into(),
                truncated,
            };
            let attempt = attempt(&Attempt {
                number: 1,
                at: jiff::Timestamp::UNIX_EPOCH,
                url: "http://x/".into(),
                result: Ok(reply),
                latency: Duration::ZERO,
            });
            attempt["response"]["truncated"].clone()
        };
        assert_eq!(cut(true), json!(true));
        assert_eq!(cut(false), Value::Null);
    }

    #[test]
    fn strings_keep_their_value_and_lose_their_teeth() {
        let value = json!({ "k\u{9b}": "\u{1b}]0;x\u{7}\u{202e}\u{e0041}\u{7f}é" });
        let text = line(&value);
        assert!(!text.chars().any(is_hostile), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
    }
}
