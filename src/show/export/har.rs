//! HTTP Archives 1.2, as browsers and proxies read them.
//!
//! What the format has no place for stands in `_hookcat`, as the format wants its additions named.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::core::delivery::{Delivery, Reply};
use crate::core::message::Headers;
use crate::show::json::{delivery as shape, line, milliseconds};

/// Fields of a delivery's shape that an entry has places of its own for.
const ELSEWHERE: [&str; 10] = [
    "v",
    "type",
    "at",
    "method",
    "headers",
    "body",
    "body_base64",
    "decoded_body",
    "decoded_body_base64",
    "size",
];

/// The archive's beginning.
pub(super) fn head() -> String {
    let creator = json!({"name": "hookcat", "version": env!("CARGO_PKG_VERSION")});
    format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[\n")
}

/// A delivery as an entry.
pub(super) fn entry(delivery: &Delivery, url: &str) -> String {
    let message = &delivery.message;
    let content_type = message.headers.text("content-type").unwrap_or_default();
    let mut request = json!({
        "method": message.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&message.headers),
        "queryString": query(&message.target),
        "headersSize": -1,
        "bodySize": message.body.len(),
    });
    if !message.body.is_empty() {
        request["postData"] = content(&message.body, content_type);
        request["postData"]["params"] = json!([]);
    }
    let mut own = shape(delivery);
    if let Some(fields) = own.as_object_mut() {
        for name in ELSEWHERE {
            fields.remove(name);
        }
    }
    let time = latency(delivery);
    line(&json!({
        "startedDateTime": delivery.at.to_string(),
        "time": time,
        "request": request,
        "response": response(delivery),
        "cache": {},
        "timings": {"send": 0, "wait": time, "receive": 0},
        "_hookcat": own,
    }))
}

/// From the request to its answer, in milliseconds.
fn latency(delivery: &Delivery) -> f64 {
    let answered = delivery.answer.map(|own| own.latency);
    let last = delivery.attempts.last().map(|own| own.latency);
    milliseconds(answered.or(last).unwrap_or_default())
}

fn headers(headers: &Headers) -> Value {
    headers
        .iter()
        .map(|(name, value)| json!({"name": name, "value": String::from_utf8_lossy(value)}))
        .collect()
}

fn query(target: &str) -> Value {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn content(body: &[u8], content_type: &str) -> Value {
    match std::str::from_utf8(body) {
        Ok(text) => json!({"mimeType": content_type, "text": text}),
        Err(_) => json!({
            "mimeType": content_type,
            "text": BASE64_STANDARD.encode(body),
            "encoding": "base64",
        }),
    }
}

/// The answer given, else the last attempt's; status 0 where there is none.
fn response(delivery: &Delivery) -> Value {
    let last = delivery.attempts.last();
    let reply = last.and_then(|own| own.result.as_ref().ok());
    let status = delivery.status().unwrap_or_default();
    let reply = reply.filter(|own| own.status == status);
    let none = Reply {
        status,
        headers: Headers::new(),
        body: bytes::Bytes::new(),
        truncated: false,
    };
    let reply = reply.unwrap_or(&none);
    let content_type = reply.headers.text("content-type").unwrap_or_default();
    let mut content = content(&reply.body, content_type);
    content["size"] = json!(reply.body.len());
    json!({
        "status": status,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&reply.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": reply.body.len(),
    })
}
