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
        took: Duration::from_secs(1),
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

#[test]
fn an_answer_without_a_price_is_counted_as_such() {
    assert!(moved(&attempt("ok", Usage::default(), None)).contains(&Id::LlmUnpriced));
    let priced = moved(&attempt("ok", Usage::default(), Some(0)));
    assert!(priced.contains(&Id::LlmCost) && !priced.contains(&Id::LlmUnpriced), "free is a price");
}

#[test]
fn a_failure_before_the_first_token_has_nothing_to_pay() {
    assert_eq!(moved(&attempt("network", Usage::default(), None)), [Id::LlmRequests, Id::LlmDuration]);
    let torn = Usage { output: Some(3), ..Usage::default() };
    assert!(moved(&attempt("idle_timeout", torn, None)).contains(&Id::LlmUnpriced));
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
    let [(_, state, figure), (_, transition, _)] = changes(&fact).try_into().unwrap();
    assert_eq!(
        (state.as_slice(), figure),
        (["openai", "main", "all"].map(str::to_owned).as_slice(), Change::Set(0.0))
    );
    assert_eq!(transition, ["openai", "main", "all", "closed", "none"]);
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
