//! A body as a person reads it: coloured JSON, the fields of a form, text, or a hexdump.

use std::borrow::Cow;

use serde_json::Value;

use super::event::size;
use super::{Paint, json, sanitize};
use crate::core::message::Headers;

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";
/// How many bytes a hexdump shows at most.
const HEX_BYTES: usize = 256;
/// Bodies above this are shown as text without being parsed and indented.
const PRETTY_BYTES: usize = 1 << 20;

/// A compressed body is shown decoded where that is no more than this.
const DECODED_BYTES: usize = 1 << 20;

/// The body in lines, at most `limit`, with a last line that tells what was left out; none for 0.
/// What its headers say of it decides how: a compressed one is shown decoded, and says so.
#[must_use]
pub fn of(headers: &Headers, body: &[u8], paint: Paint, limit: usize) -> Vec<String> {
    let Some(coding) = headers.coding().filter(|_| limit > 0 && !body.is_empty()) else {
        return cut(content(headers, body, paint), paint, limit);
    };
    let decoded = coding.decode(body, DECODED_BYTES);
    let said = match &decoded {
        Some(decoded) => format!("decoded: {}", size(decoded.len())),
        None => "not decoded: damaged, or too large".to_owned(),
    };
    let body = decoded.as_deref().unwrap_or(body);
    let mut lines = vec![paint.dim(&format!("({coding}, {said})"))];
    lines.extend(cut(content(headers, body, paint), paint, limit));
    lines
}

/// The same for bytes of which nothing is said.
#[must_use]
pub fn lines(body: &[u8], paint: Paint, limit: usize) -> Vec<String> {
    cut(whole(body, paint), paint, limit)
}

/// The same without a look at what it is: text, and what is not UTF-8 as `\xff`.
#[must_use]
pub fn plain(body: &[u8], paint: Paint, limit: usize) -> Vec<String> {
    let text = sanitize::bytes_block(body);
    cut(text.lines().map(str::to_owned).collect(), paint, limit)
}

fn cut(mut lines: Vec<String>, paint: Paint, limit: usize) -> Vec<String> {
    if limit == 0 {
        return Vec::new();
    }
    if lines.len() > limit {
        let left = lines.len() - limit;
        lines.truncate(limit);
        let plural = if left == 1 { "" } else { "s" };
        lines.push(paint.dim(&format!("… {left} more line{plural}")));
    }
    lines
}

/// A form as its fields, a multipart body as its text, everything else by its look.
fn content(headers: &Headers, body: &[u8], paint: Paint) -> Vec<String> {
    let text = std::str::from_utf8(body).ok();
    let type_of = headers.text("content-type").unwrap_or_default();
    // curl says so of whatever it posts.
    let is_form = |text| headers.is_type(FORM) && parsed(text).is_none();
    if text.is_some_and(is_form) {
        return fields(body, paint);
    }
    let multipart = "multipart/";
    let starts = type_of.trim_start().get(..multipart.len());
    if text.is_none() && starts.is_some_and(|own| own.eq_ignore_ascii_case(multipart)) {
        return text_of_parts(body, paint);
    }
    whole(body, paint)
}

/// A form's fields, `name = value`, decoded; JSON among them as JSON.
fn fields(body: &[u8], paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        let is_part = |char: char| char.is_alphanumeric() || "._-:[]()".contains(char);
        let is_plain = |char: char| is_part(char) && !sanitize::is_hostile(char);
        let name = if !name.is_empty() && name.chars().all(is_plain) {
            name
        } else {
            Cow::Owned(json::string(&name))
        };
        let mut field = format!("{} = ", paint.cyan(&name));
        match parsed(&value) {
            Some(value) => pretty(&value, 0, paint, &mut field),
            None => field.push_str(&paint.green(&sanitize::line(&value))),
        }
        lines.extend(field.lines().map(str::to_owned));
    }
    lines
}

/// The lines of a multipart body that are text; between them, how much is not.
fn text_of_parts(body: &[u8], paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let mut unread = 0;
    for line in body.split(|&byte| byte == b'\n') {
        let control = |char: char| char.is_control() && !matches!(char, '\t' | '\r');
        let text = std::str::from_utf8(line).ok();
        let Some(text) = text.filter(|text| !text.chars().any(control)) else {
            unread += line.len() + 1;
            continue;
        };
        if unread > 0 {
            let size = size(std::mem::take(&mut unread));
            lines.push(paint.dim(&format!("… {size} that are no text")));
        }
        lines.push(sanitize::block(text));
    }
    if unread > 0 {
        lines.push(paint.dim(&format!("… {} that are no text", size(unread))));
    }
    lines
}

/// An object or a list, where a text is one and not too large to be laid out.
fn parsed(text: &str) -> Option<Value> {
    if text.len() > PRETTY_BYTES {
        return None;
    }
    let value = serde_json::from_str(text).ok()?;
    matches!(value, Value::Object(_) | Value::Array(_)).then_some(value)
}

fn whole(body: &[u8], paint: Paint) -> Vec<String> {
    if body.is_empty() {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return hexdump(body, paint);
    };
    if let Some(value) = parsed(text) {
        let mut out = String::new();
        pretty(&value, 0, paint, &mut out);
        return out.lines().map(str::to_owned).collect();
    }
    sanitize::block(text).lines().map(str::to_owned).collect()
}

