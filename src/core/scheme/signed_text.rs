//! The signed text: ordered parts around the body, so that a body of any size streams through.

use ring::digest::{SHA256, digest};
use serde::Deserialize;

use super::claim::Group;
use super::place::field;
use super::{Claim, Context};
use crate::core::event::{View, form_value, query_value};
use crate::core::message::Headers;
use crate::core::verdict::Reason;

/// A piece of the signed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Characters that stand for themselves.
    Literal(String),
    /// The raw body.
    Body,
    /// The timestamp's text as sent.
    Timestamp,
    /// The delivery id's text as sent.
    Id,
    /// The request method, upper case.
    Method,
    /// The public URL the sender posted to.
    Url,
    /// The URL without its query.
    UrlBase,
    /// The URL's path.
    Path,
    /// The URL's path and query.
    Target,
    /// The secret itself, for plain hashes.
    Secret,
    /// The body's SHA-256 as hexadecimal digits.
    BodySha256,
    /// The body's CRC-32 as a decimal number.
    BodyCrc32,
    /// The fields of a form, sorted by name, each name followed by its value.
    FormSorted,
    /// The value of a header, empty if it is not there.
    Header(String),
    /// The value of a query parameter, empty if it is not there.
    Query(String),
    /// The text at a JSON pointer of the body.
    Json(String),
    /// The value of a form field.
    Form(String),
}

/// The signed text as ordered parts. In a definition: `"{timestamp}.{body}"`.
///
/// Everything outside braces stands for itself; `{{` is a brace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SignedText(Vec<Part>);

/// What the parts are filled with.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// The timestamp's text.
    pub timestamp: &'a str,
    /// The delivery id's text.
    pub id: &'a str,
    /// The request method.
    pub method: &'a str,
    /// The public URL, empty if it is not known.
    pub url: &'a str,
    /// The headers `{header:NAME}` reads.
    pub headers: &'a Headers,
    /// The secret's bytes.
    pub secret: &'a [u8],
    /// The signature's whole value, for codes that read more of it than signatures and timestamp.
    pub value: &'a str,
    /// The message, for parts that are made of its body or target; a streamed body has none.
    pub view: Option<&'a View<'a>>,
}

impl<'a> Fields<'a> {
    /// What a message's claim fills them with, under a key's secret.
    pub(super) fn of(
        claim: &'a Claim,
        group: &'a Group,
        view: &'a View<'a>,
        context: &Context<'a>,
        secret: &'a [u8],
    ) -> Self {
        let message = view.message();
        Self {
            timestamp: &group.timestamp,
            id: &claim.id,
            method: &message.method,
            url: context.url.unwrap_or_default(),
            headers: &message.headers,
            secret,
            value: &group.value,
            view: Some(view),
        }
    }
}

impl Fields<'_> {
    fn body(&self) -> &[u8] {
        self.view.map_or(&[], |view| &view.message().body)
    }

    /// Path and query: of the public URL where it is known, else of the request.
    #[must_use]
    pub fn target(&self) -> &str {
        let (_, after) = self.url.split_once("://").unwrap_or_default();
        match after.find(['/', '?']) {
            Some(start) => &after[start..],
            None if !after.is_empty() => "/",
            None => self.view.map_or("/", |view| &view.message().target),
        }
    }

    /// The path alone.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target().split('?').next().unwrap_or_default()
    }
}

