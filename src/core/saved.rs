//! Templates of a project: a delivery that came once, to be sent again and again.
//!
//! A file begins with `# hookcat template: PROVIDER EVENT` and more lines of comment; a request as it
//! stands on the wire follows, whose body is filled in each time it is sent.

use thiserror::Error;

use super::delivery::Delivery;
use super::message::{Headers, Message};
use super::provider::Provider;
use super::raw_http::{self, RawError};
use super::scheme::Scheme;
use super::scrub::{Masked, Scrub};

const MARK: &str = "# hookcat template:";
/// A brace as a template writes it.
const BRACE: &str = "{{ \"{\" }}";
/// A shorter id may stand in a body by chance.
const LEAST_ID: usize = 8;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The provider's id.
    pub provider: String,
    /// The event's name.
    pub event: String,
    /// The request: headers that its provider's definition does not give, and the body's template.
    pub message: Message,
}

/// Why a file is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SavedError {
    /// It begins with something else.
    #[error("first line is not `# hookcat template: PROVIDER EVENT`")]
    NoMark,
    /// The request in it.
    #[error(transparent)]
    Request(#[from] RawError),
}

/// Whether a text is a template with its request, not a body alone.
#[must_use]
pub fn is_saved(text: &[u8]) -> bool {
    text.starts_with(MARK.as_bytes())
}

impl Saved {
    /// Makes a template of a delivery: what is secret or personal is masked, its id is anew each time,
    /// and what its provider's definition gives every request is left to it.
    #[must_use]
    pub fn new(delivery: &Delivery, provider: &Provider, event: &str) -> (Self, Masked) {
        let mut scrub = Scrub::default();
        let mut given: Vec<String> = provider.schemes.iter().flat_map(Scheme::headers).collect();
        given.extend(provider.send.headers.iter().map(|(name, _)| name.clone()));
        given.extend(["host", "content-length", "transfer-encoding"].map(str::to_owned));
        given.extend(["connection", "user-agent", "accept"].map(str::to_owned));
        let mut message = delivery.message.clone();
        for name in &given {
            message.headers.remove(name);
        }
        let mut message = scrub.message(&message, &[]);
        let body = match std::str::from_utf8(&message.body) {
            Ok(text) => Some(escaped(text)),
            Err(_) => None,
        };
        if let Some(mut text) = body {
            let id = delivery.delivery_id.as_deref();
            if let Some(id) = id.filter(|id| id.len() >= LEAST_ID && !id.contains(['{', '}'])) {
                text = text.replace(&format!("{{{id}"), &format!("{BRACE}{id}"));
                text = text.replace(id, "{{ delivery_id }}");
            }
            message.body = text.into_bytes().into();
        }
        let saved = Self {
            provider: provider.id.clone(),
            event: event.to_owned(),
            message,
        };
        (saved, scrub.finish())
    }

