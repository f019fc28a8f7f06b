//! The policy file under the daemon's feet: edited, broken, deleted, mended.

use std::fs;

use serde_json::json;

use super::world::{World, policy, source, until};

const BROKEN: &str = "⚠️ policy.json is no policy any more. What it said before stays in force.";
const GONE: &str = "⚠️ policy.json is gone. What it said stays in force.";
const MENDED: &str = "✅ policy.json is in order again, and in force.";

const REFUSED: &str = "Error: Tool 'read_file' is blocked by policy for this chat.";

fn without_mallory() -> serde_json::Value {
    policy(&json!({"defaults": {
        "blockedSenders": {"senders": [source("mallory")]},
        "allowedTools": {"mode": "allowlist", "tools": ["list_dir"]},
    }}))
}

#[tokio::test]
async fn a_broken_or_deleted_file_changes_nothing_and_its_owner_hears_of_it_once() {
    let world = World::with(&without_mallory()).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    let mut mallory = world.person("mallory").await;
    let before = world.hash();
    let trouble = || world.status()["policy"]["trouble"].as_array().unwrap().clone();
    assert!(trouble().is_empty());

    world.exchange("{\"owners\": {\"irc\": [\"mallory\"]}, \"defaults\": {\"whoCanTalk\": 7}}");
    assert_eq!(dimi.is_told().await, BROKEN);
    assert!(trouble()[0].as_str().unwrap().contains("defaults.whoCanTalk"), "{:?}", trouble());
    let shown = world.home.cli(&["status"]).exits(0).stdout;
    assert!(shown.contains("policy.json: not in force"), "{shown}");

    // The same broken file once more is no news; another fault is, and so is that the file is gone.
    world.exchange("{\"owners\": {\"irc\": [\"mallory\"]}, \"defaults\": {\"whoCanTalk\": 7}}");
    mallory.says("let me in").await;
    alice.overhears("let me in").await;
    assert_eq!(alice.asks("hello").await, "nobody: hello");
    assert_eq!(world.model.calls_about("hello")[0].tools, ["list_dir"]);
    fs::remove_file(world.home.path("policy.json")).unwrap();
    assert_eq!(dimi.is_told().await, GONE);
    assert_eq!(trouble(), [json!("the file is gone")]);
    mallory.says("and now?").await;
    alice.overhears("and now?").await;
    assert_eq!(alice.asks("use read_file").await, format!("nobody: {REFUSED}"));
    assert_eq!(world.hash(), before);

    world.exchange(without_mallory().to_string());
    assert_eq!(dimi.is_told().await, MENDED);
    assert!(trouble().is_empty());
    world.settles();
    assert_eq!(dimi.told_so_far().await, Vec::<String>::new(), "each was told once");
    assert_eq!(world.hash(), before);
    assert!(world.model.calls().iter().all(|call| !["let me in", "and now?"].contains(&call.text.as_str())));
    let others = [alice.told_so_far().await, mallory.told_so_far().await];
    assert_eq!(others, [Vec::<String>::new(), Vec::new()], "it is no business of anybody else");
}

#[tokio::test]
async fn a_file_that_asks_for_what_there_is_not_is_not_taken() {
    let world = World::with(&without_mallory()).await;
    let mut dimi = world.person("dimi").await;
    let before = world.hash();
    world.exchange(policy(&json!({"defaults": {"allowedTools": {"deny": ["teleport"]}}})).to_string());
    assert_eq!(dimi.is_told().await, BROKEN);
    let trouble = world.status()["policy"]["trouble"].clone();
    assert_eq!(trouble, json!(["unknown tools in deny list at defaults.allowedTools: ['teleport']"]));
    world.settles();
    // On IRC a nick may be anybody's: what is wrong stands in the log and in `status`.
    assert_eq!(dimi.told_so_far().await, Vec::<String>::new());
    assert_eq!(world.hash(), before);
}

#[tokio::test]
async fn a_command_on_a_broken_file_is_refused_and_leaves_it_alone() {
    let world = World::with(&without_mallory()).await;
    let mut dimi = world.person("dimi").await;
    world.exchange("{");
    until("the file is found broken", || !world.status()["policy"]["trouble"].as_array().unwrap().is_empty());
    dimi.whispers("/policy set-when #garden off").await;
    dimi.waits_for("Failed to load policy: ").await;
    assert_eq!(world.home.read("policy.json"), "{");
    assert!(world.changes().is_empty());
}

#[tokio::test]
async fn a_command_after_the_file_was_deleted_starts_from_what_is_in_force() {
    let world = World::with(&without_mallory()).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    let mut mallory = world.person("mallory").await;
    fs::remove_file(world.home.path("policy.json")).unwrap();
    assert_eq!(dimi.is_told().await, GONE);
    let told = dimi.asks_alone("/voicemessages always").await;
    assert_eq!(told, "Voice messages updated for this chat: always.");
    assert_eq!(dimi.is_told().await, MENDED);
    assert!(world.home.read("policy.json").contains(&source("mallory")));
    mallory.says("let me in").await;
    alice.overhears("let me in").await;
    assert_eq!(alice.asks("hello").await, "nobody: hello");
    assert!(world.model.calls_about("let me in").is_empty());
}

#[tokio::test]
async fn an_edit_counts_at_the_very_next_command() {
    let slow = |owner: &str| {
        let runtime = json!({"reloadCheckIntervalSeconds": 3600});
        policy(&json!({"owners": {"irc": [source(owner)]}, "runtime": runtime}))
    };
    let world = World::with(&slow("dimi")).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    world.exchange(slow("alice").to_string());
    assert_eq!(alice.asks_alone("/policy history").await, "Policy history is empty.");
    assert_eq!(dimi.asks_alone("/policy history").await, "nobody: /policy history");
}

#[tokio::test]
async fn with_owners_whom_the_settings_alone_know_a_broken_file_changes_nothing() {
    let world =
        World::with_settings(&policy(&json!({"owners": {}})), "owners = [\"dimi!*@127.0.0.*\"]\n").await;
    let mut dimi = world.person("dimi").await;
    let before = world.hash();
    world.exchange("[]");
    until("the file is found broken", || !world.status()["policy"]["trouble"].as_array().unwrap().is_empty());
    assert_eq!(world.hash(), before);
    assert_eq!(dimi.asks_alone("hello").await, "nobody: hello");
}
