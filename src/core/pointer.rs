//! One place of a JSON text, read without keeping the rest.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What stands at a JSON pointer (RFC 6901), as [`Value::pointer`] finds it in the whole text read:
/// of fields with the same name the last counts.
///
/// # Errors
/// What makes the text no JSON, wherever that stands.
pub fn value(text: &[u8], pointer: &str) -> serde_json::Result<Option<Value>> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let place = match pointer.strip_prefix('/') {
        Some(rest) => Place::Within(rest),
        None if pointer.is_empty() => Place::Here,
        None => Place::Nowhere,
    };
    let found = place.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

/// A place, seen from the value that is read.
#[derive(Clone, Copy)]
enum Place<'p> {
    /// This value.
    Here,
    /// Within it, at these names.
    Within(&'p str),
    /// Not in it.
    Nowhere,
}

impl<'p> Place<'p> {
    /// The first name on the way, and the place seen from there.
    fn step(self) -> Option<(Cow<'p, str>, Self)> {
        let Self::Within(names) = self else {
            return None;
        };
        let (name, rest) = match names.split_once('/') {
            Some((name, rest)) => (name, Place::Within(rest)),
            None => (names, Place::Here),
        };
        let name = if name.contains('~') {
            name.replace("~1", "/").replace("~0", "~").into()
        } else {
            name.into()
        };
        Some((name, rest))
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        match self {
            Place::Here => serde::Deserialize::deserialize(reader).map(Some),
            Place::Nowhere => reader.deserialize_ignored_any(IgnoredAny).map(|_| None),
            Place::Within(_) => reader.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Option<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(place) = fields.next_key_seed(Name(self))? {
            let value = fields.next_value_seed(place)?;
            if !matches!(place, Place::Nowhere) {
                found = value;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let (wanted, rest) = match self.step() {
            Some((name, rest)) => (name.parse().ok(), rest),
            None => (None, Place::Nowhere),
        };
        // As RFC 6901 writes an index: without leading zeros or a sign.
        let wanted = wanted.filter(|index: &usize| {
            (self.step()).is_some_and(|(name, _)| name == index.to_string())
        });
        for index in 0_usize.. {
            let place = if wanted == Some(index) {
                rest
            } else {
                Place::Nowhere
            };
            match items.next_element_seed(place)? {
                Some(value) => found = found.or(value),
                None => break,
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A field's name, held against the next of a place.
struct Name<'p>(Place<'p>);

impl<'de, 'p> DeserializeSeed<'de> for Name<'p> {
    type Value = Place<'p>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Name<'p> {
    type Value = Place<'p>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match self.0.step() {
            Some((own, rest)) if own == name => rest,
            _ => Place::Nowhere,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Holds what is found against the whole text read.
    #[track_caller]
    fn check(text: &str, pointer: &str) {
        let whole: Result<Value, _> = serde_json::from_str(text);
        let found = value(text.as_bytes(), pointer);
        match whole {
            Ok(whole) => assert_eq!(
                found.expect("JSON"),
                whole.pointer(pointer).cloned(),
                "{pointer} of {text}"
            ),
            Err(_) => assert!(found.is_err(), "{text}"),
        }
    }

    #[test]
    fn a_place_is_found_as_in_the_whole() {
        let text = r#" {"a":{"b":[1,{"c":"x"},null,true,1.5]},"a/b":{"m~n":2},"":3,"d":1,"d":"2",
            "e":{"f":1},"e":2} "#;
        for pointer in [
            "",
            "/",
            "/a",
            "/a/b",
            "/a/b/1",
            "/a/b/1/c",
            "/a/b/0",
            "/a/b/01",
            "/a/b/-",
            "/a/b/9",
            "/a/b/2",
            "/a/b/4",
            "/a~1b/m~0n",
            "/d",
            "/e",
            "/e/f",
            "/x",
            "/a/x",
            "/d/x",
            "a",
        ] {
            check(text, pointer);
        }
        for text in [
            "",
            "{",
            "[1,]",
            r#"{"a":1}x"#,
            r#"{"a":1,}"#,
            r#"{"a":"\u12"}"#,
            "tru",
        ] {
            check(text, "/a");
        }
    }

    proptest! {
        #[test]
        fn any_place_of_any_text(
            names in prop::collection::vec("[ab~/]{0,2}", 1..4),
            pointer in "(/[ab01]{0,1}){0,3}",
        ) {
            let whole = names.iter().rfold(json!([1, {"a": "x"}]), |inner, name| json!({ name: inner }));
            check(&whole.to_string(), &pointer);
        }
    }
}
