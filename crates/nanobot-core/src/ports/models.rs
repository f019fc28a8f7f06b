//! Language models, as the domain asks them.

use async_trait::async_trait;

use crate::model::{ModelCall, ModelError, ModelReply};

/// A model, or a chain of them behind one face.
#[async_trait]
pub trait ModelClient: Send + Sync {
    /// Which model answers chats, for `status`. No network.
    fn info(&self) -> ModelInfo;

    /// Asks. Text goes to `deltas` while it comes and stands in the reply as a whole; when the call fails, what was
    /// streamed before does not count. Dropping the future stops the call. Bounded by the adapter's limits for
    /// connect, first byte, idle and size, and by the call's patience with failures.
    ///
    /// # Errors
    /// [`ModelError`] by kind.
    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError>;
}

/// Takes streamed text. Must not block.
pub trait DeltaSink: Send {
    /// The next piece, never empty.
    fn text(&mut self, piece: &str);

    /// What came so far does not count: the answer begins anew.
    fn restart(&mut self);
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
