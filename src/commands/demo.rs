//! `hookcat listen --demo`: samples of well-known providers over real HTTP, good and bad ones.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::core::assess::Keyring;
use crate::core::compose::{self, Occasion, Signing};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::random::Random;
use crate::core::scheme::{Fresh, Key};
use crate::core::secret::Secret;
use crate::core::template::Filler;
use crate::deliver::{Client, ClientOptions, Trust, endpoint};
use crate::error::CommandError;
use crate::providers::Catalog;
use crate::repeat::{Repeat, system_random};
use crate::ui::Ui;

/// As long as the lines of a delivery may take to appear.
const SETTLE: Duration = Duration::from_millis(50);

/// Who is played: enough to see every kind of verdict and layout, few enough to read.
const PLAYED: [&str; 14] = [
    "repo-file-sync",
    "code-storage",
    "statly",
    "cloudrepo",
    "dits",
    "github",
    "gitlab",
    "stripe",
    "slack",
    "shopify",
    "square",
    "twilio",
    "standard-webhooks",
    "generic",
];

/// The secrets of one demonstration, made up for it.
pub(super) struct Demo {
    random: Random,
}

/// What is done to a sample before it is sent.
#[derive(Clone, Copy)]
enum Fault {
    None,
    TamperedBody,
    StaleTimestamp,
    WrongSecret,
}

impl Fault {
    /// What is wrong, for those who read along.
    fn about(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::TamperedBody => Some("with one digit of the body changed after signing"),
            Self::StaleTimestamp => Some("signed ten minutes ago"),
            Self::WrongSecret => Some("signed with another secret"),
        }
    }
}

impl Demo {
    /// A demonstration with secrets of its own.
    pub(super) fn new() -> Result<Self, CommandError> {
        Ok(Self {
            random: system_random()?,
        })
    }

    /// A secret for every provider that is played and signs.
    pub(super) fn keyring(&self, catalog: &Catalog) -> Keyring {
        let mut keyring = Keyring::default();
        for provider in PLAYED.iter().filter_map(|name| catalog.get(name).ok()) {
            if let Some(secret) = self.secret(provider) {
                keyring.add(Some(provider.id.clone()), secret);
            }
        }
        keyring
    }

    /// A provider's secret, the same each time it is asked for.
    fn secret(&self, provider: &Provider) -> Option<Secret> {
        let scheme = provider.schemes.first()?;
        let mut random =
            Random::from_text(&format!("{} {}", self.random.clone().hex(64), provider.id));
        match scheme.fresh_secret(&mut random)? {
            Fresh::Shared(secret) => Some(secret),
            Fresh::Pair { .. } => None,
        }
    }

    /// Sends a sample of each, then a few bad ones.
    /// Trusts what it is given with; the flags say the same to `send`.
    pub(super) async fn play(
        self,
        catalog: Arc<Catalog>,
        url: String,
        (trust, flags): (Trust, String),
        ui: Ui,
    ) {
        let options = ClientOptions {
            timeout: Duration::from_secs(5),
            trust,
            reply_bytes: 1024,
        };
        let (Ok(client), Ok(url)) = (
            Client::new(&options, Repeat::default().clock()),
            endpoint(&url),
        ) else {
            ui.warn("the demonstration cannot send");
            return;
        };
        let good = PLAYED.iter().map(|name| (*name, Fault::None));
        let bad = [
            ("statly", Fault::TamperedBody),
            ("code-storage", Fault::StaleTimestamp),
            ("github", Fault::WrongSecret),
        ];
        for (name, fault) in good.chain(bad) {
            if let Some(about) = fault.about() {
                // What arrived before is shown by then.
                tokio::time::sleep(SETTLE).await;
                ui.status(&format!("next: {name}, {about}"));
            }
            let message = catalog
                .whole(name)
                .ok()
                .and_then(|provider| self.message(&provider, fault, url.as_str()));
            if let Some(message) = message {
                let _ = client.attempt(&message, &url, 1).await;
            }
        }
        tokio::time::sleep(SETTLE).await;
        let others = catalog.names().count().saturating_sub(PLAYED.len());
        ui.status(&format!(
            "that was the demonstration ({others} more: hookcat providers list); still listening."
        ));
        ui.status("Try, from another terminal:");
        let command = self.try_this(&catalog, url.as_str());
        ui.status(&format!("{command}{flags}"));
    }

    /// A command that sends what this demonstration takes for genuine.
    fn try_this(&self, catalog: &Catalog, url: &str) -> String {
        let provider = catalog.get("statly").ok();
        let secret = provider.and_then(|own| self.secret(own));
        let secret = secret.map(|own| {
            format!(
                " --secret {}",
                String::from_utf8_lossy(own.expose()).into_owned()
            )
        });
        format!(
            "  hookcat send statly push --to {url}{}",
            secret.unwrap_or_default()
        )
    }

    fn message(&self, provider: &Provider, fault: Fault, url: &str) -> Option<Message> {
        let event = provider.events.first()?;
        let now = match fault {
            Fault::StaleTimestamp => Timestamp::now()
                .checked_sub(SignedDuration::from_mins(10))
                .ok()?,
            _ => Timestamp::now(),
        };
        let filler = Filler::new(now, system_random().ok()?);
        let id = compose::delivery_id(provider, &filler).ok()?;
        let body = compose::sample(event, &id, &filler).ok()?;
        let body = compose::as_sent(provider, event, body);
        let secret = match fault {
            Fault::WrongSecret => Some(Secret::new("not the secret")),
            _ => self.secret(provider),
        };
        let scheme = provider.schemes.first();
        let keys: Vec<Key> = scheme
            .zip(secret)
            .and_then(|(scheme, secret)| scheme.read_key(&secret).ok())
            .into_iter()
            .collect();
        let signing = scheme.filter(|_| !keys.is_empty()).map(|scheme| Signing {
            scheme,
            keys: &keys,
            key_id: None,
        });
        let occasion = Occasion { id: &id, now, url };
        let mut message =
            compose::request(provider, event, body, signing, occasion, &filler).ok()?;
        if matches!(fault, Fault::TamperedBody) {
            let mut body = message.body.to_vec();
            let at = body.iter().rposition(u8::is_ascii_digit)?;
            body[at] = if body[at] == b'1' { b'2' } else { b'1' };
            message.body = Bytes::from(body);
        }
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_it_ends_with_carries_the_secret_it_verifies_with() {
        let catalog = Catalog::default();
        let demo = Demo::new().expect("random numbers");
        let command = demo.try_this(&catalog, "http://127.0.0.1:1/");
        let (_, secret) = command.split_once("--secret ").expect("a secret");
        let statly = catalog.get("statly").expect("known");
        let scheme = &statly.schemes[0];
        let key = scheme.read_key(&Secret::new(secret)).expect("a key");
        let mut message = demo.message(
            &catalog.whole("statly").expect("known"),
            Fault::None,
            "http://127.0.0.1:1/",
        );
        let message = message.as_mut().expect("a sample");
        let signed = scheme.signature.place.header().expect("a header");
        let theirs = message.headers.text(&signed).expect("signed").to_owned();
        let stamp = crate::core::scheme::Stamp {
            key_id: None,
            now: Timestamp::now(),
            id: "",
            method: "POST",
            url: None,
            headers: &crate::core::message::Headers::new(),
        };
        let ours = scheme.sign(&[key], &stamp, &message.body).expect("signs");
        assert_eq!(ours.value, theirs);
    }
}
