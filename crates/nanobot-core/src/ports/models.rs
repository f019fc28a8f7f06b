//! Language models, and the two memories of a router that survive a restart.

use async_trait::async_trait;

use crate::ids::SessionKey;
use crate::model::{ModelError, ModelReply, ModelRequest};
use crate::ports::StoreError;
use crate::time::Timestamp;

/// A model, or a chain of them behind one face.
#[async_trait]
pub trait ModelClient: Send + Sync {
    /// Which model answers, for `status`. No network.
    fn info(&self) -> ModelInfo;

    /// Asks once. Text goes to `deltas` while it comes and stands in the reply as a whole; when the call
    /// fails, what was streamed before does not count. Dropping the future stops the call. Bounded by the
    /// adapter's limits for connect, first byte, idle and size.
    ///
    /// # Errors
    /// [`ModelError`] by kind.
    async fn complete(
        &self,
        request: &ModelRequest,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError>;
}

/// Takes streamed text. Must not block.
pub trait DeltaSink: Send {
    /// The next piece, never empty.
    fn text(&mut self, piece: &str);
}

/// What `status` says about the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// The provider's name (`openai`, `offline`).
    pub provider: String,
    /// The model's name as configured.
    pub model: String,
    /// The endpoint, without credentials; none for one inside the process.
    pub endpoint: Option<String>,
    /// It is a language model; `offline` is not.
    pub is_language_model: bool,
}

/// Hard budgets: money is reserved before a call and settled after it.
#[async_trait]
pub trait BudgetLedger: Send + Sync {
    /// Reserves the worst case of one call, in micro dollars.
    ///
    /// # Errors
    /// [`BudgetRefusal`] when a limit would be passed or the ledger cannot be written.
    async fn reserve(
        &self,
        session: &SessionKey,
        task: &str,
        micro_dollars: u64,
        at: Timestamp,
    ) -> Result<Reservation, BudgetRefusal>;

    /// Replaces a reservation by what the call really cost. Unsettled ones count in full.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    async fn settle(&self, reservation: Reservation, micro_dollars: u64) -> Result<(), StoreError>;
}

/// A promise of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The ledger's number of it.
    pub id: u64,
    /// The reserved amount in micro dollars.
    pub micro_dollars: u64,
}

/// Why no money was promised.
#[derive(Debug, thiserror::Error)]
pub enum BudgetRefusal {
    /// A limit would be passed.
    #[error("the {limit} budget is used up")]
    Exhausted {
        /// Which limit (`day`, `month`, `chat`, `task`).
        limit: &'static str,
    },
    /// The ledger failed; nothing is promised.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The state of circuit breakers, kept across restarts.
#[async_trait]
pub trait BreakerState: Send + Sync {
    /// Until when the circuit is open; none when it is closed.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn open_until(&self, circuit: &str) -> Result<Option<Timestamp>, StoreError>;

    /// Opens the circuit until then, or closes it.
    ///
    /// # Errors
    /// When the state cannot be written.
    async fn set(&self, circuit: &str, open_until: Option<Timestamp>) -> Result<(), StoreError>;
}
