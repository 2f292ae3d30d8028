//! Scenarios: steps that a provider would take, and the answer each is to get.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::edit::{Edit, EditError};
use super::retry::Span;
use super::template::{FillError, Filler, Names};

/// A scenario as its file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// The provider of steps that name none.
    pub provider: Option<String>,
    /// Templates of values that the steps share as `{{ ids.NAME }}`.
    #[serde(default)]
    pub ids: BTreeMap<String, String>,
    /// The steps, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

/// One step: an event that is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// What it is called in reports; the event, where it has no name.
    pub name: Option<String>,
    /// The provider, where it is not the scenario's.
    pub provider: Option<String>,
    /// The event, or a template of the project.
    pub event: String,
    /// How long to wait before it.
    pub after: Option<Span>,
    /// The delivery id: a template.
    pub id: Option<String>,
    /// Fields of the body by their paths; texts are templates.
    #[serde(default)]
    pub set: serde_json::Map<String, Value>,
    /// A file of the body, beside the scenario's.
    pub data: Option<String>,
    /// A template's name, or its file beside the scenario's.
    pub template: Option<String>,
    /// What the body is sent as.
    pub content_type: Option<String>,
    /// Headers, each as `Name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// What is bad of it on purpose.
    #[serde(default)]
    pub tamper: Vec<String>,
    /// The statuses that are as expected.
    #[serde(default)]
    pub expect: Expected,
}

/// Statuses that are as expected: `200`, `"4xx"`, `[200, 202]`; a success where nothing is said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "OneOrMany")]
pub struct Expected(Vec<Status>);

/// A status, or a hundred of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Exactly(u16),
    Class(u16),
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a status such as 200 or \"2xx\", or a list of them"
)]
enum OneOrMany {
    Number(u16),
    Word(String),
    Many(Vec<Self>),
}

/// Why a scenario cannot be played.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A scenario without a step.
    #[error("it has no `[[step]]`")]
    NoSteps,
    /// A step whose provider nobody names.
    #[error("step {0} has no `provider`, and neither has the scenario")]
    NoProvider(usize),
    /// A step with two bodies.
    #[error("step {0} has `data` and `template`: a body comes from one of them")]
    TwoBodies(usize),
}

/// Why a value of a step cannot be made.
#[derive(Debug, Error)]
pub enum ValueError {
    /// A template.
    #[error(transparent)]
    Template(#[from] FillError),
    /// A path.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        if scenario.steps.is_empty() {
            return Err(ScenarioError::NoSteps);
        }
        for (index, step) in scenario.steps.iter().enumerate() {
            if step.provider.is_none() && scenario.provider.is_none() {
                return Err(ScenarioError::NoProvider(index + 1));
            }
            if step.data.is_some() && step.template.is_some() {
                return Err(ScenarioError::TwoBodies(index + 1));
            }
        }
        Ok(scenario)
    }
}

impl Scenario {
    /// The provider of a step.
    #[must_use]
    pub fn provider<'s>(&'s self, step: &'s Step) -> &'s str {
        let own = step.provider.as_deref().or(self.provider.as_deref());
        own.unwrap_or_default()
    }

    /// The shared values, made once.
    ///
    /// # Errors
    /// [`FillError`]
    pub fn shared(&self, filler: &Filler) -> Result<BTreeMap<String, String>, FillError> {
        let made = self.ids.iter().map(|(name, template)| {
            let value = filler.fill(template, Names::default())?;
            Ok((name.clone(), value))
        });
        made.collect()
    }
}

impl Step {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.event)
    }

    /// The edits of its body, filled in.
    ///
    /// # Errors
    /// [`ValueError`]
    pub fn edits(&self, filler: &Filler) -> Result<Vec<Edit>, ValueError> {
        let edits = self.set.iter().map(|(path, value)| {
            let value = filled(value, filler)?;
            Ok(Edit::set(path, value)?)
        });
        edits.collect()
    }

    /// Its delivery id, filled in.
    ///
    /// # Errors
    /// [`FillError`]
    pub fn id(&self, filler: &Filler) -> Result<Option<String>, FillError> {
        let id = self.id.as_deref();
        id.map(|own| filler.fill(own, Names::default())).transpose()
    }
}

