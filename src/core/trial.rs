//! A definition tried out: a delivery made up of it, signed with a fresh key and verified.
//!
//! `providers show` fills its drawing with it, `providers check` holds a definition to it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::compose::{self, ComposeError, Occasion, Signing};
use super::event::{View, form_value, query_value, set_at};
use super::message::Message;
use super::provider::{Event, Provider};
use super::random::Random;
use super::scheme::{Context, Fresh, Key, Part, Place, Scheme, SignError};
use super::secret::Secret;
use super::template::Filler;
use super::verdict::{Coverage, Reason, Verdict};

/// The address the delivery goes to.
const URL: &str = "https://example.com/hooks";
/// When it is sent: the same always, so that a page is the same always.
pub const NOW: i64 = 1_700_000_000;
/// The id of its key, where messages name one.
const KEY_ID: &str = "key_1";

/// A delivery, signed.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    scheme: &'a Scheme,
    /// The delivery.
    pub message: Message,
    id: String,
    verifying: Key,
}

/// Why a scheme is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untried {
    /// Its keys are not made here: RSA, or a certificate.
    NoKey,
    /// The definition does not work: a sentence.
    Failed(String),
}

impl<'a> Trial<'a> {
    /// Makes up the delivery of a provider's first event.
    ///
    /// # Errors
    /// [`Untried`]
    pub fn of(provider: &Provider, scheme: &'a Scheme) -> Result<Self, Untried> {
        let mut random = Random::from_text(&scheme.name);
        let (signing, verifying) = keys(scheme, &mut random)?;
        let failed = |error: &dyn std::fmt::Display| Untried::Failed(error.to_string());
        let now = Timestamp::from_second(NOW).map_err(|error| failed(&error))?;
        let filler = Filler::new(now, random);
        let id = compose::delivery_id(provider, &filler).map_err(|error| failed(&error))?;
        let made_up = made_up_event();
        let event = provider.events.first().unwrap_or(&made_up);
        let occasion = Occasion {
            id: &id,
            now,
            url: URL,
        };
        let signing = Signing {
            scheme,
            keys: &[signing],
            key_id: Some(KEY_ID),
        };
        let compose = |body| {
            let mut message = compose::request(provider, event, body, None, occasion, &filler)?;
            for name in &scheme.require {
                if !message.headers.contains(name) {
                    message.headers.push(name.as_str(), "example");
                }
            }
            compose::resign(&mut message, provider, signing, occasion)?;
            Ok(message)
        };
        let sample = compose::sample(event, &id, &filler)
            .map(|body| compose::as_sent(provider, event, body))
            .and_then(compose);
        let message = match sample {
            // A sample need not have what this scheme reads: it may be for older deliveries.
            Err(ComposeError::Sign(SignError::Missing(_) | SignError::NoJsonBody)) => {
                compose(fitting_body(scheme))
            }
            other => other,
        };
        Ok(Self {
            scheme,
            message: message.map_err(|error| failed(&error))?,
            id,
            verifying,
        })
    }

    /// What a part of the signed text is in this delivery.
    #[must_use]
    pub fn value(&self, part: &Part) -> String {
        let message = &self.message;
        let body = || String::from_utf8_lossy(&message.body).into_owned();
        match part {
            Part::Literal(text) => text.clone(),
            Part::Body => body(),
            Part::Timestamp => self.timestamp(),
            Part::Id => self.id.clone(),
            Part::Method => message.method.clone(),
            Part::Url | Part::UrlBase => URL.to_owned(),
            Part::Path | Part::Target => "/hooks".to_owned(),
            Part::Secret => "SECRET".to_owned(),
            Part::BodySha256 => {
                hex::encode(ring::digest::digest(&ring::digest::SHA256, &message.body))
            }
            Part::BodyCrc32 => crc32fast::hash(&message.body).to_string(),
            Part::FormSorted => {
                let mut pairs: Vec<_> = form_urlencoded::parse(&message.body).collect();
                pairs.sort();
                let texts = pairs.iter().map(|(name, value)| format!("{name}{value}"));
                texts.collect()
            }
            Part::Header(name) => message.headers.text(name).unwrap_or_default().to_owned(),
            Part::Query(name) => query_value(&message.target, name).unwrap_or_default(),
            Part::Json(pointer) => View::new(message).text_at(pointer).unwrap_or_default(),
            Part::Form(name) => form_value(&message.body, name).unwrap_or_default(),
        }
    }

