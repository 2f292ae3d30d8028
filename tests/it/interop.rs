//! hookcat and the tools people have: curl posts what `sign` signed, OpenSSL signs what `listen` verifies.

use crate::harness::{Listener, Sandbox};

const BODY: &[u8] =
    b"{\"event\": \"push\",\r\n \"caf\xc3\xa9\": 1.0, \"ref\":\"refs/heads/main\" }\n";

/// Fails by name where a tool is missing: these tests need curl and OpenSSL.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for tool in ["curl", "openssl"] {
        let found = sandbox.shell(&format!("command -v {tool}"));
        assert_eq!(found.code, 0, "this test needs `{tool}`: please install it");
    }
    sandbox.write("body.json", BODY);
    sandbox
}

#[track_caller]
fn shell(sandbox: &Sandbox, listener: &Listener, line: &str) {
    let line = format!("set -eu\nURL={}/hooks\n{line}", listener.url);
    let output = sandbox.shell(&line);
    output.ok();
    assert!(
        output.out().contains("\"ok\":true"),
        "{line}: {}",
        output.out()
    );
}

#[test]
fn curl_posts_what_sign_signed() {
    let sandbox = sandbox();
    for (provider, secret, more) in [
        ("statly", "env:S", ""),
        ("code-storage", "env:S", "--event push"),
        ("dits", "env:S", ""),
        ("github", "env:S", ""),
        ("stripe", "env:S", ""),
        ("slack", "env:S", ""),
        ("standard-webhooks", "env:WHSEC", ""),
        ("svix", "env:WHSEC", ""),
        ("generic", "env:S", ""),
    ] {
        let listener = sandbox.listen(&["-p", provider, "--secret", secret]);
        let sign = format!("hookcat sign {provider} --secret {secret} {more}");
        shell(
            &sandbox,
            &listener,
            &format!("{sign} body.json | curl -sS -H @- --data-binary @body.json $URL"),
        );
        let received = listener.next();
        assert_eq!(received["verdict"], "valid", "{provider}: {received}");
        let id = received["id"].to_string();
        let body = sandbox.run(&["log", "show", &id, "--body"]);
        assert!(body.ok().stdout == BODY, "{provider}");
        // The same on stdin.
        shell(
            &sandbox,
            &listener,
            &format!("{sign} - <body.json | curl -sS -H @- --data-binary @body.json $URL"),
        );
        assert_eq!(listener.next()["verdict"], "valid", "{provider}");
    }
}

#[test]
fn listen_verifies_what_openssl_signed() {
    let sandbox = sandbox();
    let secrets = ["--secret", "statly=env:S", "--secret", "pierre=env:S"];
    let listener = sandbox.listen(&secrets);
    shell(
        &sandbox,
        &listener,
        r#"signature=$(openssl dgst -sha256 -hmac "$S" -hex <body.json | sed 's/.*= *//')
           curl -sS -H "X-Statly-Event: push" -H "X-Statly-Signature: sha256=$signature" \
             --data-binary @body.json "$URL""#,
    );
    let received = listener.next();
    assert_eq!(received["provider"], "statly");
    assert_eq!(received["verdict"], "valid", "{received}");
    shell(
        &sandbox,
        &listener,
        r#"t=$(date +%s)
           signature=$( (printf '%s.' "$t"; cat body.json) |
             openssl dgst -sha256 -hmac "$S" -hex | sed 's/.*= *//')
           curl -sS -H "X-Pierre-Event: push" -H "X-Pierre-Signature: t=$t,sha256=$signature" \
             --data-binary @body.json "$URL""#,
    );
    let received = listener.next();
    assert_eq!(received["provider"], "code-storage");
    assert_eq!(received["verdict"], "valid", "{received}");
}

#[test]
fn verify_takes_what_openssl_signed() {
    let sandbox = sandbox();
    let verified = sandbox.shell(
        r#"set -eu
           signature=$(openssl dgst -sha1 -hmac "$S" -hex <body.json | sed 's/.*= *//')
           hookcat verify body.json -p github --scheme github-sha1 --secret env:S \
             -H "X-Hub-Signature: sha1=$signature""#,
    );
    verified.ok();
    let tampered = sandbox.shell(
        r#"signature=$(openssl dgst -sha256 -hmac "$S" -hex <body.json | sed 's/.*= *//')
           printf ' ' >>body.json
           hookcat verify body.json -p statly --secret env:S \
             -H "X-Statly-Signature: sha256=$signature""#,
    );
    tampered.code(3);
}

#[test]
fn curl_sends_what_hookcat_printed() {
    let sandbox = sandbox();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    sandbox.write(
        "quoted.json",
        r#"{"event":"push","a":"it's \"$HOME\" `id` \\ !"}"#,
    );
    let send = "hookcat send statly push --secret env:S --data quoted.json --to $URL --print curl";
    shell(
        &sandbox,
        &listener,
        &format!("eval \"$({send} | sed 's/^curl/curl -sS/')\""),
    );
    let received = listener.next();
    assert_eq!(received["verdict"], "valid", "{received}");
    let printed = "eval \"$(hookcat log show 1 --curl | sed 's/^curl/curl -sS/')\"";
    shell(&sandbox, &listener, printed);
    let again = listener.next();
    assert_eq!(again["verdict"], "valid", "{again}");
    assert_eq!(again["body"], received["body"]);
}

#[test]
fn verify_reads_what_hookcat_printed() {
    let sandbox = sandbox();
    let send = "hookcat send standard-webhooks invoice.paid --secret env:WHSEC --print http";
    let line = format!("{send} | hookcat verify --secret env:WHSEC");
    let verified = sandbox.shell(&line);
    verified.ok();
    assert!(
        verified.out().contains("invoice.paid"),
        "{}",
        verified.out()
    );
}

#[test]
fn listen_takes_a_generic_provider_as_it_is_shaped() {
    let sandbox = sandbox();
    let shape = "--signature-header X-Own --prefix v= --encoding base64 --algorithm sha512";
    let mut args = vec!["-p", "generic", "--secret", "env:S"];
    args.extend(shape.split(' '));
    let listener = sandbox.listen(&args);
    let sign = format!("hookcat sign generic --secret env:S {shape} body.json");
    let line = format!("{sign} | curl -sS -H @- --data-binary @body.json $URL");
    shell(&sandbox, &listener, &line);
    assert_eq!(listener.next()["verdict"], "valid");
}

#[test]
fn verify_reads_what_the_log_shows() {
    let sandbox = sandbox();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    for framing in [
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ] {
        let sign = "hookcat sign statly body.json --secret env:S";
        let curl = format!("curl -sS -H @- -H '{framing}' --data-binary @body.json $URL");
        shell(&sandbox, &listener, &format!("{sign} | {curl}"));
        let id = listener.next()["id"].to_string();
        let line = format!("hookcat log show {id} --raw | hookcat verify --secret env:S");
        let verified = sandbox.shell(&line);
        assert_eq!(verified.code, 0, "{framing}: {}", verified.err());
    }
}

#[test]
fn a_signed_event_header_is_signed_with_its_event() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", r#"{"eventType":"delivered","id":"1"}"#);
    let signed = sandbox.run(&["sign", "mailomat", "--secret", "env:S", "body.json"]);
    let headers = signed.ok().out();
    let mut args = vec!["verify", "-p", "mailomat", "--secret", "env:S", "body.json"];
    for line in headers.lines() {
        args.extend(["-H", line]);
    }
    sandbox.run(&args).ok();
}
