//! What is exported is read back: the same bytes, the same order.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::core::delivery::{Answer, Attempt, Failure, FailureKind, Judgement, Reply};
use crate::core::import::{self, Imported, Kind};

/// Values a header line can have, ends trimmed.
const VALUE: &str = r#"([!-~\u{80}-\u{2fff}]([ -~\t'"$\\{}#`\u{80}-\u{2fff}]{0,12}[!-~])?)?"#;

fn message() -> impl Strategy<Value = Message> {
    let value = prop_oneof![
        9 => VALUE.prop_map(String::into_bytes),
        1 => Just(b"gr\xfc\xdfe".to_vec()),
    ];
    let fields = prop::collection::vec(("[A-Za-z#!~|][A-Za-z0-9_-]{0,8}", value), 0..6);
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        r#"[@<>#/{}"'\\$`!\n\r\t a-é\u{202e}]{0,40}"#.prop_map(String::into_bytes),
        r#"\{"a": "[a-z{}\\"/ ]{0,8}"(,\n "b": [0-9]{1,3})?\}"#.prop_map(String::into_bytes),
    ];
    let target = prop_oneof![
        9 => r"/[a-z0-9/._~%-]{0,12}(\?[a-z0-9=&%+.~\\\[\]{}-]{0,12})?",
        1 => Just("*".to_owned()),
        1 => Just("/grüße".to_owned()),
    ];
    ("[A-Z]{1,7}", target, fields, body).prop_map(|(method, target, fields, body)| {
        let mut headers: Headers = [("Host", b"127.0.0.1:4400".to_vec())].into_iter().collect();
        for (name, value) in fields {
            headers.push(name, value);
        }
        headers.push("Content-Length", body.len().to_string());
        Message {
            method,
            target,
            headers,
            body: body.into(),
        }
    })
}

fn delivery(message: Message) -> Delivery {
    let at: Timestamp = "2026-01-02T03:04:05.678901Z".parse().expect("a time");
    Delivery {
        id: Some(41),
        direction: Direction::Received,
        at,
        provider: Some("statly".to_owned()),
        event: Some("push".to_owned()),
        delivery_id: Some("d\n1".to_owned()),
        judgement: Some(Judgement {
            verdict: "invalid".to_owned(),
            reason: Some("mismatch".to_owned()),
            detail: Some("signature does not match".to_owned()),
            secret_index: None,
            coverage: None,
            detected_by: Some("header `X-Statly-Event`".to_owned()),
        }),
        message,
        duplicate_of: None,
        replay_of: Some(7),
        answer: Some(Answer {
            status: 401,
            latency: Duration::from_micros(1250),
        }),
        attempts: vec![
            Attempt {
                number: 1,
                at,
                url: "http://127.0.0.1:9/hooks".to_owned(),
                result: Err(Failure {
                    kind: FailureKind::Timeout,
                    message: "no answer in time".to_owned(),
                }),
                latency: Duration::from_micros(3),
            },
            Attempt {
                number: 2,
                at,
                url: "http://127.0.0.1:9/hooks".to_owned(),
                result: Ok(Reply {
                    status: 401,
                    headers: [("A", "b"), ("a", "")].into_iter().collect(),
                    body: b"\0\xff".as_slice().into(),
                    truncated: true,
                }),
                latency: Duration::from_millis(12),
            },
        ],
    }
}

/// What a file reads back as, and what it said it lost. `None` for the name takes no body beside.
fn back(form: Form, kind: Kind, delivery: &Delivery, beside: Option<&str>) -> (Imported, Piece) {
    let piece = piece(form, delivery, beside);
    let text = format!("{}{}{}", head(form), piece.text, tail(form));
    assert_eq!(import::recognise(text.as_bytes()), Some(kind), "{text}");
    let body = delivery.message.body.to_vec();
    let mut files = |name: &str| match name.strip_prefix("./") {
        Some(name) if Some(name) == beside => Ok(body.clone()),
        _ => Err("no such file".to_owned()),
    };
    let found = import::read_with(kind, text.as_bytes(), &mut files);
    let mut found = found.unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(found.len(), 1, "{text}");
    assert_eq!(found[0].notes, [] as [&str; 0], "{text}");
    (found.remove(0), piece)
}

