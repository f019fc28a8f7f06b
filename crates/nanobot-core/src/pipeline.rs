//! What the stages share: the context that one message gathers on its way, and the shape of a stage.

use std::sync::Arc;

use async_trait::async_trait;

use crate::cancel::CancelToken;
use crate::decision::PolicyDecision;
use crate::event::InboundEvent;
use crate::ids::{ChannelName, ChatId, SenderId, SessionKey, TurnId};
use crate::intent::Intent;
use crate::label::Labels;
use crate::outcome::TurnOutcome;
use crate::ports::{LiveTarget, SecurityContext, Seen, StoreError};
use crate::record::RecordedStep;
use crate::reply_context::ReplyContext;
use crate::telemetry::{StoreName, TelemetryEvent};
use crate::time::WallTime;

/// One stage of the way of a message. It reads what earlier stages put into the context, may emit intents,
/// may stop the line.
#[async_trait]
pub trait Stage: Send + Sync {
    /// Its name, for spans and records.
    fn name(&self) -> &'static str;

    /// Does its part.
    async fn run(&self, cx: &mut PipelineContext) -> Flow;
}

/// Whether the line goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// To the next stage.
    Continue,
    /// No further.
    Stop,
}

/// What belongs to this run and not to the message: the same scope gives the same intents.
#[derive(Debug, Clone)]
pub struct TurnScope {
    /// The turn.
    pub turn: TurnId,
    /// The turn's one reading of the clock.
    pub now: WallTime,
    /// The journal's verdict on the message.
    pub seen: Seen,
    /// It runs beside the other turns of its conversation, to stop one: only a command may, and what turns out to be
    /// none goes no further.
    pub beside: bool,
    /// Fires when the turn is to stop.
    pub cancel: CancelToken,
    /// The steps that earlier attempts at this turn took, by index; they are not taken again.
    pub recorded: Arc<[RecordedStep]>,
}

/// What a turn leads to, and what led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// The effects, in order. The last is [`Intent::Close`], and there is only one.
    pub intents: Vec<Intent>,
    /// What was read on the way.
    pub readings: Readings,
}

/// What a turn read beside its message, its scope and its steps: with them it can be derived again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Readings {
    /// What the policy said.
    pub decision: Option<PolicyDecision>,
    /// What the message answers.
    pub context: ReplyContext,
    /// The fingerprint of the security gate; none in records from before there was one.
    pub gate: Option<String>,
    /// Whether the owners knew the chat; none when nobody asked.
    pub chat_known: Option<bool>,
    /// The owners who were to hear of the chat.
    pub owners: Vec<SenderId>,
    /// The session, or a file of the workspace, could not be read, so nobody was asked for an answer.
    pub unreadable: bool,
    /// What the sender of a command was told.
    pub admin: Option<String>,
    /// The turn did not run to its end.
    pub given_up: Option<GivenUp>,
}

/// How a turn was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Its outcome.
    pub outcome: TurnOutcome,
    /// What the chat was told.
    pub notice: String,
}

/// What one message has gathered so far.
#[derive(Debug)]
pub struct PipelineContext {
    /// The message.
    pub event: InboundEvent,
    /// The run.
    pub scope: TurnScope,
    /// Its words, trimmed; media named in brackets.
    pub text: String,
    /// What it answers.
    pub reply_context: ReplyContext,
    /// What the policy said; none before the policy stage.
    pub decision: Option<PolicyDecision>,
    /// The answer; none before the responder stage.
    pub answer: Option<Answer>,
    /// Where the answer goes; the message's own chat until the routing stage says otherwise.
    pub route: Route,
    /// How the turn ends, as far as is known.
    pub outcome: TurnOutcome,
    /// Whether the owners knew the chat, once somebody has asked.
    pub chat_known: Option<bool>,
    /// The owners who are to hear of the chat.
    pub owners: Vec<SenderId>,
    /// The session, or a file of the workspace, could not be read.
    pub unreadable: bool,
    /// What the sender of a command is told.
    pub admin: Option<String>,
    intents: Vec<Intent>,
}

