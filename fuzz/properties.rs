//! What must hold of every parser that sees foreign bytes, whatever the bytes are: a function a parser.
//!
//! cargo-fuzz looks for bytes for which it does not hold (`just fuzz TARGET`); `tests/it/seeds.rs`
//! runs the same functions with the bytes in `seeds/`.

use std::sync::LazyLock;

use hookcat::core::assess::Keyring;
use hookcat::core::compose::{self, Occasion, Signing};
use hookcat::core::event::View;
use hookcat::core::expr::{Expr, Input};
use hookcat::core::git::{self, Facts, Person, Pushed, Update};
use hookcat::core::import::{self, Imported, Kind};
use hookcat::core::inspect::inspect;
use hookcat::core::message::{Headers, Message, is_header_name, is_header_value};
use hookcat::core::provider::Provider;
use hookcat::core::random::Random;
use hookcat::core::raw_http::{self, MAX_FIELDS};
use hookcat::core::scheme::{Context, Fresh, Key, Part, Scheme};
use hookcat::core::secret::Secret;
use hookcat::core::template::Filler;
use hookcat::core::verdict::{Verdict, Why};
use hookcat::definitions;
use hookcat::providers::Catalog;
use hookcat::show::notice::Notice;
use hookcat::show::sanitize::is_hostile;
use hookcat::show::{json, request};
use hookcat::verifier::Verifier;
use jiff::Timestamp;
use serde_json::json;

const URL: &str = "http://127.0.0.1:4400";
const NOW: i64 = 1_700_000_000;
/// Reasons that lie in a message's time alone.
const OF_TIME: [&str; 3] = ["stale", "future", "malformed-timestamp"];
/// What any file has that a curl command names.
const FILE: &[u8] = b"{\r\n\"a\": 1\n}\0\xff";

/// A file of headers: what is read can stand in a request, and is read again.
pub fn headers(bytes: &[u8]) {
    let kept = Headers::from_lines(bytes);
    assert!(kept.len() <= bytes.len());
    let Ok(headers) = import::headers(bytes) else {
        return;
    };
    can_be_sent(&headers);
    let lines = headers.to_lines();
    assert_eq!(
        Headers::from_lines(&lines),
        headers,
        "the log's own reading"
    );
    assert_eq!(import::headers(&lines), Ok(headers), "read again");
}

/// A request as text: what is read, written down and read again is the same request.
pub fn raw_http(bytes: &[u8]) {
    let Ok(found) = import::http(bytes) else {
        return;
    };
    let message = &found.message;
    assert!(message.body.len() <= bytes.len());
    assert!(message.headers.len() <= MAX_FIELDS);
    is_whole(&found);
    // `Host` and `Content-Length` may come to them.
    if message.headers.len() + 2 > MAX_FIELDS {
        return;
    }
    let text = request::http(message, &message.target, "example.com");
    let mut again = raw_http::request(&text).expect("what is written is read");
    let mut wanted = message.clone();
    for name in ["Host", "Content-Length", "Transfer-Encoding"] {
        again.headers.remove(name);
        wanted.headers.remove(name);
    }
    assert_eq!(again, wanted);
}

/// An HTTP Archive, and whatever else comes as JSON.
pub fn har(bytes: &[u8]) {
    for kind in [
        Kind::Har,
        Kind::Lines,
        Kind::Github,
        Kind::Stripe,
        Kind::Lambda,
    ] {
        if let Ok(found) = import::read(kind, bytes) {
            are_whole(&found, bytes.len());
        }
    }
    let _ = import::recognise(bytes);
}

/// curl command lines, and what else may name files: requests as editors and hurl have them.
pub fn curl(bytes: &[u8]) {
    let mut files = |name: &str| match name.len() % 2 {
        0 => Err("no such file".to_owned()),
        _ => Ok(FILE.to_vec()),
    };
    for kind in [Kind::Curl, Kind::Rest, Kind::Hurl] {
        if let Ok(found) = import::read_with(kind, bytes, &mut files) {
            are_whole(&found, bytes.len());
        }
    }
}

fn are_whole(all: &[Imported], size: usize) {
    let bodies: usize = all.iter().map(|own| own.message.body.len()).sum();
    assert!(bodies <= 64 * size, "{bodies} bytes out of {size}");
    for found in all {
        is_whole(found);
    }
}

