//! A body as a person reads it: coloured JSON, text, or a hexdump.

use serde_json::Value;

use super::{Paint, json, sanitize};

/// How many bytes a hexdump shows at most.
const HEX_BYTES: usize = 256;
/// Bodies above this are shown as text without being parsed and indented.
const PRETTY_BYTES: usize = 1 << 20;

/// The body in lines, at most `limit`, with a last line that tells what was left out; none for 0.
#[must_use]
pub fn lines(body: &[u8], paint: Paint, limit: usize) -> Vec<String> {
    if limit == 0 {
        return Vec::new();
    }
    cut(whole(body, paint), paint, limit)
}

/// The same without a look at what it is: text, and what is not UTF-8 as `\xff`.
#[must_use]
pub fn plain(body: &[u8], paint: Paint, limit: usize) -> Vec<String> {
    let text = sanitize::bytes_block(body);
    cut(text.lines().map(str::to_owned).collect(), paint, limit)
}

fn cut(mut lines: Vec<String>, paint: Paint, limit: usize) -> Vec<String> {
    if lines.len() > limit {
        let left = lines.len() - limit;
        lines.truncate(limit);
        let plural = if left == 1 { "" } else { "s" };
        lines.push(paint.dim(&format!("… {left} more line{plural}")));
    }
    lines
}

fn whole(body: &[u8], paint: Paint) -> Vec<String> {
    if body.is_empty() {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return hexdump(body, paint);
    };
    if body.len() <= PRETTY_BYTES
        && let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
    {
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

    #[test]
    fn bytes_are_dumped() {
        let shown = lines(b"\xff\x00hello", PLAIN(), 9);
        assert_eq!(shown.len(), 1);
        assert!(shown[0].starts_with("00000000 ff 00 68 65"), "{}", shown[0]);
        assert!(shown[0].ends_with(" ..hello"), "{}", shown[0]);
    }
}
