//! Forms written again, and JSON in a field of one.

use std::borrow::Cow;
use std::fmt::Write;

use crate::core::event::form_value;

/// The field GitHub and those like it send JSON in.
const PAYLOAD: &str = "payload";

/// The JSON of a form's field `payload`.
pub(super) fn field(body: &[u8]) -> Option<Vec<u8>> {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
    if is_json {
        return None;
    }
    form_value(body, PAYLOAD).map(String::into_bytes)
}

/// The forms that carry this body as their field `payload`.
pub(super) fn payloads(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Ok(text) = std::str::from_utf8(body) else {
        return Vec::new();
    };
    let change = "were the form payload=… that carries this JSON, percent-encoded";
    let encodings = [Space::Plus, Space::Percent, Space::Component];
    let forms = encodings.map(|space| {
        let mut form = "payload=".to_owned();
        encode(text, space, &mut form);
        (change, form.into_bytes())
    });
    forms.to_vec()
}

/// A form's fields written again; nothing where the body is no form.
pub(super) fn rewritten(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let is_form = body.contains(&b'=')
        && body.iter().all(|byte| (0x21..0x7f).contains(byte))
        && !body.starts_with(b"{");
    if !is_form {
        return Vec::new();
    }
    let pairs: Vec<_> = form_urlencoded::parse(body).collect();
    let mut sorted = pairs.clone();
    sorted.sort();
    let write = |pairs: &[(Cow<'_, str>, Cow<'_, str>)], space: Space| {
        let mut out = String::new();
        for (index, (name, value)) in pairs.iter().enumerate() {
            if index > 0 {
                out.push('&');
            }
            encode(name, space, &mut out);
            out.push('=');
            encode(value, space, &mut out);
        }
        out.into_bytes()
    };
    vec![
        (
            "were this form with + for spaces",
            write(&pairs, Space::Plus),
        ),
        (
            "were this form with %20 for spaces",
            write(&pairs, Space::Percent),
        ),
        (
            "were this form as encodeURIComponent writes it",
            write(&pairs, Space::Component),
        ),
        (
            "were this form with its fields sorted",
            write(&sorted, Space::Plus),
        ),
        (
            "were this form with its fields sorted and %20 for spaces",
            write(&sorted, Space::Percent),
        ),
        (
            "were this form, its escapes decoded",
            write(&pairs, Space::Decoded),
        ),
    ]
}

/// A text percent-encoded.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::new();
    encode(text, Space::Component, &mut out);
    out
}

/// A text with its percent escapes decoded, pluses kept.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let mut byte = [0];
        let digits = after.get(..2).filter(|_| first == b'%');
        if digits.is_some_and(|digits| hex::decode_to_slice(digits, &mut byte).is_ok()) {
            out.push(byte[0]);
            rest = &after[2..];
        } else {
            out.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// How spaces and what is not alphanumeric are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// A plus: browsers, `urlencode`, `URLSearchParams`.
    Plus,
    /// `%20`: RFC 3986, `rawurlencode`.
    Percent,
    /// As the latter, with `!'()*` as they are.
    Component,
    /// Nothing is encoded.
    Decoded,
}

fn encode(text: &str, space: Space, out: &mut String) {
    if space == Space::Decoded {
        return out.push_str(text);
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            b'~' if space != Space::Plus => out.push('~'),
            b'*' if space == Space::Plus => out.push('*'),
            b'!' | b'\'' | b'(' | b')' | b'*' if space == Space::Component => {
                out.push(char::from(byte));
            }
            b' ' if space == Space::Plus => out.push('+'),
            // Writing to a string does not fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: Vec<(&'static str, Vec<u8>)>) -> Vec<String> {
        let texts = found.into_iter().map(|(_, body)| String::from_utf8(body));
        texts.map(|text| text.expect("text")).collect()
    }

    #[test]
    fn json_goes_into_a_form_and_out_of_it() {
        let forms = texts(payloads(br#"{"a":"x y*~!"}"#));
        assert_eq!(
            forms,
            [
                "payload=%7B%22a%22%3A%22x+y*%7E%21%22%7D",
                "payload=%7B%22a%22%3A%22x%20y%2A~%21%22%7D",
                "payload=%7B%22a%22%3A%22x%20y*~!%22%7D",
            ]
        );
        for form in forms {
            assert_eq!(
                field(form.as_bytes()).expect("a field"),
                br#"{"a":"x y*~!"}"#
            );
        }
        assert_eq!(field(b"a=1&payload=2"), Some(b"2".to_vec()));
        assert_eq!(field(b"{\"payload\":1}"), None);
    }

    #[test]
    fn escapes_are_written_and_read() {
        assert_eq!(percent("a+b/c=é"), "a%2Bb%2Fc%3D%C3%A9");
        assert_eq!(unescaped("a%2Bb%2fc=%C3%A9+%zz%2"), "a+b/c=é+%zz%2");
    }

    #[test]
    fn forms_are_written_again() {
        let found = texts(rewritten(b"b=x%20y&a=%c3%a9"));
        assert_eq!(
            found,
            [
                "b=x+y&a=%C3%A9",
                "b=x%20y&a=%C3%A9",
                "b=x%20y&a=%C3%A9",
                "a=%C3%A9&b=x+y",
                "a=%C3%A9&b=x%20y",
                "b=x y&a=é",
            ]
        );
        assert!(rewritten(b"{\"a\":\"b=c\"}").is_empty());
        assert!(rewritten(b"text").is_empty());
    }
}
