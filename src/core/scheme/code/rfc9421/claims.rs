//! Tests of what a signature may claim: the body, the time, its key, its own spelling.

use super::super::testing::Case;
use super::tests::{SCHEME, base_of};
use super::*;
use crate::core::verdict::Verdict;

/// A signature over a base, with the shared secret `key`, under a label.
fn by_hand(label: &str, input: &str, lines: &str) -> (String, String) {
    let base = format!("{lines}\"@signature-params\": {input}");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key");
    let tag = BASE64_STANDARD.encode(ring::hmac::sign(&key, base.as_bytes()));
    (format!("{label}={input}"), format!("{label}=:{tag}:"))
}

/// What is found of a message with these headers and the body `{}`, whose second secret is `key`.
fn found(headers: &[(&str, &str)], key_id: Option<&str>) -> String {
    let verdict = Case {
        scheme: SCHEME,
        secret: "b3RoZXI=",
        others: &["a2V5"],
        headers,
        body: "{}",
        key_id,
        ..Case::default()
    }
    .verdict();
    match verdict {
        Verdict::Valid(proof) => format!("{} {}", proof.secret_index, proof.coverage.as_str()),
        other => other.reason().unwrap_or_default().to_owned(),
    }
}

#[test]
fn the_body_is_covered_where_a_digest_that_is_held_against_it_is() {
    let sha256 = digest::of(b"{}");
    let sha512 = {
        let digest = ring::digest::digest(&ring::digest::SHA512, b"{}");
        format!("sha-512=:{}:", BASE64_STANDARD.encode(digest))
    };
    let both = format!("{sha256}, {sha512}");
    let wrong = digest::of(b"[]");
    let with_old = format!("md5=:AAAA:, {sha256}");
    let one_wrong = format!("{sha512}, {wrong}");
    let bytes = format!(":{}:", BASE64_STANDARD.encode(&sha256));
    let member = |text: &str| text.split_once('=').map(|own| own.1.to_owned());
    for (params, value, signed, expected) in [
        ("", &sha256, Some(sha256.clone()), "1 body"),
        ("", &sha512, Some(sha512.clone()), "1 body"),
        ("", &both, Some(both.clone()), "1 body"),
        ("", &with_old, Some(with_old.clone()), "1 body"),
        ("", &wrong, Some(wrong.clone()), "mismatch"),
        ("", &one_wrong, Some(one_wrong.clone()), "mismatch"),
        (";bs", &sha256, Some(bytes), "1 body"),
        (";key=\"sha-256\"", &both, member(&sha256), "1 body"),
        (";key=\"sha-512\"", &both, member(&sha512), "1 body"),
        (";key=\"sha-256\"", &wrong, member(&wrong), "mismatch"),
        // A digest that is not held against the body says nothing of it.
        (
            ";key=\"md5\"",
            &with_old,
            Some(":AAAA:".to_owned()),
            "1 none",
        ),
    ] {
        let component = format!("\"content-digest\"{params}");
        let line = format!("{component}: {}\n", signed.expect("a value"));
        let (input, signature) = by_hand("s", &format!("({component})"), &line);
        let headers = [
            ("Content-Digest", value.as_str()),
            ("Signature-Input", &input),
            ("Signature", &signature),
        ];
        assert_eq!(found(&headers, None), expected, "{component} {value}");
    }
    for value in ["md5=:AAAA:", "sha-256=1", "sha-256=(:AAAA:)", "?"] {
        let line = format!("\"content-digest\": {value}\n");
        let (input, signature) = by_hand("s", "(\"content-digest\")", &line);
        let headers = [
            ("Content-Digest", value),
            ("Signature-Input", &input),
            ("Signature", &signature),
        ];
        assert_eq!(found(&headers, None), "malformed-header", "{value}");
    }
}

