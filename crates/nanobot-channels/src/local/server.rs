//! The Unix socket of a daemon: opened so that only its own user can reach it, and served.
//!
//! Two fences: the socket file has mode 0600 from its first moment, and each peer's user id is compared
//! with ours. What is said over a connection is `session.rs`.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::protocol::code;
use super::session::{LocalDeps, Peer, refuse, serve_stream};
use crate::error::ServerError;

/// The longest path of a Unix socket on Linux, in bytes: `sun_path` of unix(7) less its closing zero.
const MAX_SOCKET_PATH: usize = 107;

/// How long the probe of an existing socket waits for an answer.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// How long open connections may take to end when the server stops, on top of their own limits.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// How long the server pauses when no connection can be accepted (no free file descriptors, say).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An open socket. The file is removed when the server ends or is dropped, if it is still this server's.
#[derive(Debug)]
pub struct LocalServer {
    listener: UnixListener,
    file: SocketFile,
}

/// The socket's place in the file system.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl LocalServer {
    /// Opens the socket at `path`, with mode 0600. Creates the folder with mode 0700 if it is missing, and
    /// takes the place of a socket on which nobody answers. Two daemons of one home must be kept apart
    /// before: between the probe and the opening somebody else may open.
    ///
    /// # Errors
    /// [`ServerError`]; nothing was changed then, except for the folder.
    pub async fn bind(path: &Path) -> Result<Self, ServerError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed("creating the folder", folder))?;
        clear_the_place(path).await?;

        // Born in a folder that only we can enter, the file has its mode before anybody else can reach it.
        let nursery = tempfile::Builder::new()
            .prefix(".s")
            .rand_bytes(6)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(folder)
            .map_err(failed("creating a folder in", folder))?;
        let born = nursery.path().join("s");
        let found = born.as_os_str().len().max(path.as_os_str().len());
        if found > MAX_SOCKET_PATH {
            return Err(ServerError::PathTooLong { path: path.to_owned(), found, limit: MAX_SOCKET_PATH });
        }
        let listener = UnixListener::bind(&born).map_err(failed("opening the socket", path))?;
        fs::set_permissions(&born, fs::Permissions::from_mode(0o600))
            .map_err(failed("setting the mode of the socket", path))?;
        let metadata = fs::symlink_metadata(&born).map_err(failed("reading the socket", path))?;
        fs::rename(&born, path).map_err(failed("placing the socket", path))?;
        let file = SocketFile { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() };
        Ok(Self { listener, file })
    }

    /// Where the socket lies.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Serves until `stop` fires: then no connection is accepted any more, open ones say goodbye, and the
    /// file is removed. Takes at most the drain limit of 10 s from then on.
    pub async fn run(self, deps: LocalDeps, stop: CancelToken) {
        let own = Peer::own();
        let mut sessions = JoinSet::new();
        // Room for refusing a few more than are served, each within the flush limit.
        let most = deps.hub.limits().connections.saturating_mul(2);
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = sessions.join_next() => continue,
                accepted = self.listener.accept(), if sessions.len() < most => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    sessions.spawn(admit(stream, own, deps.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a local connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self);
        let ended = async { while sessions.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_LIMIT, ended).await.is_err() {
            tracing::warn!("local connections did not end in time and were cut");
        }
    }
}

/// Serves a peer of our own user id, and refuses any other.
async fn admit(mut stream: UnixStream, own: Peer, deps: LocalDeps, stop: CancelToken) {
    match stream.peer_cred() {
        Ok(peer) if is_permitted(Peer { uid: peer.uid() }, own) => {
            serve_stream(stream, Peer { uid: peer.uid() }, deps, stop).await;
        }
        Ok(peer) => {
            tracing::warn!(uid = peer.uid(), "a local connection of another user was refused");
            let limits = deps.hub.limits();
            refuse(&mut stream, code::NOT_PERMITTED, "this socket serves its own user only", limits).await;
        }
        Err(error) => tracing::warn!(%error, "the user of a local connection cannot be known"),
    }
}

/// Whether a peer may speak: only our own user. Not even root, who has better ways.
fn is_permitted(peer: Peer, own: Peer) -> bool {
    peer == own
}

/// Makes sure that a socket may be placed at `path`: nothing is there, or a socket that nobody serves.
async fn clear_the_place(path: &Path) -> Result<(), ServerError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => {}
        Ok(_) => return Err(ServerError::NotASocket { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("reading", path)(error)),
    }
    match tokio::time::timeout(PROBE_LIMIT, UnixStream::connect(path)).await {
        // Nobody serves it: the new socket takes its place.
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(Err(error)) => Err(failed("probing the socket", path)(error)),
        // One that does not accept in time is busy, not dead.
        Ok(Ok(_)) | Err(_) => Err(ServerError::AlreadyRunning { path: path.to_owned() }),
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ServerError {
    let path = path.to_owned();
    move |source| ServerError::Io { doing, path, source }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode);
        // A later daemon may have placed its own socket there.
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the socket file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests;
