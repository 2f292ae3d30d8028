//! One webhook as it was set up.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use url::{Host, Url};

use super::scope::Scope;
use super::selection::Selection;
use crate::core::provider::{Provider, Status};
use crate::core::retry::{Policy, Span};
use crate::core::secret::Secret;

/// The only content type there is.
pub const JSON: &str = "application/json";
/// The most retries, and the longest interval, a webhook may have of its own.
const MOST_RETRIES: u32 = 100;
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// The longest address.
const LONGEST: usize = 2048;

/// A webhook: where which events of which repositories go, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its number; 0 before it has one.
    pub id: i64,
    /// The provider's id.
    pub provider: String,
    /// Of which repositories it hears.
    pub scope: Scope,
    /// How events go there.
    pub target: Target,
    /// The URL, or the mail address.
    pub address: String,
    /// What signs; nothing is signed without one.
    pub secret: Option<Secret>,
    /// The media type of what is sent.
    pub content_type: String,
    /// Which events it takes.
    pub events: Selection,
    /// Whether anything is sent.
    pub active: bool,
    /// How many attempts follow the first; as the provider has it where it is not said.
    pub max_retries: Option<u32>,
    /// The interval of the provider's schedule; its own where it is not said.
    pub retry_interval: Option<Duration>,
}

/// A webhook, and what came of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The webhook.
    pub subscription: Subscription,
    /// When it was set up.
    pub created: Timestamp,
    /// Deliveries that were begun.
    pub deliveries: i64,
    /// Deliveries that failed in the end.
    pub failures: i64,
    /// When the last attempt was.
    pub last: Option<Timestamp>,
}

/// How an event goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The payload, posted and signed.
    #[default]
    Json,
    /// A message to a Slack incoming webhook.
    Slack,
    /// A mail.
    Email,
}

impl Target {
    /// The word that is stored and printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Slack => "slack",
            Self::Email => "email",
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Json, Self::Slack, Self::Email]
            .into_iter()
            .find(|own| own.as_str() == word)
            .ok_or_else(|| format!("not a target, expected json, slack or email: `{word}`"))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a webhook cannot be as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Not a URL of HTTP.
    #[error("not a URL, expected one such as `https://example.com/hooks`: `{0}`")]
    NotAUrl(String),
    /// HTTP where the provider takes HTTPS only.
    #[error("{provider} takes HTTPS URLs only: `{url}`")]
    NotHttps {
        /// The provider's name.
        provider: String,
        /// The URL.
        url: String,
    },
    /// A text without a mailbox and a domain.
    #[error("not a mail address, expected one such as `me@example.com`: `{0}`")]
    NotAMailbox(String),
    /// No event of the provider is meant.
    #[error("{provider} has no such event: `{event}`")]
    NoSuchEvent {
        /// The provider's name.
        provider: String,
        /// What was asked for.
        event: String,
    },
    /// A choice the provider does not give.
    #[error("{0} sends every event to a webhook, there is no choice of events")]
    NoChoice(String),
    /// Another media type.
    #[error("the only content type is `{JSON}`: `{0}`")]
    ContentType(String),
    /// A count or an interval beyond reason.
    #[error("at most {MOST_RETRIES} retries, at an interval from 1 second to 24 hours")]
    Retries,
    /// A schedule of its own where the provider has none to set.
    #[error("{0} documents no retry count and interval of a webhook's own")]
    NoRetries(String),
    /// A secret that nothing would be signed with.
    #[error("{0} does not sign: leave the secret out")]
    NeedsNoSecret(String),
    /// A secret without a byte.
    #[error("secret is empty")]
    EmptySecret,
    /// A webhook the provider does not let be modified.
    #[error("{0} has no way to modify a webhook: create a new one and delete this one")]
    Fixed(String),
}

impl Refusal {
    /// The setting it is about, as the commands name it.
    #[must_use]
    pub fn setting(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotAUrl(_) | Self::NotHttps { .. } | Self::NotAMailbox(_) => "url",
            Self::NoSuchEvent { .. } | Self::NoChoice(_) => "events",
            Self::ContentType(_) => "content-type",
            Self::Retries | Self::NoRetries(_) => "max-retries",
            Self::NeedsNoSecret(_) | Self::EmptySecret => "secret",
            Self::Fixed(_) => return None,
        })
    }
}

