//! `hookcat emit --from-git`: a real repository's pushes, through the printed hook and without it.

use std::fs;

use serde_json::{Value, json};

use crate::git::{LOG, Place, Queued, queued};
use crate::harness::{Listener, Output, Sandbox, finish};

#[track_caller]
fn one<'a>(found: &'a [Queued], provider: &str, event: &str) -> &'a Value {
    let mut own = found.iter().filter(|own| own.is(provider, event));
    let payload = &own
        .next()
        .unwrap_or_else(|| panic!("no {provider} {event}"))
        .payload;
    assert!(own.next().is_none(), "{provider} {event} twice");
    payload
}

fn names(found: &[Queued]) -> Vec<String> {
    found
        .iter()
        .map(|own| format!("{} {}", own.provider, own.event))
        .collect()
}

#[test]
fn a_real_push_through_the_printed_hook_is_told_with_its_refs_and_shas() {
    let mut place = Place::new();
    let first = place.commit("Add new feature\n\n<b> & \"quotes\"");
    let second = place.commit("Gr\u{fc}n");
    let found = place.push(&["main", "main:old"]);
    assert!(found.iter().all(|own| own.scope == "my-org/my-app"));
    // Both branches bring the same commits, which nobody had.
    let wanted = [
        "code-storage push",
        "dits branch.created",
        "dits push",
        "statly create",
        "statly push",
    ];
    let mut told = names(&found[..found.len() / 2]);
    told.sort();
    assert_eq!(told, wanted);
    let push = &found
        .iter()
        .find(|own| own.is("statly", "push"))
        .expect("a push")
        .payload;
    assert_eq!(push["ref"], "refs/heads/main");
    assert_eq!(push["before"], "0".repeat(40));
    assert_eq!(push["after"], second);
    assert_eq!(push["commits"][0]["sha"], first);
    assert_eq!(
        push["commits"][0]["message"],
        "Add new feature\n\n<b> & \"quotes\""
    );
    assert_eq!(push["commits"][1]["message"], "Gr\u{fc}n");
    assert_eq!(push["commits"][1]["author"]["name"], "Ada Lovelace");
    assert_eq!(push["sender"]["email"], "grace@example.com");
    assert_eq!(push["repository"]["fullName"], "my-org/my-app");

    // A force push.
    place.git(&["-C", "copy", "reset", "-q", "--hard", &first]);
    let third = place.commit("Another way");
    let found = place.push(&["+main"]);
    assert_eq!(
        names(&found),
        ["code-storage push", "dits push.force", "statly push"]
    );
    let forced = one(&found, "dits", "push.force");
    assert_eq!(forced["ref"], "refs/heads/main");
    assert_eq!(
        (&forced["before"], &forced["after"]),
        (&json!(second), &json!(third))
    );
    assert_eq!(
        (&forced["forced"], &forced["head_commit"]["id"]),
        (&json!(true), &json!(third))
    );
    assert_eq!(forced["commits"].as_array().map(Vec::len), Some(1));
    let push = one(&found, "statly", "push");
    assert_eq!(
        (&push["before"], &push["after"]),
        (&json!(second), &json!(third))
    );
    let storage = one(&found, "code-storage", "push");
    assert_eq!(
        (&storage["ref"], &storage["after"]),
        (&json!("main"), &json!(third))
    );

    // A tag that is an object of its own.
    place.git(&["-C", "copy", "tag", "-a", "-m", "released", "v1"]);
    let tag = place.git(&["-C", "copy", "rev-parse", "v1"]);
    let found = place.push(&["v1"]);
    assert_eq!(
        names(&found),
        ["dits push.tag", "dits tag.created", "statly create"]
    );
    let own = one(&found, "dits", "push.tag");
    assert_eq!(own["tag"], json!({ "name": "v1", "sha": tag }));
    assert_eq!(own["head_commit"]["id"], third);
    let create = one(&found, "statly", "create");
    assert_eq!(
        (&create["ref"], &create["refType"]),
        (&json!("refs/tags/v1"), &json!("tag"))
    );
    assert_eq!(create["sha"], tag);

    // A branch that goes, with its last commit.
    let found = place.push(&[":old"]);
    assert_eq!(names(&found), ["dits branch.deleted", "statly delete"]);
    let own = one(&found, "dits", "branch.deleted");
    assert_eq!(own["branch"], json!({ "name": "old", "sha": second }));
    let delete = one(&found, "statly", "delete");
    assert_eq!(
        (&delete["ref"], &delete["sha"]),
        (&json!("refs/heads/old"), &json!(second))
    );
    assert_eq!(delete["refType"], "branch");

    // It goes on as it should, with a commit and a branch that brings none.
    place.commit("Fourth");
    let found = place.push(&["main"]);
    assert_eq!(
        names(&found),
        ["code-storage push", "dits push", "statly push"]
    );
    let found = place.push(&["main:same"]);
    assert_eq!(names(&found), ["dits branch.created", "statly create"]);
}

