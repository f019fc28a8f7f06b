//! Who may talk, and when there is an answer.

use serde_json::{Value, json};

use super::world::{Person, World, policy, source};

fn channel(default: &Value) -> Value {
    policy(&json!({"channels": {"irc": {"default": default}}}))
}

fn talk(mode: &str, senders: &[&str]) -> Value {
    let senders: Vec<String> = senders.iter().map(|nick| source(nick)).collect();
    channel(&json!({"whoCanTalk": {"mode": mode, "senders": senders}}))
}

/// What one says leads to nothing, in the garden and in a query: no model is asked, nobody is told anything. The
/// other one, who is answered, shows that it was heard.
async fn nothing_comes_of(world: &World, quiet: &mut Person, answered: &mut Person) {
    quiet.all_so_far().await;
    quiet.says("may I?").await;
    answered.overhears("may I?").await;
    assert_eq!(answered.asks("I may").await, "nobody: I may");
    quiet.whispers("and now?").await;
    // The server takes one line after the other.
    let in_the_garden = quiet.all_so_far().await;
    assert_eq!(in_the_garden.len(), 1, "{in_the_garden:?}");
    assert!(in_the_garden[0].ends_with(":nobody: I may"), "{in_the_garden:?}");
    assert_eq!(answered.asks_alone("me too").await, "nobody: me too");
    world.settles();
    assert_eq!(quiet.all_so_far().await, Vec::<String>::new());
    let asked: Vec<String> = world.model.calls().into_iter().map(|call| call.text).collect();
    assert_eq!(asked, ["I may", "me too"]);
}

#[tokio::test]
async fn everybody_is_answered_where_everyone_may_talk() {
    let world = World::with(&talk("everyone", &[])).await;
    let mut alice = world.person("alice").await;
    assert_eq!(alice.asks("hello").await, "nobody: hello");
    assert_eq!(alice.asks_alone("psst").await, "nobody: psst");
}

#[tokio::test]
async fn whoever_is_not_on_the_list_gets_nothing() {
    let world = World::with(&talk("allowlist", &["alice"])).await;
    let mut dimi = world.person("dimi").await;
    let (mut alice, mut bob) = (world.person("alice").await, world.person("bob").await);
    nothing_comes_of(&world, &mut bob, &mut alice).await;
    // An owner who is not on the list is nobody here.
    dimi.says("and I?").await;
    alice.overhears("and I?").await;
    assert_eq!(alice.asks("still me").await, "nobody: still me");
    assert!(world.model.calls_about("and I?").is_empty());
}

#[tokio::test]
async fn owners_of_the_policy_alone_are_answered_where_owners_may_talk() {
    let world = World::with(&talk("owner_only", &[])).await;
    let (mut dimi, mut bob) = (world.person("dimi").await, world.person("bob").await);
    nothing_comes_of(&world, &mut bob, &mut dimi).await;
}

#[tokio::test]
async fn owners_of_the_settings_count_as_the_policys() {
    let mut policy = talk("owner_only", &[]);
    policy["owners"] = json!({});
    let world = World::with_settings(&policy, "owners = [\"dimi!*@127.0.0.*\"]\n").await;
    assert_eq!(world.status()["policy"]["closed"], json!([]));
    let (mut dimi, mut bob) = (world.person("dimi").await, world.person("bob").await);
    nothing_comes_of(&world, &mut bob, &mut dimi).await;
}

#[tokio::test]
async fn where_nobody_is_an_owner_a_network_for_owners_is_closed_and_status_says_so() {
    let mut policy = talk("owner_only", &[]);
    policy["owners"] = json!({});
    let world = World::with(&policy).await;
    let status = world.home.cli(&["status"]).exits(0);
    assert!(status.stdout.contains("irc: closed"), "{}", status.stdout);
    let mut dimi = world.person("dimi").await;
    dimi.whispers("let me in").await;
    dimi.all_so_far().await;
    // Somebody is let in, so that the daemon has certainly seen the line.
    world.adopt(&talk("everyone", &[]));
    assert_eq!(dimi.asks_alone("and now?").await, "nobody: and now?");
    assert!(world.model.calls_about("let me in").is_empty());
    assert_eq!(world.status()["policy"]["closed"], json!([]));
}

#[tokio::test]
async fn in_the_group_it_answers_when_it_is_mentioned_and_in_a_query_always() {
    let world = World::with(&channel(&json!({"whenToReply": {"mode": "mention_only"}}))).await;
    let mut alice = world.person("alice").await;
    alice.says("a nice day").await;
    alice.says("nanobots are everywhere").await;
    assert_eq!(alice.asks("NanoBot: hello").await, "nobody: NanoBot: hello");
    assert_eq!(alice.asks_alone("hello").await, "nobody: hello");
    assert_eq!(world.model.calls().len(), 2);
}

#[tokio::test]
async fn a_blocked_sender_gets_nothing_not_even_a_notice() {
    let blocked = channel(&json!({"blockedSenders": {"senders": [source("Mallory")]}}));
    let world = World::with(&blocked).await;
    let _owner = world.person("dimi").await;
    let (mut alice, mut mallory) = (world.person("alice").await, world.person("mallory").await);
    nothing_comes_of(&world, &mut mallory, &mut alice).await;
}

#[tokio::test]
async fn a_rule_of_one_chat_holds_in_that_chat_alone() {
    let world = World::with(&policy(&json!({"channels": {"irc": {"chats": {
        "#garden": {"whenToReply": {"mode": "off"}},
        "bob": {"blockedSenders": {"senders": [source("bob")]}},
    }}}})))
    .await;
    let _owner = world.person("dimi").await;
    let (mut alice, mut bob) = (world.person("alice").await, world.person("bob").await);
    alice.says("hello").await;
    bob.whispers("hello?").await;
    bob.all_so_far().await;
    assert_eq!(alice.asks_alone("psst").await, "nobody: psst");
    world.settles();
    assert_eq!(world.model.calls().len(), 1);
    assert_eq!(bob.all_so_far().await, Vec::<String>::new());
}
