//! The ways to the same vendor that are compared, and the two forms of an answer.

use nanobot_llm_router::Delivery;

/// A way to the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Arm {
    /// The vendor itself.
    Direct,
    /// A front before the bare client of the vendor.
    Front,
    /// The same front before a router over that client.
    Router,
    /// The router writes down what calls cost, as the daemon's does, and keeps no budget.
    Booked,
    /// It also keeps a budget of the day.
    Budget,
    /// LiteLLM's proxy.
    Litellm,
}

impl Arm {
    /// Those that need nothing from elsewhere.
    pub(crate) const OURS: [Self; 5] = [Self::Direct, Self::Front, Self::Router, Self::Booked, Self::Budget];

    /// On the command line of a front, and in the names of its files.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Front => "front",
            Self::Router => "router",
            Self::Booked => "booked",
            Self::Budget => "budget",
            Self::Litellm => "litellm",
        }
    }

    /// The one that is called so.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::OURS.into_iter().find(|arm| arm.word() == word)
    }

    /// It writes into a journal behind its answers.
    pub(crate) const fn has_book(self) -> bool {
        matches!(self, Self::Booked | Self::Budget)
    }
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// In one piece.
    Whole,
    /// While it is written.
    Streamed,
}

impl Form {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Whole, Self::Streamed];

    /// In the names of rows.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Streamed => "streamed",
        }
    }

    /// As the clients say it.
    pub(crate) const fn delivery(self) -> Delivery {
        match self {
            Self::Whole => Delivery::Whole,
            Self::Streamed => Delivery::Streamed,
        }
    }
}
