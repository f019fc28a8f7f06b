//! What a campaign is told.

use std::path::PathBuf;
use std::str::FromStr;

/// A campaign.
#[derive(Debug, Clone)]
pub struct Options {
    /// The programs under test.
    pub programs: Programs,
    /// How many runs. Each kills the daemon two or three times.
    pub runs: usize,
    /// The number of the first run. Numbers below the count of fault points are runs that die at one each; those
    /// beyond die at points and random moments in turn.
    pub first: usize,
    /// Everything but real time follows from it.
    pub seed: u64,
    /// Homes that are worked on side by side, at least 1. A run mostly waits, so a few per core are right.
    pub sites: usize,
    /// A promise that is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// The programs under test.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `nanobotd`, as it is shipped.
    pub shipped: PathBuf,
    /// `nanobotd-faults`, the same daemon with fault points.
    pub faults: PathBuf,
}

/// A promise that the daemon breaks on purpose, so that one sees that the checks look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The journal does not wait for the disk. Only a trace can see it.
    SyncOff,
    /// A message is acknowledged before it is stored.
    AckBeforeCommit,
    /// A turn is closed without what it sends.
    CloseWithoutOutbox,
    /// Session lines go to the end of their file, wherever they belong.
    BlindAppend,
}

impl Sabotage {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::SyncOff, Self::AckBeforeCommit, Self::CloseWithoutOutbox, Self::BlindAppend];

    /// The name that the daemon knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SyncOff => "sync-off",
            Self::AckBeforeCommit => "ack-before-commit",
            Self::CloseWithoutOutbox => "close-without-outbox",
            Self::BlindAppend => "blind-append",
        }
    }
}

impl FromStr for Sabotage {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|sabotage| sabotage.name() == name);
        found.ok_or_else(|| anyhow::anyhow!("no sabotage `{name}`; known: {}", known()))
    }
}
