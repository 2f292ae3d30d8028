//! A scheme of a definition held against one message, for the tests of the engine and its codes.

use jiff::Timestamp;

use super::super::{Context, Key, KeyForm, Piece, Scheme, Signed, Stamp, Tolerance};
use crate::core::event::View;
use crate::core::message::{Headers, Message};
use crate::core::secret::Secret;
use crate::core::verdict::{Coverage, Proof, Verdict};

/// One message and what is known of it.
#[derive(Clone, Copy)]
pub(in crate::core::scheme) struct Case<'a> {
    /// A `[[scheme]]` table.
    pub(in crate::core::scheme) scheme: &'a str,
    pub(in crate::core::scheme) secret: &'a str,
    /// Further secrets.
    pub(in crate::core::scheme) others: &'a [&'a str],
    pub(in crate::core::scheme) certificate: Option<&'a str>,
    pub(in crate::core::scheme) method: &'a str,
    pub(in crate::core::scheme) url: Option<&'a str>,
    pub(in crate::core::scheme) headers: &'a [(&'a str, &'a str)],
    pub(in crate::core::scheme) body: &'a str,
    pub(in crate::core::scheme) now: i64,
    pub(in crate::core::scheme) key_id: Option<&'a str>,
    pub(in crate::core::scheme) tolerance: Option<Tolerance>,
    pub(in crate::core::scheme) max_age: Option<i64>,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            scheme: "",
            secret: "",
            others: &[],
            certificate: None,
            method: "POST",
            url: None,
            headers: &[],
            body: "",
            now: 1_700_000_000,
            max_age: None,
            key_id: None,
            tolerance: None,
        }
    }
}

impl Case<'_> {
    pub(in crate::core::scheme) fn scheme(&self) -> Scheme {
        let scheme: Scheme = toml::from_str(self.scheme).expect("a scheme");
        scheme.consistent().expect("consistent");
        scheme
    }

    pub(in crate::core::scheme) fn keys(&self) -> Vec<Key> {
        let scheme = self.scheme();
        if let Some(pem) = self.certificate {
            let key = KeyForm::certified(scheme.algorithm, pem.as_bytes(), None);
            return vec![key.expect("a key")];
        }
        let secrets = std::iter::once(&self.secret).chain(self.others);
        let keys = secrets.map(|secret| scheme.read_key(&Secret::new(*secret)));
        keys.collect::<Result<_, _>>().expect("keys")
    }

    pub(in crate::core::scheme) fn message(&self) -> Message {
        let headers: Headers = self.headers.iter().copied().collect();
        let mut message = Message::post(headers, self.body.to_owned());
        self.method.clone_into(&mut message.method);
        message
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.now).expect("in range")
    }

    pub(in crate::core::scheme) fn context(&self) -> Context<'_> {
        Context {
            now: self.now(),
            url: self.url,
            tolerance: self.tolerance,
            max_age: self.max_age,
            key_id: self.key_id,
        }
    }

    fn judge(&self, message: &Message) -> Verdict {
        let view = View::new(message);
        self.scheme().verify(&view, &self.keys(), &self.context())
    }

    /// Whether a signature matches and all holds that is said beside it, as it is laid open.
    fn is_traced(&self, message: &Message) -> bool {
        let view = View::new(message);
        let traces = self.scheme().trace(&view, &self.keys(), &self.context());
        traces.unwrap_or_default().iter().any(|trace| {
            let is_own = trace
                .key_id
                .as_deref()
                .is_none_or(|id| Some(id) == self.key_id);
            let matches = trace.made.iter().any(|own| own.matches);
            is_own && matches && trace.checks.iter().all(|check| check.holds)
        })
    }

    /// The pieces of the first text that is laid open.
    pub(in crate::core::scheme) fn pieces(&self) -> Vec<Piece> {
        let message = self.message();
        let view = View::new(&message);
        let traces = self.scheme().trace(&view, &self.keys(), &self.context());
        traces.expect("a trace").remove(0).pieces
    }

    pub(in crate::core::scheme) fn verdict(&self) -> Verdict {
        self.judge(&self.message())
    }

    pub(in crate::core::scheme) fn is_valid(&self) -> Proof {
        match self.verdict() {
            Verdict::Valid(proof) => proof,
            other => panic!("{other:?}"),
        }
    }

    /// Expects a reason by its name.
    pub(in crate::core::scheme) fn is_invalid(&self, reason: &str) {
        let verdict = self.verdict();
        assert_eq!(verdict.reason(), Some(reason), "{verdict:?}");
    }

    pub(in crate::core::scheme) fn signed(&self) -> Signed {
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
    pub(in crate::core::scheme) fn round_trip(&self) -> Message {
        let signed = self.signed();
        assert!(!signed.value.is_empty(), "no signature is told");
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
        assert!(self.is_traced(&message), "{message:?}");
        if proof.coverage == Coverage::Body {
            for at in 0..message.body.len() {
                let mut body = message.body.to_vec();
                body[at] ^= 1;
                let flipped = Message {
                    body: body.into(),
                    ..message.clone()
                };
                assert!(!self.judge(&flipped).is_valid(), "byte {at} of the body");
                assert!(!self.is_traced(&flipped), "byte {at} of the body");
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
