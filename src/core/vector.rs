//! Test vectors: a delivery, a secret, and the verdict it must get.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::assess::{Assessment, Keyring, assess};
use super::message::{Headers, Message};
use super::provider::Provider;
use super::scheme::Context;
use super::secret::Secret;

/// One vector, as JSON has it. Unknown fields are kept aside, so that files of others can be read.
#[derive(Clone, Debug, Deserialize)]
pub struct Vector {
    /// The provider's id.
    pub provider: String,
    /// The scheme's name.
    pub scheme: String,
    /// The secret.
    pub secret: String,
    /// A second secret: a rotation.
    pub secret2: Option<String>,
    /// A certificate in PEM.
    pub cert_pem: Option<String>,
    /// The id of the key.
    pub key_id: Option<String>,
    /// The request method.
    pub method: Option<String>,
    /// The public URL.
    pub url: Option<String>,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body, as text.
    #[serde(default)]
    pub body: String,
    /// The time to judge the age at, in seconds since 1970.
    pub timestamp_now: i64,
    /// Whether the delivery is genuine.
    pub valid: bool,
    /// What the vector is about.
    #[serde(default)]
    pub why: String,
    /// Where it comes from, and whatever else stands beside it.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

impl Vector {
    /// Holds a provider against this vector.
    ///
    /// # Errors
    /// What keeps it from being run: no such scheme, a secret of the wrong shape, no such time.
    pub fn run(&self, provider: &Provider) -> Result<Assessment, String> {
        let scheme = provider
            .scheme(&self.scheme)
            .ok_or_else(|| format!("unknown scheme of `{}`: `{}`", provider.id, self.scheme))?;
        let mut keyring = Keyring::default();
        for secret in [Some(&self.secret), self.secret2.as_ref()] {
            if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
                keyring.add(None, Secret::new(secret.as_str()));
            }
        }
        if let Some(certificate) = &self.cert_pem {
            keyring.certify(certificate.as_bytes().to_vec());
        }
        keyring
            .keys(provider, scheme)
            .map_err(|error| error.to_string())?;
        let headers: Headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut message = Message::post(headers, self.body.clone());
        if let Some(method) = &self.method {
            message.method.clone_from(method);
        }
        if let Some((_, after)) = self.url.as_deref().and_then(|url| url.split_once("://")) {
            let start = after.find('/').unwrap_or(after.len());
            after[start..].clone_into(&mut message.target);
        }
        let context = Context {
            now: Timestamp::from_second(self.timestamp_now).map_err(|error| error.to_string())?,
            url: self.url.as_deref(),
            tolerance: None,
            max_age: None,
            key_id: self.key_id.as_deref(),
        };
        Ok(assess(
            &message,
            &[provider],
            true,
            Some(&self.scheme),
            &keyring,
            &context,
        ))
    }
}
