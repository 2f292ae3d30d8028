//! `listen --tls`: who trusts its certificate is served, who does not is told, and so is the user.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::{Listener, Output, Sandbox};
use crate::snapshot;
use crate::wire::exchange;

/// A listener over TLS and the file of its certificate.
fn over_tls(sandbox: &Sandbox, args: &[&str]) -> (Listener, String) {
    let mut all = vec!["listen", "--port", "0", "--format", "json"];
    all.extend_from_slice(args);
    let mut listener = Listener::start(sandbox.hookcat(&all));
    let ready = listener.next();
    let text = |key: &str| ready[key].as_str().expect("a text").to_owned();
    assert_eq!(ready["unix"], Value::Null);
    listener.url = text("url");
    assert!(listener.url.starts_with("https://127.0.0.1:"), "{ready}");
    (listener, text("certificate"))
}

/// curl's answer, posting `{}`.
fn curl(sandbox: &Sandbox, line: &str) -> Output {
    sandbox.shell(&format!("curl -sS --max-time 20 -d '{{}}' {line}"))
}

#[test]
fn its_certificate_is_trusted_once() {
    let sandbox = Sandbox::new();
    let mut kept = Vec::new();
    for args in [&["--tls"][..], &["--tls", "--bind", "127.0.0.1"]] {
        let (listener, certificate) = over_tls(&sandbox, args);
        kept.push(std::fs::read(&certificate).expect("is there"));
        let port = listener
            .address()
            .rsplit(':')
            .next()
            .expect("a port")
            .to_owned();
        for (version, said) in [("--http2", "2"), ("--http1.1", "1.1")] {
            for host in ["localhost", "127.0.0.1"] {
                let told = "-o /dev/null -w '%{http_version} %{http_code}'";
                let output = curl(
                    &sandbox,
                    &format!(
                        "{version} --cacert '{certificate}' {told} https://{host}:{port}/in?x"
                    ),
                );
                assert_eq!(output.ok().out(), format!("{said} 200"));
                let received = listener.next();
                assert_eq!(received["target"], "/in?x");
                assert_eq!(received["body"], "{}");
            }
        }
    }
    assert_eq!(kept[0], kept[1]);
    let key = sandbox
        .root()
        .join("home/data/hookcat/tls/localhost.key.pem");
    let key = std::fs::metadata(key).expect("is there");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
}

#[test]
fn hookcat_sends_to_it_where_it_trusts_it() {
    let sandbox = Sandbox::new();
    let (listener, certificate) = over_tls(
        &sandbox,
        &[
            "--tls",
            "--secret",
            "statly=env:S",
            "--secret",
            "twilio=env:S",
        ],
    );
    let url = listener.url.replace("127.0.0.1", "localhost");
    let send = |provider: &str, event: &str, more: &[&str]| {
        let args = ["send", provider, event, "--secret", "env:S", "--to", &url];
        sandbox.run(&[&args, more].concat())
    };
    send("statly", "push", &["--ca", &certificate]).ok();
    assert_eq!(listener.next()["verdict"], "valid");
    send("statly", "push", &["--insecure"]).ok();
    assert_eq!(listener.next()["verdict"], "valid");
    // A scheme that signs the URL: it is `https` on both sides.
    let twilio = send("twilio", "received", &["--ca", &certificate]);
    assert_eq!(listener.next()["verdict"], "valid", "{}", twilio.err());

    let output = send("statly", "push", &[]);
    output.code(8);
    assert!(
        output.err().contains("trust it: --ca FILE"),
        "{}",
        output.err()
    );
    let told = listener.next();
    assert_eq!(told["type"], "refused");
    assert_eq!(told["status"], Value::Null);
    let why = "TLS handshake failed: the sender does not trust the certificate";
    assert_eq!(told["reason"], why);

    let replay = ["replay", "1", "--to", &url, "--ca", &certificate];
    sandbox.run(&replay).ok();
    assert_eq!(listener.next()["verdict"], "valid");
    let output = sandbox.run(&[&replay[..], &["--insecure"]].concat());
    output.code(2);
}

#[test]
fn forwards_to_an_endpoint_it_is_told_to_trust() {
    let sandbox = Sandbox::new();
    let (endpoint, certificate) = over_tls(&sandbox, &["--tls", "--no-log"]);
    for (trust, status) in [
        (&["--ca", certificate.as_str()][..], 200),
        (&["--insecure"], 200),
        (&[], 502),
    ] {
        let listener = sandbox.listen(&[&["--forward-to", &endpoint.url], trust].concat());
        let answer = crate::wire::post(listener.address(), &[], b"{}").expect("an answer");
        assert_eq!(answer.status(), status, "{trust:?}");
    }
}

