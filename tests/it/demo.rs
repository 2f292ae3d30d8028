//! The first minute: `listen --demo` shows every kind of verdict, then keeps listening.

use crate::harness::Sandbox;
use crate::wire::post;

#[test]
fn the_first_minute_shows_every_verdict_and_goes_on() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--demo"]);
    let mut seen = Vec::new();
    for _ in 0..17 {
        let delivery = listener.next();
        let text = |key: &str| delivery[key].as_str().unwrap_or("none").to_owned();
        seen.push((text("provider"), text("verdict"), text("reason")));
    }
    for name in ["repo-file-sync", "cloudrepo"] {
        let verdict = ("unverifiable", "provider-does-not-sign");
        assert_eq!(
            seen.iter()
                .filter(|own| (own.1.as_str(), own.2.as_str()) == verdict && own.0 == name)
                .count(),
            1,
            "{seen:?}"
        );
    }
    let bad: Vec<(&str, &str)> = seen
        .iter()
        .filter(|own| own.1 == "invalid")
        .map(|own| (own.0.as_str(), own.2.as_str()))
        .collect();
    assert_eq!(
        bad,
        [
            ("statly", "mismatch"),
            ("code-storage", "stale"),
            ("github", "mismatch")
        ]
    );
    assert_eq!(
        seen.iter().filter(|own| own.1 == "valid").count(),
        12,
        "{seen:?}"
    );
    let answer = post(listener.address(), &[("X-Statly-Event", "push")], b"{}").expect("an answer");
    assert_eq!(answer.status(), 401);
}
