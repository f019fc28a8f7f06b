//! The place in the text that is being read, and the limits that reading keeps: depth, work.

use crate::ast::{Fault, FaultKind, Word};
use crate::effort;

/// Levels of nesting; a person writes three.
pub const MAX_DEPTH: usize = 64;
/// Bytes of a command line: twice what Linux passes as one argument.
pub const MAX_BYTES: usize = 256 * 1024;
/// Steps for each byte. Reading takes about one; texts in texts (backquotes, here-documents) are read once a level.
const STEPS_A_BYTE: usize = 16;
/// Steps that also the shortest text has.
const STEPS_AT_LEAST: usize = 4096;

/// What all levels of one reading share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) faults: Vec<Fault>,
    pub(crate) here_docs: Vec<Word>,
    pub(crate) work: usize,
    allowed: usize,
    pub(crate) depth: usize,
    /// Set once a limit is passed: everything ends.
    pub(crate) is_over: bool,
}

impl Shared {
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            faults: Vec::new(),
            here_docs: Vec::new(),
            work: 0,
            allowed: bytes.saturating_mul(STEPS_A_BYTE).saturating_add(STEPS_AT_LEAST),
            depth: 0,
            is_over: false,
        }
    }
}

/// A here-document whose text comes after the next new line.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) index: usize,
    pub(crate) delimiter: String,
    pub(crate) strips_tabs: bool,
    pub(crate) is_quoted: bool,
}

/// A place in a text.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Where the text stands in the whole.
    base: usize,
    /// Whether places inside of this text can be told (not so in an unescaped copy).
    is_copy: bool,
    /// What ended the last index that was looked for: from where on nothing does so, and where it stands.
    index: Option<(usize, Option<usize>)>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) shared: &'a mut Shared,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, shared: &'a mut Shared) -> Self {
        Self { text, at: 0, base: 0, is_copy: false, index: None, pending: Vec::new(), shared }
    }

    /// Of a text that was cut out of the one that is being read.
    pub(crate) fn of_copy(text: &'a str, base: usize, shared: &'a mut Shared) -> Self {
        Self { text, at: 0, base, is_copy: true, index: None, pending: Vec::new(), shared }
    }

    pub(crate) fn rest(&self) -> &'a str {
        if self.shared.is_over { "" } else { self.text.get(self.at..).unwrap_or("") }
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn peek_second(&self) -> Option<char> {
        let mut chars = self.rest().chars();
        chars.next();
        chars.next()
    }

    pub(crate) fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.spend(1);
        Some(next)
    }

    /// Takes this text when it stands here.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let stands = self.starts_with(text);
        if stands {
            self.skip(text.len());
        }
        stands
    }

    /// Goes on by so many bytes; they end at a character.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
        self.spend(bytes);
    }

    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn go_back(&mut self, offset: usize) {
        self.at = offset;
    }

    /// How far behind so many bytes the first sign stands that ends an index: `]`, a blank, a new line. What was found
    /// is kept, so that a text of nothing but openings is gone through once.
    pub(crate) fn index_end(&mut self, behind: usize) -> Option<usize> {
        let from = self.at + behind;
        let known = self.index.filter(|(start, end)| *start <= from && end.is_none_or(|end| from <= end));
        let end = if let Some((_, end)) = known {
            end
        } else {
            let end = self.text.get(from..)?.find([']', '\n', ' ']).map(|length| from + length);
            effort::spend(end.unwrap_or(self.text.len()) - from);
            end
        };
        self.index = known.or(Some((from, end)));
        end.map(|end| end - from)
    }

    /// The place in the whole text.
    pub(crate) fn position(&self) -> usize {
        if self.is_copy { self.base } else { self.base + self.at }
    }

    pub(crate) fn spend(&mut self, steps: usize) {
        self.shared.work = self.shared.work.saturating_add(steps);
        if self.shared.work > self.shared.allowed && !self.shared.is_over {
            self.fault(FaultKind::TooMuchWork);
            self.shared.is_over = true;
        }
    }

    /// Notes what cannot be read. The first few say enough.
    pub(crate) fn fault(&mut self, kind: FaultKind) {
        /// Faults that are kept: a person reads the first.
        const KEPT: usize = 16;
        if self.shared.faults.len() < KEPT {
            let at = self.position();
            self.shared.faults.push(Fault { at, kind });
        }
    }

    /// Goes one level down. `false` when there is none left: then reading is over.
    pub(crate) fn enter(&mut self) -> bool {
        if self.shared.depth >= MAX_DEPTH {
            if !self.shared.is_over {
                self.fault(FaultKind::TooDeep);
            }
            self.shared.is_over = true;
            return false;
        }
        self.shared.depth += 1;
        true
    }

    pub(crate) fn leave(&mut self) {
        self.shared.depth = self.shared.depth.saturating_sub(1);
    }
}

/// A blank: what separates words. Carriage returns count, so that a text from Windows reads as it looks.
pub(crate) fn is_blank(sign: char) -> bool {
    matches!(sign, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}

/// What ends an unquoted word.
pub(crate) fn ends_word(sign: char) -> bool {
    is_blank(sign) || matches!(sign, '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

/// Whether a text may name a variable.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}
