//! What a message claims: its signatures as written, and what goes with them.

use super::place::{field, only};
use super::{Scheme, TimestampRule};
use crate::core::event::View;
use crate::core::message::Message;
use crate::core::verdict::Reason;

/// What a message claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Signatures with their timestamp; any may match. Most schemes have one group.
    pub groups: Vec<Group>,
    /// The delivery id's text, empty where none is signed.
    pub id: String,
}

/// Signatures that share a timestamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The signatures' texts.
    pub signatures: Vec<String>,
    /// The timestamp's text, empty where the scheme has none.
    pub timestamp: String,
    /// The id of the key that made them, where the layout names one.
    pub key_id: Option<String>,
    /// The whole value they stand in.
    pub value: String,
}

impl Group {
    /// Whether the signatures may be those of the key with this id; without an id, any may be.
    pub(super) fn is_of(&self, key_id: Option<&str>) -> bool {
        match (self.key_id.as_deref(), key_id) {
            (Some(named), Some(own)) => named == own,
            _ => true,
        }
    }
}

impl Scheme {
    /// Whether a message carries this scheme's signature, readable or not.
    #[must_use]
    pub fn is_present(&self, view: &View<'_>) -> bool {
        self.signature.place.is_present(view)
    }

    /// Whether a message carries a signature this scheme can read: in its layout, and of its length.
    #[must_use]
    pub fn is_readable(&self, view: &View<'_>) -> bool {
        let Ok(claim) = self.claim(view) else {
            return false;
        };
        if let Some(code) = self.signed_by {
            return code.reads(&claim);
        }
        let Some(length) = self.algorithm.tag_length() else {
            return true;
        };
        let mut signatures = claim.groups.iter().flat_map(|group| &group.signatures);
        signatures.any(|text| {
            let tag = self.signature.encoding.decode(text);
            tag.is_some_and(|tag| tag.len() == length)
        })
    }

    /// Reads what a message claims, in the order of the checks.
    ///
    /// # Errors
    /// What is missing, repeated or malformed.
    pub fn claim(&self, view: &View<'_>) -> Result<Claim, Reason> {
        let place = &self.signature.place;
        let values = place.values(view)?;
        self.requirements(view.message())?;
        let headers = &view.message().headers;
        let id = match &self.id_header {
            Some(name) => only(headers, name)?.to_owned(),
            None => String::new(),
        };
        let mut groups = Vec::new();
        for value in &values {
            let written = self.signature.layout.parse(value).map_err(|()| {
                let shape = self.signature.layout.shape(self.signature.encoding);
                place.malformed(format!("`{shape}`"))
            })?;
            for group in written {
                groups.push(Group {
                    timestamp: self.timestamp_of(view, group.timestamp)?,
                    signatures: group.signatures.into_iter().map(str::to_owned).collect(),
                    key_id: group.key_id.map(str::to_owned),
                    value: value.clone(),
                });
            }
        }
        Ok(Claim { groups, id })
    }

    /// The timestamp's text: from the signature's value, the body, or a header.
    fn timestamp_of(&self, view: &View<'_>, written: Option<&str>) -> Result<String, Reason> {
        let Some(TimestampRule { header, json, .. }) = &self.timestamp else {
            return Ok(String::new());
        };
        let headers = &view.message().headers;
        if let Some(text) = written {
            if let Some(name) = header
                && only(headers, name)? != text
            {
                return Err(Reason::MalformedHeader {
                    name: name.clone(),
                    expected: "the timestamp of the signature".to_owned(),
                });
            }
            return Ok(text.to_owned());
        }
        if let Some(pointer) = json {
            match view.text_at(pointer) {
                Some(text) => return Ok(text),
                None if header.is_none() => {
                    return Err(Reason::MissingField {
                        place: field(pointer),
                    });
                }
                None => {}
            }
        }
        match header {
            Some(name) => only(headers, name).map(str::to_owned),
            None => Ok(String::new()),
        }
    }

    /// Whether the headers and the body are there that must be, signed or not.
    pub(super) fn requirements(&self, message: &Message) -> Result<(), Reason> {
        for name in &self.require {
            only(&message.headers, name)?;
        }
        for (name, value) in &self.require_equal {
            if only(&message.headers, name)? != value {
                return Err(Reason::MalformedHeader {
                    name: name.clone(),
                    expected: format!("`{value}`"),
                });
            }
        }
        if self.body_required && message.body.is_empty() {
            return Err(Reason::MissingField {
                place: "body".to_owned(),
            });
        }
        Ok(())
    }
}
