//! What a campaign is told.

use std::path::PathBuf;
use std::str::FromStr;

/// An outage campaign.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many turns. Below 2,000 they are spread so that every way of failing has its outage all the same.
    pub turns: usize,
    /// Everything but real time follows from it.
    pub seed: u64,
    /// A promise that is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// A campaign about money.
#[derive(Debug, Clone)]
pub struct BudgetOptions {
    /// The program that is killed; it is started with [`WORKER`](super::WORKER).
    pub program: PathBuf,
    /// How often.
    pub kills: usize,
    /// Everything but real time follows from it.
    pub seed: u64,
    /// A promise that is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// A promise that is broken on purpose, so that one sees that the checks look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The router asks one model once.
    OneAttempt,
    /// A circuit that opened stays open for an hour.
    NoProbe,
    /// The chat does not hear that an answer begins anew.
    DeafViewer,
    /// Every tenth attempt is missing in our figures.
    LostFigures,
    /// Each start of the killed process begins a new book of what is spent.
    ForgottenBook,
    /// Whatever fails in the killed process counts as free.
    FreeFailures,
}

impl Sabotage {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::OneAttempt,
        Self::NoProbe,
        Self::DeafViewer,
        Self::LostFigures,
        Self::ForgottenBook,
        Self::FreeFailures,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneAttempt => "one-attempt",
            Self::NoProbe => "no-probe",
            Self::DeafViewer => "deaf-viewer",
            Self::LostFigures => "lost-figures",
            Self::ForgottenBook => "forgotten-book",
            Self::FreeFailures => "free-failures",
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
