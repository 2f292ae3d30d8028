//! Broken deliveries of real schemes, each with one known cause.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookcat::core::assess::{Assessment, Keyring, assess};
use hookcat::core::diagnose::{Diagnosis, Subject, diagnose};
use hookcat::core::message::{Headers, Message};
use hookcat::core::scheme::{Context, Stamp};
use hookcat::core::secret::Secret;
use hookcat::providers::Catalog;
use jiff::Timestamp;
use serde::Deserialize;

/// When a delivery is judged where it does not say.
pub(crate) const NOW: i64 = 1_700_000_000;

/// A broken delivery as `vectors/broken.json` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broken {
    /// What the diagnosis must name, and nothing beside it.
    pub(crate) cause: String,
    pub(crate) provider: String,
    pub(crate) scheme: Option<String>,
    pub(crate) why: String,
    pub(crate) secrets: Vec<Given>,
    pub(crate) now: Option<i64>,
    pub(crate) url: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body: String,
    /// The body where it is no text.
    pub(crate) body_base64: Option<String>,
    #[serde(default)]
    pub(crate) neighbours: Vec<Neighbour>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Given {
    /// For the delivery's provider.
    Own(String),
    /// For another.
    For { provider: String, secret: String },
}

#[derive(Deserialize)]
pub(crate) struct Neighbour {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

fn broken() -> Vec<Broken> {
    let text = include_str!("../vectors/broken.json");
    serde_json::from_str(text).expect("the broken deliveries")
}

fn message(headers: &[(String, String)], body: Vec<u8>) -> Message {
    let headers: Headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Message::post(headers, body)
}

impl Broken {
    fn message(&self) -> Message {
        let body = match &self.body_base64 {
            Some(text) => BASE64_STANDARD.decode(text).expect("base64"),
            None => self.body.clone().into_bytes(),
        };
        let mut message = message(&self.headers, body);
        if let Some(target) = &self.target {
            message.target.clone_from(target);
        }
        message
    }

    fn keyring(&self) -> Keyring {
        let mut keyring = Keyring::default();
        for given in &self.secrets {
            match given {
                Given::Own(secret) => keyring.add(None, Secret::new(secret.as_str())),
                Given::For { provider, secret } => {
                    keyring.add(Some(provider.clone()), Secret::new(secret.as_str()));
                }
            }
        }
        keyring
    }

    fn context(&self) -> Context<'_> {
        Context {
            now: Timestamp::from_second(self.now.unwrap_or(NOW)).expect("in range"),
            url: self.url.as_deref(),
            tolerance: None,
            max_age: None,
            key_id: self.key_id.as_deref(),
        }
    }

    pub(crate) fn judge(&self, catalog: &Catalog) -> (Assessment, Diagnosis) {
        let provider = catalog.get(&self.provider).expect("a provider");
        let (message, keyring, context) = (self.message(), self.keyring(), self.context());
        let scheme = self.scheme.as_deref();
        let found = assess(&message, &[provider], true, scheme, &keyring, &context);
        let neighbours: Vec<Message> = self
            .neighbours
            .iter()
            .map(|own| self::message(&own.headers, own.body.clone().into_bytes()))
            .collect();
        let subject = Subject {
            message: &message,
            provider,
            scheme: found.scheme.as_deref(),
            keyring: &keyring,
            context: &context,
            others: &catalog.all(),
            neighbours: &neighbours.iter().collect::<Vec<_>>(),
        };
        let diagnosis = diagnose(&subject, &found.verdict);
        (found, diagnosis)
    }
}

#[test]
fn each_broken_delivery_is_named_with_its_cause() {
    let catalog = Catalog::default();
    let all = broken();
    let mut wrong = Vec::new();
    for (index, own) in all.iter().enumerate() {
        let (found, diagnosis) = own.judge(&catalog);
        let findings = &diagnosis.findings;
        let causes: Vec<&str> = findings.iter().map(|own| own.cause.slug()).collect();
        if causes != [own.cause.as_str()] || found.verdict.is_valid() || !diagnosis.complete {
            let told: Vec<&str> = findings.iter().map(|own| own.change.as_str()).collect();
            wrong.push(format!(
                "{index} {} {} ({}): {} {causes:?} {told:?}",
                own.provider,
                own.cause,
                own.why,
                found.verdict.reason().unwrap_or("valid")
            ));
        }
    }
    let (wrong_count, count) = (wrong.len(), all.len());
    assert!(
        wrong.is_empty(),
        "{wrong_count} of {count}\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_corpus_is_broad() {
    let all = broken();
    let distinct = |text: fn(&Broken) -> &str| {
        let texts: HashSet<&str> = all.iter().map(text).collect();
        texts.len()
    };
    assert!(all.len() >= 140, "{}", all.len());
    assert!(distinct(|own| &own.provider) >= 50);
    assert!(distinct(|own| &own.cause) >= 60);
    for id in [
        "cloudrepo",
        "code-storage",
        "dits",
        "repo-file-sync",
        "statly",
    ] {
        assert!(all.iter().any(|own| own.provider == id), "{id}");
    }
}

/// Every run of letters and digits that is long enough to be a part of a digest.
fn long_runs(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|char: char| !char.is_ascii_alphanumeric());
    runs.filter(|run| run.len() >= 20)
}

#[test]
fn no_text_holds_a_secret_or_the_expected_signature() {
    let catalog = Catalog::default();
    for own in broken() {
        let (_, diagnosis) = own.judge(&catalog);
        let finding = &diagnosis.findings[0];
        let texts = [&finding.change, &finding.why, &finding.fix];
        let keyring = own.keyring();
        let secret = keyring.secret(&own.provider, None).expect("a secret");
        let secret = String::from_utf8_lossy(secret.expose()).into_owned();
        let provider = catalog.get(&own.provider).expect("a provider");
        let (message, context) = (own.message(), own.context());
        let expected: Vec<String> = provider
            .schemes
            .iter()
            .filter_map(|scheme| {
                let (_, keys) = keyring.keys(provider, scheme).ok()?;
                let stamp = Stamp {
                    now: context.now,
                    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
                    method: "POST",
                    url: context.url,
                    headers: &message.headers,
                    key_id: None,
                };
                let signed = scheme.sign(&keys, &stamp, &message.body).ok()?;
                Some(signed.value)
            })
            .collect();
        for text in texts {
            assert!(!text.contains(secret.trim()), "{}: {text}", own.why);
            for value in &expected {
                assert!(!text.contains(value), "{}: {text}", own.why);
            }
            let runs: Vec<&str> = long_runs(text).collect();
            assert!(runs.is_empty(), "{}: {runs:?}", own.why);
        }
    }
}
