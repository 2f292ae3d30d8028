//! `listen` as a test's receiver: what is expected, what ends it, the command beside it.

use std::fs;
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use super::harness::{Output, Sandbox, signal};

/// `listen` for GitHub on a free port, without a log.
const LISTEN: &str = "hookcat listen -p github --secret env:S --port 0 --no-log";
const SEND: &str = "hookcat send github push --secret env:S --no-log";

fn outcome(output: &Output) -> Value {
    let last = output.json_lines().pop().expect("a line");
    assert_eq!(last["type"], "outcome", "{last}");
    last
}

#[test]
fn it_ends_once_all_is_met() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[
        "-p",
        "github",
        "--secret",
        "env:S",
        "--expect",
        ".event == \"push\" and .verdict == \"valid\"",
        "--expect",
        "payload.ref == \"refs/heads/main\"",
        "--timeout",
        "1m",
    ]);
    let to = listener.url.as_str();
    let send = |event: &str| {
        let args = ["send", "github", event, "--secret", "env:S", "--to", to];
        sandbox.run(&args).ok();
    };
    send("ping");
    assert_eq!(listener.next()["event"], "ping");
    send("push");
    assert_eq!(listener.next()["event"], "push");
    let outcome = listener.next();
    assert_eq!(outcome["type"], "outcome");
    assert_eq!(outcome["met"], true);
    assert_eq!(outcome["ended_by"], "expectations");
    assert_eq!(outcome["received"], 2);
    assert_eq!(listener.wait().code, 0);
}

#[test]
fn what_is_missing_is_told_with_what_came_nearest() {
    let sandbox = Sandbox::new();
    let line = format!(
        "{LISTEN} --quiet --expect '.event == \"push\" and payload.ref == \"refs/heads/x\"' -- \
         sh -c 'hookcat send github ping --secret env:S --no-log; {SEND}'"
    );
    let output = sandbox.shell(&line);
    let told = output.code(9).err();
    let told: Vec<&str> = told
        .lines()
        .skip_while(|line| !line.contains("error"))
        .collect();
    assert_eq!(
        told,
        [
            "error: expectation not met: `.event == \"push\" and payload.ref == \"refs/heads/x\"`",
            "  expected 1 or more; 0 of 2 fit",
            "  nearest: #2 github push",
            "    `payload.ref == \"refs/heads/x\"` does not hold: \"refs/heads/main\"",
            "arrived: 2 deliveries",
            "  #1 github ping  valid",
            "  #2 github push  valid",
        ]
    );
}

#[test]
fn counts_hold_for_all_or_for_one_expression() {
    let sandbox = Sandbox::new();
    let run = |expected: &str| {
        let line = format!("{LISTEN} --format json --quiet {expected} -- sh -c '{SEND}; {SEND}'");
        sandbox.shell(&line)
    };
    for met in [
        "--expect-count 2",
        "--expect-count 2..",
        "--expect .event --expect-count 1..2",
        "--expect-count '2:.event == \"push\"' --expect-count '0:.verdict == \"invalid\"'",
        "--expect-count '..2:.event | startswith(\"p\")'",
    ] {
        assert_eq!(outcome(run(met).ok())["met"], true, "{met}");
    }
    for unmet in [
        "--expect-count 1",
        "--expect-count 3..",
        "--expect .event --expect-count ..1",
        "--expect-count '2:.event == \"push\"' --expect-count '0:.verdict == \"valid\"'",
    ] {
        let output = run(unmet);
        let outcome = outcome(output.code(9));
        assert_eq!(outcome["met"], false, "{unmet}");
        assert_eq!(outcome["received"], 2);
        assert_eq!(outcome["ended_by"], "command");
    }
}

#[test]
fn it_does_not_wait_longer_than_it_is_told() {
    let sandbox = Sandbox::new();
    let output = sandbox.shell(&format!("{LISTEN} --expect .event --timeout 50ms"));
    let told = output.code(9).err();
    assert!(
        told.contains("error: expectation not met: `.event`"),
        "{told}"
    );
    assert!(told.contains("nothing arrived"), "{told}");
    // Where nothing is waited for, the span is all it was asked for.
    sandbox.shell(&format!("{LISTEN} --timeout 50ms")).ok();
    // What must not come has not come.
    sandbox
        .shell(&format!("{LISTEN} --expect-count 0 --timeout 50ms"))
        .ok();
    let told = sandbox.shell(&format!("{LISTEN} --once --timeout 50ms"));
    assert!(told.code(9).err().contains("error: no delivery ended it\n"));
}

#[test]
fn what_must_not_come_ends_it_at_once() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["-p", "github", "--expect-count", "0:.event == \"push\""]);
    sandbox
        .run(&[
            "send",
            "github",
            "push",
            "--secret",
            "env:S",
            "--to",
            &listener.url,
        ])
        .ok();
    assert_eq!(listener.next()["type"], "delivery");
    assert_eq!(listener.next()["met"], false);
    assert_eq!(listener.wait().code, 9);
}