#[test]
fn of_several_signatures_the_one_that_says_the_most_counts() {
    let digest = digest::of(b"{}");
    let line = format!("\"content-digest\": {digest}\n");
    let of_nothing = by_hand("a", "();keyid=\"k1\"", "");
    let of_body = by_hand("b", "(\"content-digest\");keyid=\"k2\"", &line);
    let forged = (of_body.0.clone(), "b=:AAAA:".to_owned());
    let both = |a: &(String, String), b: &(String, String), key_id| {
        let input = format!("{}, {}", a.0, b.0);
        let signature = format!("{}, {}", a.1, b.1);
        let headers = [
            ("Content-Digest", digest.as_str()),
            ("Signature-Input", &input),
            ("Signature", &signature),
        ];
        found(&headers, key_id)
    };
    assert_eq!(both(&of_nothing, &of_body, None), "1 body");
    assert_eq!(both(&of_body, &of_nothing, None), "1 body");
    assert_eq!(both(&of_nothing, &forged, None), "1 none");
    assert_eq!(both(&forged, &of_nothing, None), "1 none");
    // The key with the id given is the only one that counts.
    assert_eq!(both(&of_nothing, &of_body, Some("k1")), "1 none");
    assert_eq!(both(&of_nothing, &of_body, Some("k2")), "1 body");
    assert_eq!(both(&of_nothing, &of_body, Some("k3")), "unknown-key");
    assert_eq!(both(&of_nothing, &forged, Some("k2")), "mismatch");
}

#[test]
fn a_valid_signature_is_written_in_one_way() {
    let (input, signature) = by_hand("s", "()", "");
    let with = |signature: &str| {
        found(
            &[("Signature-Input", &input), ("Signature", signature)],
            None,
        )
    };
    assert_eq!(with(&signature), "1 none");
    // The last characters of base64 have bits that stand for nothing.
    let at = signature.len() - 3;
    let last = signature.as_bytes()[at];
    let next = char::from(if last == b'z' { b'0' } else { last + 1 });
    let mut varied = signature.clone();
    varied.replace_range(at..=at, &next.to_string());
    assert_eq!(with(&varied), "mismatch");
    let unpadded = signature.trim_end_matches("=:").to_owned() + ":";
    assert_eq!(with(&unpadded), "mismatch");
    assert_eq!(with("s=\"text\""), "malformed-header");
    assert_eq!(with("s=(:AAAA:)"), "malformed-header");
    assert_eq!(with("t=:AAAA:"), "malformed-header");
    assert_eq!(found(&[("Signature", &signature)], None), "missing-header");
    assert_eq!(
        found(&[("Signature-Input", &input)], None),
        "missing-header"
    );
}

#[test]
fn what_the_definition_asks_for_beside_the_signature_is_there() {
    let asking = "name = \"rfc9421\"\nrequire = [\"X-Event\"]\nkey-id-header = \"X-Key\"";
    let scheme = SCHEME.replace("name = \"rfc9421\"", asking);
    let (input, signature) = by_hand("s", "()", "");
    let signed = [
        ("Signature-Input", input.as_str()),
        ("Signature", &signature),
    ];
    let event = ("X-Event", "push");
    for (more, key_id, reason) in [
        (&[event][..], None, ""),
        (&[event, ("X-Key", "k1")], Some("k1"), ""),
        (&[event, ("X-Key", "k2")], Some("k1"), "unknown-key"),
        (&[event], Some("k1"), "missing-header"),
        (&[], None, "missing-header"),
        (&[event, event], None, "repeated-header"),
    ] {
        let headers = [&signed, more].concat();
        let verdict = Case {
            scheme: &scheme,
            secret: "a2V5",
            headers: &headers,
            key_id,
            ..Case::default()
        }
        .verdict();
        assert_eq!(verdict.reason().unwrap_or_default(), reason, "{more:?}");
    }
}

