//! Where event type, delivery id and time stand in a message.

use std::cell::OnceCell;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::message::Message;
use super::pointer;

/// A place in a message, as a definition writes it: `header:X-GitHub-Event` or `json:/event/type`.
///
/// Places joined with ` + ` give their texts joined with a dot, and only the first must be there:
/// `header:X-GitHub-Event + json:/action` reads `pull_request.opened`, and `push` where there is no
/// action.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Location(Vec<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Header(String),
    Json(String),
    Form(String),
}

/// The locations of a provider, each a list of fallbacks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Locations {
    /// The event type.
    pub event: Vec<Location>,
    /// The id that stays the same over all attempts of one delivery.
    pub delivery_id: Vec<Location>,
    /// When the event happened, by the sender's clock.
    pub occurred_at: Vec<Location>,
}

/// A compressed body that is larger than this when decoded is not looked into.
const DECODED: usize = 10 * 1024 * 1024;

/// A message with its body decoded and parsed at most once, and only if asked for.
#[derive(Debug)]
pub struct View<'a> {
    message: &'a Message,
    decoded: OnceCell<Option<Vec<u8>>>,
    json: OnceCell<Option<Value>>,
}

impl<'a> View<'a> {
    /// Looks at a message.
    #[must_use]
    pub fn new(message: &'a Message) -> Self {
        Self {
            message,
            decoded: OnceCell::new(),
            json: OnceCell::new(),
        }
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &'a Message {
        self.message
    }

    /// The body, decoded where it came compressed and that can be done.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        let body = &self.message.body;
        let decoded = self.decoded.get_or_init(|| {
            let coding = self.message.headers.coding()?;
            coding.decode(body, DECODED)
        });
        decoded.as_deref().unwrap_or(body)
    }

    /// The body as JSON, or the JSON in the field `payload` or `json` of a form; `None` if there is
    /// none.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        self.json
            .get_or_init(|| {
                let body = self.json_text();
                serde_json::from_slice(body).ok().or_else(|| {
                    let mut fields = ["payload", "json"].into_iter();
                    let text = fields.find_map(|name| form_value(body, name))?;
                    serde_json::from_str(&text).ok()
                })
            })
            .as_ref()
    }

    /// The body without a byte order mark.
    fn json_text(&self) -> &[u8] {
        let body = self.content();
        body.strip_prefix(b"\xef\xbb\xbf".as_slice())
            .unwrap_or(body)
    }

    /// The text or number at a JSON pointer of the body.
    #[must_use]
    pub fn text_at(&self, pointer: &str) -> Option<String> {
        let found = match self.json.get() {
            Some(known) => known.as_ref()?.pointer(pointer).cloned(),
            // To read a place or two is cheaper than to keep the whole.
            None => match pointer::value(self.json_text(), pointer) {
                Ok(found) => found,
                Err(_) => self.json()?.pointer(pointer).cloned(),
            },
        };
        match found? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The text at the first location that has one. Empty texts do not count.
    #[must_use]
    pub fn locate(&self, locations: &[Location]) -> Option<String> {
        locations.iter().find_map(|location| self.read(location))
    }

    fn read(&self, location: &Location) -> Option<String> {
        let (first, rest) = location.0.split_first()?;
        let mut text = self.text(first)?;
        for place in rest {
            if let Some(more) = self.text(place) {
                text.push('.');
                text.push_str(&more);
            }
        }
        Some(text)
    }

    fn text(&self, place: &Place) -> Option<String> {
        match place {
            Place::Header(name) => self.message.headers.text(name).map(str::to_owned),
            Place::Json(pointer) => self.text_at(pointer),
            Place::Form(name) => form_value(self.content(), name),
        }
        .filter(|text| !text.is_empty())
    }
}

/// Sets the field at a JSON pointer; objects on the way are made. Whether that could be done: what
/// stands on the way may be no object.
pub fn set_at(json: &mut Value, pointer: &str, value: Value) -> bool {
    let mut place = json;
    for name in pointer.split('/').skip(1) {
        let Value::Object(fields) = place else {
            return false;
        };
        place = fields
            .entry(name.replace("~1", "/").replace("~0", "~"))
            .or_insert_with(|| Value::Object(Map::new()));
    }
    *place = value;
    true
}

