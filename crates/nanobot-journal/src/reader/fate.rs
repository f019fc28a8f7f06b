//! How far a turn, its session lines and its deliveries have come. Not a word of them is read, so this is known of
//! turns, too, whose words were forgotten.

use nanobot_core::ids::{DeliveryKey, SessionKey};
use nanobot_core::ports::StoreError;
use nanobot_core::time::Timestamp;
use sqlx::SqliteConnection;

use super::TurnSummary;
use super::turn_row::TurnRow;
use crate::error::{corrupt, store_error};
use crate::time::instant;

/// How far a turn has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TurnFate {
    /// The turn itself.
    pub summary: TurnSummary,
    /// Its session lines, in order.
    pub lines: Vec<LinesFate>,
    /// Its deliveries, in order.
    pub deliveries: Vec<DeliveryFate>,
}

/// How far the lines for one session have come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinesFate {
    /// The session.
    pub session: SessionKey,
    /// Where they stand, or will stand: bytes behind the end of the file's first line.
    pub offset: u64,
    /// Their file has them, and is on the disk.
    pub is_settled: bool,
}

/// How far a delivery has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryFate {
    /// Its key.
    pub key: DeliveryKey,
    /// How far.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before then.
    pub not_before: Option<Timestamp>,
    /// Why it was put off, put aside or given up, as it was noted last.
    pub why: Option<String>,
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits to be sent.
    Waiting,
    /// It is put aside.
    Parked,
    /// Its network has it.
    Delivered,
    /// It was given up.
    Dropped,
}

impl DeliveryState {
    /// Every state.
    const ALL: [Self; 4] = [Self::Waiting, Self::Parked, Self::Delivered, Self::Dropped];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Parked => "parked",
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
        }
    }
}

type OutboxRow = (String, String, i64, Option<i64>, Option<String>);

/// Reads how far the turn of a row has come.
pub(super) async fn fate(connection: &mut SqliteConnection, row: &TurnRow) -> Result<TurnFate, StoreError> {
    let doing = || format!("reading how far turn {} has come", row.turn);
    let failed = |error| store_error(doing(), error);
    let lines: Vec<(String, i64, bool)> =
        sqlx::query_as("SELECT session, offset, settled FROM lines WHERE turn = ?1 ORDER BY id")
            .bind(row.id)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
    let deliveries: Vec<OutboxRow> = sqlx::query_as(
        "SELECT key, state, attempts, not_before, why FROM outbox WHERE turn = ?1 ORDER BY seq",
    )
    .bind(row.id)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    let lines_fate = |(session, offset, is_settled): (String, i64, bool)| {
        let session = SessionKey::new(session).map_err(|error| corrupt(doing(), error))?;
        Ok(LinesFate { session, offset: offset.cast_unsigned(), is_settled })
    };
    let delivery_fate = |(key, state, attempts, not_before, why): OutboxRow| {
        let known = DeliveryState::ALL.into_iter().find(|known| known.name() == state);
        Ok(DeliveryFate {
            key: DeliveryKey::new(key).map_err(|error| corrupt(doing(), error))?,
            state: known.ok_or_else(|| corrupt(doing(), "there is no such state of a delivery"))?,
            attempts: u32::try_from(attempts).unwrap_or(0),
            not_before: not_before.map(instant),
            why,
        })
    };
    Ok(TurnFate {
        summary: row.summary()?,
        lines: lines.into_iter().map(lines_fate).collect::<Result<_, StoreError>>()?,
        deliveries: deliveries.into_iter().map(delivery_fate).collect::<Result<_, StoreError>>()?,
    })
}
