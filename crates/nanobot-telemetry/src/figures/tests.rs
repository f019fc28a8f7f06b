//! The figures as a scrape sees them, and what they cost.

use allocation_counter::measure;
use nanobot_core::ids::ChannelName;
use nanobot_core::testing::contract::telemetry_contract;

use super::*;
use crate::labels::ModelName;

fn setup() -> MetricsSetup {
    MetricsSetup {
        version: "1.2.3".to_owned(),
        started: "2026-11-26T12:00:00Z".parse().unwrap(),
        models: vec![
            ModelName { provider: "openai".to_owned(), model: "openai/gpt-4o-mini".to_owned() },
            ModelName { provider: "own".to_owned(), model: "llama".to_owned() },
        ],
        credentials: vec!["main".to_owned()],
        tools: vec!["read_file".to_owned()],
        channels: vec![ChannelName::WHATSAPP],
    }
}

fn facts() -> Vec<TelemetryEvent> {
    telemetry_contract(Metrics::off)
}

#[test]
fn switched_off_a_fact_costs_no_allocation() {
    let (off, facts) = (Metrics::off(), facts());
    let cost = measure(|| {
        for fact in &facts {
            off.record(fact);
        }
        assert_eq!(off.render(), "");
    });
    assert_eq!(cost.count_total, 0);
    assert!(!off.is_on());
}

#[cfg(not(feature = "prometheus"))]
#[test]
fn a_build_without_metrics_says_so_when_asked_for_them() {
    assert!(matches!(Metrics::new(&setup()), Err(TelemetryError::NotBuilt)));
}

#[cfg(feature = "prometheus")]
mod with_prometheus {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::time::Duration;

    use nanobot_core::admin::AdminFact;
    use nanobot_core::ids::SessionKey;
    use nanobot_core::model::{ModelTask, Usage};
    use nanobot_core::ports::StoreErrorKind;
    use nanobot_core::telemetry::{
        AdminStatus, ModelAttempt, PolicyFileState, Sample, StoreName, Undelivered,
    };
    use nanobot_core::testing::contract::metrics_source_contract;
    use nanobot_core::units::NanoDollars;

    use super::*;
    use crate::catalogue::CATALOGUE;
    use crate::facts::post;
    use crate::limits::MOST_SAMPLES;

    fn on() -> Metrics {
        Metrics::new(&setup()).unwrap()
    }

    /// Facts that the contract leaves out.
    fn others() -> Vec<TelemetryEvent> {
        let channel = ChannelName::WHATSAPP;
        let admin = |fact| TelemetryEvent::Admin { channel: ChannelName::WHATSAPP, fact };
        vec![
            attempt(None),
            TelemetryEvent::AdminCommand {
                channel,
                command: "set-when".to_owned(),
                status: AdminStatus::Handled,
            },
            TelemetryEvent::PolicyFile { state: PolicyFileState::Broken },
            TelemetryEvent::ForeignLines { session: SessionKey::new("whatsapp:1").unwrap() },
            admin(AdminFact::Executed { outcome: "applied", source: "dm", command: "set-when".to_owned() }),
            admin(AdminFact::Mutation { command: "set-when".to_owned(), dry_run: false }),
            admin(AdminFact::Rollback { outcome: "applied" }),
            admin(AdminFact::SessionReset),
            admin(AdminFact::Panic),
            admin(AdminFact::VoiceMessages { mode: "in_kind".to_owned() }),
        ]
    }

