//! The guard in front of `exec`: reads a command line and says when it is not to be run at all.
//!
//! It is advice for the model, and defence in depth. The wall is the box: a command that talks its way past these
//! rules still meets a file system, a network and a process table in which there is nothing to win. So the guard is
//! pure: it follows no links, asks nobody, and judges what is written.

mod danger;
mod ground;
mod names;

use nanobot_shell::{Effects, effective, parse};
use regex::Regex;

pub use ground::Ground;

/// What a guard is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardSettings {
    /// Paths that a command names have to lie in the workspace or in what the box has anyway.
    pub restrict_to_workspace: bool,
    /// Regular expressions over the command in lower case, in place of the built-in list of dangerous commands.
    pub deny: Option<Vec<String>>,
    /// Regular expressions over the command in lower case; with at least one, one of them has to be found.
    pub allow: Vec<String>,
}

impl Default for GuardSettings {
    /// The original's: everything inside the workspace, no lists of one's own.
    fn default() -> Self {
        Self { restrict_to_workspace: true, deny: None, allow: Vec::new() }
    }
}

/// The settings of a guard cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// An entry of a list is no regular expression.
    #[error("entry {index} of the {list} list is no regular expression")]
    Pattern {
        /// Which list (`deny`, `allow`).
        list: &'static str,
        /// The how manieth, from 0.
        index: usize,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
}

/// Why a command is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// It destroys, or takes the machine down.
    #[error("Command blocked by safety guard (dangerous pattern detected)")]
    Dangerous,
    /// None of the allowed patterns is in it.
    #[error("Command blocked by safety guard (not in allowlist)")]
    NotListed,
    /// It climbs out of the workspace with `..`.
    #[error("Command blocked by safety guard (path traversal detected)")]
    Traversal,
    /// It names a path outside of the workspace.
    #[error("Command blocked by safety guard (path outside working dir)")]
    Outside,
}

/// The guard.
#[derive(Debug, Clone)]
pub struct Guard {
    /// Where paths are restricted.
    names: Option<names::Names>,
    deny: Deny,
    allow: Vec<Regex>,
}

#[derive(Debug, Clone)]
enum Deny {
    BuiltIn(danger::Dangers),
    Listed(Vec<Regex>),
}

impl Guard {
    /// Makes the rules ready.
    ///
    /// # Errors
    /// [`GuardError`] when an entry of a list is no regular expression.
    pub fn new(settings: &GuardSettings) -> Result<Self, GuardError> {
        let deny = match &settings.deny {
            None => Deny::BuiltIn(danger::Dangers::new()?),
            Some(listed) => Deny::Listed(compiled("deny", listed)?),
        };
        Ok(Self {
            names: settings.restrict_to_workspace.then(names::Names::new).transpose()?,
            deny,
            allow: compiled("allow", &settings.allow)?,
        })
    }

    /// Judges a command line that would start on this ground.
    ///
    /// # Errors
    /// [`Objection`], in the original's words for the model.
    pub fn judge(&self, command: &str, ground: &Ground) -> Result<(), Objection> {
        let effects = effective(&parse(command));
        let lowered = command.trim().to_lowercase();
        if self.is_dangerous(&lowered, &effects) {
            return Err(Objection::Dangerous);
        }
        if !self.allow.is_empty() && !found(&self.allow, &lowered) {
            return Err(Objection::NotListed);
        }
        self.names.as_ref().map_or(Ok(()), |names| names.check(command, &effects, ground))
    }

    fn is_dangerous(&self, lowered: &str, effects: &Effects) -> bool {
        match &self.deny {
            Deny::BuiltIn(dangers) => dangers.are_in(lowered, effects),
            Deny::Listed(patterns) => found(patterns, lowered),
        }
    }
}

fn found(patterns: &[Regex], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}

fn compiled<T: AsRef<str>>(list: &'static str, patterns: &[T]) -> Result<Vec<Regex>, GuardError> {
    let one = |(index, pattern): (usize, &T)| {
        Regex::new(pattern.as_ref()).map_err(|source| GuardError::Pattern {
            list,
            index,
            source: Box::new(source),
        })
    };
    patterns.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests;