impl SignedText {
    /// The parts in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether every byte of the body is signed, as it is or through its hash.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        let covering = [
            Part::Body,
            Part::BodySha256,
            Part::BodyCrc32,
            Part::FormSorted,
        ];
        self.0.iter().any(|part| covering.contains(part))
    }

    /// Whether the body's bytes stand in the text.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.0.contains(&Part::Body)
    }

    /// Whether a part is made of the body, so that it cannot be streamed.
    #[must_use]
    pub fn needs_body_first(&self) -> bool {
        self.0.iter().any(|part| {
            matches!(
                part,
                Part::BodySha256
                    | Part::BodyCrc32
                    | Part::FormSorted
                    | Part::Json(_)
                    | Part::Form(_)
            )
        })
    }

    /// The bytes before the body and the bytes after it.
    ///
    /// # Errors
    /// A field of the body that is not there.
    pub fn around_body(&self, fields: &Fields<'_>) -> Result<(Vec<u8>, Vec<u8>), Reason> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut out = &mut before;
        for part in &self.0 {
            if *part == Part::Body {
                out = &mut after;
            } else {
                write(part, fields, out)?;
            }
        }
        Ok((before, after))
    }

    /// Every part with its bytes, in order.
    ///
    /// # Errors
    /// A field of the body that is not there.
    pub(super) fn pieces(&self, fields: &Fields<'_>) -> Result<Vec<(&Part, Vec<u8>)>, Reason> {
        let mut pieces = Vec::new();
        for part in &self.0 {
            let mut bytes = Vec::new();
            if *part == Part::Body {
                bytes.extend_from_slice(fields.body());
            } else {
                write(part, fields, &mut bytes)?;
            }
            pieces.push((part, bytes));
        }
        Ok(pieces)
    }
}

fn write(part: &Part, fields: &Fields<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let missing = |place: String| Reason::MissingField { place };
    match part {
        Part::Body => {}
        Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
        Part::Timestamp => out.extend_from_slice(fields.timestamp.as_bytes()),
        Part::Id => out.extend_from_slice(fields.id.as_bytes()),
        Part::Method => out.extend_from_slice(fields.method.to_ascii_uppercase().as_bytes()),
        Part::Url => out.extend_from_slice(fields.url.as_bytes()),
        Part::UrlBase => {
            let base = fields.url.split('?').next().unwrap_or_default();
            out.extend_from_slice(base.as_bytes());
        }
        Part::Path => out.extend_from_slice(fields.path().as_bytes()),
        Part::Target => out.extend_from_slice(fields.target().as_bytes()),
        Part::Secret => out.extend_from_slice(fields.secret),
        Part::BodySha256 => {
            let hash = digest(&SHA256, fields.body());
            out.extend_from_slice(hex::encode(hash).as_bytes());
        }
        Part::BodyCrc32 => {
            let sum = crc32fast::hash(fields.body());
            out.extend_from_slice(sum.to_string().as_bytes());
        }
        Part::FormSorted => {
            let mut pairs: Vec<_> = form_urlencoded::parse(fields.body()).collect();
            pairs.sort();
            for (name, value) in pairs {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(value.as_bytes());
            }
        }
        Part::Header(name) => {
            out.extend_from_slice(fields.headers.first(name).unwrap_or_default());
        }
        Part::Query(name) => {
            let value = query_value(fields.target(), name).unwrap_or_default();
            out.extend_from_slice(value.as_bytes());
        }
        Part::Json(pointer) => {
            let text = fields.view.and_then(|view| view.text_at(pointer));
            out.extend_from_slice(text.ok_or_else(|| missing(field(pointer)))?.as_bytes());
        }
        Part::Form(name) => {
            let text = form_value(fields.body(), name);
            let place = || missing(format!("form field `{name}`"));
            out.extend_from_slice(text.ok_or_else(place)?.as_bytes());
        }
    }
    Ok(())
}

impl TryFrom<String> for SignedText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find('{') {
            literal.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                literal.push('{');
                rest = after;
                continue;
            }
            let (name, after) = rest
                .split_once('}')
                .ok_or_else(|| format!("`{{` without `}}` in the signed text: `{text}`"))?;
            rest = after;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part(name)?);
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        if parts.iter().filter(|part| **part == Part::Body).count() > 1 {
            return Err(format!(
                "`{{body}}` stands twice in the signed text: `{text}`"
            ));
        }
        Ok(Self(parts))
    }
}

