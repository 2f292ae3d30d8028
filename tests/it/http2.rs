//! HTTP/2 on the port of HTTP/1: the same message, verdict and limits, with curl and request by request.

use serde_json::{Value, json};

use crate::harness::Sandbox;

/// Fails by name where curl cannot do it.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let found = sandbox.shell("curl -V | grep -q HTTP2");
    assert_eq!(found.code, 0, "this test needs a `curl` with HTTP/2");
    sandbox
}

#[test]
fn a_message_is_as_it_came() {
    let sandbox = sandbox();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    sandbox.write("body.json", "{\"event\": \"push\"}\n");
    let sign = "hookcat sign statly body.json --secret env:S --format value";
    let line = format!(
        "curl -sS --http2-prior-knowledge -A cat -H 'Accept:' -H 'Content-Type:' \
         -H \"X-Statly-Signature: $({sign})\" -H 'X-Twice: b' -H 'X-One;' -H 'x-twice: a' \
         -X PUT --data-binary @body.json '{}/a%2Fb?x=1&x=%00' -w ' %{{http_version}}'",
        listener.url
    );
    let output = sandbox.shell(&line);
    assert_eq!(output.ok().out(), "{\"ok\":true,\"id\":1} 2");
    let told = listener.next();
    let headers = told["headers"].as_array().expect("a list");
    assert_eq!(headers[0], json!(["Host", listener.address()]));
    let names: Vec<&Value> = headers.iter().map(|own| &own[0]).collect();
    let wanted = [
        "Host",
        "user-agent",
        "x-statly-signature",
        "x-twice",
        "x-twice",
        "x-one",
        "content-length",
    ];
    assert_eq!(names, wanted);
    assert_eq!(headers[3][1], "b");
    assert_eq!(headers[4][1], "a");
    assert_eq!(told["method"], "PUT");
    assert_eq!(told["target"], "/a%2Fb?x=1&x=%00");
    assert_eq!(told["body"], "{\"event\": \"push\"}\n");
    assert_eq!(told["verdict"], "valid");
    let logged = sandbox.delivery(&told["id"]);
    for key in ["headers", "method", "target", "body"] {
        assert_eq!(logged[key], told[key], "{key}");
    }
    let line = "hookcat log show 1 --raw | hookcat verify -p statly --secret env:S";
    sandbox.shell(line).ok();
}

#[test]
fn many_requests_share_a_connection_and_the_limits_hold() {
    let sandbox = sandbox();
    // Not in the clear: there curl 7.88 breaks a connection it uses twice, Node.js's server too.
    let listener = sandbox.listen(&["--tls", "--max-body", "1000", "--max-headers", "20"]);
    let urls: String = (0..30).map(|n| format!(" {}/{n}", listener.url)).collect();
    let curl = "curl -sSk -o /dev/null -w '%{http_code} %{num_connects}\\n'";
    let output = sandbox.shell(&format!("{curl} -Z --parallel-max 30 -d '{{}}' {urls}"));
    let out = output.ok().out();
    assert_eq!(out.matches("200 ").count(), 30, "{out}");
    assert!(
        out.matches("200 0").count() >= 15,
        "they shared none: {out}"
    );
    let mut targets: Vec<String> = (0..30)
        .map(|_| listener.next()["target"].to_string())
        .collect();
    targets.sort();
    targets.dedup();
    assert_eq!(targets.len(), 30);

    sandbox.write("large", "a".repeat(1001));
    let output = sandbox.shell(&format!("{curl} --data-binary @large {}", listener.url));
    assert!(output.ok().out().starts_with("413"), "{}", output.out());
    let told = listener.next();
    assert_eq!(
        (&told["type"], &told["status"]),
        (&"refused".into(), &413.into())
    );
    let many: String = (0..20).map(|n| format!(" -H 'x-{n}: 1'")).collect();
    let output = sandbox.shell(&format!("{curl} {many} -d '{{}}' {}", listener.url));
    assert!(output.ok().out().starts_with("431"), "{}", output.out());
    assert_eq!(
        listener.next()["reason"],
        "request has too many header fields"
    );
    assert_eq!(sandbox.deliveries().len(), 30);
}
