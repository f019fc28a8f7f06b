//! Which fact moves which metric. Decides only; who keeps the figures is told by a closure.
//!
//! Values are handed on as they come: the label sets make `other` of what they do not know. Ids, details and session
//! keys are not even handed on.

use std::time::Duration;

use nanobot_core::admin::AdminFact;
use nanobot_core::model::Usage;
use nanobot_core::telemetry::{
    BudgetLevel, CircuitReading, CircuitState, ModelAttempt, Sample, TelemetryEvent, ToolCallOutcome,
};
use nanobot_core::units::NanoDollars;

use crate::catalogue::Id;
use crate::labels::{ALL_MODELS, codes, words};

/// What happens to a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change {
    /// So many more.
    Count(u64),
    /// So much more was paid.
    Pay(NanoDollars),
    /// It is this now.
    Set(f64),
    /// Something took so long.
    Took(Duration),
}

const ONE: Change = Change::Count(1);

/// Tells `board` every change that a fact makes: the metric, the values of its labels in order, the change.
pub(crate) fn post(fact: &TelemetryEvent, board: &mut dyn FnMut(Id, &[&str], Change)) {
    use TelemetryEvent as Fact;
    match fact {
        Fact::DroppedEmpty { channel } => board(Id::EventDrops, &[channel.as_str(), "empty"], ONE),
        Fact::DroppedDuplicate { channel } => board(Id::EventDrops, &[channel.as_str(), "duplicate"], ONE),
        Fact::ReplyContext { channel, hit } => {
            board(Id::ReplyContextLookups, &[channel.as_str(), if *hit { "hit" } else { "miss" }], ONE);
        }
        Fact::AdminCommand { channel, command, status } => {
            board(Id::AdminCommands, &[channel.as_str(), command, words::admin_status(*status)], ONE);
        }
        Fact::Admin { channel, fact } => admin(channel.as_str(), fact, board),
        Fact::PolicyFile { state } => board(Id::PolicyFileChanges, &[words::policy_file_state(*state)], ONE),
        Fact::DroppedByAccess { channel, reason } => {
            board(Id::PolicyDrops, &[channel.as_str(), "access", reason], ONE);
        }
        Fact::DroppedByReplyRule { channel, reason } => {
            board(Id::PolicyDrops, &[channel.as_str(), "reply", reason], ONE);
        }
        Fact::Notes { channel, outcome } => {
            board(Id::MemoryNotes, &[channel.as_str(), words::notes_outcome(*outcome)], ONE);
        }
        Fact::InputBlocked { channel, reason } => {
            let code = codes::security(reason);
            board(Id::SecurityOutcomes, &[channel.as_str(), "input", "blocked", code], ONE);
        }
        Fact::OutputBlocked { channel, reason } => {
            let code = codes::security(reason);
            board(Id::SecurityOutcomes, &[channel.as_str(), "output", "blocked", code], ONE);
        }
        Fact::OutputSanitized { channel } => {
            board(Id::SecurityOutcomes, &[channel.as_str(), "output", "sanitized", codes::NO_REASON], ONE);
        }
        Fact::ResponderEmpty { channel } => board(Id::TurnResults, &[channel.as_str(), "empty"], ONE),
        Fact::ResponderFailed { channel, reason } => {
            board(Id::TurnResults, &[channel.as_str(), "failed"], ONE);
            board(Id::TurnFailures, &[channel.as_str(), reason], ONE);
        }
        Fact::TurnCancelled { channel } => board(Id::TurnResults, &[channel.as_str(), "cancelled"], ONE),
        Fact::ReactionSent { channel } => board(Id::TurnResults, &[channel.as_str(), "reaction"], ONE),
        Fact::ResponseSent { channel } => board(Id::TurnResults, &[channel.as_str(), "response"], ONE),
        Fact::ToolCall { tool, outcome, took } => tool_call(tool, *outcome, *took, board),
        Fact::StoreFailed { store, kind, detail: _ } => {
            board(Id::StoreFailures, &[store.name(), words::store_trouble(*kind)], ONE);
        }
        Fact::ForeignLines { session: _ } => board(Id::ForeignLines, &[], ONE),
        Fact::ModelAttempt(attempt) => model_attempt(attempt, board),
        // Its attempts are counted, and the turn's end is.
        Fact::ModelFailed { .. } => {}
        Fact::ModelFallback { task, from, to, reason } => {
            board(Id::LlmFallbacks, &[from, to, reason, task.name()], ONE);
        }
        Fact::Circuit { provider, model, credential, state, reason } => {
            let model = model.as_deref().unwrap_or(ALL_MODELS);
            let reason = if reason.is_empty() { codes::NO_REASON } else { reason };
            board(Id::CircuitTransitions, &[provider, credential, model, state.name(), reason], ONE);
        }
        Fact::BudgetRefused { scope, task } => {
            board(Id::BudgetRefusals, &[scope.name(), task.name()], ONE);
        }
        Fact::StageEnded { stage, took } => board(Id::StageDuration, &[stage], Change::Took(*took)),
        Fact::TurnEnded { channel, outcome, took } => {
            board(Id::TurnDuration, &[channel.as_str(), outcome.name()], Change::Took(*took));
        }
        Fact::Sample(sample) => sampled(sample, board),
    }
}

