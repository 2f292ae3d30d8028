//! A webhook's settings under the names a provider gives them: read and written by one table.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::problem::Problem;
use crate::core::provider::Provider;
use crate::core::retry::Schedule;
use crate::core::secret::Secret;
use crate::core::serve::selection::Selection;
use crate::core::serve::subscription::Subscription;

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Url,
    Secret,
    ContentType,
    Events,
    Active,
    MaxRetries,
    RetryInterval,
}

/// The settings of a provider's webhooks, by the names they have there.
pub(super) type Names = &'static [(&'static str, Setting)];

/// What the provider calls a setting that the commands call so.
pub(super) fn named(names: Names, setting: &str) -> Option<&'static str> {
    let wanted = match setting {
        "url" => Setting::Url,
        "events" => Setting::Events,
        "content-type" => Setting::ContentType,
        "secret" => Setting::Secret,
        "max-retries" => Setting::MaxRetries,
        _ => return None,
    };
    let found = names.iter().find(|(_, own)| *own == wanted);
    found.map(|(name, _)| *name)
}

/// Sets what an object has; `required` must be there.
pub(super) fn set(
    own: &mut Subscription,
    names: Names,
    object: &Map<String, Value>,
    required: &[&str],
) -> Result<(), Problem> {
    if let Some(name) = required.iter().find(|name| !object.contains_key(**name)) {
        return Err(Problem::unprocessable(
            name,
            format!("is missing: `{name}`"),
        ));
    }
    for (name, value) in object {
        // A slip would otherwise be taken for a setting that does not work.
        let setting = names.iter().find(|(known, _)| known == name);
        let Some((_, setting)) = setting else {
            let known: Vec<&str> = names.iter().map(|(known, _)| *known).collect();
            let message = format!("no such setting; there are: {}", known.join(", "));
            return Err(Problem::unprocessable(name, message));
        };
        set_one(own, *setting, value).map_err(|expected| {
            Problem::unprocessable(name, format!("expected {expected}: `{name}`"))
        })?;
    }
    Ok(())
}

fn set_one(own: &mut Subscription, setting: Setting, value: &Value) -> Result<(), String> {
    let text = || value.as_str().ok_or_else(|| "a text".to_owned());
    match setting {
        Setting::Url => text()?.clone_into(&mut own.address),
        Setting::Secret => {
            own.secret = match value {
                Value::Null => None,
                _ => Some(Secret::new(text()?)),
            };
        }
        Setting::ContentType => text()?.clone_into(&mut own.content_type),
        Setting::Events => {
            let all = value.as_array().ok_or("a list of events")?;
            let all = all.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
            own.events = Selection::of(all.ok_or("a list of texts")?)?;
        }
        Setting::Active => own.active = value.as_bool().ok_or("true or false")?,
        Setting::MaxRetries => {
            let count = value.as_u64().and_then(|own| u32::try_from(own).ok());
            own.max_retries = Some(count.ok_or("a whole number")?);
        }
        Setting::RetryInterval => {
            let seconds = value.as_u64().ok_or("whole seconds")?;
            own.retry_interval = Some(Duration::from_secs(seconds));
        }
    }
    Ok(())
}

/// The settings, those left to the provider as it has them. A secret is never told.
pub(super) fn settings(
    own: &Subscription,
    names: Names,
    provider: &Provider,
) -> Map<String, Value> {
    let usual = match &provider.delivery.retry {
        Some(Schedule::Multiples {
            interval, retries, ..
        }) => Some((interval.0, *retries)),
        _ => None,
    };
    let mut object = Map::new();
    for (name, setting) in names {
        let value = match setting {
            Setting::Secret => continue,
            Setting::Url => json!(own.shown()),
            Setting::ContentType => json!(own.content_type),
            Setting::Events => json!(own.events.iter().collect::<Vec<_>>()),
            Setting::Active => json!(own.active),
            Setting::MaxRetries => json!(own.max_retries.or(usual.map(|own| own.1))),
            Setting::RetryInterval => {
                let interval = own.retry_interval.or(usual.map(|own| own.0));
                json!(interval.map(|own| own.as_secs()))
            }
        };
        object.insert((*name).to_owned(), value);
    }
    object
}
