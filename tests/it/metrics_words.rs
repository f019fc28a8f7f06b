//! Telemetry keeps lists of words that others say: the stages of the pipeline, the reasons of the policy. Here the real
//! thing says them, and none is `other`.

use std::collections::BTreeSet;
use std::sync::Arc;

use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{MetricsSource as _, Telemetry};
use nanobot_core::telemetry::TelemetryEvent;
use nanobot_core::testing::event::wa;
use nanobot_core::testing::{RecordingSender, ScriptedModel};
use nanobot_telemetry::{CATALOGUE, Id, Metric, Metrics, MetricsSetup, OTHER, Values};
use nanobotd::{Adapters, App, Drained};

use crate::compat::cases::rows;
use crate::support::{PATIENCE, TestHome, network, until};

fn metrics() -> Arc<Metrics> {
    let setup = MetricsSetup {
        version: "1.2.3".to_owned(),
        started: "2026-11-26T12:00:00Z".parse().unwrap(),
        models: Vec::new(),
        credentials: Vec::new(),
        tools: Vec::new(),
        channels: vec![ChannelName::WHATSAPP],
    };
    Arc::new(Metrics::new(&setup).unwrap())
}

fn metric(id: Id) -> &'static Metric {
    CATALOGUE.iter().find(|metric| metric.id == id).unwrap()
}

/// The words that a label of a metric can have.
fn known(id: Id, label: &str) -> BTreeSet<String> {
    let label = metric(id).labels.iter().find(|row| row.name == label).unwrap();
    let Values::Known(words) = label.values else { panic!("{} is no list of words", label.name) };
    words().into_iter().map(str::to_owned).collect()
}

/// The values of a label in a scrape, where the figure is not 0.
fn moved(metrics: &Metrics, id: Id, label: &str) -> BTreeSet<String> {
    let scrape = metrics.render();
    let lines = scrape.lines().filter(|line| line.starts_with(metric(id).name) && !line.ends_with(" 0"));
    let begin = format!("{label}=\"");
    let values = lines.filter_map(|line| line.split_once(&begin)?.1.split('"').next());
    values.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_stage_of_a_turn_has_a_word_of_its_own_and_every_word_a_stage() {
    let home = TestHome::new("");
    let boot = home.boot();
    let (metrics, whatsapp) = (metrics(), Arc::new(RecordingSender::new(ChannelName::WHATSAPP)));
    let adapters = Adapters {
        telemetry: metrics.clone(),
        networks: vec![network(whatsapp.clone())],
        ..home.adapters(&boot, Arc::new(ScriptedModel::replying(&["hello"]))).await
    };
    let app = App::start_with(boot, adapters).await.unwrap();
    app.ingest().receive(wa("hi").build()).await.unwrap();
    until(|| whatsapp.texts() == ["hello"]).await;
    assert_eq!(app.drain(PATIENCE).await, Drained::Whole);
    assert_eq!(moved(&metrics, Id::StageDuration, "stage"), known(Id::StageDuration, "stage"));
}

#[test]
fn every_recorded_reason_of_the_policy_for_silence_is_a_word() {
    let (metrics, mut reasons) = (metrics(), BTreeSet::new());
    for row in rows("policy", "cases.jsonl") {
        let decision = &row["expect"]["decision"];
        let (channel, reason) = (ChannelName::WHATSAPP, decision["reason"].as_str().unwrap().to_owned());
        let fact = match (decision["accept_message"] == true, decision["should_respond"] == true) {
            (false, _) => TelemetryEvent::DroppedByAccess { channel, reason: reason.clone() },
            (true, false) => TelemetryEvent::DroppedByReplyRule { channel, reason: reason.clone() },
            (true, true) => continue,
        };
        metrics.record(&fact);
        reasons.insert(reason);
    }
    assert!(reasons.len() > 5 && !reasons.contains(OTHER), "{reasons:?}");
    assert_eq!(moved(&metrics, Id::PolicyDrops, "reason"), reasons);
}
