//! RFC 9421, appendix B.2, and what a signature must not get away with.

use super::super::testing::Case;
use super::*;

pub(super) const SCHEME: &str = r#"
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

/// The base of components, with these headers and this URL.
pub(super) fn base_of(
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
    for (max_age, params, reason) in [
        (None, ";created=1700000000", ""),
        (None, ";created=1699999700", ""),
        (None, ";created=1699999699", "stale"),
        (None, ";created=1700000061", "future"),
        (None, ";created=1700000000;expires=1700000000", ""),
        (None, ";created=1700000000;expires=1699999999", "stale"),
        (None, "", "malformed-header"),
        (None, ";created=\"x\"", "malformed-header"),
        (Some(60), ";created=1699999940", ""),
        (Some(60), ";created=1699999939", "stale"),
        (Some(900), ";created=1699999100", ""),
        (Some(900), ";created=1699999100;expires=1699999999", "stale"),
        (Some(900), ";created=1700000061", "future"),
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
            max_age,
            ..Case::default()
        }
        .verdict();
        assert_eq!(
            verdict.reason().unwrap_or_default(),
            reason,
            "{max_age:?} {params}"
        );
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
