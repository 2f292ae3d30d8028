//! Deliveries as people have them: a raw request, a curl command, a HAR, hookcat's own JSON lines,
//! exports of GitHub, Stripe and AWS. Bytes in, messages out; what a source could not carry is told.
//!
//! Each reader is bounded by the size of its input and takes any bytes: what it cannot read is an
//! [`ImportError`] that names the place.

mod curl;
pub mod curl_options;
mod curl_request;
mod github;
mod har;
mod header_lines;
mod hurl;
mod json;
mod lambda;
mod lines;
mod output;
mod recognise;
mod rest;
mod stripe;
mod words;

use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;

pub use self::curl::{CurlError, curl};
pub use self::github::github;
pub use self::har::har;
pub use self::header_lines::headers;
pub use self::hurl::hurl;
pub(in crate::core) use self::json::{items, members};
pub use self::lambda::lambda;
pub use self::lines::lines;
pub use self::recognise::recognise;
pub use self::rest::rest;
pub use self::stripe::stripe;
pub use self::words::ShellError;
use super::delivery::{Answer, Attempt, Direction, Judgement, Reply};
use super::message::{Headers, Message, is_header_name, is_header_value};
use super::raw_http::{self, RawError};

/// What a file of deliveries is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One request as it stands on the wire, or as tools write it down.
    Http,
    /// curl command lines as browsers copy them and documents print them.
    Curl,
    /// A `.http` file, as VS Code and other editors send it.
    Rest,
    /// A file of hurl.
    Hurl,
    /// An HTTP Archive 1.2.
    Har,
    /// hookcat's own JSON: lines of `listen`, `send` or `log`, one object, or a list.
    Lines,
    /// GitHub deliveries: `gh api repos/O/R/hooks/ID/deliveries/ID`.
    Github,
    /// Stripe events: `stripe events retrieve`, or a list of them.
    Stripe,
    /// Events AWS hands to a Lambda function: API Gateway (REST and HTTP), function URLs, ALB.
    Lambda,
}

/// One delivery read from somebody's file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The request.
    pub message: Message,
    /// The absolute URL it was posted to, where the source says it.
    pub url: Option<String>,
    /// When it was sent or received, where the source says it.
    pub at: Option<Timestamp>,
    /// What to call it in a report: `entry 3`, `line 12`, `delivery 17`.
    pub name: String,
    /// The answer it got, where the source has it.
    pub answer: Option<Answered>,
    /// What hookcat had found out about it, where the source is hookcat's own.
    pub record: Option<Box<Record>>,
    /// What the source could not carry, a sentence each.
    pub notes: Vec<String>,
}

/// An answer as a source holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Status, headers and body; those a source leaves out are empty.
    pub reply: Reply,
    /// From the request to the end of the answer.
    pub latency: Option<Duration>,
}

/// What a line of hookcat's own holds beside the message.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The number it had in its log.
    pub number: Option<i64>,
    /// Which way it went.
    pub direction: Direction,
    /// The provider's id.
    pub provider: Option<String>,
    /// The event type.
    pub event: Option<String>,
    /// The id the provider gave it.
    pub delivery_id: Option<String>,
    /// What verification said.
    pub judgement: Option<Judgement>,
    /// The number of the delivery it repeated.
    pub duplicate_of: Option<i64>,
    /// The number of the delivery it was a replay of.
    pub replay_of: Option<i64>,
    /// What was answered to it.
    pub answer: Option<Answer>,
    /// The requests it caused.
    pub attempts: Vec<Attempt>,
}

/// Why a file cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{trouble}", .place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
pub struct ImportError {
    /// `line 3`, `entry 12`; `None` where it is the whole.
    pub place: Option<String>,
    /// What is wrong there.
    pub trouble: Trouble,
}

