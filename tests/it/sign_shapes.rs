//! The forms `sign` prints in: each of them works where it is pasted.

use serde_json::{Value, json};

use crate::harness::{NOW, Sandbox};
use crate::snapshot;
use crate::wire::{Endpoint, exchange};

const BODY: &str = "{\"event\": \"push\", \"a\": \"it's \\\"$HOME\\\" `id` \\\\ !\"}\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("my body.json", BODY);
    sandbox
}

#[test]
fn the_whole_output_of_each_format() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", r#"{"event":"push"}"#);
    for (name, format) in [
        ("sign_headers", "headers"),
        ("sign_value", "value"),
        ("sign_json", "json"),
        ("sign_curl", "curl"),
        ("sign_httpie", "httpie"),
        ("sign_http", "http"),
        ("sign_env", "env"),
    ] {
        let args = [
            "sign",
            "svix",
            "body.json",
            "--secret",
            "env:WHSEC",
            "--now",
            NOW,
            "--seed",
            "1",
            "--format",
            format,
        ];
        snapshot::run(&sandbox, name, &args).ok();
    }
}

#[test]
fn the_printed_curl_posts_these_bytes() {
    let sandbox = sandbox();
    let long = "x".repeat(200_000);
    let listener = sandbox.listen(&["-p", "stripe", "--secret", "env:S"]);
    let url = format!("{}/hooks?a=1&b='c'", listener.url);
    for (name, body) in [
        ("my body.json", BODY.as_bytes()),
        ("text", b"it's\n\n".as_slice()),
        ("at", b"@my body.json"),
        ("binary", b"\0\x01\xff\n"),
        ("hostile", "\u{1b}[2J\u{202e}".as_bytes()),
        ("long", long.as_bytes()),
        ("empty", b""),
    ] {
        sandbox.write(name, body);
        for file in [name, "-"] {
            let args = [
                "sign", "stripe", file, "--secret", "env:S", "--format", "curl", "--url", &url,
            ];
            let printed = sandbox.run_with(&args, body).ok().out();
            // As a script: no word of a command line is as long as the longest body.
            sandbox.write("post.sh", format!("set -eu\n{printed}"));
            sandbox.shell("sh ./post.sh 2>&1").ok();
            let received = listener.next();
            assert_eq!(received["verdict"], "valid", "{name} {file}: {received}");
            assert_eq!(received["target"], "/hooks?a=1&b=%27c%27");
            let id = received["id"].to_string();
            let logged = sandbox.run(&["log", "show", &id, "--body"]);
            assert!(logged.ok().stdout == body, "{name} {file}");
            let types = received["headers"].as_array().expect("headers").iter();
            let types = types.filter(|own| own[0] == "Content-Type");
            let types: Vec<&Value> = types.map(|own| &own[1]).collect();
            assert_eq!(types, ["application/json; charset=utf-8"]);
        }
    }
}

#[test]
fn a_pipe_that_cannot_be_read_again_comes_with_the_command() {
    let sandbox = sandbox();
    let endpoint = Endpoint::answering(&[200]);
    let sign = format!("--secret env:S --format curl --url {}/", endpoint.url);
    let line = format!(
        "mkfifo pipe; printf '{{\"a\":1}}' >pipe & hookcat sign statly pipe {sign} >post.sh && sh ./post.sh"
    );
    sandbox.shell(&line).ok();
    let heard = endpoint.next();
    assert_eq!(heard.body, b"{\"a\":1}");
    assert!(heard.header("X-Statly-Signature").is_some());
}

/// A stand-in for `HTTPie` that tells its arguments, and writes down what it is fed.
const HTTP: &str = "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done\ncat >fed\n";

