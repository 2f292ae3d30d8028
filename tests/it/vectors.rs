//! Every published vector of a provider in the catalogue gives its verdict.

use hookcat::core::assess::{Keyring, assess};
use hookcat::core::message::{Headers, Message};
use hookcat::core::scheme::Context;
use hookcat::core::secret::Secret;
use hookcat::providers::Catalog;
use jiff::Timestamp;
use serde_json::Value;

#[test]
fn give_their_verdicts() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../vectors/published.json")).expect("JSON");
    let catalog = Catalog::default();
    let mut run = 0;
    for vector in &vectors {
        let text = |key: &str| vector[key].as_str().unwrap_or_default();
        let Ok(provider) = catalog.get(text("provider")) else {
            continue;
        };
        let Some(scheme) = provider.scheme(text("scheme")) else {
            continue;
        };
        let headers: Headers = vector["headers"]
            .as_object()
            .expect("headers")
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("text")))
            .collect();
        let mut message = Message::post(headers, text("body").to_owned());
        if let Some(method) = vector["method"].as_str() {
            method.clone_into(&mut message.method);
        }
        let mut keyring = Keyring::default();
        for name in ["secret", "secret2"] {
            if !text(name).is_empty() {
                keyring.add(None, Secret::new(text(name)));
            }
        }
        if let Some(certificate) = vector["cert_pem"].as_str() {
            keyring.certify(certificate.as_bytes().to_vec());
        }
        let now = vector["timestamp_now"].as_i64().expect("seconds");
        let context = Context {
            now: Timestamp::from_second(now).expect("in range"),
            url: vector["url"].as_str(),
            tolerance: None,
            key_id: vector["key_id"].as_str(),
        };
        let found = assess(
            &message,
            &[provider],
            true,
            Some(&scheme.name),
            &keyring,
            &context,
        );
        assert_eq!(
            found.verdict.is_valid(),
            vector["valid"].as_bool().expect("a verdict"),
            "{} {}: {}: {:?}",
            provider.id,
            scheme.name,
            text("why"),
            found.verdict
        );
        run += 1;
    }
    assert!(run >= 60, "only {run} vectors ran");
}
