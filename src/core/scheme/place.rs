//! Where a signature stands in a message, and how it is written there.

use serde::Deserialize;

use super::layout::Repeats;
use super::{Encoding, Layout};
use crate::core::event::{View, form_value, query_value};
use crate::core::message::{Headers, is_header_name};
use crate::core::verdict::Reason;

/// A numbered header stands at most so many times (`DocuSign` signs with up to 100 keys).
const NUMBERED: usize = 100;

/// Where a signature stands and how it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawSignature")]
pub struct Signature {
    /// Where it stands.
    pub place: Place,
    /// The shape of its value.
    pub layout: Layout,
    /// How the digest's bytes are written.
    pub encoding: Encoding,
}

/// Where a signature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a header.
    Header {
        /// The header's name as the provider writes it.
        name: String,
        /// Other names of the same header; only `name` is written.
        also: Vec<String>,
        /// Further headers, one per key; any may match.
        more: Vec<String>,
        /// Whether the header may be repeated, a signature in each; elsewhere that is refused.
        repeated: bool,
    },
    /// In headers that end in `-1`, `-2` and so on, one per key; the name is given without the number.
    Numbered(String),
    /// At a JSON pointer of the body.
    Json(String),
    /// In a field of the form.
    Form(String),
    /// In a parameter of the request's query.
    Query(String),
}

impl Place {
    /// The place in words: what is missing or malformed.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Header { name, .. } => format!("header `{name}`"),
            Self::Numbered(base) => format!("header `{base}1`"),
            Self::Json(pointer) => field(pointer),
            Self::Form(name) => format!("form field `{name}`"),
            Self::Query(name) => format!("query parameter `{name}`"),
        }
    }

    /// The header a signature of the first key is written to.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        match self {
            Self::Header { name, .. } => Some(name.clone()),
            Self::Numbered(base) => Some(format!("{base}1")),
            Self::Json(_) | Self::Form(_) | Self::Query(_) => None,
        }
    }

    /// Every header that may hold a signature.
    #[must_use]
    pub fn headers(&self) -> Vec<String> {
        match self {
            Self::Header {
                name, also, more, ..
            } => {
                let names = std::iter::once(name).chain(also).chain(more);
                names.cloned().collect()
            }
            Self::Numbered(_) => self.header().into_iter().collect(),
            Self::Json(_) | Self::Form(_) | Self::Query(_) => Vec::new(),
        }
    }

    /// Whether each key can have a header of its own.
    pub(super) fn carries_several(&self) -> bool {
        match self {
            Self::Header { more, .. } => !more.is_empty(),
            Self::Numbered(_) => true,
            Self::Json(_) | Self::Form(_) | Self::Query(_) => false,
        }
    }

    /// Whether a signature here changes the body.
    #[must_use]
    pub fn is_in_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Form(_))
    }

    /// Whether a message has something at this place.
    pub(super) fn is_present(&self, view: &View<'_>) -> bool {
        let message = view.message();
        match self {
            Self::Header { .. } | Self::Numbered(_) => {
                let names = self.headers();
                names.iter().any(|name| message.headers.contains(name))
            }
            Self::Json(pointer) => view.text_at(pointer).is_some(),
            Self::Form(name) => form_value(&message.body, name).is_some(),
            Self::Query(name) => query_value(&message.target, name).is_some(),
        }
    }

    /// The values at this place, at least one.
    ///
    /// # Errors
    /// What is missing, repeated or no text.
    pub(super) fn values(&self, view: &View<'_>) -> Result<Vec<String>, Reason> {
        let message = view.message();
        let headers = &message.headers;
        let field = |found: Option<String>| match found {
            Some(text) if !text.is_empty() => Ok(vec![text]),
            _ => Err(Reason::MissingField {
                place: self.describe(),
            }),
        };
        match self {
            Self::Header { name, repeated, .. } if *repeated => {
                let values: Vec<String> = headers
                    .all(name)
                    .filter_map(|value| std::str::from_utf8(value).ok())
                    .map(|value| value.trim().to_owned())
                    .filter(|value| !value.is_empty())
                    .collect();
                if values.is_empty() {
                    return Err(Reason::MissingHeader { name: name.clone() });
                }
                Ok(values)
            }
            Self::Header {
                name, also, more, ..
            } => {
                let mut names = std::iter::once(name).chain(also);
                let first = names.find(|own| headers.contains(own));
                let there = more.iter().filter(|own| headers.contains(own));
                let all: Vec<&String> = first.into_iter().chain(there).collect();
                if all.is_empty() {
                    return Err(Reason::MissingHeader { name: name.clone() });
                }
                all.into_iter()
                    .map(|own| only(headers, own).map(str::to_owned))
                    .collect()
            }
            Self::Numbered(base) => {
                let names = (1..=NUMBERED).map(|number| format!("{base}{number}"));
                let there: Vec<String> = names.filter(|name| headers.contains(name)).collect();
                if there.is_empty() {
                    return Err(Reason::MissingHeader {
                        name: format!("{base}1"),
                    });
                }
                there
                    .iter()
                    .map(|name| only(headers, name).map(str::to_owned))
                    .collect()
            }
            Self::Json(pointer) => field(view.text_at(pointer)),
            Self::Form(name) => field(form_value(&message.body, name)),
            Self::Query(name) => field(query_value(&message.target, name)),
        }
    }

    /// What makes a value here malformed.
    pub(super) fn malformed(&self, expected: String) -> Reason {
        match self.header() {
            Some(name) => Reason::MalformedHeader { name, expected },
            None => Reason::MalformedField {
                place: self.describe(),
                expected,
            },
        }
    }
}