#[test]
fn a_push_reaches_the_webhooks_signed() {
    let mut place = Place::new();
    let receiver = Sandbox::new();
    let listener = receiver.listen(&["--secret", "dits=env:S", "--secret", "statly=env:S"]);
    let log = place.sandbox.path(LOG);
    let log = ["--log", log.to_str().expect("text")];
    let server = [&log[..], &["serve", "--port", "0", "--format", "json"]].concat();
    let server = Listener::start(place.sandbox.hookcat(&server));
    assert_eq!(server.next()["type"], "ready");
    for (provider, events) in [
        ("dits", "push.*,branch.deleted"),
        ("statly", "push,create,delete"),
    ] {
        let create = [
            "hooks",
            "create",
            provider,
            &listener.url,
            "--secret",
            "env:S",
        ];
        let create = [&log[..], &create, &["--repo", "my-org", "--events", events]].concat();
        place.sandbox.run(&create).ok();
    }
    let first = place.commit("One");
    // What came of a push: of each provider, each event with its payload.
    let came = |place: &mut Place, refs: &[&str], wanted: &[&str]| -> Vec<Value> {
        place.push(refs);
        let mut came: Vec<Value> = wanted.iter().map(|_| listener.next()).collect();
        let name = |own: &Value| {
            let text = |key: &str| own[key].as_str().expect("text").to_owned();
            assert_eq!(text("verdict"), "valid", "{own}");
            format!("{} {}", text("provider"), text("event"))
        };
        came.sort_by_key(name);
        assert_eq!(came.iter().map(name).collect::<Vec<_>>(), wanted);
        let body = |own: &Value| own["body"].as_str().expect("text").to_owned();
        came.iter()
            .map(|own| serde_json::from_str(&body(own)).expect("JSON"))
            .collect()
    };
    let told = came(
        &mut place,
        &["main", "main:old"],
        &[
            "statly create",
            "statly create",
            "statly push",
            "statly push",
        ],
    );
    assert_eq!(told[3]["after"], first);
    place.git(&[
        "-C",
        "copy",
        "commit",
        "-q",
        "--amend",
        "--allow-empty",
        "-m",
        "Again",
    ]);
    let second = place.git(&["-C", "copy", "rev-parse", "HEAD"]);
    let told = came(&mut place, &["+main"], &["dits push.force", "statly push"]);
    assert_eq!(
        (&told[0]["before"], &told[0]["after"]),
        (&json!(first), &json!(second))
    );
    assert_eq!(
        (&told[1]["before"], &told[1]["after"]),
        (&json!(first), &json!(second))
    );
    place.git(&["-C", "copy", "tag", "v1"]);
    let told = came(&mut place, &["v1"], &["dits push.tag", "statly create"]);
    assert_eq!(told[0]["tag"], json!({ "name": "v1", "sha": second }));
    assert_eq!(
        (&told[1]["ref"], &told[1]["sha"]),
        (&json!("refs/tags/v1"), &json!(second))
    );
    let told = came(
        &mut place,
        &[":old"],
        &["dits branch.deleted", "statly delete"],
    );
    assert_eq!(told[0]["branch"], json!({ "name": "old", "sha": first }));
    assert_eq!(
        (&told[1]["ref"], &told[1]["sha"]),
        (&json!("refs/heads/old"), &json!(first))
    );
}

#[test]
fn what_changed_since_the_last_time_is_told() {
    let place = Place::new();
    fs::remove_file(place.sandbox.path("server.git/hooks/post-receive")).expect("removes");
    place.commit("One");
    place.git(&["-C", "copy", "push", "-q", "../server.git", "main"]);
    let compare = |place: &Place| {
        let args = [
            "emit",
            "dits",
            "--from-git",
            "server.git",
            "--compare",
            "--format",
            "json",
        ];
        place.sandbox.run(&args)
    };
    let output = compare(&place);
    assert!(
        output.ok().err().contains("the refs are remembered"),
        "{}",
        output.err()
    );
    assert!(compare(&place).ok().stdout.is_empty());
    let second = place.commit("Two");
    place.git(&[
        "-C",
        "copy",
        "push",
        "-q",
        "../server.git",
        "main",
        "main:new",
    ]);
    let told = compare(&place).ok().json_lines();
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|own| {
            (
                own["event"].as_str().expect("text"),
                own["ref"].as_str().expect("text"),
            )
        })
        .collect();
    // The second ref brings the same commit, which no ref had before.
    let main = ("push", "refs/heads/main");
    assert_eq!(
        told,
        [
            main,
            ("branch.created", "refs/heads/new"),
            ("push", "refs/heads/new")
        ]
    );
    let events = queued(&place.sandbox.log(), 0);
    assert_eq!(events[0].payload["head_commit"]["id"], second);
    assert_eq!(events[0].scope, "work/server", "the last two folders");
    assert!(compare(&place).ok().stdout.is_empty());
}

