//! The alert rules by `promtool`, on made-up days: each alert fires when it should, and not before.

use std::fs;

use super::files::shipped;
use super::server::promtool;

/// The names after `key` in a file, one a line.
fn named(file: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(shipped(file)).unwrap();
    let mut names: Vec<String> =
        text.lines().filter_map(|line| line.trim().strip_prefix(key).map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

#[test]
fn alert_rules_are_rules_and_fire_on_bad_days_alone() {
    let rules = shipped("prometheus/alerts.yml").display().to_string();
    let (is_content, said) = promtool(&["check", "rules", &rules], b"");
    assert!(is_content && said.contains("24 rules found"), "{said}");
    let days = shipped("prometheus/alerts.test.yml").display().to_string();
    let (is_content, said) = promtool(&["test", "rules", &days], b"");
    assert!(is_content, "{said}");
}

#[test]
fn every_alert_fires_on_the_bad_day_and_is_explained_in_the_docs() {
    let alerts = named("prometheus/alerts.yml", "- alert: ");
    let fires: Vec<String> = named("prometheus/alerts.test.yml", "- {labels: '{alertname=\"")
        .iter()
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(fires, alerts);
    let explained: Vec<String> = named("../docs/monitoring.md", "| `Nanobot")
        .iter()
        .map(|rest| format!("Nanobot{}", rest.split('`').next().unwrap()))
        .collect();
    assert_eq!(explained, alerts);
}

#[test]
fn a_rule_with_another_number_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let rules = fs::read_to_string(shipped("prometheus/alerts.yml")).unwrap();
    let (more, less) = (" > 50\n", " > 51\n");
    assert_eq!(rules.matches(more).count(), 1);
    fs::write(folder.path().join("alerts.yml"), rules.replace(more, less)).unwrap();
    fs::copy(shipped("prometheus/alerts.test.yml"), folder.path().join("days.yml")).unwrap();
    let days = folder.path().join("days.yml").display().to_string();
    let (is_content, said) = promtool(&["test", "rules", &days], b"");
    assert!(!is_content && said.contains("NanobotQueueLong"), "{said}");
}
