//! The owner's own requests, and what strangers in the same conversation do to them.

use serde_json::json;

use super::world::{World, held_from_stranger};

#[tokio::test]
async fn an_owner_has_a_command_run_in_the_box() {
    let world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    let command = "printf hello > made.txt; cat made.txt; pwd; ls /; echo all of it";
    world.model.obeys("run it", &[("exec", json!({"command": command}))]);
    assert_eq!(dimi.asks_alone("run it").await, "said: all of it");
    let printed = &world.printed("run it")[0];
    assert!(printed.starts_with("hello/workspace\n"), "{printed}");
    assert!(!printed.lines().any(|line| line == "home" || line == "root"), "{printed}");
    assert_eq!(world.home.read("workspace/made.txt"), "hello");
    world.settles();
    assert_eq!(world.recorded_calls("irc:dimi"), [("exec".to_owned(), "once".to_owned())]);
}

#[tokio::test]
async fn the_shell_of_a_conversation_keeps_its_state_and_another_one_has_its_own() {
    let world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    world.model.obeys("remember", &[("exec", json!({"command": "colour=vermilion"}))]);
    world.model.obeys("recall", &[("exec", json!({"command": "echo ${colour:-none}"}))]);
    dimi.asks_alone("remember").await;
    assert_eq!(dimi.asks_alone("recall").await, "said: vermilion");
    assert_eq!(world.printed("recall"), ["vermilion"]);
    assert_eq!(dimi.asks("recall").await, "said: none");
}

#[tokio::test]
async fn an_owner_has_files_written_changed_and_read() {
    let world = World::awake().await;
    let mut dimi = world.person("dimi").await;
    let calls = [
        ("write_file", json!({"path": "lists/shop.txt", "content": "bread and milk"})),
        ("edit_file", json!({"path": "lists/shop.txt", "old_text": "milk", "new_text": "honey"})),
        ("read_file", json!({"path": "lists/shop.txt"})),
    ];
    world.model.obeys("make a list", &calls);
    assert_eq!(dimi.asks_alone("make a list").await, "said: bread and honey");
    let results = world.model.results_of("make a list");
    assert_eq!(
        results,
        [
            "Successfully wrote 14 bytes to lists/shop.txt",
            "Successfully edited lists/shop.txt",
            "bread and honey"
        ]
    );
    assert_eq!(world.home.read("workspace/lists/shop.txt"), "bread and honey");
}

#[tokio::test]
async fn where_a_stranger_was_answered_the_owner_gets_no_command_and_in_private_he_does() {
    let world = World::awake().await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    let calls = [
        ("exec", json!({"command": "echo done > done.txt; cat done.txt"})),
        ("write_file", json!({"path": "done.txt", "content": "done"})),
    ];
    world.model.obeys("tidy up", &calls);
    assert_eq!(alice.asks("hello").await, "said: hello");
    assert_eq!(dimi.hears().await, "said: hello");
    assert!(dimi.asks("tidy up").await.starts_with("said: "));
    let refused = ["exec", "write_file"].map(held_from_stranger);
    assert_eq!(world.model.results_of("tidy up"), refused);
    assert!(!world.home.has("workspace/done.txt"));
    // Reading is no acting.
    world.model.obeys("look", &[("read_file", json!({"path": "note.txt"}))]);
    assert!(dimi.asks("look").await.ends_with("buy some milk"));

    dimi.asks_alone("tidy up").await;
    assert_eq!(world.printed("tidy up")[0], "done");
    assert!(world.home.has("workspace/done.txt"));
}

#[tokio::test]
async fn what_a_stranger_said_before_a_restart_still_counts() {
    let mut world = World::awake().await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    world.model.obeys("tidy up", &[("exec", json!({"command": "echo done"}))]);
    alice.asks("hello").await;
    assert_eq!(dimi.hears().await, "said: hello");
    world.settles();
    world.daemon.take().unwrap().stop();
    world.wake().await;
    assert_eq!(dimi.asks("tidy up").await, format!("said: {}", held_from_stranger("exec")));
}

#[tokio::test]
async fn what_the_model_never_read_keeps_nothing_off() {
    let mut world = World::asleep().await;
    world.govern(&json!({"channels": {"irc": {"default": {"whenToReply": {"mode": "mention_only"}}}}}));
    world.wake().await;
    let (mut dimi, mut alice) = (world.person("dimi").await, world.person("alice").await);
    world.model.obeys("tidy up", &[("exec", json!({"command": "echo done"}))]);
    alice.says("a word of mine").await;
    dimi.overhears("a word of mine").await;
    assert_eq!(dimi.asks("nanobot: tidy up").await, "said: done");
    let all = world.model.calls().into_iter().map(|call| call.all).collect::<String>();
    assert!(!all.contains("a word of mine"), "what is not in the conversation cannot be obeyed");
}
