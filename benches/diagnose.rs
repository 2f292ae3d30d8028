//! What a diagnosis costs where it finds nothing, which is the most it can cost. Not a test: it prints
//! and judges nothing.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::Instant;

use hookcat::core::assess::{Keyring, assess};
use hookcat::core::diagnose::{Subject, diagnose};
use hookcat::core::message::{Headers, Message};
use hookcat::core::scheme::Context;
use hookcat::core::secret::Secret;
use hookcat::providers::Catalog;
use jiff::Timestamp;

/// A JSON body that every way of writing changes, of about so many bytes.
fn body(size: usize) -> String {
    let item = r#"{ "id": 12345.0, "url": "https://example.com/a?b=1&c=2", "name": "café <x>", "tags": ["a", "b"] }"#;
    let count = size / (item.len() + 1);
    format!("[{}]\n", vec![item; count.max(1)].join(","))
}

/// The best of some runs in milliseconds: other work on the machine only adds to it.
fn best<T>(run: &dyn Fn() -> T) -> (f64, T) {
    let mut least = f64::INFINITY;
    let mut made = run();
    for _ in 0..20 {
        let start = Instant::now();
        made = run();
        least = least.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (least, made)
}

fn main() {
    let catalog = Catalog::default();
    let context = Context {
        now: Timestamp::from_second(1_700_000_000).unwrap_or_default(),
        url: None,
        tolerance: None,
        max_age: None,
        key_id: None,
    };
    let mut keyring = Keyring::default();
    keyring.add(None, Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"));
    let others = catalog.all();
    let digest = "5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd";
    println!("| provider | body | changes tried | all | ms to verify | ms to diagnose |");
    println!("|---|---|---|---|---|---|");
    for (id, name, value) in [
        ("github", "X-Hub-Signature-256", format!("sha256={digest}")),
        (
            "stripe",
            "Stripe-Signature",
            format!("t=1700000000,v1={digest}"),
        ),
    ] {
        let Ok(provider) = catalog.get(id) else {
            continue;
        };
        for size in [1 << 10, 100 << 10, 1 << 20, 10 << 20] {
            let headers: Headers = [(name, value.as_str())].into_iter().collect();
            let message = Message::post(headers, body(size));
            let found = assess(&message, &[provider], true, None, &keyring, &context);
            let subject = Subject {
                message: &message,
                provider,
                scheme: found.scheme.as_deref(),
                keyring: &keyring,
                context: &context,
                others: &others,
                neighbours: &[],
            };
            let verify = || assess(&message, &[provider], true, None, &keyring, &context);
            let (once, _) = best(&verify);
            let (whole, diagnosis) = best(&|| diagnose(&subject, &found.verdict));
            let all = if diagnosis.complete { "yes" } else { "no" };
            let (size, tried) = (message.body.len(), diagnosis.tried);
            println!("| {id} | {size} | {tried} | {all} | {once:.2} | {whole:.2} |");
        }
    }
}
