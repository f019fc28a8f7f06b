//! Stage 9: the owners hear once about a chat that was not seen before, and by which commands they let it in.
//!
//! The notice names the chat, and a stranger chose that name: it passes the output stage like any other text.

use std::sync::Arc;

use async_trait::async_trait;

use super::output_security::pass;
use crate::event::ChatKind;
use crate::ids::{ChannelName, ChatId, SenderId};
use crate::intent::Intent;
use crate::label::Label;
use crate::message::OutboundMessage;
use crate::pipeline::{Flow, PipelineContext, Stage};
use crate::ports::{PolicyEngine, SecurityGate, SeenChats};
use crate::telemetry::StoreName;

/// Tells the owners about new chats.
pub struct NewChat {
    seen: Arc<dyn SeenChats>,
    policy: Arc<dyn PolicyEngine>,
    gate: Arc<dyn SecurityGate>,
}

impl NewChat {
    /// The policy knows the owners; the gate judges what they are told.
    pub fn new(seen: Arc<dyn SeenChats>, policy: Arc<dyn PolicyEngine>, gate: Arc<dyn SecurityGate>) -> Self {
        Self { seen, policy, gate }
    }
}

#[async_trait]
impl Stage for NewChat {
    fn name(&self) -> &'static str {
        "new_chat"
    }

    async fn run(&self, cx: &mut PipelineContext) -> Flow {
        if !cx.event.channel.is_network() {
            return Flow::Continue;
        }
        match self.seen.contains(&cx.event.channel, &cx.event.chat).await {
            Ok(true) => cx.chat_known = Some(true),
            Ok(false) => {
                cx.chat_known = Some(false);
                cx.owners = self.policy.owners(&cx.event.channel);
                announce(cx, self.gate.as_ref());
            }
            // Better no notice than one with every message.
            Err(error) => cx.report_store(StoreName::SeenChats, &error),
        }
        Flow::Continue
    }
}

fn announce(cx: &mut PipelineContext, gate: &dyn SecurityGate) {
    let (channel, chat) = (cx.event.channel.clone(), cx.event.chat.clone());
    let kind = match cx.event.chat_kind {
        ChatKind::Group => "group",
        ChatKind::Direct => "chat",
    };
    for owner in owner_chats(&channel, &cx.owners) {
        let word = as_word(chat.as_str());
        let text = format!(
            "🔔 Nano was added to a new {} {kind}: `{chat}`\n\
             /approve {word}: answers everything there\n\
             /approve-mention {word}: answers when it is mentioned\n\
             /deny {word}: talks to its owners only",
            network(&channel)
        );
        let text = pass(cx, gate, text, Label::Stranger.into());
        cx.emit(Intent::SendMessage(OutboundMessage {
            channel: channel.clone(),
            chat: owner,
            text,
            reply_to: None,
            media: Vec::new(),
        }));
    }
    cx.emit(Intent::RememberChat { channel, chat });
}

/// A chat's id as one word of a command, which is read as a shell reads it.
fn as_word(chat: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "@.:_+-#&/=,!".contains(c);
    if chat.chars().all(is_plain) { chat.to_owned() } else { format!("'{}'", chat.replace('\'', r"'\''")) }
}

/// The network's name as people write it.
fn network(channel: &ChannelName) -> &str {
    match channel.as_str() {
        "whatsapp" => "WhatsApp",
        "telegram" => "Telegram",
        "discord" => "Discord",
        "irc" => "IRC",
        other => other,
    }
}

fn owner_chats(channel: &ChannelName, owners: &[SenderId]) -> Vec<ChatId> {
    let mut chats: Vec<ChatId> = owners.iter().filter_map(|o| owner_chat(channel, o.as_str())).collect();
    chats.sort();
    chats.dedup();
    chats
}

/// The direct chat with an owner, from the identity that the policy lists. On WhatsApp a telephone number,
/// in whatever spelling, becomes its address; without any digit there is no such chat.
pub fn owner_chat(channel: &ChannelName, owner: &str) -> Option<ChatId> {
    let owner = owner.trim();
    if channel.as_str() == "irc" {
        // An owner is a mask; whoever has the nick at the moment is written to, and learns no secret by that.
        let nick = owner.split_once('!').map(|(nick, _)| nick);
        return nick.filter(|nick| !nick.contains(['*', '?'])).and_then(|nick| ChatId::new(nick).ok());
    }
    if *channel != ChannelName::WHATSAPP || owner.contains('@') {
        return ChatId::new(owner).ok();
    }
    let digits: String = owner.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { None } else { ChatId::new(format!("{digits}@s.whatsapp.net")).ok() }
}
