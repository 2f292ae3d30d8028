//! `send --tamper`: what is bad on purpose is found out, with the right reason.

use crate::harness::Sandbox;

#[test]
fn listen_says_the_right_reason() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["-p", "stripe", "--secret", "env:S"]);
    let url = format!("http://{}", listener.address());
    let send = |kinds: &[&str]| {
        let args = ["send", "stripe", "invoice.paid", "--secret", "env:S"];
        let to = ["--no-log", "--to", url.as_str()];
        let kinds: Vec<&str> = kinds.iter().flat_map(|own| ["--tamper", own]).collect();
        let output = sandbox.run(&[&args[..], &to, &kinds].concat());
        output.code(if kinds.is_empty() { 0 } else { 7 });
        listener.next()
    };
    assert_eq!(send(&[])["verdict"], "valid");
    for (kinds, reason) in [
        (&["body"][..], "mismatch"),
        (&["signature"], "mismatch"),
        (&["secret"], "mismatch"),
        (&["timestamp=-10m"], "stale"),
        (&["missing-header"], "missing-header"),
        (&["duplicate"], "repeated-header"),
        (&["reorder"], "mismatch"),
        (&["reencode"], "mismatch"),
        (&["timestamp=-10m", "body"], "mismatch"),
    ] {
        let delivery = send(kinds);
        assert_eq!(delivery["verdict"], "invalid", "{kinds:?}");
        assert_eq!(delivery["reason"], reason, "{kinds:?}: {delivery}");
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    let sandbox = Sandbox::new();
    let args = ["send", "github", "push", "--print", "http", "--tamper"];
    for (more, said) in [
        (
            &["timestamp=-10m", "--secret", "env:S"][..],
            "means nothing",
        ),
        (&["body"], "nothing is signed"),
        (&["nonsense", "--secret", "env:S"], "expected one of"),
        (&["body", "--count", "2"], "cannot be used with"),
    ] {
        let output = sandbox.run(&[&args[..], more].concat());
        output.code(2);
        assert!(output.err().contains(said), "{more:?}: {}", output.err());
    }
}