#[test]
fn each_component_is_laid_open_on_its_own() {
    let (input, signature) = by_hand("s", "(\"x-a\" \"x-b\")", "\"x-a\": 1\n\"x-b\": 2\n");
    let headers = [
        ("X-A", "1"),
        ("X-B", "2"),
        ("Signature-Input", &input),
        ("Signature", &signature),
    ];
    let pieces = Case {
        scheme: SCHEME,
        secret: "a2V5",
        headers: &headers,
        ..Case::default()
    }
    .pieces();
    let shown = |text: &str| Piece::shown("component", text);
    assert_eq!(
        pieces,
        [
            shown("\"x-a\": 1\n"),
            shown("\"x-b\": 2\n"),
            shown("\"@signature-params\": (\"x-a\" \"x-b\")"),
        ]
    );
}

#[test]
fn parameters_are_of_their_kind() {
    for (params, expected) in [
        (
            ";created=1700000000;expires=1700000000;nonce=\"n\";tag=\"t\"",
            "1 none",
        ),
        (";alg=\"hmac-sha256\"", "1 none"),
        (";alg=\"ed25519\"", "mismatch"),
        (";alg=hmac-sha256", "malformed-header"),
        (";keyid=1", "malformed-header"),
        (";nonce=1", "malformed-header"),
        (";tag=1", "malformed-header"),
        (";created=1.5", "malformed-header"),
        (";expires=\"1\"", "malformed-header"),
        (";expires=1699999999", "stale"),
        // A time ahead is not refused where neither definition nor user has a limit.
        (";created=1700009999", "1 none"),
        (";created=0", "1 none"),
    ] {
        let (input, signature) = by_hand("s", &format!("(){params}"), "");
        let headers = [
            ("Signature-Input", input.as_str()),
            ("Signature", &signature),
        ];
        assert_eq!(found(&headers, None), expected, "{params}");
    }
}

#[test]
fn the_user_s_tolerance_goes_before_the_definition_s() {
    let now = 1_700_000_000;
    let limited = format!("{SCHEME}\n[timestamp]\nunit = \"seconds\"\npast = 300\nfuture = 60");
    for (params, past, future, expected) in [
        (
            format!(";created={}", now - 301),
            Some(301),
            Some(0),
            Ok(Some(301)),
        ),
        (format!(";created={}", now - 301), None, None, Ok(Some(301))),
        (
            format!(";created={}", now - 10),
            Some(9),
            None,
            Err("stale"),
        ),
        (
            format!(";created={}", now + 61),
            Some(0),
            Some(61),
            Ok(Some(-61)),
        ),
        (
            format!(";created={}", now + 61),
            None,
            Some(60),
            Err("future"),
        ),
        (
            format!(";created={}", now + 61),
            Some(0),
            None,
            Ok(Some(-61)),
        ),
        (String::new(), Some(9), None, Err("malformed-header")),
        (String::new(), None, Some(9), Err("malformed-header")),
        (String::new(), None, None, Ok(None)),
        (
            format!(";expires={}", now - 9),
            Some(9),
            None,
            Err("malformed-header"),
        ),
        (
            format!(";created={now};expires={}", now - 9),
            Some(9),
            None,
            Ok(Some(0)),
        ),
        (
            format!(";created={now};expires={}", now - 9),
            Some(8),
            None,
            Err("stale"),
        ),
        (
            format!(";created={now};expires={}", now - 9),
            None,
            None,
            Ok(Some(0)),
        ),
    ] {
        let (input, signature) = by_hand("s", &format!("(){params}"), "");
        let headers = [
            ("Signature-Input", input.as_str()),
            ("Signature", &signature),
        ];
        let verdict = Case {
            scheme: &limited,
            secret: "a2V5",
            headers: &headers,
            tolerance: Some(Tolerance { past, future }),
            ..Case::default()
        }
        .verdict();
        let found = match &verdict {
            Verdict::Valid(proof) => Ok(proof.age),
            other => Err(other.reason().unwrap_or_default()),
        };
        assert_eq!(found, expected, "{params} {past:?} {future:?}");
    }
}

