//! A request as a curl command or as raw HTTP.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::sanitize::is_hostile;
use crate::core::message::Message;

/// The request as a shell command that sends the same headers and the same bytes.
#[must_use]
pub fn curl(message: &Message, url: &str) -> String {
    let mut words = vec![
        "curl".to_owned(),
        "-X".into(),
        shell(message.method.as_bytes()),
    ];
    if url.contains(['[', ']', '{', '}']) {
        // curl would take them for a range of URLs.
        words.push("--globoff".into());
    }
    words.push(shell(url.as_bytes()));
    for (name, value) in message.headers.iter() {
        // A colon with nothing behind it would make curl drop the header.
        let field = if value.is_empty() {
            format!("{name};").into_bytes()
        } else {
            [name.as_bytes(), b": ", value].concat()
        };
        words.push(format!("-H {}", shell(&field)));
    }
    let has_type = message.headers.contains("content-type");
    if !message.body.is_empty() && !has_type {
        words.push("-H 'Content-Type:'".into());
    }
    if message.body.contains(&0) {
        words.push("--data-binary @-".into());
        let text = BASE64_STANDARD.encode(&message.body);
        return format!("printf %s {text} | base64 -d | {}", words.join(" "));
    }
    if !message.body.is_empty() {
        // An `@` in front would name a file.
        let body = shell(&message.body);
        words.push(if message.body.starts_with(b"@") {
            format!("--data-raw {body}")
        } else {
            format!("--data-binary {body}")
        });
    }
    words.join(" ")
}

/// The request as it would stand on the wire.
#[must_use]
pub fn http(message: &Message, target: &str, host: &str) -> Vec<u8> {
    let mut out = format!("{} {target} HTTP/1.1\r\n", message.method).into_bytes();
    if !message.headers.contains("host") {
        out.extend_from_slice(format!("Host: {host}\r\n").as_bytes());
    }
    let mut headers = message.headers.clone();
    if headers.contains("transfer-encoding") {
        // The body stands here whole, not in chunks.
        headers.remove("transfer-encoding");
        headers.remove("content-length");
    }
    let message = &Message {
        headers,
        ..message.clone()
    };
    out.extend_from_slice(&message.headers.to_lines());
    if !message.headers.contains("content-length") {
        out.extend_from_slice(format!("Content-Length: {}\r\n", message.body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&message.body);
    out
}

/// One shell word: plain, in single quotes, or in `$'…'` where bytes need escapes.
#[must_use]
pub fn shell(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && bytes.iter().all(plain) => text.to_owned(),
        Ok(text) if !text.chars().any(|char| is_hostile(char) && char != '\n') => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            let mut out = String::from("$'");
            for chunk in bytes.utf8_chunks() {
                for char in chunk.valid().chars() {
                    match char {
                        '\'' => out.push_str("\\'"),
                        '\\' => out.push_str("\\\\"),
                        char if is_hostile(char) => {
                            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                                out.push_str(&format!("\\x{byte:02x}"));
                            }
                        }
                        char => out.push(char),
                    }
                }
                for byte in chunk.invalid() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
            out.push('\'');
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_words() {
        assert_eq!(shell(b"POST"), "POST");
        assert_eq!(shell(b""), "''");
        assert_eq!(shell(b"it's"), r"'it'\''s'");
        assert_eq!(shell(b"{\"a\": 1}\n"), "'{\"a\": 1}\n'");
        assert_eq!(shell(b"a\x1b'\xff"), r"$'a\x1b\'\xff'");
    }
}
