//! A policy that changes while a turn runs: what was taken back is taken back at once.

use serde_json::json;

use super::world::{NOTE, World, policy, source};

#[tokio::test]
async fn a_revoked_tool_is_refused_within_the_same_turn() {
    let world = World::with(&policy(&json!({}))).await;
    let mut alice = world.person("alice").await;
    alice.says("wait, then use read_file").await;
    let first = world.model.asked("wait, then use read_file");
    assert!(first.tools.contains(&"read_file".to_owned()), "it was offered: {first:?}");
    world.adopt(&policy(&json!({"defaults": {"allowedTools": {"deny": ["read_file"]}}})));
    world.model.let_go();
    assert_eq!(alice.hears().await, "nobody: Error: Tool 'read_file' is blocked by policy for this chat.");
}

#[tokio::test]
async fn a_tool_that_is_allowed_meanwhile_comes_with_the_next_turn_only() {
    let denied = policy(&json!({"defaults": {"allowedTools": {"deny": ["read_file"]}}}));
    let world = World::with(&denied).await;
    let mut alice = world.person("alice").await;
    alice.says("wait, then use read_file").await;
    world.model.asked("wait, then use read_file");
    world.adopt(&policy(&json!({})));
    world.model.let_go();
    assert_eq!(alice.hears().await, "nobody: Error: Tool 'read_file' is blocked by policy for this chat.");
    assert_eq!(alice.asks("use read_file").await, format!("nobody: {NOTE}"));
}

#[tokio::test]
async fn a_sender_who_is_blocked_within_a_turn_gets_no_further_step_and_no_answer() {
    let world = World::with(&policy(&json!({}))).await;
    let _owner = world.person("dimi").await;
    let (mut alice, mut mallory) = (world.person("alice").await, world.person("mallory").await);
    let blocked = policy(&json!({"defaults": {"blockedSenders": {"senders": [source("mallory")]}}}));
    mallory.whispers("wait, then use read_file").await;
    world.model.asked("wait, then use read_file");
    world.adopt(&blocked);
    world.model.let_go();
    assert_eq!(alice.asks("hello").await, "nobody: hello");
    world.settles();
    assert_eq!(world.model.calls_about("wait, then use read_file").len(), 1);
    let seen = mallory.told_so_far().await;
    assert_eq!(seen, Vec::<String>::new());
}

#[tokio::test]
async fn a_sender_who_is_blocked_while_the_answer_is_found_does_not_get_it() {
    let world = World::with(&policy(&json!({}))).await;
    let _owner = world.person("dimi").await;
    let (mut alice, mut mallory) = (world.person("alice").await, world.person("mallory").await);
    let blocked = policy(&json!({"defaults": {"blockedSenders": {"senders": [source("mallory")]}}}));
    mallory.whispers("wait for it").await;
    world.model.asked("wait for it");
    world.adopt(&blocked);
    world.model.let_go();
    assert_eq!(alice.asks("hello").await, "nobody: hello");
    world.settles();
    assert_eq!(mallory.told_so_far().await, Vec::<String>::new());
}
