//! A turn's own row, as it stands.

use nanobot_core::TurnOutcome;
use nanobot_core::ids::SessionKey;
use nanobot_core::ports::StoreError;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};

use super::TurnSummary;
use crate::error::{corrupt, store_error};
use crate::rows::turn_id;
use crate::time::instant;

pub(super) struct TurnRow {
    pub(super) id: i64,
    pub(super) turn: String,
    /// Network, account, chat and message id; no network for a turn that answers no message.
    pub(super) key: [Option<String>; 4],
    pub(super) session: Option<String>,
    pub(super) received: i64,
    pub(super) attempts: i64,
    pub(super) began: Option<String>,
    pub(super) began_digest: Option<Vec<u8>>,
    pub(super) outcome: Option<String>,
    pub(super) closed: Option<String>,
    pub(super) closed_at: Option<i64>,
    pub(super) outcome_digest: Option<Vec<u8>>,
    pub(super) closing_digest: Option<Vec<u8>>,
    pub(super) is_emptied: bool,
}

impl FromRow<'_, SqliteRow> for TurnRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            turn: row.try_get("turn")?,
            key: [
                row.try_get("channel")?,
                row.try_get("account")?,
                row.try_get("chat")?,
                row.try_get("message")?,
            ],
            session: row.try_get("session")?,
            received: row.try_get("received")?,
            attempts: row.try_get("attempts")?,
            began: row.try_get("began")?,
            began_digest: row.try_get("began_digest")?,
            outcome: row.try_get("outcome")?,
            closed: row.try_get("closed")?,
            closed_at: row.try_get("closed_at")?,
            outcome_digest: row.try_get("outcome_digest")?,
            closing_digest: row.try_get("closing_digest")?,
            is_emptied: row.try_get("emptied")?,
        })
    }
}

impl TurnRow {
    /// The row of a turn.
    pub(super) async fn named(
        connection: &mut SqliteConnection,
        turn: &str,
    ) -> Result<Option<Self>, StoreError> {
        sqlx::query_as("SELECT * FROM turns WHERE turn = ?1")
            .bind(turn)
            .fetch_optional(connection)
            .await
            .map_err(|error| store_error(format!("reading turn {turn}"), error))
    }

    /// Rows before a row, youngest first.
    pub(super) async fn before(
        connection: &mut SqliteConnection,
        session: Option<&str>,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Self>, StoreError> {
        let query = match session {
            Some(_) => "SELECT * FROM turns WHERE session = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2",
            None => "SELECT * FROM turns WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        };
        sqlx::query_as(query)
            .bind(before)
            .bind(limit)
            .bind(session)
            .fetch_all(connection)
            .await
            .map_err(|error| store_error("listing turns", error))
    }

    /// Its line in the list.
    pub(super) fn summary(&self) -> Result<TurnSummary, StoreError> {
        let session = self.session.clone().map(SessionKey::new).transpose();
        Ok(TurnSummary {
            turn: turn_id(self.turn.clone())?,
            session: session
                .map_err(|error| corrupt(format!("reading the session of turn {}", self.turn), error))?,
            received: instant(self.received),
            outcome: self.known_outcome()?,
            attempts: self.attempts(),
            closed: self.closed_at.map(instant),
            is_emptied: self.is_emptied,
        })
    }

    pub(super) fn attempts(&self) -> u32 {
        u32::try_from(self.attempts).unwrap_or(0)
    }

    /// Its outcome, if it is closed.
    pub(super) fn known_outcome(&self) -> Result<Option<TurnOutcome>, StoreError> {
        let Some(name) = &self.outcome else { return Ok(None) };
        let unknown =
            || corrupt(format!("reading the outcome of turn {}", self.turn), "there is no such outcome");
        TurnOutcome::named(name).map(Some).ok_or_else(unknown)
    }
}
