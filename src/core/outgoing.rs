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
    sent_headers_like(headers, host, &Headers::new())
}

/// The same with `Host` at the place where it stood among the others before.
#[must_use]
pub fn sent_headers_like(headers: &Headers, host: &str, before: &Headers) -> Headers {
    let is_host = |name: &str| name.eq_ignore_ascii_case("host");
    let others = |own: &(&str, &[u8])| !is_of_the_connection(own.0);
    let ahead = before.iter().take_while(|own| !is_host(own.0));
    let place = ahead.filter(others).count();
    let place = if before.contains("host") { place } else { 0 };
    let host = std::iter::once(("Host", host.as_bytes()));
    let (first, rest) = (headers.iter(), headers.iter());
    let mut sent = Headers::with_capacity(headers.len() + 1, headers.size(), headers.size());
    sent.extend(
        (first.filter(others).take(place))
            .chain(host)
            .chain(rest.filter(others).skip(place)),
    );
    sent
}

/// What the log keeps of a message that goes out.
#[must_use]
pub fn recorded(provider: &Provider, event: &Event, message: Message) -> Delivery {
    // Not the fresh one: a body of the user's own carries its own, or none.
    let delivery_id = View::new(&message).locate(&provider.locate.delivery_id);
    Delivery {
        provider: Some(provider.id.clone()),
        event: Some(event.name.clone()),
        delivery_id,
        ..Delivery::new(Direction::Sent, jiff::Timestamp::UNIX_EPOCH, message)
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
    fn host_stands_where_it_stood() {
        let headers = |all: &[&str]| all.iter().map(|name| (*name, "1")).collect::<Headers>();
        let sent = headers(&["X-A", "Connection", "X-B", "X-C"]);
        for (before, wanted) in [
            (&[][..], ["Host", "X-A", "X-B", "X-C"]),
            (&["X-A", "X-B"], ["Host", "X-A", "X-B", "X-C"]),
            (&["Host", "X-A"], ["Host", "X-A", "X-B", "X-C"]),
            (&["X-A", "TE", "host"], ["X-A", "Host", "X-B", "X-C"]),
            (&["1", "2", "3", "4", "host"], ["X-A", "X-B", "X-C", "Host"]),
        ] {
            let own = sent_headers_like(&sent, "a", &headers(before));
            let names: Vec<&str> = own.iter().map(|own| own.0).collect();
            assert_eq!(names, wanted, "{before:?}");
            assert_eq!(own.text("host"), Some("a"));
        }
    }

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
