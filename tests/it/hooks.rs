//! `hooks`: webhooks set up and looked at without a server.

use serde_json::json;

use crate::harness::Sandbox;

#[test]
fn webhooks_are_set_up_changed_and_deleted() {
    let sandbox = Sandbox::new();
    let words = ["hooks", "create", "statly", "https://me:pw@a.example/hooks"];
    let more = [
        "--repo",
        "org/app",
        "--events",
        "push,issue.*",
        "--secret",
        "env:S",
    ];
    let json = [
        "--format",
        "json",
        "--max-retries",
        "5",
        "--retry-interval",
        "30s",
    ];
    let created = sandbox.run(&[&words[..], &more, &json].concat());
    let own = created.ok().json_lines().remove(0);
    assert_eq!((&own["id"], &own["type"]), (&json!(1), &json!("webhook")));
    assert_eq!(own["events"], json!(["push", "issue.*"]));
    assert_eq!(own["url"], "https://me:***@a.example/hooks");
    assert_eq!(
        (&own["has_secret"], &own["retry_interval"]),
        (&json!(true), &json!(30.0))
    );
    let unsigned = sandbox.run(&["hooks", "create", "dits", "https://b.example/"]);
    assert!(
        unsigned
            .ok()
            .err()
            .contains("no secret: deliveries are not signed")
    );
    assert!(unsigned.err().contains("dits is planned"));
    let all = sandbox.run(&["hooks", "list", "--format", "json"]);
    assert_eq!(all.ok().json_lines().len(), 2);
    let some = sandbox.run(&["hooks", "list", "--repo", "org/app", "--format", "json"]);
    assert_eq!(some.ok().json_lines()[0], own);
    let table = sandbox.run(&["hooks", "list"]);
    assert!(table.ok().out().contains("push,issue.*"), "{}", table.out());
    assert!(!table.out().contains("pw"), "{}", table.out());

    let off = [
        "hooks",
        "update",
        "webhook_1",
        "--active",
        "false",
        "--no-secret",
    ];
    let changed = sandbox.run(&[&off[..], &["--format", "json"]].concat());
    let changed = changed.ok().json_lines().remove(0);
    assert_eq!(
        (&changed["active"], &changed["has_secret"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(changed["max_retries"], 5);
    sandbox.run(&["hooks", "test", "1"]).code(2);
    sandbox.run(&["hooks", "delete", "1"]).code(2);
    sandbox.run(&["hooks", "delete", "1", "--yes"]).ok();
    sandbox.run(&["hooks", "show", "1"]).code(2);
    sandbox
        .run(&["hooks", "redeliver", "2", "delivery_x"])
        .code(2);
}

#[test]
fn what_a_provider_does_not_take_is_refused_with_what_helps() {
    let sandbox = Sandbox::new();
    for (words, said, helps) in [
        (
            &["statly", "http://a.example/"][..],
            "takes HTTPS URLs only",
            "--allow-http",
        ),
        (
            &["repo-file-sync", "http://a.example/"],
            "takes HTTPS URLs only",
            "--allow-http",
        ),
        (
            &["statly", "https://a.example/", "--events", "psuh"],
            "no such event: `psuh`",
            "providers show",
        ),
        (
            &[
                "repo-file-sync",
                "https://a.example/",
                "--events",
                "drift.detected",
            ],
            "no choice of events",
            "",
        ),
        (
            &["cloudrepo", "https://a.example/", "--secret", "env:S"],
            "does not sign",
            "",
        ),
        (
            &["dits", "http://169.254.169.254/"],
            "link-local or metadata",
            "--allow-link-local",
        ),
        (
            &["dits", "http://0xa9fea9fe/"],
            "link-local or metadata",
            "--allow-link-local",
        ),
        (
            &["dits", "https://a.example/", "--max-retries", "2"],
            "no retry count",
            "",
        ),
        (&["cloudrepo", "me@a.example"], "not a URL", ""),
        (
            &["cloudrepo", "me", "--target", "email"],
            "not a mail address",
            "",
        ),
    ] {
        let refused = sandbox.run(&[&["hooks", "create"], words].concat());
        let err = refused.code(2).err();
        assert!(
            err.contains(said) && err.contains(helps),
            "{words:?}: {err}"
        );
    }
    sandbox
        .run(&[
            "hooks",
            "create",
            "statly",
            "http://a.example/",
            "--allow-http",
        ])
        .ok();
    sandbox
        .run(&["hooks", "create", "statly", "http://localhost:1/"])
        .ok();
    sandbox
        .run(&["hooks", "create", "cloudrepo", "http://a.example/"])
        .ok();
    let fixed = sandbox.run(&["hooks", "update", "3", "--events", "file.upload"]);
    assert!(
        fixed
            .code(2)
            .err()
            .contains("create a new one and delete this one")
    );
    let listed = sandbox.run(&["hooks", "list", "--format", "json"]);
    assert_eq!(listed.ok().json_lines().len(), 3);
}
