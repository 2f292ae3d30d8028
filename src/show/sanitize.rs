//! Foreign text made safe for a terminal.

use std::borrow::Cow;

/// Whether a terminal or a reader could be led astray by this character: C0 and C1 controls, DEL,
/// line and paragraph separators, and what Unicode calls default-ignorable: bidi controls, characters
/// without a width, fillers, tags. Of those only the sixteen selectors stay that emoji are made of.
#[must_use]
pub fn is_hostile(char: char) -> bool {
    matches!(char,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text of one line: hostile characters (line breaks too) become `\n`, `\x1b` or `\u{202e}`.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    // Nearly all of them are.
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain || !text.chars().any(is_hostile) {
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

/// A longer name than this is cut where it stands in a line with other things.
const NAME_CHARS: usize = 48;

/// A foreign name in a line of other things: as it is where it is one plain word, else in quotes, so
/// that no name can pass for what stands beside it. Long ones are cut.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._:/-".contains(char);
    quoted(text, is_plain, NAME_CHARS)
}

/// The same for a request's target, where more is plain.
#[must_use]
pub fn target(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_ascii_graphic() && char != '"';
    quoted(text, is_plain, NAME_CHARS)
}

/// A foreign name in a line of its own, whole.
#[must_use]
pub fn whole_name(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._:/-".contains(char);
    quoted(text, is_plain, usize::MAX)
}

fn quoted(text: &str, is_plain: impl Fn(char) -> bool, limit: usize) -> Cow<'_, str> {
    let is_short = text.len() <= limit;
    if is_short && !text.is_empty() && text.chars().all(&is_plain) {
        return Cow::Borrowed(text);
    }
    let end = text
        .char_indices()
        .nth(limit)
        .map_or(text.len(), |(at, _)| at);
    let (shown, left) = text.split_at(end);
    let rest = if left.is_empty() { "" } else { "…" };
    if !shown.is_empty() && shown.chars().all(is_plain) {
        return Cow::Owned(format!("{shown}{rest}"));
    }
    Cow::Owned(format!("\"{}{rest}\"", line(shown).replace('"', "\\\"")))
}

/// The columns from one stop of the tab to the next.
const TAB: usize = 8;

/// A text of several lines: line breaks stay, a carriage return before one goes, a tab becomes the
/// spaces it stands for.
#[must_use]
pub fn block(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (index, part) in text.split('\n').enumerate() {
        if index > 0 {
            safe.push('\n');
        }
        push_part(part.strip_suffix('\r').unwrap_or(part), &mut safe);
    }
    safe
}

fn push_part(part: &str, safe: &mut String) {
    let mut column = 0;
    for char in part.chars() {
        let start = safe.len();
        match char {
            '\t' => safe.extend(std::iter::repeat_n(' ', TAB - column % TAB)),
            char if is_hostile(char) => escape(char, safe),
            char => safe.push(char),
        }
        column += safe[start..].chars().count();
    }
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
        assert_eq!(block("a\r\n\tb\x07\tc\n"), "a\n        b\\x07   c\n");
        assert_eq!(line("\u{3164}\u{e0101}"), "\\u{3164}\\u{e0101}");
        assert_eq!(line("\u{2764}\u{fe0f}"), "\u{2764}\u{fe0f}");
        assert_eq!(bytes_block(b"a\r\n\xff\x1b[2J"), "a\n\\xff\\x1b[2J");
        assert_eq!(bytes(b"ok\xff\xc0\xaf\x1b"), "ok\\xff\\xc0\\xaf\\x1b");
    }

    #[test]
    fn a_name_cannot_pass_for_what_stands_beside_it() {
        assert_eq!(name("pull_request.opened"), "pull_request.opened");
        let fake = "push  1 B  \u{2713} signature ok";
        assert_eq!(name(fake), format!("\"{fake}\""));
        assert_eq!(name("a\"b\n"), "\"a\\\"b\\n\"");
        assert_eq!(name(""), "\"\"");
        assert_eq!(name(&"x".repeat(5000)).chars().count(), NAME_CHARS + 1);
        assert_eq!(whole_name(&"x".repeat(5000)).len(), 5000);
        assert_eq!(target("/hooks?x=1&y=%20"), "/hooks?x=1&y=%20");
        assert_eq!(target("/\u{a0}ok"), "\"/\u{a0}ok\"");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left(input in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!bytes(&input).chars().any(is_hostile));
            let text = String::from_utf8_lossy(&input);
            prop_assert!(!block(&text).chars().any(|char| char != '\n' && is_hostile(char)));
        }
    }
}
