//! A secret never comes out: not on stdout, not on stderr, not into the log.

use std::fs;
use std::path::Path;

use crate::harness::{Output, Sandbox};
use crate::snapshot;
use crate::wire::{Endpoint, post};

/// No other text of a test looks like it.
const HIDDEN: &str = "Zk9-hidden-Qw7";
/// The bytes of a Standard Webhooks secret with `HIDDEN` in them.
const HIDDEN_BYTES: &[u8] = b"Zk9-hidden-Qw7 and more!";

/// Standard Webhooks' form of `HIDDEN_BYTES`.
fn whsec() -> String {
    use base64::Engine;
    let text = base64::prelude::BASE64_STANDARD.encode(HIDDEN_BYTES);
    format!("whsec_{text}")
}

/// Every way the secrets could be written.
fn forms() -> Vec<Vec<u8>> {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let whsec = whsec();
    vec![
        HIDDEN.into(),
        hex(HIDDEN.as_bytes()).into_bytes(),
        format!("{:?}", HIDDEN.as_bytes()).into_bytes(),
        whsec["whsec_".len()..].into(),
    ]
}

fn holds(bytes: &[u8], form: &[u8]) -> bool {
    bytes.windows(form.len()).any(|window| window == form)
}

#[track_caller]
fn silent(output: &Output) {
    for form in forms() {
        for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let text = String::from_utf8_lossy(bytes);
            assert!(!holds(bytes, &form), "the secret is on {stream}: {text}");
        }
    }
}

/// Looks into every file below a folder; how many there were.
#[track_caller]
fn not_on_disk(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("reads") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files += not_on_disk(&path);
            continue;
        }
        files += 1;
        let bytes = fs::read(&path).expect("reads");
        for form in forms() {
            assert!(!holds(&bytes, &form), "the secret is in {}", path.display());
        }
    }
    files
}

#[test]
fn of_sign_and_verify() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", r#"{"event":"push"}"#);
    for (provider, secret) in [
        ("statly", HIDDEN.to_owned()),
        ("stripe", HIDDEN.to_owned()),
        ("standard-webhooks", whsec()),
    ] {
        let args = ["body.json", "--secret", &secret];
        let run = |more: &[&str]| {
            let output = sandbox.run(&[more, args.as_slice()].concat());
            silent(&output);
            output
        };
        let signed = run(&["sign", provider]);
        let mut verify = vec!["verify", "-p", provider];
        let lines = signed.ok().out();
        for line in lines.lines() {
            verify.extend(["-H", line]);
        }
        run(&verify).ok();
        verify.extend(["--format", "json"]);
        run(&verify).ok();
        run(&["sign", provider, "--format", "json"]).ok();
        run(&["verify", "-p", provider, "-H", "X-Nothing: 1"]).code(5);
        let wrong = lines.replace('=', "=0").replace("v1,", "v1,AA");
        let mut verify = vec!["verify", "-p", provider];
        for line in wrong.lines() {
            verify.extend(["-H", line]);
        }
        assert_ne!(run(&verify).code, 0);
    }
}

#[test]
fn of_send_replay_and_listen() {
    let sandbox = Sandbox::new();
    let whsec = whsec();
    let statly = format!("statly={HIDDEN}");
    let svix = format!("svix={whsec}");
    let listener = sandbox.listen(&["--secret", &statly, "--secret", &svix]);
    let as_text = sandbox.listen_as_text(&["--secret", &statly, "--full"]);
    let send = |provider: &str, event: &str, secret: &str, to: &str, format: &str| {
        let args = ["send", provider, event, "--secret", secret, "--to", to];
        let output = sandbox.run(&[args.as_slice(), &["--format", format]].concat());
        silent(&output);
        output
    };
    for format in ["text", "json"] {
        for to in [&listener.url, &as_text.url] {
            send("statly", "push", HIDDEN, to, format).ok();
            send("svix", "invoice.paid", &whsec, to, format);
        }
        send("statly", "push", HIDDEN, "http://127.0.0.1:1", format).code(8);
    }
    for form in ["http", "curl", "json"] {
        let args = [
            "send", "statly", "push", "--secret", HIDDEN, "--print", form,
        ];
        silent(sandbox.run(&args).ok());
    }
    let answer = post(
        listener.address(),
        &[("X-Statly-Signature", "sha256=00")],
        b"{}",
    );
    let body = answer.expect("an answer").body;
    assert!(forms().iter().all(|form| !holds(&body, form)));
    let endpoint = Endpoint::answering(&[200]);
    let resign = ["--resign", "--secret", HIDDEN, "--to", &endpoint.url];
    silent(
        sandbox
            .run(&[&["replay", "1"], resign.as_slice()].concat())
            .ok(),
    );
    silent(&listener.interrupt());
    silent(&as_text.interrupt());
    silent(sandbox.run(&["log", "list", "--format", "json"]).ok());
    assert!(not_on_disk(sandbox.root()) > 0);
}

