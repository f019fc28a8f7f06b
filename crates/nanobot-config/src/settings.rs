//! The typed settings.
//!
//! One struct per section of the file, each declared with its defaults. What a setting does is the business
//! of the crate that takes it; here stand only its name, its type and its default.

mod agents;
pub(crate) mod api;
pub(crate) mod budget;
mod channels;
pub(crate) mod irc;
mod memory;
pub(crate) mod models;
mod own;
pub(crate) mod providers;
mod runtime;
mod security;
mod tasks;
mod telemetry;
mod tools;

pub use agents::{AgentDefaults, Agents};
pub use api::Api;
pub use budget::Budget;
pub use channels::{Channels, Discord, Feishu, NetworkOnly, Telegram, WhatsApp, WhatsAppMedia};
pub use irc::{ChannelKeys, Irc};
pub use memory::{Acl, Capture, CaptureMode, Embedding, Memory, MemoryMode, Recall, Scoring, SessionNotes};
pub(crate) use models::built_in_profiles;
pub use models::{ModelPrice, ModelProfile, Models, ProfileKind, TrustClass};
pub use own::{AfterFirstToken, Daemon, Governs, Log, LogFormat, ModelCalls, PolicyReach};
pub use providers::{ElevenLabs, Headers, ProviderConfig, Providers};
pub use runtime::{Bus, Gateway, Runtime, WhatsAppBridge};
pub use security::{FailMode, Security, SecurityStages};
pub use tasks::{RECORDED_TASKS, task_named};
pub use telemetry::Telemetry;
pub use tools::{Exec, Isolation, IsolationBackend, PressurePolicy, Tools, Web, WebSearch};

use crate::schema::macros::section;
use crate::schema::setting::Setting;
use crate::schema::{Kind, Section};

section! {
    /// All settings, after every layer.
    pub struct Config {
        /// Version of the document; files of version 1 are migrated in memory.
        config_version: u32 = 2,
        /// Model profiles, and which task uses which.
        models: Models,
        /// The assistant.
        agents: Agents,
        /// The chat networks.
        channels: Channels,
        /// Model providers by name.
        providers: Providers = (providers::built_in_providers()),
        /// The original's process; nothing listens there.
        gateway: Gateway,
        /// Kept for the file's sake; the live bridge settings are below `channels.whatsapp`.
        runtime: Runtime,
        /// Tools that the model may call.
        tools: Tools,
        /// The security engine.
        security: Security,
        /// Long-term memory.
        memory: Memory,
        /// Queue sizes of the original's message bus.
        bus: Bus,
        /// The daemon.
        @own daemon: Daemon,
        /// The chat policy.
        @own policy: PolicyReach,
        /// How models are called.
        @own model: ModelCalls,
        /// What may be spent on models.
        @own budget: Budget,
        /// Figures and traces.
        @own telemetry: Telemetry,
        /// The control plane over HTTP.
        @own api: Api,
        /// Logging.
        @own log: Log,
    }
}

/// The table of all settings.
pub(crate) const fn table() -> &'static Section {
    const EMPTY: &Section = &Section { fields: &[] };
    match Config::KIND {
        Kind::Section(section) => section,
        _ => EMPTY,
    }
}
