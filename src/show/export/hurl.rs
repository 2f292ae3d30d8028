//! Entries of hurl: a request and the status it is to be answered with.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Loss, Piece, own, target_stands, texts, title, url};
use crate::core::delivery::Delivery;
use crate::show::sanitize::is_hostile;

/// A delivery as an entry.
pub(super) fn entry(delivery: &Delivery) -> Piece {
    let message = own(&delivery.message);
    let (headers, mut losses) = texts(&message.headers);
    let url = url(delivery);
    if !target_stands(&message.target) || !url.chars().all(stands_in_url) {
        losses.push(Loss::Target(message.target.clone()));
    }
    let url: String = url
        .chars()
        .map(|char| match char {
            char if stands_in_url(char) => char.to_string(),
            char => super::code::percent(char),
        })
        .collect();
    let mut text = format!("# {}\n{} {url}\n", title(delivery), message.method);
    for (name, value) in headers {
        text.push_str(&escaped(name, |char| {
            char.is_ascii_alphanumeric() || "_-.".contains(char)
        }));
        text.push(':');
        if !value.is_empty() {
            text.push(' ');
            text.push_str(&escaped(value, |char| !"#\\{}`".contains(char)));
        }
        text.push('\n');
    }
    if !message.body.is_empty() {
        text.push_str(&match std::str::from_utf8(&message.body) {
            Ok(body) => format!("`{}`", escaped(body, |char| !"#\\`".contains(char))),
            Err(_) => format!("base64,{};", BASE64_STANDARD.encode(&message.body)),
        });
        text.push('\n');
    }
    match delivery.status() {
        Some(status @ 200..=299) => text.push_str(&format!("HTTP {status}\n")),
        _ => text.push_str("HTTP *\n[Asserts]\nstatus >= 200\nstatus < 300\n"),
    }
    Piece {
        text,
        losses,
        body_beside: false,
    }
}

/// A text in which signs that hurl reads are written by their number; two braces would be a variable.
fn escaped(text: &str, plain: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    for char in text.chars() {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '{' if last == '{' => out.push_str("\\u{7b}"),
            // Whoever reads it may trim what is white.
            char if char != ' ' && char.is_whitespace() => out.push_str(&numbered(char)),
            char if plain(char) && !is_hostile(char) => out.push(char),
            char => out.push_str(&numbered(char)),
        }
        last = char;
    }
    out
}

/// A character by its number.
fn numbered(char: char) -> String {
    format!("\\u{{{:x}}}", u32::from(char))
}

fn stands_in_url(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(char)
}
