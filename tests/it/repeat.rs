//! `--now`, `--seed` and `--id` make a run repeatable byte for byte.

use crate::harness::{NOW, Sandbox};

/// Runs twice, in two places; the same bytes come out, and they are returned.
#[track_caller]
fn twice(args: &[&str]) -> Vec<u8> {
    let run = || {
        let sandbox = Sandbox::new();
        sandbox.write("body.json", r#"{"event":"push","type":"a"}"#);
        let output = sandbox.run(args);
        output.ok();
        assert!(!output.stdout.is_empty(), "{args:?}");
        (output.stdout, output.stderr)
    };
    let (first, second) = (run(), run());
    assert!(first == second, "{args:?}");
    first.0
}

#[test]
fn what_sign_prints() {
    for (provider, secret) in [
        ("statly", "env:S"),
        ("code-storage", "env:S"),
        ("dits", "env:S"),
        ("github", "env:S"),
        ("stripe", "env:S"),
        ("slack", "env:S"),
        ("generic", "env:S"),
        ("standard-webhooks", "env:WHSEC"),
        ("svix", "env:WHSEC"),
    ] {
        let args = [
            "sign",
            provider,
            "body.json",
            "--secret",
            secret,
            "--now",
            NOW,
        ];
        let with = |more: &[&str]| twice(&[args.as_slice(), more].concat());
        let plain = with(&["--seed", "a"]);
        assert_eq!(with(&["--seed", "a"]), plain);
        let signs_an_id = ["standard-webhooks", "svix"].contains(&provider);
        assert_eq!(with(&["--seed", "b"]) != plain, signs_an_id, "{provider}");
        let named = with(&["--id", "msg_1"]);
        assert_eq!(named != plain, signs_an_id, "{provider}");
    }
}

#[test]
fn what_send_prints() {
    let providers = Sandbox::new().run(&["providers", "list", "--format", "json"]);
    let providers = providers.ok().json_lines();
    assert!(providers.len() >= 10);
    for provider in providers {
        let id = provider["id"].as_str().expect("an id");
        let shown = Sandbox::new().run(&["providers", "show", id, "--format", "json"]);
        let shown = shown.ok().json_lines().remove(0);
        let Some(event) = shown["events"][0]["name"].as_str().map(str::to_owned) else {
            continue;
        };
        let mut args = vec!["send", id, &event, "--now", NOW];
        let own = ["standard-webhooks", "github", "stripe", "slack", "statly"];
        if own.contains(&id) {
            let whsec = id == "standard-webhooks";
            args.extend(["--secret", if whsec { "env:WHSEC" } else { "env:S" }]);
        }
        let print = |form: &str, seed: &str| {
            twice(&[args.as_slice(), &["--print", form, "--seed", seed]].concat())
        };
        for form in ["http", "curl", "json"] {
            // Not every provider's sample draws values.
            let (one, other) = (print(form, "a"), print(form, "b"));
            assert!(one != other || !own.contains(&id), "{id} {form}");
        }
    }
}

#[test]
fn what_a_replay_signed_anew_prints() {
    let run = || {
        let sandbox = Sandbox::new();
        let args = ["send", "svix", "user.created", "--to", "http://127.0.0.1:1"];
        let fixed = ["--secret", "env:WHSEC", "--now", NOW, "--seed", "a"];
        sandbox.run(&[args.as_slice(), &fixed].concat()).code(8);
        let args = ["replay", "1", "--resign", "--print", "http", "--to", "4400"];
        let output = sandbox.run(&[args.as_slice(), &fixed].concat());
        output.ok().out()
    };
    let first = run();
    assert!(
        first.contains("Svix-Timestamp: 1700000000")
            || first.contains("svix-timestamp: 1700000000"),
        "{first}"
    );
    assert_eq!(first, run());
}

#[test]
fn a_log_of_a_time_that_stands_still() {
    let run = || {
        let sandbox = Sandbox::new();
        let args = ["send", "dits", "push", "--to", "http://127.0.0.1:1"];
        let fixed = ["--secret", "env:S", "--now", NOW, "--seed", "a"];
        sandbox.run(&[args.as_slice(), &fixed].concat()).code(8);
        let output = sandbox.run(&["log", "show", "1", "--format", "json"]);
        output.ok().out()
    };
    let first = run();
    assert!(first.contains("2023-11-14T22:13:20Z"), "{first}");
    assert_eq!(first, run());
}
