//! A policy document: read from text, strict, with every fault; written back as the original writes it.

mod absent;
mod fault;
mod field;
mod outline;
mod path;
pub(crate) mod quote;
mod reader;
mod scalar;
pub mod schema;

use std::sync::Arc;

pub use fault::{Fault, MAX_FAULTS, SchemaFault, Step};
use field::Field;
pub use field::{Integer, Map, Number, Overlay};
use outline::Source;
use reader::Reader;
use schema::Policy;
use sha2::{Digest as _, Sha256};

use crate::json::{self, Node, Value};
use crate::places::Places;

/// So large a file may be. One with ten thousand chats has 6 MB.
pub const MAX_BYTES: usize = 16 << 20;

/// A policy, and where in its file each rule stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    policy: Policy,
    /// The file as it was read; none for a policy that was made.
    source: Option<Arc<Source>>,
    /// Whether texts hold halves of surrogate pairs, or rather what stands for them.
    has_halves: bool,
}

/// A policy holds text that no UTF-8 file can hold: half a surrogate pair, which JSON can name and Unicode not encode.
/// It can be judged, and not saved; nor could the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the policy holds half of a surrogate pair, which cannot be written")]
pub struct Unwritable;

impl Document {
    /// The policy of a home without a file.
    pub fn builtin() -> Self {
        Self::made(Policy::default())
    }

    /// A policy that stands in no file yet.
    pub fn made(policy: Policy) -> Self {
        Self { policy, source: None, has_halves: false }
    }

    /// This document after a change. It stands in no file yet, and can be written if this one can.
    #[must_use]
    pub fn changed(&self, policy: Policy) -> Self {
        Self { policy, source: None, has_halves: self.has_halves }
    }

    /// What it says.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Fault`], with everything that is wrong.
    pub fn parse(text: &[u8], places: &dyn Places) -> Result<Self, Fault> {
        if text.len() > MAX_BYTES {
            return Err(Fault::TooLarge { bytes: text.len() });
        }
        let text = str::from_utf8(text).map_err(|error| {
            let before = text.get(..error.valid_up_to()).unwrap_or_default();
            let lines = before.split(|byte| *byte == b'\n').count();
            Fault::NotUtf8 { line: u32::try_from(lines).unwrap_or(u32::MAX) }
        })?;
        let json::Parsed { root, has_halves } = json::parse(text).map_err(|fault| {
            let message = fault.message.to_owned();
            Fault::NotJson { line: fault.line, column: fault.column, message }
        })?;
        let policy = read(&root, places)?;
        Ok(Self { policy, source: Some(Arc::new(Source::new(text))), has_halves })
    }

    /// As it is saved: two spaces per level, all defaults written out, nothing that is null, no newline at the end.
    ///
    /// # Errors
    /// [`Unwritable`].
    pub fn text(&self) -> Result<String, Unwritable> {
        if self.has_halves { Err(Unwritable) } else { Ok(json::pretty(&self.value())) }
    }

    /// SHA-256 in hex over the same document with sorted keys and no blanks: two files with one meaning have one.
    pub fn hash(&self) -> String {
        format!("{:x}", Sha256::digest(json::canonical(&self.value())))
    }

    /// The line of a rule, by its path in canonical spelling; none where the file does not say it. The first time
    /// this reads the text once more.
    pub fn line_of(&self, path: &[&str]) -> Option<u32> {
        let outline = self.source.as_deref()?.outline()?;
        Policy::find(outline, path).map(|found| found.line)
    }

    fn value(&self) -> Value<'_> {
        self.policy.write().unwrap_or(Value::Null)
    }
}

fn read(root: &Node<'_>, places: &dyn Places) -> Result<Policy, Fault> {
    let mut reader = Reader::new(places);
    let policy = Policy::read(root, field::Range::default(), &mut reader);
    let faults = reader.into_faults();
    match policy {
        Some(policy) if faults.is_empty() => Ok(policy),
        _ => Err(Fault::Schema(faults)),
    }
}

#[cfg(test)]
mod tests;
