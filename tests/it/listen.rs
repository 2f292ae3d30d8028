//! What `listen` answers, keeps, shows and passes on.

use serde_json::{Value, json};

use crate::harness::{Listener, Output, Sandbox};
use crate::wire::{Endpoint, Heard, exchange, post};

fn json(heard: &Heard) -> Value {
    serde_json::from_slice(&heard.body).expect("JSON")
}

fn signed(sandbox: &Sandbox, body: &[u8]) -> String {
    let args = ["sign", "statly", "--secret", "env:S", "--format", "value"];
    sandbox.run_with(&args, body).ok().out().trim().to_owned()
}

#[test]
fn answers_by_the_verdict() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    let signature = signed(&sandbox, b"{}");
    let send = |value: &str, body: &[u8]| {
        let headers = [("X-Statly-Event", "push"), ("X-Statly-Signature", value)];
        let answer = post(listener.address(), &headers, body).expect("an answer");
        let told = listener.next();
        assert_eq!(told["response"]["status"], answer.status());
        (answer, told)
    };
    let (answer, told) = send(&signature, b"{}");
    assert_eq!(answer.status(), 200);
    assert_eq!(json(&answer), json!({ "ok": true, "id": 1 }));
    assert_eq!(told["verdict"], "valid");
    assert_eq!(told["coverage"], "body");
    assert_eq!(told["secret_index"], 0);

    let (answer, told) = send(&signature, b"{ }");
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let wanted = json!({ "error": "invalid signature", "reason": "mismatch" });
    assert_eq!(json(&answer), wanted);
    assert_eq!(told["verdict"], "invalid");
    assert_eq!(told["reason"], "mismatch");

    let (answer, told) = send("sha1=00", b"{}");
    assert_eq!(answer.status(), 401);
    assert_eq!(told["reason"], "malformed-header");

    let answer = post(listener.address(), &[("X-Statly-Event", "push")], b"{}");
    assert_eq!(answer.expect("an answer").status(), 401);
    assert_eq!(listener.next()["reason"], "missing-header");

    let answer = post(listener.address(), &[], b"hello").expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(listener.next()["verdict"], "unverifiable");

    let output = listener.interrupt();
    let summary = "received 5: 1 valid, 3 invalid, 1 unverifiable";
    assert!(output.err().contains(summary), "{}", output.err());
    assert_eq!(sandbox.deliveries().len(), 5);
}

#[test]
fn takes_any_of_several_secrets() {
    let sandbox = Sandbox::new();
    sandbox.write("new", "another secret\n");
    let listener = sandbox.listen(&["--secret", "file:new", "--secret", "env:S"]);
    let signature = signed(&sandbox, b"{}");
    let headers = [("X-Statly-Signature", signature.as_str())];
    post(listener.address(), &headers, b"{}").expect("an answer");
    let told = listener.next();
    assert_eq!(told["verdict"], "valid", "{told}");
    assert_eq!(told["secret_index"], 1, "{told}");
}

#[test]
fn keeps_every_byte() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    let body: Vec<u8> = (0..=255).collect();
    let mut request = format!(
        "PUT /a%2Fb/../c?x=1&x=%00&empty HTTP/1.1\r\nx-lower: 1\r\nHost: {}\r\nX-SHOUT:tight\r\n\
         X-Twice: b\r\nx-lower: 2\r\nX-tWiCe: a\r\nX-Empty:\r\ncontent-LENGTH: 256\r\n\r\n",
        listener.address()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    let answer = exchange(listener.address(), &request).expect("an answer");
    assert_eq!(answer.status(), 200);
    let told = listener.next();
    let headers = json!([
        ["x-lower", "1"],
        ["Host", listener.address()],
        ["X-SHOUT", "tight"],
        ["X-Twice", "b"],
        ["x-lower", "2"],
        ["X-tWiCe", "a"],
        ["X-Empty", ""],
        ["content-LENGTH", "256"],
    ]);
    assert_eq!(told["headers"], headers);
    assert_eq!(told["method"], "PUT");
    assert_eq!(told["target"], "/a%2Fb/../c?x=1&x=%00&empty");
    assert_eq!(told["size"], 256);
    assert!(told["body_base64"].is_string() && told["body"].is_null());
    let logged = sandbox.delivery(&told["id"]);
    for key in ["headers", "method", "target", "size", "body_base64"] {
        assert_eq!(logged[key], told[key], "{key}");
    }
    let shown = sandbox.run(&["log", "show", "1", "--body"]);
    assert!(shown.ok().stdout == body);
}

