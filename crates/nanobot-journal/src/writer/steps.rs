//! The steps of open turns. A step that is recorded stands; saying it again changes nothing.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::TurnId;
use nanobot_core::ports::{StoreError, StoreErrorKind};

use super::batch::Batch;
use super::work::{Halt, Work};
use crate::words::Words;

/// Records the start or the answer of a step.
pub(crate) struct RecordStep {
    pub(crate) turn: TurnId,
    pub(crate) words: Arc<Words>,
}

#[async_trait]
impl Work for RecordStep {
    type Answer = ();

    fn doing(&self) -> String {
        let (kind, index) = (self.words.kind.name(), self.words.place);
        format!("recording that step {index} of turn {} is {kind}", self.turn)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let query = "SELECT id FROM turns WHERE turn = ?1 AND outcome IS NULL";
        let id: Option<i64> =
            sqlx::query_scalar(query).bind(self.turn.as_str()).fetch_optional(&mut *batch.connection).await?;
        let Some(id) = id else {
            return Err(Halt::Refused(StoreError::new(StoreErrorKind::NotFound, self.doing())));
        };
        batch.add_words(id, &self.words);
        Ok(())
    }
}
