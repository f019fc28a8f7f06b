//! What came of a question: for people, and for programs.

use std::time::Duration;

use nanobot_channels::console::clean_line;
use nanobot_core::model::{ModelError, ModelReply, Usage};
use nanobot_core::pipeline::chain as causes;
use nanobot_core::telemetry::ModelAttempt;
use nanobot_core::units::NanoDollars;
use nanobot_llm_router::Chain;
use serde_json::{Value, json};

/// So much of an answer is shown: it was asked for one word.
const SHOWN_CHARS: usize = 60;

/// A question that was asked.
pub(super) struct Tested {
    pub(super) chain: Chain,
    pub(super) answer: Result<ModelReply, ModelError>,
    pub(super) attempts: Vec<ModelAttempt>,
}

impl Tested {
    /// Whether the model that was meant has answered, and not one that stands in for it.
    pub(super) fn is_answered(&self) -> bool {
        let first = self.chain.hops().first();
        self.answer.is_ok()
            && self.answered().is_none_or(|by| {
                first.is_none_or(|first| (&first.provider, &first.model) == (&by.provider, &by.model))
            })
    }

    /// The attempt that was answered.
    fn answered(&self) -> Option<&ModelAttempt> {
        self.attempts.last().filter(|last| last.outcome == "ok")
    }

    /// The model by the name under which its server knows it, where it has said so.
    fn model(&self, attempt: &ModelAttempt) -> String {
        let hop = self
            .chain
            .hops()
            .iter()
            .find(|hop| hop.provider == attempt.provider && hop.model == attempt.model);
        let seat = hop.and_then(|hop| hop.seats.iter().find(|seat| seat.credential == attempt.credential));
        seat.map_or_else(|| attempt.model.clone(), |seat| seat.client.info().model)
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.attempts.iter().filter(|attempt| attempt.outcome != "ok").map(|a| self.failed(a)).collect();
        match (&self.answer, self.answered()) {
            (Ok(reply), Some(attempt)) => lines.extend(self.told(reply, attempt)),
            (Ok(_), None) => lines.push("answered   and nobody said by whom".to_owned()),
            (Err(error), _) if lines.is_empty() => lines.push(format!("failed     {}", causes(error))),
            (Err(_), _) => {}
        }
        if self.answer.is_ok() && !self.is_answered() {
            lines.push("not ok     another model had to stand in for the first one".to_owned());
        }
        lines.iter().map(|line| clean_line(line)).collect()
    }

    fn who(&self, attempt: &ModelAttempt) -> String {
        format!("{} ({}, credential {})", self.model(attempt), attempt.provider, attempt.credential)
    }

    fn failed(&self, attempt: &ModelAttempt) -> String {
        let why = attempt.detail.as_deref().unwrap_or(attempt.outcome);
        let when =
            attempt.took.map_or_else(|| "not asked".to_owned(), |took| format!("after {}", millis(took)));
        format!("failed     {}, {when}: {why}", self.who(attempt))
    }

    fn told(&self, reply: &ModelReply, attempt: &ModelAttempt) -> Vec<String> {
        let first = attempt.first_token.map_or_else(|| "none".to_owned(), millis);
        let all = millis(attempt.took.unwrap_or_default());
        let cost = attempt.cost.map_or_else(|| "unknown".to_owned(), |cost| cost.to_string());
        let said: String = reply.text.trim().chars().take(SHOWN_CHARS).collect();
        vec![
            format!("answered   {}", self.who(attempt)),
            format!("said       {said:?}"),
            format!("took       {first} until the first word, {all} in all"),
            format!("tokens     {}", tokens(&attempt.usage)),
            format!("cost       {cost}"),
        ]
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        let served = self.answer.as_ref().ok().and_then(|reply| reply.served.as_ref());
        let error = self.answer.as_ref().err();
        json!({
            "ok": self.is_answered(),
            "profile": self.chain.hops().first().map(|hop| hop.profile.as_str()),
            "served_profile": served.map(|served| served.profile.as_str()),
            "answered_by": self.answered().map(|attempt| self.attempt_json(attempt)),
            "error": error.map(|error| error.kind.code()),
            "message": error.map(|error| clean_line(&causes(error))),
            "attempts": self.attempts.iter().map(|attempt| self.attempt_json(attempt)).collect::<Vec<_>>(),
        })
    }

    fn attempt_json(&self, attempt: &ModelAttempt) -> Value {
        let Usage { input, cached_input, cache_write, output, reasoning } = attempt.usage;
        json!({
            "provider": attempt.provider,
            "model": self.model(attempt),
            "credential": attempt.credential,
            "outcome": attempt.outcome,
            "message": attempt.detail.as_deref().map(clean_line),
            "first_token_ms": attempt.first_token.map(whole_millis),
            "took_ms": attempt.took.map(whole_millis),
            "tokens": {
                "input": input,
                "cached_input": cached_input,
                "cache_write": cache_write,
                "output": output,
                "reasoning": reasoning,
            },
            "cost_dollars": attempt.cost.map(NanoDollars::as_dollars),
        })
    }
}

fn tokens(usage: &Usage) -> String {
    let count = |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    format!("{} read, {} written", count(usage.input), count(usage.output))
}

fn millis(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
