//! One attempt at a mail: plain SMTP to one server, as the mail catchers on a developer's machine
//! speak it. No TLS, no login: nothing secret is in it, and nothing is asked for.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message as Letter};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::response::Response;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use thiserror::Error;

use super::attempt::cause;
use crate::core::delivery::{Attempt, Failure, FailureKind, Reply};
use crate::core::message::{Headers, Message};
use crate::core::retry::{Outcome, Span};
use crate::repeat::Clock;

/// Who the mail is from.
const FROM: (&str, &str) = ("hookcat", "hookcat@localhost");
/// More of a server's words than this is not recorded.
const REPLY_CHARS: usize = 2000;

/// A mail, of text alone.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Whom it is to.
    pub to: Recipient,
    /// Its subject; a line break in it begins no header.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// An address that mail can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient(Address);

/// Sends mails to one server.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    timeout: Duration,
    clock: Clock,
}

/// A mail that cannot be sent by anybody.
#[derive(Debug, Error)]
pub enum MailError {
    /// No `HOST:PORT`.
    #[error("not a mail server, expected one such as `localhost:1025`: `{0}`")]
    Server(String),
    /// No address, or more than one.
    #[error("not an e-mail address: `{0}`")]
    Address(String),
    /// What no mail can hold.
    #[error("cannot write the mail")]
    Letter(#[from] lettre::error::Error),
}

impl std::str::FromStr for Recipient {
    type Err = MailError;

