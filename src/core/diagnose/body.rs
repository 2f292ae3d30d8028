//! Probes of the body: its end, its line breaks, JSON and forms written again, its charset.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::json::{Node, decoded, parse};
use super::number::Numbers;
use super::search::Search;
use super::style::{Escapes, Order, Spacing, Style};
use super::{Cause, Finding, charset, form};
use crate::core::coding::Coding;
use crate::core::verdict::Verdict;

/// A decoded body is at most so long.
const DECODED: usize = 4 << 20;
/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

type Found = Option<Vec<Finding>>;

/// How a library writes JSON: what of it is told, and the look of it.
type Writing = (Cause, &'static str, Style);

const fn style(spacing: Spacing, escapes: Escapes, numbers: Numbers, order: Order) -> Style {
    Style {
        spacing,
        escapes,
        numbers,
        order,
    }
}

const fn javascript(spacing: Spacing) -> Style {
    style(
        spacing,
        Escapes::Least,
        Numbers::JavaScript,
        Order::JavaScript,
    )
}

const fn kept(spacing: Spacing, escapes: Escapes) -> Style {
    style(spacing, escapes, Numbers::Kept, Order::Kept)
}

const fn python(spacing: Spacing, escapes: Escapes, order: Order) -> Style {
    style(spacing, escapes, Numbers::Python, order)
}

const COMPACT: &str = "compact JSON, as JSON.stringify writes it";
const SPACED: &str =
    "JSON with a space after each comma and colon, as Python's json.dumps writes it";
const PHP: &str = "JSON as PHP's json_encode writes it, with `\\/`";
const HTML: &str = "JSON with <, > and & escaped, as Go and Rails write it";
const SORTED: &str = "JSON with sorted keys";

/// The usual ones.
const LIKELY: [Writing; 12] = {
    use Escapes::{Ascii, Html, Kept, Least, Php};
    use Spacing::{Compact, Indent, Spaced};
    [
        (Cause::JsonCompact, COMPACT, javascript(Compact)),
        (Cause::JsonCompact, "compact JSON", kept(Compact, Kept)),
        (
            Cause::JsonSpaced,
            SPACED,
            python(Spaced, Ascii, Order::Kept),
        ),
        (
            Cause::JsonPretty,
            "JSON indented by 2 spaces",
            javascript(Indent("  ")),
        ),
        (
            Cause::JsonSpaced,
            "JSON as Python's json.dumps(ensure_ascii=False) writes it",
            python(Spaced, Least, Order::Kept),
        ),
        (
            Cause::JsonSorted,
            SORTED,
            style(Compact, Least, Numbers::JavaScript, Order::Sorted),
        ),
        (
            Cause::JsonSlashes,
            PHP,
            style(Compact, Php, Numbers::Php, Order::Kept),
        ),
        (
            Cause::JsonHtmlEscapes,
            HTML,
            style(Compact, Html, Numbers::JavaScript, Order::Sorted),
        ),
        (
            Cause::JsonPretty,
            "JSON indented by 4 spaces",
            javascript(Indent("    ")),
        ),
        (
            Cause::JsonUnicode,
            "compact JSON with \\u escapes beyond ASCII",
            kept(Compact, Ascii),
        ),
        (
            Cause::JsonUnicode,
            "compact JSON without \\u escapes",
            kept(Compact, Least),
        ),
        (
            Cause::JsonSorted,
            "JSON with sorted keys, as Python's json.dumps(sort_keys=True) writes it",
            python(Spaced, Ascii, Order::Sorted),
        ),
    ]
};

/// The rest.
const RARE: [Writing; 18] = {
    use Escapes::{Ascii, DotNet, Gson, Html, Kept, Least, Php, Slash};
    use Spacing::{Compact, Indent, Spaced};
    const TWO: Spacing = Indent("  ");
    const FOUR: Spacing = Indent("    ");
    [
        (Cause::JsonHtmlEscapes, HTML, kept(Compact, Html)),
        (
            Cause::JsonHtmlEscapes,
            "JSON with < > & = ' escaped, as Gson writes it",
            kept(Compact, Gson),
        ),
        (
            Cause::JsonDotnet,
            "JSON as .NET's System.Text.Json writes it",
            kept(Compact, DotNet),
        ),
        (
            Cause::JsonDotnet,
            "indented JSON as .NET's System.Text.Json writes it",
            kept(TWO, DotNet),
        ),
        (
            Cause::JsonSlashes,
            "JSON with `\\/`, as PHP writes it with JSON_UNESCAPED_UNICODE",
            style(Compact, Slash, Numbers::Php, Order::Kept),
        ),
        (
            Cause::JsonSlashes,
            "JSON as PHP writes it with JSON_PRETTY_PRINT",
            style(FOUR, Php, Numbers::Php, Order::Kept),
        ),
        (
            Cause::JsonPretty,
            "JSON indented by tabs",
            javascript(Indent("\t")),
        ),
        (
            Cause::JsonPretty,
            "JSON indented by 2 spaces",
            kept(TWO, Kept),
        ),
        (
            Cause::JsonPretty,
            "JSON indented by 4 spaces",
            kept(FOUR, Kept),
        ),
        (
            Cause::JsonPretty,
            "JSON indented by tabs",
            kept(Indent("\t"), Kept),
        ),
        (
            Cause::JsonPretty,
            "JSON as Python's json.dumps(indent=2) writes it",
            python(TWO, Ascii, Order::Kept),
        ),
        (
            Cause::JsonPretty,
            "JSON as Python's json.dumps(indent=4) writes it",
            python(FOUR, Ascii, Order::Kept),
        ),
        (
            Cause::JsonSpaced,
            "JSON with a space after each comma and colon",
            kept(Spaced, Kept),
        ),
        (
            Cause::JsonSorted,
            "compact JSON with sorted keys and \\u escapes",
            python(Compact, Ascii, Order::Sorted),
        ),
        (
            Cause::JsonSorted,
            SORTED,
            style(Compact, Kept, Numbers::Kept, Order::Sorted),
        ),
        (
            Cause::JsonSorted,
            "JSON with sorted keys, indented by 2 spaces",
            style(TWO, Least, Numbers::JavaScript, Order::Sorted),
        ),
        (
            Cause::JsonSorted,
            "JSON with sorted keys, indented by 4 spaces",
            python(FOUR, Ascii, Order::Sorted),
        ),
        (
            Cause::JsonColumn,
            "JSON as PostgreSQL's jsonb writes it",
            style(Spaced, Least, Numbers::Kept, Order::Lengths),
        ),
    ]
};

/// What is usually at fault.
pub(super) fn likely(search: &mut Search<'_>, _: &Verdict) -> Found {
    if !search.covers_body() {
        return None;
    }
    let body = search.body();
    end(search, body)
        .or_else(|| {
            let payload = form::field(body);
            search.with_body(
                Cause::FormField,
                "the JSON of the form's field `payload`",
                payload?,
            )
        })
        .or_else(|| line_endings(search, body))
        .or_else(|| match body.strip_prefix(MARK) {
            Some(rest) => search.with_body(
                Cause::ByteOrderMark,
                "without its byte order mark",
                rest.to_vec(),
            ),
            None => None,
        })
        .or_else(|| json(search, body, &LIKELY))
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
        "without the white space around it",
        inner.to_vec(),
    )
}

