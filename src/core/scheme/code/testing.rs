//! A scheme of a definition held against one message, for the tests of the codes.

use jiff::Timestamp;

use super::super::{Context, Key, KeyForm, Scheme, Signed, Stamp};
use crate::core::event::View;
use crate::core::message::{Headers, Message};
use crate::core::secret::Secret;
use crate::core::verdict::{Coverage, Proof, Verdict};

/// One message and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    /// A `[[scheme]]` table.
    pub(super) scheme: &'a str,
    pub(super) secret: &'a str,
    pub(super) certificate: Option<&'a str>,
    pub(super) method: &'a str,
    pub(super) url: Option<&'a str>,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a str,
    pub(super) now: i64,
    pub(super) key_id: Option<&'a str>,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            scheme: "",
            secret: "",
            certificate: None,
            method: "POST",
            url: None,
            headers: &[],
            body: "",
            now: 1_700_000_000,
            key_id: None,
        }
    }
}

impl Case<'_> {
    pub(super) fn scheme(&self) -> Scheme {
        let scheme: Scheme = toml::from_str(self.scheme).expect("a scheme");
        scheme.consistent().expect("consistent");
        scheme
    }

    fn keys(&self) -> Vec<Key> {
        let scheme = self.scheme();
        let key = match self.certificate {
            Some(pem) => KeyForm::certified(scheme.algorithm, pem.as_bytes(), None),
            None => scheme.read_key(&Secret::new(self.secret)),
        };
        vec![key.expect("a key")]
    }

    fn message(&self) -> Message {
        let headers: Headers = self.headers.iter().copied().collect();
        let mut message = Message::post(headers, self.body.to_owned());
        self.method.clone_into(&mut message.method);
        message
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.now).expect("in range")
    }

    fn judge(&self, message: &Message) -> Verdict {
        let context = Context {
            now: self.now(),
            url: self.url,
            tolerance: None,
            key_id: self.key_id,
        };
        self.scheme()
            .verify(&View::new(message), &self.keys(), &context)
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.judge(&self.message())
    }

    pub(super) fn is_valid(&self) -> Proof {
        match self.verdict() {
            Verdict::Valid(proof) => proof,
            other => panic!("{other:?}"),
        }
    }

    /// Expects a reason by its name.
    pub(super) fn is_invalid(&self, reason: &str) {
        let verdict = self.verdict();
        assert_eq!(verdict.reason(), Some(reason), "{verdict:?}");
    }

    pub(super) fn signed(&self) -> Signed {
        let message = self.message();
        let stamp = Stamp {
            now: self.now(),
            id: "delivery-1",
            method: &message.method,
            url: self.url,
            headers: &message.headers,
            key_id: self.key_id,
        };
        let signed = self.scheme().sign(&self.keys(), &stamp, &message.body);
        signed.expect("signs")
    }

    /// What is signed verifies; with another bit anywhere in what is covered it does not.
    pub(super) fn round_trip(&self) -> Message {
        let signed = self.signed();
        let mut message = self.message();
        for (name, value) in &signed.headers {
            message.headers.set(name, value.as_str());
        }
        if let Some(body) = signed.body {
            message.body = body.into();
        }
        let verdict = self.judge(&message);
        let Verdict::Valid(proof) = &verdict else {
            panic!("{verdict:?}: {message:?}");
        };
        if proof.coverage == Coverage::Body {
            for at in 0..message.body.len() {
                let mut body = message.body.to_vec();
                body[at] ^= 1;
                let flipped = Message {
                    body: body.into(),
                    ..message.clone()
                };
                assert!(!self.judge(&flipped).is_valid(), "byte {at} of the body");
            }
        }
        for (name, value) in &signed.headers {
            for at in 0..value.len() {
                let mut bytes = value.clone().into_bytes();
                bytes[at] ^= 1;
                let mut flipped = message.clone();
                flipped.headers.set(name, bytes);
                assert!(!self.judge(&flipped).is_valid(), "byte {at} of `{name}`");
            }
        }
        message
    }
}
