//! `serve`: what happened reaches every webhook that takes it, as its provider would send it.

use serde_json::{Value, json};

use crate::harness::{Listener, Sandbox, finish};
use crate::serving::{Served, serve};
use crate::wire::{Answer, Endpoint};

const HOOKS: &str = "/api/v1/code/repos/org/app/webhooks";

/// Sets a webhook of Statly's up through its API.
#[track_caller]
fn hook(served: &Served, url: &str, more: &str) -> Value {
    let body = format!("{{\"url\":\"{url}\",\"events\":[\"*\"]{more}}}");
    let (status, hook) = served.ask("POST", HOOKS, &body);
    assert_eq!(status, 201, "{hook}");
    hook
}

/// Has something happen.
#[track_caller]
fn happen(served: &Served, event: &str) -> Value {
    let body = json!({"provider": "statly", "event": event, "repository": "org/app"});
    let (status, told) = served.ask("POST", "/events", &body.to_string());
    assert_eq!(status, 202, "{told}");
    told
}

#[test]
fn a_client_written_from_the_document_alone() {
    let (sandbox, receiver) = (Sandbox::new(), Sandbox::new());
    let listener = receiver.listen(&["-p", "statly", "--secret", "env:S"]);
    let served = serve(&sandbox, &[]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/statly.sh");
    let mut client = sandbox.program("bash");
    let api = format!("http://{}", served.address);
    let secret = crate::harness::SECRET;
    client.args([script, &api, &listener.url, secret]);
    let output = finish(client, b"");
    assert!(output.ok().out().contains("done with delivery_"));
    for attempt in 1..=2 {
        let told = listener.next();
        assert_eq!(
            (&told["verdict"], &told["event"]),
            (&json!("valid"), &json!("ping"))
        );
        let id = told["delivery_id"].as_str().expect("an id");
        assert!(output.out().contains(id), "{id} {attempt}");
    }
}

#[test]
fn an_event_goes_to_those_that_take_it_signed_and_is_logged() {
    let (sandbox, receiver) = (Sandbox::new(), Sandbox::new());
    let listener = receiver.listen(&["-p", "statly", "--secret", "env:S"]);
    let served = serve(&sandbox, &[]);
    let secret = format!(",\"secret\":{}", json!(crate::harness::SECRET));
    let to = |path: &str| format!("{}{path}", listener.url);
    hook(&served, &to("/all"), &secret);
    let own = json!({
        "url": to("/stem"), "events": ["pull_request.*"], "secret": crate::harness::SECRET,
    });
    let own = own.to_string();
    assert_eq!(served.ask("POST", HOOKS, &own).0, 201);
    let other = HOOKS.replace("app", "other");
    assert_eq!(served.ask("POST", &other, &own).0, 201);
    assert_eq!(happen(&served, "push")["webhooks"], 1);
    let told = listener.next();
    assert_eq!(
        (&told["target"], &told["verdict"]),
        (&json!("/all"), &json!("valid"))
    );
    assert_eq!(happen(&served, "pull_request.opened")["webhooks"], 2);
    let mut targets: Vec<Value> = (0..2).map(|_| listener.next()["target"].clone()).collect();
    targets.sort_by_key(ToString::to_string);
    assert_eq!(targets, ["/all", "/stem"]);
    for _ in 0..3 {
        assert_eq!(served.settled()["state"], "delivered");
    }
    let logged = sandbox.deliveries();
    assert_eq!(logged.len(), 3);
    let first = sandbox.delivery(&logged[0]["id"]);
    assert_eq!(first["direction"], "sent");
    assert_eq!(first["delivery_id"], told["delivery_id"]);
    assert_eq!(first["body"], told["body"]);
    assert_eq!(first["attempts"][0]["response"]["status"], 200);
}

#[test]
fn what_fails_is_tried_again_on_the_webhooks_own_schedule() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 404, 503, 302, 200]);
    let served = serve(&sandbox, &["--speed", "100x"]);
    let numbers = ",\"maxRetries\":2,\"retryIntervalSeconds\":1";
    let own = hook(&served, &endpoint.url, numbers);
    let path = format!("{HOOKS}/{}/deliveries", own["id"].as_str().expect("an id"));
    happen(&served, "push");
    let told = served.told("delivery");
    assert_eq!(
        (&told["state"], &told["webhook"]),
        (&json!("retrying"), &json!(1))
    );
    assert!(told["next_attempt_at"].is_string(), "{told}");
    assert_eq!(served.told("delivery")["state"], "retrying");
    assert_eq!(served.told("delivery")["state"], "failed");
    let heard = [endpoint.next(), endpoint.next(), endpoint.next()];
    assert_eq!(heard[0].body, heard[2].body);
    for again in &heard[1..] {
        let id = "x-statly-delivery";
        assert_eq!(again.header(id), heard[0].header(id));
    }
    let (_, list) = served.ask("GET", &path, "");
    let first = &list["deliveries"][0];
    assert_eq!(
        (&first["status"], &first["attempt"]),
        (&json!("failed"), &json!(3))
    );
    assert_eq!(first["responseCode"], 503);
    let (_, hooks) = served.ask("GET", HOOKS, "");
    let counts = &hooks["webhooks"][0];
    assert_eq!(
        (&counts["deliveryCount"], &counts["failureCount"]),
        (&json!(1), &json!(1))
    );
    // Sent again it begins its schedule anew, and a redirect is no success.
    let id = first["id"].as_str().expect("an id");
    let (status, again) = served.ask("POST", &format!("{path}/{id}/redeliver"), "");
    assert_eq!((status, &again["status"]), (202, &json!("retrying")));
    let moved = served.told("delivery");
    assert_eq!(moved["attempts"][0]["response"]["status"], 302);
    assert_eq!(served.settled()["state"], "delivered");
    let logged = sandbox.delivery(&json!(1));
    let statuses: Vec<&Value> = logged["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|own| &own["response"]["status"])
        .collect();
    assert_eq!(statuses, [500, 404, 503, 302, 200]);
}

