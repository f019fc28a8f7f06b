//! What is written down about the daemon itself: telemetry, metrics, admin acts.

use async_trait::async_trait;

use crate::ports::StoreError;
use crate::telemetry::TelemetryEvent;
use crate::time::WallTime;

/// Takes typed facts. Must not block.
pub trait Telemetry: Send + Sync {
    /// One fact.
    fn record(&self, event: &TelemetryEvent);
}

/// What a Prometheus scrape reads.
pub trait MetricsSource: Send + Sync {
    /// All metrics in Prometheus text format.
    fn render(&self) -> String;
}

/// The log of everything that administers: one row per act.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Writes one row, before the act takes effect.
    ///
    /// # Errors
    /// When it is not written; the act must then not happen.
    async fn record(&self, act: &AdminAct, at: &WallTime) -> Result<(), StoreError>;
}

/// Where the heads of chains stand that link the rows of a log. Kept apart from the log, so that whoever cuts the
/// log is found out.
#[async_trait]
pub trait ChainHeads: Send + Sync {
    /// The head of a chain, by its name; none before the first.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn chain_head(&self, chain: &str) -> Result<Option<ChainHead>, StoreError>;

    /// Replaces it.
    ///
    /// # Errors
    /// When it cannot be written.
    async fn set_chain_head(&self, chain: &str, head: &ChainHead) -> Result<(), StoreError>;
}

/// The head of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// How many rows are linked; none in a head that was set by hand, for a log that begins anew.
    pub rows: u64,
    /// The hash of the last of them, in lower-case hex.
    pub hash: String,
}

/// One act of administration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAct {
    /// Who did it (`local:uid=1000`).
    pub actor: String,
    /// Over which way (`cli`, `socket`, `api`, `chat`).
    pub via: &'static str,
    /// What was done (`session.reset`).
    pub action: &'static str,
    /// To what (`cli:default`).
    pub target: String,
    /// What came of it (`done`, `refused`).
    pub result: &'static str,
}
