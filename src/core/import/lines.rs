//! hookcat's own JSON: what `listen`, `send`, `replay` and `log` print with `--format json`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::json::{Text, Time, base64, member, objects, parse, without_mark};
use super::{
    Answer, Answered, Attempt, Direction, Headers, ImportError, Imported, Judgement, Message,
    Record, Reply, Trouble, checked, milliseconds, push, target,
};
use crate::core::delivery::{Failure, FailureKind};

const FORMAT: &str = "a line of hookcat's JSON";

/// What every line has.
#[derive(Deserialize)]
struct Head {
    v: Option<Value>,
    r#type: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    id: Option<i64>,
    direction: Option<String>,
    at: Option<Time>,
    provider: Option<String>,
    event: Option<String>,
    delivery_id: Option<String>,
    verdict: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    secret_index: Option<i64>,
    coverage: Option<String>,
    detected_by: Option<String>,
    method: Option<String>,
    target: Option<String>,
    /// Where it was to go, of a request that was not sent.
    url: Option<String>,
    headers: Option<Vec<(String, Text)>>,
    /// The same with the bytes of each value, where one is no text.
    headers_base64: Option<Vec<(String, String)>>,
    body: Option<Text>,
    body_base64: Option<String>,
    duplicate_of: Option<i64>,
    replay_of: Option<i64>,
    response: Option<Response>,
    #[serde(default)]
    attempts: Vec<AttemptMade>,
}

#[derive(Deserialize)]
struct AttemptMade {
    attempt: u32,
    at: Time,
    url: String,
    latency_ms: f64,
    response: Option<Response>,
    error: Option<Unreached>,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
    latency_ms: Option<f64>,
    #[serde(default)]
    headers: Vec<(String, Text)>,
    body: Option<Text>,
    body_base64: Option<String>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Unreached {
    kind: String,
    message: String,
}

/// Reads hookcat's JSON, a delivery at a time: a line each, or one or several objects over many lines,
/// or a list of them. Lines of other types than `delivery` and `request` are passed over.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Result<Imported, ImportError>> {
    let text = without_mark(text);
    let rows = || {
        text.split(|&byte| byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.trim_ascii().is_empty())
    };
    let first = rows().next().map_or(b"".as_slice(), |(_, line)| line);
    let begins = first.trim_ascii_start().starts_with(b"{");
    let by_line = begins && serde_json::from_slice::<Head>(first).is_ok();
    let (whole, broken) = match (!by_line).then(|| objects(text, FORMAT)) {
        None => (Vec::new(), None),
        Some(Ok(found)) => (found, None),
        Some(Err(error)) => (Vec::new(), Some(Err(error))),
    };
    let whole = whole.into_iter().enumerate();
    let whole = whole.map(|(index, text)| (format!("delivery {}", index + 1), text));
    let rows = rows().filter(move |_| by_line);
    rows.map(|(index, line)| (format!("line {}", index + 1), line))
        .chain(whole)
        .filter_map(|(name, text)| match line(text) {
            Ok(found) => found.map(|own| Ok(Imported { name, ..own })),
            Err(trouble) => Some(Err(trouble.at(name))),
        })
        .chain(broken)
}

/// `None` for a line of another type.
fn line(text: &[u8]) -> Result<Option<Imported>, Trouble> {
    let head: Head = parse(text, FORMAT)?;
    match head.v {
        Some(version) if version == 1 => {}
        None => return Err(Trouble::Missing("v")),
        Some(version) => return Err(Trouble::Version(version.to_string())),
    }
    match head.r#type.as_deref() {
        Some("delivery" | "request") => {}
        Some("capsule") => return capsule(text).map(Some),
        Some(_) => return Ok(None),
        None => return Err(Trouble::Missing("type")),
    }
    let is_delivery = head.r#type.as_deref() == Some("delivery");
    let mut line: Line = parse(text, FORMAT)?;
    let mut notes = Vec::new();
    let sent_to = line.url.take();
    let message = Message {
        method: line.method.take().ok_or(Trouble::Missing("method"))?,
        target: match (line.target.take(), &sent_to) {
            (Some(target), _) => target,
            (None, Some(url)) => target(url),
            (None, None) => return Err(Trouble::Missing("target")),
        },
        headers: match (line.headers_base64.take(), line.headers.take()) {
            (Some(fields), _) => encoded_headers(fields)?,
            (None, Some(fields)) => headers(fields)?,
            (None, None) => return Err(Trouble::Missing("headers")),
        },
        body: body(line.body.take(), line.body_base64.take())?
            .ok_or(Trouble::Missing("body"))?
            .into(),
    };
    let replaced = |value: &[u8]| value.windows(3).any(|own| own == "\u{fffd}".as_bytes());
    if message.headers.iter().any(|(_, value)| replaced(value)) {
        notes.push("the line keeps headers as text: bytes that are no UTF-8 are lost".to_owned());
    }
    let at = line.at.map(|at| at.0);
    let record = is_delivery.then(|| record(line)).transpose()?;
    checked(Imported {
        message,
        url: sent_to.or_else(|| {
            let last = record.as_ref()?.attempts.last()?;
            Some(last.url.clone()).filter(|_| record.as_ref().is_some_and(is_sent))
        }),
        at,
        answer: record.as_ref().and_then(answered),
        record: record.map(Box::new),
        notes,
        ..Imported::default()
    })
    .map(Some)
}

