//! Judges command lines: every command that would run, its words, where its output goes, what it is fed.

mod alone;
mod checks;
mod code;
mod flow;
mod harm;
mod seen;
mod words;

use std::collections::BTreeMap;

use nanobot_shell::{Pattern, Value};

use self::code::CodeRules;
use self::flow::Flow;
use self::seen::{Line, Seen};
use super::pack::{Record, Target};
use super::path::{Folder, Path, Places};
use super::sets::Sets;
use crate::pack::PackError;
use crate::rule::RuleInfo;

/// Command lines in code in command lines: `python -c "os.system('…')"`.
const DEEPEST_CODE: usize = 3;

/// All rules over commands.
#[derive(Debug)]
pub(super) struct ExecRules {
    rules: Vec<ExecRule>,
    /// By the exact name of a program.
    by_program: BTreeMap<String, Vec<usize>>,
    /// Those that name programs by pattern.
    by_pattern: Vec<(Pattern, usize)>,
    /// By the name of the check in code.
    by_check: BTreeMap<String, usize>,
    code: CodeRules,
}

/// A rule over commands.
#[derive(Debug)]
struct ExecRule {
    info: RuleInfo,
    words: Vec<Pattern>,
    flags: String,
    long: Vec<String>,
    target: Option<Target>,
    last: bool,
    unless: Vec<String>,
    /// Programs with the words that have to stand among theirs.
    calls: Vec<(String, Vec<Pattern>)>,
}

/// What is wrong with command lines.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// A place that they have no business with.
    pub(super) path: Option<RuleInfo>,
    /// Rules over commands, each once.
    pub(super) rules: Vec<RuleInfo>,
}

impl Findings {
    fn add(&mut self, info: &RuleInfo) {
        if !self.rules.iter().any(|known| known.id == info.id) {
            self.rules.push(info.clone());
        }
    }
}

/// What the checks of one command line share.
struct Scene<'a> {
    rules: &'a ExecRules,
    places: &'a Places,
    sets: &'a Sets,
    line: &'a Line<'a>,
    flow: Flow,
    depth: usize,
}

impl ExecRules {
    pub(super) fn new(records: &[Record]) -> Result<Self, PackError> {
        let mut made = Self {
            rules: Vec::new(),
            by_program: BTreeMap::new(),
            by_pattern: Vec::new(),
            by_check: BTreeMap::new(),
            code: CodeRules::new(records)?,
        };
        for (at, record) in records.iter().enumerate() {
            let calls: Vec<(String, Vec<Pattern>)> = record
                .calls
                .iter()
                .filter_map(|call| {
                    let mut words = call.split(' ');
                    Some((words.next()?.to_owned(), words.map(Pattern::new).collect()))
                })
                .collect();
            for program in record.programs.iter().chain(calls.iter().map(|(program, _)| program)) {
                if program.contains('*') {
                    made.by_pattern.push((Pattern::new(program), at));
                } else {
                    let rules = made.by_program.entry(program.clone()).or_default();
                    if !rules.contains(&at) {
                        rules.push(at);
                    }
                }
            }
            if let Some(check) = &record.check {
                made.by_check.insert(check.clone(), at);
            }
            made.rules.push(ExecRule {
                info: record.info(record.exec_family()),
                words: record.words.iter().map(|word| Pattern::new(word)).collect(),
                flags: record.flags.clone(),
                long: record.long.clone(),
                target: record.target,
                last: record.last,
                unless: record.unless.clone(),
                calls,
            });
        }
        Ok(made)
    }

    pub(super) fn infos(&self) -> impl Iterator<Item = &RuleInfo> {
        self.rules.iter().map(|rule| &rule.info)
    }

    /// Judges command lines that are run in this folder.
    pub(super) fn judge(
        &self,
        commands: &[String],
        folder: Option<&str>,
        places: &Places,
        sets: &Sets,
    ) -> Findings {
        let mut findings = Findings::default();
        let folder = folder.and_then(|text| places.folder(None, text));
        for command in commands {
            self.judge_line(command, folder.clone(), places, sets, 0, &mut findings);
            // Blanks of other scripts separate nothing in a shell, but whoever writes them means to.
            if command.chars().any(|sign| !sign.is_ascii() && sign.is_whitespace()) {
                let command: String = command
                    .chars()
                    .map(|sign| if sign.is_whitespace() && !sign.is_ascii() { ' ' } else { sign })
                    .collect();
                self.judge_line(&command, folder.clone(), places, sets, 0, &mut findings);
            }
        }
        findings
    }

