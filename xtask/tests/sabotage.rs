//! Sabotage of the gates: each is run as the program it is on a copy of this workspace, before and after one
//! rule is broken there. The break must be the one new finding, and the gate must fail.
//!
//! Says nothing about the state of the real tree: that is the gate's own business.

#![expect(clippy::unwrap_used, reason = "clippy knows tests, but not their helpers")]
#![expect(clippy::disallowed_methods, reason = "what is tested here is a program: it is started as one")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const CORE: &str = "crates/nanobot-core";

/// Neither is looked at by the gates.
const NOT_COPIED: &[&str] = &["target", ".git", "fixtures"];

/// A copy of this workspace.
struct Copy(TempDir);

impl Copy {
    fn of_workspace() -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), copy.path());
        Self(copy)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.path().join(path)).unwrap()
    }

    fn append(&self, path: &str, text: &str) {
        self.write(path, &(self.read(path) + text));
    }

    /// The exit code of the gate and the lines it prints on stdout; what is on stderr is for who reads a failure.
    fn run(&self, gate: &str) -> (Option<i32>, BTreeSet<String>) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_xtask"));
        program.arg(gate).current_dir(self.0.path()).stderr(Stdio::inherit());
        let output = program.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), stdout.lines().map(str::to_owned).collect())
    }

    /// Runs the gate before and after the break, and returns what it finds anew; it must fail then.
    fn new_findings(&self, gate: &str, break_rule: impl FnOnce(&Self)) -> Vec<String> {
        let (_, before) = self.run(gate);
        break_rule(self);
        let (code, after) = self.run(gate);
        assert_eq!(code, Some(1), "{gate} did not fail");
        after.difference(&before).cloned().collect()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if entry.path().is_file() {
            fs::copy(entry.path(), target).unwrap();
        } else if !NOT_COPIED.iter().any(|skipped| name == *skipped) {
            fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        }
    }
}

#[test]
fn a_forbidden_crate_edge_fails_boundaries() {
    let found = Copy::of_workspace().new_findings("boundaries", |copy| {
        let edge = "\n[target.'cfg(unix)'.dependencies]\nnanobotd = { path = \"../../bins/nanobotd\" }\n";
        copy.append(&format!("{CORE}/Cargo.toml"), edge);
    });
    assert_eq!(
        found,
        [format!("{CORE}/Cargo.toml:1: nanobot-core (core) must not depend on nanobotd (bin)")]
    );
}

#[test]
fn a_file_of_six_hundred_lines_fails_tidy() {
    let found = Copy::of_workspace().new_findings("tidy", |copy| {
        copy.write(&format!("{CORE}/src/long.rs"), &format!("//! Long.\n{}", "// A line.\n".repeat(599)));
    });
    let expected = "src/long.rs:501: 600 lines without tests, 500 are allowed: split the file";
    assert_eq!(found, [format!("{CORE}/{expected}")]);
}

#[test]
fn a_missing_header_fails_tidy() {
    let found = Copy::of_workspace().new_findings("tidy", |copy| {
        copy.write(&format!("{CORE}/src/bare.rs"), "pub struct Bare;\n");
    });
    assert_eq!(found, [format!("{CORE}/src/bare.rs:1: the file must open with `//!` and what it is for")]);
}

#[test]
fn a_clock_read_in_core_fails_tidy() {
    let found = Copy::of_workspace().new_findings("tidy", |copy| {
        let code = "//! Reads the clock.\nfn now() -> std::time::SystemTime {\n    SystemTime::now()\n}\n";
        copy.write(&format!("{CORE}/src/clock.rs"), code);
    });
    let expected = |line: usize, what: &str| {
        format!("{CORE}/src/clock.rs:{line}: `{what}` in a crate that does no I/O: take a Clock")
    };
    assert_eq!(found, [expected(2, "std::time::SystemTime"), expected(3, "SystemTime::now")]);
}

#[test]
fn a_look_at_the_disk_or_at_standard_input_in_core_fails_tidy() {
    let found = Copy::of_workspace().new_findings("tidy", |copy| {
        let code = "//! Looks.\nuse std as s;\nfn look(path: &s::path::Path) -> bool {\n    path.exists()\n}\n\
                    fn listen() -> s::io::Stdin {\n    s::io::stdin()\n}\n";
        copy.write(&format!("{CORE}/src/look.rs"), code);
    });
    let expected = [
        "2: `std` in a crate that does no I/O: say it by its own name",
        "4: `exists` in a crate that does no I/O: let an adapter read it behind a port",
        "6: `s::io::Stdin` in a crate that does no I/O: reach the world through a port",
        "7: `s::io::stdin` in a crate that does no I/O: reach the world through a port",
    ];
    assert_eq!(found, expected.map(|line| format!("{CORE}/src/look.rs:{line}")));
}

#[test]
fn a_lost_ban_of_clippy_fails_tidy() {
    let copy = Copy::of_workspace();
    let found = copy.new_findings("tidy", |copy| {
        let path = format!("{CORE}/clippy.toml");
        let kept = copy
            .read(&path)
            .lines()
            .filter(|line| !line.contains("env::vars_os"))
            .collect::<Vec<_>>()
            .join("\n");
        copy.write(&path, &kept);
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("{CORE}/clippy.toml:1: must repeat the line")), "{found:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    for gate in ["help", "tidy"] {
        let copy = Copy::of_workspace();
        copy.write(&format!("{CORE}/src/bare.rs"), "pub struct Bare;\n");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut program = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = program.arg(gate).current_dir(copy.0.path()).stdout(writer).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(output.status.code(), Some(i32::from(gate == "tidy")), "{stderr}");
    }
}

#[test]
fn a_mistyped_command_is_a_usage_error() {
    let (code, stdout) = Copy::of_workspace().run("tydy");
    assert_eq!((code, stdout.len()), (Some(2), 0));
}
