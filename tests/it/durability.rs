//! Acknowledged means durable: what was answered is in the log, whatever happens next.

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::thread;

use crate::harness::{Listener, Sandbox};
use crate::wire::{Endpoint, post};

const SENDERS: usize = 8;

/// Posts from several threads until the receiver is gone, which it is after `enough` answers;
/// the names of the deliveries that were answered 200.
fn killed_under_load(listener: &mut Listener, enough: usize) -> BTreeSet<String> {
    let (tell, answered) = mpsc::channel();
    let address = listener.address().to_owned();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (tell, address) = (tell.clone(), address.clone());
            thread::spawn(move || {
                for number in 0.. {
                    let name = format!("delivery_{sender}_{number}");
                    let headers = [("X-Statly-Event", "push"), ("X-Statly-Delivery", &*name)];
                    match post(&address, &headers, format!("{{\"n\":{number}}}").as_bytes()) {
                        Ok(answer) => {
                            assert_eq!(answer.status(), 200);
                            let _ = tell.send(name);
                        }
                        Err(_) => return,
                    }
                }
            })
        })
        .collect();
    drop(tell);
    let mut names: BTreeSet<String> = answered.iter().take(enough).collect();
    listener.kill();
    names.extend(answered.iter());
    for sender in senders {
        sender.join().expect("a sender ends well");
    }
    names
}

#[test]
fn what_was_answered_survives_a_kill() {
    let sandbox = Sandbox::new();
    let mut all = BTreeSet::new();
    // The second time the log is one that was never closed.
    for enough in [150, 75] {
        let mut listener = sandbox.listen(&["--color", "never"]);
        let answered = killed_under_load(&mut listener, enough);
        assert!(answered.len() >= enough, "only {} answers", answered.len());
        let round = enough.to_string();
        all.extend(answered.iter().map(|name| format!("{name} of {round}")));
        let logged = sandbox.deliveries();
        let names: BTreeSet<&str> = logged
            .iter()
            .filter_map(|own| own["delivery_id"].as_str())
            .collect();
        let lost: Vec<&String> = answered
            .iter()
            .filter(|name| !names.contains(name.as_str()))
            .collect();
        assert!(lost.is_empty(), "answered and lost: {lost:?}");
        // At most what each sender had under way is there without an answer.
        assert!(logged.len() <= all.len() + 2 * SENDERS, "{}", logged.len());
    }
    assert!(sandbox.deliveries().len() >= all.len());
}

#[test]
fn what_was_forwarded_is_logged_with_its_answer() {
    let sandbox = Sandbox::new();
    let endpoint = Endpoint::answering(&[200; 20]);
    let mut listener = sandbox.listen(&["--forward-to", &endpoint.url]);
    for number in 0..20 {
        let body = number.to_string();
        let answer = post(listener.address(), &[], body.as_bytes()).expect("an answer");
        assert_eq!(answer.status(), 200);
    }
    listener.kill();
    let logged = sandbox.deliveries();
    assert_eq!(logged.len(), 20);
    for delivery in logged {
        assert_eq!(delivery["response"]["status"], 200, "{delivery}");
        assert_eq!(delivery["attempts"][0]["response"]["status"], 200);
    }
}

#[test]
fn a_delivery_that_cannot_be_logged_is_not_acknowledged() {
    let sandbox = Sandbox::new();
    let listener = sandbox.listen(&[]);
    let answer = post(listener.address(), &[], b"1").expect("an answer");
    assert_eq!(answer.status(), 200);
    // Another program holds the log for longer than the writer waits.
    let other = rusqlite::Connection::open(sandbox.log()).expect("opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locks");
    let answer = post(listener.address(), &[], b"2").expect("an answer");
    assert_eq!(answer.status(), 503);
    assert!(answer.header("retry-after").is_some());
    other.execute_batch("ROLLBACK").expect("unlocks");
    let answer = post(listener.address(), &[], b"3").expect("an answer");
    assert_eq!(answer.status(), 200);
    let output = listener.interrupt();
    assert!(output.err().contains("not recorded"), "{}", output.err());
    let bodies: Vec<_> = sandbox
        .deliveries()
        .iter()
        .map(|own| own["body"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(bodies, ["1", "3"]);
}

#[cfg(unix)]
#[test]
fn where_there_is_no_room_nothing_is_acknowledged_and_nothing_broken() {
    let sandbox = Sandbox::new();
    // No file may grow beyond a megabyte, and nobody is killed for trying.
    let listener = sandbox.listen_within("trap '' XFSZ; ulimit -f 1024");
    let body = |number: usize| {
        let mut state = u32::try_from(number).expect("small") | 1 << 20;
        let noise = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        });
        noise.take(64 * 1024).collect::<Vec<u8>>()
    };
    let mut answered = Vec::new();
    let mut refused = 0;
    for number in 0..60 {
        let answer = post(listener.address(), &[], &body(number)).expect("an answer");
        match answer.status() {
            200 => answered.push(body(number)),
            503 => refused += 1,
            other => panic!("answered {other}"),
        }
    }
    assert!(
        !answered.is_empty() && refused > 10,
        "{} {refused}",
        answered.len()
    );
    let output = listener.interrupt();
    assert!(output.err().contains("not recorded"), "{}", output.err());
    let log = rusqlite::Connection::open(sandbox.log()).expect("opens");
    let check: String = log
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("checks");
    assert_eq!(check, "ok");
    let bodies: Vec<Vec<u8>> = sandbox
        .deliveries()
        .iter()
        .map(|own| {
            sandbox
                .run(&["log", "show", &own["id"].to_string(), "--body"])
                .ok()
                .stdout
                .clone()
        })
        .collect();
    assert_eq!(bodies.len(), answered.len());
    assert!(bodies == answered, "what was answered is not what is there");
    // With room again, it goes on.
    let listener = sandbox.listen(&[]);
    let answer = post(listener.address(), &[], b"again").expect("an answer");
    assert_eq!(answer.status(), 200);
}
