//! No report of any kind makes more series than stated, and no text of a chat becomes a label.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use nanobot_core::TurnOutcome;
use nanobot_core::admin::AdminFact;
use nanobot_core::ids::{ChannelName, SessionKey};
use nanobot_core::model::{ModelTask, Usage};
use nanobot_core::ports::{BudgetScope, MetricsSource, StoreErrorKind, Telemetry};
use nanobot_core::telemetry::{
    AdminStatus, BudgetLevel, CircuitReading, CircuitState, ModelAttempt, NotesOutcome, Sample, StoreName,
    TelemetryEvent, ToolCallOutcome, Undelivered,
};
use nanobot_core::units::NanoDollars;
use nanobot_telemetry::{MOST_SERIES, Metrics, MetricsSetup, ModelName};
use proptest::prelude::*;

/// Begins every text that must stay out.
const LEAK: &str = "leak-";

fn metrics(models: usize) -> Metrics {
    let model = |number| ModelName { provider: "openai".to_owned(), model: format!("model{number}") };
    Metrics::new(&MetricsSetup {
        version: "1.2.3".to_owned(),
        started: "2026-11-26T12:00:00Z".parse().unwrap(),
        models: (0..models).map(model).collect(),
        credentials: vec!["main".to_owned()],
        tools: vec!["read_file".to_owned(), "exec".to_owned()],
        channels: vec![ChannelName::CLI, ChannelName::WHATSAPP],
    })
    .unwrap()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A text as chats, models and people's files bring it, or one of the few that are known.
fn open() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\\x00]{0,40}".prop_map(|text| format!("{LEAK}{text}")),
        Just(format!("{LEAK}120363041@g.us")),
        prop::sample::select(vec!["openai", "model0", "exec", "main", "policy", "when_to_reply:off"])
            .prop_map(str::to_owned),
    ]
}

fn channel() -> impl Strategy<Value = ChannelName> {
    prop_oneof![
        Just(ChannelName::CLI),
        "[a-z0-9_]{1,20}".prop_map(|name| ChannelName::new(format!("{LEAK}{name}")).unwrap()),
    ]
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["ok", "network", "leak-word", "cooling", "policy", "archive", ""])
}

fn store() -> impl Strategy<Value = StoreName> {
    prop::sample::select(StoreName::ALL.to_vec())
}

fn task() -> impl Strategy<Value = ModelTask> {
    prop::sample::select(ModelTask::ALL.to_vec())
}

fn attempt() -> impl Strategy<Value = TelemetryEvent> {
    (open(), open(), open(), task(), word(), any::<[Option<u32>; 6]>(), any::<u32>()).prop_map(
        |(provider, model, credential, task, outcome, counts, took)| {
            let [input, cached_input, cache_write, output, reasoning, cost] =
                counts.map(|count| count.map(u64::from));
            TelemetryEvent::ModelAttempt(ModelAttempt {
                provider,
                model,
                credential,
                task,
                outcome,
                usage: Usage { input, cached_input, cache_write, output, reasoning },
                cost: cost.map(NanoDollars::new),
                took: Some(Duration::from_micros(took.into())),
                first_token: Some(Duration::from_micros(took.into())),
                detail: Some(format!("{LEAK}detail")),
            })
        },
    )
}

fn circuit() -> impl Strategy<Value = CircuitState> {
    prop::sample::select(CircuitState::ALL.to_vec())
}

type Reading = (String, String, Option<String>, CircuitState);

fn reading((provider, credential, model, state): Reading) -> CircuitReading {
    CircuitReading { provider, credential, model, state }
}

