//! From a handshake's request to its answer, or to the reason there is none.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::text::{Form, Parts};
use super::{Allowed, Computation, Compute, ComputedEncoding, Handshake};
use crate::core::event::View;
use crate::core::message::{Headers, is_header_value};
use crate::core::secret::Secret;

/// No `next` of a definition is longer than this, whatever the request holds.
const MAX_NEXT: usize = 2048;

/// What the operator gave, for answers that need it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The provider's secret.
    pub secret: Option<&'a Secret>,
    /// The token chosen for the provider's handshakes.
    pub verify_token: Option<&'a Secret>,
    /// The URL the request was posted to, without its query.
    pub url: &'a str,
    /// The id of the key.
    pub key_id: Option<&'a str>,
}

impl<'a> Given<'a> {
    pub(super) fn token(&self) -> Result<&'a str, Refusal> {
        let token = self.verify_token.ok_or(Refusal::NoToken)?;
        std::str::from_utf8(token.expose()).map_err(|_| Refusal::NoToken)
    }
}

/// What an endpoint answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a handshake gets no answer but 403.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A part of the answer that is not in the request.
    #[error("{0} is missing")]
    Absent(String),
    /// A part of the answer that is in the request twice.
    #[error("{0} is there more than once")]
    Repeated(String),
    /// A text that may be neither signed nor given back.
    #[error("{0} is not what may be answered: {rule}", rule = .1.describe())]
    NotAllowed(String, Allowed),
    /// Another token than the operator's.
    #[error("verify token is another one")]
    WrongToken,
    /// No token to hold the request against, or to make the answer with.
    #[error("no verify token given")]
    NoToken,
    /// No secret to make the answer with.
    #[error("no secret given")]
    NoSecret,
    /// No id of the key.
    #[error("no key id given")]
    NoKeyId,
}

impl Refusal {
    /// What helps, where it is the operator's to lift.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some("give the token you chose: --verify-token env:NAME"),
            Self::NoSecret => Some("give the secret: --secret env:NAME"),
            Self::NoKeyId => Some("give the id of the key: --key-id ID"),
            Self::Absent(_) | Self::Repeated(_) | Self::NotAllowed(..) | Self::WrongToken => None,
        }
    }
}

impl Handshake {
    /// The right answer to a request that fits.
    ///
    /// # Errors
    /// [`Refusal`] where it must not, or cannot, be given.
    pub fn answer(&self, view: &View<'_>, given: Given<'_>) -> Result<Answer, Refusal> {
        let parts = self.parts(view, given)?;
        let form = &self.answer;
        let mut headers = Headers::new();
        if let Some(own) = &form.content_type {
            headers.push("Content-Type", own.as_str());
            headers.push("X-Content-Type-Options", "nosniff");
        }
        for (name, text) in &form.headers {
            match text.fill(&parts, Form::Plain) {
                Ok(value) if is_header_value(value.as_bytes()) => {
                    headers.push(name.as_str(), value);
                }
                Ok(_) | Err(Refusal::Absent(_)) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let body = match &form.body {
            Some(text) => text.fill(&parts, self.form())?.into_bytes(),
            None => Vec::new(),
        };
        Ok(Answer {
            status: form.status,
            headers,
            body,
        })
    }

    /// Every body that is right, the usual one first; none where any is.
    pub(super) fn bodies(&self, view: &View<'_>, given: Given<'_>) -> Result<Vec<String>, Refusal> {
        let parts = self.parts(view, given)?;
        let texts = self.answer.body.iter().chain(&self.answer.also);
        texts.map(|text| text.fill(&parts, self.form())).collect()
    }

    /// What the operator has to do then, with the request's own values: not fit for a terminal yet.
    #[must_use]
    pub fn next(&self, view: &View<'_>) -> Option<String> {
        let parts = Parts {
            view,
            given: Given::default(),
            allow: None,
            computed: None,
        };
        let text = self.next.as_ref()?.fill(&parts, Form::Plain).ok()?;
        Some(text.chars().take(MAX_NEXT).collect())
    }

    fn form(&self) -> Form {
        match self.answer.content_type.as_deref() {
            Some(own) if own.starts_with("application/json") => Form::Json,
            _ => Form::Plain,
        }
    }

    /// The parts of an answer, once the sender may have it.
    fn parts<'a>(&self, view: &'a View<'a>, given: Given<'a>) -> Result<Parts<'a>, Refusal> {
        let mut parts = Parts {
            view,
            given,
            allow: None,
            computed: None,
        };
        if let Some(text) = &self.verify_token {
            let sent = text.fill(&parts, Form::Plain)?;
            if !bool::from(sent.as_bytes().ct_eq(given.token()?.as_bytes())) {
                return Err(Refusal::WrongToken);
            }
        }
        parts.allow = self.allow;
        if let Some(compute) = &self.compute {
            let text = compute.over.fill(&parts, Form::Plain)?;
            parts.computed = Some(compute.value(text.as_bytes(), given.secret)?);
        }
        Ok(parts)
    }
}

impl Compute {
    fn value(&self, text: &[u8], secret: Option<&Secret>) -> Result<String, Refusal> {
        let key = || {
            let secret = secret.filter(|own| !own.is_empty());
            secret.map(Secret::expose).ok_or(Refusal::NoSecret)
        };
        let bytes = match self.algorithm {
            Computation::Sha256 => Sha256::digest(text).to_vec(),
            Computation::HmacSha256 => Hmac::<Sha256>::new_from_slice(key()?)
                .map_err(|_| Refusal::NoSecret)?
                .chain_update(text)
                .finalize()
                .into_bytes()
                .to_vec(),
            Computation::HmacSha1OfSha1 => Hmac::<Sha1>::new_from_slice(&Sha1::digest(key()?))
                .map_err(|_| Refusal::NoSecret)?
                .chain_update(text)
                .finalize()
                .into_bytes()
                .to_vec(),
        };
        Ok(match self.encoding {
            ComputedEncoding::Hex => hex::encode(bytes),
            ComputedEncoding::Base64 => BASE64_STANDARD.encode(bytes),
        })
    }
}