/// The names of the parts without an argument.
const NAMES: [(&str, Part); 12] = [
    ("body", Part::Body),
    ("timestamp", Part::Timestamp),
    ("id", Part::Id),
    ("method", Part::Method),
    ("url", Part::Url),
    ("url-base", Part::UrlBase),
    ("path", Part::Path),
    ("target", Part::Target),
    ("secret", Part::Secret),
    ("body-sha256", Part::BodySha256),
    ("body-crc32", Part::BodyCrc32),
    ("form-sorted", Part::FormSorted),
];

fn part(name: &str) -> Result<Part, String> {
    if let Some((_, part)) = NAMES.iter().find(|(own, _)| *own == name) {
        return Ok(part.clone());
    }
    let argument = |kind: &str| {
        let argument = name.strip_prefix(kind)?.strip_prefix(':')?;
        (!argument.is_empty()).then(|| argument.to_owned())
    };
    argument("header")
        .map(Part::Header)
        .or_else(|| argument("query").map(Part::Query))
        .or_else(|| argument("json").map(Part::Json))
        .or_else(|| argument("form").map(Part::Form))
        .ok_or_else(|| {
            let names: Vec<String> = NAMES.iter().map(|(own, _)| format!("`{own}`")).collect();
            format!(
                "unknown part of the signed text, expected {}, `header:NAME`, `query:NAME`, \
                 `json:/POINTER` or `form:NAME`: `{name}`",
                names.join(", ")
            )
        })
}

