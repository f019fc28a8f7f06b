//! The paths that a command names, and whether each lies where it may.
//!
//! A word is read as a path, as a list of them, as an option with one behind it, or as a piece of code or prose in
//! which only the names of real places count: `/x/` is a pattern there, `/etc/passwd` is a file. Of what the shell
//! parser could not read to the end, every piece that looks like an absolute path counts.

use nanobot_shell::{Effective, Effects, RedirectOperator, Value};
use regex::Regex;

use super::ground::{Ground, WORKSPACE, joined};
use super::{GuardError, Objection, compiled};

/// So many folders are remembered as places where a command may be after its `cd`s; later ones take the last place.
const MAX_PLACES: usize = 8;

/// A place with a longer name, in bytes, is not remembered: nobody works that deep, and looking costs time.
const MAX_PLACE_BYTES: usize = 1_024;

/// Programs whose arguments are prose.
const TALKERS: [&str; 2] = ["echo", "printf"];

/// Programs whose first argument is a pattern or a script.
const SCRIPTED: [&str; 10] = ["awk", "egrep", "fgrep", "gawk", "grep", "jq", "mawk", "perl", "rg", "sed"];

/// The folders at the top of a system. In prose and code only they make a path of a word with a slash in front.
const TOP_FOLDERS: [&str; 22] = [
    "bin",
    "boot",
    "dev",
    "etc",
    "grants",
    "home",
    "lib",
    "lib64",
    "media",
    "mnt",
    "opt",
    "private",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "Users",
    "usr",
    "var",
    "workspace",
];

/// Signs that end a piece of code or prose.
const BETWEEN: &[char] = &[
    ' ', '\t', '\n', '\r', '"', '\'', '`', '(', ')', '<', '>', '|', '&', ';', ',', '=', '{', '}', '[', ']',
    '$',
];

/// Signs that no path has, unless somebody means harm to his own files.
const CODE: &[char] = &[' ', '\t', '\n', '\r', '"', '\'', '`', '(', ')', '<', '>', '|', '&', ';', '$'];

/// Signs that code has, and patterns of file names, too.
const CODE_OR_PATTERN: &[char] = &[',', '{', '}', '[', ']', '^', '\\', '*'];

/// A path of the other system that climbs, and one with a drive, in the text as it stands: the shell drops their
/// slashes.
const OTHER_SYSTEM: [&str; 2] =
    [r#"(?:^|[\s"'=\\/])\.\.\\[A-Za-z0-9_.]"#, r#"(?:^|[\s"'=])[A-Za-z]:\\[A-Za-z0-9_.]{2}"#];

/// The rules about names, made ready.
#[derive(Debug, Clone)]
pub(super) struct Names {
    other_system: Vec<Regex>,
}

impl Names {
    pub(super) fn new() -> Result<Self, GuardError> {
        Ok(Self { other_system: compiled("built-in", &OTHER_SYSTEM)? })
    }

    /// Judges every path of a command line.
    pub(super) fn check(&self, text: &str, effects: &Effects, ground: &Ground) -> Result<(), Objection> {
        let mut walk = Walk { ground, places: vec![ground.start().to_owned()], found: None };
        for (pattern, objection) in self.other_system.iter().zip([Objection::Traversal, Objection::Outside]) {
            if pattern.is_match(text) {
                walk.object(objection);
            }
        }
        for command in &effects.commands {
            walk.command(command);
        }
        if !effects.is_complete() {
            walk.pieces(text, true);
        }
        walk.found.map_or(Ok(()), Err)
    }
}

struct Walk<'a> {
    ground: &'a Ground,
    /// Where the command may be, the last one last.
    places: Vec<String>,
    found: Option<Objection>,
}

