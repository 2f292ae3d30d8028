//! From a message to what signs it, in one pass over the body where the scheme allows it.

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use super::mac::Mac;
use super::place::field;
use super::{Algorithm, Fields, Key, Place, Scheme};
use crate::core::event::{View, set_at};
use crate::core::message::{Headers, Message};
use crate::core::verdict::Reason;

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
    /// The id of the key, for schemes whose messages name one.
    pub key_id: Option<&'a str>,
}

/// What signs a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// The headers to set, the signature's last.
    pub headers: Vec<(String, String)>,
    /// The body to send instead, where the signature stands in it.
    pub body: Option<Vec<u8>>,
    /// The query parameter to add, where the signature stands there.
    pub query: Option<(String, String)>,
    /// The first signature as it is written, wherever it stands.
    pub value: String,
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
    /// The key only verifies.
    #[error("a public key only verifies, expected a private key")]
    PublicKeyOnly,
    /// The signature names its key, and no id was given.
    #[error("signature names its key, and no key id is given")]
    NeedsKeyId,
    /// The signature stands in a JSON body, and this one is none.
    #[error("signature stands in the body, which is no JSON object")]
    NoJsonBody,
    /// Something signed is missing from the message.
    #[error("{0}")]
    Missing(Reason),
}

impl From<Reason> for SignError {
    fn from(reason: Reason) -> Self {
        Self::Missing(reason)
    }
}

/// A signature under construction: fed with the body in pieces, then turned into what signs it.
pub struct Signer<'a> {
    scheme: &'a Scheme,
    keys: &'a [Key],
    stamp: Stamp<'a>,
    timestamp: String,
    text: Text,
}

/// What has been fed so far.
enum Text {
    /// A code per key, and the bytes that come after the body.
    Codes { macs: Vec<Mac>, tail: Vec<u8> },
    /// The whole body, for schemes that look into it.
    Body(Vec<u8>),
    /// Nothing is signed.
    Token,
}

impl Scheme {
    /// Starts to sign a message.
    ///
    /// # Errors
    /// [`SignError`] where a key or the URL is missing, or several keys meet a scheme for one.
    pub fn signer<'a>(
        &'a self,
        keys: &'a [Key],
        stamp: &Stamp<'a>,
    ) -> Result<Signer<'a>, SignError> {
        if keys.is_empty() {
            return Err(SignError::NoKey);
        }
        if keys.len() > 1 && !self.carries_several() {
            return Err(SignError::OneSignatureOnly(keys.len()));
        }
        if self.needs_url() && stamp.url.is_none() {
            return Err(SignError::NeedsUrl);
        }
        if self.signature.layout.carries_key_id() && stamp.key_id.is_none() {
            return Err(SignError::NeedsKeyId);
        }
        if !keys.iter().all(Key::signs) {
            return Err(SignError::PublicKeyOnly);
        }
        let timestamp = self
            .timestamp
            .as_ref()
            .map(|rule| rule.unit.render(stamp.now))
            .unwrap_or_default();
        let text = if self.algorithm == Algorithm::Token && self.signature.place.header().is_some()
        {
            Text::Token
        } else if self.streams() {
            self.codes(keys, stamp, &timestamp)?
        } else {
            Text::Body(Vec::new())
        };
        Ok(Signer {
            scheme: self,
            keys,
            stamp: stamp.clone(),
            timestamp,
            text,
        })
    }

    fn codes(&self, keys: &[Key], stamp: &Stamp<'_>, timestamp: &str) -> Result<Text, Reason> {
        let mut macs = Vec::new();
        let mut tail = Vec::new();
        for key in keys {
            let fields = stamp.fields(timestamp, key, stamp.headers, "", None);
            let (head, after) = self.signed.around_body(&fields)?;
            tail = after;
            if let Some(mut mac) = Mac::new(self.algorithm, key) {
                mac.update(&head);
                macs.push(mac);
            }
        }
        Ok(Text::Codes { macs, tail })
    }

    /// Signs a whole message at once.
    ///
    /// # Errors
    /// As [`Scheme::signer`] and [`Signer::finish`].
    pub fn sign(&self, keys: &[Key], stamp: &Stamp<'_>, body: &[u8]) -> Result<Signed, SignError> {
        let mut signer = self.signer(keys, stamp)?;
        signer.update(body);
        signer.finish()
    }
}

