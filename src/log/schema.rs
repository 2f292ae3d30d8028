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
    // 6: what lists, filters and statistics read instead of the deliveries with their bodies. A `kind`
    // is one combination of what deliveries are filtered by, of which there are few; an `outline` is
    // a delivery without its texts; a `tally` counts the deliveries of ten minutes, with the lowest and
    // highest number among them (of which pruning may take some). The latency that came
    // after the delivery moves from `answer` to the outline.
    "CREATE TABLE kind (
        id        INTEGER PRIMARY KEY,
        direction TEXT NOT NULL,
        provider  TEXT,
        event     TEXT,
        verdict   TEXT,
        reason    TEXT,
        status    INTEGER,
        error     TEXT,
        failed    INTEGER NOT NULL,
        count     INTEGER NOT NULL DEFAULT 0,
        bytes     INTEGER NOT NULL DEFAULT 0,
        repeats   INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX kind_of ON kind
        (event, provider, status, direction, verdict, reason, error, failed);
    CREATE TABLE outline (
        delivery INTEGER PRIMARY KEY,
        kind     INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        size     INTEGER NOT NULL,
        repeats  INTEGER NOT NULL,
        latency  INTEGER
    ) STRICT;
    CREATE INDEX outline_kind ON outline (kind, delivery, at);
    CREATE INDEX outline_slow ON outline (latency) WHERE latency >= 100000;
    CREATE TABLE tally (
        slot  INTEGER PRIMARY KEY,
        count INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last  INTEGER NOT NULL
    ) STRICT;
    CREATE TEMP TABLE known AS
        SELECT d.id, d.at, d.direction, d.provider, d.event, d.verdict, d.reason,
            length(d.body) AS size, d.duplicate_of IS NOT NULL AS repeats,
            coalesce(d.status, a.status) AS status, a.error_kind AS error,
            coalesce(d.status NOT BETWEEN 200 AND 299, 0)
                OR a.number IS NOT NULL AND coalesce(a.status NOT BETWEEN 200 AND 299, 1)
                AS failed,
            coalesce(r.latency, d.latency, a.latency) AS latency
        FROM delivery d
        LEFT JOIN answer r ON r.delivery = d.id
        LEFT JOIN attempt a ON a.delivery = d.id
            AND a.number = (SELECT max(number) FROM attempt WHERE delivery = d.id);
    INSERT INTO kind (direction, provider, event, verdict, reason, status, error, failed)
        SELECT DISTINCT direction, provider, event, verdict, reason, status, error, failed
        FROM temp.known;
    INSERT INTO outline (delivery, kind, at, size, repeats, latency)
        SELECT o.id, k.id, o.at, o.size, o.repeats, o.latency
        FROM temp.known o JOIN kind k ON k.event IS o.event AND k.provider IS o.provider
            AND k.status IS o.status AND k.direction IS o.direction AND k.verdict IS o.verdict
            AND k.reason IS o.reason AND k.error IS o.error AND k.failed IS o.failed;
    UPDATE kind SET count = o.count, bytes = o.bytes, repeats = o.repeats FROM (
        SELECT kind, count(*) AS count, sum(size) AS bytes, sum(repeats) AS repeats
        FROM outline GROUP BY kind
    ) o WHERE o.kind = kind.id;
    INSERT INTO tally (slot, count, first, last)
        SELECT at / 600000000, count(*), min(delivery), max(delivery) FROM outline GROUP BY 1;
    DROP TABLE temp.known;
    CREATE TRIGGER outline_written AFTER INSERT ON outline BEGIN
        UPDATE kind SET count = count + 1, bytes = bytes + NEW.size, repeats = repeats + NEW.repeats
        WHERE id = NEW.kind;
        INSERT INTO tally (slot, count, first, last)
        VALUES (NEW.at / 600000000, 1, NEW.delivery, NEW.delivery)
        ON CONFLICT (slot) DO UPDATE SET count = count + 1, first = min(first, excluded.first),
            last = max(last, excluded.last);
    END;
    CREATE TRIGGER outline_removed AFTER DELETE ON outline BEGIN
        UPDATE kind SET count = count - 1, bytes = bytes - OLD.size, repeats = repeats - OLD.repeats
        WHERE id = OLD.kind;
        UPDATE tally SET count = count - 1 WHERE slot = OLD.at / 600000000;
        DELETE FROM tally WHERE slot = OLD.at / 600000000 AND count = 0;
    END;
    CREATE TRIGGER outline_moved AFTER UPDATE OF kind ON outline WHEN OLD.kind <> NEW.kind BEGIN
        UPDATE kind SET count = count - 1, bytes = bytes - OLD.size, repeats = repeats - OLD.repeats
        WHERE id = OLD.kind;
        UPDATE kind SET count = count + 1, bytes = bytes + NEW.size, repeats = repeats + NEW.repeats
        WHERE id = NEW.kind;
    END;
    DROP TRIGGER answer_of_delivery;
    DROP TABLE answer;
    CREATE TRIGGER outline_of_delivery AFTER DELETE ON delivery BEGIN
        DELETE FROM outline WHERE delivery = OLD.id;
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
            let connection = older(&path, version);
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
                    VALUES (?1, 'received', ?1 * 1000000, ?2, 'POST', '/', x'', x'', ?3, ?4)";
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
            drop(connection);
            let log = Log::open(&path).expect("opens");
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
