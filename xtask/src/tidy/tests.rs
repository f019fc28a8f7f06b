//! Tests of tidy: a small good workspace has no findings, and each broken rule gives exactly one.

use std::fs;

use super::*;

const LIB: &str = "crates/nanobot-core/src/lib.rs";
const MANIFEST: &str = "crates/nanobot-core/Cargo.toml";
const GOOD_MANIFEST: &str =
    "[package]\nname = \"nanobot-core\"\ndescription = \"The domain of it\"\n\n[lints]\nworkspace = true\n";

const ROOT_BANS: &str = include_str!("../../../clippy.toml");
const PURE_BANS: &str = include_str!("../../../crates/nanobot-core/clippy.toml");

const GOOD: &[(&str, &str)] = &[
    (LIB, "//! The domain.\n"),
    (MANIFEST, GOOD_MANIFEST),
    ("crates/nanobot-core/examples/embed.rs", "//! Shows how.\nfn main() {}\n"),
    ("clippy.toml", ROOT_BANS),
    ("crates/nanobot-core/clippy.toml", PURE_BANS),
    ("README.md", "# A title\n"),
];

/// What tidy says about the good workspace after these files were put into it.
fn findings(changes: &[(&str, &str)]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in GOOD.iter().chain(changes) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    check(root.path()).unwrap().iter().map(ToString::to_string).collect()
}

/// For a core whose only module is this code, below a header of one line.
fn findings_in_core(code: &str) -> Vec<String> {
    findings(&[(LIB, &format!("//! The domain.\n{code}\n"))])
}

const NONE: [&str; 0] = [];

#[test]
fn a_workspace_that_keeps_the_rules_has_no_findings() {
    assert_eq!(findings(&[]), NONE);
}

#[test]
fn a_file_opens_with_what_it_is_for() {
    let expected = ["xtask/a.rs:1: the file must open with `//!` and what it is for"];
    for text in ["", "fn main() {}\n", "// A comment.\n", "//!\n", "\n//! Late.\n"] {
        assert_eq!(findings(&[("xtask/a.rs", text)]), expected, "{text:?}");
    }
    assert_eq!(findings(&[("xtask/a.rs", "#!/usr/bin/env rust\n//! A script.\n")]), NONE);
    assert_eq!(findings(&[("xtask/a.rs", "#![no_std]\n//! A library.\n")]), NONE);
}

#[test]
fn a_file_has_at_most_five_hundred_lines_without_tests() {
    let lines = |n: usize| format!("//! Long.\n{}", "x();\n".repeat(n - 1));
    let expected =
        ["crates/nanobot-core/src/a.rs:501: 600 lines without tests, 500 are allowed: split the file"];
    assert_eq!(findings(&[("crates/nanobot-core/src/a.rs", &lines(500))]), NONE);
    assert_eq!(findings(&[("crates/nanobot-core/src/a.rs", &lines(600))]), expected);
}

#[test]
fn tests_do_not_count_and_code_after_them_does() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    x();\n".repeat(600));
    let path = "crates/nanobot-core/src/a.rs";
    assert_eq!(findings(&[(path, &format!("//! Short.\n{tests}"))]), NONE);
    assert_eq!(findings(&[(path, &format!("//! Long.\n{tests}{}", "x();\n".repeat(500)))]).len(), 1);
    let long = format!("//! Long.\n{}", "x();\n".repeat(600));
    assert_eq!(findings(&[("crates/nanobot-core/src/a/tests.rs", &long), ("tests/it/a.rs", &long)]), NONE);
}

#[test]
fn no_file_is_called_mod() {
    let expected = ["xtask/src/a/mod.rs:1: no mod.rs: name the file xtask/src/a.rs"];
    assert_eq!(findings(&[("xtask/src/a/mod.rs", "//! A.\n")]), expected);
}

#[test]
fn nothing_is_left_undone() {
    let first = |code: &str| findings(&[("xtask/a.rs", &format!("//! A.\n{code}\n"))]).first().cloned();
    let stub = |name: &str| Some(format!("xtask/a.rs:2: {name} must not be committed"));
    assert_eq!(first("fn a() { todo!() }"), stub("todo!"));
    assert_eq!(first("fn a() { unimplemented!(\"b\") }"), stub("unimplemented!"));
    assert_eq!(first("let a = dbg!(b);"), stub("dbg!"));
    for ignored in ["#[ignore]", "    #[ignore = \"slow\"]"] {
        assert_eq!(first(ignored).unwrap(), "xtask/a.rs:2: no ignored tests: run it or remove it");
    }
    assert_eq!(first("let s = \"todo!() dbg!() #[ignore]\"; // todo!() in words"), None);
}

