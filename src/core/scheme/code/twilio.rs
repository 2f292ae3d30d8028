//! Twilio: the URL and the sorted form fields; for other bodies the URL alone, whose query carries the
//! body's SHA-256.
//!
//! Source: Twilio's documentation, Webhooks security, and twilio-node `src/webhooks/webhooks.ts`:
//! the port may be there or not, values of one name are sorted and stand once, and the query is also
//! tried as a legacy encoder wrote it.

use ring::digest::{SHA256, digest};

use super::super::Fields;
use super::Text;
use super::escape::component;
use crate::core::event::{View, query_value};

/// The query parameter that carries the body's hash.
const BODY_HASH: &str = "bodySHA256";

pub(super) fn texts(fields: &Fields<'_>, view: &View<'_>) -> Vec<Text> {
    let body = &view.message().body;
    let tail = match query_value(fields.target(), BODY_HASH) {
        Some(claimed) => {
            let own = hex::encode(digest(&SHA256, body));
            if !own.eq_ignore_ascii_case(&claimed) {
                // The URL's signature may be right; the body is not the one it vouches for.
                return Vec::new();
            }
            String::new()
        }
        None => sorted_fields(body),
    };
    let mut urls = Vec::new();
    for url in [
        fields.url.to_owned(),
        with_legacy_query(fields.url),
        normalised(fields.url),
    ] {
        for url in [without_port(&url), with_port(&url)] {
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls.into_iter()
        .map(|url| Text::from(format!("{url}{tail}").into_bytes()))
        .collect()
}

/// The URL as the WHATWG standard writes it, which twilio-node 6 tries too: host in lower case, a
/// path, escapes.
fn normalised(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), String::from)
}

/// Names sorted, each with its values sorted and without repeats.
fn sorted_fields(body: &[u8]) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    pairs.sort();
    pairs.dedup();
    pairs
        .iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect()
}

/// Scheme, authority and the rest.
fn apart(url: &str) -> (&str, &str, &str) {
    let (scheme, after) = url.split_once("://").unwrap_or(("https", url));
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    (scheme, &after[..end], &after[end..])
}

/// Where the port begins in an authority: digits to its end, so that no password is one.
fn port(authority: &str) -> Option<usize> {
    let colon = authority.rfind(':')?;
    let digits = &authority[colon + 1..];
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(colon)
}

fn without_port(url: &str) -> String {
    let (scheme, authority, rest) = apart(url);
    let host = port(authority).map_or(authority, |colon| &authority[..colon]);
    format!("{scheme}://{host}{rest}")
}

fn with_port(url: &str) -> String {
    let (scheme, authority, rest) = apart(url);
    if port(authority).is_some() {
        return url.to_owned();
    }
    let port = if scheme == "https" { 443 } else { 80 };
    format!("{scheme}://{authority}:{port}{rest}")
}