/// A value whose texts are filled in.
fn filled(value: &Value, filler: &Filler) -> Result<Value, FillError> {
    Ok(match value {
        Value::String(text) => Value::String(filler.fill(text, Names::default())?),
        Value::Array(items) => {
            let items = items.iter().map(|own| filled(own, filler));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, own)| Ok((name.clone(), filled(own, filler)?)));
            Value::Object(fields.collect::<Result<_, FillError>>()?)
        }
        other => other.clone(),
    })
}

impl Default for Expected {
    fn default() -> Self {
        Self(vec![Status::Class(2)])
    }
}

impl Expected {
    /// Whether a status is as expected.
    #[must_use]
    pub fn fits(&self, status: u16) -> bool {
        self.0.iter().any(|own| match own {
            Status::Exactly(wanted) => *wanted == status,
            Status::Class(hundreds) => status / 100 == *hundreds,
        })
    }
}

impl TryFrom<OneOrMany> for Expected {
    type Error = String;

    fn try_from(own: OneOrMany) -> Result<Self, String> {
        let wrong = |what: &dyn fmt::Display| format!("not a status or a class of them: `{what}`");
        Ok(Self(match own {
            OneOrMany::Number(status @ 100..=599) => vec![Status::Exactly(status)],
            OneOrMany::Number(other) => return Err(wrong(&other)),
            OneOrMany::Word(word) => {
                let class = word.strip_suffix("xx").and_then(|own| own.parse().ok());
                match class {
                    Some(hundreds @ 1..=5) => vec![Status::Class(hundreds)],
                    _ => return Err(wrong(&word)),
                }
            }
            OneOrMany::Many(all) => {
                let mut statuses = Vec::new();
                for own in all {
                    statuses.extend(Self::try_from(own)?.0);
                }
                statuses
            }
        }))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, own) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            match own {
                Status::Exactly(status) => write!(f, "{status}")?,
                Status::Class(hundreds) => write!(f, "{hundreds}xx")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::core::random::Random;

    const FILE: &str = r#"
        provider = "statly"
        [ids]
        run = "run_{{ seq() }}"
        [[step]]
        event = "push"
        set = { "z.run" = "{{ ids.run }}", a = [1, "{{ ids.run }}"] }
        [[step]]
        name = "the run begins"
        provider = "github"
        event = "ping"
        after = "2s"
        id = "{{ ids.run }}-b"
        expect = [202, "4xx"]
    "#;

    #[test]
    fn steps_share_what_was_made_once() {
        let scenario: Scenario = FILE.parse().expect("a scenario");
        let filler = Filler::new(Timestamp::UNIX_EPOCH, Random::from_text("1"));
        let shared = scenario.shared(&filler).expect("fills");
        let filler = filler.ids(shared);
        let [first, second] = scenario.steps.as_slice() else {
            panic!("two steps")
        };
        let mut body = json!({});
        for edit in first.edits(&filler).expect("edits") {
            edit.apply(&mut body).expect("applies");
        }
        assert_eq!(body, json!({"z": {"run": "run_1"}, "a": [1, "run_1"]}));
        assert_eq!((scenario.provider(first), first.name()), ("statly", "push"));
        assert_eq!(scenario.provider(second), "github");
        assert_eq!(
            second.id(&filler).expect("fills").as_deref(),
            Some("run_1-b")
        );
        assert_eq!(second.after.map(|own| own.0.as_secs()), Some(2));
        let fits = |expected: &Expected| [200, 202, 404, 500].map(|own| expected.fits(own));
        assert_eq!(fits(&first.expect), [true, true, false, false]);
        assert_eq!(fits(&second.expect), [false, true, true, false]);
        assert_eq!(second.expect.to_string(), "202 or 4xx");
    }

    #[test]
    fn a_mistake_says_where_it_is() {
        for (text, wanted) in [
            ("", "it has no `[[step]]`"),
            ("[[step]]\nevent = \"a\"", "step 1 has no `provider`"),
            (
                "provider = \"a\"\n[[step]]\nevent = \"a\"\nexpect = 20",
                "not a status",
            ),
            (
                "provider = \"a\"\n[[step]]\nevent = \"a\"\nexpect = \"ok\"",
                "`ok`",
            ),
            (
                "provider = \"a\"\n[[step]]\nevents = \"a\"",
                "unknown field `events`",
            ),
            (
                "provider = \"a\"\n[[step]]\nevent = \"a\"\ndata = \"a\"\ntemplate = \"b\"",
                "step 1 has `data` and `template`",
            ),
        ] {
            let error = text.parse::<Scenario>().expect_err(text).to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
