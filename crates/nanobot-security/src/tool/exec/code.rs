//! Code in other languages on a command line: `python -c`, `perl -e`, `awk`. It is not parsed; words that say enough
//! are looked for, and its quoted texts are judged as what they may be: paths, and command lines.

use std::borrow::Cow;

use regex::bytes::Regex;

use super::super::pack::{Record, any_of};
use super::super::path::Asker;
use super::super::sets::Set;
use super::seen::Seen;
use super::{DEEPEST_CODE, Findings, Scene, path};
use crate::pack::PackError;

/// Texts of one piece of code that are looked at; more are data.
const MOST_TEXTS: usize = 64;
/// Texts at which a list of words is taken to start.
const MOST_STARTS: usize = 8;
/// Longest text that is read as a command line, in bytes.
const LONGEST_TEXT: usize = 4096;

/// How languages start programs.
const STARTS: [&str; 6] = [
    r"\b(?:system|popen\d?|exec\w*|spawn\w*|subprocess|check_output|check_call|getoutput|startfile)\b",
    r"\b(?:shell_exec|passthru|proc_open|child_process|Command|run|Process|qx|os\.)",
    r"`",
    r"\bgetline\b",
    r"\|&?\s*\x22",
    r"\bdo shell script\b|\bshell-command\b|\bcall-process\b|\bstart-process\b|\bio\.popen\b",
];

/// How code keeps what it runs from being read.
const HIDES: [&str; 3] = [
    r"\[::-1\]|\.reverse\b|\bstrrev\b|\breversed\(|\brot_?13\b|\bcodecs\.decode\b",
    r"\bb(?:ase)?64_?decode\b|\bdecode_?base64\b|\batob\b|\bfromhex\b|\bunhexlify\b|\bhex2bin\b|\bfromCharCode\b|\bBase64\.(?:strict_|urlsafe_)?decode|from\([^)]*(?:base64|hex)",
    r"\b(?:un)?pack\b[\s(]*[\x22']H|(?:\bchr\b\s*\(?\s*\d+[\s)]*[.+,&]+\s*){2,}|\bmap\s*\(\s*chr\b|\bbytes\s*\(\s*\[|\bgetattr\s*\(\s*os\b",
];

/// The rules over code.
#[derive(Debug)]
pub(super) struct CodeRules {
    says_enough: Option<Regex>,
    starts_programs: Option<Regex>,
    hides: Option<Regex>,
    /// Two texts that are put together (`"r" + "m"`).
    seam: Option<Regex>,
}

impl CodeRules {
    pub(super) fn new(records: &[Record]) -> Result<Self, PackError> {
        let code: Vec<String> = records.iter().flat_map(|record| record.code.iter().cloned()).collect();
        Ok(Self {
            says_enough: any_of("exec.inline_code", &code)?,
            starts_programs: any_of("exec.inline_code", &STARTS.map(str::to_owned))?,
            hides: any_of("exec.inline_code", &HIDES.map(str::to_owned))?,
            seam: any_of(
                "exec.inline_code",
                &[r"'\s*(?:\+|\.{1,2})\s*'".to_owned(), r"\x22\s*(?:\+|\.{1,2})\s*\x22".to_owned()],
            )?,
        })
    }

    /// Judges the code that a command holds.
    pub(super) fn judge(&self, scene: &Scene<'_>, command: &Seen<'_>, findings: &mut Findings) {
        for code in codes(scene, command) {
            let joined = self.readable(code);
            self.judge_code(scene, &joined, findings);
        }
    }

