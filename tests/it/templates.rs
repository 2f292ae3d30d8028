//! Templates: bodies that are filled in, and deliveries that become some.

use serde_json::{Value, json};

use crate::harness::{NOW, Sandbox};

/// The request that `send` would make.
fn made(sandbox: &Sandbox, args: &[&str]) -> Value {
    let mut all = vec!["send"];
    all.extend(args);
    all.extend([
        "--print", "json", "--secret", "env:S", "--now", NOW, "--seed", "7",
    ]);
    sandbox.run(&all).ok().json_lines().remove(0)
}

fn body(request: &Value) -> Value {
    serde_json::from_str(request["body"].as_str().expect("a body")).expect("JSON")
}

#[test]
fn a_file_is_filled_in_and_its_bytes_are_sent() {
    let sandbox = Sandbox::new();
    let template = "{ \"n\": {{ seq() }}, \"m\": {{ seq() }},\n  \"at\": \"{{ now(-60) }}\", \
        \"id\": \"{{ delivery_id }}\", \"who\": \"{{ name() }} <{{ email() }}>\", \"sha\": \"{{ sha() }}\",\r\n  \
        \"env\": \"{{ env('S') | length }}\" }\n\n";
    sandbox.write("a.json", template);
    let args = ["statly", "push", "--template", "a.json"];
    let request = made(&sandbox, &args);
    let text = request["body"].as_str().expect("text");
    assert!(
        text.starts_with("{ \"n\": 1, \"m\": 2,\n  \"at\": \"2023-11-14T22:12:20Z\", "),
        "{text}"
    );
    assert!(
        text.contains(",\r\n  \"env\": ") && text.ends_with(" }\n\n"),
        "{text:?}"
    );
    assert!(
        body(&request)["who"]
            .as_str()
            .is_some_and(|own| own.ends_with("@example.com>"))
    );
    assert_eq!(made(&sandbox, &args), request, "a seed repeats");
    // What is signed is what is sent.
    sandbox
        .shell(
            "hookcat send statly push --template a.json --secret env:S --print http \
         | hookcat verify --secret env:S",
        )
        .ok();
    let edited = made(
        &sandbox,
        &["statly", "push", "--template", "a.json", "--set", "n=x"],
    );
    assert_eq!(body(&edited)["n"], "x");

    sandbox.write("b.json", "{{ env('NO_SUCH_VARIABLE') }}");
    let refused = sandbox.run(&["send", "statly", "push", "--template", "b.json"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .err()
            .contains("template cannot be filled in: `b.json`"),
        "{}",
        refused.err()
    );
}

#[test]
fn values_are_set_as_json() {
    let sandbox = Sandbox::new();
    let args = [
        "statly",
        "push",
        "--set-json",
        "a=[1, {\"b\": null}]",
        "--set-json",
        "c=\"1\"",
    ];
    let own = body(&made(&sandbox, &args));
    assert_eq!(
        (&own["a"], &own["c"]),
        (&json!([1, {"b": null}]), &json!("1"))
    );
    let refused = sandbox.run(&["send", "statly", "push", "--set-json", "a=main"]);
    refused.code(2);
    assert!(
        refused
            .err()
            .contains("not JSON, a text stands in quotes: `main`"),
        "{}",
        refused.err()
    );
}

#[test]
fn every_content_type_is_signed_as_it_is_sent() {
    let sandbox = Sandbox::new();
    sandbox.write("a.xml", "<a>{{ x }}</a>\n");
    let listener = sandbox.listen(&["--secret", "github=env:S"]);
    let form = "application/x-www-form-urlencoded";
    for (args, content_type, starts) in [
        (
            &["--data", "a.xml"][..],
            "application/xml",
            "<a>{{ x }}</a>\n",
        ),
        (
            &["--content-type", "payload", "--set", "zen=a b"],
            form,
            "payload=%7B%22zen%22%3A%22a+b%22%2C",
        ),
        (
            &["--content-type", "form", "--set", "zen=a b"],
            form,
            "zen=a+b&",
        ),
        (
            &["--content-type", "raw", "--data", "a.xml"],
            "application/octet-stream",
            "<a>",
        ),
        (
            &["--content-type", "text/csv", "--data", "a.xml"],
            "text/csv",
            "<a>",
        ),
        (&[], "application/json", "{\"zen\":"),
    ] {
        let mut send = vec!["send", "github", "ping", "--secret", "env:S", "--no-log"];
        send.extend(["--to", &listener.url]);
        send.extend(args);
        sandbox.run(&send).ok();
        let found = listener.next();
        assert_eq!(found["verdict"], "valid", "{args:?}");
        let text = found["body"].as_str().expect("text");
        assert!(text.starts_with(starts), "{args:?}: {text}");
        let headers = found["headers"].as_array().expect("headers");
        let own = headers
            .iter()
            .find(|own| own[0] == "content-type" || own[0] == "Content-Type");
        assert_eq!(own.expect("a header")[1], content_type, "{args:?}");
    }
    let refused = sandbox.run(&["send", "github", "ping", "--content-type", "yaml"]);
    assert!(
        refused.code(2).err().contains("not a content type: `yaml`"),
        "{}",
        refused.err()
    );
}

#[test]
fn a_delivery_becomes_a_template_of_the_project() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "github=env:S"]);
    sandbox.write(
        "body.json",
        "{\n  \"action\": \"opened\", \"sender\": {\"login\": \"monalisa\", \"email\": \"mona@corp.io\"},\n  \
         \"text\": \"{{ no }}\"\n}",
    );
    let to = format!("{}/hooks?x=1", listener.url);
    let send = [
        "send",
        "github",
        "issues.opened",
        "--data",
        "body.json",
        "--secret",
        "env:S",
    ];
    let more = ["--to", &to, "--id", "0b989ba4-242f-11e5", "-H", "X-Own: 1"];
    sandbox.run(&[&send[..], &more].concat()).ok();
    listener.next();
    let saved = sandbox.run(&["template", "save", "1", "big-issue"]);
    assert!(
        saved.ok().err().contains("masked body `sender.email`"),
        "{}",
        saved.err()
    );
    let file = std::fs::read_to_string(sandbox.path(".hookcat/templates/big-issue.http"));
    let file = file.expect("reads");
    assert!(
        file.starts_with("# hookcat template: github issues"),
        "{file}"
    );
    assert!(
        !file.contains("mona") && !file.contains("sha256="),
        "{file}"
    );
    let outside = sandbox.run(&["template", "save", "1", "../a"]);
    let wanted = "not a name of a template: `../a`";
    assert!(outside.code(2).err().contains(wanted), "{}", outside.err());
    let again = sandbox.run(&["template", "save", "1", "big-issue"]);
    assert!(again.code(2).err().contains("--force"), "{}", again.err());

    let listed = sandbox
        .run(&["template", "list", "--format", "json"])
        .ok()
        .json_lines();
    assert_eq!(
        (&listed[0]["name"], &listed[0]["provider"]),
        (&json!("big-issue"), &json!("github"))
    );
    assert_eq!(
        sandbox.run(&["template", "show", "big-issue"]).ok().out(),
        file
    );
    assert!(
        sandbox
            .run(&["template", "list"])
            .ok()
            .out()
            .contains("big-issue")
    );

    // By its name alone, to an endpoint without a path: path, query and headers are its own.
    sandbox
        .run(&[
            "send",
            "github",
            "big-issue",
            "--secret",
            "env:S",
            "--to",
            &listener.url,
        ])
        .ok();
    let found = listener.next();
    assert_eq!(found["verdict"], "valid");
    assert_eq!(found["target"], "/hooks?x=1");
    let text = found["body"].as_str().expect("text");
    let wanted = "{\n  \"action\": \"opened\", \"sender\": {\"login\": \"user1\", \
        \"email\": \"person1@example.com\"},\n  \"text\": \"{{ no }}\"\n}";
    assert_eq!(text, wanted);
    let headers = found["headers"].to_string();
    assert!(
        headers.to_lowercase().contains("[\"x-own\",\"1\"]"),
        "{headers}"
    );
}

#[test]
fn a_project_s_template_reads_no_environment() {
    let sandbox = Sandbox::new();
    // A project may be somebody else's.
    sandbox.write(
        ".hookcat/templates/evil.http",
        "# hookcat template: github push\nPOST / HTTP/1.1\n\n{\"a\": \"{{ env('S') }}\"}",
    );
    let refused = sandbox.run(&["send", "github", "evil", "--secret", "env:S"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err().contains("a project may be somebody else's"),
        "{}",
        refused.err()
    );
    for (args, wanted) in [
        (
            &["template", "show", "none"][..],
            "no template has this name: `none`",
        ),
        (
            &["send", "github", "push", "--template", "none"],
            "no file and no template",
        ),
    ] {
        let refused = sandbox.run(args);
        assert!(refused.err().contains(wanted), "{}", refused.err());
        assert_ne!(refused.code, 0);
    }
}
