//! Foreign text made safe for a terminal.

use std::borrow::Cow;

/// Whether a terminal or a reader could be led astray by this character: C0 and C1 controls, DEL,
/// bidi controls, line and paragraph separators, invisible and tag characters.
#[must_use]
pub fn is_hostile(char: char) -> bool {
    matches!(char,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A text of one line: hostile characters (line breaks too) become `\n`, `\x1b` or `\u{202e}`.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_hostile(char) {
            escape(char, &mut safe);
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// A text of several lines: line breaks and tabs stay, a carriage return before a line break goes.
#[must_use]
pub fn block(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (index, part) in text.split('\n').enumerate() {
        if index > 0 {
            safe.push('\n');
        }
        let part = part.strip_suffix('\r').unwrap_or(part);
        for char in part.chars() {
            if char != '\t' && is_hostile(char) {
                escape(char, &mut safe);
            } else {
                safe.push(char);
            }
        }
    }
    safe
}

/// Bytes of one line: what is not UTF-8 becomes `\xff`.
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&line(chunk.valid()));
        for byte in chunk.invalid() {
            safe.push_str(&format!("\\x{byte:02x}"));
        }
    }
    safe
}

/// Bytes of several lines: as [`block`], and what is not UTF-8 becomes `\xff`.
#[must_use]
pub fn bytes_block(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&block(chunk.valid()));
        for byte in chunk.invalid() {
            safe.push_str(&format!("\\x{byte:02x}"));
        }
    }
    safe
}

fn escape(char: char, out: &mut String) {
    match char {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0'..='\u{ff}' => out.push_str(&format!("\\x{:02x}", u32::from(char))),
        _ => out.push_str(&format!("\\u{{{:x}}}", u32::from(char))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_visible() {
        assert_eq!(line("a\x1b[31mb\r\n"), "a\\x1b[31mb\\r\\n");
        assert_eq!(line("\u{9b}31m\u{202e}x\u{7f}"), "\\x9b31m\\u{202e}x\\x7f");
        assert_eq!(line("grün → 日本"), "grün → 日本");
        assert_eq!(block("a\r\n\tb\x07\n"), "a\n\tb\\x07\n");
        assert_eq!(bytes_block(b"a\r\n\xff\x1b[2J"), "a\n\\xff\\x1b[2J");
        assert_eq!(bytes(b"ok\xff\xc0\xaf\x1b"), "ok\\xff\\xc0\\xaf\\x1b");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left(input in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!bytes(&input).chars().any(is_hostile));
            let text = String::from_utf8_lossy(&input);
            prop_assert!(!block(&text).chars().any(|char| char != '\n' && char != '\t' && is_hostile(char)));
        }
    }
}
