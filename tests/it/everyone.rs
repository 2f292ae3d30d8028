//! One `listen` that knows a secret of every provider: who sent what is told from the delivery alone.

use serde_json::Value;

use crate::harness::Sandbox;

/// A provider with an event, and the secrets of both sides.
struct Sender {
    id: String,
    event: String,
    signs: Option<String>,
    verifies: Option<String>,
}

fn senders(sandbox: &Sandbox) -> Vec<Sender> {
    let listed = sandbox.run(&["providers", "list", "--format", "json"]);
    let listed = listed.ok().json_lines();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    listed
        .iter()
        .filter_map(|provider| {
            let id = text(&provider["id"])?;
            let shown = sandbox.run(&["providers", "show", &id, "--format", "json"]);
            let shown = shown.ok().json_lines().remove(0);
            let event = text(&shown["events"][0]["name"])?;
            let made = sandbox.run(&["keys", "new", &id, "--format", "json"]);
            let key = match made.code {
                0 => made.json_lines().remove(0),
                // Unsigned, or signed with a certificate: that is no secret made here.
                _ => Value::Null,
            };
            let shared = text(&key["secret"]);
            Some(Sender {
                signs: text(&key["private"]).or_else(|| shared.clone()),
                verifies: text(&key["public"]).or(shared),
                id,
                event,
            })
        })
        .collect()
}

#[test]
fn is_told_apart() {
    let sandbox = Sandbox::new();
    let senders = senders(&sandbox);
    let mut args: Vec<String> = ["--tolerance", "0", "--key-id", "key_1"]
        .map(str::to_owned)
        .into();
    for sender in &senders {
        if let Some(secret) = &sender.verifies {
            args.extend(["--secret".to_owned(), format!("{}={secret}", sender.id)]);
        }
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let listener = sandbox.listen(&args);
    let mut wrong = Vec::new();
    for sender in &senders {
        let mut args = vec![
            "send",
            &sender.id,
            &sender.event,
            "--to",
            &listener.url,
            "--no-log",
            "--key-id",
            "key_1",
        ];
        if let Some(secret) = &sender.signs {
            args.extend(["--secret", secret]);
        }
        let output = sandbox.run(&args);
        if output.code == 2 {
            wrong.push(format!("{} {}: {}", sender.id, sender.event, output.err()));
            continue;
        }
        let delivery = listener.next();
        let verdict = match sender.verifies {
            Some(_) => "valid",
            None => "unverifiable",
        };
        if delivery["provider"] != sender.id.as_str() || delivery["verdict"] != verdict {
            wrong.push(format!(
                "{} {}: {} {} {}",
                sender.id,
                sender.event,
                delivery["provider"],
                delivery["verdict"],
                delivery["detail"]
            ));
        }
    }
    assert!(senders.len() >= 70, "only {} senders", senders.len());
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        senders.len(),
        wrong.join("\n")
    );
}
