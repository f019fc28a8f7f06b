//! Circuits open, and close again; those that nobody closes go with time.

use async_trait::async_trait;
use nanobot_core::ports::{StoreError, StoreErrorKind};

use super::batch::Batch;
use super::work::{Halt, Work};

/// Circuits that are kept: one for each model of each credential, and nobody has so many.
pub(crate) const MAX_CIRCUITS: i64 = 1_000;

/// Opens a circuit, or replaces what is known about an open one.
pub(crate) struct StandOpen {
    pub(crate) name: String,
    pub(crate) until: i64,
    pub(crate) trips: u32,
    pub(crate) reason: String,
}

#[async_trait]
impl Work for StandOpen {
    type Answer = ();

    fn doing(&self) -> String {
        format!("opening circuit {}", self.name)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let query = "INSERT INTO open_circuits (name, until, trips, reason) \
                     SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM open_circuits WHERE name <> ?1) < ?5 \
                     ON CONFLICT (name) DO UPDATE \
                     SET until = excluded.until, trips = excluded.trips, reason = excluded.reason";
        let stored = sqlx::query(query)
            .bind(&self.name)
            .bind(self.until)
            .bind(self.trips)
            .bind(&self.reason)
            .bind(MAX_CIRCUITS)
            .execute(&mut *batch.connection)
            .await?;
        if stored.rows_affected() == 0 {
            return Err(StoreError::new(StoreErrorKind::Limit, self.doing()).into());
        }
        Ok(())
    }
}

/// Forgets a circuit, if it is open.
pub(crate) struct CloseCircuit(pub(crate) String);

#[async_trait]
impl Work for CloseCircuit {
    type Answer = ();

    fn doing(&self) -> String {
        format!("closing circuit {}", self.0)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let query = "DELETE FROM open_circuits WHERE name = ?1";
        sqlx::query(query).bind(&self.0).execute(&mut *batch.connection).await?;
        Ok(())
    }
}

/// Forgets the circuits that were to be tried again before an instant, and that nobody tried.
pub(crate) struct DropCircuits {
    pub(crate) before: i64,
}

#[async_trait]
impl Work for DropCircuits {
    type Answer = ();

    fn doing(&self) -> String {
        "forgetting circuits that nobody uses".to_owned()
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let query = "DELETE FROM open_circuits WHERE until < ?1";
        sqlx::query(query).bind(self.before).execute(&mut *batch.connection).await?;
        Ok(())
    }
}
