//! What an endpoint must accept: the provider being honest in all the ways it may be.

use super::player::{Draft, Framing, Shot, Turn};
use super::{BASE, Expect, Level, Manner, Spec};
use crate::core::compose::Signing;
use crate::core::event::set_at;
use crate::core::message::Headers;

/// As large as a body of the case `large-body`.
const LARGE: usize = 1024 * 1024;
/// A timestamp at the edge is so many seconds within it: requests take time.
const MARGIN: i64 = 5;
/// The event that no provider has.
const UNKNOWN: &str = "hookcat.unknown";

const RESERIALISED: &str =
    "the signature is over the bytes sent; a body that is parsed and written again has others";
const RAW: &str = "verify the raw body before anything parses it: express.raw(), request.get_data(), \
                   request.body()";

const fn must(
    name: &'static str,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
    shots: fn(&Turn<'_>) -> Option<Vec<Shot>>,
) -> Spec {
    Spec {
        name,
        title,
        level: Level::Must,
        expect: Expect::Accepted,
        manner: Manner::InTurn,
        why,
        fix,
        crash: "",
        shots,
    }
}

pub(super) const SPECS: [Spec; 24] = [
    Spec {
        crash: "look into the endpoint's own log: a valid delivery must be answered 2xx, and in time",
        ..must(
            BASE,
            "a valid delivery",
            "every other case rests on it",
            "is it the endpoint's URL and its secret? `hookcat verify` says what a signature lacks",
            |turn| one(turn.signed(&turn.draft()?)),
        )
    },
    must(
        "secrets",
        "signed with each of the secrets given",
        "while a secret is rotated, deliveries come signed with either",
        "try each secret that is in use, and accept if one matches",
        secrets,
    ),
    must(
        "rotation",
        "several signatures, one of them right",
        "while a secret is rotated, the provider signs with both",
        "go through all signatures of the header, and accept if one matches",
        rotation,
    ),
    must(
        "events",
        "each event type",
        "a delivery that is refused comes again, and the endpoint may be switched off for it",
        "answer 2xx to every event, those that you do nothing with too",
        |turn| Some(events(turn)),
    ),
    must(
        "unknown-event",
        "an event type nobody knows",
        "providers add event types without asking",
        "answer 2xx to what you do not know, and do nothing",
        unknown_event,
    ),
    must(
        "unknown-fields",
        "unknown fields in the body",
        "providers add fields without asking",
        "ignore fields that you do not know",
        |turn| with_field(turn, r#""hookcat_unknown":{"deep":[1,{"a":null}]}"#),
    ),
    must(
        "empty-object",
        "a body of `{}`",
        "fields go missing between versions; a handler that reads them unseen crashes",
        "look whether a field is there before using it",
        |turn| one(turn.json_object().and_then(|_| turn.with_body("{}"))),
    ),
    must(
        "json-whitespace",
        "JSON with white space and a newline at its end",
        RESERIALISED,
        RAW,
        whitespace,
    ),
    must(
        "json-unicode",
        "JSON with text beyond ASCII",
        "bytes that pass through a text of another charset are other bytes",
        RAW,
        |turn| with_field(turn, "\"hookcat_größe\":\"日本語 ß é 😀\""),
    ),
    must(
        "json-escapes",
        "JSON with `\\u` escapes",
        RESERIALISED,
        RAW,
        |turn| {
            let escapes = r#""hookcat_escapes":"\u00e9\u0041\ud83d\ude00\u2028\t\u0007""#;
            with_field(turn, escapes)
        },
    ),
    must(
        "json-slashes",
        "JSON with `\\/` and `<`, `>`, `&`",
        RESERIALISED,
        RAW,
        |turn| {
            with_field(
                turn,
                r#""hookcat_slashes":"https:\/\/example.com\/<a>&amp;'""#,
            )
        },
    ),
    must(
        "json-numbers",
        "numbers such as 1.0 and 1e3",
        RESERIALISED,
        RAW,
        |turn| {
            let numbers = r#""hookcat_numbers":[1.0,1e3,1E+2,-0,0.10,12345678901234567890]"#;
            with_field(turn, numbers)
        },
    ),
    must(
        "json-key-order",
        "fields in no order",
        RESERIALISED,
        RAW,
        |turn| with_field(turn, r#""hookcat_order":{"z":1,"10":2,"9":3,"a":4}"#),
    ),
    must(
        "json-duplicate-keys",
        "a field that is there twice",
        RESERIALISED,
        RAW,
        |turn| with_field(turn, r#""hookcat_twice":1,"hookcat_twice":2"#),
    ),
    must(
        "large-body",
        "a body of 1 MiB",
        "payloads grow with what happened: a push of many commits, an order of many items",
        "raise the limit of the body parser, such as express.raw({ limit: '10mb' })",
        large_body,
    ),
    must(
        "header-case",
        "header names in lower and in upper case",
        "names of headers have no case, and proxies and HTTP/2 write them lower",
        "look headers up without regard to case",
        header_case,
    ),
    must(
        "header-order",
        "headers in another order",
        "the order of headers means nothing",
        "look headers up by name",
        header_order,
    ),
    must(
        "extra-headers",
        "unknown headers",
        "proxies and tracing add headers on the way",
        "ignore headers that you do not know",
        extra_headers,
    ),
    must(
        "content-type-charset",
        "a content type with a charset",
        "`application/json; charset=utf-8` is JSON too",
        "compare the media type without its parameters",
        content_type,
    ),
    must(
        "chunked",
        "a body in chunks",
        "senders and proxies stream bodies whose length they do not know",
        "let the HTTP server read the body, not `Content-Length` bytes",
        |turn| framed(turn, Framing::Chunked),
    ),
    must(
        "expect-continue",
        "`Expect: 100-continue`",
        "clients such as curl ask before they send a body",
        "let the HTTP server answer `100 Continue`",
        |turn| framed(turn, Framing::Continue),
    ),
    must(
        "old-timestamp",
        "a timestamp just within the tolerance",
        "deliveries wait in queues, and clocks differ",
        "allow the provider's own tolerance",
        |turn| {
            let past = turn.scheme()?.tolerance()?.past?;
            one(turn.signed_at(&turn.draft()?, turn.at(MARGIN.min(past) - past)))
        },
    ),
    must(
        "early-timestamp",
        "a timestamp just ahead, within the tolerance",
        "the provider's clock may be ahead of yours",
        "allow for clocks that differ, in both directions",
        |turn| {
            let future = turn.scheme()?.tolerance()?.future?;
            let margin = MARGIN.min(future);
            one(turn.signed_at(&turn.draft()?, turn.at(future - margin)))
        },
    ),
    must(
        "form-encoding",
        "a form with spaces as `%20` and an unknown field",
        "a form that is parsed and written again has other bytes",
        RAW,
        form,
    ),
];

fn one(shot: Option<Shot>) -> Option<Vec<Shot>> {
    shot.map(|own| vec![own])
}

impl Turn<'_> {
    /// The usual body, where it is a JSON object.
    pub(super) fn json_object(&self) -> Option<String> {
        let body = self.draft()?.message.body;
        let text = String::from_utf8(body.to_vec()).ok()?;
        serde_json::from_str::<serde_json::Map<_, _>>(&text).ok()?;
        Some(text)
    }

    /// The usual body with a field more, as it is written here.
    pub(super) fn body_with(&self, field: &str) -> Option<Vec<u8>> {
        let text = self.json_object()?;
        let rest = text.trim_end().strip_suffix('}')?.trim_end();
        let comma = if rest.ends_with('{') { "" } else { "," };
        Some(format!("{rest}{comma}{field}}}").into_bytes())
    }
}

fn with_field(turn: &Turn<'_>, field: &str) -> Option<Vec<Shot>> {
    one(turn.with_body(turn.body_with(field)?))
}

fn secrets(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let signing = turn.player.signing.filter(|own| own.keys.len() > 1)?;
    let shot = |(index, key)| {
        let signing = Signing {
            keys: std::slice::from_ref(key),
            ..signing
        };
        let shot = turn.signed_by(&turn.draft()?, signing, turn.now)?;
        Some(shot.labelled(format!("secret {}", index + 1)))
    };
    signing.keys.iter().enumerate().map(shot).collect()
}

fn rotation(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let signing = turn.player.signing?;
    let own = signing
        .keys
        .first()
        .filter(|_| signing.scheme.carries_several())?;
    let other = turn.other_key()?;
    let orders = [
        ("the other first", [other.clone(), own.clone()]),
        ("the other last", [own.clone(), other]),
    ];
    let shot = |(label, keys): &(&str, [_; 2])| {
        let signing = Signing { keys, ..signing };
        let shot = turn.signed_by(&turn.draft()?, signing, turn.now)?;
        Some(shot.labelled(*label))
    };
    orders.iter().map(shot).collect()
}

fn events(turn: &Turn<'_>) -> Vec<Shot> {
    let events = &turn.player.provider.events;
    let shot = |event| {
        let shot = turn.signed(&turn.draft_of(event)?)?;
        Some(shot.labelled(event.name.as_str()))
    };
    events.iter().filter_map(shot).collect()
}

fn unknown_event(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let locations = &turn.player.provider.locate.event;
    let mut event = turn.player.event.clone();
    event.wire = Some(UNKNOWN.to_owned());
    let mut draft = turn.draft_of(&event)?;
    let named = draft
        .message
        .headers
        .iter()
        .any(|(_, value)| value == UNKNOWN.as_bytes());
    let pointers = locations
        .iter()
        .flat_map(super::super::event::Location::pointers);
    let mut in_body = false;
    if let Ok(mut body) = serde_json::from_slice::<serde_json::Value>(&draft.message.body) {
        for pointer in pointers {
            // What is not there, the provider does not send.
            if body.pointer(pointer).is_some() {
                in_body |= set_at(&mut body, pointer, UNKNOWN.into());
            }
        }
        if in_body {
            draft.message.body = body.to_string().into_bytes().into();
        }
    }
    (named || in_body).then_some(())?;
    one(turn.signed(&draft))
}

fn whitespace(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let value: serde_json::Value = serde_json::from_str(&turn.json_object()?).ok()?;
    let mut body = serde_json::to_vec_pretty(&value).ok()?;
    body.extend_from_slice(b"\r\n");
    one(turn.with_body(body))
}

fn large_body(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let rest = LARGE.saturating_sub(turn.json_object()?.len() + 20);
    with_field(turn, &format!("\"hookcat_large\":\"{}\"", "x".repeat(rest)))
}

/// The usual delivery with its headers changed after it was signed.
fn reheaded(turn: &Turn<'_>, change: impl Fn(&Headers) -> Headers) -> Option<Shot> {
    let mut shot = turn.signed(&turn.draft()?)?;
    shot.message.headers = change(&shot.message.headers);
    Some(shot)
}

fn header_case(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let with = |label: &str, case: fn(&str) -> String| {
        let shot = reheaded(turn, |headers| {
            headers
                .iter()
                .map(|(name, value)| (case(name), value))
                .collect()
        });
        shot.map(|own| own.labelled(label))
    };
    [
        with("lower case", str::to_ascii_lowercase),
        with("upper case", str::to_ascii_uppercase),
    ]
    .into_iter()
    .collect()
}

fn header_order(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    one(reheaded(turn, |headers| {
        let mut fields: Vec<_> = headers.iter().collect();
        fields.reverse();
        fields.into_iter().collect()
    }))
}

fn extra_headers(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    one(reheaded(turn, |headers| {
        let mut headers = headers.clone();
        headers.push("X-Hookcat-Unknown", "1");
        headers.push(
            "Traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        );
        headers.push("X-Request-Id", "hookcat");
        headers.push("Via", "1.1 hookcat");
        headers
    }))
}

fn content_type(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let mut draft = turn.draft()?;
    let own = draft.message.headers.text("content-type")?.to_owned();
    let with = (!own.contains(';')).then(|| format!("{own}; charset=utf-8"))?;
    draft.message.headers.set("content-type", with);
    one(turn.signed(&draft))
}

fn framed(turn: &Turn<'_>, framing: Framing) -> Option<Vec<Shot>> {
    let shot = turn.signed(&turn.draft()?)?;
    one((!shot.message.body.is_empty()).then_some(Shot { framing, ..shot }))
}

fn form(turn: &Turn<'_>) -> Option<Vec<Shot>> {
    let Draft { message, .. } = turn.draft()?;
    let is_form = message.headers.is_type("application/x-www-form-urlencoded");
    let text = is_form.then(|| String::from_utf8(message.body.to_vec()).ok())??;
    one(turn.with_body(format!("{}&hookcat=a%20b%2Fc", text.replace('+', "%20"))))
}
