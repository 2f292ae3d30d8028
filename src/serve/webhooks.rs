//! Setting webhooks up, changing and trying them: the same for the commands and for each provider's API.

use jiff::Timestamp;
use thiserror::Error;

use super::endpoint::keys;
use crate::core::compose;
use crate::core::provider::{Event, Provider};
use crate::core::serve::origin;
use crate::core::serve::rules::Plan;
use crate::core::serve::scope::Scope;
use crate::core::serve::subscription::{Listed, Refusal, Subscription};
use crate::core::template::Filler;
use crate::deliver::reach;
use crate::log::{Log, LogError, Occurrence};

/// What may be set up.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Whether plain HTTP may be used anywhere.
    pub allow_http: bool,
    /// Whether addresses may be [off limits](crate::deliver::reach::is_off_limits).
    pub allow_link_local: bool,
    /// The account's plan; a provider that has no plan of this name limits nothing.
    pub plan: String,
}

/// Why a webhook is not set up, changed or tried.
#[derive(Debug, Error)]
pub enum Unfit {
    /// The provider does not take it so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A machine's own network answers there.
    #[error("URL names a link-local or metadata address: `{0}`")]
    LinkLocal(String),
    /// A secret that can be no key.
    #[error("{0}")]
    Key(String),
    /// As many as the plan has.
    #[error("plan `{}` has {most} webhooks per repository, and `{scope}` has them", plan.name)]
    Full {
        /// The plan.
        plan: Plan,
        /// How many it has.
        most: u32,
        /// The repository.
        scope: String,
    },
    /// Nothing is sent there.
    #[error("webhook is not active: `{0}`")]
    Inactive(i64),
    /// No event to try it with.
    #[error("{0} has no event to try a webhook with")]
    NoEvent(String),
    /// A sample that cannot be made.
    #[error("sample cannot be made: {0}")]
    Sample(String),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Sets a webhook up.
///
/// # Errors
/// [`Unfit`]
pub fn create(
    log: &Log,
    provider: &Provider,
    new: &Subscription,
    terms: &Terms,
    now: Timestamp,
) -> Result<Listed, Unfit> {
    check(provider, new, terms)?;
    let plan = provider.subscription.plan(&terms.plan);
    let most = plan.and_then(|own| own.webhooks);
    let id = log.subscribe(new, most, now)?;
    let listed = id.map(|id| log.subscription(id)).transpose()?.flatten();
    match (listed, plan, most) {
        (Some(listed), ..) => Ok(listed),
        (None, Some(plan), Some(most)) => Err(Unfit::Full {
            plan: plan.clone(),
            most,
            scope: new.scope.to_string(),
        }),
        // It was deleted by somebody else at once.
        (None, ..) => Err(LogError::Storage("the webhook is gone already".to_owned()).into()),
    }
}

/// Changes a webhook; nothing where it is gone.
///
/// # Errors
/// [`Unfit`]
pub fn change(
    log: &Log,
    provider: &Provider,
    own: &Subscription,
    terms: &Terms,
) -> Result<Option<Listed>, Unfit> {
    if provider.subscription.fixed {
        return Err(Refusal::Fixed(provider.name.clone()).into());
    }
    check(provider, own, terms)?;
    if !log.set_subscription(own)? {
        return Ok(None);
    }
    Ok(log.subscription(own.id)?)
}

fn check(provider: &Provider, own: &Subscription, terms: &Terms) -> Result<(), Unfit> {
    own.check(provider, terms.allow_http)?;
    let off_limits = own.url().is_some_and(|url| reach::names_off_limits(&url));
    if off_limits && !terms.allow_link_local {
        return Err(Unfit::LinkLocal(own.shown()));
    }
    keys(own, provider).map_err(Unfit::Key)?;
    Ok(())
}

/// Has a webhook tried: with a `ping` where its provider has one, else with the first of its events. Gives
/// the delivery's id and the event's name.
///
/// # Errors
/// [`Unfit`]
pub fn try_out(
    log: &Log,
    provider: &Provider,
    own: &Subscription,
    filler: &Filler,
    now: Timestamp,
) -> Result<(String, String), Unfit> {
    if !own.active {
        return Err(Unfit::Inactive(own.id));
    }
    let events = &provider.events;
    let event = (events.iter().find(|event| event.name == "ping"))
        .or_else(|| events.iter().find(|event| own.events.takes(event.wire())))
        .ok_or_else(|| Unfit::NoEvent(provider.name.clone()))?;
    let unmade = |error: &dyn std::error::Error| Unfit::Sample(error.to_string());
    let id = compose::delivery_id(provider, filler).map_err(|error| unmade(&error))?;
    let occurrence = Occurrence {
        at: now,
        provider: provider.id.clone(),
        event: event.wire().to_owned(),
        scope: own.scope.clone(),
        payload: sample(provider, event, &own.scope, &id, filler)?.into(),
    };
    log.happened_to(own.id, &occurrence, &id)?;
    Ok((id, occurrence.event))
}

/// An event's sample as it is posted, of the repository that a scope names, where it names one.
///
/// # Errors
/// [`Unfit::Sample`]
pub fn sample(
    provider: &Provider,
    event: &Event,
    scope: &Scope,
    id: &str,
    filler: &Filler,
) -> Result<Vec<u8>, Unfit> {
    let made = compose::sample(event, id, filler);
    let mut made = made.map_err(|error| Unfit::Sample(error.to_string()))?;
    if scope.is_repository()
        && let Ok(mut json) = serde_json::from_slice(&made)
    {
        origin::set_repository(&mut json, scope);
        made = json.to_string().into_bytes();
    }
    Ok(compose::as_sent(provider, event, made))
}
