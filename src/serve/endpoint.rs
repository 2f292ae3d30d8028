//! A webhook read: where it goes, what signs, on which policy.

use std::sync::Arc;

use crate::core::assess::Keyring;
use crate::core::compose::Signing;
use crate::core::delivery::Judgement;
use crate::core::outgoing::judged;
use crate::core::provider::Provider;
use crate::core::retry::Policy;
use crate::core::scheme::{Key, Scheme};
use crate::core::serve::subscription::{Subscription, Target};
use crate::deliver::pool::Place;

/// What is needed to send to a webhook, worked out once.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) subscription: Subscription,
    pub(super) provider: Arc<Provider>,
    pub(super) policy: Policy,
    /// None for a mail address.
    pub(super) place: Option<Place>,
    /// What verification would say.
    pub(super) judgement: Judgement,
    keys: Vec<Key>,
}

impl Endpoint {
    /// Reads a webhook.
    ///
    /// # Errors
    /// A sentence where its secret can be no key.
    pub(super) fn read(
        subscription: Subscription,
        provider: Arc<Provider>,
    ) -> Result<Self, String> {
        // What is told to people is signed by nobody.
        let is_signed = subscription.target == Target::Json;
        let (scheme, keys) = if is_signed {
            (provider.schemes.first(), keys(&subscription, &provider)?)
        } else {
            (None, Vec::new())
        };
        let verdict = judged(scheme, &keys);
        Ok(Self {
            policy: subscription.policy(&provider.delivery),
            place: subscription.url().map(Place::new),
            judgement: Judgement::new(&verdict, None),
            keys,
            subscription,
            provider,
        })
    }

    /// How requests are signed, if they are.
    pub(super) fn signing(&self) -> Option<Signing<'_>> {
        let scheme: &Scheme = self.provider.schemes.first()?;
        (!self.keys.is_empty()).then_some(Signing {
            scheme,
            keys: &self.keys,
            key_id: None,
        })
    }
}

/// The secret of a webhook as its provider's keys; none where it has none.
///
/// # Errors
/// A sentence where it can be no key.
pub(super) fn keys(subscription: &Subscription, provider: &Provider) -> Result<Vec<Key>, String> {
    let (Some(secret), Some(scheme)) = (&subscription.secret, provider.schemes.first()) else {
        return Ok(Vec::new());
    };
    let mut keyring = Keyring::default();
    keyring.add(None, secret.clone());
    let keys = keyring.keys(provider, scheme);
    keys.map(|(_, keys)| keys).map_err(|error| {
        let form = scheme.key.describe();
        format!(
            "secret cannot be a key of {}, which is {form}: {error}",
            provider.name
        )
    })
}
