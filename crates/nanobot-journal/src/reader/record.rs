//! A turn, put together from its rows; what is not as it was written is named.

use std::collections::BTreeMap;

use nanobot_core::event::InboundEvent;
use nanobot_core::ids::{DeliveryKey, TurnId};
use nanobot_core::intent::SessionAppend;
use nanobot_core::pipeline::{Readings, Route};
use nanobot_core::ports::{Closing, Delivery, InboundId, Outgoing, SessionWrite, StoreError};
use nanobot_core::record::{
    EventRecord, LinesRecord, OutgoingRecord, ReadingsRecord, RecordedStep, StepDone, StepStarted, TimeRecord,
};
use nanobot_core::replay::RecordedTurn;
use nanobot_core::time::WallTime;
use serde::de::DeserializeOwned;
use sqlx::SqliteConnection;

use super::turn_row::TurnRow;
use crate::error::{corrupt, store_error};
use crate::rows::turn_id;
use crate::time::{instant, nanos};
use crate::words::{Digest, Kind, began_digest, closing_digest, outcome_digest, parse, words_digest};

const WORDS: &str = "SELECT r.kind, r.place, w.body, r.digest FROM records r JOIN words w ON w.id = r.words \
                     WHERE r.turn = ?1";

/// Everything that is known about a turn.
pub(super) async fn recorded(
    connection: &mut SqliteConnection,
    row: TurnRow,
) -> Result<RecordedTurn, StoreError> {
    let mut parts = Parts::read(connection, &row).await?;
    let event = parts.event(&row)?;
    let at = parts.began(&row)?;
    let steps = parts.steps()?;
    let closing = parts.closing(&row)?;
    Ok(RecordedTurn {
        turn: parts.id,
        inbound: row.key[0].is_some().then(|| InboundId(row.id.cast_unsigned())),
        received: instant(row.received),
        event,
        attempts: row.attempts(),
        at,
        steps,
        closing,
        altered: parts.altered,
    })
}

/// What stands beside the turn's own row, and what was found about it.
struct Parts {
    turn: String,
    id: TurnId,
    /// Body and digest by kind and place.
    words: BTreeMap<(String, i64), (String, Digest)>,
    /// Place, session, offset; in order.
    lines: Vec<(i64, String, i64)>,
    /// Place, key, target; in order.
    deliveries: Vec<(i64, String, String)>,
    altered: Vec<String>,
}

impl Parts {
    async fn read(connection: &mut SqliteConnection, row: &TurnRow) -> Result<Self, StoreError> {
        let failed = |error| store_error(format!("reading turn {}", row.turn), error);
        let words: Vec<(String, i64, String, Digest)> =
            sqlx::query_as(WORDS).bind(row.id).fetch_all(&mut *connection).await.map_err(failed)?;
        let lines = sqlx::query_as("SELECT place, session, offset FROM lines WHERE turn = ?1 ORDER BY id")
            .bind(row.id)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let deliveries = sqlx::query_as("SELECT place, key, target FROM outbox WHERE turn = ?1 ORDER BY seq")
            .bind(row.id)
            .fetch_all(connection)
            .await
            .map_err(failed)?;
        let words = words.into_iter().map(|(kind, place, body, digest)| ((kind, place), (body, digest)));
        Ok(Self {
            turn: row.turn.clone(),
            id: turn_id(row.turn.clone())?,
            words: words.collect(),
            lines,
            deliveries,
            altered: Vec::new(),
        })
    }

    /// The body of a record, if it is there. Whether it is as it was written is noted under its name.
    fn body(&mut self, kind: Kind, place: i64, beside: &[&str], name: &str) -> Option<String> {
        let Some((body, digest)) = self.words.get(&(kind.name().to_owned(), place)) else {
            self.altered.push(format!("{name} (missing)"));
            return None;
        };
        if *digest != words_digest(kind.name(), &self.turn, place, beside, body) {
            self.altered.push(name.to_owned());
        }
        Some(body.clone())
    }

