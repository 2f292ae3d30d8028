//! `serve` killed at any moment: every event is delivered, or failed after its whole schedule.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{PATIENCE, Sandbox};
use crate::serving::{Served, serve};

const HOOKS: &str = "/api/v1/code/repos/org/app/webhooks";
/// Events; each also goes to an endpoint of its own half.
const EVENTS: usize = 120;
/// Retries after the first attempt.
const RETRIES: usize = 3;

/// Every delivery to a webhook, by id.
fn deliveries(served: &Served, webhook: &str) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let mut query = "?limit=100".to_owned();
    loop {
        let path = format!("{HOOKS}/{webhook}/deliveries{query}");
        let (status, page) = served.ask("GET", &path, "");
        assert_eq!(status, 200, "{page}");
        for own in page["deliveries"].as_array().expect("a list") {
            all.insert(own["id"].as_str().expect("an id").to_owned(), own.clone());
        }
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("?limit=100&cursor={cursor}"),
            None => return all,
        }
    }
}

#[test]
fn nothing_is_lost_whenever_it_is_killed() {
    let (sandbox, receiver) = (Sandbox::new(), Sandbox::new());
    let listener = receiver.listen(&["--fail-rate", "0.5", "--seed", "1"]);
    let mut served = serve(&sandbox, &["--speed", "100x"]);
    let hook = json!({
        "url": listener.url, "events": ["push"], "maxRetries": RETRIES, "retryIntervalSeconds": 1,
    });
    let (status, hook) = served.ask("POST", HOOKS, &hook.to_string());
    assert_eq!(status, 201, "{hook}");
    let event = json!({"provider": "statly", "event": "push", "repository": "org/app"}).to_string();
    for _ in 0..EVENTS {
        assert_eq!(served.ask("POST", "/events", &event).0, 202);
    }
    // While the first are sent, while most are under way, and soon after a start.
    for heard in [5, 60, 20] {
        for _ in 0..heard {
            listener.next();
        }
        served.process.kill();
        served = serve(&sandbox, &["--speed", "100x"]);
    }
    let began = Instant::now();
    let webhook = hook["id"].as_str().expect("an id");
    let settled = loop {
        let all = deliveries(&served, webhook);
        let open = all.values().filter(|own| {
            let status = own["status"].as_str();
            !matches!(status, Some("success" | "failed"))
        });
        if all.len() == EVENTS && open.count() == 0 {
            break all;
        }
        assert!(began.elapsed() < PATIENCE, "{} of {EVENTS}", all.len());
    };
    // What the receiver answered to each.
    let mut heard: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for own in receiver.deliveries() {
        let id = own["delivery_id"].as_str().expect("an id").to_owned();
        let status = own["response"]["status"].as_u64().expect("a status");
        heard.entry(id).or_default().push(status);
    }
    assert_eq!(
        heard.len(),
        EVENTS,
        "each event has one id, whatever happened"
    );
    let mut failed = 0;
    for (id, own) in &settled {
        let answers = &heard[id];
        if own["status"] == "success" {
            assert!(answers.contains(&200), "{id}: {answers:?}");
        } else {
            failed += 1;
            assert!(answers.len() > RETRIES, "{id}: {answers:?}");
        }
    }
    // A chance of 1 in 16 each.
    assert!(failed < EVENTS / 4, "{failed}");
}
