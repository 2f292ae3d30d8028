use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::core::delivery::{
    Answer, Attempt, Delivery, Direction, Failure, FailureKind, Judgement, Reply,
};
use crate::core::message::{Headers, Message};

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn delivery(body: &[u8]) -> Delivery {
    let headers: Headers = [
        ("X-B", b"1".to_vec()),
        ("x-a", b"\xff\x80".to_vec()),
        ("X-B", b"".to_vec()),
    ]
    .into_iter()
    .collect();
    Delivery {
        id: None,
        direction: Direction::Received,
        at: instant(1_700_000_000),
        provider: Some("statly".into()),
        event: Some("push".into()),
        delivery_id: None,
        judgement: Some(Judgement {
            verdict: "valid".into(),
            reason: None,
            detail: None,
            secret_index: Some(1),
            coverage: Some("body".into()),
            detected_by: Some("header `X-Event`".to_owned()),
        }),
        message: Message {
            method: "POST".into(),
            target: "/h?x=1".into(),
            headers,
            body: body.to_vec().into(),
        },
        duplicate_of: None,
        replay_of: None,
        answer: Some(Answer {
            status: 200,
            latency: Duration::from_micros(412),
        }),
        attempts: Vec::new(),
    }
}

fn open() -> (tempfile::TempDir, Log) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = Log::open(&folder.path().join("new/log.db")).expect("opens");
    (folder, log)
}

fn write(writer: &Writer, delivery: Delivery) -> Receipt {
    let pending = writer.delivery(delivery).expect("queued");
    pending.blocking_recv().expect("answered").expect("written")
}

#[test]
fn a_delivery_comes_back_byte_for_byte() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let mut sent = delivery(b"\x00\xff{}\r\n");
    sent.attempts = vec![
        Attempt {
            number: 1,
            at: instant(1_700_000_001),
            url: "http://127.0.0.1:1/".into(),
            result: Err(Failure {
                kind: FailureKind::Timeout,
                message: "too slow".into(),
            }),
            latency: Duration::from_secs(30),
        },
        Attempt {
            number: 2,
            at: instant(1_700_000_061),
            url: "http://127.0.0.1:1/".into(),
            result: Ok(Reply {
                status: 500,
                headers: [("a", "b")].into_iter().collect(),
                body: b"no".to_vec().into(),
                truncated: true,
            }),
            latency: Duration::from_millis(7),
        },
    ];
    let receipt = write(&writer, sent.clone());
    sent.id = Some(receipt.id);
    assert_eq!(log.delivery(receipt.id), Ok(sent));
}

#[test]
fn repeats_are_told_by_id_or_by_body() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let first = write(&writer, delivery(b"a"));
    assert_eq!(first.duplicate_of, None);
    let again = write(&writer, delivery(b"a"));
    assert_eq!(again.duplicate_of.map(|own| own.id), Some(first.id));
    assert_eq!(write(&writer, delivery(b"b")).duplicate_of, None);
    let with_id = |id: &str, body: &[u8]| Delivery {
        delivery_id: Some(id.into()),
        ..delivery(body)
    };
    let first = write(&writer, with_id("d1", b"a"));
    assert_eq!(first.duplicate_of, None);
    let again = write(&writer, with_id("d1", b"changed"));
    let told = again
        .duplicate_of
        .map(|own| (own.id, own.attempt, own.body_differs));
    assert_eq!(told, Some((first.id, 2, Some(true))));
    let third = write(&writer, with_id("d1", b"changed"));
    let told = third
        .duplicate_of
        .map(|own| (own.id, own.attempt, own.body_differs));
    assert_eq!(told, Some((first.id, 3, Some(false))));
    let read = log.delivery(third.id).expect("there").duplicate_of;
    assert_eq!(read, third.duplicate_of);
    assert_eq!(
        read.and_then(|own| own.previous).map(|own| own.id),
        Some(again.id)
    );
}

#[test]
fn without_an_id_only_the_same_request_with_a_body_repeats() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let to = |method: &str, target: &str, body: &[u8]| {
        let mut delivery = delivery(body);
        delivery.message.method = method.into();
        delivery.message.target = target.into();
        write(&writer, delivery).duplicate_of.map(|own| own.id)
    };
    for method in ["POST", "GET", "HEAD", "POST"] {
        assert_eq!(to(method, "/", b""), None, "{method}");
    }
    assert_eq!(to("POST", "/", b"a"), None);
    assert_eq!(to("PUT", "/", b"a"), None);
    assert_eq!(to("POST", "/other", b"a"), None);
    assert_eq!(to("POST", "/", b"a"), Some(5));
}

#[test]
fn a_real_delivery_never_repeats_a_forged_one() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let write = |verdict: &str| {
        let mut delivery = delivery(b"a");
        delivery.delivery_id = Some("d1".into());
        if let Some(judgement) = &mut delivery.judgement {
            judgement.verdict = verdict.into();
        }
        write(&writer, delivery).duplicate_of.map(|own| own.id)
    };
    assert_eq!(write("invalid"), None);
    assert_eq!(write("invalid"), Some(1));
    assert_eq!(write("valid"), None);
    assert_eq!(write("unverifiable"), Some(3));
    assert_eq!(write("invalid"), Some(1));
}

