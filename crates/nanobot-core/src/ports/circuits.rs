//! The state of circuit breakers, which survives a restart.

use async_trait::async_trait;

use crate::ports::StoreError;
use crate::time::Timestamp;

/// Keeps which circuits are open. Closed ones have no record.
#[async_trait]
pub trait BreakerState: Send + Sync {
    /// All open circuits, in no order.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn open_circuits(&self) -> Result<Vec<OpenCircuit>, StoreError>;

    /// Opens a circuit, or replaces what is known about an open one.
    ///
    /// # Errors
    /// When the state cannot be written.
    async fn opened(&self, circuit: &OpenCircuit) -> Result<(), StoreError>;

    /// Forgets a circuit: it is closed. Fine for one that is not open.
    ///
    /// # Errors
    /// When the state cannot be written.
    async fn closed(&self, name: &str) -> Result<(), StoreError>;
}

/// One circuit that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCircuit {
    /// Its name: provider, credential and model, never a key.
    pub name: String,
    /// Until when nobody asks there; from then on one call at a time tries.
    pub until: Timestamp,
    /// How often in a row it was opened, at least 1.
    pub trips: u32,
    /// Why: the code of the last error.
    pub reason: String,
}
