//! Messages that come in, and the tries at answering them.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::ids::TurnId;
use nanobot_core::ports::{Attempt, InboundId, Ingested, Seen, StoreError, StoreErrorKind};
use nanobot_core::record::TimeRecord;
use nanobot_core::time::WallTime;

use super::batch::{Batch, Counts};
use super::work::{Halt, Work};
use crate::open_turns::OpenTurn;
use crate::rows;
use crate::words::{Words, began_digest, parse};

/// Stores a message.
pub(crate) struct Ingest {
    pub(crate) turn: TurnId,
    pub(crate) channel: String,
    pub(crate) account: String,
    pub(crate) chat: String,
    pub(crate) message: Option<String>,
    pub(crate) session: String,
    pub(crate) received: i64,
    pub(crate) event: Arc<Words>,
}

#[async_trait]
impl Work for Ingest {
    type Answer = Ingested;

    fn doing(&self) -> String {
        format!("storing a message of session {}", self.session)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<Ingested, Halt> {
        if batch.counts.open >= batch.limits().open {
            batch.counts = Counts::read(&mut *batch.connection).await?;
        }
        if batch.counts.open >= batch.limits().open {
            let doing = format!("{}: too many messages wait for their outcome", self.doing());
            return match self.known(batch).await? {
                Some(id) => Ok(Ingested { id, seen: Seen::Again }),
                None => Err(Halt::Refused(StoreError::new(StoreErrorKind::Limit, doing))),
            };
        }
        let insert = "INSERT INTO turns (turn, channel, account, chat, message, session, received) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                      ON CONFLICT (channel, account, chat, message) WHERE message IS NOT NULL DO NOTHING \
                      RETURNING id";
        let inserted: Option<i64> = sqlx::query_scalar(insert)
            .bind(self.turn.as_str())
            .bind(&self.channel)
            .bind(&self.account)
            .bind(&self.chat)
            .bind(&self.message)
            .bind(&self.session)
            .bind(self.received)
            .fetch_optional(&mut *batch.connection)
            .await?;
        if let Some(id) = inserted {
            batch.add_words(id, &self.event);
            batch.counts.open += 1;
            batch.turn_stands(OpenTurn { id, turn: self.turn.clone(), attempts: 0 });
            return Ok(Ingested { id: InboundId(id.cast_unsigned()), seen: Seen::First });
        }
        match self.known(batch).await? {
            Some(id) => Ok(Ingested { id, seen: Seen::Again }),
            None => Err(Halt::Broken(sqlx::Error::RowNotFound)),
        }
    }
}

impl Ingest {
    /// The number of the message, if it has come before.
    async fn known(&self, batch: &mut Batch<'_>) -> Result<Option<InboundId>, sqlx::Error> {
        let query = "SELECT id FROM turns WHERE channel = ?1 AND account = ?2 AND chat = ?3 AND message = ?4";
        let id: Option<i64> = sqlx::query_scalar(query)
            .bind(&self.channel)
            .bind(&self.account)
            .bind(&self.chat)
            .bind(&self.message)
            .fetch_optional(&mut *batch.connection)
            .await?;
        Ok(id.map(|id| InboundId(id.cast_unsigned())))
    }
}

/// Counts an attempt.
pub(crate) struct Begin {
    pub(crate) inbound: InboundId,
    pub(crate) at: WallTime,
    /// `at`, as it is stored.
    pub(crate) began: String,
}

#[async_trait]
impl Work for Begin {
    type Answer = Attempt;

    fn doing(&self) -> String {
        format!("beginning the turn of message {}", self.inbound.0)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<Attempt, Halt> {
        let id = self.inbound.0.cast_signed();
        if let Some(open) = batch.open_turn_of(id).filter(|open| open.attempts == 0)
            && self.first(batch, open).await?
        {
            return Ok(Attempt { number: 1, at: self.at.clone(), steps: Vec::new() });
        }
        batch.turn_unknown(id);
        let query = "SELECT turn, attempts, began FROM turns WHERE id = ?1 AND outcome IS NULL";
        let found: Option<(String, i64, Option<String>)> =
            sqlx::query_as(query).bind(id).fetch_optional(&mut *batch.connection).await?;
        let Some((turn, attempts, began)) = found else {
            return Err(Halt::Refused(StoreError::new(StoreErrorKind::NotFound, self.doing())));
        };
        let earlier = match began {
            None => None,
            Some(began) => {
                batch.flush_turn(id).await?;
                let steps = rows::steps(&mut *batch.connection, id, &turn).await?;
                let at = parse::<TimeRecord, WallTime>("the reading of the clock", &turn, &began)?;
                (!steps.is_empty()).then_some((at, steps))
            }
        };
        let attempts = attempts.saturating_add(1);
        let number = u32::try_from(attempts).unwrap_or(u32::MAX);
        // The steps were taken under the reading that stands already.
        if let Some((at, steps)) = earlier {
            let update = "UPDATE turns SET attempts = ?2 WHERE id = ?1";
            sqlx::query(update).bind(id).bind(attempts).execute(&mut *batch.connection).await?;
            return Ok(Attempt { number, at, steps });
        }
        let update = "UPDATE turns SET attempts = ?2, began = ?3, began_digest = ?4 WHERE id = ?1";
        sqlx::query(update)
            .bind(id)
            .bind(attempts)
            .bind(&self.began)
            .bind(began_digest(&turn, &self.began))
            .execute(&mut *batch.connection)
            .await?;
        Ok(Attempt { number, at: self.at.clone(), steps: Vec::new() })
    }
}

impl Begin {
    /// Counts the first attempt at a message that this process has stored. Answers whether it is the first.
    async fn first(&self, batch: &mut Batch<'_>, open: OpenTurn) -> Result<bool, sqlx::Error> {
        let update = "UPDATE turns SET attempts = 1, began = ?2, began_digest = ?3 \
                      WHERE id = ?1 AND attempts = 0 AND began IS NULL AND outcome IS NULL";
        let updated = sqlx::query(update)
            .bind(open.id)
            .bind(&self.began)
            .bind(began_digest(open.turn.as_str(), &self.began))
            .execute(&mut *batch.connection)
            .await?;
        let is_first = updated.rows_affected() == 1;
        if is_first {
            batch.turn_stands(OpenTurn { attempts: 1, ..open });
        }
        Ok(is_first)
    }
}

/// Takes back the count of an attempt.
pub(crate) struct HandBack(pub(crate) InboundId);

#[async_trait]
impl Work for HandBack {
    type Answer = ();

    fn doing(&self) -> String {
        format!("taking back an attempt at message {}", self.0.0)
    }

    async fn run(&self, batch: &mut Batch<'_>) -> Result<(), Halt> {
        let update = "UPDATE turns SET attempts = max(attempts - 1, 0) WHERE id = ?1 AND outcome IS NULL";
        sqlx::query(update).bind(self.0.0.cast_signed()).execute(&mut *batch.connection).await?;
        batch.turn_unknown(self.0.0.cast_signed());
        Ok(())
    }
}
