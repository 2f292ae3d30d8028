//! Sample payloads: templates filled in repeatably, and `path=value` edits.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use minijinja::{Environment, Error as TemplateError, UndefinedBehavior, context};
use serde_json::Value;
use thiserror::Error;

use super::provider::Event;
use super::random::Random;

/// Fills in templates: `{{ now() }}`, `{{ unix() }}`, `{{ unix_ms() }}`, `{{ hex(40) }}`,
/// `{{ base36(16) }}`, `{{ uuid() }}`, `{{ number(1, 9999) }}`, and the names given to
/// [`Filler::fill`].
///
/// Values are drawn from one [`Random`] and one instant, so the same seed and time give the same
/// bytes. `now(-90)` is 90 seconds ago.
pub struct Filler {
    environment: Environment<'static>,
    random: Arc<Mutex<Random>>,
}

/// What a template may name beside the functions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// `{{ event }}`: the event's name as the provider writes it.
    pub event: &'a str,
    /// `{{ delivery_id }}`
    pub delivery_id: &'a str,
}

impl Filler {
    /// A filler for one instant and one stream of random values.
    #[must_use]
    pub fn new(now: Timestamp, random: Random) -> Self {
        let random = Arc::new(Mutex::new(random));
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let at = move |offset: Option<i64>| {
            let offset = SignedDuration::from_secs(offset.unwrap_or(0));
            now.checked_add(offset).unwrap_or(now)
        };
        environment.add_function("now", move |offset: Option<i64>| {
            format!("{:.0}", at(offset))
        });
        environment.add_function("unix", move |offset: Option<i64>| at(offset).as_second());
        environment.add_function("unix_ms", move |offset: Option<i64>| {
            at(offset).as_millisecond()
        });
        let draw = |random: &Arc<Mutex<Random>>| Arc::clone(random);
        let own = draw(&random);
        environment.add_function("hex", move |length: usize| lock(&own).hex(length.min(1024)));
        let own = draw(&random);
        environment.add_function("base36", move |length: usize| {
            lock(&own).base36(length.min(1024))
        });
        let own = draw(&random);
        environment.add_function("uuid", move || lock(&own).uuid());
        let own = draw(&random);
        environment.add_function("number", move |low: i64, high: i64| {
            let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
            low.saturating_add_unsigned(lock(&own).below(span.saturating_add(1)))
        });
        Self {
            environment,
            random,
        }
    }

    /// Fills in a template.
    ///
    /// # Errors
    /// [`FillError`] with the line of the mistake.
    pub fn fill(&self, template: &str, names: Names<'_>) -> Result<String, FillError> {
        let context = context! { event => names.event, delivery_id => names.delivery_id };
        self.environment
            .render_str(template, context)
            .map_err(|source| FillError { source })
    }

    /// Fills in the body another way of delivery has for an event: `{{ event }}`, `{{ title }}` and
    /// the fields of `{{ payload }}`.
    ///
    /// # Errors
    /// As [`Filler::fill`].
    pub fn fill_target(
        &self,
        template: &str,
        event: &Event,
        payload: &Value,
    ) -> Result<String, FillError> {
        let payload = minijinja::Value::from(minijinja::value::Serde(payload));
        let context = context! { event => event.wire(), title => event.title.as_str(), payload };
        self.environment
            .render_str(template, context)
            .map_err(|source| FillError { source })
    }

    /// The random values this filler draws from, for what is drawn outside a template.
    pub fn random(&self) -> std::sync::MutexGuard<'_, Random> {
        lock(&self.random)
    }
}

fn lock(random: &Mutex<Random>) -> std::sync::MutexGuard<'_, Random> {
    random.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A template that cannot be filled in.
#[derive(Debug, Error)]
#[error("template cannot be filled in")]
pub struct FillError {
    #[from]
    source: TemplateError,
}

/// One `path=value` edit of a JSON document.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    path: Vec<String>,
    value: Value,
}

/// Why an edit does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// No `=`.
    #[error("not an assignment, expected `path=value`: `{0}`")]
    NotAssignment(String),
    /// A path that leads through a text, a number or another leaf.
    #[error("path leads through a value that has no fields: `{0}`")]
    ThroughLeaf(String),
    /// A list index that is no number or leaves a gap.
    #[error("not an index of this list (0 to {len}): `{path}`")]
    Index {
        /// The path up to the index.
        path: String,
        /// The list's length.
        len: usize,
    },
}