/// Holds what was read to what a request can be, and to what hookcat reads of its own writing.
fn is_whole(found: &Imported) {
    let message = &found.message;
    let is_visible = |byte: u8| byte > b' ' && byte != 0x7f;
    assert!(is_header_name(&message.method), "{}", message.method);
    assert!(!message.target.is_empty() && message.target.bytes().all(is_visible));
    can_be_sent(&message.headers);
    let url = format!("{URL}{}", message.target);
    if message.target.starts_with('/') && !message.target.contains('#') {
        let command = request::curl(message, &url);
        is_shown_safely(&command);
        let read = import::read(Kind::Curl, command.as_bytes()).expect("its own command");
        assert_eq!(read[0].message, *message, "{command}");
    }
    let line = json::line(&json::request(message, &url));
    is_shown_safely(&line);
    let read = import::read(Kind::Lines, line.as_bytes()).expect("its own line");
    // Values are text there.
    if message
        .headers
        .iter()
        .all(|(_, value)| std::str::from_utf8(value).is_ok())
    {
        let wanted = Message {
            target: read[0].message.target.clone(),
            ..message.clone()
        };
        assert_eq!(read[0].message, wanted, "{line}");
    }
}

fn can_be_sent(headers: &Headers) {
    for (name, value) in headers.iter() {
        assert!(is_header_name(name), "{name:?}");
        assert!(
            is_header_value(value) && value.trim_ascii() == value,
            "{value:?}"
        );
    }
}

fn is_shown_safely(text: &str) {
    let hostile = |char: char| is_hostile(char) && char != '\n';
    assert!(!text.chars().any(hostile), "{text:?}");
}

/// Every scheme of the catalogue with its provider.
static SCHEMES: LazyLock<Vec<(Provider, usize)>> = LazyLock::new(|| {
    let catalog = Catalog::default();
    let all = catalog.all().into_iter();
    all.flat_map(|own| (0..own.schemes.len()).map(|at| (own.clone(), at)))
        .collect()
});

/// A message to hold against a scheme: its first line is `PROVIDER SCHEME` (or two bytes that choose
/// one), a line each is what its headers have; `Name: value` lines, an empty line and the body follow.
fn posed(bytes: &[u8]) -> Option<(&'static Provider, &'static Scheme, Message)> {
    let mut rest = bytes;
    let mut line = || {
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        let (own, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        Some(own)
    };
    let choice = line()?;
    let is_chosen = |(provider, at): &&(Provider, usize)| {
        let name = format!("{} {}", provider.id, provider.schemes[*at].name);
        name.as_bytes() == choice
    };
    let by_number = || {
        let number = choice.first_chunk::<2>().copied().map(u16::from_le_bytes);
        &SCHEMES[usize::from(number.unwrap_or_default()) % SCHEMES.len()]
    };
    let (provider, at) = SCHEMES.iter().find(is_chosen).unwrap_or_else(by_number);
    let scheme = &provider.schemes[*at];
    let mut message = Message::post(Headers::new(), "");
    let of_text = scheme.signed.parts().iter().filter_map(|part| match part {
        Part::Header(name) => Some(name.clone()),
        _ => None,
    });
    let names = scheme.headers().into_iter().chain(scheme.require.clone());
    for name in names.chain(of_text) {
        let value = line()?;
        if !value.is_empty() && is_header_value(value) && !message.headers.contains(&name) {
            message.headers.push(name, value.trim_ascii());
        }
    }
    while let Some(own) = line().filter(|own| !own.is_empty()) {
        if own.starts_with(b"/") {
            message.target = String::from_utf8_lossy(own).into_owned();
        }
        for (name, value) in Headers::from_lines(own).iter() {
            if is_header_name(name) && is_header_value(value) {
                message.headers.push(name, value.trim_ascii());
            }
        }
    }
    message.body = rest.to_vec().into();
    Some((provider, scheme, message))
}

/// A secret that no bytes can know: it is made of all of them.
fn unknown(scheme: &Scheme, bytes: &[u8]) -> Option<(Secret, Secret)> {
    let mut random = Random::from_text(&format!("{bytes:?}"));
    Some(match scheme.fresh_secret(&mut random)? {
        Fresh::Shared(secret) => (secret.clone(), secret),
        Fresh::Pair { private, public } => (private, Secret::new(public)),
    })
}

fn context(url: &str) -> Context<'_> {
    Context {
        now: Timestamp::from_second(NOW).expect("a time"),
        url: Some(url),
        tolerance: None,
        max_age: None,
        key_id: Some("key_1"),
    }
}

