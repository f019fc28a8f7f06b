//! What can be wrong with the files here, in words for an operator. Each travels beneath a `StoreError`.
//!
//! No message holds a command, a persona's text or any other word of a person.

use thiserror::Error;

/// A persona was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum PersonaError {
    #[error("the persona file lies outside the workspace")]
    Outside,
    #[error("the persona file's path begins with the home of somebody who has none")]
    NoHome,
}

/// The log of changes, its chain and the journal do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ChainError {
    #[error("line {0} of the chain cannot be read")]
    Unreadable(u64),
    #[error("line {0} of the chain does not follow from the one before")]
    Broken(u64),
    #[error("the log has {rows} rows, but the chain links {links}: somebody cut the log")]
    LogCut { rows: u64, links: u64 },
    #[error("the chain links {links} rows, but the journal knows {known}: somebody cut the chain")]
    ChainCut { links: u64, known: u64 },
    #[error("row {0} has another hash in the chain than in the journal: somebody rewrote the chain")]
    Disagrees(u64),
}

/// A change was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ChangeError {
    #[error("its id is not 32 lower-case hex digits")]
    BadId,
    #[error("there is a backup under its id already")]
    KnownId,
    #[error("somebody else changed the document since it was read")]
    Overtaken,
    #[error("another writer holds the lock")]
    Locked,
}