#[test]
fn a_final_answer_is_final_where_the_provider_says_so() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[500, 422]);
    let served = serve(&sandbox, &["--speed", "1000x"]);
    let body = json!({"url": endpoint.url, "events": ["push"], "active": true}).to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer your_token"),
    ];
    let path = "/v1/repos/123/webhooks";
    let created = served.ask_with("POST", path, &headers, &body);
    assert_eq!(created.status(), 201);
    let warning = created.header("warning").expect("a warning");
    assert!(warning.contains("planned"), "{warning}");
    assert_eq!(
        served.ask_with("POST", path, &headers[..1], &body).status(),
        401
    );
    let event = json!({"provider": "dits", "event": "push", "repository": "123"}).to_string();
    assert_eq!(served.ask("POST", "/events", &event).1["webhooks"], 1);
    assert_eq!(served.told("delivery")["state"], "retrying");
    assert_eq!(served.told("delivery")["state"], "failed");
}

#[test]
fn code_storage_gives_a_secret_once() {
    let (sandbox, receiver) = (Sandbox::new(), Sandbox::new());
    let served = serve(&sandbox, &[]);
    let headers = [
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer any"),
    ];
    let body = "{\"url\":\"http://localhost:1/\",\"events\":[\"repo.sync.*\"]}";
    let created = served.ask_with("POST", "/api/v1/webhooks", &headers, body);
    assert_eq!(created.status(), 201);
    let own: Value = serde_json::from_slice(&created.body).expect("JSON");
    let secret = own["secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 64);
    let listener = receiver.listen(&["-p", "code-storage", "--secret", secret]);
    let moved = sandbox.run(&["hooks", "update", "1", "--url", &listener.url]);
    assert!(!moved.ok().out().contains(secret));
    let event = "{\"provider\":\"code-storage\",\"event\":\"repo.sync.failed\"}";
    assert_eq!(served.ask("POST", "/events", event).1["webhooks"], 1);
    assert_eq!(listener.next()["verdict"], "valid");
}

#[test]
fn a_silent_endpoint_holds_no_other_up() {
    let sandbox = Sandbox::new();
    let silent = Endpoint::playing(vec![Answer::Silence; 64]);
    let receiver = Sandbox::new();
    let listener = receiver.listen(&[]);
    let served = serve(&sandbox, &[]);
    hook(&served, &silent.url, "");
    hook(&served, &listener.url, "");
    for _ in 0..60 {
        happen(&served, "push");
    }
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let told = listener.next();
        ids.insert(told["delivery_id"].to_string());
    }
    assert_eq!(ids.len(), 60);
    // The silent one has what it may have at once, and no more.
    assert_eq!(silent.next().header("x-statly-event"), Some("push"));
    let (_, hooks) = served.ask("GET", HOOKS, "");
    assert_eq!(hooks["webhooks"][0]["deliveryCount"], 0);
}

#[test]
fn a_new_server_goes_on_where_the_old_one_was() {
    let (sandbox, receiver) = (Sandbox::new(), Sandbox::new());
    let mut served = serve(&sandbox, &[]);
    // Nobody listens there yet.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("an address").port().to_string();
    drop(free);
    let url = format!("http://127.0.0.1:{port}/");
    hook(&served, &url, ",\"retryIntervalSeconds\":1");
    happen(&served, "push");
    let told = served.told("delivery");
    assert_eq!(told["state"], "retrying");
    served.process.kill();
    let words = ["listen", "--port", &port, "--format", "json"];
    let listener = Listener::start(receiver.hookcat(&words));
    assert_eq!(listener.next()["type"], "ready");
    let served = serve(&sandbox, &[]);
    assert_eq!(listener.next()["delivery_id"], told["delivery_id"]);
    assert_eq!(served.settled()["state"], "delivered");
    let second = sandbox.run(&["serve", "--port", "0"]);
    assert!(second.code(1).err().contains("another `hookcat serve`"));
    let output = served.process.interrupt();
    output.ok();
}

#[test]
fn events_of_before_the_server_are_sent_and_webhooks_of_after_them_get_none() {
    let (sandbox, receiver) = (Sandbox::new(), Sandbox::new());
    let listener = receiver.listen(&[]);
    let create = |path: &str| {
        let url = format!("{}{path}", listener.url);
        sandbox
            .run(&["hooks", "create", "statly", &url, "--repo", "org/app"])
            .ok();
    };
    create("/before");
    sandbox.run(&["hooks", "test", "1"]).ok();
    create("/after");
    let served = serve(&sandbox, &[]);
    let ping = listener.next();
    assert_eq!(
        (&ping["target"], &ping["event"]),
        (&json!("/before"), &json!("ping"))
    );
    let body: Value = serde_json::from_str(ping["body"].as_str().expect("text")).expect("JSON");
    assert_eq!(body["repository"]["fullName"], "org/app");
    sandbox
        .run(&["hooks", "update", "2", "--active", "false"])
        .ok();
    // What the command wrote is seen without a word to the server.
    assert_eq!(happen(&served, "push")["webhooks"], 1);
    assert_eq!(listener.next()["target"], "/before");
    sandbox
        .run(&["hooks", "update", "2", "--active", "true"])
        .ok();
    assert_eq!(happen(&served, "push")["webhooks"], 2);
    let targets = [listener.next(), listener.next()].map(|own| own["target"].clone());
    assert!(targets.contains(&json!("/after")), "{targets:?}");
}
