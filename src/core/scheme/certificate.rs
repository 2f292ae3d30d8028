//! Where a message says its sender's certificate is, and which hosts are believed.

use serde::Deserialize;
use thiserror::Error;

use crate::core::event::{Location, View};

/// Where the address of a certificate stands, and whose addresses count.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CertificateSource {
    /// The places of the address, the first that has one counts.
    pub url: Vec<Location>,
    /// The provider's own hosts; `*` stands for one label: `sns.*.amazonaws.com`.
    pub hosts: Vec<String>,
}

/// Why a certificate is not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotFetched {
    /// The message names none.
    #[error("message names no certificate")]
    NoAddress,
    /// Not `https`, or not a host of the provider's.
    #[error("certificate is not at a host of the provider's: `{0}`")]
    Foreign(String),
}

impl CertificateSource {
    /// The address a message names, if it is one of the provider's: `https`, no port, no user, one of
    /// the hosts. Whoever wrote the message chose it.
    ///
    /// # Errors
    /// [`NotFetched`]
    pub fn address(&self, view: &View<'_>) -> Result<String, NotFetched> {
        let text = view.locate(&self.url).ok_or(NotFetched::NoAddress)?;
        let host = text
            .strip_prefix("https://")
            .and_then(|rest| rest.split_once('/'))
            .map(|(host, _)| host);
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        match host {
            Some(host) if plain && self.hosts.iter().any(|own| is_host(own, host)) => Ok(text),
            _ => Err(NotFetched::Foreign(text)),
        }
    }
}

fn is_host(pattern: &str, host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let labels: Vec<&str> = host.split('.').collect();
    let patterns: Vec<&str> = pattern.split('.').collect();
    labels.len() == patterns.len()
        && labels.iter().zip(&patterns).all(|(label, pattern)| {
            is_label(label) && (*pattern == "*" || pattern.eq_ignore_ascii_case(label))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::{Headers, Message};

    #[test]
    fn only_the_providers_own_hosts_over_https() {
        let source: CertificateSource =
            toml::from_str("url = [\"json:/SigningCertURL\"]\nhosts = [\"sns.*.amazonaws.com\"]")
                .expect("a source");
        let at = |url: &str| {
            let body = format!("{{\"SigningCertURL\":{}}}", serde_json::Value::from(url));
            let message = Message::post(Headers::new(), body);
            source.address(&View::new(&message))
        };
        let own = "https://sns.eu-west-1.amazonaws.com/x.pem";
        assert_eq!(at(own), Ok(own.to_owned()));
        for foreign in [
            "http://sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
            "https://u@sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
            "https://sns.a.b.amazonaws.com/x.pem",
            "https://sns..amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com\\@evil.example/x.pem",
            "https://sns.eu-west-1.amazonaws.com",
            "https://sns.eu-west-1.amazonaws.com/x y.pem",
            "https://sns.eu-west-1.amazonaws.com/x\ny.pem",
            "https://sns.eu-west-1.amazonaws.com/\\x.pem",
            "https://sns.eu-west-1.amazonaws.com/\u{e9}.pem",
            "https://sns.eu_west_1.amazonaws.com/x.pem",
            "https://sns.*.amazonaws.com/x.pem",
            " https://sns.eu-west-1.amazonaws.com/x.pem",
        ] {
            assert_eq!(at(foreign), Err(NotFetched::Foreign(foreign.to_owned())));
        }
        let none = Message::post(Headers::new(), "{}");
        assert_eq!(
            source.address(&View::new(&none)),
            Err(NotFetched::NoAddress)
        );
    }
}