    fn from_str(text: &str) -> Result<Self, MailError> {
        let error = |_| MailError::Address(text.to_owned());
        text.parse().map(Self).map_err(error)
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Mailer {
    /// A mailer to `HOST:PORT`, with so much time for each mail.
    ///
    /// # Errors
    /// [`MailError::Server`]
    pub fn new(server: &str, timeout: Duration, clock: Clock) -> Result<Self, MailError> {
        let (host, port) =
            host_and_port(server).ok_or_else(|| MailError::Server(server.to_owned()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .timeout(Some(timeout))
            .build();
        Ok(Self {
            transport,
            server: server.to_owned(),
            timeout,
            clock,
        })
    }

    /// Where a mail goes, as it is shown and recorded.
    #[must_use]
    pub fn url(&self, to: &Recipient) -> String {
        format!("smtp://{}/{to}", self.server)
    }

    /// Makes one attempt. What the server answers last is the reply: 250 where it took the mail.
    ///
    /// # Errors
    /// [`MailError`] for what mail cannot carry; everything the network does is in the attempt.
    pub async fn attempt(&self, mail: &Mail, number: u32) -> Result<Attempt, MailError> {
        let at = self.clock.now();
        let letter = mail.letter(at)?;
        let bytes = letter.formatted();
        let start = Instant::now();
        let sending = self.transport.send_raw(letter.envelope(), &bytes);
        let result = match tokio::time::timeout(self.timeout, sending).await {
            Ok(Ok(response)) => Ok(taken(&response)),
            Ok(Err(error)) => self.refused(&error),
            Err(_) => Err(self.too_late()),
        };
        Ok(Attempt {
            number,
            at,
            url: self.url(&mail.to),
            result,
            latency: self.clock.elapsed(start),
        })
    }

    fn refused(&self, error: &SmtpError) -> Result<Reply, Failure> {
        if let Some(code) = error.status() {
            let words = cause(error);
            return Ok(reply(code.into(), &words));
        }
        if error.is_timeout() {
            return Err(self.too_late());
        }
        Err(Failure {
            kind: if error.is_response() || error.is_client() {
                FailureKind::Broken
            } else {
                FailureKind::Connect
            },
            message: cause(error),
        })
    }

    fn too_late(&self) -> Failure {
        Failure {
            kind: FailureKind::Timeout,
            message: format!("no answer within {}", Span(self.timeout)),
        }
    }
}

impl Mail {
    /// The mail as the log keeps it: its headers and its text.
    ///
    /// # Errors
    /// As [`Mailer::attempt`].
    pub fn message(&self, at: jiff::Timestamp) -> Result<Message, MailError> {
        let letter = self.letter(at)?;
        let headers = letter.headers().to_string();
        // A long header is folded: what begins with white space goes on.
        let headers = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
        let headers: Headers = headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .collect();
        Ok(Message {
            method: "MAIL".to_owned(),
            target: self.to.to_string(),
            headers,
            body: self.text.clone().into(),
        })
    }

    fn letter(&self, at: jiff::Timestamp) -> Result<Letter, MailError> {
        let (name, from) = FROM;
        let from: Address = from
            .parse()
            .map_err(|_| MailError::Address(from.to_owned()))?;
        Ok(Letter::builder()
            .from(Mailbox::new(Some(name.to_owned()), from))
            .to(Mailbox::new(None, self.to.0.clone()))
            .subject(self.subject.as_str())
            .date(at.into())
            // No machine is to answer it.
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(self.text.clone())?)
    }
}

/// What a server's answer means for a mail, which is not what the same number means in HTTP.
///
/// <https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1>
#[must_use]
pub fn judge(status: Option<u16>) -> Outcome {
    match status {
        Some(200..=299) => Outcome::Delivered,
        Some(500..=599) => Outcome::Final,
        _ => Outcome::Retry,
    }
}

fn taken(response: &Response) -> Reply {
    let words: Vec<&str> = response.message().collect();
    reply(response.code().into(), &words.join("\n"))
}

fn reply(status: u16, words: &str) -> Reply {
    let end = words.char_indices().nth(REPLY_CHARS).map(|own| own.0);
    Reply {
        status,
        headers: Headers::new(),
        body: words[..end.unwrap_or(words.len())].to_owned().into(),
        truncated: end.is_some(),
    }
}

fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    if let Some(inner) = host.strip_prefix('[') {
        let address: IpAddr = inner.strip_suffix(']')?.parse().ok()?;
        return Some((address.to_string(), port));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let fits = !host.is_empty() && host.bytes().all(is_plain);
    fits.then(|| (host.to_owned(), port))
}

/// <https://www.rfc-editor.org/rfc/rfc3834#section-5>
#[derive(Clone, Copy)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str, text: &str) -> Mail {
        Mail {
            to: "ops@example.com".parse().expect("an address"),
            subject: subject.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn nothing_in_a_mail_begins_a_header() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let own = mail(
            "a\r\nBcc: evil@example.com\r\n\r\nhello",
            "b\r\n\r\nBcc: body\u{fc}\r\n",
        );
        let letter = own.letter(at).expect("a letter");
        let text = String::from_utf8(letter.formatted()).expect("text");
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
        assert_eq!(letter.envelope().to().len(), 1);
        for address in [
            "ops@example.com\r\nBcc: evil@example.com",
            "ops@example.com, evil@example.com",
            "Ops <ops@example.com>",
            "ops@example.com>\r\nRCPT TO:<evil@example.com",
            "ops",
            "",
        ] {
            assert!(address.parse::<Recipient>().is_err(), "{address:?}");
        }
    }

    #[test]
    fn the_log_keeps_headers_and_text() {
        let own = mail(&"long \u{fc} ".repeat(40), "text");
        let message = own.message(jiff::Timestamp::UNIX_EPOCH).expect("a message");
        assert_eq!(
            (message.method.as_str(), message.target.as_str()),
            ("MAIL", "ops@example.com")
        );
        assert_eq!(message.headers.text("to"), Some("ops@example.com"));
        assert_eq!(
            message.headers.text("auto-submitted"),
            Some("auto-generated")
        );
        assert_eq!(
            message.headers.text("date"),
            Some("Thu, 01 Jan 1970 00:00:00 +0000")
        );
        assert!(
            message
                .headers
                .text("subject")
                .is_some_and(|own| own.len() > 200)
        );
        assert_eq!(&message.body[..], b"text");
    }

    #[test]
    fn servers_are_a_host_and_a_port() {
        let read = |text: &str| host_and_port(text);
        assert_eq!(read("localhost:1025"), Some(("localhost".into(), 1025)));
        assert_eq!(read("[::1]:25"), Some(("::1".into(), 25)));
        for text in [
            "localhost",
            ":25",
            "a:0",
            "a:99999",
            "a b:25",
            "smtp://a:25",
            "[x]:25",
            "::1:25",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_mean_what_they_mean_in_smtp() {
        assert_eq!(judge(Some(250)), Outcome::Delivered);
        assert_eq!(judge(Some(451)), Outcome::Retry);
        assert_eq!(judge(Some(550)), Outcome::Final);
        assert_eq!(judge(None), Outcome::Retry);
    }
}
