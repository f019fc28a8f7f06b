//! Sabotage of the clippy gate: a clock read in a crate that takes our `clippy.toml` fails the real clippy, and so
//! does whatever else reaches the world in a crate that takes the one of core.
//!
//! Each test builds a throwaway crate without dependencies, in a target folder of its own, so it needs no
//! network and disturbs no other build.

#![expect(clippy::unwrap_used, reason = "clippy knows tests, but not their helpers")]
#![expect(clippy::disallowed_methods, reason = "what is tested here is a program: it is started as one")]

use std::path::Path;
use std::process::{Command, Output};

/// The bans of core, which stand in place of those of the root: clippy reads the nearest file only.
const PURE: &str = include_str!("../../crates/nanobot-core/clippy.toml");

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

/// Each line alone is a way to the world that core must not go.
const REACHES_OUT: &[(&str, &str)] = &[
    ("std::fs::read(\"x\").is_ok()", "std::fs::read"),
    ("std::fs::File::open(\"x\").is_ok()", "std::fs::File::open"),
    ("std::path::Path::new(\"x\").exists()", "std::path::Path::exists"),
    ("std::io::stdin().lines().next().is_none()", "std::io::stdin"),
    ("std::env::current_dir().is_ok()", "std::env::current_dir"),
    ("std::net::TcpStream::connect(\"x\").is_ok()", "std::net::TcpStream::connect"),
    ("std::time::SystemTime::now() == std::time::UNIX_EPOCH", "std::time::SystemTime::now"),
    ("std::env::vars_os().next().is_none()", "std::env::vars_os"),
];

/// What clippy says about a crate with this code, as a member of a workspace with our `clippy.toml`, and with
/// one of its own if there is any.
fn clippy_on(code: &str, own_bans: Option<&str>) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    std::fs::create_dir_all(folder.path().join("member/src")).unwrap();
    write("Cargo.toml", "[workspace]\nmembers = [\"member\"]\nresolver = \"3\"\n");
    write("clippy.toml", include_str!("../../clippy.toml"));
    write("member/Cargo.toml", "[package]\nname = \"throwaway\"\nedition = \"2024\"\n");
    write("member/src/lib.rs", &format!("//! A throwaway crate.\n{code}"));
    if let Some(bans) = own_bans {
        write("member/clippy.toml", bans);
    }
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
    for bans in [None, Some(PURE)] {
        let output = clippy_on(CLEAN, bans);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_clock_read_fails_clippy() {
    let output = clippy_on(READS_THE_CLOCK, None);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "clippy let a clock read pass");
    assert!(stderr.contains("use of a disallowed method `std::time::SystemTime::now`"), "{stderr}");
}

#[test]
fn whatever_reaches_the_world_from_core_fails_clippy() {
    let functions: Vec<String> = REACHES_OUT
        .iter()
        .enumerate()
        .map(|(number, (code, _))| {
            format!("/// Reaches out.\npub fn way{number}() -> bool {{\n    {code}\n}}\n")
        })
        .collect();
    // Not hidden by a new name either.
    let code = format!(
        "use std as s;\n/// Reads.\npub fn hidden() -> bool {{\n    s::fs::read_to_string(\"x\").is_ok()\n}}\n{}",
        functions.concat()
    );
    let output = clippy_on(&code, Some(PURE));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "clippy let core reach the world");
    for banned in REACHES_OUT.iter().map(|(_, banned)| *banned).chain(["std::fs::read_to_string"]) {
        assert!(stderr.contains(&format!("use of a disallowed method `{banned}`")), "{banned}: {stderr}");
    }
}
