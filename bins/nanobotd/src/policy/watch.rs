//! Watches the policy file while the daemon runs, and tells whoever should know what became of it.

use std::sync::Arc;
use std::time::Duration;

use nanobot_core::TurnOutcome;
use nanobot_core::cancel::CancelToken;
use nanobot_core::ids::{ChannelName, ChatId, DeliveryKey};
use nanobot_core::label::Labels;
use nanobot_core::message::OutboundMessage;
use nanobot_core::pipeline::{Readings, chain};
use nanobot_core::ports::{
    Clock, Closing, Delivery, IdGenerator, Journal, Outgoing, PolicyEngine as _, SecurityContext,
    SecurityGate, Telemetry,
};
use nanobot_core::stage::owner_chat;
use nanobot_core::telemetry::{PolicyFileState, TelemetryEvent};
use nanobot_core::verdict::SecurityVerdict;
use nanobot_policy::reload::{Cause, News};

use super::room::PolicyRoom;
use crate::pump::Pump;

/// How often it is asked whether the file is to be looked at; how often that is, the policy says.
const TICK: Duration = Duration::from_millis(100);

/// Faults that an owner is told; the log has all of them.
const MAX_TOLD: usize = 3;

/// The watcher.
pub(crate) struct Watcher {
    pub(crate) room: Arc<PolicyRoom>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) security: Arc<dyn SecurityGate>,
    pub(crate) telemetry: Arc<dyn Telemetry>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) pump: Pump,
    /// The networks that run: owners are told there.
    pub(crate) networks: Vec<ChannelName>,
}

impl Watcher {
    /// Watches until cancelled.
    pub(crate) async fn run(self, cancel: CancelToken) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {
                    for news in self.room.look().await {
                        self.tell(&news).await;
                    }
                }
            }
        }
    }

    async fn tell(&self, news: &News) {
        let (state, text) = match news {
            News::Trouble(trouble) => match &trouble.cause {
                Cause::Broken(faults) => {
                    for fault in faults {
                        tracing::error!(fault, "policy.json is no policy; the one before stays in force");
                    }
                    (PolicyFileState::Broken, broken(faults))
                }
                Cause::Gone => {
                    tracing::error!("policy.json is gone; the policy before stays in force");
                    (PolicyFileState::Gone, "⚠️ policy.json is gone. What it said stays in force.".to_owned())
                }
                Cause::Unreadable(what) => {
                    tracing::error!(
                        error = what,
                        "policy.json cannot be read; the policy before stays in force"
                    );
                    let text = "⚠️ policy.json cannot be read. What it said before stays in force.";
                    (PolicyFileState::Broken, text.to_owned())
                }
            },
            News::Mended(_) => {
                tracing::info!("policy.json is in order again, and in force");
                (PolicyFileState::Mended, "✅ policy.json is in order again, and in force.".to_owned())
            }
        };
        self.telemetry.record(&TelemetryEvent::PolicyFile { state });
        self.tell_owners(&text).await;
    }

    /// One message to each owner on each network, by way of the outbox.
    async fn tell_owners(&self, text: &str) {
        let policy = self.room.live();
        let chats = |channel: &ChannelName| -> Vec<(ChannelName, ChatId)> {
            let mut chats: Vec<ChatId> = policy
                .owners(channel)
                .iter()
                .filter_map(|owner| owner_chat(channel, owner.as_str()))
                .collect();
            chats.sort();
            chats.dedup();
            chats.into_iter().map(|chat| (channel.clone(), chat)).collect()
        };
        let turn = self.ids.turn_id();
        let delivery = |(index, (channel, chat)): (usize, (ChannelName, ChatId))| {
            // Whoever has an owner's nick at the moment reads this, and the faults name people of all networks.
            let text = if channel.as_str() == "irc" { text.lines().next().unwrap_or_default() } else { text };
            let text = self.passed(&channel, text);
            let message = OutboundMessage { channel, chat, text, reply_to: None, media: Vec::new() };
            let outgoing = Outgoing::Message(message);
            Delivery { key: DeliveryKey::of(&turn, index), turn: turn.clone(), outgoing }
        };
        let deliveries: Vec<Delivery> =
            self.networks.iter().flat_map(chats).enumerate().map(delivery).collect();
        if deliveries.is_empty() {
            return;
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
            Ok(()) => self.pump.wake(),
            Err(error) => {
                tracing::error!(error = chain(&error), "the owners could not be told about policy.json");
            }
        }
    }

    /// Also what we say ourselves passes the output stage.
    fn passed(&self, channel: &ChannelName, text: &str) -> String {
        let context = SecurityContext { channel: channel.clone(), labels: Labels::NONE, path: "policy_file" };
        match self.security.check_output(text, &context) {
            SecurityVerdict::Allow | SecurityVerdict::Warn(_) => text.to_owned(),
            SecurityVerdict::Sanitize(_, text) => text,
            SecurityVerdict::Block(_) => self.security.block_message().to_owned(),
        }
    }
}

fn broken(faults: &[String]) -> String {
    let mut text = "⚠️ policy.json is no policy any more. What it said before stays in force.".to_owned();
    for fault in faults.iter().take(MAX_TOLD) {
        text.push_str("\n- ");
        text.push_str(fault);
    }
    match faults.len().saturating_sub(MAX_TOLD) {
        0 => text,
        more => format!("{text}\n… and {more} more: nanobot-cli policy check"),
    }
}
