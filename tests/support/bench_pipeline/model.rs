//! A model that answers at once, always the same: what is left is the time of everything else.

use async_trait::async_trait;
use nanobot_core::model::{FinishReason, ModelCall, ModelError, ModelReply, Usage};
use nanobot_core::ports::{DeltaSink, ModelClient, ModelInfo};

/// What it says: about as long as a short answer is.
pub(crate) const ANSWER: &str = "That is a short answer, as a chat has many of them: two sentences with a few \
                                 words each. There is nothing more to it.";

/// The model.
pub(crate) struct AtOnce;

#[async_trait]
impl ModelClient for AtOnce {
    fn info(&self) -> ModelInfo {
        ModelInfo {
            provider: "bench".to_owned(),
            model: "at-once".to_owned(),
            endpoint: None,
            is_language_model: true,
        }
    }

    async fn complete(
        &self,
        _call: &ModelCall<'_>,
        deltas: &mut dyn DeltaSink,
    ) -> Result<ModelReply, ModelError> {
        deltas.text(ANSWER);
        Ok(ModelReply {
            text: ANSWER.to_owned(),
            tool_calls: Vec::new(),
            finish: FinishReason::Stop,
            usage: Usage::default(),
            served: None,
        })
    }
}
