//! Handshakes: what a provider asks of an endpoint before, or between, deliveries.
//!
//! One description serves both sides: [`Handshake::fits`] and [`Handshake::answer`] are what `listen`
//! does, [`request`] and [`Handshake::flaws`] are what `send` does, and what `send` expects is what
//! `listen` would have answered.
//!
//! Decided once, for every handshake:
//! - text of the sender that is signed or given back has a narrow set of characters and a length;
//! - an answer that signs the sender's text with the secret ([`Handshake::is_oracle`]) is an oracle:
//!   nobody gets it unasked, and nobody with a wrong signature;
//! - what is given back can never be taken for a page: its type is told, and is not to be guessed;
//! - nothing is fetched, whatever URL a request holds.

mod answer;
mod judge;
mod request;
mod text;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use self::answer::{Answer, Given, Refusal};
pub use self::judge::Flaw;
pub use self::request::{forged, request};
pub use self::text::{Allowed, Characters, Text};

use super::event::{View, query_value};
use super::retry::StatusClass;

/// No handshake has a larger body: larger ones are deliveries, and not read a second time.
const MAX_BODY: usize = 64 * 1024;
/// What an event's name begins with where the message is a handshake.
pub const PREFIX: &str = "handshake:";

/// One kind of handshake of a provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Handshake {
    /// What `send PROVIDER handshake:NAME` takes.
    pub name: String,
    /// What the provider wants to know, in a few words.
    pub about: String,
    /// Where this is documented.
    pub source: String,
    /// The request's method.
    #[serde(default = "post")]
    pub method: String,
    /// Query parameters that are there.
    #[serde(default)]
    pub query: Vec<String>,
    /// Query parameters with their values.
    #[serde(default)]
    pub query_equal: BTreeMap<String, String>,
    /// Headers that are there.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Headers with their values.
    #[serde(default)]
    pub headers_equal: BTreeMap<String, String>,
    /// JSON pointers that are there.
    #[serde(default)]
    pub json: Vec<String>,
    /// JSON pointers with their values.
    #[serde(default)]
    pub json_equal: BTreeMap<String, Value>,
    /// JSON pointers that are not there.
    #[serde(default)]
    pub json_absent: Vec<String>,
    /// Whether the request is signed as deliveries are, and so verified first.
    #[serde(default)]
    pub signed: bool,
    /// Whether the provider also sends it with a wrong signature, which must get 401.
    #[serde(default)]
    pub forged: bool,
    /// What must equal the token the operator chose; 403 where it does not.
    pub verify_token: Option<Text>,
    /// Which text of the sender may be signed or given back.
    pub allow: Option<Allowed>,
    /// What `{computed}` stands for.
    pub compute: Option<Compute>,
    /// The right answer.
    #[serde(default)]
    pub answer: AnswerForm,
    /// The provider's request.
    #[serde(default)]
    pub request: RequestForm,
    /// What the operator has to do then.
    pub next: Option<Text>,
    /// What is worth knowing.
    pub note: Option<String>,
}

fn post() -> String {
    "POST".to_owned()
}

/// A value made for the answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Compute {
    /// What makes it.
    pub algorithm: Computation,
    /// Over which text.
    pub over: Text,
    /// How it is written.
    #[serde(default)]
    pub encoding: ComputedEncoding,
}

/// What makes a computed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Computation {
    /// HMAC-SHA256 with the secret's text.
    HmacSha256,
    /// HMAC-SHA1 with the SHA-1 of the secret's text.
    HmacSha1OfSha1,
    /// SHA-256, without the secret.
    Sha256,
}

/// How a computed value is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComputedEncoding {
    /// Hexadecimal, lower case.
    #[default]
    Hex,
    /// Base64 with padding.
    Base64,
}

/// The right answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AnswerForm {
    /// The status that `listen` answers.
    pub status: u16,
    /// The statuses that are right; that one alone if empty.
    pub accept: Vec<StatusClass>,
    /// The body's content type; none for an empty body.
    pub content_type: Option<String>,
    /// Whether the provider documents that it wants this content type.
    pub type_matters: bool,
    /// Headers in order. One whose text is not in the request is left out.
    pub headers: Vec<(String, Text)>,
    /// Which of these headers may be otherwise and the answer still be right.
    pub header_rules: BTreeMap<String, HeaderRule>,
    /// The body; any will do where it is left out.
    pub body: Option<Text>,
    /// Other bodies that are right as well.
    pub also: Vec<Text>,
}

impl Default for AnswerForm {
    fn default() -> Self {
        Self {
            status: 200,
            accept: Vec::new(),
            content_type: None,
            type_matters: false,
            headers: Vec::new(),
            header_rules: BTreeMap::new(),
            body: None,
            also: Vec::new(),
        }
    }
}