#[test]
fn the_first_delivery_ends_it_or_the_first_that_fits() {
    let sandbox = Sandbox::new();
    for (args, sent, last) in [
        (&["--once"][..], &["ping"][..], "ping"),
        (
            &["--once", "--filter", ".event == \"push\""],
            &["ping", "push"],
            "push",
        ),
        (
            &["--until", ".event == \"push\""],
            &["ping", "push"],
            "push",
        ),
    ] {
        let listener = sandbox.listen(args);
        for event in sent {
            let args = [
                "send",
                "github",
                event,
                "--secret",
                "env:S",
                "--to",
                &listener.url,
            ];
            sandbox.run(&args).ok();
        }
        let output = listener.wait();
        let lines = output.ok().json_lines();
        let [.., delivery, outcome] = &lines[..] else {
            panic!("{lines:?}");
        };
        assert_eq!(delivery["event"], last);
        assert_eq!(outcome["until"]["met"], true);
        let hidden = args.contains(&"--filter");
        assert_eq!(lines.len() - 1, if hidden { 1 } else { sent.len() });
    }
    // What is not shown is recorded all the same.
    let received = sandbox.deliveries();
    let received = received.iter().filter(|own| own["direction"] == "received");
    assert_eq!(received.count(), 5);
}

#[test]
fn what_the_application_answers_can_be_expected() {
    let sandbox = Sandbox::new();
    let application = |status| sandbox.listen(&["-p", "github", "--respond", status]);
    let (broken, slow) = (application("500"), application("202"));
    let line = |to: &str, more: &str, expr: &str| {
        format!("{LISTEN} --forward-to {to} {more} --expect '{expr}' -- sh -c '{SEND}; true'")
    };
    let expr = ".response.status == 500 and .attempts[0].response.status == 500";
    sandbox.shell(&line(&broken.url, "", expr)).ok();
    sandbox
        .shell(&line(&broken.url, "", ".response.status == 200"))
        .code(9);
    // What comes after the answer counts for the same delivery.
    let expr = ".response.status == 200 and (.attempts | any(.response.status == 202))";
    sandbox
        .shell(&line(&slow.url, "--ack-first --linger 20s", expr))
        .ok();
}

#[test]
fn the_command_s_end_is_the_end() {
    let sandbox = Sandbox::new();
    sandbox.shell(&format!("{LISTEN} -- true")).ok();
    let output = sandbox.shell(&format!("{LISTEN} -- sh -c 'exit 41'"));
    assert!(
        output
            .code(41)
            .err()
            .contains("command ended with exit code 41: `sh`")
    );
    // Its own exit code comes before the expectations'.
    sandbox
        .shell(&format!("{LISTEN} --expect .event -- sh -c 'exit 41'"))
        .code(41);
    sandbox
        .shell(&format!("{LISTEN} --expect .event -- true"))
        .code(9);
    sandbox
        .shell(&format!("{LISTEN} -- sh -c 'kill -9 $$'"))
        .code(137);
    let output = sandbox.shell(&format!(
        "{LISTEN} --timeout 100ms -- sh -c 'sleep 60; true'"
    ));
    let told = output.code(9).err();
    assert!(
        told.contains("command did not end within 100 ms: `sh`"),
        "{told}"
    );
    let output = sandbox.shell(&format!("{LISTEN} -- ./nosuch"));
    let told = output.code(2).err();
    assert!(
        told.contains("error: cannot start the command: `./nosuch`"),
        "{told}"
    );
}

#[test]
fn what_is_waited_for_ends_the_command_too() {
    let sandbox = Sandbox::new();
    let line = format!("{LISTEN} --once -- sh -c '{SEND}; sleep 60'");
    sandbox.shell(&line).ok();
}

#[test]
fn a_command_finds_the_receiver_and_its_secret() {
    let sandbox = Sandbox::new();
    // No secret is given: one is made, and the sender in the command has it.
    let line = "hookcat listen -p stripe --port 0 --quiet --expect '.verdict == \"valid\"' -- sh -c \
         'hookcat send stripe customer.created >/dev/null; \
         echo $HOOKCAT_URL $HOOKCAT_TO $HOOKCAT_PORT; echo $HOOKCAT_SECRET; echo $HOOKCAT_LOG'";
    let output = sandbox.shell(line);
    let said = output.ok().out();
    let lines: Vec<&str> = said.lines().collect();
    let [place, secret, log] = lines[..] else {
        panic!("{said}");
    };
    let words: Vec<&str> = place.split(' ').collect();
    assert_eq!(words[0], words[1]);
    assert_eq!(words[0], format!("http://127.0.0.1:{}", words[2]));
    assert_eq!(secret.len(), 40, "{secret}");
    assert_eq!(log, sandbox.log().display().to_string());
    // A given one is passed on as its value.
    let line = format!("{LISTEN} -- sh -c 'test \"$HOOKCAT_SECRET\" = \"$S\"'");
    sandbox.shell(&line).ok();
    // Where JSON is read, the command writes to stderr.
    let output = sandbox.shell(&format!("{LISTEN} --format json -- echo hello"));
    assert_eq!(output.ok().json_lines().len(), 1);
    assert!(output.err().contains("hello\n"));
}

