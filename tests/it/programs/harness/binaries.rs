//! Where the programs are. They are built when one is missing or older than what it is made from.
//!
//! Tests run as processes of their own, so a lock decides who builds, and a stamp tells the others.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

pub(super) fn daemon() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| folder().join("nanobotd"))
}

pub(super) fn cli() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| folder().join("nanobot-cli"))
}

/// The daemon with fault points.
pub(super) fn faulty_daemon() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| folder().join("nanobotd-faults"))
}

/// What tries to get out of the sandbox.
pub(super) fn escape_campaign() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let folder = folder();
        let lock = File::create(folder.join("escape-campaign.lock")).unwrap();
        lock.lock().unwrap();
        let what = ["-p", "nanobot-tests", "--features", "weakened", "--bin", "escape-campaign"];
        build_with(folder, &what);
        folder.join("escape-campaign")
    })
}

/// `target/<profile>`, with the programs in it.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).expect("tests run in target/<profile>/deps");
        let stamp = folder.join("programs.stamp");
        let newest = newest_part(&test);
        if !is_fresh(&stamp, newest) || !has_programs(folder) {
            let lock = File::create(folder.join("programs.lock")).unwrap();
            lock.lock().unwrap();
            if !is_fresh(&stamp, newest) || !has_programs(folder) {
                build(folder);
                File::create(&stamp).unwrap().set_modified(newest).unwrap();
            }
        }
        folder.to_owned()
    })
}

fn has_programs(folder: &Path) -> bool {
    ["nanobotd", "nanobotd-faults", "nanobot-cli"].iter().all(|name| folder.join(name).is_file())
}

fn is_fresh(stamp: &Path, newest: SystemTime) -> bool {
    fs::metadata(stamp).and_then(|stamp| stamp.modified()).is_ok_and(|built| built >= newest)
}

/// When the newest part of the programs changed: this test, which is linked anew with every library, or the
/// operator command's own source.
fn newest_part(test: &Path) -> SystemTime {
    let bins = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("bins");
    let mut waiting = vec![test.to_owned(), bins];
    let mut newest = SystemTime::UNIX_EPOCH;
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            newest = newest.max(fs::metadata(&path).unwrap().modified().unwrap());
        }
    }
    newest
}

/// The programs that are shipped, and by themselves the one that is not: its feature must not reach the others.
fn build(folder: &Path) {
    build_with(folder, &["-p", "nanobotd", "-p", "nanobot-cli"]);
    build_with(folder, &["-p", "nanobotd", "--features", "fault-points", "--bin", "nanobotd-faults"]);
}

fn build_with(folder: &Path, what: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet"]).args(what);
    command.arg("--target-dir").arg(folder.parent().unwrap());
    if folder.ends_with("release") {
        command.arg("--release");
    }
    // What cargo tells a test about its own package would make build scripts of others look out of date, and then
    // this build and that of the tests would undo each other's work.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|own| name.starts_with(own))
        {
            command.env_remove(&*name);
        }
    }
    let built = command.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(built.success(), "NOT RUN: the programs do not build; run cargo build {}", what.join(" "));
}
