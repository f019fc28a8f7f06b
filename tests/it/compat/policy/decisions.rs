//! Recorded decisions, identities and owners.

use std::collections::BTreeSet;

use nanobot_core::decision::{NotesMode, PolicyDecision, VoiceMode};
use nanobot_core::ids::SenderId;
use nanobot_core::ports::PolicyEngine as _;
use nanobot_core::stand_in::AllowAll;
use nanobot_core::testing::event;
use nanobot_policy::{Actor, Engine, NotesSource, expand};
use serde_json::{Value, json};

use super::super::cases::{Tally, rows};
use super::FOLDER;
use super::world::{World, asked, text, texts};

#[test]
fn recorded_decisions_agree() {
    let mut tally = Tally::new("policy decisions");
    let mut world = World::new();
    for row in rows(FOLDER, "cases.jsonl") {
        let ours = if let Some(engine) = world.engine(&row) {
            governed(&world, &engine, &row["event"])
        } else {
            // Nothing of the event decides here.
            let decision = AllowAll::new(world.known_tools()).evaluate(&event::wa("hello").build());
            json!({"decision": shown(&world, &decision), "actor": null, "notes_source": null})
        };
        judge(&mut tally, &row, &ours);
    }
    tally.finish();
}

#[test]
fn recorded_tool_access_agrees() {
    let mut tally = Tally::new("policy tool access");
    let mut world = World::new();
    for row in rows(FOLDER, "tool_access.jsonl") {
        let engine = world.engine(&row).expect("a policy");
        let access = engine.tool_access(&asked(&row["event"]), text(&row, "tool"));
        let ours = json!({
            "rule_allows": access.rule_allows,
            "in_potential_tools": access.in_potential_tools,
            "in_decision": access.in_decision,
        });
        judge(&mut tally, &row, &ours);
    }
    tally.finish();
}

#[test]
fn recorded_identities_agree() {
    let mut tally = Tally::new("policy identities");
    for row in rows(FOLDER, "identity.jsonl") {
        let channel = text(&row, "channel");
        let ours = match text(&row, "kind") {
            "actor" => actor(channel, text(&row, "sender_id")),
            "list" => json!(expand(channel, texts(&row["values"]))),
            other => panic!("nobody judges identities of the kind {other}"),
        };
        judge(&mut tally, &row, &ours);
    }
    tally.finish();
}

#[test]
fn recorded_owners_agree() {
    let mut tally = Tally::new("policy owners");
    let mut world = World::new();
    for row in rows(FOLDER, "policies.jsonl") {
        let engine = world.engine(&row).expect("a policy");
        for (channel, owners) in row["owner_recipients"].as_object().expect("owners by channel") {
            let ours: Vec<&str> = engine.owners_as_written(channel).iter().map(SenderId::as_str).collect();
            if json!(ours) == *owners {
                tally.agree();
            } else {
                tally.other(format!("{} {channel}: {ours:?}, recorded {owners}", row["policy"]));
            }
        }
    }
    tally.finish();
}

fn judge(tally: &mut Tally, row: &Value, ours: &Value) {
    if *ours == row["expect"] {
        tally.agree();
    } else {
        tally.other(format!("{}\nours     {ours}\nrecorded {}", row["id"], row["expect"]));
    }
}

fn governed(world: &World, engine: &Engine, event: &Value) -> Value {
    let asked = asked(event);
    let mut decision = engine.decide(&asked);
    if let Some(persona) = &mut decision.persona {
        persona.text = world.persona(&persona.file);
        persona.file = world.recorded(&persona.file);
    }
    json!({
        "decision": shown(world, &decision),
        "actor": actor(asked.channel, asked.sender),
        "notes_source": notes_source(&engine.notes_source(&asked)),
    })
}

fn actor(channel: &str, sender: &str) -> Value {
    let Actor { primary, aliases } = Actor::of(channel, sender);
    json!({"primary": primary, "aliases": aliases})
}

fn notes_source(source: &NotesSource) -> Value {
    let mut shown = json!({"enabled": source.enabled});
    if let Some(mode) = &source.mode {
        shown["mode"] = json!(mode);
    }
    if let Some(allow) = &source.allow_blocked_senders {
        shown["allowBlockedSenders"] = json!(allow);
    }
    shown
}

/// A decision as the original was recorded.
fn shown(world: &World, decision: &PolicyDecision) -> Value {
    let PolicyDecision { allowed_tools, persona, notes, voice, cooldown, .. } = decision;
    assert!(allowed_tools.is_subset(world.known_tools()), "nobody gets a tool that there is not");
    let tools: BTreeSet<&String> = allowed_tools.iter().collect();
    json!({
        "accept_message": decision.accept,
        "should_respond": decision.respond,
        "allowed_tools": tools,
        "reason": decision.reason,
        "persona_text": persona.as_ref().and_then(|persona| persona.text.as_deref()),
        "persona_file": persona.as_ref().map(|persona| &persona.file),
        "notes_enabled": notes.enabled,
        "notes_mode": match notes.mode {
            NotesMode::Adaptive => "adaptive",
            NotesMode::Heuristic => "heuristic",
            NotesMode::Hybrid => "hybrid",
        },
        "notes_allow_blocked_senders": notes.allow_blocked_senders,
        "notes_batch_interval_seconds": notes.batch_interval.as_secs(),
        "notes_batch_max_messages": notes.batch_max_messages,
        "voice_output_mode": match voice.mode {
            VoiceMode::Text => "text",
            VoiceMode::InKind => "in_kind",
            VoiceMode::Always => "always",
            VoiceMode::Off => "off",
        },
        "voice_output_tts_route": voice.route,
        "voice_output_voice": voice.voice,
        "voice_output_format": voice.format,
        "voice_output_max_sentences": voice.max_sentences,
        "voice_output_max_chars": voice.max_chars,
        "talkative_cooldown_enabled": cooldown.enabled,
        "talkative_cooldown_streak_threshold": cooldown.streak_threshold,
        "talkative_cooldown_topic_overlap_threshold": cooldown.topic_overlap,
        "talkative_cooldown_cooldown_seconds": cooldown.cooldown.as_secs(),
        "talkative_cooldown_delay_seconds": cooldown.delay.as_secs_f64(),
        "talkative_cooldown_use_llm_message": cooldown.use_model,
        "is_owner": decision.is_owner,
        "source": decision.source,
    })
}