#[test]
fn a_file_says_where_it_is_while_it_is_there() {
    let sandbox = Sandbox::new();
    sandbox.write("ready", "http://127.0.0.1:1\n");
    let listener = sandbox.listen(&["--ready-file", "ready", "--no-log"]);
    // Whoever waits for the `ready` line may read it a moment later.
    let path = sandbox.path("ready");
    let line = format!(
        "{LISTEN} --ready-file ready2 -- sh -c 'test \"$(cat ready2)\" = \"$HOOKCAT_URL\"'"
    );
    sandbox.shell(&line).ok();
    assert!(!sandbox.path("ready2").exists());
    assert_eq!(
        fs::read_to_string(&path).expect("reads"),
        format!("{}\n", listener.url)
    );
    listener.interrupt().ok();
    assert!(!path.exists());
    let output = sandbox.shell(&format!("{LISTEN} --ready-file no/such/folder"));
    let told = output.code(2).err();
    assert!(
        told.contains("cannot write the ready file: `no/such/folder`"),
        "{told}"
    );
}

#[test]
fn an_interrupt_judges_what_came_so_far() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&["--expect", ".event"]);
    let output = listener.interrupt();
    assert_eq!(outcome(output.code(9))["ended_by"], "interrupt");
    // A command is ended along with it.
    let listener = sandbox.listen(&["--", "sleep", "60"]);
    listener.interrupt().code(130);
}

#[test]
fn who_asks_twice_gets_no_result() {
    let sandbox = Sandbox::new();
    // The application never answers, so the end waits for it.
    let application = sandbox.listen(&["--delay", "30s"]);
    let listener = sandbox.listen(&["--forward-to", &application.url, "--expect", ".event"]);
    let args = [
        "send", "github", "push", "--secret", "env:S", "--no-log", "--to",
    ];
    let mut sender = sandbox.hookcat(&[&args[..], &[&listener.url]].concat());
    let mut sender = (sender.stdout(Stdio::null()).stderr(Stdio::null()))
        .spawn()
        .expect("starts");
    // It has the delivery once the application does.
    let seen = || {
        sandbox
            .deliveries()
            .iter()
            .any(|own| own["direction"] == "received")
    };
    while !seen() {}
    signal(listener.pid(), "INT");
    // It has heard the first once nobody can connect any more; two at once would be one.
    while TcpStream::connect(listener.address()).is_ok() {}
    listener.interrupt().code(130);
    sender.kill().and_then(|()| sender.wait()).expect("ends");
}

#[test]
fn only_what_fits_is_shown_and_nothing_where_it_is_to_be_quiet() {
    let sandbox = Sandbox::new();
    let both = format!(
        "sh -c 'hookcat send github ping --secret env:S --no-log >/dev/null; {SEND} >/dev/null'"
    );
    let output = sandbox.shell(&format!(
        "{LISTEN} --compact --filter '.event == \"push\"' -- {both}"
    ));
    let said = output.ok().out();
    assert!(
        said.contains("github push") && said.contains("#2"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(
        output.err().contains("received 2: 2 valid"),
        "{}",
        output.err()
    );
    let output = sandbox.shell(&format!("{LISTEN} --quiet -- {both}"));
    assert_eq!(output.ok().out(), "");
    let output = sandbox.shell(&format!("{LISTEN} --quiet --format json -- {both}"));
    assert_eq!(output.ok().json_lines().len(), 1);
}

#[test]
fn what_is_no_expression_or_count_is_refused_before_anything_starts() {
    let sandbox = Sandbox::new();
    for (args, said) in [
        ("--filter '.a =='", "not a jq expression"),
        ("--expect 'nosuch(1)'", "unknown filter `nosuch`"),
        ("--until '.a |'", "at its end"),
        ("--expect-count x", "not a count"),
        ("--expect-count '1:.a =='", "not a jq expression"),
        (
            "--expect-count 1 --expect-count 2",
            "two counts for the same deliveries",
        ),
        ("--timeout 0s", "expected a span from 1ms to 24h"),
        ("--linger 1s", "<COMMAND>"),
        ("--once --until .a", "cannot be used with"),
        ("--quiet --full", "cannot be used with"),
    ] {
        let output = sandbox.shell(&format!("{LISTEN} {args}"));
        let told = output.code(2).err();
        assert!(told.contains(said), "{args}: {told}");
        assert!(!told.contains("listening"), "{args}: {told}");
    }
}
