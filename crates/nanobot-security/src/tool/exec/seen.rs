//! The commands of one line with what is asked about each of them again and again: its program, the sets that it is
//! in, what it does with what it is given. Worked out once a command, so that questions about others cost nothing.

use std::cell::OnceCell;
use std::ops::Deref;

use nanobot_shell::{Effective, Effects, Link, is_shell};

use super::super::effort;
use super::super::sets::{Kinds, Set, Sets};
use super::words::has_flag;

/// A command, and what is known of it. Reads as the command itself.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    command: &'a Effective,
    program: String,
    kinds: Kinds,
    language: String,
    language_kinds: Kinds,
    has_code: OnceCell<bool>,
    is_certain: OnceCell<bool>,
    reads_code: OnceCell<bool>,
    first_is_unknown: OnceCell<bool>,
    /// Whether it is a search for what builds and editors leave behind (`harm.rs`).
    pub(super) deletes_byproducts: OnceCell<bool>,
}

impl Deref for Seen<'_> {
    type Target = Effective;

    fn deref(&self) -> &Effective {
        effort::spend(1);
        self.command
    }
}

impl<'a> Seen<'a> {
    fn new(command: &'a Effective, sets: &Sets) -> Self {
        let program = command.program();
        let language = interpreter(&program);
        Self {
            command,
            kinds: sets.of(&program),
            language_kinds: sets.of(language),
            language: language.to_owned(),
            program,
            has_code: OnceCell::new(),
            is_certain: OnceCell::new(),
            reads_code: OnceCell::new(),
            first_is_unknown: OnceCell::new(),
            deletes_byproducts: OnceCell::new(),
        }
    }

    /// Its program's name, without its folder, in lower case.
    pub(super) fn program(&self) -> &str {
        effort::spend(1);
        &self.program
    }

    /// Whether its program is one of these.
    pub(super) fn is(&self, set: Set) -> bool {
        effort::spend(1);
        self.kinds.has(set)
    }

    /// Its program without the version: `python` of `python3.12`.
    pub(super) fn language(&self) -> &str {
        &self.language
    }

    /// Whether its program, without the version, is one of these.
    pub(super) fn speaks(&self, set: Set) -> bool {
        effort::spend(1);
        self.language_kinds.has(set)
    }

    /// Whether it runs a language: a shell's or another one.
    pub(super) fn is_language(&self) -> bool {
        is_shell(&self.language) || self.speaks(Set::Interpreters)
    }

    /// The words behind its program.
    pub(super) fn rest(&self) -> &'a [nanobot_shell::Value] {
        effort::spend(self.command.words.len());
        self.command.words.get(1..).unwrap_or_default()
    }

    /// Whether nothing of its words is unknown.
    pub(super) fn is_certain(&self) -> bool {
        *self.is_certain.get_or_init(|| {
            effort::spend(self.command.words.len());
            self.words.iter().all(|word| word.is_certain)
        })
    }

    /// Whether an option says that code stands among its words.
    pub(super) fn has_code(&self, sets: &Sets) -> bool {
        *self.has_code.get_or_init(|| {
            self.rest().iter().any(|word| sets.has(Set::CodeOptions, &word.text) || has_flag(&word.text, "c"))
        })
    }

    /// Whether its first operand is missing or not known.
    pub(super) fn first_is_unknown(&self) -> bool {
        *self.first_is_unknown.get_or_init(|| {
            let first = self.rest().iter().find(|word| !word.text.starts_with('-'));
            first.is_none_or(|word| !word.is_certain)
        })
    }

    /// Whether the program takes the commands that it runs from its input.
    pub(super) fn reads_code(&self, sets: &Sets) -> bool {
        *self.reads_code.get_or_init(|| self.takes_code_from_input(sets))
    }

    fn takes_code_from_input(&self, sets: &Sets) -> bool {
        let words = self.rest();
        let from_input =
            |text: &str| matches!(text, "-" | "-s" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0");
        if matches!(self.language(), "." | "source") {
            return words.first().is_some_and(|word| from_input(&word.text));
        }
        if is_shell(self.language()) {
            let has_code = words.iter().any(|word| has_flag(&word.text, "c"));
            let operand = words.iter().find(|word| !word.text.starts_with(['-', '+']));
            let says_so = words.iter().any(|word| from_input(&word.text) || has_flag(&word.text, "s"));
            return !has_code && (says_so || operand.is_none());
        }
        if self.speaks(Set::Interpreters) {
            // `python -m json.tool`, `perl -ne …`: the program comes from elsewhere.
            let has_program = words.iter().any(|word| {
                sets.has(Set::CodeOptions, &word.text)
                    || word.text == "-m"
                    || word.text.starts_with("--eval=")
            });
            let operand = words.iter().find(|word| !word.text.starts_with('-') || word.text == "-");
            return !has_program && operand.is_none_or(|word| from_input(&word.text));
        }
        false
    }

    /// Whether it runs a text or file that its own words hold.
    pub(super) fn runs_words(&self) -> bool {
        match self.language() {
            "eval" | "." | "source" | "iex" | "invoke-expression" => true,
            // The program itself is what was put in.
            "" => self.words.first().is_some_and(|word| !word.is_certain),
            _ => self.is_language(),
        }
    }
}

/// `python3.12`, `lua5.4`, `pypy3`: without the version.
pub(super) fn interpreter(program: &str) -> &str {
    let bare = program.trim_end_matches(|sign: char| sign.is_ascii_digit() || sign == '.' || sign == '-');
    if bare.is_empty() { program } else { bare }
}

/// All commands of a line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) all: Vec<Seen<'a>>,
}

impl<'a> Line<'a> {
    pub(super) fn of(effects: &'a Effects, sets: &Sets) -> Self {
        Self { all: effects.commands.iter().map(|command| Seen::new(command, sets)).collect() }
    }

    pub(super) fn get(&self, id: usize) -> Option<&Seen<'a>> {
        self.all.get(id)
    }

    /// The command around this one, and the one around that, outwards. There are no more than texts and blocks can be
    /// nested.
    pub(super) fn ancestors(&self, command: &Effective) -> impl Iterator<Item = (&Seen<'a>, Link)> {
        let mut next = command.parent;
        std::iter::from_fn(move || {
            let (id, link) = next?;
            let outer = self.get(id)?;
            // Outer ones have smaller ids: this ends.
            next = outer.parent.filter(|(parent, _)| *parent < id);
            Some((outer, link))
        })
    }
}