#[derive(Deserialize)]
struct Capsule {
    dummy_secret: Option<String>,
}

/// A delivery to show around, with what it verifies with.
fn capsule(text: &[u8]) -> Result<Imported, Trouble> {
    let own: Capsule = parse(text, FORMAT)?;
    let delivery = member(text, "delivery").ok_or(Trouble::Missing("delivery"))?;
    let is_capsule = member(delivery, "type") == Some(b"\"capsule\"");
    let found = if is_capsule { None } else { line(delivery)? };
    let mut found = found.ok_or(Trouble::Missing("delivery"))?;
    found.notes.push(match own.dummy_secret {
        Some(secret) => {
            format!("a capsule: masked, and signed with a secret that is none: `{secret}`")
        }
        None => "a capsule: masked, and not signed anew".to_owned(),
    });
    Ok(found)
}

/// What another format keeps of a line beside what it has places of its own for.
pub(super) struct Beside {
    /// The target, as it was.
    pub(super) target: Option<String>,
    /// The headers, where the format cannot have their bytes.
    pub(super) headers: Option<Headers>,
    /// What hookcat had found out.
    pub(super) record: Record,
    /// The answer.
    pub(super) answer: Option<Answered>,
}

/// Reads what stands beside.
pub(super) fn beside(value: Value) -> Result<Beside, Trouble> {
    let mut line: Line = serde_json::from_value(value).map_err(|error| Trouble::Json {
        format: FORMAT,
        cause: error.to_string(),
    })?;
    let target = line.target.take();
    let headers = line
        .headers_base64
        .take()
        .map(encoded_headers)
        .transpose()?;
    let record = record(line)?;
    Ok(Beside {
        target,
        headers,
        answer: answered(&record),
        record,
    })
}

fn is_sent(record: &Record) -> bool {
    record.direction == Direction::Sent
}

/// What came of it: the answer given, or the last attempt's.
fn answered(record: &Record) -> Option<Answered> {
    if !is_sent(record) {
        let answer = record.answer?;
        return Some(Answered {
            reply: Reply {
                status: answer.status,
                headers: Headers::new(),
                body: bytes::Bytes::new(),
                truncated: false,
            },
            latency: Some(answer.latency),
        });
    }
    let last = record.attempts.last()?;
    Some(Answered {
        reply: last.result.as_ref().ok()?.clone(),
        latency: Some(last.latency),
    })
}

fn record(line: Line) -> Result<Record, Trouble> {
    let attempts = line.attempts.into_iter().map(attempt);
    Ok(Record {
        number: line.id,
        direction: match line.direction.as_deref() {
            Some("sent") => Direction::Sent,
            _ => Direction::Received,
        },
        provider: line.provider,
        event: line.event,
        delivery_id: line.delivery_id,
        judgement: line.verdict.map(|verdict| Judgement {
            verdict,
            reason: line.reason,
            detail: line.detail,
            secret_index: line.secret_index,
            coverage: line.coverage,
            detected_by: line.detected_by,
        }),
        duplicate_of: line.duplicate_of,
        replay_of: line.replay_of,
        answer: line.response.map(|own| Answer {
            status: own.status,
            latency: own.latency_ms.and_then(milliseconds).unwrap_or_default(),
        }),
        attempts: attempts.collect::<Result<_, _>>()?,
    })
}

fn attempt(made: AttemptMade) -> Result<Attempt, Trouble> {
    let result = match (made.response, made.error) {
        (Some(own), _) => Ok(Reply {
            status: own.status,
            headers: headers(own.headers)?,
            body: body(own.body, own.body_base64)?.unwrap_or_default().into(),
            truncated: own.truncated,
        }),
        (None, Some(error)) => Err(Failure {
            kind: FailureKind::from_word(&error.kind),
            message: error.message,
        }),
        (None, None) => return Err(Trouble::Missing("attempts.response")),
    };
    Ok(Attempt {
        number: made.attempt,
        at: made.at.0,
        url: made.url,
        result,
        latency: milliseconds(made.latency_ms).unwrap_or(Duration::ZERO),
    })
}

fn headers(fields: Vec<(String, Text)>) -> Result<Headers, Trouble> {
    let mut headers = Headers::new();
    for (name, value) in fields {
        push(&mut headers, &name, &value.0)?;
    }
    Ok(headers)
}

fn encoded_headers(fields: Vec<(String, String)>) -> Result<Headers, Trouble> {
    let mut headers = Headers::new();
    for (name, value) in fields {
        push(
            &mut headers,
            &name,
            &base64(value.as_bytes(), "headers_base64")?,
        )?;
    }
    Ok(headers)
}