/// A field of the body in words.
pub(super) fn field(pointer: &str) -> String {
    format!("field `{pointer}` of the body")
}

/// The one value of a header that must be there once, as text.
pub(super) fn only<'a>(headers: &'a Headers, name: &str) -> Result<&'a str, Reason> {
    let mut values = headers.all(name);
    let missing = || Reason::MissingHeader {
        name: name.to_owned(),
    };
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(Reason::RepeatedHeader {
            name: name.to_owned(),
        });
    }
    let value = std::str::from_utf8(value)
        .map_err(|_| Reason::MalformedHeader {
            name: name.to_owned(),
            expected: "text".to_owned(),
        })?
        .trim_matches([' ', '\t']);
    if value.is_empty() {
        return Err(missing());
    }
    Ok(value)
}

/// The table as written, before place, layout and their settings are held together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawSignature {
    header: Option<String>,
    json: Option<String>,
    form: Option<String>,
    query: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    more: Vec<String>,
    #[serde(default)]
    numbered: bool,
    #[serde(default)]
    repeated: bool,
    #[serde(default)]
    layout: Kind,
    encoding: Encoding,
    prefix: Option<String>,
    prefix_optional: Option<bool>,
    separator: Option<char>,
    signature_key: Option<String>,
    timestamp_key: Option<String>,
    repeats: Option<Repeats>,
    #[serde(default)]
    spaced: bool,
    group_separator: Option<char>,
    version: Option<String>,
    mark: Option<char>,
}

#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Plain,
    Pairs,
    Versions,
    Positional,
    Keyed,
}

impl RawSignature {
    /// Settings of one layout must not stand with another.
    fn check_layout(&self) -> Result<(), String> {
        let settings = [
            (Kind::Plain, "plain", "prefix", self.prefix.is_some()),
            (
                Kind::Plain,
                "plain",
                "prefix-optional",
                self.prefix_optional.is_some(),
            ),
            (
                Kind::Pairs,
                "pairs",
                "signature-key",
                self.signature_key.is_some(),
            ),
            (
                Kind::Pairs,
                "pairs",
                "timestamp-key",
                self.timestamp_key.is_some(),
            ),
            (Kind::Pairs, "pairs", "repeats", self.repeats.is_some()),
            (Kind::Pairs, "pairs", "spaced", self.spaced),
            (
                Kind::Pairs,
                "pairs",
                "group-separator",
                self.group_separator.is_some(),
            ),
            (
                Kind::Versions,
                "versions",
                "version",
                self.version.is_some(),
            ),
        ];
        if self.mark.is_some() && !matches!(self.layout, Kind::Versions | Kind::Keyed) {
            return Err("`mark` belongs to layout `versions` or `keyed`".into());
        }
        match settings
            .iter()
            .find(|(kind, _, _, given)| *given && *kind != self.layout)
        {
            Some((_, name, key, _)) => Err(format!("`{key}` belongs to layout `{name}`")),
            None => Ok(()),
        }
    }

