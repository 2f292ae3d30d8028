//! Where `listen` forwards to: routes, answers before and after, time, what helps.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Listener, NOW, Sandbox};
use crate::snapshot;
use crate::wire::{Answer, Endpoint, post};

/// A provider that waits this long and then tries again twice.
fn acme(timeout: &str) -> String {
    format!(
        r#"
id = "acme"
name = "Acme"
docs = "https://acme.example"
confidence = "official-source"
status = "unsigned"

[detect]
headers = ["X-Acme-Event"]

[locate]
event = ["header:X-Acme-Event"]

[delivery]
timeout = "{timeout}"
final = ["410"]
retry = {{ kind = "fixed", delays = ["1h", "2h"] }}

[delivery.sources]
timeout = "a test"
retry = "a test"
"#
    )
}

pub(crate) fn with_acme(timeout: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write_config("providers/acme.toml", acme(timeout));
    sandbox
}

pub(crate) const PAID: [(&str, &str); 1] = [("X-Acme-Event", "order.paid")];

/// The status an event is answered.
pub(crate) fn status(listener: &Listener, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    let answer = post(listener.address(), headers, body).expect("an answer");
    answer.status()
}

#[test]
fn after_the_answer() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::playing(vec![Answer::Held(500)]);
    let listener = sandbox.listen(&["--forward-to", &endpoint.url, "--ack-first"]);
    let answer = post(listener.address(), &[], b"{}").expect("an answer");
    assert_eq!(answer.status(), 200);
    let told = listener.next();
    assert_eq!(told["response"]["status"], 200);
    assert_eq!(told["attempts"], json!([]));
    assert_eq!(endpoint.next().body, b"{}");
    endpoint.release();
    let told = listener.next();
    assert_eq!(told["type"], "attempt");
    assert_eq!(told["delivery"], 1);
    assert_eq!(told["attempt"], 1);
    assert_eq!(told["response"]["status"], 500);
    let output = listener.interrupt();
    assert!(output.out().is_empty(), "{}", output.out());
    let logged = sandbox.delivery(&json!(1));
    assert_eq!(logged["response"]["status"], 200);
    assert_eq!(logged["attempts"][0]["response"]["status"], 500);
}

#[test]
fn until_delivered_on_the_schedule_of_the_provider() {
    let sandbox = with_acme("30s");
    let endpoint = Endpoint::answering(&[500, 503, 200]);
    let args = ["--forward-to", &endpoint.url, "--ack-first"];
    let fast = ["--forward-retry", "--speed", "1000000x"];
    let listener = sandbox.listen(&[&args[..], &fast].concat());
    assert_eq!(status(&listener, &PAID, b"{}"), 200);
    assert_eq!(listener.next()["type"], "delivery");
    for (number, status) in [(1, 500), (2, 503), (3, 200)] {
        let told = listener.next();
        assert_eq!(told["attempt"], number);
        assert_eq!(told["response"]["status"], status);
        assert_eq!(endpoint.next().body, b"{}");
    }
    let output = listener.interrupt();
    let waits = "#1: attempt 2 in 3.6 ms (the provider waits 60 min)";
    assert!(output.err().contains(waits), "{}", output.err());
    let logged = sandbox.delivery(&json!(1));
    assert_eq!(logged["attempts"].as_array().map(Vec::len), Some(3));
}

#[test]
fn once_where_an_answer_is_final_or_nobody_has_a_schedule() {
    let sandbox = with_acme("30s");
    let endpoint = Endpoint::answering(&[410, 500]);
    let args = [
        "--forward-to",
        &endpoint.url,
        "--ack-first",
        "--forward-retry",
    ];
    let listener = sandbox.listen(&args);
    assert_eq!(status(&listener, &PAID, b"{}"), 200);
    assert_eq!(listener.next()["type"], "delivery");
    assert_eq!(listener.next()["response"]["status"], 410);
    assert_eq!(status(&listener, &[], b"{}"), 200);
    assert_eq!(listener.next()["type"], "delivery");
    assert_eq!(listener.next()["response"]["status"], 500);
    let output = listener.interrupt();
    let told = "#2: no provider is known, so no schedule of retries: this was the only attempt";
    assert!(output.err().contains(told), "{}", output.err());
    assert!(!output.err().contains("#1:"), "{}", output.err());
}

