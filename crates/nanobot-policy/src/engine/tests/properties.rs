//! What holds for every policy and every message.

use proptest::prelude::*;

use super::written::{CHANNELS, CHATS, Json, SENDERS, Tape, Written, tape};
use super::*;
use crate::chat::{Chat, Place};
use crate::explain::explain;

/// Cases of each property in every run, a few seconds; `PROPTEST_CASES=10000` asks for more.
const CASES: u32 = 2_000;

fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(CASES), failure_persistence: None, ..usual }
}

/// A message without its words: only wake phrases look at them.
#[derive(Debug, Clone)]
struct Message {
    channel: &'static str,
    chat: &'static str,
    sender: &'static str,
    text: &'static str,
    flags: [bool; 5],
}

fn message(tape: &mut Tape) -> Message {
    Message {
        channel: tape.one_of(&CHANNELS),
        chat: tape.one_of(&CHATS),
        sender: tape.one_of(&SENDERS),
        text: tape.one_of(&["hello", "hey nano!", "nanobot"]),
        flags: [(); 5].map(|()| tape.choice()),
    }
}

impl Message {
    fn asked(&self) -> Asked<'_> {
        let [is_group, mentioned_bot, reply_to_bot, is_voice, owner_by_channel] = self.flags;
        Asked {
            channel: self.channel,
            chat: self.chat,
            sender: self.sender,
            text: self.text.into(),
            is_group,
            mentioned_bot,
            reply_to_bot,
            is_voice,
            owner_by_channel,
        }
    }

    /// The same as an event; `noise` is what must not count.
    fn event(&self, noise: &(String, bool)) -> InboundEvent {
        let [is_group, mentioned_bot, reply_to_bot, is_voice, owner_by_channel] = self.flags;
        let channel = ChannelName::new(self.channel).unwrap();
        let mut builder = event::EventBuilder::new(channel, self.chat, self.sender, self.text);
        if is_group {
            builder = builder.group(self.chat);
        }
        if is_voice {
            builder = builder.spoken(self.text);
        }
        if owner_by_channel {
            builder = builder.labelled(Label::Owner);
        }
        if noise.1 {
            builder = builder.id("m2").account("second").at("2030-01-01T00:00:00Z");
        }
        let mut event = builder.build();
        event.participant = SenderId::new(noise.0.clone()).ok();
        event.mentioned_bot = mentioned_bot;
        let quoted = nanobot_core::event::QuotedMessage { from_bot: reply_to_bot, ..Default::default() };
        event.reply = (reply_to_bot || noise.1).then_some(quoted);
        event
    }
}

/// A layer with one more entry in one of its lists.
fn with(layer: &Json, section: &'static str, list: &'static str, entry: &str) -> Json {
    let Json::Section(members) = layer else { unreachable!("a layer is a section") };
    let mut members = members.clone();
    members.retain(|(key, _)| *key != section);
    members.push((section, Json::Section(vec![(list, Json::List(vec![Json::Text(entry.to_owned())]))])));
    Json::Section(members)
}

/// A policy with another layer for one chat.
fn with_chat(policy: &Written, channel: &'static str, chat: &'static str, layer: &Json) -> Written {
    let mut policy = policy.clone();
    if !policy.channels.iter().any(|(name, ..)| *name == channel) {
        policy.channels.push((channel, Json::Section(Vec::new()), Vec::new()));
    }
    for (_, _, chats) in policy.channels.iter_mut().filter(|(name, ..)| *name == channel) {
        chats.retain(|(id, _)| *id != chat);
        chats.push((chat, layer.clone()));
    }
    policy
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_decision_is_a_function_of_policy_and_message(mut tape in tape(), participant in "[a-z]{1,5}") {
        let (message, other) = (message(&mut tape), message(&mut tape));
        let noise = (participant, tape.choice());
        let text = tape.policy().plain();
        let first = engine(&text);
        let decision = first.decide(&message.asked());
        first.decide(&other.asked());
        prop_assert_eq!(&first.decide(&message.asked()), &decision, "nothing is remembered");
        let second = engine(&text);
        prop_assert_eq!(&second.evaluate(&message.event(&noise)), &decision, "nothing else counts");
        for tool in TOOLS {
            let access = second.tool_access(&message.asked(), tool);
            prop_assert_eq!(access.in_decision, decision.allowed_tools.contains(tool), "{}", tool);
        }
    }

    #[test]
    fn an_override_never_changes_another_chat(mut tape in tape()) {
        let (message, mut place) = (message(&mut tape), (tape.one_of(&CHANNELS), tape.one_of(&CHATS)));
        if place == (message.channel, message.chat) {
            place.1 = "another";
        }
        let (over, policy) = (tape.layer(), tape.policy());
        let before = engine(&policy.plain());
        // A channel section that comes into being says nothing by itself: only a policy without any does.
        let after = engine(&with_chat(&policy, place.0, place.1, &over).plain());
        prop_assert_eq!(before.decide(&message.asked()), after.decide(&message.asked()));
    }

    #[test]
    fn deny_beats_allow(mut tape in tape()) {
        let message = message(&mut tape);
        let (tool, over, policy) = (tape.one_of(&TOOLS), tape.layer(), tape.policy());
        let Message { channel, chat, sender, .. } = message;
        let blocked = with(&over, "blockedSenders", "senders", sender);
        let decision = engine(&with_chat(&policy, channel, chat, &blocked).plain()).decide(&message.asked());
        prop_assert!(!decision.accept && decision.allowed_tools.is_empty(), "{:?}", decision);
        let denied = with(&over, "allowedTools", "deny", tool);
        let decision = engine(&with_chat(&policy, channel, chat, &denied).plain()).decide(&message.asked());
        prop_assert!(!decision.allowed_tools.contains(tool), "{:?}", decision);
    }

    #[test]
    fn formatting_key_order_and_spelling_never_change_a_decision(mut tape in tape()) {
        let (message, style, policy) = (message(&mut tape), tape.style(), tape.policy());
        let (plain, styled) = (engine(&policy.plain()), engine(&policy.json().written(&style)));
        prop_assert_eq!(plain.decide(&message.asked()), styled.decide(&message.asked()));
    }

    #[test]
    fn merging_part_by_part_is_merging_the_whole(mut tape in tape()) {
        let message = message(&mut tape);
        let document = document(&tape.policy().plain());
        let whole = crate::explain::merged(document.policy(), message.channel, message.chat);
        let options = options();
        let place = Place { channel: message.channel, known_tools: &options.known_tools };
        let engine = Engine::compile(&document, &options);
        prop_assert_eq!(engine.governed_chat(&message.asked()), Some(&Chat::of(place, &whole)));
    }
}

proptest! {
    // Each case compiles up to forty policies.
    #![proptest_config(ProptestConfig { cases: config().cases / 10, ..config() })]

    #[test]
    fn every_decision_can_be_turned_and_is_explained_by_rules_of_the_policy(mut tape in tape()) {
        let message = message(&mut tape);
        let document = document(&tape.policy().plain());
        let explanation = explain(&document, &Engine::compile(&document, &options()), &message.asked());
        prop_assert!(explanation.change.is_some());
        for rule in &explanation.rules {
            prop_assert_eq!(rule.line.is_some(), rule.layer != crate::explain::Layer::BuiltIn, "{}", rule);
        }
    }
}