#[test]
fn the_printed_httpie_is_given_these_words_and_bytes() {
    let sandbox = sandbox();
    sandbox.write("bin/http", HTTP);
    sandbox.shell("chmod +x bin/http").ok();
    for (file, body) in [
        ("my body.json", BODY.as_bytes()),
        ("-", b"it's\n\n"),
        ("-", b"\0\xff"),
    ] {
        let args = [
            "sign",
            "slack",
            file,
            "--secret",
            "env:S",
            "--now",
            NOW,
            "--format",
            "httpie",
            "--url",
            "http://a.example/x?y=1&z",
            "--method",
            "PUT",
        ];
        let printed = sandbox.run_with(&args, body).ok().out();
        let words = sandbox
            .shell(&format!("PATH=$PWD/bin:$PATH; {printed}"))
            .ok()
            .out();
        let words: Vec<&str> = words.lines().collect();
        assert_eq!(words[..2], ["PUT", "http://a.example/x?y=1&z"], "{printed}");
        assert!(words[2].starts_with("Content-Type:"), "{words:?}");
        assert_eq!(words[3], "X-Slack-Request-Timestamp:1700000000");
        assert!(words[4].starts_with("X-Slack-Signature:v0="), "{words:?}");
        assert_eq!(words.len(), 5);
        assert!(
            std::fs::read(sandbox.path("fed")).expect("reads") == body,
            "{printed}"
        );
    }
    sandbox.write("token", r"a\=b");
    let args = [
        "sign",
        "gitlab",
        "my body.json",
        "--secret",
        "file:token",
        "--format",
        "httpie",
    ];
    snapshot::run(&sandbox, "sign_httpie_backslash", &args).code(2);
}

#[test]
fn the_printed_request_is_one() {
    let sandbox = sandbox();
    let listener = sandbox.listen(&["-p", "stripe", "--secret", "env:S"]);
    for file in ["my body.json", "-"] {
        let args = [
            "sign",
            "stripe",
            file,
            "--secret",
            "env:S",
            "--format",
            "http",
            "--url",
            &listener.url,
        ];
        let request = sandbox.run_with(&args, BODY.as_bytes());
        let answer = exchange(listener.address(), &request.ok().stdout).expect("an answer");
        assert_eq!(answer.status(), 200);
        let received = listener.next();
        assert_eq!(received["verdict"], "valid", "{received}");
        assert_eq!(received["body"], BODY);
        let verified = sandbox.run_with(&["verify", "--secret", "env:S"], &request.stdout);
        verified.ok();
    }
}

#[test]
fn a_shell_reads_the_variables_as_they_are() {
    let sandbox = sandbox();
    // A secret of everything a shell acts on, which GitLab sends as it is.
    let token = "it's \"a\" $HOME `id` \\ ~ #!* token";
    sandbox.write("token", token);
    let line = "eval \"$(hookcat sign gitlab --secret file:token --format env <'my body.json')\" && \
                printf '%s\\n' \"$X_GITLAB_TOKEN\" \"$HOOKCAT_SIGNATURE\"";
    assert_eq!(
        sandbox.shell(line).ok().out(),
        format!("{token}\n{token}\n")
    );

    let sign = "hookcat sign stripe 'my body.json' --secret env:S --format env";
    let line = format!(
        "{sign} >signed.env && . ./signed.env && \
         hookcat verify -p stripe 'my body.json' --secret env:S -H \"Stripe-Signature: $STRIPE_SIGNATURE\""
    );
    sandbox.shell(&line).ok();
    // What needs no quotes has none, so that files of plain NAME=value take it.
    let printed = sandbox.shell(sign).ok().out();
    assert!(!printed.contains('\''), "{printed}");
}

#[test]
fn a_variable_that_programs_act_on_is_not_set() {
    let sandbox = sandbox();
    sandbox.write("body.json", "{}");
    let args = [
        "sign",
        "generic",
        "body.json",
        "--secret",
        "env:S",
        "--signature-header",
        "LD-Preload",
        "--format",
        "env",
    ];
    snapshot::run(&sandbox, "sign_env_of_a_loader", &args).code(2);
}

