//! Recorded deliveries in forms that other tools take: curl, HAR, `.http`, hurl, JSON lines, and tests.
//!
//! What a form can carry it carries to the byte, so that reading it again gives the same request; what
//! it cannot is a [`Loss`], never silence.

mod capsule;
mod code;
mod har;
mod hurl;
mod rest;

use std::fmt;

pub use self::capsule::capsule;
use super::json;
use super::post::{self, Body, Post};
use crate::core::delivery::{Delivery, Direction};
use crate::core::message::{Headers, Message, is_of_the_connection};

/// A form deliveries are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// hookcat's own JSON, a delivery a line.
    Lines,
    /// Commands of curl.
    Curl,
    /// An HTTP Archive 1.2.
    Har,
    /// A `.http` file, as editors send it.
    Rest,
    /// A file of hurl.
    Hurl,
    /// A test of pytest.
    Pytest,
    /// A test of Jest, which `node --test` runs too.
    Jest,
    /// A test of Go.
    Go,
    /// A test of Rust.
    Rust,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 9] = [
        Self::Lines,
        Self::Curl,
        Self::Har,
        Self::Rest,
        Self::Hurl,
        Self::Pytest,
        Self::Jest,
        Self::Go,
        Self::Rust,
    ];

    /// Whether it holds what became of a request: verdict, answer, attempts, times.
    #[must_use]
    pub fn carries_record(self) -> bool {
        matches!(self, Self::Lines | Self::Har)
    }

    /// What it is called in a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Lines => "a JSON line",
            Self::Curl => "a curl command",
            Self::Har => "a HAR",
            Self::Rest => "a .http file",
            Self::Hurl => "a hurl file",
            Self::Pytest | Self::Jest | Self::Go | Self::Rust => "a test",
        }
    }
}

/// Something of a request that its form has no way to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The value of a header, or the header.
    Header(String),
    /// The target's exact bytes.
    Target(String),
    /// The body's exact bytes.
    Body,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "the bytes of header `{name}`"),
            Self::Target(target) => write!(f, "the target `{target}`"),
            Self::Body => f.write_str("the bytes of the body"),
        }
    }
}

/// One delivery as it stands in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// What is not in it.
    pub losses: Vec<Loss>,
    /// Whether the body goes into the file beside it that was offered.
    pub body_beside: bool,
}

/// What stands before all deliveries.
#[must_use]
pub fn head(form: Form) -> String {
    match form {
        Form::Har => har::head(),
        Form::Pytest | Form::Jest | Form::Go | Form::Rust => code::head(form).to_owned(),
        Form::Lines | Form::Curl | Form::Rest | Form::Hurl => String::new(),
    }
}

/// What stands between two deliveries.
#[must_use]
pub fn between(form: Form) -> &'static str {
    match form {
        Form::Har => ",\n",
        Form::Lines | Form::Curl => "",
        _ => "\n",
    }
}

/// What stands behind all deliveries.
#[must_use]
pub fn tail(form: Form) -> &'static str {
    match form {
        Form::Har => "\n]}}\n",
        _ => "",
    }
}

/// One delivery; `beside` is the name of a file its body may go into where the form can point to one.
#[must_use]
pub fn piece(form: Form, delivery: &Delivery, beside: Option<&str>) -> Piece {
    match form {
        Form::Lines => Piece {
            text: format!("{}\n", json::line(&json::delivery(delivery))),
            ..Piece::default()
        },
        Form::Har => Piece {
            text: har::entry(delivery, &url(delivery)),
            ..Piece::default()
        },
        Form::Curl => curl(delivery),
        Form::Rest => rest::request(delivery, beside),
        Form::Hurl => hurl::entry(delivery),
        Form::Pytest | Form::Jest | Form::Go | Form::Rust => Piece {
            text: code::test(form, delivery),
            losses: lost_target(&delivery.message.target),
            body_beside: false,
        },
    }
}

fn curl(delivery: &Delivery) -> Piece {
    let (message, url) = (own(&delivery.message), url(delivery));
    let text = post::curl(&Post {
        method: &message.method,
        url: &url,
        headers: message.headers.iter().collect(),
        body: Body::Bytes(&message.body),
    });
    Piece {
        text: format!("# {}\n{text}\n", title(delivery)),
        losses: if target_stands(&message.target) {
            Vec::new()
        } else {
            vec![Loss::Target(message.target)]
        },
        body_beside: false,
    }
}

/// The absolute URL of a delivery: where it was sent, or what its `Host` says.
#[must_use]
pub fn url(delivery: &Delivery) -> String {
    let target = &delivery.message.target;
    if target.contains("://") && !target.starts_with('/') {
        return target.clone();
    }
    format!("{}{}", origin(delivery), rooted(target))
}

/// Scheme and authority.
fn origin(delivery: &Delivery) -> String {
    let sent = delivery.direction == Direction::Sent;
    let url = delivery.attempts.last().filter(|_| sent);
    let url = url.and_then(|own| own.url.split_once("://"));
    let scheme = match url {
        Some(("https", _)) => "https",
        _ => "http",
    };
    let host = delivery.message.headers.text("host");
    let is_host = |text: &&str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~[]:%".contains(&byte);
        !text.is_empty() && text.bytes().all(fits)
    };
    let host = host.filter(is_host).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

/// A target that can stand behind an authority.
fn rooted(target: &str) -> String {
    if target.starts_with('/') {
        target.to_owned()
    } else {
        format!("/{target}")
    }
}

/// Whether a target is the same once it was part of a URL.
fn target_stands(target: &str) -> bool {
    target.starts_with('/') && !target.contains('#')
}

/// What a test, whose literals are ASCII, does not say of a target.
fn lost_target(target: &str) -> Vec<Loss> {
    if target.starts_with('/') && target.is_ascii() {
        return Vec::new();
    }
    vec![Loss::Target(target.to_owned())]
}

/// The request without the headers of the connection it came over.
#[must_use]
pub fn own(message: &Message) -> Message {
    let mut message = message.clone();
    message.headers = (message.headers.iter())
        .filter(|(name, _)| !is_of_the_connection(name))
        .collect();
    message
}

/// `#41 statly push, valid, 2026-01-02T03:04:05Z`: one line for a comment.
fn title(delivery: &Delivery) -> String {
    let mut words = Vec::new();
    words.extend(delivery.id.map(|id| format!("#{id}")));
    words.extend(delivery.provider.clone());
    words.extend(delivery.event.clone());
    let mut parts = vec![words.join(" ")];
    parts.extend(delivery.judgement.as_ref().map(|own| own.verdict.clone()));
    parts.push(format!("{:.0}", delivery.at));
    parts.retain(|own| !own.is_empty());
    // A break would end the comment, and whoever reads it may do what follows.
    super::sanitize::line(&parts.join(", ")).into_owned()
}

/// The headers that are text, and those that are not.
fn texts(headers: &Headers) -> (Vec<(&str, &str)>, Vec<Loss>) {
    let (mut texts, mut losses) = (Vec::new(), Vec::new());
    for (name, value) in headers.iter() {
        match std::str::from_utf8(value) {
            Ok(value) => texts.push((name, value)),
            Err(_) => losses.push(Loss::Header(name.to_owned())),
        }
    }
    (texts, losses)
}

#[cfg(test)]
pub(super) mod tests;