impl Edit {
    /// Reads `commits.0.message=Fix the build`. The path's steps are split by dots (`\.` is a dot in
    /// a name), lists take indices. The value is JSON where it parses as a number, `true`, `false`,
    /// `null`, a list, an object or a quoted string, and plain text otherwise.
    ///
    /// # Errors
    /// [`EditError::NotAssignment`]
    pub fn parse(text: &str) -> Result<Self, EditError> {
        let (path, value) = text
            .split_once('=')
            .filter(|(path, _)| !path.is_empty())
            .ok_or_else(|| EditError::NotAssignment(text.to_owned()))?;
        Ok(Self {
            path: steps(path),
            value: serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned())),
        })
    }

    /// Sets the value, making objects on the way where there is nothing yet.
    ///
    /// # Errors
    /// [`EditError`] where the path does not fit the document, which is then unchanged.
    pub fn apply(&self, document: &mut Value) -> Result<(), EditError> {
        let mut place = document;
        for (depth, step) in self.path.iter().enumerate() {
            let path = || self.path[..=depth].join(".");
            if place.is_null() {
                *place = Value::Object(serde_json::Map::new());
            }
            place = match place {
                Value::Object(fields) => fields.entry(step.as_str()).or_insert(Value::Null),
                Value::Array(items) => {
                    let len = items.len();
                    let index = step.parse().ok().filter(|&index: &usize| index <= len);
                    let index = index.ok_or_else(|| EditError::Index { path: path(), len })?;
                    if index == len {
                        items.push(Value::Null);
                    }
                    &mut items[index]
                }
                _ => return Err(EditError::ThroughLeaf(path())),
            };
        }
        *place = self.value.clone();
        Ok(())
    }
}

/// Splits a path at its dots, `\.` being a dot in a name.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut chars = path.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.peek() == Some(&'.') => {
                chars.next();
                last(&mut steps).push('.');
            }
            '.' => steps.push(String::new()),
            other => last(&mut steps).push(other),
        }
    }
    steps
}

fn last(steps: &mut Vec<String>) -> &mut String {
    if steps.is_empty() {
        steps.push(String::new());
    }
    let end = steps.len() - 1;
    &mut steps[end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filler() -> Filler {
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        Filler::new(now, Random::from_text("1"))
    }

    #[test]
    fn templates_repeat_byte_for_byte() {
        let template = r#"{"at":"{{ now() }}","t":{{ unix(-60) }},"id":"x_{{ base36(8) }}","e":"{{ event }}"}"#;
        let names = Names {
            event: "push",
            delivery_id: "d",
        };
        let once = filler().fill(template, names).expect("fills");
        assert_eq!(once, filler().fill(template, names).expect("fills"));
        assert!(
            once.starts_with(r#"{"at":"2023-11-14T22:13:20Z","t":1699999940,"id":"x_"#),
            "{once}"
        );
        assert!(filler().fill("{{ nope }}", names).is_err());
        assert!(filler().fill("{{ unix( }}", names).is_err());
    }

    #[test]
    fn edits_set_make_and_append() {
        let mut document = json!({"a": {"b": 1}, "list": [{"x": 1}]});
        for (edit, pointer, wanted) in [
            ("a.b=2", "/a/b", json!(2)),
            (
                "a.c.d=text with = sign",
                "/a/c/d",
                json!("text with = sign"),
            ),
            ("list.0.x=null", "/list/0/x", json!(null)),
            ("list.1={\"y\":true}", "/list/1/y", json!(true)),
            ("a.v\\.1=\"7\"", "/a/v.1", json!("7")),
        ] {
            let edit = Edit::parse(edit).expect("parses");
            edit.apply(&mut document).expect("applies");
            assert_eq!(document.pointer(pointer), Some(&wanted), "{edit:?}");
        }
    }

    #[test]
    fn edits_that_do_not_fit_say_where() {
        let mut document = json!({"a": 1, "list": []});
        let apply = |text: &str, document: &mut Value| Edit::parse(text)?.apply(document);
        assert_eq!(
            apply("a.b.c=1", &mut document),
            Err(EditError::ThroughLeaf("a.b".into()))
        );
        assert_eq!(
            apply("list.1=1", &mut document),
            Err(EditError::Index {
                path: "list.1".into(),
                len: 0
            })
        );
        assert!(matches!(
            apply("novalue", &mut document),
            Err(EditError::NotAssignment(_))
        ));
    }
}
