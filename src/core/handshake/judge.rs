//! Whether an endpoint's answer to a handshake is the right one.

use std::fmt;

use serde_json::Value;

use super::answer::{Answer, Given, Refusal};
use super::{Handshake, HeaderRule};
use crate::core::event::View;
use crate::core::message::Headers;

/// As much of a wrong body as is worth repeating.
const SHOWN: usize = 80;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The status, and the one that is right.
    Status(u16, String),
    /// The content type, if there is one, and the one that is right.
    ContentType(Option<String>, String),
    /// A header, its value if it is there, and the one that is right.
    Header(String, Option<String>, String),
    /// The beginning of the body, and of the one that is right.
    Body(String, String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(got, right) => write!(f, "status is {got}, expected {right}"),
            Self::ContentType(Some(got), right) => {
                write!(f, "content type is `{got}`, expected `{right}`")
            }
            Self::ContentType(None, right) => write!(f, "content type is missing: `{right}`"),
            Self::Header(name, Some(got), right) => {
                write!(f, "header `{name}` is `{got}`, expected `{right}`")
            }
            Self::Header(name, None, right) => {
                write!(f, "header `{name}` is missing, expected `{right}`")
            }
            Self::Body(got, right) if right.is_empty() => {
                write!(f, "body is `{got}`, expected none")
            }
            Self::Body(got, right) if got.is_empty() => {
                write!(f, "body is empty, expected `{right}`")
            }
            Self::Body(got, right) => write!(f, "body is `{got}`, expected `{right}`"),
        }
    }
}

impl Handshake {
    /// What is wrong with an answer to a request of this kind; nothing if it is right.
    ///
    /// # Errors
    /// [`Refusal`] where the right answer cannot be told.
    pub fn flaws(
        &self,
        view: &View<'_>,
        given: Given<'_>,
        got: &Answer,
    ) -> Result<Vec<Flaw>, Refusal> {
        let right = self.answer(view, given)?;
        let mut flaws = Vec::new();
        if !self.accepts(got.status) {
            let accepted = self.answer.accept.iter().map(ToString::to_string);
            let wanted: Vec<String> = accepted.collect();
            let wanted = match wanted.as_slice() {
                [] => right.status.to_string(),
                several => several.join(" or "),
            };
            flaws.push(Flaw::Status(got.status, wanted));
        }
        if let Some(wanted) = &self.answer.content_type
            && self.answer.type_matters
        {
            let own = got.headers.text("content-type");
            if own.is_none_or(|own| essence(own) != essence(wanted)) {
                flaws.push(Flaw::ContentType(own.map(short), wanted.clone()));
            }
        }
        for (name, _) in &self.answer.headers {
            let (Some(wanted), own) = (right.headers.text(name), got.headers.text(name)) else {
                continue;
            };
            let in_body = || String::from_utf8_lossy(&got.body).contains(wanted);
            let may = match self.answer.header_rules.get(name) {
                None => false,
                Some(HeaderRule::OrStar) => own == Some("*"),
                Some(HeaderRule::OrBody) => own.is_none() && in_body(),
                Some(HeaderRule::Present) => own.is_some(),
                Some(HeaderRule::Free) => true,
            };
            if own != Some(wanted) && !may {
                let own = own.map(short);
                flaws.push(Flaw::Header(name.clone(), own, short(wanted)));
            }
        }
        let bodies = self.bodies(view, given)?;
        let fits = |body: &String| same(body, &got.body);
        if let Some(first) = bodies.first()
            && self.method != "HEAD"
            && !bodies.iter().any(fits)
        {
            let own = String::from_utf8_lossy(&got.body);
            flaws.push(Flaw::Body(short(&own), short(first)));
        }
        Ok(flaws)
    }

    /// Whether an answer gives the sender's text back as a page, which a browser would act on.
    #[must_use]
    pub fn is_reflected(&self, headers: &Headers) -> bool {
        let page = headers
            .text("content-type")
            .is_some_and(|own| ["text/html", "application/xhtml+xml"].contains(&essence(own)));
        let body = self.answer.body.as_ref();
        page && body.is_some_and(super::Text::is_foreign)
    }
}

/// The type without its parameters.
fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Whether a body is the right one: as JSON where that is an object, else byte for byte.
fn same(right: &str, got: &[u8]) -> bool {
    match serde_json::from_str::<Value>(right) {
        Ok(right @ Value::Object(_)) => {
            serde_json::from_slice(got).is_ok_and(|got: Value| got == right)
        }
        _ => right.as_bytes() == got,
    }
}

fn short(text: &str) -> String {
    let mut chars = text.chars();
    let mut short: String = chars.by_ref().take(SHOWN).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}
