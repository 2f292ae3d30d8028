//! Schemes that data cannot express: what is signed, or how, is made by code.
//!
//! Most only make the *text*: the rest (where the signature stands, its layout and encoding, the key,
//! the timestamp) stays data of the definition. The few that do more stand on their own.

mod contentful;
mod escape;
#[cfg(test)]
mod testing;
mod twilio;

use serde::Deserialize;

use super::{Algorithm, Fields, SignError};
use crate::core::event::View;
use crate::core::message::Headers;
use crate::core::verdict::{Coverage, Reason};

/// A construction of the signed text in code. In a definition: `signed-by = "twilio"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// URL and form fields, or URL and a hash of the body in it.
    Twilio,
    /// Method, path, the headers a header names, body.
    Contentful,
}

/// A text that may be the signed one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The algorithm, where the message chooses it.
    pub(super) algorithm: Option<Algorithm>,
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            algorithm: None,
        }
    }
}

impl Code {
    /// The texts a sender may have signed, the most usual first; signing takes that one.
    ///
    /// # Errors
    /// What of the message is missing or malformed.
    pub(super) fn texts(self, fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<Text>, Reason> {
        match self {
            Self::Twilio => Ok(twilio::texts(fields, view)),
            Self::Contentful => contentful::texts(fields, view),
        }
    }

    /// Headers a message to be signed must have beside the signature's, for verification reads them.
    pub(super) fn headers(self, given: &Headers) -> Vec<(String, String)> {
        match self {
            Self::Contentful => contentful::headers(given),
            Self::Twilio => Vec::new(),
        }
    }

    /// The body to sign instead of the one given, where verification reads more of it.
    ///
    /// # Errors
    /// [`SignError`] where the body has not the provider's shape.
    pub(super) fn body(self, _given: &[u8]) -> Result<Option<Vec<u8>>, SignError> {
        match self {
            Self::Twilio | Self::Contentful => Ok(None),
        }
    }

    /// The signature's value before the signature stands in it, where the text is made of it.
    pub(super) fn draft(self, _given: &Headers, _timestamp: &str) -> String {
        match self {
            Self::Twilio | Self::Contentful => String::new(),
        }
    }

    /// A draft with the signatures in it, where the layout alone does not write the value.
    pub(super) fn finish(self, _draft: &str, _signatures: &[String]) -> Option<String> {
        match self {
            Self::Twilio | Self::Contentful => None,
        }
    }

    /// How much of the body the text covers.
    pub(super) fn coverage(self) -> Coverage {
        match self {
            Self::Twilio | Self::Contentful => Coverage::Body,
        }
    }

    /// How much of this message's body the text covers.
    pub(super) fn coverage_in(self, _view: &View<'_>) -> Coverage {
        self.coverage()
    }

    /// Whether the public URL must be known.
    pub(super) fn needs_url(self) -> bool {
        match self {
            Self::Twilio => true,
            Self::Contentful => false,
        }
    }

    /// The text for a person.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Twilio => {
                "<url><form fields sorted, name and value>; for other bodies <url>, whose query has \
                 bodySHA256"
            }
            Self::Contentful => {
                "<method>, <path and escaped query>, <headers x-contentful-signed-headers names>, \
                 <body>, a line each"
            }
        }
    }
}

/// The one value of a header the signature covers; unlike a signature, it may be empty.
fn one<'a>(headers: &'a Headers, name: &str) -> Result<&'a str, Reason> {
    let mut values = headers.all(name);
    let name = || name.to_owned();
    let value = values
        .next()
        .ok_or_else(|| Reason::MissingHeader { name: name() })?;
    if values.next().is_some() {
        return Err(Reason::RepeatedHeader { name: name() });
    }
    let text = std::str::from_utf8(value).map_err(|_| Reason::MalformedHeader {
        name: name(),
        expected: "text".to_owned(),
    })?;
    Ok(text.trim_matches([' ', '\t']))
}