/// JSON with two spaces of indentation, short lists of numbers and the like left on their lines.
fn pretty(value: &Value, depth: usize, paint: Paint, out: &mut String) {
    let indent = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push('{');
            for (index, (key, field)) in fields.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(depth + 1, out);
                out.push_str(&paint.cyan(&json::string(key)));
                out.push_str(": ");
                pretty(field, depth + 1, paint, out);
            }
            indent(depth, out);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(depth + 1, out);
                pretty(item, depth + 1, paint, out);
            }
            indent(depth, out);
            out.push(']');
        }
        Value::String(text) => out.push_str(&paint.green(&json::string(text))),
        Value::Number(_) | Value::Bool(_) => out.push_str(&paint.yellow(&value.to_string())),
        Value::Null => out.push_str(&paint.dim("null")),
        Value::Object(_) | Value::Array(_) => out.push_str(&value.to_string()),
    }
}

/// Offset, sixteen bytes, and what of them can be read.
fn hexdump(body: &[u8], paint: Paint) -> Vec<String> {
    let mut lines: Vec<String> = body[..body.len().min(HEX_BYTES)]
        .chunks(16)
        .enumerate()
        .map(|(row, bytes)| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
            let text: String = bytes
                .iter()
                .map(|&byte| match byte {
                    0x20..=0x7e => char::from(byte),
                    _ => '.',
                })
                .collect();
            format!(
                "{} {hex:48} {text}",
                paint.dim(&format!("{:08x}", row * 16))
            )
        })
        .collect();
    if body.len() > HEX_BYTES {
        lines.push(paint.dim(&format!("… {} more bytes", body.len() - HEX_BYTES)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: fn() -> Paint = || Paint::new(false);

    #[test]
    fn json_is_indented_and_cut() {
        let shown = lines(br#"{"a":[1,{}],"b":"x\u001b"}"#, PLAIN(), 99);
        assert_eq!(
            shown,
            [
                "{",
                "  \"a\": [",
                "    1,",
                "    {}",
                "  ],",
                "  \"b\": \"x\\u001b\"",
                "}"
            ]
        );
        let shown = lines(br#"{"a":1,"b":2}"#, PLAIN(), 2);
        assert_eq!(shown, ["{", "  \"a\": 1,", "… 2 more lines"]);
    }

    fn shown(headers: &[(&str, &str)], body: &[u8]) -> Vec<String> {
        of(&headers.iter().copied().collect(), body, PLAIN(), 99)
    }

    const AS_FORM: (&str, &str) = (
        "Content-Type",
        "Application/X-WWW-Form-urlencoded; charset=utf-8",
    );

    #[test]
    fn a_form_is_its_fields() {
        let body =
            "text=a+b%0A%1b%5B2J&data%5Bid%5D=1&a+%3D+b=&payload=%7B%22a%22%3A1%7D&n\u{3164}=5";
        assert_eq!(
            shown(&[AS_FORM], body.as_bytes()),
            [
                "text = a b\\n\\x1b[2J",
                "data[id] = 1",
                "\"a = b\" = ",
                "payload = {",
                "  \"a\": 1",
                "}",
                "\"n\\u3164\" = 5",
            ]
        );
        assert_eq!(shown(&[AS_FORM], b"[1]"), ["[", "  1", "]"], "JSON by curl");
        let plain = shown(&[], b"a=1&b=2");
        assert_eq!(plain, ["a=1&b=2"], "nobody said it is a form");
        assert_eq!(shown(&[AS_FORM], b"\xff\x00").len(), 1, "a hexdump");
    }

    #[test]
    fn a_compressed_body_is_shown_decoded_within_a_bound() {
        let gzip = ("Content-Encoding", "gzip");
        let body = "1f8b0800000000000003ab56ca48cdc9c957b282d00a48a4522d000891c8261d000000";
        let body = hex::decode(body).expect("hex");
        let lines = shown(&[gzip], &body);
        assert_eq!(lines[0], "(gzip, decoded: 29 B)");
        assert_eq!(lines[2], "  \"hello\": \"hello hello hello\"");
        let lines = shown(&[gzip], &body[..20]);
        assert_eq!(lines[0], "(gzip, not decoded: damaged, or too large)");
        assert!(lines[1].starts_with("00000000 1f 8b 08"), "{lines:?}");
        // Zeros, 2 MiB of them in a raw deflate stream.
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; 2 << 20], 9);
        let lines = shown(&[("Content-Encoding", "deflate")], &bomb);
        assert_eq!(lines[0], "(deflate, not decoded: damaged, or too large)");
        assert_eq!(of(&Headers::new(), b"{}", PLAIN(), 0), [""; 0]);
    }

    #[test]
    fn of_a_multipart_body_the_text_is_shown() {
        let kind = ("content-type", "multipart/form-data; boundary=x");
        let body = b"--x\r\nA: b\r\n\r\n\x89PNG\n\xff\x00\r\n--x--\r\n";
        let lines = shown(&[kind], body);
        let wanted = ["--x", "A: b", "", "… 9 B that are no text", "--x--", ""];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn bytes_are_dumped() {
        let shown = lines(b"\xff\x00hello", PLAIN(), 9);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("00000000 ff 00 68 65"), "{}", shown[0]);
        assert!(shown[0].ends_with(" ..hello"), "{}", shown[0]);
    }
}
