//! All ports: what the domain asks of the outside (driven), and what the outside may ask of it (driving).
//!
//! Role nouns, grouped by who calls them. Adapters implement them, binaries wire them, and every port has a
//! fake and a contract suite in `testing`. Each file holds one group.

mod admin;
mod channels;
mod circuits;
mod control;
mod errors;
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

pub use admin::AdminDesk;
pub use channels::{ChannelSender, Ingest, IngestError, LiveEvent, LiveSink, LiveTarget, Receipt, SendError};
pub use circuits::{BreakerState, OpenCircuit};
pub use control::{
    BudgetInForce, Control, ControlError, DeliveriesHandled, NotesEdit, OutboxAdmin, OutboxListing,
    PolicyAdmin, PolicyAnswer, PolicyAsk, PolicyEdit, PolicyStatus, PortStatus, QueueStatus, SessionAdmin,
    StatusReport, Wanted,
};
pub use errors::{StoreError, StoreErrorKind};
pub use journal::{Attempt, Closing, InboundId, Ingested, Journal, OpenTurn, Seen, SessionWrite, Tidied};
pub use lines::{LineQueue, PendingAppend};
pub use media::{BlobStore, MediaError, Speech, SpeechToText, TextToSpeech, VisionModel};
pub use memory::{Embedder, MemoryHit, MemoryQuery, MemoryStore};
pub use models::{DeltaSink, ModelClient, ModelInfo};
pub use outbox::{Delivery, Outbox, Outgoing, QueuedDelivery};
pub use policy::{ChangeRow, ChangeTime, PersonaSource, PolicyChange, PolicyEngine, PolicyFile, PolicyStore};
pub use records::{AdminAct, AuditLog, ChainHead, ChainHeads, MetricsSource, Telemetry};
pub use security::{OutputGuard, OutputVerdict, SecurityContext, SecurityGate};
pub use sessions::{
    ArchivedMessage, BootstrapFile, Found, HistoryMessage, HistoryRole, InboundArchive, Placed, SeenChats,
    SessionEnd, SessionStore, SessionSummary, Workspace,
};
pub use spending::{BudgetLedger, BudgetLimit, BudgetRefusal, BudgetScope, Expense, Paid, Reservation};
pub use system::{Clock, IdGenerator};
pub use tools::{
    AllowedFile, FileAccess, FileGrant, FileOperation, FileRefusal, GrantsSeen, Protection, Sandbox,
    SandboxError, SandboxRequest, SandboxResult, ToolContext, ToolExecutor, ToolOutcome,
};
