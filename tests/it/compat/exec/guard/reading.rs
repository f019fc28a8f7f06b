//! Another reading of a command line, coarser than the guard's own: it says whether a difference is one that is wanted.

use nanobot_shell::{Effective, Effects, effective, parse};

/// Programs that show, search or pass on text, and run none of it.
const TALKERS: [&str; 12] =
    ["echo", "printf", "grep", "egrep", "fgrep", "cat", "head", "tail", "wc", "sort", "uniq", "tr"];

/// Programs by which a disk or the machine is lost.
const ENDERS: [&str; 11] = [
    "shutdown",
    "reboot",
    "poweroff",
    "halt",
    "kexec",
    "mkfs",
    "mkswap",
    "format",
    "diskpart",
    "wipefs",
    "blkdiscard",
];

/// What a box has of its own.
const OF_THE_BOX: [&str; 14] = [
    "/workspace",
    "/tmp",
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/stdout",
    "/dev/stderr",
];

/// Where a host keeps what matters: even in a piece of code such a name is a path.
const OF_THE_HOST: [&str; 12] =
    ["etc", "home", "root", "var", "proc", "sys", "dev", "opt", "srv", "boot", "run", "mnt"];

pub(super) struct Reading {
    text: String,
    effects: Effects,
}

/// What the paths of a command line are like.
#[derive(Default)]
pub(super) struct Paths {
    /// At least one is none of the workspace, of a grant or of the box.
    pub(super) lead_out: bool,
    /// At least one is a place that only the box has.
    pub(super) are_of_the_box: bool,
}

impl Reading {
    pub(super) fn of(command: &str) -> Self {
        Self { text: command.to_owned(), effects: effective(&parse(command)) }
    }

    /// Whether every command only shows text.
    pub(super) fn only_talks(&self) -> bool {
        let talks = |command: &Effective| {
            let is_quiet = command.redirections.iter().all(|redirection| !redirection.operator.writes());
            let is_talker = match command.program().as_str() {
                "git" => command.words.get(1).is_some_and(|word| {
                    ["add", "commit", "log", "show", "status"].contains(&word.text.as_str())
                }),
                program => TALKERS.contains(&program),
            };
            is_quiet && is_talker
        };
        self.effects.is_complete() && self.effects.commands.iter().all(talks)
    }

    /// Whether a disk program of another system is named at all.
    pub(super) fn names_format(&self) -> bool {
        let lowered = self.text.to_lowercase();
        ["format", "diskpart"].iter().any(|name| lowered.contains(name))
    }

    /// Whether a command would destroy something, or end the machine.
    pub(super) fn destroys(&self) -> bool {
        self.effects.commands.iter().any(destroys)
    }

    /// What it names, for a workspace and folders that are open besides.
    pub(super) fn paths(&self, workspace: &str, grants: &[&str]) -> Paths {
        let mut look = Look { workspace, grants, depth: 0, paths: Paths::default() };
        for command in &self.effects.commands {
            command.words.iter().for_each(|word| look.word(&word.text));
            command.assignments.iter().for_each(|(_, value)| look.word(&value.text));
            command.redirections.iter().for_each(|redirection| look.word(&redirection.target.text));
            if command.program() == "cd" {
                look.depth += command.words.get(1).map_or(0, |folder| steps_down(&folder.text));
            }
        }
        if !self.effects.is_complete() {
            self.text.split_whitespace().for_each(|word| look.word(word));
        }
        look.paths.lead_out |= names_a_drive(&self.text);
        look.paths
    }
}

/// A look at one word after the other.
struct Look<'a> {
    workspace: &'a str,
    grants: &'a [&'a str],
    /// So many folders below its start a command may be.
    depth: i32,
    paths: Paths,
}

impl Look<'_> {
    fn word(&mut self, word: &str) {
        let is_code = word.contains([' ', '(', '{', ';', ',', '|', '*']);
        let is_address = word.contains("://") && !word.starts_with("file:");
        for piece in word.split([' ', '=', ':', '(', ')', '"', '\'', '{', '}', ',']) {
            let path = flat(piece);
            let mut open = std::iter::once(&self.workspace).chain(self.grants);
            let is_open = open.any(|folder| is_below(&path, folder));
            let is_of_the_box = OF_THE_BOX.iter().any(|folder| is_below(&path, folder));
            let is_absolute = piece.len() > 1 && piece.starts_with('/') && !is_address;
            let is_place = !is_code || OF_THE_HOST.contains(&path.split('/').nth(1).unwrap_or_default());
            self.paths.are_of_the_box |= is_of_the_box;
            self.paths.lead_out |= (is_absolute && is_place && !is_open && !is_of_the_box)
                || (piece != ".." && !piece.starts_with('/') && lowest(piece) < -self.depth)
                || (piece.len() > 1 && piece.starts_with('~'));
        }
    }
}

fn destroys(command: &Effective) -> bool {
    let program = command.program();
    let words: Vec<&str> = command.words.iter().skip(1).map(|word| word.text.as_str()).collect();
    let flags = |word: &&str| {
        let long = ["--recursive", "--force"].iter().any(|name| word.len() > 2 && name.starts_with(word));
        long || (word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R', 'f']))
    };
    let to_disk = command
        .redirections
        .iter()
        .any(|redirection| redirection.operator.writes() && is_device(&redirection.target.text));
    match program.as_str() {
        "rm" => words.iter().any(flags),
        "dd" => words
            .iter()
            .any(|word| word.starts_with("if=") || word.strip_prefix("of=").is_some_and(is_device)),
        "init" | "telinit" => words.iter().any(|word| ["0", "6"].contains(word)),
        "systemctl" | "loginctl" => words.iter().any(|word| ENDERS.contains(word)),
        "tee" | "cp" | "shred" => words.iter().any(|word| is_device(word)),
        program => {
            let calls_itself = command.functions.iter().any(|function| function.to_lowercase() == program);
            let stem = program.split('.').next().unwrap_or_default();
            to_disk || calls_itself || ENDERS.contains(&stem)
        }
    }
}

/// A device that something can be lost on.
fn is_device(path: &str) -> bool {
    path.starts_with("/dev/")
        && !OF_THE_BOX.contains(&path)
        && !path.starts_with("/dev/fd/")
        && path != "/dev/tty"
}

fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder.trim_end_matches('/')).filter(|_| folder.starts_with('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An absolute path without steps up; any other as it is.
fn flat(path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    let mut steps = Vec::new();
    for step in path.split('/').filter(|step| !step.is_empty() && *step != ".") {
        if step == ".." {
            steps.pop();
        } else {
            steps.push(step);
        }
    }
    format!("/{}", steps.join("/"))
}

/// By how many folders a relative path goes down at its deepest end.
fn steps_down(path: &str) -> i32 {
    depths(path).last().unwrap_or(0)
}

/// How far up a relative path leads on its way: 0 if nowhere.
fn lowest(path: &str) -> i32 {
    depths(path).min().unwrap_or(0).min(0)
}

/// The depth behind each step of a relative path.
fn depths(path: &str) -> impl Iterator<Item = i32> {
    path.split('/').scan(0, |depth, step| {
        *depth += match step {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        Some(*depth)
    })
}

/// Whether something lies on a drive of the other system, by more than one letter.
fn names_a_drive(text: &str) -> bool {
    text.match_indices(":\\").any(|(at, _)| {
        let name = text.get(at + 2..).unwrap_or_default();
        name.chars().take(2).filter(|letter| letter.is_alphanumeric()).count() == 2
    })
}