#[test]
fn takes_a_body_in_chunks() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "env:S"]);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nX-Statly-Signature: {}\r\nTransfer-Encoding: chunked\r\n\r\n\
         7\r\n{{\"event\r\n9\r\n\": \"ping\"\r\n1\r\n}}\r\n0\r\n\r\n",
        listener.address(),
        signed(&sandbox, b"{\"event\": \"ping\"}")
    );
    let answer = exchange(listener.address(), request.as_bytes()).expect("an answer");
    assert_eq!(answer.status(), 200);
    let told = listener.next();
    assert_eq!(told["body"], "{\"event\": \"ping\"}");
    assert_eq!(told["verdict"], "valid");
    assert_eq!(told["event"], "ping");
}

#[test]
fn refuses_a_body_that_is_too_large() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--max-body", "100"]);
    let answer = post(listener.address(), &[], &[b'a'; 100]).expect("an answer");
    assert_eq!(answer.status(), 200);
    // The announcement alone is enough to refuse it.
    let announced = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 101\r\n\r\n",
        listener.address()
    );
    let answer = exchange(listener.address(), announced.as_bytes()).expect("an answer");
    assert_eq!(answer.status(), 413);
    assert_eq!(json(&answer), json!({ "error": "body is too large" }));
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n{}\r\n",
        listener.address(),
        "a".repeat(101)
    );
    let answer = exchange(listener.address(), chunked.as_bytes()).expect("an answer");
    assert_eq!(answer.status(), 413);
    let output = listener.interrupt();
    assert_eq!(
        output.err().matches("with 413").count(),
        2,
        "{}",
        output.err()
    );
    assert_eq!(sandbox.deliveries().len(), 1);
}

#[test]
fn forwards_the_bytes_and_the_answer() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[202, 503]);
    let listener = sandbox.listen(&["--secret", "statly=env:S", "--forward-to", &endpoint.url]);
    let body = b"{\"b\":1.0,\r\n\"a\":\"\xff\x00\"}";
    let signature = signed(&sandbox, body);
    let headers = [
        ("X-Statly-Signature", signature.as_str()),
        ("X-Twice", "2"),
        ("X-Twice", "1"),
    ];
    let answer = post(listener.address(), &headers, body).expect("an answer");
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.header("x-said-by"), Some("endpoint"));
    assert_eq!(answer.body, b"said");
    let heard = endpoint.next();
    assert_eq!(heard.first, "POST /hooks HTTP/1.1");
    assert_eq!(heard.body, body);
    for (name, value) in headers {
        let own = (name.to_owned(), value.to_owned());
        assert!(heard.headers.contains(&own), "{name}: {heard:?}");
    }
    let told = listener.next();
    assert_eq!(told["verdict"], "valid");
    assert_eq!(told["response"]["status"], 202);
    assert_eq!(told["attempts"][0]["response"]["status"], 202);
    assert_eq!(told["attempts"][0]["response"]["body"], "said");

    let answer = post(listener.address(), &headers, body).expect("an answer");
    assert_eq!(answer.status(), 503);
    listener.next();
    endpoint.next();

    // What is invalid stays here.
    let answer = post(listener.address(), &headers, b"{}").expect("an answer");
    assert_eq!(answer.status(), 401);
    let told = listener.next();
    assert_eq!(told["attempts"], json!([]));
    assert_eq!(endpoint.left(), 0);

    // The endpoint is gone now.
    let answer = post(listener.address(), &headers, body).expect("an answer");
    assert_eq!(answer.status(), 502);
    let told = listener.next();
    assert_eq!(told["attempts"][0]["error"]["kind"], "connect");
    let logged = sandbox.deliveries();
    let statuses: Vec<&Value> = logged
        .iter()
        .map(|own| &own["response"]["status"])
        .collect();
    assert_eq!(statuses, [202, 503, 401, 502]);
    let error = |delivery: &Value| delivery["attempts"][0]["error"].clone();
    assert_eq!(error(&logged[3]), error(&told));
}

#[test]
fn forwards_what_is_invalid_where_told_to() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[200]);
    let listener = sandbox.listen(&[
        "--secret",
        "statly=env:S",
        "--forward-to",
        &endpoint.url,
        "--forward-invalid",
    ]);
    let headers = [("X-Statly-Signature", "sha256=00")];
    let answer = post(listener.address(), &headers, b"{}").expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(endpoint.next().body, b"{}");
    assert_eq!(listener.next()["verdict"], "invalid");
}

#[test]
fn keeps_no_log_where_told_to() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--no-log"]);
    let answer = post(listener.address(), &[], b"{}").expect("an answer");
    assert_eq!(answer.status(), 200);
    listener.next();
    assert!(!sandbox.log().exists());
}

