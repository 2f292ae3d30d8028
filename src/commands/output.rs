//! Files that are written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever may read the user's files.
    Usual,
    /// The user alone.
    Private,
}

/// Writes a file. Folders on the way are made; what is there is replaced in one step, so that nobody
/// reads half of it.
///
/// # Errors
/// The system's.
pub(super) fn replace(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    // A stream stays what it is: `/dev/stdout` may lead to a file that somebody else has open.
    if path.starts_with("/dev") || fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let mut stream = fs::OpenOptions::new().append(true).open(path)?;
        return stream.write_all(bytes);
    }
    // A link stays one.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = draft(path)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let written = options
        .open(&draft)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // What is left of it is in nobody's way but disk's.
        let _ = fs::remove_file(&draft);
    }
    written
}

/// A file beside another, of this process alone.
fn draft(path: &Path) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
    let name = format!(".{}.{}", name.to_string_lossy(), std::process::id());
    Ok(path.with_file_name(name))
}
