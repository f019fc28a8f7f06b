//! Forgetting: the words of a session, words that are old, words for which there is no room, and at last outcomes.
//!
//! What still waits (an open turn, a delivery, lines without their file) keeps its words until it is done, and
//! loses them then. What models cost is forgotten by rules of its own, in `retention/spending.rs`.

mod spending;

use async_trait::async_trait;
use nanobot_core::ids::SessionKey;

use super::batch::Batch;
use super::erase::erase;
use super::work::{Halt, Work};
use crate::rows::json_ids;

pub(crate) use spending::{DropCalls, DropTotals};
#[cfg(test)]
pub(crate) use spending::{EXCESS_CALLS, OLD_CALLS, OLD_TOTALS};

/// Turns that are emptied, and outcomes, calls and totals that are dropped, in one transaction: some milliseconds of the writer.
const ROUND: i64 = 200;

/// Pages that are given back in one transaction: 4 MB.
const VACUUM: &str = "PRAGMA incremental_vacuum(1000)";

/// Empties the closed turns of a session, and takes its name off what its calls cost. Answers how many turns there
/// were.
pub(crate) struct Forget(pub(crate) SessionKey);

#[async_trait]
impl Work for Forget {
    type Answer = u64;

    fn doing(&self) -> String {
        format!("forgetting what was said in session {}", self.0)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        // A turn of another session may have written lines into this one.
        let query = "SELECT id FROM turns WHERE session = ?1 AND outcome IS NOT NULL AND emptied = 0 UNION \
                     SELECT t.id FROM lines l JOIN turns t ON t.id = l.turn \
                     WHERE l.session = ?1 AND t.outcome IS NOT NULL AND t.emptied = 0";
        let turns: Vec<i64> =
            sqlx::query_scalar(query).bind(self.0.as_str()).fetch_all(&mut *batch.connection).await?;
        spending::forget(batch, &self.0).await?;
        Ok(empty(batch, &turns).await?)
    }
}

/// Empties turns that closed before an instant, the oldest first, at most a round of them.
pub(crate) struct EmptyOlder(pub(crate) i64);

#[async_trait]
impl Work for EmptyOlder {
    type Answer = u64;

    fn doing(&self) -> String {
        "forgetting old words".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        let turns = oldest_full(batch, self.0).await?;
        Ok(empty(batch, &turns).await?)
    }
}

/// Empties a round of the oldest turns while the file holds more bytes than this.
pub(crate) struct EmptyLargest(pub(crate) u64);

#[async_trait]
impl Work for EmptyLargest {
    type Answer = u64;

    fn doing(&self) -> String {
        "forgetting words for which there is no room".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        let query = "SELECT ((SELECT page_count FROM pragma_page_count) - \
                     (SELECT freelist_count FROM pragma_freelist_count)) * \
                     (SELECT page_size FROM pragma_page_size)";
        let bytes: i64 = sqlx::query_scalar(query).fetch_one(&mut *batch.connection).await?;
        if u64::try_from(bytes).unwrap_or(0) <= self.0 {
            return Ok(0);
        }
        let turns = oldest_full(batch, i64::MAX).await?;
        Ok(empty(batch, &turns).await?)
    }
}

async fn oldest_full(batch: &mut Batch<'_>, before: i64) -> Result<Vec<i64>, sqlx::Error> {
    let query = "SELECT id FROM turns INDEXED BY turns_full \
                 WHERE outcome IS NOT NULL AND emptied = 0 AND closed_at < ?1 ORDER BY closed_at LIMIT ?2";
    sqlx::query_scalar(query).bind(before).bind(ROUND).fetch_all(&mut *batch.connection).await
}

/// Erases what nobody waits for any more of these turns.
async fn empty(batch: &mut Batch<'_>, turns: &[i64]) -> Result<u64, sqlx::Error> {
    if turns.is_empty() {
        return Ok(0);
    }
    batch.flush().await?;
    let script = concat!(
        erase!(
            "r.turn IN (SELECT value FROM json_each(?1)) \
             AND NOT (r.kind = 'delivery' AND EXISTS (SELECT 1 FROM outbox o \
                WHERE o.turn = r.turn AND o.place = r.place AND o.state IN ('waiting', 'parked'))) \
             AND NOT (r.kind IN ('lines', 'text') AND EXISTS (SELECT 1 FROM lines l \
                WHERE l.turn = r.turn AND l.place = r.place AND l.settled = 0))"
        ),
        "DELETE FROM lines WHERE turn IN (SELECT value FROM json_each(?1)) AND settled = 1;
         DELETE FROM outbox WHERE turn IN (SELECT value FROM json_each(?1)) AND state IN ('delivered', 'dropped');
         UPDATE turns SET emptied = 1, closing_digest = NULL WHERE id IN (SELECT value FROM json_each(?1))"
    );
    sqlx::query(script).bind(json_ids(turns)).execute(&mut *batch.connection).await?;
    Ok(turns.len() as u64)
}

/// Drops the oldest outcomes beyond a number, at most a round of them, none that closed at this instant or later
/// and none on which something waits. Answers how many.
pub(crate) struct DropOutcomes {
    pub(crate) keep: u64,
    pub(crate) before: i64,
}

#[async_trait]
impl Work for DropOutcomes {
    type Answer = u64;

    fn doing(&self) -> String {
        "forgetting old outcomes".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        let turns: i64 =
            sqlx::query_scalar("SELECT count(*) FROM turns").fetch_one(&mut *batch.connection).await?;
        let excess = turns.saturating_sub(i64::try_from(self.keep).unwrap_or(i64::MAX)).min(ROUND);
        if excess <= 0 {
            return Ok(0);
        }
        let delete = "DELETE FROM turns WHERE id IN ( \
                      SELECT id FROM turns t WHERE outcome IS NOT NULL AND emptied = 1 AND closed_at < ?1 \
                      AND NOT EXISTS (SELECT 1 FROM records r WHERE r.turn = t.id) \
                      AND NOT EXISTS (SELECT 1 FROM lines l WHERE l.turn = t.id) \
                      AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.turn = t.id) \
                      ORDER BY id LIMIT ?2)";
        let deleted =
            sqlx::query(delete).bind(self.before).bind(excess).execute(&mut *batch.connection).await?;
        Ok(deleted.rows_affected())
    }
}

/// Gives free pages back to the file system. Answers how many are free still.
pub(crate) struct Vacuum;

#[async_trait]
impl Work for Vacuum {
    type Answer = u64;

    fn doing(&self) -> String {
        "giving space back".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<u64, Halt> {
        sqlx::query(VACUUM).execute(&mut *batch.connection).await?;
        let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *batch.connection).await?;
        Ok(u64::try_from(free).unwrap_or(0))
    }
}
