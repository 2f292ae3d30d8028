//! Handshakes, both sides of them: what `listen` answers, what `send` finds right and wrong.

use serde_json::Value;

use crate::harness::{Output, Sandbox};
use crate::snapshot;
use crate::wire::{Answer, Endpoint, Heard, exchange};

/// A provider, one of its handshakes, and whether its request is signed with a plain secret.
const ALL: [(&str, &str, bool); 15] = [
    ("slack", "url_verification", true),
    ("zoom", "endpoint.url_validation", true),
    ("meta", "hub.challenge", false),
    ("dropbox", "challenge", false),
    ("microsoft-graph", "validationToken", false),
    ("asana", "x-hook-secret", false),
    ("twitch", "webhook_callback_verification", true),
    ("x-twitter", "crc", false),
    ("linkedin", "challengeCode", false),
    ("ebay", "challenge_code", false),
    ("notion", "verification_token", false),
    ("xero", "intent-to-receive", true),
    ("trello", "head", false),
    ("cloudevents", "abuse-protection", false),
    ("figma", "ping", true),
];

fn signs(provider: &str) -> bool {
    !matches!(provider, "ebay" | "adobe-sign")
}

fn outcome(output: &Output) -> Value {
    let lines = output.json_lines();
    let last = lines.last().expect("a line").clone();
    assert_eq!(last["type"], "handshake", "{last}");
    last
}

#[test]
fn what_send_asks_listen_answers_right() {
    let sandbox = Sandbox::new();
    for (provider, name, signed) in ALL.into_iter().chain([("adobe-sign", "client-id", false)]) {
        let mut args = vec!["-p", provider, "--verify-token", "env:S"];
        if signs(provider) {
            args.extend(["--secret", "env:WHSEC"]);
        }
        let listener = sandbox.listen(&args);
        let event = format!("handshake:{name}");
        let mut send = vec!["send", provider, &event, "--to", &listener.url];
        send.extend(["--no-log", "--format", "json", "--verify-token", "env:S"]);
        if signs(provider) {
            send.extend(["--secret", "env:WHSEC"]);
        }
        let output = sandbox.run(&send);
        let told = outcome(output.ok());
        assert_eq!(told["right"], true, "{provider}: {told}");
        assert_eq!(told["name"], name);
        let received = listener.next();
        assert_eq!(received["event"], event.as_str(), "{received}");
        assert_eq!(received["provider"], provider);
        let verdict = if signed { "valid" } else { "unverifiable" };
        assert_eq!(received["verdict"], verdict, "{received}");
        if provider == "xero" {
            let forged = listener.next();
            assert_eq!(forged["verdict"], "invalid", "{forged}");
            assert_eq!(forged["response"]["status"], 401);
        }
        assert!(
            sandbox
                .run(&["send", provider, "handshake", "--print", "curl"])
                .code
                <= 2
        );
    }
}

#[test]
fn a_ping_signed_with_a_key_pair_is_answered_and_a_forged_one_is_not() {
    let sandbox = Sandbox::new();
    let made = sandbox.run(&["keys", "new", "discord", "--format", "json"]);
    let keys = made.ok().json_lines().remove(0);
    sandbox.write("private", keys["private"].as_str().expect("a key"));
    sandbox.write("public", keys["public"].as_str().expect("a key"));
    let listener = sandbox.listen(&["-p", "discord", "--secret", "file:public"]);
    for (name, status) in [("ping", 204), ("interaction-ping", 200)] {
        let event = format!("handshake:{name}");
        let output = sandbox.run(&[
            "send",
            "discord",
            &event,
            "--to",
            &listener.url,
            "--secret",
            "file:private",
        ]);
        assert_eq!(output.ok().out().matches("answered right").count(), 2);
        assert_eq!(listener.next()["response"]["status"], status);
        assert_eq!(listener.next()["response"]["status"], 401);
    }
}