#[test]
fn a_retry_that_is_hours_away_does_not_hold_up_the_end() {
    let sandbox = with_acme("30s");
    let endpoint = Endpoint::answering(&[500]);
    let args = [
        "--forward-to",
        &endpoint.url,
        "--ack-first",
        "--forward-retry",
    ];
    let listener = sandbox.listen(&args);
    assert_eq!(status(&listener, &PAID, b"{}"), 200);
    assert_eq!(listener.next()["type"], "delivery");
    assert_eq!(listener.next()["type"], "attempt");
    let begun = std::time::Instant::now();
    let output = listener.interrupt();
    assert!(begun.elapsed() < std::time::Duration::from_secs(3));
    assert!(
        output.err().contains("#1: ended before attempt 2"),
        "{}",
        output.err()
    );
}

#[test]
fn a_slow_application_is_told_how_slow_and_its_sender_does_not_wait() {
    let sandbox = with_acme("200ms");
    let endpoint = Endpoint::playing(vec![Answer::Held(200)]);
    let listener = sandbox.listen(&["--forward-to", &endpoint.url]);
    // The endpoint says nothing before it is let go, and that is after this answer.
    let answer = post(listener.address(), &PAID, b"{}").expect("an answer");
    assert_eq!(answer.status(), 504);
    endpoint.release();
    let told = listener.next();
    assert_eq!(told["response"]["status"], 504);
    assert_eq!(told["attempts"][0]["response"]["status"], 200);
    assert!(
        told["attempts"][0]["latency_ms"].as_f64() >= Some(200.0),
        "{told}"
    );
    let logged = sandbox.delivery(&json!(1));
    assert_eq!(logged["attempts"], told["attempts"]);
    assert_eq!(logged["response"]["status"], 504);
    let output = listener.interrupt();
    let note = "#1: acme allows 200 ms, your handler took ";
    assert!(output.err().contains(note), "{}", output.err());
    assert!(
        output.err().contains("the sender was answered 504"),
        "{}",
        output.err()
    );
}

#[test]
fn a_timeout_of_ones_own_wins_over_the_provider() {
    let sandbox = with_acme("1ms");
    let endpoint = Endpoint::playing(vec![Answer::Held(200), Answer::Silence]);
    let args = ["--forward-to", &endpoint.url, "--forward-timeout"];
    let listener = sandbox.listen(&[&args[..], &["30s"]].concat());
    let address = listener.address().to_owned();
    let sender = std::thread::spawn(move || post(&address, &PAID, b"{}").map(|own| own.status()));
    endpoint.next();
    // At least so long works a handler that is too slow for the provider.
    std::thread::sleep(Duration::from_millis(2));
    endpoint.release();
    assert_eq!(sender.join().expect("no panic").expect("an answer"), 200);
    assert_eq!(listener.next()["response"]["status"], 200);
    let output = listener.interrupt();
    assert!(
        output
            .err()
            .contains("acme allows 1.0 ms, your handler took"),
        "{}",
        output.err()
    );
    assert!(!output.err().contains("504"), "{}", output.err());
    let listener = sandbox.listen(&[&args[..], &["100ms"]].concat());
    assert_eq!(status(&listener, &PAID, b"{}"), 504);
    let told = listener.next();
    assert_eq!(
        told["attempts"][0]["error"]["message"],
        "no answer within 100ms"
    );
    let output = listener.interrupt();
    assert!(
        output.err().contains("your handler never answered"),
        "{}",
        output.err()
    );
}

#[test]
fn an_attempt_is_kept_whether_its_sender_waits_or_not() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::playing(vec![Answer::Held(200)]);
    let listener = sandbox.listen(&["--forward-to", &endpoint.url]);
    let mut stream = TcpStream::connect(listener.address()).expect("connects");
    let request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    std::io::Write::write_all(&mut stream, request).expect("sends");
    endpoint.next();
    drop(stream);
    endpoint.release();
    let told = listener.next();
    assert_eq!(told["attempts"][0]["response"]["status"], 200, "{told}");
    assert_eq!(sandbox.delivery(&json!(1))["attempts"], told["attempts"]);
}

