//! The log's file: created private, opened by several at once, read where it cannot be written.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{LogError, schema};

/// How long to wait for another process that is setting up the same log.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait between two looks at it.
const PAUSE: Duration = Duration::from_millis(10);

/// Opens the file for reading and writing, creating and migrating it as needed.
pub(super) fn open(path: &Path) -> Result<Connection, LogError> {
    create_private(path).map_err(|error| {
        LogError::Storage(format!("cannot create `{}`: {error}", path.display()))
    })?;
    set_up_in_turn(path).map_err(|trouble| trouble.told(path))
}

/// Opens the file for reading: as [`open`] does, or where it cannot be written as it is.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection, LogError> {
    // Where this fails nothing can be written, and what is there is read all the same.
    let _ = create_private(path);
    match set_up_in_turn(path) {
        Err(Trouble::Sqlite(error)) if is_unwritable(&error) => open_unwritable(path),
        result => result.map_err(|trouble| trouble.told(path)),
    }
}

fn set_up_in_turn(path: &Path) -> Result<Connection, Trouble> {
    let start = Instant::now();
    loop {
        match set_up(path) {
            // SQLite does not wait where waiting could be for ever: two that switch a new file to
            // WAL at once are both told that it is locked. One of them is done soon.
            Err(Trouble::Sqlite(error)) if is_locked(&error) && start.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

/// Opens a file nothing can be written beside.
fn open_unwritable(path: &Path) -> Result<Connection, LogError> {
    let plain = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(Trouble::from)
        .and_then(|connection| recognise(connection, path));
    let connection = match plain {
        Err(Trouble::Sqlite(error)) if is_unwritable(&error) => {
            let waiting = beside(path, "-wal");
            if std::fs::metadata(&waiting).is_ok_and(|file| file.len() > 0) {
                return Err(LogError::Storage(format!(
                    "its last writes are in `{}`, which can be read only where files can be written: copy both",
                    waiting.display()
                )));
            }
            Connection::open_with_flags(
                immutable(path),
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
            )
            .map_err(Trouble::from)
            .and_then(|connection| recognise(connection, path))
        }
        plain => plain,
    }
    .map_err(|trouble| trouble.told(path))?;
    if schema::is_current(&connection)? {
        Ok(connection)
    } else {
        Err(LogError::Storage(format!(
            "an older hookcat's log, which cannot be brought up to date where it cannot be written: `{}`",
            path.display()
        )))
    }
}

fn set_up(path: &Path) -> Result<Connection, Trouble> {
    let mut connection = recognise(Connection::open(path)?, path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 1000;
         PRAGMA cache_size = -512;
         PRAGMA foreign_keys = ON;",
    )?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// Has statements planned once, not anew for each value that is bound to them.
pub(super) fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(|_| ())
}

fn recognise(connection: Connection, path: &Path) -> Result<Connection, Trouble> {
    schema::recognise(&connection, path)?;
    plan_once(&connection)?;
    Ok(connection)
}

/// A failure whose kind still decides what to do.
pub(super) enum Trouble {
    Log(LogError),
    Sqlite(rusqlite::Error),
}

impl Trouble {
    fn told(self, path: &Path) -> LogError {
        match self {
            Self::Log(error) => error,
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => LogError::NotALog(path.to_owned()),
                _ => error.into(),
            },
        }
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

fn is_locked(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn is_unwritable(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

/// The path of a file `SQLite` keeps beside the log.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The path as a URI that tells `SQLite` nobody writes to the file.
fn immutable(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// Creates the file and its folders so that only the owner can read them. A file that is there but
/// empty becomes a log now, and is made as private as a new one.
fn create_private(path: &Path) -> std::io::Result<()> {
    if let Ok(file) = std::fs::metadata(path) {
        #[cfg(unix)]
        if file.is_file() && file.len() == 0 {
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(path, private)?;
        }
        let _ = file;
        return Ok(());
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_can_set_up_a_new_log_at_once() {
        for _ in 0..40 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("log.db");
            let start = std::sync::Barrier::new(8);
            std::thread::scope(|scope| {
                let opened: Vec<_> = (0..8)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            open(&path).map(|_| ())
                        })
                    })
                    .collect();
                for thread in opened {
                    assert_eq!(thread.join().expect("no panic"), Ok(()));
                }
            });
        }
    }

    #[test]
    fn a_log_nothing_can_be_written_beside_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a log?#%.db");
        drop(open(&path).expect("opens"));
        let connection = open_unwritable(&path).expect("opens");
        let rows = connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0));
        assert_eq!(rows, Ok(0));
        drop(connection);
        let connection = Connection::open_with_flags(
            immutable(&path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        );
        assert!(connection.is_ok_and(|own| schema::is_current(&own) == Ok(true)));
    }

    #[cfg(unix)]
    #[test]
    fn an_empty_file_becomes_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.db");
        std::fs::write(&path, "").expect("writes");
        let open_to_all = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(&path, open_to_all).expect("sets");
        let _connection = open(&path).expect("opens");
        for file in [path.clone(), beside(&path, "-wal"), beside(&path, "-shm")] {
            let metadata = std::fs::metadata(&file).expect("there");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }
}
