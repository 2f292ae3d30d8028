//! Probes of the body: its end, its line breaks, JSON and forms written again, its charset.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::json::{Node, decoded};
use super::search::Search;
use super::writings::{LIKELY, RARE, Writing};
use super::{Cause, Finding, charset, form};
use crate::core::coding::Coding;
use crate::core::verdict::Verdict;

/// A decoded body is at most so long.
const DECODED: usize = 4 << 20;
/// The byte order mark of UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

type Found = Option<Vec<Finding>>;

/// What is usually at fault.
pub(super) fn likely(search: &mut Search<'_>, _: &Verdict) -> Found {
    if !search.covers_body() {
        return None;
    }
    let body = search.body();
    end(search, body)
        .or_else(|| {
            let change = "were the JSON of the form's field `payload`";
            search.with_body(Cause::FormField, change, form::field(body)?)
        })
        .or_else(|| line_endings(search, body))
        .or_else(|| match body.strip_prefix(MARK) {
            Some(rest) => search.with_body(
                Cause::ByteOrderMark,
                "had no byte order mark",
                rest.to_vec(),
            ),
            None => None,
        })
        .or_else(|| json(search, &LIKELY))
}

/// The end of the body: one pass over it serves all endings.
fn end(search: &mut Search<'_>, body: &[u8]) -> Found {
    const ENDINGS: [&[u8]; 8] = [
        b"",
        b"\n",
        b"\r\n",
        b" ",
        b"\n\n",
        b"\r\n\r\n",
        b"\r",
        b"\0",
    ];
    let start = body.trim_ascii_end();
    let own = &body[start.len()..];
    let found = if search.scheme.takes_endings() {
        search.ending(start, &ENDINGS)
    } else {
        let others = ENDINGS.into_iter().filter(|ending| *ending != own);
        others.into_iter().find(|ending| {
            let changed = [start, ending].concat();
            search.proves_body(changed.into())
        })
    };
    if let Some(ending) = found {
        let change = match (own, ending) {
            (b"", b"\n") => "would match if the body ended in a line break (\\n)",
            (b"", b"\r\n") => "would match if the body ended in a line break (\\r\\n)",
            (b"\n" | b"\r\n", b"") => "would match if the body did not end in a line break",
            (_, b"") => "would match if the body did not end in white space",
            (b"\n", b"\r\n") => {
                "would match if the line break at the body's end were \\r\\n, not \\n"
            }
            (b"\r\n", b"\n") => {
                "would match if the line break at the body's end were \\n, not \\r\\n"
            }
            (_, b"\0") => "would match if the body ended in a zero byte",
            _ => "would match if the body ended in other white space",
        };
        let cause = match (own, ending) {
            (b"" | b"\n" | b"\r\n", b"" | b"\n" | b"\r\n") => Cause::BodyNewline,
            _ => Cause::BodySpace,
        };
        return Some(vec![Finding::new(cause, change)]);
    }
    let inner = body.trim_ascii();
    if inner.len() == start.len() {
        return None;
    }
    search.with_body(
        Cause::BodySpace,
        "had no white space around it",
        inner.to_vec(),
    )
}

/// A text with other line breaks.
type Rewrite = fn(&str) -> String;