#[test]
fn a_thing_to_do_carries_the_number_of_an_issue() {
    let first = |code: &str| findings(&[("xtask/a.rs", &format!("//! A.\n{code}\n"))]).first().cloned();
    let bare =
        |mark: &str| Some(format!("xtask/a.rs:2: {mark} without an issue: write `TODO(#12)`, or do it"));
    assert_eq!(first("// TODO: later"), bare("TODO"));
    assert_eq!(first("/// TODO(me) later"), bare("TODO"));
    assert_eq!(first("a(); /* FIXME(#12) */"), bare("FIXME"));
    assert_eq!(first("// XXX"), bare("XXX"));
    assert_eq!(first("// TODO(#12): later"), None);
    assert_eq!(first("let s = \"TODO\"; // XXXL, TODOS"), None);
}

#[test]
fn core_reads_no_clock_file_network_environment_or_random_source() {
    let banned = [
        ("let t = std::time::SystemTime::now();", "std::time::SystemTime::now", "take a Clock"),
        ("let t = jiff::Timestamp::now();", "jiff::Timestamp::now", "take a Clock"),
        ("use std::time::{Duration, Instant};", "std::time::Instant", "take a Clock"),
        ("use tokio::{sync::Mutex, time::sleep};", "tokio::time::sleep", "take a Clock"),
        ("std::thread::sleep(d);", "std::thread::sleep", "take a Clock"),
        ("use std::{fmt, fs as disk};", "std::fs", "let an adapter read it behind a port"),
        ("use std::*;", "std::*", "reach the world through a port"),
        ("if path.is_file() {}", "is_file", "let an adapter read it behind a port"),
        ("if path.exists() {}", "exists", "let an adapter read it behind a port"),
        ("if path.is_symlink() {}", "is_symlink", "let an adapter read it behind a port"),
        ("let size = path.metadata();", "metadata", "let an adapter read it behind a port"),
        ("let size = path.symlink_metadata();", "symlink_metadata", "let an adapter read it behind a port"),
        ("paths.filter(Path::exists);", "Path::exists", "let an adapter read it behind a port"),
        ("let x = std::io::stdin();", "std::io::stdin", "reach the world through a port"),
        ("use std::io::{self, Stdin};", "std::io::Stdin", "reach the world through a port"),
        ("let x = io::stdin();", "io::stdin", "reach the world through a port"),
        ("let x = io::stderr();", "io::stderr", "reach the world through a port"),
        (
            "use std::os::unix::net::UnixStream;",
            "std::os::unix::net::UnixStream",
            "reach the world through a port",
        ),
        ("use std as s;", "std", "say it by its own name"),
        ("extern crate std as s;", "std", "say it by its own name"),
        ("use {std as s};", "std", "say it by its own name"),
        ("pub use tokio as t;", "tokio", "say it by its own name"),
        ("std::env::var(\"HOME\");", "std::env::var", "reach the world through a port"),
        ("use std::net::TcpStream;", "std::net::TcpStream", "reach the world through a port"),
        ("std::process::exit(1);", "std::process::exit", "reach the world through a port"),
        ("rand::random::<u8>();", "rand::random", "randomness comes in as data"),
        ("Uuid::now_v7();", "Uuid::now_v7", "take an IdGenerator"),
    ];
    for (code, what, advice) in banned {
        let expected = format!("{LIB}:2: `{what}` in a crate that does no I/O: {advice}");
        assert_eq!(findings_in_core(code), [expected], "{code}");
    }
}

#[test]
fn core_may_speak_of_time_and_its_tests_may_read_it() {
    let code = "/// Not `std::time::SystemTime::now()`.\nuse std::time::Duration;\nlet s = \"std::fs\";\nlet now = clock.now();\n\
                #[cfg(test)]\nmod tests {\n    use std::time::Instant;\n}";
    assert_eq!(findings_in_core(code), NONE);
}

#[test]
fn only_core_and_the_pure_engines_are_kept_from_the_world() {
    let code = "//! A.\nuse std::fs;\n";
    assert_eq!(findings(&[("crates/nanobot-policy/src/a.rs", code)]).len(), 1);
    assert_eq!(findings(&[("crates/nanobot-security/src/a/b.rs", code)]).len(), 1);
    assert_eq!(
        findings(&[("crates/nanobot-memory/src/a.rs", code), ("crates/nanobot-core/tests/a.rs", code)]),
        NONE
    );
}