#[test]
fn another_repository_than_the_hooks_own_can_be_named() {
    let place = Place::new();
    place.commit("One");
    place.git(&["-C", "copy", "push", "-q", "../server.git", "main"]);
    let tip = place.git(&["-C", "copy", "rev-parse", "HEAD"]);
    place.git(&["init", "-q", "--bare", "other.git"]);
    let line = format!("{} {tip} refs/heads/main\n", "0".repeat(40));
    let run = |args: &[&str]| {
        let mut command = place.sandbox.hookcat(&[&["emit", "statly"], args].concat());
        command.env("GIT_DIR", place.sandbox.path("other.git"));
        finish(command, line.as_bytes())
    };
    let named = run(&["--from-git", "server.git", "--format", "json"]);
    let named = named.ok().json_lines();
    assert_eq!(named.len(), 2, "{named:?}");
    assert_eq!(named[1]["payload"]["commits"][0]["sha"], tip);
    // Without a name it is what the environment says, which has no such commit.
    let own = run(&["--from-git"]);
    let said = format!("the repository has no such commit: `{tip}`");
    assert!(own.code(2).err().contains(&said), "{}", own.err());
}

#[test]
fn what_cannot_be_says_what_helps() {
    let place = Place::new();
    let run = |args: &[&str], input: &[u8]| -> Output {
        place.sandbox.run_with(&[&["emit"], args].concat(), input)
    };
    for (args, input, said, helps) in [
        (
            &["statly", "nosuch"][..],
            "",
            "unknown event of `statly`: `nosuch`",
            "hookcat providers show",
        ),
        (
            &["statly", "push", "--repo", "a b"],
            "",
            "not a repository",
            "",
        ),
        (
            &["statly", "push", "--data", "-"],
            "no JSON",
            "body is not JSON",
            "",
        ),
        (
            &["stripe", "--from-git", "server.git"],
            "",
            "no event of `stripe` comes from git",
            "dits",
        ),
        (
            &["--from-git", "copy/nosuch"],
            "",
            "not a git repository: `copy/nosuch`",
            "--from-git=PATH",
        ),
        (
            &["--from-git", "server.git"],
            "main\n",
            "line 1 of stdin is none of a push",
            "",
        ),
        (
            &["--from-git", "server.git", "--sender", "me"],
            "",
            "expected a person",
            "",
        ),
        (&["--compare"], "", "--from-git", ""),
        (
            &["statly", "push", "--from-git"],
            "",
            "cannot be used with",
            "",
        ),
        (&["statly"], "", "<EVENT>", ""),
    ] {
        let output = run(args, input.as_bytes());
        assert_eq!(output.code, 2, "{args:?}: {}", output.err());
        assert!(output.err().contains(said), "{args:?}: {}", output.err());
        assert!(output.err().contains(helps), "{args:?}: {}", output.err());
    }
    let mut command = place.sandbox.hookcat(&["emit", "--from-git", "server.git"]);
    command.env("PATH", place.sandbox.root());
    let output = finish(command, b"");
    assert_eq!(output.code, 1);
    assert!(
        output.err().contains("cannot run `git`"),
        "{}",
        output.err()
    );
    // Refs that are neither are left out, and nothing is told of a tag that only Dits knows of.
    let (a, b) = ("a".repeat(40), "b".repeat(40));
    let lines = format!("{a} {b} refs/notes/commits\n{a} {b} refs/tags/\u{202e}\n");
    let output = run(&["statly", "--from-git", "server.git"], lines.as_bytes());
    assert!(output.ok().stdout.is_empty(), "{}", output.out());
    assert!(
        output.err().contains("left out: `refs/notes/commits`"),
        "{}",
        output.err()
    );
    assert!(
        output.err().contains("tag moved: `refs/tags/\\u{202e}`"),
        "{}",
        output.err()
    );
}
