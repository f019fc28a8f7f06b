//! Small sections of `config.toml`, which the original does not know.

use std::num::NonZeroU32;

use crate::schema::Kind;
use crate::schema::macros::{choice, section};

section! {
    /// The daemon.
    pub struct Daemon {
        /// Seconds that running turns get when the daemon stops.
        drain_seconds: u64 = 10,
        /// Messages that may wait in one conversation.
        lane_queue: NonZeroU32 = 64,
        /// Conversations that may be active at a time.
        max_lanes: NonZeroU32 = 256,
    }
}

section! {
    /// How models are called: time limits, and what happens after a failure.
    pub struct ModelCalls {
        /// Limit for opening the connection, in milliseconds.
        connect_timeout_ms: u64 = 10_000,
        /// Limit from the request to the first piece of the answer, in milliseconds; comments are no piece.
        first_byte_timeout_ms: u64 = 120_000,
        /// Limit between two pieces of an answer, in milliseconds; while comments come, the longer one counts.
        idle_timeout_ms: u64 = 30_000,
        /// What attempts that come to nothing, and the waits between them, may take in one turn, in seconds.
        patience_seconds: u64 = 180 as Kind::Integer { min: 1, max: 3600 },
        /// What happens to an answer that breaks off after its first words were shown.
        after_first_token: AfterFirstToken = "restart",
        /// Attempts in one call, over all models and keys.
        max_attempts: NonZeroU32 = 8,
    }
}

choice! {
    /// What happens to an answer that breaks off after its first words were shown.
    pub enum AfterFirstToken {
        /// Another model answers anew, and its answer takes the place of what was shown.
        Restart = "restart",
        /// What there is counts as the answer.
        Finish = "finish",
        /// The failure is told.
        Tell = "tell",
    }
}

section! {
    /// The chat policy, beyond what stands in `policy.json`.
    pub struct PolicyReach {
        /// The channels that it governs.
        governs: Governs = "networks",
    }
}

choice! {
    /// Which channels the policy governs.
    pub enum Governs {
        /// Every chat network.
        Networks = "networks",
        /// Telegram and WhatsApp, as in the original: everybody else has every tool.
        Original = "original",
    }
}

section! {
    /// Logging.
    pub struct Log {
        /// Which spans and events are written, in the language of `tracing`'s filters.
        filter: String = "info",
        /// How a line looks.
        format: LogFormat = "auto",
    }
}

choice! {
    /// How a log line looks.
    pub enum LogFormat {
        /// `pretty` on a terminal, else `json`.
        Auto = "auto",
        /// For people.
        Pretty = "pretty",
        /// One JSON object a line.
        Json = "json",
    }
}
