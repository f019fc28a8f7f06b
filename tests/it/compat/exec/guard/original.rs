//! What the original's guard says, as it was measured: regular expressions over the whole line, and every slash
//! taken for the root.
//!
//! A recorded row that says something else is no row of the original's, and no rule excuses a difference from it.

use std::path::Path;

use nanobot_tools::{Ground, Guard, GuardSettings, Objection};

/// The original's list, over the text in lower case.
const DENIED: [&str; 8] = [
    r"\brm\s+-[rf]{1,2}\b",
    r"\bdel\s+/[fq]\b",
    r"\brmdir\s+/s\b",
    r"\b(format|mkfs|diskpart)\b",
    r"\bdd\s+if=",
    r">\s*/dev/sd",
    r"\b(shutdown|reboot|poweroff)\b",
    r":\(\)\s*\{.*\};\s*:",
];

/// The original's guard with some lists.
pub(super) struct Original {
    lists: Guard,
    is_restricted: bool,
}

impl Original {
    /// With what ours is told.
    pub(super) fn new(settings: &GuardSettings) -> Self {
        let deny = settings.deny.clone().unwrap_or_else(|| DENIED.map(str::to_owned).into());
        let lists =
            GuardSettings { restrict_to_workspace: false, deny: Some(deny), allow: settings.allow.clone() };
        Self { lists: Guard::new(&lists).unwrap(), is_restricted: settings.restrict_to_workspace }
    }

    pub(super) fn judge(&self, command: &str, workspace: &str, grants: &[&str]) -> Option<Objection> {
        let nowhere = Ground::new(Path::new(workspace), None, [""; 0]);
        if let Err(objection) = self.lists.judge(command, &nowhere) {
            return Some(objection);
        }
        if !self.is_restricted {
            return None;
        }
        if command.contains("../") || command.contains("..\\") {
            return Some(Objection::Traversal);
        }
        let is_open = |path: &str| {
            let mut folders = grants.iter().filter(|grant| grant.starts_with('/')).chain([&workspace]);
            folders.any(|folder| Path::new(path).starts_with(folder))
        };
        let leads_out = has_drive(command) || slashes(command).iter().any(|path| !is_open(path));
        leads_out.then_some(Objection::Outside)
    }
}

/// Every slash with what stands behind it, up to white space or a quote.
fn slashes(command: &str) -> Vec<&str> {
    let ends = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'');
    let pieces = command.split(ends).filter_map(|piece| piece.find('/').map(|at| &piece[at..]));
    pieces.filter(|path| path.len() > 1).collect()
}

/// A drive of the other system with something on it.
fn has_drive(command: &str) -> bool {
    command.match_indices(":\\").any(|(at, _)| {
        let is_letter = command[..at].ends_with(|letter: char| letter.is_ascii_alphabetic());
        is_letter && command[at + 2..].starts_with(|letter: char| !matches!(letter, '\\' | '"' | '\''))
    })
}
