//! `hookcat serve` tells events to people: Slack, here `hookcat listen`, and a mail server.

use serde_json::Value;

use crate::harness::{Listener, SECRET, Sandbox};
use crate::smtp::Sink;

/// A server in a sandbox of its own.
struct Served {
    sandbox: Sandbox,
    server: Listener,
}

impl Served {
    fn new(args: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        let all = [&["serve", "--port", "0", "--format", "json"], args].concat();
        let server = Listener::start(sandbox.hookcat(&all));
        assert_eq!(server.next()["type"], "ready");
        Self { sandbox, server }
    }

    fn hook(&self, args: &[&str]) {
        self.sandbox
            .run(&[&["hooks", "create"], args].concat())
            .ok();
    }

    fn emit(&self, args: &[&str]) {
        self.sandbox.run(&[&["emit"], args].concat()).ok();
    }

    /// The next attempt the server tells of.
    #[track_caller]
    fn attempt(&self) -> Value {
        loop {
            let told = self.server.next();
            if told["delivery"]["attempts"].is_array() || told["attempts"].is_array() {
                return told;
            }
        }
    }
}

#[test]
fn slack_gets_a_readable_message_for_each_event() {
    let slack = Sandbox::new();
    let listener = slack.listen(&[]);
    let served = Served::new(&[]);
    let url = format!("{}/services/T0/B0/secret", listener.url);
    served.hook(&["cloudrepo", &url, "--target", "slack"]);
    for (event, said) in [
        (
            "file.upload",
            "*File Upload*: `a/b.jar` (1.2 MB) in `jars` by `ci@example.com`",
        ),
        (
            "file.download",
            "*File Download*: `a/b.jar` (1.2 MB) in `jars` by `ci@example.com`",
        ),
        (
            "file.deletion",
            "*File Deletion*: `a/b.jar` (1.2 MB) in `jars` by `ci@example.com`",
        ),
    ] {
        served.emit(&[
            "cloudrepo",
            event,
            "--repo",
            "acme/jars",
            "--set",
            "artifact.path=a/b.jar",
            "--set",
            "artifact.size=1204000",
            "--set",
            "user=ci@example.com",
        ]);
        let came = listener.next();
        assert_eq!(came["method"], "POST");
        assert_eq!(came["target"], "/services/T0/B0/secret");
        let body: Value = serde_json::from_str(came["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(body, serde_json::json!({ "text": said }));
    }
    // What stands in a payload is no markup of Slack's.
    served.emit(&[
        "cloudrepo",
        "file.upload",
        "--set",
        "artifact.path=<!channel> `x`",
    ]);
    let body = listener.next()["body"].as_str().expect("text").to_owned();
    assert!(body.contains("`&lt;!channel&gt; 'x'`"), "{body}");
}

#[test]
fn a_mail_goes_out_and_the_log_has_it() {
    let sink = Sink::new();
    let served = Served::new(&["--smtp", &sink.address]);
    served.hook(&["cloudrepo", "ops@example.com", "--target", "email"]);
    served.emit(&["cloudrepo", "file.upload", "--repo", "acme/jars"]);
    let letter = sink.next();
    assert_eq!(letter.to, ["RCPT TO:<ops@example.com>"]);
    let subject = letter.header("subject").expect("a subject");
    assert!(
        subject.starts_with("[CloudRepo] File Upload: com/example/app/"),
        "{subject}"
    );
    let body = letter.body();
    assert!(
        body.contains("Event: file.upload\r\n") && body.contains("In: jars\r\n"),
        "{body}"
    );
    served.attempt();
    let kept = served.sandbox.deliveries().remove(0);
    assert_eq!(
        (&kept["provider"], &kept["event"]),
        (&"cloudrepo".into(), &"file.upload".into())
    );
    let attempt = &kept["attempts"][0];
    assert_eq!(attempt["response"]["status"], 250, "{kept}");
    assert_eq!(
        attempt["url"],
        format!("smtp://{}/ops@example.com", sink.address)
    );
}

#[test]
fn a_mail_servers_refusals_mean_what_they_mean_in_smtp() {
    // Tried again on the provider's schedule: Dits retries at once, then a minute later.
    let busy = Sink::answering("RCPT", "451 4.3.0 later");
    let served = Served::new(&["--smtp", &busy.address, "--speed", "1000x"]);
    served.hook(&["dits", "ops@example.com", "--target", "email"]);
    served.emit(&["dits", "push"]);
    for _ in 0..3 {
        served.attempt();
    }
    // Never tried again, whatever Dits does where HTTP says 550.
    let gone = Sink::answering("RCPT", "550 5.1.1 no such user");
    let served = Served::new(&["--smtp", &gone.address, "--speed", "1000x"]);
    served.hook(&["dits", "ops@example.com", "--target", "email"]);
    served.emit(&["dits", "push"]);
    served.attempt();
    let shown = served
        .sandbox
        .run(&["hooks", "show", "1", "--format", "json"]);
    assert!(shown.ok().out().contains("\"failed\""), "{}", shown.out());
}

#[test]
fn without_a_mail_server_it_says_what_is_missing() {
    let served = Served::new(&[]);
    served.hook(&["cloudrepo", "ops@example.com", "--target", "email"]);
    served.emit(&["cloudrepo", "file.upload"]);
    let told = served.attempt().to_string();
    assert!(told.contains("hookcat serve --smtp HOST:PORT"), "{told}");
    Sandbox::new()
        .run(&["serve", "--port", "0", "--smtp", "nowhere"])
        .code(2);
}

#[test]
fn a_slack_message_is_not_signed_and_not_called_so() {
    let slack = Sandbox::new();
    let listener = slack.listen(&[]);
    let served = Served::new(&[]);
    served.hook(&[
        "dits",
        &listener.url,
        "--target",
        "slack",
        "--secret",
        SECRET,
    ]);
    served.emit(&["dits", "push"]);
    let came = listener.next();
    assert!(
        !came["headers"].to_string().contains("X-Hub-Signature-256"),
        "{came}"
    );
    served.attempt();
    assert_eq!(served.sandbox.deliveries()[0]["verdict"], "unverifiable");
}
