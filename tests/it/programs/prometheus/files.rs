//! The files of `deploy/`, and what stands in them. Rules are read by Prometheus itself, the dashboard here.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file that is shipped.
pub(super) fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy").join(name)
}

/// The scrape configuration for this machine and a test's patience: every other word is as shipped.
#[track_caller]
pub(super) fn scrape_config(target: &str, token_file: &Path) -> String {
    let mut text = fs::read_to_string(shipped("prometheus/prometheus.yml")).unwrap();
    let token_file = token_file.display().to_string();
    for (shipped, here) in [
        ("scrape_interval: 15s", "scrape_interval: 1s"),
        ("evaluation_interval: 15s", "evaluation_interval: 1s"),
        ("127.0.0.1:8080", target),
        ("/etc/prometheus/nanobot.token", &token_file),
    ] {
        assert_eq!(text.matches(shipped).count(), 1, "{shipped} in\n{text}");
        text = text.replace(shipped, here);
    }
    text
}

/// An expression, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) place: String,
    pub(super) text: String,
}

/// Every expression of every panel of the dashboard, as Grafana would ask it for the last five minutes.
pub(super) fn panels() -> Vec<Expression> {
    let text = fs::read_to_string(shipped("grafana/nanobot.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut found = Vec::new();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().unwrap();
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} shows nothing");
        for target in targets {
            let text = target["expr"].as_str().unwrap();
            found.push(Expression { place: format!("panel {title}"), text: asked(text) });
        }
    }
    found
}

/// With the values of Grafana's variables.
#[track_caller]
fn asked(expression: &str) -> String {
    let text = expression.replace("$__rate_interval", "1m").replace("$__range", "5m");
    let text = text.replace("$instance", ".*");
    assert!(!text.contains('$'), "a variable that nobody fills in: {text}");
    text
}

/// The measure of an alert: the same expression, which answers with 0 where the alert is quiet.
///
/// Comparisons stand between spaces; matchers of labels do not.
#[track_caller]
pub(super) fn measure(alert: &str) -> String {
    let mut text = alert.to_owned();
    for comparison in [" > ", " < ", " == ", " != ", " >= ", " <= "] {
        text = text.replace(comparison, &format!("{comparison}bool "));
    }
    assert_ne!(text, alert, "an alert that compares nothing");
    text
}

#[test]
fn the_measure_of_an_alert_is_the_same_without_its_silence() {
    assert_eq!(measure(r#"a{x!="b"} / c > 0.1 and d > 2"#), r#"a{x!="b"} / c > bool 0.1 and d > bool 2"#);
    assert_eq!(measure("up == 0"), "up == bool 0");
}

#[test]
fn panels_of_the_dashboard_stand_side_by_side_with_names_of_their_own() {
    let text = fs::read_to_string(shipped("grafana/nanobot.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut taken: Vec<(&str, &Value, u64, u64, u64, u64)> = Vec::new();
    for panel in panels {
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        let (x, y, w, h) = (side("x"), side("y"), side("w"), side("h"));
        assert!(x + w <= 24, "{panel}");
        let title = panel["title"].as_str().unwrap();
        for (other, other_id, ox, oy, ow, oh) in &taken {
            let apart = x + w <= *ox || ox + ow <= x || y + h <= *oy || oy + oh <= y;
            assert!(apart && title != *other && panel["id"] != **other_id, "{title} and {other}");
        }
        taken.push((title, &panel["id"], x, y, w, h));
        let is_said = panel["description"].as_str().is_some_and(|words| !words.is_empty());
        assert!(is_said || panel["type"] == "row", "{title} says nothing of itself");
    }
    assert!(taken.len() > 30);
}
