//! What a sender, an endpoint or a command writes never acts on the terminal: a corpus of escapes, each
//! put into every field that can carry it.

use std::ffi::OsString;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt;
use std::thread;

use crate::harness::{Listener, Sandbox, finish};
use crate::hostile::{Case, Posed, acted_on, corpus, hold, misshapen, request, requests};
use crate::wire::{Heard, exchange, post};

/// So many cases are sent before what was printed is waited for: a terminal that cannot keep up is
/// told less.
const AT_ONCE: usize = 8;

/// Sends the whole corpus; ends the listener and holds what it printed.
fn bombard(listener: Listener, coloured: bool, of: fn(&Case) -> Vec<Posed>) {
    let mut printed = Vec::new();
    for (number, cases) in corpus().chunks(AT_ONCE).enumerate() {
        for case in cases {
            for (index, (taken, request)) in of(case).into_iter().enumerate() {
                let answer = exchange(listener.address(), &request).expect("an answer");
                let wanted = if taken { [200, 401] } else { [200, 400] };
                let is_wanted = wanted.contains(&answer.status());
                assert!(is_wanted, "{}, {index}: {answer:?}", case.name);
            }
        }
        let mark = format!("mark-{number}-");
        let headers = [("X-GitHub-Event", mark.as_str())];
        post(listener.address(), &headers, b"{}").expect("an answer");
        printed.extend(listener.out_until(&mark));
    }
    let mut output = listener.interrupt();
    output.stdout.splice(..0, printed);
    assert!(!output.err().contains("not shown"), "{}", output.err());
    assert!(output.out().contains("u{202e}") || output.out().contains("u202e"));
    hold("listen", &output, coloured);
}

#[test]
fn the_corpus_acts_on_a_terminal() {
    for case in corpus() {
        let own = case.bytes();
        let seen = own != b"\n" && acted_on(&own, true).is_some();
        let is_a_break = own.starts_with(b"\n");
        assert!(seen || is_a_break, "{} is harmless", case.name);
    }
    assert_eq!(acted_on("\x1b[1;31mé\x1b[0m ✓\n".as_bytes(), true), None);
    assert!(acted_on(b"\x1b[1;31ma\x1b[0m", false).is_some());
}

#[test]
fn what_is_delivered_is_shown_and_does_nothing() {
    type Of = fn(&Case) -> Vec<Posed>;
    // Every case in every field is what one look must bear; the others share its parts.
    let half: Of = |case| {
        let all = requests(case).into_iter();
        all.skip(case.name.len() % 2).step_by(2).collect()
    };
    let third: Of = |case| {
        let all = requests(case).into_iter();
        all.skip(case.name.len() % 3).step_by(3).collect()
    };
    let looks: [(&str, &[&str], Of); 5] = [
        ("text", &["--no-log"], third),
        (
            "text",
            &["--full", "--no-log", "--color", "always"],
            requests,
        ),
        (
            "text",
            &["--compact", "--no-log", "--color", "always"],
            third,
        ),
        ("text", &["--validate", "--no-log"], misshapen),
        ("json", &[], half),
    ];
    thread::scope(|scope| {
        for (format, look, of) in looks {
            scope.spawn(move || {
                let sandbox = Sandbox::new();
                let args = [&["--secret", "github=env:S"], look].concat();
                bombard(
                    listening(&sandbox, format, &args),
                    look.contains(&"always"),
                    of,
                );
                if format == "json" {
                    of_the_log(&sandbox);
                }
            });
        }
    });
}

fn listening(sandbox: &Sandbox, format: &str, args: &[&str]) -> Listener {
    match format {
        "json" => sandbox.listen(args),
        _ => sandbox.listen_as_text(args),
    }
}

/// What a full log prints.
fn of_the_log(sandbox: &Sandbox) {
    let every: [&[&str]; 3] = [
        &["log", "list", "-n", "9999"],
        &["log", "list", "-n", "9999", "--color", "always"],
        &["log", "list", "-n", "9999", "--format", "json"],
    ];
    for args in every {
        let output = sandbox.run(args);
        assert!(output.stdout.len() > 10_000, "{args:?}: {}", output.err());
        hold(&args.join(" "), &output, args.contains(&"always"));
    }
    // Of each case one delivery with a field more hostile than another.
    let ids = sandbox.deliveries().into_iter().enumerate();
    let some = ids.filter(|(index, _)| index % 17 == 0);
    for (index, delivery) in some {
        let id = delivery["id"].to_string();
        let color = ["never", "always"][index % 2];
        let output = sandbox.run(&["log", "show", &id, "--color", color]);
        hold(
            &format!("log show {delivery}"),
            output.ok(),
            color == "always",
        );
        let output = sandbox.run(&["log", "show", &id, "--format", "json"]);
        hold("log show --format json", output.ok(), false);
        let output = sandbox.run(&["log", "show", &id, "--curl"]);
        assert_eq!(acted_on(&output.ok().stdout, false), None);
    }
}

