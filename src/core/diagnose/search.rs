//! One search: the delivery as it came, what was spent, and the proof of a change.

use std::cell::OnceCell;
use std::rc::Rc;

use bytes::Bytes;

use super::body::MARK;
use super::json::{self, Node};
use super::{Cause, Finding, Subject, time};
use crate::core::event::View;
use crate::core::message::Message;
use crate::core::scheme::{Code, Context, Key, Scheme, TimestampRule, Tolerance};
use crate::core::verdict::{Coverage, Proof, Verdict};

/// Bytes a search may hash, read or write: 50 ms for a body of 1 MiB where SHA-256 takes 3 ms for it,
/// and less where the processor has instructions for that.
const WORK: usize = 15 << 20;
/// What a proof costs beside its bytes: headers are read and copied, a key is scheduled.
const PROOF: usize = 2 << 10;
/// What checking a signature of a key pair costs.
const PAIR: usize = 32 << 10;
/// Larger bodies are not read as JSON: a value takes many times the memory of its text.
const JSON: usize = 2 << 20;
/// More secrets than this are not tried one by one.
const KEYS: usize = 8;

/// Any age: a probe looks for the signature, the age is told beside it.
const ANY_AGE: Tolerance = Tolerance {
    past: None,
    future: None,
};

/// A delivery with something changed.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'t> {
    pub(super) scheme: &'t Scheme,
    pub(super) message: &'t Message,
    pub(super) keys: &'t [Key],
    pub(super) url: Option<&'t str>,
    pub(super) key_id: Option<&'t str>,
}

pub(super) struct Search<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) scheme: &'a Scheme,
    pub(super) view: &'a View<'a>,
    /// How many groups of signatures the message has, and the bytes of its headers: each proof goes
    /// through them.
    groups: usize,
    head: usize,
    /// The keys of the secrets for this provider.
    pub(super) keys: Vec<Key>,
    pub(super) tried: usize,
    pub(super) complete: bool,
    left: usize,
    /// The age of the last delivery that was proven, with the limits its scheme has.
    age: Option<(i64, Tolerance)>,
    /// The body as JSON, once it was read.
    json: OnceCell<Option<Rc<Node<'a>>>>,
    /// Bodies that were tried: several changes often come to the same.
    bodies: Vec<Bytes>,
}

impl<'a> Search<'a> {
    pub(super) fn new(subject: Subject<'a>, scheme: &'a Scheme, view: &'a View<'a>) -> Self {
        let (_, mut keys) = subject.keyring.fitting_keys(subject.provider, scheme);
        keys.truncate(KEYS);
        let groups = scheme.claim(view).map_or(1, |claim| claim.groups.len());
        let headers = view.message().headers.iter();
        let head = headers.map(|(name, value)| name.len() + value.len() + 64);
        Self {
            subject,
            scheme,
            view,
            groups,
            head: head.sum(),
            keys,
            tried: 0,
            complete: true,
            left: WORK,
            age: None,
            json: OnceCell::new(),
            bodies: vec![view.message().body.clone()],
        }
    }