#[test]
fn speaks_with_a_certificate_of_the_users_own() {
    let sandbox = Sandbox::new();
    let make = |name: &str| {
        let openssl = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=own.example";
        let names = "-addext subjectAltName=DNS:own.example";
        let line = format!("{openssl} {names} -keyout {name}.key -out {name}.pem");
        sandbox.shell(&line).ok();
    };
    make("own");
    let own = ["--tls-cert", "own.pem", "--tls-key", "own.key"];
    let (listener, certificate) = over_tls(&sandbox, &own);
    assert_eq!(certificate, "own.pem");
    let port = listener
        .address()
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    let to = format!("--resolve own.example:{port}:127.0.0.1 https://own.example:{port}/");
    curl(&sandbox, &format!("--cacert own.pem {to}")).ok();
    assert_eq!(listener.next()["body"], "{}");

    make("other");
    sandbox.write("empty.pem", "");
    let refused = |name: &str, certificate: &str, key: &str| {
        let args = [
            "listen",
            "--port",
            "0",
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
        ];
        snapshot::run(&sandbox, name, &args).code(2);
    };
    refused("tls_key_of_another_certificate", "own.pem", "other.key");
    refused("tls_certificate_of_nothing", "empty.pem", "own.key");
    refused("tls_key_of_nothing", "own.pem", "empty.pem");
    refused("tls_key_of_no_file", "own.pem", "gone.key");
    let encrypt = "openssl pkey -in own.key -aes256 -passout pass:x -out locked.key";
    sandbox.shell(encrypt).ok();
    refused("tls_key_that_is_locked", "own.pem", "locked.key");
    snapshot::run(
        &sandbox,
        "tls_key_missing",
        &["listen", "--tls-cert", "own.pem"],
    )
    .code(2);
    let ca = ["send", "dits", "push", "--ca", "empty.pem"];
    snapshot::run(&sandbox, "ca_of_nothing", &ca).code(2);
}

#[test]
fn what_is_no_tls_is_refused_and_told() {
    let sandbox = Sandbox::new();
    let (listener, _) = over_tls(&sandbox, &["--tls"]);
    let why = "plain HTTP on a TLS port: https, not http";
    let request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    let answer = exchange(listener.address(), request).expect("an answer");
    assert_eq!(answer.status(), 400);
    let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(said["error"], why);
    let told = listener.next();
    assert_eq!(
        (&told["status"], &told["reason"]),
        (&400.into(), &why.into())
    );

    let plain = listener.address().to_owned();
    curl(
        &sandbox,
        &format!("--http2-prior-knowledge http://{plain}/"),
    );
    let told = listener.next();
    assert_eq!(
        (&told["status"], &told["reason"]),
        (&Value::Null, &why.into())
    );

    // And TLS where it is not spoken.
    let listener = sandbox.listen(&[]);
    let output = curl(&sandbox, &format!("-k https://{}/", listener.address()));
    assert_ne!(output.code, 0);
    let told = listener.next();
    assert_eq!(told["reason"], "TLS on a plain port: http, not https");
}

#[test]
fn a_handshake_that_does_not_go_on_is_ended_and_holds_nobody_up() {
    let sandbox = Sandbox::new();
    let args = ["--tls", "--head-timeout", "300ms"];
    let (listener, certificate) = over_tls(&sandbox, &args);
    let mut slow = TcpStream::connect(listener.address()).expect("connects");
    slow.write_all(b"\x16\x03\x01\x02\x00").expect("writes");
    let url = listener.url.replace("127.0.0.1", "localhost");
    let answered = curl(&sandbox, &format!("--cacert '{certificate}' {url}"));
    answered.ok();
    let told = [listener.next(), listener.next()];
    let reasons: Vec<&Value> = told.iter().map(|own| &own["reason"]).collect();
    assert!(
        reasons.contains(&&"TLS handshake came too slowly".into()),
        "{told:?}"
    );
}

#[test]
fn the_demonstration_is_given_over_tls_too() {
    let sandbox = Sandbox::new();
    let (listener, certificate) = over_tls(&sandbox, &["--demo", "--tls"]);
    let valid = (0..17)
        .filter(|_| listener.next()["verdict"] == "valid")
        .count();
    assert_eq!(valid, 12);
    let mut last = String::new();
    while !last.contains("hookcat send") {
        last = listener.err_line();
    }
    sandbox.shell(&last).ok();
    assert_eq!(listener.next()["verdict"], "valid");
    assert!(last.contains(&certificate), "{last}");
}