/// A log can be somebody else's: whatever stands in it, not only what came in.
#[test]
fn what_a_log_holds_does_nothing() {
    let sandbox = Sandbox::new();
    let args = ["send", "statly", "push", "--to", "http://127.0.0.1:1"];
    sandbox.run(&args).code(8);
    let log = rusqlite::Connection::open(sandbox.log()).expect("opens");
    let set = |table: &str, columns: &[&str]| {
        for column in columns {
            let forged = "'x' || char(27) || ']0;owned' || char(7, 155, 8238)";
            let set = format!("UPDATE {table} SET {column} = {forged}");
            log.execute_batch(&set).expect("sets");
        }
    };
    let hold_all = || {
        for args in [
            &["log", "list"][..],
            &["log", "list", "--format", "json"],
            &["log", "show", "1"],
            &["log", "show", "1", "--format", "json"],
            &["log", "show", "1", "--curl"],
        ] {
            hold(&args.join(" "), sandbox.run(args).ok(), false);
        }
    };
    set("attempt", &["url", "error_kind", "error"]);
    hold_all();
    set("kind", &["provider", "event", "method"]);
    set("delivery", &["delivery_id", "target", "detail"]);
    set("kind", &["verdict", "coverage", "detected_by"]);
    hold_all();
    log.execute_batch("UPDATE kind SET verdict = 'invalid'")
        .expect("sets");
    set("kind", &["reason"]);
    hold_all();
}

/// An endpoint whose answers are these bytes, in turn and for ever.
fn endpoint(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for answer in answers.iter().cycle() {
            let Ok((mut stream, _)) = listener.accept() else {
                return;
            };
            if Heard::read(&stream).is_ok() {
                let _ = stream.write_all(answer);
            }
        }
    });
    url
}

/// How many post at once.
const SENDERS: usize = 5;

/// The answers of a hostile endpoint.
fn answers() -> Vec<Vec<u8>> {
    let answer = |status: &[u8], field: (&[u8], &[u8]), body: &[u8]| {
        let length = body.len().to_string();
        let (name, value) = field;
        [
            b"HTTP/1.1 ",
            status,
            b"\r\nConnection: close\r\nContent-Length: ",
            length.as_bytes(),
            b"\r\n",
            name,
            b": ",
            value,
            b"\r\n\r\n",
            body,
        ]
        .concat()
    };
    let mut all = Vec::new();
    for case in corpus() {
        let own = case.bytes();
        let own = own.as_slice();
        let json = [b"{\"", own, b"\": \"", own, b"\"}"].concat();
        let kind = (&b"Content-Type"[..], &b"application/json"[..]);
        let location = [b"http://127.0.0.1/", own].concat();
        all.extend([
            answer(&[b"500 ", own].concat(), kind, b"{}"),
            answer(b"500 Oops", kind, own),
            answer(b"500 Oops", kind, &json),
            answer(b"200 OK", (b"Content-Type", b"text/plain"), own),
            answer(b"400 Bad", (b"Content-Type", own), own),
            answer(b"405 Method Not Allowed", (b"Allow", own), b""),
            answer(b"301 Moved", (b"Location", &location), b""),
            answer(b"503 Later", (b"Retry-After", own), own),
            answer(b"200 OK", (&[b"X-", own].concat(), own), b""),
            own.to_vec(),
        ]);
    }
    all
}

