//! What a file of deliveries is, told from its first value.

use super::Kind;
use super::json::{first, items, member, members, without_mark};
use crate::core::raw_http::looks_like_request;

/// The types of lines that may come before the first delivery.
const LINE_TYPES: [&[u8]; 5] = [
    b"\"capsule\"",
    b"\"delivery\"",
    b"\"request\"",
    b"\"ready\"",
    b"\"verdict\"",
];

/// What a file is, `None` for a body alone. It asks for what only such a file has, so that no webhook's
/// body passes for one, with one exception: a Stripe event is the same with and without the header that
/// signs it. Who has that header has a body, and need not ask.
#[must_use]
pub fn recognise(text: &[u8]) -> Option<Kind> {
    if looks_like_request(text) {
        return Some(Kind::Http);
    }
    let text = without_mark(text).trim_ascii_start();
    if is_curl(text) {
        return Some(Kind::Curl);
    }
    if let Some(kind) = of_requests(text) {
        return Some(kind);
    }
    of_object(first(text)?)
}

/// A first command that is curl's, or the one hookcat prints to feed it bytes.
fn is_curl(text: &[u8]) -> bool {
    let lines = text.split(|&byte| byte == b'\n');
    let mut lines = lines.map(<[u8]>::trim_ascii_start);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
    let line = line.unwrap_or_default();
    let line = line.strip_prefix(b"$ ").unwrap_or(line);
    let fed = line
        .strip_prefix(b"printf %s ")
        .and_then(|rest| {
            rest.split(|&byte| byte == b' ')
                .nth(1)
                .map(|sign| (sign, rest))
        })
        .is_some_and(|(sign, rest)| {
            let text = rest.split(|&byte| byte == b' ').next().unwrap_or_default();
            sign == b"|" && rest[text.len()..].starts_with(b" | base64 -d | curl ")
        });
    let own = line.strip_prefix(b"curl");
    fed || own.is_some_and(|rest| rest.first().is_some_and(|byte| b" \t\\\r".contains(byte)))
}

/// Requests with absolute URLs one below the other, as editors and hurl have them: hurl's have a line
/// for the answer, or no `###` between them.
fn of_requests(text: &[u8]) -> Option<Kind> {
    let lines = || {
        text.split(|&byte| byte == b'\n')
            .map(<[u8]>::trim_ascii_end)
    };
    let is_before = |line: &[u8]| {
        let signs: [&[u8]; 3] = [b"#", b"//", b"@"];
        line.is_empty() || signs.iter().any(|own| line.starts_with(own))
    };
    let first = lines().find(|line| !is_before(line))?;
    let first = std::str::from_utf8(first).ok()?;
    if !super::hurl::is_entry(first) {
        return None;
    }
    let has_separator = lines().any(|line| line.starts_with(b"###"));
    let has_version = first
        .rsplit(' ')
        .next()
        .is_some_and(|own| own.starts_with("HTTP/"));
    Some(if has_separator || has_version {
        Kind::Rest
    } else {
        Kind::Hurl
    })
}

fn of_object(object: &[u8]) -> Option<Kind> {
    let fields = members(object);
    let get = |name: &str| {
        let own = fields.iter().find(|(own, _)| *own == name.as_bytes());
        own.map_or(b"".as_slice(), |own| own.1)
    };
    let is = |name: &str, sign: u8| get(name).first() == Some(&sign);
    let any = |names: &[&str]| names.iter().any(|name| !get(name).is_empty());
    if is("log", b'{') {
        let log = members(get("log"));
        let has = |name: &[u8]| log.iter().any(|(own, _)| *own == name);
        return (has(b"entries") && (has(b"version") || has(b"creator"))).then_some(Kind::Har);
    }
    if get("v").first().is_some_and(u8::is_ascii_digit) && LINE_TYPES.contains(&get("type")) {
        let has_message = is("headers", b'[') && any(&["body", "body_base64"]) && any(&["method"]);
        let is_told = get("type") == b"\"capsule\"" && is("delivery", b'{')
            || get("type") == b"\"ready\"" && any(&["url"])
            || get("type") == b"\"verdict\"" && any(&["verdict"]);
        return (has_message || is_told).then_some(Kind::Lines);
    }
    if is("guid", b'"') && is("delivered_at", b'"') && any(&["status_code"]) && any(&["event"]) {
        return Some(Kind::Github);
    }
    if is("requestContext", b'{')
        && (is("headers", b'{') || is("multiValueHeaders", b'{'))
        && any(&["httpMethod", "rawPath"])
    {
        return Some(Kind::Lambda);
    }
    if is_stripe_event(object) {
        return Some(Kind::Stripe);
    }
    if get("object") == b"\"list\"" {
        let event = items(get("data")).into_iter().next()?;
        return is_stripe_event(event).then_some(Kind::Stripe);
    }
    None
}

/// `evt_` alone is also how others begin the ids of their events.
fn is_stripe_event(object: &[u8]) -> bool {
    let get = |name: &str| member(object, name).unwrap_or_default();
    let objects: [&[u8]; 2] = [b"\"event\"", b"\"v2.core.event\""];
    objects.contains(&get("object"))
        && get("id").starts_with(b"\"evt_")
        && !get("created").is_empty()
        && !get("livemode").is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_are_told_apart() {
        for (text, wanted) in [
            ("POST /h HTTP/1.1\r\n\r\n", Some(Kind::Http)),
            ("# a hook\n$ curl \\\n http://a", Some(Kind::Curl)),
            (
                "printf %s AA== | base64 -d | curl -X POST a",
                Some(Kind::Curl),
            ),
            ("### a\nPOST http://a HTTP/1.1\n", Some(Kind::Rest)),
            ("### a\nPOST it\n", None),
            ("# a\nPOST http://a\nHTTP 200\n", Some(Kind::Hurl)),
            ("curly", None),
            ("printf %s a", None),
            (
                "\u{feff} {\"log\": {\"version\": \"1.2\", \"entries\": []}}",
                Some(Kind::Har),
            ),
            ("{\"log\": {\"entries\": []}}", None),
            (
                "{\"v\":1,\"type\":\"ready\",\"url\":\"http://a\"}\n{\"v\":1",
                Some(Kind::Lines),
            ),
            (
                r#"[{"v":2,"type":"delivery","method":"A","headers":[],"body":""}]"#,
                Some(Kind::Lines),
            ),
            (r#"{"v":1,"type":"delivery","body":"a"}"#, None),
            (
                r#"{"id":1,"guid":"a","delivered_at":"b","status_code":200,"event":"push"}"#,
                Some(Kind::Github),
            ),
            (r#"{"guid":"a","event":"push"}"#, None),
            (
                r#"{"requestContext":{},"headers":{},"rawPath":"/","body":""}"#,
                Some(Kind::Lambda),
            ),
            (
                r#"{"id":"evt_1","object":"event","created":1,"livemode":false}"#,
                Some(Kind::Stripe),
            ),
            (
                r#"{"id":"evt_1","object":"event","created_at":1,"data":{}}"#,
                None,
            ),
            (
                r#"{"object":"list","data":[{"object":"event","id":"evt_1","created":1,"livemode":true}]}"#,
                Some(Kind::Stripe),
            ),
            (r#"{"object":"list","data":[]}"#, None),
            ("[]", None),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(recognise(text.as_bytes()), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = recognise(&text);
        }
    }
}
