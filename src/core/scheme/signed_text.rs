//! The signed text: ordered parts around the body, so that a body of any size streams through.

use serde::Deserialize;

use crate::core::message::Headers;

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
    /// The value of a header, empty if it is not there.
    Header(String),
}

/// The signed text as ordered parts. In a definition: `"{timestamp}.{body}"`.
///
/// `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}` and `{header:NAME}` are parts; everything
/// else stands for itself; `{{` is a brace.
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
    /// The public URL.
    pub url: &'a str,
    /// The headers `{header:NAME}` reads.
    pub headers: &'a Headers,
}

impl SignedText {
    /// The parts in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether the body is one of the parts.
    #[must_use]
    pub fn covers_body(&self) -> bool {
        self.0.contains(&Part::Body)
    }

    /// The bytes before the body and the bytes after it.
    #[must_use]
    pub fn around_body(&self, fields: &Fields<'_>) -> (Vec<u8>, Vec<u8>) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut out = &mut before;
        for part in &self.0 {
            match part {
                Part::Body => out = &mut after,
                Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Part::Timestamp => out.extend_from_slice(fields.timestamp.as_bytes()),
                Part::Id => out.extend_from_slice(fields.id.as_bytes()),
                Part::Method => out.extend_from_slice(fields.method.as_bytes()),
                Part::Url => out.extend_from_slice(fields.url.as_bytes()),
                Part::Header(name) => {
                    out.extend_from_slice(fields.headers.first(name).unwrap_or_default());
                }
            }
        }
        (before, after)
    }
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

fn part(name: &str) -> Result<Part, String> {
    Ok(match name {
        "body" => Part::Body,
        "timestamp" => Part::Timestamp,
        "id" => Part::Id,
        "method" => Part::Method,
        "url" => Part::Url,
        _ => match name.strip_prefix("header:") {
            Some(header) if !header.is_empty() => Part::Header(header.to_owned()),
            _ => {
                return Err(format!(
                    "unknown part of the signed text, expected `body`, `timestamp`, `id`, `method`, \
                     `url` or `header:NAME`: `{name}`"
                ));
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SignedText, String> {
        SignedText::try_from(text.to_owned())
    }

    #[test]
    fn parts_stand_in_order_around_the_body() {
        let text = parse("v0:{timestamp}:{body}|{header:X-A}{{}").expect("parses");
        let headers: Headers = [("x-a", "h")].into_iter().collect();
        let fields = Fields {
            timestamp: "17",
            id: "",
            method: "POST",
            url: "",
            headers: &headers,
        };
        assert_eq!(
            text.around_body(&fields),
            (b"v0:17:".to_vec(), b"|h{}".to_vec())
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("{bdy}", "unknown part"),
            ("{header:}", "unknown part"),
            ("{body", "without"),
            ("{body}{body}", "twice"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
