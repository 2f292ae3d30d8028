//! The definitions' handshakes against what providers publish, and what must never be answered.

mod every;

use serde::Deserialize;

use super::Catalog;
use crate::core::event::View;
use crate::core::handshake::{Answer, Given, Handshake, Refusal};
use crate::core::message::{Headers, Message};
use crate::core::secret::Secret;

/// A handshake that is in no definition of this build: its table alone.
#[derive(Deserialize)]
struct Tables {
    handshake: Vec<Handshake>,
}

fn handshakes(provider: &str) -> Vec<Handshake> {
    match Catalog::default().get(provider) {
        Ok(own) => own.handshakes.clone(),
        Err(error) => panic!("{error}"),
    }
}

fn get(target: &str) -> Message {
    Message {
        method: "GET".to_owned(),
        target: target.to_owned(),
        ..Message::default()
    }
}

fn post(headers: &[(&str, &str)], body: &str) -> Message {
    let headers: Headers = headers.iter().copied().collect();
    Message::post(headers, body.as_bytes().to_vec())
}

/// The one handshake a message is.
fn met(provider: &str, message: &Message) -> Handshake {
    let view = View::new(message);
    let mut fitting = handshakes(provider);
    fitting.retain(|own| own.fits(&view));
    assert_eq!(fitting.len(), 1, "{provider}: {}", message.target);
    fitting.remove(0)
}

fn answer(provider: &str, message: &Message, given: Given<'_>) -> Result<Answer, Refusal> {
    met(provider, message).answer(&View::new(message), given)
}

fn body(answer: Result<Answer, Refusal>) -> String {
    String::from_utf8(answer.expect("an answer").body).expect("text")
}

#[test]
fn x_answers_its_published_challenge() {
    let secret = Secret::new("z3ZX4v7mAAUGykl3EcmkqbartmuW8VFOOzCloLx9Q45P0hLrFu");
    let message = get("/?crc_token=9b4507b3-9040-4669-9ca3-6b94edb50553");
    let given = Given {
        secret: Some(&secret),
        ..Given::default()
    };
    assert_eq!(
        body(answer("x-twitter", &message, given)),
        r#"{"response_token":"sha256=Cytd4Sq+NvEcV3MMrXxWJGJx5A+y/lXzzU2Maartkx8="}"#
    );
    assert_eq!(
        answer("x-twitter", &message, Given::default()),
        Err(Refusal::NoSecret)
    );
}

#[test]
fn an_oracle_signs_no_delivery() {
    let secret = Secret::new("key");
    let given = Given {
        secret: Some(&secret),
        ..Given::default()
    };
    let long = "a".repeat(129);
    for text in [
        "%7B%22for_user_id%22%3A%221%22%7D",
        "{}",
        "v0:1700000000:{}",
        "hmacsha256=x",
        "a%0Ab",
        "a%20b",
        "",
        long.as_str(),
    ] {
        for (provider, name) in [("x-twitter", "crc_token"), ("linkedin", "challengeCode")] {
            let refused = answer(provider, &get(&format!("/?{name}={text}")), given);
            let is_refused = matches!(refused, Err(Refusal::NotAllowed(..)));
            assert!(is_refused, "{provider} {text}: {refused:?}");
        }
        let body = serde_json::json!({
            "event": "endpoint.url_validation", "payload": { "plainToken": text }
        });
        if text.contains('%') {
            continue;
        }
        let refused = answer("zoom", &post(&[], &body.to_string()), given);
        assert!(matches!(refused, Err(Refusal::NotAllowed(..))), "{text}");
    }
    let twice = answer("x-twitter", &get("/?crc_token=a&crc_token=b"), given);
    assert!(matches!(twice, Err(Refusal::Repeated(_))), "{twice:?}");
}

#[test]
fn every_oracle_is_one_and_allows_no_more_than_words() {
    let catalog = Catalog::default();
    let mut oracles = Vec::new();
    for provider in catalog.all() {
        for own in provider.handshakes.iter().filter(|own| own.is_oracle()) {
            let allow = own.allow.expect("a rule");
            assert!(allow.max <= 128, "{}", provider.id);
            assert!(!allow.has("{}") && !allow.has("a:b") && !allow.has("a=b"));
            oracles.push(provider.id.as_str());
        }
    }
    for id in ["linkedin", "x-twitter", "zoom"] {
        assert!(oracles.contains(&id), "{oracles:?}");
    }
}

