//! Deliveries of the provider that is played, as they should be and otherwise.

use std::cell::OnceCell;

use jiff::{SignedDuration, Timestamp};

use crate::core::compose::{self, Occasion, Signing};
use crate::core::event::View;
use crate::core::handshake::{self, Given};
use crate::core::message::{Headers, Message};
use crate::core::provider::{Event, Provider};
use crate::core::random::Random;
use crate::core::scheme::{Context, Fresh, Key, Scheme, Stamp};
use crate::core::secret::Secret;
use crate::core::template::Filler;
use crate::core::trial::fitting_body;
use crate::core::verdict::Verdict;

/// What is added to a URL that is changed on its way.
pub(super) const CHANGED: &str = "hookcat-changed=1";

/// What is needed to play a provider against one endpoint.
#[derive(Clone, Debug)]
pub struct Player<'a> {
    /// The provider, with its events.
    pub provider: &'a Provider,
    /// The event that is sent where the case does not say otherwise.
    pub event: &'a Event,
    /// How deliveries are signed; `None` for a provider that does not.
    pub signing: Option<Signing<'a>>,
    /// The endpoint's URL.
    pub url: &'a str,
    /// Its path and query.
    pub target: &'a str,
    /// Headers of the user's own, added to each request.
    pub own: &'a Headers,
    /// The secret itself, for handshakes.
    pub secret: Option<&'a Secret>,
    /// The token of handshakes.
    pub verify_token: Option<&'a Secret>,
    /// Where ids and values come from.
    pub random: Random,
}

impl<'a> Player<'a> {
    /// What handshakes are made and judged with.
    #[must_use]
    pub fn given(&self) -> Given<'a> {
        let place = self.url.split('?').next().unwrap_or_default();
        Given {
            secret: self.secret,
            verify_token: self.verify_token,
            url: place,
            key_id: self.signing.and_then(|own| own.key_id),
        }
    }

    /// What the engine says of a request; `None` for a provider that does not sign.
    #[must_use]
    pub fn verdict(&self, message: &Message, now: Timestamp) -> Option<Verdict> {
        let signing = self.signing?;
        let url = if message.target.contains(CHANGED) {
            changed(self.url)
        } else {
            self.url.to_owned()
        };
        let context = Context {
            now,
            url: Some(&url),
            tolerance: None,
            max_age: None,
            key_id: signing.key_id,
        };
        let view = View::new(message);
        Some(signing.scheme.verify(&view, signing.keys, &context))
    }
}

/// How a request's body goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// With its length.
    #[default]
    Length,
    /// In chunks.
    Chunked,
    /// With its length, after the endpoint said `100 Continue`, or after a while.
    Continue,
}

/// One request of a case.
#[derive(Clone, Debug)]
pub struct Shot {
    /// What tells it from the others of its case; empty where it is the only one.
    pub label: String,
    /// The event it is of, as the definition names it.
    pub event: String,
    /// The request, its target that of the endpoint.
    pub message: Message,
    /// How its body goes out.
    pub framing: Framing,
}

impl Shot {
    fn of(draft: &Draft, message: Message) -> Self {
        Self {
            label: String::new(),
            event: draft.event.clone(),
            message,
            framing: Framing::Length,
        }
    }

    pub(super) fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}

/// A delivery that is not signed yet.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) event: String,
    pub(super) message: Message,
}

/// One case at one moment: what it draws at random is its own, so that cases do not depend on
/// which others are tried.
pub(super) struct Turn<'p> {
    pub(super) player: &'p Player<'p>,
    pub(super) now: Timestamp,
    filler: Filler,
    /// Whether the engine can tell: a private key need not verify.
    tells: OnceCell<bool>,
}

impl<'p> Turn<'p> {
    pub(super) fn new(player: &'p Player<'p>, now: Timestamp, number: u64) -> Self {
        Self {
            player,
            now,
            filler: Filler::new(now, player.random.nth(number)),
            tells: OnceCell::new(),
        }
    }

