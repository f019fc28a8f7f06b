//! What can go wrong with a box. Nothing here decides what the model reads.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::profile::Wall;

/// Why there is no box.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A wall that the profile demands does not hold here.
    #[error("{}: {reason}", wall.name())]
    NotClosed {
        /// Which.
        wall: Wall,
        /// Why, and what to do.
        reason: String,
    },
    /// A folder or file could not be opened without following a link.
    #[error("cannot open {path} for the box")]
    Source {
        /// As it was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A place in the box that cannot be used.
    #[error("cannot mount at {path}: {reason}")]
    Target {
        /// In the box.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// Something of the machine failed.
    #[error("cannot {attempt}")]
    Machine {
        /// What was attempted.
        attempt: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// bubblewrap or the program in the box gave up.
    #[error("the box did not start: {said}")]
    Ended {
        /// What it said last, at most 8 KiB.
        said: String,
    },
    /// It did not answer in time.
    #[error("the box did not start within {0:?}")]
    Slow(Duration),
}

impl StartError {
    pub(crate) fn machine(attempt: &'static str, source: impl Into<io::Error>) -> Self {
        Self::Machine { attempt, source: source.into() }
    }
}

/// Why a command has no result. All but `Refused` have killed the box.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The command cannot be given to a shell: the box lives on.
    #[error("{0}")]
    Refused(&'static str),
    /// It took too long.
    #[error("the command took longer than {0:?}")]
    TimedOut(Duration),
    /// The turn was stopped.
    #[error("the command was stopped")]
    Cancelled,
    /// [`Killer::kill`](crate::Killer::kill) was called.
    #[error("the box was killed")]
    Killed,
    /// It used more than it may.
    #[error("{limit}")]
    OverLimit {
        /// Which limit, with its figure.
        limit: String,
    },
    /// The box is gone.
    #[error("the box died: {said}")]
    Dead {
        /// What it said last, at most 8 KiB.
        said: String,
    },
}
