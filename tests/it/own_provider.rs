//! Providers of one's own: checked, made, and used everywhere an embedded one is.

use crate::harness::{NOW, Sandbox};
use crate::snapshot;
use crate::wire::post;

/// A definition with an event, a timestamp and a header of its own.
const ACME: &str = r#"id = "acme"
name = "Acme"
aliases = ["acme-hooks"]
docs = "https://acme.example/docs"
confidence = "official-source"

[detect]
headers = ["X-Acme-Event"]

[locate]
event = ["header:X-Acme-Event"]

[send]
headers = [["X-Acme-Event", "{{ event }}"]]

[[scheme]]
name = "acme"
algorithm = "hmac-sha256"
key = "utf8"
signed = "{timestamp}.{body}"

[scheme.signature]
header = "X-Acme-Signature"
prefix = "v1="
encoding = "hex-lower"

[scheme.timestamp]
header = "X-Acme-Time"
unit = "seconds"
past = 300

[[event]]
name = "order.paid"
title = "an order is paid"
sample = '{ "order": "{{ hex(4) }}" }'
schema = '{ "type": "object", "required": ["order"] }'
"#;

/// A delivery of it: `printf '1700000000.{"order":1}' | openssl dgst -sha256 -hmac key`.
const VECTORS: &str = r#"[
  {
    "provider": "acme", "scheme": "acme", "secret": "key", "timestamp_now": 1700000000,
    "headers": {
      "X-Acme-Signature": "v1=SIGNATURE",
      "X-Acme-Time": "1700000000"
    },
    "body": "{\"order\":1}", "valid": true, "why": "as documented"
  },
  {
    "provider": "acme", "scheme": "acme", "secret": "key", "timestamp_now": 1700000301,
    "headers": {
      "X-Acme-Signature": "v1=SIGNATURE",
      "X-Acme-Time": "1700000000"
    },
    "body": "{\"order\":1}", "valid": false, "reason": "stale", "why": "a second too late"
  },
  {
    "provider": "another", "scheme": "x", "secret": "key", "timestamp_now": 0,
    "headers": {}, "valid": true
  }
]"#;

const SIGNATURE: &str = "13560b867c2b86e640b6eb257535d51e0836b152ba82e4c7c09c6069db1e3881";

fn vectors() -> String {
    VECTORS.replace("SIGNATURE", SIGNATURE)
}

#[test]
fn what_is_well_is_said_in_a_line() {
    let sandbox = Sandbox::new();
    sandbox.write("acme.toml", ACME);
    sandbox.write("vectors.json", vectors());
    let args = [
        "providers",
        "check",
        "acme.toml",
        "--vectors",
        "vectors.json",
    ];
    snapshot::run(&sandbox, "providers_check", &args).ok();
    let args = [args.as_slice(), &["--format", "json"]].concat();
    snapshot::run(&sandbox, "providers_check_json", &args).ok();
}

#[test]
fn mistakes_have_a_place_and_what_fails_a_reason() {
    let sandbox = Sandbox::new();
    let wrong = vectors()
        .replace("\"stale\"", "\"mismatch\"")
        .replace("order\\\":1", "order\\\":2");
    sandbox.write("vectors.json", wrong);
    sandbox.write("typo.toml", ACME.replace("hex-lower", "hexx"));
    sandbox.write("sample.toml", ACME.replace("[\"order\"]", "[\"total\"]"));
    let args = [
        "providers",
        "check",
        "sample.toml",
        "--vectors",
        "vectors.json",
    ];
    snapshot::run(&sandbox, "providers_check_failing", &args).code(9);
    let args = ["providers", "check", "sample.toml", "typo.toml"];
    snapshot::run(&sandbox, "providers_check_mistake", &args).code(2);
    let json = sandbox.run(&["providers", "check", "typo.toml", "--format", "json"]);
    let line = json.code(2).json_lines().remove(0);
    assert_eq!(
        (&line["mistake"]["line"], &line["ok"]),
        (&25.into(), &false.into()),
        "{line}"
    );
    let args = ["providers", "check", "gone.toml"];
    snapshot::run(&sandbox, "providers_check_of_no_file", &args).code(2);
    let args = ["providers", "check", "--vectors", "typo.toml"];
    snapshot::run(&sandbox, "providers_check_of_no_vectors", &args).code(2);
}

