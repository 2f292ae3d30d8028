//! Statly's webhooks: every path and every field its document has, by the names it has there.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Api;
use super::problem::Problem;
use super::request::Request;
use super::shape::{self, Names, Setting};
use crate::core::provider::Provider;
use crate::core::serve::dispatch::{Dispatch, Standing};
use crate::core::serve::scope::Scope;
use crate::core::serve::subscription::{Listed, Subscription};
use crate::log::{Log, Wanted};
use crate::receive::server::Reply;
use crate::serve::webhooks;

/// The table "Webhook Configuration".
const NAMES: Names = &[
    ("url", Setting::Url),
    ("events", Setting::Events),
    ("isActive", Setting::Active),
    ("contentType", Setting::ContentType),
    ("maxRetries", Setting::MaxRetries),
    ("retryIntervalSeconds", Setting::RetryInterval),
    ("secret", Setting::Secret),
];
/// What stands before a webhook's number.
const PREFIX: &str = "webhook_";

/// Answers what is asked of a repository's webhooks.
pub(super) fn answer(
    api: &Api,
    provider: &Provider,
    request: Request<'_>,
    (org, repo): (&str, &str),
    rest: &[&str],
) -> Result<Reply, Problem> {
    let scope: Scope = format!("{org}/{repo}")
        .parse()
        .map_err(|_| Problem::not_found("repository"))?;
    let hooks = Hooks {
        api,
        provider,
        scope,
    };
    match (request.method(), rest) {
        ("GET", []) => hooks.list(request),
        ("POST", []) => hooks.create(request),
        ("PATCH", [id]) => hooks.update(request, id),
        ("DELETE", [id]) => hooks.delete(id),
        ("POST", [id, "test"]) => hooks.test(id),
        ("GET", [id, "deliveries"]) => hooks.deliveries(request, id),
        ("POST", [id, "deliveries", delivery, "redeliver"]) => hooks.redeliver(id, delivery),
        (_, []) => Err(Problem::method("GET, POST")),
        (_, [_]) => Err(Problem::method("PATCH, DELETE")),
        (_, [_, "test"] | [_, "deliveries", _, "redeliver"]) => Err(Problem::method("POST")),
        (_, [_, "deliveries"]) => Err(Problem::method("GET")),
        _ => Err(Problem::not_found("path")),
    }
}

/// The webhooks of one repository.
struct Hooks<'a> {
    api: &'a Api,
    provider: &'a Provider,
    scope: Scope,
}

