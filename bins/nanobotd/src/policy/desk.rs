//! Takes the commands of owners from the pipeline: who may give one is asked of the policy in force.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nanobot_core::admin::{AdminFact, AdminVerdict};
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::TurnId;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::{AdminAct, AdminDesk, AuditLog, PolicyEngine as _, SessionAdmin as _};
use nanobot_core::text::trim;
use nanobot_core::time::WallTime;
use nanobot_policy::admin::{Admin, Effect, Executed, Heard, Kind, Line, Speaker, Way, reset_reply};

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
        // A caption is no command: the stage sees the picture's name in front of it.
        let is_words = event.blocks.iter().all(|block| block.media().is_none());
        // Asked of every message, so the cheap questions come first.
        is_words && Urgent::of(event, &event.text()).is_some() && self.is_owner(event)
    }

    fn unrecorded(self: Arc<Self>, event: &InboundEvent, turn: &TurnId) {
        if Urgent::of(event, &event.text()) == Some(Urgent::Panic)
            && let Some(Effect::Panic { delay }) =
                stop(event, &event.text()).and_then(|executed| executed.effect)
        {
            self.panic.press(turn, delay);
            let (panic, turn) = (self.panic.clone(), turn.clone());
            tokio::spawn(async move { panic.after_turn(&turn).await });
        }
    }

    async fn take(&self, event: &InboundEvent, text: &str, turn: &TurnId, now: &WallTime) -> AdminVerdict {
        let Some(name) = name_of(text).filter(|_| self.room.surroundings.is_governed(&event.channel)) else {
            return AdminVerdict::NotACommand;
        };
        // What stops something waits for nothing: no file, and nobody else's act.
        match Urgent::of(event, text) {
            Some(Urgent::Cancel) if self.is_owner(event) => return self.cancel(event),
            Some(Urgent::Panic) if self.is_owner(event) => {
                if let Some(executed) = stop(event, text) {
                    return self.finish(event, turn, now, &speaker(event, true), executed).await;
                }
            }
            _ => {}
        }
        let mut act = Act {
            id: change_id(turn.as_str()),
            command: text,
            speaker: speaker(event, false),
            at: now.instant,
        };
        match self.room.hear(&mut act, |policy| policy.evaluate(event).is_owner).await {
            Heard::NotACommand => AdminVerdict::NotACommand,
            Heard::Ignored => AdminVerdict::Ignored { command: known(&name) },
            Heard::Answered(executed) => self.finish(event, turn, now, &act.speaker, *executed).await,
            // The room does every task, or says why not.
            Heard::Task(_) => {
                self.finish(event, turn, now, &act.speaker, Executed::failed("it was left undone")).await
            }
        }
    }
}

/// A command that stops something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgent {
    /// The turn of a chat.
    Cancel,
    /// Everything.
    Panic,
}

impl Urgent {
    fn of(event: &InboundEvent, text: &str) -> Option<Self> {
        match name_of(text)?.as_str() {
            CANCEL => Some(Self::Cancel),
            "panic" if event.chat_kind == ChatKind::Direct => Some(Self::Panic),
            _ => None,
        }
    }
}

fn speaker(event: &InboundEvent, is_owner: bool) -> Speaker<'_> {
    Speaker {
        way: Way::Chat,
        channel: event.channel.as_str(),
        chat: event.chat.as_str(),
        sender: event.sender.as_str(),
        is_group: event.chat_kind == ChatKind::Group,
        is_owner,
    }
}

/// What an owner's emergency stop comes to; it needs no policy.
fn stop(event: &InboundEvent, text: &str) -> Option<Executed> {
    match Admin::default().hear(text, &speaker(event, true), Err("it is not needed"), Duration::ZERO) {
        Heard::Answered(executed) => Some(*executed),
        Heard::NotACommand | Heard::Ignored | Heard::Task(_) => None,
    }
}

impl Desk {
    fn is_owner(&self, event: &InboundEvent) -> bool {
        self.room.surroundings.is_governed(&event.channel) && self.room.live().decide(event).is_owner
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
        // Before anything is written down: a stop must not wait for a disk.
        if let Some(Effect::Panic { delay }) = executed.effect {
            self.panic.press(turn, delay);
        }
        // The room for sessions writes a reset down itself, before it happens.
        let is_reset = executed.effect == Some(Effect::ResetSession);
        let is_act = match executed.kind {
            Kind::Change | Kind::Rollback => true,
            // Looking at the list of commands is none.
            Kind::Chat => executed.hashes.is_some() || executed.effect.is_some(),
            Kind::Question => false,
        };
        if is_act && !is_reset {
            let act = AdminAct {
                actor: format!("{}:{}", speaker.channel, speaker.sender),
                via: "chat",
                action: executed.command,
                target: format!("{}:{}", speaker.channel, speaker.chat),
                result: executed.outcome.word(),
            };
            // A change has a row of its own, written before it took effect.
            if let Err(error) = self.audit.record(&act, now).await {
                tracing::error!(error = chain(&error), "an admin act could not be written down");
            }
        }
        if is_reset {
            executed.reply = self.reset(event, speaker).await;
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
