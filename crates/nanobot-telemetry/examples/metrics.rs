//! Records a few facts and prints what a scrape would read; with `--page` prints `docs/metrics.md` instead.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::time::Duration;

use nanobot_core::ids::ChannelName;
use nanobot_core::model::{ModelTask, Usage};
use nanobot_core::ports::{MetricsSource, Telemetry};
use nanobot_core::telemetry::{ModelAttempt, TelemetryEvent, ToolCallOutcome};
use nanobot_core::time::Timestamp;
use nanobot_core::units::NanoDollars;
use nanobot_telemetry::{Metrics, MetricsSetup, ModelName, TelemetryError, metrics_page};

fn main() -> Result<(), TelemetryError> {
    if std::env::args().any(|argument| argument == "--page") {
        print!("{}", metrics_page());
        return Ok(());
    }
    let metrics = Metrics::new(&MetricsSetup {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: Timestamp::UNIX_EPOCH,
        models: vec![ModelName { provider: "openai".to_owned(), model: "gpt-4o-mini".to_owned() }],
        credentials: vec!["main".to_owned()],
        tools: vec!["read_file".to_owned()],
        channels: vec![ChannelName::CLI],
    })?;
    metrics.record(&TelemetryEvent::ModelAttempt(ModelAttempt {
        provider: "openai".to_owned(),
        model: "gpt-4o-mini".to_owned(),
        credential: "main".to_owned(),
        task: ModelTask::Reply,
        outcome: "ok",
        usage: Usage { input: Some(1_200), cached_input: Some(1_024), output: Some(80), ..Usage::default() },
        cost: Some(NanoDollars::new(151_200)),
        took: Some(Duration::from_millis(1_850)),
        first_token: Some(Duration::from_millis(420)),
        detail: None,
    }));
    metrics.record(&TelemetryEvent::ToolCall {
        tool: "read_file".to_owned(),
        outcome: ToolCallOutcome::Ok,
        took: Duration::from_millis(3),
    });
    metrics.record(&TelemetryEvent::ToolCall {
        tool: "rm_everything".to_owned(),
        outcome: ToolCallOutcome::DeniedByPolicy,
        took: Duration::ZERO,
    });
    print!("{}", metrics.render());
    Ok(())
}
