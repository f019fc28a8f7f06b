//! An explanation as JSON: the keys of the original, then `rules` and `change`, which are ours.

use std::collections::BTreeSet;

use nanobot_policy::schema::{TalkativeCooldown, VoiceOutput};
use nanobot_policy::{Change, Edit, Effective, Explanation, RuleSource, RuleValue};
use serde_json::{Map, Value, json};

use super::super::decision::{actor, notes_source};
use super::Tool;

pub(super) fn of(explanation: &Explanation, tool: Option<&Tool<'_>>) -> Value {
    let decision = &explanation.decision;
    let (notes, source) = &explanation.memory_notes;
    let mut document = json!({
        "policySource": explanation.policy_source,
        "channel": explanation.channel,
        "chatId": explanation.chat_id,
        "sender": actor(&explanation.sender),
        "effectivePolicy": explanation.effective_policy.as_ref().map(effective),
        "decision": {
            "acceptMessage": decision.accept,
            "shouldRespond": decision.respond,
            "reason": decision.reason,
            "allowedTools": *decision.allowed_tools,
            "personaFile": decision.persona.as_ref().map(|persona| &persona.file),
            "memoryNotesEnabled": decision.notes.enabled,
            "memoryNotesMode": decision.notes.mode.name(),
            "memoryNotesAllowBlockedSenders": decision.notes.allow_blocked_senders,
        },
        "memoryNotes": {
            "enabled": notes.enabled,
            "mode": notes.mode.name(),
            "allowBlockedSenders": notes.allow_blocked_senders,
            "batchIntervalSeconds": notes.batch_interval.as_secs(),
            "batchMaxMessages": notes.batch_max_messages,
            "source": notes_source(source),
        },
        "rules": explanation.rules.iter().map(rule).collect::<Vec<_>>(),
        "change": explanation.change.as_ref().map(change),
    });
    if let (Some(members), Some(tool)) = (document.as_object_mut(), tool) {
        let access = tool.access;
        let shown = json!({
            "name": tool.name,
            "ruleAllows": access.rule_allows,
            "inPotentialTools": access.in_potential_tools,
            "inDecision": access.in_decision,
        });
        members.insert("tool".to_owned(), shown);
    }
    document
}

fn effective(effective: &Effective) -> Value {
    let senders = |mode: &str, senders: &BTreeSet<String>| json!({"mode": mode, "senders": senders});
    let access = effective.tool_access.iter();
    let access: Map<String, Value> =
        access.map(|(tool, (mode, list))| (tool.clone(), senders(mode.word(), list))).collect();
    let VoiceOutput { mode, tts_route, voice, format, max_sentences, max_chars } = &effective.voice;
    let TalkativeCooldown {
        enabled,
        streak_threshold,
        topic_overlap_threshold,
        cooldown_seconds,
        delay_seconds,
        use_llm_message,
    } = &effective.cooldown;
    json!({
        "whoCanTalk": senders(effective.who_can_talk.word(), &effective.who_can_talk_senders),
        "whenToReply": senders(effective.when_to_reply.word(), &effective.when_to_reply_senders),
        "blockedSenders": {"senders": effective.blocked_senders},
        "allowedTools": {
            "mode": effective.allowed_tools.word(),
            "tools": effective.allowed_tools_tools,
            "deny": effective.allowed_tools_deny,
        },
        "toolAccess": access,
        "personaFile": effective.persona_file,
        "voice": {
            "input": {"wakePhrases": effective.wake_phrases},
            "output": {
                "mode": mode.word(),
                "ttsRoute": tts_route,
                "voice": voice,
                "format": format,
                "maxSentences": number(max_sentences.digits()),
                "maxChars": number(max_chars.digits()),
            },
        },
        "talkativeCooldown": {
            "enabled": enabled,
            "streakThreshold": number(streak_threshold.digits()),
            "topicOverlapThreshold": topic_overlap_threshold.0,
            "cooldownSeconds": number(cooldown_seconds.digits()),
            "delaySeconds": delay_seconds.0,
            "useLlmMessage": use_llm_message,
        },
    })
}

/// A whole number of any size; one beyond what JSON readers take stands there in its digits.
fn number(digits: &str) -> Value {
    digits.parse::<i64>().map_or_else(|_| json!(digits), Value::from)
}

fn rule(rule: &RuleSource) -> Value {
    let value = match &rule.value {
        RuleValue::Word(word) => json!(word),
        RuleValue::List(items) => json!(items),
    };
    json!({"path": rule.path, "layer": rule.layer.to_string(), "line": rule.line, "value": value})
}

fn change(change: &Change) -> Value {
    let edits = change.0.iter().map(|edit| match edit {
        Edit::Add { path, sender, inherited } => json!({"path": path, "add": sender, "inherited": inherited}),
        Edit::Remove { path, entries, inherited } => {
            json!({"path": path, "remove": entries, "inherited": inherited})
        }
        Edit::Set { path, word } => json!({"path": path, "set": word}),
    });
    json!({"text": change.to_string(), "edits": edits.collect::<Vec<_>>()})
}