#[test]
fn a_signature_in_the_body_comes_with_the_body() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", r#"{"event_type":"PING"}"#);
    let sign = |format: &str, more: &[&str]| {
        let args = [
            "sign",
            "figma",
            "body.json",
            "--secret",
            "env:WHSEC",
            "--format",
            format,
        ];
        sandbox.run(&[&args[..], more].concat()).ok().out()
    };
    let body = sign("headers", &[]);
    assert!(body.contains("\"passcode\":\"whsec_"), "{body}");
    let record: Value = serde_json::from_str(&sign("json", &[])).expect("JSON");
    assert_eq!(record["body"], body);
    let listener = sandbox.listen(&["-p", "figma", "--secret", "env:WHSEC"]);
    sandbox.write("post.sh", sign("curl", &["--url", &listener.url]));
    sandbox.shell("sh ./post.sh").ok();
    let received = listener.next();
    assert_eq!(
        (&received["verdict"], &received["body"]),
        (&json!("valid"), &json!(body))
    );
    let request = sign("http", &["--url", &listener.url]);
    exchange(listener.address(), request.as_bytes()).expect("an answer");
    assert_eq!(listener.next()["verdict"], "valid");
    sandbox.write("signed.env", sign("env", &[]));
    let output = sandbox.shell(". ./signed.env && printf %s \"$HOOKCAT_BODY\"");
    assert_eq!(output.ok().out(), body);
    assert!(sign("httpie", &[]).starts_with("printf %s '{"));
}

#[test]
fn a_signature_in_the_query_goes_into_the_url() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "body.json",
        r#"{"specversion":"1.0","id":"1","type":"t","source":"s"}"#,
    );
    let options = ["--scheme", "cloudevents-query", "--secret", "env:S"];
    let sign = |format: &str, url: &str| {
        let args = [
            "sign",
            "cloudevents",
            "body.json",
            "--format",
            format,
            "--url",
            url,
        ];
        sandbox.run(&[&args[..], &options].concat())
    };
    let listener = sandbox.listen(&["-p", "cloudevents", "--secret", "env:S"]);
    let url = format!("{}/x?a=1", listener.url);
    sandbox.write("post.sh", sign("curl", &url).ok().stdout.as_slice());
    sandbox.shell("sh ./post.sh").ok();
    let received = listener.next();
    let target = received["target"].as_str().expect("a target");
    assert!(target.starts_with("/x?a=1&access_token="), "{target}");
    exchange(listener.address(), &sign("http", &url).ok().stdout).expect("an answer");
    assert_eq!(listener.next()["target"], target);
    let query = target.trim_start_matches("/x?a=1&");
    sandbox.write("signed.env", sign("env", &url).ok().stdout.as_slice());
    let printed = sandbox.shell(". ./signed.env && printf %s \"$HOOKCAT_QUERY\"");
    assert_eq!(printed.ok().out(), query);
    assert!(sign("httpie", &url).ok().out().contains(query));
    let headers = sign("headers", &url);
    headers.ok();
    assert!(headers.stdout.is_empty());
    assert!(
        headers.err().contains("in the URL's query: `access_token`"),
        "{}",
        headers.err()
    );
}

#[test]
fn several_secrets_sign_a_rotation_where_there_is_room() {
    let sandbox = sandbox();
    sandbox.write("body.json", "{}");
    let other = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0";
    for (provider, first) in [("standard-webhooks", "env:WHSEC"), ("stripe", "env:S")] {
        let args = [
            "sign",
            provider,
            "body.json",
            "--now",
            NOW,
            "--secret",
            first,
            "--secret",
            other,
        ];
        let headers = sandbox.run(&args).ok().out();
        for secret in [first, other] {
            let mut args = vec![
                "verify",
                "body.json",
                "-p",
                provider,
                "--now",
                NOW,
                "--secret",
                secret,
            ];
            args.extend(headers.lines().flat_map(|line| ["-H", line]));
            sandbox.run(&args).ok();
        }
    }
    let args = [
        "sign",
        "statly",
        "body.json",
        "--secret",
        "env:S",
        "--secret",
        "env:WHSEC",
    ];
    snapshot::run(&sandbox, "sign_rotation_without_room", &args).code(2);
}
