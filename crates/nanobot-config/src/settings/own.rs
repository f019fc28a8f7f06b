//! Sections of `config.toml`, which the original does not know.

use std::num::NonZeroU32;

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
    /// Time limits of model requests, in milliseconds.
    pub struct ModelTimeouts {
        /// Limit for opening the connection.
        connect_timeout_ms: u64 = 10_000,
        /// Limit from the request to the first byte of the answer.
        first_byte_timeout_ms: u64 = 60_000,
        /// Limit between two pieces of an answer.
        idle_timeout_ms: u64 = 30_000,
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
