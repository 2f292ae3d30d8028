//! Deliveries as people have them: what hookcat writes is read back whole, what curl would send is what
//! is read of its command, and no webhook's body passes for an export.

use std::process::Command;
use std::time::Duration;

use hookcat::core::delivery::{Answer, Delivery, Direction};
use hookcat::core::import::curl_options::{Takes, long, short};
use hookcat::core::import::{Imported, Kind, headers, read, read_with, recognise};
use hookcat::core::message::{Headers, Message};
use hookcat::providers::Catalog;
use hookcat::show::{json, request};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::harness::{Sandbox, finish};
use crate::wire::Endpoint;

const HOST: &str = "127.0.0.1:4400";

/// A message as a wire can bring it; `value` are its headers' values.
fn message(value: &'static str) -> impl Strategy<Value = Message> {
    let fields = prop::collection::vec(("[A-Za-z][A-Za-z0-9_-]{0,8}", value), 0..6);
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        r#"[@{}"'\\$`!\n\r\t\x00 a-é\u{202e}]{0,40}"#.prop_map(String::into_bytes),
    ];
    (
        "[A-Z]{1,7}",
        r"/[a-z0-9/._~%-]{0,12}(\?[a-z0-9=&%+.~\\\[\]{}-]{0,12})?",
        fields,
        body,
    )
        .prop_map(|(method, target, fields, body)| Message {
            method,
            target,
            headers: fields.into_iter().collect(),
            body: body.into(),
        })
}

/// Any value a header line can carry, ends trimmed.
const VALUE: &str = r#"([!-~\u{80}-\u{2fff}]([ -~\t'"$\\\u{80}-\u{2fff}]{0,12}[!-~])?)?"#;

fn only(mut found: Vec<Imported>) -> Imported {
    assert_eq!(found.len(), 1);
    found.remove(0)
}

proptest! {
    #[test]
    fn a_printed_curl_command_is_read_back(message in message(VALUE), latin in any::<bool>()) {
        let mut message = message;
        if latin {
            message.headers.push("X-Latin", b"gr\xfc\xdfe".as_slice());
        }
        let url = format!("http://{HOST}{}", message.target);
        let text = request::curl(&message, &url);
        prop_assert_eq!(recognise(text.as_bytes()), Some(Kind::Curl), "{}", text);
        let found = only(read(Kind::Curl, text.as_bytes()).expect("reads"));
        prop_assert_eq!(found.message, message, "{}", text);
        prop_assert_eq!(found.url, Some(url));
        prop_assert!(found.notes.is_empty());
    }

    #[test]
    fn a_printed_request_is_read_back(message in message(VALUE)) {
        let text = request::http(&message, &message.target, HOST);
        prop_assert_eq!(recognise(&text), Some(Kind::Http));
        let mut found = only(read(Kind::Http, &text).expect("reads")).message;
        for name in ["Host", "Content-Length"] {
            if !message.headers.contains(name) {
                found.headers.remove(name);
            }
        }
        prop_assert_eq!(found, message);
    }

    #[test]
    fn a_line_of_a_delivery_is_read_back(
        message in message(VALUE),
        second in -10_000_000_000_i64..10_000_000_000,
        micros in 0_u64..10_000_000,
    ) {
        let delivery = Delivery {
            id: Some(41),
            direction: Direction::Received,
            at: Timestamp::from_second(second).expect("in range"),
            provider: Some("github".into()),
            event: None,
            delivery_id: Some("\u{1b}x".into()),
            judgement: None,
            message,
            duplicate_of: None,
            replay_of: None,
            answer: Some(Answer { status: 202, latency: Duration::from_micros(micros) }),
            attempts: Vec::new(),
        };
        let line = json::line(&json::delivery(&delivery));
        prop_assert_eq!(recognise(line.as_bytes()), Some(Kind::Lines), "{}", line);
        let found = only(read(Kind::Lines, line.as_bytes()).expect("reads"));
        prop_assert_eq!(&found.message, &delivery.message);
        prop_assert_eq!(found.at, Some(delivery.at));
        let record = found.record.expect("hookcat's own");
        prop_assert_eq!(record.answer, delivery.answer);
        prop_assert_eq!((record.number, record.delivery_id), (delivery.id, delivery.delivery_id));
        let url = format!("http://{HOST}{}", delivery.message.target);
        let line = json::line(&json::request(&delivery.message, &url));
        prop_assert_eq!(recognise(line.as_bytes()), Some(Kind::Lines));
        let found = only(read(Kind::Lines, line.as_bytes()).expect("reads"));
        prop_assert_eq!(found.message, delivery.message);
        prop_assert_eq!(found.url, Some(url));
    }
}