impl Subscription {
    /// A webhook with everything as it is where nothing is said.
    #[must_use]
    pub fn new(provider: &Provider, address: impl Into<String>) -> Self {
        Self {
            id: 0,
            provider: provider.id.clone(),
            scope: Scope::everything(),
            target: Target::Json,
            address: address.into(),
            secret: None,
            content_type: JSON.to_owned(),
            events: Selection::everything(),
            active: true,
            max_retries: None,
            retry_interval: None,
        }
    }

    /// Holds it to what the provider allows; to plain HTTP anywhere where that is asked for, and on
    /// this machine always.
    ///
    /// # Errors
    /// [`Refusal`], the first there is.
    pub fn check(&self, provider: &Provider, allow_http: bool) -> Result<(), Refusal> {
        let rules = &provider.subscription;
        let name = || provider.name.clone();
        match self.target {
            Target::Email => mailbox(&self.address)?,
            Target::Json | Target::Slack => {
                let url = self.url().ok_or_else(|| Refusal::NotAUrl(self.shown()))?;
                if rules.https
                    && url.scheme() != "https"
                    && !allow_http
                    && !is_of_this_machine(&url)
                {
                    return Err(Refusal::NotHttps {
                        provider: name(),
                        url: self.shown(),
                    });
                }
            }
        }
        if self.content_type != JSON {
            return Err(Refusal::ContentType(self.content_type.clone()));
        }
        if rules.every_event && self.events != Selection::everything() {
            return Err(Refusal::NoChoice(name()));
        }
        let known = provider
            .events
            .iter()
            .map(crate::core::provider::Event::wire);
        if !provider.events.is_empty()
            && let Some(event) = self.events.stranger(&known)
        {
            return Err(Refusal::NoSuchEvent {
                provider: name(),
                event: event.to_owned(),
            });
        }
        self.check_secret(provider)?;
        if !rules.own_retries && (self.max_retries.is_some() || self.retry_interval.is_some()) {
            return Err(Refusal::NoRetries(name()));
        }
        let interval = self.retry_interval.unwrap_or(LONGEST_INTERVAL);
        if self.max_retries.is_some_and(|own| own > MOST_RETRIES)
            || !(Duration::from_secs(1)..=LONGEST_INTERVAL).contains(&interval)
        {
            return Err(Refusal::Retries);
        }
        Ok(())
    }

    fn check_secret(&self, provider: &Provider) -> Result<(), Refusal> {
        match &self.secret {
            Some(_) if provider.status == Status::Unsigned => {
                Err(Refusal::NeedsNoSecret(provider.name.clone()))
            }
            Some(secret) if secret.is_empty() => Err(Refusal::EmptySecret),
            _ => Ok(()),
        }
    }

    /// The URL it goes to; none for a mail address.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        if self.target == Target::Email || self.address.len() > LONGEST {
            return None;
        }
        let url = Url::parse(&self.address).ok()?;
        let web = matches!(url.scheme(), "http" | "https");
        (web && url.host_str().is_some_and(|own| !own.is_empty())).then_some(url)
    }

    /// The address without the password it may carry, or the secret that the path of an incoming webhook
    /// ends with, and no longer than one can read.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut text = self.address.clone();
        if let Some(mut url) = self.url() {
            if url.password().is_some() {
                let _ = url.set_password(Some("***"));
                text = url.to_string();
            }
            let end = url.path().rsplit_once('/').filter(|own| !own.1.is_empty());
            if let (Target::Slack, Some((start, _))) = (self.target, end) {
                url.set_path(&format!("{start}/***"));
                text = url.to_string();
            }
        }
        text.chars().take(LONGEST).collect()
    }

    /// The provider's policy with this webhook's own numbers.
    #[must_use]
    pub fn policy(&self, of_provider: &Policy) -> Policy {
        let mut policy = of_provider.clone();
        let interval = self.retry_interval.map(Span);
        policy.retry = policy
            .retry
            .map(|own| own.configured(self.max_retries, interval));
        policy
    }

    /// Whether an event of this name and scope is for it.
    #[must_use]
    pub fn takes(&self, provider: &str, event: &str, scope: &Scope) -> bool {
        self.active
            && self.provider == provider
            && self.scope.covers(scope)
            && self.events.takes(event)
    }
}

/// Whether a URL's host is this machine, as it is written.
fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

