//! The tables, as append-only migrations: never change an entry, add one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::LogError;
use super::file::Trouble;

/// `hkct`: marks a `SQLite` file as a hookcat log.
const APPLICATION_ID: i64 = 0x686b_6374;

/// Entry *n* takes a log from version *n* to *n + 1*.
const MIGRATIONS: &[&str] = &[
    // 1: deliveries and their attempts. Times are microseconds since 1970, latencies microseconds,
    // headers `Name: value` lines. `same` is 64 bits of a hash of the provider's delivery id (or of
    // the request where there is none): equal for repeats.
    "CREATE TABLE delivery (
        id           INTEGER PRIMARY KEY,
        direction    TEXT NOT NULL CHECK (direction IN ('received', 'sent')),
        at           INTEGER NOT NULL,
        provider     TEXT,
        event        TEXT,
        delivery_id  TEXT,
        verdict      TEXT,
        reason       TEXT,
        detail       TEXT,
        secret_index INTEGER,
        coverage     TEXT,
        method       TEXT NOT NULL,
        target       TEXT NOT NULL,
        headers      BLOB NOT NULL,
        body         BLOB NOT NULL,
        same         INTEGER NOT NULL,
        duplicate_of INTEGER,
        replay_of    INTEGER,
        status       INTEGER,
        latency      INTEGER
    ) STRICT;
    CREATE INDEX delivery_same ON delivery (same) WHERE direction = 'received';
    CREATE TABLE attempt (
        delivery   INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
        number     INTEGER NOT NULL,
        at         INTEGER NOT NULL,
        url        TEXT NOT NULL,
        status     INTEGER,
        headers    BLOB,
        body       BLOB,
        error_kind TEXT,
        error      TEXT,
        latency    INTEGER NOT NULL,
        PRIMARY KEY (delivery, number)
    ) STRICT, WITHOUT ROWID;",
    // 2: how long answers took in the end, the commit of their delivery included. A table of its own
    // because to update the delivery would write its body a second time; a trigger and no foreign
    // key, so that nothing is looked up where a row is written.
    "CREATE TABLE answer (
        delivery INTEGER PRIMARY KEY,
        latency  INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER answer_of_delivery AFTER DELETE ON delivery BEGIN
        DELETE FROM answer WHERE delivery = OLD.id;
    END;",
    // 3: whether more of an answer's body came than was kept.
    "ALTER TABLE attempt ADD COLUMN truncated INTEGER NOT NULL DEFAULT 0;",
    // 4: what told the provider, where it was detected.
    "ALTER TABLE delivery ADD COLUMN detected_by TEXT;",
    // 5: which attempt of its delivery a repeat is, the one before it, and what changed since. Of what
    // was recorded before, only the count is known. `signature` is 64 bits of a hash of the headers
    // that hold signature and timestamp.
    "ALTER TABLE delivery ADD COLUMN attempt INTEGER;
    ALTER TABLE delivery ADD COLUMN previous INTEGER;
    ALTER TABLE delivery ADD COLUMN body_differs INTEGER;
    ALTER TABLE delivery ADD COLUMN signature_renewed INTEGER;
    ALTER TABLE delivery ADD COLUMN signature INTEGER;
    CREATE INDEX delivery_replay ON delivery (replay_of) WHERE replay_of IS NOT NULL;
    UPDATE delivery SET
        attempt = max(2, counted.attempt),
        previous = coalesce(counted.previous, duplicate_of)
    FROM (
        SELECT id, row_number() OVER attempts AS attempt, lag(id) OVER attempts AS previous
        FROM delivery WHERE direction = 'received'
        WINDOW attempts AS (PARTITION BY same ORDER BY id)
    ) AS counted
    WHERE counted.id = delivery.id AND delivery.duplicate_of IS NOT NULL;",
    // 6: rows that are only ever appended, so that a delivery costs a fraction of a page. A `kind` is one
    // combination of what deliveries are told apart by, of which there are few; `content` holds header
    // lines and body in one, `headers` bytes of it header lines: as they are (form 0), as a zstd frame
    // (1), or as one with the dictionary of that number; `recorded` says when a delivery was that happened
    // long before; a `tally` counts the deliveries of a
    // kind in ten minutes, with the lowest and highest number there was among them. `same` has no index
    // any more, in which every delivery wrote to a page of its own: the writer remembers the latest.
    "DROP TRIGGER answer_of_delivery;
    DROP INDEX delivery_same;
    DROP INDEX delivery_replay;
    ALTER TABLE delivery RENAME TO earlier_delivery;
    ALTER TABLE attempt RENAME TO earlier_attempt;
    CREATE TABLE kind (
        id           INTEGER PRIMARY KEY,
        direction    TEXT NOT NULL CHECK (direction IN ('received', 'sent')),
        provider     TEXT,
        event        TEXT,
        verdict      TEXT,
        reason       TEXT,
        coverage     TEXT,
        secret_index INTEGER,
        detected_by  TEXT,
        method       TEXT NOT NULL,
        answer       INTEGER,
        status       INTEGER,
        error        TEXT,
        failed       INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX kind_of ON kind (event, provider, status, verdict, reason);
    CREATE TABLE delivery (
        id                INTEGER PRIMARY KEY,
        kind              INTEGER NOT NULL,
        at                INTEGER NOT NULL,
        size              INTEGER NOT NULL,
        target            TEXT NOT NULL,
        delivery_id       TEXT,
        detail            TEXT,
        same              INTEGER,
        body_mark         INTEGER,
        signature         INTEGER,
        duplicate_of      INTEGER,
        attempt           INTEGER,
        previous          INTEGER,
        body_differs      INTEGER,
        signature_renewed INTEGER,
        replay_of         INTEGER,
        latency           INTEGER,
        recorded          INTEGER
    ) STRICT;
    CREATE TABLE content (
        delivery INTEGER PRIMARY KEY,
        form     INTEGER NOT NULL,
        headers  INTEGER NOT NULL,
        data     BLOB NOT NULL
    ) STRICT;
    CREATE TABLE dictionary (
        id   INTEGER PRIMARY KEY,
        data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE attempt (
        delivery   INTEGER NOT NULL,
        number     INTEGER NOT NULL,
        at         INTEGER NOT NULL,
        url        TEXT NOT NULL,
        status     INTEGER,
        headers    BLOB,
        body       BLOB,
        error_kind TEXT,
        error      TEXT,
        latency    INTEGER NOT NULL,
        truncated  INTEGER NOT NULL,
        PRIMARY KEY (delivery, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tally (
        slot    INTEGER NOT NULL,
        kind    INTEGER NOT NULL,
        count   INTEGER NOT NULL,
        bytes   INTEGER NOT NULL,
        repeats INTEGER NOT NULL,
        first   INTEGER NOT NULL,
        last    INTEGER NOT NULL,
        PRIMARY KEY (slot, kind)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO attempt SELECT delivery, number, at, url, status, headers, body, error_kind, error,
        latency, truncated FROM earlier_attempt;
    CREATE TEMP TABLE known AS
        SELECT d.id, d.direction, d.provider, d.event, d.verdict, d.reason, d.coverage,
            d.secret_index, d.detected_by, d.method, d.status AS answer,
            coalesce(d.status, a.status) AS status, a.error_kind AS error,
            coalesce(d.status NOT BETWEEN 200 AND 299, 0)
                OR a.number IS NOT NULL AND coalesce(a.status NOT BETWEEN 200 AND 299, 1)
                AS failed,
            coalesce(r.latency, d.latency, a.latency) AS latency
        FROM earlier_delivery d
        LEFT JOIN answer r ON r.delivery = d.id
        LEFT JOIN attempt a ON a.delivery = d.id
            AND a.number = (SELECT max(number) FROM attempt WHERE delivery = d.id);
    INSERT INTO kind (direction, provider, event, verdict, reason, coverage, secret_index,
            detected_by, method, answer, status, error, failed)
        SELECT DISTINCT direction, provider, event, verdict, reason, coverage, secret_index,
            detected_by, method, answer, status, error, failed
        FROM temp.known;
    INSERT INTO delivery (id, kind, at, size, target, delivery_id, detail, same, signature,
            duplicate_of, attempt, previous, body_differs, signature_renewed, replay_of, latency)
        SELECT d.id, k.id, d.at, length(d.body), d.target, d.delivery_id, d.detail,
            CASE WHEN d.direction = 'received' AND (d.delivery_id IS NOT NULL OR length(d.body) > 0)
                THEN d.same END,
            d.signature, d.duplicate_of, d.attempt, d.previous, d.body_differs,
            d.signature_renewed, d.replay_of, o.latency
        FROM earlier_delivery d JOIN temp.known o ON o.id = d.id
        JOIN kind k ON k.event IS o.event AND k.provider IS o.provider AND k.status IS o.status
            AND k.verdict IS o.verdict AND k.reason IS o.reason AND k.direction = o.direction
            AND k.coverage IS o.coverage AND k.secret_index IS o.secret_index
            AND k.detected_by IS o.detected_by AND k.method = o.method AND k.answer IS o.answer
            AND k.error IS o.error AND k.failed = o.failed;
    INSERT INTO content (delivery, form, headers, data)
        SELECT id, 0, length(headers), CAST(headers || body AS BLOB) FROM earlier_delivery;
    INSERT INTO tally (slot, kind, count, bytes, repeats, first, last)
        SELECT at / 600000000, kind, count(*), sum(size), sum(duplicate_of IS NOT NULL), min(id),
            max(id)
        FROM delivery GROUP BY 1, 2;
    DROP TABLE temp.known;
    DROP TABLE answer;
    DROP TABLE earlier_attempt;
    DROP TABLE earlier_delivery;
    CREATE INDEX delivery_kind ON delivery (kind);
    CREATE INDEX delivery_replay ON delivery (replay_of) WHERE replay_of IS NOT NULL;
    CREATE INDEX delivery_slow ON delivery (latency) WHERE latency >= 100000;
    CREATE TRIGGER delivery_removed AFTER DELETE ON delivery BEGIN
        DELETE FROM content WHERE delivery = OLD.id;
        DELETE FROM attempt WHERE delivery = OLD.id;
        UPDATE tally SET count = count - 1, bytes = bytes - OLD.size,
            repeats = repeats - (OLD.duplicate_of IS NOT NULL)
        WHERE slot = OLD.at / 600000000 AND kind = OLD.kind;
        DELETE FROM tally WHERE slot = OLD.at / 600000000 AND kind = OLD.kind AND count = 0;
    END;
    CREATE TRIGGER delivery_of_another_kind AFTER UPDATE OF kind ON delivery
    WHEN OLD.kind <> NEW.kind BEGIN
        UPDATE tally SET count = count - 1, bytes = bytes - OLD.size,
            repeats = repeats - (OLD.duplicate_of IS NOT NULL)
        WHERE slot = OLD.at / 600000000 AND kind = OLD.kind;
        DELETE FROM tally WHERE slot = OLD.at / 600000000 AND kind = OLD.kind AND count = 0;
        INSERT INTO tally (slot, kind, count, bytes, repeats, first, last)
        VALUES (NEW.at / 600000000, NEW.kind, 1, NEW.size, NEW.duplicate_of IS NOT NULL, NEW.id,
            NEW.id)
        ON CONFLICT (slot, kind) DO UPDATE SET count = count + 1, bytes = bytes + excluded.bytes,
            repeats = repeats + excluded.repeats, first = min(first, excluded.first),
            last = max(last, excluded.last);
    END;",
    // 7: what `serve` keeps: webhooks (`subscription`), what happened (`event`), and each event on its way to
    // a webhook (`dispatch`). Times are microseconds since 1970, spans microseconds; `events` are lines; an
    // empty `scope` is all repositories. An event is fanned out to the subscriptions above `cursor` up to
    // `horizon`, those there were when it happened; without a `cursor` it was. A dispatch that ended is due no more; of one on its way, `tries` counts
    // the attempts on its schedule, `attempts` all there were, `delivery` is where the log has them. What
    // is due is asked for by subscription, so that no endpoint waits behind another; nothing else has an
    // index, since fanning out would pay for each. `revision` tells a server that
    // webhooks changed, or what is due to them.
    "CREATE TABLE subscription (
        id             INTEGER PRIMARY KEY AUTOINCREMENT,
        created        INTEGER NOT NULL,
        provider       TEXT NOT NULL,
        scope          TEXT NOT NULL,
        target         TEXT NOT NULL,
        address        TEXT NOT NULL,
        secret         BLOB,
        content_type   TEXT NOT NULL,
        events         TEXT NOT NULL,
        active         INTEGER NOT NULL,
        max_retries    INTEGER,
        retry_interval INTEGER
    ) STRICT;
    CREATE INDEX subscription_of ON subscription (provider, scope);
    CREATE TABLE subscription_tally (
        subscription INTEGER PRIMARY KEY,
        deliveries   INTEGER NOT NULL,
        failures     INTEGER NOT NULL,
        last         INTEGER
    ) STRICT;
    CREATE TABLE event (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        at       INTEGER NOT NULL,
        provider TEXT NOT NULL,
        type     TEXT NOT NULL,
        scope    TEXT NOT NULL,
        payload  BLOB NOT NULL,
        horizon  INTEGER NOT NULL,
        cursor   INTEGER
    ) STRICT;
    CREATE INDEX event_waiting ON event (id) WHERE cursor IS NOT NULL;
    CREATE TABLE dispatch (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        event        INTEGER NOT NULL,
        subscription INTEGER NOT NULL,
        delivery_id  TEXT NOT NULL,
        state        TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
        due          INTEGER,
        tries        INTEGER NOT NULL DEFAULT 0,
        attempts     INTEGER NOT NULL DEFAULT 0,
        attempted    INTEGER,
        status       INTEGER,
        error        TEXT,
        latency      INTEGER,
        delivery     INTEGER
    ) STRICT;
    CREATE INDEX dispatch_due ON dispatch (subscription, due) WHERE due IS NOT NULL;
    CREATE TABLE serving (revision INTEGER NOT NULL) STRICT;
    INSERT INTO serving VALUES (0);
    CREATE TRIGGER subscription_added AFTER INSERT ON subscription BEGIN
        UPDATE serving SET revision = revision + 1;
        INSERT INTO subscription_tally VALUES (NEW.id, 0, 0, NULL);
    END;
    CREATE TRIGGER subscription_changed AFTER UPDATE ON subscription BEGIN
        UPDATE serving SET revision = revision + 1;
    END;
    CREATE TRIGGER subscription_removed AFTER DELETE ON subscription BEGIN
        UPDATE serving SET revision = revision + 1;
        DELETE FROM subscription_tally WHERE subscription = OLD.id;
        DELETE FROM dispatch WHERE subscription = OLD.id;
    END;",
    // 8: what rules deliveries out that a search looks for: a sieve of the texts of each 256 numbers that are
    // all given. One that is given again is in none that is there already.
    "CREATE TABLE sieve (
        block INTEGER PRIMARY KEY,
        bits  BLOB NOT NULL
    ) STRICT;
    CREATE TRIGGER delivery_unsieved AFTER DELETE ON delivery BEGIN
        DELETE FROM sieve WHERE block = OLD.id / 256;
    END;",
    // 9: deliveries that are written together share a frame: `content` has a row for those with numbers from
    // its `delivery` up to its next, and `more` the lengths of what its data holds, each in seven bits a
    // byte, the lowest first: the first's body (whose header lines are `headers` long), and of each
    // delivery after it header lines and body. Where there is only one, `more` is NULL. A row goes with the
    // last of its deliveries.
    "ALTER TABLE content ADD COLUMN more BLOB;
    DROP TRIGGER delivery_removed;
    CREATE TRIGGER delivery_removed AFTER DELETE ON delivery BEGIN
        DELETE FROM content
        WHERE delivery = (SELECT max(delivery) FROM content WHERE delivery <= OLD.id)
            AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id >= content.delivery AND d.id < coalesce(
                (SELECT min(c.delivery) FROM content c WHERE c.delivery > OLD.id), 9223372036854775807));
        DELETE FROM attempt WHERE delivery = OLD.id;
        UPDATE tally SET count = count - 1, bytes = bytes - OLD.size,
            repeats = repeats - (OLD.duplicate_of IS NOT NULL)
        WHERE slot = OLD.at / 600000000 AND kind = OLD.kind;
        DELETE FROM tally WHERE slot = OLD.at / 600000000 AND kind = OLD.kind AND count = 0;
    END;",
];

/// Refuses files that are another program's, or a newer hookcat's.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<(), Trouble> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let found = pragma("user_version")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if pragma("application_id")? != APPLICATION_ID {
        return if tables == 0 && found == 0 {
            Ok(())
        } else {
            Err(Trouble::Log(LogError::NotALog(path.to_owned())))
        };
    }
    let known = version();
    if found > known {
        return Err(Trouble::Log(LogError::Newer {
            found,
            known,
            path: path.to_owned(),
        }));
    }
    Ok(())
}

