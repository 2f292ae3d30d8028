//! A provider is data: one definition, read from one TOML file.
//!
//! The file has two halves. The *head* says how deliveries are signed, found, sent and retried; the
//! *payload half*, from the line `[payload]` or the first `[[event]]` on, holds event types with
//! their samples and schemas. Verifying and signing read the head alone ([`Provider::head`]), which
//! keeps start-up cheap however many samples a provider has.

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::category::Category;
use super::event::Locations;
use super::git::GitEvent;
use super::handshake::Handshake;
use super::retry::Policy;
use super::scheme::Scheme;
use super::serve::rules::Rules;

/// Everything known of one provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provider {
    /// What `--provider` takes: lower case, digits and dashes.
    pub id: String,
    /// The provider's own name.
    pub name: String,
    /// Other names `--provider` takes.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What the provider is for: groups the catalogue.
    #[serde(default)]
    pub category: Category,
    /// Whether deliveries exist and are signed.
    #[serde(default)]
    pub status: Status,
    /// The documentation this definition follows.
    pub docs: String,
    /// How sure the facts are.
    pub confidence: Confidence,
    /// What a user should know: traps, limits, what the documents leave open.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Said wherever the provider is used, in one line.
    pub warning: Option<String>,
    /// What tells this provider's deliveries from others'.
    #[serde(default)]
    pub detect: Detect,
    /// Where event type, delivery id and time stand.
    #[serde(default)]
    pub locate: Locations,
    /// What a delivery looks like when sent.
    #[serde(default)]
    pub send: Sending,
    /// When a delivery counts, and what happens when it does not.
    #[serde(default)]
    pub delivery: Policy,
    /// What holds of a webhook that is set up.
    #[serde(default)]
    pub subscription: Rules,
    /// How deliveries are signed, the preferred scheme first; none if the provider does not sign.
    #[serde(default, rename = "scheme")]
    pub schemes: Vec<Scheme>,
    /// What the provider asks of an endpoint besides deliveries, the usual one first.
    #[serde(default, rename = "handshake")]
    pub handshakes: Vec<Handshake>,
    /// Ways of delivery other than a signed JSON POST.
    #[serde(default, rename = "target")]
    pub targets: Vec<Target>,
    /// What all payloads share.
    #[serde(default)]
    pub payload: Payload,
    /// The event types.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
}

/// Whether a provider's deliveries exist and are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Deliveries are sent and signed.
    #[default]
    Live,
    /// Announced by its documents, not in service.
    Planned,
    /// Deliveries are sent without a signature: nothing can be verified.
    Unsigned,
}

impl Status {
    /// The word used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Planned => "planned",
            Self::Unsigned => "unsigned",
        }
    }
}

/// How sure a definition's facts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A signature the provider itself published was recomputed.
    PublishedVector,
    /// Read in the provider's own documents or SDK.
    OfficialSource,
    /// Read in somebody else's account of it.
    SecondHand,
}

impl Confidence {
    /// The words used in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PublishedVector => "published vector",
            Self::OfficialSource => "official source",
            Self::SecondHand => "second-hand",
        }
    }
}

/// What tells a provider's deliveries from others'.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Detect {
    /// Headers that only this provider sends: one of them is enough.
    pub headers: Vec<String>,
    /// Headers that rule this provider out.
    pub absent: Vec<String>,
    /// JSON pointers that are all there in this provider's bodies; asked when headers do not settle.
    pub body: Vec<String>,
    /// Whether this is the common form of a scheme that many providers use: chosen where nothing
    /// tells which of them it is.
    pub general: bool,
}

/// What a delivery looks like when sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sending {
    /// The request method.
    pub method: String,
    /// The body's content type.
    pub content_type: String,
    /// The `User-Agent`; hookcat's own where none is documented.
    pub user_agent: Option<String>,
    /// Further headers in order, each a name and a template.
    pub headers: Vec<(String, String)>,
    /// A template for fresh delivery ids; empty if the provider has none.
    pub delivery_id: String,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            method: "POST".to_owned(),
            content_type: "application/json".to_owned(),
            user_agent: None,
            headers: Vec::new(),
            delivery_id: String::new(),
        }
    }
}

/// A way of delivery other than the signed JSON POST.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// What `--target` takes.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// Whether it is an HTTP request that can be sent.
    #[serde(default)]
    pub http: bool,
    /// The body's template, with `{{ event }}`, `{{ title }}`, `{{ payload… }}` and `{{ notice }}`, the
    /// event told in Slack's markup; the event's own payload if empty.
    #[serde(default)]
    pub body: String,
}

/// What all payloads of a provider share.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Payload {
    /// A JSON object: the `$defs` every event's schema can refer to.
    pub defs: String,
    /// Which parts are this project's own choice because the provider documents none.
    pub own_choice: Option<String>,
}

/// One event type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Event {
    /// What `send` takes.
    pub name: String,
    /// The name on the wire, where it differs.
    pub wire: Option<String>,
    /// What happened, in a few words.
    pub title: String,
    /// The body's content type, where it is not the provider's usual one.
    pub content_type: Option<String>,
    /// The sample payload: a template of JSON text.
    pub sample: String,
    /// The JSON Schema of the payload, as JSON text.
    pub schema: String,
    /// How it comes from git, where a push tells it.
    pub git: Option<GitEvent>,
}

impl Event {
    /// The body's content type.
    #[must_use]
    pub fn content_type<'a>(&'a self, provider: &'a Provider) -> &'a str {
        let own = self.content_type.as_deref();
        own.unwrap_or(&provider.send.content_type)
    }