/// The answer on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its words.
    pub text: String,
    /// Everything that it is made of.
    pub labels: Labels,
}

/// A conversation to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The network.
    pub channel: ChannelName,
    /// The conversation.
    pub chat: ChatId,
}

impl Route {
    /// Where answers to an event go: its own chat, or, for messages that the assistant sends to itself, the
    /// chat that their chat id names (`<channel>:<chat>`).
    pub fn of(event: &InboundEvent) -> Self {
        let named = || SessionKey::new(event.chat.as_str()).ok()?.parts();
        match (event.channel == ChannelName::SYSTEM).then(named).flatten() {
            Some((channel, chat)) => Self { channel, chat },
            None => Self { channel: event.channel.clone(), chat: event.chat.clone() },
        }
    }

    /// The session of that conversation.
    pub fn session(&self) -> SessionKey {
        SessionKey::of(&self.channel, &self.chat)
    }
}

impl PipelineContext {
    /// The context of a message at the start of its way.
    pub fn new(event: InboundEvent, scope: TurnScope) -> Self {
        let route = Route { channel: event.channel.clone(), chat: event.chat.clone() };
        Self {
            event,
            scope,
            text: String::new(),
            reply_context: ReplyContext::default(),
            decision: None,
            answer: None,
            route,
            outcome: TurnOutcome::Ignored,
            chat_known: None,
            owners: Vec::new(),
            unreadable: false,
            admin: None,
            intents: Vec::new(),
        }
    }

    /// Emits an intent.
    pub fn emit(&mut self, intent: Intent) {
        self.intents.push(intent);
    }

    /// Emits a fact.
    pub fn report(&mut self, fact: TelemetryEvent) {
        self.emit(Intent::RecordTelemetry(fact));
    }

    /// Reports a store that failed where the turn can go on without it.
    pub fn report_store(&mut self, store: StoreName, error: &StoreError) {
        self.report(TelemetryEvent::StoreFailed { store, kind: error.kind, detail: chain(error) });
    }

    /// Whether "is typing" was switched on and not off again.
    pub fn is_typing(&self) -> bool {
        self.intents.iter().rev().find_map(|intent| match intent {
            Intent::SetTyping { on, .. } => Some(*on),
            Intent::SendMessage(_)
            | Intent::SendReaction(_)
            | Intent::AppendSession(_)
            | Intent::CaptureMemory(_)
            | Intent::RecordNote(_)
            | Intent::RememberChat { .. }
            | Intent::RecordTelemetry(_)
            | Intent::Close(_) => None,
        }) == Some(true)
    }

    /// The message's channel, for facts.
    pub fn channel(&self) -> ChannelName {
        self.event.channel.clone()
    }

    /// Where live events of this turn belong.
    pub fn live_target(&self) -> LiveTarget {
        LiveTarget {
            channel: self.event.channel.clone(),
            chat: self.event.chat.clone(),
            turn: self.scope.turn.clone(),
        }
    }

    /// What a security stage may know.
    pub fn security(&self, path: &'static str) -> SecurityContext {
        SecurityContext { channel: self.channel(), labels: self.event.labels(), path }
    }

    /// Ends the way: everything that was emitted, in order, and what was read.
    pub fn into_handled(self, gate: &str, given_up: Option<GivenUp>) -> Handled {
        let Self { intents, decision, reply_context: context, chat_known, owners, unreadable, admin, .. } =
            self;
        Handled {
            intents,
            readings: Readings {
                decision,
                context,
                gate: Some(gate.to_owned()),
                chat_known,
                owners,
                unreadable,
                admin,
                given_up,
            },
        }
    }
}

/// An error and what lies beneath it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        line.push_str(": ");
        line.push_str(&source.to_string());
        next = source.source();
    }
    line
}
