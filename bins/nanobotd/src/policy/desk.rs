//! Takes the commands of owners from the pipeline: who may give one is asked of the policy in force.

use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::admin::{AdminFact, AdminVerdict};
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::TurnId;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{AdminAct, AdminDesk, AuditLog, PolicyEngine as _, SessionAdmin as _};
use nanobot_core::text::trim;
use nanobot_core::time::WallTime;
use nanobot_policy::admin::{Effect, Executed, Heard, Kind, Line, Speaker, Way, reset_reply};

use super::room::{Act, PolicyRoom};
use super::work::change_id;
use crate::control::SessionRoom;
use crate::lanes::Lanes;
use crate::panic::PanicSwitch;

/// Stops the turn that runs in a chat. Ours: the original has no word for it.
const CANCEL: &str = "cancel";

/// The desk of a daemon.
pub(crate) struct Desk {
    pub(crate) room: Arc<PolicyRoom>,
    pub(crate) sessions: Arc<SessionRoom>,
    pub(crate) lanes: Lanes,
    pub(crate) panic: Arc<PanicSwitch>,
    pub(crate) audit: Arc<dyn AuditLog>,
}

#[async_trait]
impl AdminDesk for Desk {
    fn is_urgent(&self, event: &InboundEvent) -> bool {
        let text = event.text();
        // Asked of every message, so the cheap questions come first.
        let is_command = match name_of(&text).as_deref() {
            Some(CANCEL) => true,
            Some("panic") => event.chat_kind == ChatKind::Direct,
            _ => false,
        };
        is_command && self.is_owner(event)
    }

    async fn take(&self, event: &InboundEvent, text: &str, turn: &TurnId, now: &WallTime) -> AdminVerdict {
        let Some(name) = name_of(text).filter(|_| self.room.surroundings.is_governed(&event.channel)) else {
            return AdminVerdict::NotACommand;
        };
        // What an editor changed a moment ago counts: it may be the very owner.
        self.room.refresh().await;
        let is_owner = self.is_owner(event);
        let speaker = Speaker {
            way: Way::Chat,
            channel: event.channel.as_str(),
            chat: event.chat.as_str(),
            sender: event.sender.as_str(),
            is_group: event.chat_kind == ChatKind::Group,
            is_owner,
        };
        if name == CANCEL && is_owner {
            return self.cancel(event);
        }
        let act = Act { id: change_id(turn.as_str()), command: text, speaker, at: now.instant };
        match self.room.hear(&act).await {
            Heard::NotACommand => AdminVerdict::NotACommand,
            Heard::Ignored | Heard::Task(_) => AdminVerdict::Ignored { command: known(&name) },
            Heard::Answered(executed) => self.finish(event, turn, now, &speaker, *executed).await,
        }
    }
}

impl Desk {
    fn is_owner(&self, event: &InboundEvent) -> bool {
        self.room.surroundings.is_governed(&event.channel) && self.room.live().evaluate(event).is_owner
    }

    /// What is to be done besides the answer, and the row about it in the log of admin acts.
    async fn finish(
        &self,
        event: &InboundEvent,
        turn: &TurnId,
        now: &WallTime,
        speaker: &Speaker<'_>,
        mut executed: Executed,
    ) -> AdminVerdict {
        if executed.kind != Kind::Question || executed.effect.is_some() {
            let act = AdminAct {
                actor: format!("{}:{}", speaker.channel, speaker.sender),
                via: "chat",
                action: action(&executed),
                target: format!("{}:{}", speaker.channel, speaker.chat),
                result: executed.outcome.word(),
            };
            // A change has a row of its own, written before it took effect. A reset leaves no other trace, so it
            // must not happen without this one. An emergency stop must not wait for a disk.
            if let Err(error) = self.audit.record(&act, now).await {
                tracing::error!(error = chain(&error), "an admin act could not be written down");
                if executed.effect == Some(Effect::ResetSession) {
                    executed = executed.not_saved(&chain(&error));
                }
            }
        }
        match executed.effect.clone() {
            Some(Effect::ResetSession) => executed.reply = self.reset(event, speaker).await,
            Some(Effect::Panic { delay }) => self.panic.press(turn, delay),
            None => {}
        }
        AdminVerdict::Answered(executed.answer(speaker))
    }

    async fn reset(&self, event: &InboundEvent, speaker: &Speaker<'_>) -> String {
        let actor = format!("{}:{}", speaker.channel, speaker.sender);
        match self.sessions.reset_session(&event.session(), &actor).await {
            Ok(messages) => reset_reply(speaker.chat, messages, false),
            Err(nanobot_core::ports::ControlError::NoSuchSession(_)) => reset_reply(speaker.chat, 0, false),
            Err(error) => format!("Failed to clear the conversation: {}", chain(&error)),
        }
    }

    fn cancel(&self, event: &InboundEvent) -> AdminVerdict {
        let was_running = self.lanes.cancel(&event.session());
        let reply = if was_running { "Stopped." } else { "Nothing is running here." };
        AdminVerdict::Answered(nanobot_core::admin::AdminAnswer {
            command: CANCEL.to_owned(),
            known: true,
            reply: reply.to_owned(),
            facts: Vec::<AdminFact>::new(),
        })
    }
}

/// The first word behind the slash, if a text begins with one.
fn name_of(text: &str) -> Option<String> {
    match Line::parse(trim(text))? {
        Line::Words { name, .. } => Some(name),
        Line::Empty | Line::Unreadable(_) => Some(String::new()),
    }
}

/// A command's name as a label of metrics, which strangers must not choose.
fn known(name: &str) -> String {
    const NAMES: [&str; 9] = [
        "policy",
        "commands",
        "help",
        "reset",
        "voicemessages",
        "panic",
        "approve",
        "approve-mention",
        "deny",
    ];
    NAMES.iter().find(|known| **known == name).map_or_else(|| "unknown".to_owned(), ToString::to_string)
}

fn action(executed: &Executed) -> &'static str {
    match &executed.effect {
        Some(Effect::ResetSession) => "session.reset",
        Some(Effect::Panic { .. }) => "panic",
        None => executed.command,
    }
}
