//! Words of a command: options, places of the system, and the paths that a word may name.

use nanobot_shell::Effective;

use super::super::path::{Asker, Folder, Path, PathRule};
use super::super::sets::{Set, Sets};
use super::seen::Seen;
use super::{Scene, path};
use crate::rule::RuleInfo;

/// Whether a word is a cluster of short options with one of these letters.
pub(super) fn has_flag(word: &str, letters: &str) -> bool {
    let Some(cluster) = word.strip_prefix('-') else { return false };
    !letters.is_empty()
        && !cluster.starts_with('-')
        // `-name` of find and its like are words, no clusters.
        && cluster.len() <= 6
        && cluster.contains(|sign: char| letters.contains(sign))
}

/// Whether a word names a place that belongs to the system.
pub(super) fn is_system(text: &str, is_pattern: bool, sets: &Sets) -> bool {
    let Some(path) = Path::read(text, is_pattern) else { return false };
    if !path.is_rooted || text.starts_with('~') {
        return false;
    }
    let Some(first) = path.names.first() else {
        // The root itself, or a path that climbs out and stops there.
        return text.starts_with('/') || text.len() >= 2 && text.ends_with([':', '\\']);
    };
    if first == "*" {
        return true;
    }
    if matches!(first.as_str(), "home" | "users") {
        return path.names.len() == 1;
    }
    let two = path.names.get(..3.min(path.names.len())).unwrap_or_default().join("/");
    let is_open = two
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([two.len()])
        .any(|end| two.get(..end).is_some_and(|part| sets.has(Set::OpenPlaces, part)));
    sets.has(Set::SystemFolders, first) && !is_open
}

/// The option behind which a name stands that is only looked for.
const NAMES: [&str; 8] =
    ["-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex", "--include"];
/// Longest input of a file server's client that is looked at, in bytes.
const LONGEST_INPUT: usize = 4096;
/// Options that leave something out.
const LEAVES_OUT: [&str; 6] =
    ["--exclude", "--exclude-dir", "--ignore", "--exclude-from", "--ignore-file", "--skip"];

/// A text among the words of a command that may be a path.
#[derive(Debug)]
pub(super) struct Named<'a> {
    text: &'a str,
    is_pattern: bool,
    /// The rule that it breaks where it stands, whatever the folder.
    pub(super) found: Option<&'a PathRule>,
}

impl<'a> Scene<'a> {
    /// A place among the words and redirections of a command that it has no business with.
    pub(super) fn sensitive(
        &self,
        command: &Seen<'_>,
        named: &[Named<'_>],
        folder: Option<&Folder>,
    ) -> Option<RuleInfo> {
        let below = |text: &str, is_pattern: bool| {
            let folder = folder.filter(|_| !text.starts_with(['/', '~', '-']))?;
            self.places.find_below(folder, text, is_pattern)
        };
        // Devices are the business of the rules over commands.
        let info = |rule: &PathRule| rule.for_exec.is_none().then(|| rule.info.clone());
        let find = |text: &str, is_pattern: bool| -> Option<RuleInfo> {
            self.place(text, is_pattern).or_else(|| below(text, is_pattern)).and_then(info)
        };
        for redirection in &command.redirections {
            if !is_text(redirection.operator)
                && let Some(info) = find(&redirection.target.text, redirection.target.is_pattern)
            {
                return Some(info);
            }
        }
        for (_, value) in &command.assignments {
            // A place that is put into a variable will be used.
            if value.text.contains('/')
                && let Some(info) = find(&value.text, value.is_pattern)
            {
                return Some(info);
            }
        }
        // The commands that a client of a file server reads.
        let is_client = matches!(command.program(), "sftp" | "ftp" | "lftp" | "smbclient" | "tftp");
        let fed = command.input.as_deref().filter(|text| is_client && text.len() <= LONGEST_INPUT);
        let found = fed.and_then(|text| text.split_whitespace().find_map(|word| find(word, false)));
        found.or_else(|| {
            named.iter().find_map(|one| one.found.or_else(|| below(one.text, one.is_pattern)).and_then(info))
        })
    }

    fn place(&self, text: &str, is_pattern: bool) -> Option<&'a PathRule> {
        path(text, is_pattern).and_then(|path| self.places.find(&path, Asker::Command))
    }

    /// The texts among the words that may be paths.
    pub(super) fn named_paths(&self, command: &'a Seen<'_>) -> Vec<Named<'a>> {
        let program = command.program();
        // Whether a file is there may be asked of any.
        let asks = matches!(program, "test" | "[" | "[[")
            || program == "git" && command.words.get(1).is_some_and(|word| word.text == "check-ignore")
            || program == "ssh-keygen"
                && command.words.iter().any(|word| has_flag(&word.text, "lB"))
                && command.words.last().is_some_and(|word| is_public_half(&word.text));
        if asks {
            return Vec::new();
        }
        // `echo` opens nothing; what a pattern stands for is looked up all the same.
        let is_text = command.is(Set::Prints) && program != "for";
        let mut skips_pattern = command.is(Set::Patterns) && !takes_pattern_by_option(command);
        let is_git_grep = program == "git" && command.words.get(1).is_some_and(|word| word.text == "grep");
        let mut found = Vec::new();
        let mut before = "";
        for (at, word) in command.words.iter().enumerate() {
            let text = word.text.as_str();
            let last = std::mem::replace(&mut before, text);
            if at == 0 && !text.contains('/') {
                continue;
            }
            if is_text && !word.is_pattern {
                continue;
            }
            let is_option = text.starts_with('-') && text.len() > 1;
            if at > 0 && skips_pattern && !is_option {
                skips_pattern = false;
                continue;
            }
            if text.is_empty() || (is_git_grep && at == 2) {
                continue;
            }
            if LEAVES_OUT.iter().any(|option| last == *option || text.split('=').next() == Some(option)) {
                continue;
            }
            let is_pattern = word.is_pattern || NAMES.contains(&last) || text.starts_with("--include=");
            pieces(text, |text| found.push(Named { text, is_pattern, found: self.place(text, is_pattern) }));
        }
        found
    }
}

fn is_public_half(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("pub"))
}

fn is_text(operator: nanobot_shell::RedirectOperator) -> bool {
    use nanobot_shell::RedirectOperator as Operator;
    matches!(operator, Operator::HereDoc | Operator::HereString | Operator::CopyRead | Operator::CopyWrite)
}

/// `grep -e pattern`: then every operand is a file.
fn takes_pattern_by_option(command: &Effective) -> bool {
    command.words.iter().any(|word| {
        let text = word.text.as_str();
        matches!(text, "-e" | "-f" | "--regexp" | "--file" | "--expression")
            || text.starts_with("--regexp=")
            || text.starts_with("--expression=")
    })
}

/// The word, and what stands in it behind `=`, `@`, `:` or an option's letter.
fn pieces<'c>(text: &'c str, mut add: impl FnMut(&'c str)) {
    /// Pieces of one word: a list of mounts has three.
    const MOST: usize = 16;
    add(text);
    if text.contains("://") && !text.contains('@') {
        return;
    }
    if let Some(cluster) = text.strip_prefix('-').filter(|cluster| !cluster.starts_with('-')) {
        let glued = cluster.char_indices().nth(1).and_then(|(at, _)| cluster.get(at..));
        glued.into_iter().for_each(&mut add);
    }
    if text.contains(['=', '@', ':', ',']) && !text.contains(char::is_whitespace) {
        let pieces = text.split(['=', '@', ':', ',']).filter(|piece| !piece.is_empty());
        pieces.take(MOST).for_each(add);
    }
}