    /// The file; `about` are further lines of comment.
    #[must_use]
    pub fn file(&self, about: &[String]) -> Vec<u8> {
        let mut out = format!("{MARK} {} {}\n", self.provider, self.event).into_bytes();
        for line in about {
            let plain = |char: char| if char.is_control() { ' ' } else { char };
            let line: String = line.chars().map(plain).collect();
            out.extend_from_slice(format!("# {line}\n").as_bytes());
        }
        let Message { method, target, .. } = &self.message;
        out.extend_from_slice(format!("{method} {target} HTTP/1.1\n").as_bytes());
        for (name, value) in self.message.headers.iter() {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.push(b'\n');
        }
        out.push(b'\n');
        out.extend_from_slice(&self.message.body);
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`SavedError`]
    pub fn read(file: &[u8]) -> Result<Self, SavedError> {
        let mut rest = file;
        let mut first = None;
        while rest.starts_with(b"#") {
            let end = rest.iter().position(|&byte| byte == b'\n');
            let (line, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
            first.get_or_insert(line);
            rest = after;
        }
        let first = first.and_then(|own| std::str::from_utf8(own).ok());
        let words = first.and_then(|own| own.strip_prefix(MARK));
        let (provider, event) = words
            .and_then(|own| own.trim().split_once(' '))
            .ok_or(SavedError::NoMark)?;
        Ok(Self {
            provider: provider.to_owned(),
            event: event.trim().to_owned(),
            message: raw_http::request(rest)?,
        })
    }

    /// A body alone as a template of an event.
    #[must_use]
    pub fn of_body(provider: &str, event: &str, body: Vec<u8>) -> Self {
        Self {
            provider: provider.to_owned(),
            event: event.to_owned(),
            message: Message::post(Headers::new(), body),
        }
    }
}

/// A text in which nothing is filled in: a brace that a template would read is a text of it. The last
/// one too, for what may come to stand behind it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let begins = match chars.peek() {
            None => true,
            Some(next) => "{%#".contains(*next),
        };
        if char == '{' && begins {
            out.push_str(BRACE);
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::core::compose;
    use crate::core::delivery::Direction;
    use crate::core::random::Random;
    use crate::core::template::Filler;
    use crate::providers::Catalog;

    fn delivery(body: &[u8]) -> Delivery {
        let headers = [
            ("Host", "a.example"),
            ("Content-Type", "application/json"),
            ("X-GitHub-Event", "push"),
            ("X-GitHub-Delivery", "0b989ba4-242f"),
            ("X-Hub-Signature-256", "sha256=00ff"),
            ("X-Own", "1"),
            ("Authorization", "Bearer abcdefgh"),
        ];
        Delivery {
            id: Some(7),
            provider: Some("github".to_owned()),
            event: Some("push".to_owned()),
            delivery_id: Some("0b989ba4-242f".to_owned()),
            ..Delivery::new(
                Direction::Received,
                Timestamp::UNIX_EPOCH,
                Message {
                    target: "/hooks?x=1".to_owned(),
                    ..Message::post(headers.into_iter().collect(), body.to_vec())
                },
            )
        }
    }

    fn filled(saved: &Saved) -> String {
        let filler = Filler::new(Timestamp::UNIX_EPOCH, Random::from_text("1"));
        let github = Catalog::default().whole("github").expect("known");
        let event = github.event("push").expect("known");
        let body = compose::filled(&saved.message.body, event, "anew", &filler);
        String::from_utf8(body.expect("fills")).expect("text")
    }

    #[test]
    fn a_delivery_becomes_a_template_and_is_read_back() {
        let body =
            br#"{"id": "0b989ba4-242f{0b989ba4-242f", "user": {"email": "a@b.co"}, "text": "{{ x }}{%{#"}"#;
        let github = Catalog::default().whole("github").expect("known");
        let (saved, masked) = Saved::new(&delivery(body), &github, "push");
        assert_eq!(
            saved.message.headers.to_lines(),
            b"Content-Type: application/json\r\nX-Own: 1\r\nAuthorization: Bearer xxxxxxxx\r\n"
        );
        assert_eq!(
            masked.places,
            ["body `user.email`", "header `Authorization`"]
        );
        let file = saved.file(&["saved\nfrom #7".to_owned()]);
        assert!(
            file.starts_with(b"# hookcat template: github push\n# saved from #7\nPOST /hooks?x=1 ")
        );
        assert!(is_saved(&file));
        assert_eq!(Saved::read(&file).as_ref(), Ok(&saved));
        assert_eq!(
            filled(&saved),
            r#"{"id": "anew{anew", "user": {"email": "person1@example.com"}, "text": "{{ x }}{%{#"}"#
        );
        assert_eq!(Saved::read(b"POST / HTTP/1.1\n\n"), Err(SavedError::NoMark));
    }

    proptest! {
        #[test]
        fn a_body_is_filled_in_as_it_was(body in r"[{}%# a\r\n]{0,30}") {
            let github = Catalog::default().whole("github").expect("known");
            let (saved, _) = Saved::new(&delivery(body.as_bytes()), &github, "push");
            prop_assert_eq!(filled(&saved), body);
        }
    }
}