fn fact() -> impl Strategy<Value = TelemetryEvent> {
    use TelemetryEvent as Fact;
    let tool = prop::sample::select(vec![ToolCallOutcome::Ok, ToolCallOutcome::DeniedByPolicy]);
    prop_oneof![
        attempt(),
        (open(), tool).prop_map(|(tool, outcome)| Fact::ToolCall {
            tool,
            outcome,
            took: Duration::from_secs(1)
        }),
        (channel(), open()).prop_map(|(channel, reason)| Fact::DroppedByAccess { channel, reason }),
        (channel(), open()).prop_map(|(channel, reason)| Fact::InputBlocked { channel, reason }),
        (channel(), open()).prop_map(|(channel, command)| Fact::AdminCommand {
            channel,
            command,
            status: AdminStatus::Unknown,
        }),
        (channel(), open()).prop_map(|(channel, command)| Fact::Admin {
            channel,
            fact: AdminFact::Mutation { command, dry_run: true },
        }),
        (channel(), open())
            .prop_map(|(channel, mode)| Fact::Admin { channel, fact: AdminFact::VoiceMessages { mode } }),
        (channel(), word()).prop_map(|(channel, reason)| Fact::ResponderFailed { channel, reason }),
        (channel(), any::<u32>()).prop_map(|(channel, took)| Fact::TurnEnded {
            channel,
            outcome: TurnOutcome::Answered,
            took: Duration::from_millis(took.into()),
        }),
        channel().prop_map(|channel| Fact::Notes { channel, outcome: NotesOutcome::Enqueued }),
        (store(), open()).prop_map(|(store, detail)| Fact::StoreFailed {
            store,
            kind: StoreErrorKind::Busy,
            detail
        }),
        "[a-z]{1,9}"
            .prop_map(|key| Fact::ForeignLines { session: SessionKey::new(format!("{LEAK}{key}")).unwrap() }),
        (task(), open(), open(), word()).prop_map(|(task, from, to, reason)| Fact::ModelFallback {
            task,
            from,
            to,
            reason
        }),
        (open(), prop::option::of(open()), open(), circuit(), word()).prop_map(
            |(provider, model, credential, state, reason)| Fact::Circuit {
                provider,
                model,
                credential,
                state,
                reason
            }
        ),
        (word(), any::<u32>())
            .prop_map(|(stage, took)| Fact::StageEnded { stage, took: Duration::from_micros(took.into()) }),
        (
            prop::collection::vec((channel(), any::<bool>()), 0..20),
            prop::collection::vec((open(), open(), prop::option::of(open()), circuit()), 0..20)
        )
            .prop_map(|(channels, circuits)| Fact::Sample(Sample {
                at: "2026-11-26T12:00:00Z".parse().unwrap(),
                waiting: 1,
                running: 1,
                undelivered: Some(Undelivered { count: u64::MAX, oldest: Duration::MAX }),
                channels,
                circuits: circuits.into_iter().map(reading).collect(),
                budgets: [BudgetScope::Day, BudgetScope::Month]
                    .map(|scope| BudgetLevel { scope, most: NanoDollars::new(2), left: NanoDollars::new(1) })
                    .into(),
            })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_reported_series_are_bounded_and_texts_stay_out(facts in prop::collection::vec(fact(), 0..400)) {
        let metrics = metrics(3);
        for fact in &facts {
            metrics.record(fact);
        }
        let text = metrics.render();
        prop_assert!(lines(&text).count() <= metrics.most_lines());
        let leaked = lines(&text).find(|line| line.contains(LEAK));
        prop_assert_eq!(leaked, None);
        // One line each: no text broke out of its quotes.
        prop_assert!(lines(&text).all(|line| line.starts_with("nanobot_")));
    }
}

#[test]
fn what_has_no_room_is_counted_as_other_and_nothing_is_lost() {
    let metrics = metrics(50);
    for from in 0..50 {
        for to in 0..50 {
            metrics.record(&TelemetryEvent::ModelFallback {
                task: ModelTask::Reply,
                from: format!("model{from}"),
                to: format!("model{to}"),
                reason: "overloaded",
            });
        }
    }
    let text = metrics.render();
    let counts: Vec<u32> = lines(&text)
        .filter(|line| line.starts_with("nanobot_llm_fallbacks_total{"))
        .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(counts.len(), MOST_SERIES + 1);
    assert_eq!(counts.iter().sum::<u32>(), 2_500);
    assert!(text.contains(
        r#"nanobot_llm_fallbacks_total{from="other",to="other",reason="other",task="other"} 1500"#
    ));
}

#[test]
fn an_ordinary_setup_stays_small() {
    let most = metrics(6).most_lines();
    assert!(most < 30_000, "at the very most {most} lines, if every thing that can happen does");
    assert!(lines(&metrics(6).render()).count() < 700);
}