/// Signs a message in place of what it has; `false` where the scheme finds something missing.
fn is_signed(provider: &Provider, scheme: &Scheme, key: &Key, url: &str, to: &mut Message) -> bool {
    for name in scheme.headers() {
        to.headers.remove(&name);
    }
    for name in &scheme.require {
        to.headers.set(name, "example");
    }
    if scheme.body_required && to.body.is_empty() {
        return false;
    }
    let signing = Signing {
        scheme,
        keys: std::slice::from_ref(key),
        key_id: Some("key_1"),
    };
    let occasion = Occasion {
        id: "evt_1",
        now: context(url).now,
        url,
    };
    compose::resign(to, provider, signing, occasion).is_ok()
}

/// The value of a signature, in each layout there is: nothing verifies that nobody signed, and what
/// was signed does.
pub fn layouts(bytes: &[u8]) {
    let Some((provider, scheme, mut message)) = posed(bytes) else {
        return;
    };
    let url = format!("{URL}{}", message.target);
    let context = context(&url);
    let verdict = scheme.verify(&View::new(&message), &[], &context);
    assert_eq!(verdict, Verdict::Unverifiable(Why::NoSecret));
    let Some((private, public)) = unknown(scheme, bytes) else {
        return;
    };
    let [private, public] = [private, public].map(|own| scheme.read_key(&own).expect("a key"));
    let keys = std::slice::from_ref(&public);
    let verdict = scheme.verify(&View::new(&message), keys, &context);
    let Verdict::Invalid(reason) = &verdict else {
        panic!("{} {}: {verdict:?}", provider.id, scheme.name);
    };
    assert!(
        reason.to_string().len() <= 8 * bytes.len() + 400,
        "{reason}"
    );
    if let Ok(traces) = scheme.trace(&View::new(&message), keys, &context) {
        let mut made = traces.iter().flat_map(|own| &own.made);
        assert!(
            made.all(|own| !own.matches),
            "{} {}",
            provider.id,
            scheme.name
        );
    }
    if is_signed(provider, scheme, &private, &url, &mut message) {
        let verdict = scheme.verify(&View::new(&message), keys, &context);
        // A timestamp in the body is the body's own affair.
        let in_body = (scheme.timestamp.as_ref()).is_some_and(|rule| rule.json.is_some());
        let is_of_time = match &verdict {
            Verdict::Invalid(reason) => in_body && OF_TIME.contains(&reason.slug()),
            _ => false,
        };
        assert!(
            verdict.is_valid() || is_of_time,
            "{} {}: {verdict:?}: {message:?}",
            provider.id,
            scheme.name
        );
    }
}

/// Why a signature does not match: nothing is found that would make a message match that nobody
/// signed, and nothing to mend of a valid one.
pub fn diagnose(bytes: &[u8]) {
    static CATALOG: LazyLock<std::sync::Arc<Catalog>> = LazyLock::new(std::sync::Arc::default);
    let Some((provider, scheme, mut message)) = posed(bytes) else {
        return;
    };
    let Some((private, public)) = unknown(scheme, bytes) else {
        return;
    };
    let url = format!("{URL}{}", message.target);
    let context = context(&url);
    let mut keyring = Keyring::default();
    keyring.add(None, public);
    let verifier = Verifier {
        catalog: std::sync::Arc::clone(&CATALOG),
        named: vec![provider.clone()],
        scheme: Some(scheme.name.clone()),
        keyring,
        key_id: Some("key_1".to_owned()),
        ..Verifier::default()
    };
    let found = verifier.assess(&message, &context);
    assert!(!found.verdict.is_valid());
    let neighbour = Message::post(message.headers.clone(), "{}");
    let diagnosis = verifier.diagnose(&message, &found, &context, &[&neighbour]);
    assert_eq!(diagnosis.findings, [], "{} {}", provider.id, scheme.name);
    let key = scheme.read_key(&private).expect("a key");
    if is_signed(provider, scheme, &key, &url, &mut message) {
        let found = verifier.assess(&message, &context);
        if found.verdict.is_valid() {
            let diagnosis = verifier.diagnose(&message, &found, &context, &[]);
            assert_eq!(diagnosis.findings, []);
        }
    }
}

