//! Completions, asked for by a real shell.

use crate::harness::Sandbox;

/// What bash offers for the last word of a line.
fn offered(sandbox: &Sandbox, words: &str) -> Vec<String> {
    let line = format!(
        r#"bash -c 'source <(hookcat completions bash)
            COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9
            _clap_complete_hookcat hookcat "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
            printf "%s\n" "${{COMPREPLY[@]}}"'"#
    );
    let output = sandbox.shell(&line);
    assert_eq!(output.ok().err(), "");
    output.out().lines().map(str::to_owned).collect()
}

#[test]
fn names_are_offered_where_they_may_stand() {
    let sandbox = Sandbox::new();
    sandbox.write(".hookcat/templates/big-push.http", "POST / HTTP/1.1\n\n{}");
    sandbox.write(".hookcat/templates/bad\u{1b}[2J.http", "");
    sandbox.write("hookcat.toml", "[profiles.local]\nprovider = 'github'\n");
    for (words, wanted) in [
        ("hookcat sen", &["send"][..]),
        ("hookcat send git", &["gitea", "github", "gitlab"]),
        ("hookcat send github pus", &["push"]),
        // An event that a template is beside.
        ("hookcat send github b", &["big-push"]),
        ("hookcat send slack han", &["handshake"]),
        ("hookcat send github han", &[]),
        ("hookcat emit statly cre", &["create"]),
        ("hookcat log list -p dits --event push.f", &["push.force"]),
        ("hookcat listen -p statl", &["statly"]),
        ("hookcat template show bi", &["big-push"]),
        ("hookcat --profile lo", &["local"]),
        ("hookcat send github push --conc", &["--concurrency"]),
    ] {
        let mut offered = offered(&sandbox, words);
        offered.retain(|own| !own.is_empty());
        assert_eq!(offered, wanted, "{words}");
    }
}

#[test]
fn what_cannot_be_read_says_nothing_in_the_middle_of_a_line() {
    let sandbox = Sandbox::new();
    sandbox.write("hookcat.toml", "no toml [");
    assert_eq!(offered(&sandbox, "hookcat send stat"), ["statly"]);
    assert_eq!(offered(&sandbox, "hookcat --profile x"), [""]);
}
