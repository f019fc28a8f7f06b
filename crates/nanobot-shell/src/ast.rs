//! The tree that a command line becomes. It says what is written, not what it means: expansions are kept as they
//! stand (`expand.rs` works out those that are certain).

use std::ops::Range;
use std::sync::Arc;

/// A whole command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// What it does, in order.
    pub body: Block,
    /// The texts of its here-documents; a redirection names its own by index.
    pub here_docs: Vec<Word>,
    /// What could not be read. What stands around it is in the tree all the same.
    pub faults: Vec<Fault>,
    /// Steps that reading took: for tests that it stays linear.
    pub(crate) work: usize,
}

impl Script {
    /// Whether every part of the text was understood. A guard that sees `false` has to refuse.
    pub fn is_complete(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes of the text. Inside backquotes and here-documents: where those start.
    pub at: usize,
    /// What.
    pub kind: FaultKind,
}

/// What could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// A quote, bracket or substitution that never ends.
    #[error("it is opened and never closed")]
    Unclosed,
    /// A word or sign that has no place there.
    #[error("a word or sign without its place")]
    Misplaced,
    /// A `for`, `case` or function that lacks a part.
    #[error("a part is missing")]
    Missing,
    /// More levels than [`crate::MAX_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
    /// More bytes than [`crate::MAX_BYTES`].
    #[error("too long")]
    TooLong,
    /// A zero byte, which no shell takes.
    #[error("a zero byte")]
    ZeroByte,
    /// More steps than a text of this size deserves.
    #[error("too much work for its size")]
    TooMuchWork,
}

/// Pipelines one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// In order.
    pub pipelines: Vec<Pipeline>,
}

/// Commands joined by `|`; most often one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// In order; never empty.
    pub commands: Vec<Command>,
    /// What stands after it.
    pub then: Separator,
}

/// What stands between two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `;`, a new line, or the end.
    Next,
    /// `&`.
    Background,
    /// `&&`.
    And,
    /// `||`.
    Or,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Words, assignments and redirections.
    Simple(Simple),
    /// Anything with commands in it.
    Compound(Compound),
    /// A function is given a body; nothing runs yet.
    Function(Function),
}

/// A simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Simple {
    /// `NAME=value` in front of the words.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments; empty when there are only assignments or redirections.
    pub words: Vec<Word>,
    /// In order.
    pub redirections: Vec<Redirection>,
}

/// `NAME=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name, without an index.
    pub name: String,
    /// Whether it is added to what is there (`+=`).
    pub appends: bool,
    /// The value; of an array every element.
    pub values: Vec<Word>,
}

/// A command with commands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compound {
    /// Which.
    pub kind: CompoundKind,
    /// The variable of a `for` or `select`.
    pub variable: Option<String>,
    /// The words of a `for` or `case`, the patterns of a `case`, the inside of `[[ ]]` and `(( ))`.
    pub words: Vec<Word>,
    /// Conditions and bodies, in order.
    pub blocks: Vec<Block>,
    /// Of all of it.
    pub redirections: Vec<Redirection>,
}

/// Which compound command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompoundKind {
    /// `( … )`.
    Subshell,
    /// `{ …; }`.
    Group,
    /// `if … fi`.
    If,
    /// `while` and `until`.
    Loop,
    /// `for` and `select`.
    For,
    /// `case … esac`.
    Case,
    /// `[[ … ]]`.
    Test,
    /// `(( … ))`.
    Arithmetic,
}

/// `name() { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, any word (`:`).
    pub name: String,
    /// What it does; shared with whoever calls it.
    pub body: Arc<Command>,
}

/// A redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The number in front, when there is one.
    pub descriptor: Option<u32>,
    /// How.
    pub operator: RedirectOperator,
    /// Where to.
    pub target: Word,
    /// The here-document, as an index into [`Script::here_docs`].
    pub here_doc: Option<usize>,
}

/// The sign of a redirection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectOperator {
    /// `<`.
    Read,
    /// `>` and `>|`.
    Write,
    /// `>>`.
    Append,
    /// `<>`.
    ReadWrite,
    /// `<&`.
    CopyRead,
    /// `>&` before a number or `-`.
    CopyWrite,
    /// `&>`, `&>>`, and `>&` before a file.
    WriteBoth,
    /// `<<` and `<<-`.
    HereDoc,
    /// `<<<`.
    HereString,
}

impl RedirectOperator {
    /// Whether the target is a file that is written to.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Append | Self::ReadWrite | Self::WriteBoth)
    }
}

/// A word with its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// In order.
    pub parts: Vec<Part>,
    /// Where it stands, in bytes of the text.
    pub span: Range<usize>,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself; whether any of it was quoted decides about patterns and splitting.
    Literal {
        /// The text after quote removal.
        text: String,
        /// Whether it was quoted.
        quoted: bool,
    },
    /// An unquoted `*`, `?`, `[` or `]`.
    Glob(char),
    /// An unquoted `{`, `,` or `}`.
    Brace(char),
    /// `~` or `~name` in front.
    Tilde(String),
    /// `$X`, `${X:-d}`.
    Variable(Variable),
    /// `$( … )` or backquotes.
    Command {
        /// What runs.
        block: Block,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `<( … )` or `>( … )`.
    Process {
        /// What runs.
        block: Block,
        /// Whether its output is read (`<(`).
        reads: bool,
    },
    /// `$(( … ))`.
    Arithmetic(Word),
}

/// A variable in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name, or the sign (`@`, `1`, `?`).
    pub name: String,
    /// What is done to it (`:-`, `:`, `/`, `//`, `#`, `%`, `^^`, `!` in front, …); empty when nothing is.
    pub operator: String,
    /// What stands after the operator.
    pub argument: Option<Word>,
    /// Whether it stands in double quotes.
    pub quoted: bool,
}

impl Word {
    /// The value after quote removal, when every part of it stands for itself. Patterns, braces and `~` are there as
    /// they were written.
    pub fn text(&self) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal { text: piece, .. } => text.push_str(piece),
                Part::Glob(sign) | Part::Brace(sign) => text.push(*sign),
                Part::Tilde(name) => {
                    text.push('~');
                    text.push_str(name);
                }
                Part::Variable(_) | Part::Command { .. } | Part::Process { .. } | Part::Arithmetic(_) => {
                    return None;
                }
            }
        }
        Some(text)
    }

    /// Whether it is a pattern that the shell fills in from file names.
    pub fn is_pattern(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Glob('*' | '?' | '[')))
    }

    /// Whether nothing of it was quoted or expanded: only such a word can be a keyword or name a variable.
    pub(crate) fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Literal { text, quoted: false }] => Some(text),
            _ => None,
        }
    }
}