/// Brings a log up to date, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    if is_current(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    // Another process may have migrated while this one waited for the lock.
    let done = usize::try_from(current(&transaction)?).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", version())?;
    transaction.commit()
}

/// Whether a log needs no migration.
pub(super) fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(current(connection)? == version())
}

fn current(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Filter, Log};

    /// A log as an older hookcat left it.
    fn older(path: &Path, version: usize) -> Connection {
        let connection = Connection::open(path).expect("opens");
        for migration in &MIGRATIONS[..version] {
            connection.execute_batch(migration).expect("migrates");
        }
        for (name, value) in [
            ("application_id", APPLICATION_ID),
            ("user_version", i64::try_from(version).expect("small")),
        ] {
            connection
                .pragma_update(None, name, value)
                .expect("sets the pragma");
        }
        connection
    }

    #[test]
    fn a_log_of_every_older_version_is_read() {
        for version in 1..MIGRATIONS.len() {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("log.db");
            // What came after version 5 is told apart by more tables than one can insert into by hand.
            let connection = older(&path, version.min(5));
            // A real delivery with two repeats among forged ones and others.
            for (id, same, verdict, duplicate_of) in [
                (1, 7, "valid", None),
                (2, !7, "invalid", Some(1)),
                (3, 8, "valid", None),
                (4, 7, "valid", Some(1)),
                (5, 7, "valid", Some(1)),
                (6, !7, "invalid", Some(1)),
            ] {
                let sql =
                    "INSERT INTO delivery (id, direction, at, verdict, method, target, headers,
                    body, same, duplicate_of)
                    VALUES (?1, 'received', ?1 * 1000000, ?2, 'POST', '/', x'413a20ff010d0a',
                    x'00ff7b0001', ?3, ?4)";
                connection
                    .execute(sql, rusqlite::params![id, verdict, same, duplicate_of])
                    .expect("inserts");
            }
            if version >= 5 {
                // Since then they are written with the delivery.
                for (id, attempt, previous) in [(2, 2, 1), (4, 2, 1), (5, 3, 4), (6, 2, 2)] {
                    let sql = "UPDATE delivery SET attempt = ?2, previous = ?3 WHERE id = ?1";
                    connection
                        .execute(sql, [id, attempt, previous])
                        .expect("updates");
                }
            }
            connection
                .execute_batch(
                    "INSERT INTO attempt (delivery, number, at, url, status, headers, body, latency)
                     VALUES (3, 1, 0, 'http://x/', 500, x'413a20ff0d0a', x'00ff', 7)",
                )
                .expect("inserts");
            for later in MIGRATIONS.get(5..version).unwrap_or_default() {
                connection.execute_batch(later).expect("migrates");
            }
            connection
                .pragma_update(None, "user_version", i64::try_from(version).expect("small"))
                .expect("sets the pragma");
            drop(connection);
            let log = Log::open(&path).expect("opens");
            let whole = log.delivery(3).expect("reads");
            assert_eq!(whole.message.headers.to_lines(), b"A: \xff\x01\r\n");
            assert_eq!(&whole.message.body[..], b"\x00\xff{\x00\x01");
            let reply = whole.attempts[0].result.as_ref().expect("answered");
            assert_eq!((reply.status, &reply.body[..]), (500, &b"\x00\xff"[..]));
            let failed = Filter {
                failed: true,
                ..Filter::default()
            };
            assert_eq!(log.numbers(&failed), Ok(vec![3]), "version {version}");
            let told: Vec<_> = log
                .numbers(&Filter::default())
                .expect("lists")
                .into_iter()
                .map(|id| log.delivery(id).expect("reads").duplicate_of)
                .map(|own| own.map(|own| (own.attempt, own.previous.map(|own| own.id))))
                .collect();
            let repeat = |attempt, previous| Some((attempt, Some(previous)));
            let wanted = [
                None,
                repeat(2, 1),
                None,
                repeat(2, 1),
                repeat(3, 4),
                repeat(2, 2),
            ];
            assert_eq!(told, wanted, "version {version}");
            let forged = Filter {
                verdict: Some(("invalid".to_owned(), None)),
                ..Filter::default()
            };
            assert_eq!(log.numbers(&forged), Ok(vec![2, 6]), "version {version}");
        }
    }
}