fn mailbox(text: &str) -> Result<(), Refusal> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|char: char| {
                char.is_control() || char.is_whitespace() || ",;<>\"@".contains(char)
            })
    };
    match text.rsplit_once('@') {
        Some((name, domain)) if text.len() <= 254 && plain(name) && plain(domain) => Ok(()),
        _ => Err(Refusal::NotAMailbox(text.chars().take(LONGEST).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::Catalog;

    fn check(
        provider: &str,
        address: &str,
        change: impl FnOnce(&mut Subscription),
    ) -> Result<(), Refusal> {
        let provider = Catalog::default().whole(provider).expect("there");
        let mut own = Subscription::new(&provider, address);
        change(&mut own);
        own.check(&provider, false)
    }

    #[test]
    fn what_a_provider_documents_is_what_it_takes() {
        let plain = |provider, address| check(provider, address, |_| {});
        for (provider, address) in [
            ("statly", "https://example.com/hooks"),
            ("statly", "http://localhost:3000/hooks"),
            ("statly", "http://127.0.0.1:3000"),
            ("statly", "http://[::1]:3000"),
            ("cloudrepo", "http://example.com/"),
            ("dits", "http://example.com/"),
        ] {
            assert_eq!(plain(provider, address), Ok(()), "{provider} {address}");
        }
        for provider in ["statly", "repo-file-sync"] {
            let error = plain(provider, "http://example.com/").expect_err("refused");
            assert!(matches!(error, Refusal::NotHttps { .. }), "{error}");
        }
        for address in [
            "",
            "example.com",
            "ftp://a/",
            "http://",
            "file:///etc/passwd",
        ] {
            let error = plain("statly", address).expect_err("refused");
            assert!(matches!(error, Refusal::NotAUrl(_)), "{error}");
        }
    }

    #[test]
    fn settings_have_bounds() {
        let url = "https://example.com/";
        let statly = |change: fn(&mut Subscription)| {
            let refused = check("statly", url, change).expect_err("refused");
            refused.setting().expect("a setting")
        };
        assert_eq!(
            statly(|own| own.events = "pusch".parse().expect("reads")),
            "events"
        );
        assert_eq!(
            statly(|own| own.content_type = "text/plain".into()),
            "content-type"
        );
        assert_eq!(statly(|own| own.secret = Some(Secret::new(""))), "secret");
        assert_eq!(statly(|own| own.max_retries = Some(101)), "max-retries");
        assert_eq!(
            statly(|own| own.retry_interval = Some(Duration::ZERO)),
            "max-retries"
        );
        let of = |provider: &str, change: fn(&mut Subscription)| {
            check(provider, url, change).expect_err("refused")
        };
        let secret: fn(&mut Subscription) = |own| own.secret = Some(Secret::new("s"));
        assert_eq!(
            of("cloudrepo", secret),
            Refusal::NeedsNoSecret("CloudRepo".into())
        );
        let event: fn(&mut Subscription) =
            |own| own.events = "drift.detected".parse().expect("reads");
        assert_eq!(
            of("repo-file-sync", event),
            Refusal::NoChoice("Repo File Sync".into())
        );
        let retries: fn(&mut Subscription) = |own| own.max_retries = Some(1);
        assert_eq!(of("dits", retries), Refusal::NoRetries("Dits".into()));
        assert_eq!(check("statly", url, retries), Ok(()));
    }

    #[test]
    fn mail_goes_to_a_mailbox() {
        let mail = |address| check("cloudrepo", address, |own| own.target = Target::Email);
        assert_eq!(mail("me@example.com"), Ok(()));
        for text in [
            "me",
            "@a",
            "a@",
            "a b@c",
            "a@b
Bcc: x@y",
            "<a@b>",
            "a@b,c@d",
        ] {
            assert!(mail(text).is_err(), "{text}");
        }
    }

    #[test]
    fn own_numbers_change_the_schedule() {
        let provider = Catalog::default().whole("statly").expect("there");
        let mut own = Subscription::new(&provider, "https://example.com/");
        own.max_retries = Some(2);
        own.retry_interval = Some(Duration::from_secs(30));
        let schedule = own.policy(&provider.delivery).retry.expect("a schedule");
        let delays: Vec<u64> = schedule.delays().map(|own| own.as_secs()).collect();
        assert_eq!(delays, [30, 60]);
    }

    #[test]
    fn a_password_is_not_shown() {
        let provider = Catalog::default().whole("dits").expect("there");
        let own = Subscription::new(&provider, "https://me:hunter2@example.com/");
        assert_eq!(own.shown(), "https://me:***@example.com/");
        let mut own =
            Subscription::new(&provider, "https://hooks.slack.com/services/T0/B0/hunter2");
        own.target = Target::Slack;
        assert_eq!(own.shown(), "https://hooks.slack.com/services/T0/B0/***");
    }
}