    /// The name the provider writes.
    #[must_use]
    pub fn wire(&self) -> &str {
        self.wire.as_deref().unwrap_or(&self.name)
    }
}

/// A definition with a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct DefinitionError {
    /// The line of the mistake, counted from 1.
    pub line: usize,
    /// The column of the mistake, counted from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl DefinitionError {
    /// A mistake at a byte of the text.
    pub fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self {
            line: before.matches('\n').count() + 1,
            column: before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            message: message.into(),
        }
    }

    /// A mistake somewhere in the table that begins with the `nth` line of this form.
    fn in_table(text: &str, header: &str, nth: usize, message: impl Into<String>) -> Self {
        let offset = text
            .match_indices(header)
            .filter(|(at, _)| *at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n'))
            .nth(nth)
            .map_or(0, |(at, _)| at);
        Self::at(text, offset, message)
    }
}

impl Provider {
    /// Reads a whole definition and holds its parts together.
    ///
    /// # Errors
    /// [`DefinitionError`] with the place of the first mistake.
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let provider: Self = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            DefinitionError::at(text, offset, error.message())
        })?;
        provider.check(text)?;
        Ok(provider)
    }

    /// Reads the head alone: no events, no checks beyond the types'. For definitions that were
    /// checked before, such as the embedded ones.
    ///
    /// # Errors
    /// As [`Provider::parse`].
    pub fn head(text: &str) -> Result<Self, DefinitionError> {
        let end = ["\n[payload]", "\n[[event]]"]
            .iter()
            .filter_map(|mark| text.find(mark))
            .min()
            .unwrap_or(text.len());
        toml::from_str(&text[..end]).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            DefinitionError::at(text, offset, error.message())
        })
    }

    fn check(&self, text: &str) -> Result<(), DefinitionError> {
        let id_is_plain = !self.id.is_empty()
            && self
                .id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !id_is_plain {
            let message = format!(
                "`id` takes lower-case letters, digits and dashes: `{}`",
                self.id
            );
            return Err(DefinitionError::in_table(text, "id", 0, message));
        }
        for (nth, scheme) in self.schemes.iter().enumerate() {
            scheme
                .consistent()
                .map_err(|message| DefinitionError::in_table(text, "[[scheme]]", nth, message))?;
        }
        if self.schemes.is_empty() != (self.status == Status::Unsigned) {
            let message = match self.status {
                Status::Unsigned => "status `unsigned` goes without `[[scheme]]`",
                _ => "no `[[scheme]]`: add one, or `status = \"unsigned\"`",
            };
            return Err(DefinitionError::in_table(text, "status", 0, message));
        }
        for (nth, handshake) in self.handshakes.iter().enumerate() {
            let at = |message| DefinitionError::in_table(text, "[[handshake]]", nth, message);
            handshake.consistent().map_err(at)?;
            let before = &self.handshakes[..nth];
            if before.iter().any(|other| other.name == handshake.name) {
                return Err(at(format!("handshake stands twice: `{}`", handshake.name)));
            }
            if handshake.signed && self.schemes.is_empty() {
                return Err(at("a signed handshake needs `[[scheme]]`".to_owned()));
            }
        }
        self.defs()
            .map_err(|message| DefinitionError::in_table(text, "[payload]", 0, message))?;
        for (nth, event) in self.events.iter().enumerate() {
            let at = |message| DefinitionError::in_table(text, "[[event]]", nth, message);
            self.schema(event).map_err(at)?;
            if self.events[..nth]
                .iter()
                .any(|other| other.name == event.name)
            {
                return Err(at(format!("event stands twice: `{}`", event.name)));
            }
        }
        Ok(())
    }

    fn defs(&self) -> Result<Option<Value>, String> {
        if self.payload.defs.is_empty() {
            return Ok(None);
        }
        serde_json::from_str(&self.payload.defs)
            .map(Some)
            .map_err(|error| format!("`defs` is not JSON: {error}"))
    }

    /// An event's JSON Schema with the shared definitions in it.
    ///
    /// # Errors
    /// The text that is not JSON.
    pub fn schema(&self, event: &Event) -> Result<Value, String> {
        let mut schema: Value = serde_json::from_str(&event.schema)
            .map_err(|error| format!("`schema` of `{}` is not JSON: {error}", event.name))?;
        if let (Some(fields), Some(defs)) = (schema.as_object_mut(), self.defs()?) {
            fields.insert("$defs".to_owned(), defs);
        }
        Ok(schema)
    }

    /// Whether a name means this provider.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.id == name || self.aliases.iter().any(|alias| alias == name)
    }

    /// The event of a name, as the definition writes it, as it stands on the wire, or as a person
    /// writes its title.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Event> {
        let plain = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|char| char.to_ascii_lowercase())
                .collect()
        };
        let same = |own: &str| plain(own) == plain(name);
        self.events
            .iter()
            .find(|event| event.name == name)
            .or_else(|| {
                self.events
                    .iter()
                    .find(|event| same(&event.name) || same(event.wire()) || same(&event.title))
            })
    }

    /// The handshake of a name.
    #[must_use]
    pub fn handshake(&self, name: &str) -> Option<&Handshake> {
        self.handshakes.iter().find(|own| own.name == name)
    }

    /// The scheme of a name.
    #[must_use]
    pub fn scheme(&self, name: &str) -> Option<&Scheme> {
        self.schemes.iter().find(|scheme| scheme.name == name)
    }
}