#[test]
fn what_an_endpoint_answers_does_nothing() {
    let all = answers();
    let count = all.len();
    let sandbox = Sandbox::new();
    let url = endpoint(all.clone());
    let listener = sandbox.listen_as_text(&["--forward-to", &url, "--full", "--forward-invalid"]);
    let ping = request(b"POST /a%1Bb", &[], b"{}");
    let address = listener.address();
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                for _ in 0..count / SENDERS {
                    exchange(address, &ping).expect("an answer");
                }
            });
        }
    });
    let output = listener.interrupt();
    assert!(output.out().contains("\\x1b") && output.out().contains("hint:"));
    assert!(!output.err().contains("not shown"), "{}", output.err());
    hold("forwarding", &output, false);

    let last = (count / 3).to_string();
    let replay = ["replay", "--last", &last, "--no-log", "--to"];
    let show = ["log", "show"];
    let (ids, sandbox) = (sandbox.deliveries(), &sandbox);
    assert_eq!(ids.len(), count / SENDERS * SENDERS);
    let numbers: Vec<String> = ids.iter().map(|own| own["id"].to_string()).collect();
    thread::scope(|scope| {
        let looks = [("text", "never"), ("text", "always"), ("json", "never")];
        for (third, (format, color)) in looks.into_iter().enumerate() {
            let own = all.iter().skip(third).step_by(3).cloned().collect();
            let (url, replay, numbers) = (endpoint(own), replay, &numbers);
            scope.spawn(move || {
                let args = [&replay[..], &[&url, "--format", format, "--color", color]].concat();
                let output = sandbox.run(&args);
                assert!(output.stdout.len() > 10_000, "{}", output.err());
                hold("replay", &output, color == "always");
                for id in numbers.iter().skip(third).step_by(61) {
                    let args = [&show[..], &[id, "--format", format, "--color", color]].concat();
                    hold("log show", sandbox.run(&args).ok(), color == "always");
                }
            });
        }
        // A process each: the answers that differ most.
        let few = all.iter().step_by(47).cloned().collect::<Vec<_>>();
        scope.spawn(move || {
            let (many, url) = (few.len(), endpoint(few));
            for _ in 0..many {
                let output = sandbox.run(&["send", "repo-file-sync", "file.synced", "--to", &url]);
                hold("send", &output, false);
            }
        });
    });
}

#[test]
fn what_a_command_writes_does_nothing() {
    thread::scope(|scope| {
        for format in ["text", "json"] {
            scope.spawn(move || {
                let sandbox = Sandbox::new();
                let exec = ["--exec", "tee /dev/stderr; exit 3", "--exec-unverified"];
                let args = [&exec[..], &["--no-log"]].concat();
                let listener = listening(&sandbox, format, &args);
                let mut printed = Vec::new();
                for case in corpus() {
                    let body = [case.bytes(), b"\n".to_vec(), case.bytes()].concat();
                    let request = request(b"POST /", &[], &body);
                    exchange(listener.address(), &request).expect("an answer");
                    let end = if format == "json" {
                        "\"exit_code\":3"
                    } else {
                        "exit 3"
                    };
                    printed.extend(listener.out_until(end));
                }
                let mut output = listener.interrupt();
                output.stdout.splice(..0, printed);
                hold("exec", &output, false);
            });
        }
    });
}

#[test]
fn what_is_verified_does_nothing() {
    let sandbox = Sandbox::new();
    let mut files = Vec::new();
    for case in corpus() {
        let taken = requests(&case).into_iter().filter(|(taken, _)| *taken);
        let some = taken.enumerate().skip(case.name.len() % 4).step_by(4);
        for (index, (_, request)) in some {
            let name = String::from_utf8_lossy(&case.bytes()).replace(['/', '\0'], "");
            let name = format!("file {name} {index}");
            sandbox.write(&name, request);
            files.push(name);
        }
    }
    thread::scope(|scope| {
        let (sandbox, files) = (&sandbox, &files);
        for more in [
            &["--explain", "-p", "github"][..],
            &[
                "--explain",
                "-p",
                "stripe",
                "--show-expected",
                "--color",
                "always",
            ],
            &["--validate"],
            &["--format", "json", "--explain", "-p", "github"],
            &["--format", "github", "--junit", "report.xml"],
        ] {
            scope.spawn(move || {
                let args = [&["verify", "--secret", "env:S"], more].concat();
                let mut command = sandbox.hookcat(&args);
                command.args(files);
                let output = finish(command, b"");
                assert!(output.stdout.len() > 10_000, "{more:?}: {}", output.err());
                hold(&args.join(" "), &output, more.contains(&"always"));
            });
        }
    });
    let report = std::fs::read(sandbox.path("report.xml")).expect("a report");
    assert_eq!(acted_on(&report, false), None);
    // What is said of a name that is none.
    let mut command = sandbox.hookcat(&["verify", "-p", "github"]);
    command.arg(OsString::from_vec(b"\x9b2J\x1b[2J".to_vec()));
    hold("a name", finish(command, b"").code(2), false);
}
