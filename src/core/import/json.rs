//! JSON as text: where its values stand, so that their bytes can be kept.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde::de::{
    Deserialize, DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};
use serde_json::Value;

use super::{Headers, ImportError, Trouble, push};

/// A string's content as bytes: UTF-8, but for halves of a surrogate pair, which JSON can hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<u8>);

impl Text {
    /// The text as UTF-8, and whether something of it was lost: halves of a surrogate pair, or what
    /// the source itself had replaced.
    pub(super) fn utf8(self) -> (Vec<u8>, bool) {
        match String::from_utf8(self.0) {
            Ok(text) => {
                let lost = text.contains('\u{fffd}');
                (text.into_bytes(), lost)
            }
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (text.into_bytes(), true)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(bytes.to_vec()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Text, E> {
                Ok(Text(bytes))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.as_bytes().to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// An instant, as RFC 3339 writes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

/// The fields of an object in their order, repeats kept.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

impl Fields {
    /// The fields as headers: a list is a header's repeats, `null` is none.
    pub(super) fn headers(&self) -> Result<Headers, Trouble> {
        let mut headers = Headers::new();
        for (name, value) in &self.0 {
            match value {
                Value::Array(values) => {
                    for value in values {
                        push(&mut headers, name, word(value).as_bytes())?;
                    }
                }
                Value::Null => {}
                value => push(&mut headers, name, word(value).as_bytes())?,
            }
        }
        Ok(headers)
    }
}

/// A leaf as it stands in a header or a query.
pub(super) fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Reads one value; `format` is what it should have been.
pub(super) fn parse<T: DeserializeOwned>(text: &[u8], format: &'static str) -> Result<T, Trouble> {
    serde_json::from_slice(text).map_err(|error| Trouble::Json {
        format,
        cause: error.to_string(),
    })
}

/// Text as bytes of base64; `field` is where it stands.
pub(super) fn base64(text: &[u8], field: &'static str) -> Result<Vec<u8>, Trouble> {
    BASE64_STANDARD
        .decode(text)
        .map_err(|_| Trouble::Base64(field))
}

/// The objects of a text: one, several one after another, or lists of them. Each as its own bytes.
pub(super) fn objects<'t>(
    text: &'t [u8],
    format: &'static str,
) -> Result<Vec<&'t [u8]>, ImportError> {
    let text = without_mark(text);
    let mut stream = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(value) = stream.next() {
        value.map_err(|error| Trouble::Json {
            format,
            cause: error.to_string(),
        })?;
        let end = stream.byte_offset();
        let value = text[start..end].trim_ascii();
        start = end;
        if value.starts_with(b"[") {
            found.extend(items(value));
        } else {
            found.push(value);
        }
    }
    Ok(found)
}

/// A text without a byte order mark, which editors on Windows put in front.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The first object of a text: itself, the first of several, or the first of a list.
pub(super) fn first(text: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip(b'[');
    cursor.value().filter(|own| own.starts_with(b"{"))
}

/// The values of a list as they are written; of a text that is none, what could be one.
pub(in crate::core) fn items(list: &[u8]) -> Vec<&[u8]> {
    let mut cursor = Cursor::inside(list, b'[');
    let mut found = Vec::new();
    while let Some(value) = cursor.value() {
        found.push(value);
        if !cursor.skip(b',') {
            break;
        }
    }
    found
}

/// The fields of an object as they are written: a name between its quotes, a value. Only as far as the
/// text is an object.
pub(in crate::core) fn members(object: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut cursor = Cursor::inside(object, b'{');
    let mut found = Vec::new();
    while let Some(name) = cursor.value() {
        let Some(name) = name.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\"")) else {
            break;
        };
        if !cursor.skip(b':') {
            break;
        }
        let Some(value) = cursor.value() else { break };
        found.push((name, value));
        if !cursor.skip(b',') {
            break;
        }
    }
    found
}

/// The value of a field as it is written.
pub(super) fn member<'t>(object: &'t [u8], name: &str) -> Option<&'t [u8]> {
    let fields = members(object);
    let own = fields
        .iter()
        .rev()
        .find(|(own, _)| *own == name.as_bytes())?;
    Some(own.1)
}

