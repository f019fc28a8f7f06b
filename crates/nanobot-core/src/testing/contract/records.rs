//! The promises of [`Telemetry`], [`MetricsSource`], [`AuditLog`] and [`ChainHeads`].
#![expect(clippy::unwrap_used, reason = "contract suites are test code")]

use std::time::Duration;

use crate::ids::ChannelName;
use crate::model::{ModelTask, Usage};
use crate::outcome::TurnOutcome;
use crate::ports::{
    AdminAct, AuditLog, BudgetScope, ChainHead, ChainHeads, MetricsSource, StoreErrorKind, Telemetry,
};
use crate::telemetry::{
    BudgetLevel, CircuitReading, CircuitState, ModelAttempt, NotesOutcome, Sample, StoreName, TelemetryEvent,
    ToolCallOutcome, Undelivered,
};
use crate::testing::event::SENT_AT;
use crate::time::WallTime;
use crate::units::NanoDollars;

/// Checks that every kind of fact is taken. Answers them, so that an adapter's test can go on to look at what
/// became of each.
///
/// # Panics
/// When the adapter does.
pub fn telemetry_contract<T: Telemetry>(make: impl Fn() -> T) -> Vec<TelemetryEvent> {
    let telemetry = make();
    let facts = one_of_each();
    for fact in &facts {
        telemetry.record(fact);
    }
    facts
}

fn one_of_each() -> Vec<TelemetryEvent> {
    let channel = ChannelName::WHATSAPP;
    let at = || channel.clone();
    let reason = || "a_reason".to_owned();
    vec![
        TelemetryEvent::DroppedEmpty { channel: at() },
        TelemetryEvent::DroppedDuplicate { channel: at() },
        TelemetryEvent::ReplyContext { channel: at(), hit: true },
        TelemetryEvent::DroppedByAccess { channel: at(), reason: reason() },
        TelemetryEvent::DroppedByReplyRule { channel: at(), reason: reason() },
        TelemetryEvent::Notes { channel: at(), outcome: NotesOutcome::Enqueued },
        TelemetryEvent::InputBlocked { channel: at(), reason: reason() },
        TelemetryEvent::ResponderEmpty { channel: at() },
        TelemetryEvent::ResponderFailed { channel: at(), reason: "network" },
        TelemetryEvent::TurnCancelled { channel: at() },
        TelemetryEvent::OutputSanitized { channel: at() },
        TelemetryEvent::OutputBlocked { channel: at(), reason: reason() },
        TelemetryEvent::ReactionSent { channel: at() },
        TelemetryEvent::ResponseSent { channel: at() },
        TelemetryEvent::ToolCall {
            tool: "read_file".to_owned(),
            outcome: ToolCallOutcome::Ok,
            took: Duration::from_millis(3),
        },
        TelemetryEvent::StoreFailed {
            store: StoreName::Archive,
            kind: StoreErrorKind::Busy,
            detail: "the store is busy while recording a message".to_owned(),
        },
        TelemetryEvent::ModelAttempt(ModelAttempt {
            provider: "openai".to_owned(),
            model: "openai/gpt-4o-mini".to_owned(),
            credential: "main".to_owned(),
            task: ModelTask::Reply,
            outcome: "ok",
            usage: Usage { input: Some(7), output: Some(3), ..Usage::default() },
            cost: Some(NanoDollars::new(2_850)),
            took: Some(Duration::from_millis(1_500)),
            first_token: Some(Duration::from_millis(400)),
            detail: None,
        }),
        TelemetryEvent::ModelFailed {
            task: ModelTask::Reply,
            outcome: "overloaded",
            detail: "the provider is overloaded".to_owned(),
        },
        TelemetryEvent::ModelFallback {
            task: ModelTask::Reply,
            from: "openai/gpt-4o-mini".to_owned(),
            to: "llama".to_owned(),
            reason: "overloaded",
        },
        TelemetryEvent::Circuit {
            provider: "openai".to_owned(),
            model: None,
            credential: "main".to_owned(),
            state: CircuitState::Open,
            reason: "auth",
        },
        TelemetryEvent::BudgetRefused { scope: BudgetScope::Day, task: ModelTask::Bulletin },
        TelemetryEvent::StageEnded { stage: "policy", took: Duration::from_micros(80) },
        TelemetryEvent::TurnEnded {
            channel: at(),
            outcome: TurnOutcome::Answered,
            took: Duration::from_millis(2_100),
        },
        TelemetryEvent::Sample(Sample {
            at: WallTime::utc(SENT_AT.parse().unwrap()).instant,
            waiting: 2,
            running: 1,
            undelivered: Some(Undelivered { count: 3, oldest: Duration::from_secs(4) }),
            channels: vec![(at(), true)],
            circuits: vec![CircuitReading {
                provider: "openai".to_owned(),
                credential: "main".to_owned(),
                model: None,
                state: CircuitState::Open,
            }],
            budgets: vec![BudgetLevel {
                scope: BudgetScope::Month,
                most: NanoDollars::new(5_000_000_000),
                left: NanoDollars::new(1_000_000_000),
            }],
        }),
    ]
}

