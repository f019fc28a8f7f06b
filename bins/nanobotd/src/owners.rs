//! Words of the daemon to its owners: one message to each of them on each network, by way of the outbox.

use std::sync::Arc;

use nanobot_core::TurnOutcome;
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey};
use nanobot_core::label::Labels;
use nanobot_core::message::OutboundMessage;
use nanobot_core::pipeline::{Readings, chain};
use nanobot_core::ports::{
    Clock, Closing, Delivery, IdGenerator, Journal, Outgoing, PolicyEngine, SecurityContext, SecurityGate,
};
use nanobot_core::stage::owner_chat;
use nanobot_core::verdict::SecurityVerdict;

use crate::pump::Pump;

/// Whoever tells owners something. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Owners {
    pub(crate) policy: Arc<dyn PolicyEngine>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) security: Arc<dyn SecurityGate>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) pump: Pump,
    /// The networks that run.
    pub(crate) networks: Vec<ChannelName>,
}

impl Owners {
    /// Tells all of them. `about` is what it is about, for the log and the output stage. Whether it is on its way to
    /// anybody: there may be no owner yet, or no network.
    pub(crate) async fn tell(&self, text: &str, about: &'static str) -> bool {
        let turn = self.ids.turn_id();
        let delivery = |(index, (channel, chat)): (usize, (ChannelName, ChatId))| {
            // Whoever has an owner's nick at the moment reads this, and more than its first line may name people of all
            // networks.
            let text = if channel.as_str() == "irc" { text.lines().next().unwrap_or_default() } else { text };
            let text = self.passed(&channel, text, about);
            let message = OutboundMessage { channel, chat, text, reply_to: None, media: Vec::new() };
            let outgoing = Outgoing::Message(message);
            Delivery { key: DeliveryKey::of(&turn, index), turn: turn.clone(), outgoing }
        };
        let chats = self.networks.iter().flat_map(|channel| self.chats(channel));
        let deliveries: Vec<Delivery> = chats.enumerate().map(delivery).collect();
        if deliveries.is_empty() {
            return false;
        }
        let closing = Closing {
            inbound: None,
            turn: turn.clone(),
            outcome: TurnOutcome::Answered,
            readings: Readings::default(),
            sessions: Vec::new(),
            deliveries,
            at: self.clock.now(),
        };
        match self.journal.close(&closing).await {
            Ok(()) => {
                self.pump.wake();
                true
            }
            Err(error) => {
                tracing::error!(error = chain(&error), about, "the owners could not be told");
                false
            }
        }
    }

    fn chats(&self, channel: &ChannelName) -> Vec<(ChannelName, ChatId)> {
        let owners = self.policy.owners(channel);
        let mut chats: Vec<ChatId> =
            owners.iter().filter_map(|owner| owner_chat(channel, owner.as_str())).collect();
        chats.sort();
        chats.dedup();
        chats.into_iter().map(|chat| (channel.clone(), chat)).collect()
    }

    /// Also what we say ourselves passes the output stage.
    fn passed(&self, channel: &ChannelName, text: &str, about: &'static str) -> String {
        let context = SecurityContext { channel: channel.clone(), labels: Labels::NONE, path: about };
        match self.security.check_output(text, &context) {
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => text.to_owned(),
            SecurityVerdict::Sanitize(_, text) => text,
            SecurityVerdict::Block(_) => self.security.block_message().to_owned(),
        }
    }
}
