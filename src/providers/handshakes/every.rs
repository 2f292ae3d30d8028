//! What holds for every handshake of every definition.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::core::compose::Occasion;
use crate::core::event::View;
use crate::core::handshake::{Given, Handshake, request};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::secret::Secret;
use crate::core::template::Filler;
use crate::providers::Catalog;

/// Every handshake with the request its provider would send.
static REQUESTS: LazyLock<Vec<(Provider, Handshake, Message)>> = LazyLock::new(|| {
    let catalog = Catalog::default();
    let filler = Filler::new(jiff::Timestamp::UNIX_EPOCH, Random::from_text("1"));
    let occasion = Occasion {
        id: "1",
        now: jiff::Timestamp::UNIX_EPOCH,
        url: "http://localhost/",
    };
    let token = Secret::new("token");
    let given = Given {
        verify_token: Some(&token),
        ..Given::default()
    };
    let mut all = Vec::new();
    for provider in catalog.all() {
        for own in &provider.handshakes {
            let message = request(provider, own, given, None, occasion, &filler);
            let message = message.unwrap_or_else(|error| panic!("{}: {error}", provider.id));
            all.push((provider.clone(), own.clone(), message));
        }
    }
    all
});

/// Everything an answer may need.
fn everything(check: impl Fn(Given<'_>)) {
    let (secret, token) = (Secret::new("secret"), Secret::new("token"));
    check(Given {
        secret: Some(&secret),
        verify_token: Some(&token),
        url: "http://localhost/",
        key_id: Some("key"),
    });
}

#[test]
fn every_request_is_its_own_handshake_and_its_answer_right() {
    for (provider, own, message) in REQUESTS.iter() {
        let view = View::new(message);
        let names: Vec<&str> = (provider.handshakes.iter())
            .filter(|own| own.fits(&view))
            .map(|own| own.name.as_str())
            .collect();
        assert_eq!(names, [own.name.as_str()], "{}", provider.id);
        everything(|given| {
            let answer = own.answer(&view, given);
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", provider.id));
            let flaws = own.flaws(&view, given, &answer).expect("told");
            assert!(flaws.is_empty(), "{}: {flaws:?}", provider.id);
            assert!(!own.is_reflected(&answer.headers));
        });
    }
}

proptest! {
    #[test]
    fn nothing_hostile_is_given_back(text in "\\PC{0,40}|[\0-\x1f<>\"{}:a-z]{1,12}") {
        for (provider, own, message) in REQUESTS.iter() {
            let mut message = message.clone();
            let mut query = form_urlencoded::Serializer::new(String::new());
            for (name, value) in &own.request.query {
                let keep = own.query_equal.contains_key(name) || name.contains("verify_token");
                query.append_pair(name, if keep { value } else { &text });
            }
            let query = query.finish().replace("%7Bverify-token%7D", "token");
            message.target = format!("/?{query}");
            for (name, _) in &own.request.headers {
                if !own.headers_equal.contains_key(name) {
                    message.headers.set(name, text.as_bytes());
                }
            }
            let view = View::new(&message);
            everything(|given| {
                let Ok(answer) = own.answer(&view, given) else {
                    return;
                };
                let markup = |byte: &u8| b"<>&".contains(byte) || *byte < b' ' || *byte > b'~';
                assert!(!answer.body.iter().any(markup), "{}: {text:?}", provider.id);
                let values = answer.headers.iter().flat_map(|(_, value)| value.to_vec());
                assert!(!values.into_iter().any(|byte| markup(&byte)), "{}: {text:?}", provider.id);
            });
        }
    }
}
