//! What a diagnosis must not say: random changes have no known cause, a part of a signature is none.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookcat::core::diagnose::Diagnosis;
use hookcat::core::message::Headers;
use hookcat::core::random::Random;
use hookcat::core::scheme::Stamp;
use hookcat::core::secret::Secret;
use hookcat::providers::Catalog;
use jiff::Timestamp;

use crate::diagnosis::{Broken, Given, NOW, Neighbour};

/// The valid deliveries random changes are made to: provider, scheme, secret, body.
const VALID: [(&str, &str, &str, &str); 10] = [
    (
        "github",
        "github",
        "a-secret",
        r#"{"ref":"refs/heads/main","n":[1,2.5,"x"]}"#,
    ),
    (
        "stripe",
        "stripe",
        "whsec_c2VjcmV0c2VjcmV0",
        r#"{"id":"evt_1","data":{"a":true}}"#,
    ),
    (
        "resend",
        "svix",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        r#"{"type":"email.sent","to":"é"}"#,
    ),
    (
        "slack",
        "slack",
        "8f742231b10e",
        "token=x&text=94070+north&user=U1",
    ),
    (
        "shopify",
        "shopify",
        "shpss_1",
        r#"{"id":1,"title":"A & B"}"#,
    ),
    (
        "code-storage",
        "code-storage",
        "pierre",
        r#"{"repository":{"id":"r"},"ref":"main"}"#,
    ),
    (
        "twilio",
        "twilio",
        "auth-token",
        "CallSid=CA1&From=%2B1555&To=%2B1556",
    ),
    (
        "square",
        "square",
        "square-key",
        r#"{"merchant_id":"M","type":"payment.updated"}"#,
    ),
    (
        "hubspot",
        "hubspot-v3",
        "hubspot-key",
        r#"[{"eventId":1,"subscriptionId":2}]"#,
    ),
    (
        "gitlab",
        "gitlab-token",
        "a-token-of-gitlab",
        r#"{"object_kind":"push"}"#,
    ),
];

/// A valid delivery of each.
fn signed(catalog: &Catalog, (id, scheme, secret, body): (&str, &str, &str, &str)) -> Broken {
    let provider = catalog.get(id).expect("a provider");
    let scheme = provider.scheme(scheme).expect("a scheme");
    let key = scheme.read_key(&Secret::new(secret)).expect("a key");
    let mut headers = Headers::new();
    for name in &scheme.require {
        headers.push(name.as_str(), "push");
    }
    if id == "twilio" {
        headers.push("Content-Type", "application/x-www-form-urlencoded");
    }
    let url = scheme
        .needs_url()
        .then(|| "https://example.com/hooks?x=1".to_owned());
    let stamp = Stamp {
        now: Timestamp::from_second(NOW).expect("in range"),
        id: "msg_1",
        method: "POST",
        url: url.as_deref(),
        headers: &headers,
        key_id: None,
    };
    let made = scheme.sign(&[key], &stamp, body.as_bytes()).expect("signs");
    for (name, value) in made.headers {
        headers.set(&name, value);
    }
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).expect("text");
    Broken {
        cause: String::new(),
        provider: id.to_owned(),
        scheme: Some(scheme.name.clone()),
        why: String::new(),
        secrets: vec![Given::Own(secret.to_owned())],
        now: None,
        url,
        target: Some("/hooks?x=1".to_owned()),
        key_id: None,
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_owned(), text(value)))
            .collect(),
        body: String::new(),
        body_base64: Some(BASE64_STANDARD.encode(body)),
        neighbours: vec![Neighbour {
            headers: Vec::new(),
            body: r#"{"another":"delivery"}"#.to_owned(),
        }],
    }
}

