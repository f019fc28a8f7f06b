//! The client's requests about the outbox, with typed answers.

use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::Wanted;
use serde::de::DeserializeOwned;

use super::LocalClient;
use crate::error::ClientError;
use crate::local::protocol::{ControlOp, HandledAnswer, OutboxAnswer, texts};

impl LocalClient {
    /// What waits to be sent or is parked, oldest first; the words of it only `with_text`.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn outbox(
        &self,
        wanted: &Wanted,
        limit: u32,
        with_text: bool,
    ) -> Result<OutboxAnswer, ClientError> {
        self.typed(ControlOp::OutboxList { wanted: wanted.into(), limit, text: with_text }).await
    }

    /// Takes deliveries back into their chats' queues, due at once.
    ///
    /// # Errors
    /// As for [`send`](Self::send); those before the one that failed were taken back.
    pub async fn retry_deliveries(&self, keys: &[DeliveryKey]) -> Result<HandledAnswer, ClientError> {
        self.typed(ControlOp::OutboxRetry { keys: texts(keys) }).await
    }

    /// Gives deliveries up.
    ///
    /// # Errors
    /// As for [`send`](Self::send); those before the one that failed were given up.
    pub async fn drop_deliveries(&self, keys: &[DeliveryKey]) -> Result<HandledAnswer, ClientError> {
        self.typed(ControlOp::OutboxDrop { keys: texts(keys) }).await
    }

    pub(super) async fn typed<T: DeserializeOwned>(&self, op: ControlOp) -> Result<T, ClientError> {
        let answer = self.control(op).await?;
        serde_json::from_value(answer).map_err(|_| ClientError::NotADaemon)
    }
}