impl Hooks<'_> {
    fn list(&self, request: Request<'_>) -> Result<Reply, Problem> {
        let page = request.page()?;
        let wanted = Wanted {
            provider: Some(&self.provider.id),
            scope: Some(self.scope.as_str()),
            after: page.cursor.unwrap_or(0),
        };
        // One more than is told, to know whether there is more.
        let mut found = self.api.log().subscriptions(wanted, page.limit + 1)?;
        let more = cut(&mut found, page.limit);
        let last = found.last().map(|own| own.subscription.id);
        let webhooks: Vec<Value> = found.iter().map(|own| self.webhook(own)).collect();
        let next = last.filter(|_| more).map(|own| own.to_string());
        let answer = json!({ "webhooks": webhooks, "nextCursor": next });
        Ok(Reply::json(200, &answer))
    }

    fn create(&self, request: Request<'_>) -> Result<Reply, Problem> {
        let mut new = Subscription::new(self.provider, "");
        new.scope = self.scope.clone();
        shape::set(&mut new, NAMES, &request.object()?, &["url", "events"])?;
        let (api, now) = (self.api, self.api.sender.clock.now());
        let created = webhooks::create(&api.log(), self.provider, &new, &api.terms, now);
        let created = created.map_err(|unfit| self.problem(&unfit))?;
        Ok(Reply::json(201, &self.webhook(&created)))
    }

    fn update(&self, request: Request<'_>, id: &str) -> Result<Reply, Problem> {
        let object = request.object()?;
        let log = self.api.log();
        let mut own = self.find(&log, id)?.subscription;
        shape::set(&mut own, NAMES, &object, &[])?;
        let changed = webhooks::change(&log, self.provider, &own, &self.api.terms);
        let changed = changed.map_err(|unfit| self.problem(&unfit))?;
        let changed = changed.ok_or_else(|| Problem::not_found("webhook"))?;
        Ok(Reply::json(200, &self.webhook(&changed)))
    }

    fn delete(&self, id: &str) -> Result<Reply, Problem> {
        let log = self.api.log();
        let own = self.find(&log, id)?.subscription;
        if !log.unsubscribe(own.id)? {
            return Err(Problem::not_found("webhook"));
        }
        Ok(Reply {
            status: 204,
            ..Reply::default()
        })
    }

    fn test(&self, id: &str) -> Result<Reply, Problem> {
        let log = self.api.log();
        let own = self.find(&log, id)?.subscription;
        let now = self.api.sender.clock.now();
        let filler = self.api.sender.filler(now);
        let tried = webhooks::try_out(&log, self.provider, &own, &filler, now);
        let (delivery, _) = tried.map_err(|unfit| self.problem(&unfit))?;
        queued(&log, own.id, &delivery)
    }

    fn deliveries(&self, request: Request<'_>, id: &str) -> Result<Reply, Problem> {
        let page = request.page()?;
        let log = self.api.log();
        let own = self.find(&log, id)?.subscription;
        let below = page.cursor.unwrap_or(i64::MAX);
        let mut found = log.dispatches(own.id, below, page.limit + 1)?;
        let more = cut(&mut found, page.limit);
        let last = found.last().map(|own| own.id);
        let deliveries: Vec<Value> = found.iter().map(delivery).collect();
        let next = last.filter(|_| more).map(|own| own.to_string());
        let answer = json!({ "deliveries": deliveries, "nextCursor": next });
        Ok(Reply::json(200, &answer))
    }

    fn redeliver(&self, id: &str, delivery: &str) -> Result<Reply, Problem> {
        let log = self.api.log();
        let own = self.find(&log, id)?.subscription;
        let found = log.dispatch(own.id, delivery)?;
        let found = found.ok_or_else(|| Problem::not_found("delivery"))?;
        log.redeliver(found.id, self.api.sender.clock.now())?;
        queued(&log, own.id, delivery)
    }

    /// The webhook of an id, if it is this repository's.
    fn find(&self, log: &Log, id: &str) -> Result<Listed, Problem> {
        let number = id.strip_prefix(PREFIX).unwrap_or(id).parse().ok();
        let found = number.map(|own| log.subscription(own)).transpose()?;
        let found = found.flatten().filter(|own| {
            let own = &own.subscription;
            own.provider == self.provider.id && own.scope == self.scope
        });
        found.ok_or_else(|| Problem::not_found("webhook"))
    }

    fn webhook(&self, listed: &Listed) -> Value {
        let own = &listed.subscription;
        let mut object = serde_json::Map::new();
        object.insert("id".to_owned(), json!(format!("{PREFIX}{}", own.id)));
        object.extend(shape::settings(own, NAMES, self.provider));
        object.insert("deliveryCount".to_owned(), json!(listed.deliveries));
        object.insert("failureCount".to_owned(), json!(listed.failures));
        object.insert("lastDeliveryAt".to_owned(), json!(listed.last.map(time)));
        object.insert("createdAt".to_owned(), json!(time(listed.created)));
        Value::Object(object)
    }

    fn problem(&self, unfit: &webhooks::Unfit) -> Problem {
        if let webhooks::Unfit::Log(error) = unfit {
            self.api.trouble(format!("cannot keep a webhook: {error}"));
        }
        Problem::unfit(unfit, |setting| shape::named(NAMES, setting))
    }
}

/// A delivery that is to be made.
fn queued(log: &Log, webhook: i64, id: &str) -> Result<Reply, Problem> {
    let found = log.dispatch(webhook, id)?;
    let found = found.ok_or_else(|| Problem::not_found("delivery"))?;
    Ok(Reply::json(202, &delivery(&found)))
}

fn delivery(own: &Dispatch) -> Value {
    json!({
        "id": own.delivery_id,
        "event": own.event,
        "status": match own.standing {
            Standing::Delivered => "success",
            Standing::Failed => "failed",
            Standing::Pending(_) if own.attempts > 0 => "retrying",
            Standing::Pending(_) => "pending",
        },
        "responseCode": own.status,
        "durationMs": own.latency.map(|own| u64::try_from(own.as_millis()).unwrap_or(u64::MAX)),
        "attempt": own.attempts,
        "deliveredAt": own.attempted.map(time),
        "error": own.error,
    })
}

/// As the document writes times: whole seconds.
fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// Cuts a list to a length; whether there was more.
fn cut<T>(list: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = list.len() > limit;
    list.truncate(limit);
    more
}