/// Changes a delivery as an accident would: what is left explains nothing.
fn corrupt(own: &mut Broken, random: &mut Random) {
    let mut body = BASE64_STANDARD
        .decode(own.body_base64.as_ref().expect("a body"))
        .expect("base64");
    let mut below = |bound: usize| usize::try_from(random.below(bound as u64)).expect("small");
    match below(5) {
        0 => {
            let (at, bit) = (below(body.len()), below(8));
            body[at] ^= 1 << bit;
        }
        1 => {
            let start = below(body.len() - 2);
            let end = start + 1 + below(body.len() - start - 1);
            body.drain(start..end);
        }
        2 => {
            // Other digits of the signature, or of the timestamp in its value.
            let place = below(own.headers.len());
            let value = &mut own.headers[place].1;
            let changed: String = value
                .chars()
                .map(|char| match char {
                    '0'..='8' | 'a'..='e' if below(3) > 0 => char::from(char as u8 + 1),
                    _ => char,
                })
                .collect();
            *value = changed;
        }
        3 => {
            let other = format!("wrong-{}", random.base36(20));
            own.secrets = vec![Given::Own(other)];
        }
        _ => {
            let time = NOW - 100 + i64::try_from(below(90)).expect("small");
            for (_, value) in &mut own.headers {
                *value = value.replace(&NOW.to_string(), &time.to_string());
            }
            let at = below(body.len());
            body[at] = body[at].wrapping_add(1 + u8::try_from(below(200)).expect("small"));
        }
    }
    own.body_base64 = Some(BASE64_STANDARD.encode(body));
}

#[test]
fn nothing_is_told_of_five_hundred_random_changes() {
    let catalog = Catalog::default();
    let mut random = Random::from_text("five hundred");
    let mut invalid = 0;
    while invalid < 500 {
        let valid = VALID[usize::try_from(random.below(10)).expect("small")];
        let mut own = signed(&catalog, valid);
        let (found, _) = own.judge(&catalog);
        assert!(found.verdict.is_valid(), "{}", own.provider);
        corrupt(&mut own, &mut random);
        let (found, diagnosis) = own.judge(&catalog);
        if found.verdict.is_valid() {
            continue;
        }
        invalid += 1;
        let told = &diagnosis.findings;
        assert!(
            told.is_empty(),
            "{} {:?} {told:?}",
            own.provider,
            own.headers
        );
        assert!(diagnosis.complete, "{}", own.provider);
    }
}

/// A delivery of GitHub's with this signature.
fn github(value: &str) -> Broken {
    let mut own = signed(&Catalog::default(), VALID[0]);
    let signature = own
        .headers
        .iter_mut()
        .find(|(name, _)| name == "X-Hub-Signature-256");
    value.clone_into(&mut signature.expect("a signature").1);
    own
}

#[test]
fn a_part_of_a_signature_that_is_too_small_says_nothing() {
    let catalog = Catalog::default();
    let whole = signed(&catalog, VALID[0])
        .headers
        .last()
        .expect("a signature")
        .1
        .clone();
    let told = |value: &str| -> Vec<&'static str> {
        let (_, diagnosis) = github(value).judge(&catalog);
        diagnosis
            .findings
            .iter()
            .map(|own| own.cause.slug())
            .collect()
    };
    let digits = whole.len() - "sha256=".len();
    assert_eq!(digits, 64);
    for kept in [0, 1, 16, 31] {
        assert!(told(&whole[..7 + kept]).is_empty(), "{kept}");
    }
    for kept in [32, 63] {
        assert_eq!(told(&whole[..7 + kept]), ["signature-cut"], "{kept}");
    }
    for value in [
        "",
        "sha256=",
        "=",
        "sha256=sha256=",
        "\0",
        &"0".repeat(64),
        &"A".repeat(5000),
    ] {
        assert!(told(value).is_empty(), "{value}");
    }
    // Half of the digits and others after them are no signature cut off.
    let other = format!("{}{}", &whole[..7 + 40], "0".repeat(24));
    assert!(told(&other).is_empty());
}

#[test]
fn a_valid_delivery_and_one_without_a_secret_have_no_findings() {
    let catalog = Catalog::default();
    for valid in VALID {
        let mut own = signed(&catalog, valid);
        let (found, diagnosis) = own.judge(&catalog);
        assert!(found.verdict.is_valid());
        assert_eq!((diagnosis.findings.len(), diagnosis.tried), (0, 0));
        own.secrets.clear();
        let (_, diagnosis) = own.judge(&catalog);
        assert!(diagnosis.findings.is_empty() && diagnosis.complete);
    }
}