#[test]
fn of_errors() {
    let sandbox = Sandbox::new();
    let misshapen = format!("whsec_{HIDDEN}%");
    let unknown = format!("statley={HIDDEN}");
    for args in [
        &["sign", "svix", "--secret", &misshapen][..],
        &["verify", "-p", "svix", "--secret", &misshapen],
        &["send", "svix", "user.created", "--secret", &misshapen],
        &[
            "listen", "--port", "0", "-p", "svix", "--secret", &misshapen,
        ],
        &["sign", "statley", "--secret", HIDDEN],
        &["send", "statly", "pusch", "--secret", HIDDEN],
        &["sign", "cloudrepo", "--secret", HIDDEN],
        &["sign", "statly", "gone", "--secret", &unknown],
        &["sign", "statly", "--secret", HIDDEN, "--secret"],
        &["sign", "statly", "--secret", HIDDEN, "--seecret", "a"],
        &["listen", "--secret", HIDDEN, "--port", "no"],
        &["listen", "--secret", HIDDEN, "--log", "/"],
        &["replay", "1", "--resign", "--secret", HIDDEN],
    ] {
        let output = sandbox.run(args);
        assert_ne!(output.code, 0, "{args:?}");
        silent(&output);
    }
    not_on_disk(sandbox.root());
}

#[test]
fn of_the_environment() {
    let sandbox = Sandbox::new();
    for args in [
        &["sign", "--help"][..],
        &["listen", "-h"],
        &["sign", "statly", "--now", "never"],
        &["sign", "svix"],
        &["sign", "statly"],
    ] {
        let mut command = sandbox.hookcat(args);
        command.env("HOOKCAT_SECRET", HIDDEN);
        silent(&crate::harness::finish(command, b"{}"));
    }
}

#[test]
fn of_the_configuration() {
    let told = |content: String, args: &[&str]| {
        let sandbox = Sandbox::new();
        sandbox.write("hookcat.toml", content);
        let output = sandbox.run(args);
        assert_ne!(output.code, 0);
        silent(&output);
    };
    let list = ["providers", "list"];
    told(format!("[secrets]\nstatly = \"{HIDDEN}\n"), &list);
    told(format!("[secrets]\nstatly = {HIDDEN}\n"), &list);
    told(
        format!("[secrets]\nstatly = 1\nsvix = \"{HIDDEN}\"\n"),
        &list,
    );
    told(format!("[secret]\nstatly = \"{HIDDEN}\"\n"), &list);
    let sign = ["sign", "svix", "gone"];
    told(format!("[secrets]\nsvix = \"whsec_{HIDDEN}%\"\n"), &sign);
    told(format!("[secrets]\nstatley = \"{HIDDEN}\"\n"), &sign);
}

#[test]
fn typed_as_a_reference_that_is_misspelt() {
    // Taken as the secret itself, it would sign and never verify.
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{}");
    let args = ["sign", "statly", "body.json", "--secret", "ENV:S"];
    let output = snapshot::run(&sandbox, "secret_misspelt", &args);
    assert_eq!(output.code, 2);
}

#[test]
fn of_a_command_that_fails() {
    let sandbox = Sandbox::new();
    let content = format!("[secrets]\nstatly = \"cmd:vault --token {HIDDEN}\"\n");
    sandbox.write_config("hookcat.toml", content);
    let output = sandbox.run(&["sign", "statly"]);
    output.code(2);
    // The shell itself may say what it did not find, but not with what.
    silent(&output);
}
