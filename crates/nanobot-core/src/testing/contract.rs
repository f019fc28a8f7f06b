//! One suite per port: what its documentation promises, checked against any adapter.
//!
//! Call the suite from an ordinary test with a closure that makes a fresh adapter each time:
//!
//! ```text
//! #[tokio::test]
//! async fn it_keeps_the_contract() {
//!     seen_chats_contract(async || MySeenChats::open(fresh_folder())).await;
//! }
//! ```
//!
//! A suite panics with a sentence when a promise is broken. It checks promises, not limits of one adapter,
//! and it waits for nothing: adapters that need a server bring a fake one.

mod channels;
mod control;
mod durable;
mod journal;
mod lines;
mod media;
mod memory;
mod models;
mod outbox;
mod policy;
mod records;
mod security;
mod sessions;
mod spending;
mod system;
mod tools;

pub use channels::{channel_sender_contract, ingest_contract, live_sink_contract};
pub use control::control_contract;
pub use durable::durable_journal_contract;
pub use journal::journal_contract;
pub use lines::line_queue_contract;
pub use media::{
    blob_store_contract, speech_to_text_contract, text_to_speech_contract, vision_model_contract,
};
pub use memory::{embedder_contract, memory_store_contract};
pub use models::model_client_contract;
pub use outbox::outbox_contract;
pub use policy::{persona_source_contract, policy_engine_contract, policy_store_contract};
pub use records::{audit_log_contract, chain_heads_contract, metrics_source_contract, telemetry_contract};
pub use security::{OUTPUT_CORPUS, security_gate_contract};
pub use sessions::{
    inbound_archive_contract, seen_chats_contract, session_store_contract, workspace_contract,
};
pub use spending::{breaker_state_contract, budget_ledger_contract};
pub use system::{clock_contract, id_generator_contract};
pub use tools::{SANDBOX_COMMANDS, sandbox_contract, tool_executor_contract};

#[cfg(test)]
mod tests;
