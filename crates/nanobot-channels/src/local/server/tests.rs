//! The socket itself, in a folder of the test's own.

use super::*;
use crate::error::ClientError;
use crate::local::{LocalClient, LocalLimits};
use crate::testing::{FakeDaemon, RawPeer, chat, options, switch};
use nanobot_core::cancel::CancelSwitch;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream as BlockingStream;
use std::sync::Arc;
use tokio::task::JoinHandle;

struct Running {
    daemon: Arc<FakeDaemon>,
    folder: tempfile::TempDir,
    stop: CancelSwitch,
    task: JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let daemon = FakeDaemon::new(LocalLimits::default());
        let server = LocalServer::bind(&folder.path().join("run/nanobot.sock")).await.unwrap();
        let (stop, token) = switch();
        let task = tokio::spawn(server.run(daemon.deps(), token));
        Self { daemon, folder, stop, task }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("run/nanobot.sock")
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_socket_and_its_new_folder_are_for_their_user_only() {
    let running = Running::start().await;
    assert_eq!(mode(&running.path()), 0o600);
    assert_eq!(mode(running.path().parent().unwrap()), 0o700);
    let names: Vec<_> = fs::read_dir(running.path().parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "the folder of birth is removed");
}

#[tokio::test]
async fn a_client_talks_over_the_socket() {
    let running = Running::start().await;
    let client = LocalClient::connect(&running.path(), options()).await.unwrap();
    assert_eq!(client.server().version, "9.9.9");
    assert_eq!(client.server().pid, std::process::id());
    client.attach(&chat("c")).await.unwrap();
    assert_eq!(client.send(&chat("c"), "hello").await.unwrap().unwrap().as_str(), "turn-1");
    assert_eq!(running.daemon.received.lock().unwrap().len(), 1);
    client.close().await;
}

#[tokio::test]
async fn stopping_says_goodbye_and_removes_the_file() {
    let running = Running::start().await;
    let mut peer = RawPeer::greeted(UnixStream::connect(running.path()).await.unwrap()).await;
    running.stop.cancel();
    assert_eq!(peer.hear().await.unwrap(), r#"{"t":"bye","reason":"draining"}"#);
    peer.hear_end().await;
    running.task.await.unwrap();
    assert!(!running.folder.path().join("run/nanobot.sock").exists());
}

#[tokio::test]
async fn a_socket_that_nobody_serves_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let server = LocalServer::bind(&path).await.unwrap();
    assert_eq!(server.path(), path);
    assert!(UnixStream::connect(&path).await.is_ok());
}

#[tokio::test]
async fn a_socket_that_somebody_serves_and_a_file_are_left_alone() {
    let running = Running::start().await;
    let again = LocalServer::bind(&running.path()).await;
    assert!(matches!(again, Err(ServerError::AlreadyRunning { .. })));
    assert!(LocalClient::connect(&running.path(), options()).await.is_ok());

    let file = running.folder.path().join("notes.txt");
    fs::write(&file, "keep me").unwrap();
    assert!(matches!(LocalServer::bind(&file).await, Err(ServerError::NotASocket { .. })));
    assert_eq!(fs::read_to_string(&file).unwrap(), "keep me");
}

#[tokio::test]
async fn an_old_server_does_not_remove_the_socket_of_its_successor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    let old = LocalServer::bind(&path).await.unwrap();
    fs::remove_file(&path).unwrap();
    let _new = LocalServer::bind(&path).await.unwrap();
    drop(old);
    assert!(path.exists());
}

#[tokio::test]
async fn a_path_that_is_too_long_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x".repeat(120)).join("s.sock");
    let error = LocalServer::bind(&path).await.unwrap_err();
    assert!(matches!(error, ServerError::PathTooLong { limit: 107, .. }), "{error}");
}

#[tokio::test]
async fn a_missing_daemon_is_told_apart_from_a_foreign_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    let missing = LocalClient::connect(&path, options()).await;
    assert!(matches!(missing, Err(ClientError::NotRunning { .. })));

    let listener = UnixListener::bind(&path).unwrap();
    let foreign = async {
        let (stream, _) = listener.accept().await.unwrap();
        RawPeer::new(stream).say("220 mail ready").await;
    };
    let (answer, ()) = tokio::join!(LocalClient::connect(&path, options()), foreign);
    assert!(matches!(answer, Err(ClientError::NotADaemon)));
}

#[test]
fn only_the_same_user_is_permitted() {
    let own = Peer { uid: 1000 };
    assert!(is_permitted(own, own));
    assert!(!is_permitted(Peer { uid: 0 }, own));
    assert!(!is_permitted(Peer { uid: 1001 }, own));
}

/// Opens the socket as another user, on a thread of its own: user ids belong to threads on Linux.
fn as_nobody(path: PathBuf) -> io::Result<String> {
    const NOBODY: u32 = 65_534;
    std::thread::spawn(move || {
        let nobody = rustix::process::Uid::from_raw(NOBODY);
        rustix::thread::set_thread_res_uid(nobody, nobody, nobody)?;
        let stream = BlockingStream::connect(path)?;
        let mut heard = String::new();
        BufReader::new(stream.take(4096)).read_line(&mut heard)?;
        Ok(heard)
    })
    .join()
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_stopped_by_the_mode_and_by_the_check_of_the_peer() {
    if !rustix::process::geteuid().is_root() {
        // Only root can become somebody else; the comparison itself has a test of its own above.
        return;
    }
    let running = Running::start().await;
    let path = running.path();
    fs::set_permissions(running.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = tokio::task::spawn_blocking({
        let path = path.clone();
        move || as_nobody(path)
    });
    assert_eq!(refused.await.unwrap().unwrap_err().kind(), io::ErrorKind::PermissionDenied);

    // With every mode opened by a careless hand, the check of the peer remains.
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let heard = tokio::task::spawn_blocking(move || as_nobody(path)).await.unwrap().unwrap();
    assert_eq!(
        heard.trim_end(),
        r#"{"t":"error","code":"not_permitted","message":"this socket serves its own user only"}"#
    );
    assert_eq!(running.daemon.hub.connections(), 0);
}
