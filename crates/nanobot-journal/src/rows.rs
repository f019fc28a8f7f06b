//! Reading rows and what they stand for. Each query is served by an index, and costs what it answers.

use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{DeliveryKey, TurnId};
use nanobot_core::intent::SessionAppend;
use nanobot_core::ports::{
    Delivery, InboundId, OpenTurn, Outgoing, PendingAppend, QueuedDelivery, SessionWrite, StoreError,
};
use nanobot_core::record::{
    EventRecord, LinesRecord, OutgoingRecord, RecordedStep, StepDone, StepStarted, TimeRecord,
};
use nanobot_core::time::WallTime;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};

use crate::error::{corrupt, store_error};
use crate::time::instant;
use crate::words::parse;

/// The steps of a turn.
pub(crate) const STEPS: &str = "SELECT sw.body, dw.body FROM records s JOIN words sw ON sw.id = s.words \
    LEFT JOIN records d ON d.turn = s.turn AND d.kind = 'done' AND d.place = s.place \
    LEFT JOIN words dw ON dw.id = d.words \
    WHERE s.turn = ?1 AND s.kind = 'started' ORDER BY s.place";

/// Turns without outcome behind a row.
pub(crate) const OPEN: &str = "SELECT t.id, t.turn, w.body FROM turns t INDEXED BY turns_open \
    LEFT JOIN records r ON r.turn = t.id AND r.kind = 'event' AND r.place = 0 \
    LEFT JOIN words w ON w.id = r.words \
    WHERE t.outcome IS NULL AND t.id > ?1 ORDER BY t.id LIMIT ?2";

/// Rows of session lines by their numbers.
pub(crate) const LINES: &str = "SELECT l.id, t.turn, t.closed, l.offset, rw.body, xw.body FROM lines l \
    JOIN turns t ON t.id = l.turn \
    LEFT JOIN records r ON r.turn = l.turn AND r.kind = 'lines' AND r.place = l.place \
    LEFT JOIN words rw ON rw.id = r.words \
    LEFT JOIN records x ON x.turn = l.turn AND x.kind = 'text' AND x.place = l.place \
    LEFT JOIN words xw ON xw.id = x.words \
    WHERE l.id IN (SELECT value FROM json_each(?1)) AND l.settled = 0 ORDER BY l.id";

/// Row numbers as SQLite takes several of them in one value.
pub(crate) fn json_ids<T: ToString>(ids: &[T]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("[{}]", ids.join(","))
}

/// As many rows as SQLite can count.
pub(crate) fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The steps of a turn, by index.
pub(crate) async fn steps(
    connection: &mut SqliteConnection,
    row: i64,
    turn: &str,
) -> Result<Vec<RecordedStep>, StoreError> {
    let rows: Vec<(String, Option<String>)> = sqlx::query_as(STEPS)
        .bind(row)
        .fetch_all(connection)
        .await
        .map_err(|error| store_error(format!("reading the steps of turn {turn}"), error))?;
    let step = |(started, done): (String, Option<String>)| {
        Ok(RecordedStep {
            started: parse::<StepStarted, StepStarted>("a step", turn, &started)?,
            done: done.map(|done| parse::<StepDone, StepDone>("a step's answer", turn, &done)).transpose()?,
        })
    };
    rows.into_iter().map(step).collect()
}

/// Turns without outcome behind a row, oldest first.
pub(crate) async fn open_turns(
    connection: &mut SqliteConnection,
    after: InboundId,
    limit: usize,
) -> Result<Vec<OpenTurn>, StoreError> {
    let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(OPEN)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(at_most(limit))
        .fetch_all(connection)
        .await
        .map_err(|error| store_error("reading the open turns", error))?;
    let open = |(id, turn, body): (i64, String, Option<String>)| {
        let body = body.ok_or_else(|| corrupt(format!("reading the message of turn {turn}"), Missing))?;
        Ok(OpenTurn {
            inbound: InboundId(id.cast_unsigned()),
            event: parse::<EventRecord, InboundEvent>("the message", &turn, &body)?,
            turn: turn_id(turn)?,
        })
    };
    rows.into_iter().map(open).collect()
}

/// Session lines by their numbers, in order. Those that are settled by now are left out.
pub(crate) async fn lines(
    connection: &mut SqliteConnection,
    ids: &[u64],
) -> Result<Vec<PendingAppend>, StoreError> {
    let rows: Vec<LineRow> = sqlx::query_as(LINES)
        .bind(json_ids(ids))
        .fetch_all(connection)
        .await
        .map_err(|error| store_error("reading the session lines that wait", error))?;
    rows.into_iter().map(pending).collect()
}

/// Number, turn, end of the turn, offset, record, text.
type LineRow = (i64, String, Option<String>, i64, Option<String>, Option<String>);

fn pending((id, turn, closed, offset, record, text): LineRow) -> Result<PendingAppend, StoreError> {
    let missing = || corrupt(format!("reading session lines of turn {turn}"), Missing);
    let (closed, record) = (closed.ok_or_else(missing)?, record.ok_or_else(missing)?);
    Ok(PendingAppend {
        id: id.cast_unsigned(),
        write: SessionWrite {
            append: parse::<LinesRecord, SessionAppend>("session lines", &turn, &record)?,
            text: text.ok_or_else(missing)?,
            offset: offset.cast_unsigned(),
        },
        at: parse::<TimeRecord, WallTime>("the end", &turn, &closed)?,
    })
}

/// What the queue of deliveries knows about one of them.
pub(crate) struct QueueRow {
    key: String,
    turn: String,
    body: Option<String>,
    attempts: i64,
    not_before: Option<i64>,
    state: String,
    why: Option<String>,
}

impl FromRow<'_, SqliteRow> for QueueRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key: row.try_get("key")?,
            turn: row.try_get("turn")?,
            body: row.try_get("body")?,
            attempts: row.try_get("attempts")?,
            not_before: row.try_get("not_before")?,
            state: row.try_get("state")?,
            why: row.try_get("why")?,
        })
    }
}

impl QueueRow {
    pub(crate) fn into_queued(self) -> Result<QueuedDelivery, StoreError> {
        let is_parked = self.state == "parked";
        let why = || self.why.clone().unwrap_or_default();
        let doing = || format!("reading delivery {}", self.key);
        let body = self.body.as_deref().ok_or_else(|| corrupt(doing(), Missing))?;
        Ok(QueuedDelivery {
            delivery: Delivery {
                key: DeliveryKey::new(self.key.clone()).map_err(|error| corrupt(doing(), error))?,
                outgoing: parse::<OutgoingRecord, Outgoing>("a delivery", &self.turn, body)?,
                turn: turn_id(self.turn.clone())?,
            },
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            not_before: self.not_before.map(instant),
            parked: is_parked.then(why),
        })
    }
}

/// A stored turn id.
pub(crate) fn turn_id(turn: String) -> Result<TurnId, StoreError> {
    TurnId::new(turn).map_err(|error| corrupt("reading the name of a turn", error))
}

/// A row refers to words that are not there.
#[derive(Debug, thiserror::Error)]
#[error("its words are missing")]
struct Missing;
