//! The outbox: first in, first out per (channel, chat).

use async_trait::async_trait;
use nanobot_core::ids::DeliveryKey;
use nanobot_core::ports::{Outbox, QueuedDelivery, StoreError};
use nanobot_core::time::Timestamp;

use crate::SqliteJournal;
use crate::error::store_error;
use crate::rows::{QueueRow, at_most};
use crate::time::nanos;
use crate::writer::{Finish, Park, Postpone, Release, State};

/// Bytes of a reason that are kept: enough for any error of ours.
const MAX_WHY_BYTES: usize = 500;

/// The heads of all queues, found by jumping from one target to the next; a queue of thousands costs as much as
/// one of a single row. The casts keep SQLite from planning anew for each value that is bound, which would take
/// twice as long as the query.
pub(crate) const DUE: &str = "
    WITH RECURSIVE targets (target) AS (
        SELECT min(target) FROM outbox INDEXED BY outbox_waiting WHERE state = 'waiting'
        UNION ALL
        SELECT (SELECT min(o.target) FROM outbox o INDEXED BY outbox_waiting
                WHERE o.state = 'waiting' AND o.target > targets.target)
        FROM targets WHERE targets.target IS NOT NULL)
    SELECT o.key, t.turn, w.body, o.attempts, o.not_before, o.state, o.why
    FROM targets
    CROSS JOIN outbox o ON o.seq = (
        SELECT min(h.seq) FROM outbox h INDEXED BY outbox_waiting
        WHERE h.state = 'waiting' AND h.target = targets.target)
    JOIN turns t ON t.id = o.turn
    LEFT JOIN records r ON r.turn = o.turn AND r.kind = 'delivery' AND r.place = o.place
    LEFT JOIN words w ON w.id = r.words
    WHERE o.not_before IS NULL OR o.not_before <= CAST(?1 AS INTEGER)
    ORDER BY o.seq LIMIT CAST(?2 AS INTEGER)";

pub(crate) const LIST: &str = "
    SELECT o.key, t.turn, w.body, o.attempts, o.not_before, o.state, o.why
    FROM outbox o INDEXED BY outbox_live
    JOIN turns t ON t.id = o.turn
    LEFT JOIN records r ON r.turn = o.turn AND r.kind = 'delivery' AND r.place = o.place
    LEFT JOIN words w ON w.id = r.words
    WHERE o.state IN ('waiting', 'parked')
    ORDER BY o.seq LIMIT ?1";

pub(crate) const COUNT: &str =
    "SELECT count(*) FROM outbox INDEXED BY outbox_live WHERE state IN ('waiting', 'parked')";

#[async_trait]
impl Outbox for SqliteJournal {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        let doing = "reading the deliveries that are due";
        let query = async {
            let rows: Vec<QueueRow> = sqlx::query_as(DUE)
                .bind(nanos(now))
                .bind(at_most(limit))
                .fetch_all(&mut *self.reader(doing).await?)
                .await
                .map_err(|error| store_error(doing, error))?;
            rows.into_iter().map(QueueRow::into_queued).collect()
        };
        self.in_time(doing, query).await
    }

    async fn delivered(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.write(Finish { key: key.clone(), state: State::Delivered, why: None }).await.map(drop)
    }

    async fn postpone(&self, key: &DeliveryKey, until: Timestamp, why: &str) -> Result<(), StoreError> {
        self.write(Postpone { key: key.clone(), until: nanos(until), why: short(why) }).await
    }

    async fn park(&self, key: &DeliveryKey, why: &str) -> Result<(), StoreError> {
        self.write(Park { key: key.clone(), why: short(why) }).await
    }

    async fn release(&self, key: &DeliveryKey) -> Result<(), StoreError> {
        self.write(Release(key.clone())).await
    }

    async fn discard(&self, key: &DeliveryKey, why: &str) -> Result<bool, StoreError> {
        self.write(Finish { key: key.clone(), state: State::Dropped, why: Some(short(why)) }).await
    }

    async fn count(&self) -> Result<usize, StoreError> {
        let doing = "counting the deliveries that wait";
        let query = async {
            let mut reader = self.reader(doing).await?;
            let count: Result<i64, _> = sqlx::query_scalar(COUNT).fetch_one(&mut *reader).await;
            let count = count.map_err(|error| store_error(doing, error))?;
            Ok(usize::try_from(count).unwrap_or(0))
        };
        self.in_time(doing, query).await
    }

    async fn list(&self, limit: usize) -> Result<Vec<QueuedDelivery>, StoreError> {
        let doing = "listing the deliveries that wait";
        let query = async {
            let rows: Vec<QueueRow> = sqlx::query_as(LIST)
                .bind(at_most(limit))
                .fetch_all(&mut *self.reader(doing).await?)
                .await
                .map_err(|error| store_error(doing, error))?;
            rows.into_iter().map(QueueRow::into_queued).collect()
        };
        self.in_time(doing, query).await
    }
}

/// As much of a reason as is kept.
fn short(why: &str) -> String {
    let end = why.floor_char_boundary(MAX_WHY_BYTES);
    why.get(..end).unwrap_or_default().to_owned()
}
