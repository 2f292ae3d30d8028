//! Many deliveries sent again: in their order at the endpoint, in the log and in the output, whatever
//! becomes of one of them and of the connection.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{PATIENCE, Sandbox, signal};
use crate::wire::{Answer, Endpoint, Heard};

/// So many are recorded: more than share a transaction of the log.
const MANY: usize = 330;
/// So many may be under way at once.
const AHEAD: usize = 64;

/// What an endpoint does with its connection.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// It waits for the next request.
    Keeps,
    /// It says that it closes it, and does.
    SaysAndCloses,
    /// It closes it.
    Closes,
    /// It does not even answer, and reads on.
    Holds,
}

/// A request, and the connection it came over, counted from 0.
struct Came {
    connection: usize,
    request: Heard,
}

/// An endpoint that keeps its connections: it answers each request by its number, counted from 0.
fn endpoint(answer: impl Fn(usize) -> (u16, Then) + Send + 'static) -> (String, Receiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, came) = mpsc::channel();
    thread::spawn(move || {
        let mut number = 0;
        for (connection, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let Ok(own) = stream.try_clone() else { return };
            let (mut from, mut holds) = (BufReader::new(own), false);
            while let Ok(request) = Heard::next(&mut from) {
                let (status, then) = answer(number);
                number += 1;
                holds |= then == Then::Holds;
                let closes = match then {
                    Then::SaysAndCloses => "Connection: close\r\n",
                    _ => "",
                };
                let said =
                    format!("HTTP/1.1 {status} Said\r\n{closes}Content-Length: 4\r\n\r\nsaid");
                if !holds {
                    let _ = stream.write_all(said.as_bytes());
                }
                if tell
                    .send(Came {
                        connection,
                        request,
                    })
                    .is_err()
                {
                    return;
                }
                if matches!(then, Then::Closes | Then::SaysAndCloses) {
                    break;
                }
            }
        }
    });
    (url, came)
}

/// A sandbox with so many deliveries in its log, and their ids.
fn recorded(count: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    let mut listener = sandbox.listen(&[]);
    let count = count.to_string();
    let send = ["send", "statly", "push", "--secret", "env:S", "--no-log"];
    let load = ["--count", &count, "--to", &listener.url];
    sandbox.run(&[&send[..], &load].concat()).ok();
    listener.kill();
    let ids = sandbox.deliveries().iter().map(id).collect();
    (sandbox, ids)
}

fn id(delivery: &Value) -> String {
    delivery["delivery_id"].as_str().expect("an id").to_owned()
}

/// The ids of the requests that came, in their order.
fn arrived(came: &Receiver<Came>) -> Vec<String> {
    let own = came.try_iter();
    own.map(|own| {
        let id = own.request.header("x-statly-delivery");
        id.expect("an id").to_owned()
    })
    .collect()
}

/// The numbers behind a mark in the lines that begin, behind their time, with an arrow.
fn numbers(out: &str, arrow: &str, mark: &str) -> Vec<usize> {
    let lines = out.lines().filter(|own| own.contains(arrow));
    lines
        .filter_map(|own| {
            let rest = own.split(mark).nth(1)?;
            rest.split_whitespace().next()?.parse().ok()
        })
        .collect()
}

#[test]
fn in_their_order_whatever_becomes_of_one() {
    let (sandbox, ids) = recorded(MANY);
    let status = |number: usize| if number % 3 == 2 { 500 } else { 200 };
    let (url, came) = endpoint(move |number| (status(number), Then::Keeps));
    let last = MANY.to_string();
    let output = sandbox.run(&["replay", "--last", &last, "--to", &url]);
    let err = output.code(7).err();
    assert!(err.contains("110 of 330 deliveries failed"), "{err}");
    assert!(err.contains("endpoint answered 500"), "{err}");
    assert_eq!(arrived(&came), ids);
    let out = output.out();
    let (originals, own): (Vec<_>, Vec<_>) =
        ((1..=MANY).collect(), (MANY + 1..=2 * MANY).collect());
    assert_eq!(numbers(&out, "-->", "replay of #"), originals);
    assert_eq!(numbers(&out, "-->", "  #"), own);
    assert_eq!(numbers(&out, "<--", "  #"), own);
    let statuses: Vec<usize> = (0..MANY).map(|own| usize::from(status(own))).collect();
    assert_eq!(numbers(&out, "<--", "<--"), statuses);

    let all = format!("1..{MANY}");
    let output = sandbox.run(&["replay", &all, "--to", &url, "--format", "json"]);
    let lines = output.code(7).json_lines();
    assert_eq!(arrived(&came), ids);
    let logged = sandbox.deliveries();
    assert_eq!((lines.len(), logged.len()), (MANY, 3 * MANY));
    for (place, line) in lines.iter().enumerate() {
        assert_eq!(line["id"], 2 * MANY + place + 1);
        assert_eq!(line["replay_of"], place + 1);
        let attempts = line["attempts"].as_array().expect("attempts");
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0]["response"]["status"], status(place));
    }
    for (place, own) in logged[MANY..].iter().enumerate() {
        assert_eq!(id(own), ids[place % MANY]);
        let full = (place % 100 == 0).then(|| sandbox.delivery(&own["id"]));
        if let Some(full) = full {
            let attempts = full["attempts"].as_array().expect("attempts");
            assert_eq!(attempts.len(), 1, "{full}");
            assert_eq!(attempts[0]["response"]["status"], status(place % MANY));
            assert_eq!(attempts[0]["response"]["body"], "said");
        }
    }
    let failed = sandbox.run(&["log", "list", "--failed", "-n", "1000", "--format", "json"]);
    assert_eq!(failed.ok().json_lines().len(), 2 * MANY / 3);
}

