//! Chats in a closed loop: each sends its next message when the answer to its last one was delivered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{AccountId, ChannelName, ChatId, MessageId, SenderId};
use nanobot_core::label::Label;
use nanobot_core::ports::{Clock as _, IdGenerator as _, Ingest};
use nanobot_tests::measured::real;
use nanobotd::system::{SystemClock, SystemIds};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::house::House;
use crate::network::Arrival;
use crate::now;

/// How long one answer may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// When chats stop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// No message is sent after this long.
    Elapsed(Duration),
    /// Each chat has sent so many.
    Sent(usize),
}

/// What a run of chats gave.
pub(crate) struct Traffic {
    /// From the call of `receive` to the call of `send`, one for each message.
    pub(crate) took: Vec<Duration>,
    /// Messages per second while all chats were at it; none where the run had no stated length.
    pub(crate) rate: Option<f64>,
    /// Durable commits per message.
    pub(crate) commits: f64,
}

/// One message and its answer.
struct Trip {
    took: Duration,
    arrived: Instant,
}

/// Lets so many chats talk to the house.
pub(crate) async fn run(house: &House, chats: usize, until: Until) -> Result<Traffic> {
    let (commits, began) = (house.commits(), now());
    let mut talks = JoinSet::new();
    for number in 0..chats {
        let chat = ChatId::new(format!("chat-{number}"))?;
        let arrivals = house.arrivals.listen(chat.clone());
        let talk = Talk {
            ingest: house.ingest(),
            channel: house.channel.clone(),
            chat,
            arrivals,
            clock: Arc::new(SystemClock::new()),
        };
        talks.spawn(talk.run(until, began));
    }
    let mut trips = Vec::new();
    while let Some(talk) = talks.join_next().await {
        trips.extend(talk??);
    }
    let commits = usize::try_from(house.commits() - commits)?;
    Ok(Traffic {
        rate: match until {
            Until::Elapsed(length) => Some(rate(&trips, began, length)),
            Until::Sent(_) => None,
        },
        commits: real(commits) / real(trips.len()),
        took: trips.into_iter().map(|trip| trip.took).collect(),
    })
}

/// Only what arrived in time counts: the stragglers behind it have the house for themselves.
fn rate(trips: &[Trip], began: Instant, length: Duration) -> f64 {
    let in_time = trips.iter().filter(|trip| trip.arrived.duration_since(began) <= length).count();
    real(in_time) / length.as_secs_f64()
}

/// One chat.
struct Talk {
    ingest: Arc<dyn Ingest>,
    channel: ChannelName,
    chat: ChatId,
    arrivals: mpsc::Receiver<Arrival>,
    clock: Arc<SystemClock>,
}

impl Talk {
    async fn run(mut self, until: Until, began: Instant) -> Result<Vec<Trip>> {
        let mut trips = Vec::new();
        while match until {
            Until::Elapsed(length) => now().duration_since(began) < length,
            Until::Sent(count) => trips.len() < count,
        } {
            trips.push(self.trip(trips.len()).await?);
        }
        Ok(trips)
    }

    async fn trip(&mut self, number: usize) -> Result<Trip> {
        let event = self.message(number)?;
        let sent = now();
        self.ingest.receive(event).await.context("the message was not taken")?;
        let arrival = tokio::time::timeout(PATIENCE, self.arrivals.recv()).await;
        let arrival = arrival.context("no answer came in time")?.context("the network is gone")?;
        if !arrival.is_answer {
            bail!("something else than the answer was delivered");
        }
        Ok(Trip { took: arrival.at.duration_since(sent), arrived: arrival.at })
    }

    fn message(&self, number: usize) -> Result<InboundEvent> {
        let text = format!(
            "This is message {number} of this run, with some words to it, so that it is about as long as messages are."
        );
        Ok(InboundEvent {
            channel: self.channel.clone(),
            account: AccountId::sole(),
            chat: self.chat.clone(),
            chat_kind: ChatKind::Direct,
            sender: SenderId::new("somebody")?,
            participant: None,
            message_id: Some(MessageId::new(SystemIds.turn_id().to_string())?),
            at: self.clock.now().instant,
            blocks: vec![ContentBlock::text(text, Label::Stranger)],
            mentioned_bot: false,
            reply: None,
        })
    }
}
