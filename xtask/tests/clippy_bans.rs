//! Sabotage of the clippy gate: a clock read in a crate that takes our `clippy.toml` fails the real clippy.
//!
//! Each test builds a throwaway crate without dependencies, in a target folder of its own, so it needs no
//! network and disturbs no other build.

#![expect(clippy::unwrap_used, reason = "clippy knows tests, but not their helpers")]
#![expect(clippy::disallowed_methods, reason = "what is tested here is a program: it is started as one")]

use std::path::Path;
use std::process::{Command, Output};

const CLEAN: &str = "
/// Seconds between two points in time.
pub fn seconds_between(earlier: std::time::SystemTime, now: std::time::SystemTime) -> u64 {
    now.duration_since(earlier).map_or(0, |elapsed| elapsed.as_secs())
}
";

const READS_THE_CLOCK: &str = "
/// Seconds since then.
pub fn seconds_since(earlier: std::time::SystemTime) -> u64 {
    std::time::SystemTime::now().duration_since(earlier).map_or(0, |elapsed| elapsed.as_secs())
}
";

/// What clippy says about a crate with this code under the bans of this workspace.
fn clippy_on(code: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    let manifest = "[package]\nname = \"throwaway\"\nedition = \"2024\"\n\n[workspace]\n";
    write("Cargo.toml", manifest);
    write("clippy.toml", include_str!("../../clippy.toml"));
    write("src/lib.rs", &format!("//! A throwaway crate.\n{code}"));
    Command::new(Path::new(env!("CARGO")))
        .args(["clippy", "--offline", "--quiet", "--", "-D", "warnings"])
        .current_dir(folder.path())
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .env_remove("CLIPPY_CONF_DIR")
        .output()
        .unwrap()
}

#[test]
fn a_crate_that_takes_time_as_an_argument_passes_clippy() {
    let output = clippy_on(CLEAN);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_clock_read_fails_clippy() {
    let output = clippy_on(READS_THE_CLOCK);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "clippy let a clock read pass");
    assert!(stderr.contains("use of a disallowed method `std::time::SystemTime::now`"), "{stderr}");
}
