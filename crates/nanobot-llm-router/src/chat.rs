//! One model at one provider with one credential, asked once. The router walks over these.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::model::{ModelError, ModelReply, ModelRequest};
use nanobot_core::ports::{DeltaSink, ModelInfo};

/// A model at a provider. It asks once and never again by itself, whatever comes of it.
#[async_trait]
pub trait ChatProvider: Send + Sync {
    /// Who it is, without a network.
    fn info(&self) -> ModelInfo;

    /// Asks. Text goes to `deltas` while it comes and stands in the reply as a whole. Waits for the connection, the
    /// first byte and the next piece take at most `patience` each, and less where the settings say less. Dropping
    /// the future stops the call.
    ///
    /// # Errors
    /// [`ModelError`] by kind; what was streamed before does not count then.
    async fn ask(
        &self,
        request: &ModelRequest,
        patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError>;
}

#[async_trait]
impl<P: ChatProvider + ?Sized> ChatProvider for Arc<P> {
    fn info(&self) -> ModelInfo {
        self.as_ref().info()
    }

    async fn ask(
        &self,
        request: &ModelRequest,
        patience: Duration,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.as_ref().ask(request, patience, deltas).await
    }
}