/// What is wrong with a file of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Trouble {
    /// A JSON format whose text is none, or has another type where the format has this.
    #[error("not {format}: {cause}")]
    Json {
        /// What was expected: `a HAR`.
        format: &'static str,
        /// What the parser said.
        cause: String,
    },
    /// A part without which there is no request.
    #[error("has no `{0}`")]
    Missing(&'static str),
    /// A list of deliveries without their requests.
    #[error("this is GitHub's list of deliveries, which holds no requests")]
    NoRequests,
    /// A header whose name or value cannot be one.
    #[error("not a header, expected `Name: value`: `{0}`")]
    Header(String),
    /// A method or target that no request line can hold.
    #[error("not a request line: `{0}`")]
    RequestLine(String),
    /// A place that the tool of a format fills in.
    #[error("a variable stands in it, whose value is not known: `{0}`")]
    Variable(String),
    /// A part of a format that is not read.
    #[error("{0} is not read")]
    Unread(&'static str),
    /// A string that does not end, or has an escape that is none.
    #[error("not a string: `{0}`")]
    Text(String),
    /// A file that cannot be read.
    #[error("cannot read `{name}`, which it names: {why}")]
    File {
        /// As it is named.
        name: String,
        /// Why.
        why: String,
    },
    /// Text that should be base64.
    #[error("`{0}` is not base64")]
    Base64(&'static str),
    /// A line of another hookcat.
    #[error("not of version 1 of hookcat's JSON: `\"v\":{0}`")]
    Version(String),
    /// A raw request.
    #[error(transparent)]
    Http(#[from] RawError),
    /// A curl command.
    #[error(transparent)]
    Curl(#[from] CurlError),
    /// Nothing to read.
    #[error("there is no {0} in it")]
    Nothing(&'static str),
}

impl Trouble {
    fn at(self, place: impl Into<String>) -> ImportError {
        ImportError {
            place: Some(place.into()),
            trouble: self,
        }
    }
}

impl From<Trouble> for ImportError {
    fn from(trouble: Trouble) -> Self {
        Self {
            place: None,
            trouble,
        }
    }
}

/// Reads a file that a curl command names (`@body.json`, or `-` for its stdin): its bytes, or why not.
pub type Files<'f> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'f;

/// Reads all deliveries of a file, in their order. A curl command that names a file is refused.
///
/// # Errors
/// [`ImportError`]
pub fn read(kind: Kind, text: &[u8]) -> Result<Vec<Imported>, ImportError> {
    read_with(kind, text, &mut |_| Err("no file is read here".to_owned()))
}

/// [`read`], with a reader for the files that curl commands name.
///
/// # Errors
/// [`ImportError`]
pub fn read_with(
    kind: Kind,
    text: &[u8],
    files: &mut Files<'_>,
) -> Result<Vec<Imported>, ImportError> {
    match kind {
        Kind::Http => http(text).map(|one| vec![one]),
        Kind::Curl => curl(text, files),
        Kind::Rest => rest(text, files),
        Kind::Hurl => hurl(text, files),
        Kind::Har => har(text),
        Kind::Lines => lines(text).collect(),
        Kind::Github => github(text),
        Kind::Stripe => stripe(text),
        Kind::Lambda => lambda(text),
    }
}

/// Reads a raw request.
///
/// # Errors
/// [`Trouble::Http`]
pub fn http(text: &[u8]) -> Result<Imported, ImportError> {
    let message = raw_http::request(text).map_err(Trouble::from)?;
    let absolute = ["http://", "https://"]
        .iter()
        .any(|scheme| message.target.starts_with(scheme));
    Ok(Imported {
        url: absolute.then(|| message.target.clone()),
        message,
        name: "request".to_owned(),
        ..Imported::default()
    })
}

/// A delivery whose request line can stand in a request.
fn checked(imported: Imported) -> Result<Imported, Trouble> {
    let Message { method, target, .. } = &imported.message;
    let fits = |byte: u8| byte > b' ' && byte != 0x7f;
    if is_header_name(method) && !target.is_empty() && target.bytes().all(fits) {
        return Ok(imported);
    }
    Err(Trouble::RequestLine(format!("{method} {target}")))
}

/// The origin form of an absolute URL: path and query as they are written, without a fragment.
fn target(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or_default();
    match rest.find(['/', '?']) {
        None => "/".to_owned(),
        Some(at) if rest[at..].starts_with('?') => format!("/{}", &rest[at..]),
        Some(at) => rest[at..].to_owned(),
    }
}

/// Appends a header if it can be one.
fn push(headers: &mut Headers, name: &str, value: &[u8]) -> Result<(), Trouble> {
    let value = value.trim_ascii();
    if is_header_name(name) && is_header_value(value) {
        headers.push(name, value);
        return Ok(());
    }
    let value = String::from_utf8_lossy(value);
    Err(Trouble::Header(format!("{name}: {value}")))
}

/// Milliseconds as a duration, `None` where there can be none.
fn milliseconds(number: f64) -> Option<Duration> {
    // Whole nanoseconds keep three decimals of a millisecond exact.
    Duration::try_from_secs_f64((number * 1e3).round() / 1e6).ok()
}