#[test]
fn a_time_ahead_is_told_as_far_as_it_is() {
    let limited = format!("{SCHEME}\n[timestamp]\nunit = \"seconds\"\nfuture = 60");
    let (input, signature) = by_hand("s", "();created=1700000061", "");
    let headers = [
        ("Signature-Input", input.as_str()),
        ("Signature", &signature),
    ];
    let verdict = Case {
        scheme: &limited,
        secret: "a2V5",
        headers: &headers,
        ..Case::default()
    }
    .verdict();
    let ahead = Reason::Future {
        ahead: 61,
        tolerance: 60,
    };
    assert_eq!(verdict, Verdict::Invalid(ahead));
}

#[test]
fn the_url_is_taken_apart() {
    for (url, component, expected) in [
        (
            "https://u:p@Example.com:443/a?b#c",
            "@authority",
            "example.com",
        ),
        ("http://example.com:80/", "@authority", "example.com"),
        ("http://example.com:443/", "@authority", "example.com:443"),
        ("HTTPS://example.com:8443", "@authority", "example.com:8443"),
        ("https://example.com:80/", "@authority", "example.com:80"),
        ("ftp://example.com:21/", "@authority", "example.com:21"),
        (
            "HTTPS://example.com/a#b",
            "@target-uri",
            "HTTPS://example.com/a",
        ),
        ("HTTPS://example.com/", "@scheme", "https"),
        ("https://example.com/a?b=1#c", "@request-target", "/a?b=1"),
        ("https://example.com?b=1", "@request-target", "/?b=1"),
        ("https://example.com/a?b=1?c", "@query", "?b=1?c"),
        ("https://example.com/a?b=1", "@path", "/a"),
        ("https://example.com#a", "@path", "/"),
    ] {
        let base = base_of(&format!("(\"{component}\")"), &[], Some(url)).expect(url);
        let line = format!("\"{component}\": {expected}\n");
        assert!(base.starts_with(&line), "{url}: {base}");
    }
    let host = base_of("(\"@authority\")", &[("Host", "Example.com:80")], None);
    assert!(
        host.expect("a base")
            .starts_with("\"@authority\": example.com:80\n")
    );
    assert!(base_of("(\"@authority\")", &[], None).is_err());
    assert!(base_of("(\"@authority\")", &[("Host", "a"), ("Host", "b")], None).is_err());
    assert!(base_of("(\"@scheme\")", &[], None).is_err());
}

#[test]
fn a_component_stands_once_whatever_the_order_of_its_parameters() {
    let headers = [("x-a", "a=1, b=2"), ("x-b", "1")];
    let url = Some("https://example.com/?a=1&b=2&c=1&c=2");
    for (list, is_right) in [
        (r#"("x-a" "x-b")"#, true),
        (r#"("x-a" "x-a";bs)"#, true),
        (r#"("x-a";key="a" "x-a";key="b")"#, true),
        (r#"("x-a";key="a" "x-a";key="a")"#, false),
        (r#"("x-a" "x-a")"#, false),
        (r#"("x-a";key="c")"#, false),
        (r#"("x-a";key)"#, false),
        (r#"("x-a";other="a")"#, false),
        (r#"("x-a";bs=?0)"#, false),
        (r#"("x-a";sf)"#, false),
        (r#"("x-a";bs;key="a")"#, false),
        (r#"("x-b";key="a")"#, false),
        (r#"("@query-param";name="a" "@query-param";name="b")"#, true),
        (
            r#"("@query-param";name="a" "@query-param";name="a")"#,
            false,
        ),
        (r#"("@query-param";name="c")"#, false),
        (r#"("@query-param";name="a";req)"#, false),
        (r#"("@query-param";name=a)"#, false),
        (r#"("@path";name="a")"#, false),
    ] {
        assert_eq!(base_of(list, &headers, url).is_ok(), is_right, "{list}");
    }
}