#[test]
fn keeps_the_log_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    post(listener.address(), &[], b"{}").expect("an answer");
    let mode = |path: &std::path::Path| {
        let metadata = std::fs::metadata(path).expect("is there");
        metadata.permissions().mode() & 0o777
    };
    let folder = sandbox.log().parent().expect("a folder").to_owned();
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).expect("reads") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

/// Characters that must never reach a terminal as they are.
fn teeth(text: &str) -> Vec<char> {
    let hostile = |char: &char| {
        let format = ('\u{200b}'..='\u{200f}').contains(char)
            || ('\u{202a}'..='\u{202e}').contains(char)
            || ('\u{2066}'..='\u{2069}').contains(char);
        char.is_control() && *char != '\n' || format
    };
    text.chars().filter(hostile).collect()
}

#[track_caller]
fn harmless(output: &Output) {
    for text in [output.out(), output.err()] {
        assert_eq!(teeth(&text), Vec::<char>::new(), "{text:?}");
    }
}

#[test]
fn shows_hostile_text_without_its_teeth() {
    let sandbox = Sandbox::new();
    let evil = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\u{7f}z";
    let at_wire = "a\u{9b}31m\u{202e}\u{2066}\u{85}z";
    let bodies = [
        json!({ "event": evil, "key": evil, "list": [evil] })
            .to_string()
            .into_bytes(),
        format!("event={evil}\r\x00\x08\x0c\r\nnot JSON").into_bytes(),
        b"\xff\xfe\x1b[31m\x00\x9b".to_vec(),
    ];
    let listener = sandbox.listen_as_text(&["--full", "--secret", "statly=env:S"]);
    let endpoint = Endpoint::playing(vec![
        crate::wire::Answer::Status(500, "\u{1b}[2J\r\u{202e}");
        2
    ]);
    let forwarding = sandbox.listen_as_text(&["--full", "--forward-to", &endpoint.url, "--no-log"]);
    let headers = [
        ("X-Statly-Event", at_wire),
        ("X-Statly-Delivery", at_wire),
        ("X-Statly-Signature", at_wire),
        ("X-Other", at_wire),
    ];
    let show = |listener: &Listener, headers: &[(&str, &str)], body: &[u8]| {
        let answer = post(listener.address(), headers, body).expect("an answer");
        assert!(answer.status() < 502, "{answer:?}");
    };
    for body in &bodies {
        show(&listener, &headers, body);
        show(&listener, &[], body);
    }
    show(&listener, &[("Stripe-Signature", at_wire)], &bodies[0]);
    show(&forwarding, &headers, &bodies[0]);
    show(&forwarding, &[], &bodies[1]);
    let output = listener.interrupt();
    assert!(
        output.out().contains("\\x9b31m\\u{202e}"),
        "{}",
        output.out()
    );
    harmless(&output);
    let output = forwarding.interrupt();
    assert!(output.out().contains("<--"), "{}", output.out());
    harmless(&output);
    harmless(&sandbox.run(&["log", "list"]));
    harmless(&sandbox.run(&["log", "list", "--format", "json"]));
    for id in 1..=7 {
        harmless(sandbox.run(&["log", "show", &id.to_string()]).ok());
    }
}

#[test]
fn says_where_it_can_be_reached() {
    let sandbox = Sandbox::new();
    let narrow = sandbox.listen(&["--secret", "statly=env:S"]).interrupt();
    assert!(!narrow.err().contains("warning"), "{}", narrow.err());
    let wide = sandbox.listen_as_text(&["--bind", "0.0.0.0", "--secret", "env:S", "--no-log"]);
    assert_eq!(wide.err_line(), "keeping no log");
    let warning = "warning: `0.0.0.0` can be reached from other machines";
    assert_eq!(wide.err_line(), warning);
}

#[test]
fn tells_the_time_that_the_log_has() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    post(listener.address(), &[], b"{}").expect("an answer");
    let told = listener.next();
    assert_eq!(told["at"], sandbox.delivery(&told["id"])["at"]);
}

#[test]
fn a_foreign_configuration_without_its_teeth() {
    for (content, args) in [
        (r#""\u001b[2J" = 1"#, &["providers", "list"][..]),
        (
            "[listen]\nprovider = [\"\\u001b[2J\"]",
            &["listen", "--port", "0"],
        ),
        (r#"log = "\u001b[2J""#, &["log", "list"]),
        (
            "[profiles.\"\\u001b[2J\"]",
            &["send", "dits", "push", "--profile", "a"],
        ),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("hookcat.toml", content);
        let output = sandbox.run(args);
        assert_ne!(output.code, 0);
        harmless(&output);
    }
}