#[test]
fn what_was_answered_before_ctrl_c_is_in_the_log() {
    const ANSWERED: usize = 150;
    let (sandbox, ids) = recorded(MANY);
    let (url, came) = endpoint(|number| match number {
        ANSWERED => (0, Then::Holds),
        _ => (200, Then::Keeps),
    });
    let last = MANY.to_string();
    let mut command = sandbox.hookcat(&["replay", "--last", &last, "--to", &url]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("starts");
    for id in &ids[..=ANSWERED] {
        let heard = came.recv_timeout(PATIENCE).expect("a request").request;
        assert_eq!(heard.header("x-statly-delivery"), Some(&**id));
    }
    signal(child.id(), "INT");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130));
    let out = String::from_utf8_lossy(&output.stdout);
    let answered: Vec<usize> = (MANY + 1..=MANY + ANSWERED).collect();
    assert_eq!(numbers(&out, "<--", "  #"), answered);
    // What nobody answered stands there as well, without an attempt.
    let departed = numbers(&out, "-->", "  #").len();
    assert!((1..=AHEAD).contains(&(departed - ANSWERED)), "{departed}");
    let logged = &sandbox.deliveries()[MANY..];
    assert_eq!(logged.len(), departed);
    for (own, id_before) in logged.iter().zip(&ids) {
        assert_eq!(&id(own), id_before);
    }
    let attempts = |own: &Value| sandbox.delivery(&own["id"])["attempts"].clone();
    assert_eq!(
        attempts(&logged[ANSWERED - 1])[0]["response"]["status"],
        200
    );
    for own in &logged[ANSWERED..] {
        assert_eq!(attempts(own), Value::Array(Vec::new()));
    }
}

#[test]
fn ctrl_c_between_two_loses_nothing() {
    let (sandbox, ids) = recorded(MANY);
    let (url, came) = endpoint(|_| (200, Then::Keeps));
    let args = [
        "replay", "1..330", "--times", "1000", "--to", &url, "--format", "json",
    ];
    let mut command = sandbox.hookcat(&args);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    let stdout = BufReader::new(child.stdout.take().expect("stdout"));
    // More than a pipe holds.
    let told = thread::spawn(|| stdout.lines().map_while(Result::ok).count());
    for _ in 0..100 {
        came.recv_timeout(PATIENCE).expect("a request");
    }
    signal(child.id(), "INT");
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    let told = told.join().expect("lines");
    let heard = 100 + arrived(&came).len();
    let logged = sandbox.deliveries().split_off(MANY);
    // Some may be under way to the endpoint.
    assert!(
        (heard..=heard + AHEAD).contains(&logged.len()),
        "{heard} {}",
        logged.len()
    );
    assert!(
        logged
            .iter()
            .map(id)
            .eq(ids.iter().cycle().take(logged.len()).cloned())
    );
    assert!((heard - AHEAD..=heard).contains(&told), "{heard} {told}");
    let is_answered = |own: &Value| own["attempts"][0]["response"]["status"] == 200;
    let (answered, rest) = logged.split_at(told);
    assert!(answered.iter().all(is_answered) && !rest.iter().any(is_answered));
}

#[test]
fn a_connection_that_is_closed_is_opened_again() {
    let (sandbox, ids) = recorded(60);
    for (then, connections) in [(Then::SaysAndCloses, 20), (Then::Closes, 60)] {
        // Who does not say it does it at once: after more answers, nobody expects that of it.
        let every = if then == Then::Closes { 1 } else { 3 };
        let (url, came) = endpoint(move |number| match number % every {
            0 => (200, then),
            _ => (200, Then::Keeps),
        });
        let output = sandbox.run(&["replay", "1..60", "--to", &url]);
        output.ok();
        let came: Vec<Came> = came.try_iter().collect();
        let own = came
            .iter()
            .map(|own| own.request.header("x-statly-delivery"));
        assert!(own.eq(ids.iter().map(|own| Some(&**own))), "{connections}");
        let last = came.last().map(|own| own.connection);
        assert!(last.is_some_and(|own| (connections - 1..=connections).contains(&own)));
    }
    assert_eq!(sandbox.deliveries().len(), 3 * 60);
}

