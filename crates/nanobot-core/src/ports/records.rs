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