/// curl's own view of its commands: what it sends is what is read.
#[test]
fn what_is_read_of_a_command_is_what_curl_sends() {
    let commands = [
        "curl URL/a -d a=1 -d 'b=2 3' --data-urlencode 'c=ü &+~*' --data-urlencode '=d e'",
        "curl URL/b?x=1 -d @body.json -H 'Content-Type: application/json' -H 'X-A:   1'",
        "curl URL/c --data-binary @body.json -H 'content-type:'",
        "curl -sSXPATCH URL/d --data-raw $'it\\'s \\x41\\u00e9\\n\\u0021' -A agent -e from",
        "curl URL/e --json '{\"a\": 1}' --json ' ' -H 'accept: x' -u me:pw -b a=1",
        "curl -G -r 0-3 URL/f?x=1#top -d a=b --data-urlencode 'c=1 2'",
        "cat body.json | curl URL/g -d @- -H \"X-B: \\\"b\\\" \\$c\"",
        "curl URL/h --data-binary @- <<'END'\n{\n  \"a\": \"$b\"\n}\nEND",
        "printf %s AEEK | base64 -d | curl -X POST URL/i -H 'A: b' -H 'A: c' --data-binary @-",
        "curl \\\n  --location 'URL/\\[j\\]' \\\n  --header 'Cookie: a=b' -b c=d --data '' --compressed -k",
        "curl --oauth2-bearer token 'URL/k?q=~' -o /dev/null --max-time 20 --data-raw @body.json",
    ];
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{\r\n  \"a\": 1\n}\n");
    let endpoint = Endpoint::answering(&[200; 11]);
    for command in commands {
        let command = command.replace("URL", &endpoint.url);
        let mut shell = sandbox.program("bash");
        shell.args(["-c", &command]).env("LC_ALL", "C.UTF-8");
        finish(shell, b"").ok();
        let heard = endpoint.next();
        let mut files =
            |name: &str| std::fs::read(sandbox.path(name)).map_err(|error| error.to_string());
        let found = read_with(Kind::Curl, command.as_bytes(), &mut files);
        let message = only(found.unwrap_or_else(|error| panic!("{command}: {error}"))).message;
        let first = format!("{} {} HTTP/1.1", message.method, message.target);
        assert_eq!(first, heard.first, "{command}");
        assert_eq!(&message.body[..], heard.body, "{command}");
        // What the program adds of itself, and no command says.
        let of_curl = |name: &str, value: &str| {
            ["Host", "Content-Length", "Accept-Encoding"].contains(&name)
                || name == "User-Agent" && value.starts_with("curl/")
                || name == "Accept" && value == "*/*"
        };
        let heard: Headers = heard
            .headers
            .iter()
            .filter(|(name, value)| !of_curl(name, value))
            .map(|(name, value)| (name.as_str(), value.trim()))
            .collect();
        assert_eq!(message.headers, heard, "{command}");
    }
}

/// A webhook's body is a body: nothing in the catalogue is taken for a file of deliveries but Stripe's
/// events, which are the same with and without their signature.
#[test]
fn no_body_passes_for_an_export() {
    let catalog = Catalog::default();
    let mut seen = 0;
    for head in catalog.all() {
        let provider = catalog.whole(&head.id).expect("known");
        for event in &provider.events {
            seen += 1;
            let stripe = (provider.id == "stripe").then_some(Kind::Stripe);
            let told = recognise(event.sample.as_bytes());
            assert!(
                told.is_none() || told == stripe,
                "{}: {told:?}",
                provider.id
            );
        }
    }
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/published.json")).expect("JSON");
    let mut values = vec![&vectors];
    while let Some(value) = values.pop() {
        match value {
            serde_json::Value::Array(list) => values.extend(list),
            serde_json::Value::Object(fields) => values.extend(fields.values()),
            serde_json::Value::String(text) => {
                seen += 1;
                let told = recognise(text.as_bytes());
                assert!(
                    matches!(told, None | Some(Kind::Stripe)),
                    "{told:?}: {text}"
                );
            }
            _ => {}
        }
    }
    assert!(seen > 500, "{seen}");
}

