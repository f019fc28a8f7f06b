//! Tests of the boundaries: a good workspace passes, and each forbidden edge put into it is found.

use serde_json::{Value, json};

use super::*;

fn dependency(name: &str, features: &[&str]) -> Value {
    json!({ "name": name, "kind": null, "path": null, "features": features, "uses_default_features": true })
}

fn without_defaults(name: &str, features: &[&str]) -> Value {
    let mut dependency = dependency(name, features);
    dependency["uses_default_features"] = json!(false);
    dependency
}

fn own(name: &str, kind: Option<&str>) -> Value {
    json!({ "name": name, "kind": kind, "path": format!("/w/crates/{name}"), "features": [], "uses_default_features": true })
}

fn package(name: &str, dependencies: &[Value]) -> Value {
    json!({ "name": name, "manifest_path": format!("/w/crates/{name}/Cargo.toml"), "dependencies": dependencies })
}

/// One crate of each tier with every edge it may have.
fn good() -> Vec<Value> {
    let core = dependency("tokio", &["sync"]);
    vec![
        package(
            "nanobot-core",
            &[
                core,
                without_defaults("jiff", &["std"]),
                dependency("serde", &["derive"]),
                own("nanobot-core", Some("dev")),
            ],
        ),
        package("nanobot-policy", &[own("nanobot-core", None), own("nanobot-core", Some("dev"))]),
        package("nanobot-memory", &[own("nanobot-core", None), dependency("sqlx", &[])]),
        package("nanobot-config", &[own("nanobot-core", None)]),
        package("nanobotd", &[own("nanobot-memory", None), own("nanobot-config", None)]),
        package("nanobot-cli", &[own("nanobotd", None), own("nanobot-policy", None)]),
        package("nanobot-tests", &[own("nanobotd", None), own("nanobot-core", None)]),
        package("xtask", &[dependency("anyhow", &[])]),
    ]
}

fn findings(packages: &[Value]) -> Vec<String> {
    let document = json!({ "target_directory": "/w/target", "packages": packages }).to_string();
    let metadata = metadata::parse(&document).unwrap();
    check(Path::new("/w"), &metadata).iter().map(ToString::to_string).collect()
}

/// What is found after `edge` was added to the package `name` of the good workspace.
fn findings_with(name: &str, edge: Value) -> Vec<String> {
    let mut packages = good();
    let package = packages.iter_mut().find(|package| package["name"] == name).unwrap();
    package["dependencies"].as_array_mut().unwrap().push(edge);
    findings(&packages)
}

#[test]
fn a_workspace_that_keeps_the_rules_has_no_findings() {
    assert_eq!(findings(&good()), [""; 0]);
}

#[test]
fn adapters_never_depend_on_each_other() {
    let found = "crates/nanobot-memory/Cargo.toml:1: \
                 nanobot-memory (adapter) must not depend on nanobot-config (adapter)";
    for kind in [None, Some("build"), Some("dev")] {
        assert_eq!(findings_with("nanobot-memory", own("nanobot-config", kind)), [found], "{kind:?}");
    }
}

#[test]
fn core_depends_on_nothing_of_ours() {
    let found =
        "crates/nanobot-core/Cargo.toml:1: nanobot-core (core) must not depend on nanobot-policy (pure)";
    assert_eq!(findings_with("nanobot-core", own("nanobot-policy", None)), [found]);
    assert_eq!(findings_with("nanobot-core", own("nanobot-policy", Some("dev"))), [found]);
}

#[test]
fn a_crate_must_not_depend_on_itself_outside_of_tests() {
    assert_eq!(findings_with("nanobot-core", own("nanobot-core", None)).len(), 1);
}

#[test]
fn engines_never_depend_on_adapters_or_programs() {
    assert_eq!(findings_with("nanobot-policy", own("nanobot-memory", None)).len(), 1);
    assert_eq!(findings_with("nanobot-policy", own("nanobotd", Some("dev"))).len(), 1);
}

#[test]
fn nothing_depends_on_chores_or_on_the_tests() {
    assert_eq!(findings_with("nanobotd", own("xtask", None)).len(), 1);
    assert_eq!(findings_with("nanobotd", own("nanobot-tests", Some("dev"))).len(), 1);
    assert_eq!(findings_with("xtask", own("nanobot-core", None)).len(), 1);
}

#[test]
fn core_uses_only_the_listed_crates_from_outside() {
    let found = findings_with("nanobot-core", dependency("reqwest", &[]));
    let expected = "crates/nanobot-core/Cargo.toml:1: nanobot-core must not use reqwest; it may use \
                    async-trait, jiff, regex, serde, serde_json, thiserror, tokio";
    assert_eq!(found, [expected]);
    let for_tests = json!({ "name": "proptest", "kind": "dev", "path": null, "features": [], "uses_default_features": true });
    assert_eq!(findings_with("nanobot-core", for_tests), [""; 0]);
}

#[test]
fn core_uses_tokio_with_sync_only() {
    let found = findings_with("nanobot-core", dependency("tokio", &["sync", "time"]));
    let expected = "crates/nanobot-core/Cargo.toml:1: nanobot-core must use tokio with the features \
                    [\"sync\"], not [\"sync\", \"time\"]";
    assert_eq!(found, [expected]);
}

#[test]
fn core_uses_jiff_without_its_defaults_which_read_the_disk_and_the_environment() {
    let found = findings_with("nanobot-core", without_defaults("jiff", &["std", "tz-system"]));
    let expected = "crates/nanobot-core/Cargo.toml:1: nanobot-core must use jiff with the features \
                    [\"std\"], not [\"std\", \"tz-system\"]";
    assert_eq!(found, [expected]);
    let found = findings_with("nanobot-core", dependency("jiff", &["std"]));
    let expected =
        "crates/nanobot-core/Cargo.toml:1: nanobot-core must use jiff with default-features = false";
    assert_eq!(found, [expected]);
}

#[test]
fn a_crate_that_the_table_does_not_know_is_refused_with_a_hint() {
    let mut packages = good();
    packages.push(package("nanobot-new", &[]));
    let expected = "crates/nanobot-new/Cargo.toml:1: nanobot-new is in no tier: \
                    add it to xtask/src/boundaries/rules.rs and ARCHITECTURE.md";
    assert_eq!(findings(&packages), [expected]);
    assert_eq!(findings_with("nanobotd", own("elsewhere", None)).len(), 1);
}
