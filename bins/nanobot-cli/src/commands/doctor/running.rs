//! What has happened in a home, and what runs there.

use std::time::Duration;

use nanobot_channels::local::LocalClient;
use nanobot_channels::local::protocol::ControlOp;
use nanobot_core::pipeline::chain;
use nanobot_core::units::ByteCount;
use nanobot_journal::{CheckReport, JournalReader};
use serde_json::Value;

use super::finding::Finding;
use crate::daemon;
use crate::home::Place;

/// A journal that takes longer to check gets a command of its own: this is one page, and somebody waits for it.
const CHECK_LIMIT: Duration = Duration::from_secs(10);

const CHECK: &str = "nanobot-cli journal check";

/// What the daemon wants known about these is found out here in no other way.
const PORTS: [&str; 2] = ["channel", "policy"];

pub(super) async fn journal(place: &Place) -> Vec<Finding> {
    let path = place.home.journal();
    if !path.exists() {
        return vec![Finding::ok("journal", "there is none yet: nothing has been said")];
    }
    let checked = tokio::time::timeout(CHECK_LIMIT, async {
        let reader = JournalReader::open(&path).await.map_err(|error| chain(&error))?;
        let report = reader.check().await.map_err(|error| chain(&error));
        reader.close().await;
        report
    });
    match checked.await {
        Err(_) => {
            vec![Finding::warning("journal", format!("not checked whole within {CHECK_LIMIT:?}"), CHECK)]
        }
        Ok(Err(why)) => vec![Finding::failed("journal", why, CHECK)],
        Ok(Ok(report)) => told(&report),
    }
}

fn told(report: &CheckReport) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        report.problems.iter().map(|problem| Finding::failed("journal", problem.clone(), CHECK)).collect();
    if findings.is_empty() {
        let bytes = ByteCount::new(report.file_bytes);
        let detail = format!("{bytes}, {} turns, all of it as it was written", report.turns);
        findings.push(Finding::ok("journal", detail));
    }
    if report.parked > 0 {
        let detail = format!("put aside, since they could not be sent: {}", report.parked);
        findings.push(Finding::warning("outbox", detail, "nanobot-cli outbox list"));
    }
    findings
}

pub(super) async fn daemon(place: &Place) -> Vec<Finding> {
    let start = "start it with nanobotd";
    match daemon::find(place).await {
        Err(failure) => vec![Finding::failed("daemon", failure.to_string(), "look into its log")],
        Ok(None) => vec![Finding::warning("daemon", "does not run", start)],
        Ok(Some(client)) if !daemon::is_daemon(&client) => {
            client.close().await;
            vec![Finding::warning("daemon", "does not run; a chat serves the home while it lasts", start)]
        }
        Ok(Some(client)) => {
            let findings = running(&client).await;
            client.close().await;
            findings
        }
    }
}

async fn running(client: &LocalClient) -> Vec<Finding> {
    let report = match client.control(ControlOp::Status).await {
        Ok(report) => report,
        Err(error) => return vec![Finding::failed("daemon", chain(&error), "look into its log")],
    };
    let mut findings =
        vec![Finding::ok("daemon", format!("runs (pid {})", report.get("pid").unwrap_or(&Value::Null)))];
    let text = |row: &Value, key: &str| row.get(key)?.as_str().map(str::to_owned);
    for row in report.get("ports").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(port), Some(adapter), Some(warning)) =
            (text(row, "port"), text(row, "adapter"), text(row, "warning"))
            && PORTS.contains(&port.as_str())
        {
            let detail = format!("{port} {adapter}: {warning}");
            findings.push(Finding::warning("daemon", detail, "nanobot-cli status says more"));
        }
    }
    findings
}
