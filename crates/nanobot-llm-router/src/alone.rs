//! One provider in the place of a router: no fallback, no retries, no budget. For programs that embed a single
//! model, and for tests.

use async_trait::async_trait;
use nanobot_core::model::{ModelCall, ModelError, ModelReply};
use nanobot_core::ports::{DeltaSink, ModelClient, ModelInfo};

use crate::chat::ChatProvider;

/// The provider.
#[derive(Debug, Clone, Copy)]
pub struct Alone<P>(pub P);

#[async_trait]
impl<P: ChatProvider> ModelClient for Alone<P> {
    fn info(&self) -> ModelInfo {
        self.0.info()
    }

    async fn complete(
        &self,
        call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        self.0.ask(call.request, call.patience, deltas).await
    }
}