fn admin(channel: &str, fact: &AdminFact, board: &mut dyn FnMut(Id, &[&str], Change)) {
    match fact {
        AdminFact::Executed { outcome, source, command } => {
            board(Id::PolicyCommands, &[command, outcome, source], ONE);
        }
        AdminFact::Mutation { command, dry_run } => {
            board(Id::PolicyMutations, &[command, words::yes_no(*dry_run)], ONE);
        }
        AdminFact::Rollback { outcome } => board(Id::PolicyRollbacks, &[outcome], ONE),
        AdminFact::SessionReset => board(Id::SessionResets, &[channel], ONE),
        AdminFact::Panic => board(Id::Panics, &[channel], ONE),
        AdminFact::VoiceMessages { mode } => board(Id::VoiceSettings, &[channel, mode], ONE),
    }
}

fn tool_call(
    name: &str,
    outcome: ToolCallOutcome,
    took: Duration,
    board: &mut dyn FnMut(Id, &[&str], Change),
) {
    board(Id::ToolCalls, &[name, words::tool_outcome(outcome)], ONE);
    match outcome {
        ToolCallOutcome::Ok | ToolCallOutcome::Failed => {
            board(Id::ToolDuration, &[name], Change::Took(took));
        }
        ToolCallOutcome::DeniedByPolicy
        | ToolCallOutcome::DeniedBySecurity
        | ToolCallOutcome::DeniedByOrigin => {}
    }
}

fn model_attempt(attempt: &ModelAttempt, board: &mut dyn FnMut(Id, &[&str], Change)) {
    let (provider, model, task) = (attempt.provider.as_str(), attempt.model.as_str(), attempt.task.name());
    board(Id::LlmRequests, &[provider, model, task, attempt.outcome], ONE);
    if let Some(took) = attempt.took {
        board(Id::LlmDuration, &[provider, model, attempt.outcome], Change::Took(took));
    }
    if let Some(first) = attempt.first_token {
        board(Id::LlmFirstToken, &[provider, model], Change::Took(first));
    }
    for (kind, tokens) in parts(attempt.usage) {
        if tokens > 0 {
            board(Id::LlmTokens, &[provider, model, task, kind], Change::Count(tokens));
        }
    }
    match attempt.cost {
        Some(cost) => board(Id::LlmCost, &[provider, model, task], Change::Pay(cost)),
        // Also of an attempt that came to nothing: some providers charge what they had begun, and none says so.
        None => board(Id::LlmUnpriced, &[provider, model, task], ONE),
    }
}

/// The tokens, each under one kind: core counts cached tokens among those read, and reasoning among those written.
fn parts(usage: Usage) -> [(&'static str, u64); 5] {
    let count = |tokens: Option<u64>| tokens.unwrap_or(0);
    let (cached, stored) = (count(usage.cached_input), count(usage.cache_write));
    let reasoning = count(usage.reasoning);
    [
        ("input", count(usage.input).saturating_sub(cached).saturating_sub(stored)),
        ("cached_input", cached),
        ("cache_write", stored),
        ("output", count(usage.output).saturating_sub(reasoning)),
        ("reasoning", reasoning),
    ]
}

/// What a circuit's gauge shows.
const fn circuit_figure(state: CircuitState) -> f64 {
    match state {
        CircuitState::Closed => 0.0,
        CircuitState::HalfOpen => 1.0,
        CircuitState::Open => 2.0,
    }
}

fn sampled(sample: &Sample, board: &mut dyn FnMut(Id, &[&str], Change)) {
    board(Id::SampleTime, &[], Change::Set(sample.at.as_duration().as_secs_f64()));
    board(Id::QueueWaiting, &[], Change::Set(figure(sample.waiting)));
    board(Id::TurnsRunning, &[], Change::Set(figure(sample.running)));
    if let Some(undelivered) = sample.undelivered {
        board(Id::Undelivered, &[], Change::Set(figure(undelivered.count)));
        board(Id::OldestUndelivered, &[], Change::Set(undelivered.oldest.as_secs_f64()));
    }
    for (channel, is_connected) in &sample.channels {
        board(Id::ChannelConnected, &[channel.as_str()], Change::Set(f64::from(*is_connected)));
    }
    circuits(&sample.circuits, board);
    for BudgetLevel { scope, most, left } in &sample.budgets {
        board(Id::BudgetLimit, &[scope.name()], Change::Set(most.as_dollars()));
        board(Id::BudgetLeft, &[scope.name()], Change::Set(left.as_dollars()));
    }
}

/// Where names are too many to be labels, several circuits share a series: the worst of them is shown.
fn circuits(all: &[CircuitReading], board: &mut dyn FnMut(Id, &[&str], Change)) {
    for shown in [CircuitState::Closed, CircuitState::HalfOpen, CircuitState::Open] {
        for CircuitReading { provider, credential, model, .. } in all.iter().filter(|at| at.state == shown) {
            let model = model.as_deref().unwrap_or(ALL_MODELS);
            board(Id::CircuitState, &[provider, credential, model], Change::Set(circuit_figure(shown)));
        }
    }
}

fn figure(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no queue holds 2^53 messages")]
    let figure = count as f64;
    figure
}

#[cfg(test)]
mod tests;
