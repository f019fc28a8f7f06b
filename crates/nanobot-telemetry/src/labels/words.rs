//! The words of closed types, as lists of label values, and the words of those types of core that have none.

use nanobot_core::TurnOutcome;
use nanobot_core::model::{ModelErrorKind, ModelTask};
use nanobot_core::ports::{BudgetScope, StoreErrorKind};
use nanobot_core::telemetry::{
    AdminStatus, CircuitState, NotesOutcome, PolicyFileState, StoreName, ToolCallOutcome,
};

pub(crate) fn tasks() -> Vec<&'static str> {
    ModelTask::ALL.into_iter().map(ModelTask::name).collect()
}

pub(crate) fn attempt_outcomes() -> Vec<&'static str> {
    std::iter::once("ok").chain(model_errors()).collect()
}

pub(crate) fn fallback_reasons() -> Vec<&'static str> {
    model_errors().chain(["cooling"]).collect()
}

pub(crate) fn circuit_reasons() -> Vec<&'static str> {
    model_errors().chain([super::codes::NO_REASON]).collect()
}

pub(crate) fn failure_reasons() -> Vec<&'static str> {
    model_errors().chain(["history", "journal", "unrecorded"]).collect()
}

fn model_errors() -> impl Iterator<Item = &'static str> {
    ModelErrorKind::ALL.into_iter().map(ModelErrorKind::code)
}

pub(crate) fn circuit_states() -> Vec<&'static str> {
    CircuitState::ALL.into_iter().map(CircuitState::name).collect()
}

pub(crate) fn token_kinds() -> Vec<&'static str> {
    vec!["input", "cached_input", "cache_write", "output", "reasoning"]
}

pub(crate) fn budget_scopes() -> Vec<&'static str> {
    BudgetScope::ALL.into_iter().map(BudgetScope::name).collect()
}

pub(crate) fn turn_outcomes() -> Vec<&'static str> {
    TurnOutcome::ALL.into_iter().map(TurnOutcome::name).collect()
}

/// The stages of the pipeline, in its order.
pub(crate) fn stages() -> Vec<&'static str> {
    vec![
        "normalise",
        "dedupe",
        "archive",
        "reply_context",
        "admin_command",
        "policy",
        "access",
        "new_chat",
        "no_reply",
        "input_security",
        "typing",
        "respond",
        "output_security",
        "reaction",
        "routing",
        "outbound",
    ]
}

pub(crate) fn stores() -> Vec<&'static str> {
    StoreName::ALL.into_iter().map(StoreName::name).collect()
}

pub(crate) fn store_troubles() -> Vec<&'static str> {
    use StoreErrorKind::{Backend, Busy, Corrupt, Full, Limit, NotFound, ReadOnly};
    [Busy, Full, ReadOnly, Limit, Corrupt, NotFound, Backend].into_iter().map(store_trouble).collect()
}

pub(crate) const fn store_trouble(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Busy => "busy",
        StoreErrorKind::Full => "full",
        StoreErrorKind::ReadOnly => "read_only",
        StoreErrorKind::Limit => "limit",
        StoreErrorKind::Corrupt => "corrupt",
        StoreErrorKind::NotFound => "not_found",
        StoreErrorKind::Backend => "backend",
    }
}

pub(crate) fn tool_outcomes() -> Vec<&'static str> {
    use ToolCallOutcome::{DeniedByOrigin, DeniedByPolicy, DeniedBySecurity, Failed, Ok};
    [Ok, Failed, DeniedByPolicy, DeniedBySecurity, DeniedByOrigin].into_iter().map(tool_outcome).collect()
}

pub(crate) const fn tool_outcome(outcome: ToolCallOutcome) -> &'static str {
    match outcome {
        ToolCallOutcome::Ok => "ok",
        ToolCallOutcome::Failed => "failed",
        ToolCallOutcome::DeniedByPolicy => "denied_by_policy",
        ToolCallOutcome::DeniedBySecurity => "denied_by_security",
        ToolCallOutcome::DeniedByOrigin => "denied_by_origin",
    }
}

pub(crate) fn admin_statuses() -> Vec<&'static str> {
    [AdminStatus::Handled, AdminStatus::Unknown, AdminStatus::Ignored].into_iter().map(admin_status).collect()
}

pub(crate) const fn admin_status(status: AdminStatus) -> &'static str {
    match status {
        AdminStatus::Handled => "handled",
        AdminStatus::Unknown => "unknown",
        AdminStatus::Ignored => "ignored",
    }
}

pub(crate) fn notes_outcomes() -> Vec<&'static str> {
    use NotesOutcome::{DroppedByPolicy, DroppedBySecurity, DroppedWithoutMemory, Enqueued};
    [Enqueued, DroppedByPolicy, DroppedBySecurity, DroppedWithoutMemory]
        .into_iter()
        .map(notes_outcome)
        .collect()
}

pub(crate) const fn notes_outcome(outcome: NotesOutcome) -> &'static str {
    match outcome {
        NotesOutcome::Enqueued => "enqueued",
        NotesOutcome::DroppedByPolicy => "dropped_by_policy",
        NotesOutcome::DroppedBySecurity => "dropped_by_security",
        NotesOutcome::DroppedWithoutMemory => "dropped_without_memory",
    }
}

pub(crate) fn policy_file_states() -> Vec<&'static str> {
    use PolicyFileState::{Broken, Gone, Mended, Replaced};
    [Replaced, Broken, Gone, Mended].into_iter().map(policy_file_state).collect()
}

pub(crate) const fn policy_file_state(state: PolicyFileState) -> &'static str {
    match state {
        PolicyFileState::Replaced => "replaced",
        PolicyFileState::Broken => "broken",
        PolicyFileState::Gone => "gone",
        PolicyFileState::Mended => "mended",
    }
}

/// Commands of owners, and what may stand behind `/policy`: it is told under that name, too.
pub(crate) fn commands() -> Vec<&'static str> {
    vec![
        "allow-group",
        "approve",
        "approve-mention",
        "block-group",
        "block-sender",
        "clear-persona",
        "commands",
        "deny",
        "explain-group",
        "help",
        "history",
        "list-blocked",
        "list-groups",
        "panic",
        "policy",
        "reset",
        "resolve-group",
        "rollback",
        "set-persona",
        "set-when",
        "status-group",
        "unblock-sender",
        "unknown",
        "voicemessages",
    ]
}

pub(crate) fn execution_outcomes() -> Vec<&'static str> {
    vec!["applied", "noop", "denied", "invalid", "error"]
}

pub(crate) fn execution_sources() -> Vec<&'static str> {
    vec!["dm", "cli"]
}

pub(crate) fn yes_or_no() -> Vec<&'static str> {
    vec![yes_no(true), yes_no(false)]
}

pub(crate) const fn yes_no(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

pub(crate) fn voice_modes() -> Vec<&'static str> {
    vec!["text", "in_kind", "always", "off", "inherit"]
}

pub(crate) fn drops() -> Vec<&'static str> {
    vec!["empty", "duplicate"]
}

pub(crate) fn lookups() -> Vec<&'static str> {
    vec!["hit", "miss"]
}

pub(crate) fn results() -> Vec<&'static str> {
    vec!["response", "reaction", "empty", "failed", "cancelled"]
}

pub(crate) fn policy_rules() -> Vec<&'static str> {
    vec!["access", "reply"]
}

pub(crate) fn security_stages() -> Vec<&'static str> {
    vec!["input", "output"]
}

pub(crate) fn security_outcomes() -> Vec<&'static str> {
    vec!["blocked", "sanitized"]
}