    fn timestamp(&self) -> String {
        let claim = self.scheme.claim(&View::new(&self.message));
        let groups = claim.map(|claim| claim.groups).unwrap_or_default();
        let first = groups.into_iter().next();
        first.map(|group| group.timestamp).unwrap_or_default()
    }

    /// The verdict on a message, so many seconds after this delivery was sent.
    fn verdict(&self, message: &Message, late: i64) -> Verdict {
        let sent = Timestamp::from_second(NOW).unwrap_or_default();
        let context = Context {
            now: sent
                .saturating_add(SignedDuration::from_secs(late))
                .unwrap_or(sent),
            url: Some(URL),
            tolerance: None,
            max_age: None,
            key_id: Some(KEY_ID),
        };
        let keys = std::slice::from_ref(&self.verifying);
        self.scheme.verify(&View::new(message), keys, &context)
    }

    /// Holds the scheme to its word: the delivery is valid, a changed one is not, nor a late one.
    ///
    /// # Errors
    /// A sentence with what is otherwise.
    pub fn prove(&self) -> Result<(), String> {
        match self.verdict(&self.message, 0) {
            Verdict::Valid(_) => {}
            Verdict::Invalid(reason) => {
                return Err(format!("what it signs does not verify: {reason}"));
            }
            Verdict::Unverifiable(_) => return Err("what it signs does not verify".to_owned()),
        }
        let scheme = self.scheme;
        // Of a form its fields are signed, not its bytes, and code may read more than bytes.
        let by_bytes = scheme.signed_by.is_none()
            && !scheme.signed.parts().contains(&Part::FormSorted)
            && !scheme.signature.place.is_in_body();
        if by_bytes && scheme.coverage() == Coverage::Body && !self.message.body.is_empty() {
            let mut body = self.message.body.to_vec();
            let middle = body.len() / 2;
            body[middle] ^= 1;
            let mut changed = self.message.clone();
            changed.body = body.into();
            if self.verdict(&changed, 0).is_valid() {
                return Err("a changed body still verifies".to_owned());
            }
        }
        let limit = scheme.timestamp.as_ref().and_then(|rule| rule.past);
        if let Some(limit) = limit {
            let late = self.verdict(&self.message, limit.saturating_add(2));
            if !matches!(late, Verdict::Invalid(Reason::Stale { .. })) {
                return Err(format!("a delivery older than {limit} s still verifies"));
            }
        }
        Ok(())
    }
}

/// The key that signs and the key that verifies.
fn keys(scheme: &Scheme, random: &mut Random) -> Result<(Key, Key), Untried> {
    let read = |secret: &Secret| {
        let key = scheme.read_key(secret);
        key.map_err(|error| Untried::Failed(format!("a fresh key is refused: {error}")))
    };
    match scheme.fresh_secret(random).ok_or(Untried::NoKey)? {
        Fresh::Shared(secret) => Ok((read(&secret)?, read(&secret)?)),
        Fresh::Pair { private, public } => Ok((read(&private)?, read(&Secret::new(public))?)),
    }
}

/// The event of a definition without events.
pub(crate) fn made_up_event() -> Event {
    Event {
        name: "example".to_owned(),
        wire: None,
        title: String::new(),
        content_type: None,
        sample: r#"{"event":"example"}"#.to_owned(),
        schema: "{}".to_owned(),
        git: None,
    }
}

