//! Webhooks and what is sent to them: a table, one in full, lines as it happens, JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{self, Look};
use super::line::visible_width;
use super::table::Table;
use super::{Paint, json as show_json, sanitize};
use crate::core::serve::dispatch::{Dispatch, Standing, Told};
use crate::core::serve::pace::Turn;
use crate::core::serve::subscription::{Listed, Target};

/// Webhooks in a table.
#[must_use]
pub fn table(webhooks: &[Listed], paint: Paint) -> Table {
    let mut table = Table::new(&[
        "id",
        "provider",
        "repository",
        "events",
        "to",
        "state",
        "sent",
        "failed",
    ]);
    table.yielding(&["repository", "events", "to"]);
    for listed in webhooks {
        let own = &listed.subscription;
        table.row(vec![
            own.id.to_string(),
            sanitize::name(&own.provider).into_owned(),
            sanitize::line(&own.scope.to_string()).into_owned(),
            sanitize::line(&own.events.to_string()).into_owned(),
            to(listed),
            if own.active {
                paint.green("active")
            } else {
                paint.yellow("inactive")
            },
            listed.deliveries.to_string(),
            listed.failures.to_string(),
        ]);
    }
    table
}

/// Where it goes, and how if that is not the usual way.
fn to(listed: &Listed) -> String {
    let own = &listed.subscription;
    let address = sanitize::line(&own.shown()).into_owned();
    match own.target {
        Target::Json => address,
        other => format!("{other} {address}"),
    }
}

