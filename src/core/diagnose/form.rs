//! Forms written again, and JSON in a field of one.

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

/// One way to write a body: nothing where it cannot be.
type Writing = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

const PAYLOAD_FORM: &str = "were the form payload=… that carries this JSON, percent-encoded";

/// The forms that carry a body as their field `payload`.
pub(super) const PAYLOADS: [Writing; 3] = [
    (PAYLOAD_FORM, |body| carrying(body, Space::Plus)),
    (PAYLOAD_FORM, |body| carrying(body, Space::Percent)),
    (PAYLOAD_FORM, |body| carrying(body, Space::Component)),
];

fn carrying(body: &[u8], space: Space) -> Option<Vec<u8>> {
    let mut form = "payload=".to_owned();
    encode(std::str::from_utf8(body).ok()?, space, &mut form);
    Some(form.into_bytes())
}

/// A form's fields written again.
pub(super) const REWRITTEN: [Writing; 6] = [
    ("were this form with + for spaces", |body| {
        rewritten(body, Space::Plus, false)
    }),
    ("were this form with %20 for spaces", |body| {
        rewritten(body, Space::Percent, false)
    }),
    ("were this form as encodeURIComponent writes it", |body| {
        rewritten(body, Space::Component, false)
    }),
    ("were this form with its fields sorted", |body| {
        rewritten(body, Space::Plus, true)
    }),
    (
        "were this form with its fields sorted and %20 for spaces",
        |body| rewritten(body, Space::Percent, true),
    ),
    ("were this form, its escapes decoded", |body| {
        rewritten(body, Space::Decoded, false)
    }),
];

fn rewritten(body: &[u8], space: Space, sorted: bool) -> Option<Vec<u8>> {
    let is_form = body.contains(&b'=')
        && body.iter().all(|byte| (0x21..0x7f).contains(byte))
        && !body.starts_with(b"{");
    if !is_form {
        return None;
    }
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    if sorted {
        pairs.sort();
    }
    let mut out = String::new();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        encode(name, space, &mut out);
        out.push('=');
        encode(value, space, &mut out);
    }
    Some(out.into_bytes())
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

    fn texts(all: &[Writing], body: &[u8]) -> Vec<String> {
        let bodies = all.iter().filter_map(|(_, write)| write(body));
        let texts = bodies.map(|body| String::from_utf8(body).expect("text"));
        texts.collect()
    }

    #[test]
    fn json_goes_into_a_form_and_out_of_it() {
        let forms = texts(&PAYLOADS, br#"{"a":"x y*~!"}"#);
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
        let found = texts(&REWRITTEN, b"b=x%20y&a=%c3%a9");
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
        assert!(texts(&REWRITTEN, b"{\"a\":\"b=c\"}").is_empty());
        assert!(texts(&REWRITTEN, b"text").is_empty());
    }
}
