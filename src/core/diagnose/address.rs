//! Probes of the URL and the method, for schemes that sign them.

use super::search::{Attempt, Search};
use super::{Cause, Finding, form};
use crate::core::message::{Headers, Message};
use crate::core::scheme::{Part, Scheme};
use crate::core::verdict::Verdict;

/// A URL in the parts that go wrong; each is as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Address {
    scheme: String,
    host: String,
    port: Option<String>,
    path: String,
    query: Option<String>,
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        Self::of(scheme, host, target)
    }

    fn of(scheme: &str, authority: &str, target: &str) -> Option<Self> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, Some(port.to_owned()))
            }
            _ => (authority, None),
        };
        (!host.is_empty()).then(|| Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
            query,
        })
    }

    fn text(&self) -> String {
        let Self {
            scheme, host, path, ..
        } = self;
        let port = self.port.iter().map(|port| format!(":{port}"));
        let query = self.query.iter().map(|query| format!("?{query}"));
        let (port, query): (String, String) = (port.collect(), query.collect());
        format!("{scheme}://{host}{port}{path}{query}")
    }

    /// Every address that differs from this in one thing.
    fn changed(&self, message: &Message) -> Vec<(Cause, Self)> {
        let mut all = Vec::new();
        let mut add = |cause, change: &dyn Fn(&mut Self)| {
            let mut other = self.clone();
            change(&mut other);
            if other != *self {
                all.push((cause, other));
            }
        };
        let other = if self.scheme == "https" {
            "http"
        } else {
            "https"
        };
        add(Cause::UrlScheme, &|own| other.clone_into(&mut own.scheme));
        for (host, port) in hosts(&message.headers) {
            add(Cause::UrlHost, &|own| {
                own.host.clone_from(&host);
                own.port.clone_from(&port);
            });
        }
        let usual = if self.scheme == "https" { "443" } else { "80" };
        add(Cause::UrlPort, &|own| {
            own.port = if own.port.is_none() {
                Some(usual.to_owned())
            } else {
                None
            };
        });
        add(Cause::UrlSlash, &|own| match own.path.strip_suffix('/') {
            Some(path) => own.path = path.to_owned(),
            None => own.path.push('/'),
        });
        let target = message
            .target
            .split_once("://")
            .map_or(message.target.as_str(), |(_, rest)| {
                rest.find('/').map_or("/", |slash| &rest[slash..])
            });
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if self.query.is_some() {
            add(Cause::UrlQuery, &|own| own.query = None);
        }
        if !query.is_empty() {
            add(Cause::UrlQuery, &|own| own.query = Some(query.to_owned()));
        }
        if let Some(query) = &self.query {
            add(Cause::UrlQuery, &|own| {
                own.query = Some(form::unescaped(query));
            });
            let mut fields: Vec<&str> = query.split('&').collect();
            fields.sort_unstable();
            add(Cause::UrlQuery, &|own| own.query = Some(fields.join("&")));
        }
        add(Cause::UrlPath, &|own| path.clone_into(&mut own.path));
        add(Cause::UrlPath, &|own| own.path = form::unescaped(&own.path));
        add(Cause::UrlPath, &|own| {
            let parts = own.path.split('/').map(form::percent);
            own.path = parts.collect::<Vec<_>>().join("/");
        });
        let prefix = message.headers.text("x-forwarded-prefix");
        if let Some(prefix) = prefix {
            add(Cause::UrlPath, &|own| {
                own.path = format!("{}{}", prefix.trim_end_matches('/'), own.path);
            });
        }
        // A gateway takes a first part of the path away.
        let rest = self.path.get(1..).and_then(|path| path.find('/'));
        if let Some(slash) = rest {
            add(Cause::UrlPath, &|own| {
                own.path = own.path[slash + 1..].to_owned();
            });
        }
        all
    }
}

/// The hosts a message names: its proxies' first.
fn hosts(headers: &Headers) -> Vec<(String, Option<String>)> {
    let first = |name| headers.text(name).and_then(|value| value.split(',').next());
    let forwarded = first("forwarded").and_then(|value| {
        let mut pairs = value
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, host) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("host"))?;
        Some(host.trim_matches('"'))
    });
    let names = [
        first("x-forwarded-host"),
        first("x-original-host"),
        forwarded,
        first("host"),
    ];
    let found = names.into_iter().flatten().map(str::trim);
    let found = found.filter_map(|host| Address::of("", host, ""));
    found.map(|own| (own.host, own.port)).collect()
}

