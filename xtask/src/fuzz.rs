//! `cargo xtask fuzz NAME`: tries one fuzz target for some minutes, and says how.
//!
//! With a nightly compiler and cargo-fuzz it is libFuzzer that runs the target of the crate in `fuzz/`. Without them
//! the same body gets seeded mutations of the recorded cases, from a program of `nanobot-tests`. Both begin with the
//! same cases and words. What must hold is written down beside the code that is tried.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::progress::step;
use crate::{metadata, output, process};

/// What can be fuzzed.
pub(crate) const TARGETS: [&str; 9] = [
    "policy_document",
    "policy_command",
    "security_readings",
    "security_scan",
    "security_tool",
    "shell_script",
    "tool_arguments",
    "tool_command",
    "file_paths",
];

/// So long a target runs unless it is said otherwise.
pub(crate) const MINUTES: u64 = 5;

/// Longer runs want a machine of their own and a script of their own.
pub(crate) const MAX_MINUTES: u64 = 24 * 60;

/// So long an input of libFuzzer may be; the seeded runs have the same limit.
const MAX_BYTES: &str = "-max_len=65536";

/// An input that takes longer is a finding. The code is slowed down ten times or more by what watches it.
const SLOW: &str = "-timeout=10";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) target: &'static str,
    pub(crate) minutes: u64,
    /// For the same run again; otherwise each looks elsewhere. Both ways print theirs.
    pub(crate) seed: Option<u32>,
    pub(crate) way: Way,
}

/// Which way is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// libFuzzer if it can be.
    Best,
    /// Seeded mutations, whatever there is.
    Seeded,
}

/// Tries a target. A finding is a failure, and its input is kept.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    step("building the program", || {
        let program = ["-p", "nanobot-tests", "--bin", "seeded-fuzz"];
        process::run_on_stderr(process::cargo(&["build", "--quiet", "--release"], root).args(program))
    })?;
    let seeded = metadata::read(root)?.programs("release").join("seeded-fuzz");
    // Below `target`, as they are not for keeps: a finding that is understood becomes a test.
    let made = root.join("fuzz/target/made").join(options.target);
    match missing(root, options.way) {
        None => with_libfuzzer(root, options, &seeded, &made),
        Some(reason) => with_seed(root, options, &seeded, &made, reason),
    }
}

/// Why libFuzzer cannot be used, and what to do.
fn missing(root: &Path, way: Way) -> Option<&'static str> {
    if way == Way::Seeded {
        return Some("as asked for");
    }
    // Without the variable rustup would install a compiler that is not there.
    let is_there =
        |args: &[&str]| process::succeeds(process::cargo(args, root).env("RUSTUP_AUTO_INSTALL", "0"));
    if !is_there(&["+nightly", "--version"]) {
        return Some("there is no nightly compiler; `rustup toolchain install nightly` brings one");
    }
    let has_fuzz = is_there(&["+nightly", "fuzz", "--version"]);
    (!has_fuzz).then_some("there is no cargo-fuzz; `cargo install --locked cargo-fuzz` brings it")
}

fn with_libfuzzer(root: &Path, options: &Options, seeded: &Path, made: &Path) -> Result<()> {
    let Options { target, minutes, seed, way: _ } = options;
    let (corpus, findings) = (made.join("corpus"), made.join("findings"));
    process::run(process::command(seeded, root).args([target, "seeds"]).arg(&corpus))?;
    std::fs::create_dir_all(&findings)?;
    step("building the target (minutes at first)", || {
        process::run_on_stderr(&mut process::cargo(&["+nightly", "fuzz", "build", target], root))
    })?;
    output::print(&format!("{target}: libFuzzer, for {minutes} min\n"))?;
    let dictionary = root.join(format!("fuzz/{target}.dict"));
    let limits = [
        format!("-max_total_time={}", minutes * 60),
        format!("-seed={}", seed.unwrap_or(0)),
        format!("-dict={}", dictionary.display()),
        format!("-artifact_prefix={}/", findings.display()),
        MAX_BYTES.to_owned(),
        SLOW.to_owned(),
        "-print_final_stats=1".to_owned(),
    ];
    let mut fuzzer = process::cargo(&["+nightly", "fuzz", "run", target], root);
    process::run(fuzzer.arg(corpus).arg("--").args(limits))
}

fn with_seed(root: &Path, options: &Options, seeded: &Path, made: &Path, reason: &str) -> Result<()> {
    let Options { target, minutes, seed, way: _ } = options;
    output::print(&format!("{target}: seeded mutations, for {minutes} min ({reason})\n"))?;
    let (seconds, seed) = ((minutes * 60).to_string(), seed.unwrap_or_else(some_seed).to_string());
    let findings: PathBuf = made.join("findings");
    process::run(process::command(seeded, root).args([target, seconds.as_str(), seed.as_str()]).arg(findings))
}

#[expect(clippy::disallowed_methods, reason = "a seed that differs from the last one")]
fn some_seed() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).subsec_nanos()
}

/// The target called `name`.
///
/// # Errors
///
/// A sentence that lists the known ones.
pub(crate) fn find(name: &str) -> Result<&'static str, String> {
    let found = TARGETS.into_iter().find(|target| *target == name);
    found.ok_or_else(|| format!("no target `{name}`; known: {}", TARGETS.join(", ")))
}