#[test]
fn braintree_answers_its_published_challenge() {
    let tables: Tables = toml::from_str(
        r#"
        [[handshake]]
        name = "bt_challenge"
        about = "Braintree checks that a URL is yours"
        source = "braintree/braintree_python, tests/unit/test_webhooks.py"
        method = "GET"
        query = ["bt_challenge"]
        allow = { characters = "hex", min = 20, max = 32 }
        compute = { algorithm = "hmac-sha1-of-sha1", over = "{query:bt_challenge}" }
        answer = { content-type = "text/plain", body = "{key-id}|{computed}" }
        "#,
    )
    .expect("a table");
    let own = &tables.handshake[0];
    let secret = Secret::new("integration_private_key");
    let given = Given {
        secret: Some(&secret),
        key_id: Some("integration_public_key"),
        ..Given::default()
    };
    let message = get("/?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53");
    assert_eq!(
        body(own.answer(&View::new(&message), given)),
        "integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4"
    );
    let bad = get("/?bt_challenge=bad%20challenge");
    assert!(own.answer(&View::new(&bad), given).is_err());
}

#[test]
fn zoom_answers_the_token_and_its_code() {
    let secret = Secret::new("zoom-secret-token");
    let given = Given {
        secret: Some(&secret),
        ..Given::default()
    };
    let message = post(
        &[],
        r#"{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}"#,
    );
    // printf %s qgg8vlvZRS6UYooatFL8Aw | openssl dgst -sha256 -hmac zoom-secret-token
    assert_eq!(
        body(answer("zoom", &message, given)),
        r#"{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"d9e0d764a78494688ba3f2d5c0ed4ca311394b4834d959759213424d2df961e3"}"#
    );
}

#[test]
fn echoes_are_plain_text_and_nothing_else() {
    let token = Secret::new("meatyhamhock");
    let given = Given {
        verify_token: Some(&token),
        ..Given::default()
    };
    let slack = post(
        &[],
        r#"{"token":"Jhj5dZrVaK7ZwHHjRyZWjbDl","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}"#,
    );
    let twitch = post(
        &[(
            "Twitch-Eventsub-Message-Type",
            "webhook_callback_verification",
        )],
        r#"{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{}}"#,
    );
    let graph = "/?validationToken=Validation%3a+Testing+client+application+reachability";
    let meta = "/?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
    let mut graph = get(graph);
    "POST".clone_into(&mut graph.method);
    for (provider, message, text) in [
        (
            "slack",
            slack,
            "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        ),
        ("twitch", twitch, "pogchamp-kappa-360noscope-vohiyo"),
        (
            "microsoft-graph",
            graph,
            "Validation: Testing client application reachability",
        ),
        ("meta", get(meta), "1158201444"),
        ("dropbox", get("/?challenge=abc123"), "abc123"),
    ] {
        let answer = answer(provider, &message, given).expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers.text("content-type"), Some("text/plain"));
        assert_eq!(
            answer.headers.text("x-content-type-options"),
            Some("nosniff")
        );
        assert_eq!(answer.body, text.as_bytes());
    }
    for text in ["%3Cscript%3E", "a%22b", "%00", "%E2%80%AE"] {
        let refused = answer("dropbox", &get(&format!("/?challenge={text}")), given);
        assert!(refused.is_err(), "{text}");
    }
}

#[test]
fn another_verify_token_is_refused() {
    let target = "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=other";
    let token = Secret::new("meatyhamhock");
    let given = Given {
        verify_token: Some(&token),
        ..Given::default()
    };
    let message = get(target);
    assert_eq!(answer("meta", &message, given), Err(Refusal::WrongToken));
    assert_eq!(
        answer("meta", &message, Given::default()),
        Err(Refusal::NoToken)
    );
}

#[test]
fn headers_are_given_back_and_nothing_is_begun_by_them() {
    let secret = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
    let message = post(&[("X-Hook-Secret", secret)], "");
    let answered = answer("asana", &message, Given::default()).expect("an answer");
    assert_eq!(answered.headers.text("x-hook-secret"), Some(secret));
    let next = met("asana", &message).next(&View::new(&message));
    assert!(next.is_some_and(|next| next.ends_with(secret)));

    let mut options = post(
        &[
            ("WebHook-Request-Origin", "eventemitter.example.com"),
            ("WebHook-Request-Rate", "120"),
        ],
        "",
    );
    "OPTIONS".clone_into(&mut options.method);
    let answered = answer("cloudevents", &options, Given::default()).expect("an answer");
    let lines = answered.headers.to_lines();
    assert_eq!(
        String::from_utf8_lossy(&lines),
        "WebHook-Allowed-Origin: eventemitter.example.com\r\nWebHook-Allowed-Rate: 120\r\nAllow: POST\r\n"
    );
    options.headers.remove("webhook-request-rate");
    let answered = answer("cloudevents", &options, Given::default()).expect("an answer");
    assert!(!answered.headers.contains("webhook-allowed-rate"));

    let bad = post(&[("X-Hook-Secret", "a b\u{7f}")], "");
    assert!(answer("asana", &bad, Given::default()).is_err());
}