    fn place(&self) -> Result<Place, String> {
        let places = [&self.header, &self.json, &self.form, &self.query];
        if places.iter().filter(|place| place.is_some()).count() != 1 {
            return Err(
                "a signature stands at one place: `header`, `json`, `form` or `query`".into(),
            );
        }
        let Some(name) = self.header.clone() else {
            if !self.also.is_empty() || !self.more.is_empty() || self.numbered {
                return Err("`also`, `more` and `numbered` go with `header`".into());
            }
            return Ok(match (&self.json, &self.form, &self.query) {
                (Some(pointer), _, _) if pointer.starts_with('/') => Place::Json(pointer.clone()),
                (Some(pointer), _, _) => {
                    return Err(format!("not a JSON pointer, expected `/…`: `{pointer}`"));
                }
                (_, Some(name), _) => Place::Form(name.clone()),
                (_, _, name) => Place::Query(name.clone().unwrap_or_default()),
            });
        };
        let mut names = std::iter::once(&name).chain(&self.also).chain(&self.more);
        if let Some(bad) = names.find(|name| !is_header_name(name)) {
            return Err(format!("not a header name: `{bad}`"));
        }
        if self.numbered {
            let base = name
                .strip_suffix('1')
                .ok_or_else(|| format!("a numbered header's first name ends in 1: `{name}`"))?;
            return Ok(Place::Numbered(base.to_owned()));
        }
        Ok(Place::Header {
            name,
            also: self.also.clone(),
            more: self.more.clone(),
            repeated: self.repeated,
        })
    }
}

impl TryFrom<RawSignature> for Signature {
    type Error = String;

