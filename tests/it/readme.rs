//! What the README says to run, runs.
//!
//! Commands are taken from the second column of its "you want to… | run" table (each backticked text
//! there that begins with `hookcat` or pipes into it) and from fenced `sh` and `console` blocks
//! (lines that begin with `hookcat`, after a `$ ` if there is one).

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use serde_json::json;

use crate::harness::{Listener, Sandbox, finish};
use crate::wire::post;

fn readme() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(path).expect("reads")
}

/// The commands of a README, in its order.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut fence: Option<bool> = None;
    let mut table = false;
    let mut continued = String::new();
    for line in readme.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            fence = match fence {
                Some(_) => None,
                None => Some(["sh", "console"].contains(&language.trim())),
            };
            continue;
        }
        match fence {
            Some(true) => {
                let line = line.strip_prefix("$ ").unwrap_or(line);
                if let Some(start) = line.strip_suffix('\\') {
                    continued.push_str(start);
                    continue;
                }
                commands.push(std::mem::take(&mut continued) + line);
            }
            Some(false) => {}
            None => {
                let cells = cells(line);
                table = match cells.as_slice() {
                    [_, run, ..] if run == "run" => true,
                    [] => false,
                    _ => table,
                };
                if table && cells.len() > 1 {
                    let texts = cells[1].split('`').skip(1).step_by(2);
                    commands.extend(texts.map(str::to_owned));
                }
            }
        }
    }
    commands.retain(|command| {
        let mut parts = command.split('|').map(str::trim_start);
        parts.any(|part| part.starts_with("hookcat "))
    });
    commands
}

/// The cells of a table's row; none of another line. `\|` stands for a bar within a cell.
fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\0");
    let Some(row) = line.trim().strip_prefix('|') else {
        return Vec::new();
    };
    let row = row.strip_suffix('|').unwrap_or(row);
    row.split('|')
        .map(|cell| cell.trim().replace('\0', "|"))
        .collect()
}

/// Every variable that a command takes a secret from.
fn variables(command: &str) -> impl Iterator<Item = &str> {
    let name = |text: &'_ str| text.find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    command
        .split("env:")
        .skip(1)
        .map(move |rest| &rest[..name(rest).unwrap_or(rest.len())])
}

/// A running `listen`, files to work with and a log with a delivery in it.
struct Stage {
    sandbox: Sandbox,
    listener: Listener,
    /// GitHub's signature of `body.json`.
    signature: String,
}

const BODY: &str = r#"{"event":"push","ref":"refs/heads/main"}"#;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

