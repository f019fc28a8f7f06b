//! Owners and their commands, and everybody else and theirs.

use serde_json::{Value, json};

use super::world::{GARDEN, Person, World, policy, source};

/// The same owner, known to the policy or to the settings of the channel.
async fn worlds() -> [World; 2] {
    let nobody = policy(&json!({"owners": {}}));
    let masked = World::with_settings(&nobody, "owners = [\"dimi!*@127.0.0.*\"]\n").await;
    [World::with(&policy(&json!({}))).await, masked]
}

/// What an owner is told about a command, in so many lines.
async fn answer(owner: &mut Person, command: &str, lines: usize) -> Vec<String> {
    owner.whispers(command).await;
    let mut answer = Vec::new();
    for _ in 0..lines {
        answer.push(owner.is_told().await);
    }
    answer
}

#[tokio::test]
async fn an_owner_changes_the_policy_by_direct_message_and_takes_it_back_to_the_exact_hash() {
    for world in worlds().await {
        let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
        let before = world.hash();

        let told = dimi.asks_alone("/policy set-when #garden off").await;
        assert_eq!(told, "Policy updated for irc:#garden: whenToReply=off.");
        alice.says("one").await;
        alice.all_so_far().await;
        // By now the daemon has heard it, and is done with it.
        assert_eq!(dimi.asks_alone("hello").await, "nobody: hello");
        world.settles();
        let told = dimi.asks_alone("/policy set-when #garden all").await;
        assert_eq!(told, "Policy updated for irc:#garden: whenToReply=all.");
        assert_eq!(alice.asks("two").await, "nobody: two");
        assert!(world.model.calls_about("one").is_empty());

        let told = dimi.asks_alone(&format!("/policy block-sender {GARDEN} {}", source("alice"))).await;
        assert_eq!(told, format!("Policy updated for irc:#garden: blocked sender {}.", source("alice")));
        alice.says("three").await;
        dimi.overhears("three").await;
        assert_eq!(dimi.asks("four").await, "nobody: four");
        assert_eq!(alice.hears().await, "nobody: four");
        assert!(world.model.calls_about("three").is_empty());

        let rows = world.changes();
        let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
        let told = answer(&mut dimi, "/policy history 2", 4).await;
        assert_eq!(told[0], "Policy history: 2 (latest first)");
        assert!(told[1].starts_with(&format!("- {} | ", ids[2])) && told[1].contains("block-sender"));
        assert!(told[2].starts_with(&format!("- {} | ", ids[1])), "{told:?}");

        let told = dimi.asks_alone(&format!("/policy rollback {}", ids[0])).await;
        assert_eq!(told, format!("Rollback applied from change {}.", ids[0]));
        assert_eq!(world.hash(), before);
        assert_eq!(alice.asks("five").await, "nobody: five");
        let rows = world.changes();
        assert_eq!((rows.len(), &rows[3]["after_hash"]), (4, &json!(before)));
        assert!(rows.iter().all(|row| row["actor_id"] == source("dimi") && row["channel"] == "irc"));
        world.home.cli(&["audit", "verify"]).exits(0);
    }
}

#[tokio::test]
async fn a_dry_run_and_a_slip_change_nothing() {
    let world = World::with(&policy(&json!({}))).await;
    let mut dimi = world.person("dimi").await;
    let file = world.home.read("policy.json");
    for (command, told) in [
        ("/policy set-when #garden off --dry-run", "Dry run, checked and not saved: Policy updated for"),
        ("/policy set-when #garden sometimes", "Invalid set-when arguments:"),
        (
            "/policy set-persona #garden ../../outside.md",
            "Failed to apply policy change: invalid personaFile",
        ),
        ("/policy rollback 0123456789abcdef0123456789abcdef", "Unknown change id:"),
        ("/policy dance", "Unknown command '/policy dance'. Try /policy help."),
        ("/dance", "Unknown command '/dance'. Try /commands."),
        ("/policy 'help", "Invalid command syntax:"),
    ] {
        let answer = dimi.asks_alone(command).await;
        assert!(answer.starts_with(told), "{command}: {answer}");
    }
    assert_eq!(world.home.read("policy.json"), file);
    assert_eq!(world.changes(), Vec::<Value>::new());
    assert!(world.model.calls().is_empty(), "no command reaches the model");
}

