//! What is wrong with a text that should be a policy, for a program and, line by line, for people.

use std::fmt;

use super::quote::shown;

/// So many faults are noted. A document that is wrong throughout would otherwise cost a hundred times its size.
pub const MAX_FAULTS: usize = 1000;

/// So many bytes the keys in the paths of all noted faults may have together, the first fault's aside: keys are as
/// long as the writer of the file likes.
pub(super) const MAX_PATH_BYTES: usize = 1 << 20;

/// So many characters of a key are shown to people.
const KEY_SHOWN: usize = 80;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into a member.
    Key(String),
    /// Into an item.
    Index(usize),
}

/// What is wrong at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// Where: keys as they are spelled in the file; a missing member by its own name.
    pub path: Vec<Step>,
    /// Line in the file, from 1.
    pub line: u32,
    /// What.
    pub message: String,
}

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It is larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the file is larger than {} bytes; no larger policy is read", super::MAX_BYTES)]
    TooLarge {
        /// Its size, or as much of it as was read.
        bytes: usize,
    },
    /// It is no UTF-8.
    #[error("line {line}: this is not UTF-8; save the file in that encoding")]
    NotUtf8 {
        /// Line, from 1.
        line: u32,
    },
    /// It is no JSON.
    #[error("line {line}, column {column}: {message}")]
    NotJson {
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// It is JSON and says what no policy says. At most [`MAX_FAULTS`] are listed.
    #[error("{}", summary(.0))]
    Schema(Vec<SchemaFault>),
}

impl Fault {
    /// Everything that is wrong, a line for each.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Schema(faults) => {
                let is_cut = faults.len() >= MAX_FAULTS;
                let more = is_cut.then(|| format!("no more than {MAX_FAULTS} faults are listed"));
                faults.iter().map(ToString::to_string).chain(more).collect()
            }
            other => vec![other.to_string()],
        }
    }
}

fn summary(faults: &[SchemaFault]) -> String {
    match faults {
        [] => "nothing is wrong".to_owned(),
        [only] => only.to_string(),
        [first, others @ ..] => format!("{first} (and {} more)", others.len()),
    }
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: ", self.line)?;
        for (index, step) in self.path.iter().enumerate() {
            if index > 0 {
                out.write_str(".")?;
            }
            match step {
                Step::Key(key) => out.write_str(&shown(key, KEY_SHOWN))?,
                Step::Index(item) => write!(out, "{item}")?,
            }
        }
        // The document itself has no name.
        out.write_str(if self.path.is_empty() { "the policy " } else { ": " })?;
        out.write_str(&self.message)
    }
}