fn ask(address: &str, first: &str, headers: &str, body: &str) -> Heard {
    let length = body.len();
    let request = format!(
        "{first} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    );
    exchange(address, request.as_bytes()).expect("an answer")
}

#[test]
fn the_secret_signs_nothing_for_whoever_asks() {
    let sandbox = Sandbox::new();
    let crc = "GET /?crc_token=9b4507b3-9040";
    let unnamed = sandbox.listen(&["--secret", "env:S"]);
    let heard = ask(unnamed.address(), crc, "", "");
    assert!(!String::from_utf8_lossy(&heard.body).contains("sha256="));
    assert_eq!(unnamed.next()["event"], Value::Null);

    let args = ["-p", "x-twitter", "--secret", "env:S"];
    let named = sandbox.listen(&args);
    assert_eq!(ask(named.address(), crc, "", "").status(), 200);
    let forged = ask(named.address(), "GET /?crc_token=%7B%22a%22:1%7D", "", "");
    assert_eq!(forged.status(), 403);
    assert!(!String::from_utf8_lossy(&forged.body).contains("sha256="));

    let wide = [&args[..], &["--bind", "0.0.0.0"]].concat();
    let open = sandbox.listen(&wide);
    let address = open.address().replace("0.0.0.0", "127.0.0.1");
    assert_eq!(ask(&address, crc, "", "").status(), 403);
    let meant = sandbox.listen(&[&wide[..], &["--sign-challenges"]].concat());
    let address = meant.address().replace("0.0.0.0", "127.0.0.1");
    assert_eq!(ask(&address, crc, "", "").status(), 200);

    // Zoom signs its request, so that only Zoom gets the answer.
    let zoom = sandbox.listen(&["-p", "zoom", "--secret", "env:S"]);
    let body = r#"{"payload":{"plainToken":"abc"},"event":"endpoint.url_validation"}"#;
    let heard = ask(zoom.address(), "POST /", "", body);
    assert_eq!((heard.status(), heard.body.len()), (401, 0));
    let unset = sandbox.listen(&["-p", "zoom"]);
    assert_eq!(ask(unset.address(), "POST /", "", body).status(), 403);
}

#[test]
fn an_echo_is_text_and_never_a_page() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["-p", "dropbox"]);
    let heard = ask(listener.address(), "GET /x?challenge=abc123", "", "");
    assert_eq!(heard.body, b"abc123");
    assert_eq!(heard.header("content-type"), Some("text/plain"));
    assert_eq!(heard.header("x-content-type-options"), Some("nosniff"));
    let heard = ask(listener.address(), "GET /?challenge=%3Cscript%3E", "", "");
    assert_eq!(heard.status(), 403);
    assert!(!String::from_utf8_lossy(&heard.body).contains("script"));
}

#[test]
fn a_detected_provider_gets_its_echo_unnamed() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "slack=env:S"]);
    let args = [
        "send",
        "slack",
        "handshake",
        "--to",
        &listener.url,
        "--secret",
        "env:S",
    ];
    sandbox.run(&args).ok();
    let args = [
        "send",
        "slack",
        "handshake",
        "--to",
        &listener.url,
        "--secret",
        "env:WHSEC",
    ];
    let wrong = sandbox.run(&args);
    assert!(
        wrong.code(7).out().contains("status is 401"),
        "{}",
        wrong.out()
    );
}

#[test]
fn another_verify_token_is_forbidden() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["-p", "meta", "--verify-token", "env:S"]);
    let args = ["send", "meta", "handshake", "--to", &listener.url];
    let wrong = sandbox.run(&[&args[..], &["--verify-token", "env:WHSEC"]].concat());
    assert!(
        wrong.code(7).out().contains("status is 403"),
        "{}",
        wrong.out()
    );
    let none = sandbox.run(&args);
    assert!(
        none.code(2).err().contains("--verify-token"),
        "{}",
        none.err()
    );
}

#[test]
fn the_application_behind_answers_for_itself() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::playing(vec![Answer::Status(200, "theirs")]);
    let args = ["-p", "dropbox", "--forward-to", &endpoint.url];
    let listener = sandbox.listen(&args);
    let heard = ask(listener.address(), "GET /?challenge=abc", "", "");
    assert_eq!(heard.body, b"theirs");
    assert_eq!(listener.next()["event"], "handshake:challenge");
}

#[test]
fn screens() {
    let sandbox = Sandbox::new();
    let now = ["--now", crate::harness::NOW, "--seed", "1"];
    let listener = sandbox.listen_as_text(&[&["-p", "notion", "--compact"][..], &now].concat());
    let args = [
        "send",
        "notion",
        "handshake",
        "--to",
        &listener.url,
        "--no-log",
    ];
    let args = [&args[..], &now].concat();
    let output = sandbox.run(&args);
    let variable = [(listener.url.as_str(), "[URL]")];
    let shown = [&args[..4], &["[URL]"], &args[5..]].concat();
    snapshot::check(&sandbox, "handshake_right", &shown, &output, &variable);
    let ended = listener.interrupt();
    let log = sandbox.log();
    let variable = [(log.to_str().expect("text"), "[LOG]")];
    let args = ["listen", "-p", "notion", "--compact"];
    snapshot::check(&sandbox, "handshake_received", &args, &ended, &variable);

    let endpoint = Endpoint::playing(vec![Answer::Status(200, "<p>ok</p>")]);
    let args = [
        "send",
        "dropbox",
        "handshake",
        "--to",
        &endpoint.url,
        "--no-log",
    ];
    let args = [&args[..], &now].concat();
    let output = sandbox.run(&args);
    output.code(7);
    let shown = [&args[..4], &["[URL]"], &args[5..]].concat();
    let variable = [(endpoint.url.as_str(), "[URL]")];
    snapshot::check(&sandbox, "handshake_wrong", &shown, &output, &variable);
    snapshot::run(&sandbox, "handshake_none", &["send", "statly", "handshake"]);
    let args = ["send", "discord", "handshake:pong"];
    snapshot::run(&sandbox, "handshake_unknown", &args);
    let args = [
        "send",
        "meta",
        "handshake",
        "--print",
        "curl",
        "--verify-token",
        "env:WHSEC",
    ];
    snapshot::run(&sandbox, "handshake_print", &[&args[..], &now].concat());
}
