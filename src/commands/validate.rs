//! A delivery held against its event's JSON Schema, for `--validate` and for what `send` is given.

use serde_json::{Value, json};

use crate::core::event::View;
use crate::core::message::Message;
use crate::core::provider::{Event, Provider};
use crate::core::schema::{Problem, ProblemKind, problems};
use crate::providers::Catalog;
use crate::ui::Ui;

/// So many problems are told; more say no more.
const TOLD: usize = 8;

/// The payload of a message: JSON, or the fields of a form.
pub(super) fn payload(message: &Message) -> Option<Value> {
    if let Some(json) = View::new(message).json() {
        return Some(json.clone());
    }
    let form = message.headers.text("content-type")?;
    form.starts_with("application/x-www-form-urlencoded")
        .then(|| {
            form_urlencoded::parse(&message.body)
                .map(|(name, value)| (name.into_owned(), Value::from(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
}

/// What a payload lacks or has beside its event's schema. Of an event without a schema, nothing is
/// known: `None`.
pub(super) fn of_event(
    provider: &Provider,
    event: &Event,
    message: &Message,
) -> Option<Vec<Problem>> {
    let schema = provider.schema(event).ok()?;
    let Some(payload) = payload(message) else {
        return Some(vec![Problem {
            place: String::new(),
            kind: ProblemKind::Type("JSON".to_owned()),
        }]);
    };
    problems(&schema, &payload).ok()
}

/// The same by the names that detection found.
pub(super) fn of_delivery(
    catalog: &Catalog,
    provider: Option<&str>,
    event: Option<&str>,
    message: &Message,
) -> Option<Vec<Problem>> {
    let provider = catalog.whole(provider?).ok()?;
    let event = provider.event(event?)?;
    of_event(&provider, event, message)
}

/// The problems as JSON.
pub(super) fn as_json(found: &[Problem]) -> Value {
    found
        .iter()
        .map(|problem| json!({ "kind": problem.kind.slug(), "place": problem.place, "detail": problem.to_string() }))
        .collect()
}

/// The problems as lines, not too many.
pub(super) fn lines(found: &[Problem]) -> Vec<String> {
    let mut lines: Vec<String> = found.iter().take(TOLD).map(ToString::to_string).collect();
    if found.len() > TOLD {
        lines.push(format!("and {} more", found.len() - TOLD));
    }
    lines
}

/// What came of holding a payload against its event's schema.
pub(super) enum Validation {
    /// It was not asked for.
    NotAsked,
    /// No schema of the event is known.
    NoSchema,
    /// What the payload lacks or has beside the schema.
    Held(Vec<Problem>),
}

impl Validation {
    /// Whether a handler written for the schema could stumble.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Held(problems) if is_broken(problems))
    }
}

/// Warns of what differs from the schema.
pub(super) fn warn(found: &[Problem], event: &str, ui: Ui) {
    for line in lines(found) {
        ui.warn(&format!(
            "payload differs from the schema of `{event}`: {line}"
        ));
    }
}

/// Whether a handler written for the schema could stumble: new fields alone are no reason.
pub(super) fn is_broken(found: &[Problem]) -> bool {
    found.iter().any(|problem| problem.kind != ProblemKind::New)
}
