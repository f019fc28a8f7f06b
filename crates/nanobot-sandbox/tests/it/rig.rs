//! What the tests share: a launcher, a workspace, and running one command.

use std::path::Path;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::units::ByteCount;
use nanobot_sandbox::{
    Cell, CellCommand, CellOutput, HostUser, Launcher, LauncherSettings, MountSource, Mounts, Profile,
    RunError,
};
use tempfile::TempDir;

/// An ordinary user of the host.
pub(crate) const NOBODY: HostUser = HostUser { uid: 65534, gid: 65534 };

/// A launcher for this machine.
pub(crate) fn launcher() -> Launcher {
    let bubblewrap =
        ["/usr/bin/bwrap", "/usr/local/bin/bwrap"].into_iter().find(|path| Path::new(path).exists());
    let Some(bubblewrap) = bubblewrap else {
        panic!("NOT RUN: bubblewrap is missing; install the package bubblewrap");
    };
    Launcher::new(LauncherSettings {
        bubblewrap: bubblewrap.into(),
        init: env!("CARGO_BIN_EXE_nanobot-sandbox-init").into(),
        locale: vec![("LANG".to_owned(), "C.UTF-8".to_owned())],
    })
    .unwrap()
}

/// Runs as an ordinary user where the tests run as root, and as the caller elsewhere.
pub(crate) fn as_nobody() -> Profile {
    let run_as = rustix::process::geteuid().is_root().then_some(NOBODY);
    Profile { run_as, ..Profile::default() }
}

/// A workspace that everybody may write.
pub(crate) fn workspace() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    folder
}

pub(crate) fn source(path: &Path) -> MountSource {
    MountSource::open(&path.canonicalize().unwrap()).unwrap()
}

/// A box over this workspace.
pub(crate) async fn cell(launcher: &Launcher, profile: &Profile, workspace: &Path) -> Cell {
    Cell::start(launcher, profile, Mounts::only(source(workspace))).await.unwrap()
}

/// Runs a command with a wide limit on its time.
pub(crate) async fn run(cell: &mut Cell, command: &str) -> Result<CellOutput, RunError> {
    run_for(cell, command, Duration::from_secs(30)).await
}

pub(crate) async fn run_for(
    cell: &mut Cell,
    command: &str,
    timeout: Duration,
) -> Result<CellOutput, RunError> {
    cell.run(CellCommand {
        command,
        directory: "/workspace",
        timeout,
        output_limit: ByteCount::kib(64),
        cancel: &CancelToken::never(),
    })
    .await
}

/// What a command prints and its code.
pub(crate) async fn said(cell: &mut Cell, command: &str) -> (Option<i32>, String) {
    let output = run(cell, command).await.unwrap();
    (output.code, String::from_utf8_lossy(&output.output).into_owned())
}