#[test]
fn earlier_messages_of_the_same_event_are_found() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let of = |event: Option<&str>, target: &str, verdict: &str, body: &[u8]| {
        let mut own = delivery(body);
        own.event = event.map(str::to_owned);
        own.message.target = target.into();
        if let Some(judgement) = &mut own.judgement {
            judgement.verdict = verdict.into();
        }
        own.id = Some(write(&writer, own.clone()).id);
        own
    };
    of(Some("push"), "/a", "valid", b"1");
    of(Some("push"), "/b", "unverifiable", b"2");
    of(Some("push"), "/a", "invalid", b"3");
    of(Some("push"), "/a", "valid", b"too long");
    of(Some("ping"), "/a", "valid", b"4");
    of(None, "/a", "valid", b"5");
    of(None, "/b", "valid", b"6");
    let bodies = |own: &Delivery, limit: u32, window: i64| -> Vec<Vec<u8>> {
        let found = log.like(own, limit, window, 1).expect("finds");
        found.iter().map(|own| own.body.to_vec()).collect()
    };
    let push = of(Some("push"), "/a", "valid", b"7");
    assert_eq!(bodies(&push, 20, 100), [b"2", b"1"]);
    assert_eq!(bodies(&push, 1, 100), [b"2"]);
    assert_eq!(bodies(&push, 20, 6), [b"2"]);
    let unknown = of(None, "/b", "valid", b"8");
    assert_eq!(bodies(&unknown, 20, 100), [b"6"]);
}

#[test]
fn answers_and_attempts_can_follow() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let id = write(&writer, delivery(b"a")).id;
    let answer = Answer {
        status: 502,
        latency: Duration::from_millis(3),
    };
    for pending in [
        writer.answer(id, answer),
        writer.attempt(
            id,
            Attempt {
                number: 1,
                at: instant(1_700_000_001),
                url: "http://x/".into(),
                result: Err(Failure {
                    kind: FailureKind::Connect,
                    message: "refused".into(),
                }),
                latency: Duration::ZERO,
            },
        ),
    ] {
        let receipt = pending.expect("queued").blocking_recv().expect("answered");
        assert_eq!(receipt.map(|receipt| receipt.id), Ok(id));
    }
    let read = log.delivery(id).expect("there");
    assert_eq!(read.answer, Some(answer));
    assert_eq!(read.attempts.len(), 1);
    let rows = log.summaries(&[id]).expect("lists");
    assert_eq!((rows.len(), rows[0].attempts, rows[0].size), (1, 1, 1));
}

#[test]
fn the_latency_takes_in_how_long_an_answer_waited() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    let arrived = Arrived {
        signature: None,
        waits_since: std::time::Instant::now().checked_sub(Duration::from_secs(3)),
    };
    let before = Duration::from_micros(412);
    let pending = writer.received(delivery(b"a"), arrived).expect("queued");
    let first = pending.blocking_recv().expect("answered").expect("written");
    assert!(first.waited >= Duration::from_secs(3), "{:?}", first.waited);
    let written = |id| {
        let delivery = log.delivery(id).expect("there");
        delivery.answer.expect("an answer").latency
    };
    // What the commit took is written with the next group, or soon after.
    let second = write(&writer, delivery(b"b"));
    assert_eq!(written(first.id), before + first.waited);
    assert_eq!(
        (written(second.id), second.waited),
        (before, Duration::ZERO)
    );
    let pending = writer.received(delivery(b"c"), arrived).expect("queued");
    let third = pending.blocking_recv().expect("answered").expect("written");
    let start = std::time::Instant::now();
    while written(third.id) != before + third.waited {
        assert!(start.elapsed() < Duration::from_secs(10), "never written");
        std::thread::sleep(Duration::from_millis(5));
    }
    let pending = writer.received(delivery(b"d"), arrived).expect("queued");
    let fourth = pending.blocking_recv().expect("answered").expect("written");
    drop(writer);
    assert_eq!(written(fourth.id), before + fourth.waited);
    assert_eq!(written(second.id), before);
}

#[test]
fn what_is_removed_leaves_nothing_behind() {
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    for body in [b"a", b"b", b"a"] {
        write(&writer, delivery(body));
    }
    drop(writer);
    log.connection
        .execute("DELETE FROM delivery", [])
        .expect("deletes");
    for table in ["content", "attempt", "tally"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let left = log.connection.query_row(&sql, [], |row| row.get(0));
        assert_eq!(left, Ok(0), "{table}");
    }
}

#[test]
fn other_files_and_newer_logs_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("text");
    std::fs::write(&text, "this is not a database, however long it may be").expect("writes");
    assert_eq!(Log::open(&text).err(), Some(LogError::NotALog(text)));

    let other = folder.path().join("other.db");
    let connection = Connection::open(&other).expect("opens");
    connection
        .execute_batch("CREATE TABLE t (x)")
        .expect("runs");
    assert_eq!(Log::open(&other).err(), Some(LogError::NotALog(other)));

    let newer = folder.path().join("newer.db");
    drop(Log::open(&newer).expect("opens"));
    let connection = Connection::open(&newer).expect("opens");
    connection
        .pragma_update(None, "user_version", 999)
        .expect("sets");
    assert!(matches!(
        Log::open(&newer).err(),
        Some(LogError::Newer { found: 999, .. })
    ));

    let missing = folder.path().join("none.db");
    assert_eq!(
        Log::open_existing(&missing).err(),
        Some(LogError::Missing(missing))
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, log) = open();
    let writer = log.writer().expect("starts");
    write(&writer, delivery(b"a"));
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(log.path()), 0o600);
    assert_eq!(mode(&log.path().with_extension("db-wal")), 0o600);
    assert_eq!(mode(log.path().parent().expect("a folder")), 0o700);
}