/// A provider's definition: one that is read can be tried out and shown.
pub fn definition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match definitions::parse(text) {
        Err(error) => assert!(error.line >= 1 && error.column >= 1),
        Ok(provider) => {
            let report = inspect(&provider, &[]);
            assert_eq!(report.events, provider.events.len());
            assert_eq!(
                report.schemes + report.untried.len(),
                provider.schemes.len()
            );
        }
    }
}

/// Expressions that are held against every payload.
static HELD: LazyLock<Vec<Expr>> = LazyLock::new(|| {
    let texts = [
        "payload.action == \"opened\" and .verdict == \"valid\"",
        "payload | length > 3",
        "[payload | .. | numbers] | add > 10",
        "payload | tojson | fromjson == payload",
        "payload | tostring | ascii_downcase | test(\"(a|b)+c\")",
        "payload.a[1:3] | . == \"x\" or . == [1]",
        "payload | keys | IN([\"a\"], [\"b\"])",
        "(payload | @uri) != (payload | @base64)",
    ];
    texts.map(|text| Expr::parse(text).expect(text)).into()
});

/// A jq expression, which its user writes, and in lines below it the payload, which anybody does.
/// The expression is read and not run: it may well go on for ever.
pub fn expr(bytes: &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b'\n');
    let (first, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
    if let Ok(text) = std::str::from_utf8(first) {
        match Expr::parse(text) {
            Ok(read) => assert_eq!(read.text(), text),
            Err(error) => assert!(error.to_string().len() <= 2 * text.len() + 400),
        }
    }
    let body = String::from_utf8_lossy(rest);
    for kind in ["application/json", "application/x-www-form-urlencoded"] {
        let headers = json!([["Content-Type", kind]]);
        let input = Input::new(json!({ "verdict": "valid", "headers": headers, "body": body }));
        for own in HELD.iter() {
            assert_eq!(own.holds(&input), own.misses(&input).is_empty(), "{own:?}");
        }
    }
}

/// The line of a push, and behind it what git says of its commits: a line is written as it was read, and
/// every provider's events are JSON that can be told in a chat and a mail.
pub fn push(bytes: &[u8]) {
    static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| Catalog::default().of_git());
    let at = bytes.iter().position(|byte| *byte == b'\n');
    let (line, rest) = bytes.split_at(at.unwrap_or(bytes.len()));
    let Ok(update) = Update::parse(line) else {
        return;
    };
    assert_eq!(
        Update::parse(update.to_line().as_bytes()).as_ref(),
        Ok(&update)
    );
    let commits = git::commits(rest.strip_prefix(b"\n").unwrap_or(rest));
    let facts = Facts {
        forced: bytes.len().is_multiple_of(2),
        head: commits.last().cloned(),
        commits,
    };
    let sender = Person::parse(&String::from_utf8_lossy(rest)).unwrap_or_default();
    let pushed = Pushed {
        repository: "my-org/my-app",
        sender: &sender,
        update: &update,
        facts: &facts,
    };
    let filler = Filler::new(Timestamp::UNIX_EPOCH, Random::from_text("push"));
    let hostile = |text: &str| text.chars().any(|char| char != '\n' && is_hostile(char));
    for provider in PROVIDERS.iter() {
        // A branch without a commit is no branch: git says so before it comes to this.
        let Ok(events) = git::events(provider, pushed, &filler) else {
            assert!(facts.head.is_none(), "{}", provider.id);
            continue;
        };
        for (event, payload) in events {
            let json: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
            assert!(json.is_object());
            let own = Notice::of(provider, &event, &payload);
            assert!(!hostile(&own.mail()) && !own.subject().contains('\n'));
            assert!(!own.slack().contains(['<', '>']) && !hostile(&own.slack()));
        }
    }
}