/// A file of each kind.
const FILES: [(Kind, &str); 7] = [
    (
        Kind::Http,
        "POST /h?x HTTP/1.1\r\nContent-Length: 2\r\nA: b\r\n\r\n{}",
    ),
    (
        Kind::Curl,
        "curl -sX POST 'http://a/b?c' -H $'A: \\u00e9' \\\n -u a:b --json '{}' -d \"a\\\"\" <<E\nx\nE\n",
    ),
    (
        Kind::Har,
        r#"{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-01-02T03:04:05Z","time":1,
        "request":{"method":"POST","url":"http://a/b","headers":[{"name":"A","value":"b"}],
        "postData":{"mimeType":"x","text":"e30=","encoding":"base64"}},
        "response":{"status":200,"headers":[],"content":{"size":1,"text":"a"}}}]}}"#,
    ),
    (
        Kind::Lines,
        r#"{"v":1,"type":"delivery","at":"2026-01-02T03:04:05Z","method":"POST","target":"/","headers":[["A","b"]],"body":"c","response":{"status":200,"latency_ms":1.5}}"#,
    ),
    (
        Kind::Github,
        r#"{"id":1,"guid":"a","delivered_at":"2026-01-02T03:04:05Z","event":"push","status_code":200,
        "duration":0.2,"url":"http://a/b","request":{"headers":{"A":"b"},"payload":{"c":["d",1.0]}},
        "response":{"headers":{"A":"b"},"payload":"ok"}}"#,
    ),
    (
        Kind::Stripe,
        r#"{"id":"evt_1","object":"event","created":1700000000,"livemode":false,"type":"a.b","data":{"object":{}}}"#,
    ),
    (
        Kind::Lambda,
        r#"{"version":"2.0","rawPath":"/a","rawQueryString":"b","headers":{"A":"b"},
        "requestContext":{"timeEpoch":1,"http":{"method":"POST"}},"body":"e30=","isBase64Encoded":true}"#,
    ),
];

#[test]
fn each_file_is_recognised_and_read() {
    for (kind, text) in FILES {
        assert_eq!(recognise(text.as_bytes()), Some(kind), "{text}");
        let found = only(read(kind, text.as_bytes()).expect("reads"));
        assert!(
            !found.name.is_empty() && !found.message.body.is_empty(),
            "{kind:?}"
        );
    }
}

proptest! {
    #[test]
    fn changed_files_are_read_without_panic(
        which in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 1..6),
    ) {
        let mut text = FILES[which].1.as_bytes().to_vec();
        for (place, way, byte) in changes {
            let at = place.index(text.len().max(1));
            match way {
                _ if text.is_empty() => text.push(byte),
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                2 => drop(text.remove(at)),
                _ => text.truncate(at + 1),
            }
        }
        let _ = recognise(&text);
        let _ = headers(&text);
        for (kind, _) in FILES {
            if let Ok(found) = read(kind, &text) {
                for own in found {
                    prop_assert!(!own.name.is_empty());
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = recognise(&text);
        for (kind, _) in FILES {
            let _ = read(kind, &text);
        }
    }
}

/// curl knows best which of its options take a value. A newer one may have more of them.
#[test]
fn the_options_are_those_of_curl() {
    let mut curl = Command::new("curl");
    let help = curl.args(["--help", "all"]).output().expect("curl");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let mut known = 0;
    for line in help.lines() {
        let Some((_, rest)) = line.split_once("--") else {
            continue;
        };
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let value = rest.starts_with(['<', '[']);
        let wanted = if value { Takes::Value } else { Takes::Nothing };
        let Some((own, takes)) = long(name) else {
            continue;
        };
        known += usize::from(own == name);
        assert_eq!(takes, wanted, "{line}");
        let letter = line.trim_start().strip_prefix('-');
        let letter = letter.and_then(|own| own.bytes().next());
        if let Some(letter) = letter.filter(|own| *own != b'-') {
            assert_eq!(short(letter).map(|own| own.1), Some(wanted), "{line}");
        }
    }
    assert!(known > 200, "{known}");
}
