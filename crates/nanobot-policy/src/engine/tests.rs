//! What the engine decides, rule by rule, and the quirks of the original that policies may rely on
//! (`policy.md` §9.1 of the recorded facts). Recorded decisions are replayed by the workspace's own tests.

mod properties;
mod written;

use nanobot_core::Label;
use nanobot_core::testing::contract::policy_engine_contract;
use nanobot_core::testing::event;

use super::*;
use crate::compile::CompileOptions;
use crate::document::Document;
use crate::places::LexicalPlaces;

const TOOLS: [&str; 5] = ["cron", "exec", "read_file", "spawn", "web_fetch"];

fn engine(text: &str) -> Engine {
    Engine::compile(&document(text), &options())
}

fn document(text: &str) -> Document {
    Document::parse(text.as_bytes(), &LexicalPlaces::default()).unwrap()
}

fn options() -> CompileOptions {
    CompileOptions {
        apply_channels: ["whatsapp", "telegram", "irc", "cli"].map(str::to_owned).into(),
        known_tools: TOOLS.map(str::to_owned).into(),
        source: "policy.json".to_owned(),
    }
}

/// A direct message from `ann` on IRC.
fn asked<'a>() -> Asked<'a> {
    Asked {
        channel: "irc",
        chat: "ann",
        sender: "ann",
        text: "hello".into(),
        is_group: false,
        mentioned_bot: false,
        reply_to_bot: false,
        is_voice: false,
        owner_by_channel: false,
    }
}

fn in_group<'a>() -> Asked<'a> {
    Asked { chat: "#garden", is_group: true, ..asked() }
}

fn tools(engine: &Engine, asked: &Asked<'_>) -> Vec<String> {
    engine.decide(asked).allowed_tools.into_iter().collect()
}

#[test]
fn the_engine_keeps_the_promises_of_its_port() {
    policy_engine_contract(|| engine("{}"));
    policy_engine_contract(|| {
        engine(r#"{"owners": {"whatsapp": ["49170"]}, "defaults": {"whenToReply": {"mode": "owner_only"}}}"#)
    });
}

#[test]
fn a_refusal_says_which_rule_refused_and_takes_all_tools() {
    let engine = engine(
        r##"{"defaults": {"whoCanTalk": {"mode": "allowlist", "senders": ["ann", "bob"]}, "blockedSenders": {"senders": ["bob"]}},
            "channels": {"irc": {"chats": {"#quiet": {"whenToReply": {"mode": "off"}}}}}}"##,
    );
    let bob = Asked { sender: "bob", ..asked() };
    let eve = Asked { sender: "eve", ..asked() };
    let quiet = Asked { chat: "#quiet", ..in_group() };
    for (asked, accept, reason) in [
        (bob, false, "blocked_sender"),
        (eve, false, "who_can_talk:allowlist"),
        (quiet, true, "when_to_reply:off"),
    ] {
        let decision = engine.decide(&asked);
        assert_eq!((decision.accept, decision.respond, decision.reason.as_str()), (accept, false, reason));
        assert!(decision.allowed_tools.is_empty());
    }
    let decision = engine.decide(&asked());
    assert_eq!(decision.reason, "who_can_talk:allowlist|when_to_reply:all");
    assert_eq!(decision.allowed_tools.len(), TOOLS.len());
}

#[test]
fn a_group_wants_a_mention_an_answer_or_a_wake_phrase_and_a_direct_chat_nothing() {
    let engine = engine(
        r#"{"defaults": {"whenToReply": {"mode": "mention_only"}, "voice": {"input": {"wakePhrases": ["Hey, Nano"]}}}}"#,
    );
    let reason = |asked: Asked<'_>| engine.decide(&asked).reason.rsplit(':').next().unwrap().to_owned();
    assert_eq!(reason(asked()), "mention_only_dm");
    assert_eq!(engine.decide(&in_group()).reason, "when_to_reply:mention_only_group");
    assert!(engine.decide(&Asked { mentioned_bot: true, ..in_group() }).respond);
    assert!(engine.decide(&Asked { reply_to_bot: true, ..in_group() }).respond);
    let said = Asked { text: "well, hey nano".into(), ..in_group() };
    assert!(!engine.decide(&said).respond, "written it is no wake phrase");
    assert_eq!(reason(Asked { is_voice: true, ..said }), "mention_only_group_voice_wake_phrase");
}

