//! Tests that send a delivery again: the same request line, headers and body, written to a socket, so
//! that no client's library orders, joins or adds anything.

use super::{Form, origin, own, rooted, title};
use crate::core::delivery::Delivery;

/// What the tests of a file share.
pub(super) fn head(form: Form) -> &'static str {
    match form {
        Form::Pytest => include_str!("code/head.py"),
        Form::Jest => include_str!("code/head.js"),
        Form::Go => include_str!("code/head.go"),
        _ => include_str!("code/head.rs.in"),
    }
}

/// One test.
pub(super) fn test(form: Form, delivery: &Delivery) -> String {
    let message = own(&delivery.message);
    let target: String = rooted(&message.target)
        .chars()
        .map(|char| {
            if char.is_ascii() {
                char.to_string()
            } else {
                percent(char)
            }
        })
        .collect();
    let line = format!("{} {target} HTTP/1.1", message.method);
    let status = delivery.status();
    let mut about = title(delivery);
    if let Some(status) = status {
        about.push_str(&format!(", answered {status}"));
    }
    let about = about.replace(['\\', '"'], "'");
    let name = name(delivery);
    let origin = origin(delivery);
    let body = message.body;
    let lines: Vec<Vec<u8>> = message
        .headers
        .iter()
        .map(|(name, value)| [name.as_bytes(), b": ", value].concat())
        .collect();
    let headers = |indent: &str, end: &str, wrap: fn(&str) -> String| -> String {
        lines
            .iter()
            .map(|own| format!("{indent}{}{end}", wrap(&literal(own))))
            .collect()
    };
    match form {
        Form::Pytest => format!(
            "\ndef test_{name}():\n    \"\"\"{about}\"\"\"\n    status, answer = deliver(\n        \
             \"{origin}\",\n        b\"{}\",\n        [\n{}        ],\n        {},\n    )\n    \
             assert 200 <= status < 300, (status, answer)\n",
            literal(line.as_bytes()),
            headers("            ", ",\n", |own| format!("b\"{own}\"")),
            pieces(&body, "b\"", "\"", "\n        ", "b\"\""),
        ),
        Form::Jest => format!(
            "test(\"{about}\", async () => {{\n  const [status, answer] = await deliver(\n    \
             \"{origin}\",\n    \"{}\",\n    [\n{}    ],\n    {},\n  );\n  \
             assert.ok(status >= 200 && status < 300, `${{status}}: ${{answer}}`);\n}});\n",
            literal(line.as_bytes()),
            headers("      ", ",\n", |own| format!("\"{own}\"")),
            pieces(&body, "\"", "\"", " +\n    ", "\"\""),
        ),
        Form::Go => format!(
            "// {about}\nfunc Test_{name}(t *testing.T) {{\n\tstatus, answer := deliver(\n\t\tt,\n\t\t\
             \"{origin}\",\n\t\t\"{}\",\n\t\t[]string{{\n{}\t\t}},\n\t\t{},\n\t)\n\t\
             if status < 200 || status > 299 {{\n\t\tt.Fatalf(\"%d: %s\", status, answer)\n\t}}\n}}\n",
            literal(line.as_bytes()),
            headers("\t\t\t", ",\n", |own| format!("\"{own}\"")),
            pieces(&body, "\"", "\"", " +\n\t\t", "\"\""),
        ),
        _ => format!(
            "/// {about}\n#[test]\nfn {name}() {{\n    let (status, answer) = deliver(\n        \
             \"{origin}\",\n        b\"{}\",\n        &[\n{}        ],\n        {},\n    );\n    \
             assert!((200..300).contains(&status), \"{{status}}: {{answer}}\");\n}}\n",
            literal(line.as_bytes()),
            headers("            ", ",\n", |own| format!("b\"{own}\"")),
            pieces(&body, "b\"", "\"", "", "b\"\""),
        ),
    }
}

/// A name that every language takes: `delivery_41_statly_push`.
fn name(delivery: &Delivery) -> String {
    let mut words = vec!["delivery".to_owned()];
    words.extend(delivery.id.map(|id| id.to_string()));
    words.extend(delivery.provider.clone());
    words.extend(delivery.event.clone());
    let fits = |char: char| match char {
        char if char.is_ascii_alphanumeric() => char.to_ascii_lowercase(),
        _ => '_',
    };
    words.join("_").chars().map(fits).take(80).collect()
}

/// Bytes as what stands between the quotes of a literal, in each of the four languages.
fn literal(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'"' => out.push_str("\\\""),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out
}

/// So many bytes stand in a line of a test.
const LINE: usize = 96;

/// A body as literals below each other. Rust joins them by a backslash at the end of a line, which
/// takes the white space of the next with it, so that of a line's begin is written by its number.
fn pieces(body: &[u8], open: &str, close: &str, between: &str, empty: &str) -> String {
    if body.is_empty() {
        return empty.to_owned();
    }
    let lines: Vec<String> = body.chunks(LINE).map(literal).collect();
    if between.is_empty() {
        let lines: Vec<String> = lines
            .iter()
            .map(|own| match own.strip_prefix(' ') {
                Some(rest) => format!("\\x20{rest}"),
                None => own.clone(),
            })
            .collect();
        return format!("{open}{}{close}", lines.join("\\\n          "));
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|own| format!("{open}{own}{close}"))
        .collect();
    lines.join(between)
}

/// A character as a URL writes it.
pub(super) fn percent(char: char) -> String {
    let bytes = char.encode_utf8(&mut [0; 4]).bytes().collect::<Vec<_>>();
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}