fn body(text: Option<Text>, encoded: Option<String>) -> Result<Option<Vec<u8>>, Trouble> {
    match (text, encoded) {
        (Some(text), _) => Ok(Some(text.0)),
        (None, Some(text)) => base64(text.as_bytes(), "body_base64").map(Some),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Vec<Imported>, String> {
        let found: Result<Vec<_>, _> = lines(text.as_bytes()).collect();
        found.map_err(|error| error.to_string())
    }

    fn delivery() -> Value {
        json!({
            "v": 1, "type": "delivery", "id": 41, "direction": "received",
            "at": "2026-01-02T03:04:05.6Z", "provider": "github", "event": "push",
            "delivery_id": "d", "verdict": "invalid", "reason": "mismatch", "method": "POST",
            "target": "/h?x", "headers": [["B", "2"], ["a", "1"], ["B", ""]], "body": "é\n",
            "size": 3, "duplicate_of": 40, "response": {"status": 401, "latency_ms": 1.25},
            "attempts": [],
        })
    }

    #[test]
    fn a_delivery_is_read_with_its_record() {
        let found = read(&format!(
            "{{\"v\":1,\"type\":\"ready\",\"url\":\"x\"}}\r\n\n{}\n",
            delivery()
        ));
        let [one] = found.expect("lines").try_into().expect("one delivery");
        assert_eq!(one.name, "line 3");
        assert_eq!(one.message.target, "/h?x");
        assert_eq!(one.message.headers.to_lines(), b"B: 2\r\na: 1\r\nB: \r\n");
        assert_eq!(&one.message.body[..], "é\n".as_bytes());
        let answer = one.answer.expect("an answer");
        assert_eq!(
            (answer.reply.status, answer.latency),
            (401, Some(Duration::from_micros(1250)))
        );
        let record = one.record.expect("a record");
        assert_eq!((record.number, record.duplicate_of), (Some(41), Some(40)));
        let judgement = record.judgement.expect("a judgement");
        assert_eq!(judgement.reason.as_deref(), Some("mismatch"));
    }

    #[test]
    fn a_sent_delivery_has_its_url_and_answer_from_its_attempts() {
        let mut own = delivery();
        own["direction"] = json!("sent");
        own["response"] = Value::Null;
        own["attempts"] = json!([
            {"attempt": 1, "at": "2026-01-02T03:04:05Z", "url": "http://a/h?x", "latency_ms": 5.0,
             "error": {"kind": "timeout", "message": "no answer"}},
            {"attempt": 2, "at": "2026-01-02T03:04:06Z", "url": "http://b/h?x", "latency_ms": 6.0,
             "response": {"status": 200, "headers": [["A", "b"]], "body_base64": "/w=="}},
        ]);
        let one = read(&own.to_string()).expect("a line").remove(0);
        assert_eq!(one.url.as_deref(), Some("http://b/h?x"));
        assert_eq!(&one.answer.expect("an answer").reply.body[..], b"\xff");
        let record = one.record.expect("a record");
        let kinds = record.attempts.iter().map(|own| own.result.is_ok());
        assert_eq!(kinds.collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn objects_over_many_lines_and_lists_are_read() {
        for text in [
            format!("{:#}", delivery()),
            format!("[{0},{0}]", delivery()),
            format!("\u{feff}{0:#}\n{0:#}", delivery()),
        ] {
            let found = read(&text).expect("deliveries");
            assert_eq!(found[0].name, "delivery 1", "{text}");
            assert_eq!(
                found.len(),
                1 + usize::from(text.matches("\"v\"").count() > 1)
            );
        }
        let request = json!({"v": 1, "type": "request", "method": "POST", "url": "http://a?b",
            "headers": [], "body": ""});
        let found = read(&request.to_string()).expect("a request");
        assert_eq!(
            (found[0].message.target.as_str(), &found[0].record),
            ("/?b", &None)
        );
    }

    #[test]
    fn an_error_names_its_line() {
        let with = |key: &str, value: Value| {
            let mut own = delivery();
            own[key] = value;
            format!("{}\n{own}", delivery())
        };
        for (text, wanted) in [
            (
                with("v", json!(2)),
                "line 2: not of version 1 of hookcat's JSON: `\"v\":2`",
            ),
            (with("v", Value::Null), "line 2: has no `v`"),
            (with("type", Value::Null), "line 2: has no `type`"),
            (with("body", Value::Null), "line 2: has no `body`"),
            (
                with("headers", json!([["A", "b\nc"]])),
                "line 2: not a header, expected `Name: value`: `A: b\nc`",
            ),
            (
                with("target", json!("")),
                "line 2: not a request line: `POST `",
            ),
        ] {
            assert_eq!(read(&text).expect_err(wanted), wanted);
        }
        for text in [
            with("at", json!("now")),
            format!("{}\nlog", delivery()),
            "[{".to_owned(),
        ] {
            let error = read(&text).expect_err("wrong");
            assert!(error.contains("not a line of hookcat's JSON: "), "{error}");
        }
    }

    #[test]
    fn headers_that_were_no_text_are_told() {
        let mut own = delivery();
        own["headers"] = json!([["A", "\u{fffd}"]]);
        assert_eq!(read(&own.to_string()).expect("a line")[0].notes.len(), 1);
    }
}
