//! JSON as it is written: numbers keep their text and strings their escapes, so that a body can be
//! written again as others would, byte for byte.

use std::borrow::Cow;
use std::collections::HashMap;

/// How deep a value may be nested.
const DEPTH: usize = 128;

/// A value, its texts as they stand in the body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    /// A number, `true`, `false` or `null`.
    Bare(&'a str),
    /// What stands between the quotes.
    Text(&'a str),
    Array(Vec<Self>),
    /// Each name once, at its first place with its last value, as parsers keep them.
    Object(Vec<(&'a str, Self)>),
}

/// Reads a body that is one JSON value, white space and a byte order mark around it allowed.
pub(super) fn parse(body: &[u8]) -> Option<Node<'_>> {
    let text = std::str::from_utf8(body).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.skip();
    (reader.at == text.len()).then_some(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.skip();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<Node<'a>> {
        self.skip();
        match self.peek()? {
            _ if depth > DEPTH => None,
            b'"' => self.string().map(Node::Text),
            b'[' => self.array(depth),
            b'{' => self.object(depth),
            _ => self.bare(),
        }
    }

    fn string(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at - 1)
    }

    fn bare(&mut self) -> Option<Node<'a>> {
        let start = self.at;
        while let Some(b'0'..=b'9' | b'a'..=b'z' | b'E' | b'+' | b'-' | b'.') = self.peek() {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        let known = ["true", "false", "null"].contains(&text);
        let number = || {
            let digit = |byte: &u8| byte.is_ascii_digit();
            text.trim_start_matches('-')
                .bytes()
                .next()
                .as_ref()
                .is_some_and(digit)
                && text.parse::<f64>().is_ok_and(f64::is_finite)
        };
        (known || number()).then_some(Node::Bare(text))
    }

    fn array(&mut self, depth: usize) -> Option<Node<'a>> {
        self.take(b'[')?;
        let mut items = Vec::new();
        if self.take(b']').is_some() {
            return Some(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Node::Array(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node<'a>> {
        self.take(b'{')?;
        let mut fields = Vec::new();
        if self.take(b'}').is_some() {
            return Some(Node::Object(fields));
        }
        loop {
            self.skip();
            let name = self.string()?;
            self.take(b':')?;
            fields.push((name, self.value(depth + 1)?));
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Node::Object(once(fields)));
            }
        }
    }
}

/// Leaves each name once, at its first place with its last value.
fn once<'a>(fields: Vec<(&'a str, Node<'a>)>) -> Vec<(&'a str, Node<'a>)> {
    let few = fields.len() <= 16;
    let repeats = |index: usize| fields[..index].iter().any(|own| own.0 == fields[index].0);
    if few && !(1..fields.len()).any(repeats) {
        return fields;
    }
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(fields.len());
    let mut kept: Vec<(&str, Node<'_>)> = Vec::with_capacity(fields.len());
    for (name, node) in fields {
        if let Some(&place) = places.get(name) {
            kept[place].1 = node;
        } else {
            places.insert(name, kept.len());
            kept.push((name, node));
        }
    }
    kept
}

/// The first character of a string's text, its escape read, and what follows it. A half of a
/// surrogate pair alone stays one.
pub(super) fn first(text: &str) -> Option<(u32, &str)> {
    let mut chars = text.chars();
    let char = chars.next()?;
    if char != '\\' {
        return Some((u32::from(char), chars.as_str()));
    }
    let code = match chars.next()? {
        'n' => 0x0a,
        't' => 0x09,
        'r' => 0x0d,
        'b' => 0x08,
        'f' => 0x0c,
        'u' => {
            let unit = hex4(&mut chars)?;
            let mut after = chars.clone();
            let low = match (unit, after.next(), after.next()) {
                (0xd800..0xdc00, Some('\\'), Some('u')) => hex4(&mut after),
                _ => None,
            };
            match low {
                Some(low @ 0xdc00..0xe000) => {
                    chars = after;
                    0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                }
                _ => unit,
            }
        }
        other => u32::from(other),
    };
    Some((code, chars.as_str()))
}

fn hex4(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |sum, _| Some(sum * 16 + chars.next()?.to_digit(16)?))
}

/// The text itself, its escapes read.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let codes = std::iter::from_fn(|| {
        let (code, after) = first(rest)?;
        rest = after;
        Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    });
    Cow::Owned(codes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_are_kept_as_they_stand() {
        let body = "\u{feff} {\"a\" : [1.0, -2e3 ,true],\"b\\u00e9\":\"x\\/y\"}\n";
        let node = parse(body.as_bytes()).expect("JSON");
        let array = vec![Node::Bare("1.0"), Node::Bare("-2e3"), Node::Bare("true")];
        let fields = vec![("a", Node::Array(array)), ("b\\u00e9", Node::Text("x\\/y"))];
        assert_eq!(node, Node::Object(fields));
    }

    #[test]
    fn a_repeated_name_keeps_its_place_and_takes_the_last_value() {
        let node = parse(br#"{"a":1,"b":2,"a":3}"#).expect("JSON");
        let fields = vec![("a", Node::Bare("3")), ("b", Node::Bare("2"))];
        assert_eq!(node, Node::Object(fields));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        for text in [
            "", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\n\"", "\"a", "\"\\", "+1", "NaN", "inf",
            &deep,
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn escapes_are_read() {
        assert_eq!(decoded(r#"a\/\u00e9\ud83d\ude00\"\n"#), "a/é😀\"\n");
        assert_eq!(first(r"\ud83dx"), Some((0xd83d, "x")));
        assert_eq!(decoded(r"\uzz"), "");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(body in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = parse(&body);
        }

        #[test]
        fn any_text_is_read_without_panic(body in "[\\[\\]{}\",:\\\\u0-9a-eé ]{0,40}") {
            if let Some(Node::Text(text)) = parse(body.as_bytes()) {
                let _ = decoded(text);
            }
        }
    }
}