    fn try_from(raw: RawSignature) -> Result<Self, String> {
        raw.check_layout()?;
        let place = raw.place()?;
        let layout = match raw.layout {
            Kind::Plain => Layout::Plain {
                prefix: raw.prefix.unwrap_or_default(),
                optional: raw.prefix_optional.unwrap_or_default(),
                separator: raw.separator,
            },
            Kind::Pairs => Layout::Pairs {
                separator: raw.separator.unwrap_or(','),
                signature_key: raw
                    .signature_key
                    .ok_or("layout `pairs` needs `signature-key`")?,
                timestamp_key: raw.timestamp_key,
                repeats: raw.repeats.unwrap_or_default(),
                spaced: raw.spaced,
                groups: raw.group_separator,
            },
            Kind::Versions => Layout::Versions {
                separator: raw.separator.unwrap_or(' '),
                mark: raw.mark.unwrap_or(','),
                version: raw.version.ok_or("layout `versions` needs `version`")?,
            },
            Kind::Positional => Layout::Positional {
                separator: raw.separator.unwrap_or(','),
            },
            Kind::Keyed => Layout::Keyed {
                separator: raw.separator.unwrap_or(','),
                mark: raw.mark.unwrap_or('='),
            },
        };
        Ok(Self {
            place,
            layout,
            encoding: raw.encoding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Message;

    fn signature(table: &str) -> Result<Signature, String> {
        let text = format!("encoding = \"hex\"\n{table}");
        toml::from_str(&text).map_err(|error| error.message().to_owned())
    }

    fn place(table: &str) -> Place {
        signature(table).expect(table).place
    }

    fn message(headers: &[(&str, &str)], body: &str) -> Message {
        let mut message = Message::post(headers.iter().copied().collect(), body.to_owned());
        "/hooks?s=of+query&empty=".clone_into(&mut message.target);
        message
    }

    fn values(place: &Place, message: &Message) -> Result<Vec<String>, String> {
        let values = place.values(&View::new(message));
        values.map_err(|reason| reason.to_string())
    }

    #[test]
    fn a_header_stands_once_unless_each_key_has_its_own() {
        let one = place("header = \"X-S\"");
        let also = place("header = \"X-S\"\nalso = [\"X-Old\"]");
        let more = place("header = \"X-S\"\nmore = [\"X-S-2\"]");
        let numbered = place("header = \"X-S-1\"\nnumbered = true");
        let repeated = place("header = \"X-S\"\nrepeated = true");
        let missing = || Err("header `X-S` is missing".to_owned());
        let twice = |name: &str| Err(format!("header `{name}` is there more than once"));
        let (a, b) = (("X-S", "a"), ("X-S", "b"));
        let old = ("X-Old", "o");
        let second = ("X-S-2", "2");
        let is = |values: &[&str]| Ok(values.iter().map(|text| (*text).to_owned()).collect());
        for (place, headers, expected) in [
            (&one, &[a][..], is(&["a"])),
            (&one, &[("x-s", " a\t")], is(&["a"])),
            (&one, &[], missing()),
            (&one, &[("X-S", " ")], missing()),
            (&one, &[a, b], twice("X-S")),
            (&one, &[a, a], twice("X-S")),
            (&one, &[a, ("X-S", "")], twice("X-S")),
            (&one, &[old, second], missing()),
            (&also, &[old], is(&["o"])),
            (&also, &[old, a], is(&["a"])),
            (&also, &[old, old], twice("X-Old")),
            (&also, &[], missing()),
            (&more, &[a], is(&["a"])),
            (&more, &[second], is(&["2"])),
            (&more, &[second, a], is(&["a", "2"])),
            (&more, &[second, second], twice("X-S-2")),
            (&more, &[], missing()),
            (&numbered, &[("X-S-1", "1"), second], is(&["1", "2"])),
            (&numbered, &[("X-S-100", "100")], is(&["100"])),
            (
                &numbered,
                &[("X-S-101", "101"), ("X-S-0", "0")],
                Err("header `X-S-1` is missing".to_owned()),
            ),
            (&numbered, &[second, second], twice("X-S-2")),
            (&repeated, &[a, b], is(&["a", "b"])),
            (&repeated, &[("X-S", " "), b], is(&["b"])),
            (&repeated, &[("X-S", "")], missing()),
            (&repeated, &[old], missing()),
        ] {
            let message = message(headers, "");
            assert_eq!(values(place, &message), expected, "{place:?} {headers:?}");
            let present = headers.iter().any(|(name, _)| {
                let names = place.headers();
                names.iter().any(|own| own.eq_ignore_ascii_case(name))
            });
            let view = View::new(&message);
            assert_eq!(place.is_present(&view), present, "{place:?} {headers:?}");
        }
        let binary: Headers = [("X-S", b"\xff".to_vec())].into_iter().collect();
        let message = Message::post(binary, "");
        let text = Err("header `X-S` is malformed, expected text".to_owned());
        assert_eq!(values(&one, &message), text);
        assert_eq!(values(&repeated, &message), missing());
    }

    #[test]
    fn a_signature_elsewhere_is_there_and_not_empty() {
        let json = r#"{"s":"of json","empty":"","list":[]}"#;
        for (table, body, expected) in [
            ("json = \"/s\"", json, Ok("of json")),
            ("json = \"/empty\"", json, Err("field `/empty` of the body")),
            ("json = \"/list\"", json, Err("field `/list` of the body")),
            ("json = \"/s\"", "no JSON", Err("field `/s` of the body")),
            ("form = \"s\"", "s=of+form&s=2", Ok("of form")),
            ("form = \"s\"", "s=", Err("form field `s`")),
            ("form = \"s\"", "t=1", Err("form field `s`")),
            ("query = \"s\"", "", Ok("of query")),
            ("query = \"empty\"", "s=1", Err("query parameter `empty`")),
            ("query = \"none\"", "none=1", Err("query parameter `none`")),
        ] {
            let place = place(table);
            let message = message(&[], body);
            let expected = match expected {
                Ok(text) => Ok(vec![text.to_owned()]),
                Err(place) => Err(format!("{place} is missing")),
            };
            let is_there = expected.is_ok() || table.contains("empty") || body == "s=";
            assert_eq!(values(&place, &message), expected, "{table} {body}");
            let view = View::new(&message);
            assert_eq!(place.is_present(&view), is_there, "{table} {body}");
        }
    }

    #[test]
    fn places_are_told_and_written_apart() {
        for (table, told, header, headers, several, in_body) in [
            (
                "header = \"X\"",
                "header `X`",
                Some("X"),
                &["X"][..],
                false,
                false,
            ),
            (
                "header = \"X\"\nalso = [\"Y\"]\nmore = [\"Z\"]",
                "header `X`",
                Some("X"),
                &["X", "Y", "Z"],
                true,
                false,
            ),
            (
                "header = \"X-1\"\nnumbered = true",
                "header `X-1`",
                Some("X-1"),
                &["X-1"],
                true,
                false,
            ),
            (
                "json = \"/s\"",
                "field `/s` of the body",
                None,
                &[],
                false,
                true,
            ),
            ("form = \"s\"", "form field `s`", None, &[], false, true),
            (
                "query = \"s\"",
                "query parameter `s`",
                None,
                &[],
                false,
                false,
            ),
        ] {
            let place = place(table);
            assert_eq!(place.describe(), told);
            assert_eq!(place.header().as_deref(), header);
            assert_eq!(place.headers(), headers);
            assert_eq!(place.carries_several(), several, "{table}");
            assert_eq!(place.is_in_body(), in_body, "{table}");
            let reason = place.malformed("hex".to_owned()).to_string();
            assert_eq!(reason, format!("{told} is malformed, expected hex"));
        }
    }

    #[test]
    fn settings_that_do_not_belong_together_are_refused() {
        let header = "header = \"X\"\n";
        let pairs = "layout = \"pairs\"\n";
        let versions = "layout = \"versions\"\n";
        for (table, expected) in [
            (String::new(), "one place"),
            (format!("{header}json = \"/s\""), "one place"),
            ("form = \"s\"\nquery = \"s\"".to_owned(), "one place"),
            (
                "json = \"/s\"\nalso = [\"Y\"]".to_owned(),
                "go with `header`",
            ),
            (
                "form = \"s\"\nmore = [\"Y\"]".to_owned(),
                "go with `header`",
            ),
            (
                "query = \"s\"\nnumbered = true".to_owned(),
                "go with `header`",
            ),
            ("json = \"s\"".to_owned(), "not a JSON pointer"),
            ("header = \"X S\"".to_owned(), "not a header name: `X S`"),
            (
                format!("{header}also = [\"Y:\"]"),
                "not a header name: `Y:`",
            ),
            (format!("{header}more = [\"\"]"), "not a header name: ``"),
            (format!("{header}numbered = true"), "ends in 1"),
            (
                format!("{header}version = \"v1\""),
                "belongs to layout `versions`",
            ),
            (
                format!("{header}spaced = true"),
                "belongs to layout `pairs`",
            ),
            (
                format!("{header}repeats = \"last\""),
                "belongs to layout `pairs`",
            ),
            (
                format!("{header}signature-key = \"s\""),
                "belongs to layout `pairs`",
            ),
            (
                format!("{header}timestamp-key = \"t\""),
                "belongs to layout `pairs`",
            ),
            (
                format!("{header}group-separator = \" \""),
                "belongs to layout `pairs`",
            ),
            (format!("{header}mark = \",\""), "`mark` belongs"),
            (format!("{header}{pairs}mark = \",\""), "`mark` belongs"),
            (
                format!("{header}{pairs}prefix = \"x\""),
                "belongs to layout `plain`",
            ),
            (
                format!("{header}{versions}prefix-optional = true"),
                "belongs to layout `plain`",
            ),
            (format!("{header}{pairs}"), "needs `signature-key`"),
            (format!("{header}{versions}"), "needs `version`"),
            (
                format!("{header}prefix = \"x\"\nprefix-optional = true"),
                "",
            ),
            (
                format!("{header}{pairs}signature-key = \"s\"\nspaced = true"),
                "",
            ),
            (
                format!("{header}{versions}version = \"v1\"\nmark = \"=\""),
                "",
            ),
            (format!("{header}layout = \"keyed\"\nmark = \"|\""), ""),
            (format!("{header}layout = \"positional\""), ""),
        ] {
            let found = signature(&table).err().unwrap_or_default();
            assert_eq!(found.is_empty(), expected.is_empty(), "{table}: {found}");
            assert!(found.contains(expected), "{table}: {found}");
        }
    }
}