/// Checks that what is rendered can be scraped: comments, and samples of a name and a number.
///
/// # Panics
/// When a promise is broken.
pub fn metrics_source_contract<M: MetricsSource>(make: impl Fn() -> M) {
    let text = make().render();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line ends, too");
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap_or(("", line));
        let name: &str = series.split('{').next().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        assert!(!name.is_empty() && name.chars().all(is_name), "a sample starts with its name: {line}");
        let special = ["NaN", "+Inf", "-Inf"].contains(&value);
        assert!(special || value.parse::<f64>().is_ok(), "a sample ends with its number: {line}");
    }
}

/// Checks that every act is one row, in order. `rows` reads the log back.
///
/// # Panics
/// When a promise is broken.
pub async fn audit_log_contract<L: AuditLog>(
    make: impl AsyncFn() -> L,
    rows: impl AsyncFn(&L) -> Vec<AdminAct>,
) {
    let log = make().await;
    assert!(rows(&log).await.is_empty(), "a fresh log has no rows");
    let at = WallTime::utc(SENT_AT.parse().unwrap());
    let act = |target: &str, result| AdminAct {
        actor: "local:uid=1000".to_owned(),
        via: "cli",
        action: "session.reset",
        target: target.to_owned(),
        result,
    };
    let acts = vec![act("cli:default", "done"), act("cli:default", "done"), act("whatsapp:ä\"b", "refused")];
    for act in &acts {
        log.record(act, &at).await.unwrap();
    }
    assert_eq!(rows(&log).await, acts, "one row per act, also for a repeated one");
}

/// Checks that each chain has one head, the last that was set.
///
/// # Panics
/// When a promise is broken.
pub async fn chain_heads_contract<C: ChainHeads>(make: impl AsyncFn() -> C) {
    let heads = make().await;
    let head = |rows, hash: &str| ChainHead { rows, hash: hash.to_owned() };
    assert_eq!(heads.chain_head("audit").await.unwrap(), None, "a chain without rows has no head");
    let first = head(1, &"0a".repeat(32));
    heads.set_chain_head("audit", &first).await.unwrap();
    assert_eq!(heads.chain_head("audit").await.unwrap(), Some(first.clone()));
    assert_eq!(heads.chain_head("Audit").await.unwrap(), None, "names are taken as they are");

    let other = head(7, &"ff".repeat(32));
    heads.set_chain_head("an \"ä\" of another", &other).await.unwrap();
    let second = head(2, &"0b".repeat(32));
    heads.set_chain_head("audit", &second).await.unwrap();
    heads.set_chain_head("audit", &second).await.unwrap();
    assert_eq!(heads.chain_head("audit").await.unwrap(), Some(second), "the last one that was set");
    assert_eq!(heads.chain_head("an \"ä\" of another").await.unwrap(), Some(other), "chains are apart");
    heads.set_chain_head("audit", &first).await.unwrap();
    assert_eq!(heads.chain_head("audit").await.unwrap(), Some(first), "a chain may begin anew");
}
