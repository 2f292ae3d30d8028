//! A message held against providers, secrets and limits: what `verify`, `listen`, `replay` and
//! `log show` share, so that all give the same verdict and the same explanation.

use std::sync::Arc;

use jiff::Timestamp;

use crate::core::assess::{Assessment, Keyring, assess};
use crate::core::diagnose::{self, Diagnosis, diagnose};
use crate::core::message::Message;
use crate::core::provider::Provider;
use crate::core::scheme::{Context, Tolerance};
use crate::core::verdict::{Reason, Verdict, Why};
use crate::providers::Catalog;

/// What messages are held against.
#[derive(Debug, Default)]
pub struct Verifier {
    /// All providers.
    pub catalog: Arc<Catalog>,
    /// The providers the user named; detected where there are none.
    pub named: Vec<Provider>,
    /// The scheme the user named.
    pub scheme: Option<String>,
    /// The secrets.
    pub keyring: Keyring,
    /// The id of the key, for schemes whose messages name one.
    pub key_id: Option<String>,
    /// Replaces the schemes' own tolerance.
    pub tolerance: Option<Tolerance>,
    /// Seconds a delivery may be old, instead of the tolerance on that side.
    pub max_age: Option<i64>,
}

impl Verifier {
    /// The providers a message may be of.
    #[must_use]
    pub fn candidates(&self, message: &Message) -> Vec<&Provider> {
        if self.named.is_empty() {
            self.catalog.candidates(message)
        } else {
            self.named.iter().collect()
        }
    }

    /// What is known beside a message that was posted to this URL, as of this time.
    #[must_use]
    pub fn context<'a>(&'a self, url: Option<&'a str>, now: Timestamp) -> Context<'a> {
        Context {
            key_id: self.key_id.as_deref(),
            now,
            url,
            tolerance: self.tolerance,
            max_age: self.max_age,
        }
    }

    /// Provider, event and verdict.
    #[must_use]
    pub fn assess(&self, message: &Message, context: &Context<'_>) -> Assessment {
        let candidates = self.candidates(message);
        let named = !self.named.is_empty();
        let scheme = self.scheme.as_deref();
        assess(message, &candidates, named, scheme, &self.keyring, context)
    }

    /// What would make a message valid that is not: of the provider it is of, or of each that it may
    /// be of. A part of it may be of one of the neighbours.
    #[must_use]
    pub fn diagnose(
        &self,
        message: &Message,
        found: &Assessment,
        context: &Context<'_>,
        neighbours: &[&Message],
    ) -> Diagnosis {
        let candidates = self.candidates(message);
        let mut others = self.catalog.candidates(message);
        others.extend(&candidates);
        let diagnose = |provider: &Provider, scheme: Option<&str>, verdict: &Verdict| {
            let case = diagnose::Subject {
                message,
                provider,
                scheme,
                keyring: &self.keyring,
                context,
                others: &others,
                neighbours,
            };
            diagnose(&case, verdict)
        };
        if let Verdict::Unverifiable(Why::Ambiguous(names)) = &found.verdict {
            let possible = candidates.iter().filter(|own| names.contains(&own.id));
            let mut each = possible.map(|own| {
                let alone = assess(message, &[own], true, None, &self.keyring, context);
                diagnose(own, None, &alone.verdict)
            });
            return each
                .find(|one| !one.findings.is_empty())
                .unwrap_or_default();
        }
        let id = found.provider.as_deref();
        let provider = candidates.iter().find(|own| Some(own.id.as_str()) == id);
        let diagnosis = provider
            .map(|own| diagnose(own, found.scheme.as_deref(), &found.verdict))
            .unwrap_or_default();
        let is_missing = matches!(
            found.verdict,
            Verdict::Invalid(Reason::MissingHeader { .. } | Reason::MissingField { .. })
        );
        // Where nothing was sent to hold against, the verdict alone says it all.
        if is_missing && diagnosis.findings.is_empty() {
            return Diagnosis::default();
        }
        diagnosis
    }
}
