//! Why a signature does not match: what `verify`, `listen`, `log show` and `replay` say of it, and what
//! the sender hears.

use serde_json::json;

use crate::harness::{NOW, Sandbox};
use crate::snapshot;
use crate::wire::{Endpoint, post};

const BODY: &[u8] = br#"{"event":"push","ref":"main"}"#;
/// The same as an editor or `jq` writes it.
const PRETTY: &[u8] = b"{\n  \"event\": \"push\",\n  \"ref\": \"main\"\n}\n";

/// The header line that signs `BODY`.
fn signed(sandbox: &Sandbox, provider: &str) -> String {
    let args = ["sign", provider, "--secret", "env:S", "--now", NOW];
    let output = sandbox.run_with(&args, BODY);
    output.ok().out().trim_end().to_owned()
}

fn field(line: &str) -> (&str, &str) {
    line.split_once(": ").expect("a header")
}

#[test]
fn verify_names_the_change_its_cause_and_the_fix() {
    let sandbox = Sandbox::new();
    let header = signed(&sandbox, "stripe");
    let args = [
        "verify", "-", "-p", "stripe", "-H", &header, "--secret", "env:S", "--now", NOW,
    ];
    let output = sandbox.run_with(&args, PRETTY);
    snapshot::check(&sandbox, "why_stripe", &args, &output, &[]);
    output.code(3);
    let args = [&args[..], &["--format", "json"]].concat();
    let line = sandbox.run_with(&args, PRETTY).json_lines().remove(0);
    assert_eq!(line["findings"][0]["cause"], "json-compact", "{line}");
    let other = sandbox.run_with(&args, br#"{"event":"pull"}"#);
    assert_eq!(other.json_lines()[0]["findings"], json!([]));
}

#[test]
fn of_several_each_has_a_line_and_the_gravest_ends_it() {
    let sandbox = Sandbox::new();
    let header = signed(&sandbox, "statly");
    let (name, value) = field(&header);
    let entry = |body: &[u8]| {
        json!({
            "startedDateTime": "2026-01-31T12:00:00Z",
            "request": {
                "method": "POST",
                "url": "http://localhost:3000/hooks",
                "headers": [{ "name": name, "value": value }],
                "postData": { "mimeType": "application/json", "text": String::from_utf8_lossy(body) },
            },
        })
    };
    let entries = [entry(BODY), entry(PRETTY), entry(b"{}")];
    let har = json!({ "log": { "version": "1.2", "entries": entries } });
    sandbox.write("all.har", har.to_string());
    let args = ["verify", "all.har", "-p", "statly", "--secret", "env:S"];
    let output = snapshot::run(&sandbox, "why_several", &args);
    output.code(3);
    let args = [&args[..], &["--format", "json"]].concat();
    let lines = sandbox.run(&args).json_lines();
    let verdicts: Vec<_> = lines[..3]
        .iter()
        .map(|own| own["verdict"].as_str())
        .collect();
    assert_eq!(verdicts, [Some("valid"), Some("invalid"), Some("invalid")]);
    assert_eq!(lines[3]["verified"], 3, "{}", lines[3]);
}

/// Whoever forges learns the kind of the reason alone; whoever listens learns what would match.
#[test]
fn listen_tells_its_user_and_not_the_sender() {
    let sandbox = Sandbox::new();
    let header = signed(&sandbox, "statly");
    let listener = sandbox.listen(&["-p", "statly", "--secret", "env:S"]);
    let answer = post(listener.address(), &[field(&header)], PRETTY).expect("an answer");
    assert_eq!(answer.status(), 401);
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    assert_eq!(body, r#"{"error":"invalid signature","reason":"mismatch"}"#);
    let delivery = listener.next();
    let found = &delivery["findings"][0];
    assert_eq!(found["cause"], "json-compact", "{delivery}");
    let right = post(listener.address(), &[field(&header)], BODY).expect("an answer");
    assert_eq!(right.status(), 200);
    assert!(listener.next().get("findings").is_none());
    listener.interrupt().ok();
    let mut show = sandbox.hookcat(&["log", "show", "1"]);
    show.env("HOOKCAT_SECRET", "env:S");
    let shown = crate::harness::finish(show, b"");
    let text = shown.ok().out();
    assert!(text.contains("why it is invalid"), "{text}");
    assert!(
        text.contains("would match if the body were compact JSON"),
        "{text}"
    );
    let output = sandbox.run(&["log", "show", "1"]);
    let hint = "`hookcat verify 1 --secret env:NAME` says why";
    assert!(output.ok().err().contains(hint), "{}", output.err());
    sandbox.run(&["verify", "1", "--secret", "env:S"]).code(3);
    let verified = sandbox.run(&["verify", "1", "2", "--secret", "statly=env:S"]);
    assert!(
        verified
            .code(3)
            .out()
            .contains("#2: statly push: ✓ signature ok")
    );
}

#[test]
fn replay_says_why_an_endpoint_may_have_rejected_it() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["-p", "slack", "--secret", "env:S", "--now", NOW]);
    let args = ["sign", "slack", "--secret", "env:S", "--now", NOW];
    let headers = sandbox.run_with(&args, BODY).ok().out();
    let headers: Vec<_> = headers.lines().map(field).collect();
    let answer = post(listener.address(), &headers, BODY).expect("an answer");
    assert_eq!(answer.status(), 200);
    listener.interrupt().ok();
    let endpoint = Endpoint::answering(&[401]);
    let mut replay = sandbox.hookcat(&["replay", "1", "--to", &endpoint.url]);
    replay.env("HOOKCAT_SECRET", "env:S");
    let output = crate::harness::finish(replay, b"");
    let text = output.code(7).err();
    assert!(text.contains("sign it anew with --resign"), "{text}");
}
