//! Plivo, version 3: the URL with its query sorted, the sorted fields of a form, and a nonce.
//!
//! Source: `plivo/plivo-python`, `plivo/utils/signature_v3.py`, and `plivo/plivo-node`,
//! `lib/utils/v3Security.js`. The values are signed decoded.

use super::super::Fields;
use super::{Text, one};
use crate::core::event::View;
use crate::core::message::Headers;
use crate::core::verdict::{Coverage, Reason};

const NONCE: &str = "X-Plivo-Signature-V3-Nonce";

pub(super) fn texts(fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<Text>, Reason> {
    let nonce = one(fields.headers, NONCE)?;
    let url = fields.url.split('#').next().unwrap_or_default();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let query: Vec<String> = sorted(query.as_bytes())
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let query = query.join("&");
    let form: String = if has_form(view) {
        sorted(&view.message().body)
            .iter()
            .map(|(name, value)| format!("{name}{value}"))
            .collect()
    } else {
        String::new()
    };
    let url = match (query.is_empty(), form.is_empty()) {
        (true, true) => base.to_owned(),
        (false, true) => format!("{base}?{query}"),
        (true, false) => format!("{base}?{form}"),
        (false, false) => format!("{base}?{query}.{form}"),
    };
    Ok(vec![format!("{url}.{nonce}").into_bytes().into()])
}

/// The nonce, unless the message has one: an id of a delivery is used once too.
pub(super) fn headers(given: &Headers, id: &str) -> Vec<(String, String)> {
    if given.contains(NONCE) {
        return Vec::new();
    }
    vec![(NONCE.to_owned(), id.to_owned())]
}

/// Names sorted, and the values of one name.
fn sorted(form: &[u8]) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(form)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.sort();
    pairs
}

/// Only a POST's form is signed.
fn has_form(view: &View<'_>) -> bool {
    let message = view.message();
    let is_json = message
        .headers
        .text("content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    message.method.eq_ignore_ascii_case("POST") && !is_json
}

pub(super) fn coverage(view: &View<'_>) -> Coverage {
    if has_form(view) {
        Coverage::Body
    } else {
        Coverage::None
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;
    use super::*;

    const SCHEME: &str = r#"
        name = "plivo-v3"
        algorithm = "hmac-sha256"
        signed-by = "plivo-v3"
        [signature]
        header = "X-Plivo-Signature-V3"
        layout = "plain"
        separator = ","
        encoding = "base64"
    "#;

    /// Computed with `validate_v3_signature`'s own construction by `openssl dgst`.
    #[test]
    fn url_query_and_form_are_sorted() {
        for (method, url, body, code) in [
            (
                "POST",
                "https://answer.url",
                "To=2&From=1&From=0",
                "YwvF+EJgz+xf4fKTpo2WBLW0Qn7hUwEYDuxDPcGd7cA=",
            ),
            (
                "POST",
                "https://answer.url/x?b=2&a=1",
                "To=2",
                "LubN48CFs18tOT0KkEuYRFB0OtXfFGurC03cI+1GusM=",
            ),
            (
                "POST",
                "https://answer.url/x?b=2&a=1",
                "",
                "DflzJ3bISKIgRoNlx/dzoL1cvEh31stCUT1erIK0icw=",
            ),
            (
                "GET",
                "https://answer.url/x?b=2&a=%20",
                "ignored=1",
                "1oOjFiDoXyVZn8SzED6Xr1Di4DI8cCpMGtQxTZOFCgY=",
            ),
            (
                "GET",
                "https://answer.url",
                "",
                "2tUVd+6dOTo/13hSmD0yrftTKb57pVvy0kxqkPKxcqk=",
            ),
        ] {
            let several = format!("AAAA,{code}");
            let headers = [
                ("X-Plivo-Signature-V3", several.as_str()),
                ("X-Plivo-Signature-V3-Nonce", "12345"),
            ];
            let case = Case {
                scheme: SCHEME,
                secret: "my_auth_token",
                method,
                url: Some(url),
                headers: &headers,
                body,
                ..Case::default()
            };
            case.is_valid();
            Case {
                url: Some("https://answer.url/y"),
                ..case
            }
            .is_invalid("mismatch");
            let twice = [&headers[..], &headers[1..]].concat();
            Case {
                headers: &twice,
                ..case
            }
            .is_invalid("repeated-header");
            Case {
                headers: &headers[..1],
                ..case
            }
            .is_invalid("missing-header");
        }
    }

    #[test]
    fn what_is_signed_verifies() {
        for (method, kind, coverage) in [
            ("POST", "application/x-www-form-urlencoded", Coverage::Body),
            ("POST", "application/json", Coverage::None),
            ("GET", "application/x-www-form-urlencoded", Coverage::None),
        ] {
            let headers = [("Content-Type", kind)];
            let case = Case {
                scheme: SCHEME,
                secret: "my_auth_token",
                method,
                url: Some("https://answer.url/x?b=2&a=1"),
                headers: &headers,
                body: "From=1",
                ..Case::default()
            };
            let made = case.round_trip();
            assert_eq!(super::coverage(&View::new(&made)), coverage);
        }
    }
}
