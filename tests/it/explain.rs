//! `verify --explain`: everything a verification looked at, and no secret in it.

use serde_json::Value;

use crate::harness::{NOW, Sandbox};
use crate::snapshot;

const BODY: &[u8] = b"{\"id\":\"evt_1\",\"text\":\"caf\\u00e9\\n\"}\r\n";

/// The headers that sign `BODY`, each as `-H` and its line.
fn signed(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["sign"], args, &["--now", NOW]].concat();
    let output = sandbox.run_with(&args, BODY);
    let lines = output.ok().out();
    let lines = lines.lines();
    lines
        .flat_map(|line| ["-H".to_owned(), line.to_owned()])
        .collect()
}

fn explained(sandbox: &Sandbox, args: &[&str], headers: &[String], name: &str) -> String {
    let headers = headers.iter().map(String::as_str);
    let mut all = vec!["verify", "-", "--explain", "--now", NOW];
    all.extend(args);
    all.extend(headers);
    let output = sandbox.run_with(&all, BODY);
    snapshot::check(sandbox, name, &all, &output, &[]);
    output.out()
}

#[test]
fn what_was_signed_is_drawn() {
    let sandbox = Sandbox::new();
    let headers = signed(&sandbox, &["stripe", "--secret", "env:S"]);
    let args = ["-p", "stripe", "--secret", "env:WHSEC", "--secret", "env:S"];
    let text = explained(&sandbox, &args, &headers, "explain_stripe");
    assert!(
        text.contains(r#"{"id":"evt_1","text":"caf\\u00e9\\n"}\r\n"#),
        "{text}"
    );
    assert!(text.contains("secret 1  ✗ differs"), "{text}");
    assert!(text.contains("secret 2  ✓ matches"), "{text}");
}

#[test]
fn what_a_token_carries_is_held_against_the_message() {
    let sandbox = Sandbox::new();
    let sign = ["messagebird", "--secret", "env:S", "--url", "http://x/h"];
    let headers = signed(&sandbox, &[&sign[..], &["--seed", "1"]].concat());
    let args = [
        "-p",
        "messagebird",
        "--secret",
        "env:S",
        "--url",
        "http://x/other",
    ];
    let text = explained(&sandbox, &args, &headers, "explain_jwt");
    assert!(text.contains("✗ not so: claim `url_hash`"), "{text}");
}

#[test]
fn nothing_is_expected_where_nothing_was_received() {
    let sandbox = Sandbox::new();
    let args = ["-p", "github", "--secret", "env:S"];
    explained(&sandbox, &args, &[], "explain_missing");
}

/// The signature that would be right is shown only to whom asks for it, a secret to nobody.
#[test]
fn what_helps_a_forger_stays_hidden() {
    let sandbox = Sandbox::new();
    let right = signed(&sandbox, &["github", "--secret", "env:S"]);
    let expected = right[1].rsplit_once('=').expect("a signature").1.to_owned();
    let wrong = signed(&sandbox, &["github", "--secret", "env:WHSEC"]);
    let token = ["-H".to_owned(), "X-Gitlab-Token: guess".to_owned()];
    let secret = sandbox.hookcat(&[]).get_envs().find_map(|(name, value)| {
        (name == "S").then(|| value.expect("set").to_string_lossy().into_owned())
    });
    let secret = secret.expect("the harness sets it");
    for format in ["text", "json"] {
        for (provider, headers) in [("github", wrong.as_slice()), ("gitlab", token.as_slice())] {
            let mut args = vec!["verify", "-", "-p", provider, "--secret", "env:S"];
            args.extend(["--now", NOW, "--explain", "--format", format]);
            args.extend(headers.iter().map(String::as_str));
            let hidden = sandbox.run_with(&args, BODY);
            args.push("--show-expected");
            let shown = sandbox.run_with(&args, BODY);
            for output in [&hidden, &shown] {
                let all = format!("{}{}", output.out(), output.err());
                assert!(!all.contains(&secret), "{provider} {format}: {all}");
            }
            assert!(!hidden.out().contains(&expected), "{provider} {format}");
            if provider == "github" {
                assert!(shown.out().contains(&expected), "{format}: {}", shown.out());
            }
        }
    }
}

/// A program gets the signed text whole, so that it can be signed again by other means.
#[test]
fn the_signed_text_is_complete_as_json() {
    let sandbox = Sandbox::new();
    let headers = signed(&sandbox, &["slack", "--secret", "env:S"]);
    let mut args = vec![
        "verify", "-", "-p", "slack", "--secret", "env:S", "--now", NOW,
    ];
    args.extend(["--explain", "--format", "json"]);
    args.extend(headers.iter().map(String::as_str));
    let line = sandbox.run_with(&args, BODY).json_lines().remove(0);
    let pieces = line["explanation"]["signatures"][0]["signed"].as_array();
    let texts = pieces
        .expect("pieces")
        .iter()
        .map(|own| own["text"].as_str());
    let text: String = texts.map(|own| own.expect("text")).collect();
    sandbox.write("signed", &text);
    let dgst = sandbox.shell("openssl dgst -sha256 -hmac \"$S\" < signed | sed 's/.*= //'");
    let received = &line["explanation"]["signatures"][0]["received"][0];
    assert_eq!(Some(dgst.out().trim()), received.as_str(), "{line}");
    assert_eq!(line["explanation"]["tolerance"]["past"], Value::from(300));
}
