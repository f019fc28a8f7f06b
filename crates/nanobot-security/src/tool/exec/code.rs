//! Code in other languages on a command line: `python -c`, `perl -e`, `awk`. It is not parsed; words that say enough
//! are looked for, and its quoted texts are judged as what they may be: paths, and command lines.

use nanobot_shell::{Effective, Value};
use regex::bytes::Regex;

use super::super::pack::{Record, any_of};
use super::super::path::Asker;
use super::flow::{self, interpreter};
use super::{DEEPEST_CODE, Findings, Scene, path};
use crate::pack::PackError;

/// Texts of one piece of code that are looked at; more are data.
const MOST_TEXTS: usize = 64;
/// Longest text that is read as a command line, in bytes.
const LONGEST_TEXT: usize = 4096;

/// How languages start programs.
const STARTS: [&str; 4] = [
    r"\b(?:system|popen\d?|exec\w*|spawn\w*|subprocess|check_output|check_call|getoutput|startfile)\b",
    r"\b(?:shell_exec|passthru|proc_open|child_process|Command|run|Process|qx|os\.)",
    r"`",
    r"\bgetline\b",
];

/// The rules over code.
#[derive(Debug)]
pub(super) struct CodeRules {
    says_enough: Option<Regex>,
    starts_programs: Option<Regex>,
}

impl CodeRules {
    pub(super) fn new(records: &[Record]) -> Result<Self, PackError> {
        let code: Vec<String> = records.iter().flat_map(|record| record.code.iter().cloned()).collect();
        Ok(Self {
            says_enough: any_of("exec.inline_code", &code)?,
            starts_programs: any_of("exec.inline_code", &STARTS.map(str::to_owned))?,
        })
    }

    /// Judges the code that a command holds.
    pub(super) fn judge(&self, scene: &Scene<'_>, command: &Effective, findings: &mut Findings) {
        for code in codes(scene, command) {
            self.judge_code(scene, code, findings);
        }
    }

    fn judge_code(&self, scene: &Scene<'_>, code: &str, findings: &mut Findings) {
        let matches = |pattern: &Option<Regex>| {
            pattern.as_ref().is_some_and(|pattern| pattern.is_match(code.as_bytes()))
        };
        if matches(&self.says_enough) {
            scene.add("inline_code", findings);
        }
        let texts = quoted(code);
        for text in &texts {
            let word = Value::certain(*text);
            let found = path(text, &word).and_then(|path| scene.places.find(&path, Asker::Command));
            if let Some(rule) = found {
                match rule.for_exec {
                    Some(_) => scene.add("device", findings),
                    None => findings.path.get_or_insert_with(|| rule.info.clone()).clone_from(&rule.info),
                }
            }
        }
        if scene.depth >= DEEPEST_CODE || !matches(&self.starts_programs) {
            return;
        }
        let whole = texts.join(" ");
        let lines =
            texts.iter().copied().filter(|text| text.contains(char::is_whitespace)).chain([whole.as_str()]);
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
fn codes<'c>(scene: &Scene<'_>, command: &'c Effective) -> Vec<&'c str> {
    let program = interpreter(&command.program());
    let mut found = Vec::new();
    if scene.sets.has("awks", &program) {
        let operand = command.words.iter().skip(1).find(|word| !word.text.starts_with('-'));
        found.extend(operand.map(|word| word.text.as_str()));
        return found;
    }
    if !scene.sets.has("interpreters", &program) {
        return found;
    }
    let mut words = command.words.iter().skip(1).map(|word| word.text.as_str());
    while let Some(word) = words.next() {
        if scene.sets.has("code_options", word) {
            found.extend(words.next());
        } else if let Some(code) = word.strip_prefix("--eval=").or_else(|| word.strip_prefix("-e")) {
            found.push(code);
        } else if let Some(code) = word.strip_prefix("-c").filter(|_| program.starts_with("python")) {
            found.push(code);
        }
    }
    if flow::reads_code(command, scene.sets) {
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
