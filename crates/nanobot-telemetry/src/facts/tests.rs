//! What each fact becomes, and that nothing is counted twice.

use nanobot_core::model::ModelTask;
use nanobot_core::telemetry::CircuitState;
use proptest::prelude::*;

use super::*;

fn changes(fact: &TelemetryEvent) -> Vec<(Id, Vec<String>, Change)> {
    let mut seen = Vec::new();
    post(fact, &mut |id, values, change| {
        seen.push((id, values.iter().map(|&value| value.to_owned()).collect(), change));
    });
    seen
}

fn attempt(outcome: &'static str, usage: Usage, cost: Option<u64>) -> TelemetryEvent {
    TelemetryEvent::ModelAttempt(ModelAttempt {
        provider: "openai".to_owned(),
        model: "m".to_owned(),
        credential: "main".to_owned(),
        task: ModelTask::Reply,
        outcome,
        usage,
        cost: cost.map(NanoDollars::new),
        took: Some(Duration::from_secs(1)),
        first_token: None,
        detail: None,
    })
}

fn moved(fact: &TelemetryEvent) -> Vec<Id> {
    changes(fact).into_iter().map(|(id, ..)| id).collect()
}

#[test]
fn each_token_is_counted_under_one_kind() {
    let usage = Usage {
        input: Some(100),
        cached_input: Some(60),
        cache_write: Some(10),
        output: Some(50),
        reasoning: Some(20),
    };
    let counted: Vec<(String, Change)> = changes(&attempt("ok", usage, Some(1)))
        .into_iter()
        .filter(|(id, ..)| *id == Id::LlmTokens)
        .map(|(_, values, change)| (values.last().unwrap().clone(), change))
        .collect();
    let expected =
        [("input", 30), ("cached_input", 60), ("cache_write", 10), ("output", 30), ("reasoning", 20)];
    assert_eq!(counted, expected.map(|(kind, tokens)| (kind.to_owned(), Change::Count(tokens))));
}

// A provider that broke off counted nothing, so tokens say nothing about the cost.
#[test]
fn every_attempt_that_was_made_is_paid_or_of_unknown_cost() {
    let usage = Usage { input: Some(3), ..Usage::default() };
    for outcome in ["ok", "network", "idle_timeout", "cancelled", "server"] {
        for usage in [Usage::default(), usage] {
            let unknown = moved(&attempt(outcome, usage, None));
            assert!(unknown.contains(&Id::LlmUnpriced) && !unknown.contains(&Id::LlmCost), "{outcome}");
            let free = moved(&attempt(outcome, usage, Some(0)));
            assert!(free.contains(&Id::LlmCost) && !free.contains(&Id::LlmUnpriced), "free is a price");
        }
    }
}

#[test]
fn an_attempt_that_was_never_made_has_no_duration() {
    let TelemetryEvent::ModelAttempt(made) = attempt("budget_exhausted", Usage::default(), Some(0)) else {
        panic!("an attempt")
    };
    let never = TelemetryEvent::ModelAttempt(ModelAttempt { took: None, ..made });
    assert_eq!(moved(&never), [Id::LlmRequests, Id::LlmCost]);
}

#[test]
fn a_refused_tool_call_has_no_duration() {
    let call = |outcome| TelemetryEvent::ToolCall { tool: "exec".to_owned(), outcome, took: Duration::ZERO };
    assert_eq!(moved(&call(ToolCallOutcome::DeniedBySecurity)), [Id::ToolCalls]);
    assert_eq!(moved(&call(ToolCallOutcome::Failed)), [Id::ToolCalls, Id::ToolDuration]);
}

#[test]
fn the_circuit_of_a_credential_stands_for_all_its_models() {
    let fact = TelemetryEvent::Circuit {
        provider: "openai".to_owned(),
        model: None,
        credential: "main".to_owned(),
        state: CircuitState::Closed,
        reason: "",
    };
    let [(id, transition, _)] = changes(&fact).try_into().unwrap();
    assert_eq!(id, Id::CircuitTransitions, "how it is now is sampled");
    assert_eq!(transition, ["openai", "main", "all", "closed", "none"]);
}

/// Nothing is known but when it was looked.
fn sample() -> Sample {
    Sample {
        at: "2026-11-26T12:00:00Z".parse().unwrap(),
        waiting: 0,
        running: 0,
        undelivered: None,
        channels: Vec::new(),
        circuits: Vec::new(),
        budgets: Vec::new(),
    }
}

#[test]
fn what_could_not_be_looked_at_keeps_its_figure() {
    let moved = moved(&TelemetryEvent::Sample(sample()));
    assert_eq!(moved, [Id::SampleTime, Id::QueueWaiting, Id::TurnsRunning]);
}

#[test]
fn a_sample_tells_how_each_circuit_is_and_the_worst_last() {
    let reading = |model: Option<&str>, state| CircuitReading {
        provider: "openai".to_owned(),
        credential: "main".to_owned(),
        model: model.map(str::to_owned),
        state,
    };
    let circuits = vec![
        reading(Some("a"), CircuitState::Open),
        reading(None, CircuitState::Closed),
        reading(Some("b"), CircuitState::HalfOpen),
    ];
    let shown = changes(&TelemetryEvent::Sample(Sample { circuits, ..sample() }));
    let shown = shown.into_iter().filter(|(id, ..)| *id == Id::CircuitState);
    let shown: Vec<_> = shown.map(|(_, labels, figure)| (labels[2].clone(), figure)).collect();
    let expected = [("all", 0.0), ("b", 1.0), ("a", 2.0)];
    assert_eq!(shown, expected.map(|(model, figure)| (model.to_owned(), Change::Set(figure))));
}

#[test]
fn the_gates_sentences_become_codes() {
    let reason = "Tool approval bypass pattern".to_owned();
    let fact = TelemetryEvent::InputBlocked { channel: nanobot_core::ids::ChannelName::CLI, reason };
    assert_eq!(changes(&fact)[0].1, ["cli", "input", "blocked", "tool_abuse"]);
}

proptest! {
    #[test]
    fn kinds_of_tokens_add_up_to_what_the_provider_counted(
        fresh in 0..1_000_000_u64, cached in 0..1_000_000_u64, stored in 0..1_000_000_u64,
        said in 0..1_000_000_u64, thought in 0..1_000_000_u64,
    ) {
        let usage = Usage {
            input: Some(fresh + cached + stored),
            cached_input: Some(cached),
            cache_write: Some(stored),
            output: Some(said + thought),
            reasoning: Some(thought),
        };
        let sum: u64 = parts(usage).iter().map(|&(_, tokens)| tokens).sum();
        prop_assert_eq!(sum, usage.input.unwrap() + usage.output.unwrap());
    }
}
