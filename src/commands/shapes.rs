//! `listen --watch-shape`: each payload's shape against those before it of the same event, in this run
//! and in the log, and against the event's schema.
//!
//! It works on the printer's thread, so that receiving does not wait for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::validate;
use crate::core::delivery::Delivery;
use crate::core::message::Message;
use crate::core::recent::Recent;
use crate::core::schema::{Problem, ProblemKind};
use crate::core::shape::{Change, ChangeKind, Shape};
use crate::log::Log;
use crate::providers::Catalog;

/// A larger body is not looked at.
const LARGEST: usize = 1 << 20;
/// So many deliveries of an event are read from the log.
const RECORDED: u32 = 20;
/// They are looked for among so many of the newest.
const WINDOW: i64 = 10_000;
/// So many events are remembered; beyond, the oldest is forgotten.
const EVENTS: usize = 256;
/// So many changes are told in lines; more say no more.
const TOLD: usize = 8;

/// What the shapes of events were so far.
pub(super) struct ShapeWatch {
    /// The log, where one is kept.
    pub(super) log: Option<Log>,
    /// The catalogue whose schemas payloads are held against, unless that is told anyway.
    pub(super) schemas: Option<Arc<Catalog>>,
    seen: Recent<Key, Option<Seen>>,
}

/// Deliveries of the same kind: provider and event; where no event is known, the target.
type Key = (Option<String>, Option<String>, Option<String>);

#[derive(Default)]
struct Seen {
    /// Of all before.
    shape: Option<Shape>,
    /// Of those of this run that were held against the schema.
    validated: Option<Shape>,
    /// What was told of the schema.
    told: BTreeSet<(&'static str, String)>,
    /// How many there were.
    count: u32,
}

/// What is to be told of one delivery's shape.
#[derive(Default)]
pub(super) struct Observed {
    changes: Vec<Change>,
    problems: Vec<Problem>,
    /// With how many it was compared.
    compared: u32,
}

impl ShapeWatch {
    pub(super) fn new(log: Option<Log>, schemas: Option<Arc<Catalog>>) -> Self {
        Self {
            log,
            schemas,
            seen: Recent::new(EVENTS),
        }
    }

    /// Looks at a delivery and remembers it. What is invalid is not looked at, as anybody can forge
    /// it; nor what has no payload that could be read. Without time, an event not met before is not.
    pub(super) fn look(&mut self, delivery: &Delivery, has_time: bool) -> Option<Observed> {
        let judgement = delivery.judgement.as_ref();
        if judgement.is_some_and(|own| own.verdict == "invalid") {
            return None;
        }
        let shape = shape_of(&delivery.message)?;
        let event = &delivery.event;
        let target = &delivery.message.target;
        let key = (
            delivery.provider.clone(),
            event.clone(),
            event.is_none().then(|| target.clone()),
        );
        let known = self.seen.get(&key).is_some_and(Option::is_some);
        if !known && !has_time {
            return None;
        }
        let mut seen = match self.seen.value(&key).take() {
            Some(seen) => seen,
            None => recorded(self.log.as_ref(), delivery),
        };
        let before = seen.shape.as_ref();
        let mut observed = Observed {
            changes: before.map(|own| own.changes(&shape)).unwrap_or_default(),
            problems: Vec::new(),
            compared: seen.count,
        };
        if let Some(catalog) = &self.schemas {
            observed.problems = against_schema(&mut seen, &shape, delivery, catalog);
        }
        seen.shape = Some(merged(seen.shape.as_ref(), &shape));
        seen.count = seen.count.saturating_add(1);
        *self.seen.value(&key) = Some(seen);
        Some(observed)
    }
}

/// The payload's shape, where it has one that can be read.
fn shape_of(message: &Message) -> Option<Shape> {
    let is_small = message.body.len() <= LARGEST;
    let payload = is_small.then(|| validate::payload(message))??;
    Some(Shape::of(&payload))
}

fn merged(before: Option<&Shape>, now: &Shape) -> Shape {
    before.map_or_else(|| now.clone(), |own| own.merge(now))
}

/// What the log has of a delivery's event before it. A log that cannot be read has nothing.
fn recorded(log: Option<&Log>, delivery: &Delivery) -> Seen {
    let messages = log
        .and_then(|own| own.like(delivery, RECORDED, WINDOW, LARGEST).ok())
        .unwrap_or_default();
    let mut seen = Seen::default();
    for shape in messages.iter().filter_map(shape_of) {
        seen.shape = Some(merged(seen.shape.as_ref(), &shape));
        seen.count += 1;
    }
    seen
}

/// What was not told yet of how the payload differs from its schema; no values, which are no shape. A
/// shape that was held against it before has nothing new.
fn against_schema(
    seen: &mut Seen,
    shape: &Shape,
    delivery: &Delivery,
    catalog: &Catalog,
) -> Vec<Problem> {
    let all = merged(seen.validated.as_ref(), shape);
    if seen.validated.as_ref() == Some(&all) {
        return Vec::new();
    }
    seen.validated = Some(all);
    let (provider, event) = (delivery.provider.as_deref(), delivery.event.as_deref());
    let found = validate::of_delivery(catalog, provider, event, &delivery.message);
    let mut found = found.unwrap_or_default();
    found.retain(|own| {
        own.kind != ProblemKind::Value
            && seen
                .told
                .insert((own.kind.slug(), without_indices(&own.place)))
    });
    found
}

/// A JSON pointer that is the same for all items of a list.
fn without_indices(pointer: &str) -> String {
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    let steps = pointer.split('/');
    let steps = steps.map(|step| if is_index(step) { "*" } else { step });
    steps.collect::<Vec<_>>().join("/")
}

impl Observed {
    /// What is to be told, a line each, not too many: changes first.
    pub(super) fn lines(&self) -> Vec<String> {
        let changes = self.changes.iter().map(ToString::to_string);
        let all = self.changes.len() + self.problems.len();
        let problems = self.problems.iter().map(ToString::to_string);
        let mut lines: Vec<String> = changes.chain(problems).take(TOLD).collect();
        if all > TOLD {
            lines.push(format!("and {} more", all - TOLD));
        }
        lines
    }