#[test]
fn all_embedded_definitions_are_well() {
    let sandbox = Sandbox::new();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/published.json");
    let args = [
        "providers",
        "check",
        "--format",
        "json",
        "--vectors",
        vectors,
    ];
    let lines = sandbox.run(&args).ok().json_lines();
    let total = lines.last().expect("a total");
    assert_eq!(
        (total["mistakes"].as_u64(), total["failed"].as_u64()),
        (Some(0), Some(0))
    );
    assert!(total["vectors"].as_u64() > Some(100), "{total}");
    // One's own are among them.
    sandbox.write_config("providers/acme.toml", ACME.replace("hex-lower", "hexx"));
    let output = sandbox.run(&["providers", "check"]);
    assert!(
        output.code(2).out().contains("acme.toml"),
        "{}",
        output.out()
    );
}

#[test]
fn a_projects_definition_works_everywhere() {
    let sandbox = Sandbox::new();
    sandbox.write("hooks/acme.toml", ACME);
    sandbox.write("hookcat.toml", "providers = [\"hooks/acme.toml\"]\n");
    sandbox.write("body.json", r#"{"order":1}"#);
    let listed = sandbox.run(&["providers", "list", "--category", "own"]);
    assert!(listed.ok().out().contains("acme"), "{}", listed.out());
    sandbox.run(&["providers", "show", "acme-hooks"]).ok();
    sandbox
        .run(&["providers", "schema", "acme", "order.paid"])
        .ok();
    sandbox.run(&["keys", "new", "acme"]).ok();

    // Templates, signing, and detection by its own header.
    let args = [
        "send",
        "acme",
        "order.paid",
        "--print",
        "http",
        "--secret",
        "key",
    ];
    let request = sandbox
        .run(&[args.as_slice(), &["--now", NOW]].concat())
        .ok()
        .out();
    assert!(request.contains("X-Acme-Event: order.paid"), "{request}");
    sandbox.write("request.http", &request);
    let args = [
        "verify",
        "request.http",
        "--secret",
        "acme=key",
        "--now",
        NOW,
    ];
    let verified = sandbox.run(&[args.as_slice(), &["--format", "json"]].concat());
    let found = verified.ok().json_lines().remove(0);
    assert_eq!(found["provider"], "acme");
    assert_eq!(found["detected_by"], "header `X-Acme-Event`");

    let listener = sandbox.listen(&["--secret", "acme=key"]);
    post(listener.address(), &[("X-Acme-Event", "order.paid")], b"{}").expect("an answer");
    assert_eq!(listener.next()["provider"], "acme");
}

#[test]
fn a_folder_stands_for_the_definitions_in_it() {
    let sandbox = Sandbox::new();
    sandbox.write("hooks/acme.toml", ACME);
    sandbox.write("hooks/other.toml", ACME.replace("\"acme", "\"other"));
    sandbox.write("hookcat.toml", "providers = [\"hooks\"]\n");
    sandbox.write("a/b/here", "");
    let mut command = sandbox.hookcat(&["providers", "list", "--category", "own"]);
    command.current_dir(sandbox.path("a/b"));
    let listed = crate::harness::finish(command, b"").ok().out();
    assert_eq!(listed.lines().count(), 3, "{listed}");
}

#[test]
fn the_nearest_definition_of_an_id_counts() {
    let sandbox = Sandbox::new();
    let named = |name: &str| ACME.replace("name = \"Acme\"", &format!("name = \"{name}\""));
    let name = || {
        let shown = sandbox.run(&["providers", "show", "acme", "--format", "json"]);
        let line = shown.ok().json_lines().remove(0);
        line["name"].as_str().expect("a name").to_owned()
    };
    sandbox.write_config("providers/acme.toml", named("folder"));
    assert_eq!(name(), "folder");
    sandbox.write_config("more.toml", named("user"));
    sandbox.write_config("hookcat.toml", "providers = [\"more.toml\"]\n");
    assert_eq!(name(), "user");
    sandbox.write("near.toml", named("project"));
    sandbox.write("hookcat.toml", "providers = [\"near.toml\"]\n");
    assert_eq!(name(), "project");
    // Of several with one id, one is listed.
    let listed = sandbox.run(&["providers", "list", "--category", "own", "--format", "json"]);
    assert_eq!(listed.ok().json_lines().len(), 1);
}

#[test]
fn a_definition_in_place_of_an_embedded_one_is_whole() {
    let sandbox = Sandbox::new();
    let (head, _) = ACME.split_once("[[event]]").expect("events");
    let own = head.replace("\"acme\"", "\"github\"");
    sandbox.write_config("providers/github.toml", &own);
    sandbox.write("body.json", "{}");
    let args = [
        "send", "github", "push", "--print", "http", "--secret", "key",
    ];
    sandbox.run(&args).code(2);
    let args = [
        "sign",
        "github",
        "body.json",
        "--secret",
        "key",
        "--now",
        NOW,
    ];
    let signed = sandbox.run(&args);
    assert!(
        signed.ok().out().contains("X-Acme-Signature"),
        "{}",
        signed.out()
    );
    assert!(!signed.err().contains("project"), "{}", signed.err());

    // A project may be somebody else's: a word where it takes a known name.
    sandbox.write("github.toml", own);
    sandbox.write("hookcat.toml", "providers = [\"github.toml\"]\n");
    snapshot::run(&sandbox, "project_in_place_of_an_embedded", &args).ok();
}

#[test]
fn mistakes_of_a_projects_definition() {
    let sandbox = Sandbox::new();
    sandbox.write("hookcat.toml", "providers = [\"acme.toml\"]\n");
    let args = ["providers", "list"];
    snapshot::run(&sandbox, "project_definition_missing", &args).code(2);
    sandbox.write("acme.toml", ACME.replace("unit = ", "units = "));
    snapshot::run(&sandbox, "project_definition_mistake", &args).code(2);
    sandbox.write("acme.toml", ACME.replace("Acme\"\n", "Ac\\u001b[2Jme\"\n"));
    snapshot::run(&sandbox, "project_definition_hostile", &args).code(2);
}

#[test]
fn a_definition_is_made_of_flags() {
    let sandbox = Sandbox::new();
    let args = ["providers", "new", "acme", "--header", "X-Acme"];
    snapshot::run(&sandbox, "providers_new", &args).ok();
    snapshot::run(&sandbox, "providers_new_over_another", &args).code(2);
    sandbox.run(&[args.as_slice(), &["--force"]].concat()).ok();
    let more = [
        "--value",
        "v1=<hex>",
        "--signed",
        "v1:{timestamp}:{body}",
        "--timestamp-header",
        "X-Acme-Time",
        "--event",
        "header:X-Acme-Event",
        "--delivery-id",
        "json:/data/id",
        "--name",
        "Acme \"Hooks\"",
        "--out",
        "-",
    ];
    let args = [args.as_slice(), &more].concat();
    snapshot::run(&sandbox, "providers_new_to_stdout", &args).ok();
    // It signs and verifies at once.
    sandbox.write("body.json", "{}");
    let signed = sandbox.run(&["sign", "acme", "body.json", "--secret", "key"]);
    let header = signed.ok().out();
    let args = ["verify", "-p", "acme", "body.json", "--secret", "key", "-H"];
    sandbox
        .run(&[args.as_slice(), &[header.trim()]].concat())
        .ok();
}

#[test]
fn every_choice_makes_a_definition() {
    let sandbox = Sandbox::new();
    let new = |more: &[&str]| {
        let args = [
            "providers",
            "new",
            "acme",
            "--header",
            "X-Acme",
            "--out",
            "-",
        ];
        let output = sandbox.run(&[args.as_slice(), more].concat());
        assert_eq!(output.code, 0, "{more:?}: {}", output.err());
    };
    let algorithms = [
        "hmac-sha1",
        "hmac-sha384",
        "hmac-sha512",
        "sha1",
        "sha256",
        "ed25519",
        "ecdsa-p256",
        "rsa-sha256",
        "token",
    ];
    for algorithm in algorithms {
        new(&["--algorithm", algorithm]);
    }
    for key in ["base64", "hex", "whsec", "basic"] {
        new(&["--key", key]);
    }
    for unit in ["seconds", "milliseconds", "rfc3339"] {
        new(&[
            "--value",
            "t=<timestamp>,v1=<base64>",
            "--unit",
            unit,
            "--tolerance",
            "60",
        ]);
    }
    // A date with a comma in it cannot stand between commas.
    let date = ["--timestamp-header", "X-Time", "--unit", "http-date"];
    new(&[date.as_slice(), &["--signed", "{timestamp}{body}"]].concat());
    let id = ["--signed", "{id}.{body}", "--delivery-id", "header:X-Id"];
    new(&[id.as_slice(), &["--value", "v1,<base64url>"]].concat());
}

#[test]
fn answers_that_are_none() {
    let sandbox = Sandbox::new();
    let check = |name: &str, args: &[&str]| {
        let args = [&["providers", "new"], args].concat();
        snapshot::run(&sandbox, name, &args).code(2);
    };
    check("providers_new_without_an_id", &["--header", "X-A"]);
    check("providers_new_without_a_header", &["acme"]);
    check("providers_new_of_no_id", &["Acme Inc", "--header", "X-A"]);
    check(
        "providers_new_of_no_shape",
        &["acme", "--header", "X-A", "--value", "hex"],
    );
    let time = ["acme", "--header", "X-A", "--signed", "{timestamp}{body}"];
    check("providers_new_without_a_timestamp", &time);
}