#[test]
fn no_more_at_once_than_told_to() {
    let sandbox = with_acme("200ms");
    let endpoint = Endpoint::playing(vec![Answer::Held(200), Answer::Status(200, "")]);
    let args = ["--forward-to", &endpoint.url, "--max-forwards", "1"];
    let listener = sandbox.listen(&args);
    let address = listener.address().to_owned();
    let sender = std::thread::spawn(move || post(&address, &[], b"1").map(|own| own.status()));
    assert_eq!(endpoint.next().body, b"1");
    let answer = post(listener.address(), &PAID, b"2").expect("an answer");
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.header("retry-after"), Some("5"));
    let told = listener.next();
    assert_eq!(told["response"]["status"], 503);
    assert_eq!(told["attempts"], json!([]));
    endpoint.release();
    assert_eq!(sender.join().expect("no panic").expect("an answer"), 200);
    assert_eq!(listener.next()["response"]["status"], 200);
    assert_eq!(status(&listener, &PAID, b"3"), 200);
    let output = listener.interrupt();
    assert!(
        output.err().contains("#2: 1 are under way"),
        "{}",
        output.err()
    );
}

#[test]
fn never_to_itself() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port().to_string();
    drop(free);
    let sandbox = Sandbox::new();
    let args = ["listen", "--no-log", "--port", &port, "--forward-to", &port];
    let output = sandbox.run(&args);
    let shown = [
        "listen",
        "--no-log",
        "--port",
        "[PORT]",
        "--forward-to",
        "[PORT]",
    ];
    snapshot::check(
        &sandbox,
        "forward_to_itself",
        &shown,
        &output,
        &[(&port, "[PORT]")],
    );
}

/// All that a person sees of deliveries that were forwarded to an endpoint that answers so.
#[test]
fn screens() {
    let sandbox = with_acme("30s");
    let said = r#"{"error":"no","detail":"said \u001b[2J"}"#;
    let endpoint = Endpoint::playing(vec![
        Answer::Status(200, "ok"),
        Answer::Status(400, said),
        Answer::Status(401, "invalid signature"),
        Answer::Status(404, "not found"),
        Answer::With(405, ("Allow", "GET, HEAD"), ""),
        Answer::With(308, ("Location", "/hooks/"), ""),
        Answer::Status(415, ""),
        Answer::Status(500, "Traceback:\n  no\x1b[2J"),
        Answer::Status(502, ""),
    ]);
    let args = ["--secret", "statly=env:S", "--now", NOW, "--compact"];
    let to = ["--forward-to", &endpoint.url, "--port", "0"];
    let listener = sandbox.listen_as_text(&[&args[..], &to[..2]].concat());
    let sign = ["sign", "statly", "--secret", "env:S", "--format", "value"];
    let signature = sandbox.run_with(&sign, b"{}").ok().out();
    let signed = [
        ("X-Statly-Event", "push"),
        ("X-Statly-Signature", signature.trim()),
        ("Content-Type", "application/json"),
    ];
    for wanted in [200, 400, 401, 404, 405, 308, 415, 500, 502] {
        assert_eq!(status(&listener, &signed, b"{}"), wanted);
    }
    // The endpoint is gone now.
    assert_eq!(status(&listener, &signed, b"{}"), 502);
    assert_eq!(status(&listener, &PAID, b"{}"), 502);
    let output = listener.interrupt();
    let port = endpoint.url.rsplit(':').next().expect("a port").to_owned();
    let shown = [
        &["listen"],
        &args[..],
        &["--forward-to", "http://127.0.0.1:[PORT]"],
    ]
    .concat();
    snapshot::check(
        &sandbox,
        "forwarding",
        &shown,
        &output,
        &[(&port, "[PORT]")],
    );
}

#[test]
fn what_is_told_is_what_the_log_has() {
    let sandbox = with_acme("30s");
    let endpoint = Endpoint::answering(&[200, 500]);
    let listener = sandbox.listen(&["--forward-to", &endpoint.url]);
    for body in [b"1", b"2"] {
        status(&listener, &PAID, body);
        let told: Value = listener.next();
        let logged = sandbox.delivery(&told["id"]);
        assert_eq!(logged["attempts"], told["attempts"]);
        assert_eq!(logged["response"], told["response"]);
    }
}
