//! RFC 9421, appendix B.2, and what a signature must not get away with.

use super::super::testing::Case;
use super::*;
use crate::core::verdict::Verdict;

const SCHEME: &str = r#"
    name = "rfc9421"
    algorithm = "hmac-sha256"
    key = "pem-or-base64"
    signed-by = "rfc9421"
    [signature]
    header = "Signature"
    layout = "plain"
    encoding = "base64"
"#;

const SHARED: &str =
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
const RSA: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
";
const ED25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
";
const ED25519_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
";
const P256_PRIVATE: &str = include_str!("../../../../../tests/vectors/p256-test-key.pem");
const RSA_PRIVATE: &str = include_str!("../../../../../tests/vectors/rsa-test-key.pem");

const B21: (&str, &str) = (
    r#"sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd""#,
    "sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:",
);
const B22: (&str, &str) = (
    r#"sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example""#,
    "sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:",
);
const B23: (&str, &str) = (
    r#"sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#,
    "sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:",
);
const B25: (&str, &str) = (
    r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#,
    "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
);
const B26: (&str, &str) = (
    r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#,
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
);

/// The request of appendix B.2 with a signature.
fn with_request(secret: &str, signature: (&str, &str), check: impl Fn(Case<'_>)) {
    let headers = [
        ("Host", "example.com"),
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        (
            "Content-Digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        ("Content-Length", "18"),
        ("Signature-Input", signature.0),
        ("Signature", signature.1),
    ];
    check(Case {
        scheme: SCHEME,
        secret,
        url: Some("https://example.com/foo?param=Value&Pet=dog"),
        headers: &headers,
        body: r#"{"hello": "world"}"#,
        now: 1_618_884_473,
        ..Case::default()
    });
}

#[test]
fn the_rfc_s_examples_are_valid() {
    for (secret, signature, coverage) in [
        (RSA, B21, Coverage::None),
        (RSA, B22, Coverage::Body),
        (RSA, B23, Coverage::Body),
        (SHARED, B25, Coverage::None),
        (ED25519, B26, Coverage::None),
    ] {
        with_request(secret, signature, |case| {
            assert_eq!(case.is_valid().coverage, coverage, "{}", signature.0);
            // The body is signed through its digest or not at all.
            let other = Case { body: "{}", ..case };
            assert_eq!(other.verdict().is_valid(), coverage == Coverage::None);
        });
    }
}

#[test]
fn what_is_covered_cannot_change() {
    with_request(SHARED, B25, |case| {
        for (name, value, reason) in [
            ("Date", "Tue, 20 Apr 2021 02:07:56 GMT", "mismatch"),
            ("Content-Type", "text/plain", "mismatch"),
            ("Content-Length", "19", ""),
            (
                "Signature",
                "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE9=:",
                "mismatch",
            ),
            (
                "Signature",
                "other=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
                "malformed-header",
            ),
            ("Signature", "sig-b25=:::", "malformed-header"),
            ("Signature-Input", "sig-b25=1", "malformed-header"),
        ] {
            let mut headers = case.headers.to_vec();
            for header in &mut headers {
                if header.0 == name {
                    header.1 = value;
                }
            }
            let changed = Case {
                headers: &headers,
                ..case
            };
            let verdict = changed.verdict();
            assert_eq!(
                verdict.reason().unwrap_or_default(),
                reason,
                "{name}: {value}"
            );
        }
        let without: Vec<_> = case
            .headers
            .iter()
            .copied()
            .filter(|own| own.0 != "Date")
            .collect();
        Case {
            headers: &without,
            ..case
        }
        .is_invalid("missing-header");
        // A second line is a part of the field's value.
        let mut twice = case.headers.to_vec();
        twice.push(("Date", "x"));
        Case {
            headers: &twice,
            ..case
        }
        .is_invalid("mismatch");
        Case {
            url: Some("https://example.org/"),
            ..case
        }
        .is_invalid("mismatch");
        // Without a URL the host tells the authority.
        Case { url: None, ..case }.is_valid();
        Case {
            url: Some("https://EXAMPLE.com:443/foo"),
            ..case
        }
        .is_valid();
        Case {
            key_id: Some("other"),
            ..case
        }
        .is_invalid("unknown-key");
    });
}

/// The public key is public: a MAC made with it proves nothing.
#[test]
fn a_message_cannot_choose_the_kind_of_a_key() {
    let input = r#"sig1=();alg="hmac-sha256""#;
    let base = br#""@signature-params": ();alg="hmac-sha256""#;
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, RSA.as_bytes());
    let tag = BASE64_STANDARD.encode(ring::hmac::sign(&key, base));
    let signature = format!("sig1=:{tag}:");
    with_request(RSA, (input, &signature), |case| case.is_invalid("mismatch"));
    let as_secret = BASE64_STANDARD.encode(RSA);
    with_request(&as_secret, (input, &signature), |case| {
        case.is_valid();
    });
    for (alg, reason) in [
        ("rsa-v1_5-sha256", "mismatch"),
        ("none", "malformed-header"),
    ] {
        let input = format!(r#"sig1=();alg="{alg}""#);
        with_request(RSA, (&input, &signature), |case| case.is_invalid(reason));
    }
}

fn base_of(
    components: &str,
    headers: &[(&str, &str)],
    url: Option<&str>,
) -> Result<String, Reason> {
    let mut message = crate::core::message::Message::post(headers.iter().copied().collect(), "");
    message.target = "/path?own=1".to_owned();
    let parsed: Dictionary = Parser::new(&format!("s={components}"))
        .parse()
        .expect("parses");
    let Some(ListEntry::InnerList(list)) = parsed.get("s") else {
        panic!("no list");
    };
    let request = Request {
        message: &message,
        url,
    };
    let base = base::signature_base(list, &request)?;
    Ok(String::from_utf8(base).expect("text"))
}

/// The examples of RFC 9421, 2.1 and 2.2.
#[test]
fn components_are_those_of_the_rfc() {
    let url = Some(
        "https://www.example.com/path?param=value&foo=bar&baz=batman&qux=&var=this%20is%20a%20big%0Amultiline%20value&fa%C3%A7ade%22%3A%20=something",
    );
    for (component, line) in [
        (r#""@method""#, r#""@method": POST"#),
        (r#""@authority""#, r#""@authority": www.example.com"#),
        (r#""@scheme""#, r#""@scheme": https"#),
        (r#""@path""#, r#""@path": /path"#),
        (
            r#""@query-param";name="baz""#,
            r#""@query-param";name="baz": batman"#,
        ),
        (
            r#""@query-param";name="qux""#,
            r#""@query-param";name="qux": "#,
        ),
        (
            r#""@query-param";name="var""#,
            r#""@query-param";name="var": this%20is%20a%20big%0Amultiline%20value"#,
        ),
        (
            r#""@query-param";name="fa%C3%A7ade%22%3A%20""#,
            r#""@query-param";name="fa%C3%A7ade%22%3A%20": something"#,
        ),
        (
            r#""cache-control""#,
            r#""cache-control": max-age=60, must-revalidate"#,
        ),
        (r#""empty""#, r#""empty": "#),
        (r#""dict";key="a""#, r#""dict";key="a": 1"#),
        (r#""dict";key="d""#, r#""dict";key="d": ?1"#),
        (r#""dict";key="c""#, r#""dict";key="c": (a b c)"#),
        (
            r#""two";bs"#,
            r#""two";bs: :dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"#,
        ),
    ] {
        let headers = [
            ("Cache-Control", "max-age=60"),
            ("Cache-Control", "   must-revalidate "),
            ("Empty", ""),
            ("Dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
            ("Two", "value, with, lots"),
            ("Two", "of, commas"),
        ];
        let base = base_of(&format!("({component})"), &headers, url).expect(component);
        assert_eq!(
            base,
            format!("{line}\n\"@signature-params\": ({component})")
        );
    }
    let none = base_of(r#"("@query" "@request-target" "@path")"#, &[], None).expect("a base");
    assert!(
        none.starts_with(
            "\"@query\": ?own=1\n\"@request-target\": /path?own=1\n\"@path\": /path\n"
        )
    );
    let bare = base_of(r#"("@path" "@query")"#, &[], Some("http://a.example")).expect("a base");
    assert!(bare.starts_with("\"@path\": /\n\"@query\": ?\n"));
    for bad in [
        r#"("@method" "@method")"#,
        r#"("X-A")"#,
        "(1)",
        r#"("@status")"#,
        r#"("@target-uri")"#,
        r#"("x-a";sf)"#,
        r#"("x-a";tr)"#,
        r#"("@method";req)"#,
        r#"("x-b")"#,
        r#"("@query-param";name="none")"#,
        r#"("@query-param")"#,
    ] {
        assert!(base_of(bad, &[("x-a", "1")], None).is_err(), "{bad}");
    }
    let twice = Some("https://a.example/?a=1&a=2");
    assert!(base_of(r#"("@query-param";name="a")"#, &[], twice).is_err());
}

#[test]
fn times_have_their_limits() {
    let scheme = format!("{SCHEME}\n[timestamp]\nunit = \"seconds\"\npast = 300\nfuture = 60");
    for (params, reason) in [
        (";created=1700000000", ""),
        (";created=1699999700", ""),
        (";created=1699999699", "stale"),
        (";created=1700000061", "future"),
        (";created=1700000000;expires=1700000000", ""),
        (";created=1700000000;expires=1699999999", "stale"),
        ("", "malformed-header"),
        (";created=\"x\"", "malformed-header"),
    ] {
        let base = format!("\"@signature-params\": (){params}");
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key");
        let tag = BASE64_STANDARD.encode(ring::hmac::sign(&key, base.as_bytes()));
        let input = format!("sig1=(){params}");
        let signature = format!("sig1=:{tag}:");
        let headers = [
            ("Signature-Input", input.as_str()),
            ("Signature", signature.as_str()),
        ];
        let verdict = Case {
            scheme: &scheme,
            secret: "a2V5",
            headers: &headers,
            ..Case::default()
        }
        .verdict();
        assert_eq!(verdict.reason().unwrap_or_default(), reason, "{params}");
    }
}

#[test]
fn what_is_signed_verifies() {
    for secret in [SHARED, ED25519_PRIVATE, P256_PRIVATE, RSA_PRIVATE] {
        for url in [
            None,
            Some("https://example.com/foo"),
            Some("http://a.example:8080/?x=1"),
        ] {
            for key_id in [None, Some("a \"key\"")] {
                let case = Case {
                    scheme: SCHEME,
                    secret,
                    url,
                    key_id,
                    body: "{}",
                    ..Case::default()
                };
                let made = case.round_trip();
                assert!(made.headers.contains("Content-Digest"));
            }
        }
    }
}

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