impl Stamp<'_> {
    fn fields<'f>(
        &'f self,
        timestamp: &'f str,
        key: &'f Key,
        headers: &'f Headers,
        value: &'f str,
        view: Option<&'f View<'f>>,
    ) -> Fields<'f> {
        Fields {
            timestamp,
            id: self.id,
            method: self.method,
            url: self.url.unwrap_or_default(),
            headers,
            secret: key.bytes(),
            value,
            view,
        }
    }
}

impl Signer<'_> {
    /// Feeds the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.text {
            Text::Codes { macs, .. } if self.scheme.signed.has_body() => {
                for mac in macs {
                    mac.update(piece);
                }
            }
            Text::Body(body) => body.extend_from_slice(piece),
            Text::Codes { .. } | Text::Token => {}
        }
    }

    /// What signs the message: id, key id and timestamp where the scheme has them, the signature.
    ///
    /// # Errors
    /// [`SignError`] where something signed is missing from the body.
    pub fn finish(mut self) -> Result<Signed, SignError> {
        match std::mem::replace(&mut self.text, Text::Token) {
            Text::Codes { macs, tail } => {
                let tags = macs.into_iter().map(|mut mac| {
                    mac.update(&tail);
                    mac.finish()
                });
                Ok(self.written(self.stamped_headers(true), &tags.collect::<Vec<_>>(), ""))
            }
            Text::Token => {
                let tags: Vec<_> = self.keys.iter().map(|key| key.bytes().to_vec()).collect();
                Ok(self.written(self.stamped_headers(true), &tags, ""))
            }
            Text::Body(body) => self.whole(body),
        }
    }

    /// Id, key id and timestamp.
    fn stamped_headers(&self, with_timestamp: bool) -> Vec<(String, String)> {
        let scheme = self.scheme;
        let id = scheme
            .id_header
            .clone()
            .map(|name| (name, self.stamp.id.to_owned()));
        let key = scheme.key_id_header.clone();
        let key = key.and_then(|name| Some((name, self.stamp.key_id?.to_owned())));
        let rule = scheme.timestamp.as_ref().filter(|_| with_timestamp);
        let time = rule.and_then(|rule| Some((rule.header.clone()?, self.timestamp.clone())));
        let fixed = scheme.require_equal.clone();
        fixed.into_iter().chain(id).chain(key).chain(time).collect()
    }

    /// The signatures of several keys, in the layout or as the code finishes its draft, at their
    /// place.
    fn written(&self, mut headers: Vec<(String, String)>, tags: &[Vec<u8>], draft: &str) -> Signed {
        let signature = &self.scheme.signature;
        let texts: Vec<String> = tags
            .iter()
            .map(|tag| signature.encoding.encode(tag))
            .collect();
        let key_id = self.stamp.key_id.unwrap_or_default();
        let render = |texts: &[String]| {
            let code = self.scheme.signed_by;
            code.and_then(|code| code.finish(draft, texts))
                .unwrap_or_else(|| signature.layout.render(texts, &self.timestamp, key_id))
        };
        let each = texts.iter().map(|text| render(std::slice::from_ref(text)));
        let value = render(&texts);
        let mut query = None;
        match &signature.place {
            Place::Header { name, more, .. } if !more.is_empty() => {
                let names = std::iter::once(name).chain(more);
                headers.extend(names.cloned().zip(each));
            }
            Place::Numbered(base) => {
                let names = (1..).map(|number| format!("{base}{number}"));
                headers.extend(names.zip(each));
            }
            Place::Header { name, .. } => headers.push((name.clone(), value.clone())),
            Place::Query(name) => query = Some((name.clone(), value.clone())),
            Place::Json(_) | Place::Form(_) => {}
        }
        Signed {
            headers,
            body: None,
            query,
            value,
        }
    }

    /// Signs a body that is at hand whole.
    fn whole(&mut self, body: Vec<u8>) -> Result<Signed, SignError> {
        let mut body = self.with_timestamp(body)?;
        let code = self.scheme.signed_by;
        let prepared = code.map(|code| code.body(&body)).transpose()?.flatten();
        let is_prepared = prepared.is_some();
        if let Some(prepared) = prepared {
            body = prepared;
        }
        let message = Message {
            method: self.stamp.method.to_owned(),
            target: "/".to_owned(),
            headers: self.stamp.headers.clone(),
            body: body.into(),
        };
        let view = View::new(&message);
        if let Some(code) = code
            && let Some(made) = code.sign(self.scheme, self.keys, &self.stamp, &view)
        {
            return made;
        }
        let rule = self.scheme.timestamp.as_ref();
        let in_body = rule
            .and_then(|rule| rule.json.as_deref())
            .and_then(|pointer| view.text_at(pointer));
        if let Some(rule) = rule
            && let (Some(pointer), None) = (&rule.json, &rule.header)
            && in_body.is_none()
        {
            return Err(SignError::Missing(Reason::MissingField {
                place: field(pointer),
            }));
        }
        let mut headers = self.stamped_headers(in_body.is_none());
        if let Some(text) = in_body {
            self.timestamp = text;
        }
        let mut visible = self.stamp.headers.clone();
        for (name, value) in &headers {
            visible.set(name, value.as_str());
        }
        let mut draft = String::new();
        if let Some(code) = code {
            for (name, value) in code.headers(&visible, self.stamp.id) {
                visible.set(&name, value.as_str());
                headers.push((name, value));
            }
            draft = code.draft(&visible, &self.timestamp);
        }
        let mut tags = Vec::new();
        for key in self.keys {
            let fields = self
                .stamp
                .fields(&self.timestamp, key, &visible, &draft, Some(&view));
            tags.push(self.tag(key, &fields, &view)?);
        }
        let mut made = self.written(headers, &tags, &draft);
        let value = made.value.clone();
        made.body = match &self.scheme.signature.place {
            Place::Json(pointer) => Some(with_field(&message.body, pointer, Value::from(value))?),
            Place::Form(name) => {
                let others = form_urlencoded::parse(&message.body).filter(|(own, _)| own != name);
                let mut form = form_urlencoded::Serializer::new(String::new());
                let form = form.append_pair(name, &value).extend_pairs(others);
                Some(form.finish().into_bytes())
            }
            Place::Header { .. } | Place::Numbered(_) | Place::Query(_) => {
                is_prepared.then(|| message.body.to_vec())
            }
        };
        Ok(made)
    }

    /// Where the signature stands in the body, the timestamp in it is made fresh too.
    fn with_timestamp(&self, body: Vec<u8>) -> Result<Vec<u8>, SignError> {
        let rule = self.scheme.timestamp.as_ref();
        match rule.and_then(|rule| rule.json.as_deref()) {
            Some(pointer) if self.scheme.signature.place.is_in_body() => {
                with_field(&body, pointer, Value::from(self.timestamp.clone()))
            }
            _ => Ok(body),
        }
    }

    fn tag(&self, key: &Key, fields: &Fields<'_>, view: &View<'_>) -> Result<Vec<u8>, SignError> {
        let scheme = self.scheme;
        if scheme.algorithm == Algorithm::Token {
            return Ok(key.bytes().to_vec());
        }
        let (algorithm, text) = if let Some(code) = scheme.signed_by {
            let text = code.texts(fields, view)?.into_iter().next();
            let text = text.ok_or(SignError::NoJsonBody)?;
            (text.algorithm.unwrap_or(scheme.algorithm), text.bytes)
        } else {
            let (before, after) = scheme.signed.around_body(fields)?;
            let body: &[u8] = if scheme.signed.has_body() {
                &view.message().body
            } else {
                &[]
            };
            (scheme.algorithm, [&before, body, &after].concat())
        };
        if let Some(mut mac) = Mac::new(algorithm, key) {
            mac.update(&text);
            return Ok(mac.finish());
        }
        key.pair()
            .and_then(|pair| pair.sign(algorithm, &text))
            .ok_or(SignError::PublicKeyOnly)
    }
}

/// A JSON body with a field set; objects on the way are made.
pub(super) fn with_field(body: &[u8], pointer: &str, value: Value) -> Result<Vec<u8>, SignError> {
    let mut json: Value = serde_json::from_slice(body).map_err(|_| SignError::NoJsonBody)?;
    if !set_at(&mut json, pointer, value) {
        return Err(SignError::NoJsonBody);
    }
    Ok(json.to_string().into_bytes())
}
