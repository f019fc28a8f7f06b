//! Our intents in the shape in which the original's were recorded.

use nanobot_core::decision::NotesMode;
use nanobot_core::ids::{MessageId, SenderId};
use nanobot_core::intent::{Intent, ManualNoteKind, NoteCapture, SessionAppend, SessionRole};
use nanobot_core::message::{OutboundMessage, Reaction};
use nanobot_core::telemetry::{AdminStatus, NotesOutcome, TelemetryEvent};
use serde_json::{Value, json};

/// One intent. What has no counterpart gets a name of its own and so never agrees.
pub(super) fn intent(intent: &Intent) -> Value {
    match intent {
        Intent::SetTyping { channel, chat, on } => typing(channel.as_str(), chat.as_str(), *on),
        Intent::SendMessage(message) => outbound(message),
        Intent::SendReaction(reaction) => self::reaction(reaction),
        Intent::AppendSession(append) => session(append),
        Intent::CaptureMemory(capture) => notes(capture),
        Intent::RecordNote(note) => json!({
            "intent": "RecordManualMemoryIntent",
            "channel": note.channel.as_str(),
            "chat_id": note.chat.as_str(),
            "sender_id": note.sender.as_str(),
            "content": note.content,
            "entry_kind": match note.kind { ManualNoteKind::Idea => "idea", ManualNoteKind::Backlog => "backlog" },
        }),
        Intent::RecordTelemetry(fact) => metric(fact),
        Intent::RememberChat { chat, .. } => json!({ "intent": "RememberChat", "chat_id": chat.as_str() }),
        Intent::Close(outcome) => json!({ "intent": "Close", "outcome": outcome.name() }),
    }
}

pub(super) fn typing(channel: &str, chat: &str, on: bool) -> Value {
    json!({ "intent": "SetTypingIntent", "channel": channel, "chat_id": chat, "enabled": on })
}

/// A text on its way to a chat, as it was recorded.
pub(super) fn sent(channel: &str, chat: &str, content: &str) -> Value {
    json!({ "intent": "SendOutboundIntent", "event": {
        "channel": channel, "chat_id": chat, "content": content,
        "reply_to": null, "media": [], "metadata": {}, "reaction_emoji": null,
    }})
}

fn outbound(message: &OutboundMessage) -> Value {
    let mut shape = sent(message.channel.as_str(), message.chat.as_str(), &message.text);
    shape["event"]["reply_to"] = json!(message.reply_to.as_ref().map(MessageId::as_str));
    shape["event"]["media"] = json!(message.media);
    shape
}

fn reaction(reaction: &Reaction) -> Value {
    json!({
        "intent": "SendReactionIntent",
        "channel": reaction.channel.as_str(),
        "chat_id": reaction.chat.as_str(),
        "message_id": reaction.message_id.as_str(),
        "emoji": reaction.emoji,
        "participant_jid": reaction.participant.as_ref().map(SenderId::as_str),
    })
}

/// A question and its answer, as they were recorded.
pub(super) fn persisted(session: &str, question: &str, answer: &str) -> Value {
    json!({
        "intent": "PersistSessionIntent", "session_key": session,
        "user_content": question, "assistant_content": answer,
    })
}

fn session(append: &SessionAppend) -> Value {
    match append.lines.as_slice() {
        [question, answer] if question.role == SessionRole::User && answer.role == SessionRole::Assistant => {
            persisted(append.session.as_str(), &question.content, &answer.content)
        }
        others => json!({ "intent": "AppendSession", "lines": format!("{others:?}") }),
    }
}

fn notes(capture: &NoteCapture) -> Value {
    json!({
        "intent": "QueueMemoryNotesCaptureIntent",
        "channel": capture.channel.as_str(),
        "chat_id": capture.chat.as_str(),
        "sender_id": capture.sender.as_str(),
        "message_id": capture.message_id.as_ref().map(MessageId::as_str),
        "content": capture.content,
        "is_group": capture.is_group,
        "mode": notes_mode(capture.mode),
        "batch_interval_seconds": capture.batch_interval.as_secs_f64(),
        "batch_max_messages": capture.batch_max_messages,
    })
}

pub(super) fn notes_mode(mode: NotesMode) -> &'static str {
    match mode {
        NotesMode::Adaptive => "adaptive",
        NotesMode::Heuristic => "heuristic",
        NotesMode::Hybrid => "hybrid",
    }
}

