//! The commands that would run: what is written, and what is inside of it (substitutions, functions, `sh -c`, `eval`,
//! wrappers such as `sudo` and `xargs`, texts that are decoded and piped into a shell). Only what is certain without
//! running anything is worked out; the rest is left open and marked so.

mod builtin;
mod expand;
mod handed;
mod inner;
mod output;
mod state;
mod variable;
mod walk;
mod wrapper;

use std::sync::Arc;

use crate::ast::{Fault, RedirectOperator, Script};

pub use inner::is_shell;

/// Every command that would run, with what could not be read on the way.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// In the order in which they are met; a command stands before those inside of it.
    pub commands: Vec<Effective>,
    /// Faults of the script and of the texts inside of it that a shell would read.
    pub faults: Vec<Fault>,
}

impl Effects {
    /// Whether everything was read and followed. A guard that sees `false` has to refuse.
    pub fn is_complete(&self) -> bool {
        self.faults.is_empty()
    }

    /// The command around this one, and the one around that, outwards.
    pub fn ancestors<'a>(&'a self, command: &'a Effective) -> impl Iterator<Item = (&'a Effective, Link)> {
        let mut next = command.parent;
        std::iter::from_fn(move || {
            let (id, link) = next?;
            let outer = self.commands.get(id)?;
            // Outer ones have smaller ids: this ends.
            next = outer.parent.filter(|(parent, _)| *parent < id);
            Some((outer, link))
        })
    }
}

/// One command as it would run.
#[derive(Debug, Clone, Default)]
pub struct Effective {
    /// Its place in [`Effects::commands`].
    pub id: usize,
    /// The command it is inside of, and how.
    pub parent: Option<(usize, Link)>,
    /// The pipelines it stands in, outermost first.
    pub places: Arc<[Place]>,
    /// Whether it goes on in the background.
    pub is_background: bool,
    /// The functions whose bodies it stands in.
    pub functions: Arc<[String]>,
    /// The program and its arguments after expansion; empty when there are only redirections or assignments.
    pub words: Vec<Value>,
    /// `NAME=value` for this command, or for good when there are no words.
    pub assignments: Vec<(String, Value)>,
    /// Names of the variables in its words, each with the place of its word.
    pub variables: Vec<(usize, String)>,
    /// Its redirections.
    pub redirections: Vec<Redirected>,
    /// What it reads, when that is known.
    pub input: Option<Arc<str>>,
    /// The text of the file that its first operand names, when the script itself wrote that file.
    pub script: Option<String>,
}

impl Effective {
    /// The program's name without its folder, in lower case; empty when there is none or it is not known.
    pub fn program(&self) -> String {
        self.words.first().map(Value::program).unwrap_or_default()
    }
}

/// Where in a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which pipeline.
    pub pipeline: usize,
    /// The how manieth of its commands.
    pub stage: usize,
}

/// How a command is inside of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// In a `$( … )` of its words.
    Substitution,
    /// In a `<( … )` or `>( … )` of its words.
    Process,
    /// Started by it (`sudo`, `xargs`, `find -exec`).
    Wrapped,
    /// In a text that it runs (`sh -c`, `eval`, a here-document, decoded input).
    Text,
    /// In the function that it calls.
    Called,
}

/// A redirection with its target after expansion.
#[derive(Debug, Clone)]
pub struct Redirected {
    /// The descriptor in front.
    pub descriptor: Option<u32>,
    /// How.
    pub operator: RedirectOperator,
    /// Where to; of a here-document its text.
    pub target: Value,
}

/// A word after expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What is known of it. Patterns stand as they are written, a home folder as `~`.
    pub text: String,
    /// Whether it is a pattern that stands for file names.
    pub is_pattern: bool,
    /// Whether nothing of it is unknown.
    pub is_certain: bool,
    /// Whether all of it stood for itself without quotes: prose in quotes is no command.
    pub is_bare: bool,
}

impl Default for Value {
    fn default() -> Self {
        Self { text: String::new(), is_pattern: false, is_certain: true, is_bare: true }
    }
}

impl Value {
    /// Text that stands for itself.
    pub fn certain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Nothing is known of it.
    pub fn unknown() -> Self {
        Self { is_certain: false, ..Self::default() }
    }

    /// As a program: without its folder, in lower case, without `.exe`.
    pub fn program(&self) -> String {
        let name = self.text.rsplit(['/', '\\']).next().unwrap_or(&self.text).to_lowercase();
        match name.strip_suffix(".exe") {
            Some(bare) => bare.to_owned(),
            None => name,
        }
    }
}

/// Works out the commands that would run.
pub fn effective(script: &Script) -> Effects {
    walk::whole(script)
}

#[cfg(test)]
mod tests;