/// The query as Node's `querystring` writes it, which Twilio's older senders sign.
fn with_legacy_query(url: &str) -> String {
    let Some((base, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let pairs: Vec<String> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| format!("{}={}", component(&name), component(&value)))
        .collect();
    format!("{base}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_and_go() {
        for (url, without, with) in [
            (
                "https://a.example/x?y=1",
                "https://a.example/x?y=1",
                "https://a.example:443/x?y=1",
            ),
            (
                "http://u:p@a.example",
                "http://u:p@a.example",
                "http://u:p@a.example:80",
            ),
            (
                "https://u:p@a.example:8443/",
                "https://u:p@a.example/",
                "https://u:p@a.example:8443/",
            ),
        ] {
            assert_eq!(without_port(url), without);
            assert_eq!(with_port(url), with);
        }
    }

    #[test]
    fn urls_are_also_tried_as_the_standard_writes_them() {
        for (url, written) in [
            ("https://A.example", "https://a.example/"),
            ("https://a.example/x?q=it's", "https://a.example/x?q=it%27s"),
            ("no url", "no url"),
        ] {
            assert_eq!(normalised(url), written);
        }
    }

    #[test]
    fn fields_are_sorted_and_stand_once() {
        assert_eq!(sorted_fields(b"Sid=1&A=b&Sid=1&A=a"), "AaAbSid1");
    }

    use super::super::testing::Case;

    const SCHEME: &str = r#"
        name = "twilio"
        algorithm = "hmac-sha1"
        signed-by = "twilio"
        signature = { header = "X-Twilio-Signature", encoding = "base64" }
    "#;

    fn is_valid(signed: &str, url: &str, body: &str) -> bool {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"token");
        let tag = ring::hmac::sign(&key, signed.as_bytes());
        let value = super::super::super::Encoding::Base64.encode(tag.as_ref());
        let headers = [("X-Twilio-Signature", value.as_str())];
        let verdict = Case {
            scheme: SCHEME,
            secret: "token",
            url: Some(url),
            headers: &headers,
            body,
            ..Case::default()
        }
        .verdict();
        verdict.is_valid()
    }

    #[test]
    fn url_and_fields_are_signed_with_or_without_the_port() {
        for (signed, url, body, expected) in [
            (
                "https://a.example/xA1B2",
                "https://a.example/x",
                "B=2&A=1",
                true,
            ),
            (
                "https://a.example:443/xA1B2",
                "https://a.example/x",
                "B=2&A=1",
                true,
            ),
            (
                "https://a.example/xA1",
                "https://a.example:8443/x",
                "A=1",
                true,
            ),
            ("http://a.example:80/xA1", "http://a.example/x", "A=1", true),
            (
                "https://a.example/x?q=a%20b",
                "https://a.example/x?q=a+b",
                "",
                true,
            ),
            ("https://a.example/", "https://A.example", "", true),
            ("https://a.example/xA1", "https://a.example/x", "A=2", false),
            ("https://a.example/xA1", "https://a.example/x", "", false),
            ("https://a.example/x", "https://a.example/x", "A=1", false),
            ("https://a.example/xA1", "https://b.example/x", "A=1", false),
            ("https://a.example/xA1", "https://a.example/y", "A=1", false),
            (
                "https://a.example:8443/xA1",
                "https://a.example/x",
                "A=1",
                false,
            ),
            ("http://a.example/xA1", "https://a.example/x", "A=1", false),
            ("", "https://a.example/x", "A=1", false),
        ] {
            assert_eq!(
                is_valid(signed, url, body),
                expected,
                "{signed}: {url} {body}"
            );
        }
    }

    #[test]
    fn the_hash_in_the_query_vouches_for_the_body() {
        let hash = hex::encode(digest(&SHA256, b"{}"));
        let url = format!("https://a.example/x?bodySHA256={hash}");
        let upper = format!("https://a.example/x?bodySHA256={}", hash.to_uppercase());
        assert!(is_valid(&url, &url, "{}"));
        assert!(is_valid(&upper, &upper, "{}"));
        for body in ["{ }", "", "a=1"] {
            assert!(!is_valid(&url, &url, body), "{body}");
        }
        let none = "https://a.example/x?bodySHA256=";
        assert!(!is_valid(none, none, "{}"));
        // The hash is signed with the URL: nobody puts another one in its place.
        let other = url.replace(&hash, &hex::encode(digest(&SHA256, b"[]")));
        assert!(!is_valid(&url, &other, "[]"));
    }

    #[test]
    fn a_port_is_digits_after_the_host() {
        for (authority, at) in [
            ("a:1", Some(1)),
            ("a", None),
            ("a:", None),
            ("a:x1", None),
            ("u:1@a", None),
            ("u:1@a:2", Some(5)),
            ("[::1]", None),
            ("[::1]:80", Some(5)),
        ] {
            assert_eq!(port(authority), at, "{authority}");
        }
    }
}