fn line_endings(search: &mut Search<'_>, body: &[u8]) -> Found {
    let text = std::str::from_utf8(body).ok()?;
    if !text.contains('\n') && !text.contains('\r') {
        return None;
    }
    let unix = text.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    let (unix_change, windows_change) = (
        "with \\n for line breaks, not \\r\\n",
        "with \\r\\n for line breaks, not \\n",
    );
    let none = text.replace(['\r', '\n'], "");
    search
        .with_body(Cause::LineEndings, unix_change, unix.into_bytes())
        .or_else(|| search.with_body(Cause::LineEndings, windows_change, windows.into_bytes()))
        .or_else(|| {
            search.with_body(
                Cause::LineEndings,
                "without its line breaks",
                none.into_bytes(),
            )
        })
}

/// JSON written again in each of these styles.
fn json(search: &mut Search<'_>, body: &[u8], writings: &[Writing]) -> Found {
    let size = body.len();
    let first = body
        .strip_prefix(MARK)
        .unwrap_or(body)
        .trim_ascii_start()
        .first();
    // A scalar has no spaces and no keys.
    if !matches!(first, Some(b'{' | b'[')) || !search.spend(size) {
        return None;
    }
    let node = parse(body)?;
    writings.iter().find_map(|(cause, change, style)| {
        if !search.spend(size / 2) {
            return None;
        }
        search.with_body(*cause, change, style.write(&node, size))
    })
}

