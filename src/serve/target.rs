//! An event as a request to an endpoint.

use bytes::Bytes;
use reqwest::Url;

use super::attempt::{Happened, Sender};
use super::endpoint::Endpoint;
use super::notify;
use crate::core::compose::{self, ComposeError, Occasion};
use crate::core::delivery::{Attempt, Delivery, Failure, FailureKind};
use crate::core::message::{Headers, Message};
use crate::core::outgoing::{aim, name_agent, recorded, sent_headers};
use crate::core::serve::subscription::Target;
use crate::deliver::masked;
use crate::deliver::pool::Place;
use crate::log::Due;

/// How long an answer may take where the provider does not say.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes one attempt; what goes into the log.
pub(super) async fn attempt(
    sender: &Sender,
    endpoint: &Endpoint,
    happened: &Happened,
    due: &Due,
) -> Delivery {
    let number = due.attempts.saturating_add(1);
    let target = endpoint.subscription.target;
    if target == Target::Email {
        // Few are, and all others need not carry it along.
        return Box::pin(notify::mail(sender, endpoint, happened, number)).await;
    }
    let Some(place) = &endpoint.place else {
        let failure = format!("no URL: `{}`", endpoint.subscription.shown());
        return unsent(sender, endpoint, happened, (number, failure));
    };
    let made = match target {
        Target::Slack => Ok(notify::slack(endpoint, happened, path(place.url()))),
        Target::Json | Target::Email => request(sender, endpoint, happened, due, place.url()),
    };
    let mut delivery = match made {
        Ok(message) => post(sender, endpoint, happened, (number, place), message).await,
        Err(error) => unsent(sender, endpoint, happened, (number, error.to_string())),
    };
    // The path of an incoming webhook is its secret, and nothing else of it is worth keeping.
    if target == Target::Slack
        && let Ok(shown) = masked(place.url()).parse()
    {
        delivery.message.target = path(&shown);
    }
    delivery
}

/// The signed request.
fn request(
    sender: &Sender,
    endpoint: &Endpoint,
    happened: &Happened,
    due: &Due,
    url: &Url,
) -> Result<Message, ComposeError> {
    let now = sender.clock.now();
    let occasion = Occasion {
        id: &due.delivery_id,
        now,
        url: url.as_str(),
    };
    let mut message = compose::request(
        &endpoint.provider,
        &happened.event,
        Bytes::clone(&happened.occurrence.payload),
        endpoint.signing(),
        occasion,
        &sender.filler(now),
    )?;
    aim(&mut message, &path(url));
    Ok(message)
}

/// Path and query of a URL.
fn path(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Posts a request.
async fn post(
    sender: &Sender,
    endpoint: &Endpoint,
    happened: &Happened,
    (number, place): (u32, &Place),
    mut message: Message,
) -> Delivery {
    name_agent(&mut message);
    let timeout = endpoint.policy.timeout.map_or(TIMEOUT, |own| own.0);
    match (sender.pool.attempt(&message, place, number, timeout)).await {
        Ok(attempt) => {
            let mut delivery = recorded(&endpoint.provider, &happened.event, message);
            delivery.message.headers = sent_headers(&delivery.message.headers, place.host());
            delivery.at = attempt.at;
            delivery.attempts = vec![attempt];
            delivery
        }
        Err(error) => unsent(sender, endpoint, happened, (number, error.to_string())),
    }
}

/// What the log keeps of a request that could not be made.
fn unsent(
    sender: &Sender,
    endpoint: &Endpoint,
    happened: &Happened,
    (number, failure): (u32, String),
) -> Delivery {
    let at = sender.clock.now();
    let message = Message::post(Headers::new(), Bytes::clone(&happened.occurrence.payload));
    let mut delivery = recorded(&endpoint.provider, &happened.event, message);
    delivery.at = at;
    delivery.attempts = vec![Attempt {
        number,
        at,
        url: (endpoint.place.as_ref()).map_or_else(String::new, |own| masked(own.url())),
        result: Err(Failure {
            kind: FailureKind::Connect,
            message: failure,
        }),
        latency: std::time::Duration::ZERO,
    }];
    delivery
}