#[test]
fn no_text_names_a_folder_of_one_machine() {
    // Taken apart so that this file passes its own rule.
    let paths = [["/", "home/", "jane/x"], ["/", "root/", "notes"], ["(/", "work/", "main)"]];
    for path in paths.map(|parts| parts.concat()) {
        assert_eq!(findings(&[("docs/a.md", &path)]).len(), 1, "{path}");
        assert_eq!(findings(&[("tests/fixtures/a.json", &path)]), NONE);
    }
    let fine = "/home/user/x /home/ ~/work/ a/root/b https://b.example/work/ /workshop/ /root/.ssh/x\n/root/ tidy-allow: machine-path";
    assert_eq!(findings(&[("docs/a.md", fine)]), NONE);
}

#[test]
fn a_crate_says_what_it_is_for_and_shares_the_lints() {
    let no_description = GOOD_MANIFEST.replace("The domain of it", "TBD");
    let expected = format!("{MANIFEST}:3: the description must say what the package is for");
    assert_eq!(findings(&[(MANIFEST, &no_description)]), [expected]);
    let own_lints = GOOD_MANIFEST.replace("workspace = true", "rust.unsafe_code = \"allow\"");
    assert_eq!(
        findings(&[(MANIFEST, &own_lints)]),
        [format!("{MANIFEST}:1: must say `[lints] workspace = true`")]
    );
}

#[test]
fn a_library_crate_shows_how_it_is_used() {
    let new =
        [("crates/nanobot-new/Cargo.toml", GOOD_MANIFEST), ("crates/nanobot-new/src/lib.rs", "//! New.\n")];
    let expected = "crates/nanobot-new/Cargo.toml:1: a library crate must have a program in `examples/`";
    assert_eq!(findings(&new), [expected]);
    let folder = ("crates/nanobot-new/examples/new/main.rs", "//! Shows how.\n");
    assert_eq!(findings(&[&new[..], &[folder]].concat()), NONE);
    let same_name = ("crates/nanobot-new/examples/embed.rs", "//! Shows how.\n");
    let expected =
        "crates/nanobot-new/examples/embed.rs:1: crates/nanobot-core/examples/embed.rs has the same name";
    assert_eq!(findings(&[&new[..], &[same_name]].concat()), [expected]);
}

#[test]
fn the_bans_of_clippy_stay_in_place() {
    for ban in ["std::time::SystemTime::now", "std::env::vars", "std::env::vars_os", "std::env::temp_dir"] {
        let message = format!("disallowed-methods must ban `{ban}`");
        let line = format!("path = \"{ban}\"");
        let without = ROOT_BANS.replace(&line, "path = \"std::mem::drop\"");
        let expected = format!("clippy.toml:1: {message}");
        assert!(findings(&[("clippy.toml", &without)]).contains(&expected), "{ban}");
        let commented = ROOT_BANS.replace(&format!("{{ {line}"), &format!("# {{ {line}"));
        assert!(findings(&[("clippy.toml", &commented)]).contains(&expected), "{ban}");
    }
}

#[test]
fn a_pure_crate_repeats_every_line_of_the_root_s_clippy_toml_and_bans_more() {
    let path = "crates/nanobot-core/clippy.toml";
    // Clippy reads the nearest file only: what it lacks is lost for the crate.
    let lines: Vec<&str> = ROOT_BANS.lines().filter(|line| line.contains("path = ")).collect();
    assert!(lines.len() > 10);
    for line in lines.into_iter().chain(["allow-unwrap-in-tests = true"]) {
        let without = PURE_BANS.replace(line, "");
        let expected = format!("{path}:1: must repeat the line `{}` of clippy.toml at the root", line.trim());
        assert_eq!(findings(&[(path, &without)]), [expected]);
    }
    for ban in ["std::fs::read", "std::path::Path::exists", "std::io::stdin"] {
        let without = PURE_BANS.replace(&format!("path = \"{ban}\""), "path = \"std::mem::drop\"");
        let expected = format!("{path}:1: disallowed-methods must ban `{ban}`");
        assert_eq!(findings(&[(path, &without)]), [expected]);
    }
}

#[test]
fn a_pure_crate_has_a_clippy_toml_of_its_own() {
    let manifest = "crates/nanobot-policy/Cargo.toml";
    let found = findings(&[(manifest, GOOD_MANIFEST)]);
    let expected =
        "crates/nanobot-policy/clippy.toml:1: is missing: a crate that does no I/O has bans of its own";
    assert_eq!(found, [expected]);
}
