//! A Unix socket as a file: nobody else's, never in the place of another, gone at the end.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::net::{UnixListener, UnixSocket, UnixStream};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Why a path cannot be listened on.
#[derive(Debug, Error)]
pub enum UnixSocketError {
    /// Something that is no socket.
    #[error("not a socket, so it stays as it is: `{0}`")]
    NotASocket(PathBuf),
    /// Another process listens there.
    #[error("another process listens on `{0}`")]
    InUse(PathBuf),
    /// What the system says.
    #[error("cannot listen on `{0}`")]
    Failed(PathBuf, #[source] io::Error),
}

/// A socket that is bound to a path; the file goes with it.
#[derive(Debug)]
pub struct UnixSocketFile {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode, so that only this socket's own file is removed.
    identity: Option<(u64, u64)>,
}

impl UnixSocketFile {
    /// Binds to a path for this user alone. A socket that nobody listens on any more is replaced.
    ///
    /// # Errors
    /// [`UnixSocketError`]
    pub async fn bind(path: &Path) -> Result<Self, UnixSocketError> {
        let failed = |error| UnixSocketError::Failed(path.to_owned(), error);
        match fs::symlink_metadata(path) {
            Ok(there) if !there.file_type().is_socket() => {
                return Err(UnixSocketError::NotASocket(path.to_owned()));
            }
            Ok(_) => match UnixStream::connect(path).await {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    fs::remove_file(path).map_err(failed)?;
                }
                Err(error) => return Err(failed(error)),
                Ok(_) => return Err(UnixSocketError::InUse(path.to_owned())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let socket = UnixSocket::new_stream().map_err(failed)?;
        socket.bind(path).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => UnixSocketError::InUse(path.to_owned()),
            _ => failed(error),
        })?;
        // Before it listens, so that there is no moment in which others can connect.
        let private = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        let listener = private.and_then(|()| socket.listen(BACKLOG));
        match listener {
            Ok(listener) => Ok(Self {
                listener,
                path: path.to_owned(),
                identity: identity(path),
            }),
            Err(error) => {
                let _ = fs::remove_file(path);
                Err(failed(error))
            }
        }
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let file = fs::symlink_metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

impl Drop for UnixSocketFile {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_socket_that_nobody_listens_on_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sock");
        fs::write(&path, "kept").expect("writes");
        let told = UnixSocketFile::bind(&path).await;
        assert!(matches!(told, Err(UnixSocketError::NotASocket(_))));
        assert_eq!(fs::read(&path).expect("is there"), b"kept");
        fs::remove_file(&path).expect("removes");

        let first = UnixSocketFile::bind(&path).await.expect("binds");
        let mode = fs::metadata(&path).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let told = UnixSocketFile::bind(&path).await;
        assert!(matches!(told, Err(UnixSocketError::InUse(_))));
        drop(first);
        assert!(!path.exists());

        // As a process leaves it that was killed.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("binds"));
        let again = UnixSocketFile::bind(&path).await.expect("binds again");
        fs::remove_file(&path).expect("removes");
        fs::write(&path, "another's").expect("writes");
        drop(again);
        assert!(path.exists(), "a file that is not its own was removed");
    }
}
