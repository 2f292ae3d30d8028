//! Texts made of parts of a request, and which of its text may go into them.

use std::fmt;

use serde::Deserialize;

use super::answer::{Given, Refusal};
use crate::core::event::View;

/// A text with parts: `{query:NAME}`, `{header:NAME}` and `{json:/POINTER}` of the request, `{url}`
/// it was posted to, `{verify-token}` and `{key-id}` as the operator gave them, `{computed}`. Any
/// other brace is itself, so that JSON can be written as it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Query(String),
    Header(String),
    Json(String),
    Url,
    VerifyToken,
    KeyId,
    Computed,
}

/// Which text of a request may be signed or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allowed {
    /// Of these characters,
    pub characters: Characters,
    /// at least so many,
    #[serde(default = "one")]
    pub min: usize,
    /// and at most so many.
    pub max: usize,
}

fn one() -> usize {
    1
}

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Characters {
    /// Digits.
    Digits,
    /// Lower-case hexadecimal digits.
    Hex,
    /// ASCII letters and digits, `-` and `_`: no `{`, `:` or `=` that signed texts of deliveries have.
    Word,
    /// The same and `.`, `~`, `+`, `/`, `=`, `:`, `@`, `*`: tokens, base64, host names, identifiers.
    Token,
    /// ASCII without control characters, and without those that are markup: `<`, `>`, `&`, quotes.
    Sentence,
}

impl Characters {
    fn has(self, byte: u8) -> bool {
        let word = byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Word => word,
            Self::Token => word || b".~+/=:@*".contains(&byte),
            Self::Sentence => (b' '..=b'~').contains(&byte) && !b"<>&\"'`\\".contains(&byte),
        }
    }

    /// The set in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Hex => "lower-case hexadecimal digits",
            Self::Word => "letters, digits, `-` and `_`",
            Self::Token => "letters, digits and `-_.~+/=:@*`",
            Self::Sentence => "ASCII text without markup",
        }
    }
}

impl Allowed {
    /// Whether a text may be used.
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        (self.min..=self.max).contains(&text.len())
            && text.bytes().all(|byte| self.characters.has(byte))
    }

    /// The rule in words: `20 to 32 lower-case hexadecimal digits`.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "{} to {} of {}",
            self.min,
            self.max,
            self.characters.describe()
        )
    }
}

/// How a part stands in what is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// Inside a JSON string.
    Json,
}

/// Where parts are taken from.
pub(super) struct Parts<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) given: Given<'a>,
    pub(super) allow: Option<Allowed>,
    pub(super) computed: Option<String>,
}

impl Text {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the computed value is a part of it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        self.0.contains(&Piece::Computed)
    }

    /// Whether the sender chooses a part of it.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.0
            .iter()
            .any(|piece| matches!(piece, Piece::Query(_) | Piece::Header(_) | Piece::Json(_)))
    }

    /// The text with the parts in their places.
    pub(super) fn fill(&self, parts: &Parts<'_>, form: Form) -> Result<String, Refusal> {
        let mut text = String::new();
        for piece in &self.0 {
            let value = match piece {
                Piece::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Piece::Computed => parts.computed.clone().unwrap_or_default(),
                Piece::Url => parts.given.url.to_owned(),
                Piece::KeyId => (parts.given.key_id).ok_or(Refusal::NoKeyId)?.to_owned(),
                Piece::VerifyToken => parts.given.token()?.to_owned(),
                Piece::Query(_) | Piece::Header(_) | Piece::Json(_) => {
                    let value = piece.read(parts.view)?;
                    match parts.allow {
                        Some(allow) if !allow.has(&value) => {
                            return Err(Refusal::NotAllowed(piece.describe(), allow));
                        }
                        _ => value,
                    }
                }
            };
            match form {
                Form::Plain => text.push_str(&value),
                Form::Json => {
                    let quoted = serde_json::Value::from(value).to_string();
                    text.push_str(&quoted[1..quoted.len() - 1]);
                }
            }
        }
        Ok(text)
    }
}

impl Piece {
    /// The value in a request. One that stands there twice has none: whoever made it means to have
    /// one of them seen and the other used.
    fn read(&self, view: &View<'_>) -> Result<String, Refusal> {
        let message = view.message();
        let values: Vec<String> = match self {
            Self::Query(name) => {
                let query = message.target.split_once('?').unwrap_or_default().1;
                form_urlencoded::parse(query.as_bytes())
                    .filter(|(own, _)| own == name)
                    .map(|(_, value)| value.into_owned())
                    .collect()
            }
            Self::Header(name) => (message.headers.all(name))
                .map(|value| String::from_utf8_lossy(value).into_owned())
                .collect(),
            Self::Json(pointer) => view.text_at(pointer).into_iter().collect(),
            _ => Vec::new(),
        };
        match <[String; 1]>::try_from(values) {
            Ok([value]) => Ok(value),
            Err(several) if several.is_empty() => Err(Refusal::Absent(self.describe())),
            Err(_) => Err(Refusal::Repeated(self.describe())),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Query(name) => format!("query parameter `{name}`"),
            Self::Header(name) => format!("header `{name}`"),
            Self::Json(pointer) => format!("`{pointer}` in the body"),
            _ => "text".to_owned(),
        }
    }

    /// The part between braces, `None` where it is no part, an error where it is almost one.
    fn parse(inner: &str) -> Result<Option<Self>, String> {
        Ok(Some(match inner.split_once(':') {
            Some(("query", name)) => Self::Query(name.to_owned()),
            Some(("header", name)) if crate::core::message::is_header_name(name) => {
                Self::Header(name.to_owned())
            }
            Some(("json", pointer)) if pointer.starts_with('/') => Self::Json(pointer.to_owned()),
            None if inner == "url" => Self::Url,
            None if inner == "verify-token" => Self::VerifyToken,
            None if inner == "key-id" => Self::KeyId,
            None if inner == "computed" => Self::Computed,
            _ if inner.starts_with(|char: char| char.is_ascii_lowercase()) => {
                return Err(format!(
                    "unknown part, expected `{{query:NAME}}`, `{{header:NAME}}`, `{{json:/POINTER}}`, \
                     `{{url}}`, `{{verify-token}}`, `{{key-id}}` or `{{computed}}`: `{{{inner}}}`"
                ));
            }
            _ => return Ok(None),
        }))
    }
}

impl fmt::Display for Text {
    /// As the definition writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Literal(text) => f.write_str(text),
            Piece::Query(name) => write!(f, "{{query:{name}}}"),
            Piece::Header(name) => write!(f, "{{header:{name}}}"),
            Piece::Json(pointer) => write!(f, "{{json:{pointer}}}"),
            Piece::Url => f.write_str("{url}"),
            Piece::VerifyToken => f.write_str("{verify-token}"),
            Piece::KeyId => f.write_str("{key-id}"),
            Piece::Computed => f.write_str("{computed}"),
        })
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            let end = from.find('}');
            let part = match end {
                Some(end) => Piece::parse(&from[1..end])?,
                None => None,
            };
            if let (Some(part), Some(end)) = (part, end) {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(part);
                rest = &from[end + 1..];
            } else {
                literal.push('{');
                rest = &from[1..];
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }
}