#[test]
fn a_connection_that_was_closed_while_it_was_idle_is_not_used() {
    let (sandbox, ids) = recorded(2);
    let (url, came) = endpoint(|number| match number {
        0 => (500, Then::Keeps),
        1 => (500, Then::Closes),
        _ => (200, Then::Keeps),
    });
    let args = ["replay", "1..2", "--until-ok", "--to", &url];
    let output = sandbox.run(&args);
    output.ok();
    let came: Vec<(usize, Option<String>)> = came
        .try_iter()
        .map(|own| {
            let id = own.request.header("x-statly-delivery");
            (own.connection, id.map(str::to_owned))
        })
        .collect();
    let wanted = |connection, place: usize| (connection, Some(ids[place].clone()));
    assert_eq!(
        came,
        [wanted(0, 0), wanted(0, 1), wanted(1, 0), wanted(1, 1)]
    );
    // What the first round said was told before the second.
    let out = output.out();
    let statuses = numbers(&out, "<--", "<--");
    assert_eq!(statuses, [500, 500, 200, 200]);
}

#[test]
fn what_is_not_answered_yet_is_told_and_recorded() {
    let (sandbox, _) = recorded(1);
    let slow = Endpoint::playing(vec![Answer::Held(202)]);
    let mut command = sandbox.hookcat(&["replay", "1", "--to", &slow.url]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    let departed = line();
    assert!(departed.contains("-->"), "{departed}");
    assert!(departed.ends_with("#2  replay of #1"), "{departed}");
    let logged = sandbox.delivery(&2.into());
    assert_eq!(logged["replay_of"], 1);
    assert_eq!(logged["attempts"], Value::Array(Vec::new()));
    slow.release();
    let answered = line();
    assert!(answered.contains("<--  202 POST"), "{answered}");
    assert!(child.wait().expect("ends").success());
    let logged = sandbox.delivery(&2.into());
    assert_eq!(logged["attempts"][0]["response"]["status"], 202);
    assert_eq!(sandbox.deliveries().len(), 2);
}

/// An endpoint that does this with its connections, one after the other.
fn serving(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    url
}

const SAID: &[u8] = b"HTTP/1.1 200 Said\r\nContent-Length: 0\r\n\r\n";

#[test]
fn who_takes_his_time_gets_one_at_a_time() {
    let (sandbox, _) = recorded(60);
    let (tell, ahead) = mpsc::channel();
    let url = serving(move |stream| {
        let mut from = BufReader::new(&stream);
        while Heard::next(&mut from).is_ok() {
            // Longer than an endpoint may take that gets more.
            thread::sleep(Duration::from_millis(1));
            stream.set_nonblocking(true).expect("a stream");
            let came = !from.buffer().is_empty() || stream.peek(&mut [0]).is_ok();
            stream.set_nonblocking(false).expect("a stream");
            let _ = (tell.send(came), (&stream).write_all(SAID));
        }
    });
    sandbox.run(&["replay", "1..60", "--to", &url]).ok();
    assert_eq!(ahead.try_iter().collect::<Vec<_>>(), [false; 60]);
}

#[test]
fn who_is_to_get_one_at_a_time_does() {
    let (sandbox, _) = recorded(200);
    let (tell, ahead) = mpsc::channel();
    let url = serving(move |stream| {
        let mut from = BufReader::new(&stream);
        while Heard::next(&mut from).is_ok() {
            let _ = (tell.send(from.buffer().len()), (&stream).write_all(SAID));
        }
    });
    let args = ["replay", "1..200", "--pipeline", "1", "--to", &url];
    sandbox.run(&args).ok();
    assert_eq!(ahead.try_iter().collect::<Vec<_>>(), [0; 200]);
}

#[test]
fn who_reads_no_further_than_one_request_gets_all_of_them() {
    let (sandbox, ids) = recorded(200);
    let (tell, came) = mpsc::channel();
    let url = serving(move |mut stream| {
        // What was read behind a request is forgotten.
        while let Ok(request) = Heard::read(&stream) {
            let id = request.header("x-statly-delivery").expect("an id");
            let _ = (tell.send(id.to_owned()), stream.write_all(SAID));
        }
    });
    sandbox.run(&["replay", "1..200", "--to", &url]).ok();
    let mut came: Vec<String> = came.try_iter().collect();
    came.dedup();
    assert_eq!(came, ids);
    let logged = sandbox.deliveries();
    let lost = logged[200..].iter().filter_map(|own| {
        let attempts = own["attempts"].as_array().expect("attempts");
        let last = attempts.last().expect("an attempt");
        assert_eq!(last["response"]["status"], 200);
        (attempts.len() > 1).then_some(attempts.len())
    });
    // It is found out once.
    assert!([&[][..], &[2]].contains(&&lost.collect::<Vec<_>>()[..]));
}
