//! Contentful: method, path, the headers a header names, and the body, a line each.
//!
//! Source: `contentful/node-apps-toolkit`, `src/requests/{sign,verify}-request.ts` and `utils.ts`.
//! The query is escaped twice there (`querystring.escape`, then `encodeURI` over the whole), and the
//! header that lists the others is itself signed in the form the list has when sorted.

use super::super::Fields;
use super::{Text, escape, one};
use crate::core::event::View;
use crate::core::message::Headers;
use crate::core::verdict::Reason;

const LIST: &str = "x-contentful-signed-headers";
const TIMESTAMP: &str = "x-contentful-timestamp";
const SIGNATURE: &str = "x-contentful-signature";
/// What the provider's own headers begin with.
const OWN: &str = "x-contentful-";

pub(super) fn texts(fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let names = names(one(fields.headers, LIST)?)?;
    let list = names.join(",");
    let mut headers = Vec::new();
    for name in &names {
        let value = match name.as_str() {
            LIST => list.as_str(),
            _ => one(fields.headers, name)?,
        };
        headers.push(format!("{name}:{value}"));
    }
    let mut bytes = format!(
        "{}\n{}\n{}\n",
        fields.method.to_ascii_uppercase(),
        path(fields.target()),
        headers.join(";")
    )
    .into_bytes();
    bytes.extend_from_slice(&view.message().body);
    Ok(vec![bytes.into()])
}

/// The names of the list, sorted, each once; the list and the timestamp are signed in any case.
fn names(list: &str) -> Result<Vec<String>, Reason> {
    let mut names: Vec<String> = list
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    if names.len() < 2 || names.iter().any(|name| name == SIGNATURE) {
        return Err(Reason::MalformedHeader {
            name: LIST.to_owned(),
            expected: format!("`{LIST},{TIMESTAMP}` and other names"),
        });
    }
    names.extend([LIST.to_owned(), TIMESTAMP.to_owned()]);
    names.sort();
    names.dedup();
    Ok(names)
}

fn path(target: &str) -> String {
    let mut pieces = target.split('?');
    let path = pieces.next().unwrap_or_default();
    match pieces.next() {
        Some(query) if !query.is_empty() => {
            escape::uri(&format!("{path}?{}", escape::component(query)))
        }
        _ => escape::uri(path),
    }
}

/// The list of what is signed: the provider's own headers.
pub(super) fn headers(given: &Headers) -> Vec<(String, String)> {
    let mut names: Vec<String> = given
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| name.starts_with(OWN) && name != SIGNATURE)
        .chain([LIST.to_owned(), TIMESTAMP.to_owned()])
        .collect();
    names.sort();
    names.dedup();
    vec![(LIST.to_owned(), names.join(","))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    const SCHEME: &str = r#"
        name = "contentful"
        algorithm = "hmac-sha256"
        signed-by = "contentful"
        [signature]
        header = "x-contentful-signature"
        layout = "plain"
        encoding = "hex-lower"
        [timestamp]
        header = "x-contentful-timestamp"
        unit = "milliseconds"
        past = 30
    "#;

    const LISTED: &str =
        "authorization,x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic";

    fn case<'a>(headers: &'a [(&'a str, &'a str)]) -> Case<'a> {
        Case {
            scheme: SCHEME,
            secret: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            url: Some("https://example.com/api/v1/resources/1"),
            headers,
            body: r#"{"sys":{"id":"x"}}"#,
            now: 1_603_379_941,
            ..Case::default()
        }
    }

    /// Made with `signRequest` of the provider's toolkit.
    #[test]
    fn the_toolkit_s_signatures_are_valid() {
        let minimal = Case {
            method: "GET",
            url: Some("https://example.com/api/resources/1"),
            body: "",
            ..case(&[
                ("x-contentful-timestamp", "1603379941037"),
                (
                    "x-contentful-signed-headers",
                    "x-contentful-signed-headers,x-contentful-timestamp",
                ),
                (
                    "x-contentful-signature",
                    "3b21d63c31a2a92d38945394da0b1a2a0dc2d9bf13ef4dfd91b9f3fa1440b404",
                ),
            ])
        };
        minimal.is_valid();
        let signed = [
            ("Authorization", "Bearer TOKEN"),
            ("x-contentful-topic", "ContentManagement.Entry.publish"),
            ("x-contentful-timestamp", "1603379941037"),
            ("x-contentful-signed-headers", LISTED),
            (
                "x-contentful-signature",
                "e61b1bce7337b298da3ffe8aa40ef66b9ac3730507e22fd55383122653fc79d5",
            ),
        ];
        case(&signed).is_valid();
        let late = Case {
            now: 1_603_379_972,
            ..case(&signed)
        };
        late.is_invalid("stale");
        // The topic is signed: it must be there.
        let without: Vec<_> = signed
            .iter()
            .copied()
            .filter(|(name, _)| !name.ends_with("topic"))
            .collect();
        case(&without).is_invalid("missing-header");
    }

    #[test]
    fn a_query_is_escaped_twice() {
        assert_eq!(path("/a b?c=d e&f"), "/a%20b?c%253Dd%2520e%2526f");
        assert_eq!(path("/a?"), "/a");
        assert_eq!(path("/a?b?c"), "/a?b");
    }

    #[test]
    fn what_is_signed_verifies() {
        let headers = [("X-Contentful-Topic", "Entry.publish"), ("x-other", "1")];
        Case {
            url: Some("https://example.com/hooks?a=b"),
            ..case(&headers)
        }
        .round_trip();
    }

    #[test]
    fn what_the_list_names_is_signed_and_the_list_itself_as_sorted() {
        let text = format!(
            "POST\n/api/v1/resources/1\n{}\n{}",
            [
                "x-a:1",
                "x-contentful-signed-headers:x-a,x-contentful-signed-headers,x-contentful-timestamp",
                "x-contentful-timestamp:1603379941037",
            ]
            .join(";"),
            case(&[]).body
        );
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, case(&[]).secret.as_bytes());
        let signature = hex::encode(ring::hmac::sign(&key, text.as_bytes()));
        let judged = |list: &str, a: &str| {
            let headers = [
                ("X-A", a),
                ("x-contentful-timestamp", "1603379941037"),
                ("x-contentful-signed-headers", list),
                ("x-contentful-signature", signature.as_str()),
            ];
            let verdict = case(&headers).verdict();
            verdict.reason().unwrap_or("valid")
        };
        assert_eq!(judged("X-Contentful-Timestamp, x-a", "1"), "valid");
        assert_eq!(judged("x-a,x-contentful-timestamp", "1"), "valid");
        assert_eq!(judged("x-a,x-contentful-timestamp", "2"), "mismatch");
        assert_eq!(judged("x-b,x-contentful-timestamp", "1"), "missing-header");
        // One name alone, and the signature among what it signs, are no list.
        assert_eq!(judged("x-a", "1"), "malformed-header");
        let own = "x-a,x-contentful-timestamp,x-contentful-signature";
        assert_eq!(judged(own, "1"), "malformed-header");
    }

    #[test]
    fn the_provider_s_own_headers_are_listed() {
        let given: Headers = [
            ("Content-Type", "application/json"),
            ("X-Contentful-Topic", "t"),
            ("x-contentful-signature", "old"),
            ("x-contentful-timestamp", "1"),
        ]
        .into_iter()
        .collect();
        let list = "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic";
        let expected = [("x-contentful-signed-headers".to_owned(), list.to_owned())];
        assert_eq!(headers(&given), expected);
    }
}
