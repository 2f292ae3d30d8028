//! Two texts beside each other: what went, what came, and a little of what stayed.

use serde_json::Value;
use similar::{Algorithm, ChangeTag, TextDiff};

use super::{Paint, sanitize};

/// How many unchanged lines stand around a change.
const AROUND: usize = 2;
/// Bodies above this are only said to differ.
const LARGEST: usize = 4 << 20;

/// The lines in which two bodies differ, `-` before what went and `+` before what came; none where they
/// are the same byte for byte. JSON is compared field by field, a field a line.
#[must_use]
pub fn bodies(old: &[u8], new: &[u8], paint: Paint) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    if old.len().max(new.len()) > LARGEST {
        return vec![first_byte(old, new)];
    }
    let (Ok(before), Ok(after)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return vec![first_byte(old, new)];
    };
    if let (Some(before), Some(after)) = (indented(before), indented(after)) {
        let lines = texts(&before, &after, paint);
        if lines.is_empty() {
            return vec!["the same JSON in other bytes".to_owned()];
        }
        return lines;
    }
    texts(before, after, paint)
}

/// The lines in which two texts differ.
#[must_use]
pub fn texts(old: &str, new: &str, paint: Paint) -> Vec<String> {
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .timeout(std::time::Duration::from_secs(1))
        .diff_lines(old, new);
    let mut lines = Vec::new();
    for (index, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if index > 0 {
            lines.push(paint.dim("…"));
        }
        for change in group.iter().flat_map(|own| diff.iter_changes(own)) {
            let text = sanitize::line(change.value().trim_end_matches(['\r', '\n'])).into_owned();
            lines.push(match change.tag() {
                ChangeTag::Delete => paint.red(&format!("- {text}")),
                ChangeTag::Insert => paint.green(&format!("+ {text}")),
                ChangeTag::Equal => paint.dim(&format!("  {text}")),
            });
        }
    }
    lines
}

/// JSON with a field a line; `None` where it is none.
fn indented(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

fn first_byte(old: &[u8], new: &[u8]) -> String {
    let at = old.iter().zip(new).take_while(|(old, new)| old == new);
    format!(
        "{} bytes became {}; the first that differs is byte {}",
        old.len(),
        new.len(),
        at.count()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Vec<String> {
        bodies(old.as_bytes(), new.as_bytes(), Paint::new(false))
    }

    #[test]
    fn json_differs_field_by_field() {
        assert_eq!(told("{}", "{}"), Vec::<String>::new());
        let old = r#"{"a":1,"b":{"c":"x"},"d":[1,2]}"#;
        let lines = told(old, r#"{"a":1,"b":{"c":"y"},"d":[1,2]}"#);
        let changed: Vec<&String> = lines.iter().filter(|own| !own.starts_with(' ')).collect();
        assert_eq!(changed, ["-     \"c\": \"x\"", "+     \"c\": \"y\""]);
        assert_eq!(
            told(r#"{"a": 1}"#, r#"{"a":1}"#),
            ["the same JSON in other bytes"]
        );
    }

    #[test]
    fn texts_differ_line_by_line_and_do_nothing_to_a_terminal() {
        let lines = told("a\nb\n", "a\n\u{1b}]0;x\u{7}\n");
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().all(|own| !own.contains(['\u{1b}', '\u{7}'])));
    }

    #[test]
    fn of_other_bytes_the_first_is_told() {
        let lines = bodies(b"\xff\x00\x01", b"\xff\x00\x02\x03", Paint::new(false));
        assert_eq!(
            lines,
            ["3 bytes became 4; the first that differs is byte 2"]
        );
    }
}