/// A value without white space between its tokens; its strings and numbers stay as they are written.
pub(super) fn compact(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut quoted = false;
    let mut escaped = false;
    for &byte in value {
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = quoted;
        } else if byte == b'"' {
            quoted = !quoted;
        }
    }
    out
}

/// Walks over JSON text without reading it. It ends on any bytes, and never recurses.
struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    /// Behind the bracket that opens a list or an object; at the end where there is none.
    fn inside(text: &'t [u8], bracket: u8) -> Self {
        let mut cursor = Self { text, at: 0 };
        if !cursor.skip(bracket) {
            cursor.at = text.len();
        }
        cursor
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn white(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over one byte if it is the next that is no white space.
    fn skip(&mut self, byte: u8) -> bool {
        self.white();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// The next value's bytes, `None` where none begins or it does not end.
    fn value(&mut self) -> Option<&'t [u8]> {
        self.white();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' | b':' if depth == 0 => break,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                byte if depth == 0 && byte.is_ascii_whitespace() => break,
                _ => self.at += 1,
            }
            let closed = matches!(self.text[self.at - 1], b'"' | b'}' | b']');
            if depth == 0 && (closed || self.at == self.text.len()) {
                break;
            }
        }
        (self.at > start).then(|| &self.text[start..self.at])
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_found_as_they_are_written() {
        let text = br#" {"a": {"x": "}\"{"} , "b":[1, "]" ],"c" :1.50e3, "d\"":"" } "#;
        let found = members(text);
        let name = |at: usize| String::from_utf8_lossy(found[at].1).into_owned();
        assert_eq!(found.len(), 4);
        assert_eq!(name(0), r#"{"x": "}\"{"}"#);
        assert_eq!(name(1), r#"[1, "]" ]"#);
        assert_eq!(name(2), "1.50e3");
        assert_eq!(found[3].0, br#"d\""#);
        assert_eq!(items(b"[1, [2,3], {}]").len(), 3);
        assert!(members(b"[1]").is_empty() && items(b"{}").is_empty() && items(b"[]").is_empty());
    }

    #[test]
    fn compact_text_keeps_its_tokens() {
        let text = br#"{ "a" : 1.50, "b \" c" : [ "\u00E9\/" , null ] }"#;
        assert_eq!(compact(text), br#"{"a":1.50,"b \" c":["\u00E9\/",null]}"#);
    }

    #[test]
    fn objects_stand_alone_in_a_row_or_in_a_list() {
        for text in ["{}", " {} \n{\"a\": 1}", "[{}, {}]", "[{}] {}"] {
            let found = objects(text.as_bytes(), "JSON").expect("reads");
            assert!(found.iter().all(|own| own.starts_with(b"{")), "{text}");
        }
        assert_eq!(objects(b"[{}]{}", "JSON").map(|own| own.len()), Ok(2));
        let error = objects(b"{]", "a HAR").expect_err("no JSON").to_string();
        assert!(error.starts_with("not a HAR: "), "{error}");
    }

    #[test]
    fn half_a_surrogate_pair_is_text_all_the_same() {
        let text: Text = parse(br#""a\ud800b""#, "text").expect("reads");
        let (text, lost) = text.utf8();
        assert!(lost && text.starts_with(b"a") && text.ends_with(b"b"));
        let text: Text = parse(r#""\ud83d\ude05""#.as_bytes(), "text").expect("reads");
        assert_eq!(text.utf8(), ("\u{1f605}".as_bytes().to_vec(), false));
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_over(text in r#"[\[\]{}",:\\ 1a]{0,40}"#) {
            let _ = members(text.as_bytes());
            let _ = items(text.as_bytes());
            let _ = objects(text.as_bytes(), "JSON");
        }

        #[test]
        fn compact_text_has_the_same_value(value in prop::collection::btree_map(".{0,6}", ".{0,6}", 0..5)) {
            let pretty = serde_json::to_vec_pretty(&value).expect("writes");
            prop_assert_eq!(compact(&pretty), serde_json::to_vec(&value).expect("writes"));
            prop_assert_eq!(members(&pretty).len(), value.len());
        }
    }
}
