//! A request as a curl command or as raw HTTP.

use super::post::{self, Body, Post};
use super::sanitize::is_hostile;
use crate::core::message::Message;

/// The request as a shell command that sends the same headers and the same bytes.
#[must_use]
pub fn curl(message: &Message, url: &str) -> String {
    post::curl(&Post {
        method: &message.method,
        url,
        headers: message.headers.iter().collect(),
        body: Body::Bytes(&message.body),
    })
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
