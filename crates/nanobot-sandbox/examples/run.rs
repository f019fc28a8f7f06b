//! Runs one command in a closed box over a folder: `cargo run --example run -- FOLDER COMMAND`. Without arguments it
//! looks around in a box over an empty folder.
//!
//! The example starts itself again inside of the box, as a daemon does.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use nanobot_core::cancel::CancelToken;
use nanobot_core::units::ByteCount;
use nanobot_sandbox::{
    Cell, CellCommand, Launcher, LauncherSettings, MountSource, Mounts, Profile, take_over,
};

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    // First of all: no threads and no open files may be there when the box takes over.
    if let Some(code) = take_over(std::env::args_os()) {
        return Ok(code);
    }
    let mut arguments = std::env::args().skip(1);
    let empty = tempfile::tempdir()?;
    let folder = arguments.next().map_or_else(|| empty.path().to_owned(), PathBuf::from);
    let command = arguments.next().unwrap_or_else(|| "id; ls /; ls -A /workspace".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(&folder, &command))
}

async fn run(folder: &Path, command: &str) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let launcher = Launcher::new(LauncherSettings {
        bubblewrap: "/usr/bin/bwrap".into(),
        init: std::env::current_exe()?,
        locale: Vec::new(),
    })?;
    let mounts = Mounts::only(MountSource::open(&folder.canonicalize()?)?);
    let mut cell = Cell::start(&launcher, &Profile::default(), mounts).await?;
    let ended = cell
        .run(CellCommand {
            command,
            directory: "/workspace",
            timeout: Duration::from_mins(1),
            output_limit: ByteCount::mib(1),
            cancel: &CancelToken::never(),
        })
        .await?;
    cell.kill().await;
    print!("{}", String::from_utf8_lossy(&ended.output));
    Ok(ended.code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
