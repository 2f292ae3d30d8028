//! JSON with some of its values exchanged, each other byte as it was.

use super::stand_in::{Masks, digits, masked};
use super::words::{Sort, sort_of, tells_a_person};
use crate::core::import::{items, members};

/// A value that is exchanged: from where to where, and what stands there then.
struct Change {
    start: usize,
    end: usize,
    text: String,
}

struct Walk<'t> {
    text: &'t [u8],
    changes: Vec<Change>,
    places: Vec<String>,
}

/// A text of JSON, masked; `None` where it is none, or a leaf alone.
pub(super) fn scrubbed(
    text: &str,
    place: &str,
    masks: &mut Masks,
    places: &mut Vec<String>,
) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    // Not too deep for what follows, either.
    serde_json::from_str::<serde_json::Value>(text).ok()?;
    // The first walk learns the names that the second finds anywhere.
    let mut walk = walked(text, place, masks);
    if !walk.changes.is_empty() {
        walk = walked(text, place, masks);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for change in &walk.changes {
        out.push_str(&text[at..change.start]);
        out.push_str(&change.text);
        at = change.end;
    }
    out.push_str(&text[at..]);
    places.append(&mut walk.places);
    Some(out)
}

fn walked<'t>(text: &'t str, place: &str, masks: &mut Masks) -> Walk<'t> {
    let mut walk = Walk {
        text: text.as_bytes(),
        changes: Vec::new(),
        places: Vec::new(),
    };
    let mut path = vec![place.to_owned()];
    walk.value(text.trim().as_bytes(), "", false, &mut path, masks);
    walk
}

impl Walk<'_> {
    fn value(
        &mut self,
        value: &[u8],
        key: &str,
        person: bool,
        path: &mut Vec<String>,
        masks: &mut Masks,
    ) {
        match value.first() {
            Some(b'{') => {
                let fields = members(value);
                let names: Vec<String> = fields.iter().map(|(name, _)| text_of(name)).collect();
                let person = names.iter().any(|name| tells_a_person(name));
                for (name, (_, value)) in names.iter().zip(fields) {
                    path.push(name.clone());
                    self.value(value, name, person, path, masks);
                    path.pop();
                }
            }
            Some(b'[') => {
                for item in items(value) {
                    self.value(item, key, person, path, masks);
                }
            }
            Some(b'"') => {
                let Ok(text) = serde_json::from_slice::<String>(value) else {
                    return;
                };
                let sort = sort_of(key, person);
                let mut inner = Vec::new();
                let nested = (sort.is_none())
                    .then(|| scrubbed(&text, &written(path), masks, &mut inner))
                    .flatten();
                let other = nested.unwrap_or_else(|| masks.value(sort, &text));
                if other != text {
                    let literal = serde_json::Value::String(other).to_string();
                    self.change(value, literal, path);
                }
            }
            Some(b'-' | b'0'..=b'9') => {
                let text = String::from_utf8_lossy(value);
                let other = match sort_of(key, person) {
                    Some(Sort::Secret) if !text.contains(['.', 'e', 'E']) => {
                        masked(&text).replace('x', "1")
                    }
                    Some(Sort::Phone | Sort::Number) => digits(&text).replace('X', "e"),
                    _ => return,
                };
                if other != text {
                    self.change(value, other, path);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, value: &[u8], text: String, path: &[String]) {
        // A value is a part of the text: where it begins is how far it lies behind the text's begin.
        let start = value.as_ptr().addr() - self.text.as_ptr().addr();
        self.changes.push(Change {
            start,
            end: start + value.len(),
            text,
        });
        self.places.push(written(path));
    }
}

/// ``body `user.email` ``
fn written(path: &[String]) -> String {
    match path {
        [place, names @ ..] if place == "body" && !names.is_empty() => {
            format!("body `{}`", names.join("."))
        }
        path => path.join("."),
    }
}

/// A name as its quotes hold it.
fn text_of(name: &[u8]) -> String {
    let quoted = [b"\"", name, b"\""].concat();
    serde_json::from_slice(&quoted).unwrap_or_else(|_| String::from_utf8_lossy(name).into_owned())
}
