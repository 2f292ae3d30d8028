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
        let rule = self.timestamp.as_ref();
        let timestamp = rule.map(|rule| rule.unit.render(stamp.now));
        self.signer_at(timestamp.unwrap_or_default(), keys, stamp)
    }

    fn signer_at<'a>(
        &'a self,
        timestamp: String,
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

    /// Signs a whole message with any text for its timestamp, one that is no time too.
    ///
    /// # Errors
    /// As [`Scheme::sign`].
    pub fn sign_at(
        &self,
        timestamp: &str,
        keys: &[Key],
        stamp: &Stamp<'_>,
        body: &[u8],
    ) -> Result<Signed, SignError> {
        let mut signer = self.signer_at(timestamp.to_owned(), keys, stamp)?;
        signer.update(body);
        signer.finish()
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

#[cfg(test)]
mod tests {
    use super::super::Context;
    use super::*;
    use crate::core::event::query_value;
    use crate::core::secret::Secret;
    use crate::core::verdict::Verdict;

    const NOW: i64 = 1_700_000_000;
    const URL: &str = "https://example.com/hooks";

    fn scheme(text: &str) -> Scheme {
        let mut whole = format!("name = \"x\"\n{text}\n");
        if !text.contains("algorithm =") {
            whole.push_str("algorithm = \"hmac-sha256\"\n");
        }
        let scheme: Scheme = toml::from_str(&whole).expect(text);
        scheme.consistent().expect(text);
        scheme
    }

    fn keys(scheme: &Scheme, secrets: &[&str]) -> Vec<Key> {
        let read = |secret: &&str| scheme.read_key(&Secret::new(*secret)).expect("a key");
        secrets.iter().map(read).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).expect("in range")
    }

    fn stamp(headers: &Headers) -> Stamp<'_> {
        Stamp {
            now: now(),
            id: "id-1",
            method: "POST",
            url: Some(URL),
            headers,
            key_id: Some("key-1"),
        }
    }

    fn made(scheme: &Scheme, secrets: &[&str], body: &str) -> Result<Signed, SignError> {
        let headers = Headers::new();
        scheme.sign(&keys(scheme, secrets), &stamp(&headers), body.as_bytes())
    }

    /// The message a receiver gets.
    fn sent(signed: &Signed, body: &str) -> Message {
        let headers = signed.headers.iter().cloned().collect();
        let body = signed.body.clone().unwrap_or_else(|| body.into());
        let mut message = Message::post(headers, body);
        if let Some((name, value)) = &signed.query {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair(name, value)
                .finish();
            message.target = format!("/hooks?{query}");
        }
        message
    }

    fn secret_that_matches(scheme: &Scheme, message: &Message, secrets: &[&str]) -> Option<usize> {
        let context = Context {
            now: now(),
            url: Some(URL),
            tolerance: None,
            max_age: None,
            key_id: None,
        };
        match scheme.verify(&View::new(message), &keys(scheme, secrets), &context) {
            Verdict::Valid(proof) => Some(proof.secret_index),
            Verdict::Invalid(_) | Verdict::Unverifiable(_) => None,
        }
    }

    #[test]
    fn what_cannot_be_signed_is_told() {
        let header = "signature = { header = \"X-S\", encoding = \"hex\" }\n";
        let plain = scheme(&format!("{header}signed = \"{{body}}\""));
        let one = SignError::OneSignatureOnly(2);
        assert_eq!(made(&plain, &[], "x").err(), Some(SignError::NoKey));
        assert_eq!(made(&plain, &["a", "b"], "x").err(), Some(one));
        assert!(made(&plain, &["a"], "x").is_ok());
        let headers = Headers::new();
        let bare = Stamp {
            url: None,
            key_id: None,
            ..stamp(&headers)
        };
        let with_bare = |scheme: &Scheme, secret: &str| {
            let keys = keys(scheme, &[secret]);
            scheme.sign(&keys, &bare, b"{}").map(|_| ())
        };
        assert_eq!(with_bare(&plain, "a"), Ok(()));
        let of_url = scheme(&format!("{header}signed = \"{{url}}{{body}}\""));
        assert_eq!(with_bare(&of_url, "a"), Err(SignError::NeedsUrl));
        let keyed = "signature = { header = \"X-S\", encoding = \"hex\", layout = \"keyed\" }";
        let keyed = scheme(&format!("{keyed}\nsigned = \"{{body}}\""));
        assert_eq!(with_bare(&keyed, "a"), Err(SignError::NeedsKeyId));
        assert!(made(&keyed, &["a"], "x").is_ok());
        let pair = "algorithm = \"ed25519\"\nkey = \"public-key\"\nsigned = \"{body}\"";
        let pair = scheme(&format!("{header}{pair}"));
        let public = "0a".repeat(32);
        assert_eq!(with_bare(&pair, &public), Err(SignError::PublicKeyOnly));
        assert_eq!(with_bare(&pair, &"0a".repeat(64)), Ok(()));
        let field = scheme(&format!("{header}signed = \"{{json:/id}}\""));
        let missing = Reason::MissingField {
            place: "field `/id` of the body".to_owned(),
        };
        assert_eq!(with_bare(&field, "a"), Err(SignError::Missing(missing)));
        let in_body = "signature = { json = \"/s\", encoding = \"hex\" }\nsigned = \"{id}\"\nid-header = \"X-Id\"";
        let in_body = scheme(in_body);
        assert_eq!(
            made(&in_body, &["a"], "x").err(),
            Some(SignError::NoJsonBody)
        );
        assert_eq!(
            made(&in_body, &["a"], "[1]").err(),
            Some(SignError::NoJsonBody)
        );
    }

    #[test]
    fn a_signature_is_written_where_it_is_read() {
        let text = "signed = \"{id}\"\nid-header = \"X-Id\"\n";
        for (place, body, expected) in [
            ("header = \"X-S\"", "{}", None),
            ("header = \"X-S\", also = [\"X-Old\"]", "{}", None),
            ("query = \"s\"", "{}", None),
            (
                "json = \"/a/s\"",
                r#"{"a":{"b":1},"c":"d"}"#,
                Some(r#"{"a":{"b":1,"s":"#),
            ),
            ("form = \"s\"", "a=1&s=old&b=%20", Some("s=")),
        ] {
            let table = format!("{text}signature = {{ {place}, encoding = \"hex\" }}");
            let scheme = scheme(&table);
            let signed = made(&scheme, &["a"], body).expect(place);
            assert_eq!(signed.value.len(), 64, "{place}");
            assert_eq!(signed.body.is_some(), expected.is_some(), "{place}");
            let message = sent(&signed, body);
            let written = String::from_utf8_lossy(&message.body);
            assert!(
                written.starts_with(expected.unwrap_or_default()),
                "{written}"
            );
            assert_eq!(secret_that_matches(&scheme, &message, &["b", "a"]), Some(1));
            assert_eq!(secret_that_matches(&scheme, &message, &["b"]), None);
            let query = query_value(&message.target, "s");
            assert_eq!(query.is_some(), place.starts_with("query"), "{place}");
        }
        let form = scheme(&format!(
            "{text}signature = {{ form = \"s\", encoding = \"hex\" }}"
        ));
        let signed = made(&form, &["a"], "a=1&s=old&b=%20").expect("signs");
        let body = String::from_utf8(signed.body.expect("a body")).expect("text");
        assert_eq!(body, format!("s={}&a=1&b=+", signed.value));
    }

    #[test]
    fn each_of_several_secrets_signs() {
        for signature in [
            "header = \"X-S\", separator = \",\"",
            "header = \"X-S\", layout = \"pairs\", signature-key = \"v1\"",
            "header = \"X-S\", layout = \"versions\", version = \"v1\"",
            "header = \"X-S\", more = [\"X-S-2\"]",
            "header = \"X-S-1\", numbered = true",
        ] {
            let table =
                format!("signed = \"{{body}}\"\nsignature = {{ {signature}, encoding = \"hex\" }}");
            let scheme = scheme(&table);
            let signed = made(&scheme, &["a", "b"], "x").expect(signature);
            let message = sent(&signed, "x");
            for secret in ["a", "b"] {
                let found = secret_that_matches(&scheme, &message, &["c", secret]);
                assert_eq!(found, Some(1), "{signature} {secret}");
            }
            assert_eq!(secret_that_matches(&scheme, &message, &["c"]), None);
            let one = sent(&made(&scheme, &["b"], "x").expect(signature), "x");
            assert_eq!(secret_that_matches(&scheme, &one, &["a", "b"]), Some(1));
        }
    }

    #[test]
    fn the_headers_a_receiver_reads_are_set() {
        let table = r#"
            signed = "{id}.{timestamp}.{body}"
            id-header = "X-Id"
            key-id-header = "X-Key"
            require-equal = { X-Version = "1" }
            timestamp = { header = "X-Time", unit = "seconds" }
            signature = { header = "X-S", prefix = "v1=", encoding = "hex" }
        "#;
        let scheme = scheme(table);
        let signed = made(&scheme, &["a"], "x").expect("signs");
        let names: Vec<_> = signed
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["X-Version", "X-Id", "X-Key", "X-Time", "X-S"]);
        let values: Vec<_> = signed.headers.iter().map(|own| own.1.as_str()).collect();
        let time = NOW.to_string();
        assert_eq!(values[..4], ["1", "id-1", "key-1", &time]);
        assert_eq!(values[4], signed.value);
        let message = sent(&signed, "x");
        assert_eq!(secret_that_matches(&scheme, &message, &["a"]), Some(0));
        for name in ["X-Id", "X-Time", "X-S", "X-Version"] {
            let mut without = message.clone();
            without.headers.remove(name);
            assert_eq!(
                secret_that_matches(&scheme, &without, &["a"]),
                None,
                "{name}"
            );
        }
    }

    #[test]
    fn a_token_is_sent_as_it_is() {
        let table = "algorithm = \"token\"\nsignature = { PLACE, encoding = \"text\" }";
        for (place, body) in [
            ("header = \"X-S\"", ""),
            ("query = \"s\"", ""),
            ("json = \"/s\"", "{}"),
            ("form = \"s\"", ""),
        ] {
            let scheme = scheme(&table.replace("PLACE", place));
            let signed = made(&scheme, &["the secret"], body).expect(place);
            assert_eq!(signed.value, "the secret", "{place}");
            let message = sent(&signed, body);
            let found = secret_that_matches(&scheme, &message, &["a", "the secret"]);
            assert_eq!(found, Some(1), "{place}");
            assert_eq!(secret_that_matches(&scheme, &message, &["a"]), None);
        }
    }

    #[test]
    fn a_body_in_pieces_is_signed_as_the_whole() {
        for text in [
            "{body}",
            "{timestamp}.{body}.{id}",
            "{timestamp}{id}",
            "{body-sha256}",
        ] {
            let mut table = format!("signed = \"{text}\"\n");
            if text.contains("{id}") {
                table.push_str("id-header = \"X-Id\"\n");
            }
            if text.contains("timestamp") {
                table.push_str("timestamp = { header = \"X-Time\", unit = \"seconds\" }\n");
            }
            table.push_str("signature = { header = \"X-S\", encoding = \"hex\" }");
            let scheme = scheme(&table);
            let keys = keys(&scheme, &["a"]);
            let headers = Headers::new();
            let mut open = scheme.signer(&keys, &stamp(&headers)).expect("starts");
            for piece in ["one", "", "two"] {
                open.update(piece.as_bytes());
            }
            let signed = open.finish().expect("signs");
            assert_eq!(Ok(&signed), made(&scheme, &["a"], "onetwo").as_ref());
            let message = sent(&signed, "onetwo");
            assert_eq!(
                secret_that_matches(&scheme, &message, &["a"]),
                Some(0),
                "{text}"
            );
            let other = sent(&signed, "one");
            let is_covered = scheme.signed.covers_body();
            let found = secret_that_matches(&scheme, &other, &["a"]);
            assert_eq!(found.is_none(), is_covered, "{text}");
        }
    }

    #[test]
    fn the_time_in_a_body_is_signed_as_it_stands_unless_the_signature_stands_there_too() {
        let signed_text = "signed = \"{timestamp}\"\n";
        let time = "timestamp = { json = \"/t\", unit = \"seconds\" }\n";
        let in_header = "signature = { header = \"X-S\", encoding = \"hex\" }";
        let in_body = "signature = { json = \"/s\", encoding = \"hex\" }";
        let of_header = scheme(&format!("{signed_text}{time}{in_header}"));
        let body = r#"{"t":"1699999999"}"#;
        let signed = made(&of_header, &["a"], body).expect("signs");
        assert_eq!(signed.body, None);
        let message = sent(&signed, body);
        assert_eq!(secret_that_matches(&of_header, &message, &["a"]), Some(0));
        let missing = Reason::MissingField {
            place: "field `/t` of the body".to_owned(),
        };
        let without = made(&of_header, &["a"], "{}").err();
        assert_eq!(without, Some(SignError::Missing(missing)));

        let of_body = scheme(&format!("{signed_text}{time}{in_body}"));
        for body in [body, "{}"] {
            let signed = made(&of_body, &["a"], body).expect("signs");
            let message = sent(&signed, body);
            let view = View::new(&message);
            assert_eq!(view.text_at("/t"), Some(NOW.to_string()), "{body}");
            assert_eq!(secret_that_matches(&of_body, &message, &["a"]), Some(0));
        }

        // With a header to fall back on, the header is set where the body has no time.
        let both = "timestamp = { json = \"/t\", header = \"X-Time\", unit = \"seconds\" }\n";
        let either = scheme(&format!("{signed_text}{both}{in_header}"));
        for (body, has_header) in [(body, false), ("{}", true)] {
            let signed = made(&either, &["a"], body).expect("signs");
            let message = sent(&signed, body);
            assert_eq!(message.headers.contains("X-Time"), has_header, "{body}");
            assert_eq!(secret_that_matches(&either, &message, &["a"]), Some(0));
        }
    }
}
