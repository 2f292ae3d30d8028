//! Every vector of a provider in the catalogue gives its verdict.

use hookcat::core::vector::Vector;
use hookcat::providers::Catalog;

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../vectors/published.json")).expect("vectors")
}

#[test]
fn give_their_verdicts() {
    let catalog = Catalog::default();
    let mut failed = Vec::new();
    for vector in vectors() {
        let wrong = match catalog.get(&vector.provider) {
            Err(error) => error.to_string(),
            Ok(provider) => match vector.run(provider) {
                Err(error) => error,
                Ok(found) if found.verdict.is_valid() == vector.valid => continue,
                Ok(found) => format!("{:?}", found.verdict),
            },
        };
        failed.push(format!(
            "{} {} ({}): {wrong}",
            vector.provider, vector.scheme, vector.why
        ));
    }
    assert!(
        failed.is_empty(),
        "{} fail:\n{}",
        failed.len(),
        failed.join("\n")
    );
}
