//! The closing transaction of a turn: outcome, session lines and deliveries, all or nothing.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::{SessionKey, TurnId};
use nanobot_core::ports::{Closing, Delivery, SessionWrite, StoreError, StoreErrorKind};
use nanobot_core::record::{LinesRecord, OutgoingRecord, ReadingsRecord, TimeRecord};
use nanobot_core::time::WallTime;

use super::batch::{Batch, Counts, NewDelivery, NewLines, stored_offset};
use super::work::{Halt, Work};
use crate::time::nanos;
use crate::words::{Digest, Kind, Words, closing_digest, outcome_digest};

/// Closes a turn. The records are made before it is handed over, so that the writer only stores them.
pub(crate) struct Close {
    turn: TurnId,
    /// The row of the message, if there is one.
    inbound: Option<i64>,
    outcome: &'static str,
    at: WallTime,
    closed: String,
    closed_at: i64,
    /// The session of a turn that answers no message: that of its lines, or of what it sends.
    session: Option<String>,
    readings: Arc<Words>,
    lines: Vec<LineRow>,
    deliveries: Vec<DeliveryRow>,
}

struct LineRow {
    write: SessionWrite,
    record: Arc<Words>,
    text: Arc<Words>,
}

struct DeliveryRow {
    key: String,
    target: String,
    record: Arc<Words>,
}

impl Close {
    /// The rows of a closing.
    ///
    /// # Errors
    /// When something of it cannot be stored.
    pub(crate) fn new(closing: &Closing) -> Result<Self, StoreError> {
        let turn = &closing.turn;
        let readings = ReadingsRecord::from(&closing.readings);
        let lines = closing.sessions.iter().zip(0..).map(|(write, place)| LineRow::new(turn, place, write));
        let deliveries = closing
            .deliveries
            .iter()
            .zip(0..)
            .map(|(delivery, place)| DeliveryRow::new(turn, place, delivery));
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let deliveries = deliveries.collect::<Result<Vec<_>, _>>()?;
        let session = lines.first().map(|row| row.session().to_string());
        Ok(Self {
            turn: turn.clone(),
            inbound: closing.inbound.map(|id| id.0.cast_signed()),
            outcome: closing.outcome.name(),
            closed: serde_json::to_string(&TimeRecord::from(&closing.at))
                .map_err(|error| StoreError::backend(format!("writing the end of turn {turn}"), error))?,
            at: closing.at.clone(),
            closed_at: nanos(closing.at.instant),
            session: session.or_else(|| deliveries.first().map(|row| row.target.clone())),
            readings: Arc::new(Words::record(Kind::Readings, turn, 0, &[], &readings)?),
            lines,
            deliveries,
        })
    }

    /// Whether so much more may wait.
    async fn check_room(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let limits = *batch.limits();
        let refused = |what: &str| {
            let doing = format!("{}: {what}", self.doing());
            Err(Halt::Refused(StoreError::new(StoreErrorKind::Limit, doing)))
        };
        if batch.queued() + self.deliveries.len() > limits.queued {
            batch.flush().await?;
            batch.counts = Counts::read(&mut *batch.connection).await?;
        }
        if batch.queued() + self.deliveries.len() > limits.queued {
            return refused("too many deliveries wait");
        }
        for row in &self.lines {
            let (all, of_session) = batch.lines_under_way(row.session());
            if all + self.lines.len() > limits.lines {
                return refused("too many session lines wait");
            }
            // One session whose file cannot be written must not fill the journal for all.
            if of_session >= limits.lines_per_session {
                return refused("too many lines of this session wait for its file");
            }
        }
        Ok(())
    }

    /// The digests of the outcome, and of everything.
    fn digests(&self, attempts: i64) -> (Digest, Digest) {
        let outcome = outcome_digest(self.turn.as_str(), attempts, self.outcome, &self.closed);
        let lines = self.lines.iter().flat_map(|row| [&row.record, &row.text]);
        let deliveries = self.deliveries.iter().map(|row| &row.record);
        let words = std::iter::once(&self.readings).chain(lines).chain(deliveries);
        let all = closing_digest(&outcome, words.map(|words| words.digest.as_slice()));
        (outcome, all)
    }

