//! Bodies as senders have them: announced, in chunks, compressed, as forms.

use serde_json::{Value, json};

use crate::harness::Sandbox;

const TEXT: &str = r#"{"event":"push","hello":"hello hello hello"}"#;

#[test]
fn a_sender_that_waits_for_a_hundred_is_told_to_go_on() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    let mut body = b"{\"event\":\"push\",\"long\":\"".to_vec();
    body.resize(2 << 20, b'a');
    body.extend_from_slice(b"\"}");
    sandbox.write("large.json", &body);
    let sign = "hookcat sign statly large.json --secret env:S";
    // curl asks for it by itself where the body is as large as this; it would go on after a while.
    let curl = "curl -sSv --expect100-timeout 30 --max-time 25 -H @- --data-binary @large.json";
    let output = sandbox.shell(&format!("{sign} | {curl} {}", listener.url));
    let err = output.ok().err();
    assert!(err.contains("> Expect: 100-continue"), "{err}");
    assert!(err.contains("< HTTP/1.1 100 Continue"), "{err}");
    let told = listener.next();
    assert_eq!(told["verdict"], "valid");
    assert_eq!(told["size"], body.len());
    // What is refused is refused before it is sent.
    let curl = format!("{curl} -H 'Content-Length: 99999999' {}", listener.url);
    let output = sandbox.shell(&format!("{sign} | {curl}"));
    assert!(!output.err().contains("100 Continue"), "{}", output.err());
    assert!(output.out().contains("too large"), "{}", output.out());
}

#[test]
fn chunks_are_joined_and_verified() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    sandbox.write("body.json", TEXT);
    let sign = "hookcat sign statly body.json --secret env:S";
    let curl = "curl -sS -H @- -H 'Transfer-Encoding: chunked' --data-binary @body.json";
    sandbox
        .shell(&format!("{sign} | {curl} {}", listener.url))
        .ok();
    let told = listener.next();
    assert_eq!(told["verdict"], "valid");
    assert_eq!(told["body"], TEXT);
    let chunked = json!(["Transfer-Encoding", "chunked"]);
    assert!(
        told["headers"]
            .as_array()
            .is_some_and(|own| own.contains(&chunked)),
        "{told}"
    );
}

/// `TEXT` in each coding, by Node.js.
const CODED: [(&str, &str); 3] = [
    (
        "gzip",
        "1f8b0800000000000003ab564a2d4bcd2b51b2522a282dce50d251ca48cdc9c957b282d00a48a4522d000d269e8c2c000000",
    ),
    (
        "deflate",
        "789cab564a2d4bcd2b51b2522a282dce50d251ca48cdc9c957b282d00a48a4522d004daf0f1b",
    ),
    (
        "br",
        "8b15807b226576656e74223a2270757368222c2268656c6c6f223a2268656c6c6f2068656c6c6f2068656c6c6f227d03",
    ),
];

#[test]
fn a_compressed_body_is_read_and_its_bytes_are_kept() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    for (coding, coded) in CODED {
        let bytes = hex::decode(coded).expect("hex");
        sandbox.write("body", &bytes);
        let sign = "hookcat sign statly body --secret env:S --format value";
        let curl = format!(
            "curl -sS -H 'X-Statly-Signature: '$({sign}) -H 'Content-Encoding: {coding}' \
             -H 'Content-Type: application/json' --data-binary @body {}",
            listener.url
        );
        sandbox.shell(&curl).ok();
        let told = listener.next();
        assert_eq!(told["verdict"], "valid", "{coding}");
        assert_eq!(told["provider"], "statly");
        assert_eq!(told["event"], "push", "{coding}");
        assert_eq!(told["decoded_body"], TEXT);
        assert_eq!(told["body"], Value::Null);
        assert_eq!(told["size"], bytes.len());
        let id = told["id"].to_string();
        assert!(sandbox.run(&["log", "show", &id, "--body"]).ok().stdout == bytes);
        assert_eq!(sandbox.delivery(&told["id"])["decoded_body"], TEXT);
        let shown = sandbox.run(&["log", "show", &id]).ok().out();
        assert!(
            shown.contains(&format!("({coding}, decoded: {} B)", TEXT.len())),
            "{shown}"
        );
        assert!(
            shown.contains("\"hello\": \"hello hello hello\""),
            "{shown}"
        );
    }
}

#[test]
fn what_is_not_compressed_as_it_says_is_shown_as_it_came() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    sandbox
        .shell("head -c 20000000 /dev/zero | gzip -9 > bomb")
        .ok();
    sandbox.write("plain", TEXT);
    let mut told = Vec::new();
    for file in ["bomb", "plain"] {
        let curl = format!(
            "curl -sS -H 'Content-Encoding: gzip' --data-binary @{file} {}",
            listener.url
        );
        sandbox.shell(&curl).ok();
        told.push(listener.next());
        assert_eq!(told.last().expect("one")["decoded_body"], Value::Null);
    }
    assert!(told[0]["size"].as_u64().is_some_and(|size| size < 30_000));
    assert!(told[0]["body_base64"].is_string());
    assert_eq!(told[1]["body"], TEXT);
    for id in ["1", "2"] {
        let shown = sandbox.run(&["log", "show", id]).ok().out();
        assert!(
            shown.contains("(gzip, not decoded: damaged, or too large)"),
            "{shown}"
        );
    }
}

#[test]
fn a_form_is_shown_as_its_fields() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen_as_text(&["--full", "--no-log", "--secret", "env:S"]);
    let form = "--data-urlencode 'payload={\"a\":[1]}' -d 'text=%1b%5B2J+b%26c&x=1'";
    sandbox
        .shell(&format!("curl -sS {form} {}", listener.url))
        .ok();
    let output = listener.interrupt();
    let wanted = "    payload = {\n      \"a\": [\n        1\n      ]\n    }\n    \
                  text = \\x1b[2J b&c\n    x = 1\n";
    assert!(output.out().contains(wanted), "{}", output.out());
}
