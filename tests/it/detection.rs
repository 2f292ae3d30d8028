//! Which provider sent it: what tells, who else it may have been, and nothing parsed in vain.

use hookcat::core::message::{Headers, Message};
use hookcat::providers::Catalog;
use serde_json::Value;

use crate::harness::{Sandbox, finish};
use crate::snapshot;

/// What `verify` says of a body with these headers.
fn found(sandbox: &Sandbox, headers: &[&str], more: &[&str]) -> Value {
    let mut args = vec!["verify", "-", "--format", "json"];
    for header in headers {
        args.extend(["-H", header]);
    }
    let output = sandbox.run_with(&[args.as_slice(), more].concat(), b"{}");
    output.json_lines().remove(0)
}

/// What signs `{}` for a provider, as `Name: value`.
fn signed(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let args = [&["sign"], args, &["--secret", "env:S"]].concat();
    let output = finish(sandbox.hookcat(&args), b"{}");
    output.ok().out().lines().map(str::to_owned).collect()
}

#[test]
fn what_tells_is_said() {
    let sandbox = Sandbox::new();
    let told = found(&sandbox, &["X-GitHub-Event: push"], &[]);
    assert_eq!(told["provider"], "github", "{told}");
    assert_eq!(told["detected_by"], "header `X-GitHub-Event`");
    assert_eq!(told["candidates"], serde_json::json!([]));
    let told = found(&sandbox, &[], &["-p", "github"]);
    assert_eq!(told["detected_by"], "named");
    let header = "Typeform-Signature: sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let told = found(&sandbox, &[header], &[]);
    assert_eq!(told["provider"], "typeform", "{told}");
    let args = ["verify", "-", "-H", "X-GitHub-Event: push"];
    let output = sandbox.run_with(&args, b"{}");
    snapshot::check(&sandbox, "verify_detected", &args, &output, &[]);
}

#[test]
fn those_that_look_the_same_are_named() {
    let sandbox = Sandbox::new();
    let header = signed(&sandbox, &["github"]);
    let headers: Vec<&str> = header.iter().map(String::as_str).collect();
    let told = found(&sandbox, &headers, &[]);
    let candidates = told["candidates"].as_array().expect("a list");
    assert!(candidates.len() > 1, "{told}");
    assert!(candidates.contains(&"github".into()), "{told}");
    assert_eq!(told["reason"], "ambiguous");
    let args = [&["verify", "-", "-H"], headers.as_slice()].concat();
    let output = sandbox.run_with(&args, b"{}");
    snapshot::check(&sandbox, "verify_ambiguous", &args, &output, &[]);
    // The secret that fits settles it, and says so.
    let told = found(&sandbox, &headers, &["--secret", "github=env:S"]);
    assert_eq!(told["provider"], "github", "{told}");
    assert_eq!(told["detected_by"], "the secret that fits");
    assert!(
        told["candidates"]
            .as_array()
            .is_some_and(|own| own.len() > 1)
    );
}

#[test]
fn the_log_keeps_what_told() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    let headers = [("X-GitHub-Event", "push")];
    crate::wire::post(listener.address(), &headers, b"{}").expect("an answer");
    let told = listener.next();
    assert_eq!(told["detected_by"], "header `X-GitHub-Event`", "{told}");
    let kept = sandbox.delivery(&told["id"]);
    assert_eq!(kept["detected_by"], told["detected_by"]);
}

/// How many definitions are parsed to detect a message with these headers.
fn parsed(headers: &[(&str, &str)]) -> usize {
    let catalog = Catalog::default();
    let headers: Headers = headers.iter().copied().collect();
    let message = Message::post(headers, "{}");
    let found = catalog.candidates(&message).len();
    assert!(found > 0, "no candidate");
    catalog.parsed()
}

#[test]
fn no_definition_is_parsed_that_is_not_needed() {
    let catalog = Catalog::default();
    assert_eq!(catalog.parsed(), 0);
    catalog.get("slack").expect("known");
    catalog.get("slack").expect("known");
    assert!(catalog.get("no such provider").is_err());
    assert_eq!(catalog.parsed(), 1);

    assert_eq!(
        parsed(&[("Stripe-Signature", "t=1,v1=aa"), ("Host", "x")]),
        1
    );
    // Those that share the header, and no more.
    let sharing = |name: &str| {
        let named = Catalog::builtin().iter();
        named.filter(|own| own.headers.contains(&name)).count()
    };
    let shared = sharing("x-hub-signature-256");
    assert_eq!(parsed(&[("X-Hub-Signature-256", "sha256=aa")]), shared);
    assert!((2..20).contains(&shared), "{shared}");
    // Where no header speaks, those that can be told by their body.
    let by_body = Catalog::builtin().iter().filter(|own| own.by_body).count();
    assert_eq!(parsed(&[("Content-Type", "application/json")]), by_body);
    assert!(by_body < 20, "{by_body}");
}
