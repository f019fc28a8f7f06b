//! What the journal says, by SQL of our own, from a copy of its file: looking must not change what is looked at, and
//! the daemon's own reading is under test.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::record::id_in;

/// The journal at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct JournalState {
    /// Inbound messages in the order of their numbers. Of those whose words are gone only some have an id.
    pub(super) turns: Vec<TurnRow>,
}

/// One inbound message and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TurnRow {
    /// Our id of the message.
    pub(super) id: Option<String>,
    pub(super) session: String,
    pub(super) outcome: Option<String>,
    pub(super) attempts: i64,
    /// Steps by index.
    pub(super) steps: BTreeMap<i64, Step>,
    /// Deliveries: key and state.
    pub(super) deliveries: Vec<(String, String)>,
}

/// A step that is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The name of the tool; none for a model call.
    pub(super) tool: Option<String>,
    /// It has its answer.
    pub(super) done: bool,
}

impl JournalState {
    /// Reads a copy. An empty one is read from a folder where there is no journal yet.
    pub(super) async fn read(folder: &Path) -> Result<Self> {
        let copy = tempfile::tempdir().context("a folder for the copy of the journal")?;
        let file = copy.path().join("journal.db");
        for name in ["journal.db", "journal.db-wal"] {
            let from = folder.join(name);
            if from.exists() {
                fs::copy(&from, copy.path().join(name)).context("copying the journal")?;
            }
        }
        if !file.exists() {
            return Ok(Self::default());
        }
        let options =
            SqliteConnectOptions::new().filename(&file).create_if_missing(false).disable_statement_logging();
        let mut connection =
            SqliteConnection::connect_with(&options).await.context("opening the copy of the journal")?;
        let state = read_all(&mut connection).await.context("reading the copy of the journal")?;
        connection.close().await.context("closing the copy of the journal")?;
        Ok(state)
    }

    pub(super) fn turn(&self, id: &str) -> Option<&TurnRow> {
        self.turns.iter().find(|turn| turn.id.as_deref() == Some(id))
    }

    /// How many turns have no outcome.
    pub(super) fn open(&self) -> usize {
        self.turns.iter().filter(|turn| turn.outcome.is_none()).count()
    }

    /// How many deliveries wait or are parked.
    pub(super) fn waiting(&self) -> usize {
        let deliveries = self.turns.iter().flat_map(|turn| &turn.deliveries);
        deliveries.filter(|(_, state)| state == "waiting" || state == "parked").count()
    }
}

async fn read_all(connection: &mut SqliteConnection) -> Result<JournalState> {
    let has_schema: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'turns'")
        .fetch_one(&mut *connection)
        .await?;
    if has_schema == 0 {
        return Ok(JournalState::default());
    }
    let mut turns: BTreeMap<i64, TurnRow> = BTreeMap::new();
    let query = "SELECT t.id, t.message, t.session, t.outcome, t.attempts, w.body FROM turns t \
                 LEFT JOIN records r ON r.turn = t.id AND r.kind = 'event' LEFT JOIN words w ON w.id = r.words \
                 WHERE t.channel IS NOT NULL";
    for row in sqlx::query(query).fetch_all(&mut *connection).await? {
        turns.insert(row.try_get(0)?, turn(&row)?);
    }
    let query = "SELECT r.turn, r.kind, r.place, w.body FROM records r JOIN words w ON w.id = r.words \
                 WHERE r.kind IN ('started', 'done') ORDER BY r.kind DESC";
    for row in sqlx::query(query).fetch_all(&mut *connection).await? {
        let Some(turn) = turns.get_mut(&row.try_get(0)?) else { continue };
        step(turn, &row)?;
    }
    for row in
        sqlx::query("SELECT turn, key, state FROM outbox ORDER BY seq").fetch_all(&mut *connection).await?
    {
        let Some(turn) = turns.get_mut(&row.try_get(0)?) else { continue };
        turn.deliveries.push((row.try_get(1)?, row.try_get(2)?));
    }
    Ok(JournalState { turns: turns.into_values().collect() })
}

fn turn(row: &SqliteRow) -> Result<TurnRow> {
    let message: Option<String> = row.try_get(1)?;
    let event: Option<String> = row.try_get(5)?;
    let id = event.as_deref().and_then(id_in).or_else(|| message.as_deref().and_then(id_in));
    Ok(TurnRow {
        id: id.map(str::to_owned),
        session: row.try_get::<Option<String>, _>(2)?.unwrap_or_default(),
        outcome: row.try_get(3)?,
        attempts: row.try_get(4)?,
        ..TurnRow::default()
    })
}

/// `started` rows come before `done` rows.
fn step(turn: &mut TurnRow, row: &SqliteRow) -> Result<()> {
    let (kind, place): (String, i64) = (row.try_get(1)?, row.try_get(2)?);
    if kind == "done" {
        if let Some(step) = turn.steps.get_mut(&place) {
            step.done = true;
        }
        return Ok(());
    }
    let body: serde_json::Value = serde_json::from_str(&row.try_get::<String, _>(3)?)?;
    let tool = body.pointer("/step/call/name").and_then(serde_json::Value::as_str).map(str::to_owned);
    turn.steps.insert(place, Step { tool, done: false });
    Ok(())
}
