//! `POST /events`: something happened.

use serde_json::{Map, Value, json};

use super::Api;
use super::problem::Problem;
use super::request::Request;
use crate::core::compose;
use crate::core::serve::origin;
use crate::core::serve::scope::Scope;
use crate::core::serve::subscription::Listed;
use crate::log::{Change, Occurrence, Wanted};
use crate::receive::server::Reply;
use crate::serve::webhooks;

/// What there may be.
const NAMES: [&str; 4] = ["provider", "event", "repository", "payload"];

/// Takes an event: `{"provider", "event", "repository", "payload"}`, a sample where there is no payload. It
/// is answered once it is on disk.
pub(super) async fn answer(api: &Api, request: Request<'_>) -> Result<Reply, Problem> {
    if request.method() != "POST" {
        return Err(Problem::method("POST"));
    }
    let (occurrence, webhooks) = read(api, &request.object()?)?;
    let answer = |id| {
        json!({
            "id": id,
            "provider": occurrence.provider,
            "event": occurrence.event,
            "repository": occurrence.scope.as_str(),
            "webhooks": webhooks,
        })
    };
    let receipt = api
        .sender
        .record(Change::Happened(occurrence.clone()))
        .await;
    Ok(Reply::json(202, &answer(receipt.id)))
}

/// The event, and how many webhooks take it.
fn read(api: &Api, object: &Map<String, Value>) -> Result<(Occurrence, usize), Problem> {
    if let Some(name) = object.keys().find(|own| !NAMES.contains(&own.as_str())) {
        let message = format!("no such field; there are: {}", NAMES.join(", "));
        return Err(Problem::unprocessable(name, message));
    }
    let text = |name: &str| -> Result<Option<&str>, Problem> {
        let value = object.get(name).filter(|own| !own.is_null());
        let text = value.map(|own| own.as_str().ok_or(name)).transpose();
        text.map_err(|name| Problem::unprocessable(name, format!("expected a text: `{name}`")))
    };
    let needed = |name: &str| -> Result<&str, Problem> {
        text(name)?.ok_or_else(|| Problem::unprocessable(name, format!("is missing: `{name}`")))
    };
    let provider = api.provider(needed("provider")?)?;
    let name = needed("event")?;
    let event = provider.event(name).ok_or_else(|| {
        let message = format!("{} has no such event: `{name}`", provider.name);
        Problem::unprocessable("event", message)
    })?;
    let named: Option<Scope> = text("repository")?
        .map(str::parse)
        .transpose()
        .map_err(|error: String| Problem::unprocessable("repository", error))?;
    let now = api.sender.clock.now();
    // Where it is not said, it is the payload's own.
    let own = object.get("payload").map(origin::repository);
    let payload = if let Some(payload) = object.get("payload") {
        compose::as_sent(&provider, event, payload.to_string().into_bytes())
    } else {
        let filler = api.sender.filler(now);
        let id = compose::delivery_id(&provider, &filler);
        let id = id.map_err(|error| Problem::unprocessable("event", error.to_string()))?;
        let scope = named.clone().unwrap_or_default();
        let sample = webhooks::sample(&provider, event, &scope, &id, &filler);
        sample.map_err(|unfit| Problem::unfit(&unfit, |_| None))?
    };
    let occurrence = Occurrence {
        at: now,
        provider: provider.id.clone(),
        event: event.wire().to_owned(),
        scope: named.or(own).unwrap_or_default(),
        payload: payload.into(),
    };
    let wanted = Wanted {
        provider: Some(&provider.id),
        ..Wanted::default()
    };
    let all = api.log().subscriptions(wanted, u32::MAX)?;
    let takes = |own: &&Listed| {
        let own = &own.subscription;
        own.takes(&occurrence.provider, &occurrence.event, &occurrence.scope)
    };
    let webhooks = all.iter().filter(takes).count();
    Ok((occurrence, webhooks))
}