#[tokio::test]
async fn a_strangers_commands_are_messages_like_any_other() {
    let world = World::with(&policy(&json!({}))).await;
    let mut alice = world.person("alice").await;
    let file = world.home.read("policy.json");
    for command in [
        "/policy set-when #garden off",
        "/policy help",
        "/approve #garden",
        "/voicemessages on",
        "/reset",
        "/commands",
        "/cancel",
        "/panic",
        "/panic now",
        "/dance",
        "/policy 'help",
    ] {
        assert_eq!(alice.asks_alone(command).await, format!("nobody: {command}"));
    }
    assert_eq!(world.home.read("policy.json"), file);
    assert_eq!((world.changes(), world.home.audit()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_strangers_command_gets_silence_where_he_gets_silence() {
    let quiet = policy(&json!({"defaults": {"whoCanTalk": {"mode": "owner_only"}}}));
    let world = World::with(&quiet).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    alice.whispers("/policy help").await;
    alice.says("/commands").await;
    alice.all_so_far().await;
    assert_eq!(dimi.asks_alone("hello").await, "nobody: hello");
    world.settles();
    assert_eq!(alice.all_so_far().await, Vec::<String>::new());
    assert_eq!(world.model.calls().len(), 1);
}

#[tokio::test]
async fn in_a_group_the_commands_of_a_direct_chat_are_words() {
    let world = World::with(&policy(&json!({}))).await;
    let mut dimi = world.person("dimi").await;
    let file = world.home.read("policy.json");
    for command in ["/policy set-when #garden off", "/panic now", "/deny #garden"] {
        assert_eq!(dimi.asks(command).await, format!("nobody: {command}"));
    }
    assert_eq!(world.home.read("policy.json"), file);
    assert_eq!(dimi.asks("/commands").await, "Available slash commands for this chat:");
    assert!(world.status()["pid"].is_u64(), "it goes on");
}

#[tokio::test]
async fn an_owner_sets_how_a_chat_is_spoken_to() {
    for world in worlds().await {
        let mut dimi = world.person("dimi").await;
        assert_eq!(dimi.asks("/voicemessages").await, "Voice messages for this chat: text.");
        assert_eq!(dimi.asks("/voicemessages always").await, "Voice messages updated for this chat: always.");
        let file: Value = serde_json::from_str(&world.home.read("policy.json")).unwrap();
        assert_eq!(file["channels"]["irc"]["chats"][GARDEN]["voice"]["output"]["mode"], "always");
        assert_eq!(dimi.asks_alone("/voicemessages").await, "Voice messages for this chat: text.");
        assert_eq!(world.changes().len(), 1, "it is a change like any other");
    }
}

#[tokio::test]
async fn an_owner_makes_a_chat_forget() {
    let world = World::with(&policy(&json!({}))).await;
    let mut dimi = world.person("dimi").await;
    dimi.asks_alone("remember the milk").await;
    let told = dimi.asks_alone("/reset").await;
    assert_eq!(told, "Conversation history cleared for dimi (2 messages).");
    let acts = world.home.audit();
    assert_eq!(acts.len(), 1, "{acts:?}");
    dimi.asks_alone("hello").await;
    let words = world.home.conversation("irc:dimi");
    assert_eq!(words[0], ("user".to_owned(), "hello".to_owned()));
    assert_eq!(dimi.asks("/reset").await, "Conversation history cleared for #garden (0 messages).");
}

#[tokio::test]
async fn an_owner_is_told_about_a_new_chat_and_lets_it_in() {
    let world = World::with(&policy(&json!({"defaults": {"whenToReply": {"mode": "off"}}}))).await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    alice.says("hello").await;
    dimi.waits_for("🔔 Nano was added to a new IRC group: `#garden`").await;
    dimi.waits_for("/deny #garden: ").await;
    let told = dimi.asks_alone("/approve #garden").await;
    assert_eq!(told, "Policy updated for irc:#garden: whoCanTalk=everyone, whenToReply=all.");
    assert_eq!(alice.asks("and now?").await, "nobody: and now?");
    world.settles();
    assert_eq!(dimi.all_so_far().await.len(), 1, "the answer in the garden, and no second notice");
}