    /// The code with texts put together that it puts together, and with escapes in it read.
    fn readable<'c>(&self, code: &'c str) -> Cow<'c, str> {
        let mut read = Cow::Borrowed(code);
        if code.contains("\\x") && code.len() <= LONGEST_TEXT {
            read = Cow::Owned(nanobot_shell::ansi_c(code));
        }
        if let Some(seam) = self.seam.as_ref().filter(|seam| seam.is_match(read.as_bytes())) {
            let joined = seam.replace_all(read.as_bytes(), &b""[..]).into_owned();
            read = Cow::Owned(String::from_utf8_lossy(&joined).into_owned());
        }
        read
    }

    fn judge_code(&self, scene: &Scene<'_>, code: &str, findings: &mut Findings) {
        let matches = |pattern: &Option<Regex>| {
            pattern.as_ref().is_some_and(|pattern| pattern.is_match(code.as_bytes()))
        };
        if matches(&self.says_enough) || matches(&self.hides) && matches(&self.starts_programs) {
            scene.add("inline_code", findings);
        }
        let texts = quoted(code);
        let writes = ["'a'", "'w'", "\"a\"", "\"w\"", "write", "append", ">", "copy", "'a+'", "'wb'"]
            .iter()
            .any(|sign| code.contains(sign));
        for text in &texts {
            let asker = if writes { Asker::Writer } else { Asker::Command };
            let found = path(text, false).and_then(|path| scene.places.find(&path, asker));
            if let Some(rule) = found {
                match rule.for_exec {
                    _ if rule.for_write => scene.add("persistence", findings),
                    Some(_) => scene.add("device", findings),
                    None => findings.path.get_or_insert_with(|| rule.info.clone()).clone_from(&rule.info),
                }
            }
        }
        if scene.depth >= DEEPEST_CODE || !matches(&self.starts_programs) {
            return;
        }
        // `['rm', '-rf', '/']`: a list of words may start at any of its texts.
        let wholes: Vec<String> = (0..texts.len().min(MOST_STARTS))
            .filter_map(|from| texts.get(from..))
            .map(|words| words.join(" "))
            .collect();
        // Tcl and its like write commands without quotes.
        let bare = code
            .match_indices("exec ")
            .take(MOST_STARTS)
            .filter_map(|(at, word)| code.get(at + word.len()..));
        let bare = bare.map(|tail| tail.split(['\n', ';', ']', '}']).next().unwrap_or(tail));
        let lines = texts
            .iter()
            .copied()
            .filter(|text| text.contains(char::is_whitespace))
            .chain(wholes.iter().map(String::as_str))
            .chain(bare);
        for line in lines.filter(|line| line.len() <= LONGEST_TEXT) {
            let mut inner = Findings::default();
            let (places, sets) = (scene.places, scene.sets);
            scene.rules.judge_line(line, None, places, sets, scene.depth + 1, &mut inner);
            // What cannot be read as a command line is most often none.
            inner.rules.retain(|info| info.id != "exec.unreadable");
            if inner.rules.iter().any(|info| info.tag == super::super::pack::EXEC_HIGH_RISK) {
                scene.add("inline_code", findings);
            }
            if findings.path.is_none() {
                findings.path = inner.path;
            }
        }
    }
}

/// The pieces of code that a command holds: behind its options, as the program of `awk`, in its input.
fn codes<'c>(scene: &Scene<'_>, command: &'c Seen<'_>) -> Vec<&'c str> {
    let mut found = Vec::new();
    if command.speaks(Set::Awks) {
        let operand = command.words.iter().skip(1).find(|word| !word.text.starts_with('-'));
        found.extend(operand.map(|word| word.text.as_str()));
        return found;
    }
    if !command.speaks(Set::Interpreters) && !command.speaks(Set::Editors) {
        return found;
    }
    // The scripts of an editor stand among its words, most often behind a sign of their own.
    if command.speaks(Set::Editors) {
        found.extend(command.words.iter().skip(1).map(|word| word.text.as_str()));
        found.extend(command.input.as_deref());
        return found;
    }
    let mut words = command.words.iter().skip(1).map(|word| word.text.as_str());
    while let Some(word) = words.next() {
        if scene.sets.has(Set::CodeOptions, word) {
            found.extend(words.next());
        } else if let Some(code) = word.strip_prefix("--eval=").or_else(|| word.strip_prefix("-e")) {
            found.push(code);
        } else if let Some(code) =
            word.strip_prefix("-c").filter(|_| command.language().starts_with("python"))
        {
            found.push(code);
        }
    }
    if command.reads_code(scene.sets) {
        found.extend(command.input.as_deref());
    }
    found.extend(command.script.as_deref());
    found
}

/// The texts in quotes, as they are written.
fn quoted(code: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['\'', '"', '`']) {
        let Some(quote) = rest.get(at..).and_then(|tail| tail.chars().next()) else { break };
        let Some(tail) = rest.get(at + 1..) else { break };
        let Some(end) = tail.find(quote) else { break };
        texts.extend(tail.get(..end).filter(|text| !text.is_empty()));
        rest = tail.get(end + 1..).unwrap_or("");
        if texts.len() >= MOST_TEXTS {
            break;
        }
    }
    texts
}