    pub(super) fn message(&self) -> &'a Message {
        self.view.message()
    }

    pub(super) fn body(&self) -> &'a Bytes {
        &self.view.message().body
    }

    /// What verification is told, for any age.
    pub(super) fn context(&self) -> Context<'a> {
        Context {
            tolerance: Some(ANY_AGE),
            ..*self.subject.context
        }
    }

    /// Whether so much work may still be done; it is counted as done.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        if bytes > self.left {
            self.complete = false;
            return false;
        }
        self.left -= bytes;
        true
    }

    /// The proof that a changed delivery verifies, of whatever age it is.
    pub(super) fn prove(&mut self, attempt: Attempt<'_>) -> Option<Proof> {
        let pair = if attempt.scheme.algorithm.has_pair() {
            PAIR
        } else {
            0
        };
        let each = attempt.message.body.len() + PROOF + pair;
        let proofs = attempt.keys.len().saturating_mul(self.groups);
        let cost = each.saturating_mul(proofs).saturating_add(self.head);
        if attempt.keys.is_empty() || !self.spend(cost) {
            return None;
        }
        self.tried += 1;
        let context = Context {
            url: attempt.url,
            key_id: attempt.key_id,
            ..self.context()
        };
        let view = View::new(attempt.message);
        match attempt.scheme.verify(&view, attempt.keys, &context) {
            Verdict::Valid(proof) => {
                let rule = attempt.scheme.timestamp.as_ref();
                let limits = rule.map(TimestampRule::tolerance);
                let limits = self.subject.context.tolerance.or(limits);
                self.age = proof.age.zip(limits);
                Some(proof)
            }
            Verdict::Invalid(_) | Verdict::Unverifiable(_) => None,
        }
    }

    /// What is wrong with the age of the delivery that was proven, if anything is.
    pub(super) fn late(&self) -> Option<Finding> {
        let (age, limits) = self.age?;
        let past = limits.past.is_some_and(|limit| age > limit);
        let future = limits.future.is_some_and(|limit| -age > limit);
        (past || future).then(|| time::late(age))
    }

    /// What is made of the body, if that work may still be done.
    pub(super) fn made<T>(&mut self, make: impl FnOnce() -> T) -> Option<T> {
        let size = self.body().len();
        // Nothing is made that could not be hashed afterwards.
        if size.saturating_mul(2) > self.left {
            self.complete = false;
            return None;
        }
        self.left -= size / 4 * 3;
        Some(make())
    }

    /// The body as JSON, if it is an object, an array or a string of some size that may be read.
    pub(super) fn json(&mut self) -> Option<Rc<Node<'a>>> {
        let body = self.body();
        if self.json.get().is_none() {
            let first = body.strip_prefix(MARK).unwrap_or(body);
            let is_json = matches!(first.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'));
            if is_json && body.len() > JSON {
                self.complete = false;
            }
            let node = if is_json && body.len() <= JSON {
                self.made(|| json::parse(body))?
            } else {
                None
            };
            self.json = OnceCell::from(node.map(Rc::new));
        }
        self.json.get()?.clone()
    }

    /// Whether every key may be used once on so many bytes.
    pub(super) fn spend_keys(&mut self, bytes: usize) -> bool {
        let proofs = self.keys.len().saturating_mul(self.groups);
        let cost = (bytes + PROOF).saturating_mul(proofs);
        self.spend(cost.saturating_add(self.head))
    }

    /// Searches with this key for the secrets', all bodies anew.
    pub(super) fn with_key<T>(&mut self, key: Key, search: impl FnOnce(&mut Self) -> T) -> T {
        let keys = std::mem::replace(&mut self.keys, vec![key]);
        let bodies = std::mem::take(&mut self.bodies);
        self.bodies.push(self.body().clone());
        let found = search(self);
        self.keys = keys;
        self.bodies = bodies;
        found
    }

    /// The same with nothing changed but the message.
    pub(super) fn proves_message(&mut self, message: &Message) -> bool {
        let keys = std::mem::take(&mut self.keys);
        let found = self.prove(Attempt {
            message,
            ..self.unchanged(&keys)
        });
        self.keys = keys;
        found.is_some()
    }

    /// The same with nothing changed but the keys.
    pub(super) fn proves_keys(&mut self, keys: &[Key]) -> bool {
        self.prove(self.unchanged(keys)).is_some()
    }

    /// The delivery as it came, for these keys.
    pub(super) fn unchanged<'t>(&self, keys: &'t [Key]) -> Attempt<'t>
    where
        'a: 't,
    {
        Attempt {
            scheme: self.scheme,
            message: self.message(),
            keys,
            url: self.subject.context.url,
            key_id: self.subject.context.key_id,
        }
    }

    /// Whether the signature depends on every byte of the body.
    pub(super) fn covers_body(&self) -> bool {
        let digest = self.message().headers.contains("content-digest");
        let may_sign_it = self.scheme.signed_by == Some(Code::Rfc9421);
        self.scheme.coverage_in(self.view) == Coverage::Body || (digest && may_sign_it)
    }

    /// The finding of another body, also with a line break at its end where that costs nothing.
    pub(super) fn with_body(
        &mut self,
        cause: Cause,
        change: &str,
        body: Vec<u8>,
    ) -> Option<Vec<Finding>> {
        let body = Bytes::from(body);
        if self.bodies.contains(&body) {
            return None;
        }
        if !self.scheme.takes_endings() {
            self.bodies.push(body.clone());
            return self.proves_body(body).then(|| {
                vec![Finding::new(
                    cause,
                    format!("would match if the body {change}"),
                )]
            });
        }
        let ending = self.ending(&body, &[b"", b"\n", b"\r\n"]);
        self.bodies.push(body);
        let more = match ending? {
            b"" => "",
            _ => ", a line break after it",
        };
        let change = format!("would match if the body {change}{more}");
        Some(vec![Finding::new(cause, change)])
    }

    /// The ending after a beginning of a body with which the delivery verifies.
    pub(super) fn ending<'e>(&mut self, start: &[u8], endings: &[&'e [u8]]) -> Option<&'e [u8]> {
        if !self.spend_keys(start.len()) {
            return None;
        }
        self.tried += endings.len();
        let (scheme, context) = (self.scheme, self.context());
        let found = scheme.matching_ending(self.view, (start, endings), &self.keys, &context)?;
        let ending = endings.get(found).copied()?;
        self.proves_body([start, ending].concat().into())
            .then_some(ending)
    }

    pub(super) fn proves_body(&mut self, body: Bytes) -> bool {
        let message = Message {
            body,
            ..self.message().clone()
        };
        self.proves_message(&message)
    }
}
