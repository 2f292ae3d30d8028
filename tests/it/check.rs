//! `hookcat check` finds every planted defect, and nothing else.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::harness::{Listener, Output, SECRET, Sandbox};

fn handlers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/handlers")
}

/// Whether an interpreter is there; told where it is not, since then nothing is proven.
#[allow(clippy::print_stderr)]
fn has(program: &str) -> bool {
    let there = Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|own| own.status.success());
    if !there {
        eprintln!("skipped: `{program}` is not installed");
    }
    there
}

/// A handler that runs beside the test.
struct Handler {
    sandbox: Sandbox,
    listener: Listener,
}

impl Handler {
    /// Starts a handler of `tests/handlers`, which prints its port.
    fn start(program: &str, args: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        // The real express where a developer has it, else as much of it as the samples need.
        let own = std::env::var_os("NODE_PATH").unwrap_or_default();
        let paths = std::env::split_paths(&own).chain([handlers().join("shims")]);
        let mut command = sandbox.program(program);
        command
            .args(args)
            .env("WEBHOOK_SECRET", SECRET)
            .env("NODE_PATH", std::env::join_paths(paths).expect("paths"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(handlers());
        let mut listener = Listener::start(command);
        let port = listener.out_line();
        listener.url = format!("http://127.0.0.1:{port}");
        Self { sandbox, listener }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.listener.url)
    }

    fn check(&self, provider: &str, args: &[&str]) -> Output {
        let url = self.url("/webhook");
        let own = ["check", &url, "-p", provider, "--secret", "env:S"];
        self.sandbox.run(&[&own, args].concat())
    }

    /// The cases that are wrong, `!` before those that could be stricter, `?` before hints; and
    /// whether the run says that all is well.
    fn wrong(&self, provider: &str, args: &[&str]) -> Vec<String> {
        let output = self.check(
            provider,
            &[&["--no-log", "--format", "json"], args].concat(),
        );
        let lines = output.json_lines();
        let (whole, cases) = lines.split_last().expect("a report");
        let named = |case: &Value| {
            let name = case["case"].as_str().expect("a name");
            match case["outcome"].as_str().expect("an outcome") {
                "failed" => Some(name.to_owned()),
                "warned" => Some(format!("!{name}")),
                "hinted" => Some(format!("?{name}")),
                _ => None,
            }
        };
        let wrong: Vec<String> = cases.iter().filter_map(named).collect();
        let failed = wrong.iter().any(|own| !own.starts_with(['!', '?']));
        assert_eq!(whole["ok"], !failed, "{whole}");
        output.code(if failed { 9 } else { 0 });
        wrong
    }
}

const RESERIALISED: [&str; 6] = [
    "json-whitespace",
    "json-escapes",
    "json-slashes",
    "json-numbers",
    "json-key-order",
    "json-duplicate-keys",
];
const THROWS: [&str; 8] = [
    "empty-signature",
    "truncated-signature",
    "overlong-signature",
    "wrong-encoding",
    "wrong-algorithm",
    "garbled-signature",
    "repeated-signature",
    "!repeated-signature-first",
];

/// Without the hint, which is statistical.
const NO_HINT: [&str; 2] = ["--skip", "compare-time"];

#[test]
fn each_defect_in_node_is_found_and_nothing_else() {
    if !has("node") {
        return;
    }
    for (defect, provider, wanted) in [
        ("right", "github", &[][..]),
        ("right-stripe", "stripe", &[]),
        ("reserialises", "github", &RESERIALISED),
        ("throws", "github", &THROWS),
        ("unchecked", "github", &["unsigned", "missing-signature"]),
        ("prefix", "github", &["truncated-signature"]),
        ("ageless", "stripe", &["stale", "garbled-timestamp"]),
        ("sha1", "github", &["wrong-algorithm"]),
        ("broken-json", "github", &["broken-json"]),
        ("any-method", "github", &["get"]),
    ] {
        let handler = Handler::start("node", &["handler.js", defect]);
        assert_eq!(handler.wrong(provider, &NO_HINT), wanted, "{defect}");
    }
}

#[test]
fn each_defect_in_python_is_found_and_nothing_else() {
    if !has("python3") {
        return;
    }
    for (defect, wanted) in [
        ("right", &[][..]),
        (
            "reserialises",
            &[
                "json-whitespace",
                "json-unicode",
                "json-escapes",
                "json-slashes",
                "json-numbers",
                "json-duplicate-keys",
            ],
        ),
        ("throws", &["garbled-signature"]),
        ("unchecked", &["unsigned", "missing-signature"]),
        ("prefix", &["truncated-signature"]),
        ("broken-json", &["broken-json"]),
        ("first", &["!repeated-signature-first"]),
    ] {
        let handler = Handler::start("python3", &["handler.py", defect]);
        assert_eq!(handler.wrong("github", &NO_HINT), wanted, "{defect}");
    }
}

#[test]
fn what_takes_effect_twice_is_observed() {
    for (program, file) in [("node", "handler.js"), ("python3", "handler.py")] {
        if !has(program) {
            continue;
        }
        for (defect, wanted) in [
            ("right", &[][..]),
            ("not-idempotent", &["repeated", "simultaneous"]),
        ] {
            let handler = Handler::start(program, &[file, defect]);
            let effects = handler.url("/effects");
            let args = ["--observe", &effects, "--only", "repeated,simultaneous"];
            assert_eq!(handler.wrong("github", &args), wanted, "{file} {defect}");
            // Nothing is known of effects that nobody counts.
            assert_eq!(
                handler.wrong("github", &args[2..]),
                [""; 0],
                "{file} {defect}"
            );
        }
    }
}

#[test]
fn effects_are_counted_by_a_command_too() {
    if !has("node") {
        return;
    }
    let handler = Handler::start("node", &["handler.js", "not-idempotent"]);
    let count = format!("curl -s {}", handler.url("/effects"));
    let args = ["--observe", &count, "--only", "repeated"];
    assert_eq!(handler.wrong("github", &args), ["repeated"]);
    let none = handler.check("github", &["--observe", "false", "--only", "repeated"]);
    assert!(none.code(2).err().contains("--observe"), "{}", none.err());
    let still = handler.wrong("github", &["--observe", "echo 7", "--only", "repeated"]);
    assert_eq!(still, ["!repeated"], "no effect is no proof");
}

#[test]
fn a_comparison_byte_by_byte_is_hinted_at() {
    if !has("node") {
        return;
    }
    let handler = Handler::start("node", &["handler.js", "slow"]);
    let args = ["--only", "compare-time", "--format", "json", "--no-log"];
    let outcome = || {
        let case = handler.check("github", &args).ok().json_lines().remove(0);
        case["outcome"].clone()
    };
    // It is statistics: on a machine with much else to do, one look may show nothing.
    assert!((0..5).any(|_| outcome() == "hinted"));
}

/// The samples that providers' documents show, as they stand there: they parse the body before it is
/// verified, throw where the signature is missing, or of another length, or not ASCII.
#[test]
fn the_samples_of_the_documents_get_what_they_deserve() {
    let node = [
        &RESERIALISED[..],
        &["large-body", "unsigned", "missing-signature"],
        &THROWS,
    ]
    .concat();
    for (sample, provider) in [("samples/dits.js", "dits"), ("samples/statly.js", "statly")] {
        if has("node") {
            let handler = Handler::start("node", &["sample.js", sample]);
            assert_eq!(handler.wrong(provider, &NO_HINT), node, "{sample}");
        }
    }
    if has("python3") {
        let handler = Handler::start("python3", &["sample.py", "samples/dits.py"]);
        let wanted = [
            "empty-object",
            "unsigned",
            "missing-signature",
            "garbled-signature",
            "json-not-object",
        ];
        assert_eq!(handler.wrong("dits", &NO_HINT), wanted);
    }
}
