//! Typed facts as log lines, for a person. What becomes of them as figures is decided by the telemetry crate.

use nanobot_core::admin::AdminFact;
use nanobot_core::ids::ChannelName;
use nanobot_core::model::ModelErrorKind;
use nanobot_core::ports::Telemetry;
use nanobot_core::telemetry::{CircuitState, ModelAttempt, TelemetryEvent};
use nanobot_llm_router::verdict;

/// Writes facts to the log.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LogFacts;

impl Telemetry for LogFacts {
    fn record(&self, event: &TelemetryEvent) {
        match event {
            TelemetryEvent::DroppedEmpty { channel } => tracing::debug!(%channel, "dropped: no content"),
            TelemetryEvent::DroppedDuplicate { channel } => tracing::info!(%channel, "dropped: seen before"),
            TelemetryEvent::ReplyContext { channel, hit } => tracing::debug!(%channel, hit, "reply context"),
            TelemetryEvent::AdminCommand { channel, command, status } => {
                tracing::info!(%channel, command, ?status, "admin command");
            }
            TelemetryEvent::Admin { channel, fact } => admin(channel, fact),
            // The watcher has said it, with what is wrong.
            TelemetryEvent::PolicyFile { state } => tracing::debug!(?state, "policy file"),
            TelemetryEvent::DroppedByAccess { channel, reason } => {
                tracing::info!(%channel, reason, "dropped: the sender may not talk here");
            }
            TelemetryEvent::DroppedByReplyRule { channel, reason } => {
                tracing::debug!(%channel, reason, "not answered by rule");
            }
            TelemetryEvent::Notes { channel, outcome } => tracing::debug!(%channel, ?outcome, "notes"),
            TelemetryEvent::InputBlocked { channel, reason } => {
                tracing::warn!(%channel, reason, "input blocked");
            }
            TelemetryEvent::ResponderEmpty { channel } => tracing::info!(%channel, "nothing to answer"),
            TelemetryEvent::ResponderFailed { channel, reason } => {
                // What lies beneath has its own line, a warning or an error.
                tracing::info!(%channel, reason, "no answer; the chat was told");
            }
            TelemetryEvent::TurnCancelled { channel } => tracing::info!(%channel, "turn stopped"),
            TelemetryEvent::OutputSanitized { channel } => tracing::warn!(%channel, "output sanitized"),
            TelemetryEvent::OutputBlocked { channel, reason } => {
                tracing::warn!(%channel, reason, "output blocked");
            }
            TelemetryEvent::ReactionSent { channel } => tracing::info!(%channel, "reaction sent"),
            TelemetryEvent::ResponseSent { channel } => tracing::info!(%channel, "response sent"),
            TelemetryEvent::ToolCall { tool, outcome, took } => {
                tracing::info!(tool, ?outcome, ?took, "tool call");
            }
            TelemetryEvent::StoreFailed { store, kind, detail } => {
                tracing::error!(store = store.name(), %kind, error = detail, "store failed");
            }
            TelemetryEvent::ForeignLines { session } => {
                tracing::warn!(%session, "somebody else wrote into the session's file; ours stands behind it");
            }
            TelemetryEvent::ModelAttempt(attempt) => attempted(attempt),
            TelemetryEvent::ModelFailed { task, outcome, detail } => {
                tracing::warn!(%task, outcome, error = detail, "model call");
            }
            TelemetryEvent::ModelFallback { task, from, to, reason } => {
                tracing::warn!(%task, from, to, reason, "asking another model");
            }
            TelemetryEvent::Circuit { provider, model, credential, state, reason } => {
                let model = model.as_deref().unwrap_or("all");
                // What a person has to mend is told to owners besides; the rest mends itself.
                if needs_a_person(*state, reason) {
                    tracing::warn!(provider, model, credential, state = state.name(), reason, "circuit");
                } else {
                    tracing::info!(provider, model, credential, state = state.name(), reason, "circuit");
                }
            }
            TelemetryEvent::BudgetRefused { scope, task } => {
                tracing::warn!(scope = scope.name(), %task, "a budget has no room for a call");
            }
            TelemetryEvent::StageEnded { stage, took } => tracing::trace!(stage, ?took, "stage"),
            TelemetryEvent::TurnEnded { channel, outcome, took } => {
                tracing::debug!(%channel, ?outcome, ?took, "turn");
            }
            TelemetryEvent::Sample(sample) => tracing::trace!(?sample, "sample"),
        }
    }
}

fn needs_a_person(state: CircuitState, reason: &str) -> bool {
    let kind = ModelErrorKind::ALL.into_iter().find(|kind| kind.code() == reason);
    state == CircuitState::Open && kind.is_some_and(|kind| verdict(kind).tells_owner)
}

fn attempted(attempt: &ModelAttempt) {
    let ModelAttempt { provider, model, task, outcome, usage, took, .. } = attempt;
    let (input, output) = (usage.input, usage.output);
    let cost = attempt.cost.map(|cost| cost.to_string());
    let took = took.map(tracing::field::debug);
    match &attempt.detail {
        None => tracing::info!(provider, model, %task, outcome, took, input, output, cost, "model call"),
        // Whoever is asked next may answer; if nobody does, that is said once, as a warning.
        Some(error) => tracing::info!(provider, model, %task, outcome, took, error, "model attempt"),
    }
}

fn admin(channel: &ChannelName, fact: &AdminFact) {
    match fact {
        AdminFact::Executed { outcome, source, command } => {
            tracing::info!(%channel, command, outcome, source, "policy command");
        }
        AdminFact::Mutation { command, dry_run } => {
            tracing::debug!(%channel, command, dry_run, "a command that changes the policy");
        }
        AdminFact::Rollback { outcome } => tracing::info!(%channel, outcome, "policy rolled back"),
        AdminFact::SessionReset => tracing::info!(%channel, "session cleared by an owner"),
        AdminFact::Panic => tracing::warn!(%channel, "emergency stop"),
        AdminFact::VoiceMessages { mode } => tracing::info!(%channel, mode, "spoken answers set"),
    }
}