#[test]
fn whom_the_channel_proved_to_be_an_owner_is_one_in_every_rule_that_asks_for_owners() {
    let engine = engine(
        r#"{"defaults": {"whoCanTalk": {"mode": "owner_only"}, "whenToReply": {"mode": "owner_only"}, "toolAccess": {"exec": {"mode": "owner_only"}}}}"#,
    );
    assert_eq!(engine.decide(&asked()).reason, "who_can_talk:owner_only");
    let proved = Asked { owner_by_channel: true, ..asked() };
    let decision = engine.decide(&proved);
    assert!(decision.respond && decision.is_owner && decision.allowed_tools.contains("exec"));
}

#[test]
fn an_owner_by_channel_is_one_whose_every_block_is_an_owners() {
    let event = event::wa("hello").labelled(Label::Owner).build();
    assert!(Asked::of(&event).owner_by_channel);
    let mut mixed = event::wa("hello").labelled(Label::Owner).build();
    mixed.blocks.extend(event::wa("forwarded").build().blocks);
    assert!(!Asked::of(&mixed).owner_by_channel);
    let mut empty = event;
    empty.blocks.clear();
    assert!(!Asked::of(&empty).owner_by_channel);
}

#[test]
fn the_operators_terminal_is_never_governed() {
    let engine = engine(r#"{"defaults": {"whenToReply": {"mode": "off"}}}"#);
    let decision = engine.evaluate(&event::cli("hello").build());
    assert_eq!(decision.reason, "policy_not_applied");
    assert!(decision.respond && decision.is_owner);
    assert_eq!(decision.allowed_tools.len(), TOOLS.len());
}

#[test]
fn quirk_a_channel_that_is_not_governed_has_every_tool_and_still_knows_its_owners() {
    let engine =
        engine(r#"{"owners": {"discord": ["ann"]}, "defaults": {"blockedSenders": {"senders": ["ann"]}}}"#);
    let decision = engine.decide(&Asked { channel: "discord", ..asked() });
    assert_eq!(decision.reason, "policy_not_applied");
    assert!(decision.respond && decision.is_owner && decision.persona.is_none());
    let access = engine.tool_access(&Asked { channel: "discord", ..asked() }, "exec");
    assert!(access.rule_allows && access.in_potential_tools && access.in_decision);
}

#[test]
fn a_tool_may_run_as_long_as_the_sender_is_answered() {
    let message = event::wa("hello").build();
    assert!(engine("{}").allows_tool(&message, "read_file"));
    let blocked = engine(r#"{"defaults": {"blockedSenders": {"senders": ["49170"]}}}"#);
    assert!(!blocked.allows_tool(&message, "read_file"), "blocked since");
    let access = blocked.tool_access(&Asked::of(&message), "read_file");
    assert!(access.in_potential_tools && !access.in_decision);
}

#[test]
fn quirk_a_policy_without_a_part_is_more_careful_than_one_with_an_empty_part() {
    let careful = engine("{}");
    let group = Asked { channel: "whatsapp", ..in_group() };
    assert_eq!(careful.decide(&group).reason, "when_to_reply:mention_only_group");
    assert_eq!(tools(&careful, &Asked { is_group: false, ..group.clone() }), ["read_file", "web_fetch"]);
    let open = engine(r#"{"defaults": {}, "channels": {"whatsapp": {}}}"#);
    assert_eq!(open.decide(&group).reason, "who_can_talk:everyone|when_to_reply:all");
    assert_eq!(tools(&open, &group).len(), TOOLS.len());
}

#[test]
fn quirk_lists_replace_each_other_null_says_nothing_and_a_list_without_a_mode_inherits_it() {
    let engine = engine(
        r##"{"defaults": {"whoCanTalk": {"mode": "allowlist", "senders": ["ann"]}},
            "channels": {"irc": {"chats": {
                "#other": {"whoCanTalk": {"senders": ["bob"]}},
                "#null": {"whoCanTalk": null, "personaFile": null},
                "#half": {"whoCanTalk": {"mode": null, "senders": null}}}}}}"##,
    );
    assert!(
        !engine.decide(&Asked { chat: "#other", ..in_group() }).accept,
        "ann is not on that list any more"
    );
    assert!(engine.decide(&Asked { chat: "#other", sender: "bob", ..in_group() }).accept);
    assert!(engine.decide(&Asked { chat: "#null", ..in_group() }).accept);
    assert!(engine.decide(&Asked { chat: "#half", ..in_group() }).accept);
}

#[test]
fn quirk_names_of_chats_and_channels_are_exact() {
    let engine = engine(
        r##"{"defaults": {}, "channels": {"irc": {"chats": {"#Garden": {"whenToReply": {"mode": "off"}}}}}}"##,
    );
    assert!(engine.decide(&in_group()).respond);
    assert!(engine.decide(&Asked { chat: "#Garden ", ..in_group() }).respond);
    assert!(!engine.decide(&Asked { chat: "#Garden", ..in_group() }).respond);
    assert_eq!(engine.decide(&Asked { channel: "IRC", ..in_group() }).reason, "policy_not_applied");
}

#[test]
fn quirk_an_owner_can_be_blocked() {
    let engine =
        engine(r#"{"owners": {"irc": ["ann"]}, "defaults": {"blockedSenders": {"senders": ["ann"]}}}"#);
    let decision = engine.decide(&Asked { owner_by_channel: true, ..asked() });
    assert_eq!((decision.reason.as_str(), decision.is_owner), ("blocked_sender", true));
}

#[test]
fn quirk_the_guard_of_spawn_comes_before_the_rules_of_senders() {
    let by_rule = engine(r#"{"defaults": {"toolAccess": {"exec": {"mode": "owner_only"}}}}"#);
    assert_eq!(
        tools(&by_rule, &asked()),
        ["cron", "read_file", "spawn", "web_fetch"],
        "exec goes and spawn stays"
    );
    let by_list = engine(r#"{"defaults": {"allowedTools": {"deny": ["exec"]}}}"#);
    assert_eq!(tools(&by_list, &asked()), ["cron", "read_file", "web_fetch"]);
}

#[test]
fn quirk_a_persona_is_named_on_refusals_and_an_empty_one_stays() {
    let engine = engine(
        r##"{"defaults": {"personaFile": "personas/a.md", "blockedSenders": {"senders": ["ann"]}},
            "channels": {"irc": {"chats": {"#garden": {"personaFile": ""}}}}}"##,
    );
    let file = |asked: &Asked<'_>| engine.decide(asked).persona.map(|persona| (persona.file, persona.text));
    assert_eq!(file(&asked()), Some(("personas/a.md".to_owned(), None)));
    assert_eq!(file(&in_group()), Some((String::new(), None)));
}

#[test]
fn quirk_comments_and_tags_decide_nothing() {
    let plain = engine(r#"{"defaults": {}, "channels": {"irc": {}}}"#);
    let noted = engine(
        r##"{"defaults": {"groupTags": ["x"]}, "channels": {"irc": {"default": {"comment": "c", "groupTags": ["y"]}, "chats": {"#garden": {"comment": "d"}}}}}"##,
    );
    assert_eq!(plain.decide(&in_group()), noted.decide(&in_group()));
}

#[test]
fn quirk_notes_ask_neither_who_may_talk_nor_whether_the_channel_is_governed() {
    let engine = engine(
        r#"{"defaults": {"blockedSenders": {"senders": ["ann"]}}, "memoryNotes": {"applyChannels": ["irc", "discord"]}}"#,
    );
    assert!(engine.decide(&in_group()).notes.enabled);
    assert!(engine.decide(&Asked { channel: "discord", ..in_group() }).notes.enabled);
    assert!(!engine.decide(&Asked { channel: "whatsapp", ..in_group() }).notes.enabled);
}

#[test]
fn quirk_both_spellings_and_lenient_scalars_mean_the_same() {
    let canonical = engine(
        r#"{"version": 1, "defaults": {"talkativeCooldown": {"enabled": true, "cooldownSeconds": 20}}}"#,
    );
    let lenient = engine(
        r#"{"version": 7, "defaults": {"talkative_cooldown": {"enabled": "yes", "cooldown_seconds": " 2_0 "}}}"#,
    );
    assert_eq!(canonical.decide(&asked()), lenient.decide(&asked()));
    assert!(lenient.decide(&asked()).cooldown.enabled);
}

#[test]
fn owners_are_listed_as_they_are_written() {
    let engine = engine(r#"{"owners": {"irc": [" @Ann ", "", "@Ann", "bob\u0007"]}}"#);
    let owners: Vec<String> =
        engine.owners(&ChannelName::new("irc").unwrap()).iter().map(ToString::to_string).collect();
    assert_eq!(owners, ["@Ann", "@Ann"], "what is no identifier is left out");
    assert!(engine.owners(&ChannelName::TELEGRAM).is_empty());
}