/// What is seldom at fault.
pub(super) fn rare(search: &mut Search<'_>, _: &Verdict) -> Found {
    if !search.covers_body() {
        return None;
    }
    let body = search.body();
    json(search, body, &RARE)
        .or_else(|| wrapped(search, body))
        .or_else(|| forms(search, body))
        .or_else(|| {
            let mut all = Coding::ALL.into_iter();
            all.find_map(|coding| {
                let decoded = coding.decode(body, DECODED)?;
                let change = format!("decompressed ({coding})");
                search.with_body(Cause::Compressed, &change, decoded)
            })
        })
        .or_else(|| {
            let mut all = charset::ALL.into_iter();
            all.find_map(|(change, convert)| {
                let other = convert(body)?;
                search.with_body(Cause::Charset, change, other)
            })
        })
        .or_else(|| {
            let marked = [MARK, body].concat();
            search.with_body(
                Cause::ByteOrderMark,
                "with a byte order mark before it",
                marked,
            )
        })
        .or_else(|| search.with_body(Cause::BodyEmpty, "empty", Vec::new()))
        .or_else(|| {
            let mut all = ["{}", "[object Object]", "undefined", "null"].into_iter();
            all.find_map(|text| {
                search.with_body(Cause::BodyPlaceholder, &format!("`{text}`"), text.into())
            })
        })
}

/// A body within another: in base64, as a JSON string, as the body of a function's event.
fn wrapped(search: &mut Search<'_>, body: &[u8]) -> Found {
    let trimmed = body.trim_ascii();
    let unwrapped = BASE64_STANDARD.decode(trimmed).ok();
    let found = unwrapped
        .and_then(|inner| search.with_body(Cause::BodyBase64, "decoded from base64", inner));
    if found.is_some() {
        return found;
    }
    match parse(body) {
        Some(Node::Text(text)) => {
            let inner = decoded(text).into_owned().into_bytes();
            let found = search.with_body(Cause::JsonString, "the text of this JSON string", inner);
            if found.is_some() {
                return found;
            }
        }
        Some(Node::Object(fields)) => {
            let of = |name: &str| fields.iter().find(|(own, _)| *own == name);
            if let Some((_, Node::Text(text))) = of("body") {
                let text = decoded(text);
                let inner = BASE64_STANDARD.decode(text.as_bytes()).ok();
                let change = "the field `body` of this event";
                let found = inner
                    .and_then(|inner| {
                        let change = "the field `body` of this event, decoded from base64";
                        search.with_body(Cause::EventEnvelope, change, inner)
                    })
                    .or_else(|| {
                        search.with_body(Cause::EventEnvelope, change, text.as_bytes().to_vec())
                    });
                if found.is_some() {
                    return found;
                }
            }
        }
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let quoted = serde_json::Value::from(text).to_string().into_bytes();
        let found = search.with_body(Cause::JsonString, "a JSON string of this text", quoted);
        if found.is_some() {
            return found;
        }
    }
    let encoded = BASE64_STANDARD.encode(body).into_bytes();
    search.with_body(Cause::BodyBase64, "in base64", encoded)
}

fn forms(search: &mut Search<'_>, body: &[u8]) -> Found {
    form::payloads(body)
        .into_iter()
        .find_map(|(change, other)| search.with_body(Cause::FormPayload, change, other))
        .or_else(|| {
            let mut all = form::rewritten(body).into_iter();
            all.find_map(|(change, other)| search.with_body(Cause::FormEncoding, change, other))
        })
}