/// A counter of the original, by its name and labels in order.
pub(super) fn counter(name: &str, labels: &[(&str, &str)]) -> Value {
    json!({ "intent": "RecordMetricIntent", "name": name, "value": 1, "labels": labels })
}

/// The same, each; a command that went no further is counted twice by the original.
pub(super) fn intents(ours: &Intent) -> Vec<Value> {
    let mut shapes = vec![intent(ours)];
    if let Intent::RecordTelemetry(TelemetryEvent::AdminCommand { channel, status, .. }) = ours
        && *status != AdminStatus::Ignored
    {
        shapes.push(counter("policy_admin_command", &[("channel", channel.as_str())]));
    }
    shapes
}

fn metric(fact: &TelemetryEvent) -> Value {
    use TelemetryEvent as Fact;
    match fact {
        Fact::DroppedEmpty { channel } => counter("event_drop_empty", &[("channel", channel.as_str())]),
        Fact::DroppedDuplicate { channel } => {
            counter("event_drop_duplicate", &[("channel", channel.as_str())])
        }
        Fact::ReplyContext { channel, hit } => lookup(channel.as_str(), *hit),
        Fact::AdminCommand { channel, command, status } => {
            let name = match status {
                AdminStatus::Handled => "admin_command_handled",
                AdminStatus::Unknown => "admin_command_unknown",
                AdminStatus::Ignored => "admin_command_denied_or_ignored",
            };
            counter(name, &[("channel", channel.as_str()), ("command", command)])
        }
        Fact::DroppedByAccess { channel, reason } => {
            counter("policy_drop_access", &[("channel", channel.as_str()), ("reason", reason)])
        }
        Fact::DroppedByReplyRule { channel, reason } => {
            counter("policy_drop_reply", &[("channel", channel.as_str()), ("reason", reason)])
        }
        Fact::Notes { channel, outcome } => counter(
            match outcome {
                NotesOutcome::Enqueued => "memory_notes_enqueued",
                NotesOutcome::DroppedByPolicy => "memory_notes_dropped_policy",
                NotesOutcome::DroppedBySecurity => "memory_notes_dropped_security",
                NotesOutcome::DroppedWithoutMemory => "(memory_notes_dropped_without_memory)",
            },
            &[("channel", channel.as_str())],
        ),
        Fact::InputBlocked { channel, reason } => {
            counter("security_input_blocked", &[("channel", channel.as_str()), ("reason", reason)])
        }
        Fact::ResponderEmpty { channel } => counter("responder_empty", &[("channel", channel.as_str())]),
        Fact::ResponderFailed { channel, reason } => failed(channel.as_str(), reason),
        Fact::OutputSanitized { channel } => {
            counter("security_output_sanitized", &[("channel", channel.as_str())])
        }
        Fact::OutputBlocked { channel, reason } => {
            counter("security_output_blocked", &[("channel", channel.as_str()), ("reason", reason)])
        }
        Fact::ReactionSent { channel } => counter("reaction_sent", &[("channel", channel.as_str())]),
        Fact::ResponseSent { channel } => counter("response_sent", &[("channel", channel.as_str())]),
        Fact::TurnCancelled { .. }
        | Fact::ToolCall { .. }
        | Fact::StoreFailed { .. }
        | Fact::ForeignLines { .. }
        | Fact::Admin { .. }
        | Fact::PolicyFile { .. }
        | Fact::ModelAttempt(_)
        | Fact::ModelFailed { .. }
        | Fact::ModelFallback { .. }
        | Fact::Circuit { .. }
        | Fact::BudgetRefused { .. }
        | Fact::StageEnded { .. }
        | Fact::TurnEnded { .. }
        | Fact::Sample(_) => counter(&format!("({fact:?})"), &[]),
    }
}

/// Whether the message that was answered is known.
pub(super) fn lookup(channel: &str, hit: bool) -> Value {
    let name = if hit { "reply_ctx_archive_hit" } else { "reply_ctx_archive_miss" };
    counter(name, &[("channel", channel)])
}

/// Our fact about a failure; the original counts none.
pub(super) fn failed(channel: &str, reason: &str) -> Value {
    counter("(responder_failed)", &[("channel", channel), ("reason", reason)])
}

/// All numbers as floats, so that `60` and `60.0` agree.
pub(super) fn plain(mut value: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Number(number) => *value = json!(number.as_f64()),
            Value::Array(list) => list.iter_mut().for_each(walk),
            Value::Object(map) => map.values_mut().for_each(walk),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    walk(&mut value);
    value
}
