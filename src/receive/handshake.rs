//! Which handshakes `listen` answers, and to whom.

use crate::core::assess::{Assessment, Keyring};
use crate::core::event::View;
use crate::core::handshake::{Given, Handshake};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::secret::Secret;
use crate::core::verdict::{Verdict, Why};

use super::server::Reply;

/// What the operator gave for handshakes, and how far they may go.
#[derive(Debug, Default)]
pub struct Handshakes {
    /// The token chosen for the provider's handshakes.
    pub verify_token: Option<Secret>,
    /// The id of the key.
    pub key_id: Option<String>,
    /// Whether others than this machine can reach the listener.
    pub exposed: bool,
    /// Whether text of the sender's choice is signed even then.
    pub sign_challenges: bool,
}

/// Where messages are posted to: the operator's URL, else as their `Host` says.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostedTo<'a> {
    /// The operator's.
    pub public_url: Option<&'a str>,
    /// Whether it is `https` where the operator gave none.
    pub secure: bool,
}

/// A message that is a handshake.
#[derive(Debug)]
pub struct Met {
    /// The provider's id.
    pub provider: String,
    /// The event's name.
    pub event: String,
    /// What verification says, where it is not what it says of deliveries.
    pub verdict: Option<Verdict>,
    /// The answer.
    pub reply: Reply,
    /// What the operator is told.
    pub news: Option<News>,
}

/// What the operator is told of a handshake.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// What to do now.
    Next(String),
    /// Why it got no answer, and what helps.
    Refused(String, Option<&'static str>),
}

impl Handshakes {
    /// Looks whether a message is a handshake of one of the providers, and answers it. `named` are
    /// those the operator chose; without them it is the one that was detected, and an answer that
    /// signs the sender's text is out of the question.
    pub fn meet(
        &self,
        message: &Message,
        named: &[&Provider],
        detected: Option<&Provider>,
        found: &Assessment,
        keyring: &Keyring,
        posted: PostedTo<'_>,
    ) -> Option<Met> {
        let view = View::new(message);
        let mut providers: Vec<&Provider> = detected.into_iter().collect();
        providers.extend(named);
        let (provider, handshake) = providers.into_iter().find_map(|provider| {
            // A signature was held against the detected provider's scheme alone.
            let judged = found.provider.as_ref() == Some(&provider.id);
            let may = |own: &&Handshake| {
                (judged || !own.signed) && !(named.is_empty() && own.is_oracle())
            };
            let mut own = provider.handshakes.iter().filter(may);
            Some((provider, own.find(|own| own.fits(&view))?))
        })?;
        let mut met = Met {
            provider: provider.id.clone(),
            event: handshake.event(),
            verdict: (!handshake.signed).then_some(Verdict::Unverifiable(Why::UnsignedHandshake)),
            reply: Reply::default(),
            news: None,
        };
        let place = match &found.verdict {
            Verdict::Invalid(_) if handshake.signed => {
                // Some providers try whether this happens, and want nothing but the status.
                met.reply.status = 401;
                return Some(met);
            }
            Verdict::Valid(proof) if handshake.signed => Some(proof.secret_index),
            _ => None,
        };
        if handshake.is_oracle() && self.exposed && !self.sign_challenges {
            let why = "the answer signs the sender's text, and others can reach this address";
            met.refuse(
                why.to_owned(),
                Some("answer all the same: --sign-challenges"),
            );
            return Some(met);
        }
        let url = posted.url(message);
        let given = Given {
            // What is signed was verified first, with a secret.
            secret: keyring
                .secret(&provider.id, place)
                .filter(|_| place.is_some() || !handshake.signed),
            verify_token: self.verify_token.as_ref(),
            url: &url,
            key_id: self.key_id.as_deref(),
        };
        match handshake.answer(&view, given) {
            Ok(answer) => {
                met.reply = Reply {
                    status: answer.status,
                    headers: (answer.headers.iter())
                        .map(|(name, value)| (name.to_owned(), value.to_vec()))
                        .collect(),
                    body: answer.body.into(),
                };
                met.news = handshake.next(&view).map(News::Next);
            }
            Err(refusal) => met.refuse(refusal.to_string(), refusal.hint()),
        }
        Some(met)
    }
}

impl Met {
    fn refuse(&mut self, why: String, hint: Option<&'static str>) {
        self.reply = Reply::json(403, &serde_json::json!({ "error": "handshake refused" }));
        self.news = Some(News::Refused(why, hint));
    }
}

impl PostedTo<'_> {
    /// The URL a message was posted to, without its query.
    fn url(self, message: &Message) -> String {
        if let Some(url) = self.public_url {
            return url.to_owned();
        }
        let host = message.headers.text("host").unwrap_or_default();
        let path = message.target.split('?').next().unwrap_or_default();
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{host}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::assess::assess;
    use crate::core::scheme::Context;
    use crate::providers::Catalog;

    /// The answer to a GET, by a listener with these providers.
    fn answer(target: &str, named: &[&str], own: &Handshakes) -> Option<(u16, Vec<u8>)> {
        let catalog = Catalog::default();
        let named: Vec<&Provider> = named
            .iter()
            .map(|name| catalog.get(name).expect("known"))
            .collect();
        let message = Message {
            method: "GET".to_owned(),
            target: target.to_owned(),
            ..Message::default()
        };
        let mut keyring = Keyring::default();
        keyring.add(None, Secret::new("key"));
        let context = Context {
            now: jiff::Timestamp::UNIX_EPOCH,
            url: None,
            tolerance: None,
            max_age: None,
            key_id: None,
        };
        let candidates = catalog.all();
        let candidates = if named.is_empty() {
            &candidates
        } else {
            &named
        };
        let found = assess(
            &message,
            candidates,
            !named.is_empty(),
            None,
            &keyring,
            &context,
        );
        let detected = (found.provider.as_ref()).and_then(|id| catalog.get(id).ok());
        own.meet(
            &message,
            &named,
            detected,
            &found,
            &keyring,
            PostedTo::default(),
        )
        .map(|met| (met.reply.status, met.reply.body.to_vec()))
    }

    #[test]
    fn nobody_gets_a_signature_unasked() {
        let crc = "/?crc_token=9b4507b3";
        let own = Handshakes::default();
        assert_eq!(answer(crc, &[], &own), None);
        assert_eq!(answer(crc, &["slack"], &own), None);
        let status = |own: &Handshakes, target: &str| {
            answer(target, &["slack", "x-twitter"], own).map(|(status, _)| status)
        };
        assert_eq!(status(&own, crc), Some(200));
        assert_eq!(status(&own, "/?crc_token=%7B%7D"), Some(403));
        let mut open = Handshakes {
            exposed: true,
            ..Handshakes::default()
        };
        assert_eq!(status(&open, crc), Some(403));
        open.sign_challenges = true;
        assert_eq!(status(&open, crc), Some(200));
        assert_eq!(status(&open, "/?crc_token=%7B%7D"), Some(403));
    }

    #[test]
    fn an_echo_is_answered_by_whoever_is_served() {
        let own = Handshakes::default();
        let echo = "/?challenge=abc";
        assert_eq!(answer(echo, &[], &own), None);
        let wanted = Some((200, b"abc".to_vec()));
        assert_eq!(answer(echo, &["statly", "dropbox"], &own), wanted);
    }
}
