//! The pipeline by itself: one message in, the list of intents out. Nothing is sent and nothing is stored;
//! what to do with the intents is the embedder's business.
//!
//! `cargo run -p nanobot-core --example pipeline`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use nanobot_core::cancel::CancelToken;
use nanobot_core::content::ContentBlock;
use nanobot_core::event::{ChatKind, InboundEvent};
use nanobot_core::ids::{AccountId, ChannelName, ChatId, MessageId, SenderId, TurnId};
use nanobot_core::pipeline::{Answer, TurnScope};
use nanobot_core::ports::{LiveEvent, LiveSink, LiveTarget, Seen, SeenChats, StoreError};
use nanobot_core::reply_context::WindowLimits;
use nanobot_core::responder::{Responder, Response, TurnInput};
use nanobot_core::stand_in::{AllowAll, NoCommands, NoPersonas, NoSecurity};
use nanobot_core::time::WallTime;
use nanobot_core::{Label, Orchestrator, OrchestratorParts};

/// Answers in capitals.
struct Shouting;

#[async_trait]
impl Responder for Shouting {
    async fn respond(&self, turn: &TurnInput<'_>) -> Response {
        Response::Answer(Answer { text: turn.text.to_uppercase(), labels: turn.event.labels() })
    }
}

/// Shows nothing while a turn runs.
struct Dark;

impl LiveSink for Dark {
    fn show(&self, _target: &LiveTarget, _event: LiveEvent<'_>) {}
}

/// Knows every chat, so that nobody is told about new ones.
struct AllKnown;

#[async_trait]
impl SeenChats for AllKnown {
    async fn contains(&self, _channel: &ChannelName, _chat: &ChatId) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn remember(&self, _channel: &ChannelName, _chat: &ChatId) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let orchestrator = Orchestrator::new(OrchestratorParts {
        admin: Arc::new(NoCommands),
        personas: Arc::new(NoPersonas),
        policy: Arc::new(AllowAll::new::<String>([])),
        security: Arc::new(NoSecurity),
        responder: Arc::new(Shouting),
        live: Arc::new(Dark),
        seen_chats: Arc::new(AllKnown),
        archive: None,
        windows: WindowLimits::default(),
    });
    let at = "2026-02-22T12:00:00Z".parse()?;
    let event = InboundEvent {
        channel: ChannelName::new("garden")?,
        account: AccountId::sole(),
        chat: ChatId::new("greenhouse")?,
        chat_kind: ChatKind::Direct,
        sender: SenderId::new("ana")?,
        participant: None,
        message_id: Some(MessageId::new("m1")?),
        at,
        blocks: vec![ContentBlock::text("the tomatoes need water", Label::AllowedSender)],
        mentioned_bot: false,
        reply: None,
    };
    let scope = TurnScope {
        beside: false,
        turn: TurnId::new("t1")?,
        now: WallTime::utc(at),
        seen: Seen::First,
        cancel: CancelToken::never(),
        recorded: Arc::new([]),
    };
    for intent in orchestrator.handle(event, scope).await.intents {
        println!("{intent:?}");
    }
    Ok(())
}