/// How a header of an answer is judged where not by its very value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderRule {
    /// The value, or `*`.
    OrStar,
    /// The value here or somewhere in the body.
    OrBody,
    /// Any value.
    Present,
    /// Not at all.
    Free,
}

/// The provider's request, in templates as samples have them; `{verify-token}` stands for the token
/// the operator chose.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RequestForm {
    /// Query parameters in order.
    pub query: Vec<(String, String)>,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The body's content type, where it is not the provider's usual one.
    pub content_type: Option<String>,
}

impl Compute {
    /// What makes the value, in words.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        use Computation::{HmacSha1OfSha1, HmacSha256, Sha256};
        use ComputedEncoding::{Base64, Hex};
        match (self.algorithm, self.encoding) {
            (HmacSha256, Hex) => "hex HMAC-SHA256",
            (HmacSha256, Base64) => "base64 HMAC-SHA256",
            (HmacSha1OfSha1, Hex) => "hex HMAC-SHA1, keyed with the secret's SHA-1,",
            (HmacSha1OfSha1, Base64) => "base64 HMAC-SHA1, keyed with the secret's SHA-1,",
            (Sha256, Hex) => "hex SHA-256",
            (Sha256, Base64) => "base64 SHA-256",
        }
    }
}

impl Handshake {
    /// The event's name that a message of this kind is recorded with.
    #[must_use]
    pub fn event(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// Whether the answer is a text of the sender's choice, signed with the secret that signs
    /// deliveries.
    #[must_use]
    pub fn is_oracle(&self) -> bool {
        self.compute
            .as_ref()
            .is_some_and(|own| own.algorithm != Computation::Sha256)
    }

    /// Whether a message is this handshake. Looks into the body last, and not into large ones.
    #[must_use]
    pub fn fits(&self, view: &View<'_>) -> bool {
        let message = view.message();
        let query = |name: &str| query_value(&message.target, name);
        message.method == self.method
            && self.query.iter().all(|name| query(name).is_some())
            && (self.query_equal.iter())
                .all(|(name, value)| query(name).as_deref() == Some(value.as_str()))
            && (self.headers.iter()).all(|name| message.headers.contains(name))
            && (self.headers_equal.iter())
                .all(|(name, value)| message.headers.text(name) == Some(value.as_str()))
            && self.body_fits(view)
    }

    fn body_fits(&self, view: &View<'_>) -> bool {
        if self.json.is_empty() && self.json_equal.is_empty() && self.json_absent.is_empty() {
            return true;
        }
        if view.message().body.len() > MAX_BODY {
            return false;
        }
        let Some(body) = view.json() else {
            return false;
        };
        self.json.iter().all(|at| body.pointer(at).is_some())
            && (self.json_equal.iter()).all(|(at, value)| body.pointer(at) == Some(value))
            && self.json_absent.iter().all(|at| body.pointer(at).is_none())
    }

    /// Whether a status is right.
    fn accepts(&self, status: u16) -> bool {
        let form = &self.answer;
        match form.accept.as_slice() {
            [] => status == form.status,
            classes => classes.iter().any(|class| class.contains(status)),
        }
    }

    /// What is wrong with this description: a person's sentence.
    ///
    /// # Errors
    /// The parts that contradict each other or lack a counterpart.
    pub fn consistent(&self) -> Result<(), String> {
        let headers = self.answer.headers.iter().map(|(_, text)| text);
        let bodies = self.answer.body.iter().chain(&self.answer.also);
        let answers = || headers.clone().chain(bodies.clone());
        let signed = self.compute.iter().map(|own| &own.over);
        if answers().any(Text::is_computed) != self.compute.is_some() {
            return Err("`{computed}` in `answer` and `compute` go together".into());
        }
        if answers().chain(signed).any(Text::is_foreign) && self.allow.is_none() {
            return Err("text of the request in the answer needs `allow`".into());
        }
        if self.answer.body.as_ref().is_some_and(|own| !own.is_empty())
            != self.answer.content_type.is_some()
        {
            return Err("a body in `answer` and its `content-type` go together".into());
        }
        let is_header = |name: &String| self.answer.headers.iter().any(|(own, _)| own == name);
        if let Some(name) = (self.answer.header_rules.keys()).find(|name| !is_header(name)) {
            return Err(format!(
                "no header of `answer` has this rule's name: `{name}`"
            ));
        }
        if self.forged && !self.signed {
            return Err("`forged` needs `signed = true`".into());
        }
        let asks = self.query.len()
            + self.query_equal.len()
            + self.headers.len()
            + self.headers_equal.len()
            + self.json.len()
            + self.json_equal.len();
        if asks == 0 && matches!(self.method.as_str(), "POST" | "GET") {
            return Err("nothing tells this handshake from a delivery".into());
        }
        Ok(())
    }
}
