//! Fakes and contract suites: for the tests of this crate, of the adapters and of the binaries.
//!
//! There is one fake per port, in memory, grouped as the ports are, and one contract suite per port in
//! [`contract`]. Fakes take their answers from the test and fail when the test says so ([`Trouble`]). They
//! panic with a clear message when a test uses them wrongly. Nothing in here belongs into a running daemon.

pub mod channels;
pub mod contract;
pub mod control;
pub mod event;
pub mod journal;
pub mod media;
pub mod memory;
pub mod models;
pub mod policy;
pub mod records;
pub mod security;
pub mod sessions;
pub mod spending;
pub mod system;
pub mod tools;
mod trouble;

pub use channels::{FakeIngest, RecordingSender, RecordingSink, SeenLive};
pub use control::FakeControl;
pub use journal::MemoryJournal;
pub use media::{FakeSpeaker, FakeTranscriber, FakeVision, MemoryBlobs};
pub use memory::{FakeEmbedder, FakeMemory};
pub use models::{CollectedDeltas, ScriptedModel};
pub use policy::{MemoryPersonas, MemoryPolicy, ScriptedPolicy};
pub use records::{FakeMetrics, MemoryChainHeads, RecordingAudit, RecordingTelemetry};
pub use security::ScriptedGate;
pub use sessions::{FixedWorkspace, MemoryArchive, MemorySeenChats, MemorySessions};
pub use spending::{MemoryBreakers, MemoryBudget};
pub use system::{FakeClock, SequenceIds};
pub use tools::{FakeSandbox, ScriptedTools};
pub use trouble::Trouble;

#[cfg(test)]
mod tests;