impl Walk<'_> {
    /// Climbing out is told before all else, as in the original.
    fn object(&mut self, objection: Objection) {
        if self.found != Some(Objection::Traversal) {
            self.found = Some(objection);
        }
    }

    fn command(&mut self, command: &Effective) {
        for (_, value) in &command.assignments {
            self.value(value, false);
        }
        for redirection in &command.redirections {
            let target = &redirection.target;
            match redirection.operator {
                RedirectOperator::HereDoc | RedirectOperator::HereString => {
                    self.pieces(&target.text, false);
                }
                RedirectOperator::CopyRead | RedirectOperator::CopyWrite => {}
                RedirectOperator::Read
                | RedirectOperator::Write
                | RedirectOperator::Append
                | RedirectOperator::ReadWrite
                | RedirectOperator::WriteBoth => self.path(&target.text, redirection.operator.writes()),
            }
        }
        let Some((program, arguments)) = command.words.split_first() else {
            return;
        };
        if program.text.contains('/') {
            self.value(program, false);
        }
        let name = command.program();
        let mut is_script_due = SCRIPTED.contains(&name.as_str());
        for argument in arguments {
            let is_operand = !argument.text.starts_with('-');
            let is_prose = TALKERS.contains(&name.as_str()) || (is_script_due && is_operand);
            is_script_due &= !is_operand;
            self.value(argument, is_prose);
        }
        if name == "cd" || name == "pushd" {
            self.go(arguments);
        }
    }

    fn go(&mut self, arguments: &[Value]) {
        let Some(target) = arguments.iter().find(|word| !word.text.starts_with('-')) else {
            if arguments.is_empty() {
                self.arrive(WORKSPACE.to_owned());
            }
            return;
        };
        if target.text.is_empty() {
            return;
        }
        let here = self.places.last().map_or(WORKSPACE, String::as_str);
        let there = if target.text == "~" { WORKSPACE.to_owned() } else { joined(here, &target.text) };
        self.arrive(there);
    }

    fn arrive(&mut self, place: String) {
        if place.len() > MAX_PLACE_BYTES {
            return;
        }
        if self.places.len() == MAX_PLACES {
            self.places.pop();
        }
        self.places.push(place);
    }

    fn value(&mut self, value: &Value, is_prose: bool) {
        let text = value.text.as_str();
        if !text.contains(char::is_whitespace)
            && let Some(path) = address(text)
        {
            return self.path(path, false);
        }
        // What the shell fills in with the names of files is a path, wherever it stands.
        let starts_as_path = text.starts_with(['/', '~', '.']);
        let is_code = text.contains(CODE) || (!starts_as_path && text.contains(CODE_OR_PATTERN));
        if (is_code || is_prose) && !(value.is_pattern && starts_as_path) {
            self.pieces(text, false);
        } else {
            self.word(text);
        }
    }

    /// A word that is no code: an option, an assignment, a path, a list of paths.
    fn word(&mut self, word: &str) {
        let mut rest = word;
        // Step by step and not by recursion: a word may be one long row of `a=a=a=`.
        while let Some((name, behind)) = rest.split_once('=')
            && !name.contains('/')
        {
            rest = behind;
        }
        if let Some(path) = address(rest) {
            return self.path(path, false);
        }
        if let Some(option) = rest.strip_prefix('-') {
            let behind = option.get(1..).unwrap_or_default();
            if !behind.starts_with(['/', '~']) && !behind.starts_with("..") {
                return;
            }
            rest = behind;
        }
        let paths = rest.strip_prefix('@').unwrap_or(rest);
        for path in paths.split(':') {
            self.path(path, false);
        }
    }

    /// The paths in code, prose, or what could not be parsed (`is_strict`: everything that begins with a slash).
    fn pieces(&mut self, text: &str, is_strict: bool) {
        for piece in text.split(BETWEEN) {
            if let Some(path) = address(piece) {
                self.path(path, false);
                continue;
            }
            for path in piece.split([':', '@']) {
                let top = top(path);
                let climbs = path.starts_with("../") || path.contains("/../") || path.ends_with("/..");
                if TOP_FOLDERS.contains(&top)
                    || path.starts_with("~/")
                    || climbs
                    || (is_strict && !top.is_empty())
                {
                    self.path(path, false);
                }
            }
        }
    }

    fn path(&mut self, path: &str, writes: bool) {
        if path.is_empty() || path == "/" || path == "~" {
            return;
        }
        if path.starts_with('~') {
            // The home of somebody, or a file in it by a name that the workspace does not need.
            return self.object(Objection::Outside);
        }
        let climbs = path.split('/').any(|step| step == "..");
        let objection = if climbs { Objection::Traversal } else { Objection::Outside };
        if path.starts_with('/') {
            if !self.ground.holds(&joined("/", path), writes) {
                self.object(objection);
            }
            return;
        }
        let last = self.places.len().saturating_sub(1);
        let is_out = self.places.iter().enumerate().any(|(index, place)| {
            let seen = joined(place, path);
            // `ls ..` and `cd ..` come to the top of the box at most, and there is nothing to see.
            let is_top = path == ".." && seen == "/";
            // A `cd` may have failed; then a way up from the folder before it counts if it leads somewhere.
            let leads_nowhere = index != last && climbs && !TOP_FOLDERS.contains(&top(&seen));
            !is_top && !leads_nowhere && !self.ground.holds(&seen, writes)
        });
        if is_out {
            self.object(objection);
        }
    }
}

/// The first step of an absolute path; nothing of any other.
fn top(path: &str) -> &str {
    path.strip_prefix('/').and_then(|path| path.split('/').next()).unwrap_or_default()
}

/// The path of an address with a scheme: that of a `file:` address, and nothing of any other.
fn address(word: &str) -> Option<&str> {
    let (scheme, behind) = word.split_once("://")?;
    let is_scheme = !scheme.is_empty()
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'));
    if !is_scheme {
        return None;
    }
    Some(if scheme.eq_ignore_ascii_case("file") { behind } else { "" })
}
