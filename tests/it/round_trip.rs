//! Every event of every provider: sent to a running `listen`, recorded, replayed.

use serde_json::Value;

use crate::harness::{Output, Sandbox};
use crate::wire::{Endpoint, post};

/// The events of a provider, as `providers show` lists them.
fn events(sandbox: &Sandbox, provider: &str) -> Vec<String> {
    let shown = sandbox.run(&["providers", "show", provider, "--format", "json"]);
    let shown = shown.ok().json_lines().remove(0);
    let events = shown["events"].as_array().expect("events");
    let name = |event: &Value| event["name"].as_str().expect("a name").to_owned();
    events.iter().map(name).collect()
}

/// What a delivery is, without what belongs to its place in the log.
fn content(delivery: &Value) -> Value {
    let mut content = delivery.clone();
    let fields = content.as_object_mut().expect("an object");
    for key in [
        "id",
        "at",
        "direction",
        "duplicate_of",
        "attempt",
        "repeat",
        "replay_of",
        "response",
        "attempts",
    ] {
        fields.remove(key);
    }
    content
}

fn one_line(output: &Output) -> Value {
    let mut lines = output.ok().json_lines();
    assert_eq!(lines.len(), 1, "{}", output.out());
    lines.remove(0)
}

/// Sends each event, with the verdict wanted, and replays it; how many there were.
fn round(provider: &str, secret: Option<&str>, verdict: &str) -> usize {
    let sandbox = Sandbox::new();
    let secret = secret.map(|reference| format!("{provider}={reference}"));
    let with_secret = |args: &[&'static str]| -> Vec<String> {
        let mut args: Vec<String> = args.iter().map(|&own| own.to_owned()).collect();
        if let Some(secret) = &secret {
            args.extend(["--secret".to_owned(), secret.clone()]);
        }
        args
    };
    let listen = with_secret(&[]);
    let listen: Vec<&str> = listen.iter().map(String::as_str).collect();
    let listener = sandbox.listen(&listen);
    let to = format!("{}/hooks?from=test", listener.url);
    let given = with_secret(&["--format", "json", "--to"]);
    let mut options: Vec<&str> = given.iter().map(String::as_str).collect();
    options.insert(3, &to);
    let events = events(&sandbox, provider);
    for event in &events {
        let sent =
            one_line(&sandbox.run(&[&["send", provider, event], options.as_slice()].concat()));
        let received = listener.next();
        assert_eq!(received["type"], "delivery", "{provider} {event}");
        assert_eq!(
            received["verdict"], verdict,
            "{provider} {event}: {received}"
        );
        assert_eq!(received["provider"], provider, "{event}");
        // A provider's check of a URL is an event to send, and a handshake to receive.
        let named = received["event"].as_str().unwrap_or_default();
        let named = named.strip_prefix("handshake:").unwrap_or(named);
        assert_eq!(named, *event, "{provider}");
        assert_eq!(received["target"], "/hooks?from=test");
        if !received["delivery_id"].is_null() {
            assert_eq!(received["delivery_id"], sent["delivery_id"], "{event}");
        }
        assert_eq!(received["body"], sent["body"], "{provider} {event}");
        assert_eq!(sent["attempts"][0]["response"]["status"], 200, "{event}");
        let logged = sandbox.delivery(&received["id"]);
        assert_eq!(content(&logged), content(&received), "{provider} {event}");

        let id = received["id"].to_string();
        let replayed = sandbox.run(&["replay", &id, "--to", &listener.url, "--format", "json"]);
        let replayed = one_line(&replayed);
        assert_eq!(replayed["replay_of"], received["id"]);
        let again = listener.next();
        assert_eq!(content(&again), content(&received), "{provider} {event}");
        assert_eq!(again["duplicate_of"], received["id"], "{provider} {event}");
        let body = sandbox.run(&["log", "show", &again["id"].to_string(), "--body"]);
        let first = sandbox.run(&["log", "show", &id, "--body"]);
        assert!(body.ok().stdout == first.ok().stdout && !first.stdout.is_empty());
        assert_eq!(first.out(), sent["body"].as_str().expect("text"));
    }
    let all = sandbox.deliveries();
    assert_eq!(
        all.len(),
        4 * events.len(),
        "two sent and two received each"
    );
    events.len()
}

#[test]
fn statly() {
    assert_eq!(round("statly", Some("env:S"), "valid"), 21);
}

#[test]
fn code_storage() {
    assert_eq!(round("code-storage", Some("env:S"), "valid"), 4);
}

#[test]
fn dits() {
    assert_eq!(round("dits", Some("env:S"), "valid"), 13);
}

#[test]
fn repo_file_sync() {
    assert_eq!(round("repo-file-sync", None, "unverifiable"), 5);
}

#[test]
fn cloudrepo() {
    assert_eq!(round("cloudrepo", None, "unverifiable"), 3);
}

#[test]
fn github() {
    round("github", Some("env:S"), "valid");
}

