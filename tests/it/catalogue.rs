//! The catalogue: every definition is whole, its samples fit their schemas, what it signs verifies.

use std::fs;
use std::path::PathBuf;

use hookcat::core::compose;
use hookcat::core::event::View;
use hookcat::core::message::{Headers, Message};
use hookcat::core::provider::Provider;
use hookcat::core::random::Random;
use hookcat::core::scheme::{Context, Fresh, Key, Part, Place, Scheme, Stamp};
use hookcat::core::secret::Secret;
use hookcat::core::template::Filler;
use hookcat::core::verdict::{Coverage, Verdict};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Every definition file with its text.
fn definitions() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/providers");
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .expect("reads")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            (name.into_owned(), fs::read_to_string(&path).expect("reads"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_definition_is_whole() {
    let mut mistakes = Vec::new();
    for (name, text) in definitions() {
        match Provider::parse(&text) {
            Ok(provider) if provider.id == name => {}
            Ok(provider) => mistakes.push(format!("{name}: id is `{}`", provider.id)),
            Err(error) => mistakes.push(format!("{name}: {error}")),
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn the_readme_counts_them_right() {
    let readme = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).expect("reads");
    let count = definitions().len();
    assert!(count >= 100);
    for text in [
        format!("| see all {count} |"),
        format!("shows all {count} in groups"),
    ] {
        assert!(readme.contains(&text), "README.md lacks: {text}");
    }
}

/// Bodies that a careless hand would change.
fn bodies() -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        b"{\"a\": 1}\r\n".to_vec(),
        b"\xef\xbb\xbf{\"a\":1}".to_vec(),
        b"\xff\xfe\x00\x80 not text".to_vec(),
        b"a=1&b=%20+".to_vec(),
    ]
}

/// One as large as a listener takes by default; every so many schemes get it.
const LARGE: (usize, usize) = (5 * 1024 * 1024, 12);

/// A body that has every field a scheme reads from it.
fn body_for(scheme: &Scheme) -> Vec<u8> {
    let mut json = Map::new();
    let mut form = form_urlencoded::Serializer::new(String::new());
    let mut put = |pointer: &str| {
        let mut names = pointer.split('/').skip(1).peekable();
        let mut place = &mut json;
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                let time = scheme.timestamp.as_ref();
                let text = time.map(|rule| rule.unit.render(now()));
                place.insert(
                    name.to_owned(),
                    Value::from(text.unwrap_or_else(|| "1700000000".to_owned())),
                );
                break;
            }
            let inner = place.entry(name).or_insert_with(|| Value::from(Map::new()));
            place = inner.as_object_mut().expect("an object");
        }
    };
    let time = scheme
        .timestamp
        .as_ref()
        .and_then(|rule| rule.json.as_ref());
    if let Some(pointer) = time {
        put(pointer);
    }
    for part in scheme.signed.parts() {
        match part {
            Part::Json(pointer) => put(pointer),
            Part::Form(name) => {
                form.append_pair(name, "1700000000");
            }
            _ => {}
        }
    }
    match &scheme.signature.place {
        Place::Form(_) => form.finish().into_bytes(),
        _ => Value::from(json).to_string().into_bytes(),
    }
}

/// The provider's own sample bodies.
fn samples(provider: &Provider) -> Vec<Vec<u8>> {
    let filler = Filler::new(now(), Random::from_text(&provider.id));
    let events = provider.events.iter();
    events
        .map(|event| {
            let id = compose::delivery_id(provider, &filler).expect("an id");
            let sample = compose::sample(event, &id, &filler).expect("a sample");
            compose::as_sent(provider, event, sample)
        })
        .collect()
}

/// A message signed with a key, as its sender would send it.
fn signed(scheme: &Scheme, key: &Key, body: Vec<u8>) -> Message {
    let mut message = Message::post(Headers::new(), body);
    "/hook?a=1".clone_into(&mut message.target);
    for name in &scheme.require {
        message.headers.push(name.as_str(), "push");
    }
    let stamp = Stamp {
        now: now(),
        id: "msg_1",
        method: "POST",
        url: Some(URL),
        headers: &message.headers,
        key_id: Some("key_1"),
    };
    let made = scheme
        .sign(std::slice::from_ref(key), &stamp, &message.body)
        .unwrap_or_else(|error| panic!("{}: {error}", scheme.name));
    for (name, value) in made.headers {
        message.headers.set(&name, value);
    }
    if let Some(body) = made.body {
        message.body = body.into();
    }
    if let Some((name, value)) = made.query {
        message.target = format!("/hook?a=1&{name}={value}");
    }
    message
}