#[test]
fn pings_have_the_status_their_provider_wants() {
    let status = |provider: &str, message: &Message| {
        let answer = answer(provider, message, Given::default()).expect("an answer");
        (answer.status, String::from_utf8(answer.body).expect("text"))
    };
    let none = String::new;
    let discord = |text: &str| status("discord", &post(&[], text));
    assert_eq!(discord(r#"{"type":0}"#), (204, none()));
    let ping = r#"{"type":1,"application_id":"1","token":"x"}"#;
    assert_eq!(discord(ping), (200, r#"{"type":1}"#.to_owned()));
    let mut head = get("/");
    "HEAD".clone_into(&mut head.method);
    assert_eq!(status("trello", &head), (200, none()));
    let xero =
        r#"{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}"#;
    assert_eq!(status("xero", &post(&[], xero)), (200, none()));
    let notion = r#"{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}"#;
    assert_eq!(status("notion", &post(&[], notion)), (200, none()));
    // A delivery of webhook events is no handshake.
    let event = post(&[], r#"{"type":1,"application_id":"1","event":{}}"#);
    let view = View::new(&event);
    assert!(!handshakes("discord").iter().any(|own| own.fits(&view)));
}

#[test]
fn ebay_hashes_code_token_and_url() {
    let token = Secret::new("71745723-d031-455c-bfa5-f90d11b4f20a");
    let given = Given {
        verify_token: Some(&token),
        url: "http://www.testendpoint.com/webhook",
        ..Given::default()
    };
    // eBay's event-notification-nodejs-sdk, test/test.js.
    let message = get("/webhook?challenge_code=a8628072-3d33-45ee-9004-bee86830a22d");
    assert_eq!(
        body(answer("ebay", &message, given)),
        r#"{"challengeResponse":"ca527df75caa230092d7e90484071e8f05d63068f1317973d6a3a42593734bbb"}"#
    );
}

#[test]
fn what_is_wrong_is_told_apart() {
    let message = get("/?challenge=abc123");
    let own = met("dropbox", &message);
    let view = View::new(&message);
    let flaws = |status: u16, headers: &[(&str, &str)], body: &str| -> Vec<String> {
        let got = Answer {
            status,
            headers: headers.iter().copied().collect(),
            body: body.as_bytes().to_vec(),
        };
        let flaws = own.flaws(&view, Given::default(), &got).expect("told");
        flaws.iter().map(ToString::to_string).collect()
    };
    let plain = ("Content-Type", "text/plain; charset=utf-8");
    let nosniff = ("X-Content-Type-Options", "nosniff");
    assert!(flaws(200, &[plain, nosniff], "abc123").is_empty());
    assert_eq!(
        flaws(404, &[("Content-Type", "text/html")], "no"),
        [
            "status is 404, expected 200",
            "content type is `text/html`, expected `text/plain`",
            "header `X-Content-Type-Options` is missing, expected `nosniff`",
            "body is `no`, expected `abc123`",
        ]
    );
}

#[test]
fn what_an_endpoint_may_choose_is_not_held_against_it() {
    let mut message = post(
        &[
            ("WebHook-Request-Origin", "a.example"),
            ("WebHook-Request-Rate", "120"),
        ],
        "",
    );
    "OPTIONS".clone_into(&mut message.method);
    let own = met("cloudevents", &message);
    let right = |origin: &str, headers: &[(&str, &str)]| {
        let mut headers: Headers = headers.iter().copied().collect();
        headers.push("WebHook-Allowed-Origin", origin);
        let got = Answer {
            status: 204,
            headers,
            body: Vec::new(),
        };
        let flaws = own.flaws(&View::new(&message), Given::default(), &got);
        flaws.is_ok_and(|flaws| flaws.is_empty())
    };
    let rate = ("WebHook-Allowed-Rate", "60");
    assert!(right("*", &[rate]) && right("a.example", &[rate]));
    assert!(!right("b.example", &[rate]) && !right("*", &[]));
}

#[test]
fn descriptions_with_mistakes_are_refused() {
    let table = |more: &str| {
        let text = format!(
            "[[handshake]]\nname = \"a\"\nabout = \"b\"\nsource = \"c\"\nquery = [\"q\"]\n{more}"
        );
        let tables: Result<Tables, _> = toml::from_str(&text);
        tables
            .map_err(|error| error.to_string())
            .and_then(|tables| tables.handshake[0].consistent())
    };
    assert_eq!(table(""), Ok(()));
    for bad in [
        "answer = { content-type = \"text/plain\", body = \"{query:q}\" }",
        "answer = { content-type = \"text/plain\", body = \"{computed}\" }",
        "answer = { body = \"x\" }",
        "answer = { content-type = \"text/plain\", body = \"{quary:q}\" }",
        "forged = true",
        "query-eqal = {}",
    ] {
        assert!(table(bad).is_err(), "{bad}");
    }
}