#[test]
fn stripe() {
    round("stripe", Some("env:S"), "valid");
}

#[test]
fn slack() {
    round("slack", Some("env:S"), "valid");
}

#[test]
fn standard_webhooks() {
    round("standard-webhooks", Some("env:WHSEC"), "valid");
}

#[test]
fn generic() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["-p", "generic", "--secret", "env:S"]);
    let args = [
        "send",
        "generic",
        "ping",
        "--secret",
        "env:S",
        "--to",
        &listener.url,
    ];
    sandbox.run(&args).ok();
    let received = listener.next();
    assert_eq!(received["verdict"], "valid", "{received}");
    assert_eq!(received["event"], "ping");
}

#[test]
fn the_aliases() {
    let sandbox = Sandbox::new();
    let secrets = ["--secret", "pierre=env:S", "--secret", "svix=env:WHSEC"];
    let listener = sandbox.listen(&secrets);
    for (alias, event, secret, provider) in [
        ("pierre", "push", "env:S", "code-storage"),
        ("svix", "invoice.paid", "env:WHSEC", "standard-webhooks"),
    ] {
        let args = [
            "send",
            alias,
            event,
            "--secret",
            secret,
            "--to",
            &listener.url,
        ];
        sandbox.run(&args).ok();
        let received = listener.next();
        assert_eq!(received["provider"], provider);
        assert_eq!(received["verdict"], "valid", "{received}");
        let svix = received["headers"]
            .to_string()
            .contains("\"Svix-Signature\"");
        assert_eq!(svix, alias == "svix", "{received}");
    }
}

#[test]
fn replay_sends_what_came() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    let own = [
        ("X-Statly-Event", "push"),
        ("X-Odd", "one"),
        ("X-Twice", "a"),
        ("X-Twice", "b, c"),
        ("X-Empty", ""),
        ("Content-Type", "application/octet-stream"),
    ];
    let body = b"\x00\xff not JSON\r\n{\"a\": 1.0e0}\n";
    post(listener.address(), &own, body).expect("an answer");
    listener.next();
    let endpoint = Endpoint::answering(&[200]);
    sandbox.run(&["replay", "1", "--to", &endpoint.url]).ok();
    let heard = endpoint.next();
    assert_eq!(heard.first, "POST /hooks HTTP/1.1");
    assert_eq!(heard.body, body);
    for (name, value) in own {
        assert!(
            heard.headers.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {heard:?}"
        );
    }
    assert_eq!(heard.header("host"), endpoint.url.strip_prefix("http://"));
}

#[test]
fn replay_signed_anew_is_valid_again() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "pierre=env:S"]);
    let to = listener.url.clone();
    let old = ["--now", "1700000000", "--secret", "env:S", "--to", &to];
    let args = [&["send", "pierre", "push"], old.as_slice()].concat();
    sandbox.run(&args).code(7);
    let stale = listener.next();
    assert_eq!(stale["reason"], "stale");
    let id = stale["id"].to_string();
    sandbox.run(&["replay", &id, "--to", &to]).code(7);
    assert_eq!(listener.next()["reason"], "stale");
    let args = ["replay", &id, "--to", &to, "--resign", "--secret", "env:S"];
    sandbox.run(&args).ok();
    let fresh = listener.next();
    assert_eq!(fresh["verdict"], "valid", "{fresh}");
    assert_eq!(fresh["body"], stale["body"]);
}

#[test]
fn replay_of_several() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    for number in 1..=4 {
        let body = format!("{{\"number\":{number}}}");
        post(listener.address(), &[], body.as_bytes()).expect("an answer");
    }
    let replayed = |args: &[&str], wanted: &[i32]| {
        let endpoint = Endpoint::answering(&vec![200; wanted.len()]);
        let all = [&["replay", "--to", &endpoint.url], args].concat();
        sandbox.run(&all).ok();
        for number in wanted {
            let body = format!("{{\"number\":{number}}}");
            assert_eq!(endpoint.next().body, body.as_bytes(), "{args:?}");
        }
        assert_eq!(endpoint.left(), 0, "{args:?}");
    };
    replayed(&["2..3"], &[2, 3]);
    replayed(&["4", "1"], &[4, 1]);
    replayed(&["--last", "2"], &[3, 4]);
}

#[test]
fn the_delivery_id_that_was_sent() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", r#"{"id":"evt_own","type":"invoice.paid"}"#);
    let endpoint = Endpoint::answering(&[200, 200]);
    let recorded = |args: &[&str]| {
        let to = ["--format", "json", "--to", endpoint.url.as_str()];
        let sent = one_line(&sandbox.run(&[&["send"], args, &to].concat()));
        sent["delivery_id"].clone()
    };
    let own = recorded(&["stripe", "invoice.paid", "--data", "body.json"]);
    assert_eq!(own, "evt_own");
    assert_eq!(recorded(&["slack", "url_verification"]), Value::Null);
}