    /// The same as an object.
    pub(super) fn as_json(&self) -> Value {
        json!({
            "compared": self.compared,
            "changes": self.changes.iter().map(change).collect::<Value>(),
            "problems": validate::as_json(&self.problems),
        })
    }
}

fn change(change: &Change) -> Value {
    let mut value = json!({ "kind": change.kind.word(), "place": change.place });
    let (types, from) = match change.kind {
        ChangeKind::New(types) | ChangeKind::Gone(types) | ChangeKind::Nullable(types) => {
            (types, None)
        }
        ChangeKind::Retyped(from, to) => (to, Some(from)),
    };
    value["types"] = types.names().collect();
    if let Some(from) = from {
        value["from"] = from.names().collect();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::delivery::{Direction, Judgement};
    use crate::core::message::Headers;
    use crate::core::verdict::{Reason, Verdict, Why};

    fn delivery(event: &str, body: &str) -> Delivery {
        let verdict = Verdict::Unverifiable(Why::NoSecret);
        Delivery {
            id: Some(1),
            provider: Some("statly".into()),
            event: Some(event.into()),
            judgement: Some(Judgement::new(&verdict, None)),
            ..Delivery::new(
                Direction::Received,
                jiff::Timestamp::UNIX_EPOCH,
                Message::post(Headers::new(), body.to_owned()),
            )
        }
    }

    #[test]
    fn each_event_has_a_shape_of_its_own() {
        let mut watch = ShapeWatch::new(None, None);
        let mut told = |event: &str, body: &str| {
            let found = watch.look(&delivery(event, body), true);
            found.map(|own| (own.compared, own.lines()))
        };
        assert_eq!(told("a", r#"{"x":1}"#), Some((0, vec![])));
        assert_eq!(told("b", r#"{"y":1}"#), Some((0, vec![])));
        let wanted = vec!["retyped payload.x (number → string)".to_owned()];
        assert_eq!(told("a", r#"{"x":"1"}"#), Some((1, wanted)));
        assert_eq!(told("a", r#"{"x":1}"#), Some((2, vec![])));
        assert_eq!(told("a", "no payload"), None);
        let large = format!("[{}1]", " ".repeat(LARGEST));
        assert_eq!(told("a", &large), None);
    }

    #[test]
    fn what_is_forged_shapes_nothing() {
        let mut watch = ShapeWatch::new(None, None);
        let mut forged = delivery("a", r#"{"y":1}"#);
        let verdict = Verdict::Invalid(Reason::Mismatch);
        forged.judgement = Some(Judgement::new(&verdict, None));
        watch
            .look(&delivery("a", r#"{"x":1}"#), true)
            .expect("looked at");
        assert!(watch.look(&forged, true).is_none());
        let again = watch.look(&delivery("a", r#"{"x":1}"#), true);
        assert_eq!(again.map(|own| own.lines()), Some(vec![]));
    }

    #[test]
    fn under_a_flood_only_events_met_before_are_looked_at() {
        let mut watch = ShapeWatch::new(None, None);
        let own = delivery("a", r#"{"x":1}"#);
        assert!(watch.look(&own, false).is_none());
        assert!(watch.look(&own, true).is_some());
        assert!(watch.look(&own, false).is_some_and(|own| own.compared == 1));
    }

    #[test]
    fn what_differs_from_the_schema_is_told_once() {
        let catalog = Arc::new(Catalog::default());
        let mut watch = ShapeWatch::new(None, Some(catalog));
        let mut told = |body: &str| {
            let found = watch.look(&delivery("push", body), true);
            found.map(|own| own.lines()).unwrap_or_default()
        };
        let first = told(r#"{"event":"push","own":[{"a":1}]}"#);
        assert!(
            first.contains(&"not in the schema: `/own`".to_owned()),
            "{first:?}"
        );
        assert_eq!(told(r#"{"event":"push","own":[{"a":1}]}"#), [""; 0]);
        let next = told(r#"{"event":"push","own":[],"other":1}"#);
        let wanted = ["new payload.other (number)", "not in the schema: `/other`"];
        assert_eq!(next, wanted);
        assert_eq!(without_indices("/a/12/b"), "/a/*/b");
    }

    #[test]
    fn not_too_much_is_told() {
        let mut watch = ShapeWatch::new(None, None);
        watch.look(&delivery("a", "{}"), true).expect("looked at");
        let fields: Vec<String> = (0..20).map(|key| format!("\"k{key}\":1")).collect();
        let body = format!("{{{}}}", fields.join(","));
        let found = watch.look(&delivery("a", &body), true).expect("looked at");
        assert_eq!(
            found.lines().last().map(String::as_str),
            Some("and 12 more")
        );
        assert_eq!(
            found.as_json()["changes"].as_array().map(Vec::len),
            Some(20)
        );
    }
}
