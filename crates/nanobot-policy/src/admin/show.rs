//! What commands show of a policy: the settings of a chat with their layers, its blocked senders, the last changes.

use std::fmt::Write as _;

use nanobot_core::ports::ChangeRow;
use nanobot_core::time::Timestamp;

use super::edit::{Origin, blocked};
use super::target::Target;
use crate::document::Overlay as _;
use crate::document::schema::{ChatOverride, ChatPolicy, Policy};
use crate::identity::expand;

/// A command in a list of changes is cut behind so many characters, with the dots.
const MAX_COMMAND: usize = 80;

/// The settings of a chat with all layers applied.
fn merged(policy: &Policy, target: &Target) -> ChatPolicy {
    let mut merged = policy.defaults.clone();
    if let Some(channel) = policy.channels.get(&target.channel) {
        merged.overlay(&channel.default);
        if let Some(chat) = channel.chats.get(&target.chat) {
            merged.overlay(chat);
        }
    }
    merged
}

/// The mode of spoken answers in a chat.
pub(super) fn voice_mode(policy: &Policy, target: &Target) -> &'static str {
    merged(policy, target).voice.output.mode.word()
}

/// The innermost layer that says something.
fn source(policy: &Policy, target: &Target, says: impl Fn(&ChatOverride) -> bool) -> &'static str {
    let channel = policy.channels.get(&target.channel);
    let chat = channel.and_then(|channel| channel.chats.get(&target.chat));
    match (chat, channel) {
        (Some(chat), _) if says(chat) => "chat",
        (_, Some(channel)) if says(&channel.default) => "channel",
        _ => "default",
    }
}

/// The shown settings of a chat.
struct Settings {
    /// Name, value, layer.
    ruled: [(&'static str, String, &'static str); 4],
    tools: [(&'static str, String); 3],
    tools_source: &'static str,
}

impl Settings {
    fn of(policy: &Policy, target: &Target) -> Self {
        let merged = merged(policy, target);
        let of = |says: fn(&ChatOverride) -> bool| source(policy, target, says);
        let blocked: Vec<String> =
            expand(&target.channel, &merged.blocked_senders.senders).into_iter().collect();
        let persona = merged.persona_file.filter(|file| !file.is_empty());
        let tools = &merged.allowed_tools;
        Self {
            ruled: [
                (
                    "whoCanTalk",
                    merged.who_can_talk.mode.word().to_owned(),
                    of(|chat| chat.who_can_talk.is_some()),
                ),
                (
                    "whenToReply",
                    merged.when_to_reply.mode.word().to_owned(),
                    of(|chat| chat.when_to_reply.is_some()),
                ),
                ("blockedSenders", blocked.join(","), of(|chat| chat.blocked_senders.is_some())),
                (
                    "personaFile",
                    persona.unwrap_or_else(|| "-".to_owned()),
                    of(|chat| chat.persona_file.is_some()),
                ),
            ],
            tools: [
                ("allowedTools.mode", tools.mode.word().to_owned()),
                ("allowedTools.tools", sorted(&tools.tools)),
                ("allowedTools.deny", sorted(&tools.deny)),
            ],
            tools_source: of(|chat| chat.allowed_tools.is_some()),
        }
    }
}

fn sorted(names: &[String]) -> String {
    let names: std::collections::BTreeSet<&str> =
        names.iter().map(|name| nanobot_core::text::trim(name)).filter(|name| !name.is_empty()).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

/// The answer to `status-group`.
pub(super) fn status(policy: &Policy, target: &Target) -> String {
    let settings = Settings::of(policy, target);
    let mut text = target.to_string();
    for (name, value, source) in &settings.ruled {
        let _ = write!(text, "\n{name}={value} (source={source})");
    }
    for ((name, value), source) in settings.tools.iter().zip([Some(settings.tools_source), None, None]) {
        let source = source.map(|source| format!(" (source={source})")).unwrap_or_default();
        let _ = write!(text, "\n{name}={value}{source}");
    }
    text
}

/// The answer to `explain-group`.
pub(super) fn explain(policy: &Policy, target: &Target) -> String {
    let settings = Settings::of(policy, target);
    let channel = &target.channel;
    let mut text = format!("Group explain: {target}");
    let _ = write!(
        text,
        "\nmerge_trace=defaults -> channels.{channel}.default -> channels.{channel}.chats.<chat_id>"
    );
    let [who, when, blocked, persona] = &settings.ruled;
    for (name, source) in [
        (who.0, who.2),
        (when.0, when.2),
        (blocked.0, blocked.2),
        ("allowedTools", settings.tools_source),
        (persona.0, persona.2),
    ] {
        let _ = write!(text, "\n{name}.source={source}");
    }
    let ruled = settings.ruled.iter().map(|(name, value, _)| (name, value));
    for (name, value) in ruled.chain(settings.tools.iter().map(|(name, value)| (name, value))) {
        let _ = write!(text, "\neffective.{name}={value}");
    }
    text
}

/// The answer to `list-blocked`. Senders that the channel blocks, or the policy for all chats, are shown as such.
pub(super) fn list_blocked(policy: &Policy, target: &Target) -> String {
    let (origin, senders) = blocked(policy, target);
    if senders.is_empty() {
        return format!("{target}: blockedSenders is empty.");
    }
    let origin = match origin {
        Origin::Own => "",
        Origin::Inherited => ", inherited",
    };
    let mut text = format!("{target}: blockedSenders ({}{origin})", senders.len());
    for sender in senders {
        let _ = write!(text, "\n- {sender}");
    }
    text
}

/// The answer to `history`: the newest first.
pub(super) fn history(rows: &[ChangeRow]) -> String {
    if rows.is_empty() {
        return "Policy history is empty.".to_owned();
    }
    let mut text = format!("Policy history: {} (latest first)", rows.len());
    for row in rows {
        // Only changes that took effect are in the log.
        let _ = write!(text, "\n- {} | {} | applied | {}", row.id, iso_utc(row.at), shortened(&row.command));
    }
    text.push_str("\nUse: /policy rollback <change_id> [--confirm]");
    text
}

fn shortened(command: &str) -> String {
    if command.chars().count() <= MAX_COMMAND {
        return command.to_owned();
    }
    command.chars().take(MAX_COMMAND - 3).chain("...".chars()).collect()
}

/// A time as the log writes it: UTC with its distance, microseconds left out when they are zero.
fn iso_utc(at: Timestamp) -> String {
    let micros = at.subsec_nanosecond().unsigned_abs() / 1_000;
    let seconds = at.strftime("%Y-%m-%dT%H:%M:%S");
    if micros == 0 { format!("{seconds}+00:00") } else { format!("{seconds}.{micros:06}+00:00") }
}