impl Stage {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let listener = sandbox.listen(&[]);
        sandbox.write("body.json", BODY);
        let args = [
            "send", "github", "push", "--print", "http", "--secret", SECRET,
        ];
        let request = sandbox.run(&args);
        let request = request.ok().out();
        sandbox.write("request.http", &request);
        sandbox.write(
            "forged.http",
            request.replacen("refs/heads/", "refs/forged/", 1),
        );
        let sign = |args: &[&str]| {
            let args = [&["sign"], args, &["body.json", "--secret", SECRET]].concat();
            sandbox.run(&args).ok().out()
        };
        sandbox.write("headers.txt", sign(&["stripe"]));
        let signed = sign(&["github"]);
        let (name, value) = signed.trim_end().split_once(": ").expect("a header");
        let entry = json!({
            "startedDateTime": "2026-01-31T12:00:00Z",
            "request": {
                "method": "POST",
                "url": "http://localhost:3000/hooks",
                "headers": [{ "name": name, "value": value }],
                "postData": { "mimeType": "application/json", "text": BODY },
            },
        });
        let har = json!({ "log": { "version": "1.2", "entries": [entry] } });
        sandbox.write("session.har", har.to_string());
        sandbox.write(
            "scenario.toml",
            "provider = \"statly\"\n[[step]]\nevent = \"push\"\n[[step]]\nevent = \"ci.run_started\"\n",
        );
        let args = [
            "sign",
            "github",
            "body.json",
            "--format",
            "value",
            "--secret",
            SECRET,
        ];
        let signature = sandbox.run(&args).ok().out().trim_end().to_owned();
        let headers = [
            ("X-GitHub-Event", "push"),
            ("X-Hub-Signature-256", &*signature),
        ];
        for _ in 0..3 {
            post(listener.address(), &headers, BODY.as_bytes()).expect("an answer");
        }
        Self {
            sandbox,
            listener,
            signature,
        }
    }

    /// A command as the README has it, at the address where `listen` is here.
    fn command(&self, text: &str) -> std::process::Command {
        // One that is free, as for `listen`.
        let mut line = text.replace("hookcat serve", "hookcat serve --port 0");
        for host in ["localhost:3000", "localhost:4400", "127.0.0.1:4400"] {
            line = line.replace(host, self.listener.address());
        }
        let mut command = self.sandbox.shell_command(&line);
        command
            .env("HOOKCAT_TO", &self.listener.url)
            .env("HOOKCAT_PORT", "0")
            .env("SIGNATURE", &self.signature);
        for name in variables(text) {
            command.env(name, SECRET);
        }
        command
    }

    fn run(&self, text: &str) -> Result<(), String> {
        let mut command = self.command(text);
        if runs_until_interrupted(text) {
            // A group of its own, so that all of a pipe can be ended.
            command.process_group(0);
            let listener = Listener::start(command);
            let ready = listener.until(|line| {
                let starts = ["listening on ", "serving on "];
                starts.iter().any(|own| line.starts_with(own))
                    || line.starts_with(r#"{"v":1,"type":"ready""#)
            });
            let group = format!("-{}", listener.pid());
            let ended = std::process::Command::new("kill")
                .args(["-KILL", "--", &group])
                .status();
            assert!(ended.is_ok_and(|status| status.success()), "kill {group}");
            return ready;
        }
        let output = finish(command, b"");
        match output.code {
            0 => Ok(()),
            // The endpoint here is a `listen` without a secret, which takes what is forged.
            9 if text.starts_with("hookcat check ") => Ok(()),
            code => Err(format!(
                "exit code {code}\n{}{}",
                output.out(),
                output.err()
            )),
        }
    }
}

fn runs_until_interrupted(command: &str) -> bool {
    // With a command behind it, it ends with that.
    let servers = ["hookcat listen", "hookcat serve"];
    servers.iter().any(|own| command.starts_with(own)) && !command.contains(" -- ")
}

#[test]
fn its_commands_run() {
    let readme = readme();
    let commands = commands(&readme);
    assert_eq!(
        commands.is_empty(),
        !readme.contains("you want to"),
        "the table's commands are not found"
    );
    let stage = Stage::new();
    let failed: Vec<String> = commands
        .iter()
        .filter_map(|command| Some(format!("$ {command}\n{}", stage.run(command).err()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

const EXAMPLE: &str = r"
| you want to… | run |
|---|---|
| listen | `hookcat listen -p statly --secret env:STATLY_SECRET` |
| look | `hookcat listen --format json \| head -n 1` |
| send | `hookcat send statly push --secret env:A` or `hookcat send dits push` |
| pipe | `hookcat sign statly body.json --secret env:A \| curl -sSf -H @- --data-binary @body.json localhost:4400` |
| verify | `hookcat verify request.http --secret env:STATLY_SECRET` |
| again | `hookcat replay --last 1` |

| code | meaning |
|---|---|
| 0 | `hookcat of no command` |

```sh
cargo run --release -- listen --demo
cat body.json | hookcat sign statly --secret env:A
```

```console
$ hookcat providers \
    list
```

```toml
hookcat nothing
```
";

#[test]
fn commands_are_found_and_can_fail() {
    let commands = commands(EXAMPLE);
    assert_eq!(commands.len(), 9, "{commands:#?}");
    let stage = Stage::new();
    for command in &commands {
        stage
            .run(command)
            .unwrap_or_else(|error| panic!("{command}: {error}"));
    }
    for command in [
        "hookcat send statly pusch",
        "hookcat listen --prot 80",
        "hookcat verify request.http --secret other",
    ] {
        assert!(stage.run(command).is_err(), "{command}");
    }
}
