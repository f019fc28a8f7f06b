//! What has happened in a home, and what runs there.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use nanobot_channels::local::LocalClient;
use nanobot_channels::local::protocol::ControlOp;
use nanobot_config::Loaded;
use nanobot_core::pipeline::chain;
use nanobot_core::ports::Clock as _;
use nanobot_core::units::ByteCount;
use nanobot_journal::{CheckReport, JournalReader};
use nanobotd::system::SystemClock;
use serde_json::Value;

use super::super::circuits;
use super::finding::Finding;
use crate::daemon;
use crate::home::Place;

/// A journal that takes longer to check gets a command of its own: this is one page, and somebody waits for it.
const CHECK_LIMIT: Duration = Duration::from_secs(10);

const CHECK: &str = "nanobot-cli journal check";

/// What the daemon wants known about these is found out here in no other way.
const PORTS: [&str; 2] = ["channel", "policy"];

/// These get a line of their own, with the next step that the daemon names.
const OWN_LINE: [&str; 3] = ["api", "circuit", "settings"];

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

pub(super) async fn daemon(place: &Place, loaded: Option<&Loaded>) -> Vec<Finding> {
    let start = "start it with nanobotd";
    let at_rest = async |why: &str| {
        let mut findings = vec![Finding::warning("daemon", why, start)];
        findings.extend(loaded.and_then(|loaded| api_token(place, loaded)));
        findings.extend(left_alone(place).await);
        findings
    };
    match daemon::find(place).await {
        Err(failure) => vec![Finding::failed("daemon", failure.to_string(), "look into its log")],
        Ok(None) => at_rest("does not run").await,
        Ok(Some(client)) if !daemon::is_daemon(&client) => {
            client.close().await;
            at_rest("does not run; a chat serves the home while it lasts").await
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
        let (Some(port), Some(adapter), Some(warning)) =
            (text(row, "port"), text(row, "adapter"), text(row, "warning"))
        else {
            continue;
        };
        if let Some(name) = OWN_LINE.into_iter().find(|name| *name == port) {
            findings.push(own_line(name, &adapter, &warning));
        } else if PORTS.contains(&port.as_str()) {
            let detail = format!("{port} {adapter}: {warning}");
            findings.push(Finding::warning("daemon", detail, "nanobot-cli status says more"));
        }
    }
    findings
}

fn own_line(port: &'static str, adapter: &str, warning: &str) -> Finding {
    // The last word is what to do: what was wrong may have such marks itself.
    let (what, next) = warning.rsplit_once("; ").unwrap_or((warning, "nanobot-cli status says more"));
    Finding::warning(port, format!("{adapter}: {what}"), next)
}

/// Who is left alone when the daemon starts next. A journal that cannot be read has its line already.
async fn left_alone(place: &Place) -> Vec<Finding> {
    let now = SystemClock::new().now();
    let open = circuits::open(place).await.ok().flatten().unwrap_or_default();
    let rows = open.iter().map(|circuit| circuits::row(circuit, &now));
    rows.map(|row| own_line("circuit", &row.adapter, row.warning.as_deref().unwrap_or_default())).collect()
}

/// A token that others can read keeps the API from listening.
fn api_token(place: &Place, loaded: &Loaded) -> Option<Finding> {
    let token = place.home.api_token(&loaded.config);
    let is_open = token.metadata().ok()?.permissions().mode() & 0o077 != 0;
    (loaded.config.api.enabled && is_open).then(|| {
        let shown = token.display();
        let detail = format!("{shown} is open to others on this machine: the HTTP API would not listen");
        Finding::warning("api", detail, format!("chmod 600 {shown}"))
    })
}