fn line_endings(search: &mut Search<'_>, body: &[u8]) -> Found {
    // Line breaks at the end alone are `end`'s part.
    let inner = body.trim_ascii_end();
    if !inner.contains(&b'\n') && !inner.contains(&b'\r') {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let writings: [(&str, Rewrite); 3] = [
        ("had \\n for line breaks, not \\r\\n", |text| {
            text.replace("\r\n", "\n")
        }),
        ("had \\r\\n for line breaks, not \\n", |text| {
            text.replace("\r\n", "\n").replace('\n', "\r\n")
        }),
        ("had no line breaks", |text| text.replace(['\r', '\n'], "")),
    ];
    writings.into_iter().find_map(|(change, write)| {
        let body = search.made(|| write(text))?.into_bytes();
        search.with_body(Cause::LineEndings, change, body)
    })
}

/// JSON written again in each of these styles.
fn json(search: &mut Search<'_>, writings: &[Writing]) -> Found {
    let (node, size) = (search.json()?, search.body().len());
    // A text alone has neither spaces nor keys.
    if matches!(*node, Node::Text(_)) {
        return None;
    }
    writings.iter().find_map(|(cause, change, style)| {
        let other = search.made(|| style.write(&node, size))??;
        search.with_body(*cause, change, other)
    })
}

/// What is seldom at fault.
pub(super) fn rare(search: &mut Search<'_>, _: &Verdict) -> Found {
    if !search.covers_body() {
        return None;
    }
    let body = search.body();
    json(search, &RARE)
        .or_else(|| wrapped(search, body))
        .or_else(|| forms(search, body))
        .or_else(|| compressed(search, body))
        .or_else(|| {
            let mut all = charset::ALL.into_iter();
            all.find_map(|(change, convert)| {
                let other = search.made(|| convert(body))??;
                search.with_body(Cause::Charset, change, other)
            })
        })
        .or_else(|| {
            let marked = search.made(|| [MARK, body].concat())?;
            search.with_body(
                Cause::ByteOrderMark,
                "had a byte order mark before it",
                marked,
            )
        })
        .or_else(|| search.with_body(Cause::BodyEmpty, "were empty", Vec::new()))
        .or_else(|| {
            let mut all = ["{}", "[object Object]", "undefined", "null"].into_iter();
            all.find_map(|text| {
                search.with_body(
                    Cause::BodyPlaceholder,
                    &format!("were `{text}`"),
                    text.into(),
                )
            })
        })
}

fn compressed(search: &mut Search<'_>, body: &[u8]) -> Found {
    Coding::ALL.into_iter().find_map(|coding| {
        let decoded = search.made(|| coding.decode(body, DECODED))??;
        let change = format!("were decompressed ({coding})");
        search.with_body(Cause::Compressed, &change, decoded)
    })
}

/// A body within another: in base64, as a JSON string, as the body of a function's event.
fn wrapped(search: &mut Search<'_>, body: &[u8]) -> Found {
    let inner = BASE64_STANDARD.decode(body.trim_ascii()).ok();
    inner
        .and_then(|inner| search.with_body(Cause::BodyBase64, "were decoded from base64", inner))
        .or_else(|| match &*search.json()? {
            Node::Text(text) => {
                let inner = decoded(text).into_owned().into_bytes();
                search.with_body(
                    Cause::JsonString,
                    "were the text of this JSON string",
                    inner,
                )
            }
            Node::Object(fields) => enveloped(search, fields),
            Node::Bare(_) | Node::Array(_) => None,
        })
        .or_else(|| {
            let text = std::str::from_utf8(body).ok()?;
            let quoted = search.made(|| serde_json::Value::from(text).to_string())?;
            search.with_body(
                Cause::JsonString,
                "were a JSON string of this text",
                quoted.into_bytes(),
            )
        })
        .or_else(|| {
            let encoded = search.made(|| BASE64_STANDARD.encode(body))?;
            search.with_body(
                Cause::BodyBase64,
                "were written in base64",
                encoded.into_bytes(),
            )
        })
}

/// The body of the event a function gets.
fn enveloped(search: &mut Search<'_>, fields: &[(&str, Node<'_>)]) -> Found {
    let (_, Node::Text(text)) = fields.iter().find(|(name, _)| *name == "body")? else {
        return None;
    };
    let text = decoded(text).into_owned().into_bytes();
    let inner = BASE64_STANDARD.decode(&text).ok();
    inner
        .and_then(|inner| {
            let change = "were the field `body` of this event, decoded from base64";
            search.with_body(Cause::EventEnvelope, change, inner)
        })
        .or_else(|| {
            search.with_body(
                Cause::EventEnvelope,
                "were the field `body` of this event",
                text,
            )
        })
}

fn forms(search: &mut Search<'_>, body: &[u8]) -> Found {
    let payloads = form::PAYLOADS.iter().map(|own| (Cause::FormPayload, own));
    let rewritten = form::REWRITTEN.iter().map(|own| (Cause::FormEncoding, own));
    let mut all = payloads.chain(rewritten);
    all.find_map(|(cause, (change, write))| {
        let other = search.made(|| write(body))??;
        search.with_body(cause, change, other)
    })
}
