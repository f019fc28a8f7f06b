//! Whether the settings of the files are those that are in force, as a row of the status. Nothing is loaded anew.

use std::sync::Arc;
use std::time::Duration;

use nanobot_config::{Baseline, ConfigErrors, KeyPath};
use nanobot_core::ports::PortStatus;

/// How long the disk may take: somebody waits for the status.
const READ_LIMIT: Duration = Duration::from_secs(2);

/// So many keys are named; whoever changed more knows of it.
const NAMED: usize = 5;

/// The row; none while everything is as it was at the start.
pub(super) async fn row(baseline: &Arc<Baseline>) -> Option<PortStatus> {
    let baseline = Arc::clone(baseline);
    let reading = tokio::task::spawn_blocking(move || baseline.changed());
    match tokio::time::timeout(READ_LIMIT, reading).await {
        Ok(Ok(changed)) => told(changed),
        // Reading never panics; if it did, nobody would know whether anything changed.
        Ok(Err(_)) | Err(_) => {
            Some(settings("not read in time".to_owned(), "whether they changed since the start is not known"))
        }
    }
}

fn told(changed: Result<Vec<KeyPath>, ConfigErrors>) -> Option<PortStatus> {
    match changed {
        Ok(changed) if changed.is_empty() => None,
        Ok(changed) => {
            let named: Vec<String> = changed.iter().take(NAMED).map(ToString::to_string).collect();
            let further = match changed.len().saturating_sub(NAMED) {
                0 => String::new(),
                further => format!(" and {further} more"),
            };
            let adapter = format!("changed since the start: {}{further}", named.join(", "));
            Some(settings(adapter, "what was set at the start is in force; restart nanobotd"))
        }
        Err(_) => Some(settings(
            "changed since the start, and refused".to_owned(),
            "what was set at the start is in force, and the next start fails; nanobot-cli config check says why",
        )),
    }
}

fn settings(adapter: String, warning: &str) -> PortStatus {
    PortStatus { port: "settings", adapter, warning: Some(warning.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(keys: &[&str]) -> Option<String> {
        told(Ok(keys.iter().map(|key| KeyPath::parse(key)).collect())).map(|row| row.adapter)
    }

    #[test]
    fn a_few_keys_are_named_and_many_are_counted() {
        assert_eq!(changed(&[]), None);
        assert_eq!(changed(&["a.b"]).unwrap(), "changed since the start: a.b");
        let many = ["a", "b", "c", "d", "e", "f", "g"];
        assert_eq!(changed(&many).unwrap(), "changed since the start: a, b, c, d, e and 2 more");
    }
}
