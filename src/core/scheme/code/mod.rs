//! Schemes that data cannot express: what is signed, or how, is made by code.
//!
//! Most only make the *text*: the rest (where the signature stands, its layout and encoding, the key,
//! the timestamp) stays data of the definition. The few that do more stand on their own.

mod twilio;

use serde::Deserialize;

use super::{Algorithm, Fields};
use crate::core::event::View;
use crate::core::verdict::{Coverage, Reason};

/// A construction of the signed text in code. In a definition: `signed-by = "twilio"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// URL and form fields, or URL and a hash of the body in it.
    Twilio,
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
        }
    }

    /// How much of the body the text covers.
    pub(super) fn coverage(self) -> Coverage {
        match self {
            Self::Twilio => Coverage::Body,
        }
    }

    /// Whether the public URL must be known.
    pub(super) fn needs_url(self) -> bool {
        match self {
            Self::Twilio => true,
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
        }
    }
}