/// A body that has every field a scheme reads from it.
pub(super) fn fitting_body(scheme: &Scheme) -> Vec<u8> {
    let mut json = Value::Object(Map::new());
    let mut form = form_urlencoded::Serializer::new(String::new());
    let mut is_form = matches!(scheme.signature.place, Place::Form(_));
    let time = scheme.timestamp.as_ref().and_then(|rule| rule.json.clone());
    if let Some(pointer) = &time {
        set_at(&mut json, pointer, Value::from(NOW.to_string()));
    }
    for part in scheme.signed.parts() {
        match part {
            Part::Json(pointer) => {
                set_at(&mut json, pointer, Value::from(NOW.to_string()));
            }
            Part::Form(name) => {
                is_form = true;
                form.append_pair(name, &NOW.to_string());
            }
            _ => {}
        }
    }
    if is_form {
        form.finish().into_bytes()
    } else {
        json.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::scheme::PieceBytes;
    use crate::providers::Catalog;

    #[test]
    fn every_scheme_keeps_its_word() {
        let catalog = Catalog::default();
        let mut wrong = Vec::new();
        let ids: Vec<String> = catalog.names().map(str::to_owned).collect();
        for id in ids {
            let provider = catalog.whole(&id).expect("known");
            for scheme in &provider.schemes {
                let proof = match Trial::of(&provider, scheme) {
                    Ok(trial) => trial.prove(),
                    Err(Untried::NoKey) => Ok(()),
                    Err(Untried::Failed(message)) => Err(message),
                };
                if let Err(message) = proof {
                    wrong.push(format!("{id} {}: {message}", scheme.name));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// What is laid open is what is verified: one trace at least matches, its expected signature
    /// is the one received, and its pieces are the text.
    #[test]
    fn every_scheme_is_laid_open_as_it_verifies() {
        let catalog = Catalog::default();
        let context = Context {
            now: Timestamp::from_second(NOW).expect("a time"),
            url: Some(URL),
            tolerance: None,
            max_age: None,
            key_id: Some(KEY_ID),
        };
        let mut laid_open = 0;
        for id in catalog.names() {
            let provider = catalog.whole(id).expect("known");
            for scheme in &provider.schemes {
                let Ok(trial) = Trial::of(&provider, scheme) else {
                    continue;
                };
                let what = format!("{id} {}", scheme.name);
                let view = View::new(&trial.message);
                let keys = std::slice::from_ref(&trial.verifying);
                let traces = scheme.trace(&view, keys, &context).expect(&what);
                let trace = traces.iter().find(|trace| trace.made[0].matches);
                let trace = trace.expect(&what);
                assert!(trace.checks.iter().all(|check| check.holds), "{what}");
                if let Some(expected) = &trace.made[0].expected {
                    let expected = String::from_utf8_lossy(expected.expose()).into_owned();
                    assert!(trace.signatures.contains(&expected), "{what}");
                }
                if trace.coverage == Coverage::Body && scheme.signed.has_body() {
                    let bytes = |piece: &crate::core::scheme::Piece| match &piece.bytes {
                        PieceBytes::Shown(bytes) => bytes.clone(),
                        PieceBytes::Hidden(_) => Vec::new(),
                    };
                    let body = trial.message.body.to_vec();
                    assert!(
                        trace.pieces.iter().map(bytes).any(|own| own == body),
                        "{what}"
                    );
                }
                let wrong = scheme.fresh_secret(&mut Random::from_text("another"));
                if let Some(Fresh::Shared(secret)) = wrong {
                    let key = scheme.read_key(&secret).expect(&what);
                    let traces = scheme.trace(&view, &[key], &context).expect(&what);
                    assert!(traces.iter().all(|trace| !trace.made[0].matches), "{what}");
                }
                laid_open += 1;
            }
        }
        assert!(laid_open > 140, "{laid_open}");
    }
}
