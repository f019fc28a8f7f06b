//! The bans of clippy stay in place: those of the workspace, and the further ones of crates that do no I/O.
//!
//! Clippy reads the `clippy.toml` that is nearest to a crate and merges nothing, so a file of a crate's own must
//! repeat the one at the root. This file looks at text; `tests/clippy_bans.rs` asks clippy itself.

use super::purity::PURE_CRATES;
use super::walk::TextFile;
use crate::finding::Finding;

const ROOT: &str = "clippy.toml";

/// Bans of the whole workspace that must not go away unnoticed.
const EVERYWHERE: &[&str] = &[
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "tokio::time::Instant::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "uuid::Uuid::now_v7",
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::env::vars_os",
    "std::env::set_var",
    "std::env::remove_var",
    "std::env::home_dir",
    "std::env::current_dir",
    "std::env::set_current_dir",
    "std::env::temp_dir",
    "std::process::Command::new",
    "tokio::process::Command::new",
    "std::thread::sleep",
    "std::process::exit",
];

/// Further ones of crates that do no I/O.
const PURE: &[&str] = &[
    "std::fs::exists",
    "std::fs::metadata",
    "std::fs::read",
    "std::fs::read_dir",
    "std::fs::read_to_string",
    "std::fs::write",
    "std::fs::File::create",
    "std::fs::File::open",
    "std::fs::OpenOptions::new",
    "std::path::Path::exists",
    "std::path::Path::is_dir",
    "std::path::Path::is_file",
    "std::path::Path::metadata",
    "std::path::Path::symlink_metadata",
    "std::path::Path::try_exists",
    "std::io::stdin",
    "std::net::TcpStream::connect",
    "std::hash::RandomState::new",
];

pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let root = text_of(files, ROOT).unwrap_or_default();
    let mut findings = lost(ROOT, root, EVERYWHERE);
    for name in PURE_CRATES {
        if text_of(files, &format!("crates/{name}/Cargo.toml")).is_none() {
            continue;
        }
        let path = format!("crates/{name}/{ROOT}");
        if let Some(own) = text_of(files, &path) {
            findings.extend(not_repeated(&path, own, root));
            findings.extend(lost(&path, own, PURE));
        } else {
            let message = "is missing: a crate that does no I/O has bans of its own";
            findings.push(Finding::new(path, 1, message));
        }
    }
    findings
}

fn text_of<'f>(files: &'f [TextFile], path: &str) -> Option<&'f str> {
    files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
}

/// The bans that the file at `path` does not have.
fn lost(path: &str, config: &str, bans: &[&str]) -> Vec<Finding> {
    let is_banned = |ban: &str| said(config).any(|line| line.contains(&format!("path = \"{ban}\"")));
    let lost = bans.iter().filter(|ban| !is_banned(ban));
    lost.map(|ban| Finding::new(path, 1, format!("disallowed-methods must ban `{ban}`"))).collect()
}

/// The lines of the root that a crate's own file has lost.
fn not_repeated(path: &str, own: &str, root: &str) -> Vec<Finding> {
    let lost = said(root).filter(|line| said(own).all(|own| own != *line));
    let message = |line: &str| format!("must repeat the line `{line}` of {ROOT} at the root");
    lost.map(|line| Finding::new(path, 1, message(line))).collect()
}

/// The lines that say something.
fn said(config: &str) -> impl Iterator<Item = &str> {
    config.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
