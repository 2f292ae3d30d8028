//! One server to a log: two would send everything twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// Held while a server runs; the system lets go of it whatever way that ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a log; none where another process has it.
    ///
    /// # Errors
    /// Where no file can be made beside the log.
    pub fn take(log: &Path) -> io::Result<Option<Self>> {
        let mut path = log.as_os_str().to_owned();
        path.push("-serve");
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.db");
        let first = Lock::take(&path).expect("a file");
        assert!(first.is_some());
        assert!(Lock::take(&path).expect("a file").is_none());
        drop(first);
        assert!(Lock::take(&path).expect("a file").is_some());
    }
}
