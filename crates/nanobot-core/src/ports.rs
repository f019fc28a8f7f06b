//! All ports: what the domain asks of the outside (driven), and what the outside may ask of it (driving).
//!
//! Role nouns, grouped by who calls them. Adapters implement them, binaries wire them, and every port has a
//! fake and a contract suite in `testing`. Each file holds one group.

mod channels;
mod control;
mod errors;
mod journal;
mod media;
mod memory;
mod models;
mod policy;
mod records;
mod security;
mod sessions;
mod system;
mod tools;

pub use channels::{ChannelSender, Ingest, IngestError, LiveEvent, LiveSink, LiveTarget, Receipt, SendError};
pub use control::{Control, ControlError, PortStatus, QueueStatus, SessionAdmin, StatusReport};
pub use errors::{StoreError, StoreErrorKind};
pub use journal::{
    Attempt, Closing, Delivery, InboundId, Ingested, Journal, Outbox, Outgoing, PendingAppend,
    QueuedDelivery, Seen,
};
pub use media::{BlobStore, MediaError, Speech, SpeechToText, TextToSpeech, VisionModel};
pub use memory::{Embedder, MemoryHit, MemoryQuery, MemoryStore};
pub use models::{BreakerState, BudgetLedger, BudgetRefusal, DeltaSink, ModelClient, ModelInfo, Reservation};
pub use policy::{PersonaSource, PolicyEngine, PolicySnapshot, PolicyStore};
pub use records::{AdminAct, AuditLog, MetricsSource, Telemetry};
pub use security::{OutputGuard, OutputVerdict, SecurityContext, SecurityGate};
pub use sessions::{
    ArchivedMessage, BootstrapFile, HistoryMessage, HistoryRole, InboundArchive, SeenChats, SessionStore,
    SessionSummary, Workspace,
};
pub use system::{Clock, IdGenerator};
pub use tools::{
    Sandbox, SandboxError, SandboxRequest, SandboxResult, ToolContext, ToolExecutor, ToolOutcome,
};
