//! `serve`'s API where a client is wrong, or somebody else's.

use serde_json::{Value, json};

use crate::harness::Sandbox;
use crate::serving::{Served, serve};

const HOOKS: &str = "/api/v1/code/repos/org/app/webhooks";

fn create(served: &Served, body: &Value) -> (u16, Value) {
    served.ask("POST", HOOKS, &body.to_string())
}

#[test]
fn a_wrong_request_is_told_what_is_wrong_in_json() {
    let sandbox = Sandbox::new();
    let served = serve(&sandbox, &[]);
    let url = "https://example.com/hooks";
    let good = json!({"url": url, "events": ["push"]});
    for (change, status, field) in [
        (json!({"url": "http://example.com/"}), 422, "url"),
        (json!({"url": "nowhere"}), 422, "url"),
        (json!({"url": 7}), 422, "url"),
        (json!({"url": "https://169.254.169.254/"}), 422, "url"),
        (
            json!({"url": "https://[::ffff:169.254.169.254]/"}),
            422,
            "url",
        ),
        (json!({"events": []}), 422, "events"),
        (json!({"events": "push"}), 422, "events"),
        (json!({"events": ["psuh"]}), 422, "events"),
        (json!({"secret": ""}), 422, "secret"),
        (json!({"contentType": "text/xml"}), 422, "contentType"),
        (json!({"maxRetries": 1000}), 422, "maxRetries"),
        (json!({"active": true}), 422, "active"),
    ] {
        let mut body = good.clone();
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let (got, answer) = create(&served, &body);
        assert_eq!(
            (got, &answer["error"]["field"]),
            (status, &json!(field)),
            "{body} {answer}"
        );
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
    assert_eq!(
        create(&served, &json!({"url": url})).1["error"]["field"],
        "events"
    );
    let (status, answer) = served.ask("POST", HOOKS, "{");
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &json!("bad_request"))
    );
    for (method, path, wanted) in [
        ("PUT", HOOKS.to_owned(), 405),
        ("GET", format!("{HOOKS}/webhook_7"), 405),
        ("DELETE", format!("{HOOKS}/webhook_7"), 404),
        ("DELETE", format!("{HOOKS}/x"), 404),
        ("POST", format!("{HOOKS}/webhook_7/test"), 404),
        ("GET", format!("{HOOKS}?limit=1000"), 400),
        ("GET", "/nowhere".to_owned(), 404),
        ("GET", "/events".to_owned(), 405),
    ] {
        let (status, answer) = served.ask(method, &path, "");
        assert_eq!(status, wanted, "{method} {path}");
        assert!(answer["error"]["code"].is_string(), "{answer}");
    }
    let plain = [("Content-Type", "text/plain")];
    let body = good.to_string();
    assert_eq!(served.ask_with("POST", HOOKS, &plain, &body).status(), 415);
    let huge = format!("{{\"provider\":\"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(served.ask("POST", "/events", &huge).0, 413);
    assert_eq!(served.ask("GET", HOOKS, "").1["webhooks"], json!([]));
}

#[test]
fn another_repositorys_webhook_is_not_there() {
    let sandbox = Sandbox::new();
    let served = serve(&sandbox, &[]);
    let (_, own) = create(
        &served,
        &json!({"url": "https://a.example/", "events": ["push"]}),
    );
    let path = format!("/{}", own["id"].as_str().expect("an id"));
    let other = HOOKS.replace("app", "other");
    assert_eq!(served.ask("DELETE", &format!("{other}{path}"), "").0, 404);
    assert_eq!(served.ask("PATCH", &format!("{other}{path}"), "{}").0, 404);
    assert_eq!(served.ask("DELETE", &format!("{HOOKS}{path}"), "").0, 204);
}

#[test]
fn lists_come_in_pages() {
    let sandbox = Sandbox::new();
    let served = serve(&sandbox, &[]);
    for number in 0..5 {
        let url = format!("https://a.example/{number}");
        assert_eq!(
            create(&served, &json!({"url": url, "events": ["*"]})).0,
            201
        );
    }
    let mut seen = Vec::new();
    let mut path = format!("{HOOKS}?limit=2");
    for _ in 0..3 {
        let (_, page) = served.ask("GET", &path, "");
        let webhooks = page["webhooks"].as_array().expect("a list");
        seen.extend(webhooks.iter().map(|own| own["url"].clone()));
        path = match page["nextCursor"].as_str() {
            Some(cursor) => format!("{HOOKS}?limit=2&cursor={cursor}"),
            None => break,
        };
    }
    let wanted: Vec<String> = (0..5)
        .map(|own| format!("https://a.example/{own}"))
        .collect();
    assert_eq!(seen, wanted);
}

#[test]
fn a_plan_has_so_many_webhooks_a_repository() {
    let sandbox = Sandbox::new();
    let served = serve(&sandbox, &["--plan", "free"]);
    let body = json!({"url": "https://a.example/", "events": ["push"]});
    for _ in 0..3 {
        assert_eq!(create(&served, &body).0, 201);
    }
    let (status, answer) = create(&served, &body);
    assert_eq!(
        (status, &answer["error"]["code"]),
        (403, &json!("limit_reached"))
    );
    let other = HOOKS.replace("app", "other");
    assert_eq!(served.ask("POST", &other, &body.to_string()).0, 201);
    let words = [
        "hooks",
        "create",
        "statly",
        "https://a.example/",
        "--repo",
        "org/app",
    ];
    let refused = sandbox.run(&[&words[..], &["--plan", "free"]].concat());
    assert!(refused.code(2).err().contains("plan `free` has 3 webhooks"));
    sandbox.run(&[&words[..], &["--plan", "pro"]].concat()).ok();
    sandbox.run(&["serve", "--plan", "gold"]).code(2);
}

#[test]
fn who_may_ask() {
    let sandbox = Sandbox::new();
    sandbox
        .run(&["serve", "--bind", "0.0.0.0", "--port", "0"])
        .code(2);
    let served = serve(&sandbox, &["--bind", "0.0.0.0", "--token", "env:S"]);
    let served = Served {
        address: served.address.replace("0.0.0.0", "127.0.0.1"),
        ..served
    };
    let right = format!("Bearer {}", crate::harness::WHSEC);
    let status = |headers: &[(&str, &str)]| served.ask_with("GET", HOOKS, headers, "").status();
    assert_eq!(status(&[]), 401);
    assert_eq!(status(&[("Authorization", &right)]), 401);
    drop(served);
    let served = serve(&sandbox, &["--token", "env:WHSEC"]);
    let status = |headers: &[(&str, &str)]| served.ask_with("GET", HOOKS, headers, "").status();
    assert_eq!(status(&[("Authorization", &right)]), 200);
    assert_eq!(status(&[("Authorization", &right[..20])]), 401);
    drop(served);
    // Without one, a page of another site gets no answer it could use, and changes nothing.
    let served = serve(&sandbox, &[]);
    let status = |headers: &[(&str, &str)]| served.ask_with("GET", HOOKS, headers, "").status();
    assert_eq!(status(&[]), 200);
    assert_eq!(status(&[("Host", "evil.example")]), 403);
    assert_eq!(status(&[("Origin", "http://evil.example")]), 403);
}