/// The address the headers tell of, where none was given.
fn told(message: &Message) -> Option<Address> {
    let (host, port) = hosts(&message.headers).into_iter().next()?;
    let scheme = message.headers.text("x-forwarded-proto");
    let scheme = scheme.and_then(|value| value.split(',').next());
    if let Some(own) = Address::parse(&message.target) {
        return Some(own);
    }
    let own = Address::of(scheme.unwrap_or("https").trim(), &host, &message.target);
    own.map(|own| Address { port, ..own })
}

/// Every URL that differs in one thing from the one given, or from what the message tells.
pub(super) fn urls(search: &Search<'_>) -> Vec<(Cause, String)> {
    let message = search.message();
    let given = search.subject.context.url.and_then(Address::parse);
    let is_given = given.is_some();
    let Some(base) = given.or_else(|| told(message)) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    if !is_given {
        all.push((Cause::UrlMissing, base.text()));
    }
    let changed = base.changed(message);
    let cause = |cause| if is_given { cause } else { Cause::UrlMissing };
    all.extend(
        changed
            .iter()
            .map(|(own, address)| (cause(*own), address.text())),
    );
    // A proxy changes two at once: scheme and host, host and path.
    for (first, address) in &changed {
        let more = address.changed(message).into_iter();
        let more = more.filter(|(second, other)| second != first && *other != base);
        all.extend(more.map(|(_, other)| (cause(*first), other.text())));
    }
    all
}

/// Other URLs and methods.
pub(super) fn probe(search: &mut Search<'_>, _: &Verdict) -> Option<Vec<Finding>> {
    let found = url(search);
    found.or_else(|| method(search))
}

fn url(search: &mut Search<'_>) -> Option<Vec<Finding>> {
    let scheme = search.scheme;
    let paths = [Part::Path, Part::Target];
    let signs_path = scheme
        .signed
        .parts()
        .iter()
        .any(|part| paths.contains(part));
    if !scheme.needs_url() && !signs_path {
        return None;
    }
    let mut urls = urls(search);
    urls.dedup_by(|a, b| a.1 == b.1);
    let keys = std::mem::take(&mut search.keys);
    let found = urls.into_iter().find_map(|(cause, url)| {
        let attempt = Attempt {
            url: Some(&url),
            ..search.unchanged(&keys)
        };
        search.prove(attempt)?;
        let change = format!("would match if the URL were `{url}`");
        Some(vec![Finding::new(cause, change)])
    });
    search.keys = keys;
    found
}

fn method(search: &mut Search<'_>) -> Option<Vec<Finding>> {
    const METHODS: [&str; 5] = ["POST", "GET", "PUT", "PATCH", "DELETE"];
    let scheme: &Scheme = search.scheme;
    let in_text = scheme.signed.parts().contains(&Part::Method);
    if !in_text && scheme.signed_by.is_none() {
        return None;
    }
    let own = search.message();
    METHODS.into_iter().find_map(|method| {
        if own.method == method {
            return None;
        }
        let changed = Message {
            method: method.to_owned(),
            ..own.clone()
        };
        let change = format!(
            "would match if the method were {method}, not {}",
            own.method
        );
        search
            .proves_message(&changed)
            .then(|| vec![Finding::new(Cause::Method, change)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_and_put_together() {
        for url in [
            "https://example.com",
            "https://example.com/",
            "http://example.com:8080/a/b?x=1&y",
            "https://[::1]:4400/a",
            "https://example.com?x=1",
        ] {
            let own = Address::parse(url).expect("an address");
            assert_eq!(own.text(), url);
        }
        assert_eq!(Address::parse("/hooks"), None);
        assert_eq!(Address::parse("https:///x"), None);
    }

    #[test]
    fn one_thing_is_changed_at_a_time() {
        let headers: Headers = [("Host", "app:3000"), ("X-Forwarded-Host", "example.com")]
            .into_iter()
            .collect();
        let mut message = Message::post(headers, "");
        message.target = "/b?q=1".to_owned();
        let own = Address::parse("https://app:3000/a/b").expect("an address");
        let found: Vec<_> = own.changed(&message).into_iter().collect();
        for (cause, url) in [
            (Cause::UrlScheme, "http://app:3000/a/b"),
            (Cause::UrlHost, "https://example.com/a/b"),
            (Cause::UrlPort, "https://app/a/b"),
            (Cause::UrlSlash, "https://app:3000/a/b/"),
            (Cause::UrlQuery, "https://app:3000/a/b?q=1"),
            (Cause::UrlPath, "https://app:3000/b"),
        ] {
            let found = found
                .iter()
                .any(|(own, address)| *own == cause && address.text() == url);
            assert!(found, "{url}");
        }
        assert_eq!(
            told(&message).expect("told").text(),
            "https://example.com/b?q=1"
        );
    }
}
