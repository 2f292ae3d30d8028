//! GitHub's record of a delivery: `gh api repos/O/R/hooks/ID/deliveries/ID`, also of an organization or
//! an app. GitHub keeps the payload parsed, so the body is written anew: compact, as GitHub sends it, each
//! string and number as the record spells it.

use serde::Deserialize;

use super::json::{Fields, Time, compact, member, objects, parse};
use super::{Answered, Headers, ImportError, Imported, Message, Reply, Trouble, checked, target};

const FORMAT: &str = "a GitHub delivery";

#[derive(Deserialize)]
struct Delivery {
    delivered_at: Option<Time>,
    duration: Option<f64>,
    status: Option<String>,
    status_code: Option<u16>,
    url: Option<String>,
    request: Option<Request>,
    response: Option<Response>,
}

#[derive(Deserialize)]
struct Request {
    headers: Option<Fields>,
}

#[derive(Deserialize)]
struct Response {
    headers: Option<Fields>,
    payload: Option<serde_json::Value>,
}

/// Reads GitHub deliveries: one, several one after another, or a list.
///
/// # Errors
/// [`ImportError`] with the delivery, counted from 1.
pub fn github(text: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let found = objects(text, FORMAT)?.into_iter().enumerate();
    found
        .map(|(index, text)| {
            let name = format!("delivery {}", index + 1);
            delivery(text, &name).map_err(|trouble| trouble.at(name))
        })
        .collect()
}

fn delivery(text: &[u8], name: &str) -> Result<Imported, Trouble> {
    let delivery: Delivery = parse(text, FORMAT)?;
    let request = delivery.request.ok_or(Trouble::NoRequests)?;
    let headers = match request.headers {
        Some(fields) => fields.headers()?,
        None => return Err(Trouble::Missing("request.headers")),
    };
    let payload = member(text, "request")
        .and_then(|request| member(request, "payload"))
        .ok_or(Trouble::Missing("request.payload"))?;
    let mut notes = vec![
        "the body is rebuilt from the parsed payload: its bytes may not be those signed".to_owned(),
    ];
    let answer = match (&delivery.response, delivery.status_code) {
        (Some(response), Some(status)) if response.is_there() => Some(Answered {
            reply: Reply {
                status,
                headers: response
                    .headers
                    .as_ref()
                    .map_or(Ok(Headers::new()), Fields::headers)?,
                body: response.body().into(),
                truncated: false,
            },
            latency: delivery
                .duration
                .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok()),
        }),
        _ => {
            let why = delivery.status.unwrap_or_default();
            notes.push(format!("GitHub records no answer: `{why}`"));
            None
        }
    };
    let body = if is_form(&headers) {
        let json =
            String::from_utf8(compact(payload)).map_err(|_| Trouble::Missing("request.payload"))?;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("payload", &json);
        form.finish().into_bytes()
    } else {
        compact(payload)
    };
    checked(Imported {
        message: Message {
            method: "POST".to_owned(),
            target: delivery
                .url
                .as_deref()
                .map_or_else(|| "/".to_owned(), target),
            headers,
            body: body.into(),
        },
        url: delivery.url,
        at: delivery.delivered_at.map(|at| at.0),
        name: name.to_owned(),
        answer,
        notes,
        ..Imported::default()
    })
}

fn is_form(headers: &Headers) -> bool {
    headers.text("content-type").is_some_and(|own| {
        own.trim_start()
            .starts_with("application/x-www-form-urlencoded")
    })
}

impl Response {
    fn is_there(&self) -> bool {
        self.headers.as_ref().is_some_and(|own| !own.0.is_empty()) || self.payload.is_some()
    }

    /// GitHub keeps an answer's body as text.
    fn body(&self) -> Vec<u8> {
        match &self.payload {
            None => Vec::new(),
            Some(serde_json::Value::String(text)) => text.clone().into_bytes(),
            Some(other) => other.to_string().into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the documents show it, with what a payload can hold that parsing would change.
    fn delivery(content_type: &str, rest: &str) -> String {
        format!(
            r#"{{
  "id": 12345678, "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
  "delivered_at": "2019-06-03T00:57:16Z", "redelivery": false, "duration": 0.27, "event": "issues",
  "action": "opened", "url": "https://www.example.com/hooks?x=1",
  "request": {{
    "headers": {{ "X-GitHub-Delivery": "0b98", "Content-Type": "{content_type}" }},
    "payload": {{ "b": 1.50, "a": [ "\u001B é\/" ], "big": 12345678901234567890123 }}
  }},
  {rest}
}}"#
        )
    }

    const OK: &str = r#""status": "OK", "status_code": 200,
        "response": { "headers": { "A": "b" }, "payload": "ok" }"#;

    #[test]
    fn the_payload_is_compact_and_otherwise_as_it_is_spelled() {
        let found = github(delivery("application/json", OK).as_bytes()).expect("a delivery");
        let one = &found[0];
        let wanted = r#"{"b":1.50,"a":["\u001B é\/"],"big":12345678901234567890123}"#;
        assert_eq!(&one.message.body[..], wanted.as_bytes());
        assert_eq!(
            (one.message.target.as_str(), one.name.as_str()),
            ("/hooks?x=1", "delivery 1")
        );
        assert_eq!(one.message.headers.text("x-github-delivery"), Some("0b98"));
        assert_eq!(one.at.map(jiff::Timestamp::as_second), Some(1_559_523_436));
        let answer = one.answer.as_ref().expect("an answer");
        assert_eq!(
            (answer.reply.status, &answer.reply.body[..]),
            (200, b"ok".as_slice())
        );
        assert_eq!(answer.latency.map(|own| own.as_millis()), Some(270));
        assert_eq!(one.notes.len(), 1);
    }

    #[test]
    fn a_form_is_a_form() {
        let found = github(delivery("application/x-www-form-urlencoded", OK).as_bytes());
        let body = found.expect("a delivery").remove(0).message.body;
        assert!(
            body.starts_with(b"payload=%7B%22b%22%3A1.50%2C"),
            "{body:?}"
        );
        let (_, json) = form_urlencoded::parse(&body).next().expect("a field");
        assert!(json.ends_with("12345678901234567890123}"), "{json}");
    }

    #[test]
    fn a_delivery_without_an_answer_and_lists() {
        let rest = r#""status": "timed out", "status_code": 0, "response": {"headers": null, "payload": null}"#;
        let one = delivery("application/json", rest);
        let found = github(format!("[{one},{one}]").as_bytes()).expect("deliveries");
        assert_eq!(
            (found.len(), found[1].name.as_str(), &found[1].answer),
            (2, "delivery 2", &None)
        );
        assert!(found[0].notes[1].contains("`timed out`"));
        let listed = r#"[{"id": 1, "guid": "a", "delivered_at": "2019-06-03T00:57:16Z", "status_code": 200}]"#;
        assert_eq!(
            github(listed.as_bytes()).expect_err("a list").to_string(),
            "delivery 1: this is GitHub's list of deliveries, which holds no requests"
        );
    }
}