    fn figure(text: &str, series: &str) -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map(|figure| figure.parse().unwrap())
    }

    fn attempt(cost: Option<u64>) -> TelemetryEvent {
        TelemetryEvent::ModelAttempt(ModelAttempt {
            provider: "own".to_owned(),
            model: "llama".to_owned(),
            credential: "main".to_owned(),
            task: ModelTask::Reply,
            outcome: "ok",
            usage: Usage::default(),
            cost: cost.map(NanoDollars::new),
            took: Some(Duration::from_millis(700)),
            first_token: None,
            detail: Some("a detail".to_owned()),
        })
    }

    #[test]
    fn the_ports_promises_hold() {
        telemetry_contract(on);
        metrics_source_contract(|| {
            let metrics = on();
            for fact in facts() {
                metrics.record(&fact);
            }
            metrics
        });
    }

    #[test]
    fn every_metric_of_the_table_is_moved_by_a_fact_and_shown() {
        let metrics = on();
        let mut moved = BTreeSet::new();
        for fact in facts().into_iter().chain(others()) {
            post(&fact, &mut |id, values, _| {
                let row = &CATALOGUE[id as usize];
                assert_eq!(values.len(), row.labels.len(), "{}", row.name);
                moved.insert(id);
            });
            metrics.record(&fact);
        }
        let text = metrics.render();
        for row in CATALOGUE {
            assert!(
                moved.contains(&row.id) || row.from == "sampled (at the start)",
                "{} never moves",
                row.name
            );
            assert!(text.contains(&format!("# HELP {} {}\n", row.name, row.help)), "{}", row.name);
            assert!(text.contains(&format!("# TYPE {} {}\n", row.name, row.kind.wire())), "{}", row.name);
            let is_moved = |line: &str| line.starts_with(row.name) && !line.ends_with(" 0");
            assert!(text.lines().any(is_moved), "{} shows nothing", row.name);
        }
    }

    #[test]
    fn an_attempt_is_shown_under_its_labels() {
        let metrics = on();
        for fact in facts() {
            metrics.record(&fact);
        }
        let text = metrics.render();
        let model = r#"provider="openai",model="openai/gpt-4o-mini""#;
        let shown = |series: &str| figure(&text, &series.replace("MODEL", model));
        assert_eq!(shown(r#"nanobot_llm_requests_total{MODEL,task="reply",outcome="ok"}"#), Some(1.0));
        assert_eq!(shown(r#"nanobot_llm_tokens_total{MODEL,task="reply",kind="input"}"#), Some(7.0));
        assert_eq!(shown(r#"nanobot_llm_cost_dollars{MODEL,task="reply"}"#), Some(0.000_002_85));
        let bucket = r#"nanobot_llm_request_duration_seconds_bucket{MODEL,outcome="ok",le="LE"}"#;
        assert_eq!(shown(&bucket.replace("LE", "1")), Some(0.0));
        assert_eq!(shown(&bucket.replace("LE", "2")), Some(1.0));
        assert_eq!(shown(r#"nanobot_build_info{version="1.2.3"}"#), Some(1.0));
        assert_eq!(shown("nanobot_process_start_time_seconds"), Some(1_795_694_400.0));
    }

    #[test]
    fn two_instances_in_one_process_count_apart() {
        let (one, two) = (on(), on());
        one.record(&attempt(Some(1)));
        let series = r#"nanobot_llm_requests_total{provider="own",model="llama",task="reply",outcome="ok"}"#;
        assert_eq!(figure(&one.render(), series), Some(1.0));
        assert_eq!(figure(&two.render(), series), None);
    }

    #[test]
    fn many_small_costs_add_up_to_the_billionth() {
        let metrics = Arc::new(on());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let metrics = metrics.clone();
                std::thread::spawn(move || (0..2_500).for_each(|_| metrics.record(&attempt(Some(7)))))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let series = r#"nanobot_llm_cost_dollars{provider="own",model="llama",task="reply"}"#;
        assert_eq!(figure(&metrics.render(), series), Some(0.000_07));
    }

    #[test]
    fn a_daemon_that_nobody_scrapes_keeps_a_bounded_number_of_durations() {
        let metrics = on();
        let fact = TelemetryEvent::StageEnded { stage: "policy", took: Duration::from_micros(80) };
        let round = || (0..4 * MOST_SAMPLES).for_each(|_| metrics.record(&fact));
        round();
        let kept = measure(round).bytes_current;
        // Without sorting, sixteen thousand durations of sixteen bytes would stay. Blocks are freed in batches.
        assert!(kept < 4 * 16 * i64::from(MOST_SAMPLES) / 2, "{kept} bytes stay");
        let total = r#"nanobot_stage_duration_seconds_count{stage="policy"}"#;
        assert_eq!(figure(&metrics.render(), total), Some(f64::from(8 * MOST_SAMPLES)));
    }

    #[test]
    fn a_known_series_is_moved_without_an_allocation() {
        let metrics = on();
        let fact = TelemetryEvent::ReactionSent { channel: ChannelName::WHATSAPP };
        metrics.record(&fact);
        assert_eq!(measure(|| metrics.record(&fact)).count_total, 0);
    }

    #[test]
    fn small_counters_are_there_from_the_start_as_zero() {
        let text = on().render();
        assert_eq!(figure(&text, r#"nanobot_tool_calls_total{tool="read_file",outcome="ok"}"#), Some(0.0));
        assert_eq!(figure(&text, r#"nanobot_budget_refusals_total{scope="day",task="reply"}"#), Some(0.0));
        assert!(!text.contains("\"other\""), "what is not known is shown when it comes");
        assert!(!text.contains("nanobot_channel_connected{"), "nobody knows yet");
    }

    // An alert asks for an increase, and there is none where a series begins with its first failure.
    #[test]
    fn every_store_is_shown_from_the_start_and_none_of_them_is_other() {
        let metrics = on();
        let series = |store: StoreName| {
            format!(r#"nanobot_store_failures_total{{store="{}",kind="full"}}"#, store.name())
        };
        let shown = |store| figure(&metrics.render(), &series(store));
        for store in StoreName::ALL {
            assert_eq!(shown(store), Some(0.0), "{store:?}");
            let (kind, detail) = (StoreErrorKind::Full, String::new());
            metrics.record(&TelemetryEvent::StoreFailed { store, kind, detail });
            assert_eq!(shown(store), Some(1.0), "{store:?}");
        }
    }

    #[test]
    fn an_outbox_that_cannot_be_read_leaves_its_figures_as_they_were() {
        let metrics = on();
        let sample = |undelivered| {
            TelemetryEvent::Sample(Sample {
                at: "2026-11-26T12:00:05Z".parse().unwrap(),
                waiting: 0,
                running: 0,
                undelivered,
                channels: Vec::new(),
                circuits: Vec::new(),
                budgets: Vec::new(),
            })
        };
        metrics.record(&sample(Some(Undelivered { count: 3, oldest: Duration::from_secs(400) })));
        metrics.record(&sample(None));
        let text = metrics.render();
        assert_eq!(figure(&text, "nanobot_outbox_undelivered_messages"), Some(3.0));
        assert_eq!(figure(&text, "nanobot_outbox_oldest_age_seconds"), Some(400.0));
        assert_eq!(figure(&text, "nanobot_sample_time_seconds"), Some(1_795_694_405.0));
    }
}