    /// What a record stands for. One that was changed so that it does not read is named, and left out.
    fn record<R, T>(
        &mut self,
        kind: Kind,
        place: i64,
        beside: &[&str],
        name: &str,
    ) -> Result<Option<T>, StoreError>
    where
        R: DeserializeOwned,
        T: TryFrom<R>,
        T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let before = self.altered.len();
        let Some(body) = self.body(kind, place, beside, name) else { return Ok(None) };
        match parse::<R, T>(name, &self.turn, &body) {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.altered.len() > before => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn event(&mut self, row: &TurnRow) -> Result<Option<InboundEvent>, StoreError> {
        if row.is_emptied || row.key[0].is_none() {
            return Ok(None);
        }
        let event: Option<InboundEvent> = self.record::<EventRecord, _>(Kind::Event, 0, &[], "message")?;
        if let Some(event) = &event {
            let message = event.message_id.as_ref().map(ToString::to_string);
            let key = [
                Some(event.channel.to_string()),
                Some(event.account.to_string()),
                Some(event.chat.to_string()),
                message,
            ];
            if key != row.key || row.session.as_deref() != Some(Route::of(event).session().as_str()) {
                self.altered.push("key of the message".to_owned());
            }
        }
        Ok(event)
    }

    fn began(&mut self, row: &TurnRow) -> Result<Option<WallTime>, StoreError> {
        let Some(began) = &row.began else { return Ok(None) };
        let name = "reading of the clock";
        let is_altered = row.began_digest.as_ref() != Some(&began_digest(&self.turn, began));
        if is_altered {
            self.altered.push(name.to_owned());
        }
        match parse::<TimeRecord, WallTime>(name, &self.turn, began) {
            Ok(at) => Ok(Some(at)),
            Err(_) if is_altered => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn steps(&mut self) -> Result<Vec<RecordedStep>, StoreError> {
        let places = |kind: Kind| {
            let of_kind = self.words.keys().filter(move |(name, _)| name == kind.name());
            of_kind.map(|(_, place)| *place).collect::<Vec<_>>()
        };
        let (started, done) = (places(Kind::Started), places(Kind::Done));
        let mut steps = Vec::new();
        for place in started {
            let name = format!("start of step {}", place + 1);
            let Some(started) = self.record::<StepStarted, _>(Kind::Started, place, &[], &name)? else {
                continue;
            };
            let name = format!("answer of step {}", place + 1);
            let done = if done.contains(&place) {
                self.record::<StepDone, _>(Kind::Done, place, &[], &name)?
            } else {
                None
            };
            steps.push(RecordedStep { started, done });
        }
        Ok(steps)
    }

    fn closing(&mut self, row: &TurnRow) -> Result<Option<Closing>, StoreError> {
        let (Some(outcome), Some(closed)) = (&row.outcome, &row.closed) else { return Ok(None) };
        let expected = outcome_digest(&self.turn, row.attempts, outcome, closed);
        if row.outcome_digest.as_ref() != Some(&expected) {
            self.altered.push("outcome, attempts or end".to_owned());
        }
        let at = parse::<TimeRecord, WallTime>("the end", &self.turn, closed);
        if at.as_ref().ok().map(|at| nanos(at.instant)) != row.closed_at {
            self.altered.push("time of the end".to_owned());
        }
        if row.is_emptied {
            return Ok(None);
        }
        let readings = self.record::<ReadingsRecord, Readings>(Kind::Readings, 0, &[], "what was read")?;
        let sessions = self.sessions()?;
        let deliveries = self.all_deliveries()?;
        if self.altered.is_empty() && row.closing_digest.as_ref() != Some(&self.digest_of_all(&expected)) {
            self.altered.push("number or order of session lines and deliveries".to_owned());
        }
        let outcome = match row.known_outcome() {
            Err(error) if self.altered.is_empty() => return Err(error),
            outcome => outcome.ok().flatten(),
        };
        let at = match at {
            Err(error) if self.altered.is_empty() => return Err(error),
            at => at.ok(),
        };
        let (Some(outcome), Some(readings), Some(at)) = (outcome, readings, at) else { return Ok(None) };
        let inbound = row.key[0].is_some().then(|| InboundId(row.id.cast_unsigned()));
        Ok(Some(Closing { inbound, turn: self.id.clone(), outcome, readings, sessions, deliveries, at }))
    }

    fn sessions(&mut self) -> Result<Vec<SessionWrite>, StoreError> {
        let mut sessions = Vec::new();
        for (place, session, offset) in self.lines.clone() {
            let name = format!("session lines {}", place + 1);
            let append: Option<SessionAppend> =
                self.record::<LinesRecord, _>(Kind::Lines, place, &[], &name)?;
            let beside = [session.as_str(), &offset.to_string()];
            let name = format!("text or place of session lines {}", place + 1);
            let text = self.body(Kind::Text, place, &beside, &name);
            if let (Some(append), Some(text)) = (append, text) {
                sessions.push(SessionWrite { append, text, offset: offset.cast_unsigned() });
            }
        }
        Ok(sessions)
    }

    fn all_deliveries(&mut self) -> Result<Vec<Delivery>, StoreError> {
        let mut deliveries = Vec::new();
        for (place, key, target) in self.deliveries.clone() {
            let name = format!("delivery {}", place + 1);
            let beside = [key.as_str(), target.as_str()];
            let outgoing: Option<Outgoing> =
                self.record::<OutgoingRecord, _>(Kind::Delivery, place, &beside, &name)?;
            let Some(outgoing) = outgoing else { continue };
            let key = DeliveryKey::new(key)
                .map_err(|error| corrupt(format!("reading {name} of turn {}", self.turn), error))?;
            deliveries.push(Delivery { key, turn: self.id.clone(), outgoing });
        }
        Ok(deliveries)
    }

    /// The digest of a closing that consists of what is there.
    fn digest_of_all(&self, outcome: &[u8]) -> Digest {
        let digest = |kind: Kind, place: i64| {
            self.words.get(&(kind.name().to_owned(), place)).map_or(&[][..], |(_, digest)| digest.as_slice())
        };
        let readings = std::iter::once(digest(Kind::Readings, 0));
        let lines = self
            .lines
            .iter()
            .flat_map(|(place, ..)| [digest(Kind::Lines, *place), digest(Kind::Text, *place)]);
        let deliveries = self.deliveries.iter().map(|(place, ..)| digest(Kind::Delivery, *place));
        closing_digest(outcome, readings.chain(lines).chain(deliveries))
    }
}
