//! Flag, environment variable, project file, user file, default: the nearer one wins.

use std::process::Command;

use crate::harness::{Sandbox, finish};
use crate::wire::post;

/// The URL that `send` would send to.
fn target(sandbox: &Sandbox, more: &[&str], set: impl Fn(&mut Command)) -> String {
    let args = ["send", "dits", "push", "--print", "json"];
    let mut command = sandbox.hookcat(&[args.as_slice(), more].concat());
    set(&mut command);
    let output = finish(command, b"");
    let request = output.ok().json_lines().remove(0);
    request["url"].as_str().expect("a URL").to_owned()
}

#[test]
fn of_the_endpoint() {
    let sandbox = Sandbox::new();
    let none = |_: &mut Command| {};
    let variable = |command: &mut Command| {
        command.env("HOOKCAT_TO", "http://variable/");
    };
    assert_eq!(target(&sandbox, &[], none), "http://127.0.0.1:4400/");
    sandbox.write_config("hookcat.toml", "[listen]\nport = 4999\n");
    assert_eq!(target(&sandbox, &[], none), "http://127.0.0.1:4999/");
    sandbox.write_config("hookcat.toml", "to = \"http://user/\"\n");
    assert_eq!(target(&sandbox, &[], none), "http://user/");
    sandbox.write("hookcat.toml", "to = \"http://project/\"\n");
    assert_eq!(target(&sandbox, &[], none), "http://project/");
    assert_eq!(target(&sandbox, &[], variable), "http://variable/");
    let flag = ["--to", "http://flag/"];
    assert_eq!(target(&sandbox, &flag, variable), "http://flag/");
}

#[test]
fn of_the_project_file_that_is_nearest() {
    let sandbox = Sandbox::new();
    sandbox.write("hookcat.toml", "to = \"http://far/\"\n");
    sandbox.write("a/hookcat.toml", "to = \"http://near/\"\n");
    sandbox.write("a/b/c/here", "");
    let within = |folder: &str| {
        let folder = sandbox.path(folder);
        target(&sandbox, &[], |command| {
            command.current_dir(&folder);
        })
    };
    assert_eq!(within("a/b/c"), "http://near/");
    assert_eq!(within("a"), "http://near/");
    assert_eq!(within("."), "http://far/");
}

#[test]
fn of_the_user_file_named_by_a_variable() {
    let sandbox = Sandbox::new();
    sandbox.write_config("hookcat.toml", "to = \"http://user/\"\n");
    sandbox.write("other.toml", "to = \"http://other/\"\n");
    let other = target(&sandbox, &[], |command| {
        command.env("HOOKCAT_CONFIG", "other.toml");
    });
    assert_eq!(other, "http://other/");
}

#[test]
fn of_the_secret() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{}");
    let signed = |more: &[&str], variable: Option<&str>| {
        let args = ["sign", "statly", "body.json"];
        let mut command = sandbox.hookcat(&[args.as_slice(), more].concat());
        command.envs(variable.map(|secret| ("HOOKCAT_SECRET", secret)));
        finish(command, b"").ok().out()
    };
    let with = |secret: &str| signed(&["--secret", secret], None);
    sandbox.write_config("hookcat.toml", "[secrets]\nstatly = \"user\"\n");
    assert_eq!(signed(&[], None), with("user"));
    sandbox.write("hookcat.toml", "[secrets]\nstatly = \"project\"\n");
    assert_eq!(signed(&[], None), with("project"));
    assert_eq!(signed(&[], Some("variable")), with("variable"));
    let flag = ["--secret", "flag"];
    assert_eq!(signed(&flag, Some("variable")), with("flag"));
}

#[test]
fn of_the_log() {
    let sandbox = Sandbox::new();
    sandbox.write("hookcat.toml", "log = \"kept/project.db\"\n");
    sandbox.write("a/here", "");
    let send = |more: &[&str], variable: Option<&str>| {
        let args = ["send", "dits", "push", "--to", "http://127.0.0.1:1"];
        let mut command = sandbox.hookcat(&[args.as_slice(), more].concat());
        command.envs(variable.map(|path| ("HOOKCAT_LOG", path)));
        command.current_dir(sandbox.path("a"));
        finish(command, b"").code(8);
    };
    send(&[], None);
    assert!(sandbox.path("kept/project.db").exists());
    send(&[], Some("variable.db"));
    assert!(sandbox.path("a/variable.db").exists());
    send(&["--log", "flag.db"], Some("other.db"));
    assert!(sandbox.path("a/flag.db").exists());
    assert!(!sandbox.path("a/other.db").exists());
    send(&["--no-log", "--log", "none.db"], None);
    assert!(!sandbox.path("a/none.db").exists());
    assert!(!sandbox.log().exists());
}

#[test]
fn of_a_profile() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--secret", "statly=env:S"]);
    let profile = format!(
        "to = \"http://127.0.0.1:1\"\n[profiles.ci]\nprovider = \"statly\"\nsecret = \"env:S\"\nto = \"{}\"\n",
        listener.url
    );
    sandbox.write("hookcat.toml", profile);
    sandbox.run(&["send", "statly", "push"]).code(8);
    sandbox
        .run(&["send", "statly", "push", "--profile", "ci"])
        .ok();
    assert_eq!(listener.next()["verdict"], "valid");
    let own = sandbox.listen(&["--profile", "ci"]);
    post(own.address(), &[], b"{}").expect("an answer");
    let told = own.next();
    assert_eq!(told["provider"], "statly");
    assert_eq!(told["reason"], "missing-header");
}

#[test]
fn of_a_definition_of_ones_own() {
    let sandbox = Sandbox::new();
    let definition = r#"
id = "statly"
name = "My Statly"
docs = "https://example.com"
confidence = "second-hand"

[[scheme]]
name = "own"
algorithm = "hmac-sha1"
key = "utf8"
signed = "own:{body}"

[scheme.signature]
header = "X-Own"
layout = "plain"
encoding = "base64"
"#;
    sandbox.write_config("providers/any.toml", definition);
    sandbox.write("body.json", "{}");
    let signed = sandbox.run(&["sign", "statly", "body.json", "--secret", "key"]);
    // printf 'own:{}' | openssl dgst -sha1 -hmac key -binary | base64
    assert_eq!(signed.ok().out(), "X-Own: Yr0xjfaI9PU90CH0fAQ3w9fai/k=\n");
    let header = signed.out();
    let verify = ["verify", "body.json", "--secret", "statly=key", "-H"];
    let verified = sandbox.run(&[verify.as_slice(), &[header.trim_end()]].concat());
    verified.ok();
    assert!(verified.out().contains("statly"), "{}", verified.out());
}

#[test]
fn of_secrets_that_rotate() {
    let sandbox = Sandbox::new();
    sandbox.write("body.json", "{}");
    sandbox.write("hookcat.toml", "[secrets]\nstatly = [\"new\", \"old\"]\n");
    let configured = sandbox.run(&["sign", "statly", "body.json"]);
    let given = sandbox.run(&["sign", "statly", "body.json", "--secret", "new"]);
    assert_eq!(configured.ok().out(), given.ok().out());
}
