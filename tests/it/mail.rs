//! One attempt at a mail, against a server of this test's own.

use std::net::TcpListener;
use std::time::Duration;

use hookcat::core::delivery::{Attempt, FailureKind};
use hookcat::deliver::mail::{Mail, Mailer};
use hookcat::repeat::Repeat;

use crate::smtp::Sink;

fn mail(text: &str) -> Mail {
    Mail {
        to: "ops@example.com".parse().expect("an address"),
        subject: "[CloudRepo] Datei gel\u{f6}scht\r\nBcc: evil@example.com".to_owned(),
        text: text.to_owned(),
    }
}

fn attempt(server: &str, timeout: Duration, mail: &Mail) -> Attempt {
    let mailer = Mailer::new(server, timeout, Repeat::default().clock()).expect("a mailer");
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(mailer.attempt(mail, 1))
        .expect("an attempt")
}

const LONG: Duration = Duration::from_secs(30);

#[test]
fn arrives_with_its_text_to_one_address_alone() {
    let sink = Sink::new();
    let text = "Gr\u{fc}n\n.\nMAIL FROM:<evil@example.com>\n..\n\nBcc: evil@example.com\n";
    let attempt = attempt(&sink.address, LONG, &mail(text));
    let reply = attempt.result.as_ref().expect("an answer");
    assert_eq!(
        (reply.status, &reply.body[..]),
        (250, b"taken as 41".as_slice())
    );
    assert_eq!(
        attempt.url,
        format!("smtp://{}/ops@example.com", sink.address)
    );
    let letter = sink.next();
    assert_eq!(letter.to, ["RCPT TO:<ops@example.com>"]);
    assert!(
        letter.from.starts_with("MAIL FROM:<hookcat@localhost>"),
        "{letter:?}"
    );
    assert_eq!(letter.header("to"), Some("ops@example.com"));
    assert_eq!(letter.header("bcc"), None);
    assert!(
        letter
            .header("subject")
            .is_some_and(|own| own.starts_with("[CloudRepo]"))
    );
    // Nothing in the text ended the mail.
    assert!(
        letter.body().contains("MAIL FROM:<evil@example.com>"),
        "{letter:?}"
    );
    assert!(sink.is_empty());
}

#[test]
fn a_refusal_is_the_servers_answer() {
    let sink = Sink::answering("RCPT", "550 5.1.1 no such user");
    let attempt = attempt(&sink.address, LONG, &mail("text"));
    let reply = attempt.result.expect("an answer");
    assert_eq!(reply.status, 550);
    assert!(
        String::from_utf8_lossy(&reply.body).contains("no such user"),
        "{reply:?}"
    );
    assert!(sink.is_empty());
}

#[test]
fn what_does_not_answer_is_a_failure() {
    let kind = |server: &str, timeout| {
        attempt(server, timeout, &mail("text"))
            .result
            .map_err(|own| own.kind)
    };
    // It accepts and is silent.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    assert_eq!(
        kind(&address, Duration::from_millis(50)),
        Err(FailureKind::Timeout)
    );
    drop(silent);
    assert_eq!(kind(&address, LONG), Err(FailureKind::Connect));
    // It is no mail server.
    let other = Sink::answering("EHLO", "HTTP/1.1 400 Bad Request");
    assert_eq!(kind(&other.address, LONG), Err(FailureKind::Broken));
}