    /// Answers whether it was open.
    async fn end_turn(&self, batch: &mut Batch<'_>, id: i64, attempts: i64) -> Result<bool, sqlx::Error> {
        let (outcome_digest, closing_digest) = self.digests(attempts);
        let update = "UPDATE turns SET outcome = ?2, closed = ?3, closed_at = ?4, outcome_digest = ?5, \
                      closing_digest = ?6 WHERE id = ?1 AND outcome IS NULL";
        let ended = sqlx::query(update)
            .bind(id)
            .bind(self.outcome)
            .bind(&self.closed)
            .bind(self.closed_at)
            .bind(outcome_digest)
            .bind(closing_digest)
            .execute(&mut *batch.connection)
            .await?;
        let was_open = ended.rows_affected() == 1;
        batch.counts.open = batch.counts.open.saturating_sub(usize::from(was_open));
        batch.turn_unknown(id);
        Ok(was_open)
    }

    /// A turn that answers no message gets its row now.
    async fn add_turn(&self, batch: &mut Batch<'_>) -> Result<i64, sqlx::Error> {
        let (outcome_digest, closing_digest) = self.digests(0);
        let insert = "INSERT INTO turns (turn, session, received, outcome, closed, closed_at, outcome_digest, \
                      closing_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?3, ?6, ?7) RETURNING id";
        sqlx::query_scalar(insert)
            .bind(self.turn.as_str())
            .bind(&self.session)
            .bind(self.closed_at)
            .bind(self.outcome)
            .bind(&self.closed)
            .bind(outcome_digest)
            .bind(closing_digest)
            .fetch_one(&mut *batch.connection)
            .await
    }

    fn add_rows(&self, batch: &mut Batch<'_>, turn: i64) {
        batch.add_words(turn, &self.readings);
        for row in &self.lines {
            batch.add_lines(NewLines {
                turn,
                place: row.record.place,
                write: row.write.clone(),
                at: self.at.clone(),
            });
            batch.add_words(turn, &row.record);
            batch.add_words(turn, &row.text);
        }
        for row in &self.deliveries {
            batch.add_delivery(NewDelivery {
                key: row.key.clone(),
                turn,
                target: row.target.clone(),
                record: row.record.clone(),
            });
        }
    }
}

#[async_trait]
impl Work for Close {
    type Answer = ();

    fn doing(&self) -> String {
        format!("closing turn {}", self.turn)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        if let Some(open) = batch.open_turn(&self.turn)
            && self.inbound.is_none_or(|inbound| inbound == open.id)
        {
            self.check_room(batch).await?;
            if self.end_turn(batch, open.id, open.attempts).await? {
                self.add_rows(batch, open.id);
            }
            return Ok(());
        }
        let query = "SELECT id, attempts, outcome IS NOT NULL FROM turns WHERE turn = ?1";
        let found: Option<(i64, i64, bool)> =
            sqlx::query_as(query).bind(self.turn.as_str()).fetch_optional(&mut *batch.connection).await?;
        let turn = match found {
            Some((_, _, true)) => return Ok(()),
            Some((id, attempts, false)) if self.inbound.is_none_or(|inbound| inbound == id) => {
                self.check_room(batch).await?;
                self.end_turn(batch, id, attempts).await?;
                id
            }
            None if self.inbound.is_none() => {
                self.check_room(batch).await?;
                self.add_turn(batch).await?
            }
            Some(_) | None => {
                let doing = format!("{}, which does not answer that message", self.doing());
                return Err(Halt::Refused(StoreError::new(StoreErrorKind::NotFound, doing)));
            }
        };
        self.add_rows(batch, turn);
        Ok(())
    }
}

impl LineRow {
    fn new(turn: &TurnId, place: u32, write: &SessionWrite) -> Result<Self, StoreError> {
        let record = LinesRecord::from(&write.append);
        let beside = [write.append.session.as_str(), &stored_offset(write).to_string()];
        Ok(Self {
            record: Arc::new(Words::record(Kind::Lines, turn, place, &[], &record)?),
            text: Arc::new(Words::text(Kind::Text, turn, place, &beside, write.text.clone())?),
            write: write.clone(),
        })
    }

    fn session(&self) -> &SessionKey {
        &self.write.append.session
    }
}

impl DeliveryRow {
    fn new(turn: &TurnId, place: u32, delivery: &Delivery) -> Result<Self, StoreError> {
        let (channel, chat) = delivery.outgoing.target();
        let (key, target) = (delivery.key.to_string(), SessionKey::of(channel, chat).to_string());
        let record = OutgoingRecord::from(&delivery.outgoing);
        let beside = [key.as_str(), target.as_str()];
        Ok(Self {
            record: Arc::new(Words::record(Kind::Delivery, turn, place, &beside, &record)?),
            key,
            target,
        })
    }
}
