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
        if let Some(open) = batch.open_turn(&self.turn) {
            if !batch.has_step(open.id, &self.words) && !batch.adds_words(open.id, &self.words) {
                batch.add_words(open.id, &self.words);
                batch.step_stands(open.id, &self.words);
            }
            return Ok(());
        }
        let query = "SELECT t.id, EXISTS (SELECT 1 FROM records r \
                     WHERE r.turn = t.id AND r.kind = ?2 AND r.place = ?3) \
                     FROM turns t WHERE t.turn = ?1 AND t.outcome IS NULL";
        let found: Option<(i64, bool)> = sqlx::query_as(query)
            .bind(self.turn.as_str())
            .bind(self.words.kind.name())
            .bind(self.words.place)
            .fetch_optional(&mut *batch.connection)
            .await?;
        let Some((id, is_known)) = found else {
            return Err(Halt::Refused(StoreError::new(StoreErrorKind::NotFound, self.doing())));
        };
        if is_known || batch.adds_words(id, &self.words) {
            return Ok(());
        }
        batch.add_words(id, &self.words);
        Ok(())
    }
}