/// A webhook in full.
#[must_use]
pub fn full(listed: &Listed, paint: Paint) -> String {
    let own = &listed.subscription;
    let or_the_providers = |own: Option<String>| own.unwrap_or_else(|| "the provider's".to_owned());
    let interval = own.retry_interval.map(crate::core::retry::Span);
    let rows = [
        ("webhook", own.id.to_string()),
        ("provider", sanitize::name(&own.provider).into_owned()),
        (
            "repository",
            sanitize::line(&own.scope.to_string()).into_owned(),
        ),
        ("to", to(listed)),
        (
            "events",
            sanitize::line(&own.events.to_string()).into_owned(),
        ),
        (
            "state",
            if own.active { "active" } else { "inactive" }.to_owned(),
        ),
        (
            "secret",
            if own.secret.is_some() { "set" } else { "none" }.to_owned(),
        ),
        (
            "retries",
            or_the_providers(own.max_retries.map(|own| own.to_string())),
        ),
        (
            "interval",
            or_the_providers(interval.map(|own| own.to_string())),
        ),
        ("created", listed.created.to_string()),
        (
            "deliveries",
            format!("{}, {} failed", listed.deliveries, listed.failures),
        ),
    ];
    let line = |(label, value): &(&str, String)| {
        format!("{}  {value}", paint.dim(&format!("{label:<10}")))
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Deliveries to a webhook in a table.
#[must_use]
pub fn deliveries(found: &[Dispatch], paint: Paint) -> Table {
    let mut table = Table::new(&[
        "at", "event", "state", "answer", "took", "attempts", "log", "id",
    ]);
    table.yielding(&["event", "id"]);
    for own in found {
        let text = |own: Option<String>| own.unwrap_or_else(|| "-".to_owned());
        table.row(vec![
            text(own.attempted.map(|at| format!("{at:.0}"))),
            sanitize::name(&own.event).into_owned(),
            state(own, paint),
            text(
                own.status
                    .map(|own| own.to_string())
                    .or_else(|| own.error.clone()),
            ),
            text(own.latency.map(event::span)),
            own.attempts.to_string(),
            text(own.delivery.map(|own| format!("#{own}"))),
            sanitize::name(&own.delivery_id).into_owned(),
        ]);
    }
    table
}

fn state(own: &Dispatch, paint: Paint) -> String {
    match own.standing {
        Standing::Delivered => paint.green("delivered"),
        Standing::Failed => paint.red("failed"),
        Standing::Pending(_) if own.attempts > 0 => paint.yellow("retrying"),
        Standing::Pending(_) => "pending".to_owned(),
    }
}

/// A webhook as JSON. Its secret is not told.
#[must_use]
pub fn as_json(listed: &Listed) -> Value {
    let own = &listed.subscription;
    json!({
        "v": 1,
        "type": "webhook",
        "id": own.id,
        "provider": own.provider,
        "repository": own.scope.as_str(),
        "target": own.target.as_str(),
        "url": own.shown(),
        "events": own.events.iter().collect::<Vec<_>>(),
        "active": own.active,
        "has_secret": own.secret.is_some(),
        "content_type": own.content_type,
        "max_retries": own.max_retries,
        "retry_interval": own.retry_interval.map(|own| own.as_secs_f64()),
        "created_at": listed.created.to_string(),
        "deliveries": listed.deliveries,
        "failures": listed.failures,
        "last_delivery_at": listed.last.map(|own| own.to_string()),
    })
}

/// What `serve` tells, for a person.
#[must_use]
pub fn told(told: &Told, now: Timestamp, look: &Look) -> String {
    let paint = look.paint;
    match told {
        Told::FannedOut {
            provider,
            event,
            scope,
            webhooks,
        } => {
            let clock = now.to_zoned(look.zone.clone()).strftime("%H:%M:%S%.3f");
            let name = format!("{} {}", sanitize::name(provider), sanitize::name(event));
            let to = match webhooks {
                0 => paint.yellow("no webhook takes it"),
                1 => "to 1 webhook".to_owned(),
                many => format!("to {many} webhooks"),
            };
            let parts = [
                paint.dim(&clock.to_string()),
                paint.cyan("==>"),
                paint.bold(&name),
                sanitize::line(&scope.to_string()).into_owned(),
                to,
            ];
            parts.join("  ")
        }
        Told::Attempted {
            delivery, standing, ..
        } => {
            let Some(attempt) = delivery.attempts.last() else {
                return event::name(delivery);
            };
            let follows = match standing {
                Standing::Delivered => return event::attempt(delivery, attempt, look),
                Standing::Failed => paint.red("given up"),
                Standing::Pending(due) => {
                    let wait = std::time::Duration::try_from(due.duration_since(now));
                    let wait = event::span(wait.unwrap_or_default());
                    paint.yellow(&format!("again in {wait}"))
                }
            };
            let narrower = Look {
                width: (look.width).saturating_sub(visible_width(&follows) + 2),
                ..look.clone()
            };
            let text = event::attempt(delivery, attempt, &narrower);
            match text.split_once('\n') {
                Some((first, rest)) => format!("{first}  {follows}\n{rest}"),
                None => format!("{text}  {follows}"),
            }
        }
        Told::Turned {
            subscription,
            address,
            turn,
        } => {
            let who = format!("webhook {subscription} {}", sanitize::line(address));
            match turn {
                Turn::Paused { until, failures } => {
                    let until = until.to_zoned(look.zone.clone()).strftime("%H:%M:%S");
                    paint.yellow(&format!(
                        "{who} is paused until {until}: {failures} attempts failed in turn"
                    ))
                }
                Turn::Resumed => paint.green(&format!("{who} answers again")),
            }
        }
        Told::Trouble(text) => sanitize::line(text).into_owned(),
    }
}

/// The same for a program.
#[must_use]
pub fn told_as_json(told: &Told) -> Value {
    match told {
        Told::FannedOut {
            provider,
            event,
            scope,
            webhooks,
        } => json!({
            "v": 1,
            "type": "event",
            "provider": provider,
            "event": event,
            "repository": scope.as_str(),
            "webhooks": webhooks,
        }),
        Told::Attempted {
            delivery,
            subscription,
            standing,
        } => {
            let mut value = show_json::delivery(delivery);
            let next = match standing {
                Standing::Pending(due) => Some(due.to_string()),
                Standing::Delivered | Standing::Failed => None,
            };
            value["webhook"] = json!(subscription);
            value["next_attempt_at"] = json!(next);
            value["state"] = json!(match standing {
                Standing::Delivered => "delivered",
                Standing::Failed => "failed",
                Standing::Pending(_) => "retrying",
            });
            value
        }
        Told::Turned {
            subscription, turn, ..
        } => {
            let (state, until) = match turn {
                Turn::Paused { until, .. } => ("paused", Some(until.to_string())),
                Turn::Resumed => ("resumed", None),
            };
            json!({
                "v": 1, "type": "webhook_state", "webhook": subscription, "state": state,
                "until": until,
            })
        }
        Told::Trouble(text) => json!({ "v": 1, "type": "trouble", "message": text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Attempt, Delivery, Direction, Failure, FailureKind};
    use crate::core::message::{Headers, Message};

    fn attempted(standing: Standing) -> Told {
        let at = Timestamp::UNIX_EPOCH;
        let delivery = Delivery {
            id: Some(7),
            provider: Some("statly".to_owned()),
            event: Some("push".to_owned()),
            attempts: vec![Attempt {
                number: 2,
                at,
                url: format!("http://localhost/{}", "x".repeat(100)),
                result: Err(Failure {
                    kind: FailureKind::Connect,
                    message: "refused\u{1b}[2J".to_owned(),
                }),
                latency: std::time::Duration::from_millis(3),
            }],
            ..Delivery::new(Direction::Sent, at, Message::post(Headers::new(), "{}"))
        };
        Told::Attempted {
            delivery: Box::new(delivery),
            subscription: 1,
            standing,
        }
    }

    #[test]
    fn a_line_says_what_follows_and_fits() {
        let look = Look {
            paint: Paint::new(false),
            zone: jiff::tz::TimeZone::UTC,
            body_lines: 0,
            headers: false,
            width: 80,
        };
        let now = Timestamp::UNIX_EPOCH;
        let due = Timestamp::from_second(60).expect("in range");
        for (standing, said) in [
            (Standing::Pending(due), "again in 60.0 s"),
            (Standing::Failed, "given up"),
        ] {
            let text = told(&attempted(standing), now, &look);
            let first = text.lines().next().expect("a line");
            assert!(first.ends_with(said), "{text}");
            assert!(visible_width(first) <= 80, "{text}");
            assert!(!text.contains('\u{1b}'), "{text}");
        }
        assert_eq!(
            told_as_json(&attempted(Standing::Failed))["state"],
            "failed"
        );
    }
}
