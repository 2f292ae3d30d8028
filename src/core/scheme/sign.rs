//! From a message to the headers that sign it, in one pass over the body.

use jiff::Timestamp;
use thiserror::Error;

use super::mac::Mac;
use super::{Fields, Key, Scheme};
use crate::core::message::Headers;

/// What a signature is made of beside the body and the keys.
#[derive(Clone, Debug)]
pub struct Stamp<'a> {
    /// The current time; the scheme renders it in its unit.
    pub now: Timestamp,
    /// The delivery id, for schemes that sign one.
    pub id: &'a str,
    /// The request method.
    pub method: &'a str,
    /// The public URL the message goes to, for schemes that sign it.
    pub url: Option<&'a str>,
    /// The headers the message will have, for schemes that sign some.
    pub headers: &'a Headers,
}

/// Why a message cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// No key was given.
    #[error("no secret to sign with")]
    NoKey,
    /// The scheme has room for one signature only.
    #[error("scheme carries one signature, {0} secrets given")]
    OneSignatureOnly(usize),
    /// The scheme signs the URL and none was given.
    #[error("signature covers the URL")]
    NeedsUrl,
}

/// A signature under construction: fed with the body in pieces, then turned into headers.
pub struct Signer<'a> {
    scheme: &'a Scheme,
    codes: Codes<'a>,
    timestamp: String,
    id: String,
}

/// One code per key, or the keys themselves for a static token.
enum Codes<'a> {
    Macs { macs: Vec<Mac>, tail: Vec<u8> },
    Tokens(&'a [Key]),
}

impl<'a> Codes<'a> {
    fn new(scheme: &Scheme, keys: &'a [Key], fields: &Fields<'_>) -> Self {
        let macs: Option<Vec<Mac>> = keys
            .iter()
            .map(|key| Mac::new(scheme.algorithm, key))
            .collect();
        let Some(mut macs) = macs else {
            return Self::Tokens(keys);
        };
        let (head, tail) = scheme.signed.around_body(fields);
        for mac in &mut macs {
            mac.update(&head);
        }
        Self::Macs { macs, tail }
    }

    fn update(&mut self, piece: &[u8]) {
        if let Self::Macs { macs, .. } = self {
            for mac in macs {
                mac.update(piece);
            }
        }
    }

    fn finish(self) -> Vec<Vec<u8>> {
        match self {
            Self::Macs { macs, tail } => macs
                .into_iter()
                .map(|mut mac| {
                    mac.update(&tail);
                    mac.finish()
                })
                .collect(),
            Self::Tokens(keys) => keys.iter().map(|key| key.bytes().to_vec()).collect(),
        }
    }
}

/// The tag each key gives for a message, in the keys' order.
pub(super) fn tags(
    scheme: &Scheme,
    keys: &[Key],
    fields: &Fields<'_>,
    body: &[u8],
) -> impl Iterator<Item = Vec<u8>> {
    keys.iter().flat_map(move |key| {
        let mut codes = Codes::new(scheme, std::slice::from_ref(key), fields);
        if scheme.signed.covers_body() {
            codes.update(body);
        }
        codes.finish()
    })
}

impl Scheme {
    /// Starts to sign a message.
    ///
    /// # Errors
    /// [`SignError`] where a key or the URL is missing, or several keys meet a scheme for one.
    pub fn signer<'a>(
        &'a self,
        keys: &'a [Key],
        stamp: &Stamp<'_>,
    ) -> Result<Signer<'a>, SignError> {
        if keys.is_empty() {
            return Err(SignError::NoKey);
        }
        if keys.len() > 1 && !self.signature.layout.carries_several() {
            return Err(SignError::OneSignatureOnly(keys.len()));
        }
        if self.needs_url() && stamp.url.is_none() {
            return Err(SignError::NeedsUrl);
        }
        let timestamp = self
            .timestamp
            .as_ref()
            .map(|rule| rule.unit.render(stamp.now))
            .unwrap_or_default();
        let fields = Fields {
            timestamp: &timestamp,
            id: stamp.id,
            method: stamp.method,
            url: stamp.url.unwrap_or_default(),
            headers: stamp.headers,
        };
        Ok(Signer {
            scheme: self,
            codes: Codes::new(self, keys, &fields),
            id: stamp.id.to_owned(),
            timestamp,
        })
    }

    /// Signs a whole message at once: the headers to add, id and timestamp before the signature.
    ///
    /// # Errors
    /// As [`Scheme::signer`].
    pub fn sign(
        &self,
        keys: &[Key],
        stamp: &Stamp<'_>,
        body: &[u8],
    ) -> Result<Vec<(String, String)>, SignError> {
        let mut signer = self.signer(keys, stamp)?;
        signer.update(body);
        Ok(signer.finish())
    }
}

impl Signer<'_> {
    /// Feeds the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        if self.scheme.signed.covers_body() {
            self.codes.update(piece);
        }
    }

    /// The headers to add: id and timestamp where the scheme has them, then the signature.
    #[must_use]
    pub fn finish(self) -> Vec<(String, String)> {
        let scheme = self.scheme;
        let signatures: Vec<String> = self
            .codes
            .finish()
            .iter()
            .map(|tag| scheme.signature.encoding.encode(tag))
            .collect();
        let mut headers = Vec::with_capacity(3);
        if let Some(name) = &scheme.id_header {
            headers.push((name.clone(), self.id));
        }
        if let Some(name) = scheme
            .timestamp
            .as_ref()
            .and_then(|rule| rule.header.as_ref())
        {
            headers.push((name.clone(), self.timestamp.clone()));
        }
        headers.push((
            scheme.signature.header.clone(),
            scheme.signature.layout.render(&signatures, &self.timestamp),
        ));
        headers
    }
}