/// The record as it is in the log.
fn record_of(found: &Imported, of: &Delivery) -> Delivery {
    let record = found.record.as_deref().expect("a record").clone();
    Delivery {
        id: record.number,
        direction: record.direction,
        at: found.at.expect("a time"),
        provider: record.provider,
        event: record.event,
        delivery_id: record.delivery_id,
        judgement: record.judgement,
        message: found.message.clone(),
        duplicate_of: of.duplicate_of,
        replay_of: record.replay_of,
        answer: record.answer,
        attempts: record.attempts,
    }
}

proptest! {
    #[test]
    fn json_lines_and_hars_lose_nothing(message in message(), sent in any::<bool>()) {
        let mut delivery = delivery(message);
        if sent {
            delivery.direction = Direction::Sent;
        }
        for (form, kind) in [(Form::Lines, Kind::Lines), (Form::Har, Kind::Har)] {
            let (found, piece) = back(form, kind, &delivery, None);
            prop_assert_eq!(&record_of(&found, &delivery), &delivery, "{}", piece.text);
            prop_assert!(piece.losses.is_empty());
        }
    }

    #[test]
    fn requests_are_the_same_or_say_what_is_missing(message in message()) {
        let delivery = delivery(message);
        for (form, kind, beside) in [
            (Form::Curl, Kind::Curl, None),
            (Form::Hurl, Kind::Hurl, None),
            (Form::Rest, Kind::Rest, None),
            (Form::Rest, Kind::Rest, Some("a b.http-41.body")),
        ] {
            let (found, piece) = back(form, kind, &delivery, beside);
            let mut wanted = own(&delivery.message);
            let lost = |loss: &Loss| piece.losses.contains(loss);
            for name in delivery.message.headers.iter().map(|(name, _)| name) {
                if lost(&Loss::Header(name.to_owned())) {
                    let fields = wanted.headers.iter();
                    let kept = fields.filter(|(own, value)| {
                        *own != name || found.message.headers.all(own).any(|found| found == *value)
                    });
                    wanted.headers = kept.collect();
                }
            }
            if lost(&Loss::Target(wanted.target.clone())) {
                wanted.target.clone_from(&found.message.target);
            }
            if lost(&Loss::Body) {
                prop_assert!(form == Form::Rest && beside.is_none());
                wanted.body.clone_from(&found.message.body);
            }
            prop_assert_eq!(&found.message, &wanted, "{}", piece.text);
        }
    }

    #[test]
    fn a_title_stays_in_its_line(event in any::<String>()) {
        let mut delivery = delivery(Message::post(Headers::new(), "a"));
        delivery.event = Some(event);
        for form in Form::ALL {
            let plain = piece(form, &delivery, None).text;
            delivery.event = Some("push".to_owned());
            let lines = piece(form, &delivery, None).text.lines().count();
            prop_assert_eq!(plain.lines().count(), lines, "{}", plain);
        }
    }
}

#[test]
fn ordinary_webhooks_lose_nothing_anywhere() {
    let headers = [
        ("Host", "127.0.0.1:4400"),
        ("Content-Type", "application/json"),
        ("X-Statly-Signature", "sha256=00ff"),
    ];
    let body = "{\"a\": \"it's \\\"{}\\\" \\\\\",\n  \"b\": [1]}";
    let message = Message {
        target: "/hooks?x=1&y=[2]".to_owned(),
        ..Message::post(headers.into_iter().collect(), body)
    };
    for form in Form::ALL {
        let piece = piece(form, &delivery(message.clone()), None);
        assert_eq!(piece.losses, [], "{form:?}");
    }
}

#[test]
fn headers_of_the_connection_are_those_of_the_client() {
    let headers: Headers = [
        ("Host", "a"),
        ("X-A", "1"),
        ("content-length", "2"),
        ("x-a", "3"),
    ]
    .into_iter()
    .collect();
    let left = own(&Message::post(headers, "{}")).headers;
    assert_eq!(left.to_lines(), b"X-A: 1\r\nx-a: 3\r\n");
}
