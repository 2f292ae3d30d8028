//! What leaves the house: without credentials, and in a capsule without anything personal.

use serde_json::Value;

use crate::harness::{Sandbox, WHSEC};

#[test]
fn a_capsule_shows_nothing_and_verifies_elsewhere() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "stripe=env:WHSEC"]);
    let data = r#"{"id":"evt_1","object":"event","type":"customer.created","created":1,"livemode":false,
        "data":{"object":{"email":"mona@corp.io","name":"Mona Lisa","client_secret":"cs_1_secret_9"}}}"#;
    sandbox.write("body.json", data);
    for tamper in [&[][..], &["--tamper", "body"]] {
        let mut send = vec!["send", "stripe", "customer.created", "--data", "body.json"];
        send.extend(["--secret", "env:WHSEC", "--to", &listener.url, "--no-log"]);
        send.extend(["-H", "Authorization: Bearer abcdefgh"]);
        send.extend(tamper);
        sandbox.run(&send);
        listener.next();
    }
    listener.interrupt().ok();
    let written = sandbox.run(&["log", "export", "1..2", "--capsule", "-o", "bug.json"]);
    let told = written.ok().err();
    assert!(
        told.contains("masked body `data.object.email`: #1, #2"),
        "{told}"
    );
    let text = std::fs::read_to_string(sandbox.path("bug.json")).expect("reads");
    for gone in ["mona@corp.io", "Mona", "cs_1_secret", "abcdefgh", WHSEC] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    // Somebody else has nothing but the file.
    let other = Sandbox::new();
    other.write("bug.json", &text);
    let capsule: Value = serde_json::Deserializer::from_str(&text)
        .into_iter()
        .next()
        .expect("a capsule")
        .expect("JSON");
    let secret = capsule["dummy_secret"].as_str().expect("a secret");
    let imported = other.run(&["log", "import", "bug.json", "--format", "json"]);
    let found = imported.ok().json_lines();
    assert_eq!(
        (&found[0]["verdict"], &found[1]["verdict"]),
        (&"valid".into(), &"invalid".into())
    );
    assert_eq!(found[1]["response"]["status"], 401);
    assert!(imported.err().contains(secret), "{}", imported.err());
    other.run(&["verify", "1", "--secret", secret]).ok();
    other.run(&["verify", "2", "--secret", secret]).code(3);
    let expected = ["--expect", "invalid:mismatch", "2", "--secret", secret];
    other.run(&[&["verify"][..], &expected].concat()).ok();
    other.run(&["verify", "1", "--secret", "env:WHSEC"]).code(3);
}

#[test]
fn credentials_stay_at_home_unless_told() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    let line = format!(
        "curl -sS -u me:pw -b sid=abc -d a=1 '{}/h?token=t0k'",
        listener.url
    );
    sandbox.shell(&line).ok();
    listener.next();
    for form in [
        "jsonl", "har", "curl", "http", "hurl", "pytest", "jest", "go", "rust",
    ] {
        let masked = sandbox.run(&["log", "export", "1", "--format", form]);
        let text = masked.ok().out();
        for gone in ["bWU6cHc", "abc", "t0k"] {
            assert!(!text.contains(gone), "{form} {gone}: {text}");
        }
        assert!(
            masked.err().contains("masked header `Authorization`: #1\n"),
            "{}",
            masked.err()
        );
        assert!(
            masked.err().ends_with("--with-credentials\n"),
            "{}",
            masked.err()
        );
        let whole = sandbox.run(&["log", "export", "1", "--format", form, "--with-credentials"]);
        let text = whole.ok().out();
        for kept in ["bWU6cHc", "abc", "t0k"] {
            assert!(text.contains(kept), "{form} {kept}: {text}");
        }
    }
}
