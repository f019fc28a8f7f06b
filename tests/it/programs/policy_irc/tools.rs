//! Which tools the model is offered, and what comes back when it asks for another one.

use serde_json::json;

use super::world::{NOTE, World, policy, source};

const REFUSED: &str = "Error: Tool 'read_file' is blocked by policy for this chat.";

#[tokio::test]
async fn a_tool_that_the_chat_does_not_have_is_refused_to_the_model() {
    let tools = json!({"mode": "allowlist", "tools": ["list_dir"]});
    let world = World::with(&policy(&json!({"defaults": {"allowedTools": tools}}))).await;
    let mut alice = world.person("alice").await;
    assert_eq!(alice.asks("use read_file").await, format!("nobody: {REFUSED}"));
    let calls = world.model.calls();
    assert_eq!((calls.len(), calls[1].result.as_deref()), (2, Some(REFUSED)));
    assert_eq!(calls[0].tools, ["list_dir"], "it was not offered");
}

#[tokio::test]
async fn a_rule_for_one_tool_lets_some_senders_use_it() {
    let rule = json!({"read_file": {"mode": "allowlist", "senders": [source("alice")]}});
    let world = World::with(&policy(&json!({"defaults": {"toolAccess": rule}}))).await;
    let (mut alice, mut bob) = (world.person("alice").await, world.person("bob").await);
    assert_eq!(bob.asks("use read_file").await, format!("nobody: {REFUSED}"));
    assert_eq!(alice.asks_alone("use read_file now").await, format!("nobody: {NOTE}"));
    let offered = |text: &str| world.model.calls_about(text)[0].tools.contains(&"read_file".to_owned());
    assert!(offered("use read_file now") && !offered("use read_file"));
}

#[tokio::test]
async fn an_owner_proven_by_the_settings_may_use_a_tool_for_owners() {
    let rule = json!({"read_file": {"mode": "owner_only"}});
    let policy = policy(&json!({"owners": {}, "defaults": {"toolAccess": rule}}));
    let world = World::with_settings(&policy, "owners = [\"dimi!*@127.0.0.*\"]\n").await;
    let (mut dimi, mut bob) = (world.person("dimi").await, world.person("bob").await);
    assert_eq!(bob.asks_alone("use read_file").await, format!("nobody: {REFUSED}"));
    assert_eq!(dimi.asks_alone("use read_file now").await, format!("nobody: {NOTE}"));
}