/// The first value of a name in an `application/x-www-form-urlencoded` body.
#[must_use]
pub fn form_value(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.into_owned())
}

/// The first value of a name in a request target's query.
#[must_use]
pub fn query_value(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    form_value(query.as_bytes(), name)
}

impl Location {
    /// The headers this location reads.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|place| match place {
            Place::Header(name) => Some(name.as_str()),
            Place::Json(_) | Place::Form(_) => None,
        })
    }

    /// The pointers into a JSON body that this location reads.
    pub fn pointers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|place| match place {
            Place::Json(pointer) => Some(pointer.as_str()),
            Place::Header(_) | Place::Form(_) => None,
        })
    }

    /// The location for a person: ``header `X-GitHub-Event` and `/action` in the JSON body``.
    #[must_use]
    pub fn describe(&self) -> String {
        self.0
            .iter()
            .map(|place| match place {
                Place::Header(name) => format!("header `{name}`"),
                Place::Json(pointer) => format!("`{pointer}` in the JSON body"),
                Place::Form(name) => format!("form field `{name}`"),
            })
            .collect::<Vec<_>>()
            .join(" and ")
    }
}

impl TryFrom<String> for Location {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.split(" + ")
            .map(|place| match place.trim().split_once(':') {
                Some(("header", name)) if super::message::is_header_name(name) => {
                    Ok(Place::Header(name.to_owned()))
                }
                Some(("json", pointer)) if pointer.starts_with('/') => {
                    Ok(Place::Json(pointer.to_owned()))
                }
                Some(("form", name)) if !name.is_empty() => Ok(Place::Form(name.to_owned())),
                _ => Err(format!(
                    "not a location, expected `header:NAME`, `json:/POINTER` or `form:NAME`: `{place}`"
                )),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Headers;

    fn location(text: &str) -> Location {
        Location::try_from(text.to_owned()).expect("a location")
    }

    #[test]
    fn fallbacks_and_joins() {
        let headers: Headers = [("X-Event", "pull_request")].into_iter().collect();
        let message = Message::post(headers, r#"{"action":"opened","n":7,"empty":""}"#);
        let view = View::new(&message);
        let read = |texts: &[&str]| {
            view.locate(&texts.iter().map(|text| location(text)).collect::<Vec<_>>())
        };
        assert_eq!(
            read(&["header:x-event + json:/action"]).as_deref(),
            Some("pull_request.opened")
        );
        assert_eq!(
            read(&["header:x-event + json:/none"]).as_deref(),
            Some("pull_request")
        );
        assert_eq!(
            read(&["header:Gone", "json:/empty", "json:/n"]).as_deref(),
            Some("7")
        );
        assert_eq!(read(&["json:/none"]), None);
    }

    #[test]
    fn form_fields_are_decoded() {
        let message = Message::post(Headers::new(), "a=1&event=order%2Epaid+now&event=second");
        let view = View::new(&message);
        assert_eq!(
            view.locate(&[location("form:event")]).as_deref(),
            Some("order.paid now")
        );
        assert_eq!(view.json(), None);
    }

    #[test]
    fn a_compressed_body_is_looked_into() {
        // `{"hello":"hello hello hello"}`
        let body =
            hex::decode("1f8b0800000000000003ab56ca48cdc9c957b282d00a48a4522d000891c8261d000000");
        let headers: Headers = [("Content-Encoding", "gzip")].into_iter().collect();
        let mut message = Message::post(headers, body.expect("hex"));
        let hello = View::new(&message).text_at("/hello");
        assert_eq!(hello.as_deref(), Some("hello hello hello"));
        message.body = r#"{"hello":"plain after all"}"#.into();
        let hello = View::new(&message).text_at("/hello");
        assert_eq!(hello.as_deref(), Some("plain after all"));
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["X-Event", "header:", "json:event", "body:/x", "header:a b"] {
            assert!(Location::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