/// A delivery of GitHub's over this body and secret, given another body and secret.
fn mixed_up(sent: (&str, &str), given: (&str, &str), late: i64, id: &str) -> Diagnosis {
    let catalog = Catalog::default();
    let (_, scheme, _, _) = VALID.iter().find(|own| own.0 == id).expect("known");
    let mut own = signed(&catalog, (id, scheme, sent.0, sent.1));
    own.secrets = vec![Given::Own(given.0.to_owned())];
    own.body_base64 = Some(BASE64_STANDARD.encode(given.1));
    own.now = Some(NOW + late);
    own.judge(&catalog).1
}

fn causes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis
        .findings
        .iter()
        .map(|own| own.cause.slug())
        .collect()
}

#[test]
fn the_usual_pairs_are_told_together() {
    let (compact, spaced) = (r#"{"a":1}"#, r#"{ "a": 1 }"#);
    let found = mixed_up(("key", compact), ("key\n", spaced), 0, "github");
    assert_eq!(causes(&found), ["secret-space", "json-compact"]);
    let found = mixed_up(("key", compact), ("\"key\"", "{\"a\":1}\n"), 0, "github");
    assert_eq!(causes(&found), ["secret-quotes", "body-newline"]);
    let found = mixed_up(("key", compact), ("key", spaced), 4000, "stripe");
    assert_eq!(causes(&found), ["json-compact", "old-delivery"]);

    let catalog = Catalog::default();
    let mut own = signed(&catalog, VALID[7]);
    own.url = Some("http://example.com/hooks?x=1".to_owned());
    let body = format!("{}\n", VALID[7].3);
    own.body_base64 = Some(BASE64_STANDARD.encode(body));
    assert_eq!(
        causes(&own.judge(&catalog).1),
        ["url-scheme", "body-newline"]
    );
}

#[test]
fn an_age_that_is_judged_first_is_told_only_of_a_signature_that_is_right() {
    let body = r#"{"a":1}"#;
    let right = mixed_up(("key", body), ("key", body), 86_000, "code-storage");
    assert_eq!(causes(&right), ["old-delivery"]);
    let wrong = mixed_up(("key", body), ("other", body), 86_000, "code-storage");
    assert!(wrong.findings.is_empty(), "{wrong:?}");
}

#[test]
fn the_work_is_bounded_and_the_same_each_time() {
    let item = r#"{"id":12345.0,"url":"https://example.com/","name":"café <x>"}"#;
    let body = format!("[{}]", vec![item; (3 << 20) / item.len()].join(","));
    let found = mixed_up(("key", "{}"), ("other", &body), 0, "github");
    assert!(found.findings.is_empty() && !found.complete);
    assert!(found.tried > 0);
    assert_eq!(
        found,
        mixed_up(("key", "{}"), ("other", &body), 0, "github")
    );
    // What is cheap is found in any size.
    let with_break = format!("{body}\n");
    let found = mixed_up(("key", &body), ("key", &with_break), 0, "github");
    assert_eq!(causes(&found), ["body-newline"]);
}

#[test]
fn a_header_full_of_signatures_does_not_multiply_the_work() {
    let catalog = Catalog::default();
    let pair = format!("t={NOW},v1={}", "0".repeat(64));
    let mut own = github("");
    own.provider = "persona".to_owned();
    own.scheme = None;
    own.headers = vec![("Persona-Signature".to_owned(), vec![pair; 300].join(" "))];
    own.body_base64 = Some(BASE64_STANDARD.encode(vec![b'x'; 64 << 10]));
    let (found, diagnosis) = own.judge(&catalog);
    assert_eq!(found.verdict.reason(), Some("mismatch"));
    assert!(diagnosis.findings.is_empty() && !diagnosis.complete);
    // Only what is no longer than a few bytes is still tried so many times.
    assert!(diagnosis.tried < 40, "{}", diagnosis.tried);
}