const URL: &str = "https://x.example/hook?a=1";

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).expect("in range")
}

fn verdict(scheme: &Scheme, key: &Key, message: &Message) -> Verdict {
    let context = Context {
        now: now(),
        url: Some(URL),
        tolerance: None,
        max_age: None,
        key_id: Some("key_1"),
    };
    scheme.verify(&View::new(message), std::slice::from_ref(key), &context)
}

/// The key that signs and the key that verifies.
fn keys(scheme: &Scheme) -> Option<(Key, Key)> {
    let mut random = Random::from_text(&scheme.name);
    let read = |secret: &Secret| scheme.read_key(secret).expect("a key of its own shape");
    Some(match scheme.fresh_secret(&mut random)? {
        Fresh::Shared(secret) => (read(&secret), read(&secret)),
        Fresh::Pair { private, public } => (read(&private), read(&Secret::new(public))),
    })
}

#[test]
fn what_is_signed_verifies_and_what_is_changed_does_not() {
    let mut checked = 0;
    for (name, text) in definitions() {
        let provider = Provider::parse(&text).expect("a definition");
        for scheme in &provider.schemes {
            let Some((signing, verifying)) = keys(scheme) else {
                continue;
            };
            let place = format!("{name} {}", scheme.name);
            let in_body = scheme.signature.place.is_in_body()
                || scheme.signed.needs_body_first() && !scheme.signed.covers_body()
                || scheme
                    .timestamp
                    .as_ref()
                    .is_some_and(|rule| rule.json.is_some());
            let bodies = match scheme.signed_by {
                // What code signs, it reads from a body of the provider's own shape.
                Some(_) => samples(&provider),
                None if in_body => vec![body_for(scheme)],
                None => bodies(),
            };
            let large = (checked % LARGE.1 == 0 && !in_body && scheme.signed_by.is_none())
                .then(|| vec![0x5a; LARGE.0]);
            for body in bodies.into_iter().chain(large) {
                if body.is_empty() && scheme.body_required {
                    continue;
                }
                let message = signed(scheme, &signing, body);
                let found = verdict(scheme, &verifying, &message);
                assert!(found.is_valid(), "{place}: {found:?}");
                assert_changes_are_seen(scheme, &verifying, &message, &place);
            }
            checked += 1;
        }
    }
    assert!(checked >= 100, "only {checked} schemes");
}

/// One bit of the body, of the timestamp, of the id, of the signature: each is covered.
fn assert_changes_are_seen(scheme: &Scheme, key: &Key, message: &Message, place: &str) {
    if scheme.coverage() == Coverage::Body && !message.body.is_empty() {
        for at in [0, message.body.len() / 2, message.body.len() - 1] {
            let mut body = message.body.to_vec();
            body[at] ^= 1;
            let mut changed = message.clone();
            changed.body = body.into();
            // A form's fields are signed, not its bytes: `a` and `%61` are the same.
            let same =
                scheme.signed.parts().contains(&Part::FormSorted) || scheme.signed_by.is_some();
            let found = verdict(scheme, key, &changed);
            assert!(same || !found.is_valid(), "{place}: body changed at {at}");
        }
    }
    let time = scheme
        .timestamp
        .as_ref()
        .and_then(|rule| rule.header.clone());
    let covered = scheme.signed.parts();
    for name in scheme.headers() {
        let is_time = time.as_ref() == Some(&name) && !covered.contains(&Part::Timestamp);
        let Some(value) = message.headers.first(&name).filter(|_| !is_time) else {
            continue;
        };
        let mut value = value.to_vec();
        let last = value.len() - 1 - usize::from(value.ends_with(b"="));
        value[last] = if value[last] == b'0' { b'1' } else { b'0' };
        let mut changed = message.clone();
        changed.headers.set(&name, value);
        let found = verdict(scheme, key, &changed);
        assert!(!found.is_valid(), "{place}: header `{name}` changed");
    }
}
