//! Which circuits of breakers are open. When one opens and closes is decided elsewhere.

use async_trait::async_trait;
use nanobot_core::ports::{BreakerState, OpenCircuit, StoreError};
use sqlx::SqliteConnection;

use crate::SqliteJournal;
use crate::error::{corrupt, store_error};
use crate::time::{instant, nanos};
use crate::writer::{CloseCircuit, StandOpen};

/// Bytes of a reason that are kept. It is a code, far shorter than this.
const MAX_REASON_BYTES: usize = 500;

/// What reading them is called in errors.
pub(crate) const READING: &str = "reading the open circuits";

/// All open circuits, in no order.
pub(crate) async fn read(view: &mut SqliteConnection) -> Result<Vec<OpenCircuit>, StoreError> {
    let rows: Vec<(String, i64, i64, String)> =
        sqlx::query_as("SELECT name, until, trips, reason FROM open_circuits")
            .fetch_all(view)
            .await
            .map_err(|error| store_error(READING, error))?;
    let circuit = |(name, until, trips, reason)| {
        let trips = u32::try_from(trips).map_err(|error| corrupt(READING, error))?;
        Ok(OpenCircuit { name, until: instant(until), trips, reason })
    };
    rows.into_iter().map(circuit).collect()
}

#[async_trait]
impl BreakerState for SqliteJournal {
    async fn open_circuits(&self) -> Result<Vec<OpenCircuit>, StoreError> {
        self.in_time(READING, async { read(&mut *self.reader(READING).await?).await }).await
    }

    async fn opened(&self, circuit: &OpenCircuit) -> Result<(), StoreError> {
        let OpenCircuit { name, until, trips, reason } = circuit;
        let end = reason.floor_char_boundary(MAX_REASON_BYTES);
        let reason = reason.get(..end).unwrap_or_default().to_owned();
        self.write(StandOpen { name: name.clone(), until: nanos(*until), trips: *trips, reason }).await
    }

    async fn closed(&self, name: &str) -> Result<(), StoreError> {
        self.write(CloseCircuit(name.to_owned())).await
    }
}