impl Part {
    /// The part for a person: `<timestamp>`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Header(name) => format!("<header {name}>"),
            Self::Query(name) => format!("<query {name}>"),
            Self::Json(pointer) => format!("<body {pointer}>"),
            Self::Form(name) => format!("<form {name}>"),
            Self::BodySha256 => "<SHA-256 of body, hex>".to_owned(),
            Self::BodyCrc32 => "<CRC-32 of body, decimal>".to_owned(),
            Self::FormSorted => "<form fields sorted, name and value>".to_owned(),
            Self::UrlBase => "<url without query>".to_owned(),
            _ => {
                let name = NAMES.iter().find(|(_, part)| part == self);
                format!("<{}>", name.map_or("", |(name, _)| name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::Message;

    fn parse(text: &str) -> Result<SignedText, String> {
        SignedText::try_from(text.to_owned())
    }

    fn around(text: &str, message: &Message, url: &str) -> (String, String) {
        let view = View::new(message);
        let fields = Fields {
            timestamp: "17",
            id: "",
            method: "post",
            url,
            headers: &message.headers,
            secret: b"s",
            value: "",
            view: Some(&view),
        };
        let (before, after) = parse(text)
            .expect("parses")
            .around_body(&fields)
            .expect("fields are there");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (text(before), text(after))
    }

    #[test]
    fn parts_stand_in_order_around_the_body() {
        let message = Message::post([("x-a", "h")].into_iter().collect(), "{}");
        assert_eq!(
            around("v0:{timestamp}:{body}|{header:X-A}{{}", &message, ""),
            ("v0:17:".into(), "|h{}".into())
        );
    }

    #[test]
    fn urls_are_taken_apart() {
        let message = Message::post(Headers::new(), "b=2&a=1+x&a=0");
        let url = "https://x.example:8443/h%2Fk?q=v%20w";
        for (text, expected) in [
            ("{url-base}", "https://x.example:8443/h%2Fk"),
            ("{path}", "/h%2Fk"),
            ("{target}", "/h%2Fk?q=v%20w"),
            ("{query:q}", "v w"),
            ("{form:b}", "2"),
            ("{form-sorted}", "a0a1 xb2"),
            ("{body-crc32}", "2791871878"),
            ("{secret}{method}", "sPOST"),
        ] {
            let (found, _) = around(text, &message, url);
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(around("{path}", &message, "https://x.example").0, "/");
        assert_eq!(
            around("{target}", &message, "https://x.example?a=1").0,
            "?a=1"
        );
    }

    #[test]
    fn every_part_is_what_the_message_has() {
        let json = r#"{"id":"i","n":15,"list":[1]}"#;
        let mut message = Message::post([("x-a", "h")].into_iter().collect(), json);
        "/own?q=1".clone_into(&mut message.target);
        for (text, expected) in [
            ("{json:/id}", "i"),
            ("{json:/n}", "15"),
            ("{json:/list/0}", "1"),
            (
                "{body-sha256}",
                "8bcc939adfb847cbadba22112dbd69beed723579343bc893aa8b41c341aae408",
            ),
            ("{path}", "/own"),
            ("{target}", "/own?q=1"),
            ("{query:q}", "1"),
            ("{query:none}", ""),
            ("{header:x-none}", ""),
            ("{url}{url-base}{id}", ""),
            ("{timestamp}{{}", "17{}"),
            ("a{{{timestamp}", "a{17"),
        ] {
            let (before, after) = around(text, &message, "");
            assert_eq!((before.as_str(), after.as_str()), (expected, ""), "{text}");
        }
        let url = "https://x.example/h?u=1#f";
        assert_eq!(around("{url}", &message, url).0, url);
        assert_eq!(around("{target}", &message, url).0, "/h?u=1#f");
        // A URL that ends with its host has a path all the same; the request's own is another one.
        assert_eq!(around("{target}", &message, "https://x.example").0, "/");
        let body = around("a{body}b{timestamp}", &message, "");
        assert_eq!(body, ("a".to_owned(), "b17".to_owned()));
    }

    #[test]
    fn a_field_that_is_not_there_is_missing() {
        let message = Message::post(Headers::new(), "a=1");
        let view = View::new(&message);
        let fields = Fields {
            timestamp: "",
            id: "",
            method: "",
            url: "",
            headers: &message.headers,
            secret: b"",
            value: "",
            view: Some(&view),
        };
        for (text, place) in [
            ("{form:b}", "form field `b`"),
            ("{json:/b}", "field `/b` of the body"),
            ("{body}{json:/b}", "field `/b` of the body"),
        ] {
            let missing = Reason::MissingField {
                place: place.to_owned(),
            };
            let found = parse(text).expect("parses").around_body(&fields);
            assert_eq!(found, Err(missing), "{text}");
        }
        // Without the message nothing of its body is there.
        let streamed = Fields {
            view: None,
            ..fields
        };
        let found = parse("{json:/a}").expect("parses").around_body(&streamed);
        assert!(found.is_err());
        assert_eq!(streamed.target(), "/");
    }

    #[test]
    fn a_text_says_what_it_needs_of_the_body() {
        for (text, has_body, covers_body, is_needed_first) in [
            ("{timestamp}.{body}", true, true, false),
            (
                "{timestamp}{url}{header:a}{query:a}{secret}",
                false,
                false,
                false,
            ),
            ("{body-sha256}", false, true, true),
            ("{body-crc32}", false, true, true),
            ("{form-sorted}", false, true, true),
            ("{json:/a}", false, false, true),
            ("{form:a}", false, false, true),
        ] {
            let parsed = parse(text).expect("parses");
            assert_eq!(parsed.has_body(), has_body, "{text}");
            assert_eq!(parsed.covers_body(), covers_body, "{text}");
            assert_eq!(parsed.needs_body_first(), is_needed_first, "{text}");
        }
    }

    #[test]
    fn parts_are_told_to_a_person() {
        let told = |text: &str| -> String {
            let parsed = parse(text).expect("parses");
            parsed.parts().iter().map(Part::describe).collect()
        };
        assert_eq!(told("v0:{timestamp}:{body}"), "v0:<timestamp>:<body>");
        assert_eq!(
            told("{header:a}{query:b}{json:/c}{form:d}"),
            "<header a><query b><body /c><form d>"
        );
        assert_eq!(
            told("{body-sha256}{body-crc32}{form-sorted}{url-base}{url}"),
            "<SHA-256 of body, hex><CRC-32 of body, decimal>\
             <form fields sorted, name and value><url without query><url>"
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("{bdy}", "unknown part"),
            ("{header:}", "unknown part"),
            ("{header}", "unknown part"),
            ("{}", "unknown part"),
            ("{body}{timestamp", "without"),
            ("{body", "without"),
            ("{body}{body}", "twice"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