    fn judge_line(
        &self,
        command: &str,
        mut folder: Option<Folder>,
        places: &Places,
        sets: &Sets,
        depth: usize,
        findings: &mut Findings,
    ) {
        let script = nanobot_shell::parse(command);
        let effects = nanobot_shell::effective(&script);
        let line = Line::of(&effects, sets);
        let flow = Flow::of(&line, sets);
        let scene = Scene { rules: self, places, sets, line: &line, flow, depth };
        if !effects.is_complete() {
            scene.add("unreadable", findings);
        }
        for command in &line.all {
            let named = scene.named_paths(command);
            if findings.path.is_none() {
                findings.path = scene.sensitive(command, &named, folder.as_ref());
            }
            scene.by_words(command, findings);
            scene.by_checks(command, &named, findings);
            scene.by_harm(command, findings);
            self.code.judge(&scene, command, findings);
            // A name with blanks in it is a command line that somebody wants to be overlooked.
            if let Some(first) = command.words.first()
                && depth < DEEPEST_CODE
                && first.text.contains(['\t', '\n', ' '])
            {
                self.judge_line(&first.text, None, places, sets, DEEPEST_CODE, findings);
            }
            if matches!(command.program(), "cd" | "pushd")
                && let Some(to) = command.words.get(1).filter(|word| word.is_certain)
            {
                folder = places.folder(folder, &to.text);
            }
        }
    }
}

impl Scene<'_> {
    /// Notes the rule of this check.
    fn add(&self, check: &str, findings: &mut Findings) {
        if let Some(rule) = self.rules.by_check.get(check).and_then(|at| self.rules.rules.get(*at)) {
            findings.add(&rule.info);
        }
    }

    /// The rules that say by words what they are about.
    fn by_words(&self, command: &Seen<'_>, findings: &mut Findings) {
        let program = command.program();
        let exact = self.rules.by_program.get(program).into_iter().flatten().copied();
        let alike =
            self.rules.by_pattern.iter().filter(|(pattern, _)| pattern.matches(program)).map(|(_, at)| *at);
        for at in exact.chain(alike) {
            if let Some(rule) = self.rules.rules.get(at)
                && rule.matches(program, command.rest(), self.sets)
            {
                findings.add(&rule.info);
            }
        }
    }
}

impl ExecRule {
    fn matches(&self, program: &str, words: &[Value], sets: &Sets) -> bool {
        if words.iter().any(|word| self.unless.contains(&word.text)) {
            return false;
        }
        if !self.calls.is_empty() {
            return self.calls.iter().any(|(name, wanted)| {
                name == program
                    && wanted.iter().all(|pattern| words.iter().any(|word| pattern.matches(&word.text)))
            });
        }
        self.has_word(words) && self.has_target(words, sets)
    }

    fn has_word(&self, words: &[Value]) -> bool {
        let asks_for_none = self.words.is_empty() && self.flags.is_empty() && self.long.is_empty();
        asks_for_none
            || words.iter().any(|word| {
                let text = word.text.as_str();
                self.words.iter().any(|pattern| pattern.matches(text))
                    || words::has_flag(text, &self.flags)
                    // GNU takes a long option also by its first letters.
                    || (text.starts_with("--")
                        && text.len() > 3
                        && self.long.iter().any(|long| long.starts_with(text.split('=').next().unwrap_or(text))))
            })
    }

    fn has_target(&self, words: &[Value], sets: &Sets) -> bool {
        let Some(Target::System) = self.target else { return true };
        let mut operands = words.iter().filter(|word| !word.text.starts_with('-') || word.text == "-");
        let is_system = |word: &Value| {
            let text = match word.text.split_once('=') {
                Some(("of", file)) => file,
                Some(("if", _)) => return false,
                _ => word.text.as_str(),
            };
            words::is_system(text, word.is_pattern, sets)
        };
        if self.last { operands.next_back().is_some_and(is_system) } else { operands.any(is_system) }
    }
}

/// A path out of a word.
fn path(text: &str, is_pattern: bool) -> Option<Path> {
    Path::read(text, is_pattern)
}
