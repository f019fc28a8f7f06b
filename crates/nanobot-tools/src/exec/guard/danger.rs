//! Commands that destroy things or take the machine down.
//!
//! Two readings: the text, with the original's patterns, and the commands that would run, whatever their spelling.
//! A pattern in the text counts, unless every command in it only talks (`echo reboot`, `git log`), and `format` counts
//! where it is a program (not in `npm run format`). What could not be read to the end is judged by its text alone.

use nanobot_shell::{Effective, Effects, Link};
use regex::Regex;

use super::{GuardError, compiled, found};

/// The original's patterns, over the text in lower case.
const PATTERNS: [&str; 8] = [
    r"\brm\s+-[rf]{1,2}\b",
    r"\bdel\s+/[fq]\b",
    r"\brmdir\s+/s\b",
    r"\bmkfs\b",
    r"\bdd\s+if=",
    r">\s*/dev/sd",
    r"\b(shutdown|reboot|poweroff)\b",
    r":\(\)\s*\{.*\};\s*:",
];

/// The original's pattern for disk programs of the other system. They are words of every day, too.
const OTHER_DISK_TOOLS: &str = r"\b(format|diskpart)\b";

/// How a text begins that runs them.
const OTHER_DISKS: [&str; 2] = ["format ", "diskpart "];

/// Programs that show their arguments or search for them, and run none of them.
const TALKERS: [&str; 8] = ["echo", "printf", "grep", "egrep", "fgrep", "true", "cd", "pwd"];

/// Programs that pass on what they read.
const FILTERS: [&str; 9] = ["cat", "head", "tail", "wc", "sort", "uniq", "cut", "tr", "nl"];

/// What `git` does without running anything that it was told in words.
const GIT_TALKS: [&str; 9] =
    ["add", "blame", "branch", "commit", "log", "rev-parse", "shortlog", "show", "status"];

/// Programs that take the machine down.
const POWER: [&str; 5] = ["shutdown", "reboot", "poweroff", "halt", "kexec"];

/// Programs that take it down when they are told so.
const POWER_TELLERS: [&str; 2] = ["systemctl", "loginctl"];

/// Programs that make file systems, or unmake them.
const DISK_TOOLS: [&str; 6] = ["mkfs", "format", "diskpart", "wipefs", "blkdiscard", "mkswap"];

/// How the names of disks begin.
const DISKS: [&str; 8] = ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk/", "mapper/"];

/// The built-in list, made ready.
#[derive(Debug, Clone)]
pub(super) struct Dangers {
    patterns: Vec<Regex>,
    other_disk_tools: Vec<Regex>,
}

impl Dangers {
    pub(super) fn new() -> Result<Self, GuardError> {
        Ok(Self {
            patterns: compiled("built-in", &PATTERNS)?,
            other_disk_tools: compiled("built-in", &[OTHER_DISK_TOOLS])?,
        })
    }

    pub(super) fn are_in(&self, lowered: &str, effects: &Effects) -> bool {
        (found(&self.patterns, lowered) && !only_talks(effects))
            || (found(&self.other_disk_tools, lowered) && !programs_are_known(effects))
            || effects.commands.iter().any(|command| is_dangerous(command, effects))
    }
}

/// Whether it is known of every command which program it is, and none is told to run a text of a disk program.
fn programs_are_known(effects: &Effects) -> bool {
    let is_text =
        |text: &str| OTHER_DISKS.iter().any(|name| text.trim_start().to_lowercase().starts_with(name));
    let is_known = |command: &Effective| {
        command.words.first().is_none_or(|program| program.is_certain)
            && (is_talker(command) || !command.words.iter().skip(1).any(|word| is_text(&word.text)))
    };
    effects.is_complete() && effects.commands.iter().all(is_known)
}

/// Whether every command shows or passes on text and writes to no file.
fn only_talks(effects: &Effects) -> bool {
    let talks = |command: &Effective| {
        let keeps_quiet = command
            .redirections
            .iter()
            .all(|redirection| !redirection.operator.writes() || redirection.target.text == "/dev/null");
        let is_text = matches!(command.parent, Some((_, Link::Text)));
        keeps_quiet && !is_text && command.assignments.is_empty() && is_talker(command)
    };
    effects.is_complete() && effects.commands.iter().all(talks)
}

fn is_talker(command: &Effective) -> bool {
    let Some((program, arguments)) = command.words.split_first() else {
        return false;
    };
    if !program.is_certain || program.text.contains('/') {
        return false;
    }
    match program.text.as_str() {
        "git" => arguments
            .first()
            .is_some_and(|action| action.is_certain && GIT_TALKS.contains(&action.text.as_str())),
        name => TALKERS.contains(&name) || FILTERS.contains(&name),
    }
}

fn is_dangerous(command: &Effective, effects: &Effects) -> bool {
    let program = command.program();
    let program = program.as_str();
    let mut arguments = command.words.iter().skip(1).map(|word| word.text.as_str());
    let to_disk = command
        .redirections
        .iter()
        .any(|redirection| redirection.operator.writes() && is_disk(&redirection.target.text));
    to_disk
        || POWER.contains(&program)
        || DISK_TOOLS.contains(&program)
        || program.starts_with("mkfs.")
        || is_bomb(command, program, effects)
        || match program {
            "rm" => removes_much(arguments),
            "dd" => arguments.any(|word| word.starts_with("if=") || word.starts_with("of=/dev/")),
            "tee" | "cp" | "shred" => arguments.any(is_disk),
            "init" | "telinit" => arguments.any(|word| word == "0" || word == "6"),
            program if POWER_TELLERS.contains(&program) => arguments.any(|word| POWER.contains(&word)),
            _ => false,
        }
}

/// `-r`, `-f` in any cluster, and the long names as far as `getopt` takes them.
fn removes_much<'a>(arguments: impl Iterator<Item = &'a str>) -> bool {
    arguments.take_while(|word| *word != "--").any(|word| match word.strip_prefix("--") {
        Some(long) => {
            !long.is_empty()
                && ["recursive", "force", "no-preserve-root"].iter().any(|name| name.starts_with(long))
        }
        None => word.strip_prefix('-').is_some_and(|flags| flags.contains(['r', 'R', 'f'])),
    })
}

fn is_disk(path: &str) -> bool {
    path.strip_prefix("/dev/").is_some_and(|name| DISKS.iter().any(|disk| name.starts_with(disk)))
}

/// A function that starts itself twice or in the background.
fn is_bomb(command: &Effective, program: &str, effects: &Effects) -> bool {
    if program.is_empty() || !command.functions.iter().any(|function| function.to_lowercase() == program) {
        return false;
    }
    let shares_pipe = |other: &Effective| {
        other.id != command.id
            && other.places.iter().any(|place| {
                command.places.iter().any(|own| own.pipeline == place.pipeline && own.stage != place.stage)
            })
    };
    command.is_background || effects.commands.iter().any(shares_pipe)
}
