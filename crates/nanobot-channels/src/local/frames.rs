//! From the domain to the wire: live events, deliveries, and the answers of control requests.
//!
//! Nothing is decided here; every field of a JSON document that leaves the daemon is written in this file
//! or in `protocol.rs` and below it.

use std::path::Path;

use nanobot_core::ids::SessionKey;
use nanobot_core::model::ModelTask;
use nanobot_core::ports::{
    BudgetInForce, ControlError, Delivery, HistoryMessage, HistoryRole, IngestError, LiveEvent, LiveTarget,
    Outgoing, SessionSummary, StatusReport, StoreErrorKind,
};
use nanobot_core::units::NanoDollars;
use serde_json::{Value, json};

use super::protocol::{ErrorBody, ServerFrame, code};

/// A live event as a frame.
pub(crate) fn live_frame(target: &LiveTarget, event: LiveEvent<'_>) -> ServerFrame {
    let chat = target.chat.to_string();
    let turn = target.turn.to_string();
    match event {
        LiveEvent::Typing(on) => ServerFrame::Typing { chat, on },
        LiveEvent::Text(text) => ServerFrame::Delta { chat, turn, text: text.to_owned() },
        LiveEvent::Aside => ServerFrame::Aside { chat, turn },
        LiveEvent::Tool(name) => ServerFrame::Tool { chat, turn, name: name.to_owned() },
        LiveEvent::Ended(outcome) => ServerFrame::Ended { chat, turn, outcome: outcome.name().to_owned() },
    }
}

/// A delivery as a frame.
pub(crate) fn deliver_frame(delivery: &Delivery) -> ServerFrame {
    let key = delivery.key.to_string();
    let turn = delivery.turn.to_string();
    match &delivery.outgoing {
        Outgoing::Message(message) => ServerFrame::Deliver {
            key,
            chat: message.chat.to_string(),
            turn,
            text: message.text.clone(),
            reply_to: message.reply_to.as_ref().map(ToString::to_string),
            media: message.media.iter().map(|path| shown_path(path)).collect(),
        },
        Outgoing::Reaction(reaction) => ServerFrame::React {
            key,
            chat: reaction.chat.to_string(),
            turn,
            message_id: reaction.message_id.to_string(),
            emoji: reaction.emoji.clone(),
        },
    }
}

/// JSON cannot hold a path that is not UTF-8; such a path is shown with replacement characters.
fn shown_path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Why a message was not taken.
pub(crate) fn refusal(id: String, error: &IngestError) -> ServerFrame {
    let (code, retry) = match error {
        IngestError::QueueFull { .. } | IngestError::TooManyChats { .. } => (code::QUEUE_FULL, true),
        IngestError::TooLarge { .. } => (code::TOO_LARGE, false),
        IngestError::Draining => (code::DRAINING, true),
        IngestError::Store(error) => (code::STORE_FAILED, error.kind == StoreErrorKind::Busy),
    };
    ServerFrame::Refused { id, code: code.to_owned(), message: error.to_string(), retry }
}

/// Why a control request failed.
pub(crate) fn control_failure(error: &ControlError) -> ErrorBody {
    let code = match error {
        ControlError::NoSuchSession(_) => code::NO_SUCH_SESSION,
        ControlError::NoPolicy => code::NO_POLICY,
        ControlError::Busy(_) | ControlError::LinesWait(_) => code::BUSY,
        ControlError::Store(_) => code::STORE_FAILED,
        // The enum may grow before this crate knows the new word.
        _ => code::FAILED,
    };
    ErrorBody { code: code.to_owned(), message: error.to_string() }
}

/// The answer to `status`. Times are RFC 3339 in UTC.
pub(crate) fn status_value(report: &StatusReport) -> Value {
    json!({
        "version": report.version,
        "pid": report.pid,
        "home": report.home,
        "started": report.started.instant.to_string(),
        "now": report.now.instant.to_string(),
        "model": {
            "provider": report.model.provider,
            "model": report.model.model,
            "endpoint": report.model.endpoint,
            "is_language_model": report.model.is_language_model,
        },
        "model_warnings": report.model_warnings,
        "budgets": report.budgets.iter().map(budget_value).collect::<Vec<_>>(),
        "ports": report.ports.iter().map(|port| json!({
            "port": port.port,
            "adapter": port.adapter,
            "warning": port.warning,
        })).collect::<Vec<_>>(),
        "channels": report.channels,
        "tools": report.tools,
        "queues": {
            "lanes": report.queues.lanes,
            "waiting": report.queues.waiting,
            "running": report.queues.running,
            "outbox": report.queues.outbox,
        },
        "policy": report.policy.as_ref().map(|policy| json!({
            "hash": policy.hash,
            "source": policy.source,
            "governs": policy.governs,
            "closed": policy.closed,
            "trouble": policy.trouble,
            "sealed": policy.sealed,
            "chain": policy.chain.as_ref().map(|head| json!({"rows": head.rows, "hash": head.hash})),
        })),
    })
}

/// Amounts are whole billionths of a dollar: a limit must be the same on both sides.
fn budget_value(budget: &BudgetInForce) -> Value {
    let BudgetInForce { scope, task, most, background } = budget;
    json!({
        "scope": scope.name(),
        "task": task.map(ModelTask::name),
        "most_nano_dollars": most.get(),
        "background_nano_dollars": background.map(NanoDollars::get),
    })
}

/// The answer to `session_list`.
pub(crate) fn sessions_value(sessions: &[SessionSummary]) -> Value {
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|summary| {
            json!({
                "session": summary.session.as_str(),
                "file": summary.file,
                "created_at": summary.created_at,
                "updated_at": summary.updated_at,
                "messages": summary.messages,
            })
        })
        .collect();
    json!({ "sessions": sessions })
}

/// The answer to `session_show`.
pub(crate) fn messages_value(session: &SessionKey, messages: &[HistoryMessage]) -> Value {
    let messages: Vec<Value> = messages
        .iter()
        .map(|message| {
            json!({
                "role": role_name(message.role),
                "content": message.content,
                "labels": message.labels.map(|labels| labels.to_string()),
            })
        })
        .collect();
    json!({ "session": session.as_str(), "messages": messages })
}

/// The answer to `session_reset`.
pub(crate) fn reset_value(session: &SessionKey, forgotten: usize) -> Value {
    json!({ "session": session.as_str(), "forgotten": forgotten })
}

const fn role_name(role: HistoryRole) -> &'static str {
    match role {
        HistoryRole::User => "user",
        HistoryRole::Assistant => "assistant",
        HistoryRole::System => "system",
        HistoryRole::Tool => "tool",
    }
}
