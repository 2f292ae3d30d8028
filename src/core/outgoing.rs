//! What goes out: a composed request made ready to leave, and what the log keeps of it.

use super::delivery::{Delivery, Direction};
use super::event::View;
use super::message::{Headers, Message, is_of_the_connection};
use super::provider::{Event, Provider};
use super::scheme::{Key, Scheme};
use super::verdict::{Proof, Verdict, Why};

/// The event of a name; one without sample and schema where the definition has none of this name.
#[must_use]
pub fn event(provider: &Provider, name: &str) -> Event {
    let known = provider.event(name).cloned();
    known.unwrap_or_else(|| Event {
        name: name.to_owned(),
        wire: None,
        title: String::new(),
        content_type: None,
        sample: String::new(),
        schema: String::new(),
        git: None,
    })
}

/// Gives a request the target of the URL it goes to; what its signature put into the query stays behind
/// that.
pub fn aim(message: &mut Message, target: &str) {
    message.target = match message.target.split_once('?') {
        Some((_, query)) if target.contains('?') => format!("{target}&{query}"),
        Some((_, query)) => format!("{target}?{query}"),
        None => target.to_owned(),
    };
}

/// Says who sends, where nobody else does.
pub fn name_agent(message: &mut Message) {
    if !message.headers.contains("user-agent") {
        let name = concat!("hookcat/", env!("CARGO_PKG_VERSION"));
        message.headers.push("User-Agent", name);
    }
}

/// The headers as they go out: those of the connection are the client's own, and of them `Host` is
/// worth recording.
#[must_use]
pub fn sent_headers(headers: &Headers, host: &str) -> Headers {
    let mut sent = Headers::with_capacity(headers.len() + 1, headers.size(), headers.size());
    sent.push("Host", host);
    let rest = headers.iter();
    sent.extend(rest.filter(|(name, _)| !is_of_the_connection(name)));
    sent
}

/// What the log keeps of a message that goes out.
#[must_use]
pub fn recorded(provider: &Provider, event: &Event, message: Message) -> Delivery {
    Delivery {
        id: None,
        direction: Direction::Sent,
        at: jiff::Timestamp::UNIX_EPOCH,
        provider: Some(provider.id.clone()),
        event: Some(event.name.clone()),
        // Not the fresh one: a body of the user's own carries its own, or none.
        delivery_id: View::new(&message).locate(&provider.locate.delivery_id),
        judgement: None,
        message,
        duplicate_of: None,
        replay_of: None,
        answer: None,
        attempts: Vec::new(),
    }
}

/// What was signed counts as valid: the same engine would say so.
#[must_use]
pub fn judged(scheme: Option<&Scheme>, keys: &[Key]) -> Verdict {
    match scheme {
        None => Verdict::Unverifiable(Why::ProviderDoesNotSign),
        Some(_) if keys.is_empty() => Verdict::Unverifiable(Why::NoSecret),
        Some(scheme) => Verdict::Valid(Proof {
            secret_index: 0,
            coverage: scheme.coverage(),
            age: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_recorded_are_those_that_go_out() {
        let recorded: Headers = [
            ("Host", "elsewhere"),
            ("X-A", "1"),
            ("transfer-encoding", "chunked"),
            ("Content-Length", "5"),
        ]
        .into_iter()
        .collect();
        assert_eq!(
            sent_headers(&recorded, "example.com:8080").to_lines(),
            b"Host: example.com:8080\r\nX-A: 1\r\n"
        );
    }

    #[test]
    fn a_signature_in_the_query_stays() {
        let aimed = |own: &str, target: &str| {
            let mut message = Message::post(Headers::new(), "");
            message.target = own.to_owned();
            aim(&mut message, target);
            message.target
        };
        assert_eq!(aimed("/", "/hooks?a=1"), "/hooks?a=1");
        assert_eq!(aimed("/?sig=x", "/hooks"), "/hooks?sig=x");
        assert_eq!(aimed("/?sig=x", "/hooks?a=1"), "/hooks?a=1&sig=x");
    }
}
