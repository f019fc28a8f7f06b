//! What happens to rows of the outbox: sent, postponed, put aside, taken back, given up.

use async_trait::async_trait;
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{StoreError, StoreErrorKind};

use super::batch::Batch;
use super::erase::erase;
use super::work::{Halt, Work};

/// How a row leaves the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The network has it.
    Delivered,
    /// It was given up.
    Dropped,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
        }
    }
}

/// A row leaves the queue. Answers whether it was there.
pub(crate) struct Finish {
    pub(crate) key: DeliveryKey,
    pub(crate) state: State,
    pub(crate) why: Option<String>,
}

#[async_trait]
impl Work for Finish {
    type Answer = bool;

    fn doing(&self) -> String {
        format!("recording that delivery {} is {}", self.key, self.state.name())
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<bool, Halt> {
        Ok(finish(batch, self.key.as_str(), self.state, self.why.as_deref()).await?)
    }
}

async fn finish(
    batch: &mut Batch<'_>,
    key: &str,
    state: State,
    why: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let update = "UPDATE outbox SET state = ?2, why = ?3 WHERE key = ?1 AND state IN ('waiting', 'parked') \
                  RETURNING turn, place, (SELECT emptied FROM turns WHERE turns.id = outbox.turn)";
    let finished: Option<(i64, i64, bool)> = sqlx::query_as(update)
        .bind(key)
        .bind(state.name())
        .bind(why)
        .fetch_optional(&mut *batch.connection)
        .await?;
    let Some((turn, place, is_emptied)) = finished else { return Ok(false) };
    batch.counts.queued = batch.counts.queued.saturating_sub(1);
    if is_emptied {
        // Its turn was forgotten while it waited; now nothing needs it.
        batch.flush_turn(turn).await?;
        let forget = concat!(
            erase!("r.turn = ?1 AND r.kind = 'delivery' AND r.place = ?2"),
            "DELETE FROM outbox WHERE turn = ?1 AND place = ?2"
        );
        sqlx::query(forget).bind(turn).bind(place).execute(&mut *batch.connection).await?;
    }
    Ok(true)
}

/// A row was tried in vain and waits until then.
pub(crate) struct Postpone {
    pub(crate) key: DeliveryKey,
    pub(crate) until: i64,
    pub(crate) why: String,
}

#[async_trait]
impl Work for Postpone {
    type Answer = ();

    fn doing(&self) -> String {
        format!("postponing delivery {}", self.key)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let update = "UPDATE outbox SET attempts = attempts + 1, not_before = ?2, \
                      why = CASE state WHEN 'parked' THEN why ELSE ?3 END \
                      WHERE key = ?1 AND state IN ('waiting', 'parked')";
        let updated = sqlx::query(update)
            .bind(self.key.as_str())
            .bind(self.until)
            .bind(&self.why)
            .execute(&mut *batch.connection)
            .await?;
        found(updated.rows_affected(), self)
    }
}

/// A row is put aside.
pub(crate) struct Park {
    pub(crate) key: DeliveryKey,
    pub(crate) why: String,
}

#[async_trait]
impl Work for Park {
    type Answer = ();

    fn doing(&self) -> String {
        format!("parking delivery {}", self.key)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let update = "UPDATE outbox SET state = 'parked', attempts = attempts + 1, why = ?2 \
                      WHERE key = ?1 AND state IN ('waiting', 'parked')";
        let updated = sqlx::query(update)
            .bind(self.key.as_str())
            .bind(&self.why)
            .execute(&mut *batch.connection)
            .await?;
        found(updated.rows_affected(), self)?;
        Ok(drop_oldest_parked(batch).await?)
    }
}

/// Parked rows wait for a person, and there may be none: they must not fill the outbox.
async fn drop_oldest_parked(batch: &mut Batch<'_>) -> Result<(), sqlx::Error> {
    let query = "SELECT count(*) FROM outbox INDEXED BY outbox_parked WHERE state = 'parked'";
    let parked: i64 = sqlx::query_scalar(query).fetch_one(&mut *batch.connection).await?;
    if usize::try_from(parked).unwrap_or(0) <= batch.limits().parked {
        return Ok(());
    }
    let query = "SELECT key FROM outbox INDEXED BY outbox_parked WHERE state = 'parked' ORDER BY seq LIMIT 1";
    let oldest: String = sqlx::query_scalar(query).fetch_one(&mut *batch.connection).await?;
    finish(batch, &oldest, State::Dropped, Some("too many deliveries are parked")).await.map(drop)
}

/// A row is taken back into its queue, as if it had not been tried.
pub(crate) struct Release(pub(crate) DeliveryKey);

#[async_trait]
impl Work for Release {
    type Answer = ();

    fn doing(&self) -> String {
        format!("taking back delivery {}", self.0)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let update = "UPDATE outbox SET state = 'waiting', attempts = 0, not_before = NULL, why = NULL \
                      WHERE key = ?1 AND state IN ('waiting', 'parked')";
        let updated = sqlx::query(update).bind(self.0.as_str()).execute(&mut *batch.connection).await?;
        found(updated.rows_affected(), self)
    }
}

fn found(rows: u64, work: &impl Work) -> Result<(), Halt> {
    if rows > 0 {
        return Ok(());
    }
    Err(Halt::Refused(StoreError::new(StoreErrorKind::NotFound, work.doing())))
}
