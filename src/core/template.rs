//! Sample payloads: templates filled in repeatably.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use minijinja::{
    Environment, Error as TemplateError, ErrorKind, Template, UndefinedBehavior, context,
};
use serde_json::Value;
use thiserror::Error;

use super::fake;
use super::random::Random;

/// Fills in templates: `{{ now() }}`, `{{ unix() }}`, `{{ unix_ms() }}`, `{{ hex(40) }}`,
/// `{{ base36(16) }}`, `{{ uuid() }}`, `{{ number(1, 9999) }}`, `{{ seq() }}`, the made-up values of
/// [`super::fake`], and the names given to [`Filler::fill`].
///
/// Values are drawn from one [`Random`] and one instant, so the same seed and time give the same
/// bytes. `now(-90)` is 90 seconds ago.
pub struct Filler {
    environment: Environment<'static>,
    random: Arc<Mutex<Random>>,
    count: Arc<AtomicI64>,
    now: Timestamp,
    ids: BTreeMap<String, String>,
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
        Self::with(now, Arc::new(Mutex::new(random)), Arc::default())
    }

    /// A filler for a later instant that draws on where this one is, and counts on.
    #[must_use]
    pub fn later(&self, now: Timestamp) -> Self {
        let later = Self::with(now, Arc::clone(&self.random), Arc::clone(&self.count));
        later.ids(self.ids.clone())
    }

    /// The same once more, to know more than this one.
    #[must_use]
    pub fn beside(&self) -> Self {
        self.later(self.now)
    }

    /// Takes variables for `{{ env("NAME") }}`, which nothing else has; without one it is a mistake.
    #[must_use]
    pub fn variables(mut self, variables: BTreeMap<String, String>) -> Self {
        self.environment.add_function("env", move |name: String| {
            variables.get(&name).cloned().ok_or_else(|| {
                let what = format!("no variable of this name may be used here: `{name}`");
                TemplateError::new(ErrorKind::InvalidOperation, what)
            })
        });
        self
    }

    /// Takes values for `{{ ids.NAME }}`.
    #[must_use]
    pub fn ids(mut self, ids: BTreeMap<String, String>) -> Self {
        let values = minijinja::Value::from(minijinja::value::Serde(&ids));
        self.environment.add_global("ids", values);
        self.ids = ids;
        self
    }

    fn with(now: Timestamp, random: Arc<Mutex<Random>>, count: Arc<AtomicI64>) -> Self {
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
        let counter = Arc::clone(&count);
        environment.add_function("seq", move |start: Option<i64>| {
            let drawn = counter.fetch_add(1, Ordering::Relaxed);
            start.unwrap_or(1).saturating_add(drawn)
        });
        for (name, make) in fake::FAKES {
            let own = draw(&random);
            environment.add_function(name, move || make(&mut lock(&own)));
        }
        Self {
            environment,
            random,
            count,
            now,
            ids: BTreeMap::new(),
        }
    }

    /// Fills in a template.
    ///
    /// # Errors
    /// [`FillError`] with the line of the mistake.
    pub fn fill(&self, template: &str, names: Names<'_>) -> Result<String, FillError> {
        // What most headers are: nothing is read for it.
        match template {
            "{{ event }}" => return Ok(names.event.to_owned()),
            "{{ delivery_id }}" => return Ok(names.delivery_id.to_owned()),
            // A line break at the end is no part of what a template gives.
            text if !text.contains('{') && !text.ends_with(['\n', '\r']) => {
                return Ok(text.to_owned());
            }
            _ => {}
        }
        let context = context! { event => names.event, delivery_id => names.delivery_id };
        self.environment
            .render_str(template, context)
            .map_err(|source| FillError { source })
    }

    /// A template that is filled in often.
    ///
    /// # Errors
    /// [`FillError`] where it is wrong.
    pub fn ready<'a>(&'a self, template: &'a str) -> Result<Ready<'a>, FillError> {
        Ok(Ready(self.environment.template_from_str(template)?))
    }

    /// Fills in a template that names the fields of an object.
    ///
    /// # Errors
    /// As [`Filler::fill`].
    pub fn fill_with(&self, template: &str, values: &Value) -> Result<String, FillError> {
        let values = minijinja::Value::from(minijinja::value::Serde(values));
        self.environment
            .render_str(template, values)
            .map_err(|source| FillError { source })
    }

    /// The random values this filler draws from, for what is drawn outside a template.
    pub fn random(&self) -> std::sync::MutexGuard<'_, Random> {
        lock(&self.random)
    }
}

/// A template that was read already.
pub struct Ready<'a>(Template<'a, 'a>);

impl Ready<'_> {
    /// Fills it in.
    ///
    /// # Errors
    /// As [`Filler::fill`].
    pub fn fill(&self, names: Names<'_>) -> Result<String, FillError> {
        let context = context! { event => names.event, delivery_id => names.delivery_id };
        Ok(self.0.render(context)?)
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let counted = filler();
        let later = counted.later(Timestamp::UNIX_EPOCH);
        let count = |filler: &Filler| filler.fill("{{ seq() }} {{ seq(10) }}", names).ok();
        assert_eq!(count(&counted).as_deref(), Some("1 11"));
        assert_eq!(count(&later).as_deref(), Some("3 13"), "it counts on");
        let variables = [("A".to_owned(), "b".to_owned())].into_iter().collect();
        let knowing = filler().variables(variables);
        assert_eq!(
            knowing.fill("{{ env('A') }}", names).ok().as_deref(),
            Some("b")
        );
        assert!(knowing.fill("{{ env('B') }}", names).is_err());
        assert!(filler().fill("{{ env('A') }}", names).is_err());
        assert!(filler().fill("{{ nope }}", names).is_err());
        assert!(filler().fill("{{ unix( }}", names).is_err());
    }
}