    pub(super) fn scheme(&self) -> Option<&'p Scheme> {
        self.player.signing.map(|own| own.scheme)
    }

    /// So many seconds from now.
    pub(super) fn at(&self, seconds: i64) -> Timestamp {
        let span = SignedDuration::from_secs(seconds);
        self.now.saturating_add(span).unwrap_or(self.now)
    }

    /// A delivery of the usual event with a fresh id.
    pub(super) fn draft(&self) -> Option<Draft> {
        self.draft_of(self.player.event)
    }

    pub(super) fn draft_of(&self, event: &Event) -> Option<Draft> {
        let provider = self.player.provider;
        let id = compose::delivery_id(provider, &self.filler).ok()?;
        let body = compose::sample(event, &id, &self.filler).ok()?;
        let body = compose::as_sent(provider, event, body);
        let draft = self.compose(event, &id, body)?;
        let scheme = self.scheme();
        // A sample need not have what this scheme reads: it may be for older deliveries.
        match scheme.filter(|_| self.signed(&draft).is_none()) {
            Some(scheme) => self.compose(event, &id, fitting_body(scheme)),
            None => Some(draft),
        }
    }

    fn compose(&self, event: &Event, id: &str, body: Vec<u8>) -> Option<Draft> {
        let player = self.player;
        let occasion = self.occasion(id, self.now);
        let made = compose::request(player.provider, event, body, None, occasion, &self.filler);
        let mut message = made.ok()?;
        player.target.clone_into(&mut message.target);
        for name in self.scheme().iter().flat_map(|own| &own.require) {
            if !message.headers.contains(name) {
                message.headers.push(name.as_str(), "hookcat");
            }
        }
        Some(Draft {
            id: id.to_owned(),
            event: event.name.clone(),
            message: self.with_own(message),
        })
    }

    fn with_own(&self, mut message: Message) -> Message {
        for (name, value) in self.player.own.iter() {
            message.headers.set(name, value);
        }
        if !message.headers.contains("user-agent") {
            let own = concat!("hookcat/", env!("CARGO_PKG_VERSION"));
            message.headers.push("User-Agent", own);
        }
        message
    }

    fn occasion<'o>(&'o self, id: &'o str, now: Timestamp) -> Occasion<'o> {
        Occasion {
            id,
            now,
            url: self.player.url,
        }
    }

    /// The draft as it is.
    pub(super) fn bare(draft: &Draft) -> Shot {
        Shot::of(draft, draft.message.clone())
    }

    /// The draft, signed as the provider does; as it is where the provider does not sign.
    pub(super) fn signed(&self, draft: &Draft) -> Option<Shot> {
        self.signed_at(draft, self.now)
    }

    /// The same, signed at another moment.
    pub(super) fn signed_at(&self, draft: &Draft, now: Timestamp) -> Option<Shot> {
        match self.player.signing {
            None => Some(Self::bare(draft)),
            Some(signing) => self.signed_by(draft, signing, now),
        }
    }

    /// The same, signed in another way.
    pub(super) fn signed_by(
        &self,
        draft: &Draft,
        signing: Signing<'_>,
        now: Timestamp,
    ) -> Option<Shot> {
        let mut message = draft.message.clone();
        let occasion = self.occasion(&draft.id, now);
        let provider = self.player.provider;
        compose::resign(&mut message, provider, signing, occasion).ok()?;
        Some(Shot::of(draft, message))
    }

    /// The draft, signed with a text for its timestamp that is none.
    pub(super) fn signed_with_time(&self, draft: &Draft, text: &str) -> Option<Shot> {
        let signing = self.player.signing?;
        let mut message = draft.message.clone();
        let stamp = Stamp {
            now: self.now,
            id: &draft.id,
            method: &message.method,
            url: Some(self.player.url),
            headers: &message.headers,
            key_id: signing.key_id,
        };
        let scheme = signing.scheme;
        let made = scheme.sign_at(text, signing.keys, &stamp, &message.body);
        compose::attach(&mut message, made.ok()?);
        Some(Shot::of(draft, message))
    }

    /// The usual delivery with this body, signed; `None` where the very bytes do not go out, since
    /// the signature stands in the body.
    pub(super) fn with_body(&self, body: impl Into<Vec<u8>>) -> Option<Shot> {
        let mut draft = self.draft()?;
        let body = body.into();
        draft.message.body = body.clone().into();
        self.signed(&draft).filter(|own| own.message.body == body)
    }

    /// Whether the engine takes a message for genuine; `None` where that cannot be told: nothing is
    /// signed, or with a private key that does not verify.
    pub(super) fn is_valid(&self, message: &Message) -> Option<bool> {
        let valid = |message: &Message| {
            let verdict = self.player.verdict(message, self.now);
            verdict.is_some_and(|own| own.is_valid())
        };
        let tells = self.tells.get_or_init(|| {
            let base = self.draft().and_then(|own| self.signed(&own));
            base.is_some_and(|own| valid(&own.message))
        });
        tells.then(|| valid(message))
    }

    /// Another key of the scheme's kind.
    pub(super) fn other_key(&self) -> Option<Key> {
        let scheme = self.scheme()?;
        let secret = match scheme.fresh_secret(&mut self.filler.random())? {
            Fresh::Shared(secret) => secret,
            Fresh::Pair { private, .. } => private,
        };
        scheme.read_key(&secret).ok()
    }

    /// The requests of a handshake: as it is, and forged where the provider does that too.
    pub(super) fn handshake(&self, index: usize) -> Option<Vec<Shot>> {
        let player = self.player;
        let own = player.provider.handshakes.get(index)?;
        let id = compose::delivery_id(player.provider, &self.filler).ok()?;
        let made = handshake::request(
            player.provider,
            own,
            player.given(),
            player.signing,
            self.occasion(&id, self.now),
            &self.filler,
        );
        let mut message = made.ok()?;
        let query = message.target.split_once('?').map(|(_, query)| query);
        message.target = match query {
            Some(query) => with_query(player.target, query),
            None => player.target.to_owned(),
        };
        let draft = Draft {
            id,
            event: own.event(),
            message: self.with_own(message),
        };
        let mut shots = vec![Self::bare(&draft)];
        if own.forged && own.signed && player.signing.is_some() {
            let forged = handshake::forged(&draft.message);
            shots.push(Shot::of(&draft, forged).labelled("wrong signature"));
        }
        Some(shots)
    }
}

/// A target with more query behind it.
pub(super) fn with_query(target: &str, query: &str) -> String {
    let mark = if target.contains('?') { '&' } else { '?' };
    format!("{target}{mark}{query}")
}

/// A URL as somebody changed it.
pub(super) fn changed(url: &str) -> String {
    with_query(url, CHANGED)
}
